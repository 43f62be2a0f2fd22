
=pod

=head1 NAME

Workspace - the test workspace as a child of a test

=head1 SYNOPSIS

  my $workspace = Workspace->new(token => 'dapi-secret');
  my $session = $workspace->create_database($node);    # database "main"
  $session->execute('SELECT * FROM sharing.shares');

  $workspace->fault('hang', GET => '/shares');
  $workspace->clear_faults;
  my @requests = $workspace->log(path => '/shares');

=head1 DESCRIPTION

Starts C<python -m workspace>, which ends with the test or when the object is
destroyed.  The interpreter is, as test/run sets it,
$DELTASHARE_TEST_PYTHON; by default the one in .venv at the root of the
repository.

The control calls need http: a workspace with a certificate is seen only
through its log file.

=cut

package Workspace;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use HTTP::Tiny;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

use PostgreSQL::Test::Utils ();
use Session;
use Test::More ();

our $default_token = 'dapi-test-token';

my $root = dirname(dirname(dirname(abs_path(__FILE__))));
my $started = 0;

# Options: token, client_id, client_secret, and "arguments" for the command
# line as they are.
sub new
{
	my ($class, %options) = @_;
	my $self = bless {
		token => $options{token} // $default_token,
		client_id => $options{client_id} // 'test-client',
		client_secret => $options{client_secret} // 'test-client-secret',
		http => HTTP::Tiny->new(timeout => 60, proxy => undef, http_proxy => undef, https_proxy => undef),
	}, $class;
	$self->_start(
		'--token', $self->{token},
		'--client-id', $self->{client_id},
		'--client-secret', $self->{client_secret},
		@{ $options{arguments} // [] });
	return $self;
}

sub python
{
	return $ENV{DELTASHARE_TEST_PYTHON} // "$root/.venv/bin/python";
}

sub _start
{
	my ($self, @arguments) = @_;
	my @command = (python(), '-m', 'workspace', '--port', '0', '--exit-on-stdin-eof', '--max-seconds', '900');
	my $number = ++$started;
	my $errors = "$PostgreSQL::Test::Utils::log_path/workspace_" . PostgreSQL::Test::Utils::basename($0) . "_$number.log";

	die "$command[0] does not exist: set DELTASHARE_TEST_PYTHON" unless -x $command[0];
	pipe my $child_stdin, my $to_child or die "pipe: $!";
	pipe my $from_child, my $child_stdout or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		$ENV{PYTHONPATH} = "$root/test";
		$ENV{PYTHONDONTWRITEBYTECODE} = 1;
		POSIX::dup2(fileno $child_stdin, 0);
		POSIX::dup2(fileno $child_stdout, 1);
		open my $log, '>', $errors or POSIX::_exit(2);
		POSIX::dup2(fileno $log, 2);
		exec { $command[0] } @command, @arguments or POSIX::_exit(2);
	}
	close $child_stdin;
	close $child_stdout;
	$self->{pid} = $pid;
	$self->{owner} = $$;
	$self->{stdin} = $to_child;
	my $url = readline $from_child;
	die "the test workspace did not start, see $errors" unless defined $url;
	chomp $url;
	$self->{url} = $url;
	$self->{stdout} = $from_child;
	return;
}

# End the process; what it has open is reset.
sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid};
	return if !$pid || $self->{owner} != $$;
	close delete $self->{stdin};
	my $deadline = time + 5;
	until (waitpid($pid, WNOHANG) == $pid)
	{
		if (time > $deadline)
		{
			kill 'KILL', $pid;
			waitpid $pid, 0;
			last;
		}
		sleep 0.02;
	}
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local ($@, $!, $?);
	$self->stop;
	return;
}

sub url { return $_[0]{url} }
sub token { return $_[0]{token} }
sub client_id { return $_[0]{client_id} }
sub client_secret { return $_[0]{client_secret} }

sub port
{
	my ($self) = @_;
	return $self->{url} =~ /:(\d+)$/ ? $1 : die 'the workspace has no port';
}

# ------------------------------------------------------------------
# The control API
# ------------------------------------------------------------------

sub control
{
	my ($self, $method, $name, $body) = @_;
	my %request;
	if (defined $body)
	{
		$request{content} = encode_json($body);
		$request{headers} = { 'Content-Type' => 'application/json' };
	}
	my $reply = $self->{http}->request($method, "$self->{url}/__control__/$name", \%request);
	die "control call $method $name: $reply->{status} $reply->{content}" unless $reply->{success};
	return decode_json($reply->{content});
}

# Back to the state after start.
sub reset
{
	my ($self) = @_;
	$self->clear_faults;    # lets requests go that are held
	$self->control('POST', 'reset');
	return;
}

sub fault
{
	my ($self, $kind, $method, $path, %options) = @_;
	$self->control('POST', 'faults', { kind => $kind, method => $method, path => $path, %options });
	return;
}

sub clear_faults
{
	my ($self) = @_;
	$self->control('DELETE', 'faults');
	return;
}

sub settings
{
	my ($self, %settings) = @_;
	return $self->control('PATCH', 'settings', \%settings);
}

sub latency
{
	my ($self, $ms) = @_;
	$self->control('PUT', 'latency', { ms => $ms });
	return;
}

sub seed
{
	my ($self, %counts) = @_;
	return $self->control('POST', 'seed', \%counts);
}

# Tables of the catalog that can be shared.
sub add_tables
{
	my ($self, @names) = @_;
	$self->control('POST', 'tables',
		[ map { { full_name => $_, columns => [ { name => 'id', type_text => 'bigint' } ] } } @names ]);
	return;
}

# Requests seen: path and method select.
sub log
{
	my ($self, %query) = @_;
	my $query = join '&', map { "$_=" . _escape($query{$_}) } sort keys %query;
	return @{ $self->control('GET', "log?$query")->{entries} };
}

sub clear_log
{
	my ($self) = @_;
	$self->control('DELETE', 'log');
	return;
}

# in_flight, in_flight_max, connections, oauth_tokens_issued, total
sub counters
{
	my ($self) = @_;
	return $self->control('GET', 'log?path=%5E%24');
}

sub violations
{
	my ($self) = @_;
	return @{ $self->control('GET', 'violations')->{violations} };
}

# The whole state as text, to be compared.
sub dump
{
	my ($self, $stable) = @_;
	return JSON::PP->new->canonical->pretty->encode($self->control('GET', 'dump?stable=' . ($stable ? 1 : 0)));
}

# Test that the state is what an earlier dump says.  Who changed a thing last
# does not count: undoing is a change, too.  Nor does whether what is empty was
# once filled.
sub is_unchanged
{
	my ($self, $before, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is_same_text((map { JSON::PP->new->canonical->pretty->encode(_normalize(JSON::PP->new->decode($_))) } $self->dump(1), $before), $name);
}

sub _normalize
{
	my ($value) = @_;
	return [ map { _normalize($_) } @$value ] if ref $value eq 'ARRAY';
	return $value unless ref $value eq 'HASH';
	my %kept = %$value;
	delete @kept{ 'updated_by', 'added_by' };
	delete $kept{comment} if defined $kept{comment} && $kept{comment} eq '';
	delete $kept{ip_access_list} if $kept{ip_access_list} && !@{ $kept{ip_access_list}{allowed_ip_addresses} };
	return { map { $_ => _normalize($kept{$_}) } keys %kept };
}

# Test that two texts are equal; if not, show the lines that only one of them has.
sub is_same_text
{
	my ($got, $expected, $name) = @_;
	my @lines;
	for my $pair ([ '-', $expected, $got ], [ '+', $got, $expected ])
	{
		my ($sign, $one, $other) = @$pair;
		my %seen;
		$seen{$_}++ for split /\n/, $other;
		push @lines, map { "$sign$_" } grep { --($seen{$_} //= 0) < 0 } split /\n/, $one;
	}
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return Test::More::ok($got eq $expected, $name) || Test::More::diag(join "\n", @lines);
}

sub wait_until
{
	my ($self, $what, $condition) = @_;
	my $deadline = time + 30;
	until ($condition->())
	{
		die "timed out waiting: $what" if time > $deadline;
		sleep 0.005;
	}
	return;
}

sub wait_in_flight
{
	my ($self, $count) = @_;
	$self->wait_until("$count requests in flight", sub { $self->counters->{in_flight} >= $count });
	return;
}

sub _escape
{
	my ($text) = @_;
	return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger;
}

# ------------------------------------------------------------------
# A database that uses the workspace
# ------------------------------------------------------------------

# Extension, server "dbx", a mapping of the user and the tables in schema
# "sharing"; returns a session in it.  Options: database (main), server and
# mapping (hashes of options that come on top of, or instead of, ours).
sub create_database
{
	my ($self, $node, %options) = @_;
	my $database = $options{database} // 'main';
	my %server = (host => $self->url, %{ $options{server} // {} });
	my %mapping = $options{mapping} ? %{ $options{mapping} } : (token => $self->token);

	my $admin = Session->new($node, database => 'postgres');
	$admin->execute("CREATE DATABASE $database");
	$admin->disconnect;
	my $session = Session->new($node, database => $database);
	$session->execute('CREATE EXTENSION deltashare_fdw');
	$session->execute("CREATE SERVER dbx TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS ("
		  . option_list(%server) . ')');
	$session->execute('CREATE USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (' . option_list(%mapping) . ')');
	$session->execute('CREATE SCHEMA sharing');
	$session->execute('IMPORT FOREIGN SCHEMA deltashare FROM SERVER dbx INTO sharing');
	return $session;
}

sub option_list
{
	my (%options) = @_;
	return join ', ', map { "$_ " . quote($options{$_}) } sort keys %options;
}

sub quote
{
	my ($text) = @_;
	return "'" . $text =~ s/'/''/gr . "'";
}

1;
