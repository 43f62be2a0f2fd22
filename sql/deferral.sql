--
-- What cannot be undone is not done before COMMIT: dropping a share or a
-- recipient takes its grants, objects and tokens with it.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('deferral_a');
SELECT name FROM deltashare.add_to_share('deferral_a', 'main.sales.orders');
SELECT name FROM deltashare.create_recipient('deferral_a');
SELECT share_name FROM deltashare.grant_select('deferral_a', 'deferral_a');
CREATE VIEW deferral_state AS
SELECT 'share' AS kind, name AS key FROM shares WHERE name LIKE 'deferral%'
UNION ALL SELECT 'object', share_name || ' ' || name FROM share_objects WHERE share_name LIKE 'deferral%'
UNION ALL SELECT 'recipient', name FROM recipients WHERE name LIKE 'deferral%'
UNION ALL SELECT 'grant', share_name || ' ' || recipient_name FROM grants WHERE share_name LIKE 'deferral%'
UNION ALL SELECT 'token', recipient_name FROM recipient_tokens WHERE recipient_name LIKE 'deferral%';

-- ===================================================================
-- ROLLBACK: nothing was dropped
-- ===================================================================
BEGIN;
SELECT deltashare.drop_share('deferral_a');
SELECT deltashare.drop_recipient('deferral_a');
ROLLBACK;
SELECT * FROM deferral_state ORDER BY kind, key;
BEGIN;
DELETE FROM shares WHERE name = 'deferral_a';
DELETE FROM recipients WHERE name = 'deferral_a';
SELECT 1 / 0;	-- should fail
COMMIT;
SELECT * FROM deferral_state ORDER BY kind, key;
BEGIN;
SAVEPOINT a;
DELETE FROM shares WHERE name = 'deferral_a';
ROLLBACK TO a;
COMMIT;
SELECT * FROM deferral_state ORDER BY kind, key;
DO $$
BEGIN
	PERFORM deltashare.drop_recipient('deferral_a');
	PERFORM 1 / 0;
EXCEPTION WHEN division_by_zero THEN
	RAISE NOTICE 'caught';
END
$$;
SELECT * FROM deferral_state ORDER BY kind, key;

-- ===================================================================
-- COMMIT: it was
-- ===================================================================
BEGIN;
SELECT deltashare.drop_share('deferral_a');
SAVEPOINT a;
SELECT deltashare.drop_recipient('deferral_a');
RELEASE a;
COMMIT;
SELECT * FROM deferral_state ORDER BY kind, key;

-- made and dropped in the same transaction: it never was
BEGIN;
SELECT name FROM deltashare.create_share('deferral_b');
SELECT deltashare.drop_share('deferral_b');
SELECT name FROM deltashare.create_recipient('deferral_b');
SAVEPOINT a;
SELECT deltashare.drop_recipient('deferral_b');
ROLLBACK TO a;
COMMIT;
SELECT * FROM deferral_state ORDER BY kind, key;
SELECT deltashare.drop_recipient('deferral_b');
-- dropped twice
SELECT name FROM deltashare.create_share('deferral_c');
BEGIN;
SELECT deltashare.drop_share('deferral_c');
SELECT deltashare.drop_share('deferral_c', if_exists => true);
COMMIT;
SELECT * FROM deferral_state ORDER BY kind, key;
DROP VIEW deferral_state;
