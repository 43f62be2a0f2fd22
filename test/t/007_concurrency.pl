
# Many requests at once: as many as allowed, no more than needed, and none that
# outlives what asked for it.
#
# Times are bounded generously: how fast it is, a benchmark says.

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

use constant SHARES => 1000;
use constant LATENCY => 50;    # milliseconds

my $node = PostgreSQL::Test::Cluster->new('concurrency');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\n");
$node->start;

my $workspace = Workspace->new;
my $session = $workspace->create_database($node, server => { concurrency => '32' });

sub seed
{
	$workspace->reset;
	$workspace->seed(shares => SHARES, grants => 2, recipients => 50, prefix => 'seed');
	$workspace->latency(LATENCY);
	return;
}

sub set_concurrency
{
	my ($number) = @_;
	$session->execute("ALTER SERVER dbx OPTIONS (SET concurrency '$number')");
	return;
}

# Run it; how many requests it took, how many at once, how many seconds.
sub measure
{
	my ($sql) = @_;
	$workspace->clear_log;
	my $start = time;
	my $result = $session->execute($sql);
	my $seconds = time - $start;
	my $counters = $workspace->counters;
	return ($result, $counters->{total}, $counters->{in_flight_max}, $seconds);
}

# ------------------------------------------------------------------
# As many as allowed
# ------------------------------------------------------------------

seed();
my ($result, $requests, $at_once, $seconds) = measure('SELECT count(*), count(DISTINCT share_name) FROM sharing.grants');
my $sequential = $requests * LATENCY / 1000;
is(join(' ', @{ $result->{rows}[0] }), 2 * SHARES . ' ' . SHARES, 'grants of all shares');
is($at_once, 32, 'as many requests at once as the option says');
cmp_ok($requests, '>=', SHARES, 'a request for each share');
cmp_ok($requests, '<', SHARES * 1.1, 'and few for the list of them');
cmp_ok($seconds, '<', $sequential / 5, 'less than a fifth of the time one by one');
note(sprintf '%d requests, %.2f s, one by one %.2f s: %.1f times as fast', $requests, $seconds, $sequential, $sequential / $seconds);

for my $allowed (1, 2, 7, 64)
{
	set_concurrency($allowed);
	my $some = 10 * $allowed < SHARES ? 10 * $allowed : SHARES;
	my $keys = join ',', map { sprintf 'seed_share_%05d', $_ } 0 .. $some - 1;
	($result, $requests, $at_once) = measure("SELECT count(*) FROM sharing.grants WHERE share_name = ANY ('{$keys}')");
	is($result->{rows}[0][0], 2 * $some, "concurrency $allowed: the rows");
	is($requests, $some, "concurrency $allowed: a request for each key, and no list");
	is($at_once, $allowed, "concurrency $allowed: at once");
}
set_concurrency(32);

# Each scan has the option's number, so two of them are not slower than one.
($result, $requests, $at_once, $seconds) = measure(<<'SQL');
SELECT (SELECT count(*) FROM sharing.grants), (SELECT count(*) FROM sharing.share_objects)
SQL
is(join(' ', @{ $result->{rows}[0] }), 2 * SHARES . ' 0', 'two scans');
cmp_ok($at_once, '<=', 64, 'two scans: at once');

# ------------------------------------------------------------------
# No more than needed
# ------------------------------------------------------------------

sub check_requests
{
	my ($sql, $most, $rows) = @_;
	my ($answer, $sent) = measure($sql);
	cmp_ok($sent, '<=', $most, "at most $most requests: $sql");
	is(scalar @{ $answer->{rows} }, $rows, "rows: $sql") if defined $rows;
	return;
}

check_requests('SELECT name FROM sharing.shares LIMIT 1', 2, 1);
check_requests('SELECT share_name FROM sharing.grants LIMIT 1', 10, 1);
check_requests('SELECT share_name FROM sharing.grants LIMIT 20', 70, 20);
check_requests('SELECT share_name FROM sharing.grants LIMIT 0', 0, 0);
check_requests(q{SELECT EXISTS (SELECT FROM sharing.shares)}, 2, 1);
check_requests(q{SELECT * FROM sharing.shares WHERE name = 'seed_share_00007'}, 1, 1);
check_requests(q{SELECT * FROM sharing.shares WHERE name = 'not there'}, 1, 0);
check_requests(q{SELECT * FROM sharing.shares WHERE name IN ('seed_share_00001', 'seed_share_00002', 'seed_share_00001')}, 2, 2);
check_requests(q{SELECT * FROM sharing.shares WHERE name = NULL}, 0, 0);
check_requests(q{SELECT * FROM sharing.grants WHERE recipient_name = 'seed_recipient_00003' LIMIT 1}, 3, 1);
check_requests('EXPLAIN (VERBOSE) SELECT * FROM sharing.grants', 0);

# ------------------------------------------------------------------
# Several scans in one session
# ------------------------------------------------------------------

my @shares = $session->column('SELECT name FROM sharing.shares ORDER BY name COLLATE "C"');
is(scalar @shares, SHARES, 'all shares');

$session->execute('BEGIN');
$session->execute('DECLARE one CURSOR FOR SELECT share_name FROM sharing.grants');
$session->execute('DECLARE two CURSOR FOR SELECT share_name FROM sharing.grants');
my %seen = (one => [], two => []);
my %more = (one => 1, two => 1);
while ($more{one} || $more{two})
{
	for my $cursor (grep { $more{$_} } 'one', 'two')
	{
		my $count = $cursor eq 'one' ? 97 : 61;
		my @names = $session->column("FETCH $count FROM $cursor");
		push @{ $seen{$cursor} }, @names;
		$more{$cursor} = @names > 0;
	}
}
$session->execute('COMMIT');
for my $cursor ('one', 'two')
{
	my %count;
	$count{$_}++ for @{ $seen{$cursor} };
	is_deeply([ sort keys %count ], \@shares, "interleaved cursor $cursor: every share");
	is(scalar(grep { $_ != 2 } values %count), 0, "interleaved cursor $cursor: every grant once");
}

# A write while a scan is under way.
$session->execute('BEGIN; DECLARE one CURSOR FOR SELECT name FROM sharing.shares; FETCH 1 FROM one');
$session->execute(q{SELECT deltashare.create_share('meanwhile', server => 'dbx')});
cmp_ok(1 + $session->column('FETCH ALL FROM one'), '>=', SHARES, 'a scan goes on after a write');
$session->execute('ROLLBACK');

# ------------------------------------------------------------------
# What ends in the middle
# ------------------------------------------------------------------

sub check_silence
{
	my ($name) = @_;
	my $deadline = time + 2;
	sleep 0.02 while $workspace->counters->{in_flight} > 0 && time < $deadline;
	return is($workspace->counters->{in_flight}, 0, "$name: nothing is in flight any more");
}

# A subtransaction that aborts takes its scans along, and no others.
$session->execute('BEGIN; DECLARE outside CURSOR FOR SELECT share_name FROM sharing.grants; FETCH 5 FROM outside');
$session->execute('SAVEPOINT here');
$session->execute('DECLARE inside CURSOR FOR SELECT share_name FROM sharing.grants; FETCH 50 FROM inside');
is($session->query('SELECT 1 / 0')->{error}{C}, '22012', 'subtransaction: fails');
$session->execute('ROLLBACK TO here');
is($session->query('FETCH 1 FROM inside')->{error}{C}, '34000', 'subtransaction: its cursor is gone');
$session->execute('ROLLBACK TO here');
is(5 + $session->column('FETCH ALL FROM outside'), 2 * SHARES, 'subtransaction: the one outside goes on');
$session->execute('COMMIT');
check_silence('subtransaction');

my %files;

sub leave_in_the_middle
{
	$session->execute(<<'SQL');
DO $$
DECLARE r record;
BEGIN
	FOR r IN SELECT * FROM sharing.grants LOOP
		RAISE EXCEPTION 'enough';
	END LOOP;
EXCEPTION WHEN raise_exception THEN
	NULL;
END
$$
SQL
	$session->execute('BEGIN; DECLARE c CURSOR FOR SELECT * FROM sharing.grants; FETCH 30 FROM c; CLOSE c; COMMIT');
	$session->execute('BEGIN; DECLARE c CURSOR FOR SELECT * FROM sharing.grants; FETCH 30 FROM c; COMMIT');
	$session->execute('BEGIN; DECLARE c CURSOR FOR SELECT * FROM sharing.grants; FETCH 30 FROM c; ROLLBACK');
	$session->query('SELECT 1 / (count(*) - 1) FROM (SELECT * FROM sharing.grants LIMIT 1) g');
	return;
}

# The first rounds open connections that are kept; later ones may add to them, up
# to 16, but a leak of one for each scan would be far more.
leave_in_the_middle() for 1 .. 2;
my $files = $session->open_files;
my $memory = $session->memory;
leave_in_the_middle() for 1 .. 10;
check_silence('scans that ended early');
cmp_ok($session->open_files, '<=', $files + 16, 'scans that ended early: no file descriptor is left');
cmp_ok($session->memory, '<', $memory + 8192, 'scans that ended early: no memory is left');
note("open files: $files, then " . $session->open_files . "; memory: $memory kB, then " . $session->memory . ' kB');

# Connections that are kept are few.
set_concurrency(64);
$session->execute('SELECT count(*) FROM sharing.grants');
cmp_ok($session->open_files, '<=', $files + 16, 'few connections are kept');

# Memory does not grow with the rows.
$session->reset_peak;
$memory = $session->memory;
$workspace->latency(0);
$session->execute('SELECT count(*) FROM sharing.grants') for 1 .. 3;
cmp_ok($session->memory('VmHWM') - $memory, '<', 8192, 'a long scan does not need more memory');

# A backend that ends takes everything along.
$workspace->latency(LATENCY);
my $gone = Session->new($node, database => 'main');
$gone->execute('BEGIN; DECLARE c CURSOR FOR SELECT * FROM sharing.grants; FETCH 30 FROM c');
$gone->disconnect;
check_silence('disconnected');

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
