
# A migration of 20 statements meets a fault at every single request, one run
# each.  After every run the workspace is as it was before, or the one warning
# names what is left, and the SQL in its hint leads back there.

use strict;
use warnings;

use FindBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

my $node = PostgreSQL::Test::Cluster->new('migration');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nfsync = off\n");
$node->start;

my $workspace = Workspace->new;
my $session = $workspace->create_database($node, server => { retry_timeout => '0', request_timeout => '20s' });
$session->execute(q{SET deltashare.server = 'dbx'});

my @migration = (
	q{SELECT deltashare.create_share('launch', comment => 'Launch "data"; it''s new', owner => 'launch-team')},
	q{SELECT deltashare.add_to_share('launch', 'main.sales.t1', alias => 'public.first', comment => 'one')},
	q{SELECT deltashare.add_to_share('launch', ARRAY['main.sales.t2', 'main.sales.t3'])},
	q{SELECT deltashare.alter_share_object('launch', 'main.sales.t1', comment => 'the first', history => false)},
	q{SELECT deltashare.create_recipient('launch_partner', comment => 'Partner', properties => '{"tenant": "17"}')},
	q{SELECT deltashare.grant_select('launch', 'launch_partner')},
	q{INSERT INTO sharing.grants (share_name, recipient_name) VALUES ('launch', 'old_recipient_00000'), ('launch', 'old_recipient_00001')},
	q{SELECT deltashare.alter_share('old_share_00000', comment => 'changed', owner => 'somebody')},
	q{SELECT deltashare.alter_share('old_share_00000', rename_to => 'renamed_share')},
	q{SELECT deltashare.alter_share('renamed_share', comment => 'changed again')},
	q{SELECT deltashare.alter_share_object('renamed_share', 'old.tables.t00000', comment => 'changed object')},
	q{SELECT deltashare.remove_from_share('renamed_share', 'main.hr.people')},
	q{SELECT deltashare.revoke_select('renamed_share', 'old_recipient_00000')},
	q{SELECT deltashare.alter_recipient('old_recipient_00001', comment => 'changed', properties => '{"region": null, "added": "x"}', ip_access_list => '{10.0.0.0/8}')},
	q{SELECT deltashare.alter_recipient('old_recipient_00001', rename_to => 'renamed_recipient')},
	q{SELECT deltashare.setup_tenant('acme', ARRAY['main.sales.t4'], email => 'data@acme.example')},
	q{SELECT deltashare.revoke_select('old_share_00001', 'old_recipient_00002')},
	q{SELECT deltashare.drop_recipient('old_recipient_00002')},
	q{SELECT deltashare.drop_share('old_share_00001')},
	q{SELECT deltashare.rotate_recipient_token('old_recipient_00000', '1 hour')},
);
is(scalar @migration, 20, 'twenty statements');

# With every attribute in use, so that a restoration that forgets one is seen.
sub seed
{
	$workspace->reset;
	$workspace->seed(shares => 2, grants => 3, recipients => 3, objects => 2, prefix => 'old');
	$workspace->add_tables(map { "main.sales.t$_" } 1 .. 5);
	$workspace->control('POST', 'updates', { share => 'old_share_00000', updates => [
		(map { { action => 'UPDATE', data_object => { name => "old.tables.t0000$_", data_object_type => 'TABLE',
			comment => "it's $_", history_data_sharing_status => 'DISABLED', start_version => 5 } } } 0 .. 1),
		{ action => 'ADD', data_object => { name => 'main.hr.people', data_object_type => 'TABLE', shared_as => 'staff.people',
			comment => 'Staff', history_data_sharing_status => 'ENABLED', start_version => 3,
			partitions => [ { values => [ { name => 'country', op => 'EQUAL', value => 'DE' } ] },
				{ values => [ { name => 'country', op => 'LIKE', value => 'A%' } ] },
				{ values => [ { name => 'country', op => 'EQUAL', recipient_property_key => 'country' } ] } ] } } ] });
	$session->execute(q{SELECT deltashare.alter_recipient('old_recipient_00001', comment => 'before',
		properties => '{"region": "EU", "tenant": "x''y"}', ip_access_list => '{203.0.113.0/24,2001:db8::/32}')});
	$session->execute(q{SELECT deltashare.alter_recipient('old_recipient_00002', expiration_time => '2027-01-01 12:00:00.25+00')});
	$workspace->clear_log;
	return state();
}

# The state without what a client cannot set.  Of recipients that had to be made
# again the tokens are new ones.
my %volatile = map { $_ => 1 } qw(id table_id principal_id metastore_id activation_url created_at created_by updated_at updated_by
	added_at added_by create_time update_time storage_location tokens);

sub plain
{
	my ($value) = @_;
	return [ map { plain($_) } @$value ] if ref $value eq 'ARRAY';
	return $value unless ref $value eq 'HASH';
	my %kept;
	for my $key (grep { !$volatile{$_} && !/^databricks[.]/ } keys %$value)
	{
		my $member = plain($value->{$key});
		next if !defined $member || (!ref $member && $member eq '');
		$kept{$key} = $member;
	}
	delete $kept{$_} for grep { /^deleted:/ } keys %kept;    # the platform's, of a recipient that was dropped
	delete $kept{ip_access_list} if $kept{ip_access_list} && !@{ $kept{ip_access_list}{allowed_ip_addresses} // [] };
	return \%kept;
}

# Tokens of those who keep theirs
sub tokens
{
	my $recipients = $workspace->control('GET', 'dump?stable=0')->{recipients};
	return { map { $_ => [ map { $_->{id} } @{ $recipients->{$_}{tokens} } ] } keys %$recipients };
}

sub state { return JSON::PP->new->canonical->pretty->encode(plain($workspace->control('GET', 'dump?stable=0'))) }

sub warnings_of
{
	my ($result) = @_;
	return grep { $_->{S} eq 'WARNING' } @{ $result->{notices} };
}

# One for each thing that a warning names
sub lines_of
{
	return map { $_->{M} =~ /^could not undo \d+ changes/ ? split /\n/, $_->{D} : "$_->{M} $_->{D}" } @_;
}

# Run it; the error (undef: none) and the warnings of its end.
sub migrate
{
	my ($at_failure) = @_;
	my $failed;
	$session->execute('BEGIN');
	for my $statement (@migration, 'COMMIT')
	{
		my $result = $session->query($statement);
		next unless $result->{error};
		$failed = $result;
		last if $statement eq 'COMMIT';
		$at_failure->() if $at_failure;
		my $end = $session->query('ROLLBACK');
		return ($result->{error}, warnings_of($result), warnings_of($end));
	}
	return ($failed ? $failed->{error} : undef, $failed ? warnings_of($failed) : ());
}

# ------------------------------------------------------------------
# Without a fault
# ------------------------------------------------------------------

my $before = seed();
my ($error, @warnings) = migrate();
is($error, undef, 'the migration works') or diag(Session::describe($error));
is(scalar @warnings, 0, 'without a warning');
my $after = state();
isnt($after, $before, 'it changes the workspace');
unlike($after, qr/"old_share_0000[01]"|"old_recipient_0000[12]"/, 'names that are dropped or renamed are gone');
my @requests = $workspace->log;
my $changes = grep { $_->{method} ne 'GET' } @requests;
note(scalar(@requests) . " requests, $changes of them changes");
like(join(' ', map { "$_->{method} $_->{path}" } @requests[ -3 .. -1 ]),
	qr{DELETE \S*/old_recipient_00002 DELETE \S*/old_share_00001 POST \S*/rotate-token}, 'what cannot be undone comes last, in order');

# What is rolled back leaves no trace, and sends nothing that cannot be undone.
$before = seed();
my $tokens_before = tokens();
$session->execute('BEGIN');
$session->execute($_) for @migration;
my $result = $session->query('ROLLBACK');
is(state(), $before, 'ROLLBACK: as before');
is_deeply(tokens(), $tokens_before, 'ROLLBACK: no token was made');
is(scalar warnings_of($result), 0, 'ROLLBACK: without a warning');
is((grep { $_->{path} =~ /rotate-token$|old_\w+_0000[12]$/ && $_->{method} =~ /^(DELETE|POST)$/ } $workspace->log), 0, 'ROLLBACK: drops and rotations were not sent');

# EXPLAIN never changes anything.
$before = seed();
for my $statement (@migration)
{
	$session->execute("EXPLAIN (VERBOSE) $statement");
}
is(state(), $before, 'EXPLAIN: as before');
is((grep { $_->{method} ne 'GET' } $workspace->log), 0, 'EXPLAIN: no change was sent');

# ------------------------------------------------------------------
# A fault at each request
# ------------------------------------------------------------------

my %faults = (
	'refused' => { kind => 'status', status => 500, body => { error_code => 'INTERNAL_ERROR', message => 'no' }, count => 1 },
	'done and called a failure' => { kind => 'status', status => 502, body => '<html><title>Bad Gateway</title></html>', when => 'after', count => 1 },
	'cut off' => { kind => 'reset', when => 'after', count => 1 },
	'token expired' => { kind => 'status', status => 401, body => { error_code => 'UNAUTHENTICATED', message => 'expired' }, count => undef },
	'dead from then on' => { kind => 'reset', count => undef },
);

my %seen = (unchanged => 0, mended => 0, repeated => 0);
my $slowest = 0;
for my $name (sort keys %faults)
{
	my %wrong = %{ $faults{$name} };
	my @bad;
	for my $skip (0 .. $#requests)
	{
		my $request = "request $skip, $requests[$skip]{method} $requests[$skip]{path}";
		my $was = seed();
		my $had = tokens();
		my $kind = $wrong{kind};
		my $start = time;
		$workspace->fault($kind, '*', '^/', skip => $skip, (map { $_ => $wrong{$_} } grep { $_ ne 'kind' } keys %wrong));
		my ($failure, @said) = migrate();
		$slowest = time - $start if time - $start > $slowest;
		$workspace->clear_faults;
		if (!$failure)
		{
			# what is safe to repeat was repeated
			push @bad, "$request: no error, but not all is done" if @said || state() ne $after;
			$seen{repeated}++;
			next;
		}
		push @bad, "$request: more than one warning" if @said > 1;

		my $told = join "\n", map { "$_->{M}\n" . ($_->{D} // '') } @said;
		my $has = tokens();
		my @rotated = grep { $had->{$_} && $has->{$_} && "@{ $had->{$_} }" ne "@{ $has->{$_} }" } sort keys %$had;
		push @bad, "$request: a rotation is not named" if grep { $told !~ /rotate the token of recipient "$_"/ } @rotated;
		if (state() eq $was)
		{
			$seen{unchanged}++;
			push @bad, "$request: nothing is left, but it says $told" if grep { !/^could not undo \d+ changes|not known|rotate the token/ } lines_of(@said);
			next;
		}
		push @bad, "$request: something is left without a warning" unless @said;
		for my $mend (map { grep { /^SELECT / } split /\n/, $_->{H} // '' } @said)
		{
			my $mended = $session->query($mend);
			push @bad, "$request: $mend: $mended->{error}{M}" if $mended->{error};
		}
		my $got = state();
		if ($got eq $was) { $seen{mended}++ }
		else
		{
			my %lines = map { $_ => 1 } split /\n/, $was;
			push @bad, "$request: the hint does not lead back: $told\n" . join("\n", grep { !$lines{$_} } split /\n/, $got);
		}
	}
	is(scalar @bad, 0, scalar(@requests) . " requests $name: all is as before, or named and mended") or diag(join "\n", @bad[ 0 .. ($#bad > 9 ? 9 : $#bad) ]);
}
note("as before: $seen{unchanged}, named and mended: $seen{mended}, repeated by the client: $seen{repeated}, slowest run: " . sprintf('%.1f s', $slowest));
cmp_ok($seen{mended}, '>', 0, 'some faults leave something to mend');
cmp_ok($slowest, '<', 35, 'no rollback takes longer than its limit');

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
