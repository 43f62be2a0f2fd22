
# Credentials other than a token: OAuth client credentials, and profiles of a
# configuration file.

use strict;
use warnings;

use FindBin;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

my $node = PostgreSQL::Test::Cluster->new('oauth');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\n");
$node->start;

my $workspace = Workspace->new;
my %client = (client_id => $workspace->client_id, client_secret => $workspace->client_secret);
my $session = $workspace->create_database($node, mapping => \%client);
my $LIST = 'SELECT count(*) FROM sharing.shares';

# How many tokens were issued meanwhile, and what was answered.
sub check_issued
{
	my ($name, $expected, $code) = @_;
	my $before = $workspace->counters->{oauth_tokens_issued};
	$workspace->clear_log;
	$code->();
	return is($workspace->counters->{oauth_tokens_issued} - $before, $expected, "$name: tokens issued");
}

sub statuses
{
	my ($path) = @_;
	return join ' ', map { $_->{status} } $workspace->log(path => $path);
}

sub check_error
{
	my ($name, $result, %expected) = @_;
	my $error = $result->{error};
	is($error ? $error->{C} : 'no error', $expected{sqlstate}, "$name: SQLSTATE") or diag(Session::describe($error));
	like($error->{M} // '', $expected{message}, "$name: message");
	like($error->{D} // '', $expected{detail}, "$name: detail") if $expected{detail};
	like($error->{W} // '', $expected{context}, "$name: context") if $expected{context};
	unlike(Session::describe($error), qr/\Q$client{client_secret}\E|dapi-/, "$name: no secret") if $error;
	return;
}

# ------------------------------------------------------------------
# The token is kept
# ------------------------------------------------------------------

$workspace->seed(shares => 3, prefix => 'seed');

check_issued('many queries', 1,
	sub {
		is($session->value($LIST), 3, 'a query with client credentials');
		$session->execute($LIST) for 1 .. 3;
		$session->execute("BEGIN; $LIST; SAVEPOINT a; $LIST; ROLLBACK TO a; ROLLBACK; $LIST");
		$session->execute(q{SELECT deltashare.create_share('made', server => 'dbx')});
		$session->execute(q{SELECT deltashare.drop_share('made', server => 'dbx')});
	});
is(statuses('/oidc/v1/token'), '200', 'the token endpoint was asked once');
unlike(statuses('unity-catalog'), qr/401/, 'no request was refused');
check_issued('another session', 1,
	sub {
		my $other = Session->new($node, database => 'main');
		$other->execute($LIST) for 1 .. 2;
	});
check_issued('many requests at once', 1,
	sub {
		$workspace->latency(20);
		my $other = Session->new($node, database => 'main');
		is($other->value('SELECT count(*) FROM sharing.grants'), 3, 'many requests, one token');
		$workspace->latency(0);
	});

# ------------------------------------------------------------------
# ... and renewed
# ------------------------------------------------------------------

$workspace->settings(oauth_ttl_s => 2);
my $short = Session->new($node, database => 'main');
check_issued('before half of a short life is over', 1, sub { $short->execute($LIST) for 1 .. 2 });
sleep 1.1;
check_issued('before it expires', 1, sub { $short->execute($LIST) });
unlike(statuses('unity-catalog'), qr/401/, 'before it expires: no request was refused');
sleep 2.1;
check_issued('after it expired', 1, sub { $short->execute($LIST) });
unlike(statuses('unity-catalog'), qr/401/, 'after it expired: no request was refused');

# A scan that takes longer than a token lives.
$workspace->settings(page_size => 1, empty_page_every => 0);
$workspace->latency(400);
my $scan = Session->new($node, database => 'main');
is($scan->value($LIST), 3, 'a scan outlives its token');
unlike(statuses('unity-catalog'), qr/401/, 'a scan outlives its token: no request was refused');
$workspace->latency(0);
$workspace->settings(oauth_ttl_s => 3600, page_size => 100, empty_page_every => 3);

# The server takes it back.
$session->execute($LIST);
$workspace->control('POST', 'oauth/expire');
check_issued('401', 1, sub { is($session->value($LIST), 3, '401: the query succeeds') });
like(statuses('/shares'), qr/^401 200/, '401: asked again with the new token');

$workspace->fault('status', GET => '/shares', status => 401, count => undef,
	body => { error_code => 'UNAUTHENTICATED', message => 'no' });
check_issued('401 for ever', 1,
	sub {
		check_error('401 for ever', $session->query($LIST), sqlstate => '28000', message => qr/could not list shares/,
			context => qr/remote request: GET/);
	});
is(statuses('/shares'), '401 401', '401 for ever: asked again once');
$workspace->clear_faults;
is($session->value($LIST), 3, '401 for ever: the session can be used');

# A rotation is not repeated, not even for this.
$session->execute(q{INSERT INTO sharing.recipients (name) VALUES ('somebody')});
$workspace->control('POST', 'oauth/expire');
$workspace->clear_log;
$session->query(q{SELECT deltashare.rotate_recipient_token('somebody', '0', server => 'dbx')});
is(scalar($workspace->log(path => 'rotate-token')), 1, '401 for a rotation: sent once');

# ------------------------------------------------------------------
# ... and forgotten
# ------------------------------------------------------------------

$session->execute($LIST);
check_issued('ALTER USER MAPPING', 1,
	sub {
		$session->execute("ALTER USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (SET client_secret '$client{client_secret}')");
		$session->execute($LIST);
	});
check_issued('ALTER SERVER', 1,
	sub {
		$session->execute(q{ALTER SERVER dbx OPTIONS (ADD page_size '10')});
		$session->execute($LIST);
	});
check_issued('ALTER SERVER in another session', 1,
	sub {
		my $other = Session->new($node, database => 'main');
		$other->execute(q{ALTER SERVER dbx OPTIONS (DROP page_size)});
		$session->execute($LIST);
	});
check_issued('ALTER of another server', 0,
	sub {
		$session->execute(q{CREATE SERVER other TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host 'example.com')});
		$session->execute(q{ALTER SERVER other OPTIONS (ADD page_size '10')});
		$session->execute($LIST);
	});
$session->execute(q{ALTER USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (SET client_secret 'not this one')});
check_issued('wrong secret', 0,
	sub {
		my $result = $session->query($LIST);
		check_error('wrong secret', $result, sqlstate => '28000', message => qr/^could not authenticate on server "dbx"$/,
			detail => qr/401.*invalid_client/, context => qr{remote request: POST /oidc/v1/token});
		unlike(Session::describe($result->{error}), qr/not this one/, 'wrong secret: not shown');
	});
is(statuses('/oidc/v1/token'), '401', 'wrong secret: tried once');
$session->execute("ALTER USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (SET client_secret '$client{client_secret}')");
is($session->value($LIST), 3, 'wrong secret: the session can be used');

# ------------------------------------------------------------------
# Users
# ------------------------------------------------------------------

$session->execute("CREATE ROLE $_") for 'alice', 'bob', 'carol', 'dave';
$session->execute('GRANT USAGE ON SCHEMA sharing TO PUBLIC');
$session->execute('GRANT SELECT ON sharing.shares TO PUBLIC');
$session->execute('GRANT USAGE ON FOREIGN SERVER dbx TO alice, bob, carol');
$session->execute("CREATE USER MAPPING FOR alice SERVER dbx OPTIONS (" . Workspace::option_list(%client) . ')');
$session->execute("CREATE USER MAPPING FOR bob SERVER dbx OPTIONS (client_id '$client{client_id}', client_secret 'wrong')");
$session->execute("CREATE USER MAPPING FOR carol SERVER dbx OPTIONS (" . Workspace::option_list(%client) . ')');

# A foreign table is read as who asks, within one backend.
my %tables = map { $_ => "SET ROLE $_; SELECT count(*) FROM sharing.shares" } 'alice', 'bob', 'carol', 'dave';
$session->execute('RESET ROLE');
check_issued('two users', 2, sub { is($session->value($tables{$_}), 3, "$_ may") for 'alice', 'carol', 'alice', 'carol' });
check_error('user with a wrong secret', $session->query($tables{bob}), sqlstate => '28000',
	message => qr/^could not authenticate on server "dbx"$/);
check_error('user without a mapping', $session->query($tables{dave}), sqlstate => '42704',
	message => qr/^user mapping not found for user "dave", server "dbx"$/);
$session->execute('RESET ROLE');

# ------------------------------------------------------------------
# Token endpoints that misbehave
# ------------------------------------------------------------------

sub test_endpoint
{
	my ($name, $fault, %expected) = @_;
	my $new = Session->new($node, database => 'main');
	$workspace->fault(@$fault);
	check_error($name, $new->query($LIST), sqlstate => '28000', message => qr/^could not authenticate on server "dbx"$/,
		context => qr{remote request: POST /oidc/v1/token}, %expected);
	$workspace->clear_faults;
	is($new->value($LIST), 3, "$name: the session can be used");
	return;
}

my @TOKEN = (POST => '/oidc/v1/token');
test_endpoint('no token', [ 'patch', @TOKEN, remove => ['access_token'] ]);
test_endpoint('number as token', [ 'patch', @TOKEN, set => { access_token => 17 } ]);
test_endpoint('token with a line break', [ 'patch', @TOKEN, set => { access_token => "a\r\nX-Evil: 1" } ]);
test_endpoint('another type', [ 'patch', @TOKEN, set => { token_type => 'MAC' } ]);
test_endpoint('expired', [ 'patch', @TOKEN, set => { expires_in => 0 } ]);
test_endpoint('not JSON', [ 'not_json', @TOKEN ]);
test_endpoint('login page', [ 'html', @TOKEN ]);
test_endpoint('403', [ 'status', @TOKEN, status => 403, body => { error => 'access_denied', error_description => 'no' } ],
	detail => qr/403.*access_denied/);

# Discovery is a convenience; the secret goes nowhere else.
my $elsewhere = IO::Socket::INET->new(Listen => 4, LocalAddr => '127.0.0.1') or die "could not listen: $!";
my @DISCOVERY = (GET => 'oauth-authorization-server');
for my $case ([ 'endpoint on another host', [ 'patch', @DISCOVERY, set => { token_endpoint => 'http://127.0.0.1:' . $elsewhere->sockport . '/oidc/v1/token' } ] ],
	[ 'endpoint with credentials in it', [ 'patch', @DISCOVERY, set => { token_endpoint => 'http://127.0.0.1:' . $workspace->port . '@127.0.0.1:' . $elsewhere->sockport . '/oidc/v1/token' } ] ],
	[ 'endpoint that is no text', [ 'patch', @DISCOVERY, set => { token_endpoint => 1 } ] ],
	[ 'no discovery', [ 'status', @DISCOVERY, status => 404, body => '' ] ],
	[ 'discovery that is not JSON', [ 'not_json', @DISCOVERY ] ])
{
	my ($name, $fault) = @$case;
	my $new = Session->new($node, database => 'main');
	$workspace->fault(@$fault);
	my $result = $new->query($LIST);
	is($result->{error} ? Session::describe($result->{error}) : $result->{rows}[0][0], 3, "$name: the default one is used");
	$workspace->clear_faults;
}
ok(!IO::Select->new($elsewhere)->can_read(0), 'nobody was sent the secret');

# ------------------------------------------------------------------
# Profiles
# ------------------------------------------------------------------

my $directory = PostgreSQL::Test::Utils::tempdir();
my $file = "$directory/databrickscfg";
my $url = $workspace->url;
append_to_file($file, <<"PROFILES");
; a comment
[DEFAULT]
host = $url/
token = dapi-test-token

[oauth]
host = $url
client_id = $client{client_id}
client_secret = $client{client_secret}

[elsewhere]
host = https://example.com
token = dapi-test-token

[hostless]
token = dapi-test-token

[both]
host = $url
token = dapi-test-token
client_id = $client{client_id}
client_secret = $client{client_secret}

[neither]
host = $url
PROFILES

# Of a user who may do nothing special.
$session->execute("CREATE SERVER profiles TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '$url')");
$session->execute("CREATE FOREIGN TABLE sharing.profiles (name text) SERVER profiles OPTIONS (table_name 'shares')");
$session->execute('GRANT SELECT ON sharing.profiles TO PUBLIC');
$session->execute('GRANT USAGE ON FOREIGN SERVER profiles TO dave');
$session->execute("CREATE USER MAPPING FOR dave SERVER profiles OPTIONS (profile 'DEFAULT', config_file '$file')");
my $AS_DAVE = 'SET ROLE dave; SELECT count(*) FROM sharing.profiles';

sub test_profile
{
	my ($profile, $path) = @_;
	$session->execute("RESET ROLE; ALTER USER MAPPING FOR dave SERVER profiles OPTIONS (SET profile '$profile', SET config_file '$path')");
	my $result = $session->query($AS_DAVE);
	$session->execute('RESET ROLE');
	return $result;
}

is(test_profile('DEFAULT', $file)->{rows}[0][0], 3, 'profile with a token');
is(test_profile('oauth', $file)->{rows}[0][0], 3, 'profile with client credentials');
check_error('profile for another host', test_profile('elsewhere', $file), sqlstate => '28000',
	message => qr/^profile "elsewhere" is not for the host of server "profiles"$/);
check_error('profile without a host', test_profile('hostless', $file), sqlstate => '28000',
	message => qr/^profile "hostless" is not for the host of server "profiles"$/);
check_error('profile with both', test_profile('both', $file), sqlstate => '28000', message => qr/more than one kind of credential/);
check_error('profile with neither', test_profile('neither', $file), sqlstate => '28000', message => qr/no credentials/);
check_error('profile that does not exist', test_profile('none', $file), sqlstate => '42704',
	message => qr/^profile "none" is not in file /);
check_error('file that does not exist', test_profile('DEFAULT', "$file.not"), sqlstate => '58P01', message => qr/could not open file/);
check_error('directory', test_profile('DEFAULT', $directory), sqlstate => '42809', message => qr/is not a regular file/);
append_to_file("$file.broken", "[DEFAULT]\ntoken = dapi-test-token\n[[[\nno line of a profile\n");
check_error('file that is none', test_profile('DEFAULT', "$file.broken"), sqlstate => 'F0000',
	message => qr/is not a configuration file/);
check_error('endless file', test_profile('DEFAULT', '/dev/zero'), sqlstate => '42809', message => qr/is not a regular file/);

# A pipe that nobody writes to must not hold the backend.
POSIX::mkfifo("$file.pipe", 0600) or die "mkfifo: $!";
$session->execute("ALTER USER MAPPING FOR dave SERVER profiles OPTIONS (SET config_file '$file.pipe')");
my $held = Session->new($node, database => 'main');
$held->execute(q{SET statement_timeout = '500ms'});
$held->send($AS_DAVE);
my $result = $held->wait(3);
ok($result && $result->{error}, 'pipe: refused, or at least given up');
unless ($result)
{
	open my $pipe, '>', "$file.pipe";    # let the backend go
	close $pipe;
}

# Who owns the server could point it elsewhere, to be sent the credentials.
$session->execute("RESET ROLE; ALTER USER MAPPING FOR dave SERVER profiles OPTIONS (SET profile 'DEFAULT', SET config_file '$file')");
$session->execute('GRANT USAGE ON FOREIGN DATA WRAPPER deltashare_fdw TO dave');
$session->execute('ALTER SERVER profiles OWNER TO dave');
$session->execute("SET ROLE dave; ALTER SERVER profiles OPTIONS (SET host 'http://127.0.0.1:" . $elsewhere->sockport . "')");
check_error('server that was moved', $session->query($AS_DAVE), sqlstate => '28000', message => qr/is not for the host/);
ok(!IO::Select->new($elsewhere)->can_read(0), 'server that was moved: no connection');
$session->execute("ALTER SERVER profiles OPTIONS (SET host '$url')");

# Only a superuser may name files.
for my $sql (q{CREATE USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (profile 'DEFAULT')},
	"CREATE USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (profile 'DEFAULT', config_file '$file')",
	q{ALTER USER MAPPING FOR dave SERVER profiles OPTIONS (SET profile 'oauth')},
	q{ALTER USER MAPPING FOR dave SERVER profiles OPTIONS (SET config_file '/etc/passwd')},
	"ALTER SERVER profiles OPTIONS (ADD ca_file '$file')")
{
	$session->execute('RESET ROLE; GRANT USAGE ON FOREIGN SERVER dbx TO dave; SET ROLE dave');
	check_error('not a superuser: ' . substr($sql, 0, 60), $session->query($sql), sqlstate => '42501',
		message => qr/^permission denied to set option/);
}
$session->execute('RESET ROLE');

is_deeply([ $workspace->violations ], [], 'no request broke the rules');

done_testing();
