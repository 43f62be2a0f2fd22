--
-- The local server: grants.
--

CREATE TABLE deltashare.grants
(
	share_name text NOT NULL REFERENCES deltashare.shares ON UPDATE CASCADE ON DELETE CASCADE,
	recipient_name text NOT NULL REFERENCES deltashare.recipients ON UPDATE CASCADE ON DELETE CASCADE,
	privilege text NOT NULL CHECK (privilege = 'SELECT'),
	principal_id bigint,
	-- not part of the foreign table
	granted_at timestamptz NOT NULL,
	granted_by text NOT NULL,
	PRIMARY KEY (share_name, recipient_name, privilege)
);

CREATE INDEX grants_recipient_name ON deltashare.grants (recipient_name);
SELECT pg_catalog.pg_extension_config_dump('deltashare.grants', '');

COMMENT ON COLUMN deltashare.grants.granted_at IS 'When it was granted';
COMMENT ON COLUMN deltashare.grants.granted_by IS 'Who granted it';

CREATE FUNCTION deltashare.local_fill_grant()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM deltashare.shares s WHERE s.name = NEW.share_name) THEN
		RAISE undefined_object USING
			MESSAGE = format('share "%s" does not exist', NEW.share_name);
	END IF;
	IF NOT EXISTS (SELECT FROM deltashare.recipients r WHERE r.name = NEW.recipient_name) THEN
		RAISE undefined_object USING
			MESSAGE = format('recipient "%s" does not exist', NEW.recipient_name);
	END IF;
	NEW.granted_at := now();
	NEW.granted_by := current_user;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_fill_grant() IS
'Internal: trigger that checks a grant and fills in who granted it';

CREATE FUNCTION deltashare.local_audit_grant()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	share text := CASE TG_OP WHEN 'INSERT' THEN NEW.share_name ELSE OLD.share_name END;
	recipient text := CASE TG_OP WHEN 'INSERT' THEN NEW.recipient_name ELSE OLD.recipient_name END;
BEGIN
	IF TG_OP = 'DELETE' AND NOT EXISTS
		(SELECT FROM deltashare.shares s, deltashare.recipients r WHERE s.name = share AND r.name = recipient) THEN
		RETURN NULL;			-- went with one of them, whose event says it
	END IF;

	PERFORM deltashare.local_write_event('updateSharePermissions',
		jsonb_build_object(
			'name', share,
			'changes', jsonb_build_array(jsonb_build_object(
				'principal', recipient,
				CASE TG_OP WHEN 'INSERT' THEN 'add' ELSE 'remove' END, jsonb_build_array('SELECT')))),
		share => share, recipient => recipient);
	RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_audit_grant() FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_audit_grant() IS
'Internal: trigger that writes the events of grants';

CREATE TRIGGER check_new BEFORE INSERT ON deltashare.grants
	FOR EACH ROW WHEN (NEW.granted_at IS NULL) EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_new BEFORE INSERT ON deltashare.grants
	FOR EACH ROW WHEN (NEW.granted_at IS NULL) EXECUTE FUNCTION deltashare.local_fill_grant();
CREATE TRIGGER audit_new AFTER INSERT ON deltashare.grants
	FOR EACH ROW WHEN (NEW.granted_at = pg_catalog.now()) EXECUTE FUNCTION deltashare.local_audit_grant();
CREATE TRIGGER audit_drop AFTER DELETE ON deltashare.grants
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_audit_grant();
