--
-- Verbs: objects in shares.
--

CREATE FUNCTION deltashare.server_is_local(server text)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(s.srvtype, 'local') = 'local' FROM pg_foreign_server s WHERE s.srvname = server
$$;

COMMENT ON FUNCTION deltashare.server_is_local(text) IS
'Internal: is this server this database itself?';

-- The platform folds names; here they follow SQL, and the database may be left
-- out.
CREATE FUNCTION deltashare.same_object(stored text, given text, is_local boolean)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN is_local THEN deltashare.local_is_object(stored, given)
		ELSE lower(stored) = lower(given) END
$$;

COMMENT ON FUNCTION deltashare.same_object(text, text, boolean) IS
'Internal: does a name that a user gave mean this object of a share?';

-- A name that fits exactly goes before one that fits otherwise.
CREATE FUNCTION deltashare.find_object(share text, object text, type text, server text)
RETURNS deltashare.share_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share_object;
BEGIN
	IF share IS NOT NULL AND object IS NOT NULL THEN
		SELECT o.* INTO result
		FROM deltashare.select_rows(server, NULL::deltashare.share_object,
									jsonb_build_object('share_name', lower(share))) o
		WHERE (type IS NULL OR o.data_object_type = upper(type))
			AND deltashare.same_object(o.name, object, deltashare.server_is_local(server))
		ORDER BY o.name = object DESC, cardinality(string_to_array(o.name, '.'))
		LIMIT 1;
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.find_object(text, text, text, text) IS
'Internal: an object of a share by its name; all NULL if there is none';

-- The type says how many parts the name has.
CREATE FUNCTION deltashare.object_key(object deltashare.share_object)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'share_name', object.share_name,
		'name', object.name,
		'data_object_type', object.data_object_type)
$$;

COMMENT ON FUNCTION deltashare.object_key(deltashare.share_object) IS
'Internal: the key of an object for the primitives';

CREATE FUNCTION deltashare.history_status(history boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE history WHEN true THEN 'ENABLED' WHEN false THEN 'DISABLED' END $$;

COMMENT ON FUNCTION deltashare.history_status(boolean) IS
'Internal: a boolean in the words of history_data_sharing_status';

CREATE FUNCTION deltashare.add_to_share(
	share text,
	object text,
	type text DEFAULT 'TABLE',
	alias text DEFAULT NULL,
	comment text DEFAULT NULL,
	history boolean DEFAULT NULL,
	cdf boolean DEFAULT NULL,
	start_version bigint DEFAULT NULL,
	partitions jsonb DEFAULT NULL,
	content text DEFAULT NULL,
	if_not_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.share_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share_object;
	new jsonb := jsonb_strip_nulls(jsonb_build_object(
		'share_name', share,
		'name', object,
		'data_object_type', type,
		'shared_as', alias,
		'comment', nullif(comment, ''),
		'history_data_sharing_status', deltashare.history_status(history),
		'cdf_enabled', cdf,
		'start_version', start_version,
		'content', content));
BEGIN
	server := deltashare.server_name(server);
	IF if_not_exists THEN
		result := deltashare.find_object(share, object, type, server);
		IF result.name IS NOT NULL THEN
			RAISE NOTICE 'object "%" is already in share "%", skipping', result.name, result.share_name;
			RETURN result;
		END IF;
	END IF;

	IF partitions IS NOT NULL THEN
		new := new || jsonb_build_object('partitions', partitions);
	END IF;
	SELECT * INTO result FROM deltashare.insert_row(server, NULL::deltashare.share_object, new);
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.add_to_share(text, text, text, text, text, boolean, boolean, bigint, jsonb, text, boolean, text) IS
'Add a table, view, schema or other object to a share; history is shared unless refused, cdf is instead of history, partitions limits the rows (see partition_filter)';

CREATE FUNCTION deltashare.add_to_share(
	share text,
	objects text[],
	type text DEFAULT 'TABLE',
	history boolean DEFAULT NULL,
	if_not_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS SETOF deltashare.share_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_local boolean;
	held deltashare.share_object[];
	found_object deltashare.share_object;
	object text;
	new jsonb := '[]';
BEGIN
	server := deltashare.server_name(server);
	is_local := deltashare.server_is_local(server);
	IF if_not_exists THEN
		held := ARRAY(SELECT o FROM deltashare.select_rows(server, NULL::deltashare.share_object,
														   jsonb_build_object('share_name', lower(share))) o);
	END IF;

	FOREACH object IN ARRAY coalesce(objects, '{}')
	LOOP
		SELECT h.* INTO found_object FROM unnest(held) h
		WHERE h.data_object_type = upper(type) AND deltashare.same_object(h.name, object, is_local);
		IF FOUND THEN
			RAISE NOTICE 'object "%" is already in share "%", skipping',
				found_object.name, found_object.share_name;
			RETURN NEXT found_object;
			CONTINUE;
		END IF;
		new := new || jsonb_strip_nulls(jsonb_build_object(
			'share_name', share,
			'name', object,
			'data_object_type', type,
			'history_data_sharing_status', deltashare.history_status(history)));
	END LOOP;

	IF new <> '[]' THEN
		RETURN QUERY SELECT * FROM deltashare.insert_rows(server, NULL::deltashare.share_object, new);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.add_to_share(text, text[], text, boolean, boolean, text) IS
'Add several objects of one type to a share, with as few requests as the server allows';

CREATE FUNCTION deltashare.remove_from_share(
	share text,
	object text,
	type text DEFAULT NULL,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_object deltashare.share_object;
BEGIN
	server := deltashare.server_name(server);
	found_object := deltashare.find_object(share, object, type, server);
	IF found_object.name IS NOT NULL AND
		deltashare.delete_row(server, NULL::deltashare.share_object, deltashare.object_key(found_object)) THEN
		RETURN true;
	END IF;
	PERFORM deltashare.skip_or_fail(if_exists, deltashare.missing_object(share, object, server));
	RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.remove_from_share(text, text, text, boolean, text) IS
'Remove an object from a share; true if it was there';

CREATE FUNCTION deltashare.missing_object(share text, object text, server text)
RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN (deltashare.find_share(share, server)).name IS NULL
		THEN format('share "%s" does not exist', lower(share))
		ELSE format('object "%s" is not in share "%s"', object, lower(share)) END
$$;

COMMENT ON FUNCTION deltashare.missing_object(text, text, text) IS
'Internal: what to say when an object was not found in a share';

CREATE FUNCTION deltashare.alter_share_object(
	share text,
	object text,
	comment text DEFAULT NULL,
	history boolean DEFAULT NULL,
	cdf boolean DEFAULT NULL,
	start_version bigint DEFAULT NULL,
	partitions jsonb DEFAULT NULL,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.share_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share_object;
	changes jsonb := jsonb_strip_nulls(jsonb_build_object(
		'history_data_sharing_status', deltashare.history_status(history),
		'cdf_enabled', cdf,
		'start_version', start_version));
BEGIN
	-- one of them may be what it was already, and would not count as a change
	IF cdf AND history IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'change data feed and history cannot both be given',
			DETAIL = 'History, where shared, includes the change data feed.',
			HINT = 'Give either history or cdf.';
	END IF;
	IF comment IS NOT NULL THEN
		changes := changes || jsonb_build_object('comment', nullif(comment, ''));
	END IF;
	IF partitions IS NOT NULL THEN
		changes := changes || jsonb_build_object('partitions', nullif(partitions, '[]'));
	END IF;

	server := deltashare.server_name(server);
	result := deltashare.find_object(share, object, NULL, server);
	IF result.name IS NULL THEN
		PERFORM deltashare.skip_or_fail(if_exists, deltashare.missing_object(share, object, server));
	ELSIF changes <> '{}' THEN
		SELECT * INTO result
		FROM deltashare.update_row(server, NULL::deltashare.share_object,
								   deltashare.object_key(result), changes);
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.alter_share_object(text, text, text, boolean, boolean, bigint, jsonb, boolean, text) IS
'Change how an object is shared; what is not given stays, an empty comment or partition filter ([]) removes it. To change the alias, remove the object and add it again';

CREATE FUNCTION deltashare.partition_filter(
	column_name text,
	value text DEFAULT NULL,
	recipient_property text DEFAULT NULL,
	op text DEFAULT 'EQUAL')
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF column_name IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'partition filter needs a column';
	END IF;
	IF value IS NOT NULL AND recipient_property IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'value and recipient property cannot both be given';
	END IF;
	RETURN jsonb_build_array(jsonb_build_object('values', jsonb_build_array(
		jsonb_strip_nulls(jsonb_build_object(
			'name', column_name,
			'op', upper(op),
			'value', value,
			'recipient_property_key', recipient_property)))));
END
$$;

COMMENT ON FUNCTION deltashare.partition_filter(text, text, text, text) IS
'Partition filter with one condition: column equal to (or, with op LIKE, like) a value or a property of the recipient; neither means SQL NULL. Filters joined with || mean OR';
