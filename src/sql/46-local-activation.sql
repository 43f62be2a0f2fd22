--
-- The local server: a recipient uses its activation link.
--

CREATE FUNCTION deltashare.local_refuse_activation(message text, detail text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE invalid_authorization_specification USING
		MESSAGE = message, DETAIL = detail,
		HINT = 'Ask who gave you the link for a new one.';
END
$$;

COMMENT ON FUNCTION deltashare.local_refuse_activation(text, text) IS
'Internal: refuse an activation link';

-- Everybody may call this, as everybody may open a link in a browser: who has
-- the link has the right.  Deleting the pending row makes it work once, also
-- for two who use it at the same moment.
CREATE FUNCTION deltashare.activate(activation_url text)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	bearer text := deltashare.local_secret();
	-- not in the INSERT, whose plan auto_explain may log
	hash bytea := sha256(convert_to(bearer, 'UTF8'));
	token deltashare.recipient_tokens;
	networks inet[];
BEGIN
	WITH used AS
		(DELETE FROM deltashare.pending_activations p
		 WHERE p.code = regexp_replace(btrim(activation_url), '^.*/', '') RETURNING p.token_id)
	SELECT t.* INTO token
	FROM deltashare.recipient_tokens t JOIN used ON used.token_id = t.id;

	IF NOT FOUND THEN
		PERFORM deltashare.local_refuse_activation('activation link is not valid',
			'It has been used, or replaced by a newer one.');
	END IF;
	IF token.expiration_time <= clock_timestamp() THEN
		PERFORM deltashare.local_refuse_activation('activation link has expired',
			format('It was good until %s.', token.expiration_time));
	END IF;

	UPDATE deltashare.recipients r SET activated = true
	WHERE r.name = token.recipient_name RETURNING r.ip_access_list::inet[] INTO networks;
	-- a Unix-domain socket has no address, so it is in no list
	IF networks <> '{}' AND (inet_client_addr() <<= ANY (networks)) IS NOT TRUE THEN
		PERFORM deltashare.local_refuse_activation('activation link cannot be used from this address',
			format('The IP access list does not have %s.',
				   coalesce(host(inet_client_addr()), 'a Unix-domain socket')));
	END IF;

	INSERT INTO deltashare.token_hashes VALUES (token.id, hash, now());
	PERFORM deltashare.local_write_event('retrieveRecipientToken',
		jsonb_build_object('recipient_name', token.recipient_name), recipient => token.recipient_name);

	RETURN jsonb_build_object(
		'shareCredentialsVersion', 1,
		'endpoint', deltashare.local_endpoint(),
		'bearerToken', bearer,
		'expirationTime', to_char(token.expiration_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
END
$$;

COMMENT ON FUNCTION deltashare.activate(text) IS
'Use an activation link of the local server: returns the profile of the recipient, with its bearer token, once';
