# Replies that are read while they arrive, links to somewhere else, and
# notifications.  No table needs all of their corners, so the HTTP client is
# driven through a library of test functions (test/modules/http_stream), and
# against a server of bytes that misbehaves in any way.

use strict;
use warnings;

use File::Path qw(make_path);
use FindBin;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use List::Util qw(max);
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

use constant MB => 1024 * 1024;

# Milliseconds: what is promised, and what is allowed to a single try.
use constant PROMISED => 100;
use constant ALLOWED => 500;

my $module = "$FindBin::RealBin/../modules/http_stream";
my $directory = PostgreSQL::Test::Utils::tempdir();
my $TOKEN = 'dapi-stream-token';

# ------------------------------------------------------------------
# The library, the server of bytes, a database
# ------------------------------------------------------------------

# A private installation has no headers: its pg_config may not be the one.
sub find_pg_config
{
	for my $path (split /:/, $ENV{PATH})
	{
		next unless -x "$path/pg_config";
		my $headers = `$path/pg_config --includedir-server`;
		chomp $headers;
		return "$path/pg_config" if -e "$headers/postgres.h";
	}
	die 'there is no pg_config with the headers of the server';
}

sub build
{
	make_path("$directory/build");
	my @command = ('make', '--silent', '--no-print-directory', '-C', "$directory/build",
		'-f', "$module/Makefile", 'PG_CONFIG=' . find_pg_config());
	run_log(\@command) or die 'the library could not be built';
	return "$directory/build/ds_http_stream_test.so";
}

my @servers;

sub start_bytes
{
	my ($name, @certificate) = @_;
	my @command = (Workspace::python(), "$module/server.py", "$directory/$name.log", @certificate);
	pipe my $child_stdin, my $to_child or die "pipe: $!";
	pipe my $from_child, my $child_stdout or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		POSIX::dup2(fileno $child_stdin, 0);
		POSIX::dup2(fileno $child_stdout, 1);
		exec { $command[0] } @command or POSIX::_exit(2);
	}
	close $child_stdin;
	close $child_stdout;
	my $port = readline $from_child // die 'the server of bytes did not start';
	chomp $port;
	push @servers, { pid => $pid, stdin => $to_child, stdout => $from_child };
	return $port;
}

my $owner = $$;

END
{
	if (defined $owner && $owner == $$)
	{
		my $status = $?;
		for my $server (@servers)
		{
			close $server->{stdin};
			waitpid $server->{pid}, 0;
		}
		$? = $status;
	}
}

# What the server saw, and a way to forget it.
my $seen_from = 0;

sub requests
{
	my (%filter) = @_;
	my $text = substr slurp_file("$directory/bytes.log"), $seen_from;
	my @entries = grep { defined $_->{path} } map { decode_json($_) } split /\n/, $text;
	return grep { !$filter{path} || $_->{path} =~ $filter{path} } @entries;
}

sub forget_requests
{
	$seen_from = length slurp_file("$directory/bytes.log");
	return;
}

sub header
{
	my ($request, $name) = @_;
	my ($header) = grep { lc $_->[0] eq lc $name } @{ $request->{headers} };
	return $header ? $header->[1] : undef;
}

my $library = build();
append_to_file("$directory/bytes.log", '');
my $port = start_bytes('bytes');
my $url = "http://127.0.0.1:$port";

my $node = PostgreSQL::Test::Cluster->new('streams');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_error_statement = panic\nstatement_timeout = 60s\n");
$node->start;

my $control = Session->new($node);
$control->execute(slurp_file("$module/functions.sql") =~ s/'MODULE'/'$library'/gr);

# Links are secrets: no statement holds one.
$control->execute('CREATE TABLE link (name text, url text, headers text[])');

sub new_session
{
	my (%target) = @_;
	my $session = Session->new($node);
	set_target($session, %target);
	return $session;
}

sub set_target
{
	my ($session, %target) = @_;
	my %all = (base_url => $url, %target);
	$session->execute('SELECT set_target(' . join(', ', map { "$_ => " . (defined $all{$_} ? "'$all{$_}'" : 'NULL') } sort keys %all) . ')');
	return;
}

# Call a function, its columns joined by "|"; NULL is "-".
sub call
{
	my ($session, $sql) = @_;
	my $result = $session->query($sql =~ /^SELECT/ ? $sql : "SELECT * FROM $sql");
	return "$result->{error}{C}" if $result->{error};
	return join '|', map { $_ // '-' } map { @$_ } @{ $result->{rows} };
}

sub is_call
{
	my ($session, $sql, $expected, $name) = @_;
	return is(call($session, $sql), $expected, $name // $sql);
}

# A stream of its own, opened; its number.
sub open_path
{
	my ($session, $path) = @_;
	my $id = $session->value("SELECT submit('$path')");
	my $status = $session->value("SELECT status FROM open_stream($id)");
	die "$path: status $status" if $status != 200;
	return $id;
}

# Wait for something else, so that the client sees what happens to its streams.
sub look_around
{
	my ($session) = @_;
	return $session->execute(q{SELECT get('/drip/3/100')});
}

sub milliseconds
{
	my ($code) = @_;
	my $start = time;
	$code->();
	return (time - $start) * 1000;
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[ $#sorted / 2 ];
}

# ------------------------------------------------------------------
# What is sent arrives
# ------------------------------------------------------------------

{
	my $session = new_session();
	$session->execute('BEGIN');
	is_call($session, q{submit('/data/3000001')}, 0);
	is_call($session, 'open_stream(0)', '200||1', 'a success has a status and no reply yet');
	is_call($session, 'drain(0, 1000)', '3000001|0', 'all of it, in small pieces');
	is_call($session, 'drain(0)', '0|0', 'the end is the end');
	is_call($session, 'stats()', '1|0|3000001', 'and counted');
	is_call($session, 'close_stream(0)', '', 'closed');
	my ($request) = requests(path => qr{/data/3000001});
	is(header($request, 'Authorization'), "Bearer $TOKEN", 'the API gets the token');

	my $id = open_path($session, '/chunked/2000003');
	is_call($session, "drain($id, 4000000)", '2000003|0', 'in chunks, with a trailer');
	$id = open_path($session, '/gzip/20000000');
	is_call($session, "drain($id, 70000)", '20000000|0', 'compressed');
	is_call($session, 'stats()', '3|0|25000004', 'counted after decompression');
	$id = open_path($session, '/data/0');
	is_call($session, "drain($id)", '0|0', 'empty');
	$id = $session->value("SELECT submit('/json', body => '{}')");
	is_call($session, "open_stream($id)", '200||1', 'a POST');
	is_call($session, "SELECT read_text($id, 7)", '{"answe', 'its reply, as far as there is room');
	is_call($session, "SELECT read_text($id, 100)", 'r": 42}', 'and the rest');
	$session->execute('COMMIT');

	$session->execute('BEGIN');
	for my $round (1 .. 3)
	{
		my $big = open_path($session, '/data/100000000');
		is_call($session, "drain($big, at_most => 5)", '5|1') if $round == 1;
		$session->execute("SELECT close_stream($big)");
	}
	is_call($session, q{get('/json')}, '200|{"answer": 42}|1', 'closed early, nothing is in the way');
	is_call($session, 'drain(7)', 'XX000', 'no such stream');
	$session->execute('ROLLBACK');
}

# ------------------------------------------------------------------
# Any size, in constant memory; as slowly as the reader likes
# ------------------------------------------------------------------

{
	my $session = new_session(max_reply_size => 1, request_timeout => 1000);
	$session->execute('BEGIN');
	my $id = open_path($session, '/data/3000000');
	is_call($session, "drain($id)", '3000000|0', 'max_reply_size is not about streams');

	$session->reset_peak;
	my $before = $session->memory('VmHWM');
	$id = open_path($session, '/data/209715200');
	my $ms = milliseconds(sub { is_call($session, "drain($id)", '209715200|0', '200 MB') });
	cmp_ok($session->memory('VmHWM') - $before, '<', 4096, 'in constant memory');
	note(sprintf '200 MB in %.0f ms, %d kB more memory', $ms, $session->memory('VmHWM') - $before);

	# What the reader leaves alone is held back, and no clock ticks.
	$session->reset_peak;
	$before = $session->memory('VmHWM');
	$id = open_path($session, '/data/52428800');
	my $crowd = join ',', map { open_path($session, "/data/52428800?$_") } 1 .. 8;
	is_call($session, "drain($id, at_most => 100000)", '100000|1', 'a beginning');
	sleep 1.5;
	look_around($session) for 1 .. 5;
	is_call($session, q{get('/json')}, '200|{"answer": 42}|1', 'other requests pass by');
	is_call($session, "SELECT sum(bytes), max(result), min(result) FROM unnest('{$id,$crowd}'::int[]) i, drain(i)",
		9 * 52428800 - 100000 . '|0|0', 'after a long while all is there');
	cmp_ok($session->memory('VmHWM') - $before, '<', 9 * 2048 + 4096, 'nobody hoards');
	is_call($session, 'SELECT retries FROM stats()', 0, 'and nothing was asked for twice');
	$session->execute('COMMIT');
}

# ------------------------------------------------------------------
# Many at once
# ------------------------------------------------------------------

for my $case ([ 64, 40 ], [ 4, 5 ])
{
	my ($concurrency, $ahead) = @$case;
	my $name = "concurrency $concurrency";
	my $session = new_session(concurrency => $concurrency);
	forget_requests();
	$session->execute('BEGIN');
	$session->execute("SELECT submit('/data/5000000?' || i) FROM generate_series(1, 40) i");
	is_call($session, 'open_stream(39)', '200||1', "$name: the last one does not wait for the others");
	$session->execute('SELECT drain(39)');
	my @started = requests(path => qr{^/data/});
	cmp_ok(scalar @started, '<=', $ahead + 1, "$name: so many are under way");
	cmp_ok(scalar @started, '>=', $concurrency == 64 ? 30 : 4, "$name: and not fewer");
	is_call($session, q{get('/json')}, '200|{"answer": 42}|1', "$name: streams are not in the way of other requests");
	is_call($session, 'SELECT sum(bytes), max(result), min(result) FROM generate_series(38, 0, -1) i, '
		. 'LATERAL (SELECT i AS id, s.* FROM open_stream(i) s) o, drain(o.id)', 39 * 5000000 . '|0|0', "$name: in reverse");
	is_call($session, 'stats()', '41|0|200000014', "$name: counted");
	$session->execute('COMMIT');
}

# ------------------------------------------------------------------
# What breaks off
# ------------------------------------------------------------------

sub check_lost
{
	my ($session, $id, $name, %expected) = @_;
	my $error = $session->query("SELECT raise_stream($id)")->{error};
	is($error->{C}, '08006', "$name: SQLSTATE") or diag(Session::describe($error));
	is($error->{M}, $expected{message} // 'connection to server "tested" was lost', "$name: message");
	like($error->{D}, $expected{detail}, "$name: detail");
	like($error->{W}, qr/remote request: GET $expected{path}/, "$name: context");
	return;
}

{
	my $session = new_session(retry_timeout => 10000);
	$session->execute('BEGIN');
	my $id = open_path($session, '/break-once/3000000/10');
	look_around($session);
	is_call($session, "drain($id)", '3000000|0', 'broken off before it was read: repeated');
	is_call($session, 'stats()', '3|1|3000013', 'counted');
	$session->execute('COMMIT; BEGIN');

	$id = open_path($session, '/break/3000000/2500000');
	is_call($session, "drain($id, at_most => 10)", '10|1');
	sleep 0.2;
	like(call($session, "drain($id)"), qr/^\d+\|-1$/, 'broken off after it was read');
	is_call($session, "drain($id)", '0|-1', 'it stays broken');
	check_lost($session, $id, 'broken off', detail => qr/closed|partial/i, path => '/break/3000000/2500000');
	$session->execute('ROLLBACK; BEGIN');

	$id = open_path($session, '/reset/30000000/8000000');
	is_call($session, "drain($id, at_most => 10)", '10|1');
	sleep 0.2;
	like(call($session, "drain($id)"), qr/^\d+\|-1$/, 'reset while the reader was slow');
	check_lost($session, $id, 'reset', detail => qr/./, path => '/reset');
	$session->execute('ROLLBACK; BEGIN');

	$id = open_path($session, '/then/3000000/10/403');
	look_around($session);
	is_call($session, "drain($id)", '0|-1', 'broken off, and then refused');
	check_lost($session, $id, 'then refused', detail => qr/answered with HTTP status 403\./, path => '/then');
	$session->execute('ROLLBACK; BEGIN');

	set_target($session, retry_timeout => 0);
	$id = open_path($session, '/break/3000000/10');
	look_around($session);
	is_call($session, "drain($id)", '0|-1', 'no time for a retry, no bytes');
	$session->execute('ROLLBACK; BEGIN');

	# a stall is noticed, slowness is not a stall
	set_target($session, request_timeout => 400, retry_timeout => 0);
	$id = open_path($session, '/drip/8/200');
	is_call($session, "drain($id, checked => false)", '8|0', 'slow, but never silent');
	$id = open_path($session, '/stall/3000000/70000');
	my $ms = milliseconds(sub { is_call($session, "drain($id)", '70000|-1', 'silent') });
	cmp_ok($ms, '>', 350, 'not before the limit');
	cmp_ok($ms, '<', 1500, 'but then');
	check_lost($session, $id, 'silent', message => 'request to server "tested" timed out',
		detail => qr/Nothing more of the reply arrived within 400 ms\./, path => '/stall');
	$session->execute('ROLLBACK; BEGIN');
	$session->execute(q{SELECT submit('/hang')});
	$ms = milliseconds(sub { is_call($session, 'open_stream(0)', '08006', 'no reply at all') });
	cmp_ok($ms, '<', 1500, 'noticed in time');
	$session->execute('ROLLBACK');

	# the clock of a stream stands still while nobody looks
	$session->execute('BEGIN');
	$id = open_path($session, '/drip/5/150');
	sleep 1;
	is_call($session, "drain($id, checked => false)", '5|0', 'time passed, and nobody looked');
	$session->execute('ROLLBACK');

	# ... also before there is a connection
	$session->execute('BEGIN');
	$session->execute(q{SELECT submit('/data/5')});
	sleep 1;
	is_call($session, 'open_stream(0)', '200||1', 'submitted long ago');
	$session->execute('ROLLBACK');
}

# ------------------------------------------------------------------
# Other answers than a success
# ------------------------------------------------------------------

{
	my $session = new_session(max_reply_size => 64);
	$session->execute('BEGIN');
	$session->execute(q{SELECT submit('/status-once/503/3000000')});
	is_call($session, 'open_stream(0)', '200||2', 'busy, then not');
	is_call($session, 'drain(0)', '3000000|0');
	$session->execute(q{SELECT submit('/status/403/20')});
	is_call($session, 'open_stream(1)', '403|' . 'x' x 20 . '|1', 'a refusal comes as a whole');
	$session->execute(q{SELECT submit('/redirect')});
	like(call($session, 'open_stream(2)'), qr/^302\|\|1/, 'a redirect is not followed');
	$session->execute(q{SELECT submit('/status/500/70000')});
	is_call($session, 'open_stream(3)', '54000', 'a refusal has a limit');
	$session->execute('ROLLBACK');

	set_target($session, retry_timeout => 1500);
	$session->execute('BEGIN');
	$session->execute(q{SELECT submit('/status/429/3')});
	like(call($session, 'open_stream(0)'), qr/^429\|xxx\|[2-9]/, 'busy, and the patience is limited');
	$session->execute('ROLLBACK');
}

# ------------------------------------------------------------------
# Links
# ------------------------------------------------------------------

my $SIGNATURE = 'zqS1gnature%2BOfTheLink%3D';
my $DECODED = 'zqS1gnature+OfTheLink=';
my $HEADER = 'zqHeaderValueOfTheLink';

sub add_link
{
	my ($name, $link, @headers) = @_;
	my $array = @headers ? 'ARRAY[' . join(', ', map { "E'$_'" } @headers) . ']' : 'NULL';
	$control->execute("INSERT INTO link VALUES ('$name', E'$link', $array)");
	return;
}

my $SUBMIT = 'SELECT submit(link => url, headers => headers) FROM link WHERE name =';
add_link('good', "$url/data/3000000?a=1&X-Amz-Signature=$SIGNATURE", 'x-amz-key', $HEADER, 'X-Empty', '');
add_link('plain', "$url/status/200/200?x=xxxxxxxx");
add_link('refused', "$url/echo?a=1&X-Amz-Signature=$SIGNATURE&plain=$DECODED", 'x-amz-key', $HEADER);
add_link('broken', "$url/break/3000000/2000000?sig=$SIGNATURE", 'x-amz-key', $HEADER);
add_link('unknown host', "https://storage.invalid/x?sig=$SIGNATURE", 'x-amz-key', $HEADER);
add_link('nobody there', "http://127.0.0.1:1/x?sig=$SIGNATURE", 'x-amz-key', $HEADER);

{
	my $session = new_session(retry_timeout => 0);
	my @errors;
	my $fails = sub {
		my ($sql, $state, $name) = @_;
		my $error = $session->query($sql)->{error};
		is($error ? $error->{C} : 'no error', $state, $name);
		push @errors, Session::describe($error);
		$session->execute('ROLLBACK; BEGIN');
		return $error;
	};

	forget_requests();
	$session->execute('SET log_min_messages = debug5');
	$session->execute('SET client_min_messages = debug5');
	$session->execute('BEGIN');
	$session->execute("$SUBMIT 'good'");
	is_call($session, 'open_stream(0)', '200||1', 'link');
	is_call($session, 'drain(0)', '3000000|0', 'all of it');
	my ($request) = requests();
	is($request->{path}, "/data/3000000?a=1&X-Amz-Signature=$SIGNATURE", 'the link as it is');
	is(header($request, 'x-amz-key'), $HEADER, 'with its header');
	is(header($request, 'X-Empty'), '', 'an empty one, too');
	is(header($request, $_), undef, "no $_")
	  for 'Authorization', 'Cookie', 'X-Databricks-Workspace-Id', 'Accept-Encoding', 'Content-Type';
	is(header($request, 'User-Agent'), 'stream-test/1', 'the program may be known');
	is_call($session, q{SELECT (get(link => url, headers => headers)).status FROM link WHERE name = 'good'}, '54000',
		'a link can be fetched without streaming, up to the limit');
	$session->execute('ROLLBACK; BEGIN');
	is_call($session, q{SELECT length((get(link => url, headers => headers)).reply) FROM link WHERE name = 'plain'}, '200',
		'and comes as it is');
	unlike(call($session, q{get(link => (SELECT url FROM link WHERE name = 'plain'))}), qr/\*{6}|^.{5}$/, 'nothing in it is masked');
	$session->execute('ROLLBACK; BEGIN');

	$session->execute("$SUBMIT 'refused'");
	my $reply = call($session, 'open_stream(0)');
	like($reply, qr{^403\|GET /echo\?}, 'a refusal comes as a whole');
	unlike($reply, qr/$_/, 'what a server repeats of the secrets is masked')
	  for quotemeta $SIGNATURE, quotemeta $DECODED, $HEADER;
	$session->execute('ROLLBACK; BEGIN');

	$session->execute("$SUBMIT 'broken'");
	is_call($session, 'open_stream(0)', '200||1');
	$session->execute('SELECT drain(0, at_most => 10)');
	is_call($session, 'drain(0)', '1999990|-1', 'broken off');
	my $error = $fails->('SELECT raise_stream(0)', '08006', 'broken off: SQLSTATE');
	like($error->{W}, qr{remote request: GET /shown/chunk}, 'a link goes by its other name');
	like($error->{D}, qr/The link leads to host "127\.0\.0\.1"\./, 'and its host is no secret');

	$session->execute("$SUBMIT 'unknown host'");
	$fails->('SELECT open_stream(0)', '08001', 'unknown host');
	$session->execute("$SUBMIT 'nobody there'");
	$fails->('SELECT open_stream(0)', '08001', 'nobody there');

	my %bad = (
		'http elsewhere' => ["http://192.0.2.1/x?sig=$SIGNATURE"],
		'no URL' => ["/x?sig=$SIGNATURE"],
		'ftp' => ["ftp://127.0.0.1/x?sig=$SIGNATURE"],
		'file' => ["file:///etc/passwd?sig=$SIGNATURE"],
		'user' => ["https://zq:$DECODED\@127.0.0.1/x"],
		'blank' => ["$url/x?sig=$SIGNATURE x"],
		'line feed' => ["$url/x?sig=$SIGNATURE\\r\\nX: y"],
		'Authorization' => [ "$url/x", 'Authorization', $HEADER ],
		'Host' => [ "$url/x", 'hOST', $HEADER ],
		'Transfer-Encoding' => [ "$url/x", 'Transfer-Encoding', $HEADER ],
		'colon in a name' => [ "$url/x", 'X:', $HEADER ],
		'empty name' => [ "$url/x", '', $HEADER ],
		'line feed in a value' => [ "$url/x", 'X', "$HEADER\\nY: z" ],
		'carriage return in a value' => [ "$url/x", 'X', "$HEADER\\rY: z" ],
	);
	forget_requests();
	for my $name (sort keys %bad)
	{
		add_link($name, @{ $bad{$name} });
		my $refusal = $fails->("$SUBMIT '$name'", '08P01', "$name: refused");
		is($refusal->{M}, 'server "tested" sent a link that cannot be used', "$name: message");
	}
	is(scalar requests(), 0, 'nothing was sent');
	$session->execute('ROLLBACK');

	set_target($session, base_url => 'https://127.0.0.1:1');
	$session->execute('BEGIN');
	$fails->("$SUBMIT 'good'", '08P01', 'no clear text from a server that speaks https');

	my $all = join("\n", @errors) . $session->received . slurp_file($node->logfile);
	unlike($all, qr/\Q$_\E/, 'the secret is in no message and no log') for $SIGNATURE, $DECODED, $HEADER, 'zqS1gn';
	like(slurp_file($node->logfile), qr/DEBUG:/, 'and the log would tell');
}

# Whom a link leads to is looked at closely.
{
	my @ec = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2');
	run_log([ 'openssl', 'req', '-x509', @ec, '-subj', '/CN=bytes', '-keyout', "$directory/bytes.key",
			'-out', "$directory/bytes.pem", '-addext', 'subjectAltName=IP:127.0.0.1' ])
	  or die 'no certificate could be made';
	my $tls_port = start_bytes('tls', "$directory/bytes.pem", "$directory/bytes.key");
	add_link('tls', "https://127.0.0.1:$tls_port/data/3000000?sig=$SIGNATURE");
	add_link('tls by another name', "https://localhost:$tls_port/data/5?sig=$SIGNATURE");

	my $session = new_session(retry_timeout => 0);
	$session->execute('BEGIN');
	$session->execute("$SUBMIT 'tls'");
	is_call($session, 'open_stream(0)', '08001', 'a certificate that nobody knows');
	$session->execute('ROLLBACK');
	set_target($session, retry_timeout => 0, ca_file => "$directory/bytes.pem");
	$session->execute('BEGIN');
	$session->execute("$SUBMIT 'tls'");
	is_call($session, 'open_stream(0)', '200||1', 'one of our own authority');
	is_call($session, 'drain(0)', '3000000|0', 'and its data');
	$session->execute("$SUBMIT 'tls by another name'");
	is_call($session, 'open_stream(1)', '08001', 'the name counts');
	$session->execute('ROLLBACK');
}

# ------------------------------------------------------------------
# A backend always answers
# ------------------------------------------------------------------

my @states = (
	{
		name => 'open',
		prepare => q{SELECT submit('/hang')},
		sql => 'SELECT open_stream(0)',
	},
	{
		name => 'read',
		prepare => q{SELECT submit('/stall/5000000/10'); SELECT open_stream(0); SELECT drain(0, at_most => 10)},
		sql => 'SELECT drain(0)',
	},
	{
		name => 'read beside paused streams',
		prepare => q{SELECT submit('/stall/5000000/10'); SELECT submit('/data/500000000?' || i) FROM generate_series(1, 8) i;
			SELECT open_stream(i) FROM generate_series(0, 8) i; SELECT drain(i, at_most => 10) FROM generate_series(0, 8) i},
		sql => 'SELECT drain(0)',
	},
	{
		name => 'bytes without end',
		prepare => q{SELECT submit('/data/900000000000'); SELECT open_stream(0)},
		sql => 'SELECT drain(0, checked => false)',
	},
	{
		name => 'one by one',
		prepare => q{SELECT submit('/data/900000000000'); SELECT open_stream(0)},
		sql => 'SELECT drain(0, size => 1, checked => false)',
	});

sub check_latency
{
	my ($name, @milliseconds) = @_;
	note(sprintf 'latency: %s: %s', $name, join ' ', map { sprintf '%.1f', $_ } @milliseconds);
	cmp_ok(median(@milliseconds), '<', PROMISED, "$name: fast");
	cmp_ok(max(@milliseconds), '<', ALLOWED, "$name: always fast");
	return;
}

for my $state (@states)
{
	my $session = new_session();
	my $files = $session->open_files;
	my (@cancel, @timeout, @terminate, @codes);
	for (1 .. 3)
	{
		$session->execute("BEGIN; $state->{prepare}");
		$session->send($state->{sql});
		sleep 0.1;
		my $result;
		push @cancel, milliseconds(sub {
			$control->execute('SELECT pg_cancel_backend(' . $session->pid . ')');
			$result = $session->wait(10);
		});
		push @codes, $result && $result->{error} ? $result->{error}{C} : 'no error';
		$session->execute('ROLLBACK');

		$session->execute("BEGIN; $state->{prepare}; SET LOCAL statement_timeout = 100");
		push @timeout, milliseconds(sub { $result = $session->query($state->{sql}) }) - 100;
		push @codes, $result->{error} ? $result->{error}{C} : 'no error';
		$session->execute('ROLLBACK');

		my $victim = new_session();
		$victim->execute("BEGIN; $state->{prepare}");
		$victim->send($state->{sql});
		sleep 0.1;
		push @terminate, milliseconds(sub {
			$control->execute('SELECT pg_terminate_backend(' . $victim->pid . ')');
			$result = $victim->wait(10);
		});
		push @codes, $result && $result->{error} ? $result->{error}{C} : 'no error';
	}
	is("@codes", join(' ', ('57014', '57014', '57P01') x 3), "$state->{name}: SQLSTATEs");
	check_latency("$state->{name}, cancel", @cancel);
	check_latency("$state->{name}, statement_timeout", @timeout);
	check_latency("$state->{name}, terminate", @terminate);
	cmp_ok($session->open_files, '<=', $files + 3, "$state->{name}: no connection is left open");
}

# ------------------------------------------------------------------
# Notifications
# ------------------------------------------------------------------

sub wait_for_requests
{
	my ($count, $path) = @_;
	$path //= qr/./;
	for (1 .. 100)
	{
		return 1 if requests(path => $path) >= $count;
		sleep 0.02;
	}
	return 0;
}

# The division is done after the farewell is noted.
my $FAIL = q{SELECT 1 / length(n::text) FROM (SELECT notify_at_end('PATH', '{}', 1000) AS n OFFSET 0) s};

sub notes_left
{
	my ($session) = @_;
	return $session->value(q{SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'deltashare notification'});
}

{
	my $session = new_session();
	forget_requests();
	my $ms = milliseconds(sub { is_call($session, q{notify('/hang', '{"stop": 1}', 3000)}, '', 'a notification') });
	cmp_ok($ms, '<', 500, 'nobody waits for the answer');
	ok(wait_for_requests(1, qr/hang/), 'it arrives');
	my ($request) = requests();
	is($request->{body}, '{"stop": 1}', 'with its body');
	is(header($request, 'Authorization'), "Bearer $TOKEN", 'and the token');
	is($request->{method}, 'POST', 'as a POST');

	forget_requests();
	is_call($session, q{notify('/status/503/3', NULL, 3000)}, '', 'one that is refused');
	$session->execute(q{SELECT get('/json')});
	sleep 0.3;
	$session->execute(q{SELECT get('/json')});
	is(scalar requests(path => qr/status/), 1, 'is not repeated');

	look_around($session);
	is(notes_left($session), 1, 'what is answered is forgotten, only the one that hangs is left');

	# at the end of a transaction, whatever the end is
	forget_requests();
	$session->execute(q{BEGIN; SELECT notify_at_end('/json?commit', '{}', 1000); COMMIT});
	$session->execute(q{BEGIN; SELECT notify_at_end('/json?rollback', '{}', 1000); ROLLBACK});
	my $result = $session->query($FAIL =~ s/PATH/\/json?error/r);
	is($result->{error}{C}, '22012', 'the error is the one that happened');
	$session->execute(q{BEGIN; SAVEPOINT s; SELECT notify_at_end('/json?savepoint', '{}', 1000); ROLLBACK TO s; COMMIT});
	is_call($session, "SELECT 1; DO \$\$ DECLARE x int; BEGIN " . ($FAIL =~ s/PATH/\/json?block/r =~ s/SELECT/SELECT INTO x/r)
		. '; EXCEPTION WHEN division_by_zero THEN PERFORM 1; END $$', '1', 'in a block that catches the error');
	wait_for_requests(5);
	is(join(' ', sort map { $_->{path} =~ /\?(.*)/ } requests()), 'block commit error rollback savepoint', 'all arrived, once');
	ok($session->value('SELECT true'), 'the session lives');

	# a cancelled statement says goodbye
	forget_requests();
	$session->execute(q{BEGIN; SELECT notify_at_end('/json?cancelled', '{}', 1000); SELECT submit('/hang')});
	$session->execute(q{SET LOCAL statement_timeout = 100});
	is($session->query('SELECT open_stream(0)')->{error}{C}, '57014', 'cancelled');
	$session->execute('ROLLBACK');
	ok(wait_for_requests(1, qr/cancelled/), 'a cancelled statement says goodbye');
	my $victim = new_session();
	$victim->execute(q{BEGIN; SELECT notify_at_end('/json?terminated', '{}', 1000)});
	$control->execute('SELECT pg_terminate_backend(' . $victim->pid . ')');
	ok(wait_for_requests(1, qr/terminated/), 'a terminated one, too');
}

# A server that accepts no connection, until its queue is taken down.
sub make_full_server
{
	my $full = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "could not listen: $!";
	my @fillers = map {
		IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $full->sockport, Blocking => 0)
	} 1 .. 4;
	return ($full, @fillers);
}

# A connection that had no chance, because nobody looked, is no failure.
{
	my $session = new_session();
	my ($full, @fillers) = make_full_server();
	set_target($session, base_url => 'http://127.0.0.1:' . $full->sockport, connect_timeout => 500, retry_timeout => 0);
	$session->execute(q{BEGIN; SELECT submit('/x')});
	sleep 0.7;
	my $select = IO::Select->new($full);
	my $result;

	# room in the queue first: a connection that is dropped there is tried again only after a second
	$select->add($full->accept) while IO::Select->new($full)->can_read(0.1);
	$session->send('SELECT status FROM open_stream(0)');
	for (my $from = time; !$result && time - $from < 20;)
	{
		for my $socket ($select->can_read(0.01))
		{
			$select->add($full->accept), next if $socket == $full;
			$socket->recv(my $data, 65536);
			$socket->send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") if $data =~ /^GET/;
			$select->remove($socket) if $data eq '';
		}
		$result = $session->wait(0.01);
	}
	is($result->{error} ? Session::describe($result->{error}) : $result->{rows}[0][0], 200, 'a connection that had no chance');
	$session->execute('ROLLBACK');
}

# What was not sent in time is sent along with other requests.
{
	my $session = new_session();
	my ($full, @fillers) = make_full_server();
	my (@clients, $late);
	set_target($session, base_url => 'http://127.0.0.1:' . $full->sockport);
	is_call($session, q{notify('/late', '{"late": 1}', 50)}, '', 'nobody accepts at first');
	set_target($session);
	my $select = IO::Select->new($full);
	until ($late || @clients > 20 || time - $^T > 300)
	{
		look_around($session);
		for my $socket ($select->can_read(0.01))
		{
			if ($socket == $full)
			{
				$select->add($full->accept);
				push @clients, 1;
				next;
			}
			$socket->recv(my $data, 65536);
			$late = $data if $data =~ m{^POST /late };
			$select->remove($socket) if $data eq '';
		}
	}
	like($late, qr/"late": 1/, 'it is sent later, along with other requests');
}

# What goes wrong is nobody's business.
{
	my $session = new_session();
	my ($full, @fillers) = make_full_server();

	set_target($session, base_url => 'http://127.0.0.1:' . $full->sockport);
	my $ms = milliseconds(sub { is_call($session, q{notify('/x', NULL, 300)}, '', 'nobody accepts') });
	cmp_ok($ms, '>', 250, 'some time is given');
	cmp_ok($ms, '<', 800, 'and no more');
	my $files = $session->open_files;
	$session->execute(q{SELECT notify('/x', NULL, 0) FROM generate_series(1, 60)});
	is(notes_left($session), 16, 'their number is limited');
	cmp_ok($session->open_files, '<=', $files + 32, 'and so is what they hold');

	set_target($session, base_url => 'http://127.0.0.1:1');
	is_call($session, q{notify('/x', NULL, 1000)}, '', 'nobody listens');
	set_target($session, token => "two\nlines");
	is_call($session, q{notify('/x', NULL, 1000)}, '', 'a token that cannot be sent');
	set_target($session, token => undef);
	is_call($session, q{notify('/x', NULL, 1000)}, '', 'no token');
	set_target($session);
	is_call($session, q{notify('no path', NULL, 1000)}, '', 'no path');
	is_call($session, $FAIL =~ s/PATH/no path/r, '22012', 'also while an error is handled');
	is_call($session, q{get('/json')}, '200|{"answer": 42}|1', 'the session lives');
	unlike(slurp_file($node->logfile), qr/holds on interrupts/, 'and interrupts are held as before');

	# OAuth: the token that is there, or one that is quickly had
	my %oauth = (token => undef, client_id => 'zq-client', client_secret => 'zq-client-secret');
	set_target($session, %oauth);
	forget_requests();
	is_call($session, q{notify('/json?oauth', NULL, 2000)}, '', 'with OAuth');
	ok(wait_for_requests(1, qr/oauth$/), 'it arrives');
	is(header((requests(path => qr/\?oauth$/))[0], 'Authorization'), 'Bearer oauth-stream-token', 'with a token');
	is_call($session, q{notify('/json?oauth-2', NULL, 2000)}, '', 'again');
	is(scalar requests(path => qr{/token}), 1, 'with the same one');
	is_call($session, q{get('/json')}, '200|{"answer": 42}|1', 'which others use, too');

	my $silent = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die "could not listen: $!";
	set_target($session, %oauth, base_url => 'http://127.0.0.1:' . $silent->sockport);
	$ms = milliseconds(sub { is_call($session, q{notify('/x', NULL, 400)}, '', 'no token is to be had') });
	cmp_ok($ms, '<', 1000, 'and it takes no longer');
	set_target($session);
	is_call($session, q{get('/json')}, '200|{"answer": 42}|1', 'the session lives');
}

$node->stop;
done_testing();
