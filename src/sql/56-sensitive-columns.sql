--
-- Columns of shared objects that look personal.
--

-- Rules are read with the owner's rights: whoever may use a server may look at
-- its columns.  Each rule goes over all texts, so that its regular expression
-- is compiled once.
CREATE FUNCTION deltashare.match_sensitive_rules(texts text[], kind text)
RETURNS TABLE (words text, category text, found text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	rule record;
BEGIN
	FOR rule IN
		SELECT r.category, deltashare.whole_words(r.pattern) AS pattern, deltashare.whole_words(r.unless) AS unless
		FROM deltashare.sensitive_column_rules r
		WHERE r.enabled AND r.applies_to = kind
		ORDER BY r.category, r.pattern
	LOOP
		RETURN QUERY
			SELECT t, rule.category, substring(t FROM rule.pattern)
			FROM unnest(texts) t
			WHERE t ~ rule.pattern AND coalesce(t !~ rule.unless, true);
	END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION deltashare.match_sensitive_rules(text[], text) TO PUBLIC;
COMMENT ON FUNCTION deltashare.match_sensitive_rules(text[], text) IS
'Internal: the rules that apply to words of names or tags, and to which part';

-- What create_masked_view() left at a view.  A text that somebody else wrote may
-- be anything: then nothing is known.
CREATE FUNCTION deltashare.masks_of_view(object_properties jsonb)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	masks jsonb;
BEGIN
	masks := object_properties ->> 'deltashare.masks';
	RETURN CASE jsonb_typeof(masks) WHEN 'object' THEN masks END;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END
$$;

COMMENT ON FUNCTION deltashare.masks_of_view(jsonb) IS
'Internal: mask by column of a view that create_masked_view() made; NULL of any other object';

-- Tags in a comment: #pii, #pii:email, #pii=email.
CREATE FUNCTION deltashare.tags_in_comment(comment text, OUT tag_name text, OUT tag_value text)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m[1], m[2]
	FROM regexp_matches(comment, '(?:^|[\s,;(])#([[:alpha:]]\w*(?:[.-]\w+)*)(?:[:=](\w+(?:[.-]\w+)*))?', 'g') m
$$;

COMMENT ON FUNCTION deltashare.tags_in_comment(text) IS
'Internal: the tags that stand in the comment on a column, written #tag or #tag:value';

-- Of several tables those that may not be seen have no rows, but asking for one
-- is an error: worth its reason where that is all there is to ask for.
CREATE FUNCTION deltashare.columns_by_key(key text, names text[], alone boolean, server text)
RETURNS SETOF deltashare.object_column
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT c.* FROM deltashare.select_rows(server, NULL::deltashare.object_column,
														jsonb_build_object(key, names)) c;
EXCEPTION WHEN insufficient_privilege THEN
	IF alone THEN
		RAISE;
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.columns_by_key(text, text[], boolean, text) IS
'Internal: columns of some objects, or of all in some schemas';

-- Columns of these objects: one request for each, of a schema one for all of
-- it.  What has columns but shows none is named.
CREATE FUNCTION deltashare.columns_of_objects(objects deltashare.share_object[], server text)
RETURNS SETOF deltashare.object_column
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	names text[] := ARRAY(SELECT DISTINCT o.name FROM unnest(objects) o WHERE coalesce(o.data_object_type, 'TABLE') NOT IN
		('SCHEMA', 'VOLUME', 'MODEL', 'FUNCTION', 'FEATURE_SPEC', 'NOTEBOOK_FILE'));
	schemas text[] := ARRAY(SELECT DISTINCT o.name FROM unnest(objects) o WHERE o.data_object_type = 'SCHEMA');
	alone boolean := cardinality(names) + cardinality(schemas) = 1;
	columns deltashare.object_column[];
	missing text[];
BEGIN
	columns := ARRAY(SELECT c FROM deltashare.columns_by_key('object_name', names, alone, server) c)
		|| ARRAY(SELECT c FROM deltashare.columns_by_key('schema_name', schemas, alone, server) c);
	missing := ARRAY(
		SELECT n.name FROM unnest(names) n(name)
		EXCEPT SELECT c.object_name FROM unnest(columns) c
		ORDER BY 1)
		|| ARRAY(
		SELECT n.name FROM unnest(schemas) n(name)
		EXCEPT SELECT c.schema_name FROM unnest(columns) c
		ORDER BY 1);
	IF missing <> '{}' THEN
		RAISE WARNING USING
			MESSAGE = format('no columns were found of %s', array_to_string(missing[:5], ', '))
				|| CASE WHEN cardinality(missing) > 5 THEN format(' and %s more', cardinality(missing) - 5) ELSE '' END,
			DETAIL = 'They are gone, have no columns, or may not be seen.';
	END IF;
	-- a table may also be in a schema that is shared
	RETURN QUERY SELECT DISTINCT ON (c.object_name, c."position", c.column_name) c.* FROM unnest(columns) c;
END
$$;

COMMENT ON FUNCTION deltashare.columns_of_objects(deltashare.share_object[], text) IS
'Internal: columns of shared objects and of all tables of shared schemas';

-- Tags are an extra: that they cannot be read is said, and names are looked at.
CREATE FUNCTION deltashare.tags_of_columns(columns deltashare.object_column[], server text)
RETURNS SETOF deltashare.column_tag
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	tags deltashare.column_tag[];
	detail text;
BEGIN
	BEGIN
		tags := ARRAY(SELECT t FROM deltashare.select_rows(server, NULL::deltashare.column_tag, jsonb_build_object(
			'object_name', ARRAY(SELECT DISTINCT c.object_name FROM unnest(columns) c))) t);
	EXCEPTION
		WHEN fdw_option_name_not_found THEN
			RAISE NOTICE 'tags of columns were not looked at: server "%" has no warehouse', server;
		WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
			RAISE WARNING USING
				MESSAGE = format('tags of columns were not looked at: %s', SQLERRM),
				DETAIL = coalesce(nullif(detail, ''), format('SQLSTATE %s.', SQLSTATE));
	END;
	RETURN QUERY SELECT t.* FROM unnest(tags) t
		UNION ALL
		SELECT c.object_name, c.column_name, t.tag_name, t.tag_value
		FROM unnest(columns) c, deltashare.tags_in_comment(c.comment) t;
END
$$;

COMMENT ON FUNCTION deltashare.tags_of_columns(deltashare.object_column[], text) IS
'Internal: tags of columns, those in their comments included';

CREATE FUNCTION deltashare.sensitive_columns_of(objects deltashare.share_object[], server text)
RETURNS TABLE (
	share_name text,
	object_name text,
	column_name text,
	data_type text,
	category text,
	matched_by text,
	masked boolean,
	mask text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	columns deltashare.object_column[] := ARRAY(SELECT c FROM deltashare.columns_of_objects(objects, server) c);
	tags deltashare.column_tag[];
BEGIN
	IF columns = '{}' THEN
		RETURN;
	END IF;
	tags := ARRAY(SELECT t FROM deltashare.tags_of_columns(columns, server) t);

	RETURN QUERY
	WITH col AS MATERIALIZED (
		SELECT c.*, deltashare.name_words(c.column_name) AS words FROM unnest(columns) c
	),
	-- a tag may also say no
	tag AS MATERIALIZED (
		SELECT t.*, deltashare.name_words(concat_ws('_', t.tag_name, t.tag_value)) AS words
		FROM unnest(tags) t
		WHERE lower(coalesce(t.tag_value, '')) NOT IN ('false', 'no', 'none', 'n', 'off', '0', 'public')
	),
	found AS (
		SELECT c.object_name, c.column_name, m.category, 'name: ' || m.found AS matched_by
		FROM deltashare.match_sensitive_rules(ARRAY(SELECT DISTINCT c.words FROM col c), 'name') m
			JOIN col c ON c.words = m.words
		UNION
		SELECT t.object_name, t.column_name, m.category, 'tag: ' || concat_ws(' = ', t.tag_name, nullif(t.tag_value, ''))
		FROM deltashare.match_sensitive_rules(ARRAY(SELECT DISTINCT t.words FROM tag t), 'tag') m
			JOIN tag t ON t.words = m.words
	),
	-- a mask of the platform, one of a view that we made (what is there but no mask
	-- is not known), or none, unless it is a query
	sensitive AS (
		SELECT f.*, c.schema_name, c.data_type, c."position",
			CASE WHEN c.mask IS NOT NULL THEN true
				WHEN jsonb_typeof(v.masks -> c.column_name) IN ('string', 'object') THEN true
				WHEN v.masks IS NOT NULL AND NOT v.masks ? c.column_name THEN false
				WHEN c.object_type IN ('TABLE', 'FOREIGN_TABLE') THEN false END AS masked,
			CASE WHEN c.mask IS NOT NULL THEN c.mask
				WHEN jsonb_typeof(v.masks -> c.column_name) = 'object' THEN v.masks -> c.column_name ->> 'mask'
				ELSE v.masks ->> c.column_name END AS mask
		FROM found f
			JOIN col c ON c.object_name = f.object_name AND c.column_name = f.column_name,
			deltashare.masks_of_view(c.object_properties) v(masks)
	),
	shared AS (
		SELECT o.share_name, s.* FROM unnest(objects) o JOIN sensitive s ON s.object_name = o.name
		WHERE o.data_object_type IS DISTINCT FROM 'SCHEMA'
		UNION
		SELECT o.share_name, s.* FROM unnest(objects) o JOIN sensitive s ON s.schema_name = o.name
		WHERE o.data_object_type = 'SCHEMA'
	)
	SELECT s.share_name, s.object_name, s.column_name, s.data_type, s.category, s.matched_by, s.masked, s.mask
	FROM shared s
	ORDER BY s.share_name, s.object_name, s."position", s.category, s.matched_by;
END
$$;

COMMENT ON FUNCTION deltashare.sensitive_columns_of(deltashare.share_object[], text) IS
'Internal: sensitive_columns() of objects that have been read';

CREATE FUNCTION deltashare.sensitive_columns(share text DEFAULT NULL, server text DEFAULT NULL)
RETURNS TABLE (
	share_name text,
	object_name text,
	column_name text,
	data_type text,
	category text,
	matched_by text,
	masked boolean,
	mask text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	server_read text := deltashare.server_name(server);
	objects deltashare.share_object[] := ARRAY(
		SELECT o FROM deltashare.select_rows(server_read, NULL::deltashare.share_object,
			jsonb_strip_nulls(jsonb_build_object('share_name', lower(share)))) o);
BEGIN
	-- nothing found in a share that is misspelt would look well
	IF objects = '{}' AND share IS NOT NULL AND (deltashare.find_share(share, server_read)).name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('share "%s" does not exist', lower(share));
	END IF;
	RETURN QUERY SELECT s.* FROM deltashare.sensitive_columns_of(objects, server_read) s;
END
$$;

COMMENT ON FUNCTION deltashare.sensitive_columns(text, text) IS
'Columns of the objects of a share (NULL: of all) that look personal, one row per column and rule of sensitive_column_rules. matched_by: the words of the name, or the tag. masked: true where a mask of create_masked_view() or of the platform stands before the column, and which one is in mask; false where none does; NULL of other views, whose query may do anything. Tags are those of the platform, read through a warehouse (a NOTICE says where there is none), security labels of the local server, and words like #pii or #pii:email in the comment on a column. Objects that show no columns are named in a WARNING';
