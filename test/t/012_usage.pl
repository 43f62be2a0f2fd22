
# Usage monitoring as the SQL user sees it, through the foreign tables of a
# warehouse: what is said when something is wrong, and that no row is lost, no
# value bent, nothing left behind.  The results are prescribed; what goes over
# the wire is the matter of 010_statements.pl.

use strict;
use warnings;

use FindBin;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

# Milliseconds: what is promised, and what is allowed to a single try.
use constant PROMISED => 150;
use constant ALLOWED => 500;

# How long statements are given that end by their timeout.
use constant STATEMENT_TIMEOUT => 400;

use constant WAREHOUSE => '0123456789abcdef';
use constant LINK => '/results-bucket/';

my $node = PostgreSQL::Test::Cluster->new('usage');
$node->init;
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_stat_statements'
log_statement = none
log_min_messages = debug5
pg_stat_statements.track = all
track_activity_query_size = 16384
});
my $log_start = -s $node->logfile // 0;
$node->start;

my $TOKEN = 'dapi-usage-token-zq7Xk';
my $workspace = Workspace->new(token => $TOKEN);
my $owner = $workspace->create_database($node,
	server => { warehouse_id => WAREHOUSE, request_timeout => '20s', retry_timeout => '2500ms' });
my $control = Session->new($node);
$owner->execute("SET timezone = 'UTC'");

# The columns of a statement come in the order of the table's.
my $EVENTS = 'SELECT action_name, status_code FROM sharing.audit_events';

# ------------------------------------------------------------------
# Tools
# ------------------------------------------------------------------

# The only result from now on.
sub can
{
	my (%order) = @_;
	$workspace->clear_faults;
	$workspace->control('DELETE', 'statements/canned');
	$workspace->control('POST', 'statements/canned', \%order);
	return;
}

sub columns
{
	my ($count) = @_;
	return [ map { { name => "c$_" } } 1 .. $count ];
}

# Rows for $EVENTS.
sub chunks_of
{
	my ($prefix, @sizes) = @_;
	my $row = 0;
	return [ map { [ map { $row++; [ "$prefix$row", "$row" ] } 1 .. $_ ] } @sizes ];
}

sub can_events
{
	my ($sizes, %order) = @_;
	can(columns => columns(2), chunks => chunks_of('e', @$sizes), %order);
	return;
}

sub events
{
	my ($count, $from) = @_;
	return join "\n", map { "e$_|$_" } ($from // 1) .. $count;
}

sub statements
{
	return @{ $workspace->control('GET', 'statements')->{statements} };
}

sub last_statement
{
	return (statements())[-1];
}

# Rows as lines, or the error.
sub outcome
{
	my ($result) = @_;
	return Session::describe($result->{error}) if $result->{error};
	return join "\n", map { join '|', map { $_ // '(null)' } @$_ } @{ $result->{rows} };
}

sub check_rows
{
	my ($name, $sql, $expected, %options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $result = ($options{session} // $owner)->query($sql);
	return is(outcome($result), $expected, $name);
}

# The whole of an error: message, detail, hint and context are patterns.  The
# session goes on, and what it holds is let go.
sub check_error
{
	my ($name, $sql, $code, %expected) = @_;
	my $session = $expected{session} // $owner;
	my %fields = (message => 'M', detail => 'D', hint => 'H', context => 'W');
	my $result = $session->query($sql);
	my $error = $result->{error} // {};
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($error->{C}, $code, "$name: SQLSTATE") or diag(outcome($result));
	for my $field (sort keys %fields)
	{
		like($error->{ $fields{$field} } // '', $expected{$field}, "$name: $field") if $expected{$field};
	}
	is(scalar @{ $result->{rows} }, 0, "$name: no rows") unless $expected{some_rows};
	check_usable($name, $session) unless $expected{in_transaction};
	return $result;
}

sub check_usable
{
	my ($name, $session) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(outcome($session->query('SELECT 40 + 2')), '42', "$name: the session can be used");
	is_deeply([ held($session) ], [], "$name: nothing is held");
	return;
}

# Contexts of memory that belong to statements.
my $sees_contexts = $owner->value(q{SELECT to_regclass('pg_backend_memory_contexts') IS NOT NULL}) eq 't';

sub held
{
	my ($session) = @_;
	return unless $sees_contexts && $session->value(q{SELECT has_table_privilege('pg_backend_memory_contexts', 'SELECT')}) eq 't';
	return $session->column(q{
		SELECT name FROM pg_backend_memory_contexts
		WHERE name LIKE 'deltashare statement%' OR name LIKE 'deltashare row%' OR name LIKE 'deltashare http%'});
}

sub cancelled
{
	my ($name) = @_;
	my $seen = eval {
		$workspace->wait_until('cancel', sub { my $s = last_statement(); $s && $s->{cancel_asked} });
		1;
	};
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($seen, "$name: the workspace was told");
	return;
}

sub wait_polled
{
	my ($before) = @_;
	$workspace->wait_until('polls', sub { statements() > $before && last_statement()->{polls} >= 2 });
	return;
}

# A workspace without memory: a long list of statements takes long to read.
sub start_anew
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([ $workspace->violations ], [], "$name: no breach of protocol");
	$workspace->reset;
	return;
}

sub calm
{
	$workspace->clear_faults;
	$workspace->settings(statement_pending_s => 0, statement_running_s => 0);
	return;
}

sub set_server
{
	my ($change) = @_;
	$owner->execute("ALTER SERVER dbx OPTIONS ($change)");
	return;
}

# ------------------------------------------------------------------
# The warehouse
# ------------------------------------------------------------------

sub test_warehouse
{
	can_events([2]);
	set_server('DROP warehouse_id');
	for my $table ('sharing.audit_events', 'sharing.audit_log', 'sharing.usage', 'deltashare.usage')
	{
		check_error("$table, no warehouse", "SELECT * FROM $table LIMIT 1", 'HV00J',
			message => qr/^option "warehouse_id" of server "dbx" is missing$/,
			detail => qr/^The audit log is read through a SQL warehouse\.$/,
			hint => qr/^Use ALTER SERVER dbx OPTIONS \(ADD warehouse_id '\.\.\.'\)\.$/);
	}
	check_rows('what needs none can be read', 'SELECT count(*) FROM sharing.shares', '0');

	set_server("ADD warehouse_id 'ffffffffffffffff'");
	check_error('an unknown warehouse', $EVENTS, '42704', message => qr/warehouse|statement/i, detail => qr/ffffffffffffffff/);
	set_server("SET warehouse_id '" . WAREHOUSE . "'");

	# a statement waits for the start of the warehouse, and can be left
	can_events([2]);
	$workspace->control('POST', 'warehouses', { state => 'STOPPED', start_s => 4 });
	my $result = $owner->query($EVENTS);
	is(outcome($result), events(2), 'a warehouse that was stopped');
	is_deeply([ map { "$_->{S} $_->{M}" } @{ $result->{notices} } ],
		['NOTICE SQL warehouse "test-warehouse" is starting'], '... a notice says that it starts');

	$workspace->control('POST', 'warehouses', { state => 'STOPPED', start_s => 60 });
	$owner->send($EVENTS);
	sleep 3.6;
	my $start = time;
	$control->execute('SELECT pg_cancel_backend(' . $owner->pid . ')');
	$result = $owner->wait;
	cmp_ok((time - $start) * 1000, '<', ALLOWED, 'a start that is cancelled: fast');
	is($result->{error}{C}, '57014', 'a start that is cancelled: SQLSTATE');
	is(scalar @{ $result->{notices} }, 1, 'a start that is cancelled: the notice came before');
	cancelled('a start that is cancelled');
	$workspace->control('POST', 'warehouses', { state => 'RUNNING' });

	can_events([2]);
	$workspace->fault('patch', GET => '/warehouses/', set => { state => 'DELETED' });
	$workspace->settings(statement_pending_s => 10);
	check_error('a warehouse that is deleted', $EVENTS, 'HV00N', message => qr/^SQL warehouse "0123456789abcdef" of server "dbx" does not exist$/,
		detail => qr/^It was deleted\.$/, hint => qr/SET warehouse_id/);
	cancelled('a warehouse that is deleted');
	calm();
	return;
}

# ------------------------------------------------------------------
# Refusals of the platform
# ------------------------------------------------------------------

sub test_refusals
{
	for my $table ('sharing.audit_events', 'sharing.audit_log', 'sharing.usage', 'deltashare.usage')
	{
		can(sql_state => '42P01', error => { error_code => 'BAD_REQUEST',
				message => '[TABLE_OR_VIEW_NOT_FOUND] The table or view `system`.`access`.`audit` cannot be found.' });
		check_error("$table, not enabled", "SELECT * FROM $table", '42P01',
			message => qr/^SQL warehouse of server "dbx" could not run the statement$/,
			detail => qr/`system`\.`access`\.`audit` cannot be found/,
			hint => qr/administrator of the account.*system\.access\.audit/);
		can(sql_state => '42501', error => { error_code => 'BAD_REQUEST',
				message => "[INSUFFICIENT_PERMISSIONS] User does not have USE SCHEMA on Schema 'system.access'." });
		check_error("$table, not granted", "SELECT * FROM $table", '42501',
			detail => qr/INSUFFICIENT_PERMISSIONS/, hint => qr/^Reading system\.access\.audit takes USE CATALOG.*an administrator of account and metastore can grant\.$/);
	}

	# the functions for analysts say the same
	can(sql_state => '42501', error => { error_code => 'BAD_REQUEST', message => 'no' });
	check_error("$_, not granted", "SELECT * FROM deltashare.$_", '42501', hint => qr/system\.access\.audit/)
	  for q{share_usage('s')}, 'most_accessed_tables()', q{recipient_activity('r')}, 'usage_anomalies()';
	return;
}

# ------------------------------------------------------------------
# Values
# ------------------------------------------------------------------

sub can_value
{
	my ($value) = @_;
	can(columns => columns(1), rows => [ [$value] ]);
	return;
}

sub test_values
{
	for my $bad (
		[ 'table_version', 'twelve', 'HV004', qr/"twelve"/ ],
		[ 'table_version', '', 'HV004', qr/""/ ],
		[ 'table_version', '1.5', 'HV004', qr/"1\.5"/ ],
		[ 'table_version', '0x10', 'HV004', qr/"0x10"/ ],
		[ 'table_version', '9223372036854775808', 'HV004|22003', qr/9223372036854775808/ ],
		[ 'table_version', '1' x 100, 'HV004|22003', qr/1{64}"/ ],
		[ 'status_code', '2147483648', '22003', qr/2147483648/ ],
		[ 'status_code', '-2147483649', '22003', qr/-2147483649/ ],
		[ 'status_code', '4294967496', '22003', qr/4294967496/ ],
		[ 'ip_access_denied', 'maybe', 'HV004', qr/"maybe"/ ],
		[ 'ip_access_denied', 'TRUE', 'HV004', qr/"TRUE"/ ],
		[ 'ip_access_denied', '1', 'HV004', qr/"1"/ ],
		[ 'ip_access_denied', '', 'HV004', qr/""/ ],
		[ 'request_time', '9223372036854775807', '22008', qr/9223372036854775807/ ],
		[ 'request_time', '-9223372036854775808', '22008', qr/-9223372036854775808/ ],
		[ 'request_time', '9224318016000000000', 'HV004', qr/9224318016000000000/ ],
		[ 'request_time', '-210866803200000001', '22008', qr/-210866803200000001/ ],
		[ 'request_time', '2026-01-01 00:00:00', 'HV004', qr/"2026-01-01 00:00:00"/ ],
		[ 'event_date', '2147483648', '22008', qr/2147483648/ ],
		[ 'event_date', '-2147483649', '22008', qr/-2147483649/ ],
		[ 'event_date', '-2440589', '22008', qr/-2440589/ ],
		[ 'event_date', '4294967296', '22008', qr/4294967296/ ],
		[ 'request_params', '{"a":', '22P02', undef ],
		[ 'request_params', '', '22P02', undef ],
		[ 'request_params', '{"a": 1} x', '22P02', undef ],
		[ 'request_params', '{"a":"\\u0000"}', '22P05', undef ],
		[ 'request_params', '{"a":"\\ud800"}', '22P02', undef ],
		[ 'request_params', '[' x 20000 . ']' x 20000, '54001', undef ])
	{
		my ($column, $value, $codes, $detail) = @$bad;
		my $name = "$column: \"" . substr($value, 0, 40) . '"';
		can_value($value);
		my $result = $owner->query("SELECT $column FROM sharing.audit_events");
		next if $codes =~ /54001/ && !$result->{error};    # where the stack is large
		like($result->{error}{C} // outcome($result), qr/^(?:$codes)$/, "$name: SQLSTATE") or diag(outcome($result));
		like($result->{error}{D} // '', $detail, "$name: the detail names it") if $detail;
		like($result->{error}{W} // '', qr/column "$column" of the result of a statement on server "dbx"/,
			"$name: the context names the column");
	}
	check_usable('after bad values', $owner);

	# the ends of what there is
	for my $good (
		[ 'table_version', '9223372036854775807', '9223372036854775807' ],
		[ 'table_version', '-9223372036854775808', '-9223372036854775808' ],
		[ 'status_code', '2147483647', '2147483647' ],
		[ 'status_code', '-2147483648', '-2147483648' ],
		[ 'ip_access_denied', 'false', 'f' ],
		[ 'request_time', '0', '1970-01-01 00:00:00+00' ],
		[ 'request_time', '-1', '1969-12-31 23:59:59.999999+00' ],
		[ 'event_date', '0', '1970-01-01' ],
		[ 'event_date', '-2440588', '4714-11-24 BC' ],
		[ 'request_params', 'null', 'null' ],
		[ 'request_params', '{"b":1,"a":"\\u00e9\\\\\\""}', "{\"a\": \"\xc3\xa9\\\\\\\"\", \"b\": 1}" ],
		[ 'event_id', '', '' ])
	{
		my ($column, $value, $expected) = @$good;
		can_value($value);
		check_rows("$column: \"$value\"", "SELECT $column FROM sharing.audit_events", $expected);
	}

	# NULL wherever there is a column
	for my $table ('audit_events', 'audit_log', 'usage')
	{
		my @names = $owner->column(qq{SELECT attname FROM pg_attribute
			WHERE attrelid = 'sharing.$table'::regclass AND attnum > 0 AND NOT attisdropped});
		can(columns => columns(scalar @names), rows => [ [ (undef) x @names ] ]);
		check_rows("$table: NULL everywhere", "SELECT num_nulls(t.*), count(*) OVER () FROM (SELECT (ROW(u.*) IS NULL) AS n FROM sharing.$table u) t", '0|1');
		check_rows("$table: NULL in each", "SELECT ROW(u.*) IS NULL FROM sharing.$table u", 't');
	}

	# what is not a text
	can(columns => columns(1), chunks => [ { raw => '[["a\\u0000b"]]', row_count => 1 } ]);
	check_error('NUL', 'SELECT user_agent FROM sharing.audit_events', '22P05', message => qr/result chunk 0/);
	my $file = PostgreSQL::Test::Utils::tempdir() . '/chunk.json';
	append_to_file($file, "[[\"a\xffb\"]]");
	can(columns => columns(1), chunks => [ { file => $file, row_count => 1 } ]);
	check_error('invalid UTF-8', 'SELECT user_agent FROM sharing.audit_events', '22021', message => qr/^result chunk 0 .* holds a text that cannot be stored$/);

	my $megabyte = "\x{20ac}\"\\\n" x 175_000;
	can(columns => columns(1), rows => [ [$megabyte], ['short'], [$megabyte] ]);
	check_rows('a megabyte', 'SELECT length(user_agent), octet_length(user_agent), md5(user_agent) = md5(repeat(chr(8364) || E\'"\\\\\\n\', 175000)) FROM sharing.audit_events',
		"700000|1050000|t\n5|5|f\n700000|1050000|t");
	set_server("ADD max_reply_size '512'");
	check_error('a row that is too large', 'SELECT user_agent FROM sharing.audit_events', '54000', hint => qr/max_reply_size/);
	set_server('DROP max_reply_size');
	return;
}

# ------------------------------------------------------------------
# Results that are not whole
# ------------------------------------------------------------------

sub test_whole
{
	my $many = [ (40) x 6 ];
	for my $status (403, 404, 410)
	{
		can_events($many);
		$workspace->fault('status', GET => LINK . "[^/]*/chunk-$_\\b", status => $status, body => '<Error>expired</Error>') for 1, 4;
		check_rows("links that are no longer valid ($status)", $EVENTS, events(240));
	}
	can_events($many);
	$workspace->fault('truncate', GET => LINK . '[^/]*/chunk-3\\b', bytes => 100);
	check_rows('a link that breaks off', $EVENTS, events(240));

	# What was read before may have been returned to a cursor: never as the end.
	can_events($many);
	$workspace->fault('truncate', GET => LINK . '[^/]*/chunk-3\\b', bytes => 100, count => undef);
	check_error('a link that breaks off each time', $EVENTS, '08006', some_rows => 1);

	# a link that goes silent is given its time, and replaced
	set_server("SET request_timeout '1s'");
	can_events($many);
	$workspace->fault('stall', GET => LINK . '[^/]*/chunk-3\\b');
	check_rows('a link that goes silent', $EVENTS, events(240));
	can_events($many);
	$workspace->fault('stall', GET => LINK . '[^/]*/chunk-3\\b', count => undef);
	my $result = check_error('a link that goes silent each time', $EVENTS, '08006', message => qr/^request to server "dbx" timed out$/,
		detail => qr/^Nothing more of the reply arrived within 1000 ms\./, hint => qr/^The option "request_timeout"/, some_rows => 1);
	cmp_ok(($result->{error}{D} // '') =~ /total (\d+) ms/ ? $1 : 0, '>=', 990, '... after that time');
	set_server("SET request_timeout '20s'");

	for my $case (
		[ 'short chunk', { chunks => [ { rows => [ [ 'e1', '1' ] ], row_count => 2 } ] }, qr/holds 1 rows instead of 2/ ],
		[ 'long chunk', { chunks => [ { rows => [ [ 'e1', '1' ], [ 'e2', '2' ] ], row_count => 1 } ] }, qr/holds 2 rows instead of 1/ ],
		[ 'chunk and manifest', { manifest => { 'chunks.1.row_count' => 3 } }, qr/the manifest says 3/ ],
		[ 'too few rows', { manifest => { total_row_count => 5 } }, qr/hold 4 rows instead of 5/ ],
		[ 'too many chunks', { manifest => { total_chunk_count => 1 } }, qr/only 1/ ],
		[ 'truncated', { truncated => JSON::PP::true }, undef, qr/cut the result short/ ])
	{
		my ($what, $order, $detail, $message) = @$case;
		for my $sql ($EVENTS, "$EVENTS LIMIT 100")
		{
			my $name = $what . ($sql =~ /LIMIT/ ? ', inline' : ', by links');
			can_events([ 2, 2 ], %$order);
			check_error($name, $sql, 'HV000', message => $message // qr/^the result of server "dbx" is incomplete$/, detail => $detail, some_rows => 1);
		}
	}
	# who announces more chunks than there are refuses to give the rest
	can_events([ 2, 2 ], manifest => { total_chunk_count => 3 });
	check_error('too few chunks', $EVENTS, '22023', detail => qr/chunk_index 2 is out of range/, some_rows => 1);

	for my $count (1, 3)
	{
		can(columns => columns($count), rows => [ [ (1) x $count ] ]);
		check_error("$count columns", $EVENTS, 'HV021', message => qr/has $count columns, expected 2/);
		can(columns => columns(2), rows => [ [ 1, 1 ], [ (1) x $count ] ]);
		check_error("a row of $count", $EVENTS, 'HV021', message => qr/has $count values, expected 2/, some_rows => 1);
	}

	# an INSERT of it is undone
	$owner->execute('CREATE TABLE copied (event_id text, status_code int)');
	can_events([ 50, 50 ], manifest => { total_row_count => 101 });
	check_error('INSERT of an incomplete result', "INSERT INTO copied $EVENTS", 'HV000');
	check_rows('... leaves no row', 'SELECT count(*) FROM copied', '0');
	return;
}

# ------------------------------------------------------------------
# Leaving a statement, whatever its state
# ------------------------------------------------------------------

# "cancelled": what the workspace must have been told.
my @states = (
	{
		name => 'POST not answered',
		enter => sub { $workspace->fault('hang', POST => '/statements$', count => undef) },
		in_flight => 1,
	},
	{
		name => 'PENDING',
		enter => sub { $workspace->settings(statement_pending_s => 60) },
		polls => 1,
		cancelled => 1,
	},
	{
		name => 'RUNNING',
		enter => sub { $workspace->settings(statement_running_s => 60) },
		polls => 2,
		cancelled => 1,
	},
	{
		name => 'poll not answered',
		enter => sub { $workspace->fault('hang', GET => '/statements/[0-9a-f-]+$', count => undef) },
		in_flight => 1,
		cancelled => 1,
	},
	{
		name => 'between chunks',
		enter => sub { $workspace->fault('hang', GET => '/result/chunks/1', count => undef) },
		in_flight => 1,
	},
	{
		name => 'in a chunk',
		enter => sub { $workspace->fault('stall', GET => LINK . '[^/]*/chunk-1\b', count => undef) },
		in_flight => 1,
	},
	{
		name => 'a cursor that was read from',
		enter => sub { $workspace->fault('stall', GET => LINK . '[^/]*/chunk-2\b', count => undef) },
		before => [ 'BEGIN', "DECLARE c CURSOR FOR $EVENTS", 'FETCH 10 FROM c' ],
		sql => 'FETCH ALL FROM c',
		in_flight => 1,
	});

sub enter
{
	my ($state, $session, $way) = @_;
	$workspace->wait_until('no request', sub { $workspace->counters->{in_flight} == 0 });
	can_events([ (1000) x 3 ]);
	my $before = statements();
	$state->{enter}->();
	$session->execute($_) for @{ $state->{before} // [] };
	$session->execute('SET statement_timeout = ' . STATEMENT_TIMEOUT) if $way eq 'statement_timeout';
	my $start = time;
	$session->send($state->{sql} // $EVENTS);

	# there is no time to look, but it can be seen afterwards
	return $start + STATEMENT_TIMEOUT / 1000 if $way eq 'statement_timeout';

	$workspace->wait_in_flight($state->{in_flight}) if $state->{in_flight};
	$workspace->wait_until('polls', sub { statements() > $before && last_statement()->{polls} >= $state->{polls} })
	  if $state->{polls};
	sleep 0.03;
	return time;
}

# Each way out: what does it, and its SQLSTATE.
my %ways = (
	cancel => [ '57014', sub { $control->execute('SELECT pg_cancel_backend(' . $_[0]->pid . ')') } ],
	terminate => [ '57P01', sub { $control->execute('SELECT pg_terminate_backend(' . $_[0]->pid . ')') } ],
	statement_timeout => [ '57014', undef ]);

sub leave_state
{
	my ($state, $way) = @_;
	my $name = "$state->{name}, $way";
	my ($code, $signal) = @{ $ways{$way} };
	my @latencies;
	for (1 .. 2)
	{
		my $session = Session->new($node, database => 'main');
		my $start = enter($state, $session, $way);
		$signal->($session) if $signal;
		my $result = $session->wait(5);
		push @latencies, (time - $start) * 1000;
		is($result && $result->{error}{C}, $code, "$name: SQLSTATE");
		cmp_ok(last_statement()->{polls}, '>=', $state->{polls}, "$name: it was polled") if $state->{polls};
		cancelled($name) if $state->{cancelled};
		$workspace->wait_until('connections', sub { $workspace->counters->{in_flight} == 0 }) if !$state->{cancelled};
		calm();
		$session->wait unless $result;
		next if $session->closed;
		$session->execute('ROLLBACK') if $state->{before};
		$session->execute('RESET statement_timeout');
		check_usable($name, $session);
		can_events([ 3, 3 ]);
		check_rows("$name: a statement can be run", $EVENTS, events(6), session => $session);
	}
	note(sprintf 'latency: %s: %s', $name, join ' ', map { sprintf '%.1f', $_ } @latencies);
	cmp_ok((sort { $a <=> $b } @latencies)[0], '<', PROMISED, "$name: fast");
	cmp_ok(max(@latencies), '<', ALLOWED, "$name: always fast");
	return;
}

sub test_leaving
{
	for my $state (@states)
	{
		leave_state($state, $_) for sort keys %ways;
	}
	return;
}

# ------------------------------------------------------------------
# Cursors, savepoints, subtransactions
# ------------------------------------------------------------------

sub no_request_left
{
	my ($name) = @_;
	my $gone = eval { $workspace->wait_until('no request', sub { $workspace->counters->{in_flight} == 0 }); 1 };
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($gone, "$name: no request is left");
	return;
}

sub test_cursors
{
	my $declare = "DECLARE c CURSOR FOR $EVENTS";
	for my $end ('CLOSE c', 'ROLLBACK TO s', 'ROLLBACK', 'COMMIT')
	{
		can_events([ (1000) x 30 ]);
		$workspace->fault('stall', GET => LINK . '[^/]*/chunk-1\b', count => undef);
		$owner->execute($_) for 'BEGIN', 'SAVEPOINT s', $declare;
		check_rows("$end: the first rows", 'FETCH 5 FROM c', events(5));
		$workspace->wait_in_flight(1);
		cmp_ok(scalar(held($owner)), '>', 0, "$end: something is held") if $sees_contexts;
		my $start = time;
		$owner->execute($end);
		cmp_ok((time - $start) * 1000, '<', ALLOWED, "$end: fast");
		is_deeply([ held($owner) ], [], "$end: nothing is held");
		no_request_left($end);
		cmp_ok(last_statement()->{links_given}, '<=', 6, "$end: only what is needed was asked for");
		$owner->query('ROLLBACK');
		calm();
	}

	# a savepoint inside of a cursor's life leaves it alone
	can_events([ (10) x 5 ]);
	$owner->execute($_) for 'BEGIN', $declare;
	check_rows('before a savepoint', 'FETCH 5 FROM c', events(5));
	$owner->execute('SAVEPOINT s');
	check_rows('after a savepoint', 'FETCH 20 FROM c', events(25, 6));
	$owner->query('SELECT 1/0');
	$owner->execute('ROLLBACK TO s');
	check_rows('after ROLLBACK TO it', 'FETCH ALL FROM c', events(50, 26));
	$owner->execute('COMMIT');

	# a cursor that outlives its transaction has been read to its end
	can_events([ (10) x 5 ]);
	$owner->execute($_) for 'BEGIN', $declare =~ s/CURSOR/CURSOR WITH HOLD/r;
	check_rows('WITH HOLD: the first rows', 'FETCH 5 FROM c', events(5));
	$owner->execute('COMMIT');
	is_deeply([ held($owner) ], [], 'WITH HOLD: nothing is held');
	check_rows('WITH HOLD: the others', 'FETCH ALL FROM c', events(50, 6));
	$owner->execute('CLOSE c');
	can_events([ 10, 10 ], manifest => { total_row_count => 21 });
	$owner->execute($_) for 'BEGIN', 'CREATE TABLE not_committed ()', $declare =~ s/CURSOR/CURSOR WITH HOLD/r;
	check_error('WITH HOLD of an incomplete result', 'COMMIT', 'HV000', detail => qr/20 rows instead of 21/);
	check_rows('... does not commit', q{SELECT to_regclass('not_committed')}, '(null)');

	# LIMIT that is not sent, as the condition below it is not
	can_events([ (1000) x 30 ]);
	check_rows('a LIMIT that is not sent', "$EVENTS WHERE md5(action_name) IS NOT NULL LIMIT 3", events(3));
	unlike(last_statement()->{statement} // last_statement()->{text}, qr/LIMIT/, '... is not sent');
	cmp_ok(last_statement()->{links_given}, '<=', 6, '... and not read beyond');
	is_deeply([ held($owner) ], [], '... nothing is held');

	# backwards, and from the start
	can_events([ 2, 2 ]);
	$owner->execute($_) for 'BEGIN', $declare =~ s/CURSOR/SCROLL CURSOR/r;
	check_rows('SCROLL: forward', 'FETCH 3 FROM c', events(3));
	check_rows('SCROLL: backward', 'FETCH BACKWARD 1 FROM c', 'e2|2');
	check_rows('SCROLL: again', 'FETCH ALL FROM c', events(4, 3));
	$owner->execute('COMMIT');
	return;
}

sub test_subtransactions
{
	$owner->execute(qq{
		CREATE FUNCTION attempt(fail_at int) RETURNS text LANGUAGE plpgsql AS \$\$
		DECLARE
			r record;
			n int := 0;
		BEGIN
			FOR r IN $EVENTS LOOP
				n := n + 1;
				IF n = fail_at THEN
					RAISE division_by_zero;
				END IF;
			END LOOP;
			RETURN n || ' rows';
		EXCEPTION
			WHEN query_canceled THEN RETURN 'canceled';
			WHEN division_by_zero THEN RETURN 'failed at ' || n;
			WHEN fdw_error THEN RETURN 'incomplete after ' || n;
		END \$\$});

	can_events([ (1000) x 5 ]);
	$workspace->settings(statement_running_s => 60);
	my $before = statements();
	$owner->send("BEGIN; SELECT attempt(0); SELECT 'goes on'; COMMIT");
	wait_polled($before);
	$control->execute('SELECT pg_cancel_backend(' . $owner->pid . ')');
	is(outcome($owner->wait), "canceled\ngoes on", 'an exception while the statement runs');
	cancelled('an exception while the statement runs');
	calm();

	can_events([ (1000) x 5 ]);
	$workspace->fault('stall', GET => LINK . '[^/]*/chunk-2\b', count => undef);
	$owner->execute('BEGIN');
	check_rows('an exception among the rows', 'SELECT attempt(1500)', 'failed at 1500');
	is_deeply([ held($owner) ], [], '... nothing is held');
	no_request_left('... and');
	$owner->execute('COMMIT');
	can_events([ 5, 5 ], manifest => { total_row_count => 11 });
	check_rows('an exception at the end', 'SELECT attempt(0)', 'incomplete after 10');
	can_events([ 5, 5 ]);
	check_rows('no exception', 'SELECT attempt(0)', '10 rows');
	check_rows('ten exceptions, ten results', 'SELECT string_agg(attempt(n % 2 * 3), $$ $$) FROM generate_series(1, 20) n',
		join ' ', ('failed at 3', '10 rows') x 10);
	check_usable('subtransactions', $owner);
	return;
}

# ------------------------------------------------------------------
# Plans
# ------------------------------------------------------------------

sub parameters_since
{
	my ($before) = @_;
	my @seen = statements();
	return [ map { join ' ', map { $_->{value} // '(null)' } @{ $_->{parameters} } } @seen[ $before .. $#seen ] ];
}

sub test_plans
{
	can_events([2]);
	$workspace->clear_log;
	my $before = statements();
	for my $options ('', '(VERBOSE)', '(VERBOSE, FORMAT JSON)')
	{
		$owner->execute("EXPLAIN $options $_") for $EVENTS, 'SELECT * FROM deltashare.usage', q{SELECT * FROM deltashare.share_usage('s')};
	}
	is(scalar(() = $workspace->log), 0, 'EXPLAIN sends nothing');
	is(scalar(statements()), $before, 'EXPLAIN runs nothing');
	my $plan = $owner->lines("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $EVENTS");
	like($plan, qr/rows=2 /, 'EXPLAIN ANALYZE: rows');
	my ($requests) = $plan =~ /Requests: (\d+)/;
	my ($bytes) = $plan =~ /Received: (\d+) bytes/;
	is($requests, scalar(() = $workspace->log), 'EXPLAIN ANALYZE: requests, as the workspace saw them');
	cmp_ok($bytes, '>', 500, 'EXPLAIN ANALYZE: bytes');

	# each execution has its own parameters
	for my $mode ('force_generic_plan', 'force_custom_plan', 'auto')
	{
		$owner->execute("SET plan_cache_mode = $mode");
		$owner->execute("PREPARE q(int) AS $EVENTS WHERE status_code > \$1");
		can_events([ 2, 2 ]);
		$before = statements();
		check_rows("$mode, try $_", "EXECUTE q($_)", events(4)) for 100 .. 106;
		my $sent = parameters_since($before);
		is(scalar @$sent, 7, "$mode: statements");
		is_deeply($sent, [ 100 .. 106 ], "$mode: parameters") if $mode eq 'force_generic_plan';
		$owner->execute('DEALLOCATE q');
	}
	$owner->execute('RESET plan_cache_mode');
	$owner->execute(q{
		CREATE FUNCTION ten_times() RETURNS text LANGUAGE plpgsql AS $$
		DECLARE
			total int := 0;
		BEGIN
			FOR i IN 1 .. 10 LOOP
				total := total + (SELECT count(*) FROM (SELECT action_name, status_code FROM sharing.audit_events
					WHERE status_code <> i OFFSET 0) t WHERE action_name <> '' AND status_code > 0);
			END LOOP;
			RETURN total;
		END $$});

	can_events([2]);
	$before = statements();
	check_rows('a loop in PL/pgSQL', 'SELECT ten_times()', '20');
	is_deeply(parameters_since($before), [ 1 .. 10 ], 'a loop in PL/pgSQL: each turn has its statement');

	# an inner side that is read again is asked for again
	can_events([ 2, 1 ]);
	$before = statements();
	check_rows('LATERAL', "SELECT g, t.* FROM generate_series(1, 3) g, LATERAL ($EVENTS WHERE status_code <> g OFFSET 0) t ORDER BY 1, 3",
		join "\n", map { my $g = $_; map { "$g|e$_|$_" } 1 .. 3 } 1 .. 3);
	is_deeply(parameters_since($before), [ 1 .. 3 ], 'LATERAL: each row has its statement');
	$owner->execute("SET enable_$_ = off") for 'material', 'hashjoin', 'mergejoin';
	check_rows('nested loop', "SELECT g, t.* FROM generate_series(1, 3) g JOIN ($EVENTS) t ON t.status_code >= g ORDER BY 1, 3",
		"1|e1|1\n1|e2|2\n1|e3|3\n2|e2|2\n2|e3|3\n3|e3|3");
	$owner->execute("RESET enable_$_") for 'material', 'hashjoin', 'mergejoin';
	check_usable('rescans', $owner);
	return;
}

# ------------------------------------------------------------------
# Which server deltashare.usage means
# ------------------------------------------------------------------

my $other;

# Another workspace, whose rows are "o1", "o2", ...
sub create_other_server
{
	return if $other;
	$other = Workspace->new(token => 'dapi-other-token-zq7Xk');
	$owner->execute("CREATE SERVER other TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS ("
		  . Workspace::option_list(host => $other->url, warehouse_id => WAREHOUSE) . ')');
	$owner->execute('CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (' . Workspace::option_list(token => $other->token) . ')');
	$owner->execute('CREATE SCHEMA elsewhere');
	$owner->execute('IMPORT FOREIGN SCHEMA deltashare FROM SERVER other INTO elsewhere');
	$other->control('POST', 'statements/canned', { columns => columns(2), chunks => chunks_of('o', 2, 1) });
	return;
}

my $OTHER_EVENTS = "o1|1\no2|2\no3|3";
my $USAGE = 'SELECT action_name, status_code FROM deltashare.usage';

sub test_routing
{
	can_events([2]);
	check_rows('the only server', $USAGE, events(2));
	$owner->execute('PREPARE nobody_says AS ' . $USAGE);
	check_rows('prepared', 'EXECUTE nobody_says', events(2)) for 1 .. 6;

	# a second one: which?
	create_other_server();
	check_error('two servers', $USAGE, '42P08', detail => qr/dbx, other/);
	check_error('two servers, prepared', 'EXECUTE nobody_says', '42P08');
	$owner->execute("SET deltashare.server = 'other'");
	check_rows('the other one', $USAGE, $OTHER_EVENTS);
	check_rows('the other one, prepared before', 'EXECUTE nobody_says', $OTHER_EVENTS);
	$owner->execute("SET deltashare.server = 'dbx'");
	check_rows('and back', 'EXECUTE nobody_says', events(2));
	$owner->execute("CREATE FUNCTION other_usage() RETURNS SETOF text LANGUAGE sql SET deltashare.server = 'other' AS 'SELECT t.action_name FROM ($USAGE OFFSET 0) t WHERE status_code > 0'");
	check_rows('another one for a function only', "SELECT other_usage()", "o1\no2\no3");
	check_rows('... and back', 'EXECUTE nobody_says', events(2));
	$owner->execute($_) for 'BEGIN', "SET LOCAL deltashare.server = 'other'";
	check_rows('another one for a transaction only', 'EXECUTE nobody_says', $OTHER_EVENTS);
	$owner->execute('ROLLBACK');
	check_rows('... and back', 'EXECUTE nobody_says', events(2));

	# the server as a parameter, or of a function
	$owner->execute("PREPARE by_name(text) AS $USAGE WHERE server = \$1");
	for my $mode ('auto', 'force_custom_plan')
	{
		$owner->execute("SET plan_cache_mode = $mode");
		for my $try (1 .. 7)
		{
			check_rows("$mode, by name, try $try", "EXECUTE by_name('other')", $OTHER_EVENTS);
			check_rows("$mode, by name, try $try", "EXECUTE by_name('dbx')", events(2));
		}
	}
	$owner->execute('SET plan_cache_mode = force_generic_plan');
	check_error('force_generic_plan', "EXECUTE by_name('other')", '0A000', hint => qr/plan_cache_mode/);
	$owner->execute('RESET plan_cache_mode');
	check_error('no such server', "EXECUTE by_name('nowhere')", '42704', message => qr/"nowhere" does not exist/);
	check_rows('NULL is no server', 'EXECUTE by_name(NULL)', '');
	check_rows('two servers in one query', "SELECT count(*), count(*) FILTER (WHERE action_name LIKE 'o%') FROM ("
		  . "$USAGE WHERE server = 'other' UNION ALL $USAGE WHERE server = 'dbx' OFFSET 0) t", '5|3');

	# a server that is renamed, altered or dropped under a plan
	$owner->execute("PREPARE fixed AS $USAGE WHERE server = 'other'");
	check_rows('a fixed server', 'EXECUTE fixed', $OTHER_EVENTS) for 1 .. 2;
	$owner->execute('ALTER SERVER other OPTIONS (DROP warehouse_id)');
	check_error('... that is altered', 'EXECUTE fixed', 'HV00J', message => qr/of server "other"/);
	$owner->execute("ALTER SERVER other OPTIONS (ADD warehouse_id '" . WAREHOUSE . "')");
	$owner->execute('ALTER SERVER other RENAME TO former');
	$owner->execute('ALTER SERVER dbx RENAME TO other');
	my $result = outcome($owner->query('EXECUTE fixed'));
	ok($result eq events(2) || $result =~ /^ERROR/, '... whose name another server has: its rows or an error') or diag($result);
	$owner->execute('ALTER SERVER other RENAME TO dbx');
	$owner->execute('ALTER SERVER former RENAME TO other');
	$owner->execute("RESET deltashare.server");
	$owner->execute("DEALLOCATE $_") for 'fixed', 'by_name', 'nobody_says';
	check_usable('routing', $owner);
	return;
}

# ------------------------------------------------------------------
# Who may read
# ------------------------------------------------------------------

sub test_privileges
{
	create_other_server();
	can_events([2]);
	$owner->execute('CREATE ROLE analyst LOGIN');
	my $analyst = Session->new($node, database => 'main', user => 'analyst');
	my @here = (session => $analyst);
	if ($sees_contexts)
	{
		$owner->execute('GRANT SELECT ON pg_backend_memory_contexts TO analyst');
		$owner->execute('GRANT EXECUTE ON FUNCTION pg_get_backend_memory_contexts() TO analyst');
	}
	check_error('no privilege on the table', "$EVENTS", '42501', @here, message => qr/permission denied for (schema|foreign table)/);
	check_error('no server', $USAGE, '42704', @here, message => qr/there is no server of deltashare_fdw that you may use/, hint => qr/USAGE/);
	check_error('a server that one may not use', "$USAGE WHERE server = 'dbx'", '42501', @here, message => qr/permission denied for foreign server dbx/);

	# a view or a function of the owner's, which reads as the owner
	$owner->execute("CREATE VIEW public.shown AS $EVENTS");
	$owner->execute("CREATE FUNCTION public.shown() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM (SELECT action_name, status_code FROM sharing.audit_events OFFSET 0) t WHERE action_name <> \$\$\$\$ AND status_code > 0'");
	$owner->execute("CREATE VIEW public.shown_usage AS $USAGE WHERE server = 'dbx'");
	$owner->execute('GRANT SELECT ON public.shown, public.shown_usage TO analyst');
	check_rows("the owner's view", 'SELECT * FROM shown', events(2), @here);
	check_rows("the owner's function", 'SELECT shown()', '2', @here);
	check_rows("the owner's view of deltashare.usage", 'SELECT * FROM shown_usage', events(2), @here);

	$owner->execute('GRANT USAGE ON SCHEMA sharing TO analyst');
	$owner->execute('GRANT SELECT ON ALL TABLES IN SCHEMA sharing TO analyst');
	$owner->execute('GRANT USAGE ON FOREIGN SERVER dbx TO analyst');
	check_error('no user mapping', $_, '42704', @here, message => qr/user mapping not found/) for $EVENTS, $USAGE;
	check_rows("the owner's view of deltashare.usage, with USAGE of one's own", 'SELECT * FROM shown_usage', events(2), @here);

	# a plan goes on with the credentials of whom it runs as
	$owner->execute("CREATE USER MAPPING FOR analyst SERVER dbx OPTIONS (token 'dapi-wrong-token-zq7Xk')");
	check_error('a token that is wrong', $EVENTS, '28000', @here);
	$owner->execute("PREPARE mine AS $EVENTS");
	$owner->execute("PREPARE mine_routed AS $USAGE WHERE server = 'dbx'");
	for (1 .. 6)
	{
		check_rows('prepared, as the owner', "EXECUTE $_", events(2)) for 'mine', 'mine_routed';
	}
	$owner->execute('SET ROLE analyst');
	check_error("prepared, then as another role: $_", "EXECUTE $_", '28000') for 'mine', 'mine_routed';
	$owner->execute('RESET ROLE');
	check_rows("prepared, as the owner again: $_", "EXECUTE $_", events(2)) for 'mine', 'mine_routed';
	$owner->execute('REVOKE USAGE ON FOREIGN SERVER dbx FROM analyst');
	$owner->execute('SET ROLE analyst');
	check_error('prepared, USAGE taken away', 'EXECUTE mine_routed', '42501');
	$owner->execute('RESET ROLE');
	$owner->execute("DEALLOCATE $_") for 'mine', 'mine_routed';
	$analyst->disconnect;

	# two roles, each of which may use one server, although both could log in to both
	for my $role ('uses_dbx', 'uses_other')
	{
		$owner->execute("CREATE ROLE $role");
		$owner->execute("CREATE USER MAPPING FOR $role SERVER dbx OPTIONS (token '$TOKEN')");
		$owner->execute("CREATE USER MAPPING FOR $role SERVER other OPTIONS (token '" . $other->token . "')");
		$owner->execute('GRANT USAGE ON FOREIGN SERVER ' . $role =~ s/uses_//r . " TO $role");
	}
	my $session = Session->new($node, database => 'main');
	@here = (session => $session);
	$session->execute('SET ROLE uses_dbx');
	$session->execute("PREPARE mine AS $USAGE");
	check_rows('prepared by who may use one server', 'EXECUTE mine', events(2), @here) for 1 .. 2;
	$session->execute('SET ROLE uses_other');
	my $result = outcome($session->query('EXECUTE mine'));
	like($result, qr/^(\Q$OTHER_EVENTS\E$|ERROR 0A000: the query was planned for server "dbx", but now server "other" is meant\nHINT: Use DISCARD PLANS\.)/,
		'... executed by who may use another: its rows or an error');
	$session->execute('DISCARD PLANS');
	check_rows('... after DISCARD PLANS', 'EXECUTE mine', $OTHER_EVENTS, @here);
	check_error('... by name', "$USAGE WHERE server = 'dbx'", '42501', @here);
	return;
}

# ------------------------------------------------------------------
# Several at once
# ------------------------------------------------------------------

sub test_several
{
	create_other_server();
	my $elsewhere = $EVENTS =~ s/sharing/elsewhere/r;
	can_events([ 2, 1 ]);
	check_rows('UNION ALL of two servers', "$EVENTS UNION ALL $elsewhere", events(3) . "\n$OTHER_EVENTS");
	check_rows('join of two servers', "SELECT * FROM ($EVENTS) a JOIN ($elsewhere) b USING (status_code) ORDER BY 1",
		"1|e1|o1\n2|e2|o2\n3|e3|o3");
	check_rows('two statements on one server', "SELECT * FROM ($EVENTS OFFSET 0) a JOIN ($EVENTS OFFSET 0) b USING (status_code) ORDER BY 1",
		"1|e1|e1\n2|e2|e2\n3|e3|e3");
	$other->fault('status', GET => '/statements/', status => 403, count => undef,
		body => { error_code => 'PERMISSION_DENIED', message => 'no' });
	can_events([ (1000) x 20 ]);
	$workspace->fault('stall', GET => LINK . '[^/]*/chunk-19\b', count => undef);
	check_error('one of two servers refuses', "$EVENTS WHERE action_name <> 'e1500' AND status_code < (SELECT sum(status_code) FROM ($elsewhere) t)", '42501');
	$owner->execute($_) for 'BEGIN', "DECLARE c CURSOR FOR $EVENTS";
	check_rows('one of two servers refuses: the other', 'FETCH 3 FROM c', events(3));
	check_error('one of two servers refuses, a cursor is open', $elsewhere, '42501', in_transaction => 1);
	$owner->execute('ROLLBACK');
	$other->clear_faults;
	no_request_left('one of two servers refuses');
	check_usable('one of two servers refuses', $owner);

	# three cursors, read in turn; one has the rows of another server
	can_events([ (50) x 5 ]);
	my %declared = (a => $EVENTS, b => $elsewhere, c => $EVENTS);
	$owner->execute('BEGIN');
	$owner->execute("DECLARE $_ CURSOR FOR $declared{$_}") for sort keys %declared;
	my %read;
	for my $n (1 .. 125)
	{
		push @{ $read{$_} }, split /\n/, outcome($owner->query("FETCH 2 FROM $_")) for sort keys %declared;
	}
	$owner->execute('COMMIT');
	is_deeply(\%read, { a => [ split /\n/, events(250) ], b => [ split /\n/, $OTHER_EVENTS ], c => [ split /\n/, events(250) ] },
		'three cursors at once');
	check_usable('three cursors at once', $owner);
	return;
}

# ------------------------------------------------------------------
# Nothing is left behind
# ------------------------------------------------------------------

sub test_many
{
	my $session = Session->new($node, database => 'main');
	my %left;
	for my $round (1 .. 120)
	{
		start_anew("round $round") if $round % 20 == 0;
		can_events([ (100) x 3 ], $round % 8 == 7 ? (manifest => { total_row_count => 301 }) : ());
		my $state = $states[ $round % 8 ] // {};
		$state->{enter}->() if $state->{enter};
		$session->execute("SET statement_timeout = '60ms'");
		my $result = { error => undef };
		for my $sql (@{ $state->{before} // [] }, $state->{sql} // $EVENTS)
		{
			$result = $session->query($sql) unless $result->{error};
		}
		fail("round $round: no error") unless $result->{error};
		$session->execute('ROLLBACK') if $state->{before};
		$session->execute('RESET statement_timeout');
		calm();
		%left = (files => $session->open_files, memory => $session->memory) if $round == 20;
	}
	cmp_ok($session->open_files, '<=', $left{files} + 2, 'no descriptor is left by many statements');
	cmp_ok($session->memory, '<', $left{memory} + 4096, 'no memory is left either');
	check_usable('many statements', $session);
	my @connections = $workspace->counters->{connections};
	note("connections: @connections; files: $left{files}, then " . $session->open_files);
	can_events([ 3, 3 ]);
	check_rows('after many statements', $EVENTS, events(6), session => $session);
	return;
}

sub test_secrets
{
	$owner->execute('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
	can_events([ (20) x 3 ]);
	$owner->execute("EXPLAIN (ANALYZE, VERBOSE) $EVENTS");
	for my $fault ([ 'status', status => 403 ], [ 'truncate', bytes => 3 ], ['reset'], [ 'status', status => 500 ])
	{
		my ($kind, @options) = @$fault;
		can_events([ (20) x 3 ]);
		$workspace->fault($kind, GET => LINK, @options, count => undef);
		my $result = $owner->query($EVENTS);
		ok($result->{error}, "links that fail: $kind") and note(Session::describe($result->{error}));
	}
	can(error => { error_code => 'BAD_REQUEST', message => "the token is $TOKEN" });
	ok($owner->query($EVENTS)->{error}, 'an error that repeats the token');
	$workspace->fault('status', POST => '/statements$', status => 400, body => { error_code => 'INVALID_PARAMETER_VALUE', message => "not $TOKEN" });
	ok($owner->query($EVENTS)->{error}, 'a refusal that repeats the token');
	my %where = (
		log => slurp_file($node->logfile, $log_start),
		'what the session received' => $owner->received,
		pg_stat_statements => $owner->lines('SELECT query FROM pg_stat_statements'),
		pg_stat_activity => $control->lines('SELECT query FROM pg_stat_activity'));
	like($where{$_}, qr/audit_events|SELECT query/, "$_ holds statements") for sort keys %where;
	for my $secret ($TOKEN, 'dapi-other-token', 'dapi-wrong-token', 'X-Amz-Signature', 'X-Amz-Credential', 'results-bucket', 'customer-key')
	{
		for my $place (sort keys %where)
		{
			is(scalar(() = $where{$place} =~ /\Q$secret/g), 0, "$place: no \"$secret\"");
		}
	}
	return;
}

# ------------------------------------------------------------------

# DELTASHARE_TEST_GROUP: only that one
for my $group (
	[ 'warehouse', \&test_warehouse ],
	[ 'refusals', \&test_refusals ],
	[ 'values', \&test_values ],
	[ 'whole results', \&test_whole ],
	[ 'leaving', \&test_leaving ],
	[ 'cursors', \&test_cursors ],
	[ 'subtransactions', \&test_subtransactions ],
	[ 'plans', \&test_plans ],
	[ 'routing', \&test_routing ],
	[ 'privileges', \&test_privileges ],
	[ 'several at once', \&test_several ],
	[ 'many', \&test_many ],
	[ 'secrets', \&test_secrets ])
{
	my ($name, $test) = @$group;
	next if $ENV{DELTASHARE_TEST_GROUP} && $ENV{DELTASHARE_TEST_GROUP} ne $name;
	$test->();
	start_anew($name);
}

done_testing();
