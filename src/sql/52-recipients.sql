--
-- Verbs: recipients and their tokens.
--

CREATE FUNCTION deltashare.rotate_token(server text, recipient text, expire_in_seconds bigint)
RETURNS deltashare.recipient
AS 'MODULE_PATHNAME', 'deltashare_rotate_token'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.rotate_token(text, text, bigint) IS
'Internal: give a recipient a new token, return the recipient with the new activation link';

CREATE FUNCTION deltashare.find_recipient(name text, server text)
RETURNS deltashare.recipient
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.recipient;
BEGIN
	IF name IS NOT NULL THEN
		SELECT * INTO result
		FROM deltashare.select_rows(server, NULL::deltashare.recipient, jsonb_build_object('name', lower(name)));
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.find_recipient(text, text) IS
'Internal: a recipient by its name; all NULL if there is none';

CREATE FUNCTION deltashare.create_recipient(
	name text,
	comment text DEFAULT NULL,
	authentication_type text DEFAULT 'TOKEN',
	sharing_id text DEFAULT NULL,
	ip_access_list cidr[] DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	expiration_time timestamptz DEFAULT NULL,
	email text DEFAULT NULL,
	owner text DEFAULT NULL,
	if_not_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.recipient
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.recipient;
	new jsonb;
BEGIN
	server := deltashare.server_name(server);
	IF if_not_exists THEN
		result := deltashare.find_recipient(name, server);
		IF result.name IS NOT NULL THEN
			RAISE NOTICE 'recipient "%" already exists, skipping', result.name;
			RETURN result;
		END IF;
	END IF;

	-- a sharing identifier says by itself who authenticates
	IF sharing_id IS NOT NULL AND upper(authentication_type) = 'TOKEN' THEN
		authentication_type := 'DATABRICKS';
	END IF;
	-- the platform knows the address of EMAIL recipients only
	IF email IS NOT NULL AND upper(authentication_type) IS DISTINCT FROM 'EMAIL' THEN
		properties := coalesce(properties, '{}') || jsonb_build_object('email', email);
		email := NULL;
	END IF;

	new := jsonb_strip_nulls(jsonb_build_object(
		'name', name,
		'comment', nullif(comment, ''),
		'authentication_type', authentication_type,
		'data_recipient_global_metastore_id', sharing_id,
		'ip_access_list', nullif(ip_access_list, '{}'),
		'expiration_time', expiration_time,
		'email', email,
		'owner', owner));
	IF properties IS NOT NULL THEN
		new := new || jsonb_build_object('properties', properties);
	END IF;
	SELECT * INTO result FROM deltashare.insert_row(server, NULL::deltashare.recipient, new);
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.create_recipient(text, text, text, text, cidr[], jsonb, timestamptz, text, text, boolean, text) IS
'Create a recipient; a new TOKEN recipient is returned with its activation_url, a secret. A sharing_id makes it a DATABRICKS recipient. The email of a recipient of another type than EMAIL is kept as the property "email"';

CREATE FUNCTION deltashare.alter_recipient(
	name text,
	rename_to text DEFAULT NULL,
	comment text DEFAULT NULL,
	owner text DEFAULT NULL,
	ip_access_list cidr[] DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	expiration_time timestamptz DEFAULT NULL,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.recipient
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.recipient;
	changes jsonb := jsonb_strip_nulls(jsonb_build_object(
		'name', rename_to,
		'owner', owner,
		'expiration_time', expiration_time));
BEGIN
	server := deltashare.server_name(server);
	result := deltashare.find_recipient(name, server);
	IF result.name IS NULL THEN
		PERFORM deltashare.skip_or_fail(if_exists, format('recipient "%s" does not exist', lower(name)));
		RETURN NULL;
	END IF;

	IF comment IS NOT NULL THEN
		changes := changes || jsonb_build_object('comment', nullif(comment, ''));
	END IF;
	IF ip_access_list IS NOT NULL THEN
		changes := changes || jsonb_build_object('ip_access_list', nullif(ip_access_list, '{}'));
	END IF;
	IF properties IS NOT NULL THEN
		-- the server replaces the whole map, so give it the whole map
		changes := changes || jsonb_build_object('properties',
			jsonb_strip_nulls(coalesce(result.properties, '{}') || properties));
	END IF;
	IF changes <> '{}' THEN
		SELECT * INTO result
		FROM deltashare.update_row(server, NULL::deltashare.recipient,
								   jsonb_build_object('name', result.name), changes);
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.alter_recipient(text, text, text, text, cidr[], jsonb, timestamptz, boolean, text) IS
'Change a recipient; what is not given stays, '''' removes the comment, {} the IP access list. Properties are set key by key, a JSON null removes a key';

CREATE FUNCTION deltashare.drop_recipient(
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
		deltashare.delete_row(server, NULL::deltashare.recipient, jsonb_build_object('name', lower(name))) THEN
		RETURN true;
	END IF;
	PERFORM deltashare.skip_or_fail(if_exists, format('recipient "%s" does not exist', lower(name)));
	RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.drop_recipient(text, boolean, text) IS
'Drop a recipient with its tokens and grants; true if it was there';

CREATE FUNCTION deltashare.rotate_recipient_token(
	recipient text,
	existing_token_expires_in interval,
	server text DEFAULT NULL)
RETURNS deltashare.recipient
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF existing_token_expires_in IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'how long the existing token lives must be given',
			HINT = 'With ''0'' it dies now; give the recipient time to change over with, for example, ''1 day''.';
	END IF;
	RETURN deltashare.rotate_token(deltashare.server_name(server), recipient,
								   floor(extract(epoch FROM existing_token_expires_in))::bigint);
END
$$;

COMMENT ON FUNCTION deltashare.rotate_recipient_token(text, interval, text) IS
'Give a recipient a new token; returned with the new activation_url, a secret. The existing token lives that much longer, at most as long as before; ''0'' ends it now. In a transaction block on a workspace the token is rotated at COMMIT, and activation_url is NULL: the link is in recipients then';
