
# Whatever a server answers, a statement ends with the right rows or with one
# error that says what failed, where and why; nothing is half done, memory stays
# bounded, and the session goes on.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

# Kilobytes that a backend may grow by, whatever the size of a reply.
use constant MEMORY_ALLOWED => 60 * 1024;

my $node = PostgreSQL::Test::Cluster->new('faults');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\n");
$node->start;

# "dbx" does not repeat anything, "patient" does.
my $workspace = Workspace->new;
my $session = $workspace->create_database($node, server => { retry_timeout => '0', request_timeout => '5s' });
$session->execute("CREATE SERVER patient TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '"
	  . $workspace->url . "')");
$session->execute('CREATE USER MAPPING FOR CURRENT_USER SERVER patient OPTIONS ('
	  . Workspace::option_list(token => $workspace->token) . ')');
$session->execute('CREATE SCHEMA patient');
$session->execute('IMPORT FOREIGN SCHEMA deltashare FROM SERVER patient INTO patient');

my $API = '/api/2.1/unity-catalog';
my $LIST = 'SELECT count(*) FROM sharing.shares';
my $GRANTS = 'SELECT share_name, recipient_name, privilege, principal_id FROM sharing.grants';
my $INSERT = q{INSERT INTO sharing.shares (name) VALUES ('fresh')};

sub start_anew
{
	$workspace->reset;
	$workspace->settings(empty_page_every => 0);
	$workspace->seed(shares => 3, grants => 2, objects => 2, prefix => 'seed');
	$workspace->add_tables('main.sales.orders', 'main.sales.items');
	$workspace->clear_log;
	return;
}

sub check_usable
{
	my ($name) = @_;
	my $result = $session->query($LIST);
	return is($result->{error} ? Session::describe($result->{error}) : $result->{rows}[0][0],
		3, "$name: the session can be used");
}

# One error, with these parts; no part of it may be empty.
sub check_error
{
	my ($name, $result, %expected) = @_;
	my $error = $result->{error};
	my $all = Session::describe($error);

	return fail("$name: there should be an error") unless $error;
	my $good = is($error->{C}, $expected{sqlstate}, "$name: SQLSTATE");
	for my $part ([ M => 'message' ], [ D => 'detail' ], [ H => 'hint' ], [ W => 'context' ])
	{
		my ($key, $label) = @$part;
		next unless $expected{$label};
		$good &= like($error->{$key} // '', $expected{$label}, "$name: $label");
	}
	diag($all) unless $good;
	return;
}

# Run a statement while a fault is on.  The state of the workspace afterwards
# must be what it was before, unless "changes" is given.
sub test_fault
{
	my ($name, $fault, $sql, %expected) = @_;
	start_anew();
	my $before = $workspace->dump(1);
	$workspace->fault(ref $fault eq 'ARRAY' ? @$fault : ($fault, GET => '/shares'));
	check_error($name, $session->query($sql), context => qr/^remote request: [A-Z]+ \/api/m, %expected);
	$workspace->clear_faults;
	if ($expected{changes})
	{
		start_anew();
	}
	else
	{
		$workspace->is_unchanged($before, "$name: nothing is half done");
	}
	check_usable($name);
	return;
}

# ------------------------------------------------------------------
# Replies that are not what they should be
# ------------------------------------------------------------------

my %json = (sqlstate => 'HV00A', message => qr/reply to GET \Q$API\E\/shares\S* is not valid JSON/);
my %type = (sqlstate => 'HV004', message => qr/field "\S+" of the reply is/);

test_fault('not JSON', 'not_json', $LIST, %json, detail => qr/at byte \d+/);
test_fault('login page', 'html', $LIST, %json, detail => qr/HTML page/);
test_fault('no body', 'empty', $LIST, %json);
test_fault('no body for one share', 'empty', q{SELECT * FROM sharing.shares WHERE name = 'seed_share_00000'}, %json);
test_fault('invalid UTF-8', 'invalid_utf8', $LIST, %json, detail => qr/invalid UTF-8 at byte \d+/);
test_fault('NUL', 'nul', $LIST, %json, detail => qr/NUL character/);
test_fault('cut short', 'truncate', $LIST,
	sqlstate => '08006', message => qr/^connection to server "dbx" was lost$/, detail => qr/./);
test_fault('nested 10,000 deep', 'nested', $LIST,
	sqlstate => '54000', message => qr/reply to GET \S+ is too complex/, detail => qr/at byte \d+/);
test_fault('number for a text', [ 'patch', GET => '/shares', set => { 'shares.0.comment' => 12345 } ],
	'SELECT name, comment FROM sharing.shares',
	%type, message => qr/field "comment" of the reply is a number, expected a text/);
test_fault('text for a number', [ 'patch', GET => '/shares', set => { 'shares.0.created_at' => 'yesterday' } ],
	'SELECT name, created_at FROM sharing.shares', %type, message => qr/field "created_at" of the reply is a text/);
test_fault('object for a list', [ 'patch', GET => '/shares', set => { shares => {} } ], $LIST,
	%type, message => qr/field "shares" of the reply is an object, expected an array/);
test_fault('text for an item', [ 'patch', GET => '/shares', set => { 'shares.0' => 'x' } ], $LIST,
	sqlstate => 'HV004', message => qr/element of field "shares" of the reply is a text, expected an object/);
test_fault('text for a grant', [ 'patch', GET => 'permissions', set => { 'privilege_assignments.0' => 'x' } ], $GRANTS,
	sqlstate => 'HV004', message => qr/privilege_assignments/);
test_fault('item without a name', [ 'patch', GET => '/shares', set => { 'shares.0' => {} } ], $GRANTS,
	sqlstate => 'HV004', message => qr/field "name" is missing/);
test_fault('number beyond bigint', [ 'patch', GET => 'permissions',
	set => { 'privilege_assignments.0.principal_id' => '9223372036854775808' } ], $GRANTS,
	sqlstate => '22003', message => qr/field "principal_id" of the reply is out of range for type bigint/);
test_fault('repeated page token', [ 'repeat_token', GET => '/shares', count => undef ], $LIST,
	sqlstate => 'HV000', message => qr/server "dbx" repeated a page token/, detail => qr/after \d+ pages/);
test_fault('endless empty pages', [ 'endless_pages', GET => '/shares', count => undef, empty => JSON::PP::true ], $LIST,
	sqlstate => 'HV000', message => qr/server "dbx" sent \d+ empty pages in a row/);
test_fault('page token that is a number', [ 'patch', GET => '/shares', set => { next_page_token => 7 } ], $LIST,
	%type, message => qr/field "next_page_token" of the reply is a number/);

# What is unusual, and no error.
sub test_answer
{
	my ($name, $prepare, $sql, $expected) = @_;
	start_anew();
	$prepare->();
	my $result = $session->query($sql);
	$workspace->clear_faults;
	return is($result->{error} ? Session::describe($result->{error})
		: join("\n", map { join '|', map { $_ // '(null)' } @$_ } @{ $result->{rows} }),
		$expected, $name);
}

test_answer('id over 2^53 is read exactly',
	sub { $workspace->fault('big_id', GET => 'permissions', value => 9007199254740993, count => undef) },
	'SELECT DISTINCT principal_id FROM sharing.grants', '9007199254740993');
test_answer('so is the greatest one',
	sub { $workspace->fault('big_id', GET => 'permissions', value => 9223372036854775807, count => undef) },
	'SELECT DISTINCT principal_id FROM sharing.grants', '9223372036854775807');
test_answer('empty pages with a token are not the end',
	sub { $workspace->settings(empty_page_every => 2, page_size => 1) }, $LIST, '3');
test_answer('unknown enum values are kept, unknown fields are ignored',
	sub {
		$workspace->control('POST', 'objects',
			{ share => 'seed_share_00000', object => { name => 'a.b.c', data_object_type => 'HOLOGRAM', status => 'FADING', hue => 7 } });
	},
	q{SELECT data_object_type, status FROM sharing.share_objects WHERE share_name = 'seed_share_00000' AND name = 'a.b.c'},
	'HOLOGRAM|FADING');
test_answer('also in recipients',
	sub {
		$workspace->control('POST', 'recipients',
			{ recipient => 'seed_recipient_00000', set => { authentication_type => 'TELEPATHY', mood => ['good'] } });
	},
	q{SELECT authentication_type FROM sharing.recipients WHERE name = 'seed_recipient_00000'}, 'TELEPATHY');
test_answer('an unknown recipient type has no token to ask for',
	sub {
		$workspace->control('POST', 'recipients',
			{ recipient => 'seed_recipient_00000', set => { authentication_type => 'TELEPATHY' } });
	},
	q{SELECT count(*) FROM sharing.recipient_tokens WHERE recipient_name = 'seed_recipient_00001'}, '1');
test_answer('a slow reply is waited for', sub { $workspace->fault('drip', GET => '/shares', bytes => 50, ms => 1) },
	$LIST, '3');
test_answer('a share that vanishes while grants are read has none',
	sub {
		$workspace->fault('status', GET => '/seed_share_00001/permissions', status => 404,
			body => { error_code => 'SHARE_DOES_NOT_EXIST', message => 'gone' });
	},
	q{SELECT count(*) FROM sharing.grants}, '4');

# ------------------------------------------------------------------
# Size
# ------------------------------------------------------------------

$session->value($LIST);
my $memory = $session->memory;
$session->reset_peak;
test_fault('100 MB', 'huge', $LIST,
	sqlstate => '54000', message => qr/reply of server "dbx" is larger than 32768 kB/, hint => qr/max_reply_size/);
my $growth = $session->memory('VmHWM') - $memory;
cmp_ok($growth, '<', MEMORY_ALLOWED, '100 MB: memory is bounded at the peak');
note("100 MB: grew by $growth kB at the peak, " . ($session->memory - $memory) . ' kB afterwards');
cmp_ok($session->memory - $memory, '<', 8192, '100 MB: memory is given back');

start_anew();
$session->reset_peak;
$memory = $session->memory;
$workspace->fault('endless_pages', GET => '/shares', count => 400);
cmp_ok($session->value($LIST), '>', 1000, 'many pages are read');
$growth = $session->memory('VmHWM') - $memory;
cmp_ok($growth, '<', 8192, 'many pages: memory does not grow with them');
note("400 pages: grew by $growth kB");

# ------------------------------------------------------------------
# Errors as the platform words them
# ------------------------------------------------------------------

sub test_status
{
	my ($name, $status, $body, %expected) = @_;
	my %headers = ('x-request-id' => 'req-7f3a', %{ delete $expected{headers} // {} });
	my $sql = delete $expected{sql} // $LIST;
	my $method = $sql =~ /^INSERT/ ? 'POST' : $sql =~ /^(UPDATE|SELECT \* FROM deltashare)/ ? 'PATCH' : 'GET';
	test_fault($name, [ 'status', $method => '/', status => $status, body => $body, headers => \%headers ], $sql,
		message => qr/^could not (list|create|alter|grant)/,
		detail => qr/^Server "dbx" answered with HTTP status $status\b.*The request id is req-7f3a\.$/,
		%expected);
	return;
}

# The standard shape, a code each.
my @codes = (
	[ 400, 'INVALID_PARAMETER_VALUE', '22023' ],
	[ 400, 'INVALID_STATE', '55000' ],
	[ 400, 'FEATURE_DISABLED', '0A000' ],
	[ 401, 'UNAUTHENTICATED', '28000' ],
	[ 403, 'PERMISSION_DENIED', '42501' ],
	[ 404, 'NOT_FOUND', '42704' ],
	[ 404, 'TABLE_DOES_NOT_EXIST', '42P01' ],
	[ 404, 'SCHEMA_DOES_NOT_EXIST', '42704' ],
	[ 409, 'ABORTED', '40001' ],
	[ 409, 'RESOURCE_ALREADY_EXISTS', '42710' ],
	[ 429, 'RESOURCE_EXHAUSTED', '53400' ],
	[ 429, 'REQUEST_LIMIT_EXCEEDED', '53400' ],
	[ 499, 'CANCELLED', '57014' ],
	[ 500, 'INTERNAL_ERROR', '58000' ],
	[ 501, 'NOT_IMPLEMENTED', '0A000' ],
	[ 503, 'TEMPORARILY_UNAVAILABLE', '57P03' ],
	[ 504, 'DEADLINE_EXCEEDED', '57014' ],

	# the code decides, not the status
	[ 400, 'SHARE_DOES_NOT_EXIST', '42704' ],
	[ 500, 'PERMISSION_DENIED', '42501' ],
	[ 418, 'TEAPOT_DOES_NOT_EXIST', '42704' ]);
for my $case (@codes)
{
	my ($status, $code, $sqlstate) = @$case;
	test_status("$status $code", $status, { error_code => $code, message => "Because of $code.", details => [] },
		sqlstate => $sqlstate,
		detail => qr/^Server "dbx" answered with HTTP status $status, error code "$code": Because of $code\. The request id is req-7f3a\.$/);
}

# Without a code, the status does.
for my $case ([ 400, '22023' ], [ 401, '28000' ], [ 403, '42501' ], [ 404, 'HV000' ], [ 409, '40001' ],
	[ 429, '53400' ], [ 500, '58000' ], [ 501, '0A000' ], [ 502, '58000' ], [ 503, '57P03' ], [ 504, '57014' ])
{
	my ($status, $sqlstate) = @$case;
	test_status("$status without a body", $status, '', sqlstate => $sqlstate);
}

# The other shapes.
test_status('old shape', 400, { error => 'old words' }, sqlstate => '22023', detail => qr/400: old words\./);
test_status('SCIM', 409, { detail => 'scim words', status => '409', scimType => 'uniqueness' },
	sqlstate => '40001', detail => qr/error code "SCIM_409": scim words\./);
test_status('SCIM with the text null', 403, { detail => 'null', status => '403', scimType => 'x' },
	sqlstate => '42501', detail => qr/error code "SCIM_403": (?!null)/);
test_status('text', 403, 'PERMISSION_DENIED: plain words', sqlstate => '42501',
	detail => qr/error code "PERMISSION_DENIED": plain words\./);
test_status('HTML with <pre>', 404, '<html><title>No</title><body><pre>pre words</pre></body></html>',
	headers => { 'Content-Type' => 'text/html' }, sqlstate => 'HV000', detail => qr/: pre words\./);
test_status('HTML with <title>', 503, '<html><title>title words</title></html>',
	headers => { 'Content-Type' => 'text/html' }, sqlstate => '57P03', detail => qr/: title words\./);
test_status('redirect', 302, '', headers => { Location => $workspace->url . '/login.html?error=private-link-validation-error' },
	sqlstate => 'HV000');
ok(!(grep { $_->{path} =~ /login/ } $workspace->log), 'redirect: not followed');
test_status('control characters and length', 400,
	{ error_code => 'INVALID_PARAMETER_VALUE', message => "line\nbreak " . ("long " x 1000) },
	sqlstate => '22023', detail => qr/: line break long .{0,900}\z/);
test_status('wrong types in the error', 400, { error_code => 17, message => { a => 1 }, details => 'x' }, sqlstate => '22023');
test_status('request id in the details only', 400,
	{
		error_code => 'INVALID_STATE',
		message => 'words',
		details => [ { '@type' => 'type.googleapis.com/google.rpc.RequestInfo', request_id => 'req-7f3a', serving_data => '' } ]
	},
	headers => { 'x-request-id' => '' }, sqlstate => '55000');

# Writes name their object.
test_status('share that exists', 400, { error_code => 'SHARE_ALREADY_EXISTS', message => 'words' }, sql => $INSERT,
	sqlstate => '42710', message => qr/^share "fresh" already exists$/, context => qr/remote request: POST \Q$API\E\/shares$/m);
test_status('no right to create', 403, { error_code => 'PERMISSION_DENIED', message => 'words' }, sql => $INSERT,
	sqlstate => '42501', message => qr/^could not create share "fresh"$/);
test_status('table that does not exist', 404, { error_code => 'TABLE_DOES_NOT_EXIST', message => 'words' },
	sql => q{SELECT * FROM deltashare.add_to_share('seed_share_00000', 'main.sales.orders', server => 'dbx')},
	sqlstate => '42P01', message => qr/^table "main\.sales\.orders" does not exist$/);
test_status('concurrent change', 409, { error_code => 'ABORTED', message => 'words' },
	sql => q{UPDATE sharing.shares SET comment = 'new' WHERE name = 'seed_share_00000'},
	sqlstate => '40001', message => qr/^could not alter share "seed_share_00000"$/, hint => qr/try again/);

# ------------------------------------------------------------------
# Connections that fail
# ------------------------------------------------------------------

# Curl itself sends once more what was lost with a connection that it had kept.
test_fault('reset', [ 'reset', GET => '/shares', count => undef ], $LIST, sqlstate => '08006', message => qr/connection to server "dbx" was lost/);
test_fault('closed', [ 'close', GET => '/shares', count => undef ], $LIST, sqlstate => '08006', message => qr/connection to server "dbx" was lost/);
test_fault('reset before an INSERT', [ 'reset', POST => '/shares' ], $INSERT,
	sqlstate => '08006', message => qr/connection to server "dbx" was lost/, detail => qr/may or may not have taken effect/);
test_fault('reset after an INSERT', [ 'reset', POST => '/shares', when => 'after' ], $INSERT, changes => 1,
	sqlstate => '08006', message => qr/connection to server "dbx" was lost/, detail => qr/may or may not have taken effect/);

my $nobody = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "could not listen: $!";
my $free_port = $nobody->sockport;
close $nobody;
$session->execute("ALTER SERVER dbx OPTIONS (SET host 'http://127.0.0.1:$free_port')");
check_error('refused', $session->query($LIST), sqlstate => '08001', message => qr/^could not connect to server "dbx"$/,
	detail => qr/Connection refused/, context => qr/remote request: GET/);
$session->execute("ALTER SERVER dbx OPTIONS (SET host '" . $workspace->url . "')");
check_usable('refused');

$session->execute(q{ALTER SERVER dbx OPTIONS (SET request_timeout '300ms')});
test_fault('no answer in time', 'hang', $LIST,
	sqlstate => '08006', message => qr/^request to server "dbx" timed out$/, hint => qr/request_timeout/);
test_fault('no whole answer in time', 'stall', $LIST,
	sqlstate => '08006', message => qr/^request to server "dbx" timed out$/, hint => qr/request_timeout/);
$session->execute(q{ALTER SERVER dbx OPTIONS (SET request_timeout '5s')});

# ------------------------------------------------------------------
# Writes that the server did, and answered badly
# ------------------------------------------------------------------

my %writes = (
	'INSERT of a share' => [ POST => '/shares', $INSERT ],
	'INSERT of a recipient' => [ POST => '/recipients', q{INSERT INTO sharing.recipients (name) VALUES ('fresh')} ],
	'INSERT of an object' => [ PATCH => '/shares/seed_share_00000$',
		q{INSERT INTO sharing.share_objects (share_name, name, data_object_type) VALUES ('seed_share_00000', 'main.sales.orders', 'TABLE')} ],
	'UPDATE of a share' => [ PATCH => '/shares/seed_share_00000$',
		q{UPDATE sharing.shares SET comment = 'new' WHERE name = 'seed_share_00000'} ],
	'grant' => [ PATCH => 'permissions$', q{SELECT deltashare.grant_select('seed_share_00000', 'seed_recipient_00002', 'dbx')} ],
	'revoke' => [ PATCH => 'permissions$', q{SELECT deltashare.revoke_select('seed_share_00000', 'seed_recipient_00000', server => 'dbx')} ],
	'DELETE of an object' => [ PATCH => '/shares/seed_share_00000$',
		q{DELETE FROM sharing.share_objects WHERE share_name = 'seed_share_00000' AND name = 'seed.tables.t00000'} ],
);
for my $name (sort keys %writes)
{
	my ($method, $path, $sql) = @{ $writes{$name} };
	for my $kind ('not_json', 'nested')
	{
		start_anew();
		$workspace->seed(shares => 0, recipients => 3, grants => 0, prefix => 'seed');
		my $before = $workspace->dump(1);
		$workspace->fault($kind, $method => $path);
		my $result = $session->query($sql);
		$workspace->clear_faults;
		like($result->{error}{C} // 'no error', qr/^(HV00A|54000)$/, "$name, answered $kind: an error")
		  or diag(Session::describe($result->{error}));
		$workspace->is_unchanged($before, "$name, answered $kind: nothing is half done");
	}
}

# A second step that fails takes the first one with it.
start_anew();
my $before = $workspace->dump(1);
$workspace->fault('status', PATCH => '/shares/fresh', status => 403,
	body => { error_code => 'PERMISSION_DENIED', message => 'words' });
check_error('owner refused', $session->query(q{INSERT INTO sharing.shares (name, owner) VALUES ('fresh', 'somebody')}),
	sqlstate => '42501', context => qr/remote request: PATCH \Q$API\E\/shares\/fresh/);
$workspace->is_unchanged($before, 'owner refused: the share is not left behind');

# ------------------------------------------------------------------
# Repetitions
# ------------------------------------------------------------------

sub count_requests
{
	my ($method, $path) = @_;
	return scalar $workspace->log(method => $method, path => $path);
}

sub explain_analyze
{
	my ($sql) = @_;
	return $session->lines("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) $sql");
}

start_anew();
$workspace->fault('status', GET => '/shares', status => 429, headers => { 'Retry-After' => '1' },
	body => { error_code => 'RESOURCE_EXHAUSTED', message => 'slow down' });
my $plan = explain_analyze('SELECT name FROM patient.shares');
like($plan, qr/Requests: 2$/m, '429: EXPLAIN ANALYZE counts requests');
like($plan, qr/Retries: 1$/m, '429: EXPLAIN ANALYZE counts retries');
my @requests = $workspace->log(method => 'GET', path => '/shares');
is(join(' ', map { $_->{status} } @requests), '429 200', '429: asked again');
my $waited = $requests[1]{at_ms} - $requests[0]{at_ms};
cmp_ok($waited, '>=', 1000, '429: not before Retry-After is over');
cmp_ok($waited, '<', 3000, '429: not much later either');

start_anew();
$workspace->fault('reset', GET => '/shares', count => 2);
$plan = explain_analyze('SELECT name FROM patient.shares');
like($plan, qr/Retries: 1$/m, 'reset: a list is asked for again');
unlike(explain_analyze('SELECT name FROM patient.shares'), qr/Retries/, 'no retries: not mentioned');

start_anew();
$workspace->fault('status', GET => '/shares', status => 503, headers => { 'Retry-After' => '3600' }, count => undef);
my $start = time;
check_error('Retry-After beyond the budget', $session->query('SELECT * FROM patient.shares'),
	sqlstate => '57P03', message => qr/could not list shares/);
cmp_ok(time - $start, '<', 5, 'Retry-After beyond the budget: not waited for');
$workspace->clear_faults;

start_anew();
$workspace->fault('status', POST => '/shares', status => 429, headers => { 'Retry-After' => '0' });
is($session->value(q{SELECT name FROM deltashare.create_share('fresh', server => 'patient')}), 'fresh',
	'a create that was refused is sent again');
is(count_requests(POST => '/shares'), 2, 'once');

for my $when ('before', 'after')
{
	start_anew();
	$workspace->fault('reset', POST => '/shares', when => $when);
	check_error("create, reset $when", $session->query(q{SELECT deltashare.create_share('fresh', server => 'patient')}),
		sqlstate => '08006', detail => qr/may or may not have taken effect/);
	is(count_requests(POST => '/shares'), 1, "create, reset $when: not sent again");
}

for my $fault ([ 'reset' ], [ 'reset', when => 'after' ], [ 'close' ], [ 'truncate' ],
	[ 'status', status => 429, headers => { 'Retry-After' => '0' } ],
	[ 'status', status => 503, headers => { 'Retry-After' => '0' } ],
	[ 'status', status => 500, body => { error_code => 'UNKNOWN', message => 'Unexpected error' } ])
{
	my ($kind, %options) = @$fault;
	my $name = join ' ', 'rotation', $kind, grep { defined } @options{ 'when', 'status' };
	start_anew();

	# over a connection that was used before, which curl might replace by itself
	$session->value('SELECT count(*) FROM patient.recipients');
	$workspace->fault($kind, POST => 'rotate-token', %options);
	my $result = $session->query(
		q{SELECT deltashare.rotate_recipient_token('seed_recipient_00000', '1 hour', server => 'patient')});
	ok($result->{error}, "$name: an error");
	is(count_requests(POST => 'rotate-token'), 1, "$name: sent once");
}

start_anew();
$workspace->fault('status', GET => '/shares', status => 401, body => { error_code => 'UNAUTHENTICATED', message => 'no' });
check_error('401 with a token', $session->query('SELECT * FROM patient.shares'), sqlstate => '28000', hint => qr/credentials/);
is(count_requests(GET => '/shares'), 1, '401 with a token: not sent again');

# ------------------------------------------------------------------
# Nothing that was sent was improper
# ------------------------------------------------------------------

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
