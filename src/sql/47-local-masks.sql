--
-- The local server: what its views mask, as far as the extension made them.
--

-- {"position": "mask"}: a position stays when a column of a view is renamed.
CREATE TABLE deltashare.local_masks
(
	view regclass PRIMARY KEY,
	masks jsonb NOT NULL CHECK (jsonb_typeof(masks) = 'object')
);

SELECT pg_catalog.pg_extension_config_dump('deltashare.local_masks', '');
COMMENT ON TABLE deltashare.local_masks IS
'Local server: views that create_masked_view() and create_tenant_view() made, and what they mask';
COMMENT ON COLUMN deltashare.local_masks.view IS 'The view';
COMMENT ON COLUMN deltashare.local_masks.masks IS 'Mask by position of the column, null where that is not known; those that are not here are not masked';

CREATE VIEW deltashare.local_masked_columns AS
SELECT m.view, a.attname::text AS column_name, k.value AS mask
FROM deltashare.local_masks m, pg_catalog.jsonb_each_text(m.masks) k,
	 pg_catalog.pg_attribute a
WHERE a.attrelid = m.view AND a.attnum = k.key::int;

COMMENT ON VIEW deltashare.local_masked_columns IS
'Local server: columns of views that create_masked_view() made, and how they are masked';
COMMENT ON COLUMN deltashare.local_masked_columns.view IS 'The view';
COMMENT ON COLUMN deltashare.local_masked_columns.column_name IS 'The column, as it is called now';
COMMENT ON COLUMN deltashare.local_masked_columns.mask IS 'Its mask: hash, redact, partial, null or truncate; NULL: the source is a view of somebody else, of which it is not known';

-- Whoever owns the view says what it masks, and nobody else.
CREATE FUNCTION deltashare.local_check_mask()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class c
				   WHERE c.oid = NEW.view AND c.relkind = 'v' AND pg_has_role(c.relowner, 'USAGE')) THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('must be owner of view %s', NEW.view);
	END IF;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_check_mask() IS
'Internal: trigger that lets only the owner of a view say what it masks';

CREATE TRIGGER check_new BEFORE INSERT ON deltashare.local_masks
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_check_mask();

-- A view that is dropped, or that somebody writes anew, masks nothing that we
-- know of.
CREATE FUNCTION deltashare.local_forget_masks()
RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_EVENT = 'sql_drop' THEN
		DELETE FROM deltashare.local_masks m
		USING pg_event_trigger_dropped_objects() d
		WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND m.view = d.objid;
	ELSE
		DELETE FROM deltashare.local_masks m
		USING pg_event_trigger_ddl_commands() d
		WHERE d.classid = 'pg_class'::regclass AND m.view = d.objid;
	END IF;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_forget_masks() FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_forget_masks() IS
'Internal: event trigger that forgets the masks of views that are dropped or written anew';

CREATE EVENT TRIGGER deltashare_fdw_dropped_views ON sql_drop
	EXECUTE FUNCTION deltashare.local_forget_masks();
CREATE EVENT TRIGGER deltashare_fdw_replaced_views ON ddl_command_end
	WHEN TAG IN ('CREATE VIEW')
	EXECUTE FUNCTION deltashare.local_forget_masks();

COMMENT ON EVENT TRIGGER deltashare_fdw_dropped_views IS
'Forgets the masks of views that are dropped';
COMMENT ON EVENT TRIGGER deltashare_fdw_replaced_views IS
'Forgets the masks of views that are written anew';
