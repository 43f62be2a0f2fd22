--
-- The local server: columns of what can be shared, and their tags.
--
-- What PostgreSQL calls storage parameters are the properties of an object, and
-- what a view masks is one of them, as on the platform.
-- The catalogs may be read by everybody, so this shows nothing new.
--

CREATE VIEW deltashare.local_object_columns AS
SELECT quote_ident(current_database()) || '.' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object_name,
	   a.attname::text AS column_name,
	   format_type(a.atttypid, a.atttypmod) AS data_type,
	   (SELECT count(*) FROM pg_attribute b
		WHERE b.attrelid = c.oid AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped)::int AS "position",
	   NOT a.attnotnull AS nullable,
	   col_description(c.oid, a.attnum) AS comment,
	   array_position(p.partattrs::int2[], a.attnum) + 1 AS partition_index,
	   NULL::text AS mask,
	   CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED_VIEW'
		   WHEN 'f' THEN 'FOREIGN_TABLE' ELSE 'TABLE' END AS object_type,
	   obj_description(c.oid, 'pg_class') AS object_comment,
	   CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS view_definition,
	   nullif(coalesce((SELECT jsonb_object_agg(o.option_name, o.option_value) FROM pg_options_to_table(c.reloptions) o), '{}') ||
			  coalesce((SELECT jsonb_build_object('deltashare.masks', coalesce(
							(SELECT jsonb_object_agg(k.column_name, k.mask) FROM deltashare.local_masked_columns k WHERE k.view = m.view), '{}')::text)
						FROM deltashare.local_masks m WHERE m.view = c.oid), '{}'), '{}') AS object_properties,
	   quote_ident(current_database()) || '.' || quote_ident(n.nspname) AS schema_name
FROM pg_class c
	JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND
	  n.nspname NOT IN ('information_schema', 'deltashare') AND n.nspname NOT LIKE 'pg\_%';

-- Whatever labels are used for: the provider has a name, the label a text.
CREATE VIEW deltashare.local_column_tags AS
SELECT quote_ident(current_database()) || '.' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS object_name,
	   a.attname::text AS column_name,
	   l.provider AS tag_name,
	   l.label AS tag_value
FROM pg_seclabel l
	JOIN pg_class c ON c.oid = l.objoid
	JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = l.objsubid AND NOT a.attisdropped
WHERE l.classoid = 'pg_class'::regclass AND l.objsubid > 0;
