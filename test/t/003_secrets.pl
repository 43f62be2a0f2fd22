
# Tokens, client secrets, sharing codes and activation links stay where they
# belong: they are in no log, no statistics view, no message, no catalog that
# others read, no URL.  Links are shown only where they were asked for.
#
# Not tested, because nothing can be done about it in an extension:
#
# - log_statement, and statements with a syntax error, which are logged before
#   any hook is called;
# - log_min_error_statement = debug5, which logs a statement when it starts;
# - in the extended protocol, log_min_duration_statement and log_min_messages =
#   debug2 log a statement when it is parsed and bound, before it is executed;
# - auto_explain shows the whole statement string with each of its queries, also
#   with those before the CREATE USER MAPPING;
# - pg_stat_activity shows a statement between its arrival and its execution,
#   so also a DO block before its CREATE USER MAPPING is reached;
# - a statement string of which an earlier statement fails is logged whole, and
#   the later ones were never looked at;
# - before the library is loaded there is no hook, only the validator.  It is
#   not called for statements that fail earlier (a mapping that exists), and
#   does not see the text of statements inside of functions.  Hence
#   session_preload_libraries below, for those.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes;

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

# By name, so that a failure says which one is where.  Values are unlike
# anything else; the first half alone gives a secret away as well.
my %secrets;

sub secret
{
	my ($name, $suffix) = @_;
	my $number = 1 + keys %secrets;
	die "there are two secrets \"$name\"" if $secrets{$name};
	my $value = sprintf 'zq%02dXk7Vb9Wm3Rt5Yp%02dHd8Jf6Lc2Nz%02d', $number, $number, $number;
	$secrets{$name} = substr $value, 0, 17;
	return $value . ($suffix // '');
}

my $token = secret('token');
my $client_secret = secret('client secret');
my $workspace = Workspace->new(token => $token, client_id => 'zq-client', client_secret => $client_secret);
$workspace->add_tables('main.sales.orders');

my $node = PostgreSQL::Test::Cluster->new('secrets');
$node->init;
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'pg_stat_statements,auto_explain'
log_statement = none
log_min_messages = debug5
log_min_duration_statement = 0
log_error_verbosity = verbose
log_duration = on
track_activity_query_size = 16384
pg_stat_statements.track = all
pg_stat_statements.track_utility = on
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
auto_explain.log_verbose = on
auto_explain.log_settings = on
auto_explain.log_nested_statements = on
});
my $log_start = -s $node->logfile // 0;
$node->start;

my $control = Session->new($node, database => 'postgres');
$control->execute('CREATE DATABASE main');

# Everything that other sessions could read in pg_stat_activity.
my $activity = '';

sub look_at_activity
{
	$activity .= join "\n", $control->column('SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
	return;
}

# Sessions whose output must hold no secret, and one that asks for links.
my @sessions;

sub connect_to
{
	my ($database, @options) = @_;
	my $session = Session->new($node, database => $database, @options);
	push @sessions, $session;
	return $session;
}

my @loaded = (options => '-c session_preload_libraries=deltashare_fdw');
my $session = connect_to('main', @loaded);
my $asker = Session->new($node, database => 'main', @loaded);

# A statement that works, or with "fails" one that must not.
sub run
{
	my ($on, $sql, $fails) = @_;
	my $result = $on->query($sql);
	look_at_activity();
	ok($fails ? $result->{error} : !$result->{error}, ($fails ? 'fails: ' : '') . substr($sql, 0, 60) =~ s/\s+/ /gr)
	  or diag(Session::describe($result->{error}));
	return $result;
}

run($session, 'CREATE EXTENSION deltashare_fdw');
run($session, 'CREATE EXTENSION pg_stat_statements');
run($session, "CREATE SERVER dbx TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '"
	  . $workspace->url . "', retry_timeout '0')");
run($session, "CREATE ROLE $_") for 'one', 'two', 'three', 'four', 'five', 'six', 'seven';

# ------------------------------------------------------------------
# Statements that carry a secret
# ------------------------------------------------------------------

sub mapping
{
	my ($user, $option, $value, $server) = @_;
	return "CREATE USER MAPPING FOR $user SERVER " . ($server // 'dbx') . " OPTIONS ($option '$value')";
}

run($session, mapping('CURRENT_USER', 'token', $token));
run($session, mapping('one', 'token', secret('in a mapping')));
run($session, "ALTER USER MAPPING FOR one SERVER dbx OPTIONS (SET token '" . secret('in ALTER USER MAPPING') . "')");
run($session, "ALTER USER MAPPING FOR one SERVER dbx OPTIONS (DROP token, ADD client_id 'c', ADD client_secret '"
	  . secret('in ALTER, added') . "')");
run($session, mapping('two', 'token', secret('in a statement string')) . '; SELECT 2');
run($session, "SET work_mem = '8MB'; ALTER USER MAPPING FOR two SERVER dbx OPTIONS (SET token '"
	  . secret('in a statement string, second') . "')");
run($session, "DO \$\$ BEGIN " . mapping('three', 'token', secret('in a DO block')) . "; END \$\$");
run($session, "DO \$\$ BEGIN EXECUTE '" . mapping('four', 'token', secret('in dynamic SQL')) =~ s/'/''/gr . "'; END \$\$");
run($session, "CREATE FUNCTION map(who text, what text) RETURNS void LANGUAGE plpgsql AS "
	  . "\$\$ BEGIN EXECUTE format('CREATE USER MAPPING FOR %I SERVER dbx OPTIONS (token %L)', who, what); END \$\$");
run($session, 'PREPARE mapping AS SELECT 1');
run($session, "/* a comment */ CREATE USER MAPPING IF NOT EXISTS FOR five SERVER dbx\n\tOPTIONS (client_id 'c', client_secret '"
	  . secret('with quotes', q{''s}) . q{')});
run($session, q{CREATE USER MAPPING FOR six SERVER dbx OPTIONS (client_id 'c', client_secret E'o''clock\\\\}
	  . secret('in an escape string') . q{')});
run($session, 'CREATE USER MAPPING FOR seven SERVER dbx OPTIONS (token $x$' . secret('in dollar quotes') . '$x$)');
run($session, 'DROP USER MAPPING FOR seven SERVER dbx');
run($session, "BEGIN; " . mapping('seven', 'token', secret('in a transaction')) . '; ROLLBACK');

# The same in the extended protocol, without what cannot be avoided there.
$session->execute('SET log_min_duration_statement = -1; SET log_duration = off; SET log_min_messages = debug1');
for my $sql (mapping('seven', 'token', secret('in the extended protocol')),
	"ALTER USER MAPPING FOR seven SERVER dbx OPTIONS (SET token '" . secret('in the extended protocol, ALTER') . "')")
{
	my $result = $session->extended($sql);
	look_at_activity();
	ok(!$result->{error}, 'extended: ' . substr $sql, 0, 50) or diag(Session::describe($result->{error}));
}
for my $sql (mapping('seven', 'tokken', secret('in the extended protocol, misspelt')),
	mapping('seven', 'token', secret('in the extended protocol, twice')))
{
	ok($session->extended($sql)->{error}, 'extended, fails: ' . substr $sql, 0, 50);
	look_at_activity();
}
$session->execute('RESET log_min_duration_statement; RESET log_duration; RESET log_min_messages');

# Statements that fail; with the library loaded, and as the first of a session.
for my $state ('loaded', 'fresh')
{
	my $on = sub { $state eq 'fresh' ? connect_to('main') : $session };
	my $new = sub { secret("$_[0], $state", $_[1]) };
	run($on->(), $_, 'fails') for
	  mapping('public', 'tokken', $new->('misspelt option')),
	  "ALTER USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (ADD secret '" . $new->('misspelt option in ALTER') . "')",
	  "CREATE SERVER bad FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (token '" . $new->('misplaced on a new server') . "')",
	  "ALTER SERVER dbx OPTIONS (ADD client_secret '" . $new->('misplaced on a server') . "')",
	  "ALTER SERVER dbx OPTIONS (ADD tokken '" . $new->('misspelt and misplaced') . "')",
	  "CREATE FOREIGN TABLE bad (name text) SERVER dbx OPTIONS (token '" . $new->('misplaced on a table') . "')",
	  "ALTER FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (token '" . $new->('misplaced on the wrapper') . "')",
	  "CREATE USER MAPPING FOR public SERVER dbx OPTIONS (client_secret '" . $new->('without its id') . "')",
	  "CREATE USER MAPPING FOR public SERVER dbx OPTIONS (token '" . $new->('two kinds') . "', client_id 'c', client_secret '"
	  . $new->('two kinds, the other') . "')",
	  "CREATE USER MAPPING FOR public SERVER dbx OPTIONS (token E'" . $new->('with a control character', q{\n}) . "')";
}

# Only with the library loaded.
run($session, mapping('one', 'token', secret('mapping that exists')), 'fails');
run($session, mapping('nobody', 'token', secret('user that does not exist')), 'fails');
run($session, mapping('one', 'token', secret('server that does not exist'), 'dbxx'), 'fails');
run($session, "ALTER USER MAPPING FOR public SERVER dbx OPTIONS (SET token '" . secret('mapping that does not exist') . "')", 'fails');
run($session, "DO \$\$ BEGIN " . mapping('public', 'tokken', secret('misspelt in a DO block')) . "; END \$\$", 'fails');
run($session, "SELECT map('one', '" . secret('argument of a function') . "')", 'fails');
run($session, "SET ROLE one; " . mapping('two', 'token', secret('no right to it')) . '; RESET ROLE', 'fails');
run($session, 'RESET ROLE');

# While a mapping is made, and before the statement ends.
$session->send(mapping('public', 'token', secret('while it runs')) . '; SELECT pg_sleep(0.3)');
Time::HiRes::sleep(0.15);
look_at_activity();
$session->wait;

# ------------------------------------------------------------------
# Everything that uses a secret
# ------------------------------------------------------------------

run($session, 'CREATE SCHEMA sharing');
run($session, 'IMPORT FOREIGN SCHEMA deltashare FROM SERVER dbx INTO sharing');
run($session, "CREATE SERVER oauth TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '" . $workspace->url . "')");
run($session, "CREATE USER MAPPING FOR CURRENT_USER SERVER oauth OPTIONS (client_id 'zq-client', client_secret '$client_secret')");
run($session, "CREATE FOREIGN TABLE sharing.oauth_shares (name text) SERVER oauth OPTIONS (table_name 'shares')");

my $profile_token = secret('token of a profile');
my $config_file = PostgreSQL::Test::Utils::tempdir() . '/databrickscfg';
append_to_file($config_file, "[other]\nhost = https://example.com\ntoken = $profile_token\n"
	  . "[here]\nhost = " . $workspace->url . "\ntoken = $profile_token\n[broken\n");
run($session, "CREATE SERVER profile TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host '"
	  . $workspace->url . "', retry_timeout '0')");
run($session, "CREATE FOREIGN TABLE sharing.profile_shares (name text) SERVER profile OPTIONS (table_name 'shares')");
run($session, "CREATE USER MAPPING FOR CURRENT_USER SERVER profile OPTIONS (profile 'other', config_file '$config_file')");
run($session, 'SELECT * FROM sharing.profile_shares', 'fails');
PostgreSQL::Test::Utils::system_or_bail('sed', '-i', '/^\[broken$/d', $config_file);
run($session, 'SELECT * FROM sharing.profile_shares', 'fails');
run($session, q{ALTER USER MAPPING FOR CURRENT_USER SERVER profile OPTIONS (SET profile 'here')});
run($session, 'SELECT * FROM sharing.profile_shares', 'fails');    # not a token of this workspace

# Links are shown to who asks for them.
my @links;

sub link_of
{
	my ($name, $result) = @_;
	my ($link) = map { grep { /^https?:/ } map { $_ // '' } @$_ } @{ $result->{rows} };
	ok($link, "$name: shows the link") or diag(Session::describe($result->{error}));
	push @links, $link if $link;
	return;
}

# Of the token that the recipient was made with, unless "links" is an answer
# before: that is what nobody but the asker may see.
run($session, q{SET deltashare.server = 'dbx'});
run($asker, q{SET deltashare.server = 'dbx'});
link_of('INSERT ... RETURNING',
	run($asker, q{INSERT INTO sharing.recipients (name) VALUES ('asked') RETURNING activation_url}));
link_of('create_recipient', run($asker, q{SELECT activation_url FROM deltashare.create_recipient('created')}));
link_of('rotate_recipient_token', run($asker, q{SELECT activation_url FROM deltashare.rotate_recipient_token('created', '1 day')}));
link_of('setup_tenant', run($asker, q{SELECT activation_url FROM deltashare.setup_tenant('acme', ARRAY['main.sales.orders'])}));
run($asker, q{CREATE FOREIGN TABLE sharing.shown (name text, activation_url text) SERVER dbx
	OPTIONS (table_name 'recipients', show_activation_url 'true')});
link_of('show_activation_url', run($asker, q{SELECT activation_url FROM sharing.shown WHERE name = 'asked'}));

# ... and to nobody else.
run($session, q{INSERT INTO sharing.recipients (name) VALUES ('silent')});
run($session, q{SELECT name, comment FROM deltashare.create_recipient('unasked')});
run($session, q{UPDATE sharing.recipients SET comment = 'new' WHERE name = 'silent' RETURNING *});
run($session, q{SELECT * FROM deltashare.alter_recipient('silent', comment => 'newer')});
run($session, q{SELECT * FROM deltashare.create_recipient('silent', if_not_exists => true)});
run($session, q{SELECT * FROM sharing.recipients});
run($session, q{SELECT * FROM sharing.recipient_tokens});
run($session, q{SELECT * FROM deltashare.find_recipient('asked', 'dbx')});
run($session, q{DELETE FROM sharing.recipients WHERE name = 'unasked' RETURNING *});
is($session->value('SELECT count(*) FROM sharing.recipients WHERE activation_url IS NOT NULL'), 0, 'recipients: no links');
is($session->value('SELECT count(*) FROM sharing.recipient_tokens WHERE activation_url IS NOT NULL'), 0, 'recipient_tokens: no links');
run($session, q{SET ROLE one; CREATE FOREIGN TABLE pg_temp.peek (name text, activation_url text) SERVER dbx
	OPTIONS (table_name 'recipients', show_activation_url 'true')}, 'fails');
run($session, 'RESET ROLE');

# A sharing code comes in replies only.
$workspace->control('POST', 'recipients', { recipient => 'asked', set => { sharing_code => secret('sharing code') } });
run($session, $_) for
  'SELECT * FROM sharing.recipients',
  'SELECT * FROM sharing.oauth_shares',
  'EXPLAIN (VERBOSE) SELECT * FROM sharing.recipients',
  'EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT * FROM sharing.recipients, sharing.oauth_shares',
  q{EXPLAIN (ANALYZE, VERBOSE) INSERT INTO sharing.recipients (name) VALUES ('explained')},
  q{PREPARE ask AS SELECT * FROM sharing.recipients WHERE name = $1}, q{EXECUTE ask('asked')},
  q{EXPLAIN (VERBOSE) EXECUTE ask('asked')},
  q{SELECT * FROM deltashare.grant_select('acme_share', 'asked')},
  q{SELECT * FROM deltashare.effective_grants('acme_share')},
  q{SELECT * FROM sharing.grants}, q{SELECT * FROM sharing.share_objects},
  q{SELECT deltashare.drop_recipient('explained')},
  q{COPY (SELECT * FROM sharing.recipients) TO STDOUT},
  q{BEGIN; INSERT INTO sharing.recipients (name) VALUES ('undone'); ROLLBACK};
ok(!$session->extended('SELECT name, activation_url FROM sharing.recipients WHERE name = $1', 'asked')->{error}, 'extended: a query');

# ------------------------------------------------------------------
# Servers that repeat what they were told
# ------------------------------------------------------------------

sub test_echo
{
	my ($name, $status, $body, %options) = @_;
	$workspace->fault('status', GET => '/shares', status => $status, body => $body, headers => $options{headers} // {});
	my $result = $session->query('SELECT * FROM sharing.' . ($options{table} // 'shares'));
	$workspace->clear_faults;
	ok($result->{error}, "$name: an error");
	unlike(Session::describe($result->{error}), qr/zq\d\dXk7V/, "$name: without the secret");
	return;
}

my %standard = (error_code => 'INVALID_STATE', message => "The token $token is bad: $token.");
test_echo('echo in the message', 400, \%standard);
test_echo('echo in the code', 400, { error_code => $token, message => 'x' });
test_echo('echo at the limit of what is shown', 400, { error_code => 'INVALID_STATE', message => ('x' x 480) . $token });
test_echo('echo in a text', 400, "INVALID_STATE: $token");
test_echo('echo in a page', 403, "<html><title>$token</title></html>", headers => { 'Content-Type' => 'text/html' });
test_echo('echo in a long page', 403, '<html><title>' . ('x' x 480) . "$token</title></html>", headers => { 'Content-Type' => 'text/html' });
test_echo('echo in the request id', 400, \%standard, headers => { 'x-request-id' => $token });
test_echo('echo in a page with status 200', 200, "<p>$token</p>", headers => { 'Content-Type' => 'text/html' });
test_echo('echo in what is not JSON', 200, "$token {");
test_echo('echo in the address of a redirect', 302, '', headers => { Location => "/login?token=$token" });
test_echo('echo of a token out of a profile', 400, { error_code => 'INVALID_STATE', message => "The token $profile_token is bad." },
	table => 'profile_shares');

# One that repeats the header with the credentials, OAuth tokens included.
my $oauth_token = secret('OAuth token');
my $echo = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1') or die "could not listen: $!";
my $echo_pid = fork // die "fork: $!";
if ($echo_pid == 0)
{
	serve_echo();
	POSIX::_exit(0);
}

sub serve_echo
{
	while (my $client = $echo->accept)
	{
		my $request = '';
		while ($request !~ /\r\n\r\n/)
		{
			sysread $client, $request, 65536, length $request or last;
		}
		my ($authorization) = $request =~ /^Authorization: (.*?)\r$/mi;
		my ($status, $reply) = (400, { error_code => 'INVALID_STATE', message => "Bad header: $authorization" });
		if ($request =~ m{^POST /oidc/v1/token})
		{
			# right for one client, an echo for the other
			($status, $reply) = decode_base64($authorization =~ s/Basic //r) =~ /^good:/
			  ? (200, { access_token => $oauth_token, token_type => 'Bearer', expires_in => 3600 })
			  : (401, { error => 'invalid_client', error_description => "Bad header: $authorization" });
		}
		my $body = encode_json($reply);
		print $client "HTTP/1.1 $status X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
		  . length($body) . "\r\n\r\n$body";
		close $client;
	}
	return;
}

run($session, "CREATE SERVER echo TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host 'http://127.0.0.1:"
	  . $echo->sockport . "', retry_timeout '0')");
run($session, "CREATE FOREIGN TABLE sharing.echo (name text) SERVER echo OPTIONS (table_name 'shares')");
run($session, mapping('CURRENT_USER', 'token', secret('token that is repeated'), 'echo'));
run($session, 'SELECT * FROM sharing.echo', 'fails');
my $good_secret = secret('secret that is repeated');
run($session, "ALTER USER MAPPING FOR CURRENT_USER SERVER echo OPTIONS (DROP token, ADD client_id 'good', ADD client_secret '$good_secret')");
like(run($session, 'SELECT * FROM sharing.echo', 'fails')->{error}{D}, qr/INVALID_STATE/, 'the OAuth token was used');
$secrets{'secret that is repeated, base64'} = encode_base64("good:$good_secret", '');
my $bad_secret = secret('wrong secret that is repeated');
$secrets{'wrong secret that is repeated, base64'} = substr encode_base64("evil:$bad_secret", ''), 0, 24;
run($session, "ALTER USER MAPPING FOR CURRENT_USER SERVER echo OPTIONS (SET client_id 'evil', SET client_secret '$bad_secret')");
run($session, 'SELECT * FROM sharing.echo', 'fails');
kill 'TERM', $echo_pid;
waitpid $echo_pid, 0;

# ------------------------------------------------------------------
# The local backend
# ------------------------------------------------------------------

run($session, 'CREATE SERVER local FOREIGN DATA WRAPPER deltashare_fdw');
run($session, 'CREATE SCHEMA here');
run($session, 'IMPORT FOREIGN SCHEMA deltashare FROM SERVER local INTO here');
run($session, q{SET deltashare.server = 'local'});
run($asker, q{SET deltashare.server = 'local'});
run($session, 'CREATE TABLE public.orders (id int)');
run($session, q{INSERT INTO here.recipients (name) VALUES ('silent')});
link_of('local INSERT ... RETURNING',
	run($asker, q{INSERT INTO here.recipients (name) VALUES ('asked') RETURNING activation_url}));
link_of('local create_recipient', run($asker, q{SELECT activation_url FROM deltashare.create_recipient('created')}));
link_of('local rotate_recipient_token',
	run($asker, q{SELECT activation_url FROM deltashare.rotate_recipient_token('asked', '0')}));
link_of('local setup_tenant',
	run($asker, q{SELECT activation_url FROM deltashare.setup_tenant('acme', ARRAY['public.orders'])}));
run($session, $_) for
  'SELECT * FROM here.recipients', 'SELECT * FROM here.recipient_tokens', 'SELECT * FROM deltashare.audit_events',
  q{UPDATE here.recipients SET comment = 'new' RETURNING *}, q{SELECT * FROM deltashare.alter_recipient('silent', comment => 'x')},
  q{DELETE FROM here.recipients WHERE name = 'silent' RETURNING *},
  'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM here.recipients';

# The bearer token is shown once.  It is not named in the statement.
my $profile = $asker->value(q{SELECT deltashare.activate(activation_url) FROM deltashare.rotate_recipient_token('created', '0')});
my ($bearer) = $profile =~ /"bearerToken": "(\w+)"/;
ok($bearer, 'activate() shows the bearer token');
$secrets{'local bearer token'} = $bearer;

# ------------------------------------------------------------------
# Look everywhere
# ------------------------------------------------------------------

# Codes of all links, those that nobody asked for included.
my $number = 0;
$secrets{ 'activation link ' . ++$number } = $_ for map { m{([^/?#]+)$} } @links;
$secrets{ 'activation link ' . ++$number } = $_ for $workspace->dump =~ m{"activation_url" : "[^"]*?([^/?#"]+)"}g;
$secrets{ 'local activation link ' . ++$number } = $_ for $asker->column('SELECT code FROM deltashare.pending_activations');
cmp_ok(scalar(grep { /link/ } keys %secrets), '>=', 10, 'there are links to look for');

my %places = (
	'pg_stat_activity' => $activity,
	'pg_stat_statements' => $session->lines('SELECT query FROM pg_stat_statements'),
	'pg_foreign_server' => $session->lines('SELECT * FROM pg_foreign_server'),
	'pg_foreign_table' => $session->lines('SELECT * FROM pg_foreign_table'),
	'pg_foreign_data_wrapper' => $session->lines('SELECT * FROM pg_foreign_data_wrapper'),
	'audit_events' => $session->lines('SELECT * FROM deltashare.audit_events'),
	'violations' => encode_json([ $workspace->violations ]),
	'request log' => encode_json([ $workspace->log ]),
);
$places{'client output'} = join "\n", map { $_->received } @sessions;
$node->stop;
$places{'server log'} = slurp_file($node->logfile, $log_start);
cmp_ok(length $places{'server log'}, '>', 1_000_000, 'the log has everything');
for my $place ('server log', 'pg_stat_statements', 'pg_stat_activity')
{
	ok($places{$place} =~ /CREATE USER MAPPING FOR one SERVER dbx OPTIONS \(token '\*+'\)/, "secrets are blanked in $place");
}

for my $name (sort keys %secrets)
{
	my @found = grep { index($places{$_}, $secrets{$name}) >= 0 } sort keys %places;
	is("@found", '', "secret \"$name\" is nowhere");
}
is($places{violations}, '[]', 'no request broke the rules');

done_testing();
