--
-- Rows that are looked for, written or routed in unusual ways.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('odd_größe');
SELECT name FROM deltashare.create_share('odd_plain');
SELECT name FROM deltashare.create_recipient('odd_r');

-- ===================================================================
-- a grant of one share is not that of another
-- ===================================================================
SELECT share_name FROM deltashare.grant_select('odd_plain', 'odd_r');
BEGIN;
INSERT INTO grants (share_name, recipient_name) VALUES ('odd_größe', 'odd_r') RETURNING share_name, recipient_name;
ROLLBACK;
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'odd%';
SELECT deltashare.revoke_select('odd_größe', 'odd_r', if_exists => true);
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'odd%';

-- ===================================================================
-- a foreign table that lacks what names a grant of nobody
-- ===================================================================
CREATE FOREIGN TABLE odd_grants (share_name text, recipient_name text, privilege text)
	SERVER sharing OPTIONS (table_name 'grants');
SELECT name FROM deltashare.create_recipient('odd_gone');
SELECT share_name FROM deltashare.grant_select('odd_plain', 'odd_gone');
SELECT deltashare.drop_recipient('odd_gone');
DO $$
BEGIN
	DELETE FROM odd_grants WHERE share_name = 'odd_plain' AND recipient_name IS NULL;
EXCEPTION WHEN feature_not_supported THEN
	NULL;	-- where there is such a row, it cannot be named
END
$$;
DELETE FROM odd_grants WHERE share_name = 'odd_plain' AND recipient_name = 'odd_r' RETURNING share_name, recipient_name;
DROP FOREIGN TABLE odd_grants;

-- ===================================================================
-- a partition that is updated cannot take rows from others
-- ===================================================================
CREATE TABLE odd_parted (name text, comment text) PARTITION BY LIST (comment);
CREATE FOREIGN TABLE odd_far PARTITION OF odd_parted FOR VALUES IN ('far')
	SERVER sharing OPTIONS (table_name 'shares');
CREATE TABLE odd_near PARTITION OF odd_parted FOR VALUES IN ('near');
INSERT INTO odd_parted VALUES ('odd_1', 'far'), ('odd_2', 'near');
UPDATE odd_parted SET comment = 'far' WHERE name IN ('odd_1', 'odd_2');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT tableoid::regclass, name, comment FROM odd_parted WHERE name LIKE 'odd__' ORDER BY name;
DROP TABLE odd_parted;

-- ===================================================================
-- COMMIT in a procedure leaves the statement its timeout
-- ===================================================================
CREATE PROCEDURE odd_procedure() LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM shares WHERE name = 'odd_1';
	COMMIT;
	PERFORM pg_sleep(20);
END
$$;
SET statement_timeout = '1s';
CALL odd_procedure();	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
DROP PROCEDURE odd_procedure;
SELECT count(*) FROM shares WHERE name = 'odd_1';

-- ===================================================================
-- nor does an exception that is caught
-- ===================================================================
SET statement_timeout = '1s';
DO $$
DECLARE
	stop timestamptz := clock_timestamp() + '20s';
BEGIN
	PERFORM deltashare.create_share('odd_3');
	WHILE clock_timestamp() < stop LOOP
		BEGIN
			RAISE EXCEPTION 'caught';
		EXCEPTION WHEN raise_exception THEN
			NULL;
		END;
	END LOOP;
END
$$;	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;

SELECT deltashare.drop_share('odd_größe');
SELECT deltashare.drop_share('odd_plain');
SELECT deltashare.drop_recipient('odd_r');
SELECT name FROM shares WHERE name LIKE 'odd%';
