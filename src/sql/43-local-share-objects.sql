--
-- The local server: objects in shares.
--

CREATE TABLE deltashare.share_objects
(
	share_name text NOT NULL REFERENCES deltashare.shares ON UPDATE CASCADE ON DELETE CASCADE,
	name text NOT NULL,
	data_object_type text NOT NULL CHECK (data_object_type IN
		('TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'FOREIGN_TABLE', 'SCHEMA', 'FUNCTION')),
	shared_as text NOT NULL CHECK (shared_as <> ''),
	comment text,
	history_data_sharing_status text CHECK (history_data_sharing_status IN ('ENABLED', 'DISABLED')),
	cdf_enabled boolean,
	start_version bigint CHECK (start_version >= 0),
	partitions jsonb CHECK (jsonb_typeof(partitions) = 'array'),
	added_at timestamptz NOT NULL,
	added_by text NOT NULL,
	PRIMARY KEY (share_name, name)
);

CREATE UNIQUE INDEX share_objects_path
	ON deltashare.share_objects (share_name, deltashare.local_object_path(name));
CREATE UNIQUE INDEX share_objects_shared_as
	ON deltashare.share_objects (share_name, pg_catalog.lower(shared_as));
SELECT pg_catalog.pg_extension_config_dump('deltashare.share_objects', '');

-- The share that an object is in.  Adding and changing objects decides what is
-- read with the owner's rights.
CREATE FUNCTION deltashare.local_share_owner(share text)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	owner text := (SELECT s.owner FROM deltashare.shares s WHERE s.name = share);
BEGIN
	IF owner IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('share "%s" does not exist', share);
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = owner AND pg_has_role(r.oid, 'MEMBER')) THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('must be owner of share "%s"', share),
			DETAIL = format('Its objects are read with the rights of its owner "%s".', owner);
	END IF;
	RETURN owner;
END
$$;

COMMENT ON FUNCTION deltashare.local_share_owner(text) IS
'Internal: owner of a local share; an error if the caller cannot act as him';

-- "schema.object", if recipients can write that without quotes
CREATE FUNCTION deltashare.local_default_alias(path text[])
RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF EXISTS (SELECT FROM unnest(path) part WHERE part !~ '^\w+$') THEN
		RAISE invalid_name USING
			MESSAGE = format('object "%s" needs an alias', array_to_string(path, '.')),
			DETAIL = 'Recipients see names of letters, digits and underscores only.';
	END IF;
	RETURN array_to_string(path, '.');
END
$$;

COMMENT ON FUNCTION deltashare.local_default_alias(text[]) IS
'Internal: name under which recipients see an object that was given no alias';

CREATE FUNCTION deltashare.local_fill_object()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	owner text := deltashare.local_share_owner(NEW.share_name);
	path text[];
BEGIN
	IF NEW.data_object_type NOT IN ('TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'FOREIGN_TABLE', 'SCHEMA', 'FUNCTION') THEN
		RAISE feature_not_supported USING
			MESSAGE = format('the local backend cannot share objects of type %s', NEW.data_object_type);
	END IF;

	path := deltashare.local_parse_object(NEW.name, NEW.data_object_type);
	PERFORM deltashare.local_check_object(path, NEW.data_object_type, NEW.share_name, owner);
	NEW.name := deltashare.local_full_name(path);
	NEW.shared_as := coalesce(NEW.shared_as, deltashare.local_default_alias(path));
	NEW.added_at := now();
	NEW.added_by := current_user;

	IF EXISTS (SELECT FROM deltashare.share_objects o
			   WHERE o.share_name = NEW.share_name AND
			   deltashare.local_object_path(o.name) = deltashare.local_object_path(NEW.name)) THEN
		RAISE duplicate_object USING
			MESSAGE = format('object "%s" is already in share "%s"', NEW.name, NEW.share_name);
	END IF;
	IF EXISTS (SELECT FROM deltashare.share_objects o
			   WHERE o.share_name = NEW.share_name AND lower(o.shared_as) = lower(NEW.shared_as)) THEN
		RAISE duplicate_object USING
			MESSAGE = format('alias "%s" is already used in share "%s"', NEW.shared_as, NEW.share_name);
	END IF;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_fill_object() IS
'Internal: trigger that checks a new object of a share and stores its full name';

CREATE FUNCTION deltashare.local_change_object()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM deltashare.local_share_owner(NEW.share_name);
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_change_object() IS
'Internal: trigger that lets only the owner of a share change its objects';

-- Objects out of a dump belong to this database, whatever it is called.
CREATE FUNCTION deltashare.local_load_object()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	NEW.name := deltashare.local_object_name(NEW.name);
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_load_object() IS
'Internal: trigger that puts the name of this database into objects out of a dump';

CREATE FUNCTION deltashare.local_audit_object()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	old_object jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
	new_object jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
	object jsonb := coalesce(new_object, old_object);
	data_object jsonb := jsonb_build_object('name', object -> 'name',
											'data_object_type', object -> 'data_object_type');
	changes jsonb;
BEGIN
	IF TG_OP = 'INSERT' THEN
		data_object := jsonb_strip_nulls(deltashare.local_governed(new_object) - 'share_name');
	ELSIF TG_OP = 'UPDATE' THEN
		changes := deltashare.local_changes(old_object, new_object);
		IF changes = '{}' THEN
			RETURN NULL;
		END IF;
		data_object := data_object || changes;
	ELSIF NOT EXISTS (SELECT FROM deltashare.shares s WHERE s.name = OLD.share_name) THEN
		RETURN NULL;			-- went with its share, whose event says it
	END IF;

	PERFORM deltashare.local_write_event('updateShare',
		jsonb_build_object(
			'name', object ->> 'share_name',
			'updates', jsonb_build_array(jsonb_build_object(
				'action', CASE TG_OP WHEN 'INSERT' THEN 'ADD' WHEN 'UPDATE' THEN 'UPDATE' ELSE 'REMOVE' END,
				'data_object', data_object))),
		share => object ->> 'share_name',
		object_path => parse_ident(deltashare.local_object_path(object ->> 'name')));
	RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_audit_object() FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_audit_object() IS
'Internal: trigger that writes the events of objects in shares';

CREATE TRIGGER check_new BEFORE INSERT ON deltashare.share_objects
	FOR EACH ROW WHEN (NEW.added_at IS NULL) EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_new BEFORE INSERT ON deltashare.share_objects
	FOR EACH ROW WHEN (NEW.added_at IS NULL) EXECUTE FUNCTION deltashare.local_fill_object();
CREATE TRIGGER load_name BEFORE INSERT ON deltashare.share_objects
	FOR EACH ROW WHEN (NEW.added_at <> pg_catalog.now()) EXECUTE FUNCTION deltashare.local_load_object();

-- Only of these columns: a share that is renamed changes the others.
CREATE TRIGGER check_change
	BEFORE UPDATE OF comment, history_data_sharing_status, cdf_enabled, start_version, partitions
	ON deltashare.share_objects
	FOR EACH ROW EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_change
	BEFORE UPDATE OF comment, history_data_sharing_status, cdf_enabled, start_version, partitions
	ON deltashare.share_objects
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_change_object();
CREATE TRIGGER audit_change
	AFTER UPDATE OF comment, history_data_sharing_status, cdf_enabled, start_version, partitions
	ON deltashare.share_objects
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_audit_object();

CREATE TRIGGER audit_new AFTER INSERT ON deltashare.share_objects
	FOR EACH ROW WHEN (NEW.added_at = pg_catalog.now()) EXECUTE FUNCTION deltashare.local_audit_object();
CREATE TRIGGER audit_drop AFTER DELETE ON deltashare.share_objects
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_audit_object();
