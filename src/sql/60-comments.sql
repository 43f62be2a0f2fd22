--
-- Comments on tables and columns, from the declarations.
--

-- IMPORT FOREIGN SCHEMA cannot bring comments, so new foreign tables get them
-- from here.  One that has a comment keeps it.
CREATE FUNCTION deltashare.comment_on_foreign_tables()
RETURNS event_trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t record;
	c record;
BEGIN
	FOR t IN
		SELECT DISTINCT f.ftrelid AS oid, f.ftrelid::regclass AS name,
			coalesce((SELECT o.option_value FROM pg_options_to_table(f.ftoptions) o
					  WHERE o.option_name = 'table_name'), r.relname) AS declared
		FROM pg_event_trigger_ddl_commands() d
			JOIN pg_foreign_table f ON d.classid = 'pg_class'::regclass AND f.ftrelid = d.objid
			JOIN pg_class r ON r.oid = f.ftrelid
			JOIN pg_foreign_server s ON s.oid = f.ftserver
			JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
		WHERE w.fdwname = 'deltashare_fdw'
	LOOP
		FOR c IN
			SELECT a.attname, a.attnum, dc.comment, dc.table_comment
			FROM deltashare.declared_columns() dc
				JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = dc.column_name AND a.attnum > 0
			WHERE dc.table_name = t.declared
			ORDER BY a.attnum
		LOOP
			IF obj_description(t.oid, 'pg_class') IS NULL THEN
				EXECUTE format('COMMENT ON FOREIGN TABLE %s IS %L', t.name, c.table_comment);
			END IF;
			IF col_description(t.oid, c.attnum) IS NULL THEN
				EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', t.name, c.attname, c.comment);
			END IF;
		END LOOP;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.comment_on_foreign_tables() IS
'Internal: event trigger that comments new foreign tables';

CREATE EVENT TRIGGER deltashare_fdw_comments ON ddl_command_end
	WHEN TAG IN ('CREATE FOREIGN TABLE', 'IMPORT FOREIGN SCHEMA')
	EXECUTE FUNCTION deltashare.comment_on_foreign_tables();

COMMENT ON EVENT TRIGGER deltashare_fdw_comments IS
'Comments new foreign tables of deltashare_fdw and their columns';

DO $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT t.oid::regclass AS name, a.attname, d.comment, d.table_comment
		FROM deltashare.declared_columns() d
			JOIN pg_class t ON t.relnamespace = 'deltashare'::regnamespace
				AND t.relname = d.table_name AND t.relkind = 'r'
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = d.column_name
	LOOP
		EXECUTE format('COMMENT ON TABLE %s IS %L', c.name, 'Local server: ' || c.table_comment);
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.name, c.attname, c.comment);
	END LOOP;
END
$$;
