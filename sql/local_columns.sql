--
-- Columns on the local server: what the catalogs say.
--
\set VERBOSITY terse
CREATE SCHEMA "Odd schema";
CREATE TABLE "Odd schema"."Odd ""table"" x.y" (gone int, a numeric(10, 2) NOT NULL, "b c" varchar(20)[], email text)
	WITH (fillfactor = 50, autovacuum_enabled = false);
ALTER TABLE "Odd schema"."Odd ""table"" x.y" DROP COLUMN gone;
COMMENT ON TABLE "Odd schema"."Odd ""table"" x.y" IS 'Odd';
COMMENT ON COLUMN "Odd schema"."Odd ""table"" x.y"."b c" IS 'With a ''quote'' #pii.';
CREATE VIEW "Odd schema".v WITH (security_barrier) AS SELECT email FROM "Odd schema"."Odd ""table"" x.y";
CREATE MATERIALIZED VIEW "Odd schema".m AS SELECT 1 AS one;
CREATE TABLE "Odd schema".parts (id int, day date, region text) PARTITION BY LIST (region);
CREATE TABLE "Odd schema".parts_de PARTITION OF "Odd schema".parts FOR VALUES IN ('DE') PARTITION BY RANGE (lower(region), day);
CREATE SEQUENCE "Odd schema".s;
CREATE INDEX i ON "Odd schema".parts (id);
CREATE TYPE "Odd schema".t AS (x int);

SELECT object_name, "position", column_name, data_type, nullable, comment, partition_index, mask, object_type
FROM deltashare.select_rows('sharing', NULL::deltashare.object_column, '{"schema_name": "main.\"Odd schema\""}')
ORDER BY object_name, "position";
SELECT DISTINCT object_name, object_comment, object_properties, view_definition, schema_name
FROM deltashare.select_rows('sharing', NULL::deltashare.object_column, '{"schema_name": "main.\"Odd schema\""}')
ORDER BY object_name;
-- both keys; no key
SELECT object_name, column_name FROM deltashare.select_rows('sharing', NULL::deltashare.object_column,
	'{"schema_name": "main.\"Odd schema\"", "object_name": "main.\"Odd schema\".v"}');
SELECT count(*) > 10 AS several, count(*) FILTER (WHERE schema_name ~ '\.(pg_|information_schema|deltashare)') AS not_to_be_shared
FROM deltashare.select_rows('sharing', NULL::deltashare.object_column);

-- ===================================================================
-- labels: PostgreSQL has no provider of its own, so one is pretended
-- ===================================================================
SELECT name FROM deltashare.create_share('local_columns');
SELECT name FROM deltashare.add_to_share('local_columns', '"Odd schema"."Odd ""table"" x.y"', alias => 'odd.table');
SELECT name FROM deltashare.add_to_share('local_columns', '"Odd schema".m', type => 'MATERIALIZED_VIEW', alias => 'odd.m');
SELECT name FROM deltashare.add_to_share('local_columns', '"Odd schema".parts', alias => 'odd.parts');
BEGIN;
SET LOCAL allow_system_table_mods = on;
INSERT INTO pg_seclabel (objoid, classoid, objsubid, provider, label)
VALUES ('"Odd schema"."Odd ""table"" x.y"'::regclass, 'pg_class'::regclass, 2, 'privacy', 'pii'),
	('"Odd schema"."Odd ""table"" x.y"'::regclass, 'pg_class'::regclass, 1, 'privacy', 'pii'),	-- the column that was dropped
	('"Odd schema"."Odd ""table"" x.y"'::regclass, 'pg_class'::regclass, 0, 'privacy', 'pii'),
	('"Odd schema".parts'::regclass, 'pg_class'::regclass, 3, 'pii', 'false');
SELECT * FROM deltashare.select_rows('sharing', NULL::deltashare.column_tag) ORDER BY 1, 2;
SELECT object_name, column_name, category, matched_by FROM deltashare.sensitive_columns('local_columns');
ROLLBACK;
SELECT object_name, column_name, category, matched_by FROM deltashare.sensitive_columns('local_columns');

-- ===================================================================
-- only who may read the local shares reads this
-- ===================================================================
CREATE ROLE regress_columns;
GRANT USAGE ON FOREIGN SERVER sharing TO regress_columns;
SET ROLE regress_columns;
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.object_column);	-- should fail
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.column_tag);	-- should fail
SELECT count(*) FROM deltashare.sensitive_columns('local_columns', server => 'sharing');	-- should fail
SELECT count(*) FROM deltashare.documentation('sharing');	-- should fail
RESET ROLE;
GRANT deltashare_reader TO regress_columns;
SET ROLE regress_columns;
SELECT count(*) FROM deltashare.sensitive_columns('local_columns', server => 'sharing');
SELECT count(*) FROM deltashare.documentation('sharing') WHERE share_name = 'local_columns';
RESET ROLE;
REVOKE USAGE ON FOREIGN SERVER sharing FROM regress_columns;
DROP ROLE regress_columns;
SELECT deltashare.drop_share('local_columns');
DROP SCHEMA "Odd schema" CASCADE;
