--
-- Declared configuration: what ought to be shared, as YAML or JSON.
--
-- In C is what needs libyaml: text to jsonb with places, jsonb to text.  The
-- rest is a comparison of what is declared with what stands, which is read with
-- one list of shares, one of recipients, and one request for the objects and
-- one for the grants of each share in question.
--

CREATE FUNCTION deltashare.parse_config(config text, is_json boolean)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'deltashare_parse_config'
LANGUAGE C IMMUTABLE STRICT;

COMMENT ON FUNCTION deltashare.parse_config(text, boolean) IS
'Internal: a configuration in the words of the declared tables, each item with line and column, and what is wrong with it';

CREATE FUNCTION deltashare.config_text(config jsonb)
RETURNS text
AS 'MODULE_PATHNAME', 'deltashare_config_text'
LANGUAGE C IMMUTABLE STRICT;

COMMENT ON FUNCTION deltashare.config_text(jsonb) IS
'Internal: the YAML of a configuration that is given as parse_config() returns it';

CREATE TYPE deltashare.config_action AS
(
	ordinal int,
	action text,
	kind text,
	share_name text,
	object_name text,
	recipient_name text,
	old jsonb,
	new jsonb,
	"position" text
);

COMMENT ON TYPE deltashare.config_action IS
'One row of: What has to be done for a configuration to stand';
COMMENT ON COLUMN deltashare.config_action.ordinal IS 'Place of the action, from 1: they are taken in this order';
COMMENT ON COLUMN deltashare.config_action.action IS 'create, update, replace (an object is removed and added again), delete';
COMMENT ON COLUMN deltashare.config_action.kind IS 'share, object, recipient or grant';
COMMENT ON COLUMN deltashare.config_action.share_name IS 'Share: the thing itself, or the one that it belongs to';
COMMENT ON COLUMN deltashare.config_action.object_name IS 'Full name of an object';
COMMENT ON COLUMN deltashare.config_action.recipient_name IS 'Recipient: the thing itself, or the one that the grant is for';
COMMENT ON COLUMN deltashare.config_action.old IS 'What stands: of an update the attributes that change, of a deletion all; names are those of columns';
COMMENT ON COLUMN deltashare.config_action.new IS 'What is declared: of an update the attributes that change, otherwise all';
COMMENT ON COLUMN deltashare.config_action."position" IS 'Where that is declared; NULL of a deletion';

-- ===================================================================
-- what is declared
-- ===================================================================

-- Only JSON with characters beyond U+FFFF has to be told from YAML.
CREATE FUNCTION deltashare.config_is_json(config text)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF config !~ '^\s*\{' OR config !~* '\\ud[89ab]' THEN
		RETURN false;
	END IF;
	RETURN config::json IS NOT NULL;
EXCEPTION
	WHEN data_exception OR statement_too_complex THEN
		RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.config_is_json(text) IS
'Internal: is this configuration JSON with escapes that YAML does not have?';

CREATE FUNCTION deltashare.config_items(item jsonb, key text)
RETURNS SETOF jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_array_elements(CASE jsonb_typeof(item -> key) WHEN 'array' THEN item -> key ELSE '[]' END)
$$;

COMMENT ON FUNCTION deltashare.config_items(jsonb, text) IS
'Internal: the items of a list in a configuration; none if there is no such list';

CREATE FUNCTION deltashare.config_position(item jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('line %s, column %s', item -> 'line', item -> 'column') $$;

COMMENT ON FUNCTION deltashare.config_position(jsonb) IS
'Internal: where an item is in its configuration';

CREATE FUNCTION deltashare.config_objects(declared jsonb)
RETURNS TABLE (share_name text, object jsonb)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s ->> 'name', o
	FROM deltashare.config_items(declared, 'shares') s, deltashare.config_items(s, 'tables') o
$$;

COMMENT ON FUNCTION deltashare.config_objects(jsonb) IS
'Internal: the objects of all shares of a configuration';

-- Locally names follow SQL, and the database may be left out; a name that is
-- none has no key.
CREATE FUNCTION deltashare.config_object_keys(name text, is_local boolean)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN NOT is_local THEN ARRAY[lower(name)]
		WHEN name ~ '^\s*("([^"]|"")+"|[[:alpha:]_\u0080-\uffff][\w$]*)(\s*\.\s*("([^"]|"")+"|[[:alpha:]_\u0080-\uffff][\w$]*)){0,2}\s*$' THEN
			(SELECT CASE WHEN parts[1] = current_database() AND cardinality(parts) > 1
				THEN ARRAY[parts[2:]::text, parts::text] ELSE ARRAY[parts::text] END
			 FROM parse_ident(name) AS p(parts)) END
$$;

COMMENT ON FUNCTION deltashare.config_object_keys(text, boolean) IS
'Internal: what an object may be called in a share, in a form that can be compared; NULL if the name is not valid';

-- Which of these texts are no values of the type?  One by one only if there are
-- any at all.
CREATE FUNCTION deltashare.config_invalid_values(given text[], type regtype)
RETURNS SETOF text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	value text;
BEGIN
	BEGIN
		EXECUTE format('SELECT $1::%s[]', type) USING given;
		RETURN;
	EXCEPTION WHEN data_exception THEN
		NULL;
	END;
	FOR value IN SELECT DISTINCT v FROM unnest(given) v
	LOOP
		BEGIN
			EXECUTE format('SELECT $1::%s', type) USING value;
		EXCEPTION WHEN data_exception THEN
			RETURN NEXT value;
		END;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.config_invalid_values(text[], regtype) IS
'Internal: those of the texts that are no value of the type';

CREATE FUNCTION deltashare.config_duplicates(declared jsonb, is_local boolean)
RETURNS TABLE (item jsonb, message text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH named AS (
		SELECT s AS item, format('share "%s"', s ->> 'name') AS name, NULL AS key
		FROM deltashare.config_items(declared, 'shares') s
		WHERE s ->> 'name' IS NOT NULL
		UNION ALL
		SELECT r, format('recipient "%s"', r ->> 'name'), NULL
		FROM deltashare.config_items(declared, 'recipients') r
		WHERE r ->> 'name' IS NOT NULL
		UNION ALL
		SELECT g, format('grant of share "%s" to recipient "%s"', g ->> 'share_name', g ->> 'recipient_name'), NULL
		FROM deltashare.config_items(declared, 'grants') g
		WHERE g ->> 'share_name' IS NOT NULL AND g ->> 'recipient_name' IS NOT NULL
		UNION ALL
		SELECT o.object, format('object "%s" in share "%s"', o.object ->> 'name', o.share_name),
			   o.share_name || ' ' || (deltashare.config_object_keys(o.object ->> 'name', is_local))[1]
		FROM deltashare.config_objects(declared) o
		WHERE o.object ->> 'name' IS NOT NULL AND o.share_name IS NOT NULL
			AND deltashare.config_object_keys(o.object ->> 'name', is_local) IS NOT NULL
	), placed AS (
		SELECT n.item, n.name, row_number() OVER same AS n, first_value(n.item -> 'line') OVER same AS first
		FROM named n
		WINDOW same AS (PARTITION BY coalesce(n.key, n.name)
						ORDER BY (n.item -> 'line')::int, (n.item -> 'column')::int)
	)
	SELECT p.item, format('%s is declared twice, first in line %s', p.name, p.first)
	FROM placed p WHERE p.n > 1
$$;

COMMENT ON FUNCTION deltashare.config_duplicates(jsonb, boolean) IS
'Internal: what a configuration declares more than once';

CREATE FUNCTION deltashare.config_contradictions(declared jsonb, is_local boolean)
RETURNS TABLE (item jsonb, message text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g, format('share "%s" is not declared', g ->> 'share_name')
	FROM deltashare.config_items(declared, 'grants') g
	WHERE g ->> 'share_name' NOT IN (SELECT s ->> 'name' FROM deltashare.config_items(declared, 'shares') s
									 WHERE s ->> 'name' IS NOT NULL)
	UNION ALL
	SELECT g, format('recipient "%s" is not declared', g ->> 'recipient_name')
	FROM deltashare.config_items(declared, 'grants') g
	WHERE g ->> 'recipient_name' NOT IN (SELECT r ->> 'name' FROM deltashare.config_items(declared, 'recipients') r
										 WHERE r ->> 'name' IS NOT NULL)
	UNION ALL
	SELECT o.object, format('object name "%s" is not valid', o.object ->> 'name')
	FROM deltashare.config_objects(declared) o
	WHERE o.object ->> 'name' IS NOT NULL AND deltashare.config_object_keys(o.object ->> 'name', is_local) IS NULL
	UNION ALL
	SELECT o.object, '"history" and "cdf" cannot both be given: history, where shared, includes the change data feed'
	FROM deltashare.config_objects(declared) o
	WHERE o.object ->> 'history_data_sharing_status' IS NOT NULL AND o.object -> 'cdf_enabled' = 'true'
	UNION ALL
	SELECT r, format('recipient of type %s cannot have a sharing identifier', r ->> 'authentication_type')
	FROM deltashare.config_items(declared, 'recipients') r
	WHERE r ->> 'authentication_type' <> 'DATABRICKS' AND r ->> 'data_recipient_global_metastore_id' IS NOT NULL
	UNION ALL
	SELECT r, 'the e-mail address is given twice, as "email" and in "properties"'
	FROM deltashare.config_items(declared, 'recipients') r
	WHERE r ? 'email' AND r -> 'properties' ? 'email'
	UNION ALL
	SELECT r, format('property "%s" is reserved', p.key)
	FROM deltashare.config_items(declared, 'recipients') r,
		jsonb_object_keys(CASE jsonb_typeof(r -> 'properties') WHEN 'object' THEN r -> 'properties' ELSE '{}' END) AS p(key)
	WHERE p.key LIKE 'databricks.%'
$$;

COMMENT ON FUNCTION deltashare.config_contradictions(jsonb, boolean) IS
'Internal: what in a configuration does not go together';

CREATE FUNCTION deltashare.config_bad_values(declared jsonb)
RETURNS TABLE (item jsonb, message text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH networks AS (
		SELECT r AS item, n #>> '{}' AS value
		FROM deltashare.config_items(declared, 'recipients') r, deltashare.config_items(r, 'ip_access_list') n
	), times AS (
		SELECT r AS item, r ->> 'expiration_time' AS value
		FROM deltashare.config_items(declared, 'recipients') r
		WHERE r ->> 'expiration_time' IS NOT NULL
	)
	SELECT n.item, format('"%s" is no network in "ip_access_list"', n.value)
	FROM networks n
	WHERE n.value IN (SELECT deltashare.config_invalid_values(ARRAY(SELECT value FROM networks), 'cidr'))
	UNION ALL
	-- "tomorrow" would be another time each day
	SELECT t.item, format('"%s" is no time in "expiration_time", write for example 2030-12-31T12:00:00Z', t.value)
	FROM times t
	WHERE t.value !~ '^\d{4}-' OR
		t.value IN (SELECT deltashare.config_invalid_values(ARRAY(SELECT value FROM times WHERE value ~ '^\d{4}-'),
															'timestamptz'))
$$;

COMMENT ON FUNCTION deltashare.config_bad_values(jsonb) IS
'Internal: networks and times in a configuration that are none';

CREATE FUNCTION deltashare.raise_config_problems(problems text[], total bigint)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	shown CONSTANT int := 50;
BEGIN
	IF total > 0 THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'configuration is not valid',
			DETAIL = array_to_string(problems[:shown], E'\n') ||
				CASE WHEN total > shown THEN format(E'\nand %s more', total - shown) ELSE '' END;
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.raise_config_problems(text[], bigint) IS
'Internal: an error that tells all that is wrong with a configuration, unless nothing is';

CREATE FUNCTION deltashare.declared_config(config text, is_local boolean)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	declared jsonb;
	problems text[];
	total bigint;
BEGIN
	IF config IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'configuration must not be null';
	END IF;
	declared := deltashare.parse_config(config, deltashare.config_is_json(config));
	SELECT array_agg(deltashare.config_position(p.item) || ': ' || p.message
					 ORDER BY (p.item -> 'line')::int, (p.item -> 'column')::int, p.message COLLATE "C"), count(*)
	INTO problems, total
	FROM (SELECT p, p ->> 'message' FROM deltashare.config_items(declared, 'problems') p
		  UNION ALL SELECT d.item, d.message FROM deltashare.config_duplicates(declared, is_local) d
		  UNION ALL SELECT c.item, c.message FROM deltashare.config_contradictions(declared, is_local) c
		  UNION ALL SELECT b.item, b.message FROM deltashare.config_bad_values(declared) b) AS p(item, message);

	-- the parser counts more than it keeps
	total := total - jsonb_array_length(declared -> 'problems') + (declared -> 'problem_count')::bigint;
	PERFORM deltashare.raise_config_problems(problems, total);
	RETURN declared;
END
$$;

COMMENT ON FUNCTION deltashare.declared_config(text, boolean) IS
'Internal: what a configuration declares; an error that tells all that is wrong with it';

-- ===================================================================
-- what stands, and how the two differ
-- ===================================================================

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

-- The content of a notebook cannot be read again, so it counts only when the
-- notebook is added.
CREATE FUNCTION deltashare.config_wanted_object(item jsonb, held deltashare.share_object)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN held.name IS NULL THEN '{"data_object_type": "TABLE"}' || a.attributes
		ELSE a.attributes - 'content' END
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
			deltashare.config_time((item ->> 'expiration_time')::timestamptz));
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

-- Names have no case.
CREATE FUNCTION deltashare.config_difference(wanted jsonb, held jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(w.key, w.value), '{}')
	FROM jsonb_each(wanted) w
	WHERE w.value <> coalesce(held -> w.key, 'null')
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
				WHEN difference ? 'history_data_sharing_status' THEN 'cdf_enabled' ELSE '' END || difference);
	ELSIF difference <> '{}' THEN
		action := 'update';
		old := (SELECT jsonb_object_agg(d.key, held -> d.key) FROM jsonb_object_keys(difference) AS d(key));
		new := difference;
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.config_compare(jsonb, jsonb) IS
'Internal: what has to be done for something to stand as it is declared; all NULL if it does';

-- ===================================================================
-- the plan, kind by kind
-- ===================================================================

CREATE FUNCTION deltashare.plan_shares(declared jsonb, held deltashare.share[], prune boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE c.action WHEN 'create' THEN 1 WHEN 'update' THEN 3 ELSE 11 END, c.action, 'share',
		   coalesce(h.name, d.item ->> 'name'), NULL, NULL, c.old, c.new, d.position
	FROM (SELECT item, deltashare.config_position(item) FROM deltashare.config_items(declared, 'shares') item)
			AS d(item, position)
		FULL JOIN unnest(held) h ON lower(h.name) = d.item ->> 'name',
		deltashare.config_compare(deltashare.config_attributes(d.item),
								  CASE WHEN h.name IS NOT NULL THEN deltashare.config_share(h) END) c
	WHERE declared ? 'shares' AND c.action IS NOT NULL AND (c.action <> 'delete' OR prune)
$$;

COMMENT ON FUNCTION deltashare.plan_shares(jsonb, deltashare.share[], boolean) IS
'Internal: the actions of a configuration on shares';

CREATE FUNCTION deltashare.plan_recipients(declared jsonb, held deltashare.recipient[], prune boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE c.action WHEN 'create' THEN 2 WHEN 'update' THEN 4 ELSE 10 END, c.action, 'recipient',
		   NULL, NULL, coalesce(h.name, d.item ->> 'name'), c.old, c.new, d.position
	FROM (SELECT item, deltashare.config_position(item) FROM deltashare.config_items(declared, 'recipients') item)
			AS d(item, position)
		FULL JOIN unnest(held) h ON lower(h.name) = d.item ->> 'name',
		deltashare.config_compare(CASE WHEN d.item IS NOT NULL THEN deltashare.config_wanted_recipient(d.item, h) END,
								  CASE WHEN h.name IS NOT NULL THEN deltashare.config_recipient(h) END) c
	WHERE declared ? 'recipients' AND c.action IS NOT NULL AND (c.action <> 'delete' OR prune)
$$;

COMMENT ON FUNCTION deltashare.plan_recipients(jsonb, deltashare.recipient[], boolean) IS
'Internal: the actions of a configuration on recipients';

-- A name that means two objects means the one of the declared type, or else
-- the one whose name is longer.
CREATE FUNCTION deltashare.plan_objects(declared jsonb, held deltashare.share_object[], prune boolean, is_local boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH d AS (
		SELECT o.share_name, o.object, deltashare.config_object_keys(o.object ->> 'name', is_local) AS keys
		FROM deltashare.config_objects(declared) o
	), h AS (
		SELECT o, lower(o.share_name) AS share_name, (deltashare.config_object_keys(o.name, is_local))[1] AS key
		FROM unnest(held) o
	), candidates AS (
		SELECT d.share_name, d.object, k.key FROM d, unnest(d.keys) AS k(key)
	), found AS (
		SELECT DISTINCT ON (c.share_name, c.object -> 'line', c.object -> 'column') c.share_name, c.object, h.o
		FROM candidates c JOIN h ON h.share_name = c.share_name AND h.key = c.key
		ORDER BY c.share_name, c.object -> 'line', c.object -> 'column',
			(h.o).data_object_type = c.object ->> 'data_object_type' DESC NULLS LAST, length((h.o).name) DESC
	), pairs AS (
		SELECT d.share_name, d.object, f.o
		FROM d LEFT JOIN found f ON f.share_name = d.share_name AND f.object = d.object
		UNION ALL
		SELECT h.share_name, NULL, h.o
		FROM h
		WHERE prune AND NOT EXISTS (SELECT FROM found f WHERE f.share_name = h.share_name AND (f.o).name = (h.o).name)
	)
	SELECT CASE c.action WHEN 'delete' THEN 6 WHEN 'update' THEN 8 ELSE 7 END, c.action, 'object',
		   p.share_name, coalesce((p.o).name, p.object ->> 'name'), NULL, c.old, c.new,
		   CASE WHEN p.object IS NOT NULL THEN deltashare.config_position(p.object) END
	FROM pairs p,
		deltashare.config_compare(CASE WHEN p.object IS NOT NULL THEN deltashare.config_wanted_object(p.object, p.o) END,
								  CASE WHEN (p.o).name IS NOT NULL THEN deltashare.config_object(p.o) END) c
	WHERE c.action IS NOT NULL
$$;

COMMENT ON FUNCTION deltashare.plan_objects(jsonb, deltashare.share_object[], boolean, boolean) IS
'Internal: the actions of a configuration on the objects of shares';

-- Only what recipients hold is governed here, not what a user or group may do
-- with a share, nor what is left of a recipient that was deleted.
CREATE FUNCTION deltashare.plan_grants(declared jsonb, held deltashare.share_grant[], recipients text[], prune boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH d AS (
		SELECT g ->> 'share_name' AS share_name, g ->> 'recipient_name' AS recipient_name, deltashare.config_position(g) AS position
		FROM deltashare.config_items(declared, 'grants') g
	), h AS (
		SELECT DISTINCT lower(g.share_name) AS share_name, lower(g.recipient_name) AS recipient_name
		FROM unnest(held) g
		WHERE g.privilege = 'SELECT' AND lower(g.recipient_name) IN (SELECT unnest(recipients))
	)
	SELECT CASE WHEN h.share_name IS NULL THEN 9 ELSE 5 END, CASE WHEN h.share_name IS NULL THEN 'create' ELSE 'delete' END,
		   'grant', coalesce(d.share_name, h.share_name), NULL, coalesce(d.recipient_name, h.recipient_name),
		   CASE WHEN h.share_name IS NOT NULL THEN '{"privilege": "SELECT"}'::jsonb END,
		   CASE WHEN h.share_name IS NULL THEN '{"privilege": "SELECT"}'::jsonb END, d.position
	FROM d FULL JOIN h ON h.share_name = d.share_name AND h.recipient_name = d.recipient_name
	WHERE h.share_name IS NULL OR d.share_name IS NULL AND prune
$$;

COMMENT ON FUNCTION deltashare.plan_grants(jsonb, deltashare.share_grant[], text[], boolean) IS
'Internal: the actions of a configuration on grants';

CREATE FUNCTION deltashare.check_config_plan(plan deltashare.config_action[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	problems text[];
BEGIN
	SELECT array_agg(a.position || ': ' || p.message
					 ORDER BY regexp_match(a.position, 'line (\d+), column (\d+)')::int[]) INTO problems
	FROM unnest(plan) a,
		LATERAL (SELECT CASE
			WHEN a.action = 'update' AND a.new ? 'authentication_type' THEN
				format('recipient "%s" is of type %s, which cannot be changed', a.recipient_name, a.old ->> 'authentication_type')
			WHEN a.action = 'update' AND a.new ? 'data_recipient_global_metastore_id' THEN
				format('the sharing identifier of recipient "%s" cannot be changed', a.recipient_name)
			WHEN a.action = 'create' AND a.new ->> 'authentication_type' = 'DATABRICKS'
				AND NOT a.new ? 'data_recipient_global_metastore_id' THEN
				format('recipient "%s" of type DATABRICKS needs the key "sharing_id"', a.recipient_name) END) AS p(message)
	WHERE a.kind = 'recipient' AND p.message IS NOT NULL;
	PERFORM deltashare.raise_config_problems(problems, cardinality(problems));
END
$$;

COMMENT ON FUNCTION deltashare.check_config_plan(deltashare.config_action[]) IS
'Internal: refuse a plan that wants what cannot be done';

CREATE FUNCTION deltashare.plan_config(config text, prune boolean DEFAULT false, server text DEFAULT NULL)
RETURNS SETOF deltashare.config_action
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_local boolean;
	declared jsonb;
	shares deltashare.share[];
	recipients deltashare.recipient[];
	objects deltashare.share_object[];
	grants deltashare.share_grant[];
	names jsonb;
	plan deltashare.config_action[];
BEGIN
	server := deltashare.server_name(server);
	is_local := deltashare.server_is_local(server);
	prune := coalesce(prune, false);
	declared := deltashare.declared_config(config, is_local);
	IF declared ?| '{shares,grants}' THEN
		shares := ARRAY(SELECT s FROM deltashare.select_rows(server, NULL::deltashare.share) s);
	END IF;
	IF declared ?| '{recipients,grants}' THEN
		recipients := ARRAY(SELECT r FROM deltashare.select_rows(server, NULL::deltashare.recipient) r);
	END IF;
	plan := ARRAY(SELECT a FROM deltashare.plan_shares(declared, shares, prune) a
				  UNION ALL SELECT a FROM deltashare.plan_recipients(declared, recipients, prune) a);

	-- what hangs on a share or recipient that goes, goes with it
	SELECT jsonb_agg(s.name) INTO names
	FROM unnest(shares) s JOIN deltashare.config_items(declared, 'shares') d ON lower(s.name) = d ->> 'name'
	WHERE d ? 'tables';
	IF names IS NOT NULL THEN
		objects := ARRAY(SELECT o FROM deltashare.select_rows(server, NULL::deltashare.share_object,
															  jsonb_build_object('share_name', names)) o);
	END IF;
	SELECT jsonb_agg(s.name) INTO names
	FROM unnest(shares) s
	WHERE declared ? 'grants' AND
		CASE WHEN prune
			THEN s.name <> ALL (ARRAY(SELECT a.share_name FROM unnest(plan) a WHERE a.kind = 'share' AND a.action = 'delete'))
			ELSE lower(s.name) IN (SELECT g ->> 'share_name' FROM deltashare.config_items(declared, 'grants') g) END;
	IF names IS NOT NULL THEN
		grants := ARRAY(SELECT g FROM deltashare.select_rows(server, NULL::deltashare.share_grant,
															 jsonb_build_object('share_name', names)) g);
	END IF;

	plan := plan || ARRAY(
		SELECT a FROM deltashare.plan_objects(declared, objects, prune, is_local) a
		UNION ALL
		SELECT a FROM deltashare.plan_grants(declared, grants, prune => prune, recipients => ARRAY(
			SELECT lower(r.name) FROM unnest(recipients) r
			EXCEPT SELECT lower(a.recipient_name) FROM unnest(plan) a WHERE a.action = 'delete')) a);
	PERFORM deltashare.check_config_plan(plan);
	RETURN QUERY
		SELECT row_number() OVER (ORDER BY a.ordinal, a.share_name COLLATE "C", a.action COLLATE "C",
								  a.object_name COLLATE "C", a.recipient_name COLLATE "C")::int,
			   a.action, a.kind, a.share_name, a.object_name, a.recipient_name, a.old, a.new, a.position
		FROM unnest(plan) a
		ORDER BY 1;
END
$$;

COMMENT ON FUNCTION deltashare.plan_config(text, boolean, text) IS
'What would have to be done for this configuration (YAML or JSON) to stand; no row: it does. What it does not mention stays as it is; with prune, lists that it has are complete, and what is not in them is deleted';

-- ===================================================================
-- taking the actions
-- ===================================================================

CREATE FUNCTION deltashare.apply_config_creations(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	new jsonb;
BEGIN
	SELECT jsonb_agg(jsonb_build_object('name', a.share_name) || a.new ORDER BY a.ordinal) INTO new
	FROM unnest(plan) a WHERE a.kind = 'share' AND a.action = 'create';
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.share, new);
	END IF;

	SELECT jsonb_agg(jsonb_build_object('name', a.recipient_name) || a.new ORDER BY a.ordinal) INTO new
	FROM unnest(plan) a WHERE a.kind = 'recipient' AND a.action = 'create';
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.recipient, new);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_creations(deltashare.config_action[], text) IS
'Internal: create the shares and recipients of a plan';

CREATE FUNCTION deltashare.apply_config_updates(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a deltashare.config_action;
BEGIN
	FOR a IN SELECT * FROM unnest(plan) u WHERE u.action = 'update' AND u.kind <> 'object' ORDER BY u.ordinal
	LOOP
		IF a.kind = 'share' THEN
			PERFORM deltashare.update_row(server, NULL::deltashare.share,
										  jsonb_build_object('name', a.share_name), a.new);
		ELSE
			PERFORM deltashare.update_row(server, NULL::deltashare.recipient,
										  jsonb_build_object('name', a.recipient_name), a.new);
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_updates(deltashare.config_action[], text) IS
'Internal: change the shares and recipients of a plan';

-- First what goes, so that a name or an alias is free for what comes.
CREATE FUNCTION deltashare.apply_config_objects(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a deltashare.config_action;
	new jsonb;
BEGIN
	FOR a IN SELECT * FROM unnest(plan) u
			 WHERE u.kind = 'object' AND u.action IN ('delete', 'replace') ORDER BY u.ordinal
	LOOP
		PERFORM deltashare.delete_row(server, NULL::deltashare.share_object, jsonb_build_object(
			'share_name', a.share_name, 'name', a.object_name, 'data_object_type', a.old -> 'data_object_type'));
	END LOOP;

	SELECT jsonb_agg(jsonb_build_object('share_name', u.share_name, 'name', u.object_name) || u.new ORDER BY u.ordinal)
	INTO new
	FROM unnest(plan) u WHERE u.kind = 'object' AND u.action IN ('create', 'replace');
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.share_object, new);
	END IF;

	FOR a IN SELECT * FROM unnest(plan) u WHERE u.kind = 'object' AND u.action = 'update' ORDER BY u.ordinal
	LOOP
		PERFORM deltashare.update_row(server, NULL::deltashare.share_object,
			(SELECT deltashare.object_key(deltashare.find_object(a.share_name, a.object_name, NULL, server))), a.new);
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_objects(deltashare.config_action[], text) IS
'Internal: remove, add and change the objects of a plan';

CREATE FUNCTION deltashare.apply_config_grants(plan deltashare.config_action[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	new jsonb := (SELECT jsonb_agg(jsonb_build_object('share_name', a.share_name, 'recipient_name', a.recipient_name) ||
								   a.new ORDER BY a.ordinal)
				  FROM unnest(plan) a WHERE a.kind = 'grant' AND a.action = 'create');
BEGIN
	IF new IS NOT NULL THEN
		PERFORM FROM deltashare.insert_rows(server, NULL::deltashare.share_grant, new);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_grants(deltashare.config_action[], text) IS
'Internal: grant what a plan grants';

CREATE FUNCTION deltashare.apply_config_deletions(plan deltashare.config_action[], kinds text[], server text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	a deltashare.config_action;
BEGIN
	FOR a IN SELECT * FROM unnest(plan) u WHERE u.action = 'delete' AND u.kind = ANY (kinds) ORDER BY u.ordinal
	LOOP
		CASE a.kind
			WHEN 'grant' THEN
				PERFORM deltashare.delete_row(server, NULL::deltashare.share_grant, jsonb_build_object(
					'share_name', a.share_name, 'recipient_name', a.recipient_name, 'privilege', a.old -> 'privilege'));
			WHEN 'recipient' THEN
				PERFORM deltashare.delete_row(server, NULL::deltashare.recipient,
											  jsonb_build_object('name', a.recipient_name));
			WHEN 'share' THEN
				PERFORM deltashare.delete_row(server, NULL::deltashare.share,
											  jsonb_build_object('name', a.share_name));
		END CASE;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.apply_config_deletions(deltashare.config_action[], text[], text) IS
'Internal: delete what a plan deletes, of these kinds';

CREATE FUNCTION deltashare.apply_config(config text, prune boolean DEFAULT false, server text DEFAULT NULL)
RETURNS SETOF deltashare.config_action
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	plan deltashare.config_action[];
BEGIN
	server := deltashare.server_name(server);
	plan := ARRAY(SELECT a FROM deltashare.plan_config(config, prune, server) a);
	PERFORM deltashare.apply_config_creations(plan, server);
	PERFORM deltashare.apply_config_updates(plan, server);
	PERFORM deltashare.apply_config_deletions(plan, '{grant}', server);
	PERFORM deltashare.apply_config_objects(plan, server);
	PERFORM deltashare.apply_config_grants(plan, server);
	PERFORM deltashare.apply_config_deletions(plan, '{recipient,share}', server);
	RETURN QUERY SELECT * FROM unnest(plan);
END
$$;

COMMENT ON FUNCTION deltashare.apply_config(text, boolean, text) IS
'Take the actions that plan_config() shows, and return them: all or nothing. Activation links of new recipients are not among them';

CREATE FUNCTION deltashare.apply_file(path text, prune boolean DEFAULT false, server text DEFAULT NULL)
RETURNS SETOF deltashare.config_action
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF (pg_stat_file(path)).size > 16 * 1024 * 1024 THEN
		RAISE program_limit_exceeded USING
			MESSAGE = format('file "%s" has more than 16 MB', path);
	END IF;
	RETURN QUERY SELECT * FROM deltashare.apply_config(convert_from(pg_read_binary_file(path), 'UTF8'), prune, server);
END
$$;

REVOKE ALL ON FUNCTION deltashare.apply_file(text, boolean, text) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.apply_file(text, boolean, text) IS
'apply_config() of a file of the server, in UTF-8; for superusers, others read the file themselves and give its text to apply_config()';

-- ===================================================================
-- writing down what stands
-- ===================================================================

CREATE FUNCTION deltashare.export_shares(server text)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH shares AS MATERIALIZED (
		SELECT s FROM deltashare.select_rows(server, NULL::deltashare.share) s
	), objects AS MATERIALIZED (
		SELECT o.share_name, jsonb_agg(
			jsonb_build_object('name', o.name) ||
			CASE o.data_object_type WHEN 'TABLE' THEN a.attributes - 'data_object_type' ELSE a.attributes END -
			CASE WHEN a.attributes -> 'cdf_enabled' = 'true' THEN 'history_data_sharing_status' ELSE 'cdf_enabled' END
			ORDER BY o.name COLLATE "C") AS tables
		FROM deltashare.select_rows(server, NULL::deltashare.share_object, jsonb_build_object('share_name',
				(SELECT coalesce(jsonb_agg((s.s).name), '[]') FROM shares s))) o,
			deltashare.config_object(o) AS a(attributes)
		GROUP BY o.share_name
	)
	SELECT coalesce(jsonb_agg(jsonb_build_object('name', (s.s).name, 'tables', coalesce(o.tables, '[]')) ||
							  deltashare.config_share(s.s) ORDER BY (s.s).name COLLATE "C"), '[]')
	FROM shares s LEFT JOIN objects o ON o.share_name = (s.s).name
$$;

COMMENT ON FUNCTION deltashare.export_shares(text) IS
'Internal: the shares that stand, as a configuration declares them';

CREATE FUNCTION deltashare.export_recipients(server text)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('name', r.name) || a.attributes ||
		CASE WHEN r.authentication_type <> 'EMAIL' AND a.attributes -> 'properties' ->> 'email' <> ''
			THEN jsonb_build_object('email', a.attributes -> 'properties' -> 'email',
									'properties', nullif((a.attributes -> 'properties') - 'email', '{}'))
			ELSE jsonb_build_object('properties', nullif(a.attributes -> 'properties', '{}')) END
		ORDER BY r.name COLLATE "C"), '[]')
	FROM deltashare.select_rows(server, NULL::deltashare.recipient) r, deltashare.config_recipient(r) AS a(attributes)
$$;

COMMENT ON FUNCTION deltashare.export_recipients(text) IS
'Internal: the recipients that stand, as a configuration declares them';

CREATE FUNCTION deltashare.export_grants(shares jsonb, recipients jsonb, server text)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('share_name', g.share_name, 'recipient_name', g.recipient_name,
												 'permissions', '["SELECT"]'::jsonb)
							  ORDER BY g.share_name COLLATE "C", g.recipient_name COLLATE "C"), '[]')
	FROM deltashare.select_rows(server, NULL::deltashare.share_grant, jsonb_build_object('share_name',
			(SELECT coalesce(jsonb_agg(s -> 'name'), '[]') FROM jsonb_array_elements(shares) s))) g
	WHERE g.privilege = 'SELECT' AND
		lower(g.recipient_name) IN (SELECT lower(r ->> 'name') FROM jsonb_array_elements(recipients) r)
$$;

COMMENT ON FUNCTION deltashare.export_grants(jsonb, jsonb, text) IS
'Internal: the grants that stand, as a configuration declares them';

CREATE FUNCTION deltashare.export_config(server text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	shares jsonb;
	recipients jsonb;
BEGIN
	server := deltashare.server_name(server);
	shares := deltashare.export_shares(server);
	recipients := deltashare.export_recipients(server);
	RETURN deltashare.config_text(jsonb_build_object('shares', shares, 'recipients', recipients,
		'grants', deltashare.export_grants(shares, recipients, server)));
END
$$;

COMMENT ON FUNCTION deltashare.export_config(text) IS
'What stands, as YAML of which plan_config() says that it does; without tokens, activation links and contents of notebooks';
