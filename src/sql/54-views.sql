--
-- Verbs: views that show a tenant its rows, or mask columns, and are shared.
--

-- The parts of a name: catalog, schema and object.
CREATE FUNCTION deltashare.object_path(name text, is_local boolean)
RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	path text[];
BEGIN
	IF is_local THEN
		RETURN current_database()::text || deltashare.local_parse_object(name, 'VIEW');
	END IF;
	path := string_to_array(lower(name), '.');
	IF cardinality(path) IS DISTINCT FROM 3 THEN
		RAISE invalid_name USING
			MESSAGE = format('object name "%s" has the wrong number of parts', left(name, 100)),
			HINT = 'Give catalog.schema.object.';
	END IF;
	IF EXISTS (SELECT FROM unnest(path) part WHERE length(part) > 255) THEN
		RAISE name_too_long USING
			MESSAGE = format('object name "%s..." is too long', left(name, 100)),
			DETAIL = 'Each part has up to 255 characters.';
	END IF;
	IF EXISTS (SELECT FROM unnest(path) part WHERE part = '' OR part ~ '[[:cntrl:] /]') THEN
		RAISE invalid_name USING
			MESSAGE = format('object name "%s" is not valid', left(name, 100)),
			DETAIL = 'A part must not be empty, and not contain dot, space, slash or control characters.';
	END IF;
	RETURN path;
END
$$;

COMMENT ON FUNCTION deltashare.object_path(text, boolean) IS
'Internal: catalog, schema and name of the object that a user named';

-- A view is made where its source is, unless it is named with a schema.
CREATE FUNCTION deltashare.view_path(view_name text, source_path text[], suffix text, is_local boolean)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN view_name IS NULL AND is_local THEN source_path[:2] || (source_path[3] || suffix)
		WHEN view_name IS NULL THEN deltashare.object_path(array_to_string(source_path, '.') || suffix, false)
		WHEN NOT is_local AND strpos(view_name, '.') = 0 THEN
			deltashare.object_path(array_to_string(source_path[:2] || view_name, '.'), false)
		WHEN is_local AND cardinality(parse_ident(view_name)) = 1 THEN source_path[:2] || parse_ident(view_name)
		ELSE deltashare.object_path(view_name, is_local) END
$$;

COMMENT ON FUNCTION deltashare.view_path(text, text[], text, boolean) IS
'Internal: catalog, schema and name of a view to be made';

CREATE FUNCTION deltashare.full_name(path text[], is_local boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN is_local THEN deltashare.local_full_name(path[2:]) ELSE array_to_string(path, '.') END
$$;

COMMENT ON FUNCTION deltashare.full_name(text[], boolean) IS
'Internal: name under which an object is shared';

CREATE FUNCTION deltashare.sql_name(path text[], is_local boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(deltashare.quote_name(p.part, is_local), '.' ORDER BY p.n)
	FROM unnest(CASE WHEN is_local THEN path[2:] ELSE path END) WITH ORDINALITY AS p(part, n)
$$;

COMMENT ON FUNCTION deltashare.sql_name(text[], boolean) IS
'Internal: name of an object in the SQL of either engine';

-- Columns of the source: [{"name", "data_type", "kind", "comment", "mask", "known"}, ...]
-- Whether a column is masked is not known where somebody else's view is read.
CREATE FUNCTION deltashare.source_columns(path text[], server text, is_local boolean)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	full_name text := deltashare.full_name(path, is_local);
	result jsonb;
	unreadable text;
BEGIN
	SELECT jsonb_agg(jsonb_build_object(
			   'name', c.column_name,
			   'data_type', c.data_type,
			   'kind', CASE WHEN is_local THEN deltashare.local_column_kind(c.data_type)
							ELSE deltashare.column_kind(c.data_type, false) END,
			   'comment', c.comment,
			   'mask', v.masks ->> c.column_name,
			   'known', c.mask IS NULL AND (v.masks ->> c.column_name IS NOT NULL OR
					CASE WHEN v.masks IS NULL THEN c.object_type IN ('TABLE', 'FOREIGN_TABLE')
						ELSE NOT v.masks ? c.column_name END)) ORDER BY c.position)
		INTO result
	FROM deltashare.select_rows(server, NULL::deltashare.object_column,
								jsonb_build_object('object_name', full_name)) c,
		 deltashare.masks_of_view(c.object_properties) v(masks);
	IF result IS NULL THEN
		RAISE undefined_table USING
			MESSAGE = format('table or view "%s" does not exist, or has no columns', full_name);
	END IF;

	-- the platform looks itself; PostgreSQL only when the view is read
	IF is_local THEN
		SELECT c ->> 'name' INTO unreadable
		FROM jsonb_array_elements(result) c,
			 deltashare.local_find_object(path[2:], 'TABLE') o
		WHERE NOT has_column_privilege(o.object_id, c ->> 'name', 'SELECT')
		LIMIT 1;
		IF FOUND THEN
			RAISE insufficient_privilege USING
				MESSAGE = format('permission denied for "%s"', full_name),
				DETAIL = format('A view is read with the rights of its owner, who may not read column "%s".', unreadable);
		END IF;
	END IF;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.source_columns(text[], text, boolean) IS
'Internal: columns of the table or view that a new view is to read';

-- The column that a user named; NULL if there is none.  On the platform names
-- of columns have no case.
CREATE FUNCTION deltashare.find_column(columns jsonb, name text, is_local boolean)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c FROM jsonb_array_elements(columns) c
	WHERE c ->> 'name' = name OR NOT is_local AND lower(c ->> 'name') = lower(name)
	LIMIT 1
$$;

COMMENT ON FUNCTION deltashare.find_column(jsonb, text, boolean) IS
'Internal: a column of a source by its name';

CREATE FUNCTION deltashare.column_names(columns jsonb)
RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(c.value ->> 'name' ORDER BY c.n) FROM jsonb_array_elements(columns) WITH ORDINALITY AS c(value, n)
$$;

COMMENT ON FUNCTION deltashare.column_names(jsonb) IS
'Internal: names of the columns of a source';

-- ============================================================
-- What both kinds of views share
-- ============================================================

-- SELECT over all columns, some of them replaced: {"column": "expression"}.
-- Without a condition that is '', for NULL there is no view.
CREATE FUNCTION deltashare.view_definition(
	path text[], columns jsonb, expressions jsonb, condition text, is_local boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'SELECT ' || string_agg(
			   CASE WHEN expressions ? (c.value ->> 'name') THEN format('%s AS ', expressions ->> (c.value ->> 'name')) ELSE '' END ||
			   deltashare.quote_name(c.value ->> 'name', is_local), ', ' ORDER BY c.n) ||
		   ' FROM ' || deltashare.sql_name(path, is_local) || condition
	FROM jsonb_array_elements(columns) WITH ORDINALITY AS c(value, n)
$$;

COMMENT ON FUNCTION deltashare.view_definition(text[], jsonb, jsonb, text, boolean) IS
'Internal: the SELECT of a view';

-- What is masked in a view: {"column": "mask"}, by itself or by its source; null
-- where that is not known.
CREATE FUNCTION deltashare.view_masks(columns jsonb, masks jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(c ->> 'name', m.mask)
					FILTER (WHERE m.mask IS NOT NULL OR (c -> 'known') IS DISTINCT FROM 'true'), '{}')
	FROM jsonb_array_elements(columns) c,
		 coalesce(masks -> (c ->> 'name') ->> 'mask', c ->> 'mask') m(mask)
$$;

COMMENT ON FUNCTION deltashare.view_masks(jsonb, jsonb) IS
'Internal: which columns of a view are masked, and how';

-- Columns that pass keep their comments, and so the tags in them, as those of a
-- view on the platform do.
CREATE FUNCTION deltashare.local_comment_columns(path text[], columns jsonb, expressions jsonb)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	c jsonb;
BEGIN
	FOR c IN SELECT * FROM jsonb_array_elements(columns)
	LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', deltashare.sql_name(path, true), c ->> 'name',
			CASE WHEN NOT expressions ? (c ->> 'name') THEN c ->> 'comment' END);
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.local_comment_columns(text[], jsonb, jsonb) IS
'Internal: comments on the columns of a local view, those of its source';

-- Make sure that the view is in the share, which is made if it is not there.
CREATE FUNCTION deltashare.share_view(
	share text,
	share_comment text,
	view text,
	alias text,
	comment text,
	or_replace boolean,
	server text)
RETURNS deltashare.share_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result deltashare.share_object;
BEGIN
	IF (deltashare.find_share(share, server)).name IS NULL THEN
		PERFORM deltashare.create_share(share, comment => share_comment, server => server);
	ELSIF or_replace THEN
		result := deltashare.find_object(share, view, 'VIEW', server);
	END IF;

	IF result.name IS NULL THEN
		RETURN deltashare.add_to_share(share, view, type => 'VIEW', alias => alias, comment => comment, server => server);
	END IF;
	IF lower(alias) <> lower(result.shared_as) THEN
		RAISE duplicate_object USING
			MESSAGE = format('view "%s" is already in share "%s" as "%s"', result.name, result.share_name, result.shared_as),
			HINT = 'An alias cannot be changed: remove the view from the share first.';
	END IF;
	RETURN deltashare.alter_share_object(share, result.name, comment => coalesce(comment, ''), server => server);
END
$$;

COMMENT ON FUNCTION deltashare.share_view(text, text, text, text, text, boolean, text) IS
'Internal: put a view into a share';

-- ============================================================
-- Rows of a tenant
-- ============================================================

-- What stands for a tenant in the name of its view
CREATE FUNCTION deltashare.tenant_name(tenant_id text)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT regexp_replace(lower(tenant_id), '[^a-z0-9_]', '_', 'g')
$$;

COMMENT ON FUNCTION deltashare.tenant_name(text) IS
'Internal: a tenant as a part of the name of its view';

CREATE FUNCTION deltashare.create_tenant_view(
	source text,
	tenant_column text,
	tenant_id text DEFAULT NULL,
	share text DEFAULT NULL,
	view_name text DEFAULT NULL,
	recipient_property text DEFAULT NULL,
	alias text DEFAULT NULL,
	comment text DEFAULT NULL,
	or_replace boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS deltashare.share_object
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_local boolean;
	path text[];
	columns jsonb;
	tenant jsonb;
	suggestion text;
	condition text;
	view_path text[];
BEGIN
	or_replace := coalesce(or_replace, false);
	comment := nullif(comment, '');
	IF source IS NULL OR tenant_column IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'source and tenant column must not be null';
	END IF;
	IF (tenant_id IS NULL) = (recipient_property IS NULL) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'exactly one of tenant_id and recipient_property must be given',
			HINT = 'Give a tenant for a view of its own, or a property of recipients for one view that shows each its rows.';
	END IF;
	IF '' IN (tenant_id, recipient_property) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('%s must not be empty', CASE tenant_id WHEN '' THEN 'tenant_id' ELSE 'recipient_property' END);
	END IF;
	IF share IS NULL AND tenant_id IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'share must be given',
			DETAIL = 'A view for many recipients has no share that would go by its name.';
	END IF;
	-- two tenants could have the same name there
	IF or_replace AND view_name IS NULL AND tenant_id <> deltashare.tenant_name(tenant_id) THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'view_name must be given to replace the view of this tenant',
			DETAIL = format('In a name it would be "%s", as other tenants may be, too.', left(deltashare.tenant_name(tenant_id), 100));
	END IF;

	server := deltashare.server_name(server);
	is_local := deltashare.server_is_local(server);
	path := deltashare.object_path(source, is_local);
	view_path := deltashare.view_path(view_name, path,
		coalesce('_' || deltashare.tenant_name(tenant_id) || '_view', '_by_recipient_view'), is_local);
	columns := deltashare.source_columns(path, server, is_local);

	tenant := deltashare.find_column(columns, tenant_column, is_local);
	IF tenant IS NULL THEN
		suggestion := deltashare.suggest_name(tenant_column, deltashare.column_names(columns));
		RAISE undefined_column USING
			MESSAGE = format('column "%s" of "%s" does not exist', tenant_column, deltashare.full_name(path, is_local)),
			HINT = upper(left(suggestion, 1)) || substr(suggestion, 2);
	END IF;
	IF tenant ->> 'kind' NOT IN ('text', 'char', 'integer', 'numeric', 'boolean', 'date', 'uuid', 'enum') THEN
		RAISE datatype_mismatch USING
			MESSAGE = format('column "%s" cannot tell tenants apart', tenant ->> 'name'),
			DETAIL = format('Its type is %s.', tenant ->> 'data_type'),
			HINT = 'Tenants are texts, numbers, dates, booleans, UUIDs or enums.';
	END IF;
	IF tenant_id IS NULL THEN
		condition := ' WHERE ' || deltashare.recipient_condition(tenant ->> 'name', tenant ->> 'kind', recipient_property, is_local);
	ELSE
		condition := ' WHERE ' || CASE tenant ->> 'kind'
			WHEN 'char' THEN deltashare.text_expression(tenant ->> 'name', 'char', is_local)
			ELSE deltashare.quote_name(tenant ->> 'name', is_local) END
			|| ' = ' || deltashare.tenant_literal(tenant_id, tenant ->> 'name', tenant ->> 'data_type', tenant ->> 'kind', is_local);
	END IF;

	PERFORM deltashare.make_view(server, view_path,
		deltashare.view_definition(path, columns, '{}', condition, is_local), comment,
		deltashare.view_masks(columns, '{}'), or_replace);
	IF is_local THEN
		PERFORM deltashare.local_comment_columns(view_path, columns, '{}');
	END IF;
	RETURN deltashare.share_view(coalesce(share, tenant_id || '_share'), 'Data share for ' || tenant_id,
		deltashare.full_name(view_path, is_local), alias, comment, or_replace, server);
END
$$;

COMMENT ON FUNCTION deltashare.create_tenant_view(text, text, text, text, text, text, text, text, boolean, text) IS
'Make a view of the rows whose tenant_column is tenant_id, or is the property recipient_property of the recipient who reads, and share it (in share <tenant_id>_share unless named, which is made if it is not there)';

-- ============================================================
-- Masked columns
-- ============================================================

-- What is wrong with a mask, as sentences; none: nothing.
CREATE FUNCTION deltashare.check_mask(column_name text, mask jsonb, columns jsonb, is_local boolean)
RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_column jsonb := deltashare.find_column(columns, column_name, is_local);
	kind record;
	options text[];
	option record;
BEGIN
	IF found_column IS NULL THEN
		RETURN NEXT format('There is no column "%s": %s', column_name,
						   deltashare.suggest_name(column_name, deltashare.column_names(columns)));
	END IF;
	SELECT * INTO kind FROM deltashare.mask_kinds() k WHERE k.mask = check_mask.mask ->> 'mask';
	IF NOT FOUND THEN
		RETURN NEXT format('The mask of column "%s" cannot be %s: %s', column_name,
						   coalesce(nullif(mask -> 'mask', 'null')::text, 'nothing'),
						   deltashare.suggest_name(coalesce(mask ->> 'mask', ''),
												   ARRAY(SELECT k.mask FROM deltashare.mask_kinds() k)));
		RETURN;
	END IF;
	IF NOT found_column ->> 'kind' = ANY (kind.kinds) THEN
		RETURN NEXT format('Column "%s" of type %s cannot have the mask "%s".', column_name, found_column ->> 'data_type', kind.mask);
	END IF;

	FOR option IN SELECT o.key, o.value FROM jsonb_each(mask) o WHERE o.key <> 'mask'
	LOOP
		IF option.key <> ALL (kind.options) THEN
			RETURN NEXT format('Mask "%s" of column "%s" has no option "%s": %s', kind.mask, column_name, option.key,
				CASE kind.options WHEN '{}' THEN 'it has none.' ELSE deltashare.suggest_name(option.key, kind.options) END);
		ELSIF option.key LIKE 'keep\_%' AND option.value::text !~ '^\d{1,4}$' THEN
			RETURN NEXT format('Option "%s" of column "%s" is not a number of characters.', option.key, column_name);
		ELSIF option.key NOT LIKE 'keep\_%' AND jsonb_typeof(option.value) <> 'string' THEN
			RETURN NEXT format('Option "%s" of column "%s" is not a text.', option.key, column_name);
		ELSIF option.key = 'to' THEN
			options := CASE found_column ->> 'kind' WHEN 'date' THEN '{year,month}'::text[] ELSE '{year,month,day,hour}' END;
			IF option.value #>> '{}' <> ALL (options) THEN
				RETURN NEXT format('Column "%s" of type %s cannot be truncated to %s: %s', column_name, found_column ->> 'data_type',
								   option.value, deltashare.suggest_name(option.value #>> '{}', options));
			END IF;
		END IF;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.check_mask(text, jsonb, jsonb, boolean) IS
'Internal: what is wrong with the mask of a column';

-- {"column": {"mask": ...}}, with the names that the columns have; an error that
-- tells all that is wrong.
CREATE FUNCTION deltashare.check_masks(masks jsonb, columns jsonb, source text, is_local boolean)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	result jsonb;
	problems text[];
BEGIN
	IF jsonb_typeof(masks) IS DISTINCT FROM 'object' OR masks = '{}' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'masks must be an object of columns and their masks',
			HINT = 'For example: {"email": "hash", "phone": {"mask": "partial", "keep_last": 4}}.';
	END IF;

	masks := (SELECT jsonb_object_agg(m.key, CASE jsonb_typeof(m.value) WHEN 'object' THEN m.value
		ELSE jsonb_build_object('mask', m.value) END) FROM jsonb_each(masks) m);
	problems := ARRAY(
		SELECT c.problem FROM jsonb_each(masks) m,
			deltashare.check_mask(m.key, m.value, columns, is_local) WITH ORDINALITY AS c(problem, n)
		ORDER BY m.key COLLATE "C", c.n);
	problems := problems || ARRAY(
		SELECT format('Column "%s" is named twice.', min(m.key)) FROM jsonb_object_keys(masks) AS m(key)
		GROUP BY deltashare.find_column(columns, m.key, is_local) HAVING count(*) > 1 AND bool_and(
			deltashare.find_column(columns, m.key, is_local) IS NOT NULL));
	IF problems <> '{}' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('masks do not fit "%s"', source),
			DETAIL = array_to_string(problems, E'\n'),
			HINT = format('Masks are: %s.', (SELECT string_agg(k.mask, ', ') FROM deltashare.mask_kinds() k));
	END IF;
	SELECT jsonb_object_agg(deltashare.find_column(columns, m.key, is_local) ->> 'name', m.value) INTO result
	FROM jsonb_each(masks) m;
	RETURN result;
END
$$;

COMMENT ON FUNCTION deltashare.check_masks(jsonb, jsonb, text, boolean) IS
'Internal: masks as objects, by the names of columns; an error that tells all that is wrong with them';

CREATE FUNCTION deltashare.create_masked_view(
	source text,
	masks jsonb,
	INOUT view_name text DEFAULT NULL,
	share text DEFAULT NULL,
	alias text DEFAULT NULL,
	comment text DEFAULT NULL,
	or_replace boolean DEFAULT false,
	server text DEFAULT NULL,
	OUT share_name text,
	OUT masked_columns text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_local boolean;
	path text[];
	columns jsonb;
	expressions jsonb;
	view_path text[];
BEGIN
	or_replace := coalesce(or_replace, false);
	comment := nullif(comment, '');
	IF source IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'source must not be null';
	END IF;
	IF share IS NULL AND alias IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'an alias without a share has no meaning';
	END IF;

	server := deltashare.server_name(server);
	is_local := deltashare.server_is_local(server);
	path := deltashare.object_path(source, is_local);
	view_path := deltashare.view_path(view_name, path, '_masked', is_local);
	columns := deltashare.source_columns(path, server, is_local);
	masks := deltashare.check_masks(masks, columns, deltashare.full_name(path, is_local), is_local);
	SELECT jsonb_object_agg(c ->> 'name', deltashare.mask_expression(masks -> (c ->> 'name'), c ->> 'name', c ->> 'kind', is_local))
		INTO expressions
	FROM jsonb_array_elements(columns) c
	WHERE masks ? (c ->> 'name');

	PERFORM deltashare.make_view(server, view_path,
		deltashare.view_definition(path, columns, expressions, '', is_local), comment,
		deltashare.view_masks(columns, masks), or_replace);
	IF is_local THEN
		PERFORM deltashare.local_comment_columns(view_path, columns, expressions);
	END IF;
	view_name := deltashare.full_name(view_path, is_local);
	masked_columns := ARRAY(SELECT c.name FROM unnest(deltashare.column_names(columns)) WITH ORDINALITY AS c(name, n)
							WHERE masks ? c.name ORDER BY c.n);
	IF share IS NOT NULL THEN
		share_name := (deltashare.share_view(share, NULL, view_name, alias, comment, or_replace, server)).share_name;
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.create_masked_view(text, jsonb, text, text, text, text, boolean, text) IS
'Make a view of a table with some columns masked, for example {"email": "hash", "name": "redact", "phone": {"mask": "partial", "keep_last": 4}, "ssn": "null", "born": {"mask": "truncate", "to": "year"}}; put it into a share if one is named';

-- ============================================================
-- The way back
-- ============================================================

CREATE FUNCTION deltashare.drop_view(
	view text,
	if_exists boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_local boolean;
	path text[];
BEGIN
	IF view IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'view must not be null';
	END IF;
	server := deltashare.server_name(server);
	is_local := deltashare.server_is_local(server);
	path := deltashare.object_path(view, is_local);
	IF deltashare.remove_view(server, path) THEN
		RETURN true;
	END IF;
	PERFORM deltashare.skip_or_fail(if_exists, format('view "%s" does not exist', deltashare.full_name(path, is_local)));
	RETURN false;
END
$$;

COMMENT ON FUNCTION deltashare.drop_view(text, boolean, text) IS
'Drop a view; true if it was there. Remove it from its shares first: they would keep an entry of which nothing can be read';
