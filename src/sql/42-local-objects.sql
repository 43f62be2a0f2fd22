--
-- The local server: names of objects, and what may be shared.
--
-- The platform names an object catalog.schema.object; here the database is the
-- catalog.  Names follow SQL: folded unless quoted, quoted where needed.  When
-- names are compared the database is left out, because a database may be
-- renamed, copied, or restored under another name.
--

CREATE FUNCTION deltashare.local_object_path(name text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT regexp_replace(name, '^("([^"]|"")*"|[^".]+)\.', '')
$$;

COMMENT ON FUNCTION deltashare.local_object_path(text) IS
'Internal: a stored object name without the database';

CREATE FUNCTION deltashare.local_object_name(name text)
RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT quote_ident(current_database()) || '.' || deltashare.local_object_path(name)
$$;

COMMENT ON FUNCTION deltashare.local_object_name(text) IS
'Internal: a stored object name with the database as it is called now';

CREATE FUNCTION deltashare.local_full_name(path text[])
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(quote_ident(p.part), '.' ORDER BY p.n)
	FROM unnest(current_database()::text || path) WITH ORDINALITY AS p(part, n)
$$;

COMMENT ON FUNCTION deltashare.local_full_name(text[]) IS
'Internal: name under which a local object is stored, database.schema.object';

-- schema and object of a name that a user gave; one element for a SCHEMA
CREATE FUNCTION deltashare.local_parse_object(object text, type text)
RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	parts text[] := parse_ident(object);
	wanted int := CASE type WHEN 'SCHEMA' THEN 1 ELSE 2 END;
BEGIN
	IF cardinality(parts) = wanted + 1 THEN
		IF parts[1] <> current_database() THEN
			RAISE feature_not_supported USING
				MESSAGE = format('cross-database references are not implemented: %s', object),
				HINT = format('The local backend shares objects of database "%s".', current_database());
		END IF;
		parts := parts[2:];
	END IF;
	IF cardinality(parts) <> wanted THEN
		RAISE invalid_name USING
			MESSAGE = format('object name "%s" has the wrong number of parts', object),
			HINT = CASE type WHEN 'SCHEMA' THEN 'Give schema or database.schema.'
				ELSE 'Give schema.object or database.schema.object.' END;
	END IF;
	RETURN parts;
END
$$;

COMMENT ON FUNCTION deltashare.local_parse_object(text, text) IS
'Internal: schema and name of a local object out of the name that a user gave';

-- Is this stored object the one that a user named?  The database may be left out.
CREATE FUNCTION deltashare.local_is_object(stored text, given text)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE cardinality(g.parts) - cardinality(s.path)
		WHEN 0 THEN g.parts = s.path
		WHEN 1 THEN g.parts[1] = current_database() AND g.parts[2:] = s.path
		ELSE false END
	FROM parse_ident(given) AS g(parts),
		 parse_ident(deltashare.local_object_path(stored)) AS s(path)
$$;

COMMENT ON FUNCTION deltashare.local_is_object(text, text) IS
'Internal: does a name that a user gave mean this stored object?';

-- The object in the catalogs: its oid (NULL: there is none) and data object
-- type.  Not to_regclass(), which raises an error if the caller has no USAGE
-- on the schema.
CREATE FUNCTION deltashare.local_find_object(
	path text[], type text, OUT object_id oid, OUT actual_type text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.oid, 'SCHEMA'
	FROM pg_namespace n
	WHERE type = 'SCHEMA' AND n.nspname = path[1]
	UNION ALL
	SELECT p.oid, 'FUNCTION'
	FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE type = 'FUNCTION' AND n.nspname = path[1] AND p.proname = path[2]
	UNION ALL
	SELECT c.oid,
		   CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'TABLE' WHEN 'v' THEN 'VIEW'
			   WHEN 'm' THEN 'MATERIALIZED_VIEW' WHEN 'f' THEN 'FOREIGN_TABLE' ELSE 'other' END
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE type NOT IN ('SCHEMA', 'FUNCTION') AND n.nspname = path[1] AND c.relname = path[2]
	LIMIT 1
$$;

COMMENT ON FUNCTION deltashare.local_find_object(text[], text) IS
'Internal: a local object in the system catalogs';

-- May the owner of a share read the object?
CREATE FUNCTION deltashare.local_may_read(owner text, path text[], type text, object_id oid)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(
		(SELECT has_schema_privilege(r.oid, n.oid, 'USAGE') AND
			CASE type
				WHEN 'SCHEMA' THEN true
				WHEN 'FUNCTION' THEN (SELECT bool_and(has_function_privilege(r.oid, p.oid, 'EXECUTE'))
									  FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname = path[2])
				ELSE has_table_privilege(r.oid, object_id, 'SELECT') END
		 FROM pg_roles r, pg_namespace n
		 WHERE r.rolname = owner AND n.nspname = path[1] AND object_id IS NOT NULL),
		false)
$$;

COMMENT ON FUNCTION deltashare.local_may_read(text, text[], text, oid) IS
'Internal: may the owner of a share read the object?';

-- Raise an error unless the object exists, is of that type, and the owner of
-- the share may read it.
CREATE FUNCTION deltashare.local_check_object(path text[], type text, share text, owner text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	noun text := replace(lower(type), '_', ' ');
	full_name text := deltashare.local_full_name(path);
	found_object record;
BEGIN
	-- pg_ is reserved: the catalogs, and temporary tables of every session
	IF path[1] IN ('information_schema', 'deltashare') OR path[1] LIKE 'pg\_%' THEN
		RAISE feature_not_supported USING
			MESSAGE = format('objects of schema "%s" cannot be shared', path[1]);
	END IF;

	SELECT * INTO found_object FROM deltashare.local_find_object(path, type);
	IF found_object.object_id IS NULL THEN
		RAISE EXCEPTION USING
			ERRCODE = CASE type WHEN 'SCHEMA' THEN 'invalid_schema_name'
				WHEN 'FUNCTION' THEN 'undefined_function' ELSE 'undefined_table' END,
			MESSAGE = format('%s "%s" does not exist', noun, full_name);
	END IF;
	IF found_object.actual_type <> type THEN
		RAISE wrong_object_type USING
			MESSAGE = format('"%s" is not a %s', full_name, noun),
			HINT = CASE found_object.actual_type WHEN 'other' THEN 'Such relations cannot be shared.'
				ELSE format('Its type is %s.', found_object.actual_type) END;
	END IF;
	IF NOT deltashare.local_may_read(owner, path, type, found_object.object_id) THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('permission denied for %s %s', noun, full_name),
			DETAIL = format('Owner "%s" of share "%s" must be able to read it.', owner, share);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.local_check_object(text[], text, text, text) IS
'Internal: refuse to share what does not exist, is of another type, or may not be read by the owner of the share';

CREATE FUNCTION deltashare.local_object_status(share_name text, name text, type text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	path text[] := parse_ident(deltashare.local_object_path(name));
	owner text := (SELECT s.owner FROM deltashare.shares s WHERE s.name = local_object_status.share_name);
	found_object record;
BEGIN
	SELECT * INTO found_object FROM deltashare.local_find_object(path, type);
	RETURN CASE WHEN found_object.actual_type = type AND
					deltashare.local_may_read(owner, path, type, found_object.object_id)
		THEN 'ACTIVE' ELSE 'PERMISSION_DENIED' END;
END
$$;

COMMENT ON FUNCTION deltashare.local_object_status(text, text, text) IS
'Internal: ACTIVE, or PERMISSION_DENIED when the owner of the share may no longer read the object';
