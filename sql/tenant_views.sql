--
-- Views that show each tenant its rows: create_tenant_view().
--
-- Which rows these are is looked at in local_views, and by the tests in Python
-- for both engines.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
\getenv host DELTASHARE_TEST_HOST
\if :{?host}
ALTER SERVER sharing OPTIONS (ADD warehouse_id '0123456789abcdef');
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sales.odd", "columns": ["Tenant Id", "it\u0027s \u0060so\u0060", {"name": "born", "type_name": "TIMESTAMP"}]}' > /dev/null
\endif
CREATE TABLE sales.odd ("Tenant Id" text, "it's `so`" text, born timestamptz);
-- what there is of a view, on either server
CREATE FUNCTION tenant_view(name text) RETURNS TABLE (columns text, comment text, masks jsonb) LANGUAGE sql AS $$
	SELECT string_agg(c.column_name, ', ' ORDER BY c.position), min(c.object_comment),
		(min(c.object_properties::text)::jsonb ->> 'deltashare.masks')::jsonb
	FROM deltashare.select_rows(NULL, NULL::deltashare.object_column, jsonb_build_object('object_name', name)) c
	WHERE c.object_type = 'VIEW'
$$;

-- ===================================================================
-- a tenant: its view, in a share that goes by its name
-- ===================================================================
SELECT share_name, name, data_object_type, shared_as, comment, status
FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme');
SELECT name, comment FROM shares WHERE name = 'acme_share';
SELECT * FROM tenant_view('main.sales.daily_acme_view');
-- a share that is there, another name, alias, comment
SELECT (deltashare.create_share('tenant_views', comment => 'Of all')).name;
SELECT share_name, name, shared_as, comment
FROM deltashare.create_tenant_view(source => 'main.sales.daily', tenant_column => 'tenant', tenant_id => 'globex',
	share => 'Tenant_Views', view_name => 'main.sales.globex_days', alias => 'public.days', comment => E'It''s \\ theirs');
SELECT name, comment FROM shares WHERE name = 'tenant_views';
SELECT * FROM tenant_view('main.sales.globex_days');
-- a name alone: beside its source; another schema
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'initech', 'tenant_views', 'initech_days');
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'initech', 'tenant_views', 'main.hr.initech_days');
-- a view of a view
SELECT name FROM deltashare.create_tenant_view('main.sales.initech_days', 'region', 'EU', 'tenant_views');

-- ===================================================================
-- one view, which shows every recipient its rows
-- ===================================================================
SELECT share_name, name, shared_as
FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', recipient_property => 'tenant', share => 'tenant_views');
SELECT name FROM deltashare.create_tenant_view('main.sales.orders', 'customer_id', recipient_property => 'it''s \ "odd"', share => 'tenant_views_new');
SELECT name, comment FROM shares WHERE name = 'tenant_views_new';

-- ===================================================================
-- tenants of other types; what is no value of the type
-- ===================================================================
SELECT name FROM deltashare.create_tenant_view('main.sales.orders', 'customer_id', ' 42 ', 'tenant_views', 'orders_42');
SELECT name FROM deltashare.create_tenant_view('main.sales.orders', 'amount', '-1.50', 'tenant_views', 'orders_amount');
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'day', '2024-02-29', 'tenant_views', 'leap_days');
SELECT deltashare.create_tenant_view('main.sales.orders', 'customer_id', '42 OR 1=1', 'tenant_views', 'no');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_tenant_view('main.sales.orders', 'customer_id', '99999999999999999999', 'tenant_views', 'no');	-- should fail
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.orders', 'amount', 'NaN', 'tenant_views', 'no')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'day', '2024-02-30', 'tenant_views', 'no')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'day', 'infinity', 'tenant_views', 'no')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.odd', 'born', '2024-01-01', 'tenant_views', 'no')$$);

-- ===================================================================
-- odd tenants and columns
-- ===================================================================
SELECT v.n, (deltashare.create_tenant_view('main.sales.odd', 'Tenant Id', v.tenant, 'tenant_views', 'odd_' || v.n)).name
FROM (VALUES (1, 'it''s'), (2, '"'), (3, '`'), (4, '\'), (5, E'two\nlines'), (6, '😀'), (7, ''' OR ''1''=''1'),
	(8, '\'' OR 1=1 --'), (9, repeat('x''', 5000)), (10, 'NULL'), (11, '${x} :p ? $1 %s'), (12, ' '), (13, '*/ --')) v (n, tenant)
ORDER BY v.n;
SELECT name FROM deltashare.create_tenant_view('main.sales.odd', 'it''s `so`', 'x', 'tenant_views', 'odd_column');
SELECT * FROM tenant_view('main.sales.odd_column');
-- in a name what is no letter, digit or underscore is one
SELECT share_name, name FROM deltashare.create_tenant_view('main.sales.odd', 'Tenant Id', 'Ümläut & Söhne', 'tenant_views');
-- ... which other tenants may share, so that none is replaced by another
SELECT deltashare.create_tenant_view('main.sales.odd', 'Tenant Id', 'Ümläut + Söhne', 'tenant_views', or_replace => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.odd', 'Tenant Id', 'Ümläut + Söhne', 'tenant_views')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.odd', 'Tenant Id', 'x.y')$$);

-- ===================================================================
-- a second time: an error, unless it is to be replaced
-- ===================================================================
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme')$$);
SELECT share_name, name, shared_as, comment
FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', comment => 'Anew', or_replace => true);
SELECT * FROM tenant_view('main.sales.daily_acme_view');
SELECT share_name, name, comment FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', or_replace => true);
SELECT * FROM tenant_view('main.sales.daily_acme_view');
-- by a view that has other columns, and is in another share, too
SELECT share_name, name FROM deltashare.create_tenant_view('main.sales.orders', 'customer_id', '7', 'tenant_views', 'main.sales.daily_acme_view', or_replace => true);
SELECT * FROM tenant_view('main.sales.daily_acme_view');
SELECT share_name FROM share_objects WHERE share_name IN ('acme_share', 'tenant_views') AND name = 'main.sales.daily_acme_view' ORDER BY 1;
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', alias => 'public.other', or_replace => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- what is no view is not replaced
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.sales.orders', or_replace => true)$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.sales.daily', or_replace => true)$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'orders_mv', or_replace => true)$$);

-- ===================================================================
-- it is part of the transaction
-- ===================================================================
BEGIN;
SELECT share_name, name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'hooli');
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
SAVEPOINT s;
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'umbrella');
SELECT comment FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'hooli', comment => 'Replaced', or_replace => true);
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
ROLLBACK TO s;
SELECT * FROM tenant_view('main.sales.daily_umbrella_view');
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
ROLLBACK;
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
SELECT count(*) FROM shares WHERE name IN ('hooli_share', 'umbrella_share');
-- what was replaced is back
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'globex', 'tenant_views', 'main.sales.globex_days',
	comment => E'It''s \\ theirs', or_replace => true);
BEGIN;
SELECT name FROM deltashare.create_tenant_view('main.sales.orders', 'order_id', '1', 'tenant_views', 'main.sales.globex_days', or_replace => true);
SELECT * FROM tenant_view('main.sales.globex_days');
ROLLBACK;
SELECT * FROM tenant_view('main.sales.globex_days');
-- when the share refuses the view, there is no view
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'taken', 'tenant_views', alias => 'public.days')$$);
SELECT * FROM tenant_view('main.sales.daily_taken_view');
BEGIN READ ONLY;
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'hooli');	-- should fail
ROLLBACK;

-- ===================================================================
-- dropped
-- ===================================================================
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'hooli', 'tenant_views');
BEGIN;
SELECT deltashare.remove_from_share('tenant_views', 'main.sales.daily_hooli_view');
SELECT deltashare.drop_view('main.sales.daily_hooli_view');
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
SELECT deltashare.drop_view('main.sales.daily_hooli_view', if_exists => true);
ROLLBACK;
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
SELECT name, status FROM share_objects WHERE share_name = 'tenant_views' AND name = 'main.sales.daily_hooli_view';
SELECT deltashare.remove_from_share('tenant_views', 'main.sales.daily_hooli_view'), deltashare.drop_view('main.sales.daily_hooli_view');
SELECT * FROM tenant_view('main.sales.daily_hooli_view');
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'hooli', 'tenant_views');
SELECT deltashare.drop_view('main.sales.nothing', if_exists => true);
SELECT deltashare.drop_view('main.sales.nothing');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.drop_view('main.sales.daily')$$);
SELECT sqlstate_of($$SELECT deltashare.drop_view('sales')$$);
SELECT deltashare.drop_view(NULL);	-- should fail
BEGIN READ ONLY;
SELECT deltashare.drop_view('main.sales.daily_hooli_view');	-- should fail
ROLLBACK;

-- ===================================================================
-- refused
-- ===================================================================
SELECT deltashare.create_tenant_view('main.sales.nothing', 'tenant', 'acme');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_tenant_view('main.sales.daily', 'tennant', 'acme');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant` = `tenant', 'acme');	-- should fail
SELECT deltashare.create_tenant_view(NULL, 'tenant', 'acme');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', NULL, 'acme');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', recipient_property => 'tenant');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', '');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', recipient_property => '', share => 'tenant_views');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', recipient_property => 'tenant');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('sales', 'tenant', 'acme')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', repeat('x', 300))$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'nowhere.sales.v')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.nowhere.v')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', 'a share', 'refused')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', 'share''; DROP TABLE sales.daily; --', 'refused')$$);
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily; DROP TABLE sales.daily; --', 'tenant', 'acme', 'tenant_views', 'refused')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', 'tenant_views', 'refused', server => 'sharing''; --')$$);
SELECT * FROM tenant_view('main.sales.refused');
SELECT deltashare.make_view(NULL, '{main,sales}', 'SELECT 1 AS one', NULL, NULL, false);	-- should fail
SELECT deltashare.make_view(NULL, '{main,sales,v}', NULL, NULL, NULL, false);	-- should fail

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
SELECT deltashare.drop_share('acme_share'), deltashare.drop_share('tenant_views'), deltashare.drop_share('tenant_views_new');
DROP FUNCTION tenant_view(text);
DROP TABLE sales.odd;
