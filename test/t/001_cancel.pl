
# While a server hangs, in whatever state, a backend goes on serving
# interrupts: cancel, terminate, statement_timeout, and the barrier that another
# session's DROP DATABASE waits for.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Socket qw(SOCK_STREAM);
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

# Milliseconds: what is promised, and what is allowed to a single try.
use constant PROMISED => 100;
use constant ALLOWED => 500;

# How long the statements of the timeout test are given.
use constant STATEMENT_TIMEOUT => 150;

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nmax_connections = 30\n");
$node->start;

my $workspace = Workspace->new;
my $owner = $workspace->create_database($node, server => { concurrency => '64', request_timeout => '5s' });
my $control = Session->new($node);

# Before any state is entered: what the sessions find when all is well.
sub seed
{
	$workspace->reset;
	$workspace->seed(shares => 200, grants => 1, prefix => $_) for 'a' .. 'e';
	return;
}
seed();
my $shares = 1000;

# ------------------------------------------------------------------
# States that a backend hangs in
# ------------------------------------------------------------------

# A TCP port behind which nobody ever says anything.
my $silent = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1')
  or die "could not listen: $!";

# One whose queue is full, so that connections are not even accepted.
my $full = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
  or die "could not listen: $!";
my @fillers = map {
	IO::Socket::INET->new(
		PeerAddr => '127.0.0.1',
		PeerPort => $full->sockport,
		Blocking => 0)
} 1 .. 4;

for my $server ([ 'hung_tls', 'https://127.0.0.1:' . $silent->sockport, { token => 't' } ],
	[ 'unreachable', 'http://127.0.0.1:' . $full->sockport, { token => 't' } ],
	[ 'oauth', $workspace->url,
		{ client_id => $workspace->client_id, client_secret => $workspace->client_secret } ])
{
	my ($name, $host, $mapping) = @$server;
	$owner->execute("CREATE SERVER $name TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '$host', connect_timeout '5s')");
	$owner->execute("CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS ("
		  . Workspace::option_list(%$mapping) . ')');
	$owner->execute("CREATE FOREIGN TABLE sharing.$name (name text) SERVER $name OPTIONS (table_name 'shares')");
}

sub fault
{
	my (@order) = @_;
	return sub { $workspace->fault(@order, count => undef) };
}

my @keys = map { sprintf 'a_share_%05d', $_ } 0 .. 199;
my $many_keys = "'{" . join(',', @keys) . "}'";

# "enter" makes the server hang, "in_flight" is how many requests it then holds.
my @states = (
	{
		name => 'no answer',
		enter => fault('hang', GET => '/shares'),
		sql => 'SELECT * FROM sharing.shares',
		in_flight => 1,
	},
	{
		name => 'headers, then nothing',
		enter => fault('stall', GET => '/shares', bytes => 0),
		sql => 'SELECT * FROM sharing.shares',
		in_flight => 1,
	},
	{
		name => 'half a body, then nothing',
		enter => fault('stall', GET => '/shares\?', skip => 1),
		sql => 'SELECT * FROM sharing.shares',
		in_flight => 1,
	},
	{
		name => 'TLS handshake',
		sql => 'SELECT * FROM sharing.hung_tls',
	},
	{
		name => 'connection not accepted',
		sql => 'SELECT * FROM sharing.unreachable',
	},
	{
		name => 'wait before a retry',
		enter => fault('status', GET => '/shares', status => 503, headers => { 'Retry-After' => '60' }),
		sql => 'SELECT * FROM sharing.shares',
		answered => 503,
	},
	{
		name => 'OAuth token request',
		enter => fault('hang', POST => '/oidc/v1/token'),
		sql => 'SELECT * FROM sharing.oauth',
		in_flight => 1,
	},
	{
		name => 'INSERT',
		enter => fault('hang', POST => '/shares'),
		sql => q{INSERT INTO sharing.shares (name) VALUES ('new')},
		in_flight => 1,
	},
	{
		name => 'UPDATE',
		enter => fault('hang', PATCH => '/shares'),
		sql => q{UPDATE sharing.shares SET comment = 'new' WHERE name = 'a_share_00000'},
		in_flight => 1,
	},
	{
		name => 'DELETE',
		enter => fault('hang', DELETE => '/recipients'),
		sql => q{DELETE FROM sharing.recipients WHERE name = 'a_recipient_00000'},
		in_flight => 1,
	},
	{
		name => 'function call',
		enter => fault('hang', POST => '/recipients'),
		sql => q{SELECT * FROM deltashare.create_recipient('new', server => 'dbx')},
		in_flight => 1,
	},
	{
		# the first answers let the scan ask for many at once
		name => 'hundreds of requests',
		enter => \&enter_crowd,
		leave => \&leave_crowd,
		sql => "SELECT count(*) FROM sharing.grants WHERE share_name = ANY ($many_keys)",
		in_flight => 300,
	},
);

# Other sessions that have as many requests in flight as they may.
my @crowd;

sub enter_crowd
{
	$workspace->fault('hang', GET => "/$_\_share_\\d+/permissions", count => undef, skip => 30) for 'a' .. 'e';
	for my $prefix ('b' .. 'e')
	{
		my $session = Session->new($node, database => 'main');
		$session->send("SELECT count(*) FROM sharing.grants WHERE share_name = ANY ("
			  . $many_keys =~ s/\ba_/${prefix}_/gr . ')');
		push @crowd, $session;
	}
	return;
}

sub leave_crowd
{
	$control->execute('SELECT pg_cancel_backend(' . $_->pid . ')') for @crowd;
	$_->wait for @crowd;
	@crowd = ();
	return;
}

# Start the statement and wait until it hangs where it should.
sub hang_in
{
	my ($state, $session) = @_;
	$workspace->clear_faults;
	$workspace->wait_until('no request', sub { $workspace->counters->{in_flight} == 0 });
	$workspace->clear_log;
	$state->{enter}->() if $state->{enter};
	$session->send($state->{sql});
	$workspace->wait_in_flight($state->{in_flight}) if $state->{in_flight};
	if (my $status = $state->{answered})
	{
		$workspace->wait_until("answer $status", sub { grep { $_->{status} == $status } $workspace->log });
	}
	my $pid = $session->pid;
	$workspace->wait_until('the backend waits',
		sub {
			$control->value("SELECT wait_event_type FROM pg_stat_activity WHERE pid = $pid AND state = 'active'") // ''
			  eq 'Extension';
		});
	sleep 0.03;
	return;
}

sub leave
{
	my ($state) = @_;
	$state->{leave}->() if $state->{leave};
	$workspace->clear_faults;
	return;
}

# The result of a statement that should end at once.  If it does not, let it go,
# so that the test comes to an end.
sub result_of
{
	my ($session) = @_;
	my $result = $session->wait(3);
	return $result if $result;
	$workspace->clear_faults;
	$result = $session->wait;
	seed();
	return $result;
}

sub milliseconds_since
{
	my ($start) = @_;
	return (time - $start) * 1000;
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[ $#sorted / 2 ];
}

sub check_latency
{
	my ($name, @milliseconds) = @_;
	note(sprintf 'latency: %s: median %.1f ms, all: %s',
		$name, median(@milliseconds), join ' ', map { sprintf '%.1f', $_ } @milliseconds);
	cmp_ok(median(@milliseconds), '<', PROMISED, "$name: fast");
	cmp_ok(max(@milliseconds), '<', ALLOWED, "$name: always fast");
	return;
}

# All of these errors, with nothing in between.
sub check_states
{
	my ($name, $expected, @results) = @_;
	is_deeply([ map { $_->{error} ? $_->{error}{C} : 'no error' } @results ],
		[ ($expected) x @results ], "$name: SQLSTATE $expected")
	  or diag(map { Session::describe($_->{error}) . "\n" } @results);
	return;
}

sub check_usable
{
	my ($name, $session) = @_;
	my $result = $session->query('SELECT count(*) FROM sharing.shares');
	is($result->{error} ? Session::describe($result->{error}) : $result->{rows}[0][0],
		$shares, "$name: the session can be used");
	return;
}

# ------------------------------------------------------------------
# What must not wait for the server
# ------------------------------------------------------------------

sub test_cancel
{
	my ($state) = @_;
	my $name = "$state->{name}, cancel";
	my $session = Session->new($node, database => 'main');
	my (@latencies, @results);

	for (1 .. 3)
	{
		hang_in($state, $session);
		my $start = time;
		$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
		push @results, result_of($session);
		push @latencies, milliseconds_since($start);
		leave($state);
	}
	check_states($name, '57014', @results);
	is($results[0]{error}{M}, 'canceling statement due to user request', "$name: message");
	check_latency($name, @latencies);
	check_usable($name, $session);
	return;
}

sub test_statement_timeout
{
	my ($state) = @_;
	my $name = "$state->{name}, statement_timeout";
	my $session = Session->new($node, database => 'main');
	my (@latencies, @results);

	# The crowd does not gather within the timeout; one request hangs as well.
	my %alone = (%$state, enter => $state->{leave} ? fault('hang', GET => 'permissions') : $state->{enter});
	for (1 .. 3)
	{
		$workspace->clear_faults;
		$alone{enter}->() if $alone{enter};
		$session->execute('SET statement_timeout = ' . STATEMENT_TIMEOUT);
		my $start = time;
		$session->send($state->{sql});
		push @results, result_of($session);
		push @latencies, milliseconds_since($start) - STATEMENT_TIMEOUT;
		$workspace->clear_faults;
		$session->execute('RESET statement_timeout');
	}
	check_states($name, '57014', @results);
	is($results[0]{error}{M}, 'canceling statement due to statement timeout', "$name: message");
	check_latency($name, @latencies);
	check_usable($name, $session);
	return;
}

sub test_terminate
{
	my ($state) = @_;
	my $name = "$state->{name}, terminate";
	my (@latencies, @results);

	for (1 .. 3)
	{
		my $session = Session->new($node, database => 'main');
		hang_in($state, $session);
		my $start = time;
		$control->execute('SELECT pg_terminate_backend(' . $session->pid . ')');
		push @results, result_of($session);
		push @latencies, milliseconds_since($start);
		ok($session->closed, "$name: the connection is closed");
		leave($state);
	}
	check_states($name, '57P01', @results);
	check_latency($name, @latencies);
	return;
}

sub test_drop_database
{
	my ($state) = @_;
	my $name = "$state->{name}, DROP DATABASE elsewhere";
	my $session = Session->new($node, database => 'main');
	my @latencies;

	hang_in($state, $session);
	for my $database (map { "other_$_" } 1 .. 3)
	{
		$control->execute("CREATE DATABASE $database");
		my $start = time;
		my $dropping = Session->new($node);
		$dropping->send("DROP DATABASE $database");
		result_of($dropping);
		push @latencies, milliseconds_since($start);
	}
	is($session->wait(0), undef, "$name: the statement still waits");
	$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
	check_states($name, '57014', result_of($session));
	leave($state);
	check_latency($name, @latencies);
	return;
}

# What the cluster itself needs for DROP DATABASE, for comparison.
$control->execute('CREATE DATABASE nobody');
my $start = time;
$control->execute('DROP DATABASE nobody');
note(sprintf 'latency: DROP DATABASE while nobody waits: %.1f ms', milliseconds_since($start));

for my $state (@states)
{
	test_cancel($state);
	test_statement_timeout($state);
	test_terminate($state);
	test_drop_database($state);
	if (time - $^T > 100)
	{
		fail('all this takes too long, the other states are not tested');
		last;
	}
}

# ------------------------------------------------------------------
# Nothing is left behind
# ------------------------------------------------------------------

is(join(' ', grep { /^(new|.*: new)/ } $owner->column('SELECT name FROM sharing.shares')), '',
	'no write that was cancelled took effect');

my $session = Session->new($node, database => 'main');
my %left;
for my $round (1 .. 210)
{
	my $state = $states[ $round % 11 ];
	$workspace->clear_faults;
	$state->{enter}->() if $state->{enter};
	$session->execute("SET statement_timeout = '20ms'");
	$session->send($state->{sql});
	my $result = result_of($session);
	my $code = $result->{error} ? $result->{error}{C} : 'no error';
	fail("round $round, $state->{name}: $code") if $code ne '57014';
	last if time - $^T > 150;

	# the first rounds fill caches
	%left = (files => $session->open_files, memory => $session->memory) if $round == 10;
}
$workspace->clear_faults;
$session->execute('RESET statement_timeout');
cmp_ok($session->open_files, '<=', $left{files} + 2, 'no file descriptor is left by 200 cancelled statements');
cmp_ok($session->memory, '<', $left{memory} + 8192, 'no memory is left either');
note("open files: $left{files}, then " . $session->open_files
	  . "; memory: $left{memory} kB, then " . $session->memory . ' kB');
check_usable('after 200 cancelled statements', $session);

done_testing();
