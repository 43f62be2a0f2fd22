--
-- Views for BI tools.
--
-- Several BI tools list tables and views but no foreign tables, and IMPORT
-- FOREIGN SCHEMA cannot make views.  The planner inlines a view like these, so
-- filters and joins reach the server as they do from the foreign table.
--

-- A name that PostgreSQL would cut could be that of another view.
CREATE FUNCTION deltashare.check_name_length(name text)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF octet_length(name) > current_setting('max_identifier_length')::int THEN
		RAISE name_too_long USING
			MESSAGE = format('name "%s" is too long', name),
			HINT = format('A name has at most %s bytes.', current_setting('max_identifier_length'));
	END IF;
	RETURN name;
END
$$;

COMMENT ON FUNCTION deltashare.check_name_length(text) IS
'Internal: the name, or an error if PostgreSQL would cut it';

CREATE FUNCTION deltashare.refuse_change_of_view()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE object_not_in_prerequisite_state USING
		MESSAGE = format('cannot change view "%s"', TG_TABLE_NAME),
		DETAIL = 'Views that deltashare.create_views() made are read-only.',
		HINT = 'Change the foreign table that it shows, or call a function such as deltashare.create_share().';
END
$$;

COMMENT ON FUNCTION deltashare.refuse_change_of_view() IS
'Internal: trigger that makes a view read-only, and marks it as made by create_views()';

-- What a view shows of a column.  A link may be shown by the foreign table if
-- its owner wants that, but a report is no place for it.
CREATE FUNCTION deltashare.view_column(table_name text, column_name text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN column_name = 'activation_url' THEN format('NULL::text AS %I', column_name)
				ELSE format('%I.%I', table_name, column_name) END
$$;

COMMENT ON FUNCTION deltashare.view_column(text, text) IS
'Internal: how a view that create_views() makes shows a column';

-- Made by create_views() and not altered since: it has our trigger and shows
-- columns of the foreign table under their names, nothing else.  PostgreSQL 16
-- and later write such columns without the table's name.
CREATE FUNCTION deltashare.is_view_of(view regclass, foreign_table regclass)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT FROM pg_trigger
				   WHERE tgrelid = view AND tgfoid = 'deltashare.refuse_change_of_view()'::regprocedure)
		AND regexp_replace(pg_get_viewdef(view), '\s+', ' ', 'g') IN (
			SELECT regexp_replace(format(' SELECT %s FROM %s;', c.list, foreign_table), '\s+', ' ', 'g')
			FROM (SELECT string_agg(deltashare.view_column(t.relname, a.attname), ', ' ORDER BY a.attnum),
						 string_agg(CASE WHEN a.attname = 'activation_url'
										 THEN deltashare.view_column(t.relname, a.attname)
										 ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum)
				  FROM pg_class t, pg_attribute a
				  WHERE t.oid = foreign_table AND a.attrelid = view AND a.attnum > 0) l (qualified, plain),
				 LATERAL (VALUES (l.qualified), (l.plain)) c (list))
$$;

COMMENT ON FUNCTION deltashare.is_view_of(regclass, regclass) IS
'Internal: whether a view is one that create_views() made of this foreign table';

CREATE FUNCTION deltashare.create_view(
	foreign_table regclass,
	view_schema text,
	view_name text,
	security_invoker boolean)
RETURNS regclass
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	full_name text := format('%I.%I', view_schema, view_name);
	existing regclass := to_regclass(full_name);
	definition text;
	remark record;
BEGIN
	IF existing IS NOT NULL AND NOT deltashare.is_view_of(existing, foreign_table) THEN
		RAISE duplicate_table USING
			MESSAGE = format('relation "%s.%s" already exists', view_schema, view_name),
			DETAIL = format('It is not a view that create_views() made of foreign table %s, or it was altered since.',
							foreign_table),
			HINT = 'Drop it, or give another view_schema, a prefix or a suffix.';
	END IF;

	SELECT format('SELECT %s FROM %s', string_agg(deltashare.view_column(t.relname, a.attname), ', ' ORDER BY a.attnum),
				  foreign_table)
	INTO definition
	FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE t.oid = foreign_table;

	EXECUTE format('CREATE OR REPLACE VIEW %s %s AS %s', full_name,
				   CASE WHEN security_invoker THEN 'WITH (security_invoker = true)' ELSE '' END, definition);
	IF existing IS NULL THEN
		EXECUTE format('CREATE TRIGGER read_only INSTEAD OF INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW '
					   'EXECUTE FUNCTION deltashare.refuse_change_of_view()', full_name);
	END IF;

	EXECUTE format('COMMENT ON VIEW %s IS %L', full_name, obj_description(foreign_table, 'pg_class'));
	FOR remark IN
		SELECT a.attname AS column_name, CASE WHEN a.attname = 'activation_url' THEN 'Always NULL: a secret'
											  ELSE col_description(a.attrelid, a.attnum) END AS text
		FROM pg_attribute a
		WHERE a.attrelid = foreign_table AND a.attnum > 0 AND NOT a.attisdropped
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', full_name, remark.column_name, remark.text);
	END LOOP;
	RETURN full_name::regclass;
END
$$;

COMMENT ON FUNCTION deltashare.create_view(regclass, text, text, boolean) IS
'Internal: a read-only view of one foreign table';

CREATE FUNCTION deltashare.create_views(
	schema text,
	view_schema text DEFAULT NULL,
	prefix text DEFAULT '',
	suffix text DEFAULT '',
	security_invoker boolean DEFAULT NULL)
RETURNS SETOF regclass
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	has_invoker constant boolean := current_setting('server_version_num')::int >= 150000;
	foreign_tables oid[];
	foreign_table oid;
	view_name text;
BEGIN
	IF schema IS NULL THEN
		RAISE null_value_not_allowed USING MESSAGE = 'schema must not be null';
	END IF;
	IF to_regnamespace(quote_ident(schema)) IS NULL THEN
		RAISE invalid_schema_name USING MESSAGE = format('schema "%s" does not exist', schema);
	END IF;
	IF security_invoker AND NOT has_invoker THEN
		RAISE feature_not_supported USING
			MESSAGE = 'security_invoker needs PostgreSQL 15 or later',
			HINT = 'Here a view uses the privileges and the user mapping of its owner.';
	END IF;

	foreign_tables := ARRAY(
		SELECT t.oid
		FROM pg_class t
			JOIN pg_foreign_table f ON f.ftrelid = t.oid
			JOIN pg_foreign_server s ON s.oid = f.ftserver
			JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
		WHERE t.relnamespace = to_regnamespace(quote_ident(schema)) AND w.fdwname = 'deltashare_fdw'
		ORDER BY t.relname);
	IF foreign_tables = '{}' THEN
		RAISE undefined_table USING
			MESSAGE = format('schema "%s" has no foreign table of deltashare_fdw', schema),
			HINT = format('IMPORT FOREIGN SCHEMA deltashare FROM SERVER ... INTO %I makes them.', schema);
	END IF;

	view_schema := deltashare.check_name_length(coalesce(view_schema, schema || '_views'));
	IF to_regnamespace(quote_ident(view_schema)) IS NULL THEN
		EXECUTE format('CREATE SCHEMA %I', view_schema);
		EXECUTE format('COMMENT ON SCHEMA %I IS %L', view_schema,
					   format('Views of the foreign tables in schema %I, for BI tools', schema));
	END IF;

	FOREACH foreign_table IN ARRAY foreign_tables
	LOOP
		view_name := concat(prefix, (SELECT relname FROM pg_class WHERE oid = foreign_table), suffix);
		RETURN NEXT deltashare.create_view(foreign_table, view_schema, deltashare.check_name_length(view_name),
										   coalesce(security_invoker, has_invoker));
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.create_views(text, text, text, text, boolean) IS
'Create or replace a read-only view of every foreign table of deltashare_fdw in a schema, with its comments, for tools that list no foreign tables. They are in view_schema, which is made if missing, by default <schema>_views: there they keep the names of the tables, and a tool that is shown this schema sees nothing else. With security_invoker, the default from PostgreSQL 15, a view uses the privileges and the user mapping of whoever reads it, otherwise those of its owner';
