
=pod

=head1 NAME

Library - C functions for tests, from a folder of test/modules

=head1 SYNOPSIS

  my $library = Library::build('statement', $directory);
  Library::create_functions('statement', $library, $session);

=head1 DESCRIPTION

The library is built in the directory and loaded from there: nothing is
installed.  Its Makefile and its file functions.sql, in which MODULE stands for
the path of the library, are in test/modules.

=cut

package Library;

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path);

my $modules = dirname(__FILE__) . '/../modules';

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

# The path of the library.
sub build
{
	my ($name, $directory) = @_;
	make_path("$directory/build");
	system('make', '--silent', '--no-print-directory', '-C', "$directory/build",
		'-f', "$modules/$name/Makefile", 'PG_CONFIG=' . find_pg_config()) == 0
	  or die 'the library could not be built';
	my ($library) = glob "$directory/build/*.so";
	return $library;
}

sub create_functions
{
	my ($name, $library, $session) = @_;
	open my $file, '<', "$modules/$name/functions.sql" or die "could not read the functions: $!";
	my $sql = do { local $/; <$file> };
	close $file;
	$session->execute($sql =~ s/\bMODULE\b/'$library'/gr);
	return;
}

1;
