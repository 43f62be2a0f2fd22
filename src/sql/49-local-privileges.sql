--
-- The local server: privileges.
--
-- Managers may write the columns that a foreign table lets them write, and no
-- others: who made a row and when, identifiers and expiry are what triggers
-- make them.  Nobody may truncate, which would leave no event.
--

-- Default privileges of whoever runs CREATE EXTENSION must not open what is
-- closed here: tables, and functions that run as their owner.
DO $$
DECLARE
	object text;
	grantee text;
BEGIN
	FOR object, grantee IN
		SELECT 'TABLE ' || c.oid::regclass, acl.grantee::regrole
		FROM pg_class c, aclexplode(c.relacl) acl
		WHERE c.relnamespace = 'deltashare'::regnamespace AND c.relkind IN ('r', 'v') AND acl.grantee <> c.relowner
		UNION ALL
		SELECT 'FUNCTION ' || p.oid::regprocedure, acl.grantee::regrole
		FROM pg_proc p, aclexplode(p.proacl) acl
		WHERE p.pronamespace = 'deltashare'::regnamespace AND p.prosecdef AND acl.grantee <> p.proowner
	LOOP
		EXECUTE format('REVOKE ALL ON %s FROM %s', object, CASE grantee WHEN '-' THEN 'PUBLIC' ELSE grantee END);
	END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION deltashare.activate(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION
	deltashare.local_activation_url(text, text),
	deltashare.local_rotate_token(text, bigint)
	TO deltashare_manager;

GRANT SELECT ON
	deltashare.shares, deltashare.share_objects, deltashare.recipients, deltashare.recipient_tokens,
	deltashare.grants, deltashare.providers, deltashare.provider_shares, deltashare.federation_policies,
	deltashare.audit_events, deltashare.local_audit_log, deltashare.local_usage, deltashare.local_object_columns,
	deltashare.local_column_tags, deltashare.sensitive_column_rules,
	deltashare.local_masks, deltashare.local_masked_columns
	TO deltashare_reader;

GRANT
	INSERT (name, comment, owner, storage_root, replication_config, serverless_budget_policy_id),
	UPDATE (name, comment, owner, storage_root, serverless_budget_policy_id),
	DELETE
	ON deltashare.shares TO deltashare_manager;

GRANT
	INSERT (share_name, name, data_object_type, shared_as, comment, history_data_sharing_status, cdf_enabled,
		start_version, partitions),
	UPDATE (comment, history_data_sharing_status, cdf_enabled, start_version, partitions),
	DELETE
	ON deltashare.share_objects TO deltashare_manager;

GRANT
	INSERT (name, authentication_type, comment, owner, expiration_time, ip_access_list, properties,
		data_recipient_global_metastore_id, email),
	UPDATE (name, comment, owner, expiration_time, ip_access_list, properties, email),
	DELETE
	ON deltashare.recipients TO deltashare_manager;

GRANT
	INSERT (share_name, recipient_name, privilege),
	DELETE
	ON deltashare.grants TO deltashare_manager;

-- not built_in: a rule of the extension comes with the extension only
GRANT
	INSERT (category, applies_to, pattern, unless, enabled, comment),
	UPDATE (category, applies_to, pattern, unless, enabled, comment),
	DELETE
	ON deltashare.sensitive_column_rules TO deltashare_manager;

GRANT INSERT, DELETE
	ON deltashare.local_masks TO deltashare_manager;
