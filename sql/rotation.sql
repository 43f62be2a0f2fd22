--
-- rotate_due_tokens(): what a policy says is due.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_recipient('rotation_a');
SELECT name FROM deltashare.create_recipient('rotation_b');
SELECT name FROM deltashare.create_recipient('rotation_c', sharing_id => 'aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016');
CREATE VIEW rotation_tokens AS
SELECT recipient_name, count(*) AS tokens, count(*) FILTER (WHERE expiration_time <= now() + interval '1 hour') AS ending
FROM recipient_tokens WHERE recipient_name LIKE 'rotation%' GROUP BY 1;

-- the workspace gives every change a time of its own, and is ahead after many
CREATE PROCEDURE catch_up() LANGUAGE plpgsql AS $$
BEGIN
	WHILE (SELECT max(created_at) FROM recipient_tokens) >= clock_timestamp()
	LOOP
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;

-- nothing is that old
SELECT count(*) FROM deltashare.rotate_due_tokens('30 days');
SELECT * FROM rotation_tokens ORDER BY 1;

-- all are older than nothing; those without tokens have none to rotate
CALL catch_up();
SELECT recipient_name, state, activation_url ~ '^https?://[^ ]+$' AS link, token_created_at <= now() AS created,
	old_token_expires_at BETWEEN now() AND now() + interval '1 hour' AS ends
FROM deltashare.rotate_due_tokens(older_than => '0', grace => '1 hour') WHERE recipient_name LIKE 'rotation%' ORDER BY 1;
SELECT * FROM rotation_tokens ORDER BY 1;

-- once more: the one before is still alive
CALL catch_up();
SELECT recipient_name, state, activation_url
FROM deltashare.rotate_due_tokens('0', '1 hour') WHERE recipient_name LIKE 'rotation%' ORDER BY 1;
SELECT * FROM rotation_tokens ORDER BY 1;

-- no grace: the old one ends now
SELECT deltashare.drop_recipient('rotation_a');
SELECT name FROM deltashare.create_recipient('rotation_a');
CALL catch_up();
SELECT recipient_name, state, activation_url IS NOT NULL AS link
FROM deltashare.rotate_due_tokens('0', '0') WHERE recipient_name LIKE 'rotation%' ORDER BY 1;
SELECT count(*) FILTER (WHERE expiration_time > now()) AS alive FROM recipient_tokens WHERE recipient_name = 'rotation_a';

-- rolled back: as if it had never been
SELECT id AS old_id FROM recipient_tokens WHERE recipient_name = 'rotation_a' AND expiration_time > now() \gset
SET client_min_messages = warning;
CALL catch_up();
BEGIN;
SELECT count(*) > 0 AS some FROM deltashare.rotate_due_tokens('0', '1 hour') WHERE recipient_name = 'rotation_a';
ROLLBACK;
SELECT id = :'old_id' AS same FROM recipient_tokens WHERE recipient_name = 'rotation_a' AND expiration_time > now();
-- committed: done, whenever it was sent
CALL catch_up();
BEGIN;
SELECT count(*) > 0 AS some FROM deltashare.rotate_due_tokens('0', '1 hour') WHERE recipient_name = 'rotation_a';
COMMIT;
SELECT count(*) FILTER (WHERE id <> :'old_id' AND expiration_time > now() + interval '2 hours') AS new
FROM recipient_tokens WHERE recipient_name = 'rotation_a';
RESET client_min_messages;

SELECT * FROM deltashare.rotate_due_tokens(NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM deltashare.rotate_due_tokens('-1 day');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM deltashare.rotate_due_tokens('0', NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM deltashare.rotate_due_tokens('0', '-1 day');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM deltashare.rotate_due_tokens('0', server => 'none');	-- should fail
\echo :LAST_ERROR_SQLSTATE

DROP VIEW rotation_tokens;
DROP PROCEDURE catch_up;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'rotation%' ORDER BY name;
