-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION deltashare_fdw" to load this file. \quit

-- The schema is made here and not named in the control file, so that it is a
-- member: it goes with the extension, and pg_dump leaves it to it.  That also
-- refuses a schema of somebody else, who could put functions beside ours.
CREATE SCHEMA deltashare;
GRANT USAGE ON SCHEMA deltashare TO PUBLIC;
COMMENT ON SCHEMA deltashare IS
'Delta Sharing: functions that govern shares, and the tables of the local backend';
