--
-- Who reads through a view lends nothing to it: what the caller's search_path
-- offers must not run as the view's owner.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('path_a');
CREATE SCHEMA path_evil;
CREATE FUNCTION path_evil.equal(text, text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'running as %', current_user;
END
$$;
CREATE OPERATOR path_evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = path_evil.equal);
CREATE FUNCTION path_evil.any_equal(text, text[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'running as %', current_user;
END
$$;
CREATE DOMAIN path_evil.text AS pg_catalog.text CHECK (VALUE <> VALUE);
CREATE FUNCTION path_evil.unnest(anyarray) RETURNS SETOF anyelement LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'running as %', current_user;
END
$$;
CREATE VIEW path_view AS SELECT * FROM shares;
CREATE ROLE path_alice;
GRANT USAGE ON SCHEMA path_evil TO path_alice;
GRANT SELECT, DELETE ON path_view TO path_alice;
SET ROLE path_alice;
SET search_path = path_evil, pg_catalog;
SELECT name FROM public.path_view WHERE name OPERATOR(pg_catalog.=) 'path_a';
DELETE FROM public.path_view WHERE name OPERATOR(pg_catalog.=) 'path_a' RETURNING name;
SHOW search_path;
RESET search_path;
RESET ROLE;
DROP VIEW path_view CASCADE;
DROP OPERATOR path_evil.= (text, text);
DROP DOMAIN path_evil.text;
DROP SCHEMA path_evil CASCADE;
DROP ROLE path_alice;
SELECT deltashare.drop_share('path_a', if_exists => true);
