
# Statements on a SQL warehouse: how they run, how they end, and what is done
# with a result that is not what it should be.  Driven through a library of test
# functions (test/modules/statement); the results are prescribed.

use strict;
use warnings;

use FindBin;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::RealBin/../perl";
use Library;
use Session;
use Workspace;

# Milliseconds: what is promised, and what is allowed to a single try.
use constant PROMISED => 100;
use constant ALLOWED => 500;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $library = Library::build('statement', $directory);

my $node = PostgreSQL::Test::Cluster->new('statements');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_messages = debug5\n");
$node->start;

my $TOKEN = 'dapi-statement-token';
my $workspace = Workspace->new(token => $TOKEN);
my $owner = $workspace->create_database($node,
	server => { warehouse_id => '0123456789abcdef', request_timeout => '20s', retry_timeout => '2500ms' });
Library::create_functions('statement', $library, $owner);
my $control = Session->new($node);

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

# Two columns, in chunks of that many rows.
sub can_chunks
{
	my ($sizes, %order) = @_;
	my $row = 0;
	my @chunks = map {
		[ map { $row++; [ "$row", $row % 3 ? "text $row" : undef ] } 1 .. $_ ]
	} @$sizes;
	can(columns => columns(2), chunks => \@chunks, %order);
	return;
}

# What these rows look like.
sub rows_of
{
	my ($count) = @_;
	return [ map { $_ % 3 ? "{$_,\"text $_\"}" : "{$_,NULL}" } 1 .. $count ];
}

sub statement
{
	my (%options) = @_;
	my $sql = Workspace::quote($options{sql} // 'SELECT 1');
	my $parameters = $options{parameters} // "'{}'";
	my $columns = $options{columns} // 2;
	my $small = $options{small} ? 'true' : 'false';
	my $limit = $options{limit} // 'NULL';
	return "SELECT ds_test_statement('dbx', $sql, $parameters, $columns, $small, $limit)";
}

sub run_statement
{
	my (%options) = @_;
	return ($options{session} // $owner)->query(statement(%options));
}

# The only column.
sub column
{
	my ($result) = @_;
	return Session::describe($result->{error}) if $result->{error};
	return [ map { $_->[0] } @{ $result->{rows} } ];
}

sub check_rows
{
	my ($name, $count, %options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply(column(run_statement(%options)), rows_of($count), $name);
	return;
}

sub check_error
{
	my ($name, $code, $message, $detail, %options) = @_;
	my $error = run_statement(%options)->{error} // {};
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($error->{C}, $code, "$name: SQLSTATE") or diag(Session::describe($error));
	like($error->{M} // '', $message, "$name: message");
	like($error->{D} // '', $detail, "$name: detail") if $detail;
	like($error->{H} // '', $options{hint}, "$name: hint") if $options{hint};
	like($error->{W} // '', qr/remote SQL: SELECT/, "$name: context");
	return;
}

# As the workspace saw them.
sub statements
{
	return @{ $workspace->control('GET', 'statements')->{statements} };
}

sub last_statement
{
	return (statements())[-1];
}

# ------------------------------------------------------------------
# Rows
# ------------------------------------------------------------------

for my $small (1, 0)
{
	my $how = $small ? 'inline' : 'by links';
	can_chunks([ 3, 1, 4, 1, 5, 9, 2, 6 ]);
	check_rows("$how: many chunks, in order", 31, small => $small);
	is(last_statement()->{order}{disposition}, $small ? 'INLINE' : 'EXTERNAL_LINKS', "$how: disposition");
	is(last_statement()->{order}{wait_timeout}, '0s', "$how: not waited for by the server");
	is(last_statement()->{cancel_asked}, JSON::PP::false, "$how: what succeeded is not cancelled");

	for (1 .. 6)
	{
		can(columns => columns(2));
		is_deeply(column(run_statement(small => $small)), [], "$how: no rows, try $_");
	}
	can_chunks([ 2, 3 ], without => [ 'total_chunk_count', 'chunks' ]);
	check_rows("$how: chunks that the manifest does not tell", 5, small => $small);
	can_chunks([ 2, 3 ], without => ['total_row_count']);
	check_rows("$how: rows that it does not tell", 5, small => $small);
	can_chunks([ 2, 3 ], without_parts => ['manifest']);
	check_rows("$how: no manifest", 5, small => $small);
	can_chunks([ 2, 0, 3 ]);
	check_rows("$how: an empty chunk", 5, small => $small);

	can(columns => columns(6),
		rows => [ [ "\x{e9}\x{20ac}\x{1f600}", "\n\"\\/\t", '', 12.5, JSON::PP::true, { a => [ 1, ']' ] } ] ]);
	is_deeply(
		column($owner->query(
			"SELECT v FROM (" . statement(small => $small, columns => 6) =~ s/SELECT /SELECT unnest(/r . ') AS v) t')),
		[ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\n\"\\/\t", '', '12.5', 'true', '{"a":[1,"]"]}' ],
		"$how: all kinds of values");
}

can_chunks([3]);
check_rows('parameters are accepted', 3, sql => 'SELECT :a, :b, :c',
	parameters => "ARRAY['a', 'STRING', 'it''s ' || chr(233), 'b', 'BIGINT', '17', 'c', 'DATE', NULL]");
is_deeply(
	[ map { [ @$_{qw(name type value)} ] } @{ last_statement()->{parameters} } ],
	[ [ 'a', 'STRING', "it's \xe9" ], [ 'b', 'BIGINT', '17' ], [ 'c', 'DATE', undef ] ],
	'... and arrive as they are');

# A result that is too large for a reply is asked for again, by links.
$workspace->settings(inline_limit_bytes => 100);
can_chunks([ 30, 30 ]);
my $before = statements();
check_rows('a small result that is not small', 60, small => 1);
is(statements() - $before, 2, '... takes two statements');
$workspace->settings(inline_limit_bytes => 25 * 1024 * 1024);

# The figures for EXPLAIN: POST, one poll, three chunks asked for, four links.
can_chunks([ 5, 5, 5, 5 ]);
my $figures = $owner->value("SELECT ds_test_statement_count('dbx', 'SELECT 1', '{}', 2, false)");
my ($rows, $bytes, $requests, $retries, $received) = $figures =~ /(\d+)/g;
is("$rows $retries", '20 0', 'figures: rows, retries');
cmp_ok($requests, '>=', 9, 'figures: requests');
cmp_ok($requests, '<=', 11, 'figures: not more than there are');
cmp_ok($received, '>', $bytes, 'figures: bytes');

# ------------------------------------------------------------------
# Results that are not what they should be
# ------------------------------------------------------------------

for my $small (1, 0)
{
	my $how = $small ? 'inline' : 'by links';
	can(columns => columns(2), chunks => [ { rows => [ [ 1, 2 ] ], row_count => 2 } ]);
	check_error("$how: a short chunk", 'HV000', qr/result of server "dbx" is incomplete/,
		qr/^Chunk 0 holds 1 rows instead of 2\.$/, small => $small);
	can(columns => columns(2), chunks => [ [ [ 1, 2 ] ], { rows => [ [ 1, 2 ], [ 3, 4 ] ], row_count => 1 } ]);
	check_error("$how: a long chunk", 'HV000', qr/incomplete/,
		qr/^Chunk 1 holds 2 rows instead of 1\.$/, small => $small);
	can_chunks([ 2, 2 ], manifest => { 'chunks.1.row_count' => 3 });
	check_error("$how: manifest and chunk disagree", 'HV000', qr/incomplete/,
		qr/^Chunk 1 has 2 rows, but the manifest says 3\.$/, small => $small);
	can_chunks([ 2, 2 ], manifest => { total_row_count => 5 });
	check_error("$how: too few rows", 'HV000', qr/incomplete/,
		qr/^All chunks together hold 4 rows instead of 5\.$/, small => $small);
	can_chunks([ 2, 2 ], manifest => { total_chunk_count => 1 });
	check_error("$how: more chunks than announced", 'HV000', qr/incomplete/, qr/only 1\.$/, small => $small);
	can_chunks([ 2, 2 ], truncated => JSON::PP::true);
	check_error("$how: truncated", 'HV000', qr/server "dbx" cut the result short/, undef,
		small => $small, hint => qr/filter or aggregate/);
	can_chunks([2]);
	check_error("$how: columns", 'HV021', qr/has 2 columns, expected 3/, undef, small => $small, columns => 3);
	can(columns => columns(2), chunks => [ { rows => [ [ 1, 2 ], [3] ], row_count => 2 } ]);
	check_error("$how: a row of other length", 'HV021', qr/has 1 values, expected 2/, undef, small => $small);
}
can_chunks([ 2, 2 ], without_parts => ['result']);
check_rows('by links: no link in the reply', 4);
check_error('inline: no rows in the reply', 'HV000', qr/incomplete/, qr/Chunk 0 holds 0 rows instead of 2/, small => 1);

for my $bad ([ 'not JSON', 'nonsense', 'HV00A' ], [ 'an object', '{"error":"x"}', 'HV00A' ],
	[ 'behind its end', '[["1","2"]] x', 'HV00A' ], [ 'NUL', '[["\u0000","2"]]', '22P05' ],
	[ 'half a pair', '[["\ud800","2"]]', 'HV00A' ], [ 'a huge value', '[["' . 'x' x 70000 . '","2"]]', '54000' ])
{
	my ($name, $raw, $code) = @$bad;
	can(columns => columns(2), chunks => [ { raw => $raw, row_count => 1 } ]);
	$owner->execute("ALTER SERVER dbx OPTIONS (ADD max_reply_size '64')") if $code eq '54000';
	my $error = run_statement()->{error};
	is($error->{C}, $code, "a chunk that is $name: SQLSTATE") or diag(Session::describe($error));
	like($error->{M}, qr/result chunk 0 of statement [0-9a-f-]{36}/, "a chunk that is $name: message");
	$owner->execute('ALTER SERVER dbx OPTIONS (DROP max_reply_size)') if $code eq '54000';
}

# ------------------------------------------------------------------
# Links that fail
# ------------------------------------------------------------------

my $link = '/results-bucket/';
my @sizes = (40) x 6;

for my $fault (
	[ 'refused', 'status', status => 403, body => '<Error>Request has expired</Error>' ],
	[ 'gone', 'status', status => 404 ],
	[ 'gone for good', 'status', status => 410 ],
	[ 'broken off in the middle', 'truncate' ],
	[ 'broken off after the headers', 'truncate', bytes => 0 ],
	[ 'broken off in the first row', 'truncate', bytes => 5 ],
	[ 'an empty answer', 'empty' ],
	[ 'reset', 'reset' ])
{
	my ($name, $kind, @options) = @$fault;
	for my $chunk (0, 4)
	{
		can_chunks(\@sizes);
		$workspace->fault($kind, GET => "${link}[^/]*/chunk-$chunk\\b", @options);
		check_rows("a link to chunk $chunk that is $name", 240);
	}
	can_chunks(\@sizes);
	$workspace->fault($kind, GET => "${link}[^/]*/chunk-3\\b", @options, count => undef);
	my $error = run_statement()->{error};
	ok($error, "links that are all $name: an error") or next;
	note(Session::describe($error));
	like($error->{C}, qr/^(HV000|08...)$/, "links that are all $name: SQLSTATE");
	unlike(Session::describe($error), qr/X-Amz|results-bucket/, "links that are all $name: no link is shown");
}

# Links that are no longer valid when they come to be used.
$workspace->settings(link_ttl_s => -10);
can_chunks([ 2, 2 ]);
check_error('expired links', 'HV000', qr/could not read the result of server "dbx"/,
	qr/^The storage that holds it answered with HTTP status 403\.$/);
is(last_statement()->{links_given} <= 8, 1, '... are asked for a few times') or diag(last_statement()->{links_given});
$workspace->settings(link_ttl_s => 900);

can_chunks([ 2, 2, 2 ]);
$workspace->fault('status', GET => '/result/chunks/1', status => 404,
	body => { error_code => 'NOT_FOUND', message => 'The result has expired.' });
check_error('a chunk that the platform no longer has', '42704', qr/could not/, qr/The result has expired/);

can_chunks([ 2, 2 ]);
$workspace->fault('patch', GET => '/result/chunks/1', set => { next_chunk_internal_link => '//evil.example/api/' });
check_error('a path to somewhere else', 'HV00A', qr/is no path of the platform's API/, undef, small => 1);

# One connection at a time is enough.
$owner->execute("ALTER SERVER dbx OPTIONS (ADD concurrency '1')");
can_chunks(\@sizes);
$workspace->fault('truncate', GET => "${link}[^/]*/chunk-3\\b");
check_rows('concurrency 1', 240);
$owner->execute('ALTER SERVER dbx OPTIONS (DROP concurrency)');

# ------------------------------------------------------------------
# Statements that fail
# ------------------------------------------------------------------

for my $failure (
	[ '42P01', 'BAD_REQUEST', '[TABLE_OR_VIEW_NOT_FOUND] `system`.`access`.`audit` cannot be found.', '42P01', qr/enable the system schema "access"/ ],
	[ '42501', 'BAD_REQUEST', "User does not have USE SCHEMA on Schema 'system.access'.", '42501', qr/USE SCHEMA and SELECT on schema system\.access/ ],
	[ '22012', 'BAD_REQUEST', '[DIVIDE_BY_ZERO] Division by zero.', '22012', undef ],
	[ '0AKD0', 'BAD_REQUEST', 'Unsupported.', '0AKD0', undef ],
	[ 'XXKCM', 'INTERNAL_ERROR', 'Oops.', '58000', undef ],
	[ undef, 'RESOURCE_EXHAUSTED', 'REQUEST_LIMIT_EXCEEDED', '53400', qr/limits requests/ ],
	[ undef, 'TEMPORARILY_UNAVAILABLE', 'x', '57P03', undef ],
	[ undef, 'BAD_REQUEST', 'x', 'HV000', undef ],
	[ undef, 'NO_SUCH_CODE', 'x', 'HV000', undef ],
	[ "4'2", 'BAD_REQUEST', "a\nb" . 'y' x 5000, 'HV000', undef ],
	[ '42000', 'BAD_REQUEST', "token $TOKEN", '42000', undef ])
{
	my ($state, $code, $message, $expected, $hint) = @$failure;
	my $name = "failure, SQLSTATE " . ($state // 'none') . ", $code";
	can(error => { error_code => $code, message => $message }, ($state ? (sql_state => $state) : ()));
	check_error($name, $expected, qr/^SQL warehouse of server "dbx" could not run the statement$/,
		qr/^Error code "$code".*\.$/, hint => $hint);
	my $error = run_statement()->{error};
	cmp_ok(length $error->{D}, '<', 700, "$name: the detail is short");
	unlike($error->{D}, qr/\n|\Q$TOKEN/, "$name: it is one line without a secret");
}

can_chunks([2]);
$workspace->fault('patch', GET => 'statements/[0-9a-f-]+$', set => { 'status.state' => 'CLOSED' });
check_error('closed', 'HV000', qr/no longer has the result/);
can_chunks([2]);
$workspace->fault('patch', GET => 'statements/[0-9a-f-]+$', set => { 'status.state' => 'CANCELED' });
check_error('canceled by somebody else', 'HV000', qr/was canceled on server "dbx"/);
can_chunks([2]);
$workspace->fault('patch', GET => 'statements/[0-9a-f-]+$', set => { 'status.state' => 'DREAMING' });
check_error('an unknown state', 'HV004', qr/did not say how the statement is/, qr/"DREAMING"/);
is(last_statement()->{cancel_asked}, JSON::PP::true, '... is cancelled');

$workspace->fault('status', POST => '/statements$', status => 400,
	body => { error_code => 'INVALID_PARAMETER_VALUE', message => 'no' });
check_error('a statement that is refused', '22023', qr/could not run a statement on its SQL warehouse/, qr/no\.$/);

# A statement must not run twice: who knows whether it was received.
can_chunks([2]);
$workspace->clear_log;
$workspace->fault('close', POST => '/statements$', when => 'after', count => undef);
like(run_statement()->{error}{C} // '', qr/^08/, 'a lost answer to the POST is an error');
is(scalar(grep { $_->{method} eq 'POST' } $workspace->log), 1, '... and it is not posted again');

# ------------------------------------------------------------------
# The warehouse
# ------------------------------------------------------------------

can_chunks([2]);
$workspace->control('POST', 'warehouses', { state => 'STOPPED', start_s => 4 });
my $result = run_statement();
is_deeply(column($result), rows_of(2), 'a warehouse that has to start');
is_deeply([ map { $_->{M} } @{ $result->{notices} } ], ['SQL warehouse "test-warehouse" is starting'], '... and we are told so');

$workspace->settings(statement_pending_s => 4);
$workspace->fault('status', GET => '/warehouses/', status => 403,
	body => { error_code => 'PERMISSION_DENIED', message => 'no' });
$result = run_statement();
is_deeply(column($result), rows_of(2), 'a queue, and a warehouse that we may not look at');
is_deeply($result->{notices}, [], '... of which nothing is said');

can_chunks([2]);
$workspace->fault('patch', GET => '/warehouses/', set => { state => 'DELETED' });
check_error('a warehouse that is deleted', 'HV00N', qr/SQL warehouse "0123456789abcdef" of server "dbx" does not exist/,
	undef, hint => qr/ALTER SERVER dbx OPTIONS \(SET warehouse_id/);
is(last_statement()->{cancel_asked}, JSON::PP::true, '... and the statement is cancelled');
$workspace->settings(statement_pending_s => 0);

$owner->execute('ALTER SERVER dbx OPTIONS (DROP warehouse_id)');
check_error('no warehouse', 'HV00J', qr/option "warehouse_id" of server "dbx" is missing/, undef,
	hint => qr/ALTER SERVER dbx OPTIONS \(ADD warehouse_id/);
$owner->execute("ALTER SERVER dbx OPTIONS (ADD warehouse_id '0123456789abcdef')");

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
		name => 'POST about to be answered',
		enter => sub {
			$workspace->settings(statement_running_s => 60);
			$workspace->fault('delay', POST => '/statements$', ms => 30, count => undef);
		},
		in_flight => 1,
		at_once => 1,
		cancelled => 1,
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
		polls => 3,
		cancelled => 1,
	},
	{
		name => 'poll not answered',
		enter => sub { $workspace->fault('hang', GET => '/statements/[0-9a-f-]+$', count => undef) },
		in_flight => 1,
		may_be_over => 1,
		cancelled => 1,
	},
	{
		name => 'warehouse not answering',
		enter => sub {
			$workspace->settings(statement_pending_s => 60);
			$workspace->fault('hang', GET => '/warehouses', count => undef);
		},
		in_flight => 1,
		tries => 1,
		cancelled => 1,
	},
	{
		name => 'between chunks',
		enter => sub { $workspace->fault('hang', GET => '/result/chunks/1', count => undef) },
		in_flight => 1,
	},
	{
		name => 'in a chunk',
		enter => sub { $workspace->fault('stall', GET => "${link}[^/]*/chunk-1\\b", count => undef) },
		in_flight => 1,
	},
	{
		name => 'link not answered',
		enter => sub { $workspace->fault('hang', GET => "${link}[^/]*/chunk-0\\b", count => undef) },
		in_flight => 1,
	});

sub enter
{
	my ($state, $session) = @_;
	$workspace->wait_until('no request', sub { $workspace->counters->{in_flight} == 0 });
	can_chunks([ 1000, 1000, 1000 ]);
	my $before = statements();
	$state->{enter}->();
	$session->send(statement());
	$workspace->wait_in_flight($state->{in_flight}) if $state->{in_flight};
	$workspace->wait_until('polls',
		sub { statements() > $before && last_statement()->{polls} >= $state->{polls} })
	  if $state->{polls};
	sleep 0.05 unless $state->{at_once};
	return;
}

sub leave
{
	$workspace->clear_faults;
	$workspace->settings(statement_pending_s => 0, statement_running_s => 0);
	return;
}

sub check_cancelled
{
	my ($state, $name) = @_;
	return unless $state->{cancelled};
	my $seen = eval {
		$workspace->wait_until('cancel', sub { my $s = last_statement(); $s && $s->{cancel_asked} });
		1;
	};
	ok($seen, "$name: the workspace was told");
	return;
}

sub check_latency
{
	my ($name, @milliseconds) = @_;
	my @sorted = sort { $a <=> $b } @milliseconds;
	note(sprintf 'latency: %s: %s', $name, join ' ', map { sprintf '%.1f', $_ } @milliseconds);
	cmp_ok($sorted[ $#sorted / 2 ], '<', PROMISED, "$name: fast");
	cmp_ok($sorted[-1], '<', ALLOWED, "$name: always fast");
	return;
}

my %signals = (cancel => '57014', terminate => '57P01');
my $session = Session->new($node, database => 'main');
for my $state (@states)
{
	for my $signal (sort keys %signals)
	{
		my $name = "$state->{name}, $signal";
		my @latencies;
		for (1 .. $state->{tries} // 3)
		{
			$session = Session->new($node, database => 'main') if $session->closed;
			enter($state, $session);
			my $start = time;
			$control->execute("SELECT pg_${signal}_backend(" . $session->pid . ')');
			my $result = $session->wait(5);
			push @latencies, (time - $start) * 1000;
			is($result && $result->{error}{C}, $signals{$signal}, "$name: SQLSTATE");
			check_cancelled($state, $name);
			leave();
			$session->wait unless $result;
		}
		check_latency($name, @latencies);
	}
	can_chunks([ 3, 3 ]);
	$session = Session->new($node, database => 'main') if $session->closed;
	check_rows("$state->{name}: the session can be used", 6, session => $session);
}

# A second signal while the first is obeyed must not get lost or do harm.
for (1 .. 3)
{
	enter($states[0], $session);
	$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
	sleep 0.02;
	$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
	is($session->wait->{error}{C}, '57014', 'cancelled twice');
	leave();
}

# In a subtransaction, which goes on.
$session->execute(q{
	CREATE FUNCTION attempt() RETURNS text LANGUAGE plpgsql AS $$
	BEGIN
		PERFORM ds_test_statement('dbx', 'SELECT 1', '{}', 2, false, NULL);
		RETURN 'no error';
	EXCEPTION WHEN query_canceled THEN
		RETURN 'canceled';
	END $$});
can_chunks([3]);
$workspace->settings(statement_running_s => 60);
my $count = statements();
$session->send('SELECT attempt()');
$workspace->wait_until('statement', sub { statements() > $count && last_statement()->{polls} > 0 });
$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
is_deeply(column($session->wait), ['canceled'], 'an exception is caught');
check_cancelled({ cancelled => 1 }, 'an exception is caught');
leave();

# A cursor that is closed, or rolled back, before its end.
for my $end ('CLOSE c', 'ROLLBACK')
{
	can_chunks([ (1000) x 50 ]);
	$session->execute('BEGIN');
	$session->execute('DECLARE c CURSOR FOR ' . statement());
	is($session->value('FETCH c'), '{1,"text 1"}', "$end: a row");
	my $start = time;
	$session->execute($end);
	cmp_ok((time - $start) * 1000, '<', ALLOWED, "$end: fast");
	$session->execute('ROLLBACK') if $end ne 'ROLLBACK';
	cmp_ok(last_statement()->{links_given}, '<=', 5, "$end: only what is needed was asked for");
}
can_chunks([ (1000) x 50 ]);
is(scalar @{ column(run_statement(limit => 10)) }, 10, 'a limit');
cmp_ok(last_statement()->{links_given}, '<=', 5, '... is not read beyond');

# Two results read in turn.
can_chunks([ (50) x 5 ]);
$session->execute('BEGIN');
$session->execute('DECLARE a CURSOR FOR ' . statement());
$session->execute('DECLARE b CURSOR FOR ' . statement());
my %read;
for my $n (1 .. 250)
{
	push @{ $read{$_} }, $session->value("FETCH $_") for 'a', 'b';
}
is_deeply(\%read, { a => rows_of(250), b => rows_of(250) }, 'two cursors at once');
$session->execute('COMMIT');

# ------------------------------------------------------------------
# Memory
# ------------------------------------------------------------------

my $file = "$directory/chunk.json";
my $nrows = 100_000;
append_to_file($file, '[' . join(',', map { '["' . join('","', map { "value $_ of a row" } 1 .. 20) . '"]' } 1 .. $nrows) . ']');
my $large = -s $file;
my @chunks = map { { file => $file, row_count => $nrows } } 1 .. 5;
my $counting = "SELECT ds_test_statement_count('dbx', 'SELECT 1', '{}', 20, false)";
can(columns => columns(20), chunks => [ $chunks[0] ]);
$session->execute($counting);
$session->reset_peak;
my $size = $session->memory('VmHWM');
can(columns => columns(20), chunks => \@chunks);
like($session->value($counting), qr/^\{500000,/, sprintf 'a result of %.0f MB', 5 * $large / 1e6);
cmp_ok($session->memory('VmHWM') - $size, '<', 8192, '... does not need more memory than a fifth of it');

# ------------------------------------------------------------------
# Nothing is left behind
# ------------------------------------------------------------------

# Descriptors and memory after many statements that were left in any state.
my %left;
for my $round (1 .. 60)
{
	can_chunks([ 100, 100, 100 ]);
	$states[ 2 + $round % 5 * 1 ]->{enter}->() unless $round % 5 == 3;
	$session->execute("SET statement_timeout = '60ms'");
	$session->query(statement());
	$session->execute('RESET statement_timeout');
	leave();
	%left = (files => $session->open_files, memory => $session->memory) if $round == 20;
}
cmp_ok($session->open_files, '<=', $left{files} + 2, 'no descriptor is left by many statements');
cmp_ok($session->memory, '<', $left{memory} + 4096, 'no memory is left either');

is_deeply([ $workspace->violations ], [], 'no credentials went along with a link, and no request was malformed');

my $log = slurp_file($node->logfile);
for my $secret ($TOKEN, 'X-Amz-Signature', 'X-Amz-Credential', 'results-bucket', 'customer-key')
{
	is(scalar(() = $log =~ /\Q$secret/g), 0, "the log holds no \"$secret\"");
}

done_testing();
