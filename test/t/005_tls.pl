
# Whom we speak to: certificates are checked, redirects are not followed, and the
# environment has no say.

use strict;
use warnings;

use FindBin;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

# A proxy that the environment of the server names, and that nobody must use.
my $trap = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die "could not listen: $!";
my $trap_url = 'http://127.0.0.1:' . $trap->sockport;
my @names = map { ($_, uc $_) } 'http_proxy', 'https_proxy', 'all_proxy';

my $directory = PostgreSQL::Test::Utils::tempdir();

my $node = PostgreSQL::Test::Cluster->new('tls');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\n");
{
	local @ENV{@names} = ($trap_url) x @names;
	local $ENV{no_proxy} = '';
	local $ENV{SSL_CERT_FILE} = "$directory/env.pem";
	local $ENV{CURL_CA_BUNDLE} = "$directory/env.pem";

	# What the environment would trust; made below, read when it is needed.
	$node->start;
}

# ------------------------------------------------------------------
# Certificates
# ------------------------------------------------------------------

sub openssl
{
	my (@arguments) = @_;
	run_log([ 'openssl', @arguments ]) or die "openssl @arguments failed";
	return;
}

sub make_authority
{
	my ($name) = @_;
	openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', "/CN=$name", '-keyout', "$directory/$name.key", '-out', "$directory/$name.pem",
		'-addext', 'basicConstraints=critical,CA:TRUE');
	return;
}

sub make_certificate
{
	my ($name, $authority, $subject_alternative, @options) = @_;
	openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
		'-subj', "/CN=$name", '-keyout', "$directory/$name.key", '-out', "$directory/$name.csr");
	append_to_file("$directory/$name.ext", "subjectAltName=$subject_alternative\n");
	openssl('x509', '-req', '-in', "$directory/$name.csr", '-CA', "$directory/$authority.pem",
		'-CAkey', "$directory/$authority.key", '-CAcreateserial', '-days', '2',
		'-extfile', "$directory/$name.ext", '-out', "$directory/$name.pem", @options);
	return;
}

make_authority('ours');
make_authority('theirs');
make_certificate('right', 'ours', 'IP:127.0.0.1,DNS:localhost');
make_certificate('wrong_host', 'ours', 'DNS:workspace.example.com');
make_certificate('forged', 'theirs', 'IP:127.0.0.1');
append_to_file("$directory/env.pem", slurp_file("$directory/ours.pem"));

# The request log shows what got through: there is no control API over TLS.
sub start_workspace
{
	my ($certificate) = @_;
	return Workspace->new(arguments => [
		'--tls-cert', "$directory/$certificate.pem", '--tls-key', "$directory/$certificate.key",
		'--log', "$directory/$certificate.log" ]);
}

sub requests
{
	my ($certificate) = @_;
	return -e "$directory/$certificate.log" ? slurp_file("$directory/$certificate.log") : '';
}

my %workspaces = map { $_ => start_workspace($_) } 'right', 'wrong_host', 'forged';
my $plain = Workspace->new;
my $session = $plain->create_database($node, server => { retry_timeout => '0', request_timeout => '3s' });
my $LIST = 'SELECT count(*) FROM sharing.shares';

sub use_server
{
	my ($url, $ca_file) = @_;
	$session->execute("ALTER SERVER dbx OPTIONS (SET host '$url')");
	$session->execute($session->value(q{SELECT srvoptions::text LIKE '%ca_file%' FROM pg_foreign_server WHERE srvname = 'dbx'}) eq 't'
		? 'ALTER SERVER dbx OPTIONS (DROP ca_file)' : 'SELECT 1');
	$session->execute("ALTER SERVER dbx OPTIONS (ADD ca_file '$ca_file')") if $ca_file;
	return;
}

sub check_refused
{
	my ($name, $detail) = @_;
	my $error = $session->query($LIST)->{error};
	is($error ? $error->{C} : 'no error', '08001', "$name: SQLSTATE") or diag(Session::describe($error));
	is($error->{M}, 'could not connect to server "dbx"', "$name: message");
	like($error->{D} // '', $detail, "$name: detail");
	like($error->{H} // '', qr/ca_file/, "$name: hint");
	like($error->{W} // '', qr{remote request: GET /api/}, "$name: context");
	return;
}

sub check_accepted
{
	my ($name) = @_;
	my $result = $session->query($LIST);
	return is($result->{error} ? Session::describe($result->{error}) : $result->{rows}[0][0], 0, "$name: accepted");
}

# In this order: no connection that is kept, and no TLS session, may help later.
use_server($workspaces{right}->url);
check_refused('authority of our own, not named', qr/certificate/i);
use_server($workspaces{right}->url, "$directory/theirs.pem");
check_refused('another authority named', qr/certificate/i);
is(requests('right'), '', 'nothing was sent before the certificate was checked');
use_server($workspaces{right}->url, "$directory/ours.pem");
check_accepted('authority of our own, named');
like(requests('right'), qr{"/api/2.1/unity-catalog/shares}, 'the request arrived');
use_server($workspaces{right}->url =~ s/127\.0\.0\.1/localhost/r, "$directory/ours.pem");
check_accepted('by name');
use_server($workspaces{right}->url);
check_refused('no longer named', qr/certificate/i);
use_server($workspaces{wrong_host}->url, "$directory/ours.pem");
check_refused('certificate of another host', qr/subject name|does not match/i);
use_server($workspaces{forged}->url, "$directory/ours.pem");
check_refused('certificate of another authority', qr/certificate/i);
is(requests('wrong_host') . requests('forged'), '', 'nothing was sent to them');
use_server($workspaces{right}->url, "$directory/none.pem");
check_refused('file that does not exist', qr/none\.pem/);
append_to_file("$directory/garbage.pem", "no certificate\n");
use_server($workspaces{right}->url, "$directory/garbage.pem");
check_refused('file that is none', qr/garbage\.pem/);
use_server($workspaces{right}->url, "$directory/ours.pem");
check_accepted('after all that');

# The handshake wants TLS; what answers in the clear is not spoken to.
use_server($plain->url =~ s/^http:/https:/r);
my $error = $session->query($LIST)->{error};
is($error->{C}, '08001', 'no TLS: SQLSTATE') or diag(Session::describe($error));
is(scalar($plain->log), 0, 'no TLS: no request');

# TLS of last century is refused as well.
SKIP:
{
	my $old = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "could not listen: $!";
	my $port = $old->sockport;
	close $old;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		close STDIN;
		open STDIN, '<', '/dev/null';
		exec 'openssl', 's_server', '-accept', "127.0.0.1:$port", '-cert', "$directory/right.pem", '-key', "$directory/right.key",
		  '-tls1_1', '-cipher', 'DEFAULT:@SECLEVEL=0', '-quiet'
		  or POSIX::_exit(2);
	}
	my $up = 0;
	for (1 .. 100)
	{
		$up = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) and last;
		select undef, undef, undef, 0.05;
	}
	close $up if $up;    # it serves one after the other
	use_server("https://127.0.0.1:$port", "$directory/ours.pem");
	my $result = $up ? $session->query($LIST) : undef;
	kill 'TERM', $pid;
	waitpid $pid, 0;
	skip 'openssl does not serve TLS 1.1', 2 unless $up;
	is($result->{error}{C}, '08001', 'TLS 1.1: refused') or diag(Session::describe($result->{error}));
	like($result->{error}{D}, qr/protocol version|handshake failure|unsupported protocol/i, 'TLS 1.1: for its version');
}

# ------------------------------------------------------------------
# Redirects
# ------------------------------------------------------------------

my $target = Workspace->new;
use_server($plain->url);
for my $status (301, 302, 303, 307, 308)
{
	for my $location ($target->url . '/api/2.1/unity-catalog/shares?max_results=0', '/api/2.1/unity-catalog/recipients')
	{
		$plain->clear_log;
		$plain->fault('status', GET => '/shares', status => $status, body => '', headers => { Location => $location });
		my $result = $session->query($LIST);
		ok($result->{error}, "redirect $status: an error");
		is(join(' ', map { $_->{status} } $plain->log), $status, "redirect $status: not followed");
	}
}
is(scalar($target->log), 0, 'redirect: nothing was sent elsewhere');

# ------------------------------------------------------------------
# Proxies
# ------------------------------------------------------------------

check_accepted('proxies in the environment');
ok(!IO::Select->new($trap)->can_read(0), 'proxies in the environment: not used');

# The one that the server names is.
my $proxy = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1') or die "could not listen: $!";
$session->execute(q{ALTER SERVER dbx OPTIONS (ADD proxy 'http://127.0.0.1:} . $proxy->sockport . q{')});
for my $case ([ $plain->url, qr{^GET \Q@{[ $plain->url ]}\E/api/} ], [ $workspaces{right}->url, qr{^CONNECT 127\.0\.0\.1:} ])
{
	my ($url, $expected) = @$case;
	use_server($url);
	$session->send($LIST);
	my $request = '';
	if (IO::Select->new($proxy)->can_read(10) and my $client = $proxy->accept)
	{
		sysread $client, $request, 65536;
		print $client "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
		close $client;
	}
	my $result = $session->wait;
	like($request, $expected, 'proxy of the server: is used');
	unlike($request, qr/Authorization/, 'proxy of the server: does not see the token of an https request') if $url =~ /^https/;
	ok($result->{error}, 'proxy of the server: its refusal is an error');
}
$session->execute('ALTER SERVER dbx OPTIONS (DROP proxy)');
use_server($plain->url);
check_accepted('without the proxy');

is_deeply([ $plain->violations ], [], 'no request broke the rules');

done_testing();
