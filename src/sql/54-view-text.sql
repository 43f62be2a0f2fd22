--
-- The SQL of views that filter or mask, for both engines.
--
-- What stands side by side here gives the same values on both sides.  Types are
-- those that have the same text on both; a time is cut in UTC, not in the zone
-- of whoever reads.
--

-- What a column holds: text, char, integer, numeric, boolean, date, timestamp
-- (without a zone), timestamptz, uuid; other: no mask but null fits.
CREATE FUNCTION deltashare.column_kind(data_type text, is_local boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(k.kind, 'other')
	FROM regexp_replace(CASE WHEN is_local THEN data_type ELSE lower(data_type) END, '\s*\(.*?\)', '', 'g') AS t(name)
		LEFT JOIN (VALUES
			(true, 'text', 'text'), (true, 'character varying', 'text'), (true, 'character', 'char'), (true, 'bpchar', 'char'),
			(true, 'smallint', 'integer'), (true, 'integer', 'integer'), (true, 'bigint', 'integer'),
			(true, 'numeric', 'numeric'), (true, 'boolean', 'boolean'), (true, 'date', 'date'), (true, 'uuid', 'uuid'),
			(true, 'timestamp without time zone', 'timestamp'), (true, 'timestamp with time zone', 'timestamptz'),
			(false, 'string', 'text'), (false, 'varchar', 'text'), (false, 'char', 'char'),
			(false, 'tinyint', 'integer'), (false, 'byte', 'integer'), (false, 'smallint', 'integer'), (false, 'short', 'integer'),
			(false, 'int', 'integer'), (false, 'integer', 'integer'), (false, 'bigint', 'integer'), (false, 'long', 'integer'),
			(false, 'decimal', 'numeric'), (false, 'numeric', 'numeric'), (false, 'boolean', 'boolean'), (false, 'date', 'date'),
			(false, 'timestamp_ntz', 'timestamp'), (false, 'timestamp', 'timestamptz'))
			AS k(is_local, name, kind) ON k.is_local = column_kind.is_local AND k.name = t.name
$$;

COMMENT ON FUNCTION deltashare.column_kind(text, boolean) IS
'Internal: what a column holds, by its type on either engine';

CREATE FUNCTION deltashare.quote_name(name text, is_local boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN is_local THEN quote_ident(name) ELSE '`' || replace(name, '`', '``') || '`' END
$$;

COMMENT ON FUNCTION deltashare.quote_name(text, boolean) IS
'Internal: a name as it is written in the SQL of either engine';

-- The warehouse's parser may read backslashes in one way or another, so what
-- is not harmless is written by its bytes.
CREATE FUNCTION deltashare.quote_value(value text, is_local boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN is_local THEN quote_literal(value)
		WHEN value ~ '^[A-Za-z0-9 _.@:+-]*$' THEN '''' || value || ''''
		ELSE 'CAST(X''' || encode(convert_to(value, 'UTF8'), 'hex') || ''' AS STRING)' END
$$;

COMMENT ON FUNCTION deltashare.quote_value(text, boolean) IS
'Internal: a text as it is written in the SQL of either engine';

-- The same text on both engines.
CREATE FUNCTION deltashare.text_expression(name text, kind text, is_local boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format(CASE
		WHEN kind = 'date' AND is_local THEN 'to_char(%s::timestamp, ''YYYY-MM-DD'')'
		WHEN is_local THEN '%s::text'
		WHEN kind = 'text' THEN '%s'
		WHEN kind = 'char' THEN 'rtrim(%s)'
		ELSE 'CAST(%s AS STRING)' END, deltashare.quote_name(name, is_local))
$$;

COMMENT ON FUNCTION deltashare.text_expression(text, text, boolean) IS
'Internal: SQL for the text of a column';

-- ============================================================
-- Conditions
-- ============================================================

-- A tenant as a value of the column's type; an error if it is none.  By "=" a
-- text that is longer than the column would be cut off, so nothing is cast.
CREATE FUNCTION deltashare.tenant_literal(tenant_id text, column_name text, data_type text, kind text, is_local boolean)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type text := CASE
		WHEN kind IN ('numeric', 'boolean', 'date') THEN kind
		WHEN is_local THEN data_type
		WHEN lower(data_type) IN ('int', 'integer') THEN 'integer'
		WHEN lower(data_type) IN ('bigint', 'long') THEN 'bigint'
		ELSE 'smallint' END;
	value text;
BEGIN
	IF kind IN ('text', 'char') THEN
		RETURN deltashare.quote_value(CASE kind WHEN 'char' THEN rtrim(tenant_id, ' ') ELSE tenant_id END, is_local);
	END IF;

	BEGIN
		EXECUTE format('SELECT (%L::%s)::text', tenant_id, type) INTO value;
		IF lower(data_type) IN ('tinyint', 'byte') AND value::int NOT BETWEEN -128 AND 127 THEN
			RAISE numeric_value_out_of_range;
		END IF;
		IF kind = 'date' THEN
			value := to_char(value::timestamp, 'YYYY-MM-DD');
		END IF;
		IF value IS NULL OR kind = 'numeric' AND value !~ '^-?[0-9.]+$' OR kind = 'date' AND value !~ '^\d{4}-\d\d-\d\d$' THEN
			RAISE data_exception;
		END IF;
	EXCEPTION WHEN data_exception OR check_violation THEN
		RAISE invalid_text_representation USING
			MESSAGE = format('tenant "%s" is no value of column "%s"', left(tenant_id, 100), column_name),
			DETAIL = format('The type of the column is %s.', data_type);
	END;
	RETURN CASE
		WHEN is_local THEN quote_literal(value)
		WHEN kind = 'date' THEN format('DATE ''%s''', value)
		ELSE value END;
END
$$;

COMMENT ON FUNCTION deltashare.tenant_literal(text, text, text, text, boolean) IS
'Internal: a tenant as it is compared with a column in the SQL of either engine';

-- Properties are texts, so what is not a text is compared as one.  The
-- recipient is looked up once, not for every row.
CREATE FUNCTION deltashare.recipient_condition(column_name text, kind text, property text, is_local boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN is_local THEN format('%s = (SELECT deltashare.current_recipient(%L))', t.expression, property)
		ELSE format('%s = current_recipient(''%s'')', t.expression,
					replace(replace(replace(property, '\', '\\'), '''', '\'''), '${', '$\{')) END
	FROM (SELECT CASE kind WHEN 'text' THEN deltashare.quote_name(column_name, is_local)
						   ELSE deltashare.text_expression(column_name, kind, is_local) END) AS t(expression)
$$;

COMMENT ON FUNCTION deltashare.recipient_condition(text, text, text, boolean) IS
'Internal: SQL that is true for rows of the recipient who reads';

-- ============================================================
-- Masks
-- ============================================================

CREATE FUNCTION deltashare.mask_kinds(OUT mask text, OUT options text[], OUT kinds text[])
RETURNS SETOF record
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	VALUES
		('hash', '{salt}'::text[], '{text,char,integer,numeric,boolean,date,uuid,enum}'::text[]),
		('redact', '{}', '{text,char}'),
		('partial', '{keep_first,keep_last}', '{text,char}'),
		('null', '{}', NULL),
		('truncate', '{to}', '{date,timestamp,timestamptz}')
$$;

COMMENT ON FUNCTION deltashare.mask_kinds() IS
'Internal: the masks, their options, and what columns they fit (NULL: all)';

-- Times with a zone are counted in UTC: their text depends on the session.
CREATE FUNCTION deltashare.truncate_expression(name text, kind text, "to" text, is_local boolean)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace(replace(CASE
		WHEN is_local AND kind = 'date' THEN 'date_trunc(''{to}'', {c}::timestamp)::date'
		WHEN is_local AND kind = 'timestamp' THEN 'date_trunc(''{to}'', {c})'
		WHEN is_local THEN 'date_trunc(''{to}'', {c} AT TIME ZONE ''UTC'') AT TIME ZONE ''UTC'''
		WHEN kind = 'date' THEN 'trunc({c}, ''{to}'')'
		WHEN kind = 'timestamp' AND "to" = 'hour' THEN
			'CAST(CAST({c} AS DATE) AS TIMESTAMP_NTZ) + make_dt_interval(0, hour({c}))'
		WHEN kind = 'timestamp' AND "to" = 'day' THEN 'CAST(CAST({c} AS DATE) AS TIMESTAMP_NTZ)'
		WHEN kind = 'timestamp' THEN 'CAST(trunc(CAST({c} AS DATE), ''{to}'') AS TIMESTAMP_NTZ)'
		WHEN "to" = 'hour' THEN 'timestamp_micros(unix_micros({c}) - pmod(unix_micros({c}), 3600000000))'
		WHEN "to" = 'day' THEN 'timestamp_micros(unix_micros({c}) - pmod(unix_micros({c}), 86400000000))'
		ELSE 'timestamp_micros(86400000000 * unix_date(trunc(date_from_unix_date('
			'CAST((unix_micros({c}) - pmod(unix_micros({c}), 86400000000)) DIV 86400000000 AS INT)), ''{to}'')))'
		END, '{to}', "to"), '{c}', deltashare.quote_name(name, is_local))
$$;

COMMENT ON FUNCTION deltashare.truncate_expression(text, text, text, boolean) IS
'Internal: SQL for a date or time cut to year, month, day or hour';

-- A mask is an object: {"mask": "partial", "keep_last": 4}.
CREATE FUNCTION deltashare.mask_expression(mask jsonb, name text, kind text, is_local boolean)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE m.mask_name
		WHEN 'hash' THEN format(CASE WHEN is_local THEN 'encode(sha256(convert_to(%s, ''UTF8'')), ''hex'')' ELSE 'sha2(%s, 256)' END,
								coalesce(m.salt || ' || ', '') || m.value)
		WHEN 'redact' THEN format('CASE WHEN %s IS NOT NULL THEN %s END', m.quoted,
								  CASE WHEN is_local THEN '''***''::text' ELSE '''***''' END)
		WHEN 'partial' THEN format(
			'CASE WHEN length(%1$s) <= %4$s THEN repeat(''*'', length(%1$s)) '
			'ELSE left(%1$s, %2$s) || repeat(''*'', length(%1$s) - %4$s) || right(%1$s, %3$s) END',
			m.value, m.keep_first, m.keep_last, m.keep_first + m.keep_last)
		WHEN 'truncate' THEN deltashare.truncate_expression(name, kind, coalesce(mask ->> 'to', 'year'), is_local)
		-- keeps any type, also one that cannot be written down
		WHEN 'null' THEN format('CASE WHEN false THEN %s END', m.quoted)
		END
	FROM (SELECT mask ->> 'mask', deltashare.quote_name(name, is_local), deltashare.text_expression(name, kind, is_local),
				 deltashare.quote_value(mask ->> 'salt', is_local),
				 coalesce((mask ->> 'keep_first')::int, 0), coalesce((mask ->> 'keep_last')::int, 0))
		AS m(mask_name, quoted, value, salt, keep_first, keep_last)
$$;

COMMENT ON FUNCTION deltashare.mask_expression(jsonb, text, text, boolean) IS
'Internal: SQL for a masked column';
