--
-- Shares: create, alter, drop; by function and by table.
--
\set VERBOSITY terse

-- ===================================================================
-- create
-- ===================================================================
SELECT name, comment, owner IS NOT NULL AS has_owner, created_at > now() - interval '1 hour' AS is_new,
	   created_by = owner AS by_owner, updated_at >= created_at AS updated, updated_by = created_by AS by_same
FROM deltashare.create_share('shares_a', comment => 'First');

-- the name is stored in lower case
SELECT name, comment FROM deltashare.create_share('Shares_B');
SELECT name, comment FROM deltashare.create_share('shares_c', comment => '');

SELECT name, comment, storage_root, replication_config, serverless_budget_policy_id
FROM shares WHERE name LIKE 'shares\_%' ORDER BY name;

-- any text may be a comment
SELECT comment = E'a "b" \\ ''c''\n\tdé ñ 🐘 %41 {} </pre>' AS same
FROM deltashare.create_share('shares_d', comment => E'a "b" \\ ''c''\n\tdé ñ 🐘 %41 {} </pre>');
SELECT comment = E'a "b" \\ ''c''\n\tdé ñ 🐘 %41 {} </pre>' AS same
FROM shares WHERE name = 'shares_d';

SELECT name FROM deltashare.create_share('shares_a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share('SHARES_A');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share(NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- if_not_exists returns what is there, unchanged
-- ===================================================================
SELECT name, comment FROM deltashare.create_share('Shares_A', comment => 'Other', if_not_exists => true);
SELECT name, comment FROM deltashare.create_share('shares_e', comment => 'Fifth', if_not_exists => true);

-- ===================================================================
-- alter: what is not given stays
-- ===================================================================
SELECT name, comment FROM deltashare.alter_share('shares_a', comment => 'Changed');
SELECT name, comment FROM deltashare.alter_share('SHARES_A');
SELECT name, comment FROM deltashare.alter_share('shares_a', comment => '');
SELECT name, comment FROM shares WHERE name = 'shares_a';
SELECT name, comment FROM deltashare.alter_share('shares_a', rename_to => 'Shares_Z', comment => 'Renamed');
SELECT name FROM shares WHERE name IN ('shares_a', 'shares_z');
SELECT name FROM deltashare.alter_share('shares_z', rename_to => 'shares_b');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share('shares_none', comment => 'x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share('shares_none');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name IS NULL AS nothing FROM deltashare.alter_share('shares_none', comment => 'x', if_exists => true);
SELECT updated_at > created_at AS updated FROM shares WHERE name = 'shares_z';

-- ===================================================================
-- drop
-- ===================================================================
SELECT deltashare.drop_share('Shares_Z');
SELECT deltashare.drop_share('shares_z');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.drop_share('shares_z', if_exists => true);
SELECT deltashare.drop_share(NULL, if_exists => true);
SELECT name FROM shares WHERE name LIKE 'shares\_%' ORDER BY name;

-- all at once
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'shares\_%' ORDER BY name;
SELECT count(*) FROM shares WHERE name LIKE 'shares\_%';
