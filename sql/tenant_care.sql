--
-- The life of tenants: many at a time, their tokens, their end; and a registry
-- of what is shared.
--
\set VERBOSITY terse
\getenv host DELTASHARE_TEST_HOST

-- ===================================================================
-- drop_tenant: what setup_tenant made
-- ===================================================================
CREATE VIEW tenant_care_state AS
SELECT 'share' AS kind, name FROM shares WHERE name LIKE 'care%'
UNION ALL SELECT 'object', share_name || ' ' || name FROM share_objects WHERE share_name LIKE 'care%'
UNION ALL SELECT 'recipient', name FROM recipients WHERE name LIKE 'care%'
UNION ALL SELECT 'grant', share_name || ' ' || recipient_name FROM grants WHERE share_name LIKE 'care%'
	AND recipient_name IS NOT NULL;		-- the platform keeps grants to who is gone

SELECT share_name FROM deltashare.setup_tenant('care_a', '{main.sales.orders, main.sales.customers}');
SELECT share_name FROM deltashare.setup_tenant('care_b', '{main.sales.daily}');
SELECT * FROM deltashare.drop_tenant('Care_A');
SELECT * FROM tenant_care_state ORDER BY kind, name;

-- it is gone, and missing ones are errors
SELECT * FROM deltashare.drop_tenant('care_a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM deltashare.drop_tenant('care_a', if_exists => true);
SELECT * FROM deltashare.drop_tenant(NULL, if_exists => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- a share that somebody else may read
SELECT name FROM deltashare.create_recipient('care_reader');
SELECT share_name FROM deltashare.grant_select('care_b_share', 'care_reader');
SELECT * FROM deltashare.drop_tenant('care_b');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM deltashare.drop_tenant('care_b', if_exists => true, cascade => NULL);	-- should fail
SELECT deltashare.revoke_select('care_b_share', 'care_reader');

-- a recipient that may read something else
SELECT name FROM deltashare.create_share('care_other');
SELECT share_name FROM deltashare.grant_select('care_other', 'care_b');
SELECT * FROM deltashare.drop_tenant('care_b');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM tenant_care_state ORDER BY kind, name;
-- these grants go, the others of them stay
SELECT share_name FROM deltashare.grant_select('care_b_share', 'care_reader');
SELECT * FROM deltashare.drop_tenant('care_b', cascade => true);
SELECT * FROM tenant_care_state ORDER BY kind, name;

-- what is left of a tenant
SELECT * FROM deltashare.drop_tenant('care_reader');	-- should fail
SELECT * FROM deltashare.drop_tenant('care_reader', if_exists => true);
SELECT name FROM deltashare.create_share('care_c_share');
SELECT * FROM deltashare.drop_tenant('care_c');	-- should fail
SELECT * FROM deltashare.drop_tenant('care_c', if_exists => true);

-- it can be taken back until COMMIT, and the name used again after it
SELECT share_name FROM deltashare.setup_tenant('care_d', '{main.sales.orders}');
BEGIN;
SELECT * FROM deltashare.drop_tenant('care_d');
SELECT * FROM tenant_care_state ORDER BY kind, name;
ROLLBACK;
SELECT * FROM tenant_care_state ORDER BY kind, name;
SELECT * FROM deltashare.drop_tenant('care_d');
SELECT share_name FROM deltashare.setup_tenant('care_d', '{main.sales.orders}');
-- made and dropped at once
BEGIN;
SELECT share_name FROM deltashare.setup_tenant('care_e', '{main.sales.orders}');
SELECT * FROM deltashare.drop_tenant('care_e');
COMMIT;
SELECT * FROM tenant_care_state ORDER BY kind, name;
SELECT deltashare.drop_share('care_other');
SELECT * FROM deltashare.drop_tenant('care_d');

-- ===================================================================
-- setup_tenant over the rows of a query: one statement, all or nothing
-- ===================================================================
CREATE TABLE tenant_care_customers (name text PRIMARY KEY, tables text[], email text);
INSERT INTO tenant_care_customers
SELECT 'care_' || i, CASE i % 2 WHEN 0 THEN '{main.sales.orders}' ELSE '{main.sales.orders, main.sales.daily}' END::text[],
	format('data@care%s.example', i)
FROM generate_series(1, 50) i;
SELECT count(*), count(DISTINCT t.activation_url) AS links, sum(cardinality(t.tables)) AS tables
FROM tenant_care_customers c, LATERAL deltashare.setup_tenant(c.name, c.tables, email => c.email) t;
SELECT kind, count(*) FROM tenant_care_state GROUP BY kind ORDER BY kind;
SELECT count(*) FROM recipients r JOIN tenant_care_customers c USING (name) WHERE r.properties ->> 'email' = c.email;
SELECT count(t.share_name), count(t.recipient_name), sum(cardinality(t.tables)) AS tables
FROM tenant_care_customers c, LATERAL deltashare.drop_tenant(c.name) t;
SELECT kind, count(*) FROM tenant_care_state GROUP BY kind ORDER BY kind;

-- the last one fails
INSERT INTO tenant_care_customers VALUES ('care_51', '{main.sales.nothing}', NULL);
\set VERBOSITY sqlstate
SELECT t.share_name
FROM (SELECT * FROM tenant_care_customers ORDER BY name = 'care_51') c, LATERAL deltashare.setup_tenant(c.name, c.tables, email => c.email) t;	-- should fail
\set VERBOSITY terse
SELECT kind, count(*) FROM tenant_care_state GROUP BY kind ORDER BY kind;
DROP TABLE tenant_care_customers;
DROP VIEW tenant_care_state;
