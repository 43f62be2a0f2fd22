--
-- What views of the local server show, and to whom.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
CREATE TYPE sales.mood AS ENUM ('good', 'bad');
CREATE DOMAIN sales.account AS bigint CHECK (value > 0);
CREATE TABLE sales.staff (
	id int, tenant text, account sales.account, code char(6), short varchar(4), mood sales.mood, key uuid, active boolean,
	rate numeric, phone text, born date, seen timestamptz, woken timestamp, "it's ""odd""" text);
INSERT INTO sales.staff VALUES
	(1, 'acme', 7, 'ab', 'ab', 'good', '00000000-0000-0000-0000-00000000000a', true, 1.50, '+49 30 123456', '1980-05-17',
		'2024-03-31 01:30:00.5+00', '2024-03-31 02:30:00.5', 'x'),
	(2, 'globex', 8, 'abcdef', '', 'bad', '00000000-0000-0000-0000-00000000000b', false, 0, '123', '2000-02-29',
		'1969-12-31 23:59:59+00', '1969-12-31 23:59:59', 'é😀'),
	(3, 'ACME', 7, ' a', NULL, NULL, NULL, NULL, 'NaN', '1234', 'infinity', NULL, NULL, ''),
	(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT (deltashare.create_share('local_views')).name;

-- ===================================================================
-- rows of a tenant, by columns of every type
-- ===================================================================
CREATE FUNCTION ids_of(column_name text, tenant text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids text;
BEGIN
	PERFORM deltashare.create_tenant_view('main.sales.staff', column_name, tenant, 'local_views', 'staff_view', or_replace => true);
	SELECT string_agg(id::text, ' ' ORDER BY id) INTO ids FROM sales.staff_view;
	RETURN ids;
END
$$;
SELECT v.*, ids_of(v.column_name, v.tenant) AS ids
FROM (VALUES ('tenant', 'acme'), ('tenant', 'ACME'), ('tenant', ' acme'), ('tenant', 'acme'' OR true --'), ('account', '7'), ('account', '9'),
	('code', 'ab'), ('code', 'ab   '), ('code', 'abcdefg'), ('short', 'ab'), ('short', 'abcde'), ('mood', 'bad'),
	('key', '{00000000-0000-0000-0000-00000000000A}'), ('active', 'no'), ('rate', '1.5'), ('rate', '1.500000001'), ('born', '2000-02-29'),
	('it''s "odd"', 'é😀')) v (column_name, tenant);
\d+ sales.staff_view
-- what is no value of the type
SELECT v.*, sqlstate_of(format('SELECT ids_of(%L, %L)', v.column_name, v.tenant))
FROM (VALUES ('account', '-1'), ('account', '7.5'), ('mood', 'GOOD'), ('key', 'x'), ('active', 'maybe'), ('rate', 'Infinity'), ('born', 'epochs'),
	('born', 'infinity'), ('born', '44-03-15 BC'), ('seen', '2024-01-01'), ('woken', '2024-01-01')) v (column_name, tenant);
-- an error leaves the view as it was
SELECT pg_get_viewdef('sales.staff_view') LIKE '%''é😀''%' AS same;

-- ===================================================================
-- one view for all recipients
-- ===================================================================
SELECT name FROM deltashare.create_recipient('local_views_a', properties => '{"tenant": "acme", "account": "7"}');
SELECT name FROM deltashare.create_recipient('local_views_b', properties => '{"tenant": "globex"}');
SELECT name FROM deltashare.create_recipient('globex');
SELECT name FROM deltashare.create_tenant_view('main.sales.staff', 'tenant', recipient_property => 'tenant', share => 'local_views');
SELECT name FROM deltashare.create_tenant_view('main.sales.staff', 'account', recipient_property => 'account', share => 'local_views', view_name => 'staff_by_account');
SELECT name FROM deltashare.create_tenant_view('main.sales.staff', 'tenant', recipient_property => 'databricks.name', share => 'local_views', view_name => 'staff_by_name');
\d+ sales.staff_by_recipient_view
CREATE VIEW seen AS
SELECT (SELECT string_agg(id::text, ' ') FROM sales.staff_by_recipient_view) AS by_tenant,
	(SELECT string_agg(id::text, ' ') FROM sales.staff_by_account) AS by_account,
	(SELECT string_agg(id::text, ' ') FROM sales.staff_by_name) AS by_name;
-- without a recipient nothing is shown
SELECT * FROM seen;
SELECT current_setting('deltashare.recipient') = '' AS unset, deltashare.current_recipient('tenant') IS NULL AS no_property;
SET deltashare.recipient = 'local_views_a';
SELECT * FROM seen;
SET deltashare.recipient = 'Local_Views_B';
SELECT * FROM seen;
SET deltashare.recipient = 'globex';
SELECT * FROM seen;
SET deltashare.recipient = 'nobody';
SELECT * FROM seen;
SELECT deltashare.current_recipient('tenant'), deltashare.current_recipient(NULL);
-- a plan that is kept asks again; the property is looked up once
SET deltashare.recipient = 'local_views_a';
SET plan_cache_mode = force_generic_plan;
PREPARE seen_rows AS SELECT id FROM sales.staff_by_recipient_view;
EXECUTE seen_rows;
SET deltashare.recipient = 'local_views_b';
EXECUTE seen_rows;
RESET deltashare.recipient;
EXECUTE seen_rows;
RESET plan_cache_mode;
DEALLOCATE seen_rows;
EXPLAIN (COSTS OFF) SELECT id FROM sales.staff_by_recipient_view WHERE id = 1;
-- who may not read recipients cannot be one
CREATE ROLE regress_views_reader;
GRANT USAGE ON SCHEMA sales TO regress_views_reader;
GRANT SELECT ON sales.staff_by_recipient_view, sales.staff_view TO regress_views_reader;
SET ROLE regress_views_reader;
SET deltashare.recipient = 'local_views_a';
SELECT count(*) FROM sales.staff_by_recipient_view;	-- should fail
RESET ROLE;

-- ===================================================================
-- a function of the reader's does not see what the view leaves out
-- ===================================================================
GRANT CREATE ON SCHEMA public TO regress_views_reader;
GRANT deltashare_reader TO regress_views_reader;
SELECT ids_of('tenant', 'acme');
SET ROLE regress_views_reader;
CREATE FUNCTION public.leak(id int, phone text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
	RAISE NOTICE 'seen: % %', id, phone;
	RETURN true;
END
$$;
SELECT id FROM sales.staff_view WHERE public.leak(id, phone);
SELECT id FROM sales.staff_by_recipient_view WHERE public.leak(id, phone);
SELECT id FROM sales.staff WHERE public.leak(id, phone);	-- should fail
RESET deltashare.recipient;
SELECT id FROM sales.staff_by_recipient_view WHERE public.leak(id, phone);
-- ... as it would without the barrier
RESET ROLE;
ALTER VIEW sales.staff_view RESET (security_barrier);
SET ROLE regress_views_reader;
SELECT id FROM sales.staff_view WHERE public.leak(id, phone);
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM regress_views_reader;
REVOKE deltashare_reader FROM regress_views_reader;

-- ===================================================================
-- masks
-- ===================================================================
SET timezone = 'Pacific/Chatham';
SET datestyle = 'German';
SELECT view_name FROM deltashare.create_masked_view('main.sales.staff', '{
	"tenant": "hash", "account": "hash", "code": "hash", "short": "hash", "mood": "hash", "key": "hash", "active": "hash", "rate": "hash",
	"born": {"mask": "hash"}, "phone": {"mask": "hash", "salt": "pepper"}}');
SELECT m.id, c.key, left(c.value, 12) AS value, c.value = encode(sha256(convert_to(e.value, 'UTF8')), 'hex') AS as_expected
FROM sales.staff_masked m, jsonb_each_text(to_jsonb(m)) c
	JOIN (VALUES (1, 'tenant', 'acme'), (1, 'account', '7'), (1, 'code', 'ab'), (1, 'short', 'ab'), (2, 'short', ''), (1, 'mood', 'good'),
		(1, 'key', '00000000-0000-0000-0000-00000000000a'), (1, 'active', 'true'), (1, 'rate', '1.50'), (1, 'born', '1980-05-17'),
		(1, 'phone', 'pepper+49 30 123456'), (4, 'tenant', NULL)) e (id, key, value) USING (key)
WHERE m.id = e.id ORDER BY m.id, c.key;
SELECT view_name FROM deltashare.create_masked_view('main.sales.staff', '{
	"tenant": "redact", "code": "redact", "phone": {"mask": "partial", "keep_first": 1, "keep_last": 3}, "short": {"mask": "partial", "keep_last": 1},
	"it''s \"odd\"": "partial", "account": "null", "mood": "null", "rate": "null",
	"born": "truncate", "seen": {"mask": "truncate", "to": "hour"}, "woken": {"mask": "truncate", "to": "day"}}', or_replace => true);
RESET timezone;
RESET datestyle;
SELECT * FROM sales.staff_masked ORDER BY id;
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = 'sales.staff_masked'::regclass ORDER BY a.attnum;

-- ===================================================================
-- what is on record follows the view
-- ===================================================================
SELECT view_name FROM deltashare.create_masked_view('main.sales.staff', '{"phone": "null", "tenant": "redact"}', 'staff_record');
SELECT column_name, mask FROM deltashare.local_masked_columns WHERE view = 'sales.staff_record'::regclass ORDER BY 1;
ALTER VIEW sales.staff_record RENAME COLUMN phone TO telephone;
ALTER VIEW sales.staff_record RENAME TO staff_recorded;
ALTER VIEW sales.staff_recorded SET SCHEMA hr;
SELECT view, column_name, mask FROM deltashare.local_masked_columns WHERE view = 'hr.staff_recorded'::regclass ORDER BY 2;
-- somebody writes it anew, drops it, drops all
CREATE OR REPLACE VIEW hr.staff_recorded AS
SELECT id, tenant, account, code, short, mood, key, active, rate, phone AS telephone, born, seen, woken, "it's ""odd""" FROM sales.staff;
SELECT count(*) FROM deltashare.local_masks WHERE view = 'hr.staff_recorded'::regclass;
DROP VIEW hr.staff_recorded;
SELECT count(*) FROM deltashare.local_masks m WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.view);
-- it is the owner's
CREATE ROLE regress_views_manager;
GRANT deltashare_manager TO regress_views_manager;
GRANT USAGE ON FOREIGN SERVER sharing TO regress_views_manager, regress_views_reader;
GRANT USAGE ON SCHEMA sales TO regress_views_manager;
SET ROLE regress_views_manager;
INSERT INTO deltashare.local_masks VALUES ('sales.staff_view', '{}');	-- should fail
UPDATE deltashare.local_masks SET masks = '{}';	-- should fail
RESET ROLE;

-- ===================================================================
-- other columns: the grants, the owner and the place in the share stay
-- ===================================================================
SELECT view_name, share_name FROM deltashare.create_masked_view('main.sales.staff', '{"born": "null"}', 'staff_kept', 'local_views');
GRANT SELECT ON sales.staff_kept TO regress_views_reader WITH GRANT OPTION;
GRANT SELECT ON sales.staff_kept TO PUBLIC;
SELECT view_name, share_name FROM deltashare.create_masked_view('main.sales.staff', '{"born": "hash"}', 'staff_kept', 'local_views', or_replace => true);
SELECT has_table_privilege('regress_views_reader', 'sales.staff_kept', 'SELECT WITH GRANT OPTION') AS reader,
	has_table_privilege('regress_views_manager', 'sales.staff_kept', 'SELECT') AS everybody,
	(SELECT reloptions FROM pg_class WHERE oid = 'sales.staff_kept'::regclass) AS options;
SELECT name, status FROM share_objects WHERE share_name = 'local_views' AND name = 'main.sales.staff_kept';
-- not when others build on it
CREATE VIEW sales.staff_built AS SELECT born FROM sales.staff_kept;
SELECT sqlstate_of($$SELECT deltashare.create_masked_view('main.sales.staff', '{"born": "null"}', 'staff_kept', or_replace => true)$$);
DROP VIEW sales.staff_built;

-- ===================================================================
-- with the caller's rights
-- ===================================================================
SELECT (deltashare.alter_share('local_views', owner => 'regress_views_manager')).owner;
SET ROLE regress_views_manager;
SELECT deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', 'staff_mine');	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT SELECT (id, tenant) ON sales.staff TO regress_views_manager;
SET ROLE regress_views_manager;
SELECT deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', 'staff_mine');	-- should fail
RESET ROLE;
GRANT SELECT ON sales.staff TO regress_views_manager;
SET ROLE regress_views_manager;
SELECT deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', 'staff_mine');	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT CREATE ON SCHEMA sales TO regress_views_manager;
SET ROLE regress_views_manager;
SELECT share_name, name FROM deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', 'staff_mine');
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', 'staff_view', or_replace => true)$$);
SELECT id FROM sales.staff_mine;
RESET ROLE;
SELECT relowner::regrole FROM pg_class WHERE oid = 'sales.staff_mine'::regclass;
-- a share whose owner may not read the view
SELECT deltashare.create_masked_view('main.sales.staff', '{"born": "null"}', 'staff_theirs', 'local_views');	-- should fail
SELECT (deltashare.alter_share('local_views', owner => session_user)).owner = session_user AS back;
-- nobody else
SET ROLE regress_views_reader;
SELECT deltashare.create_masked_view('main.sales.staff', '{"born": "null"}', 'public.staff_theirs');	-- should fail
RESET ROLE;

-- ===================================================================
-- names
-- ===================================================================
CREATE SCHEMA "Odd ""schema"" 'one'; --";
CREATE TABLE "Odd ""schema"" 'one'; --"."T ""1""; %I" ("C ""1""" text, "select" text);
INSERT INTO "Odd ""schema"" 'one'; --"."T ""1""; %I" VALUES ('a', 'b'), ('b', 'a');
SELECT name, shared_as FROM deltashare.create_tenant_view($$"Odd ""schema"" 'one'; --"."T ""1""; %I"$$, 'select', 'a', 'local_views', alias => 'odd.one');
SELECT * FROM "Odd ""schema"" 'one'; --"."T ""1""; %I_a_view";
SELECT view_name FROM deltashare.create_masked_view($$main."Odd ""schema"" 'one'; --"."T ""1""; %I"$$, '{"C \"1\"": "hash", "select": "redact"}', '"V ""2"""');
SELECT "select", length("C ""1""") FROM "Odd ""schema"" 'one'; --"."V ""2""";
-- an alias is needed where recipients could not write the name
SELECT deltashare.create_tenant_view($$"Odd ""schema"" 'one'; --"."T ""1""; %I"$$, 'select', 'b', 'local_views');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', repeat('x', 64));	-- should fail
SELECT deltashare.create_tenant_view('main.sales.staff', 'tenant', 'acme', 'local_views', 'elsewhere.sales.v');	-- should fail
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('elsewhere.sales.staff', 'tenant', 'acme', 'local_views')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('pg_catalog.pg_class', 'relname', 'acme', 'local_views')$$);
SELECT deltashare.create_masked_view('main.sales.staff', '{"born": "null"}', 'deltashare.v');	-- should fail
SELECT deltashare.create_masked_view('main.sales.staff', '{"born": "null"}', 'pg_temp.v');	-- should fail

DROP SCHEMA "Odd ""schema"" 'one'; --" CASCADE;
DROP VIEW seen;
DROP TABLE sales.staff CASCADE;
DROP FUNCTION ids_of(text, text), public.leak(int, text);
DROP TYPE sales.mood;
DROP DOMAIN sales.account;
SELECT count(*) FROM deltashare.local_masks;
SELECT deltashare.drop_share('local_views');
SELECT deltashare.drop_recipient('local_views_a'), deltashare.drop_recipient('local_views_b'), deltashare.drop_recipient('globex');
REVOKE ALL ON FOREIGN SERVER sharing FROM regress_views_reader, regress_views_manager;
REVOKE ALL ON SCHEMA sales FROM regress_views_reader, regress_views_manager;
DROP ROLE regress_views_reader, regress_views_manager;
