--
-- Columns of what can be shared: the hidden table that functions read.
--
\set VERBOSITY terse

-- ===================================================================
-- by name
-- ===================================================================
SELECT object_name, "position", column_name, nullable, mask, object_type
FROM deltashare.select_rows('sharing', NULL::deltashare.object_column, '{"object_name": "main.hr.people"}')
ORDER BY "position";
-- many are asked for at a time; each once
SELECT object_name, count(*), bool_and(data_type IS NOT NULL) AS types, min(object_type) AS object_type,
	bool_or(view_definition IS NOT NULL) AS definition
FROM deltashare.select_rows('sharing', NULL::deltashare.object_column,
	'{"object_name": ["main.sales.orders", "main.sales.orders_view", "main.sales.legacy", "main.sales.orders", "main.hr.people"]}')
GROUP BY object_name
ORDER BY object_name;

-- ===================================================================
-- what is not there has no columns, and neither has what is no relation
-- ===================================================================
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.object_column,
	'{"object_name": ["main.sales.nothing", "main.nowhere.orders", "nowhere.sales.orders", "main.sales", "main", "",
		"a.b.c.d", "main..orders", "main.sales.", "main.sales.or ders", "main.sales.to_euro", "main.sales.o/../people"]}');
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.object_column, '{"object_name": []}');

-- ===================================================================
-- it is not imported; who makes a foreign table of it has comments as always
-- ===================================================================
CREATE FOREIGN TABLE object_columns (object_name text, column_name text, "position" int) SERVER sharing;
SELECT column_name FROM object_columns WHERE object_name = 'main.sales.orders' ORDER BY "position";
SELECT o.object_name, c.column_name
FROM (VALUES ('main.hr.people'), ('main.sales.orders'), ('main.sales.nothing')) o (object_name)
	LEFT JOIN object_columns c USING (object_name)
WHERE c."position" = 1 OR c."position" IS NULL
ORDER BY 1;
SELECT col_description('object_columns'::regclass, 3);
INSERT INTO object_columns VALUES ('main.hr.people', 'x', 1);	-- should fail
DROP FOREIGN TABLE object_columns;
