--
-- The local server: every act of governance is an event, written in the same
-- transaction, with who did it and what was asked for, and with no secret.
--
\set VERBOSITY terse
-- a bookmark: what happened after it
CREATE TEMP TABLE bookmark AS SELECT event_id FROM deltashare.audit_events;
CREATE TEMP VIEW new_events AS
SELECT * FROM deltashare.audit_events e WHERE event_id NOT IN (SELECT event_id FROM bookmark);
CREATE FUNCTION show_events() RETURNS TABLE (action text, share text, schema_ text, table_ text, recipient text, params jsonb)
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT action_name, share_name, schema_name, table_name, recipient_name, request_params - 'owner'
		FROM new_events ORDER BY request_time;
	INSERT INTO bookmark SELECT event_id FROM new_events;
END
$$;

-- ===================================================================
-- an event for every act
-- ===================================================================
SELECT name FROM deltashare.create_share('audit_a', comment => 'First');
SELECT name FROM deltashare.alter_share('audit_a', comment => 'Changed');
SELECT name FROM deltashare.alter_share('audit_a', rename_to => 'audit_b');
SELECT name FROM deltashare.add_to_share('audit_b', 'main.sales.orders', alias => 'x.y', comment => 'c');
SELECT name FROM deltashare.alter_share_object('audit_b', 'main.sales.orders', comment => 'd', history => false);
SELECT * FROM show_events();
SELECT name FROM deltashare.create_recipient('audit_r', properties => '{"country": "DE"}', ip_access_list => '{192.0.2.0/24}');
SELECT name FROM deltashare.alter_recipient('audit_r', comment => 'Changed', properties => '{"tier": "gold"}');
SELECT share_name FROM deltashare.grant_select('audit_b', 'audit_r');
SELECT name FROM deltashare.rotate_recipient_token('audit_r', '1 hour');
SELECT * FROM show_events();
SELECT deltashare.revoke_select('audit_b', 'audit_r');
SELECT deltashare.remove_from_share('audit_b', 'main.sales.orders');
SELECT deltashare.drop_recipient('audit_r');
SELECT deltashare.drop_share('audit_b');
SELECT * FROM show_events();

-- by table as by function; what goes with a share has no event of its own
INSERT INTO shares (name) VALUES ('audit_c'), ('audit_d');
INSERT INTO share_objects (share_name, name, data_object_type) VALUES ('audit_c', 'main.hr', 'SCHEMA');
INSERT INTO recipients (name) VALUES ('audit_r');
INSERT INTO grants (share_name, recipient_name) VALUES ('audit_c', 'audit_r'), ('audit_d', 'audit_r');
UPDATE shares SET comment = name WHERE name = 'audit_c';
UPDATE shares SET comment = name WHERE name = 'audit_d';
DELETE FROM shares WHERE name = 'audit_c';
DELETE FROM shares WHERE name = 'audit_d';
DELETE FROM recipients WHERE name LIKE 'audit%';
SELECT * FROM show_events();
SELECT share_name FROM deltashare.setup_tenant('audit_t', '{main.sales.orders, main.sales.daily}');
SELECT * FROM show_events();

-- ===================================================================
-- none for what changed nothing, failed or was rolled back
-- ===================================================================
SELECT name FROM deltashare.create_share('audit_t_share', if_not_exists => true);
SELECT share_name FROM deltashare.grant_select('audit_t_share', 'audit_t');
SELECT name FROM deltashare.alter_share('audit_t_share');
UPDATE shares SET comment = comment WHERE name = 'audit_t_share';
SELECT deltashare.drop_share('audit_none', if_exists => true);
SELECT name FROM deltashare.create_share('audit_t_share');	-- should fail
SELECT name FROM deltashare.create_share('audit.x');	-- should fail
BEGIN;
SELECT name FROM deltashare.create_share('audit_x');
SELECT count(*) FROM new_events;
ROLLBACK;
DO $$
BEGIN
	PERFORM deltashare.create_share('audit_x');
	PERFORM deltashare.create_share('audit_x');
EXCEPTION WHEN duplicate_object THEN
	RAISE NOTICE 'caught: %', SQLERRM;
END
$$;
SELECT * FROM show_events();

-- ===================================================================
-- who, when, from where
-- ===================================================================
CREATE ROLE regress_audit IN ROLE deltashare_manager;
GRANT USAGE ON FOREIGN SERVER sharing TO regress_audit;
SELECT session_user AS login \gset
SET application_name = 'audit theme';
SET ROLE regress_audit;
SELECT name FROM deltashare.create_share('audit_e');
RESET ROLE;
SELECT event_type, event_kind, actor, request_params ->> 'session_user' = :'login' AS login, user_agent, source_ip, status_code,
	   event_date = (request_time AT TIME ZONE 'UTC')::date AS same_day, request_time > now() - interval '1 hour' AS is_new,
	   request_id ~ '^\d+$' AS transaction, rows_returned, bytes_transferred, query_duration_ms, error_message
FROM new_events;
-- the same through the foreign tables; what an act does not have is NULL
SELECT f.actor = e.actor AND f.request_time = e.request_time AND f.request_params = e.request_params AS same, f.recipient_id, f.files_returned,
	   f.table_id, f.table_version, f.ip_access_denied, f.workspace_id, f.metastore_id
FROM audit_events f JOIN new_events e USING (event_id);
SELECT l.service_name, l.user_identity, l.response, l.audit_level, l.identity_metadata
FROM audit_log l JOIN new_events e USING (event_id);
SELECT action, share FROM show_events();
-- a SECURITY DEFINER function does not hide who called
CREATE FUNCTION audit_definer() RETURNS text LANGUAGE sql SECURITY DEFINER AS
$$ SELECT name FROM deltashare.create_share('audit_f') $$;
SET ROLE regress_audit;
SELECT audit_definer();
RESET ROLE;
SELECT share_name, actor FROM new_events;
SELECT action, share FROM show_events();
DROP FUNCTION audit_definer;
-- acts of one transaction have one request_id
BEGIN;
SELECT name FROM deltashare.create_share('audit_g');
SELECT name FROM deltashare.create_share('audit_h');
COMMIT;
SELECT count(*), count(DISTINCT request_id) AS transactions, count(DISTINCT event_id) AS events FROM new_events;
SELECT action, share FROM show_events();

-- ===================================================================
-- the life of a token
-- ===================================================================
CREATE FOREIGN TABLE audit_recipients (name text, activated boolean, activation_url text)
	SERVER sharing OPTIONS (table_name 'recipients', show_activation_url 'true');
SELECT activation_url AS link FROM audit_recipients WHERE name = 'audit_t' \gset
SELECT deltashare.activate(:'link') AS profile \gset
SELECT :'profile'::jsonb ->> 'bearerToken' AS bearer \gset
SELECT key, key = 'bearerToken' AND length(value #>> '{}') = 64 AS token, key = 'endpoint' AND value #>> '{}' = current_setting('deltashare.endpoint') AS endpoint
FROM jsonb_each(:'profile'::jsonb) ORDER BY key;
-- it works once
SELECT deltashare.activate(:'link');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name, activated, activation_url FROM audit_recipients WHERE name = 'audit_t';
SELECT * FROM show_events();
-- only a hash is kept
SELECT token_hash = sha256(:'bearer'::bytea) AS hash FROM deltashare.token_hashes;
-- what was rotated away gives nothing
SELECT activation_url AS old_link FROM deltashare.create_recipient('audit_u') \gset
SELECT activation_url AS new_link FROM deltashare.rotate_recipient_token('audit_u', '0') \gset
SELECT :'old_link' <> :'new_link' AS different;
SELECT deltashare.activate(:'old_link');	-- should fail
SELECT deltashare.activate(:'new_link') IS NOT NULL AS profile;
-- not from elsewhere; a Unix-domain socket is not in any list of networks
SELECT activation_url AS far_link FROM deltashare.create_recipient('audit_v', ip_access_list => '{192.0.2.0/24}') \gset
SELECT deltashare.activate(:'far_link');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- the address of the sharing server is a setting
SET deltashare.endpoint = 'https://sharing.example.com/delta/';
SELECT activation_url ~ '^https://sharing\.example\.com/delta/activation/[0-9a-f]{64}$' AS link FROM deltashare.rotate_recipient_token('audit_v', '0');
RESET deltashare.endpoint;

-- ===================================================================
-- no secret anywhere but where it must be
-- ===================================================================
-- Looks for links and tokens in every table of the database, by the part that
-- is secret.
CREATE FUNCTION find_secret(secret text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	t regclass;
	found_rows bigint;
BEGIN
	FOR t IN SELECT oid FROM pg_class WHERE relkind IN ('r', 'm') AND relpersistence <> 't' ORDER BY oid::regclass::text
	LOOP
		EXECUTE format('SELECT count(*) FROM %s x WHERE x::text LIKE %L', t, '%' || secret || '%') INTO found_rows;
		IF found_rows > 0 THEN
			RETURN NEXT t::text;
		END IF;
	END LOOP;
END
$$;
SELECT find_secret(:'bearer');
SELECT find_secret(regexp_replace(:'link', '^.*/', ''));
SELECT find_secret(regexp_replace(:'far_link', '^.*/', ''));
SELECT activation_url AS last_link FROM deltashare.create_recipient('audit_w') \gset
SELECT find_secret(regexp_replace(:'last_link', '^.*/', ''));
SELECT count(*) FROM deltashare.audit_events e WHERE e::text ~ 'activation/|bearer';
-- two secrets are never the same, and not guessed from each other
SELECT count(DISTINCT deltashare.local_secret()) = 100 AS different, bool_and(s ~ '^[0-9a-f]{64}$') AS long
FROM (SELECT deltashare.local_secret() AS s FROM generate_series(1, 100)) x;

DROP FUNCTION find_secret;
DROP FOREIGN TABLE audit_recipients;
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'audit%' ORDER BY name;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'audit%' ORDER BY name;
SELECT count(*) FROM deltashare.pending_activations;
SELECT count(*) FROM deltashare.token_hashes;
DROP FUNCTION show_events;
DROP VIEW new_events;
DROP OWNED BY regress_audit;
DROP ROLE regress_audit;
