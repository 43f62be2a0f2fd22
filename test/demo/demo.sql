-- What `make demo` shows: the same statements on both backends.
\set QUIET on
\set ON_ERROR_STOP on
\pset null '-'
\pset footer off
SET client_min_messages = warning;

\echo
\echo '=== This database shares two of its tables: the local backend ==='
\echo
CREATE EXTENSION deltashare_fdw;
CREATE SCHEMA sales;
CREATE TABLE sales.orders (order_id bigint, customer_id bigint, amount numeric);
CREATE TABLE sales.customers (customer_id bigint, customer_name text, email text);
CREATE SERVER sharing FOREIGN DATA WRAPPER deltashare_fdw;
CREATE SCHEMA sharing;
IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO sharing;
SET deltashare.server = 'sharing';
\set ECHO queries

SELECT share_name, recipient_name, tables, left(activation_url, 46) || '...' AS activation_url
FROM deltashare.setup_tenant('acme_corp', ARRAY['main.sales.orders', 'main.sales.customers'], email => 'data@acme.example');

SELECT g.recipient_name, o.share_name, o.name, o.shared_as, o.status
FROM sharing.grants g JOIN sharing.share_objects o USING (share_name) ORDER BY o.name;

SELECT action_name, share_name, recipient_name FROM deltashare.audit_events ORDER BY request_time, event_id;

\set ECHO none
\echo
\echo '=== The same for a Databricks workspace (here: the test workspace on' :host '), over REST ==='
\echo
CREATE SERVER dbx TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host :'host');
CREATE USER MAPPING FOR CURRENT_USER SERVER dbx OPTIONS (token :'token');
CREATE SCHEMA dbx;
IMPORT FOREIGN SCHEMA deltashare FROM SERVER dbx INTO dbx;
SET deltashare.server = 'dbx';
\set ECHO queries

SELECT share_name, recipient_name, tables, left(activation_url, 46) || '...' AS activation_url
FROM deltashare.setup_tenant('acme_corp', ARRAY['main.sales.orders', 'main.sales.customers'], email => 'data@acme.example');

SELECT g.recipient_name, o.share_name, o.name, o.shared_as, o.status
FROM dbx.grants g JOIN dbx.share_objects o USING (share_name) ORDER BY o.name;

INSERT INTO dbx.shares (name, comment) VALUES ('finance', 'Monthly figures') RETURNING name, comment, created_at;

EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM dbx.grants WHERE share_name = 'acme_corp_share';

BEGIN;
SELECT name FROM deltashare.create_share('draft');
ROLLBACK;
SELECT name, comment FROM dbx.shares ORDER BY name;

\set ECHO none
\echo
\echo '=== Who reads what: the audit log of the workspace, through its SQL warehouse ==='
\echo '(the warehouse is Spark SQL, which takes some seconds to start)'
\echo
ALTER SERVER dbx OPTIONS (ADD warehouse_id '0123456789abcdef');
SELECT json_build_object('seed', 1, 'count', 2000, 'days', 10, 'now', now()) AS log
\gset
\setenv DELTASHARE_DEMO_LOG :log
\! "$DELTASHARE_TEST_CONTROL" POST audit/generate "$DELTASHARE_DEMO_LOG"
\set ECHO queries

SELECT * FROM deltashare.most_accessed_tables(days => 10, top => 5);

SELECT day, recipient_name, daily_requests, avg_requests, status
FROM deltashare.usage_anomalies('sales', days => 2) LIMIT 5;

SELECT recipient_name, sum(bytes_transferred) AS bytes FROM dbx.audit_events
WHERE request_time >= now() - interval '7 days' GROUP BY recipient_name ORDER BY bytes DESC NULLS LAST LIMIT 3;

EXPLAIN (VERBOSE, COSTS OFF) SELECT action_name, count(*) FROM dbx.audit_log WHERE event_date = current_date GROUP BY 1;
