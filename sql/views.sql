--
-- Views for BI tools: deltashare.create_views().
--
\set VERBOSITY default
\set SHOW_CONTEXT never
\getenv host DELTASHARE_TEST_HOST
\getenv token DELTASHARE_TEST_TOKEN
SELECT name FROM deltashare.create_share('views_a', comment => 'First');
SELECT name FROM deltashare.create_share('views_b');
SELECT name FROM deltashare.add_to_share('views_a', 'main.sales.orders');
SELECT name, activation_url IS NOT NULL AS has_link FROM deltashare.create_recipient('views_r', properties => '{"country": "DE"}');
SELECT share_name FROM deltashare.grant_select('views_a', 'views_r');

-- ===================================================================
-- one view per foreign table, of the same name, in a schema of their own
-- ===================================================================
-- how many there are depends on what is imported
SELECT view FROM deltashare.create_views('sharing') view
WHERE view::text ~ '\.(shares|share_objects|recipients|recipient_tokens|grants)$';
SELECT obj_description('sharing_views'::regnamespace);
SELECT coalesce(t.relname, v.relname) AS differs
FROM (SELECT * FROM pg_class WHERE relnamespace = 'sharing'::regnamespace) t
	FULL JOIN (SELECT * FROM pg_class WHERE relnamespace = 'sharing_views'::regnamespace) v USING (relname)
WHERE t.oid IS NULL OR v.oid IS NULL OR v.relkind <> 'v' OR v.relowner <> current_user::regrole
	OR obj_description(t.oid) IS DISTINCT FROM obj_description(v.oid);
-- columns, in order, with type and comment
WITH c AS (
	SELECT a.attrelid, r.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod) AS type,
		   col_description(a.attrelid, a.attnum) AS comment, r.relkind
	FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
	WHERE r.relnamespace IN ('sharing'::regnamespace, 'sharing_views'::regnamespace))
SELECT relname, attname, coalesce(t.comment, '(none)') AS of_table, coalesce(v.comment, '(none)') AS of_view
FROM (SELECT * FROM c WHERE relkind = 'f') t
	FULL JOIN (SELECT * FROM c WHERE relkind = 'v') v USING (relname, attname, attnum, type)
WHERE t.comment IS DISTINCT FROM v.comment
ORDER BY 1, 2;
SELECT relname, reloptions FROM pg_class WHERE oid = 'sharing_views.shares'::regclass;

-- what they show
SELECT name, comment FROM sharing_views.shares WHERE name LIKE 'views%' ORDER BY 1;
SELECT share_name, name FROM sharing_views.share_objects WHERE share_name = 'views_a';
SELECT share_name, recipient_name FROM sharing_views.grants WHERE recipient_name = 'views_r';
SELECT name, own_properties(properties) AS properties FROM sharing_views.recipients WHERE name = 'views_r';
SELECT * FROM sharing_views.shares EXCEPT SELECT * FROM sharing.shares;
SELECT * FROM sharing.shares EXCEPT SELECT * FROM sharing_views.shares;

-- ===================================================================
-- a second call replaces; grants stay
-- ===================================================================
CREATE ROLE regress_views;
GRANT SELECT ON sharing_views.shares TO regress_views;
COMMENT ON VIEW sharing_views.shares IS 'stale';
CREATE TABLE views_before AS SELECT oid, relname FROM pg_class WHERE relnamespace = 'sharing_views'::regnamespace;
SELECT count(*) = (SELECT count(*) FROM views_before) AS all_of_them FROM deltashare.create_views('sharing');
SELECT oid, relname FROM pg_class WHERE relnamespace = 'sharing_views'::regnamespace EXCEPT SELECT * FROM views_before;
SELECT obj_description('sharing_views.shares'::regclass), has_table_privilege('regress_views', 'sharing_views.shares', 'SELECT');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'sharing_views.shares'::regclass;

-- ===================================================================
-- filters reach the server through a view; EXPLAIN sends nothing
-- ===================================================================
CREATE SERVER views_dbx TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host 'http://127.0.0.1:9');
CREATE USER MAPPING FOR CURRENT_USER SERVER views_dbx OPTIONS (token 'views-token');
CREATE SCHEMA views_dbx;
IMPORT FOREIGN SCHEMA deltashare LIMIT TO (shares, grants, recipients) FROM SERVER views_dbx INTO views_dbx;
SELECT deltashare.create_views('views_dbx', 'views_bi');
EXPLAIN (VERBOSE, COSTS OFF) SELECT name, comment FROM views_bi.shares WHERE name = 'views_a';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM views_bi.grants WHERE share_name = 'views_a' AND recipient_name = 'views_r';
EXPLAIN (VERBOSE, COSTS OFF) SELECT name, activation_url FROM views_bi.recipients WHERE name IN ('views_r', 'views_s');
PREPARE views_plan(text) AS SELECT name, comment FROM views_bi.shares WHERE name = $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE views_plan('views_a');
RESET plan_cache_mode;
DEALLOCATE views_plan;

-- ===================================================================
-- activation links stay hidden, whatever the foreign table shows
-- ===================================================================
ALTER FOREIGN TABLE recipients OPTIONS (ADD show_activation_url 'true');
ALTER FOREIGN TABLE recipient_tokens OPTIONS (ADD show_activation_url 'true');
SELECT activation_url IS NOT NULL AS has_link FROM recipients WHERE name = 'views_r';
SELECT activation_url FROM sharing_views.recipients WHERE name = 'views_r';
SELECT activation_url FROM sharing_views.recipient_tokens WHERE recipient_name = 'views_r';
SELECT count(*) > 0 AS again FROM deltashare.create_views('sharing');
SELECT activation_url FROM sharing_views.recipients WHERE name = 'views_r';
ALTER FOREIGN TABLE recipients OPTIONS (DROP show_activation_url);
ALTER FOREIGN TABLE recipient_tokens OPTIONS (DROP show_activation_url);

-- ===================================================================
-- read-only: what the foreign tables show is changed through them
-- ===================================================================
INSERT INTO sharing_views.shares (name) VALUES ('views_c');	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE sharing_views.shares SET comment = 'x' WHERE name = 'views_a';	-- should fail
DELETE FROM sharing_views.shares WHERE name = 'views_a';	-- should fail
COPY sharing_views.shares (name) FROM STDIN;	-- should fail
views_c
\.
SELECT name, comment FROM shares WHERE name LIKE 'views%' ORDER BY 1;

-- ===================================================================
-- other names: same schema, prefix, suffix, odd ones
-- ===================================================================
SELECT deltashare.create_views('views_dbx', 'views_dbx', suffix => '_view');
SELECT deltashare.create_views('views_dbx', 'views_bi', prefix => 'dbx_', security_invoker => false);
SELECT relname, reloptions FROM pg_class WHERE oid = 'views_bi.dbx_shares'::regclass;
CREATE SCHEMA "Views ""odd"" 'one'; --";
CREATE FOREIGN TABLE "Views ""odd"" 'one'; --"."T ""1""  2; %I" (
	owner text, name text, "Not there" text, "select" int) SERVER views_dbx OPTIONS (table_name 'shares');
COMMENT ON COLUMN "Views ""odd"" 'one'; --"."T ""1""  2; %I"."Not there" IS 'It''s \ not there';
ALTER FOREIGN TABLE "Views ""odd"" 'one'; --"."T ""1""  2; %I" DROP COLUMN "select";
SELECT deltashare.create_views($$Views "odd" 'one'; --$$, prefix => '"');
SELECT deltashare.create_views($$Views "odd" 'one'; --$$, prefix => '"');
\d+ "Views ""odd"" 'one'; --_views".*

-- ===================================================================
-- the columns of the foreign table change
-- ===================================================================
ALTER FOREIGN TABLE "Views ""odd"" 'one'; --"."T ""1""  2; %I" ADD COLUMN comment text;
SELECT count(*) FROM deltashare.create_views($$Views "odd" 'one'; --$$, prefix => '"');
SELECT attnum, attname FROM pg_attribute
WHERE attrelid = $$"Views ""odd"" 'one'; --_views"."""T ""1""  2; %I"$$::regclass AND attnum > 0 ORDER BY 1;
ALTER FOREIGN TABLE "Views ""odd"" 'one'; --"."T ""1""  2; %I" RENAME COLUMN "Not there" TO gone;
SELECT count(*) FROM deltashare.create_views($$Views "odd" 'one'; --$$, prefix => '"');	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- what is not ours is left alone
-- ===================================================================
CREATE SCHEMA views_taken;
-- a table
CREATE TABLE views_taken.shares (name text);
SELECT deltashare.create_views('views_dbx', 'views_taken');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM pg_class WHERE relnamespace = 'views_taken'::regnamespace;
DROP TABLE views_taken.shares;
-- a view that somebody wrote
CREATE VIEW views_taken.shares AS SELECT * FROM views_dbx.shares;
SELECT deltashare.create_views('views_dbx', 'views_taken');	-- should fail
\echo :LAST_ERROR_SQLSTATE
DROP VIEW views_taken.shares;
-- one of ours that was altered
SELECT count(*) FROM deltashare.create_views('views_dbx', 'views_taken');
CREATE OR REPLACE VIEW views_taken.grants AS SELECT * FROM views_dbx.grants WHERE share_name = 'views_a';
SELECT deltashare.create_views('views_dbx', 'views_taken');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- one of ours of another server's table
SELECT deltashare.create_views('sharing', 'views_taken');	-- should fail
-- the foreign tables themselves
SELECT deltashare.create_views('views_dbx', 'views_dbx');	-- should fail

-- ===================================================================
-- refused
-- ===================================================================
SELECT deltashare.create_views(NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_views('no_such_schema');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_views('sales');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT to_regnamespace('sales_views');
SELECT deltashare.create_views('views_dbx', 'views_long', suffix => repeat('x', 60));	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_views('views_dbx', repeat('x', 64));	-- should fail
SET ROLE regress_views;
SELECT deltashare.create_views('sharing');	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- ===================================================================
-- who reads needs the privileges, not the owner of the view
-- ===================================================================
GRANT USAGE ON SCHEMA views_bi TO regress_views;
GRANT SELECT ON ALL TABLES IN SCHEMA views_bi TO regress_views;
SET ROLE regress_views;
EXPLAIN (COSTS OFF) SELECT name FROM views_bi.shares;	-- should fail
\echo :LAST_ERROR_SQLSTATE
EXPLAIN (COSTS OFF) SELECT name FROM views_bi.dbx_shares;
RESET ROLE;

-- a view with the rights of its owner lends them all
SELECT count(*) > 0 AS made FROM deltashare.create_views('sharing', 'views_lent', security_invoker => false);
GRANT USAGE ON SCHEMA views_lent, sharing, sharing_views TO regress_views;
GRANT SELECT ON ALL TABLES IN SCHEMA views_lent, sharing, sharing_views TO regress_views;
SET ROLE regress_views;
SELECT name FROM views_lent.shares WHERE name = 'views_a';
-- the others need the role or the user mapping of whoever reads, as the backend has it
SELECT sqlstate_of('SELECT name FROM sharing_views.shares') <> 'no error' AS refused;
RESET ROLE;
GRANT deltashare_reader TO regress_views;
GRANT USAGE ON FOREIGN SERVER sharing TO deltashare_reader;
\if :{?host}
CREATE USER MAPPING FOR regress_views SERVER sharing OPTIONS (token :'token');
\endif
SET ROLE regress_views;
SELECT name FROM sharing_views.shares WHERE name = 'views_a';
DELETE FROM sharing_views.shares;	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER sharing FROM deltashare_reader;
\if :{?host}
DROP USER MAPPING FOR regress_views SERVER sharing;
\endif

\set VERBOSITY terse
SET client_min_messages = warning;
SELECT deltashare.drop_recipient('views_r', server => 'sharing'),
	deltashare.drop_share('views_a', server => 'sharing'), deltashare.drop_share('views_b', server => 'sharing');
DROP SCHEMA sharing_views, views_lent, views_bi, views_dbx, views_taken, "Views ""odd"" 'one'; --", "Views ""odd"" 'one'; --_views" CASCADE;
DROP SERVER views_dbx CASCADE;
DROP TABLE views_before;
DROP OWNED BY regress_views;
DROP ROLE regress_views;
