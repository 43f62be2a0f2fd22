--
-- The extension, one server, and what can be shared.
--
-- Every other theme builds on this one.  All of them run on both backends and
-- have one expected output: with DELTASHARE_TEST_HOST in the environment on the
-- workspace at that address, otherwise on the local server.
--
\set VERBOSITY terse
\getenv host DELTASHARE_TEST_HOST
\getenv token DELTASHARE_TEST_TOKEN

-- ===================================================================
-- extension and server
-- ===================================================================
CREATE EXTENSION deltashare_fdw;

\if :{?host}
CREATE SERVER sharing TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host :'host');
CREATE USER MAPPING FOR CURRENT_USER SERVER sharing OPTIONS (token :'token');
\else
CREATE SERVER sharing FOREIGN DATA WRAPPER deltashare_fdw;
\endif

CREATE SCHEMA sharing;
IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO sharing;
SELECT foreign_table_name FROM information_schema.foreign_tables
WHERE foreign_table_schema = 'sharing' ORDER BY 1;

-- themes write "shares", not "sharing.shares"
ALTER DATABASE main SET search_path = public, sharing;

-- ===================================================================
-- what can be shared: the test workspace has the same
-- ===================================================================
CREATE SCHEMA sales;
CREATE TABLE sales.orders (order_id bigint, customer_id bigint, amount numeric);
CREATE TABLE sales.customers (customer_id text, customer_name text, email text);
CREATE TABLE sales.daily (day date, region text, amount numeric, tenant text);
CREATE TABLE sales.invoices (invoice_id text);
CREATE TABLE sales.clustered (id text, day date);
CREATE VIEW sales.orders_view AS SELECT order_id FROM sales.orders;
CREATE MATERIALIZED VIEW sales.orders_mv AS SELECT order_id FROM sales.orders;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE sales.legacy (id text) SERVER nowhere;
CREATE FUNCTION sales.to_euro(numeric) RETURNS numeric LANGUAGE sql RETURN $1;
CREATE SCHEMA hr;
CREATE TABLE hr.people (person_id bigint, name text, country text, salary numeric);
CREATE VIEW hr.people_view AS SELECT person_id FROM hr.people;
-- 250 more, that the workspace has to be told of
CREATE SCHEMA many;
SELECT format('CREATE TABLE many.t%s ()', i) FROM generate_series(1, 250) i
\gexec
\if :{?host}
\! $DELTASHARE_TEST_CONTROL tables main.many.t 250
\endif

-- ===================================================================
-- for the themes
-- ===================================================================
-- where the backends refuse the same thing with different errors
CREATE FUNCTION sqlstate_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;

-- without those that the platform adds
CREATE FUNCTION own_properties(properties jsonb) RETURNS jsonb LANGUAGE sql RETURN
	(SELECT jsonb_object_agg(key, value) FROM jsonb_each(properties) WHERE key NOT LIKE 'databricks.%');

-- ===================================================================
-- nothing is shared yet
-- ===================================================================
\c -
SELECT count(*) FROM shares;
SELECT count(*) FROM share_objects;
SELECT count(*) FROM recipients;
SELECT count(*) FROM recipient_tokens;
SELECT count(*) FROM grants;
SELECT count(*) FROM providers;
SELECT count(*) FROM provider_shares;
SELECT count(*) FROM federation_policies;
