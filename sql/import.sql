--
-- IMPORT FOREIGN SCHEMA: which tables, with which columns and comments.
--
\set VERBOSITY default

-- ===================================================================
-- all, some, all but some
-- ===================================================================
CREATE SCHEMA import_all;
IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO import_all;
SELECT count(*) FROM information_schema.foreign_tables WHERE foreign_table_schema = 'import_all';

CREATE SCHEMA import_some;
IMPORT FOREIGN SCHEMA deltashare LIMIT TO (grants, shares, nothing) FROM SERVER sharing INTO import_some;
SELECT foreign_table_name FROM information_schema.foreign_tables
WHERE foreign_table_schema = 'import_some' ORDER BY 1;

CREATE SCHEMA import_others;
IMPORT FOREIGN SCHEMA deltashare EXCEPT (grants, shares, nothing) FROM SERVER sharing INTO import_others;
SELECT foreign_table_name FROM information_schema.foreign_tables
WHERE foreign_table_schema = 'import_others' ORDER BY 1;

-- what a table is does not depend on its name
ALTER FOREIGN TABLE import_some.shares RENAME TO offers;
SELECT count(*) FROM import_some.offers;

-- ===================================================================
-- refused
-- ===================================================================
CREATE SCHEMA import_none;
IMPORT FOREIGN SCHEMA delta FROM SERVER sharing INTO import_none;	-- should fail
\echo :LAST_ERROR_SQLSTATE
IMPORT FOREIGN SCHEMA "Deltashare" FROM SERVER sharing INTO import_none;	-- should fail
IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO import_none OPTIONS (import_default 'true');	-- should fail
\echo :LAST_ERROR_SQLSTATE
IMPORT FOREIGN SCHEMA deltashare FROM SERVER sharing INTO import_all;	-- should fail
IMPORT FOREIGN SCHEMA deltashare FROM SERVER nowhere INTO import_none;	-- should fail
SELECT count(*) FROM information_schema.foreign_tables WHERE foreign_table_schema = 'import_none';

-- ===================================================================
-- the columns
-- ===================================================================
\d import_all.*

-- ===================================================================
-- every table and column comes with its comment
-- ===================================================================
SELECT c.relname, obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c WHERE c.relnamespace = 'import_all'::regnamespace ORDER BY 1;
SELECT c.relname, a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'import_all'::regnamespace AND coalesce(col_description(c.oid, a.attnum), '') = '';
SELECT c.relname, a.attname, a.attnum, d.comment
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	LEFT JOIN deltashare.declared_columns() d
	ON d.table_name = c.relname AND d.column_name = a.attname AND d.position = a.attnum
		AND d.comment = col_description(c.oid, a.attnum) AND d.data_type = format_type(a.atttypid, a.atttypmod)
WHERE c.relnamespace = 'import_all'::regnamespace AND d.comment IS NULL;

-- also when it is made by hand; a comment of its own it keeps
CREATE FOREIGN TABLE import_none.s (owner text, name text, comment text) SERVER sharing OPTIONS (table_name 'shares');
\d+ import_none.s
COMMENT ON FOREIGN TABLE import_none.s IS 'mine';
COMMENT ON COLUMN import_none.s.name IS 'also mine';
CREATE FOREIGN TABLE import_none.r (name text) SERVER sharing OPTIONS (table_name 'recipients');
SELECT obj_description('import_none.s'::regclass), col_description('import_none.s'::regclass, 2);

-- foreign tables of others are left alone
CREATE FOREIGN TABLE import_none.shares (name text) SERVER nowhere;
SELECT obj_description('import_none.shares'::regclass), col_description('import_none.shares'::regclass, 1);

\set VERBOSITY terse
SET client_min_messages = warning;
DROP SCHEMA import_all, import_some, import_others, import_none CASCADE;
