--
-- The local server: who may read, who may manage.  Through the foreign table,
-- the function and the table alike.
--
-- On a workspace the platform decides; what is decided here, USAGE on the
-- server and the user mapping, is in themes "functions" and "options".
--
\set VERBOSITY terse
CREATE ROLE regress_nobody;
CREATE ROLE regress_reader IN ROLE deltashare_reader;
CREATE ROLE regress_manager IN ROLE deltashare_manager;
CREATE ROLE regress_analyst;
GRANT USAGE ON FOREIGN SERVER sharing TO regress_nobody, regress_reader, regress_manager, regress_analyst;
GRANT USAGE ON SCHEMA sharing, sales TO PUBLIC;
GRANT CREATE ON SCHEMA public TO regress_nobody, regress_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA sharing TO PUBLIC;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sharing TO PUBLIC;
GRANT SELECT ON sales.orders TO regress_manager;
SELECT name FROM deltashare.create_share('priv_a');
SELECT name FROM deltashare.add_to_share('priv_a', 'main.sales.orders');
SELECT name FROM deltashare.create_recipient('priv_r');
SELECT share_name FROM deltashare.grant_select('priv_a', 'priv_r');

-- ===================================================================
-- a role without them: refused, whichever way it comes
-- ===================================================================
SET ROLE regress_nobody;
-- a privilege on a foreign table opens nothing
SELECT count(*) FROM shares;	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM share_objects;	-- should fail
SELECT count(*) FROM recipients;	-- should fail
SELECT count(*) FROM recipient_tokens;	-- should fail
SELECT count(*) FROM grants;	-- should fail
SELECT count(*) FROM providers;	-- should fail
INSERT INTO shares (name) VALUES ('priv_x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE shares SET comment = 'x' WHERE name = 'priv_a';	-- should fail
DELETE FROM shares WHERE name = 'priv_a';	-- should fail
-- nor the tables themselves
SELECT count(*) FROM deltashare.shares;	-- should fail
SELECT count(*) FROM deltashare.recipients;	-- should fail
SELECT count(*) FROM deltashare.audit_events;	-- should fail
SELECT count(*) FROM deltashare.pending_activations;	-- should fail
SELECT count(*) FROM deltashare.token_hashes;	-- should fail
INSERT INTO deltashare.shares (name) VALUES ('priv_x');	-- should fail
-- nor the functions
SELECT name FROM deltashare.create_share('priv_x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share('priv_a', comment => 'x');	-- should fail
SELECT deltashare.drop_share('priv_a');	-- should fail
SELECT name FROM deltashare.add_to_share('priv_a', 'main.sales.daily');	-- should fail
SELECT deltashare.remove_from_share('priv_a', 'main.sales.orders');	-- should fail
SELECT name FROM deltashare.create_recipient('priv_x');	-- should fail
SELECT deltashare.drop_recipient('priv_r');	-- should fail
SELECT name FROM deltashare.rotate_recipient_token('priv_r', '0');	-- should fail
SELECT share_name FROM deltashare.grant_select('priv_a', 'priv_r');	-- should fail
SELECT deltashare.revoke_select('priv_a', 'priv_r');	-- should fail
SELECT count(*) FROM deltashare.effective_grants('priv_a');	-- should fail
SELECT share_name FROM deltashare.setup_tenant('priv_x', '{main.sales.orders}');	-- should fail
SELECT * FROM deltashare.plan_config('shares: [{name: priv_a}]');	-- should fail
SELECT * FROM deltashare.apply_config('shares: [{name: priv_x}]');	-- should fail
SELECT deltashare.export_config();	-- should fail
SELECT * FROM deltashare.apply_file('postgresql.conf');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.share);	-- should fail
SELECT deltashare.insert_row('sharing', NULL::deltashare.share, '{"name": "priv_x"}');	-- should fail
SELECT deltashare.delete_row('sharing', NULL::deltashare.share, '{"name": "priv_a"}');	-- should fail
SELECT deltashare.local_activation_url('priv_r');	-- should fail
SELECT deltashare.local_rotate_token('priv_r', 0);	-- should fail
SELECT deltashare.local_add_token('priv_r', now(), 'me');	-- should fail
SELECT deltashare.local_write_event('createShare', '{}');	-- should fail
-- nor a foreign table or a server of its own
CREATE FOREIGN TABLE public.priv_shares (name text) SERVER sharing OPTIONS (table_name 'shares');
SELECT count(*) FROM public.priv_shares;	-- should fail
INSERT INTO public.priv_shares VALUES ('priv_x');	-- should fail
CREATE FOREIGN TABLE public.priv_recipients (name text, activation_url text) SERVER sharing
	OPTIONS (table_name 'recipients', show_activation_url 'true');
SELECT * FROM public.priv_recipients;	-- should fail
\echo :LAST_ERROR_SQLSTATE
DROP FOREIGN TABLE public.priv_shares, public.priv_recipients;
-- activate() is for everybody who has a link
SELECT deltashare.activate('https://localhost/delta-sharing/activation/none');	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- ===================================================================
-- a reader reads, and sees no secret
-- ===================================================================
SET ROLE regress_reader;
SELECT name FROM shares WHERE name LIKE 'priv%';
SELECT name, status FROM share_objects WHERE share_name = 'priv_a';
SELECT name, activation_url FROM recipients WHERE name LIKE 'priv%';
SELECT recipient_name, activation_url FROM recipient_tokens WHERE recipient_name LIKE 'priv%';
SELECT share_name, recipient_name FROM deltashare.effective_grants('priv_a');
SELECT count(*) > 0 AS events FROM deltashare.audit_events WHERE share_name = 'priv_a';
INSERT INTO shares (name) VALUES ('priv_x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE recipients SET comment = 'x' WHERE name = 'priv_r';	-- should fail
DELETE FROM grants WHERE share_name = 'priv_a';	-- should fail
SELECT name FROM deltashare.create_share('priv_x');	-- should fail
SELECT name FROM deltashare.rotate_recipient_token('priv_r', '0');	-- should fail
SELECT action, kind, share_name FROM deltashare.plan_config('shares: [{name: priv_a}, {name: priv_x}]');
SELECT count(*) FROM deltashare.plan_config(deltashare.export_config(), prune => true);
SELECT * FROM deltashare.apply_config('shares: [{name: priv_x}]');	-- should fail
DELETE FROM deltashare.audit_events;	-- should fail
UPDATE deltashare.audit_events SET actor = 'me';	-- should fail
SELECT count(*) FROM deltashare.pending_activations;	-- should fail
SELECT count(*) FROM deltashare.token_hashes;	-- should fail
-- not in a table of its own that asks for them
CREATE FOREIGN TABLE public.priv_recipients (name text, activation_url text) SERVER sharing
	OPTIONS (table_name 'recipients', show_activation_url 'true');
SELECT * FROM public.priv_recipients WHERE name = 'priv_r';	-- should fail
\echo :LAST_ERROR_SQLSTATE
DROP FOREIGN TABLE public.priv_recipients;
RESET ROLE;

-- ===================================================================
-- a manager manages, with what he may read himself
-- ===================================================================
SET ROLE regress_manager;
SELECT name, owner, created_by FROM deltashare.create_share('priv_m');
SELECT name FROM deltashare.add_to_share('priv_m', 'main.sales.orders');
SELECT name FROM deltashare.add_to_share('priv_m', 'main.sales.daily');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('priv_m', 'main.hr.people');	-- should fail
SELECT name FROM deltashare.add_to_share('priv_m', 'main.deltashare.token_hashes');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('priv_m', 'main.pg_catalog.pg_authid');	-- should fail
SELECT * FROM deltashare.apply_config('shares: [{name: priv_m, tables: [main.hr.people]}]');	-- should fail
SELECT * FROM deltashare.apply_file('postgresql.conf');	-- should fail
-- what is read with the rights of another, that one shares
SELECT name FROM deltashare.add_to_share('priv_a', 'main.sales.orders_view', 'VIEW');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share_object('priv_a', 'main.sales.orders', comment => 'x');	-- should fail
SELECT name FROM deltashare.alter_share('priv_m', owner => 'regress_analyst');	-- should fail
SELECT name FROM deltashare.create_share('priv_n', owner => 'regress_analyst');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share('priv_n', owner => 'regress_none');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- every manager decides with whom
SELECT name, activation_url IS NOT NULL AS link FROM deltashare.create_recipient('priv_s');
SELECT share_name, recipient_name FROM deltashare.grant_select('priv_a', 'priv_s');
SELECT deltashare.revoke_select('priv_a', 'priv_s');
SELECT name, activation_url IS NOT NULL AS link FROM deltashare.rotate_recipient_token('priv_s', '0');
-- not the history of who did what and when
INSERT INTO deltashare.shares (name, owner, created_at, created_by, updated_at, updated_by)
VALUES ('priv_x', 'regress_manager', now(), 'me', now(), 'me');	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE deltashare.shares SET created_by = 'me' WHERE name = 'priv_m';	-- should fail
UPDATE deltashare.share_objects SET name = 'main.hr.people' WHERE share_name = 'priv_m';	-- should fail
UPDATE deltashare.recipient_tokens SET expiration_time = 'infinity';	-- should fail
DELETE FROM deltashare.audit_events;	-- should fail
INSERT INTO deltashare.token_hashes VALUES ('x', '\x00', now());	-- should fail
TRUNCATE deltashare.shares CASCADE;	-- should fail
-- the table itself follows the same rules as the foreign table
INSERT INTO deltashare.shares (name) VALUES ('Priv_T') RETURNING name, owner, created_by;
INSERT INTO deltashare.shares (name) VALUES ('priv.t');	-- should fail
\echo :LAST_ERROR_SQLSTATE
INSERT INTO deltashare.share_objects (share_name, name) VALUES ('priv_t', 'sales.daily');	-- should fail
\echo :LAST_ERROR_SQLSTATE
DELETE FROM deltashare.shares WHERE name = 'priv_t' RETURNING name;
RESET ROLE;

-- a privilege that is taken away shows
SELECT name, status FROM share_objects WHERE share_name = 'priv_m';
REVOKE SELECT ON sales.orders FROM regress_manager;
SELECT name, status FROM share_objects WHERE share_name = 'priv_m';
GRANT SELECT ON sales.orders TO regress_manager;
DROP TABLE IF EXISTS sales.gone;
CREATE TABLE sales.gone ();
GRANT SELECT ON sales.gone TO regress_manager;
SELECT name FROM deltashare.add_to_share('priv_m', 'sales.gone');
DROP TABLE sales.gone;
SELECT name, status FROM share_objects WHERE share_name = 'priv_m' ORDER BY name;
SELECT deltashare.remove_from_share('priv_m', 'main.sales.gone');

-- ===================================================================
-- views lend the rights of their owner, and nothing more
-- ===================================================================
CREATE VIEW priv_view AS SELECT name, comment FROM sharing.shares WHERE name LIKE 'priv%';
ALTER VIEW priv_view OWNER TO regress_reader;
GRANT SELECT ON priv_view TO regress_analyst;
SET ROLE regress_analyst;
SELECT name FROM priv_view ORDER BY name;
SELECT count(*) FROM sharing.shares;	-- should fail
RESET ROLE;
ALTER VIEW priv_view OWNER TO regress_nobody;
GRANT SELECT ON priv_view TO regress_manager;
SET ROLE regress_manager;
SELECT name FROM priv_view;	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
DROP VIEW priv_view;
-- so do functions
CREATE FUNCTION priv_function() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS
$$ SELECT name FROM sharing.shares WHERE name LIKE 'priv%' ORDER BY 1 $$;
ALTER FUNCTION priv_function() OWNER TO regress_reader;
SET ROLE regress_analyst;
SELECT priv_function();
RESET ROLE;
DROP FUNCTION priv_function;
-- a plan that was made for one role is not used for another
PREPARE priv_plan AS SELECT count(*) > 0 AS some FROM sharing.shares;
SET plan_cache_mode = force_generic_plan;
EXECUTE priv_plan;
SET ROLE regress_nobody;
EXECUTE priv_plan;	-- should fail
RESET ROLE;
EXECUTE priv_plan;
RESET plan_cache_mode;
DEALLOCATE priv_plan;

-- ===================================================================
-- several managers: a group owns the share
-- ===================================================================
CREATE ROLE regress_group;
CREATE ROLE regress_other IN ROLE deltashare_manager, regress_group;
GRANT USAGE ON FOREIGN SERVER sharing TO regress_other;
GRANT regress_group TO regress_manager;
GRANT SELECT ON sales.daily TO regress_group;
SET ROLE regress_manager;
SELECT name, owner FROM deltashare.create_share('priv_g', owner => 'regress_group');
SET ROLE regress_other;
SELECT name FROM deltashare.add_to_share('priv_g', 'sales.daily');
SELECT name FROM deltashare.add_to_share('priv_m', 'sales.daily');	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;

-- the event names who did it
SELECT DISTINCT actor FROM deltashare.audit_events WHERE share_name = 'priv_g' ORDER BY 1;
-- who owns a share or recipient is a text, so DROP ROLE does not know of it
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'priv%' ORDER BY name;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'priv%' ORDER BY name;
REVOKE USAGE ON SCHEMA sharing, sales FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA sharing FROM PUBLIC;
DROP OWNED BY regress_nobody, regress_reader, regress_manager, regress_analyst, regress_group, regress_other;
DROP ROLE regress_nobody, regress_reader, regress_manager, regress_analyst, regress_group, regress_other;
