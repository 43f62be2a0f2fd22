--
-- Objects in shares: every type, alias, comment, history, change data feed,
-- start version, partition filters; add, alter, remove.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('objects_a');
SELECT name FROM deltashare.create_share('objects_b');

-- ===================================================================
-- every type
-- ===================================================================
-- The platform has more types than this database; they have a theme of their
-- own, "requests".
SELECT share_name, name, data_object_type, shared_as, comment, history_data_sharing_status, status,
	   added_at > now() - interval '1 hour' AS is_new, added_by IS NOT NULL AS by_somebody
FROM deltashare.add_to_share('objects_a', 'main.sales.orders');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('objects_a', 'main.sales.orders_view', 'VIEW');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('objects_a', 'main.sales.orders_mv', 'materialized_view');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('objects_a', 'main.sales.legacy', type => 'FOREIGN_TABLE');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('objects_a', 'main.sales.to_euro', 'FUNCTION');
SELECT name, data_object_type FROM deltashare.add_to_share('objects_a', 'main.hr', 'SCHEMA');
SELECT share_name, name, data_object_type, status, content
FROM share_objects WHERE share_name = 'objects_a' ORDER BY name;

-- ===================================================================
-- names are folded, and compared without case
-- ===================================================================
SELECT share_name, name, shared_as FROM deltashare.add_to_share('Objects_A', 'MAIN.Sales.Customers');
SELECT name FROM deltashare.add_to_share('objects_a', 'main.sales.customers');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('objects_a', 'main.sales.CUSTOMERS');	-- should fail
SELECT name FROM deltashare.add_to_share('objects_a', 'main.sales.Customers', if_not_exists => true);
-- another share may hold the same
SELECT share_name, name FROM deltashare.add_to_share('objects_b', 'main.sales.customers');

-- ===================================================================
-- not what or where it is said to be
-- ===================================================================
SELECT name FROM deltashare.add_to_share('objects_b', 'main.sales.nothing');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('objects_none', 'main.sales.orders');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share('objects_b', 'main.nothing', 'SCHEMA');	-- should fail
SELECT name FROM deltashare.add_to_share('objects_b', NULL::text);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.add_to_share(NULL, 'main.sales.orders');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- the platform refuses a wrong type as it does any other wrong value
SELECT sqlstate_of($$SELECT deltashare.add_to_share('objects_b', 'main.sales.orders', 'VIEW')$$) IN ('42809', '22023') AS refused;
SELECT sqlstate_of($$SELECT deltashare.add_to_share('objects_b', 'main.sales.orders_view')$$) IN ('42809', '22023') AS refused;
SELECT name FROM deltashare.add_to_share('objects_b', 'main.sales.orders', 'INDEX');	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- alias and comment
-- ===================================================================
SELECT name, shared_as, comment
FROM deltashare.add_to_share('objects_b', 'main.sales.orders', alias => 'Partner.Bestellungen', comment => 'All "orders"');
SELECT name, shared_as FROM deltashare.add_to_share('objects_b', 'main.sales.invoices', alias => 'partner.bestellungen');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name, comment FROM deltashare.alter_share_object('objects_b', 'main.sales.orders', comment => 'Changed');
SELECT name, shared_as, comment FROM deltashare.alter_share_object('objects_b', 'MAIN.SALES.ORDERS', comment => '');
SELECT name, shared_as, comment FROM share_objects WHERE share_name = 'objects_b' ORDER BY name;

-- ===================================================================
-- history, as the platform's own SQL: on unless refused
-- ===================================================================
SELECT name, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM deltashare.add_to_share('objects_b', 'main.sales.invoices', history => false);
SELECT name, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM deltashare.alter_share_object('objects_b', 'main.sales.invoices', history => true);
SELECT deltashare.remove_from_share('objects_b', 'main.sales.invoices');
SELECT name, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM deltashare.add_to_share('objects_b', 'main.sales.invoices', history => true);
-- a view has none
SELECT name, history_data_sharing_status IS DISTINCT FROM 'ENABLED' AS no_history
FROM deltashare.add_to_share('objects_b', 'main.sales.orders_view', 'VIEW');

-- ===================================================================
-- change data feed instead of history
-- ===================================================================
SELECT name, history_data_sharing_status IS DISTINCT FROM 'ENABLED' AS no_history, cdf_enabled
FROM deltashare.add_to_share('objects_b', 'main.sales.daily', cdf => true);
SELECT history_data_sharing_status IS DISTINCT FROM 'ENABLED' AS no_history, cdf_enabled
FROM share_objects WHERE share_name = 'objects_b' AND name = 'main.sales.daily';
SELECT name, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', history => true);
SELECT name, history_data_sharing_status IS DISTINCT FROM 'ENABLED' AS no_history, cdf_enabled
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', cdf => true);
SELECT name FROM deltashare.add_to_share('objects_b', 'main.hr.people', history => true, cdf => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', history => true, cdf => true);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.remove_from_share('objects_b', 'main.sales.daily');
-- not wanted is the same as not asked for
SELECT name, history_data_sharing_status, coalesce(cdf_enabled, false) AS cdf
FROM deltashare.add_to_share('objects_b', 'main.sales.daily', cdf => false);
SELECT deltashare.remove_from_share('objects_b', 'main.sales.daily');

-- ===================================================================
-- start version
-- ===================================================================
SELECT name, start_version FROM deltashare.add_to_share('objects_b', 'main.sales.daily', start_version => 0);
SELECT name, start_version FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', start_version => 7);
SELECT start_version FROM share_objects WHERE share_name = 'objects_b' AND name = 'main.sales.daily';
SELECT name FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', start_version => -1);	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- what is not given stays
SELECT name, comment, history_data_sharing_status, start_version
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', comment => 'Daily');
SELECT name, comment, history_data_sharing_status, start_version
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily');
SELECT deltashare.remove_from_share('objects_b', 'main.sales.daily');

-- ===================================================================
-- partition filters: by value, by property of the recipient
-- ===================================================================
SELECT deltashare.partition_filter('region', 'EMEA');
SELECT deltashare.partition_filter('region', recipient_property => 'country');
SELECT deltashare.partition_filter('region', 'EM%', op => 'like');
SELECT deltashare.partition_filter('region');
SELECT deltashare.partition_filter('region', 'EMEA') || deltashare.partition_filter('region', 'APAC') AS either;

SELECT name, partitions
FROM deltashare.add_to_share('objects_b', 'main.sales.daily', partitions => deltashare.partition_filter('region', 'EMEA'));
SELECT name, partitions
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily',
								   partitions => deltashare.partition_filter('region', recipient_property => 'country'));
SELECT name, partitions
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', partitions =>
	deltashare.partition_filter('region', 'EMEA') || deltashare.partition_filter('region', recipient_property => 'databricks.accountId'));
SELECT name, partitions
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', partitions =>
	'[{"values": [{"name": "region", "op": "EQUAL", "value": "it''s \"here\""}, {"name": "day", "op": "EQUAL", "value": "2026-01-01"}]}]');
SELECT name, partitions, comment, start_version IS NULL OR start_version >= 0 AS start
FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', comment => 'Keeps the filter');
SELECT partitions FROM share_objects WHERE share_name = 'objects_b' AND name = 'main.sales.daily';
-- an empty filter removes it
SELECT name, partitions FROM deltashare.alter_share_object('objects_b', 'main.sales.daily', partitions => '[]');
SELECT partitions FROM share_objects WHERE share_name = 'objects_b' AND name = 'main.sales.daily';

-- ===================================================================
-- alter and remove
-- ===================================================================
SELECT name FROM deltashare.alter_share_object('objects_b', 'main.sales.nothing', comment => 'x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share_object('objects_none', 'main.sales.orders', comment => 'x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_share_object('objects_b', 'main.sales.nothing', comment => 'x', if_exists => true);

SELECT deltashare.remove_from_share('objects_b', 'MAIN.sales.Orders');
SELECT deltashare.remove_from_share('objects_b', 'main.sales.orders');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.remove_from_share('objects_none', 'main.sales.orders');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.remove_from_share('objects_b', 'main.sales.orders', if_exists => true);
SELECT deltashare.remove_from_share('objects_b', 'main.sales.orders_view', 'TABLE');	-- should fail
SELECT deltashare.remove_from_share('objects_b', 'main.sales.orders_view', 'VIEW');
SELECT name FROM share_objects WHERE share_name = 'objects_b' ORDER BY name;

-- ===================================================================
-- several at once, and more than fit into one request
-- ===================================================================
SELECT name FROM deltashare.create_share('objects_c');
SELECT name FROM deltashare.add_to_share('objects_c', ARRAY['main.sales.orders', 'main.sales.Customers', 'main.hr.people']) ORDER BY name;
SELECT name FROM deltashare.add_to_share('objects_c', ARRAY['main.sales.orders', 'main.sales.invoices'], if_not_exists => true) ORDER BY name;
SELECT name FROM deltashare.add_to_share('objects_c', ARRAY['main.sales.daily', 'main.sales.orders']);	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- which one it was, the platform says only in its own words: DETAIL
\set VERBOSITY sqlstate
SELECT name FROM deltashare.add_to_share('objects_c', ARRAY['main.sales.daily', 'main.sales.nothing']);	-- should fail
SELECT name FROM deltashare.add_to_share('objects_c', ARRAY['main.sales.daily', 'main.sales.daily']);	-- should fail
\set VERBOSITY terse
-- nothing of a list that failed was added
SELECT name FROM share_objects WHERE share_name = 'objects_c' ORDER BY name;
SELECT count(*) FROM deltashare.add_to_share('objects_c', '{}'::text[]);
SELECT count(*) FROM deltashare.add_to_share('objects_c', NULL::text[]);
SELECT name, history_data_sharing_status
FROM deltashare.add_to_share('objects_c', ARRAY['main.sales.daily'], history => false);

SELECT count(*), count(DISTINCT name), bool_and(data_object_type = 'TABLE' AND status = 'ACTIVE') AS active,
	   min(shared_as), max(shared_as)
FROM deltashare.add_to_share('objects_c', ARRAY(SELECT format('main.many.t%s', i) FROM generate_series(1, 250) i));
SELECT count(*) FROM share_objects WHERE share_name = 'objects_c';
-- the last one fails, so none is added
\set VERBOSITY sqlstate
SELECT deltashare.drop_share('objects_c');
SELECT name FROM deltashare.create_share('objects_c');
SELECT count(*) FROM deltashare.add_to_share('objects_c',
	ARRAY(SELECT format('main.many.t%s', i) FROM generate_series(1, 101) i) || '{main.many.t999}');	-- should fail
\set VERBOSITY terse
SELECT count(*) FROM share_objects WHERE share_name = 'objects_c';

SELECT deltashare.drop_share(name) FROM shares WHERE name LIKE 'objects\_%';
SELECT count(*) FROM share_objects WHERE share_name LIKE 'objects\_%';
