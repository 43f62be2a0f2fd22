--
-- A share of its own for one recipient: setup_tenant() and share_tables_with().
--
\set VERBOSITY terse

-- ===================================================================
-- setup_tenant: share, tables, recipient, grant in one call
-- ===================================================================
SELECT share_name, recipient_name, activation_url ~ '^https?://[^ ]+$' AS link, tables
FROM deltashare.setup_tenant('Tenants_Acme', '{main.sales.orders, MAIN.sales.customers}', email => 'data@acme.example');
SELECT name, comment FROM shares WHERE name LIKE 'tenants%';
SELECT name, authentication_type, comment, own_properties(properties) AS properties, activation_url FROM recipients WHERE name LIKE 'tenants%';
SELECT share_name, name, data_object_type, history_data_sharing_status FROM share_objects WHERE share_name LIKE 'tenants%' ORDER BY name;
SELECT share_name, recipient_name, privilege FROM grants WHERE share_name LIKE 'tenants%';

SELECT share_name, recipient_name, tables
FROM deltashare.setup_tenant('tenants_globex', '{main.hr.people}', comment => 'For Globex',
	ip_access_list => '{192.0.2.0/24}', properties => '{"country": "DE"}');
SELECT s.name, s.comment, r.ip_access_list, own_properties(r.properties) AS properties
FROM shares s JOIN recipients r ON s.name = r.name || '_share' WHERE r.name = 'tenants_globex';

-- ===================================================================
-- all or nothing: whatever fails, nothing stays
-- ===================================================================
CREATE VIEW tenants_state AS
SELECT 'share' AS kind, name FROM shares WHERE name LIKE 'tenants%'
UNION ALL SELECT 'object', share_name || ' ' || name FROM share_objects WHERE share_name LIKE 'tenants%'
UNION ALL SELECT 'recipient', name FROM recipients WHERE name LIKE 'tenants%'
UNION ALL SELECT 'grant', share_name || ' ' || recipient_name FROM grants WHERE share_name LIKE 'tenants%';
CREATE TABLE tenants_before AS SELECT * FROM tenants_state;

-- the share is there already
SELECT share_name FROM deltashare.setup_tenant('tenants_acme', '{main.sales.daily}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- the second table does not exist; which one it was, the platform says in DETAIL
\set VERBOSITY sqlstate
SELECT share_name FROM deltashare.setup_tenant('tenants_x', '{main.sales.orders, main.sales.nothing}');	-- should fail
\set VERBOSITY terse
-- the recipient is there already
SELECT name FROM deltashare.create_recipient('tenants_y');
SELECT share_name FROM deltashare.setup_tenant('tenants_y', '{main.sales.orders}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.drop_recipient('tenants_y');
-- the recipient cannot be made
SELECT share_name FROM deltashare.setup_tenant('tenants_x', '{main.sales.orders}', properties => '{"count": 1}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT share_name FROM deltashare.setup_tenant('tenants_x', '{main.sales.orders}', ip_access_list => '{NULL}');	-- should fail
SELECT share_name FROM deltashare.setup_tenant('tenants.x', '{main.sales.orders}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT share_name FROM deltashare.setup_tenant(NULL, '{main.sales.orders}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT share_name FROM deltashare.setup_tenant(repeat('x', 250), '{main.sales.orders}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM tenants_state EXCEPT SELECT * FROM tenants_before;
SELECT * FROM tenants_before EXCEPT SELECT * FROM tenants_state;

-- a tenant may begin without tables
SELECT share_name, tables FROM deltashare.setup_tenant('tenants_empty', '{}');
SELECT share_name, recipient_name FROM grants WHERE share_name = 'tenants_empty_share';

-- ===================================================================
-- share_tables_with: these tables only, for this recipient only
-- ===================================================================
SELECT name FROM deltashare.create_recipient('tenants_initech');
SELECT share_name, recipient_name, privilege, tables FROM deltashare.share_tables_with('Tenants_Initech', '{main.sales.orders}');
SELECT name, comment FROM shares WHERE name = 'tenants_initech_share';
-- again, and with a further table
SELECT share_name, recipient_name, privilege, tables
FROM deltashare.share_tables_with('tenants_initech', '{main.sales.orders, main.sales.daily}');
SELECT name FROM share_objects WHERE share_name = 'tenants_initech_share' ORDER BY name;
SELECT recipient_name, privilege FROM grants WHERE share_name = 'tenants_initech_share';
-- in a share of another name
SELECT share_name, tables FROM deltashare.share_tables_with('tenants_initech', '{main.hr.people}', share => 'Tenants_HR');
-- what is granted to somebody else is not touched
SELECT share_name FROM deltashare.share_tables_with('tenants_initech', '{main.sales.daily}', share => 'tenants_globex_share');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- nor is a share given away that holds more
SELECT name FROM deltashare.create_share('tenants_full');
SELECT name FROM deltashare.add_to_share('tenants_full', 'main.hr.people');
SELECT share_name FROM deltashare.share_tables_with('tenants_initech', '{main.sales.orders}', share => 'tenants_full');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM share_objects WHERE share_name = 'tenants_full';
SELECT count(*) FROM grants WHERE share_name = 'tenants_full';
SELECT share_name FROM deltashare.share_tables_with('tenants_none', '{main.sales.orders}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SELECT share_name FROM deltashare.share_tables_with('tenants_initech', '{main.sales.nothing}', share => 'tenants_new');	-- should fail
\set VERBOSITY terse
SELECT count(*) FROM shares WHERE name = 'tenants_new';

DROP VIEW tenants_state;
DROP TABLE tenants_before;
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'tenants%' ORDER BY name;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'tenants%' ORDER BY name;
