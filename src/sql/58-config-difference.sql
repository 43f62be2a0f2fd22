--
-- Declared configuration: what stands, and how it differs from what is declared.
--

-- Attributes of an item, as columns; an empty comment is none.
CREATE FUNCTION deltashare.config_attributes(item jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN a.attributes ->> 'comment' = '' THEN a.attributes || '{"comment": null}' ELSE a.attributes END
	FROM (SELECT item - '{line,column,name,tables}'::text[]) AS a(attributes)
$$;

COMMENT ON FUNCTION deltashare.config_attributes(jsonb) IS
'Internal: what an item of a configuration declares, without its name';

CREATE FUNCTION deltashare.config_share(held deltashare.share)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'comment', nullif(held.comment, ''),
		'owner', held.owner,
		'storage_root', nullif(held.storage_root, ''),
		'serverless_budget_policy_id', nullif(held.serverless_budget_policy_id, ''))
$$;

COMMENT ON FUNCTION deltashare.config_share(deltashare.share) IS
'Internal: what a configuration can say about a share, as it stands';

CREATE FUNCTION deltashare.config_partitions(partitions jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_agg(jsonb_build_object('values',
		(SELECT coalesce(jsonb_agg('{"op": "EQUAL"}' || jsonb_strip_nulls(v.value) ORDER BY v.n), '[]')
		 FROM jsonb_array_elements(p.value -> 'values') WITH ORDINALITY AS v(value, n))) ORDER BY p.n)
	FROM jsonb_array_elements(nullif(partitions, 'null')) WITH ORDINALITY AS p(value, n)
$$;

COMMENT ON FUNCTION deltashare.config_partitions(jsonb) IS
'Internal: a partition filter with its operators; NULL if there is none';

CREATE FUNCTION deltashare.config_object(held deltashare.share_object)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'data_object_type', held.data_object_type,
		'shared_as', nullif(held.shared_as, ''),
		'comment', nullif(held.comment, ''),
		'history_data_sharing_status', held.history_data_sharing_status,
		'cdf_enabled', coalesce(held.cdf_enabled, false),
		'start_version', held.start_version,
		'partitions', deltashare.config_partitions(held.partitions))
$$;

COMMENT ON FUNCTION deltashare.config_object(deltashare.share_object) IS
'Internal: what a configuration can say about an object, as it stands';

CREATE FUNCTION deltashare.config_wanted_object(item jsonb, held deltashare.share_object)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN held.name IS NULL THEN '{"data_object_type": "TABLE"}' || a.attributes ELSE a.attributes END
	FROM (SELECT deltashare.config_attributes(item) ||
			CASE WHEN item ? 'partitions'
				THEN jsonb_build_object('partitions', deltashare.config_partitions(item -> 'partitions'))
				ELSE '{}' END) AS a(attributes)
$$;

COMMENT ON FUNCTION deltashare.config_wanted_object(jsonb, deltashare.share_object) IS
'Internal: how an object is declared to stand';

CREATE FUNCTION deltashare.config_networks(networks cidr[])
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_agg(DISTINCT n::text) FROM unnest(networks) n
$$;

COMMENT ON FUNCTION deltashare.config_networks(cidr[]) IS
'Internal: an IP access list that can be compared; NULL if it is empty';

-- What the platform adds is its own business.
CREATE FUNCTION deltashare.config_own_properties(properties jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(p.key, p.value), '{}')
	FROM jsonb_each(properties) p WHERE p.key NOT LIKE 'databricks.%'
$$;

COMMENT ON FUNCTION deltashare.config_own_properties(jsonb) IS
'Internal: properties without those that the platform sets';

CREATE FUNCTION deltashare.config_time(at timestamptz)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

COMMENT ON FUNCTION deltashare.config_time(timestamptz) IS
'Internal: a time in the words of a configuration, in milliseconds as the platform keeps it';

CREATE FUNCTION deltashare.config_recipient(held deltashare.recipient)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'comment', nullif(held.comment, ''),
		'owner', held.owner,
		'authentication_type', held.authentication_type,
		'data_recipient_global_metastore_id', held.data_recipient_global_metastore_id,
		'email', nullif(held.email, ''),
		'ip_access_list', deltashare.config_networks(held.ip_access_list),
		'properties', deltashare.config_own_properties(held.properties),
		'expiration_time', deltashare.config_time(held.expiration_time))
$$;

COMMENT ON FUNCTION deltashare.config_recipient(deltashare.recipient) IS
'Internal: what a configuration can say about a recipient, as it stands';

-- As in create_recipient(), the address of a contact is a property, unless
-- that is how the recipient authenticates.
CREATE FUNCTION deltashare.config_wanted_recipient(item jsonb, held deltashare.recipient)
RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted jsonb := deltashare.config_attributes(item);
	held_properties jsonb := deltashare.config_own_properties(held.properties);
	properties jsonb := held_properties;
BEGIN
	IF item ? 'ip_access_list' THEN
		wanted := wanted || jsonb_build_object('ip_access_list', deltashare.config_networks(
			ARRAY(SELECT (n #>> '{}')::cidr FROM deltashare.config_items(item, 'ip_access_list') n)));
	END IF;
	IF item ? 'expiration_time' THEN
		wanted := wanted || jsonb_build_object('expiration_time',
			deltashare.config_time(deltashare.config_read_time(item ->> 'expiration_time')));
	END IF;

	IF item ? 'properties' THEN
		properties := coalesce(nullif(item -> 'properties', 'null'), '{}');
	END IF;
	IF coalesce(item ->> 'authentication_type', held.authentication_type) = 'EMAIL' THEN
		IF wanted ->> 'email' = '' THEN
			wanted := wanted || '{"email": null}';
		END IF;
	ELSE
		wanted := wanted - 'email';
		IF NOT item ? 'email' AND NOT properties ? 'email' AND held_properties ? 'email' THEN
			properties := properties || jsonb_build_object('email', held_properties -> 'email');
		ELSIF coalesce(item ->> 'email', '') <> '' THEN
			properties := properties || jsonb_build_object('email', item -> 'email');
		ELSIF item ? 'email' THEN
			properties := properties - 'email';
		END IF;
	END IF;
	RETURN wanted || CASE WHEN item ?| '{properties,email}' THEN jsonb_build_object('properties', properties) ELSE '{}' END;
END
$$;

COMMENT ON FUNCTION deltashare.config_wanted_recipient(jsonb, deltashare.recipient) IS
'Internal: how a recipient is declared to stand';

-- Names have no case.  The content of a notebook cannot be read again, so it
-- counts only when the notebook is added.
CREATE FUNCTION deltashare.config_difference(wanted jsonb, held jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(w.key, w.value), '{}')
	FROM jsonb_each(wanted) w
	WHERE w.value <> coalesce(held -> w.key, 'null') AND w.key <> 'content'
		AND NOT (w.key IN ('shared_as', 'data_recipient_global_metastore_id')
				 AND lower(w.value #>> '{}') = lower(held ->> w.key))
$$;

COMMENT ON FUNCTION deltashare.config_difference(jsonb, jsonb) IS
'Internal: what is declared and does not stand';

-- Nothing wanted: not declared.  Nothing held: not there.
CREATE FUNCTION deltashare.config_compare(
	wanted jsonb,
	held jsonb,
	OUT action text,
	OUT old jsonb,
	OUT new jsonb)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	difference jsonb := deltashare.config_difference(wanted, held);
BEGIN
	IF wanted IS NULL THEN
		action := 'delete';
		old := jsonb_strip_nulls(held);
	ELSIF held IS NULL THEN
		action := 'create';
		new := jsonb_strip_nulls(wanted);
	ELSIF difference ?| '{data_object_type,shared_as}' THEN
		action := 'replace';
		old := jsonb_strip_nulls(held);
		new := jsonb_strip_nulls(
			held - CASE WHEN difference -> 'cdf_enabled' = 'true' THEN 'history_data_sharing_status'
				WHEN difference ? 'history_data_sharing_status' THEN 'cdf_enabled' ELSE '' END || difference ||
			jsonb_build_object('content', wanted -> 'content'));
	ELSIF difference <> '{}' THEN
		action := 'update';
		old := (SELECT jsonb_object_agg(d.key, held -> d.key) FROM jsonb_object_keys(difference) AS d(key));
		new := difference;
	ELSE
		action := 'no change';
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.config_compare(jsonb, jsonb) IS
'Internal: what has to be done for something to stand as it is declared';
