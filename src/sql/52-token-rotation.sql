--
-- Verbs: tokens that a policy says are due.
--

CREATE FUNCTION deltashare.rotate_due_tokens(
	older_than interval,
	grace interval DEFAULT '1 day',
	server text DEFAULT NULL)
RETURNS TABLE (
	recipient_name text,
	token_created_at timestamptz,
	old_token_expires_at timestamptz,
	state text,
	activation_url text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	server_used text := deltashare.server_name(server);
	due record;
	rotated deltashare.recipient;
BEGIN
	IF older_than IS NULL OR older_than < '0' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'age from which a token is due must be given, and not be negative',
			HINT = 'For example: older_than => ''90 days''.';
	END IF;
	IF grace IS NULL OR grace < '0' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'grace must be given, and not be negative',
			HINT = 'With ''0'' existing tokens die now; give recipients time to change over with, for example, ''7 days''.';
	END IF;

	FOR due IN
		SELECT t.recipient_name, max(t.created_at) AS newest, count(*) AS alive,
			max(t.expiration_time) AS expires
		FROM deltashare.select_rows(server_used, NULL::deltashare.recipient_token) t
		WHERE coalesce(t.expiration_time, 'infinity') > now()
		GROUP BY t.recipient_name
		HAVING max(t.created_at) <= now() - older_than
		ORDER BY t.recipient_name
	LOOP
		recipient_name := due.recipient_name;
		token_created_at := due.newest;
		old_token_expires_at := due.expires;
		activation_url := NULL;
		IF due.alive > 1 THEN
			state := 'skipped';
		ELSE
			rotated := deltashare.rotate_recipient_token(due.recipient_name, grace, server_used);
			activation_url := rotated.activation_url;
			state := CASE WHEN activation_url IS NULL THEN 'queued' ELSE 'rotated' END;
			old_token_expires_at := least(due.expires, now() + grace);
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.rotate_due_tokens(interval, interval, text) IS
'Rotate the token of each recipient whose newest one is that old; the old one lives on for the grace, so that the recipient can change over. A row each: state rotated, with the new activation_url (a secret); queued: done at COMMIT, the link is in recipients then; skipped: two tokens are alive. Recipients without a living token stay without. For a scheduler';
