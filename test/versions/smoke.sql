--
-- What depends on the version of PostgreSQL, once, on one backend.
--
-- Run in an empty database "main".  With the psql variables host and token on
-- the workspace there, otherwise on the local server.  Stops at the first
-- thing that is not as it should be.
--
\set ON_ERROR_STOP 1
\set VERBOSITY verbose
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;

CREATE FUNCTION public.check_that(what text, holds boolean) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	IF holds IS NOT TRUE THEN
		RAISE EXCEPTION 'not ok - %', what;
	END IF;
	RETURN 'ok - ' || what;
END
$$;

-- How many rows a query has, and the text of a plan.
CREATE FUNCTION public.count_of(query text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE 'SELECT count(*) FROM (' || query || ') q' INTO n;
	RETURN n;
END
$$;

CREATE FUNCTION public.plan_of(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query
	LOOP
		plan := plan || line || chr(10);
	END LOOP;
	RETURN plan;
END
$$;

CREATE SCHEMA sales;
CREATE TABLE sales.orders (order_id bigint, customer_id bigint, amount numeric);
CREATE TABLE sales.customers (customer_id text, customer_name text, email text);

-- ===================================================================
-- extension, server, import
-- ===================================================================
CREATE EXTENSION deltashare_fdw;
SELECT current_setting('shared_preload_libraries') = 'pg_stat_statements' AS has_statements
\gset
\if :has_statements
CREATE EXTENSION pg_stat_statements;
\endif
\if :{?host}
CREATE SERVER sharing TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw 
	OPTIONS (host :'host', warehouse_id '0123456789abcdef');
CREATE USER MAPPING FOR CURRENT_USER SERVER sharing OPTIONS (token :'token');
\if :has_statements
SELECT check_that('the token is in no statement that is kept',
	count(*) = 0) FROM pg_stat_statements WHERE query LIKE '%' || :'token' || '%' AND query NOT LIKE '%check_that%';
\endif
\else
CREATE SERVER sharing FOREIGN DATA WRAPPER deltashare_fdw;
\endif
CREATE SCHEMA sharing;
IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO sharing;

SELECT check_that('all foreign tables are there', count(*) >= 8)
FROM information_schema.foreign_tables WHERE foreign_table_schema = 'sharing';
SELECT check_that('foreign tables have comments', count(*) > 80)
FROM pg_description d JOIN pg_foreign_table f ON f.ftrelid = d.objoid AND d.classoid = 'pg_class'::regclass;

-- a function that returns a set, in FROM and in the select list
SELECT check_that('declared columns', count(*) > 80) FROM deltashare.declared_columns();
SELECT check_that('declared columns as rows', count(*) > 80) FROM (SELECT deltashare.declared_columns()) d;

-- every column of every foreign table
SELECT check_that('empty: ' || foreign_table_name,
	count_of(format('SELECT * FROM sharing.%I', foreign_table_name)) = 0)
FROM information_schema.foreign_tables WHERE foreign_table_schema = 'sharing' ORDER BY 1;

-- ===================================================================
-- statements: a group, an order and a limit, a join, values from elsewhere
-- ===================================================================
\if :{?host}
SELECT check_that('a group without rows', count(*) = 0)
FROM (SELECT event_date, count(*) FROM sharing.audit_log GROUP BY 1 HAVING count(*) > 0 ORDER BY 2 DESC, 1 LIMIT 3) q;
SELECT check_that('a group is sent', plan LIKE '%GROUP BY%ORDER BY q.c2 DESC%LIMIT%')
FROM plan_of('SELECT event_date, count(*) FROM sharing.audit_log GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3') plan;
SELECT check_that('an order is sent', plan LIKE '%ORDER BY r1.event_time DESC%LIMIT%')
FROM plan_of('SELECT event_id FROM sharing.audit_log ORDER BY event_time DESC NULLS LAST LIMIT 3') plan;
SELECT check_that('distinct is sent', plan LIKE '%SELECT DISTINCT%')
FROM plan_of('SELECT DISTINCT action_name FROM sharing.audit_log') plan;
SELECT check_that('a join is sent', plan LIKE '%LEFT JOIN%')
FROM plan_of('SELECT count(b.event_id) FROM sharing.audit_log a LEFT JOIN sharing.audit_log b ON b.event_id = a.event_id AND b.action_name = ''x''') plan;
SELECT check_that('a value of another part of the plan', plan LIKE '%Parameters:%')
FROM plan_of('SELECT o.n, (SELECT count(*) FROM sharing.audit_log e WHERE e.action_name = o.n) FROM (VALUES (''a''), (''b'')) o(n)') plan;
SELECT check_that('a statement for each row', array_agg(n) = '{0,0}')
FROM (SELECT (SELECT count(*) FROM sharing.audit_log e WHERE e.action_name = o.n) AS n FROM (VALUES ('a'), ('b')) o(n)) q;
SELECT check_that('a join without rows', count(b.event_id) = 0)
FROM sharing.audit_log a LEFT JOIN sharing.audit_log b ON b.event_id = a.event_id AND b.action_name = 'x';
\endif

-- ===================================================================
-- functions
-- ===================================================================
SELECT check_that('create_share', name = 'partner' AND comment = 'Data' AND created_at IS NOT NULL)
FROM deltashare.create_share('Partner', comment => 'Data');
SELECT check_that('create_share again', name = 'partner')
FROM deltashare.create_share('partner', if_not_exists => true);
SELECT check_that('add_to_share', name = 'main.sales.orders' AND shared_as = 'sales.orders')
FROM deltashare.add_to_share('partner', 'main.sales.orders',
	partitions => NULL, comment => 'All orders');
SELECT check_that('add several', count(*) = 2)
FROM deltashare.add_to_share('partner', ARRAY['main.sales.orders', 'main.sales.customers'], if_not_exists => true);
SELECT check_that('create_recipient', name = 'acme' AND activation_url IS NOT NULL AND properties ->> 'tier' = '1')
FROM deltashare.create_recipient('acme', ip_access_list => '{203.0.113.0/24}', properties => '{"tier": "1"}',
	expiration_time => now() + interval '90 days');
SELECT check_that('alter_recipient', properties ->> 'country' = 'AT' AND NOT properties ? 'tier' AND ip_access_list IS NOT NULL)
FROM deltashare.alter_recipient('acme', properties => '{"country": "AT", "tier": null}');
SELECT check_that('grant_select', recipient_name = 'acme') FROM deltashare.grant_select('partner', 'acme');
SELECT check_that('effective_grants', count(*) = 1) FROM deltashare.effective_grants('partner');
SELECT check_that('rotate_recipient_token', activation_url IS NOT NULL)
FROM deltashare.rotate_recipient_token('acme', '1 hour');
SELECT check_that('setup_tenant', share_name = 'globex_share' AND cardinality(tables) = 2 AND activation_url IS NOT NULL)
FROM deltashare.setup_tenant('globex', ARRAY['main.sales.orders', 'main.sales.customers'], email => 'data@globex.example');
SELECT check_that('share_tables_with', share_name = 'acme_share')
FROM deltashare.share_tables_with('acme', ARRAY['main.sales.orders']);
SELECT check_that('sensitive_columns', array_agg(column_name || ' ' || matched_by) = '{customer_name name: customer_name,email name: email}'
	AND bool_and(NOT masked))
FROM deltashare.sensitive_columns('globex_share');
SELECT check_that('access_review of columns', count(*) = 2)
FROM deltashare.access_review() WHERE finding = 'sensitive_column_unmasked' AND share_name = 'globex_share';
SELECT check_that('documentation', count(*) = 10 AND bool_and(owner IS NOT NULL)) FROM deltashare.documentation;

-- ===================================================================
-- scans
-- ===================================================================
SELECT check_that('shares', array_agg(name ORDER BY name) = '{acme_share,globex_share,partner}') FROM sharing.shares;
SELECT check_that('share_objects', count(*) = 5) FROM sharing.share_objects;
SELECT check_that('recipients', count(*) = 2 AND bool_and(activation_url IS NULL)) FROM sharing.recipients;
SELECT check_that('recipient_tokens', count(*) = 3) FROM sharing.recipient_tokens;
SELECT check_that('grants', count(*) = 3) FROM sharing.grants;
SELECT check_that('one key', count(*) = 1) FROM sharing.shares WHERE name = 'partner';
SELECT check_that('several keys', count(*) = 2) FROM sharing.shares WHERE name IN ('partner', 'acme_share', 'none');
SELECT check_that('key from a subquery', count(*) = 2)
FROM sharing.share_objects WHERE share_name = (SELECT min(name) FROM sharing.shares WHERE name LIKE 'p%');

PREPARE objects(text) AS SELECT count(*) FROM sharing.share_objects WHERE share_name = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE objects('partner');
RESET plan_cache_mode;

CREATE TABLE names (name text);
INSERT INTO names VALUES ('partner'), ('none'), (NULL);
ANALYZE names;
SELECT check_that('join', count(*) = 2)
FROM names n JOIN sharing.share_objects o ON o.share_name = n.name;
SELECT check_that('left join', count(*) = 4 AND count(o.name) = 2)
FROM names n LEFT JOIN sharing.share_objects o ON o.share_name = n.name;
SELECT check_that('left join of a left join', count(*) = 4 AND count(o.name) = 2)
FROM names n LEFT JOIN sharing.shares s ON s.name = n.name
LEFT JOIN sharing.share_objects o ON o.share_name = s.name;
SELECT check_that('lateral', count(*) = 4 AND count(o.name) = 2)
FROM names n LEFT JOIN LATERAL (SELECT * FROM sharing.share_objects WHERE share_name = n.name OFFSET 0) o ON true;
SELECT check_that('semijoin', count(*) = 1)
FROM sharing.shares s WHERE name IN (SELECT name FROM names);
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SELECT check_that('nested loop', count(*) = 5)
FROM sharing.shares s JOIN sharing.share_objects o ON o.share_name = s.name JOIN sharing.grants g ON g.share_name = s.name;
RESET ALL;
SET client_min_messages = warning;

SELECT check_that('explain', plan_of('SELECT * FROM sharing.grants WHERE share_name = ''partner''') LIKE '%Foreign Scan on sharing.grants%');
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM sharing.shares WHERE name = 'partner';
EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM sharing.shares WHERE name = 'partner';
EXPLAIN (VERBOSE, COSTS OFF) UPDATE sharing.shares SET comment = 'x';

-- ===================================================================
-- writes
-- ===================================================================
CREATE FUNCTION public.count_writes(statement text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE 'WITH changed AS (' || statement || ') SELECT count(*) FROM changed' INTO n;
	RETURN n;
END
$$;

WITH new AS (INSERT INTO sharing.shares (name, comment) VALUES ('s1', 'One') RETURNING *)
SELECT check_that('insert', name = 's1' AND created_at IS NOT NULL) FROM new;
INSERT INTO sharing.shares (name) SELECT 's' || i FROM generate_series(2, 5) i;
SELECT check_that('insert of several', count(*) = 5) FROM sharing.shares WHERE name LIKE 's_';
COPY sharing.shares (name, comment) FROM stdin;
s6	copied
s7	\N
\.
SELECT check_that('copy', count(*) = 7 AND count(comment) = 2) FROM sharing.shares WHERE name LIKE 's_';
WITH changed AS (UPDATE sharing.shares SET comment = 'Two' WHERE name = 's2' RETURNING name, comment, updated_at)
SELECT check_that('update', name = 's2' AND comment = 'Two' AND updated_at IS NOT NULL) FROM changed;
WITH changed AS (UPDATE sharing.shares s SET comment = n.name FROM (VALUES ('s3'), ('s4')) n (name)
				 WHERE s.name = n.name RETURNING s.comment, n.name)
SELECT check_that('update from', count(*) = 2 AND bool_and(comment = name)) FROM changed;
WITH changed AS (UPDATE sharing.shares SET name = 's9' WHERE name = 's5' RETURNING name)
SELECT check_that('rename', name = 's9') FROM changed;
WITH gone AS (DELETE FROM sharing.shares s USING (VALUES ('s6'), ('s7')) n (name) WHERE s.name = n.name RETURNING s.*)
SELECT check_that('delete using', count(*) = 2 AND count(comment) = 1) FROM gone;
WITH new AS (INSERT INTO sharing.share_objects (share_name, name, shared_as) VALUES ('s1', 'main.sales.orders', 'figures.orders') RETURNING *)
SELECT check_that('insert an object', shared_as = 'figures.orders') FROM new;
WITH changed AS (UPDATE sharing.share_objects SET comment = 'Figures' WHERE share_name = 's1' RETURNING *)
SELECT check_that('update an object', comment = 'Figures' AND name = 'main.sales.orders') FROM changed;
INSERT INTO sharing.recipients (name) VALUES ('initech');
WITH new AS (INSERT INTO sharing.grants (share_name, recipient_name) VALUES ('s1', 'initech') RETURNING *)
SELECT check_that('insert a grant', privilege = 'SELECT') FROM new;
WITH gone AS (DELETE FROM sharing.grants WHERE share_name = 's1' RETURNING *)
SELECT check_that('delete a grant', recipient_name = 'initech') FROM gone;
SELECT check_that('delete nothing', count_writes('DELETE FROM sharing.shares WHERE name = ''none'' RETURNING 1') = 0);

-- row triggers see the row before and after
CREATE TABLE trace (op text, old_comment text, new_comment text);
CREATE FUNCTION public.trace_row() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		INSERT INTO public.trace VALUES (TG_OP, OLD.comment, NULL);
		RETURN OLD;
	ELSIF TG_OP = 'UPDATE' THEN
		INSERT INTO public.trace VALUES (TG_OP, OLD.comment, NEW.comment);
	ELSE
		INSERT INTO public.trace VALUES (TG_OP, NULL, NEW.comment);
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER trace_after AFTER INSERT OR UPDATE OR DELETE ON sharing.shares
	FOR EACH ROW EXECUTE FUNCTION trace_row();
CREATE TRIGGER trace_before BEFORE INSERT OR UPDATE OR DELETE ON sharing.shares
	FOR EACH ROW EXECUTE FUNCTION trace_row();
INSERT INTO sharing.shares (name, comment) VALUES ('t1', 'a'), ('t2', 'b');
UPDATE sharing.shares SET comment = 'c' WHERE name = 't1';
DELETE FROM sharing.shares WHERE name IN ('t1', 't2');
SELECT check_that('triggers', count(*) = 10 AND count(*) FILTER (WHERE op = 'UPDATE' AND old_comment = 'a' AND new_comment = 'c') = 2
	AND count(*) FILTER (WHERE op = 'DELETE' AND old_comment IN ('b', 'c')) = 4) FROM trace;
DROP TRIGGER trace_after ON sharing.shares;
DROP TRIGGER trace_before ON sharing.shares;

-- a partitioned table and a parent with foreign children
CREATE TABLE all_shares (name text, comment text) PARTITION BY LIST (comment);
CREATE TABLE local_shares PARTITION OF all_shares FOR VALUES IN ('here');
CREATE FOREIGN TABLE far_shares PARTITION OF all_shares FOR VALUES IN ('there', 'Two')
	SERVER sharing OPTIONS (table_name 'shares');
INSERT INTO all_shares VALUES ('p1', 'here'), ('p2', 'there'), ('p3', 'there');
SELECT check_that('routing', count(*) = 2) FROM sharing.shares WHERE name IN ('p1', 'p2', 'p3');
WITH changed AS (UPDATE all_shares SET name = name || 'x' WHERE name IN ('p1', 'p2') RETURNING name)
SELECT check_that('update of partitions', array_agg(name ORDER BY name) = '{p1x,p2x}') FROM changed;
WITH gone AS (DELETE FROM all_shares WHERE name LIKE 'p__' OR name LIKE 'p_' RETURNING tableoid::regclass::text AS part, name)
SELECT check_that('delete from partitions', count(*) = 3 AND count(*) FILTER (WHERE part = 'far_shares') = 2) FROM gone;
DROP TABLE all_shares;

-- ===================================================================
-- whose rights: the owner of a view lends his
-- ===================================================================
CREATE ROLE versions_reader;
GRANT USAGE ON SCHEMA public TO versions_reader;
CREATE VIEW share_names AS SELECT name, comment FROM sharing.shares;
GRANT SELECT, INSERT, UPDATE, DELETE ON share_names TO versions_reader;
GRANT EXECUTE ON FUNCTION check_that(text, boolean) TO versions_reader;
SET ROLE versions_reader;
SELECT check_that('through a view', count(*) = 1) FROM share_names WHERE name = 'partner';
INSERT INTO share_names VALUES ('v1', 'x');
UPDATE share_names SET comment = 'y' WHERE name = 'v1';
SELECT check_that('written through a view', count(*) = 1) FROM share_names WHERE name = 'v1' AND comment = 'y';
DELETE FROM share_names WHERE name = 'v1';
RESET ROLE;
GRANT USAGE ON SCHEMA sharing TO versions_reader;
GRANT SELECT ON sharing.shares TO versions_reader;
SET ROLE versions_reader;
DO $$
BEGIN
	PERFORM count(*) FROM sharing.shares;
	RAISE EXCEPTION 'not ok - a stranger reads';
EXCEPTION
	WHEN insufficient_privilege OR fdw_error OR undefined_object OR invalid_authorization_specification THEN NULL;
END
$$;
RESET ROLE;
DROP OWNED BY versions_reader;
DROP ROLE versions_reader;

-- ===================================================================
-- views for BI tools: made, known again, inlined, read-only
-- ===================================================================
SELECT check_that('create_views', count(*) >= 8) FROM deltashare.create_views('sharing');
SELECT check_that('create_views again', count(*) >= 8) FROM deltashare.create_views('sharing');
SELECT check_that('views use the rights of whoever reads, from PostgreSQL 15',
	bool_and((reloptions IS NOT NULL) = (current_setting('server_version_num')::int >= 150000)))
FROM pg_class WHERE relnamespace = 'sharing_views'::regnamespace;
SELECT check_that('views have comments', count(*) > 80)
FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass
WHERE c.relnamespace = 'sharing_views'::regnamespace;
SELECT check_that('a view is inlined', plan LIKE '%Foreign Scan on sharing.shares%' AND plan NOT LIKE '%Subquery Scan%')
FROM plan_of('SELECT name FROM sharing_views.shares WHERE name = ''partner''') plan;
DO $$
BEGIN
	UPDATE sharing_views.shares SET comment = 'x' WHERE name = 'partner';
	RAISE EXCEPTION 'not ok - written through a view of create_views()';
EXCEPTION
	WHEN object_not_in_prerequisite_state THEN NULL;
END
$$;
SELECT check_that('through a view of create_views', comment = 'Data') FROM sharing_views.shares WHERE name = 'partner';

-- ===================================================================
-- transactions
-- ===================================================================
BEGIN;
SELECT check_that('in a transaction', name = 'draft') FROM deltashare.create_share('draft');
SAVEPOINT here;
SELECT check_that('in a savepoint', count(*) = 1) FROM deltashare.add_to_share('draft', 'main.sales.orders');
ROLLBACK TO here;
SELECT check_that('after a savepoint', count(*) = 0) FROM sharing.share_objects WHERE share_name = 'draft';
UPDATE sharing.shares SET comment = 'Rolled back' WHERE name = 'partner';
ROLLBACK;
SELECT check_that('rollback', count(*) = 1 AND min(comment) = 'Data') FROM sharing.shares WHERE name IN ('draft', 'partner');
DO $$
BEGIN
	PERFORM deltashare.create_share('draft');
	PERFORM deltashare.setup_tenant('hooli', ARRAY['main.sales.orders', 'main.sales.none']);
EXCEPTION
	WHEN OTHERS THEN NULL;
END
$$;
SELECT check_that('exception block', count(*) = 0) FROM sharing.shares WHERE name IN ('draft', 'hooli_share');
SELECT check_that('nobody is left behind', count(*) = 0) FROM sharing.recipients WHERE name = 'hooli';

-- ===================================================================
-- declared configuration
-- ===================================================================
SELECT check_that('export', count(*) = 0) FROM deltashare.plan_config(deltashare.export_config(), prune => true);
SELECT check_that('apply', count(*) = 4) FROM deltashare.apply_config('{shares: [{name: declared, tables: [main.sales.orders]}],
	recipients: [{name: declared, ip_access_list: [192.0.2.0/24]}], grants: [{share: declared, recipient: declared}]}');
SELECT check_that('nothing is left to apply', count(*) = 0)
FROM deltashare.plan_config('shares: [{name: Declared, tables: [MAIN.sales.orders]}]');
SELECT check_that('way back', deltashare.drop_share('declared') AND deltashare.drop_recipient('declared'));

\if :{?host}
\else
SELECT check_that('audit events', count(*) > 10) FROM deltashare.audit_events;
SELECT check_that('activate', length(a::text) > 20)
FROM deltashare.create_recipient('umbrella') r, deltashare.activate(r.activation_url) a;

INSERT INTO sales.customers VALUES ('acme', 'Ann', 'ann@acme.example'), ('globex', 'Bob', NULL);
SELECT check_that('tenant view', shared_as = 'sales.customers_acme_view')
FROM deltashare.create_tenant_view('main.sales.customers', 'customer_id', 'acme', share => 'views');
SELECT check_that('its rows', count(*) = 1 AND min(customer_name) = 'Ann') FROM sales.customers_acme_view;
SELECT check_that('recipients'' view', status = 'ACTIVE')
FROM deltashare.create_tenant_view('main.sales.customers', 'customer_id', recipient_property => 'databricks.name', share => 'views');
SELECT check_that('nobody''s rows', count(*) = 0) FROM sales.customers_by_recipient_view;
SET deltashare.recipient = 'globex';
SELECT check_that('a recipient''s rows', count(*) = 1 AND min(customer_name) = 'Bob') FROM sales.customers_by_recipient_view;
RESET deltashare.recipient;
SELECT check_that('masked view', masked_columns = '{customer_name,email}')
FROM deltashare.create_masked_view('main.sales.customers', '{"email": "hash", "customer_name": {"mask": "partial", "keep_first": 1}}');
SELECT check_that('its values', email = encode(sha256('ann@acme.example'), 'hex') AND customer_name = 'A**')
FROM sales.customers_masked WHERE customer_id = 'acme';
SELECT check_that('it is replaced', view_name = 'main.sales.customers_masked')
FROM deltashare.create_masked_view('main.sales.customers', '{"email": "null"}', or_replace => true);
SELECT check_that('what it masks', count(*) = 1 AND min(mask) = 'null') FROM deltashare.local_masked_columns;
DROP VIEW sales.customers_masked, sales.customers_acme_view, sales.customers_by_recipient_view;
SELECT check_that('what is dropped masks nothing', count(*) = 0) FROM deltashare.local_masks;
SELECT check_that('its share goes', deltashare.drop_share('views'));
\endif

-- ===================================================================
-- the way back
-- ===================================================================
SELECT check_that('remove_from_share', deltashare.remove_from_share('partner', 'main.sales.customers'));
SELECT check_that('revoke_select', deltashare.revoke_select('partner', 'acme') IS NOT NULL);
SELECT check_that('drop_recipient', deltashare.drop_recipient('initech'));
SELECT check_that('drop_share', bool_and(deltashare.drop_share(name)) AND count(*) = 5)
FROM unnest('{s1,s2,s3,s4,s9}'::text[]) name;
SELECT check_that('what is left', array_agg(name ORDER BY name) = '{acme_share,globex_share,partner}') FROM sharing.shares;
