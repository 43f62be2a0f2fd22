-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION deltashare_fdw" to load this file. \quit

-- The owner of a schema may put functions of his own beside ours.  CREATE
-- EXTENSION takes a schema that is there already, so look whose it is.
DO $$
DECLARE
	owner pg_catalog.name;
BEGIN
	SELECT r.rolname INTO owner
	FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner
	WHERE n.nspname = 'deltashare' AND NOT r.rolsuper AND r.rolname <> current_user;

	IF FOUND THEN
		RAISE insufficient_privilege USING
			MESSAGE = pg_catalog.format('schema "deltashare" belongs to "%s"', owner),
			HINT = 'Let a superuser own the schema, or drop it.';
	END IF;
END
$$;

REVOKE ALL ON SCHEMA deltashare FROM PUBLIC;
GRANT USAGE ON SCHEMA deltashare TO PUBLIC;
