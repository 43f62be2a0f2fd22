--
-- The functions in C below the verbs.  Everybody may call them, so they must
-- bear whatever they are given.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('prim_a', comment => 'Stays');
SELECT name FROM deltashare.create_share('prim_b', comment => 'Stays');
SELECT name FROM deltashare.add_to_share('prim_a', ARRAY['main.sales.orders', 'main.sales.daily']) ORDER BY name;
SELECT name FROM deltashare.create_recipient('prim_r', comment => 'Stays');
SELECT share_name FROM deltashare.grant_select('prim_a', 'prim_r');

-- ===================================================================
-- what is no row, no key, no table
-- ===================================================================
SELECT deltashare.insert_row('sharing', NULL::deltashare.share, '[]');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.insert_row('sharing', NULL::deltashare.share, '{"nam": "x"}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.insert_row('sharing', NULL::deltashare.share, '{"name": {"a": 1}}');	-- should fail
SELECT deltashare.insert_row('sharing', NULL::deltashare.share, NULL);	-- should fail
SELECT deltashare.insert_row('sharing', NULL::deltashare.share, '{}');	-- should fail
SELECT deltashare.insert_row('sharing', NULL::deltashare.recipient, '{"name": "prim_x", "expiration_time": "soon"}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.insert_row('sharing', NULL::deltashare.recipient, '{"name": "prim_x", "ip_access_list": "10.0.0.0/8"}');	-- should fail
SELECT deltashare.insert_row('sharing', NULL::deltashare.recipient, '{"name": "prim_x", "ip_access_list": [{}]}');	-- should fail
SELECT deltashare.insert_row('sharing', NULL::deltashare.recipient, '{"name": "prim_x", "ip_access_list": [["10.0.0.0/8"]]}');	-- should fail
SELECT deltashare.insert_row('sharing', 1, '{}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.insert_row('sharing', NULL::pg_class, '{}');	-- should fail
SELECT sqlstate_of($$SELECT deltashare.insert_row('sharing', NULL::deltashare.provider, '{"name": "prim_p"}')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.insert_row('sharing', NULL::deltashare.recipient_token, '{"recipient_name": "prim_r"}')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.recipient_token, '{"recipient_name": "prim_r"}')$$) <> 'no error' AS refused;
SELECT * FROM deltashare.select_rows('sharing', NULL::deltashare.share, '[]');	-- should fail
SELECT deltashare.insert_rows('sharing', NULL::deltashare.share, '{"name": "x"}');	-- should fail
SELECT deltashare.insert_rows('sharing', NULL::deltashare.share, '["x"]');	-- should fail
SELECT count(*) FROM deltashare.insert_rows('sharing', NULL::deltashare.share, '[]');
SELECT deltashare.rotate_token('sharing', 'prim_r', -1);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.rotate_token('sharing', NULL, 0);	-- should fail
SELECT deltashare.rotate_token('sharing', 'prim_r', NULL);	-- should fail
SELECT deltashare.check_row();	-- should fail
SELECT deltashare.check_server();	-- should fail

-- ===================================================================
-- keys
-- ===================================================================
SELECT name FROM deltashare.select_rows('sharing', NULL::deltashare.share, '{"name": "prim_a"}');
SELECT name FROM deltashare.select_rows('sharing', NULL::deltashare.share, '{"name": ["prim_a", "prim_b", "prim_a", null, 1, {}]}') ORDER BY name;
SELECT name FROM deltashare.select_rows('sharing', NULL::deltashare.share, '{"name": null}');
SELECT name FROM deltashare.select_rows('sharing', NULL::deltashare.share, '{"name": []}');
SELECT name FROM deltashare.select_rows('sharing', NULL::deltashare.share, '{"name": "prim_a", "comment": "Other"}');
SELECT name FROM deltashare.select_rows('sharing', NULL::deltashare.share_object, '{"share_name": "prim_a", "name": "main.sales.daily"}');
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.share) WHERE name LIKE 'prim%';
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.share, NULL) WHERE name LIKE 'prim%';

-- a change without a whole key is none
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.share, '{}')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.share, '{"name": null}')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.recipient, '{}')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.share_object, '{"share_name": "prim_a"}')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.share_object, '{"name": "main.sales.daily"}')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_row('sharing', NULL::deltashare.share_grant, '{"share_name": "prim_a"}')$$);
SELECT sqlstate_of($$SELECT deltashare.update_row('sharing', NULL::deltashare.share, '{}', '{"comment": "Lost"}')$$);
SELECT sqlstate_of($$SELECT deltashare.update_row('sharing', NULL::deltashare.share, '{"comment": "Stays"}', '{"comment": "Lost"}')$$);
SELECT sqlstate_of($$SELECT deltashare.update_row('sharing', NULL::deltashare.recipient, '{"name": null}', '{"comment": "Lost"}')$$);
SELECT sqlstate_of($$SELECT deltashare.update_row('sharing', NULL::deltashare.share_object, '{"share_name": "prim_a"}', '{"comment": "Lost"}')$$);

-- several at once; what is not there, or cannot be, is no obstacle
SELECT sqlstate_of($$SELECT deltashare.delete_rows('sharing', NULL::deltashare.share, '{"name": "prim_a"}')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_rows('sharing', NULL::deltashare.share, '["prim_a"]')$$);
SELECT sqlstate_of($$SELECT deltashare.delete_rows('sharing', NULL::deltashare.share_grant, '[{"share_name": "prim_a"}]')$$);
SELECT deltashare.delete_rows('sharing', NULL::deltashare.share, '[]');
SELECT deltashare.delete_rows('sharing', NULL::deltashare.share, '[{"name": "prim_nothing"}, {"name": "prim_nobody"}]');
BEGIN;
SELECT count(*) FROM deltashare.insert_rows('sharing', NULL::deltashare.recipient, '[{"name": "prim_r1"}, {"name": "prim_r2"}]');
SELECT count(*) FROM deltashare.insert_rows('sharing', NULL::deltashare.share_grant,
	'[{"share_name": "prim_a", "recipient_name": "prim_r1"}, {"share_name": "prim_a", "recipient_name": "prim_r2"}]');
SAVEPOINT granted;
SELECT deltashare.delete_rows('sharing', NULL::deltashare.share_grant, '[
	{"share_name": "PRIM_A", "recipient_name": "prim_r1"}, {"share_name": "prim_a", "recipient_name": "prim_nobody"},
	{"share_name": "prim_a", "recipient_name": "Prim_R2", "privilege": "SELECT"},
	{"share_name": "prim_nothing", "recipient_name": "prim_r1"}, {"share_name": "prim_nothing", "recipient_name": "prim_r2"}]');
SELECT recipient_name FROM grants WHERE share_name = 'prim_a' AND recipient_name IN ('prim_r1', 'prim_r2');
ROLLBACK TO granted;
SELECT recipient_name FROM grants WHERE share_name = 'prim_a' AND recipient_name IN ('prim_r1', 'prim_r2') ORDER BY 1;
SELECT deltashare.delete_rows('sharing', NULL::deltashare.share_grant,
	'[{"share_name": "prim_a", "recipient_name": "prim_r2"}, {"share_name": "prim_a", "recipient_name": "prim_r1"}]');
ROLLBACK;

-- ===================================================================
-- nothing was lost, and nothing came
-- ===================================================================
SELECT name, comment FROM shares WHERE name LIKE 'prim%' ORDER BY name;
SELECT share_name, name, comment FROM share_objects WHERE share_name LIKE 'prim%' ORDER BY name;
SELECT name, comment FROM recipients WHERE name LIKE 'prim%' ORDER BY name;
SELECT share_name, recipient_name, privilege FROM grants WHERE share_name LIKE 'prim%';
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'prim%' ORDER BY name;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'prim%' ORDER BY name;
