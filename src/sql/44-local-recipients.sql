--
-- The local server: recipients.
--

CREATE TABLE deltashare.recipients
(
	name text PRIMARY KEY CHECK (name <> '' AND length(name) <= 255),
	id text NOT NULL UNIQUE,
	authentication_type text NOT NULL CHECK (authentication_type IN ('TOKEN', 'DATABRICKS', 'OIDC_FEDERATION')),
	comment text,
	owner text NOT NULL,
	activated boolean,
	expiration_time timestamptz,
	ip_access_list cidr[],
	properties jsonb CHECK (jsonb_typeof(properties) = 'object' AND
							NOT jsonb_path_exists(properties, '$.* ? (@.type() != "string")')),
	data_recipient_global_metastore_id text,
	email text,
	cloud text,
	region text,
	metastore_id text,
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,
	updated_at timestamptz NOT NULL,
	updated_by text NOT NULL,
	CHECK ((authentication_type = 'DATABRICKS') = (data_recipient_global_metastore_id IS NOT NULL)),
	CHECK (authentication_type = 'TOKEN' OR expiration_time IS NULL),
	CHECK (cardinality(ip_access_list) <= 100)
);

SELECT pg_catalog.pg_extension_config_dump('deltashare.recipients', '');

-- Tokens live at most that long, the platform's rule.  Also how long a token
-- lives when the recipient has no expiration time of its own.
CREATE FUNCTION deltashare.local_token_lifetime()
RETURNS interval
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT interval '1 year' $$;

COMMENT ON FUNCTION deltashare.local_token_lifetime() IS
'Internal: how long a token lives at most';

CREATE FUNCTION deltashare.local_check_recipient(recipient deltashare.recipients)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF recipient.authentication_type NOT IN ('TOKEN', 'DATABRICKS', 'OIDC_FEDERATION') THEN
		RAISE feature_not_supported USING
			MESSAGE = format('the local backend cannot have recipients of type %s', recipient.authentication_type);
	END IF;
	IF recipient.authentication_type = 'DATABRICKS' AND recipient.ip_access_list <> '{}' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'recipient of type DATABRICKS cannot have an IP access list';
	END IF;
	IF recipient.email IS NOT NULL THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('recipient of type %s cannot have an e-mail address', recipient.authentication_type),
			HINT = 'Keep the address of a contact in properties.';
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.local_check_recipient(deltashare.recipients) IS
'Internal: refuse what only other recipient types or other backends have';

CREATE FUNCTION deltashare.local_check_expiration(authentication_type text, expiration_time timestamptz)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF authentication_type <> 'TOKEN' THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('recipient of type %s has no token that could expire', authentication_type);
	END IF;
	IF expiration_time <= now() THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'expiration time lies in the past';
	END IF;
	IF expiration_time > now() + deltashare.local_token_lifetime() THEN
		RAISE invalid_parameter_value USING
			MESSAGE = 'expiration time is too far ahead',
			DETAIL = 'A token lives for one year at most.';
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.local_check_expiration(text, timestamptz) IS
'Internal: refuse an expiration time that no token can have';

CREATE FUNCTION deltashare.local_fill_recipient()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	sharing_id text[];
BEGIN
	PERFORM deltashare.local_check_recipient(NEW);
	IF TG_OP = 'INSERT' THEN
		NEW.owner := coalesce(NEW.owner, current_user);
		NEW.id := gen_random_uuid()::text;
		NEW.activated := CASE NEW.authentication_type WHEN 'TOKEN' THEN false END;
		NEW.created_at := now();
		NEW.created_by := current_user;

		IF NEW.authentication_type = 'DATABRICKS' THEN
			sharing_id := regexp_match(NEW.data_recipient_global_metastore_id,
				'^([^:\s]+):([^:\s]+):([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$');
			IF sharing_id IS NULL THEN
				RAISE invalid_parameter_value USING
					MESSAGE = format('sharing identifier "%s" is not valid', NEW.data_recipient_global_metastore_id),
					HINT = 'The sharing identifier has the form cloud:region:uuid.';
			END IF;
			NEW.cloud := sharing_id[1];
			NEW.region := sharing_id[2];
			NEW.metastore_id := sharing_id[3];
		END IF;
	END IF;
	NEW.updated_at := now();
	NEW.updated_by := current_user;

	IF TG_OP = 'INSERT' OR NEW.owner IS DISTINCT FROM OLD.owner THEN
		PERFORM deltashare.local_check_owner(NEW.owner);
	END IF;
	IF NEW.expiration_time IS NOT NULL AND
		(TG_OP = 'INSERT' OR NEW.expiration_time IS DISTINCT FROM OLD.expiration_time) THEN
		PERFORM deltashare.local_check_expiration(NEW.authentication_type, NEW.expiration_time);
	END IF;
	IF (TG_OP = 'INSERT' OR NEW.name <> OLD.name) AND
		EXISTS (SELECT FROM deltashare.recipients r WHERE r.name = NEW.name) THEN
		RAISE duplicate_object USING
			MESSAGE = format('recipient "%s" already exists', NEW.name);
	END IF;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_fill_recipient() IS
'Internal: trigger that checks a recipient and fills in owner, identifiers and times';

CREATE TRIGGER check_new BEFORE INSERT ON deltashare.recipients
	FOR EACH ROW WHEN (NEW.created_at IS NULL) EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_new BEFORE INSERT ON deltashare.recipients
	FOR EACH ROW WHEN (NEW.created_at IS NULL) EXECUTE FUNCTION deltashare.local_fill_recipient();

-- Only of these columns: to use a link changes "activated", and nothing else.
CREATE TRIGGER check_change
	BEFORE UPDATE OF name, comment, owner, expiration_time, ip_access_list, properties, email
	ON deltashare.recipients
	FOR EACH ROW EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_change
	BEFORE UPDATE OF name, comment, owner, expiration_time, ip_access_list, properties, email
	ON deltashare.recipients
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_fill_recipient();
CREATE TRIGGER audit_change
	AFTER UPDATE OF name, comment, owner, expiration_time, ip_access_list, properties, email
	ON deltashare.recipients
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_audit_row('Recipient');

CREATE TRIGGER audit_new AFTER INSERT ON deltashare.recipients
	FOR EACH ROW WHEN (NEW.created_at = pg_catalog.now()) EXECUTE FUNCTION deltashare.local_audit_row('Recipient');
CREATE TRIGGER audit_drop AFTER DELETE ON deltashare.recipients
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_audit_row('Recipient');
