--
-- Views on a Databricks workspace: the statements and requests that make them,
-- and that take them back.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
-- without a warehouse
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shares WHERE name = 'acme_share';
ALTER SERVER sharing OPTIONS (ADD warehouse_id '0123456789abcdef');
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sales.kinds", "columns": ["it\u0027s \u0060so\u0060", {"name": "Code", "type_name": "CHAR(4)"}, {"name": "Short", "type_name": "VARCHAR(4)"}, {"name": "tiny", "type_name": "BYTE"}, {"name": "n", "type_name": "INT"}, {"name": "amount", "type_name": "DECIMAL(10,2)"}, {"name": "flag", "type_name": "BOOLEAN"}, {"name": "born", "type_name": "DATE"}, {"name": "seen", "type_name": "TIMESTAMP"}, {"name": "woken", "type_name": "TIMESTAMP_NTZ"}, {"name": "ratio", "type_name": "DOUBLE"}, {"name": "tags", "type_name": "ARRAY<STRING>"}]}' > /dev/null
\! $DELTASHARE_TEST_CONTROL forget

-- ===================================================================
-- tenants
-- ===================================================================
SELECT name FROM deltashare.create_tenant_view('Main.Sales.Daily', 'TENANT', 'acme', comment => E'It''s \\ theirs');
\! $DELTASHARE_TEST_CONTROL statements
CREATE FUNCTION tenant_view(column_name text, tenant text) RETURNS text LANGUAGE sql AS $$
	SELECT (deltashare.create_tenant_view('main.sales.kinds', column_name, tenant, 'view_statements', 'kinds_view', or_replace => true)).name
$$;
SELECT v.*, tenant_view(v.column_name, v.tenant)
FROM (VALUES ('it''s `so`', 'it''s'), ('it''s `so`', 'a\b'), ('it''s `so`', E'two\nlines'), ('it''s `so`', '😀'), ('it''s `so`', 'a-Z_0 9.@:+'),
	('code', 'ab  '), ('SHORT', 'abcdef'), ('tiny', '-128'), ('n', '42'), ('amount', '1e3'), ('flag', 'yes'), ('born', '29 Feb 2024')) v (column_name, tenant);
\! $DELTASHARE_TEST_CONTROL statements
SELECT v.*, sqlstate_of(format('SELECT tenant_view(%L, %L)', v.column_name, v.tenant))
FROM (VALUES ('tiny', '128'), ('n', '3000000000'), ('seen', '2024-01-01'), ('ratio', '1.5'), ('tags', 'x'), ('CODES', 'x')) v (column_name, tenant);
\! $DELTASHARE_TEST_CONTROL statements

-- ===================================================================
-- recipients
-- ===================================================================
SELECT v.*, (deltashare.create_tenant_view('main.sales.kinds', v.column_name, recipient_property => v.property, share => 'view_statements', or_replace => true)).name
FROM (VALUES ('Short', 'tenant'), ('Code', 'tenant'), ('n', 'databricks.name'), ('born', 'it''s \ "odd"')) v (column_name, property);
\! $DELTASHARE_TEST_CONTROL statements

-- ===================================================================
-- masks
-- ===================================================================
SELECT * FROM deltashare.create_masked_view('main.sales.kinds', '{"it''s `so`": "hash", "CODE": {"mask": "partial", "keep_first": 1, "keep_last": 2},
	"n": {"mask": "hash", "salt": "it''s"}, "short": "redact", "tags": "null", "ratio": "null",
	"born": "truncate", "seen": {"mask": "truncate", "to": "hour"}, "woken": {"mask": "truncate", "to": "month"}}');
\! $DELTASHARE_TEST_CONTROL statements
SELECT view_name FROM deltashare.create_masked_view('main.sales.kinds', '{"seen": {"mask": "truncate", "to": "year"}, "woken": {"mask": "truncate", "to": "hour"}, "code": "hash"}', 'kinds_2');
SELECT view_name FROM deltashare.create_masked_view('main.sales.kinds', '{"seen": {"mask": "truncate", "to": "day"}, "woken": {"mask": "truncate", "to": "day"}}', 'kinds_3');
\! $DELTASHARE_TEST_CONTROL statements
-- names of columns have no case there
SELECT deltashare.create_masked_view('main.sales.kinds', '{"Code": "hash", "code": "redact", "RATIO": "hash"}');	-- should fail

-- ===================================================================
-- the engine's settings are not put in the place of their names
-- ===================================================================
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', recipient_property => '${spark.app.name}', share => 'view_statements',
	comment => 'The ${spark.app.name} $ { } \{');
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', '${spark.app.name}', share => 'view_statements', view_name => 'settings');
\! $DELTASHARE_TEST_CONTROL statements
SELECT DISTINCT object_comment, regexp_replace(view_definition, '.* WHERE', 'WHERE') AS condition
FROM deltashare.select_rows('sharing', NULL::deltashare.object_column, '{"object_name": "main.sales.daily_by_recipient_view"}');

-- ===================================================================
-- names that cannot be
-- ===================================================================
SELECT deltashare.create_tenant_view('main.sales', 'tenant', 'acme');	-- should fail
SELECT deltashare.create_tenant_view('main..daily', 'tenant', 'acme');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.sales.a b');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.sales.' || repeat('x', 256));	-- should fail
SELECT name FROM deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', 'view_statements', 'main.sales.a`b''c;--"');
\! $DELTASHARE_TEST_CONTROL statements
-- the platform's refusals
SELECT deltashare.create_tenant_view('main.sales.forbidden', 'id', 'acme');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.nowhere.v');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.sales.orders', or_replace => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme', view_name => 'main.sales.orders');	-- should fail
SELECT deltashare.create_tenant_view('main.sales.daily', 'tenant', 'acme');	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- what an open transaction did
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL forget
BEGIN;
SELECT view_name FROM deltashare.create_masked_view('main.sales.kinds', '{"code": "hash"}', 'kinds_4');
SELECT view_name FROM deltashare.create_masked_view('main.sales.kinds', '{"code": "redact"}', 'kinds_4', or_replace => true);
SELECT * FROM deltashare.pending_changes;
\! $DELTASHARE_TEST_CONTROL statements
ROLLBACK;
\! $DELTASHARE_TEST_CONTROL statements

-- ===================================================================
-- dropping waits for the end of the transaction
-- ===================================================================
SELECT view_name FROM deltashare.create_masked_view('main.sales.kinds', '{"code": "hash"}', 'kinds_5', comment => 'Five');
\! $DELTASHARE_TEST_CONTROL forget
BEGIN;
SELECT deltashare.drop_view('Main.Sales.Kinds_5');
SELECT * FROM deltashare.pending_changes;
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.object_column, '{"object_name": "main.sales.kinds_5"}');
\! $DELTASHARE_TEST_CONTROL requests
SAVEPOINT a;
SELECT deltashare.create_masked_view('main.sales.kinds', '{"code": "hash"}', 'kinds_5');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO a;
SELECT deltashare.add_to_share('view_statements', 'MAIN.sales.kinds_5', type => 'VIEW');	-- should fail
ROLLBACK TO a;
SELECT deltashare.create_masked_view('main.sales.kinds_5', '{"code": "hash"}', 'kinds_6');	-- should fail
ROLLBACK TO a;
\! $DELTASHARE_TEST_CONTROL forget
COMMIT;
\! $DELTASHARE_TEST_CONTROL requests
\! $DELTASHARE_TEST_CONTROL drop-views
SELECT deltashare.drop_share('acme_share'), deltashare.drop_share('view_statements');
ALTER SERVER sharing OPTIONS (DROP warehouse_id);
DROP FUNCTION tenant_view(text, text);
