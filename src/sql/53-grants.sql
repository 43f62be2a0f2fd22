--
-- Verbs: grants.
--

CREATE FUNCTION deltashare.grant_select(share text, recipient text, server text DEFAULT NULL)
RETURNS deltashare.share_grant
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share_grant;
BEGIN
	SELECT * INTO result
	FROM deltashare.insert_row(deltashare.server_name(server), NULL::deltashare.share_grant, jsonb_build_object(
		'share_name', share,
		'recipient_name', recipient,
		'privilege', 'SELECT'));
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.grant_select(text, text, text) IS
'Let a recipient read a share; to grant it again changes nothing';

CREATE FUNCTION deltashare.revoke_select(
	share text,
	recipient text,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	server := deltashare.server_name(server);
	IF share IS NOT NULL AND recipient IS NOT NULL AND
		deltashare.delete_row(server, NULL::deltashare.share_grant, jsonb_build_object(
		'share_name', lower(share),
		'recipient_name', lower(recipient),
		'privilege', 'SELECT')) THEN
		RETURN true;
	END IF;
	PERFORM deltashare.skip_or_fail(if_exists,
		format('recipient "%s" has no SELECT privilege on share "%s"', lower(recipient), lower(share)));
	RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.revoke_select(text, text, boolean, text) IS
'Take a share away from a recipient; true if it could read it';

-- One share has its grants listed in one request, so without a share ask for
-- all of them by name.
CREATE FUNCTION deltashare.effective_grants(
	share text DEFAULT NULL,
	recipient text DEFAULT NULL,
	server text DEFAULT NULL)
RETURNS SETOF deltashare.effective_grant
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	shares jsonb := to_jsonb(lower(share));
BEGIN
	server := deltashare.server_name(server);
	IF share IS NULL THEN
		shares := (SELECT coalesce(jsonb_agg(s.name), '[]')
				   FROM deltashare.select_rows(server, NULL::deltashare.share) s);
	END IF;
	RETURN QUERY
		SELECT g.*
		FROM deltashare.select_rows(server, NULL::deltashare.effective_grant,
									jsonb_build_object('share_name', shares)) g
		WHERE recipient IS NULL OR g.recipient_name = lower(recipient);
END
$$;

COMMENT ON FUNCTION deltashare.effective_grants(text, text, text) IS
'Who may read a share, with privileges that are inherited from elsewhere';
