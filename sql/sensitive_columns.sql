--
-- Columns that look personal: rules, names, tags, masks.
--
\set VERBOSITY terse
\set SHOW_CONTEXT never
\getenv host DELTASHARE_TEST_HOST
-- only a server with a warehouse has tags beside those in comments; a NOTICE
-- says where there is none
SET client_min_messages = warning;

-- what is shared here, in this database and in the workspace
CREATE SCHEMA sensitive;
CREATE TABLE sensitive.people (person_id int, "firstName" text, "customerEMail" text, "PHONE_NO" text, birth_date date,
	email_verified boolean, "clientIPAddress" text, note text, "größe" int);
COMMENT ON COLUMN sensitive.people.note IS 'Free text (#pii, #pii:health-data); see issue #12';
COMMENT ON COLUMN sensitive.people."größe" IS 'Body height #pii=false #internal';
CREATE TABLE sensitive.orders (order_id int, amount numeric, country text, name text, shipping_address text, city text);
CREATE VIEW sensitive.people_view AS SELECT "customerEMail", note FROM sensitive.people;
COMMENT ON COLUMN sensitive.people_view.note IS 'Free text #pii';
CREATE TABLE sensitive.plain (id int, email text, phone text, dob date, city text);
\if :{?host}
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sensitive.people", "columns": ["person_id", "firstName", "customerEMail", "PHONE_NO", "birth_date", "email_verified", "clientIPAddress", {"name": "note", "comment": "Free text (#pii, #pii:health-data); see issue #12"}, {"name": "größe", "comment": "Body height #pii=false #internal"}]}' > /dev/null
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sensitive.orders", "columns": ["order_id", "amount", "country", "name", "shipping_address", "city"]}' > /dev/null
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sensitive.people_view", "table_type": "VIEW", "columns": ["customerEMail", {"name": "note", "comment": "Free text #pii"}]}' > /dev/null
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.sensitive.plain", "columns": [{"name": "id", "type_name": "INT"}, "email", "phone", {"name": "dob", "type_name": "DATE"}, "city"]}' > /dev/null
\endif

SELECT name FROM deltashare.create_share('sensitive_a');
SELECT name FROM deltashare.create_share('sensitive_b');
SELECT name FROM deltashare.create_share('sensitive_empty');
SELECT count(*) FROM deltashare.add_to_share('sensitive_a', ARRAY['main.sensitive.people', 'main.sensitive.plain'],
	type => 'TABLE');
SELECT name FROM deltashare.add_to_share('sensitive_a', 'main.sensitive.people_view', type => 'VIEW');
SELECT name FROM deltashare.add_to_share('sensitive_a', 'main.sales.to_euro', type => 'FUNCTION', alias => 'sales.to_euro');

-- ===================================================================
-- names and tags
-- ===================================================================
SELECT object_name, column_name, category, matched_by, masked, mask, data_type IS NOT NULL AS has_type
FROM deltashare.sensitive_columns('sensitive_a');
-- names of shares have no case
SELECT count(*) FROM deltashare.sensitive_columns(share => 'Sensitive_A', server => 'sharing');
-- a schema stands for its tables, also those that are shared by themselves
SELECT name FROM deltashare.add_to_share('sensitive_b', 'main.sensitive', type => 'SCHEMA');
SELECT name FROM deltashare.add_to_share('sensitive_b', 'main.sensitive.people');
SELECT object_name, count(*), count(DISTINCT column_name) FROM deltashare.sensitive_columns('sensitive_b') GROUP BY 1 ORDER BY 1;
SELECT share_name, count(*) FROM deltashare.sensitive_columns() WHERE share_name LIKE 'sensitive\_%' GROUP BY 1 ORDER BY 1;
-- nothing to be found, and no such share
SELECT * FROM deltashare.sensitive_columns('sensitive_empty');
SELECT * FROM deltashare.sensitive_columns('sensitive_none');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- what shows no columns is named
SELECT name FROM deltashare.create_share('sensitive_c');
SELECT count(*) FROM deltashare.add_to_share('sensitive_c', ARRAY(SELECT format('main.many.t%s', i) FROM generate_series(1, 7) i));
SELECT * FROM deltashare.sensitive_columns('sensitive_c');

-- ===================================================================
-- masks: of a view that the extension made they are known
-- ===================================================================
\if :{?host}
ALTER SERVER sharing OPTIONS (ADD warehouse_id '0123456789abcdef');
\endif
SELECT view_name, share_name, masked_columns FROM deltashare.create_masked_view('main.sensitive.plain',
	'{"email": "hash", "phone": {"mask": "partial", "keep_last": 2}}', share => 'sensitive_m', alias => 'p.masked');
-- also in a view over it
SELECT name FROM deltashare.create_tenant_view('main.sensitive.plain_masked', 'id', '7', 'sensitive_m', alias => 'p.tenant');
-- over the view of somebody else only what this one masks is known; comments and their tags pass with the columns
SELECT view_name FROM deltashare.create_masked_view('main.sensitive.people_view', '{"customerEMail": "hash"}', share => 'sensitive_m', alias => 'p.theirs');
\if :{?host}
ALTER SERVER sharing OPTIONS (DROP warehouse_id);
\endif
SELECT object_name, column_name, matched_by, masked, mask FROM deltashare.sensitive_columns('sensitive_m');
SELECT severity, detail FROM deltashare.access_review() WHERE finding LIKE 'sensitive%' AND share_name = 'sensitive_m';

-- ===================================================================
-- the review of access has those that are not masked, a row for each
-- ===================================================================
SELECT finding, severity, recipient_name, detail FROM deltashare.access_review()
WHERE finding LIKE 'sensitive%' AND share_name = 'sensitive_a';
SELECT share_name, count(*) FROM deltashare.access_review()
WHERE finding LIKE 'sensitive%' AND share_name LIKE 'sensitive\_%' GROUP BY 1 ORDER BY 1;

-- ===================================================================
-- words of a name
-- ===================================================================
SELECT n, deltashare.name_words(n)
FROM unnest('{customerEMail,EMAIL,IPAddress,address2,line2b,"  odd -- name!",_x_,größe,"a.b",HTMLPage,""}'::text[]) n;
-- what is found, and what is not
SELECT m.category, string_agg(n, ' ' ORDER BY n COLLATE "C") AS names
FROM unnest(string_to_array('email e_mail emailAddress phone telefonnummer mobile first_name FirstName vorname nom_de_famille dob '
	'geburtsdatum fecha_nacimiento ssn passportNo codice_fiscale home_address zip_code plz straße latitude client_ip ipv4 device_id '
	'creditCardNumber cvv iban account_no gender geschlecht religion salary gehalt password api_key diagnosis icd10 '
	'email_verified is_email_valid email_count emailing iphone megaphone product_name table_name name ip_address mac_address '
	'web_address address_id taxonomy_id assn lateral salon strip shipping shop essex sextant urban cards_sold card_type net_income '
	'hotel genre birth_rate zip_file token order_id amount country city created_at', ' ')) n
	LEFT JOIN LATERAL deltashare.match_sensitive_rules(ARRAY[deltashare.name_words(n)], 'name') m ON true
GROUP BY m.category
ORDER BY m.category;

-- ===================================================================
-- rules of one's own
-- ===================================================================
SELECT applies_to, count(*) > 5 AS several, bool_and(built_in) AS all_built_in, count(DISTINCT category) > 5 AS categories
FROM deltashare.sensitive_column_rules GROUP BY 1 ORDER BY 1;
SELECT column_name, matched_by, category FROM deltashare.sensitive_columns('sensitive_b')
WHERE object_name = 'main.sensitive.orders';
INSERT INTO deltashare.sensitive_column_rules (category, pattern, unless, comment)
VALUES ('whereabouts', 'CITY|country', 'birth_country', 'Where somebody lives');
INSERT INTO deltashare.sensitive_column_rules (category, applies_to, pattern) VALUES ('secret of ours', 'tag', 'internal');
-- switched on and off
UPDATE deltashare.sensitive_column_rules SET enabled = true WHERE category = 'name' AND pattern = '^name$';
UPDATE deltashare.sensitive_column_rules SET enabled = false WHERE category = 'address' AND applies_to = 'name';
SELECT object_name, column_name, matched_by, category FROM deltashare.sensitive_columns('sensitive_b')
WHERE object_name = 'main.sensitive.orders' OR column_name = 'größe';
-- what is not valid
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('bad', '(a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('bad', 'a)|(b');	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('bad', '(a)\1');	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern, unless) VALUES ('bad', 'a', '[');	-- should fail
UPDATE deltashare.sensitive_column_rules SET pattern = '*' WHERE category = 'whereabouts';	-- should fail
\set VERBOSITY terse
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('bad', '');	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('', 'a');	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('bad', NULL);	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern, applies_to) VALUES ('bad', 'a', 'comment');	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('whereabouts', 'CITY|country');	-- should fail
-- those of the extension stay
\set VERBOSITY default
DELETE FROM deltashare.sensitive_column_rules WHERE pattern = '^name$';	-- should fail
UPDATE deltashare.sensitive_column_rules SET pattern = 'name' WHERE pattern = '^name$';	-- should fail
\set VERBOSITY terse

-- ===================================================================
-- who may
-- ===================================================================
CREATE ROLE regress_sensitive;
SET ROLE regress_sensitive;
SELECT count(*) FROM deltashare.sensitive_column_rules;	-- should fail
RESET ROLE;
GRANT deltashare_reader TO regress_sensitive;
SET ROLE regress_sensitive;
SELECT count(*) > 0 AS reads FROM deltashare.sensitive_column_rules;
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('bad', 'a');	-- should fail
UPDATE deltashare.sensitive_column_rules SET enabled = false;	-- should fail
RESET ROLE;
GRANT deltashare_manager TO regress_sensitive;
SET ROLE regress_sensitive;
INSERT INTO deltashare.sensitive_column_rules (category, pattern, built_in) VALUES ('mine', 'a', true);	-- should fail
INSERT INTO deltashare.sensitive_column_rules (category, pattern) VALUES ('mine', 'a');
DELETE FROM deltashare.sensitive_column_rules WHERE category = 'mine';
TRUNCATE deltashare.sensitive_column_rules;	-- should fail
RESET ROLE;
DROP ROLE regress_sensitive;

DELETE FROM deltashare.sensitive_column_rules WHERE NOT built_in;
UPDATE deltashare.sensitive_column_rules SET enabled = pattern <> '^name$';
SELECT count(deltashare.drop_share(name)) FROM shares WHERE name LIKE 'sensitive\_%';
DROP SCHEMA sensitive CASCADE;
\if :{?host}
\! $DELTASHARE_TEST_CONTROL DELETE tables '{"names": ["main.sensitive.people", "main.sensitive.orders", "main.sensitive.people_view", "main.sensitive.plain", "main.sensitive.plain_masked", "main.sensitive.plain_masked_7_view", "main.sensitive.people_view_masked"]}' > /dev/null
\endif
RESET client_min_messages;
