--
-- The local server: shares.
--
-- Every manager decides with whom to share.  What can be shared at all is
-- decided by the rights of the share's owner, with which its data is read, as
-- on the platform.  So to make a role the owner, or to add or change an object,
-- a manager must be able to act as that role; for several managers, let a group
-- own the share.
--

CREATE TABLE deltashare.shares
(
	name text PRIMARY KEY CHECK (name <> '' AND length(name) <= 255),
	comment text,
	owner text NOT NULL,
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,
	updated_at timestamptz NOT NULL,
	updated_by text NOT NULL,
	storage_root text,
	storage_location text,
	replication_config jsonb,
	serverless_budget_policy_id text
);

SELECT pg_catalog.pg_extension_config_dump('deltashare.shares', '');

CREATE FUNCTION deltashare.local_check_owner(owner text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = owner) THEN
		RAISE undefined_object USING
			MESSAGE = format('role "%s" does not exist', owner);
	END IF;
	IF NOT pg_has_role(owner::name, 'MEMBER') THEN
		RAISE insufficient_privilege USING
			MESSAGE = format('must be member of role "%s"', owner),
			DETAIL = 'Shared data is read with the rights of the owner.';
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.local_check_owner(text) IS
'Internal: refuse an owner that does not exist or whose rights the caller does not have';

CREATE FUNCTION deltashare.local_fill_share()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		NEW.owner := coalesce(NEW.owner, current_user);
		NEW.created_at := now();
		NEW.created_by := current_user;
	END IF;
	NEW.updated_at := now();
	NEW.updated_by := current_user;

	IF TG_OP = 'INSERT' OR NEW.owner IS DISTINCT FROM OLD.owner THEN
		PERFORM deltashare.local_check_owner(NEW.owner);
	END IF;
	IF (TG_OP = 'INSERT' OR NEW.name <> OLD.name) AND
		EXISTS (SELECT FROM deltashare.shares s WHERE s.name = NEW.name) THEN
		RAISE duplicate_object USING
			MESSAGE = format('share "%s" already exists', NEW.name);
	END IF;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_fill_share() IS
'Internal: trigger that fills in owner and times of a share';

-- Triggers fire in the order of their names: check, then fill.
CREATE TRIGGER check_new BEFORE INSERT ON deltashare.shares
	FOR EACH ROW WHEN (NEW.created_at IS NULL) EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_new BEFORE INSERT ON deltashare.shares
	FOR EACH ROW WHEN (NEW.created_at IS NULL) EXECUTE FUNCTION deltashare.local_fill_share();
CREATE TRIGGER check_change BEFORE UPDATE ON deltashare.shares
	FOR EACH ROW EXECUTE FUNCTION deltashare.check_row();
CREATE TRIGGER fill_change BEFORE UPDATE ON deltashare.shares
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_fill_share();

-- A row out of a dump was made before this transaction.
CREATE TRIGGER audit_new AFTER INSERT ON deltashare.shares
	FOR EACH ROW WHEN (NEW.created_at = pg_catalog.now()) EXECUTE FUNCTION deltashare.local_audit_row('Share');
CREATE TRIGGER audit_change AFTER UPDATE OR DELETE ON deltashare.shares
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_audit_row('Share');
