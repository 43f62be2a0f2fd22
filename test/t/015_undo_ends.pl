
# However a session or a statement ends, each of its changes is undone or named,
# and a cancel ends what it was meant for.

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

my $node = PostgreSQL::Test::Cluster->new('ends');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nfsync = off\n");
$node->start;

my $workspace = Workspace->new;
my $session = $workspace->create_database($node, server => { retry_timeout => '0', request_timeout => '20s' });
my $control = Session->new($node);
my $other = Session->new($node, database => 'main');
$_->execute(q{SET deltashare.server = 'dbx'}) for $session, $other;

my %refusal = (status => 500, body => { error_code => 'INTERNAL_ERROR', message => 'no' });

sub seed
{
	$workspace->reset;
	$workspace->seed(shares => 2, grants => 1, recipients => 3, objects => 2, prefix => 'old');
	$workspace->add_tables(map { "main.sales.t$_" } 1 .. 5);
	$workspace->clear_log;
	return $workspace->dump(1);
}

sub new_shares { return join ' ', grep { !/^old/ } sort keys %{ $workspace->control('GET', 'dump?stable=1')->{shares} } }

sub warnings_of
{
	my ($result) = @_;
	return grep { $_->{S} eq 'WARNING' } @{ $result->{notices} };
}

# ------------------------------------------------------------------
# The session ends in a transaction
# ------------------------------------------------------------------

# An error in the undo must not be the last thing that an ending session does.
my %ends = (
	'terminated' => sub { $control->execute('SELECT pg_terminate_backend(' . $_[0]->pid . ')') },
	'client gone' => sub { close $_[0]{socket} },
	'idle too long' => sub { $_[0]->execute(q{SET idle_in_transaction_session_timeout = '100ms'}) },
);
for my $end (sort keys %ends)
{
	my $before = seed();
	my $victim = Session->new($node, database => 'main');
	$victim->execute(q{SET deltashare.server = 'dbx'; BEGIN});
	$victim->execute("SELECT deltashare.create_share('s$_')") for 1 .. 5;
	$workspace->fault('status', DELETE => '/shares/s3$', %refusal);
	my $offset = -s $node->logfile;
	my $pid = $victim->pid;
	$ends{$end}->($victim);
	$workspace->wait_until("$end: the backend is gone", sub { !$control->value("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid") });
	is(new_shares(), 's3', "$end: what could be undone is undone, after a failure, too");
	my $log = substr(slurp_file($node->logfile), $offset);
	like($log, qr/WARNING: [^\n]*could not drop share "s3" on server "dbx"/, "$end: what could not is in the log");
	unlike($log, qr/FATAL: [^\n]*HTTP status/, "$end: the failure ends nothing");
}

# ------------------------------------------------------------------
# A cancel that comes while a part of a statement is undone
# ------------------------------------------------------------------

my $LOOP = q{DO $$ BEGIN FOR i IN 1 .. 5 LOOP
	BEGIN PERFORM deltashare.create_share('looped' || i); RAISE 'enough'; EXCEPTION WHEN raise_exception THEN NULL; END;
	PERFORM set_config('application_name', 'round ' || i, false);
END LOOP; END $$};

# Procedures roll back more than parts.
$session->execute(q{CREATE PROCEDURE public.looped() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1 .. 5 LOOP
	PERFORM deltashare.create_share('looped' || i); ROLLBACK; END LOOP; END $$});

for my $sql ($LOOP, 'CALL public.looped()')
{
	my $before = seed();
	my $name = substr $sql, 0, 4;
	$workspace->control('PUT', 'latency', { ms => 0, rules => [ { path => '/shares/looped1', ms => 700 } ] });
	$session->send($sql);
	$workspace->wait_in_flight(1);
	sleep 0.2;
	$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
	my $result = $session->wait;
	is($result->{error}{C}, '57014', "$name: cancelled in an undo, the statement ends");
	is(scalar warnings_of($result), 0, "$name: cancelled in an undo, without a warning");
	is((grep { $_->{path} =~ /looped[2-5]/ || $_->{method} eq 'POST' } $workspace->log), 1, "$name: cancelled in an undo, nothing else was begun");
	$workspace->latency(0);
	$workspace->is_unchanged($before, "$name: cancelled in an undo, undone");
	is($session->value('SELECT 1'), 1, "$name: the session goes on");

	$workspace->control('PUT', 'latency', { ms => 0, rules => [ { path => '/shares/looped1', ms => 700 } ] });
	$session->execute(q{SET statement_timeout = '300ms'});
	$result = $session->query($sql);
	is($result->{error}{C}, '57014', "$name: its time is over in an undo, the statement ends");
	like($result->{error}{M}, qr/statement timeout/, "$name: its time is over in an undo, so it says");
	$session->execute('RESET statement_timeout');
	$workspace->latency(0);
	$workspace->is_unchanged($before, "$name: its time is over in an undo, undone");
}

# ------------------------------------------------------------------
# Grants of one request, one of whose recipients is gone
# ------------------------------------------------------------------

my @recipients = map { "old_recipient_0000$_" } 0 .. 2;

sub grants
{
	my $grants = $workspace->control('GET', 'dump?stable=1')->{shares}{old_share_00001}{grants};
	return join ' ', grep { !/^deleted/ } sort keys %$grants;
}

for my $gone (@recipients)
{
	seed();
	$session->execute(qq{SELECT deltashare.revoke_select('old_share_00001', '$_', if_exists => true)}) for @recipients;
	$session->execute(q{BEGIN; INSERT INTO sharing.grants (share_name, recipient_name) VALUES }
		  . join ', ', map { "('old_share_00001', '$_')" } @recipients);
	is(grants(), "@recipients", 'grants of one request');
	$other->execute("SELECT deltashare.drop_recipient('$gone')");
	my $result = $session->query('ROLLBACK');
	is(grants(), '', "grants, $gone dropped by another client: the others are revoked");
	is(scalar warnings_of($result), 0, "grants, $gone dropped by another client: nothing is left to be named");

	seed();
	$session->execute(qq{SELECT deltashare.grant_select('old_share_00001', '$_')}) for @recipients;
	$session->execute(q{BEGIN; SELECT deltashare.delete_rows('dbx', NULL::deltashare.share_grant, jsonb_agg(jsonb_build_object(
		'share_name', 'old_share_00001', 'recipient_name', 'old_recipient_0000' || i, 'privilege', 'SELECT'))) FROM generate_series(0, 2) i});
	is(grants(), '', 'revocations of one request');
	$other->execute("SELECT deltashare.drop_recipient('$gone')");
	$result = $session->query('ROLLBACK');
	is(grants(), join(' ', grep { $_ ne $gone } @recipients), "revocations, $gone dropped by another client: the others are granted");
	my ($warning) = warnings_of($result);
	like($warning->{D}, qr/^Share or recipient is not there any more/, "revocations, $gone dropped by another client: named");
	is(join(' ', $warning->{H} =~ /old_recipient_\d+/g), $gone, "revocations, $gone dropped by another client: no other");
}

# ------------------------------------------------------------------
# Odd texts in the SQL that mends
# ------------------------------------------------------------------

my $before = seed();
my $odd = q{E'it''s \\\\ "quoted" \x01\x02\x03 \x1B[1m \x7F\ttab\nnew line $$ %s'};
$session->execute("SELECT deltashare.add_to_share('old_share_00000', 'main.sales.t1', alias => 'sales.odd', comment => $odd)");
$session->execute("SELECT deltashare.alter_share('old_share_00000', comment => $odd)");
$before = $workspace->dump(1);
$session->execute(q{BEGIN; SELECT deltashare.remove_from_share('old_share_00000', 'main.sales.t1'); SELECT deltashare.alter_share('old_share_00000', comment => 'x')});
$workspace->fault('status', PATCH => '/', %refusal, count => undef);
my $result = $session->query('ROLLBACK');
$workspace->clear_faults;
my ($warning) = warnings_of($result);
ok($warning, 'odd texts: what was not undone is named');
unlike($warning->{H}, qr/[\x01-\x09\x0B-\x1F\x7F]/, 'odd texts: no control character is shown');
my ($mend) = $warning->{H} =~ /:\n(.*)/s;
$session->execute($mend);
$workspace->is_unchanged($before, 'odd texts: the SQL leads back');

# ------------------------------------------------------------------
# Names and what waits for COMMIT
# ------------------------------------------------------------------

seed();
$session->execute(q{BEGIN; SELECT deltashare.rotate_recipient_token('old_recipient_00000', '1 hour')});
my $renamed = $session->query(q{SELECT deltashare.alter_recipient('old_recipient_00000', rename_to => 'other')});
is($renamed->{error}{C}, '55000', 'a recipient whose token is to be rotated is not renamed: COMMIT would not find it');
$session->execute('ROLLBACK');
$session->execute(q{BEGIN; SELECT deltashare.alter_recipient('old_recipient_00000', rename_to => 'other');
	SELECT deltashare.rotate_recipient_token('other', '1 hour'); COMMIT});

# What hangs on a share or recipient that waits to be dropped is not there for
# the transaction: revoking it sends nothing, and so loses nothing.
$before = seed();
$session->execute(q{BEGIN; SAVEPOINT s; SELECT deltashare.drop_share('old_share_00000')});
is($session->value(q{SELECT deltashare.revoke_select('old_share_00000', 'old_recipient_00000', if_exists => true)}), 'f', 'revoked from a share that is to be dropped: not there');
is($session->value(q{SELECT deltashare.remove_from_share('old_share_00000', 'old.tables.t00000', if_exists => true)}), 'f', 'removed from a share that is to be dropped: not there');
$session->execute(q{ROLLBACK TO s; SELECT deltashare.drop_recipient('old_recipient_00000')});
is($session->value(q{SELECT deltashare.revoke_select('old_share_00000', 'old_recipient_00000', if_exists => true)}), 'f', 'revoked from a recipient that is to be dropped: not there');
$session->execute('ROLLBACK');
$workspace->is_unchanged($before, 'revoked from what is to be dropped: nothing is lost');

# ------------------------------------------------------------------
# Many changes
# ------------------------------------------------------------------

# Each of them is named, with its SQL.
$before = seed();
$session->execute(q{BEGIN; INSERT INTO sharing.shares (name) SELECT 'many_' || i FROM generate_series(1, 2000) i});
$workspace->fault('status', DELETE => '/', %refusal, count => undef);
$result = $session->query('ROLLBACK');
$workspace->clear_faults;
is(scalar warnings_of($result), 1, 'many changes that could not be undone: one warning');
($warning) = warnings_of($result);
is(scalar(() = $warning->{D} =~ /could not drop share "many_\d+"/gi), 2000, 'many changes that could not be undone: each is named');
$session->execute($warning->{H} =~ /:\n(.*)/s);
$workspace->is_unchanged($before, 'many changes that could not be undone: the SQL leads back');

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
