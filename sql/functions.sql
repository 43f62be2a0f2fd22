--
-- Functions: which server they work on, how they are called.
--
\set VERBOSITY default
\set SHOW_CONTEXT never

-- ===================================================================
-- the server: the only one
-- ===================================================================
SELECT deltashare.server_name();
SELECT name FROM deltashare.create_share('functions_a');

-- ===================================================================
-- several: one must be named
-- ===================================================================
CREATE SERVER functions_local FOREIGN DATA WRAPPER deltashare_fdw;
SELECT deltashare.server_name();	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share('functions_b');	-- should fail
SELECT deltashare.server_name('sharing');
SELECT name FROM deltashare.create_share('functions_b', server => 'sharing');
SELECT name FROM shares WHERE name LIKE 'functions%' ORDER BY name;

-- ===================================================================
-- the setting
-- ===================================================================
SET deltashare.server = 'functions_local';
SELECT deltashare.server_name();
SELECT deltashare.server_name('sharing');
SET deltashare.server = 'nonexistent';
SELECT deltashare.server_name();	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share('functions_c');	-- should fail
SET deltashare.server = '';
SELECT deltashare.server_name();	-- should fail
SET deltashare.server = 'sharing';
SELECT name FROM deltashare.create_share('functions_c');
RESET deltashare.server;

-- ===================================================================
-- not a server of ours, and none that one may use
-- ===================================================================
SELECT deltashare.server_name('nowhere');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.server_name('');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE ROLE regress_functions;
SET ROLE regress_functions;
SELECT deltashare.server_name();	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.server_name('sharing');	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
-- servers that a role may not use are none of its candidates
GRANT USAGE ON FOREIGN SERVER sharing TO regress_functions;
SET ROLE regress_functions;
SELECT deltashare.server_name();
SELECT deltashare.server_name('functions_local');	-- should fail
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER sharing FROM regress_functions;
DROP ROLE regress_functions;
DROP SERVER functions_local;

-- ===================================================================
-- arguments
-- ===================================================================
\set VERBOSITY terse
-- by position, by name; NULL is not given
SELECT name, comment FROM deltashare.create_share('functions_d', 'by position', NULL, NULL, NULL, NULL);
SELECT name, comment FROM deltashare.alter_share('functions_d', comment => NULL, rename_to => NULL, owner => NULL, if_exists => NULL);
SELECT deltashare.drop_share('functions_none', if_exists => NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share(name => 'functions_e', no_such_argument => 1);	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- a quote in a name or a comment is a character like any other
SELECT name, comment FROM deltashare.create_share('functions_'';drop_table_x;--"', comment => E'''); DROP SCHEMA deltashare; --');
SELECT name, comment FROM shares WHERE name = 'functions_'';drop_table_x;--"';
SELECT name FROM deltashare.create_share('functions_''x"{}$1%s\?#&+');
SELECT name, comment FROM deltashare.alter_share('functions_''x"{}$1%s\?#&+', comment => '$$1');
SELECT name, comment FROM shares WHERE name = 'functions_''x"{}$1%s\?#&+';
SELECT deltashare.drop_share('functions_''x"{}$1%s\?#&+');
SELECT deltashare.drop_share('functions_'';drop_table_x;--"');

-- every verb names what is missing and, with if_exists, skips it
SELECT name FROM deltashare.alter_share('functions_none', comment => 'x', if_exists => true);
SELECT deltashare.drop_share('functions_none', if_exists => true);
SELECT name FROM deltashare.alter_share_object('functions_none', 'main.sales.orders', comment => 'x', if_exists => true);
SELECT name FROM deltashare.alter_share_object('functions_a', 'main.sales.orders', comment => 'x', if_exists => true);
SELECT deltashare.remove_from_share('functions_none', 'main.sales.orders', if_exists => true);
SELECT deltashare.remove_from_share('functions_a', 'main.sales.orders', if_exists => true);
SELECT name FROM deltashare.alter_recipient('functions_none', comment => 'x', if_exists => true);
SELECT deltashare.drop_recipient('functions_none', if_exists => true);
SELECT deltashare.revoke_select('functions_none', 'functions_none', if_exists => true);
-- and those that make something do nothing the second time
SELECT name FROM deltashare.create_share('functions_a', if_not_exists => true);
SELECT name FROM deltashare.add_to_share('functions_a', 'main.sales.orders', if_not_exists => true);
SELECT name FROM deltashare.add_to_share('functions_a', 'main.sales.orders', if_not_exists => true);
SELECT name FROM deltashare.create_recipient('functions_r', if_not_exists => true);
SELECT name FROM deltashare.create_recipient('functions_r', if_not_exists => true);
SELECT share_name FROM deltashare.grant_select('functions_a', 'functions_r');
SELECT share_name FROM deltashare.grant_select('functions_a', 'functions_r');

-- ===================================================================
-- whatever the caller's search_path and settings are
-- ===================================================================
CREATE SCHEMA functions;
CREATE FUNCTION functions.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hijacked'::text $$;
CREATE FUNCTION functions.jsonb_build_object(VARIADIC "any") RETURNS jsonb LANGUAGE internal AS 'jsonb_build_array';
SET search_path = functions, pg_catalog;
SELECT name FROM deltashare.create_share('Functions_H');
SELECT name FROM deltashare.create_share('Functions_H', if_not_exists => true);
SELECT deltashare.drop_share('Functions_H');
RESET search_path;
DROP SCHEMA functions CASCADE;
SET standard_conforming_strings = off;
SET DateStyle = 'German, DMY';
SET TimeZone = 'Asia/Kathmandu';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = 0;
SELECT name, date_trunc('day', expiration_time) = date_trunc('day', now() + interval '30 days') AS exact
FROM deltashare.create_recipient('functions_s', expiration_time => now() + interval '30 days');
SELECT date_trunc('day', expiration_time) = date_trunc('day', now() + interval '30 days') AS exact FROM recipients WHERE name = 'functions_s';
SELECT name FROM deltashare.rotate_recipient_token('functions_s', '1 day');
RESET ALL;

-- in a parallel plan, a stable function of the caller, a DO block
SET force_parallel_mode = on;
SET parallel_setup_cost = 0;
SELECT count(*) FROM shares WHERE name LIKE 'functions%';
SELECT deltashare.server_name();
RESET force_parallel_mode;
RESET parallel_setup_cost;
CREATE FUNCTION functions_count(prefix text) RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT count(*) FROM sharing.shares WHERE name LIKE prefix || '%' $$;
SELECT functions_count('functions');
DROP FUNCTION functions_count;
DO $$
DECLARE
	new deltashare.share;
BEGIN
	new := deltashare.create_share('functions_do');
	RAISE NOTICE 'made %', new.name;
	PERFORM deltashare.drop_share(new.name);
END
$$;

SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'functions%' ORDER BY name;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'functions%' ORDER BY name;
