
# What the local backend holds survives pg_dump, in another database and in
# another cluster; the secrets that wait to be used are in no dump.
#
# A dump taken by a superuser does hold the options of user mappings, tokens of
# the databricks backend included: that is how pg_dump works.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib "$FindBin::RealBin/../perl";
use Session;
use Workspace;

my $directory = PostgreSQL::Test::Utils::tempdir();

my ($node, $second) = map {
	my $new = PostgreSQL::Test::Cluster->new($_);
	$new->init;
	$new->append_conf('postgresql.conf', "log_statement = none\n");
	$new->start;
	$new;
} 'first', 'second';

# ------------------------------------------------------------------
# A database with one of everything
# ------------------------------------------------------------------

my $admin = Session->new($node);
$admin->execute('CREATE DATABASE main');
$admin->execute("CREATE ROLE $_") for 'sales', '"Big Owner"';
my $session = Session->new($node, database => 'main');
$session->execute($_) for
  'CREATE EXTENSION deltashare_fdw',
  'CREATE SERVER local FOREIGN DATA WRAPPER deltashare_fdw',
  'CREATE SCHEMA sharing',
  'IMPORT FOREIGN SCHEMA deltashare FROM SERVER local INTO sharing',
  'CREATE TABLE public.orders (id int)',
  'CREATE TABLE public."Odd ""Name"" x.y" (id int)',
  'CREATE VIEW public.orders_view AS SELECT * FROM public.orders',
  'CREATE MATERIALIZED VIEW public.orders_summary AS SELECT count(*) FROM public.orders',
  'CREATE SCHEMA "Archive"', 'CREATE TABLE "Archive".orders (id int)',
  'GRANT SELECT ON public.orders TO sales',
  q{SELECT deltashare.create_share('plain', comment => 'with a ''quote'' and é')},
  q{SELECT deltashare.create_share('owned', owner => 'Big Owner')},
  q{SELECT deltashare.create_share('quoted"name')},
  q{SELECT deltashare.create_share('sold', owner => 'sales', storage_root => 's3://bucket/x')},
  q{SELECT deltashare.add_to_share('plain', 'public.orders')},
  q{SELECT deltashare.add_to_share('sold', 'public.orders', alias => 'a.b', comment => 'c', history => false)},
  q{SELECT deltashare.add_to_share('plain', 'public."Odd ""Name"" x.y"', alias => 'odd.name', cdf => true, start_version => 3)},
  q{SELECT deltashare.add_to_share('plain', 'public.orders_view', type => 'VIEW')},
  q{SELECT deltashare.add_to_share('plain', 'public.orders_summary', type => 'MATERIALIZED_VIEW')},
  q{SELECT deltashare.add_to_share('plain', '"Archive"', type => 'SCHEMA')},
  'CREATE TABLE "Archive"."People ""x"" y" (id int, "E-Mail" text, phone text)',
  q{SELECT deltashare.create_masked_view('"Archive"."People ""x"" y"', '{"E-Mail": "hash", "phone": "null"}', share => 'plain', alias => 'odd.people')},
  q{SELECT deltashare.create_tenant_view('public.orders', 'id', '1', share => 'plain')},
  q{SELECT deltashare.create_recipient('used')},
  q{SELECT deltashare.create_recipient('waiting', ip_access_list => ARRAY['10.0.0.0/8', '2001:db8::/32']::cidr[],
	  properties => '{"country": "DE"}', expiration_time => now() + interval '90 days', email => 'a@b.example')},
  q{SELECT deltashare.create_recipient('rotated')},
  q{SELECT deltashare.rotate_recipient_token('rotated', '1 day')},
  q{SELECT deltashare.create_recipient('bricks', sharing_id => 'aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016')},
  q{SELECT deltashare.create_recipient('oidc', authentication_type => 'OIDC_FEDERATION')},
  q{SELECT deltashare.grant_select('plain', 'used')},
  q{SELECT deltashare.grant_select('plain', 'bricks')},
  q{SELECT deltashare.grant_select('quoted"name', 'waiting')},
  q{INSERT INTO deltashare.providers (name, authentication_type, owner, created_at, created_by, updated_at, updated_by)
	  VALUES ('them', 'TOKEN', 'me', now(), 'me', now(), 'me')},
  q{INSERT INTO deltashare.provider_shares (provider_name, name) VALUES ('them', 'theirs')},
  q{INSERT INTO deltashare.federation_policies VALUES ('oidc', 'policy', 'id', NULL, 'https://issuer.example', 'sub', 'x', ARRAY['a,b', 'c'], now(), now())},
  q{SELECT deltashare.setup_tenant('acme', ARRAY['public.orders'])},
  q{INSERT INTO deltashare.sensitive_column_rules (category, pattern, unless, comment)
	  VALUES ('our''s', 'kunden_?nr|"x"\\d', 'test', 'with a ''quote'' and é')},
  q{INSERT INTO deltashare.sensitive_column_rules (category, applies_to, pattern, enabled) VALUES ('email', 'tag', 'mail', false)},
  # of those that come with the extension one is switched off, and one on
  q{UPDATE deltashare.sensitive_column_rules SET enabled = NOT enabled WHERE category = 'card' AND applies_to = 'name' OR pattern = '^name$'};

my ($used_link) = $session->value(q{SELECT deltashare.local_activation_url('used')});
my $waiting_link = $session->value(q{SELECT deltashare.local_activation_url('waiting')});
my ($bearer) = $session->value("SELECT deltashare.activate('$used_link')") =~ /"bearerToken": "(\w+)"/;
my @codes = $session->column('SELECT code FROM deltashare.pending_activations');
ok($bearer, 'a link was used');
cmp_ok(scalar @codes, '>=', 4, 'others wait');

# Triggers look at the time: rows that were made in the same instant as they are
# loaded would not do as a test.
my @TABLES = $session->column(<<'SQL');
SELECT c.relname FROM pg_extension e, unnest(e.extconfig) t JOIN pg_class c ON c.oid = t
WHERE e.extname = 'deltashare_fdw' ORDER BY 1
SQL
is("@TABLES", 'audit_events federation_policies grants local_masks provider_shares providers recipient_tokens recipients sensitive_column_rules share_objects shares token_hashes',
	'tables that are dumped');

# The rows of a table.  Names of objects come without the database: it may be
# another one.
sub show
{
	my ($on, $table) = @_;
	my $row = 'to_jsonb(t)';
	$row .= q{ || jsonb_build_object('name', deltashare.local_object_path(t.name))} if $table =~ /share_objects/;
	return "$table:\n" . $on->lines("SELECT $row FROM $table t ORDER BY ($row)::text COLLATE \"C\"");
}

sub contents
{
	my ($on) = @_;
	return join "\n", map { show($on, "deltashare.$_") } @TABLES;
}

sub foreign_contents
{
	my ($on) = @_;
	return join "\n", map { show($on, "sharing.$_") } 'shares', 'share_objects', 'recipients', 'recipient_tokens', 'grants',
	  'providers', 'provider_shares', 'federation_policies';
}
my $contents = contents($session);
my $foreign_contents = foreign_contents($session);
like($contents, qr/audit_events:\n.*createShare/s, 'there is something to compare');

# ------------------------------------------------------------------
# Dumps
# ------------------------------------------------------------------

$node->command_ok([ 'pg_dump', '--file', "$directory/plain.sql", 'main' ], 'pg_dump, plain');
$node->command_ok([ 'pg_dump', '--format', 'custom', '--file', "$directory/custom", 'main' ], 'pg_dump, custom');
$node->command_ok([ 'pg_dump', '--format', 'directory', '--compress', '0', '--file', "$directory/directory", 'main' ], 'pg_dump, directory');
$node->command_ok([ 'pg_dump', '--inserts', '--clean', '--if-exists', '--file', "$directory/inserts.sql", 'main' ], 'pg_dump, INSERTs');
$node->command_ok([ 'pg_dump', '--schema-only', '--file', "$directory/schema.sql", 'main' ], 'pg_dump, schema only');
$node->command_ok([ 'pg_dumpall', '--roles-only', '--file', "$directory/roles.sql" ], 'pg_dumpall, roles');

my $dump = slurp_file("$directory/plain.sql") . slurp_file("$directory/inserts.sql")
  . join '', map { slurp_file($_) } glob "$directory/directory/*.dat";
is(scalar(grep { index($dump, $_) >= 0 } @codes), 0, 'no activation code is in a dump');
is(index($dump, $bearer), -1, 'no bearer token is in a dump');
unlike($dump, qr/pending_activations|restore_queue/, 'nor are the tables with secrets, and the queue');

# The objects of the extension are not in it one by one.
my $schema = slurp_file("$directory/schema.sql") =~ s/^--.*\n//gmr;
like($schema, qr/^CREATE EXTENSION IF NOT EXISTS deltashare_fdw WITH SCHEMA \w+;$/m, 'schema: the extension');
my @others = grep { /\bdeltashare\b/ && !/^(CREATE|ALTER) FOREIGN TABLE sharing|^(CREATE|COMMENT ON) EXTENSION/ } split /;\s+/, $schema;
is(join("\n", @others), '', 'schema: nothing else of it');
unlike($schema, qr/^COPY|^INSERT/m, 'schema: no rows');

# ------------------------------------------------------------------
# Restores
# ------------------------------------------------------------------

sub check_restored
{
	my ($name, $on, $database) = @_;
	my $restored = Session->new($on, database => $database);
	Workspace::is_same_text(contents($restored), $contents, "$name: the rows are equal, and no event or token came on top");
	Workspace::is_same_text(foreign_contents($restored), $foreign_contents, "$name: as are those of the foreign tables");
	is($restored->value(q{SELECT count(*) FROM sharing.share_objects WHERE name NOT LIKE quote_ident(current_database()) || '.%'}), 0,
		"$name: objects are those of this database");
	is($restored->value('SELECT count(*) FROM deltashare.restore_queue'), 0, "$name: no row is left waiting");
	is($restored->value('SELECT count(*) FROM deltashare.pending_activations'), 0, "$name: no link came along");
	is($restored->value(q{SELECT string_agg(category || ' ' || enabled, ', ' ORDER BY category)
			FROM deltashare.sensitive_column_rules WHERE category = 'our''s' OR pattern = '^name$' OR category = 'card' AND applies_to = 'name'}),
		"card false, name true, our's true", "$name: rules for sensitive columns are as they were");

	# The token that was handed out is still good, the links are not.
	is($restored->value("SELECT t.recipient_name FROM deltashare.token_hashes h JOIN deltashare.recipient_tokens t ON t.id = h.token_id"
			  . " WHERE h.token_hash = sha256('$bearer')"), 'used', "$name: the token's hash is there");
	is($restored->query("SELECT deltashare.activate('$waiting_link')")->{error}{C}, '28000', "$name: old links are dead");

	# Life goes on.
	my $events = $restored->value('SELECT count(*) FROM deltashare.audit_events');
	$restored->execute(q{SELECT deltashare.create_share('later')});
	$restored->execute(q{SELECT deltashare.remove_from_share('plain', 'public.orders')});
	$restored->execute(q{SELECT deltashare.add_to_share('plain', 'public.orders')});
	is($restored->value('SELECT count(*) FROM deltashare.audit_events') - $events, 3, "$name: new acts make events");
	my $link = $restored->value(q{SELECT activation_url FROM deltashare.rotate_recipient_token('used', '0')});
	like($restored->value("SELECT deltashare.activate('$link')"), qr/"bearerToken": "\w{64}"/, "$name: a new link works");
	is($restored->query(q{INSERT INTO deltashare.grants (share_name, recipient_name, privilege) VALUES ('plain', 'nobody', 'SELECT')})
		  ->{error} ? 'refused' : 'accepted', 'refused', "$name: constraints are in force");
	$restored->disconnect;
	return;
}

$admin->execute('CREATE DATABASE "Other Name"');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$directory/plain.sql", 'Other Name' ], 'another database, psql');
check_restored('another database, psql', $node, 'Other Name');

$admin->execute('CREATE DATABASE inserts');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$directory/inserts.sql", 'inserts' ], 'INSERTs');
check_restored('INSERTs', $node, 'inserts');

my $elsewhere = Session->new($second);
$second->command_ok([ 'psql', '-X', '-q', '-f', "$directory/roles.sql", 'postgres' ], 'roles');
for my $way ([ 'custom', '--jobs', '4' ], [ 'custom', '--single-transaction' ], [ 'directory', '--jobs', '4' ])
{
	my ($format, @options) = @$way;
	my $name = "another cluster, $format @options";
	$elsewhere->execute('CREATE DATABASE main');
	$second->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', 'main', @options, "$directory/$format" ], $name);
	check_restored($name, $second, 'main');
	$elsewhere->execute('DROP DATABASE main');
}

# Twice through the mill.
$node->command_ok([ 'pg_dump', '--format', 'custom', '--file', "$directory/again", 'Other Name' ], 'dump of a restored database');
$elsewhere->execute('CREATE DATABASE again');
$second->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', 'again', "$directory/again" ], 'restored again');
my $again = Session->new($second, database => 'again');
my $other = Session->new($node, database => 'Other Name');
Workspace::is_same_text(contents($again), contents($other), 'restored again: the rows are equal');

# ------------------------------------------------------------------
# The end
# ------------------------------------------------------------------

my $error = $session->query('DROP EXTENSION deltashare_fdw')->{error};
is($error->{C}, '2BP01', 'DROP EXTENSION: not while there are servers');
my $OBJECTS = <<'SQL';
SELECT string_agg(what, ' ' ORDER BY what) FROM (
	SELECT 'function ' || proname AS what FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'deltashare'
	UNION ALL SELECT 'relation ' || relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'deltashare'
	UNION ALL SELECT 'type ' || typname FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE nspname = 'deltashare'
	UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
	UNION ALL SELECT 'wrapper ' || fdwname FROM pg_foreign_data_wrapper
	UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname = 'deltashare'
	UNION ALL SELECT 'privilege for ' || a.grantee::regrole FROM pg_class c, aclexplode(c.relacl) a
		WHERE a.grantee::regrole::text LIKE 'deltashare%') x
SQL
like($session->value($OBJECTS), qr/wrapper deltashare_fdw/, 'there is something to drop');
$session->execute('DROP EXTENSION deltashare_fdw CASCADE');
is($session->value($OBJECTS), undef, 'DROP EXTENSION: nothing is left in the database');
$session->execute('CREATE EXTENSION deltashare_fdw');
is($session->value('SELECT count(*) FROM deltashare.shares'), 0, 'it can be created again');
$session->execute('DROP EXTENSION deltashare_fdw');

done_testing();
