--
-- Columns that look personal on a workspace: what is asked for, tags by a
-- statement, masks, and what may not be seen.
--
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT name FROM deltashare.create_share('columns_a');
SELECT count(*) FROM deltashare.add_to_share('columns_a', ARRAY['main.hr.people', 'main.sales.customers']);
SELECT name FROM deltashare.add_to_share('columns_a', 'main.sales.files', 'VOLUME', alias => 'files');
SELECT name FROM deltashare.add_to_share('columns_a', 'main.sales.churn', 'MODEL');
SELECT name FROM deltashare.create_share('columns_b');
SELECT name FROM deltashare.add_to_share('columns_b', 'main.hr', 'SCHEMA');
SELECT name FROM deltashare.add_to_share('columns_b', 'main.sales.customers');

-- ===================================================================
-- without a warehouse: one request for each table, and a word about tags
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL forget
SELECT object_name, column_name, category, matched_by, masked, mask FROM deltashare.sensitive_columns('columns_a');
\! $DELTASHARE_TEST_CONTROL requests | sort
-- of all shares: each table once, each schema by its list
SELECT share_name, object_name, column_name, masked, mask FROM deltashare.sensitive_columns() WHERE share_name LIKE 'columns\_%';
\! $DELTASHARE_TEST_CONTROL requests | sort
-- nothing has columns
SELECT name FROM deltashare.create_share('columns_c');
SELECT name FROM deltashare.add_to_share('columns_c', 'main.sales.files', 'VOLUME', alias => 'files');
\! $DELTASHARE_TEST_CONTROL forget
SELECT * FROM deltashare.sensitive_columns('columns_c');
\! $DELTASHARE_TEST_CONTROL requests
-- a schema of several pages
ALTER SERVER sharing OPTIONS (ADD page_size '2');
SELECT name FROM deltashare.create_share('columns_d');
SELECT name FROM deltashare.add_to_share('columns_d', 'main.hr', 'SCHEMA');
\! $DELTASHARE_TEST_CONTROL forget
SELECT object_name, column_name FROM deltashare.sensitive_columns('columns_d');
\! $DELTASHARE_TEST_CONTROL requests
ALTER SERVER sharing OPTIONS (DROP page_size);

-- ===================================================================
-- with a warehouse: one statement more, in which names are a parameter
-- ===================================================================
ALTER SERVER sharing OPTIONS (ADD warehouse_id '0123456789abcdef');
\! $DELTASHARE_TEST_CONTROL POST statements/canned '{"match": "column_tags", "columns": [{"name": "object_name", "type_name": "STRING"}, {"name": "column_name", "type_name": "STRING"}, {"name": "tag_name", "type_name": "STRING"}, {"name": "tag_value", "type_name": "STRING"}], "rows": [["main.hr.people", "country", "pii", ""], ["main.hr.people", "name", "class.name", null], ["main.hr.people", "person_id", "PII", "false"], ["main.hr.people", "gone", "pii", "yes"], ["main.sales.customers", "customer_id", "dataClass", "PII"], ["main.sales.customers", "customer_id", "cost_center", "42"], ["main.elsewhere.people", "country", "pii", "yes"]]}' > /dev/null
\! $DELTASHARE_TEST_CONTROL forget
SELECT object_name, column_name, category, matched_by, masked FROM deltashare.sensitive_columns('columns_a');
\! $DELTASHARE_TEST_CONTROL bodies | grep -v 'GET /api/2.0/sql/statements/' | sort
-- the plan of a foreign table of it
CREATE FOREIGN TABLE column_tags (object_name text, column_name text, tag_name text, tag_value text) SERVER sharing;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM column_tags WHERE object_name IN ('main.hr.people', 'it''s');
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM column_tags;
SELECT column_name, tag_name, tag_value FROM column_tags WHERE object_name IN ('main.hr.people', 'it''s') ORDER BY 1;
SELECT count(*) FROM column_tags WHERE object_name = ANY ('{}');
SELECT count(*) FROM column_tags;
DROP FOREIGN TABLE column_tags;
-- a statement that fails costs the tags only
\! $DELTASHARE_TEST_CONTROL DELETE statements/canned > /dev/null
\! $DELTASHARE_TEST_CONTROL POST statements/canned '{"match": "column_tags", "error": {"error_code": "INSUFFICIENT_PERMISSIONS", "message": "Insufficient privileges: no SELECT"}, "sql_state": "42501"}' > /dev/null
SELECT count(*) FROM deltashare.sensitive_columns('columns_a');
\! $DELTASHARE_TEST_CONTROL DELETE statements/canned > /dev/null
ALTER SERVER sharing OPTIONS (DROP warehouse_id);
SET client_min_messages = warning;

-- the review of access reads each share, recipient and table once
SELECT name FROM deltashare.create_recipient('columns_r');
\! $DELTASHARE_TEST_CONTROL forget
SELECT finding, severity, share_name, detail FROM deltashare.access_review() WHERE finding LIKE 'sensitive%';
\! $DELTASHARE_TEST_CONTROL requests | sort
-- what makes it impossible is a finding, too
\! $DELTASHARE_TEST_CONTROL POST faults '{"kind": "status", "method": "GET", "path": "/tables/main.sales.customers$", "count": null, "status": 400, "body": {"error_code": "INVALID_STATE", "message": "Try later."}}' > /dev/null
SELECT finding, severity, share_name, detail FROM deltashare.access_review() WHERE finding LIKE 'sensitive%';
\! $DELTASHARE_TEST_CONTROL DELETE faults > /dev/null
SELECT deltashare.drop_recipient('columns_r');

-- ===================================================================
-- what stands before a column
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.hr.people_masked", "table_type": "VIEW", "columns": ["person_id", "email", "phone", "salary", "birth_date"], "properties": {"deltashare.masks": "{\"email\": \"hash\", \"phone\": {\"mask\": \"partial\", \"keep_last\": 4}, \"birth_date\": \"null\"}"}}' > /dev/null
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.hr.broken", "table_type": "VIEW", "columns": ["email"], "properties": {"deltashare.masks": "{oops"}}' > /dev/null
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.hr.not_ours", "table_type": "VIEW", "columns": ["email"], "properties": {"deltashare.masks": "[\"email\"]"}}' > /dev/null
\! $DELTASHARE_TEST_CONTROL POST tables '{"full_name": "main.hr.stream", "table_type": "STREAMING_TABLE", "columns": ["email"]}' > /dev/null
SELECT name FROM deltashare.create_share('columns_e');
SELECT name FROM deltashare.add_to_share('columns_e', 'main.hr', 'SCHEMA');
SELECT object_name, column_name, masked, mask FROM deltashare.sensitive_columns('columns_e');
\! $DELTASHARE_TEST_CONTROL DELETE tables '{"names": ["main.hr.people_masked", "main.hr.broken", "main.hr.not_ours", "main.hr.stream"]}' > /dev/null

-- ===================================================================
-- what may not be seen is named; who asks for one table is told why
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL POST faults '{"kind": "status", "method": "GET", "path": "/tables/main.hr.people$", "count": null, "status": 403, "body": {"error_code": "PERMISSION_DENIED", "message": "User does not have USE SCHEMA on Schema main.hr."}}' > /dev/null
SELECT object_name, column_name FROM deltashare.sensitive_columns('columns_a');
\! $DELTASHARE_TEST_CONTROL POST faults '{"kind": "status", "method": "GET", "path": "/tables.catalog_name", "count": null, "status": 403, "body": {"error_code": "PERMISSION_DENIED", "message": "User does not have USE SCHEMA on Schema main.hr."}}' > /dev/null
SELECT object_name, column_name FROM deltashare.sensitive_columns('columns_b');
SELECT object_name, column_name FROM deltashare.sensitive_columns('columns_d');	-- should fail
SELECT deltashare.remove_from_share('columns_a', name) FROM share_objects WHERE share_name = 'columns_a' AND name <> 'main.hr.people';
SELECT object_name, column_name FROM deltashare.sensitive_columns('columns_a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
\! $DELTASHARE_TEST_CONTROL DELETE faults > /dev/null
-- a server error is not "nothing found"
\! $DELTASHARE_TEST_CONTROL POST faults '{"kind": "status", "method": "GET", "path": "/tables/main.sales.customers$", "count": null, "status": 400, "body": {"error_code": "INVALID_STATE", "message": "Try later."}}' > /dev/null
SELECT object_name, column_name FROM deltashare.sensitive_columns('columns_b');	-- should fail
\! $DELTASHARE_TEST_CONTROL DELETE faults > /dev/null
SELECT count(deltashare.drop_share(name)) FROM shares WHERE name LIKE 'columns\_%';
RESET client_min_messages;
