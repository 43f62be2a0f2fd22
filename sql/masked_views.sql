--
-- Views that mask columns: create_masked_view().
--
-- What the masks make of values is looked at in local_views, and by the tests
-- in Python for both engines.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
\getenv host DELTASHARE_TEST_HOST
\if :{?host}
ALTER SERVER sharing OPTIONS (ADD warehouse_id '0123456789abcdef');
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sales.staff", "columns": [{"name": "id", "type_name": "LONG"}, "name", "email", "phone", "it\u0027s \u0060so\u0060", {"name": "born", "type_name": "DATE"}, {"name": "seen", "type_name": "TIMESTAMP"}, {"name": "salary", "type_name": "DECIMAL(10,2)"}]}' > /dev/null
\endif
CREATE TABLE sales.staff (id bigint, name text, email text, phone text, "it's `so`" text, born date, seen timestamptz, salary numeric(10,2));
-- what there is of a view, on either server
CREATE FUNCTION masked_view(name text) RETURNS TABLE (columns text, comment text, masks jsonb) LANGUAGE sql AS $$
	SELECT string_agg(c.column_name, ', ' ORDER BY c.position), min(c.object_comment),
		(min(c.object_properties::text)::jsonb ->> 'deltashare.masks')::jsonb
	FROM deltashare.select_rows(NULL, NULL::deltashare.object_column, jsonb_build_object('object_name', name)) c
	WHERE c.object_type = 'VIEW'
$$;

-- ===================================================================
-- every mask; what is masked is on record
-- ===================================================================
SELECT * FROM deltashare.create_masked_view('main.sales.staff', '{
	"email": "hash",
	"name": "redact",
	"phone": {"mask": "partial", "keep_last": 4},
	"salary": "null",
	"born": {"mask": "truncate", "to": "year"}}');
SELECT * FROM masked_view('main.sales.staff_masked');
SELECT count(*) FROM share_objects WHERE name = 'main.sales.staff_masked';
-- into a share, which is made
SELECT * FROM deltashare.create_masked_view('main.sales.staff', '{"seen": {"mask": "truncate", "to": "hour"}, "it''s `so`": {"mask": "hash", "salt": "''; --"}}',
	'staff_salted', share => 'masked_views', alias => 'public.staff', comment => E'It''s \\ masked');
SELECT * FROM masked_view('main.sales.staff_salted');
SELECT name, comment FROM shares WHERE name = 'masked_views';
SELECT share_name, name, data_object_type, shared_as, comment, status FROM share_objects WHERE share_name = 'masked_views';
-- all columns; one mask more often; a view of a masked view
SELECT * FROM deltashare.create_masked_view('main.sales.staff',
	'{"id": "null", "name": "null", "email": "null", "phone": "null", "it''s `so`": "null", "born": "null", "seen": "null", "salary": "null"}', 'staff_nothing');
SELECT * FROM masked_view('main.sales.staff_nothing');
SELECT * FROM deltashare.create_masked_view('main.sales.staff_masked', '{"id": "hash"}', 'main.hr.staff_masked_twice', 'masked_views');
SELECT * FROM masked_view('main.hr.staff_masked_twice');
-- ... what was masked is, also in the view of a tenant
SELECT name FROM deltashare.create_tenant_view('main.sales.staff_masked', 'id', '7', 'masked_views');
SELECT * FROM masked_view('main.sales.staff_masked_7_view');

-- what is known of it elsewhere
SELECT object_name, column_name, category, masked, mask FROM deltashare.sensitive_columns('masked_views') WHERE column_name IN ('email', 'phone') ORDER BY 1, 2;
SELECT name FROM deltashare.create_tenant_view('main.sales.staff', 'id', '7', 'masked_views');
SELECT object_name, column_name, category, masked, mask FROM deltashare.sensitive_columns('masked_views') WHERE object_name = 'main.sales.staff_7_view' AND column_name = 'email';

-- ===================================================================
-- replaced by other masks, and by none
-- ===================================================================
SELECT sqlstate_of($$SELECT deltashare.create_masked_view('main.sales.staff', '{"email": "redact"}', 'staff_salted')$$);
SELECT * FROM deltashare.create_masked_view('main.sales.staff', '{"email": "redact", "seen": "null"}', 'staff_salted', 'masked_views', or_replace => true);
SELECT * FROM masked_view('main.sales.staff_salted');
SELECT name, shared_as, comment FROM share_objects WHERE share_name = 'masked_views' AND name = 'main.sales.staff_salted';
BEGIN;
SELECT name FROM deltashare.create_tenant_view('main.sales.staff', 'id', '1', 'masked_views', 'staff_salted', or_replace => true);
SELECT * FROM masked_view('main.sales.staff_salted');
ROLLBACK;
SELECT * FROM masked_view('main.sales.staff_salted');
BEGIN;
SELECT view_name FROM deltashare.create_masked_view('main.sales.staff', '{"email": "hash"}', 'staff_gone', 'masked_views_gone');
SELECT * FROM masked_view('main.sales.staff_gone');
ROLLBACK;
SELECT * FROM masked_view('main.sales.staff_gone');
SELECT count(*) FROM shares WHERE name = 'masked_views_gone';

-- ===================================================================
-- all that is wrong with masks is told at once
-- ===================================================================
SELECT deltashare.create_masked_view('main.sales.staff', '{
	"emial": "hash",
	"name": "redakt",
	"phone": {"mask": "partial", "keep_lst": 4, "keep_first": -1},
	"id": {"mask": "redact", "with": "x"},
	"born": {"mask": "truncate", "to": "hour"},
	"seen": {"to": "year"},
	"email": {"mask": "hash", "salt": 7},
	"it''s `so`": null}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.create_masked_view('main.sales.staff', '{"seen": "hash"}')$$);
SELECT deltashare.create_masked_view('main.sales.staff', '{"phone": {"mask": "partial", "keep_first": 1.5, "keep_last": "4"}, "name": ["hash"]}');	-- should fail
SELECT deltashare.create_masked_view('main.sales.staff', '{}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_masked_view('main.sales.staff', NULL);	-- should fail
SELECT deltashare.create_masked_view('main.sales.staff', '["email"]');	-- should fail
SELECT deltashare.create_masked_view(NULL, '{"email": "hash"}');	-- should fail
SELECT deltashare.create_masked_view('main.sales.nothing', '{"email": "hash"}');	-- should fail
SELECT deltashare.create_masked_view('main.sales.staff', '{"email": "hash"}', alias => 'public.staff');	-- should fail
SELECT sqlstate_of($$SELECT deltashare.create_masked_view('main.sales.staff', '{"email": "hash"}', 'main.sales.staff', or_replace => true)$$);
SELECT sqlstate_of($$SELECT deltashare.create_masked_view('main.sales.staff', '{"email": "hash"}', 'staff_taken', 'masked_views', 'public.staff')$$);
SELECT * FROM masked_view('main.sales.staff_taken');
-- no injection by any of it
SELECT c.view_name
FROM (VALUES (1, ''''), (2, '\'), (3, '\'''), (4, E'\n'), (5, '😀'), (6, ''), (7, repeat('''', 10000)), (8, '$1 %s {c} {to}')) v (n, s),
	deltashare.create_masked_view('main.sales.staff', jsonb_build_object('email', jsonb_build_object('mask', 'hash', 'salt', s)), 'staff_s' || n) c
ORDER BY n;
SELECT deltashare.create_masked_view('main.sales.staff', '{"email` FROM main.hr.people; --": "hash"}');	-- should fail
SELECT deltashare.create_masked_view('main.sales.staff', '{"born": {"mask": "truncate", "to": "year'') || x"}}');	-- should fail

-- ===================================================================
-- nothing is left
-- ===================================================================
\if :{?host}
\! $DELTASHARE_TEST_CONTROL drop-views
ALTER SERVER sharing OPTIONS (DROP warehouse_id);
\else
SET client_min_messages = warning;
DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY(SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'v' AND c.reloptions = '{security_barrier=true}')
	LOOP
		EXECUTE 'DROP VIEW IF EXISTS ' || name || ' CASCADE';
	END LOOP;
END
$$;
RESET client_min_messages;
\endif
SELECT deltashare.drop_share('masked_views');
SELECT count(*) FROM deltashare.local_masks;
DROP FUNCTION masked_view(text);
DROP TABLE sales.staff;
