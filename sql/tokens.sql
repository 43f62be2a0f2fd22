--
-- Tokens: activation links are shown where asked for and nowhere else; rotation.
--
\set VERBOSITY terse

-- ===================================================================
-- who sees the activation link
-- ===================================================================
-- who made the recipient: by function and by RETURNING
SELECT name, activation_url ~ '^https?://[^ ]+$' AS link FROM deltashare.create_recipient('tokens_a');
INSERT INTO recipients (name) VALUES ('tokens_b')
RETURNING name, activation_url ~ '^https?://[^ ]+$' AS link, activated;

-- not who lists them
SELECT name, activation_url, activated FROM recipients WHERE name LIKE 'tokens\_%' ORDER BY name;
SELECT recipient_name, activation_url, expiration_time > now() AS alive FROM recipient_tokens
WHERE recipient_name LIKE 'tokens\_%' ORDER BY recipient_name;
SELECT count(*) FROM recipients WHERE activation_url IS NOT NULL;
SELECT count(*) FROM recipients r WHERE r::text LIKE '%http%';
SELECT count(*) FROM recipient_tokens t WHERE t::text LIKE '%http%';
UPDATE recipients SET comment = 'x' WHERE name = 'tokens_b' RETURNING name, comment, activation_url;
SELECT name, activation_url FROM deltashare.alter_recipient('tokens_b', comment => 'y');

-- who has a table that shows it
CREATE SCHEMA tokens;
IMPORT FOREIGN SCHEMA deltashare LIMIT TO (recipients, recipient_tokens) FROM SERVER sharing INTO tokens;
ALTER FOREIGN TABLE tokens.recipients OPTIONS (ADD show_activation_url 'true');
ALTER FOREIGN TABLE tokens.recipient_tokens OPTIONS (ADD show_activation_url 'on');
SELECT r.name, r.activation_url ~ '^https?://[^ ]+$' AS link, r.activation_url = t.activation_url AS same
FROM tokens.recipients r JOIN tokens.recipient_tokens t ON t.recipient_name = r.name
WHERE r.name LIKE 'tokens\_%' ORDER BY 1;
ALTER FOREIGN TABLE tokens.recipients OPTIONS (SET show_activation_url 'false');
SELECT name, activation_url FROM tokens.recipients WHERE name LIKE 'tokens\_%' ORDER BY 1;
ALTER FOREIGN TABLE tokens.recipients OPTIONS (SET show_activation_url 'true');

-- ===================================================================
-- rotate: a new link; the old token lives on for as long as was said
-- ===================================================================
SELECT id AS old_id, activation_url AS old_link FROM tokens.recipient_tokens WHERE recipient_name = 'tokens_a' \gset
SELECT name, activation_url ~ '^https?://[^ ]+$' AS link, activation_url <> :'old_link' AS new
FROM deltashare.rotate_recipient_token('Tokens_A', '1 hour');
SELECT id = :'old_id' AS old, expiration_time BETWEEN now() + interval '59 min' AND now() + interval '61 min' AS in_an_hour,
	   expiration_time > now() + interval '30 days' AS in_months
FROM recipient_tokens WHERE recipient_name = 'tokens_a' ORDER BY created_at;
-- the recipient shows the link of the newest
SELECT r.activation_url <> :'old_link' AS new FROM tokens.recipients r WHERE r.name = 'tokens_a';

-- no third one while two are alive; the platform says so in DETAIL
\set VERBOSITY sqlstate
SELECT name FROM deltashare.rotate_recipient_token('tokens_a', '1 hour');	-- should fail
SELECT name FROM deltashare.rotate_recipient_token('tokens_a', '0');	-- should fail
\set VERBOSITY terse
SELECT count(*) FROM recipient_tokens WHERE recipient_name = 'tokens_a';

-- zero ends it now, so that one can rotate again
SELECT name FROM deltashare.rotate_recipient_token('tokens_b', '0');
SELECT count(*) FILTER (WHERE expiration_time > now()) AS alive FROM recipient_tokens WHERE recipient_name = 'tokens_b';
SELECT name FROM deltashare.rotate_recipient_token('tokens_b', '0');
SELECT count(*) FILTER (WHERE expiration_time > now()) AS alive, count(*) <= 2 AS few
FROM recipient_tokens WHERE recipient_name = 'tokens_b';

-- longer than it would have lived is no longer than it would have lived
SELECT name FROM deltashare.create_recipient('tokens_c', expiration_time => now() + interval '30 days');
SELECT name FROM deltashare.rotate_recipient_token('tokens_c', '300 days');
SELECT min(expiration_time) < now() + interval '31 days' AS kept FROM recipient_tokens WHERE recipient_name = 'tokens_c';

-- ===================================================================
-- refused
-- ===================================================================
SELECT name FROM deltashare.rotate_recipient_token('tokens_c', '-1 second');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.rotate_recipient_token('tokens_c', NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.rotate_recipient_token(NULL, '0');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.rotate_recipient_token('tokens_none', '0');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.rotate_recipient_token('tokens/none', '0');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_recipient('tokens_d', sharing_id => 'aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016');
\set VERBOSITY sqlstate
SELECT name FROM deltashare.rotate_recipient_token('tokens_d', '0');	-- should fail
\set VERBOSITY terse

-- tokens are not rows to be written
INSERT INTO recipient_tokens (recipient_name) VALUES ('tokens_a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
DELETE FROM recipient_tokens WHERE recipient_name = 'tokens_a';	-- should fail
UPDATE recipient_tokens SET expiration_time = now() WHERE recipient_name = 'tokens_a';	-- should fail

SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'tokens\_%' ORDER BY name;
SELECT count(*) FROM recipient_tokens WHERE recipient_name LIKE 'tokens\_%';
SET client_min_messages = warning;
DROP SCHEMA tokens CASCADE;
