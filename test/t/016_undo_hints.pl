
# Whichever undo of a rollback fails, the SQL in the warning leads back to the
# state before, also where names changed hands, and no other thing is touched.

use strict;
use warnings;

use Encode ();
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

my $node = PostgreSQL::Test::Cluster->new('hints');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nfsync = off\n");
$node->start;

my $workspace = Workspace->new;
my $session = $workspace->create_database($node, server => { retry_timeout => '0', request_timeout => '20s' });
my $other = Session->new($node, database => 'main');
$_->execute(q{SET deltashare.server = 'dbx'}) for $session, $other;

sub seed
{
	$workspace->reset;
	$workspace->seed(shares => 2, grants => 1, recipients => 3, objects => 2, prefix => 'old');
	$workspace->add_tables(map { "main.sales.t$_" } 1 .. 5);
	$workspace->clear_log;
	return $workspace->dump(1);
}

sub warnings_of
{
	my ($result) = @_;
	return grep { $_->{S} eq 'WARNING' } @{ $result->{notices} };
}

sub rename_share { return "SELECT deltashare.alter_share('$_[0]', rename_to => '$_[1]')" }
sub rename_recipient { return "SELECT deltashare.alter_recipient('$_[0]', rename_to => '$_[1]')" }
sub comment { return "SELECT deltashare.alter_share('$_[0]', comment => '$_[1]')" }

my ($a, $b, $r) = ('old_share_00000', 'old_share_00001', 'old_recipient_00002');
my @swap = (rename_share($a, 'tmp'), rename_share($b, $a), rename_share('tmp', $b));
my $ADD = "SELECT deltashare.add_to_share('$a', 'main.sales.t1')";
my $GRANT = "SELECT deltashare.grant_select('$a', '$r')";

my @cases = (
	[ 'chain of names', rename_share($a, 'b'), comment('b', 'x'), rename_share('b', 'c'), comment('c', 'y'), "SELECT deltashare.add_to_share('c', 'main.sales.t1')" ],
	[ 'swap', @swap ],
	[ 'swap between changes', comment($a, 'one'), $ADD, $GRANT, @swap, comment($a, 'two'), $ADD, $GRANT ],
	[ 'there and back', comment($a, 'one'), rename_share($a, 'b'), comment('b', 'two'), rename_share('b', $a), comment($a, 'three') ],
	[ 'new share renamed', q{SELECT deltashare.create_share('x')}, rename_share('x', 'y'), q{SELECT deltashare.create_share('x')} ],
	[ 'new recipient renamed', q{SELECT deltashare.create_recipient('x')}, rename_recipient('x', 'y'), "SELECT deltashare.grant_select('$a', 'y')" ],
	[ 'new recipient granted', q{SELECT deltashare.create_recipient('x')}, "SELECT deltashare.grant_select('$a', 'x')" ],
	[ 'new share granted', q{SELECT deltashare.create_share('x')}, "SELECT deltashare.grant_select('x', '$r')" ],
	[ 'object of a renamed share', $ADD, rename_share($a, 'y') ],
	[ 'grant on a renamed share', $GRANT, rename_share($a, 'y') ],
	[ 'grant to a renamed recipient', $GRANT, rename_recipient($r, 'y') ],
	[ 'grant and revocation of a renamed recipient', $GRANT, rename_recipient($r, 'y'), "SELECT deltashare.revoke_select('$a', 'y')" ],
	[ 'comment twice', comment($a, 'one'), comment($a, 'two') ],
	[ 'more and less', "SELECT deltashare.alter_share('$a', owner => 'us')", comment($a, 'one'), "UPDATE sharing.shares SET comment = 'two', owner = 'them' WHERE name = '$a'", comment($a, 'three') ],
	[ 'fields of a recipient', "SELECT deltashare.alter_recipient('$r', comment => 'c')",
		"SELECT deltashare.alter_recipient('$r', comment => 'd', properties => '{\"a\": \"b\"}')", "SELECT deltashare.alter_recipient('$r', properties => '{\"a\": \"c\"}')" ],
	[ 'object twice', (map { "SELECT deltashare.alter_share_object('$a', 'old.tables.t00000', comment => '$_')" } 1, 2) ],
	[ 'object added and changed', $ADD, "SELECT deltashare.alter_share_object('$a', 'main.sales.t1', comment => 'x')" ],
	[ 'objects added, one removed and added', "SELECT deltashare.add_to_share('$a', ARRAY['main.sales.t1', 'main.sales.t2'])",
		"SELECT deltashare.remove_from_share('$a', 'main.sales.t2')", "SELECT deltashare.add_to_share('$a', 'main.sales.t2', comment => 'x')" ],
	[ 'object removed and added', "SELECT deltashare.remove_from_share('$a', 'old.tables.t00000')", "SELECT deltashare.add_to_share('$a', 'old.tables.t00000', comment => 'x')" ],
	[ 'granted and revoked', $GRANT, "SELECT deltashare.revoke_select('$a', '$r')" ],
	[ 'revoked and granted', "SELECT deltashare.revoke_select('$a', 'old_recipient_00000')", "SELECT deltashare.grant_select('$a', 'old_recipient_00000')" ],
);

my %faults = (
	refused => { status => 500, body => { error_code => 'INTERNAL_ERROR', message => 'no' } },
	'done and called a failure' => { status => 502, body => '<html></html>', when => 'after' },
);
my $named = 0;
for my $case (@cases)
{
	my ($name, @statements) = @$case;
	for my $fault (sort keys %faults)
	{
		my @bad;
		my $k = 0;
		for (;; $k++)
		{
			for my $count (1, undef)
			{
				my $before = seed();
				$session->execute('BEGIN');
				$session->execute($_) for @statements;
				$workspace->clear_log;
				$workspace->fault('status', $_, '/', skip => $k, count => $count, %{ $faults{$fault} }) for 'PATCH';
				my $result = $session->query('ROLLBACK');
				$workspace->clear_faults;
				my $which = "undo $k" . ($count ? '' : ' and all behind it');
				my @warnings = warnings_of($result);
				$named += @warnings;
				push @bad, "$which: several warnings" if @warnings > 1;
				for my $sql (map { /:\n(.*)/s ? $1 : () } map { $_->{H} // '' } @warnings)
				{
					my $mended = $session->query($sql);
					push @bad, "$which: $sql\n$mended->{error}{M}" if $mended->{error};
				}
				push @bad, "$which: not as before: " . join("\n", map { "$_->{M}\n$_->{D}\n$_->{H}" } @warnings)
				  if _plain($workspace->dump(1)) ne _plain($before);
			}
			last if $k >= (grep { $_->{method} eq 'PATCH' } $workspace->log) && $k >= @statements;
		}
		is(scalar @bad, 0, "$name, $k undos, $fault: the SQL leads back") or diag(join "\n", @bad[ 0 .. ($#bad > 2 ? 2 : $#bad) ]);
	}
}
cmp_ok($named, '>', 50, 'undos failed');

# Who changed a thing last does not count.
sub _plain
{
	my ($dump) = @_;
	return join "\n", grep { !/"(?:updated_by|added_by)"|"comment" : ""/ } split /,?\n/, $dump;
}

# ------------------------------------------------------------------
# Names that changed hands
# ------------------------------------------------------------------

# Another client dropped what we made, or changed, and made another of that name.
for my $kind ('share', 'recipient')
{
	for my $ours ("SELECT deltashare.create_${kind}('new', comment => 'c')", "SELECT deltashare.alter_${kind}('standing', comment => 'ours')")
	{
		my $what = $ours =~ /create/ ? 'new' : 'standing';
		seed();
		$other->execute("SELECT deltashare.create_${kind}('standing', comment => 'c')");
		$session->execute("BEGIN; $ours");
		$other->execute("SELECT deltashare.drop_${kind}('$what')");
		$other->execute("SELECT deltashare.create_${kind}('$what', comment => '" . ($what eq 'new' ? 'c' : 'ours') . "')");
		my $theirs = $workspace->dump(1);
		my @warnings = warnings_of($session->query('ROLLBACK'));
		$workspace->is_unchanged($theirs, "$what $kind, dropped and made again by another client: left alone");
		is(scalar @warnings, $what eq 'new' ? 0 : 1, "$what $kind, dropped and made again by another client: ours is gone");
	}
}

# ------------------------------------------------------------------
# What only seems to be changed by others
# ------------------------------------------------------------------

# Properties of the platform's own, and fields that nobody knows, are nobody's change.
my $before = seed();
$workspace->fault('status', PATCH => '/recipients/', %{ $faults{refused} });
my $result = $session->query("SELECT deltashare.alter_recipient('$r', properties => '{\"a\": \"b\"}')");
ok($result->{error}, 'a change is refused, or perhaps done');
is(join("\n", map { Session::describe($_) } warnings_of($result)), '', 'a change is refused, or perhaps done: it was not');

# Reads that lag behind show our own grants, also under names that are taken back.
for my $sql ("SELECT deltashare.create_share('x'); " . rename_share('x', 'y') . "; SELECT deltashare.grant_select('y', '$r')",
	"SELECT deltashare.create_recipient('x'); " . rename_recipient('x', 'y') . "; SELECT deltashare.grant_select('$a', 'y')")
{
	$before = seed();
	$workspace->settings(grant_read_lag => 3);
	$session->execute("BEGIN; $sql");
	is(scalar warnings_of($session->query('ROLLBACK')), 0, 'reads that lag behind, after a new name: no warning');
	$workspace->settings(grant_read_lag => 0);
	$workspace->is_unchanged($before, 'reads that lag behind, after a new name: as before');
}

# Where an undo failed, another client's grant still keeps a new share.
$before = seed();
$session->execute("BEGIN; SELECT deltashare.create_share('x'); " . comment('x', 'y'));
$other->execute("SELECT deltashare.grant_select('x', '$r')");
$workspace->fault('status', PATCH => '/shares/x$', %{ $faults{refused} });
is(join(' ', map { split /\n/, $_->{D} } warnings_of($session->query('ROLLBACK'))) =~ s/ on server "dbx"//gr,
	'Could not restore share "x". Undoing it failed: HTTP status 500, error code "INTERNAL_ERROR": no. Could not drop share "x". Another client has changed it since, and is not overwritten.',
	'a new share that another client granted, an undo failed: it is kept');

# A history status and a change data feed exclude each other in a request.
for my $mode ('replace', 'merge')
{
	for my $case ([ 'cdf => true', 'cdf_enabled = NULL, history_data_sharing_status = $$ENABLED$$' ], [ 'history => true', 'cdf_enabled = true, history_data_sharing_status = NULL' ])
	{
		my ($had, $gets) = @$case;
		seed();
		$workspace->settings(update_mode => $mode);
		$session->execute("SELECT deltashare.add_to_share('$a', 'main.sales.t1', $had, start_version => 3)");
		my @was = _object();
		$session->execute("BEGIN; UPDATE sharing.share_objects SET $gets WHERE share_name = '$a' AND name = 'main.sales.t1'");
		isnt("@{[ _object() ]}", "@was", "$mode, $had: changed");
		is(scalar warnings_of($session->query('ROLLBACK')), 0, "$mode, $had: no warning");
		is("@{[ _object() ]}", "@was", "$mode, $had: as before");
	}
}

sub _object
{
	my $object = $workspace->control('GET', 'dump?stable=1')->{shares}{$a}{objects}{'main.sales.t1'};
	return ($object->{cdf_enabled} ? 'feed' : 'no feed', $object->{history_data_sharing_status} // 'no history');
}

# What the platform does not show cannot be given back to it.
seed();
$session->execute("SELECT deltashare.add_to_share('$a', '/Users/x/Note', type => 'NOTEBOOK_FILE', content => 'cHJpbnQoMSk=')");
$session->execute("BEGIN; SELECT deltashare.remove_from_share('$a', '/users/x/note', type => 'NOTEBOOK_FILE')");
my ($notebook) = warnings_of($session->query('ROLLBACK'));
is($notebook->{M}, "could not add \"/users/x/note\" to share \"$a\" on server \"dbx\"", 'a notebook that was removed is named');
is($notebook->{D}, 'It needs the content of the notebook again, which the platform does not show.', 'a notebook that was removed: why');
is($notebook->{H}, 'Undo it by hand, the transaction rolled back.', 'a notebook that was removed: no SQL could do it');

seed();
$session->execute("SELECT deltashare.grant_select('$a', '$r')");
$other->execute("SELECT deltashare.drop_recipient('old_recipient_00000')");
$session->execute("BEGIN; DELETE FROM sharing.grants WHERE share_name = '$a'");
my ($lost) = warnings_of($session->query('ROLLBACK'));
is($lost->{M}, "could not undo: revoke a privilege of a deleted recipient on share \"$a\" on server \"dbx\"", 'a grant of a recipient that is deleted, revoked: named');
is(join(' ', grep { !/^deleted/ } keys %{ $workspace->control('GET', 'dump?stable=1')->{shares}{$a}{grants} }), $r, 'a grant of a recipient that is deleted, revoked: the other one is back');

# ------------------------------------------------------------------
# A server that is dropped in the transaction
# ------------------------------------------------------------------

$before = seed();
$session->execute("CREATE SERVER short_lived TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '@{[ $workspace->url ]}')");
$session->execute("CREATE USER MAPPING FOR CURRENT_USER SERVER short_lived OPTIONS (token '@{[ $workspace->token ]}')");
$session->execute("BEGIN; SELECT deltashare.create_share('new', server => 'short_lived'); SELECT deltashare.drop_share('$a', server => 'short_lived'); DROP SERVER short_lived CASCADE");
is(join(' ', map { ($_->[0] // '-') . ":$_->[1]" } @{ $session->query('SELECT server, state FROM deltashare.pending_changes')->{rows} }), 'short_lived:made -:queued',
	'a server that was dropped: its changes are still listed');
$session->execute('ROLLBACK');
$workspace->is_unchanged($before, 'a server that was dropped: its changes are undone');

# ------------------------------------------------------------------
# Databases of other encodings
# ------------------------------------------------------------------

# In an abort nothing can be converted.
my %words = (LATIN1 => "gr\xc3\xb6\xc3\x9fe", EUC_JP => "\xe3\x83\x86\xe3\x83\xbc\xe3\x83\x96\xe3\x83\xab");
for my $encoding (sort keys %words)
{
	my $word = $words{$encoding};
	my $database = lc $encoding;
	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
	my $there = Session->new($node, database => $database);
	$there->execute($_) for 'CREATE EXTENSION deltashare_fdw',
	  "CREATE SERVER dbx TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '@{[ $workspace->url ]}', retry_timeout '0')",
	  "CREATE USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (token '@{[ $workspace->token ]}')";

	seed();
	$workspace->control('POST', 'tables', [ map { { full_name => Encode::decode('UTF-8', "main.sales.$word$_") } } 1, 2 ]);
	$other->execute("SELECT deltashare.create_recipient('$word', comment => '$word')");
	$before = $workspace->dump(1);
	my @changes = ("SELECT deltashare.create_share('$word', comment => '$word')", "SELECT deltashare.add_to_share('$word', ARRAY['main.sales.${word}1', 'main.sales.${word}2'])",
		"SELECT deltashare.grant_select('$word', '$word')", "SELECT deltashare.alter_recipient('$word', comment => 'x')");
	$there->execute('BEGIN');
	$there->execute($_) for @changes;
	is(scalar warnings_of($there->query('ROLLBACK')), 0, "$encoding: no warning");
	$workspace->is_unchanged($before, "$encoding: undone");

	# reads that lag behind show our own grant
	$workspace->settings(grant_read_lag => 3);
	$there->execute('BEGIN');
	$there->execute($_) for @changes[ 0, 2 ];
	is(join("\n", map { Session::describe($_) } warnings_of($there->query('ROLLBACK'))), '', "$encoding, reads that lag behind: no warning");
	$workspace->settings(grant_read_lag => 0);
	$workspace->is_unchanged($before, "$encoding, reads that lag behind: undone");

	# what is named is named in the words of the database
	$there->execute("BEGIN; SELECT deltashare.add_to_share('$a', ARRAY['main.sales.${word}1', 'main.sales.${word}2'])");
	$other->execute("SELECT deltashare.alter_share_object('$a', 'main.sales.${word}1', comment => 'theirs')");
	$result = $there->query('ROLLBACK');
	is($result->{error}, undef, "$encoding: an object of that name is changed by another client");
	my ($warning) = warnings_of($result);
	like($warning->{D}, qr/^"main[.]sales[.]${word}1" is not as it was added/, "$encoding: it is named");
	$there->execute($warning->{H} =~ /:\n(.*)/s);
	$workspace->is_unchanged($before, "$encoding: the SQL leads back");

	# the platform's own words are not shown, and do no harm
	$there->execute("BEGIN; $changes[3]");
	$workspace->fault('status', PATCH => '/recipients/', status => 500, body => { error_code => 'INTERNAL_ERROR', message => Encode::decode('UTF-8', $word) });
	$result = $there->query('ROLLBACK');
	is($result->{error}, undef, "$encoding: an undo is refused with such words");
	($warning) = warnings_of($result);
	is($warning->{D}, 'Undoing it failed: HTTP status 500.', "$encoding: told without them");
	$there->execute($warning->{H} =~ /:\n(.*)/s);
	$workspace->is_unchanged($before, "$encoding: that SQL leads back, too");
}

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
