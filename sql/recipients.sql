--
-- Recipients: three kinds of authentication, IP access lists, properties,
-- expiration, owner; create, alter, drop.
--
\set VERBOSITY terse

-- ===================================================================
-- TOKEN, which is the default
-- ===================================================================
SELECT name, authentication_type, comment, activated, activation_url ~ '^https?://[^ ]+$' AS has_link,
	   id IS NOT NULL AS has_id, owner = created_by AS own, created_at > now() - interval '1 hour' AS is_new,
	   expiration_time
FROM deltashare.create_recipient('Recipients_A', comment => 'Acme "GmbH" & Söhne');
SELECT name, authentication_type, comment, activated, activation_url, ip_access_list, own_properties(properties) AS properties,
	   data_recipient_global_metastore_id, email, cloud, region, metastore_id
FROM recipients WHERE name = 'recipients_a';
SELECT name FROM deltashare.create_recipient('recipients_a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name, comment, activation_url FROM deltashare.create_recipient('RECIPIENTS_A', comment => 'x', if_not_exists => true);
SELECT name FROM deltashare.create_recipient(NULL);	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- DATABRICKS: a sharing identifier, no token
-- ===================================================================
SELECT name, authentication_type, data_recipient_global_metastore_id, cloud, region, metastore_id, activation_url
FROM deltashare.create_recipient('recipients_b', authentication_type => 'DATABRICKS',
	sharing_id => 'aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016');
-- the identifier says it
SELECT name, authentication_type, cloud
FROM deltashare.create_recipient('recipients_c', sharing_id => 'azure:westeurope:19A84BEE-54bc-43a2-87de-023d0ec16016');
SELECT count(*) FROM recipient_tokens WHERE recipient_name IN ('recipients_b', 'recipients_c');
SELECT name FROM deltashare.create_recipient('recipients_x', authentication_type => 'DATABRICKS');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.create_recipient('recipients_x', authentication_type => 'OIDC_FEDERATION',
	sharing_id => 'aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016');	-- should fail
SELECT name FROM deltashare.create_recipient('recipients_x', sharing_id => 'aws:us-west-2:19a84bee-54bc-43a2-87de-023d0ec16016',
	ip_access_list => '{10.0.0.0/8}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT sqlstate_of($$SELECT deltashare.create_recipient('recipients_x', sharing_id => 'nonsense')$$);

-- ===================================================================
-- OIDC_FEDERATION
-- ===================================================================
SELECT name, authentication_type, activation_url FROM deltashare.create_recipient('recipients_d', authentication_type => 'oidc_federation');
SELECT name FROM deltashare.create_recipient('recipients_x', authentication_type => 'PASSWORD');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name, authentication_type FROM recipients WHERE name LIKE 'recipients\_%' ORDER BY name;

-- ===================================================================
-- IP access list
-- ===================================================================
SELECT name, ip_access_list FROM deltashare.create_recipient('recipients_e', ip_access_list => '{192.0.2.0/24, 198.51.100.7, 2001:db8::/32}');
SELECT name, ip_access_list FROM recipients WHERE '198.51.100.7'::inet <<= ANY (ip_access_list::inet[]);
SELECT name, ip_access_list FROM deltashare.alter_recipient('recipients_e', ip_access_list => '{203.0.113.0/24}');
SELECT name, ip_access_list FROM deltashare.alter_recipient('recipients_e', comment => 'The list stays');
SELECT name, coalesce(cardinality(ip_access_list), 0) AS networks FROM deltashare.alter_recipient('recipients_e', ip_access_list => '{}');
SELECT name, coalesce(cardinality(ip_access_list), 0) AS networks FROM recipients WHERE name = 'recipients_e';
SELECT name, ip_access_list FROM deltashare.alter_recipient('recipients_e', ip_access_list => '{0.0.0.0/0}');
SELECT name FROM deltashare.alter_recipient('recipients_e', ip_access_list => '{192.0.2.0/24, NULL}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_recipient('recipients_e', ip_access_list =>
	ARRAY(SELECT format('10.0.%s.0/24', i)::cidr FROM generate_series(0, 100) i));	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name, cardinality(ip_access_list) FROM deltashare.alter_recipient('recipients_e', ip_access_list =>
	ARRAY(SELECT format('10.0.%s.0/24', i)::cidr FROM generate_series(0, 99) i));
SELECT name FROM deltashare.alter_recipient('recipients_b', ip_access_list => '{192.0.2.0/24}');	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- properties: merged key by key, null removes
-- ===================================================================
SELECT name, own_properties(properties) AS properties
FROM deltashare.create_recipient('recipients_f', properties => '{"country": "DE", "Tier": "gold", "note": "it''s \"quoted\" \\ é"}', email => 'data@acme.example');
SELECT own_properties(properties) FROM deltashare.alter_recipient('recipients_f', properties => '{"Tier": "silver", "new": ""}');
SELECT own_properties(properties) FROM deltashare.alter_recipient('recipients_f', properties => '{"note": null, "new": null, "absent": null}');
SELECT own_properties(properties) FROM deltashare.alter_recipient('recipients_f', comment => 'Properties stay');
SELECT own_properties(properties) FROM deltashare.alter_recipient('recipients_f', properties => '{}');
SELECT own_properties(properties) FROM recipients WHERE name = 'recipients_f';
SELECT name FROM recipients WHERE properties ->> 'country' = 'DE';
SELECT name FROM deltashare.alter_recipient('recipients_f', properties => '{"count": 1}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_recipient('recipients_f', properties => '{"deep": {"a": "b"}}');	-- should fail
SELECT name FROM deltashare.alter_recipient('recipients_f', properties => '["country"]');	-- should fail
SELECT name FROM deltashare.create_recipient('recipients_x', properties => '{"databricks.name": "x"}');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT own_properties(properties) FROM deltashare.alter_recipient('recipients_f', properties => '{"country": null, "Tier": null, "email": null}');
-- an EMAIL recipient has its address in a column; the local server has none
SELECT name FROM deltashare.alter_recipient('recipients_none', properties => '{"a": "b"}');	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- expiration
-- ===================================================================
SELECT name, expiration_time BETWEEN now() + interval '29 days' AND now() + interval '31 days' AS in_a_month
FROM deltashare.create_recipient('recipients_g', expiration_time => now() + interval '30 days');
SELECT expiration_time BETWEEN now() + interval '29 days' AND now() + interval '31 days' AS in_a_month
FROM recipient_tokens WHERE recipient_name = 'recipients_g';
SELECT name, expiration_time BETWEEN now() + interval '59 days' AND now() + interval '61 days' AS in_two_months
FROM deltashare.alter_recipient('recipients_g', expiration_time => now() + interval '60 days');
SELECT expiration_time BETWEEN now() + interval '59 days' AND now() + interval '61 days' AS in_two_months
FROM recipient_tokens WHERE recipient_name = 'recipients_g';
SELECT name FROM deltashare.create_recipient('recipients_x', expiration_time => 'infinity');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- here the platform says why
SELECT sqlstate_of($$SELECT deltashare.create_recipient('recipients_x', expiration_time => now() - interval '1 day')$$);
SELECT sqlstate_of($$SELECT deltashare.create_recipient('recipients_x', expiration_time => now() + interval '3 years')$$);
SELECT sqlstate_of($$SELECT deltashare.alter_recipient('recipients_g', expiration_time => now() - interval '1 day')$$);

-- ===================================================================
-- alter: rename, owner, comment
-- ===================================================================
CREATE ROLE regress_recipients;
SELECT name, comment FROM deltashare.alter_recipient('recipients_a', rename_to => 'Recipients_Z');
SELECT name FROM recipients WHERE name IN ('recipients_a', 'recipients_z');
SELECT name FROM deltashare.alter_recipient('recipients_z', rename_to => 'recipients_b');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name, owner, comment FROM deltashare.alter_recipient('recipients_z', owner => 'regress_recipients', comment => 'Both at once');
SELECT name, owner, comment FROM recipients WHERE name = 'recipients_z';
SELECT name, owner FROM deltashare.create_recipient('recipients_h', owner => 'regress_recipients');
SELECT activation_url ~ '^https?://[^ ]+$' AS has_link FROM deltashare.create_recipient('recipients_i', owner => 'regress_recipients');
SELECT name, comment FROM deltashare.alter_recipient('recipients_z', comment => '');
SELECT name FROM deltashare.alter_recipient('recipients_none', comment => 'x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM deltashare.alter_recipient('recipients_none', comment => 'x', if_exists => true);
SELECT name, updated_at > created_at AS updated FROM deltashare.alter_recipient('recipients_z');

-- ===================================================================
-- drop
-- ===================================================================
SELECT deltashare.drop_recipient('Recipients_Z');
SELECT deltashare.drop_recipient('recipients_z');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT deltashare.drop_recipient('recipients_z', if_exists => true);
SELECT count(*) FROM recipient_tokens WHERE recipient_name = 'recipients_z';
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'recipients\_%' ORDER BY name;
SELECT count(*) FROM recipients WHERE name LIKE 'recipients\_%';
DROP ROLE regress_recipients;
