--
-- The local server: tokens, activation links, rotation.
--
-- A token is a row before there is a bearer token.  The row comes with an
-- activation link that works once; using it makes the bearer token, shows it
-- to who used the link, and keeps its hash.
--
-- Secrets live apart from the tables that are read and dumped: links that wait
-- to be used in pending_activations, which no dump contains (rotate to get a
-- new link after a restore), hashes in token_hashes.  Nobody has a privilege
-- on either.
--

CREATE TABLE deltashare.recipient_tokens
(
	recipient_name text NOT NULL REFERENCES deltashare.recipients ON UPDATE CASCADE ON DELETE CASCADE,
	id text PRIMARY KEY,
	expiration_time timestamptz NOT NULL,
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,
	updated_at timestamptz NOT NULL,
	updated_by text NOT NULL
);

CREATE INDEX recipient_tokens_recipient_name ON deltashare.recipient_tokens (recipient_name);
SELECT pg_catalog.pg_extension_config_dump('deltashare.recipient_tokens', '');

CREATE TABLE deltashare.pending_activations
(
	token_id text PRIMARY KEY REFERENCES deltashare.recipient_tokens ON UPDATE CASCADE ON DELETE CASCADE,
	code text NOT NULL UNIQUE
);

CREATE TABLE deltashare.token_hashes
(
	token_id text PRIMARY KEY REFERENCES deltashare.recipient_tokens ON UPDATE CASCADE ON DELETE CASCADE,
	token_hash bytea NOT NULL UNIQUE,
	created_at timestamptz NOT NULL
);

SELECT pg_catalog.pg_extension_config_dump('deltashare.token_hashes', '');

COMMENT ON TABLE deltashare.pending_activations IS 'Activation links that wait to be used; secret, not dumped';
COMMENT ON COLUMN deltashare.pending_activations.token_id IS 'Token that the link gives';
COMMENT ON COLUMN deltashare.pending_activations.code IS 'Last part of the link';
COMMENT ON TABLE deltashare.token_hashes IS 'Hashes of the bearer tokens that were handed out';
COMMENT ON COLUMN deltashare.token_hashes.token_id IS 'Token that it is the hash of';
COMMENT ON COLUMN deltashare.token_hashes.token_hash IS 'SHA-256 of the bearer token';
COMMENT ON COLUMN deltashare.token_hashes.created_at IS 'When the link was used';

-- gen_random_uuid() takes its 122 bits from the strong random source.
CREATE FUNCTION deltashare.local_secret()
RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex')
$$;

COMMENT ON FUNCTION deltashare.local_secret() IS
'Internal: a new random secret';

CREATE FUNCTION deltashare.local_endpoint()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT rtrim(coalesce(nullif(current_setting('deltashare.endpoint', true), ''),
						  'https://localhost/delta-sharing'), '/')
$$;

COMMENT ON FUNCTION deltashare.local_endpoint() IS
'Internal: where recipients find the local server, from the setting deltashare.endpoint';

CREATE FUNCTION deltashare.local_add_token(recipient text, expires timestamptz, author text)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	token_id text := gen_random_uuid()::text;
	made_at timestamptz := clock_timestamp();	-- one transaction may make several
BEGIN
	INSERT INTO deltashare.recipient_tokens
	VALUES (recipient, token_id, expires, made_at, author, made_at, author);
	INSERT INTO deltashare.pending_activations VALUES (token_id, deltashare.local_secret());
	RETURN token_id;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_add_token(text, timestamptz, text) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_add_token(text, timestamptz, text) IS
'Internal: make a token and its activation link';

CREATE FUNCTION deltashare.local_first_token()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM deltashare.local_add_token(NEW.name,
									   coalesce(NEW.expiration_time, now() + deltashare.local_token_lifetime()),
									   NEW.created_by);
	RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_first_token() FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_first_token() IS
'Internal: trigger that gives a new recipient its token';

CREATE TRIGGER make_token AFTER INSERT ON deltashare.recipients
	FOR EACH ROW WHEN (NEW.authentication_type = 'TOKEN' AND NEW.created_at = pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_first_token();

-- The newest token follows the recipient's expiration time.  An older one,
-- already on its way out, is only cut short.  What has expired stays dead.
CREATE FUNCTION deltashare.local_change_expiration()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	newest text := (SELECT t.id FROM deltashare.recipient_tokens t
					WHERE t.recipient_name = NEW.name ORDER BY t.created_at DESC LIMIT 1);
BEGIN
	UPDATE deltashare.recipient_tokens t
	SET expiration_time = CASE WHEN t.id = newest
			THEN coalesce(NEW.expiration_time, t.created_at + deltashare.local_token_lifetime())
			ELSE least(t.expiration_time, NEW.expiration_time) END,
		updated_at = now(),
		updated_by = NEW.updated_by
	WHERE t.recipient_name = NEW.name AND t.expiration_time > clock_timestamp();
	RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_change_expiration() FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_change_expiration() IS
'Internal: trigger that hands a new expiration time on to the tokens';

CREATE TRIGGER token_expiration AFTER UPDATE OF expiration_time ON deltashare.recipients
	FOR EACH ROW WHEN (OLD.expiration_time IS DISTINCT FROM NEW.expiration_time)
	EXECUTE FUNCTION deltashare.local_change_expiration();

-- To a SECURITY DEFINER function current_user says nothing about the caller;
-- the privilege to execute it does.  So managers have that, and nobody else.
CREATE FUNCTION deltashare.local_activation_url(recipient_name text, token_id text DEFAULT NULL)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (SELECT deltashare.local_endpoint() || '/activation/' || p.code
			FROM deltashare.pending_activations p
			WHERE p.token_id = t.id AND t.expiration_time > clock_timestamp())
	FROM deltashare.recipient_tokens t
	WHERE t.recipient_name = local_activation_url.recipient_name
		AND t.id = coalesce(local_activation_url.token_id, t.id)
	ORDER BY t.created_at DESC
	LIMIT 1
$$;

REVOKE ALL ON FUNCTION deltashare.local_activation_url(text, text) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_activation_url(text, text) IS
'Internal: activation link of a token, of the newest if none is named; NULL once used or expired';

CREATE FUNCTION deltashare.local_rotate_token(recipient text, expire_in_seconds bigint)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	actor text := deltashare.local_actor();
	rotated deltashare.recipients;
	rotated_at timestamptz;
	token_id text;
BEGIN
	IF expire_in_seconds IS NULL OR expire_in_seconds < 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'expiry of the present token must not be negative';
	END IF;

	-- The update locks the recipient, so that of two rotations at a time the
	-- second sees the token that the first made, whatever the isolation level.
	UPDATE deltashare.recipients r SET updated_at = now(), updated_by = actor
	WHERE r.name = lower(recipient) RETURNING r.* INTO rotated;
	IF NOT FOUND THEN
		RAISE undefined_object USING
			MESSAGE = format('recipient "%s" does not exist', lower(recipient));
	END IF;

	rotated_at := clock_timestamp();	-- now() may be older than the other rotation
	PERFORM deltashare.local_check_rotation(rotated, rotated_at);

	-- no token lives for two years, and interval has an end
	UPDATE deltashare.recipient_tokens t
	SET expiration_time = least(t.expiration_time,
								rotated_at + make_interval(secs => least(expire_in_seconds, 2 * 366 * 86400))),
		updated_at = rotated_at, updated_by = actor
	WHERE t.recipient_name = rotated.name AND t.expiration_time > rotated_at;
	token_id := deltashare.local_add_token(rotated.name,
		coalesce(rotated.expiration_time, rotated_at + deltashare.local_token_lifetime()), actor);

	PERFORM deltashare.local_write_event('rotateRecipientToken',
		jsonb_build_object('name', rotated.name, 'existing_token_expire_in_seconds', expire_in_seconds),
		recipient => rotated.name);
	RETURN token_id;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_rotate_token(text, bigint) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_rotate_token(text, bigint) IS
'Internal: give a recipient a new token; the existing one lives at most that much longer';

-- At most two tokens: the new one, and the one that it replaces.
CREATE FUNCTION deltashare.local_check_rotation(recipient deltashare.recipients, at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF recipient.authentication_type <> 'TOKEN' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('recipient "%s" has no token', recipient.name),
			DETAIL = format('It is of type %s.', recipient.authentication_type);
	END IF;
	IF recipient.expiration_time <= at THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('recipient "%s" has expired', recipient.name),
			HINT = 'Set a later expiration_time first.';
	END IF;

	DELETE FROM deltashare.recipient_tokens t
	WHERE t.recipient_name = recipient.name AND t.expiration_time <= at;
	IF (SELECT count(*) FROM deltashare.recipient_tokens t WHERE t.recipient_name = recipient.name) > 1 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('recipient "%s" already has two active tokens', recipient.name),
			HINT = 'Wait until the older one expires.';
	END IF;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_check_rotation(deltashare.recipients, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_check_rotation(deltashare.recipients, timestamptz) IS
'Internal: refuse to rotate what cannot be, remove tokens that are dead';
