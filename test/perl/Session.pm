
=pod

=head1 NAME

Session - one connection to a server, in plain Perl

=head1 SYNOPSIS

  my $session = Session->new($node, database => 'main');
  my $result = $session->query('SELECT 1');       # rows, tag, error, notices
  $session->execute('CREATE TABLE t ()');         # dies if it fails
  my $value = $session->value('SELECT 1');
  $result = $session->extended('SELECT $1', 2);   # Parse, Bind, Execute

  $session->send('SELECT pg_sleep(60)');          # and go on meanwhile
  $result = $session->wait(1);                    # undef after one second

=head1 DESCRIPTION

What these tests need and psql cannot give: the fields of an error one by one,
milliseconds that do not hold the start of a process, statements that are
under way in several sessions, the extended protocol, and every byte that the
server sent.

A result is a hash: C<rows> (arrays of texts, of all statements), C<columns>,
C<tag> (of the last statement), C<error> and C<notices>.  An error is a hash
with the one-letter keys of the protocol: C (SQLSTATE), M (message), D
(detail), H (hint), W (context).

=cut

package Session;

use strict;
use warnings;

use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

# Seconds after which a test is given up.
our $timeout = 120;

sub new
{
	my ($class, $node, %options) = @_;
	my $user = $options{user} // getpwuid($<);
	my $socket = IO::Socket::UNIX->new(
		Type => SOCK_STREAM,
		Peer => $node->host . '/.s.PGSQL.' . $node->port)
	  or die "could not connect: $!";
	my $self = bless {
		socket => $socket,
		input => '',
		received => '',
		result => _empty_result(),
	}, $class;

	my %startup = (
		user => $user,
		database => $options{database} // 'postgres',
		client_encoding => 'UTF8',
		application_name => $options{application_name} // 'session',
		($options{options} ? (options => $options{options}) : ()));
	my $body = pack('N', 196608) . join('', map { "$_\0$startup{$_}\0" } sort keys %startup) . "\0";
	$self->_write(pack('N', 4 + length $body) . $body);
	my $result = $self->wait // die 'the server did not answer';
	die "could not log in: $result->{error}{M}" if $result->{error};
	return $self;
}

# The server process.
sub pid { return $_[0]{pid} }

# Everything that the server ever sent, as it came.
sub received { return $_[0]{received} }

# Has the server ended the connection?
sub closed { return $_[0]{closed} // 0 }

sub send
{
	my ($self, $sql) = @_;
	$self->_write(_message('Q', "$sql\0"));
	return;
}

sub send_extended
{
	my ($self, $sql, @parameters) = @_;
	my $values = join '',
	  map { defined $_ ? pack('N', length $_) . $_ : pack('N', 0xFFFFFFFF) } @parameters;
	$self->_write(
		_message('P', "\0$sql\0" . pack('n', 0))
		  . _message('B', "\0\0" . pack('n', 0) . pack('n', scalar @parameters) . $values . pack('n', 0))
		  . _message('D', "P\0")
		  . _message('E', "\0" . pack('N', 0))
		  . _message('S', ''));
	return;
}

# The result of what was sent, when it is complete or the connection is closed.
sub wait
{
	my ($self, $seconds) = @_;
	my $deadline = time + ($seconds // $timeout);
	my $select = IO::Select->new($self->{socket});
	until ($self->_read_messages)
	{
		my $left = $deadline - time;
		if ($left <= 0 || !$select->can_read($left))
		{
			return if defined $seconds;
			die 'no answer from the server';
		}
		$self->_fill or last;
	}
	my $result = $self->{result};
	$self->{result} = _empty_result();
	return $result;
}

sub query
{
	my ($self, $sql) = @_;
	$self->send($sql);
	return $self->wait;
}

sub extended
{
	my ($self, $sql, @parameters) = @_;
	$self->send_extended($sql, @parameters);
	return $self->wait;
}

sub execute
{
	my ($self, $sql) = @_;
	my $result = $self->query($sql);
	die describe($result->{error}) . "\nin: $sql\n" if $result->{error};
	return $result;
}

sub value
{
	my ($self, $sql) = @_;
	my $rows = $self->execute($sql)->{rows};
	return @$rows ? $rows->[0][0] : undef;
}

# First column of all rows.
sub column
{
	my ($self, $sql) = @_;
	return map { $_->[0] } @{ $self->execute($sql)->{rows} };
}

# Rows as text: "a|b" lines.
sub lines
{
	my ($self, $sql) = @_;
	return join "\n", map { join '|', map { $_ // '' } @$_ } @{ $self->execute($sql)->{rows} };
}

sub disconnect
{
	my ($self) = @_;
	return if $self->{closed};
	$self->_write(_message('X', ''));
	close $self->{socket};
	$self->{closed} = 1;
	return;
}

# An error or a notice, all of it, as text.
sub describe
{
	my ($error) = @_;
	return '(no error)' unless $error;
	my $text = "$error->{S} $error->{C}: $error->{M}";
	my %names = (D => 'DETAIL', H => 'HINT', W => 'CONTEXT');
	for my $field ('D', 'H', 'W')
	{
		$text .= "\n$names{$field}: $error->{$field}" if defined $error->{$field};
	}
	return $text;
}

# ------------------------------------------------------------------
# What the server process holds, as the kernel knows it
# ------------------------------------------------------------------

# Sockets, pipes and the like.  Files do not count: the server keeps those of
# relations open as it likes.
sub open_files
{
	my ($self) = @_;
	return scalar grep { defined && !m{^/} } map { readlink } glob "/proc/$self->{pid}/fd/*";
}

# Kilobytes.
sub memory
{
	my ($self, $name) = @_;
	$name //= 'VmRSS';
	open my $file, '<', "/proc/$self->{pid}/status" or die "could not read the status: $!";
	my ($value) = map { /^$name:\s+(\d+) kB/ } <$file>;
	close $file;
	return $value;
}

# From here on VmHWM is the greatest size since now.
sub reset_peak
{
	my ($self) = @_;
	open my $file, '>', "/proc/$self->{pid}/clear_refs" or die "could not reset the peak: $!";
	print $file "5\n";
	close $file or die "could not reset the peak: $!";
	return;
}

# ------------------------------------------------------------------
# The protocol
# ------------------------------------------------------------------

sub _empty_result
{
	return { rows => [], columns => [], notices => [], error => undef, tag => undef };
}

sub _message
{
	my ($type, $body) = @_;
	return $type . pack('N', 4 + length $body) . $body;
}

sub _write
{
	my ($self, $data) = @_;
	utf8::encode($data) if utf8::is_utf8($data);
	while (length $data)
	{
		my $written = syswrite $self->{socket}, $data;
		return unless defined $written;    # the reader will see why
		substr($data, 0, $written) = '';
	}
	return;
}

sub _fill
{
	my ($self) = @_;
	my $count = sysread $self->{socket}, my $data, 65536;
	if (!$count)
	{
		$self->{closed} = 1;
		return 0;
	}
	$self->{input} .= $data;
	$self->{received} .= $data;
	return 1;
}

# Take in the messages that are complete; true once the server is ready again.
sub _read_messages
{
	my ($self) = @_;
	return 1 if $self->{closed};
	while (length $self->{input} >= 5)
	{
		my ($type, $length) = unpack 'aN', $self->{input};
		last if length $self->{input} < 1 + $length;
		my $body = substr $self->{input}, 5, $length - 4;
		substr($self->{input}, 0, 1 + $length) = '';
		return 1 if $self->_take($type, $body);
	}
	return 0;
}

sub _take
{
	my ($self, $type, $body) = @_;
	my $result = $self->{result};
	if ($type eq 'Z')
	{
		$self->{status} = $body;
		return 1;
	}
	if ($type eq 'R' && unpack('N', $body) != 0)
	{
		die 'only trust authentication is supported';
	}
	$self->{pid} = unpack 'N', $body if $type eq 'K';
	push @{ $result->{rows} }, _row($body) if $type eq 'D';
	$result->{columns} = _columns($body) if $type eq 'T';
	$result->{tag} = $body =~ s/\0$//r if $type eq 'C';
	push @{ $result->{notices} }, _fields($body) if $type eq 'N';
	$result->{error} //= _fields($body) if $type eq 'E';
	return 0;
}

sub _fields
{
	my ($body) = @_;
	return { map { (substr($_, 0, 1), substr($_, 1)) } grep { length } split /\0/, $body };
}

sub _columns
{
	my ($body) = @_;
	my ($count) = unpack 'n', $body;
	my $at = 2;
	my @names;
	for (1 .. $count)
	{
		my $end = index $body, "\0", $at;
		push @names, substr $body, $at, $end - $at;
		$at = $end + 19;
	}
	return \@names;
}

sub _row
{
	my ($body) = @_;
	my ($count) = unpack 'n', $body;
	my $at = 2;
	my @values;
	for (1 .. $count)
	{
		my $length = unpack 'N', substr $body, $at, 4;
		$at += 4;
		if ($length == 0xFFFFFFFF)
		{
			push @values, undef;
			next;
		}
		push @values, substr $body, $at, $length;
		$at += $length;
	}
	return \@values;
}

sub DESTROY
{
	my ($self) = @_;
	local ($@, $!, $?);
	eval { $self->disconnect };
	return;
}

1;
