--
-- Declared configuration: plan_config(), apply_config(), export_config().
--
-- Positions, messages and plans are the same on both backends.
--
\set VERBOSITY terse
\set SHOW_CONTEXT never

-- what would be done, without what the backends fill in
CREATE FUNCTION config_plan(config text, prune boolean DEFAULT false)
RETURNS TABLE (n int, action text, what text, old jsonb, new jsonb, "position" text) LANGUAGE sql AS $$
	SELECT ordinal, action, concat_ws(' ', kind, share_name, object_name, recipient_name),
		   CASE action WHEN 'update' THEN old END, new, position
	FROM deltashare.plan_config(config, prune)
$$;
CREATE FUNCTION config_apply(config text, prune boolean DEFAULT false)
RETURNS TABLE (n int, action text, what text) LANGUAGE sql AS $$
	SELECT ordinal, action, concat_ws(' ', kind, share_name, object_name, recipient_name)
	FROM deltashare.apply_config(config, prune)
$$;
CREATE VIEW config_state AS
SELECT 'share' AS kind, name, comment AS value FROM shares
UNION ALL SELECT 'object', share_name || ' ' || name, data_object_type || ' ' || shared_as FROM share_objects
UNION ALL SELECT 'recipient', name, comment FROM recipients
UNION ALL SELECT 'grant', share_name || ' ' || recipient_name, privilege FROM grants
	WHERE recipient_name IS NOT NULL;	-- the platform keeps those of a recipient that is gone

-- ===================================================================
-- a configuration as it is written by hand
-- ===================================================================
SELECT $$shares:
  - name: partner_analytics_share
    comment: Analytics data for partners
    tables:
      - catalog.analytics.customer_metrics
      - catalog.analytics.product_performance
      - catalog.analytics.sales_summary

recipients:
  - name: acme_corp
    comment: ACME Corporation
    authentication_type: TOKEN
    email: data-team@acme.com
  - name: globex_inc
    comment: Globex Inc
    authentication_type: TOKEN
    email: analytics@globex.com

grants:
  - share: partner_analytics_share
    recipient: acme_corp
    permissions: [SELECT]
  - share: partner_analytics_share
    recipient: globex_inc
    permissions: [SELECT]
$$ AS mission \gset
SELECT * FROM config_plan(:'mission');
-- to plan does nothing
SELECT * FROM config_state;
SELECT replace(replace(replace(:'mission', 'catalog.analytics.customer_metrics', 'main.sales.orders'),
	'catalog.analytics.product_performance', 'main.sales.customers'),
	'catalog.analytics.sales_summary', 'main.sales.daily') AS mission \gset
-- what fails in the middle leaves nothing: a table that does not exist
\set VERBOSITY sqlstate
SELECT * FROM config_apply(replace(:'mission', 'main.sales.daily', 'main.sales.nothing'));	-- should fail
\set VERBOSITY terse
SELECT * FROM config_state;
SELECT * FROM config_apply(:'mission');
SELECT * FROM config_state ORDER BY kind, name;
SELECT name, authentication_type, own_properties(properties) AS properties, activated FROM recipients ORDER BY name;
-- once more: nothing
SELECT * FROM config_plan(:'mission');
SELECT * FROM config_apply(:'mission');
SELECT * FROM config_plan(:'mission', prune => true);

-- what changes by hand is drift
SELECT name FROM deltashare.alter_share('partner_analytics_share', comment => 'Changed by hand');
SELECT deltashare.revoke_select('partner_analytics_share', 'acme_corp');
SELECT name FROM deltashare.add_to_share('partner_analytics_share', 'main.hr.people');
SELECT * FROM config_plan(:'mission');
SELECT * FROM config_plan(:'mission', prune => true);
-- and rolled back with the transaction
BEGIN;
SELECT count(*) FROM config_apply(:'mission', prune => true);
SELECT * FROM config_plan(:'mission', prune => true);
ROLLBACK;
SELECT * FROM config_plan(:'mission', prune => true);
SELECT * FROM config_apply(:'mission', prune => true);
SELECT name FROM share_objects WHERE share_name = 'partner_analytics_share' ORDER BY name;

-- ===================================================================
-- every attribute
-- ===================================================================
SELECT $$shares:
- name: Config_All
  comment: "ünï: # \"quoted\" \u00e9 \x41\nsecond line"
  tables:
  - {name: main.sales.orders, comment: no, alias: public.the_orders, history: false}
  - {name: MAIN.sales.Customers, cdf: true}
  - name: main.sales.daily
    history: true
    partitions:
    - values:
      - {name: region, value: 2024-01-01}
      - {name: day, op: like, recipient_property_key: tenant}
    - values: [{name: region}]
  - {name: main.sales.orders_view, type: view}
  - {name: main.sales.orders_mv, type: MATERIALIZED_VIEW, comment: null}
recipients:
- name: Config_Token
  ip_access_list: [192.0.2.0/24, 198.51.100.7]
  properties: {country: no, level: 1e3, since: 2024-01-01, empty: ''}
  email: "a@b.example"
- {name: config_dbx, authentication_type: databricks, sharing_id: "aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016"}
- {name: config_oidc, authentication_type: OIDC_FEDERATION, comment: 007}
grants:
- {share: CONFIG_ALL, recipient: CONFIG_TOKEN}
- {share: config_all, recipient: config_dbx, permissions: [select]}
$$ AS everything \gset
SELECT n, action, what, new, position FROM config_plan(:'everything');
SELECT count(*) FROM config_apply(:'everything');
SELECT * FROM config_plan(:'everything');
SELECT name, data_object_type, shared_as, comment, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf, partitions
FROM share_objects WHERE share_name = 'config_all' ORDER BY name;
SELECT name, comment, authentication_type, ip_access_list, own_properties(properties) AS properties FROM recipients
WHERE name LIKE 'config%' ORDER BY name;
-- what stands, on demand
SELECT ordinal, action, kind, share_name, object_name, recipient_name, old, new, position FROM deltashare.plan_config('
shares: [{name: config_all, tables: [MAIN.sales.ORDERS, {name: main.sales.daily, comment: new}]}, {name: config_y}]
recipients: [{name: Config_TOKEN}]
grants: [{share: Config_All, recipient: Config_TOKEN}]', unchanged => true);
SELECT count(*), count(DISTINCT action) FROM deltashare.plan_config(:'everything', prune => true, unchanged => true);
-- names have no case
SELECT * FROM config_plan('{shares: [{name: CONFIG_ALL, tables: [MAIN.SALES.ORDERS, {name: main.sales.orders_view, type: VIEW}]}]}');

-- only what is declared is compared, null removes
SELECT * FROM config_plan('
shares: [{name: config_all}]
recipients: [{name: config_token}]');
SELECT * FROM config_plan('
shares: [{name: config_all, comment: null, tables: [{name: main.sales.daily, partitions: null}]}]
recipients: [{name: config_token, email: ~, ip_access_list: , comment: ""}]');
SELECT * FROM config_plan('recipients: [{name: config_token, properties: {country: "no"}}]');
SELECT * FROM config_apply('
shares: [{name: config_all, comment: null, tables: [{name: main.sales.daily, partitions: null}]}]
recipients: [{name: config_token, email: ~, ip_access_list: , properties: }]');
SELECT * FROM config_plan('
shares: [{name: config_all, comment: null, tables: [{name: main.sales.daily, partitions: null}]}]
recipients: [{name: config_token, email: ~, ip_access_list: , properties: }]');
SELECT comment FROM shares WHERE name = 'config_all';
SELECT ip_access_list IS NULL OR ip_access_list = '{}' AS cleared, own_properties(properties) FROM recipients WHERE name = 'config_token';

-- history instead of the change data feed, and the reverse; an alias: removed and added
SELECT * FROM config_plan('
shares: [{name: config_all, tables: [{name: main.sales.customers, history: true}, {name: main.sales.daily, cdf: true}]}]');
SELECT * FROM config_apply('
shares: [{name: config_all, tables: [{name: main.sales.customers, history: true}, {name: main.sales.daily, cdf: true}]}]');
SELECT n, action, what, new - 'start_version' AS new FROM config_plan('
shares: [{name: config_all, tables: [{name: main.sales.orders, alias: public.other}, {name: main.sales.customers, alias: public.the_orders}]}]');
SELECT * FROM config_apply('
shares: [{name: config_all, tables: [{name: main.sales.orders, alias: public.other}, {name: main.sales.customers, alias: public.the_orders}]}]');
SELECT name, shared_as, comment, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM share_objects WHERE share_name = 'config_all' AND data_object_type = 'TABLE' ORDER BY name;
-- both at once: what is not said is kept
SELECT n, action, what, new - 'start_version' AS new FROM config_plan('
shares: [{name: config_all, tables: [{name: main.sales.daily, alias: public.daily, history: false}]}]');
BEGIN;
SELECT * FROM config_apply('
shares: [{name: config_all, tables: [{name: main.sales.daily, alias: public.daily, history: false}]}]');
SELECT shared_as, comment, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM share_objects WHERE share_name = 'config_all' AND name = 'main.sales.daily';
ROLLBACK;

-- what cannot be changed
\set VERBOSITY default
SELECT * FROM config_plan('
recipients:
- {name: config_token, authentication_type: OIDC_FEDERATION}
- {name: config_dbx, sharing_id: "aws:us-west-2:00000000-54bc-43a2-87de-023d0ec16016"}
- {name: config_new, authentication_type: DATABRICKS}');	-- should fail
-- what no server would take, before any is asked
SELECT * FROM config_plan('
shares:
- name: config_bad
  tables:
  - {name: main.sales.orders, alias: orders}
  - name: main.sales.daily
    partitions: [{values: [{name: region, value: EU, recipient_property_key: region}]}]
  - {name: notebook, type: NOTEBOOK_FILE}
- name: config_all
  tables:
  - {name: main.sales.daily, alias: one.two.three}
  - {name: main.sales.orders, partitions: [{values: [{name: a, value: b}]}, {values: [{name: a, value: b, recipient_property_key: c}]}]}
recipients:
- {name: config_bad, authentication_type: TOKEN, ip_access_list: [10.0.0.0/8], properties: {a: b}}
- {name: config_dbx, ip_access_list: [10.0.0.0/8]}');	-- should fail
\set VERBOSITY terse
SELECT * FROM config_state WHERE name LIKE '%config_bad%';

-- ===================================================================
-- what stands, written down
-- ===================================================================
SELECT deltashare.export_config() AS exported \gset
SELECT count(*) FROM config_plan(:'exported', prune => true);
SELECT :'exported' LIKE '%http%' AS has_link;
SELECT regexp_replace(regexp_replace(:'exported', '\n *(owner|start_version): [^\n]+', '', 'g'), 'n$', '') AS exported;
SELECT count(*) FROM regexp_matches(:'exported', '\n  owner: ', 'g');

-- ===================================================================
-- pruning: lists that are there are complete, others are not touched
-- ===================================================================
SELECT n, action, what FROM config_plan('shares: []', prune => true);
SELECT n, action, what FROM config_plan('recipients: [config_token]', prune => true);	-- should fail
SELECT n, action, what FROM config_plan('recipients: [{name: config_token}]', prune => true);
SELECT n, action, what FROM config_plan('grants: []', prune => true);
SELECT n, action, what FROM config_plan(E'\n# nothing\n', prune => true);	-- should fail
SELECT n, action, what FROM config_plan('{}', prune => true);
-- everything at once, in order
SELECT $$
shares:
- {name: config_all, tables: [main.sales.orders, {name: main.sales.invoices, alias: public.the_orders}]}
- {name: config_new}
recipients: [{name: config_token, comment: Stays}, {name: config_fresh}]
grants: [{share: config_all, recipient: config_fresh}, {share: config_new, recipient: config_token}]
$$ AS pruned \gset
BEGIN;
SELECT * FROM config_apply(:'pruned', prune => true);
SELECT * FROM config_plan(:'pruned', prune => true);
ROLLBACK;
SELECT count(*) FROM config_plan(:'exported', prune => true);
SELECT count(*) FROM config_apply(:'pruned', prune => true);
SELECT * FROM config_state ORDER BY kind, name;
SELECT * FROM config_apply('{"shares": [], "recipients": []}', prune => true);
SELECT * FROM config_state;

-- a transaction that only reads may plan
BEGIN READ ONLY;
SELECT n, action, what FROM config_plan('shares: [{name: config_x}]');
SELECT * FROM config_apply('shares: [{name: config_x}]');	-- should fail
ROLLBACK;
-- and a savepoint takes back what was applied after it
BEGIN;
SELECT count(*) FROM config_apply('shares: [{name: config_x, tables: [main.sales.orders]}]');
SAVEPOINT here;
SELECT count(*) FROM config_apply('{shares: [{name: config_y}, {name: config_x, tables: []}], recipients: [{name: config_y}],
	grants: [{share: config_x, recipient: config_y}]}', prune => true);
ROLLBACK TO here;
SELECT * FROM config_state ORDER BY kind, name;
ROLLBACK;
SELECT * FROM config_state;

-- ===================================================================
-- JSON
-- ===================================================================
SELECT '{
	"shares": [{"name": "config_json", "comment": "tab\t and \ud83d\ude00 \\ud83d \/ slash",
		"tables": ["main.sales.orders", {"name": "main.sales.daily", "history": false, "comment": null}]}],
	"recipients":[{"name":"config_json","properties":{"a":"1"},"ip_access_list":[]}],
	"grants": []
}' AS json \gset
SELECT n, action, what, new, position FROM config_plan(:'json');
SELECT * FROM config_apply(:'json');
SELECT * FROM config_plan(:'json', prune => true);
SELECT comment FROM shares WHERE name = 'config_json';
-- in YAML a surrogate is no character
SELECT * FROM config_plan('shares: [{name: x, comment: "\ud83d\ude00"}]');	-- should fail
SELECT count(*) FROM config_apply('{shares: [], recipients: []}', prune => true);
-- where YAML is not what JSON is: characters that end a line, tabs, a colon on a line of its own, long keys
SELECT new, position FROM config_plan(E'\t{"shares"\n:\t[{"name" : "x",\r\n"comment": "a\u0085b\u2028c\u2029 d\x7f\ufffe\\"\\\\u \\uD83D"}]}');	-- should fail
SELECT new ->> 'comment' = E'a\u0085b\u2028c\u2029 d\x7f\ufffe"\\u 😀' AS same, position
FROM config_plan(E'\t{"shares"\n:\t[{"name" : "x",\r\n"comment": "a\u0085b\u2028c\u2029 d\x7f\ufffe\\"\\\\u \\uD83D\\uDE00"}]}');
SELECT length(new ->> 'properties') FROM config_plan('{"recipients": [{"name": "x", "properties": {"' || repeat('k', 3000) || '"  :"1"}}]}');
SELECT n, action, position FROM config_plan('{"shares": [{"name": "x", "name": "y"}], "shares": []}');	-- should fail

-- ===================================================================
-- texts as editors leave them
-- ===================================================================
SELECT n, what, new, position FROM config_plan(E'\ufeffshares:\r\n- name: config_x\r\n  comment: |\r\n    one\r\n      two\r\nrecipients:\r\n- name: config_y');
SELECT n, what, new, position FROM config_plan(E'\ufeff{"shares": [{"name": "x", "comment": "\\ud83d\\ude00"}]}');
SELECT n, what, new, position FROM config_plan(E'---\nshares:\n- name: config_x\n  comment: >-\n    one\n    two\n...\n');
SELECT n, what FROM config_plan(E'\ufeff');	-- should fail

-- a time without a zone is one of UTC, wherever the session is
SET TimeZone = 'Asia/Tokyo';
SELECT new -> 'expiration_time' AS expires FROM config_plan('recipients: [{name: a, expiration_time: 2030-12-31},
	{name: b, expiration_time: 2030-12-31T12:00:00.123}, {name: c, expiration_time: 2030-12-31T12:00:00+02:00}]');
RESET TimeZone;
SELECT new -> 'start_version' AS start_version FROM config_plan('shares: [{name: config_x, tables: [{name: a.b.c, start_version: 9223372036854775807}]}]') WHERE n > 1;

-- ===================================================================
-- bad input: everything that is wrong, with its place
-- ===================================================================
\set VERBOSITY default
SELECT * FROM config_plan('shares:
  - name: config_bad
    tabels: [main.sales.orders]
    tables:
      - {name: main.sales.orders, histry: true}
      - {name: main.sales.daily, history: yes, cdf: "true", start_version: 1e3}
      - {name: main.sales.customers, type: TABEL, alias: "", start_version: "5"}
      - MAIN.sales.orders
      - {name: main.sales.invoices, history: true, cdf: true, start_version: 9223372036854775808}
      - [main.sales.orders]
      -
  - name: CONFIG_BAD
    comment: {a: b}
    owner:
    name: twice
  - {comment: no name}
  - {name: "a b"}
  - share
recipients:
  - {name: config_r, autentication_type: TOKEN, email: [x]}
  - {name: config_r, authentication_type: TOKKEN}
  - {name: null, ip_access_list: 10.0.0.0/8}
  - {name: config_s, ip_access_list: [10.0.0.0/8, nonsense, 10.0.0.1/8], properties: {a: {b: c}, databricks.x: y, a: z}}
  - {name: config_t, expiration_time: tomorrow, authentication_type: OIDC_FEDERATION, sharing_id: x}
  - {name: config_u, expiration_time: 2030-99-01T00:00:00Z, email: x, properties: {email: y}}
grants:
  - {share: config_bad, recipient: nobody}
  - {share: nothing, recipient: config_r, permissions: [SELECT, MODIFY]}
  - {share: config_bad, recipient: config_r}
  - {share: Config_Bad, recipient: CONFIG_R, permissions: SELECT}
  - {share: config_bad, permissions: []}
extra: 1
share: []
RECIPIENTS: []');	-- should fail
SELECT * FROM config_plan('shares: {name: x}');	-- should fail
SELECT * FROM config_plan('shares:');	-- should fail
SELECT * FROM config_plan('- a');	-- should fail
SELECT * FROM config_plan('word');	-- should fail
SELECT * FROM config_plan(NULL);	-- should fail
SELECT * FROM config_plan('shares: [{name: x, tables: [{name: a.b.c, alias: a.b}, {name: a.b.d, alias: a.c}, {name: a.b.e, alias: A.B}]},
	{name: y, tables: [{name: a.b.c, alias: a.b}]}]');	-- should fail
-- more than are shown
SELECT * FROM config_plan((SELECT 'shares: [' || string_agg('{nam: x}', ', ') || ']' FROM generate_series(1, 300)));	-- should fail

-- what is YAML, but not wanted
SELECT * FROM config_plan('
shares: &all
  - &one {name: config_bad}
  - *one
  - {<<: *one, comment: x}
  - !!map {name: !!str config_x}
  - {? [a, b] : c}
  - {name: "a\0b"}');	-- should fail
-- a bomb
SELECT * FROM config_plan('a: &a [x, x]
b: &b [*a, *a]
c: &c [*b, *b]');	-- should fail
SELECT * FROM config_plan(E'shares: []\n---\nshares: []');	-- should fail
SELECT * FROM config_plan('shares: ' || repeat('[', 100000));	-- should fail
SELECT * FROM config_plan(repeat('{a: ', 500));	-- should fail
SELECT * FROM config_plan('shares: [' || repeat('x, ', 1000001) || ']');	-- should fail
SELECT * FROM config_plan('recipients: [{name: x, properties: {' || (SELECT string_agg('k' || i || ': v', ', ') FROM generate_series(1, 10001) i) || '}}]');	-- should fail
SELECT count(*) FROM config_plan('{"shares": [{"name": "x", "comment": "' || repeat('\ud83d\ude00', 1000000) || '"}]}');
SELECT * FROM config_plan(repeat(' ', 16 * 1024 * 1024 + 1));	-- should fail

-- what is not YAML
SELECT * FROM config_plan('shares: [');	-- should fail
SELECT * FROM config_plan(E'shares:\n\t- name: x');	-- should fail
SELECT * FROM config_plan(E'shares:\n- name: "x');	-- should fail
SELECT * FROM config_plan(E'shares: [{name: a}]\n  x: y');	-- should fail
SELECT * FROM config_plan('shares: [{name: *}]');	-- should fail
SELECT * FROM config_plan(E'shares: [{name: \x01}]');	-- should fail
SELECT * FROM config_plan('shares: [{name: "\q"}]');	-- should fail
\set VERBOSITY terse
SELECT * FROM config_state;

-- ===================================================================
-- words that YAML takes for something else stay texts, in and out
-- ===================================================================
SELECT e FROM jsonb_array_elements(deltashare.parse_config('shares: [{name: no}, {name: 1e3}, {name: 2024-01-01},
  {name: 0x1F}, {name: 017}, {name: true}, {name: "null"}, {name: a, comment: "~"}, {name: .inf}]', false) -> 'shares') e;	-- .inf is none
SELECT deltashare.config_text('{"shares": [{"name": "no", "comment": "~", "owner": "1e3"}, {"name": "null", "comment": "2024-01-01"},
  {"name": "x", "comment": "- a: b # c", "owner": " x "}, {"name": "y", "comment": "a\nb\r\u0085\u2028\u0001\"\\é😀"},
  {"name": "z", "comment": "it''s", "tables": []}], "recipients": [{"name": "r", "ip_access_list": ["10.0.0.0/8", "::/0"],
  "properties": {"a b": "", "x": "No", "<<": "*a"}}]}');

-- what is not as they expect it is an error of the functions below, too
CREATE FUNCTION config_outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'taken';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;
SELECT given, config_outcome(format('SELECT deltashare.config_text(%L)', given)) AS config_text,
	   config_outcome(format('SELECT deltashare.check_config_rows(''shares'', %L)', given)) AS check_config_rows
FROM unnest(ARRAY['5', '[]', '{}', '[5]', '[[1]]', '[{}]', '[{"new": 5}]', '[{"new": [1]}]', '[{"new": {"name": "x"}, "old": 5}]',
	'{"shares": 5}', '{"shares": {}}', '{"shares": [5]}', '{"shares": [[1]]}', '{"shares": [{"name": {}}]}', '{"shares": [{"tables": "a"}]}',
	'{"shares": [{"tables": [{"type": "NEW"}]}]}', '{"shares": [{"tables": [{"data_object_type": "NEW"}]}]}',
	'{"recipients": [{"properties": [1]}]}', '{"recipients": [{"properties": {"a": {}}}]}', '{"recipients": [{"ip_access_list": {}}]}',
	'{"recipients": [{"ip_access_list": [[1]]}]}', '{"recipients": [{"authentication_type": "NEW"}]}', '{"grants": [{"permissions": 5}]}']) given;
SELECT config_outcome($$SELECT deltashare.check_config_rows('nothing', '[{"new": {}}]')$$),
	   config_outcome($$SELECT deltashare.check_config_rows('audit_events', '[{"new": {}}]')$$),
	   config_outcome($$SELECT deltashare.parse_config(NULL, true)$$), config_outcome($$SELECT deltashare.parse_config('{"shares": [', true)$$),
	   config_outcome($$SELECT deltashare.parse_config('"\ud83d', true)$$), config_outcome($$SELECT deltashare.parse_config('"a" \', true)$$);
DROP FUNCTION config_outcome(text);

-- ===================================================================
-- files, for superusers
-- ===================================================================
SELECT has_function_privilege('deltashare_manager', 'deltashare.apply_file(text, boolean, text)', 'EXECUTE');
SELECT count(*) FROM deltashare.apply_file('/nowhere/shares.yaml');	-- should fail
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT 'shares: [{name: config_file}]') TO PROGRAM 'cat > /tmp/deltashare_config_$PPID.yaml';
SELECT ordinal, action, kind, share_name FROM deltashare.apply_file('/tmp/deltashare_config_' || pg_backend_pid() || '.yaml');
COPY (SELECT 1) TO PROGRAM 'printf "\\357\\273\\277shares:\\r\\n- name: config_file\\r\\n  comment: \\303\\251\\r\\n" > /tmp/deltashare_config_$PPID.yaml; cat > /dev/null';
SELECT new, position FROM deltashare.apply_file('/tmp/deltashare_config_' || pg_backend_pid() || '.yaml');
COPY (SELECT 1) TO PROGRAM 'printf "shares: [{name: \\351}]" > /tmp/deltashare_config_$PPID.yaml; cat > /dev/null';
SELECT * FROM deltashare.apply_file('/tmp/deltashare_config_' || pg_backend_pid() || '.yaml');	-- should fail
COPY (SELECT 1) TO PROGRAM 'head -c 16777217 /dev/zero > /tmp/deltashare_config_$PPID.yaml; cat > /dev/null';
\set VERBOSITY sqlstate
SELECT * FROM deltashare.apply_file('/tmp/deltashare_config_' || pg_backend_pid() || '.yaml');	-- should fail
\set VERBOSITY terse
COPY (SELECT 1) TO PROGRAM 'rm -f /tmp/deltashare_config_$PPID.yaml; cat > /dev/null';
SELECT * FROM deltashare.apply_file('/tmp');	-- should fail
SELECT * FROM deltashare.apply_file(NULL);	-- should fail
SET ROLE deltashare_manager;
SELECT * FROM deltashare.apply_file('/nowhere/shares.yaml');	-- should fail
RESET ROLE;
SELECT deltashare.drop_share('config_file');

DROP VIEW config_state;
DROP FUNCTION config_plan(text, boolean);
DROP FUNCTION config_apply(text, boolean);
