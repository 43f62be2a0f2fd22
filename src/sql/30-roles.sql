--
-- Who may do what on the local server.
--
--	deltashare_reader	reads shares, recipients, grants and audit events
--	deltashare_manager	also changes them
--
-- Roles belong to the cluster and other databases may use the same ones, so
-- they are made if missing, and DROP EXTENSION leaves them.
--

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'deltashare_reader') THEN
		CREATE ROLE deltashare_reader NOLOGIN;
		COMMENT ON ROLE deltashare_reader IS 'Reads the local shares, recipients, grants and audit events of deltashare_fdw';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'deltashare_manager') THEN
		CREATE ROLE deltashare_manager NOLOGIN;
		COMMENT ON ROLE deltashare_manager IS 'Manages the local shares, recipients and grants of deltashare_fdw';
	END IF;
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members
				   WHERE roleid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'deltashare_reader')
				   AND member = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'deltashare_manager')) THEN
		GRANT deltashare_reader TO deltashare_manager;
	END IF;
END
$$;
