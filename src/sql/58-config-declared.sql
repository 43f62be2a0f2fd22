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
COMMENT ON COLUMN deltashare.config_action.ordinal IS 'Place of the action, from 1: they are taken in this order; NULL of no change';
COMMENT ON COLUMN deltashare.config_action.action IS 'create, update, replace (an object is removed and added again), delete, no change';
COMMENT ON COLUMN deltashare.config_action.kind IS 'share, object, recipient or grant';
COMMENT ON COLUMN deltashare.config_action.share_name IS 'Share: the thing itself, or the one that it belongs to';
COMMENT ON COLUMN deltashare.config_action.object_name IS 'Full name of an object';
COMMENT ON COLUMN deltashare.config_action.recipient_name IS 'Recipient: the thing itself, or the one that the grant is for';
COMMENT ON COLUMN deltashare.config_action.old IS 'What stands: of an update the attributes that change, of a deletion all; names are those of columns';
COMMENT ON COLUMN deltashare.config_action.new IS 'What is declared: of an update the attributes that change, otherwise all';
COMMENT ON COLUMN deltashare.config_action."position" IS 'Where that is declared; NULL of a deletion';

-- JSON is YAML but for a few characters, so it has to be told from it.
CREATE FUNCTION deltashare.config_is_json(config text)
RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF config !~ '^\uFEFF?\s*\{' THEN
		RETURN false;
	END IF;
	RETURN substr(config, strpos(config, '{'))::json IS NOT NULL;
EXCEPTION
	WHEN data_exception OR statement_too_complex THEN
		RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.config_is_json(text) IS
'Internal: is this configuration JSON, rather than YAML?';

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

-- Without a zone a time is one of UTC, wherever it is read.
CREATE FUNCTION deltashare.config_read_time(value text)
RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC'
AS $$
BEGIN
	RETURN value::timestamptz;
END
$$;

COMMENT ON FUNCTION deltashare.config_read_time(text) IS
'Internal: a time in a configuration';

CREATE FUNCTION deltashare.config_duplicates(declared jsonb, is_local boolean)
RETURNS TABLE (item jsonb, message text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH objects AS MATERIALIZED (
		SELECT o.object AS item, o.share_name, o.object ->> 'name' AS name, lower(o.object ->> 'shared_as') AS alias,
			   (deltashare.config_object_keys(o.object ->> 'name', is_local))[1] AS key
		FROM deltashare.config_objects(declared) o
		WHERE o.share_name IS NOT NULL
	), named AS (
		SELECT s AS item, format('share "%s"', s ->> 'name') AS name, s ->> 'name' AS key, NULL AS share_name
		FROM deltashare.config_items(declared, 'shares') s
		UNION ALL
		SELECT r, format('recipient "%s"', r ->> 'name'), r ->> 'name', NULL
		FROM deltashare.config_items(declared, 'recipients') r
		UNION ALL
		SELECT g, format('grant of share "%s" to recipient "%s"', g ->> 'share_name', g ->> 'recipient_name'),
			   g ->> 'recipient_name', g ->> 'share_name'
		FROM deltashare.config_items(declared, 'grants') g
		WHERE g ->> 'share_name' IS NOT NULL
		UNION ALL
		SELECT o.item, format('object "%s" in share "%s"', o.name, o.share_name), o.key, o.share_name
		FROM objects o
		UNION ALL
		SELECT o.item, format('alias "%s" in share "%s"', o.alias, o.share_name), o.alias, o.share_name
		FROM objects o
	), placed AS (
		SELECT n.item, n.name, row_number() OVER same AS n, first_value(n.item -> 'line') OVER same AS first
		FROM named n
		WHERE n.key IS NOT NULL
		WINDOW same AS (PARTITION BY split_part(n.name, ' ', 1), n.share_name, n.key
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
		  -- the parser counts more than it keeps: enough for one message
		  UNION ALL
		  SELECT q.item, q.message
		  FROM (SELECT * FROM deltashare.config_duplicates(declared, is_local)
				UNION ALL SELECT * FROM deltashare.config_contradictions(declared, is_local)
				UNION ALL SELECT * FROM deltashare.config_bad_values(declared)) q
		  WHERE (declared -> 'problem_count')::int = jsonb_array_length(declared -> 'problems')) AS p(item, message);
	total := greatest(total, (declared -> 'problem_count')::bigint);
	PERFORM deltashare.raise_config_problems(problems, total);
	RETURN declared;
END
$$;

COMMENT ON FUNCTION deltashare.declared_config(text, boolean) IS
'Internal: what a configuration declares; an error that tells all that is wrong with it';
