--
-- The local server: views that filter or mask what is shared.
--

-- PostgreSQL replaces a view only by one whose columns have the same types, and
-- a mask may change these.
CREATE FUNCTION deltashare.local_replace_view(name text, definition text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	old_view record;
	acl record;
BEGIN
	EXECUTE format('CREATE OR REPLACE VIEW %s WITH (security_barrier) AS %s', name, definition);
EXCEPTION WHEN invalid_table_definition THEN
	SELECT c.relowner::regrole AS owner, c.relacl INTO old_view FROM pg_class c WHERE c.oid = name::regclass;
	EXECUTE format('DROP VIEW %s', name);
	EXECUTE format('CREATE VIEW %s WITH (security_barrier) AS %s', name, definition);
	EXECUTE format('ALTER VIEW %s OWNER TO %s', name, old_view.owner);
	FOR acl IN
		SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS grantee,
			   CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
		FROM aclexplode(old_view.relacl) a
	LOOP
		EXECUTE format('GRANT %s ON %s TO %s%s', acl.privilege_type, name, acl.grantee, acl.option);
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.local_replace_view(text, text) IS
'Internal: replace a view of this database, by a new one with the same owner and grants if its columns get other types';

-- With the caller's rights.  The barrier keeps functions in a condition of the
-- reader's from seeing rows that the view leaves out.
CREATE FUNCTION deltashare.local_create_view(
	path text[],
	definition text,
	comment text,
	masks jsonb,
	or_replace boolean)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text := format('%I.%I', path[1], path[2]);
BEGIN
	IF path[1] IN ('information_schema', 'deltashare') OR path[1] LIKE 'pg\_%' THEN
		RAISE feature_not_supported USING
			MESSAGE = format('views of schema "%s" cannot be shared', path[1]);
	END IF;
	-- PostgreSQL would cut it off, and two names could become one
	IF octet_length(path[2]) > current_setting('max_identifier_length')::int THEN
		RAISE name_too_long USING
			MESSAGE = format('name of view "%s..." is too long', left(path[2], 40)),
			DETAIL = format('It has %s bytes, the limit is %s.', octet_length(path[2]), current_setting('max_identifier_length')),
			HINT = 'Give a shorter view_name.';
	END IF;

	IF or_replace THEN
		PERFORM deltashare.local_replace_view(name, definition);
	ELSE
		EXECUTE format('CREATE VIEW %s WITH (security_barrier) AS %s', name, definition);
	END IF;
	EXECUTE format('COMMENT ON VIEW %s IS %L', name, comment);
	IF masks IS NOT NULL THEN
		INSERT INTO deltashare.local_masks (view, masks)
		SELECT name::regclass, coalesce(jsonb_object_agg(a.attnum, m.value), '{}')
		FROM jsonb_each(masks) m
			JOIN pg_attribute a ON a.attrelid = name::regclass AND a.attname = m.key;
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.local_create_view(text[], text, text, jsonb, boolean) IS
'Internal: make a view of this database, with the rights of the caller, and record what it masks';

CREATE FUNCTION deltashare.local_drop_view(path text[])
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (deltashare.local_find_object(path, 'VIEW')).object_id IS NULL THEN
		RETURN false;
	END IF;
	EXECUTE format('DROP VIEW %I.%I', path[1], path[2]);
	RETURN true;
END
$$;

COMMENT ON FUNCTION deltashare.local_drop_view(text[]) IS
'Internal: drop a view of this database, with the rights of the caller; false if there is none';

-- A domain counts as what it is made of.
CREATE FUNCTION deltashare.local_column_kind(data_type text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE base(type) AS (
		SELECT to_regtype(data_type)::oid
		UNION ALL
		SELECT t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.type AND t.typtype = 'd')
	SELECT CASE t.typtype WHEN 'e' THEN 'enum' ELSE deltashare.column_kind(format_type(t.oid, NULL), true) END
	FROM base b JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
$$;

COMMENT ON FUNCTION deltashare.local_column_kind(text) IS
'Internal: what a column of this database holds, by its type';

-- ============================================================
-- The current recipient
-- ============================================================

-- With the rights of whoever reads the view: he must be allowed to read
-- recipients, as he could name any of them in the setting.
CREATE FUNCTION deltashare.current_recipient(property text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE property WHEN 'databricks.name' THEN r.name ELSE r.properties ->> property END
	FROM deltashare.recipients r
	WHERE r.name = lower(current_setting('deltashare.recipient', true))
$$;

COMMENT ON FUNCTION deltashare.current_recipient(text) IS
'Property of the local recipient that the setting deltashare.recipient names, for views; databricks.name is its name; NULL without a recipient or property';
