
# A migration is a transaction: whatever ends it, short of COMMIT, takes back
# what it did, or a warning names what is left.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

my $node = PostgreSQL::Test::Cluster->new('undo');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nmax_prepared_transactions = 5\n");
$node->start;

my $workspace = Workspace->new;
my $session = $workspace->create_database($node, server => { retry_timeout => '0', request_timeout => '20s' });
my $control = Session->new($node);
$session->execute(q{SET deltashare.server = 'dbx'});

sub seed
{
	$workspace->reset;
	$workspace->seed(shares => 2, grants => 1, recipients => 3, objects => 2, prefix => 'old');
	$workspace->add_tables(map { "main.sales.t$_" } 1 .. 5);

	# what the server fills in by itself when an object is changed
	$workspace->control('POST', 'updates', { share => 'old_share_00000', updates => [ map {
		{ action => 'UPDATE', data_object => { name => "old.tables.t0000$_", data_object_type => 'TABLE',
			history_data_sharing_status => 'DISABLED', start_version => 10 } } } 0 .. 1 ] });
	$workspace->clear_log;
	return $workspace->dump(1);
}

sub warnings_of
{
	my ($result) = @_;
	return grep { $_->{S} eq 'WARNING' } @{ $result->{notices} };
}

# ------------------------------------------------------------------
# Rollback
# ------------------------------------------------------------------

# Name and statements; each alone, and then all together.
my @acts = (
	[ 'share', q{INSERT INTO sharing.shares (name, comment, owner) VALUES ('new', 'c', 'somebody')} ],
	[ 'shares', q{INSERT INTO sharing.shares (name) SELECT 'many' || i FROM generate_series(1, 3) i} ],
	[ 'recipient', q{INSERT INTO sharing.recipients (name, comment) VALUES ('new', 'c')} ],
	[ 'object', q{INSERT INTO sharing.share_objects (share_name, name, data_object_type) VALUES ('old_share_00000', 'main.sales.t1', 'TABLE')} ],
	[ 'objects', q{SELECT deltashare.add_to_share('old_share_00000', ARRAY['main.sales.t2', 'main.sales.t3'])} ],
	[ 'grant', q{INSERT INTO sharing.grants (share_name, recipient_name, privilege) VALUES ('old_share_00000', 'old_recipient_00002', 'SELECT')} ],
	[ 'grant that stands', q{SELECT deltashare.grant_select('old_share_00000', 'old_recipient_00000')} ],
	[ 'change of a share', q{UPDATE sharing.shares SET comment = 'other', owner = 'other' WHERE name = 'old_share_00000'} ],
	[ 'change twice', q{UPDATE sharing.shares SET comment = 'x'; UPDATE sharing.shares SET comment = 'y'} ],
	[ 'comment removed', q{UPDATE sharing.shares SET comment = NULL WHERE name = 'old_share_00001'} ],
	[ 'new name', q{SELECT deltashare.alter_share('old_share_00001', rename_to => 'renamed'); SELECT deltashare.alter_share('renamed', comment => 'z')} ],
	[ 'change of a recipient', q{UPDATE sharing.recipients SET comment = 'other', properties = '{"a": "b"}', ip_access_list = '{10.0.0.0/8}'
		WHERE name = 'old_recipient_00000'} ],
	[ 'new name of a recipient', q{SELECT deltashare.alter_recipient('old_recipient_00001', rename_to => 'renamed')} ],
	[ 'change of an object', q{UPDATE sharing.share_objects SET comment = 'other', history_data_sharing_status = 'ENABLED'
		WHERE share_name = 'old_share_00000' AND name = 'old.tables.t00000'} ],
	[ 'object removed', q{SELECT deltashare.remove_from_share('old_share_00000', 'old.tables.t00001')} ],
	[ 'revoked', q{SELECT deltashare.revoke_select('old_share_00000', 'old_recipient_00000')} ],
	[ 'tenant', q{SELECT deltashare.setup_tenant('acme', ARRAY['main.sales.t1', 'main.sales.t2'])} ],
	[ 'tables for a recipient', q{SELECT deltashare.share_tables_with('old_recipient_00002', ARRAY['main.sales.t4'])} ],
);

# What is not documented is a setting: both must do.
for my $settings ({ patch_mode => 'atomic', update_mode => 'replace' }, { patch_mode => 'partial', update_mode => 'merge' })
{
	my $mode = join ' ', map { $settings->{$_} } sort keys %$settings;
	for my $act (@acts, [ 'everything', join '; ', map { $_->[1] } @acts ])
	{
		my ($name, $sql) = @$act;
		my $before = seed();
		$workspace->settings(%$settings);
		$session->execute("BEGIN; $sql");
		isnt($workspace->dump(1), $before, "$mode, $name: is done at once") unless $name eq 'grant that stands';
		my $result = $session->execute('ROLLBACK');
		$workspace->is_unchanged($before, "$mode, $name: rolled back");
		is(join("\n", map { Session::describe($_) } warnings_of($result)), '', "$mode, $name: no warning");
	}
}

# What it was rolled back by does not matter.
my $before = seed();
is($session->query("$acts[0][1]; SELECT 1 / 0")->{error}{C}, '22012', 'a statement string fails');
$workspace->is_unchanged($before, 'a statement string fails: undone');
is($session->query(q{INSERT INTO sharing.shares (name) SELECT CASE i WHEN 3 THEN 'not.a.name' ELSE 'many' || i END FROM generate_series(1, 3) i})
	  ->{error}{C}, '42602', 'the third row fails');
$workspace->is_unchanged($before, 'the third row fails: all are undone');
$session->execute("BEGIN; $acts[0][1]");
$session->query('SELECT 1 / 0');
$session->execute('COMMIT');
$workspace->is_unchanged($before, 'COMMIT of a failed transaction: undone');

# A deferred constraint fails at COMMIT.
$session->execute(q{CREATE TABLE public.deferred (i int UNIQUE DEFERRABLE INITIALLY DEFERRED)});
$session->execute("BEGIN; $acts[0][1]; INSERT INTO public.deferred VALUES (1), (1)");
is($session->query('COMMIT')->{error}{C}, '23505', 'COMMIT fails');
$workspace->is_unchanged($before, 'COMMIT fails: undone');

# COMMIT keeps it, and nothing that comes later takes it back.
$session->execute("BEGIN; $acts[0][1]; COMMIT");
my $kept = $workspace->dump(1);
isnt($kept, $before, 'COMMIT: kept');
$session->execute("BEGIN; SELECT 1; ROLLBACK");
$session->query('SELECT 1 / 0');
$workspace->is_unchanged($kept, 'COMMIT: still kept');

# ------------------------------------------------------------------
# Savepoints
# ------------------------------------------------------------------

sub create { return "INSERT INTO sharing.shares (name) VALUES ('$_[0]')" }

my $reader = Session->new($node, database => 'main');

sub shares
{
	return join ' ', sort grep { !/^old/ } $reader->column('SELECT name FROM sharing.shares');
}

seed();
$session->execute('BEGIN; ' . create('a') . '; SAVEPOINT one; ' . create('b') . '; SAVEPOINT two; ' . create('c'));
is(shares(), 'a b c', 'savepoints: all are there');
$session->execute('ROLLBACK TO two');
is(shares(), 'a b', 'savepoints: the inner one is undone');
$session->execute('RELEASE two; ' . create('d') . '; RELEASE one; ' . create('e'));
$session->execute('SAVEPOINT three; ' . create('f') . '; RELEASE three; SAVEPOINT four; ' . create('g') . '; ROLLBACK TO four');
is(shares(), 'a b d e f', 'savepoints: what was released stays');
$session->execute('COMMIT');
is(shares(), 'a b d e f', 'savepoints: after COMMIT');

seed();
$session->execute('BEGIN; ' . create('a') . '; SAVEPOINT one; ' . create('b') . '; RELEASE one; ROLLBACK');
is(shares(), '', 'savepoints: what was released goes with the transaction');

seed();
$session->execute('DO $$ BEGIN ' . create('outside') . '; BEGIN ' . create('inside')
	  . q{; RAISE 'enough'; EXCEPTION WHEN raise_exception THEN NULL; END; } . create('after') . '; END $$');
is(shares(), 'after outside', 'EXCEPTION block: only what was in it');

# The newest first: otherwise the share could not be emptied, nor renamed back.
seed();
$session->execute('BEGIN; ' . create('a') . q{; SELECT deltashare.add_to_share('a', 'main.sales.t1');
	SELECT deltashare.alter_share('a', rename_to => 'b'); SELECT deltashare.alter_share('b', comment => 'c')});
$workspace->clear_log;
$session->execute('ROLLBACK');
is(join(' ', map { "$_->{method}:" . $_->{path} =~ s{.*/}{}r } grep { $_->{method} ne 'GET' } $workspace->log),
	'PATCH:b PATCH:b PATCH:a DELETE:a', 'undone in the reverse order');

# ------------------------------------------------------------------
# In the middle of setup_tenant
# ------------------------------------------------------------------

my $TENANT = q{SELECT * FROM deltashare.setup_tenant('acme', ARRAY['main.sales.t1', 'main.sales.t2'], email => 'a@b.example')};
my %steps = (
	'share' => [ POST => '/shares$' ],
	'objects' => [ PATCH => '/shares/acme_share$' ],
	'recipient' => [ POST => '/recipients$' ],
	'grant' => [ PATCH => '/permissions$' ],
);
my %wrongs = (
	'refused' => [ 'status', status => 403, body => { error_code => 'PERMISSION_DENIED', message => 'no' } ],
	'broken' => [ 'status', status => 500, body => { error_code => 'INTERNAL_ERROR', message => 'no' } ],
	'reset' => [ 'reset', count => undef ],
	'not JSON' => ['not_json'],
);
for my $step (sort keys %steps)
{
	for my $wrong (sort keys %wrongs)
	{
		my $name = "setup_tenant, $step $wrong";
		my ($kind, %options) = @{ $wrongs{$wrong} };
		my $was = seed();
		$workspace->fault($kind, @{ $steps{$step} }, %options);
		my $result = $session->query($TENANT);
		ok($result->{error}, "$name: an error");
		$workspace->clear_faults;
		$workspace->is_unchanged($was, "$name: nothing is left");
	}
}
seed();
ok(!$session->query($TENANT)->{error}, 'setup_tenant: works otherwise');

# The table that is missing is the second one.
$before = seed();
ok($session->query(q{SELECT deltashare.setup_tenant('acme', ARRAY['main.sales.t1', 'main.sales.none'])})->{error}, 'setup_tenant, no such table: an error');
$workspace->is_unchanged($before, 'setup_tenant, no such table: nothing is left');

# ------------------------------------------------------------------
# Cancel and terminate
# ------------------------------------------------------------------

for my $step (sort keys %steps)
{
	my $was = seed();
	$workspace->fault('hang', @{ $steps{$step} }, count => undef);
	$session->send($TENANT);
	$workspace->wait_in_flight(1);
	$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
	is($session->wait->{error}{C}, '57014', "cancelled before $step");
	$workspace->clear_faults;
	$workspace->is_unchanged($was, "cancelled before $step: nothing is left");

	my $victim = Session->new($node, database => 'main');
	$victim->execute(q{SET deltashare.server = 'dbx'});
	$workspace->fault('hang', @{ $steps{$step} }, count => undef);
	$victim->send($TENANT);
	$workspace->wait_in_flight(1);
	$control->execute('SELECT pg_terminate_backend(' . $victim->pid . ')');
	is($victim->wait->{error}{C}, '57P01', "terminated before $step");
	$workspace->clear_faults;
	$workspace->wait_until('the backend is gone', sub { !$control->value('SELECT count(*) FROM pg_stat_activity WHERE pid = ' . $victim->pid) });
	$workspace->is_unchanged($was, "terminated before $step: nothing is left");
}

# The server did it, and does not say so: then it is undone, or named.
my %left = (share => 'acme_share', objects => 'acme_share', recipient => 'acme', grant => 'acme');
for my $step (sort keys %steps)
{
	my $was = seed();
	$workspace->fault('hang', @{ $steps{$step} }, when => 'after', count => 1);
	$session->send($TENANT);
	$workspace->wait_in_flight(1);
	$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
	my $result = $session->wait;
	is($result->{error}{C}, '57014', "cancelled after $step");
	$workspace->clear_faults;
	if (join(' ', map { "$_->{M} " . ($_->{D} // '') } warnings_of($result)) =~ /"$left{$step}"/)
	{
		pass("cancelled after $step: a warning names what may be left");
		next;
	}
	$workspace->is_unchanged($was, "cancelled after $step: without a warning, nothing is left");
}

# Between two statements.
for my $way ('terminated', 'disconnected')
{
	my $was = seed();
	my $victim = Session->new($node, database => 'main');
	$victim->execute("BEGIN; $acts[0][1]; $acts[2][1]");
	my $pid = $victim->pid;
	$way eq 'terminated' ? $control->execute("SELECT pg_terminate_backend($pid)") : $victim->disconnect;
	$workspace->wait_until('the backend is gone', sub { !$control->value("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid") });
	$workspace->is_unchanged($was, "$way in a transaction: nothing is left");
}

# ------------------------------------------------------------------
# When undoing fails
# ------------------------------------------------------------------

# One warning for all that is left: a line each, and the SQL that mends it.
sub check_warnings
{
	my ($name, $result, @expected) = @_;
	my @warnings = warnings_of($result);
	is(scalar @warnings, @expected ? 1 : 0, "$name: one warning at most") or diag(map { Session::describe($_) . "\n" } @warnings);
	return unless @expected;
	my @lines = split /\n/, $warnings[0]{D} // '';
	@lines = ("\u$warnings[0]{M}. $lines[0]") if @expected == 1;
	my $count = @expected;
	is($warnings[0]{M}, "could not undo $count changes of a transaction that rolled back", "$name: message") if $count > 1;
	is(scalar @lines, $count, "$name: all are named") or diag(map { "$_\n" } @lines);
	for my $i (0 .. $#expected)
	{
		like($lines[$i] // '', qr/^Could not .* on server "dbx"[.] \S.*[.]$/, "$name: server and reason");
		like($lines[$i] // '', $expected[$i], "$name: names the object");
	}
	like($warnings[0]{H} // '', qr/by hand/, "$name: says what to do");
	return;
}

# The statements of a warning.
sub mends_of
{
	my ($result) = @_;
	return map { grep { /^SELECT / } split /\n/, $_->{H} // '' } warnings_of($result);
}

seed();
$session->execute("BEGIN; $acts[0][1]; $acts[2][1]; $acts[7][1]");
$workspace->fault('status', DELETE => '/shares/new', status => 403, body => { error_code => 'PERMISSION_DENIED', message => 'Because.' });
$workspace->fault('reset', PATCH => '/shares/old_share_00000', count => undef);
my $result = $session->query('ROLLBACK');
ok(!$result->{error}, 'undo fails: ROLLBACK does not');
check_warnings('undo fails', $result, (qr/ restore share "old_share_00000" on/) x 2, qr/ drop share "new" on .*Because[.]$/);
is(shares(), 'new', 'undo fails: this is left');
my @mends = mends_of($result);
is(scalar @mends, 3, 'undo fails: a statement for each');
$workspace->clear_faults;
$session->execute($_) for @mends;
is(shares(), '', 'undo fails: the statements mend it');
is($session->value(q{SELECT owner || ' ' || comment FROM sharing.shares WHERE name = 'old_share_00000'}),
	'seed@example.com share 0', 'undo fails: all of it');
ok(!(grep { $_ eq 'new' } $session->column('SELECT name FROM sharing.recipients')), 'undo fails: the others are undone');

# An error that is caught in an abort must not unbalance the count of those who
# hold interrupts off: the session would not be interrupted any more.
sub check_interrupts
{
	my ($name) = @_;
	$session->execute(q{SET statement_timeout = '100ms'});
	my $slept = $session->query('SELECT pg_sleep(3)');
	$session->execute('RESET statement_timeout');
	return is($slept->{error} ? $slept->{error}{C} : 'not interrupted', '57014', "$name: later statements can be interrupted");
}
check_interrupts('undo fails');

# What somebody else removed meanwhile is no trouble.
seed();
$session->execute("BEGIN; $acts[0][1]");
$reader->execute(q{DELETE FROM sharing.shares WHERE name = 'new'});
check_warnings('already gone', $session->query('ROLLBACK'));

# A server that hangs holds a rollback for a while, nobody else, and not for ever.
sub reconnect
{
	$session = Session->new($node, database => 'main');
	$session->execute(q{SET deltashare.server = 'dbx'});
	return;
}
reconnect();
seed();
$session->execute('BEGIN; ' . create('a') . '; ' . create('b'));
$workspace->fault('hang', DELETE => '/shares', count => undef);
$control->execute('CREATE DATABASE other');
my $start = time;
$session->send('ROLLBACK');
$workspace->wait_in_flight(1);
my $dropping = Session->new($node);
my $drop_start = time;
$dropping->send('DROP DATABASE other');
my $dropped = $dropping->wait(3);
note(sprintf 'DROP DATABASE while an undo hangs: %.0f ms', (time - $drop_start) * 1000);
ok($dropped, 'undo hangs: DROP DATABASE elsewhere does not');
$result = $session->wait;
my $seconds = time - $start;
cmp_ok($seconds, '<', 15, 'undo hangs: bounded');
note(sprintf 'a rollback of two shares with a server that hangs took %.1f s', $seconds);
check_warnings('undo hangs', $result, qr/share "b"/, qr/share "a"/);
$dropped //= $dropping->wait;
is($dropped->{error}, undef, 'undo hangs: the database is dropped') or diag(Session::describe($dropped->{error}));
$workspace->clear_faults;
check_interrupts('undo hangs');

# Neither does the client have to wait who does not want to.
reconnect();
seed();
$session->execute('BEGIN; ' . create('a') . '; ' . create('b'));
$workspace->fault('hang', DELETE => '/shares', count => undef);
$start = time;
$session->send('ROLLBACK');
$workspace->wait_in_flight(1);
$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
$result = $session->wait;
cmp_ok(time - $start, '<', 2, 'undo is cancelled: ends soon');
note(sprintf 'an undo that was cancelled took %.1f s', time - $start);
check_warnings('undo is cancelled', $result, qr/share "b"/, qr/share "a"/);
$workspace->clear_faults;
check_interrupts('undo is cancelled');

# But a server that answers is given the time that it takes; and the two signals
# that the postmaster sends for one cancel request are one.
reconnect();
$before = seed();
$session->execute('BEGIN; ' . join('; ', map { create("slow$_") } 1 .. 8));
$workspace->latency(200);
$session->send('ROLLBACK');
$workspace->wait_in_flight(1);
my $cancel = 'pg_cancel_backend(' . $session->pid . ')';
$control->execute("SELECT $cancel, pg_sleep(0.05), $cancel");
$result = $session->wait;
$workspace->latency(0);
is(scalar(warnings_of($result)), 0, 'undo is cancelled while the server answers: no warning');
$workspace->is_unchanged($before, 'undo is cancelled while the server answers: nothing is left');
check_interrupts('undo is cancelled while the server answers');

# The same in a subtransaction.
reconnect();
seed();
$workspace->fault('close', DELETE => '/shares', count => undef);
$session->execute('BEGIN; SAVEPOINT a; ' . create('sub'));
check_warnings('undo of a savepoint fails', $session->query('ROLLBACK TO a'), qr/share "sub"/);
$session->execute('ROLLBACK');
check_interrupts('undo of a savepoint fails');
$workspace->clear_faults;
reconnect();

# ------------------------------------------------------------------
# What cannot be undone waits
# ------------------------------------------------------------------

sub drop { return "SELECT deltashare.drop_$_[0]('$_[1]')" }

sub count_deletes { return scalar $workspace->log(method => 'DELETE') }

$before = seed();
$session->execute('BEGIN; ' . drop(share => 'old_share_00000') . '; ' . drop(recipient => 'old_recipient_00000'));
is(count_deletes(), 0, 'drops: not sent before COMMIT');
$session->execute('ROLLBACK');
$workspace->is_unchanged($before, 'drops: rolled back');
is(count_deletes(), 0, 'drops: never sent');
$session->execute('BEGIN; ' . drop(share => 'old_share_00000') . '; COMMIT');
is(count_deletes(), 1, 'drops: sent with COMMIT');
unlike($workspace->dump(1), qr/old_share_00000/, 'drops: done');

# COMMIT asks the server now, and does not have to be waited for.
$before = seed();
$session->execute('BEGIN; ' . create('new') . '; ' . drop(share => 'old_share_00000'));
$workspace->fault('hang', DELETE => '/shares/old', count => undef);
$session->send('COMMIT');
$workspace->wait_in_flight(1);
$start = time;
$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
$result = $session->wait;
is($result->{error}{C}, '57014', 'COMMIT is cancelled') or diag(Session::describe($result->{error}));
cmp_ok(time - $start, '<', 0.5, 'COMMIT is cancelled: at once');
$workspace->clear_faults;
$workspace->is_unchanged($before, 'COMMIT is cancelled: everything is undone');

# If the server refuses one of them, what can be undone is, and the rest is named.
$before = seed();
$session->execute('BEGIN; ' . create('new') . '; ' . drop(share => 'old_share_00000'));
$workspace->fault('status', DELETE => '/shares/old_share_00000', status => 403, body => { error_code => 'PERMISSION_DENIED', message => 'no' });
is($session->query('COMMIT')->{error}{C}, '42501', 'a drop is refused: COMMIT fails');
$workspace->is_unchanged($before, 'a drop is refused: everything is undone');

seed();
$session->execute('BEGIN; ' . create('new') . '; ' . drop(recipient => 'old_recipient_00002') . '; ' . drop(share => 'old_share_00000'));
$workspace->fault('status', DELETE => '/shares/old_share_00000', status => 403, body => { error_code => 'PERMISSION_DENIED', message => 'no' });
$result = $session->query('COMMIT');
is($result->{error}{C}, '42501', 'the second drop is refused: COMMIT fails');
like(join(' ', map { "$_->{M}. $_->{D}" } warnings_of($result)), qr/could not undo: drop recipient "old_recipient_00002" on server "dbx"[.] The platform cannot undo it[.]/, 'the second drop is refused: a warning names the first');
is(shares(), '', 'the second drop is refused: what can be is undone');

# The server did it, and does not say so.
seed();
$session->execute('BEGIN; ' . drop(share => 'old_share_00000'));
$workspace->fault('hang', DELETE => '/shares/old', when => 'after', count => undef);
$session->send('COMMIT');
$workspace->wait_in_flight(1);
$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
$result = $session->wait;
is($result->{error}{C}, '57014', 'a drop is done and cancelled');
like(join(' ', map { "$_->{M} " . ($_->{D} // '') } $result->{error}, warnings_of($result)), qr/"old_share_00000"/,
	'a drop is done and cancelled: its name is told');
$workspace->clear_faults;

$before = seed();
$session->execute('BEGIN; ' . drop(share => 'old_share_00000'));
$result = $session->query(q{PREPARE TRANSACTION 'drops'});
is($result->{error}{C}, '0A000', 'PREPARE TRANSACTION of drops: refused');
$workspace->is_unchanged($before, 'PREPARE TRANSACTION of drops: nothing is dropped');

# ------------------------------------------------------------------
# What cannot be
# ------------------------------------------------------------------

$before = seed();
$session->execute('BEGIN; ' . create('prepared'));
$result = $session->query(q{PREPARE TRANSACTION 'deltashare'});
is($result->{error}{C}, '0A000', 'PREPARE TRANSACTION: refused');
like($result->{error}{M}, qr/^cannot PREPARE a transaction that has made remote changes$/, 'PREPARE TRANSACTION: message');
$workspace->is_unchanged($before, 'PREPARE TRANSACTION: undone');
is($session->value('SELECT count(*) FROM pg_prepared_xacts'), 0, 'PREPARE TRANSACTION: nothing is prepared');
$session->execute(q{BEGIN; SELECT count(*) FROM sharing.shares; PREPARE TRANSACTION 'reads'});
$session->execute(q{ROLLBACK PREPARED 'reads'});

# Nothing raises an error after COMMIT.
$workspace->fault('hang', '*' => '/', count => undef);
ok(!$session->query('BEGIN; COMMIT')->{error}, 'COMMIT does not ask the server');
$workspace->clear_faults;

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
