
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
	return unless $sees_contexts;
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

test_warehouse();
test_refusals();
test_values();
test_whole();

is_deeply([ $workspace->violations ], [], 'no breach of protocol');

done_testing();
