--
-- Verbs: shares.
--
-- About all verbs: they are the platform's own, work the same on every server,
-- and run with the caller's rights.  An argument that is NULL is not given.
--

CREATE FUNCTION deltashare.find_share(name text, server text)
RETURNS deltashare.share
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share;
BEGIN
	IF name IS NOT NULL THEN
		SELECT * INTO result
		FROM deltashare.select_rows(server, NULL::deltashare.share, jsonb_build_object('name', lower(name)));
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.find_share(text, text) IS
'Internal: a share by its name; all NULL if there is none';

-- What IF EXISTS and IF NOT EXISTS do, in the words of PostgreSQL.
CREATE FUNCTION deltashare.skip_or_fail(if_exists boolean, message text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT coalesce(if_exists, false) THEN
		RAISE undefined_object USING MESSAGE = message;
	END IF;
	RAISE NOTICE '%, skipping', message;
END
$$;

COMMENT ON FUNCTION deltashare.skip_or_fail(boolean, text) IS
'Internal: raise an error about something missing, only a notice with IF EXISTS';

CREATE FUNCTION deltashare.create_share(
	name text,
	comment text DEFAULT NULL,
	owner text DEFAULT NULL,
	storage_root text DEFAULT NULL,
	if_not_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.share
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share;
BEGIN
	server := deltashare.server_name(server);
	IF if_not_exists THEN
		result := deltashare.find_share(name, server);
		IF result.name IS NOT NULL THEN
			RAISE NOTICE 'share "%" already exists, skipping', result.name;
			RETURN result;
		END IF;
	END IF;

	SELECT * INTO result
	FROM deltashare.insert_row(server, NULL::deltashare.share, jsonb_strip_nulls(jsonb_build_object(
		'name', name,
		'comment', nullif(comment, ''),
		'owner', owner,
		'storage_root', storage_root)));
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.create_share(text, text, text, text, boolean, text) IS
'Create a share; its name is stored in lower case';

CREATE FUNCTION deltashare.alter_share(
	name text,
	rename_to text DEFAULT NULL,
	comment text DEFAULT NULL,
	owner text DEFAULT NULL,
	storage_root text DEFAULT NULL,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.share
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share;
	changes jsonb := jsonb_strip_nulls(jsonb_build_object(
		'name', rename_to,
		'owner', owner,
		'storage_root', storage_root));
BEGIN
	IF comment IS NOT NULL THEN
		changes := changes || jsonb_build_object('comment', nullif(comment, ''));
	END IF;

	-- update_row() looks for the share itself and fails without it
	server := deltashare.server_name(server);
	IF if_exists OR changes = '{}' THEN
		result := deltashare.find_share(name, server);
		IF result.name IS NULL THEN
			PERFORM deltashare.skip_or_fail(if_exists, format('share "%s" does not exist', lower(name)));
			RETURN NULL;
		END IF;
	END IF;
	IF changes <> '{}' THEN
		SELECT * INTO result
		FROM deltashare.update_row(server, NULL::deltashare.share,
								   jsonb_build_object('name', lower(name)), changes);
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.alter_share(text, text, text, text, text, boolean, text) IS
'Rename a share, change its comment ('''' removes it), owner or storage root; what is not given stays';

CREATE FUNCTION deltashare.drop_share(
	name text,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	server := deltashare.server_name(server);
	IF name IS NOT NULL AND
		deltashare.delete_row(server, NULL::deltashare.share, jsonb_build_object('name', lower(name))) THEN
		RETURN true;
	END IF;
	PERFORM deltashare.skip_or_fail(if_exists, format('share "%s" does not exist', lower(name)));
	RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.drop_share(text, boolean, text) IS
'Drop a share with its objects and grants; true if it was there';
