--
-- Everything of the extension says what it is for.
--

-- functions, types, tables, views, operators, ...: what lacks a comment
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS lacks_comment
FROM pg_depend d
	JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
	LEFT JOIN pg_description c ON c.classoid = d.classid AND c.objoid = d.objid AND c.objsubid = 0
WHERE e.extname = 'deltashare_fdw' AND coalesce(c.description, '') = ''
	-- the types of tables and arrays come with their tables
	AND NOT (d.classid = 'pg_type'::regclass AND EXISTS
			 (SELECT FROM pg_type t WHERE t.oid = d.objid AND (t.typtype = 'c' AND t.typrelid IN
				(SELECT oid FROM pg_class WHERE relkind <> 'c') OR t.typcategory = 'A')))
ORDER BY 1;

-- columns of tables and of types
SELECT c.oid::regclass AS relation, a.attname AS lacks_comment
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'deltashare'::regnamespace AND c.relkind IN ('r', 'c', 'v', 'f')
	AND coalesce(col_description(c.oid, a.attnum), '') = ''
ORDER BY 1, 2;

-- in the extension's schema nothing else is
SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS stranger
FROM pg_class c
WHERE c.relnamespace = 'deltashare'::regnamespace AND c.relkind NOT IN ('i', 't')
	AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'));

-- the local tables have every declared column, of the declared type and with
-- the declared comment, but for those that are computed: the status of an
-- object, what is secret, what is inherited; some of them are views
CREATE TEMP VIEW local_tables AS
SELECT c.oid, regexp_replace(c.relname, '^local_', '') AS table_name
FROM pg_class c
WHERE c.relnamespace = 'deltashare'::regnamespace
	AND (c.relkind = 'r' OR c.relkind = 'v' AND c.relname LIKE 'local\_%');
SELECT d.table_name, d.column_name, d.data_type, format_type(a.atttypid, a.atttypmod) AS stored_type
FROM deltashare.declared_columns() d
	LEFT JOIN local_tables t ON t.table_name = d.table_name
	LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = d.column_name
WHERE a.attname IS NULL OR d.data_type <> format_type(a.atttypid, a.atttypmod)
	OR col_description(t.oid, a.attnum) IS DISTINCT FROM d.comment
ORDER BY 1, 2;

-- columns of the local tables that are not declared
SELECT t.table_name, a.attname
FROM local_tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.table_name IN (SELECT table_name FROM deltashare.declared_columns())
	AND NOT EXISTS (SELECT FROM deltashare.declared_columns() d WHERE d.table_name = t.table_name AND d.column_name = a.attname)
ORDER BY 1, 2;
DROP VIEW local_tables;

-- the row types have the declared columns, in order
SELECT d.row_type, d.column_name, a.attname
FROM deltashare.declared_columns() d
	FULL JOIN (pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'deltashare'::regnamespace AND c.relkind = 'c'
			AND c.relname <> 'config_action')
	ON c.relname = d.row_type AND a.attnum = d.position AND a.attname = d.column_name
		AND format_type(a.atttypid, a.atttypmod) = d.data_type AND col_description(c.oid, a.attnum) = d.comment
WHERE d.column_name IS NULL AND c.oid IS NOT NULL OR a.attname IS NULL;

-- the public functions: their arguments are what scripts depend on
\a
\t
SELECT format(E'%s(%s)\n    returns %s', p.proname, replace(pg_get_function_arguments(p.oid), ', ', E',\n        '), pg_get_function_result(p.oid))
FROM pg_proc p
WHERE p.pronamespace = 'deltashare'::regnamespace AND obj_description(p.oid, 'pg_proc') NOT LIKE 'Internal: %'
ORDER BY p.oid::regprocedure::text;
\t
\a

-- functions that run as their owner set their search_path, and not everybody may call them
SELECT p.oid::regprocedure AS function, p.proconfig, p.proacl::text LIKE '%{=X/%' OR p.proacl IS NULL AS everybody
FROM pg_proc p
WHERE p.pronamespace = 'deltashare'::regnamespace AND p.prosecdef
	AND (p.proconfig IS NULL OR p.proacl IS NULL OR p.proacl::text LIKE '{=X/%')
ORDER BY 1;
-- so do all that are not in C, but those that the planner puts in the place of
-- their call, which it does only if they set nothing
CREATE TEMP VIEW unset_functions AS
SELECT p.oid::regprocedure AS function, p.prosrc,
	l.lanname = 'sql' AND p.proretset AND p.provolatile <> 'v' AND NOT p.proisstrict AND NOT p.prosecdef
		AND p.proconfig IS NULL AS inlined
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'deltashare'::regnamespace AND l.lanname <> 'c'
	AND NOT coalesce(p.proconfig::text, '') LIKE '%search_path=pg_catalog, pg_temp%';
SELECT function, inlined FROM unset_functions ORDER BY function::text;

-- in these every function and operator has its schema, and there is nothing that
-- looks for an operator or a type by itself
SELECT function, found[1] AS not_qualified
FROM unset_functions,
	regexp_replace(prosrc, '\''[^'']*''|OPERATOR\(pg_catalog\.[^)]+\)|pg_catalog\.count\(\*\)', ';', 'g') AS body,
	regexp_matches(body, '[-+*/<>=~!@#%^&|?:]+|\m(?:in|between|nullif|distinct\s+from|i?like|similar|any|some|all|using|natural|cast)\M|(?:[\w.]+)\s*(?=\()', 'gi') AS found
WHERE found[1] !~* '^(pg_catalog|deltashare)\.\w+$|^(select|coalesce|over|filter|as|and|or|from|lateral|where|by|on)\s*$'
ORDER BY function::text, 2;
DROP VIEW unset_functions;
