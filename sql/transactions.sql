--
-- What a transaction made is undone when it rolls back: by ROLLBACK, by an
-- error, by a savepoint, by an exception block.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('trans_old', comment => 'Old');
SELECT name FROM deltashare.add_to_share('trans_old', 'main.sales.orders', comment => 'Old', alias => 'a.b',
	start_version => 3);
SELECT name FROM deltashare.add_to_share('trans_old', 'main.sales.daily', comment => 'Old',
	partitions => deltashare.partition_filter('region', 'EMEA'));
SELECT name FROM deltashare.create_recipient('trans_old', comment => 'Old', properties => '{"country": "DE"}', ip_access_list => '{192.0.2.0/24}');
SELECT share_name FROM deltashare.grant_select('trans_old', 'trans_old');

-- everything that can be seen of it
CREATE VIEW trans_state AS
SELECT 'share' AS kind, name AS key, concat_ws(' | ', comment, owner) AS state FROM shares WHERE name LIKE 'trans%'
UNION ALL
SELECT 'object', share_name || ' ' || name, concat_ws(' | ', data_object_type, shared_as, comment, history_data_sharing_status,
													  coalesce(cdf_enabled, false), start_version, partitions, status)
FROM share_objects WHERE share_name LIKE 'trans%'
UNION ALL
SELECT 'recipient', name, concat_ws(' | ', authentication_type, comment, owner, own_properties(properties), ip_access_list, expiration_time)
FROM recipients WHERE name LIKE 'trans%'
UNION ALL
SELECT 'grant', share_name || ' ' || recipient_name, privilege FROM grants WHERE share_name LIKE 'trans%'
UNION ALL
SELECT 'token', recipient_name || ' ' || id, expiration_time::text FROM recipient_tokens WHERE recipient_name LIKE 'trans%';
CREATE TABLE trans_before AS SELECT * FROM trans_state;
CREATE VIEW trans_difference AS
(SELECT 'appeared', * FROM trans_state EXCEPT SELECT 'appeared', * FROM trans_before)
UNION ALL (SELECT 'disappeared', * FROM trans_before EXCEPT SELECT 'disappeared', * FROM trans_state);
SELECT kind, count(*) FROM trans_before GROUP BY kind ORDER BY kind;

-- ===================================================================
-- ROLLBACK: what was made
-- ===================================================================
BEGIN;
SELECT name FROM deltashare.create_share('trans_new');
SELECT name FROM deltashare.add_to_share('trans_new', 'main.sales.orders');
SELECT name FROM deltashare.create_recipient('trans_new');
SELECT share_name FROM deltashare.grant_select('trans_new', 'trans_new');
SELECT share_name FROM deltashare.grant_select('trans_old', 'trans_new');
SELECT name FROM deltashare.add_to_share('trans_old', ARRAY['main.hr.people', 'main.sales.customers']) ORDER BY name;
SELECT kind, count(*) FROM trans_state GROUP BY kind ORDER BY kind;
ROLLBACK;
SELECT * FROM trans_difference;

-- ===================================================================
-- ROLLBACK: what was changed
-- ===================================================================
BEGIN;
SELECT name, comment FROM deltashare.alter_share('trans_old', comment => 'New');
SELECT name, comment FROM deltashare.alter_share('trans_old', comment => 'Newer', rename_to => 'trans_other');
SELECT name, comment FROM deltashare.alter_share('trans_other', comment => 'Newest');
SELECT name, comment FROM deltashare.alter_share_object('trans_other', 'main.sales.orders', comment => 'New', history => false);
SELECT name FROM deltashare.alter_share_object('trans_other', 'main.sales.orders', start_version => 5);
SELECT name FROM deltashare.alter_share_object('trans_other', 'main.sales.daily', comment => 'New');
SELECT name, partitions FROM deltashare.alter_share_object('trans_other', 'main.sales.daily', history => false);
SELECT name FROM deltashare.alter_recipient('trans_old', comment => '', properties => '{"country": null, "tier": "gold"}', ip_access_list => '{}');
SELECT name FROM deltashare.alter_recipient('trans_old', rename_to => 'trans_other');
SELECT kind, key FROM trans_state WHERE kind <> 'token' ORDER BY kind, key;
ROLLBACK;
SELECT * FROM trans_difference;
BEGIN;
SELECT name, partitions FROM deltashare.alter_share_object('trans_old', 'main.sales.daily', partitions => '[]');
SELECT name, cdf_enabled FROM deltashare.alter_share_object('trans_old', 'main.sales.orders', cdf => true);
SELECT name, comment FROM deltashare.alter_share_object('trans_old', 'main.sales.orders', comment => '');
ROLLBACK;
SELECT * FROM trans_difference;

-- ===================================================================
-- ROLLBACK: what was taken away, and can be given back
-- ===================================================================
BEGIN;
SELECT deltashare.revoke_select('trans_old', 'trans_old');
SELECT deltashare.remove_from_share('trans_old', 'main.sales.orders');
SELECT deltashare.remove_from_share('trans_old', 'main.sales.daily');
SELECT kind, key FROM trans_state WHERE kind <> 'token' ORDER BY kind, key;
ROLLBACK;
SELECT * FROM trans_difference;

-- made and dropped in the same transaction
BEGIN;
SELECT name FROM deltashare.create_share('trans_new');
SELECT deltashare.drop_share('trans_new');
ROLLBACK;
SELECT * FROM trans_difference;

-- ===================================================================
-- an error
-- ===================================================================
BEGIN;
SELECT name FROM deltashare.create_share('trans_new');
SELECT 1 / 0;	-- should fail
SELECT name FROM shares;	-- should fail
\echo :LAST_ERROR_SQLSTATE
COMMIT;
SELECT * FROM trans_difference;
-- in the same statement
SELECT (deltashare.create_share('trans_new')).name, 1 / (random() * 0)::int;	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM trans_difference;
INSERT INTO shares (name) SELECT 'trans_' || i FROM generate_series(1, 5) i UNION ALL SELECT 'trans.6';	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM trans_difference;
-- a deferred constraint, at COMMIT
CREATE TABLE trans_constraint (i int UNIQUE DEFERRABLE INITIALLY DEFERRED);
BEGIN;
SELECT name FROM deltashare.create_share('trans_new');
INSERT INTO trans_constraint VALUES (1), (1);
COMMIT;	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM trans_difference;

-- ===================================================================
-- savepoints
-- ===================================================================
BEGIN;
SELECT name FROM deltashare.create_share('trans_1');
SAVEPOINT a;
SELECT name FROM deltashare.create_share('trans_2');
SAVEPOINT b;
SELECT name FROM deltashare.create_share('trans_3');
RELEASE b;
SELECT name FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
ROLLBACK TO a;
SELECT name FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
SELECT name FROM deltashare.create_share('trans_4');
SAVEPOINT c;
SELECT name FROM deltashare.create_share('trans_1');	-- should fail
ROLLBACK TO c;
SELECT name FROM deltashare.create_share('trans_5');
RELEASE c;
COMMIT;
SELECT name FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
BEGIN;
SAVEPOINT a;
SELECT name FROM deltashare.create_share('trans_6');
RELEASE a;
ROLLBACK;
SELECT name FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'trans\__' ORDER BY name;

-- ===================================================================
-- exception blocks
-- ===================================================================
DO $$
BEGIN
	PERFORM deltashare.create_share('trans_1');
	BEGIN
		PERFORM deltashare.create_share('trans_2');
		PERFORM deltashare.grant_select('trans_2', 'trans_none');
	EXCEPTION WHEN undefined_object THEN
		RAISE NOTICE 'caught: %', SQLERRM;
	END;
	BEGIN
		PERFORM deltashare.create_share('trans_3');
	EXCEPTION WHEN undefined_object THEN
		RAISE NOTICE 'not caught';
	END;
END
$$;
SELECT name FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'trans\__' ORDER BY name;

-- a procedure that commits
CREATE PROCEDURE trans_procedure() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM deltashare.create_share('trans_1');
	COMMIT;
	PERFORM deltashare.create_share('trans_2');
	ROLLBACK;
	PERFORM deltashare.create_share('trans_3');
END
$$;
CALL trans_procedure();
DROP PROCEDURE trans_procedure;
SELECT name FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'trans\__' ORDER BY name;
SELECT * FROM trans_difference;

-- ===================================================================
-- read only
-- ===================================================================
BEGIN READ ONLY;
SELECT count(*) FROM shares WHERE name = 'trans_old';
INSERT INTO shares (name) VALUES ('trans_new');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT name FROM deltashare.create_share('trans_new');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT deltashare.drop_share('trans_old');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT name FROM deltashare.rotate_recipient_token('trans_old', '1 hour');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT * FROM trans_difference;

DROP VIEW trans_difference;
DROP TABLE trans_before, trans_constraint;
DROP VIEW trans_state;
SELECT deltashare.drop_share('trans_old', if_exists => true);
SELECT deltashare.drop_recipient('trans_old', if_exists => true);
SELECT name FROM shares WHERE name LIKE 'trans%';
