--
-- Grants: grant, grant again, revoke; effective grants; what becomes of the
-- grants of a share or recipient that is dropped or renamed.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('grants_a');
SELECT name FROM deltashare.create_share('grants_b');
SELECT name FROM deltashare.create_recipient('grants_r');
SELECT name FROM deltashare.create_recipient('grants_s');

-- ===================================================================
-- grant
-- ===================================================================
SELECT share_name, recipient_name, privilege FROM deltashare.grant_select('grants_a', 'grants_r');
SELECT share_name, recipient_name, privilege FROM deltashare.grant_select('Grants_A', 'Grants_S');
SELECT share_name, recipient_name, privilege FROM deltashare.grant_select('grants_b', 'grants_r');
-- again: nothing changes
SELECT share_name, recipient_name, privilege FROM deltashare.grant_select('grants_a', 'grants_r');
SELECT share_name, recipient_name, privilege FROM grants WHERE share_name LIKE 'grants\_%' ORDER BY 1, 2;

-- by share, by recipient, by both
SELECT recipient_name FROM grants WHERE share_name = 'grants_a' ORDER BY 1;
SELECT share_name FROM grants WHERE recipient_name = 'grants_r' ORDER BY 1;
SELECT share_name, recipient_name FROM grants WHERE share_name = 'grants_a' AND recipient_name = 'grants_s';
SELECT share_name, recipient_name FROM grants WHERE share_name = 'grants_b' AND recipient_name = 'grants_s';
SELECT count(*) FROM grants WHERE share_name = 'grants_none';
SELECT count(*) FROM grants WHERE recipient_name = 'grants_none';
SELECT s.name, array_agg(g.recipient_name ORDER BY g.recipient_name)
FROM shares s JOIN grants g ON g.share_name = s.name WHERE s.name LIKE 'grants\_%' GROUP BY s.name ORDER BY s.name;

SELECT share_name FROM deltashare.grant_select('grants_none', 'grants_r');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT share_name FROM deltashare.grant_select('grants_a', 'grants_none');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT share_name FROM deltashare.grant_select(NULL, 'grants_r');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT share_name FROM deltashare.grant_select('grants_a', NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- effective grants
-- ===================================================================
SELECT * FROM deltashare.effective_grants('grants_a') ORDER BY recipient_name;
SELECT * FROM deltashare.effective_grants('GRANTS_A', 'Grants_R');
SELECT share_name, privilege FROM deltashare.effective_grants(recipient => 'grants_r') ORDER BY 1;
SELECT share_name, recipient_name FROM deltashare.effective_grants() WHERE share_name LIKE 'grants\_%' ORDER BY 1, 2;
SELECT count(*) FROM deltashare.effective_grants('grants_none');

-- ===================================================================
-- revoke
-- ===================================================================
SELECT deltashare.revoke_select('Grants_A', 'Grants_S');
SELECT deltashare.revoke_select('grants_a', 'grants_s');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.revoke_select('grants_a', 'grants_s', if_exists => true);
SELECT deltashare.revoke_select('grants_none', 'grants_s');	-- should fail
SELECT deltashare.revoke_select('grants_a', 'grants_none', if_exists => true);
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'grants\_%' ORDER BY 1, 2;

-- ===================================================================
-- a privilege that does not exist
-- ===================================================================
INSERT INTO grants (share_name, recipient_name, privilege) VALUES ('grants_a', 'grants_s', 'MODIFY');	-- should fail
\echo :LAST_ERROR_SQLSTATE
INSERT INTO grants (share_name, recipient_name, privilege) VALUES ('grants_a', 'grants_s', 'select')
RETURNING share_name, recipient_name, privilege;
UPDATE grants SET recipient_name = 'grants_r' WHERE share_name = 'grants_a';	-- should fail
\echo :LAST_ERROR_SQLSTATE
DELETE FROM grants WHERE share_name = 'grants_a' AND recipient_name = 'grants_s' RETURNING share_name, recipient_name, privilege;

-- ===================================================================
-- rename: grants follow
-- ===================================================================
SELECT name FROM deltashare.alter_share('grants_a', rename_to => 'grants_c');
SELECT name FROM deltashare.alter_recipient('grants_r', rename_to => 'grants_t');
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'grants\_%' ORDER BY 1, 2;

-- ===================================================================
-- drop: the grants of a share go with it
-- ===================================================================
SELECT deltashare.drop_share('grants_c');
SELECT share_name, recipient_name FROM grants WHERE recipient_name = 'grants_t' ORDER BY 1;
-- The platform keeps a grant of a dropped recipient, without a name; here it is
-- gone.  By neither it can be found under the name.
SELECT deltashare.drop_recipient('grants_t');
SELECT count(*) FROM grants WHERE recipient_name = 'grants_t';
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'grants\_%' AND recipient_name IS NOT NULL;
-- what is left can be revoked
DELETE FROM grants WHERE share_name = 'grants_b' AND recipient_name IS NULL;
SELECT count(*) FROM grants WHERE share_name = 'grants_b';
-- a new one of the same name has no rights
SELECT name FROM deltashare.create_recipient('grants_t');
SELECT count(*) FROM grants WHERE recipient_name = 'grants_t';

SELECT deltashare.drop_share('grants_b');
SELECT deltashare.drop_recipient('grants_s');
SELECT deltashare.drop_recipient('grants_t');
