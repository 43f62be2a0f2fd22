--
-- Declared configuration: taking the actions of a plan.
--

CREATE FUNCTION deltashare.apply_config_creations(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	new jsonb;
BEGIN
	SELECT jsonb_agg(jsonb_build_object('name', a.share_name) || a.new ORDER BY a.ordinal) INTO new
	FROM unnest(plan) a WHERE a.kind = 'share' AND a.action = 'create';
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.share, new);
	END IF;

	SELECT jsonb_agg(jsonb_build_object('name', a.recipient_name) || a.new ORDER BY a.ordinal) INTO new
	FROM unnest(plan) a WHERE a.kind = 'recipient' AND a.action = 'create';
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.recipient, new);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_creations(deltashare.config_action[], text) IS
'Internal: create the shares and recipients of a plan';

CREATE FUNCTION deltashare.apply_config_updates(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a deltashare.config_action;
BEGIN
	FOR a IN SELECT * FROM unnest(plan) u WHERE u.action = 'update' AND u.kind <> 'object' ORDER BY u.ordinal
	LOOP
		IF a.kind = 'share' THEN
			PERFORM deltashare.update_row(server, NULL::deltashare.share,
										  jsonb_build_object('name', a.share_name), a.new);
		ELSE
			PERFORM deltashare.update_row(server, NULL::deltashare.recipient,
										  jsonb_build_object('name', a.recipient_name), a.new);
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_updates(deltashare.config_action[], text) IS
'Internal: change the shares and recipients of a plan';

-- First what goes, so that a name or an alias is free for what comes.
CREATE FUNCTION deltashare.apply_config_objects(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a deltashare.config_action;
	new jsonb;
	held deltashare.share_object[];
	key jsonb;
BEGIN
	FOR a IN SELECT * FROM unnest(plan) u
			 WHERE u.kind = 'object' AND u.action IN ('delete', 'replace') ORDER BY u.ordinal
	LOOP
		PERFORM deltashare.delete_row(server, NULL::deltashare.share_object, jsonb_build_object(
			'share_name', a.share_name, 'name', a.object_name, 'data_object_type', a.old -> 'data_object_type'));
	END LOOP;

	SELECT jsonb_agg(jsonb_build_object('share_name', u.share_name, 'name', u.object_name) || u.new ORDER BY u.ordinal)
	INTO new
	FROM unnest(plan) u WHERE u.kind = 'object' AND u.action IN ('create', 'replace');
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.share_object, new);
	END IF;

	-- the key of an object is its type, too
	SELECT jsonb_agg(DISTINCT u.share_name) INTO new
	FROM unnest(plan) u WHERE u.kind = 'object' AND u.action = 'update';
	IF new IS NOT NULL THEN
		held := ARRAY(SELECT o FROM deltashare.select_rows(server, NULL::deltashare.share_object,
														   jsonb_build_object('share_name', new)) o);
	END IF;
	FOR key, new IN
		SELECT deltashare.object_key(h), u.new
		FROM unnest(plan) u JOIN unnest(held) h ON h.name = u.object_name AND lower(h.share_name) = u.share_name
		WHERE u.kind = 'object' AND u.action = 'update'
		ORDER BY u.ordinal
	LOOP
		PERFORM deltashare.update_row(server, NULL::deltashare.share_object, key, new);
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_objects(deltashare.config_action[], text) IS
'Internal: remove, add and change the objects of a plan';

CREATE FUNCTION deltashare.apply_config_grants(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	new jsonb := (SELECT jsonb_agg(jsonb_build_object('share_name', a.share_name, 'recipient_name', a.recipient_name) ||
								   a.new ORDER BY a.ordinal)
				  FROM unnest(plan) a WHERE a.kind = 'grant' AND a.action = 'create');
BEGIN
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.share_grant, new);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_grants(deltashare.config_action[], text) IS
'Internal: grant what a plan grants';

CREATE FUNCTION deltashare.apply_config_deletions(plan deltashare.config_action[], kinds text[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted text;
	keys jsonb;
BEGIN
	FOREACH wanted IN ARRAY kinds
	LOOP
		SELECT jsonb_agg(CASE wanted
			WHEN 'grant' THEN jsonb_build_object(
				'share_name', a.share_name, 'recipient_name', a.recipient_name, 'privilege', a.old -> 'privilege')
			ELSE jsonb_build_object('name', coalesce(a.recipient_name, a.share_name)) END ORDER BY a.ordinal)
		INTO keys
		FROM unnest(plan) a WHERE a.action = 'delete' AND a.kind = wanted;
		CONTINUE WHEN keys IS NULL;
		CASE wanted
			WHEN 'grant' THEN
				PERFORM deltashare.delete_rows(server, NULL::deltashare.share_grant, keys);
			WHEN 'recipient' THEN
				PERFORM deltashare.delete_rows(server, NULL::deltashare.recipient, keys);
			WHEN 'share' THEN
				PERFORM deltashare.delete_rows(server, NULL::deltashare.share, keys);
		END CASE;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_deletions(deltashare.config_action[], text[], text) IS
'Internal: delete what a plan deletes, of these kinds';

CREATE FUNCTION deltashare.apply_config(config text, prune boolean DEFAULT false, server text DEFAULT NULL)
RETURNS SETOF deltashare.config_action
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	plan deltashare.config_action[];
BEGIN
	server := deltashare.server_name(server);
	plan := ARRAY(SELECT a FROM deltashare.plan_config(config, prune, server => server) a);
	PERFORM deltashare.apply_config_creations(plan, server);
	PERFORM deltashare.apply_config_updates(plan, server);
	PERFORM deltashare.apply_config_deletions(plan, '{grant}', server);
	PERFORM deltashare.apply_config_objects(plan, server);
	PERFORM deltashare.apply_config_grants(plan, server);
	PERFORM deltashare.apply_config_deletions(plan, '{recipient,share}', server);
	RETURN QUERY SELECT * FROM unnest(plan);
END
$$;

COMMENT ON FUNCTION deltashare.apply_config(text, boolean, text) IS
'Take the actions that plan_config() shows, and return them: all or nothing. Activation links of new recipients are not among them';

CREATE FUNCTION deltashare.apply_file(path text, prune boolean DEFAULT false, server text DEFAULT NULL)
RETURNS SETOF deltashare.config_action
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	max_bytes CONSTANT int := 16 * 1024 * 1024;
	content bytea;
BEGIN
	IF path IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'path must not be null';
	END IF;
	content := pg_read_binary_file(path, 0, max_bytes + 1);
	IF length(content) > max_bytes THEN
		RAISE program_limit_exceeded USING
			MESSAGE = format('file "%s" has more than 16 MB', path);
	END IF;
	RETURN QUERY SELECT * FROM deltashare.apply_config(convert_from(content, 'UTF8'), prune, server);
END
$$;

REVOKE ALL ON FUNCTION deltashare.apply_file(text, boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.apply_file(text, boolean, text) IS
'apply_config() of a file of the server, in UTF-8; for superusers, others read the file themselves and give its text to apply_config()';
