--
-- Bad input gets a clear error and nothing is lost: the same error through
-- function and table, on either backend, before anything is sent.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('bad_share', comment => 'Stays');
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.daily', comment => 'Stays');
SELECT name FROM deltashare.create_recipient('bad_recipient', comment => 'Stays');
SELECT share_name FROM deltashare.grant_select('bad_share', 'bad_recipient');

-- ===================================================================
-- names
-- ===================================================================
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT name FROM deltashare.create_share('bad.name');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share('bad/name');	-- should fail
SELECT name FROM deltashare.create_share('bad name');	-- should fail
SELECT name FROM deltashare.create_share(E'bad\tname');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share(E'bad\x7fname');	-- should fail
SELECT name FROM deltashare.create_share(E'bad\r\nX-Header: 1');	-- should fail
SELECT name FROM deltashare.create_share('');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share(repeat('x', 256));	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_share(repeat('é', 256));	-- should fail
SELECT name FROM deltashare.create_recipient('bad.name');	-- should fail
SELECT name FROM deltashare.create_recipient(repeat('x', 256));	-- should fail
\set VERBOSITY terse
SELECT name FROM deltashare.create_recipient('bad/name');	-- should fail
SELECT name FROM deltashare.create_recipient(E'bad\nname');	-- should fail
SELECT name FROM deltashare.create_recipient('');	-- should fail
INSERT INTO shares (name) VALUES ('bad.name');	-- should fail
INSERT INTO shares (name) VALUES (repeat('x', 256));	-- should fail
INSERT INTO recipients (name) VALUES ('bad/name');	-- should fail
SELECT name FROM deltashare.alter_share('bad_share', rename_to => 'bad.name');	-- should fail
SELECT name FROM deltashare.alter_share('bad_share', rename_to => '');	-- should fail
SELECT name FROM deltashare.alter_recipient('bad_recipient', rename_to => 'bad name');	-- should fail
UPDATE shares SET name = 'bad/name' WHERE name = 'bad_share';	-- should fail
-- a name that cannot be names nothing
SELECT name FROM deltashare.alter_share('bad.name', comment => 'x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.drop_share('bad/name');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.drop_recipient('../shares/bad_share');	-- should fail
SELECT name FROM deltashare.add_to_share('bad.name', 'main.sales.orders');	-- should fail
SELECT share_name FROM deltashare.grant_select('bad/name', 'bad_recipient');	-- should fail
SELECT share_name FROM deltashare.grant_select('bad_share', 'bad/name');	-- should fail

-- the longest name, a quote, letters of other alphabets, upper case
SELECT length(name) FROM deltashare.create_share(repeat('x', 255));
SELECT length(name), octet_length(name) FROM deltashare.create_share(repeat('é', 255));
SELECT length(name) FROM shares WHERE name IN (repeat('x', 255), repeat('é', 255));
SELECT deltashare.drop_share(repeat('x', 255)), deltashare.drop_share(repeat('é', 255));
SELECT name FROM deltashare.create_share('bad_o''neill"s');
SELECT name FROM shares WHERE name = 'bad_o''neill"s';
SELECT deltashare.drop_share('bad_o''neill"s');
SELECT name FROM deltashare.create_share('BAD_ÄÖÜ_数据');
SELECT name FROM shares WHERE name = 'bad_äöü_数据';
SELECT deltashare.drop_share('Bad_ÄÖÜ_数据');
SELECT name FROM deltashare.create_recipient('BAD_Upper');
SELECT deltashare.drop_recipient('bad_UPPER');

-- ===================================================================
-- objects
-- ===================================================================
SELECT name FROM deltashare.add_to_share('bad_none', 'main.sales.orders');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', 'TABEL');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('bad_share', '');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', 'main.sales')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', 'a.b.c.d')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', 'main.sales.')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', E'main.sales.or\nders')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', 'main.sales.orders''; --')$$) <> 'no error' AS refused;
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', 'main.sales.forbidden')$$) IN ('42501', '42P01') AS refused;

-- alias: exactly schema.table
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => 'a.b.c');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => 'orders');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => '.orders');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => 'a.');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => 'a b.c');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => '"a".b');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', alias => '');	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- change data feed and history
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', history => true, cdf => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', history => false, cdf => true);	-- should fail
INSERT INTO share_objects (share_name, name, history_data_sharing_status, cdf_enabled)
VALUES ('bad_share', 'main.sales.orders', 'ENABLED', true);	-- should fail
INSERT INTO share_objects (share_name, name, history_data_sharing_status) VALUES ('bad_share', 'main.sales.orders', 'ON');	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE share_objects SET history_data_sharing_status = 'DISABLED', cdf_enabled = true
WHERE share_name = 'bad_share' AND name = 'main.sales.daily';	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', start_version => -1);	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- partition filters
\set VERBOSITY default
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions =>
	'[{"values": [{"name": "region", "op": "EQUAL", "value": "EMEA", "recipient_property_key": "country"}]}]');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.partition_filter('region', 'EMEA', 'country');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.partition_filter(NULL, 'EMEA');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '{"name": "region"}');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '"region"');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[1]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": "x"}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [1]}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [{"op": "EQUAL", "value": "EMEA"}]}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [{"name": "region", "value": "EMEA"}]}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [{"name": "region", "op": ">", "value": "EMEA"}]}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [{"name": "region", "op": "EQUAL", "value": 1}]}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [{"name": "region", "op": "EQUAL", "values": "EMEA"}]}]');	-- should fail
SELECT name FROM deltashare.add_to_share('bad_share', 'main.sales.orders', partitions => '[{"values": [], "and": []}]');	-- should fail
SELECT name FROM deltashare.alter_share_object('bad_share', 'main.sales.daily', partitions => '{}');	-- should fail
\set VERBOSITY terse

-- 101 objects of which one is bad: none is added
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', ARRAY(SELECT format('main.many.t%s', i) FROM generate_series(1, 100) i) || 'main.many.none'::text)$$);
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', ARRAY['main.sales.orders', NULL])$$);
SELECT sqlstate_of($$SELECT deltashare.add_to_share('bad_share', ARRAY['main.sales.orders'], 'TABEL')$$);

-- ===================================================================
-- recipients, grants
-- ===================================================================
SELECT name FROM deltashare.create_recipient('bad_r', authentication_type => 'KERBEROS');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_recipient('bad_r', ip_access_list => '{300.0.0.1}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_recipient('bad_r', ip_access_list => '{10.0.0.1/8}');	-- should fail
SELECT name FROM deltashare.create_recipient('bad_r', properties => '[]');	-- should fail
SELECT name FROM deltashare.create_recipient('bad_r', properties => '"x"');	-- should fail
SELECT name FROM deltashare.create_recipient('bad_r', properties => '{"a": true}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_recipient('bad_r', expiration_time => '-infinity');	-- should fail
INSERT INTO grants (share_name, recipient_name, privilege) VALUES ('bad_share', 'bad_recipient', 'ALL');	-- should fail
\echo :LAST_ERROR_SQLSTATE
INSERT INTO grants (share_name, recipient_name, privilege) VALUES ('bad_share', 'bad_recipient', '');	-- should fail
SELECT name FROM deltashare.rotate_recipient_token('bad_recipient', '1 hour');
SELECT sqlstate_of($$SELECT deltashare.rotate_recipient_token('bad_recipient', '1 hour')$$);
SELECT name FROM deltashare.rotate_recipient_token('bad_none', '1 hour');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.rotate_recipient_token('bad_recipient', '1000000 years')$$) <> 'no error' AS refused;

-- ===================================================================
-- nothing was lost, and nothing came
-- ===================================================================
SELECT name, comment FROM shares WHERE name LIKE 'bad%' ORDER BY name;
SELECT share_name, name, comment, history_data_sharing_status, partitions FROM share_objects WHERE share_name LIKE 'bad%';
SELECT name, comment FROM recipients WHERE name LIKE 'bad%' ORDER BY name;
SELECT share_name, recipient_name, privilege FROM grants WHERE share_name LIKE 'bad%';
SELECT deltashare.drop_share('bad_share');
SELECT deltashare.drop_recipient('bad_recipient');
