--
-- The foreign data wrapper, and the functions in C below everything else.
--
-- The primitives read and write rows of the declared tables on any server of
-- ours.  They need no protection of their own: a server is used with the
-- caller's USAGE and user mapping, the local tables with his privileges.
--

CREATE FUNCTION deltashare.deltashare_fdw_handler()
RETURNS fdw_handler
AS 'MODULE_PATHNAME', 'deltashare_fdw_handler'
LANGUAGE C STRICT;

COMMENT ON FUNCTION deltashare.deltashare_fdw_handler() IS
'Callbacks of the foreign data wrapper';

CREATE FUNCTION deltashare.deltashare_fdw_validator(text[], oid)
RETURNS void
AS 'MODULE_PATHNAME', 'deltashare_fdw_validator'
LANGUAGE C STRICT;

COMMENT ON FUNCTION deltashare.deltashare_fdw_validator(text[], oid) IS
'Check of the options of servers, user mappings and foreign tables';

CREATE FOREIGN DATA WRAPPER deltashare_fdw
	HANDLER deltashare.deltashare_fdw_handler
	VALIDATOR deltashare.deltashare_fdw_validator;

COMMENT ON FOREIGN DATA WRAPPER deltashare_fdw IS
'Delta Sharing: shares, recipients, grants and audit events as tables';

-- The validator sees options without the type of the server.
CREATE FUNCTION deltashare.check_server()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'deltashare_check_server'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.check_server() IS
'Internal: event trigger that checks that the type and the options of a server fit';

CREATE EVENT TRIGGER deltashare_fdw_check_server ON ddl_command_end
	WHEN TAG IN ('CREATE SERVER', 'ALTER SERVER')
	EXECUTE FUNCTION deltashare.check_server();

COMMENT ON EVENT TRIGGER deltashare_fdw_check_server IS
'Checks that the type and the options of a server of deltashare_fdw fit';

CREATE FUNCTION deltashare.declared_columns(
	OUT table_name text,
	OUT row_type text,
	OUT "position" int,
	OUT column_name text,
	OUT data_type text,
	OUT comment text,
	OUT table_comment text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'deltashare_declared_columns'
LANGUAGE C STABLE STRICT;

COMMENT ON FUNCTION deltashare.declared_columns() IS
'What foreign tables of deltashare_fdw look like: one row per table and column';

CREATE FUNCTION deltashare.server_name(server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'deltashare_server_name'
LANGUAGE C STABLE;

COMMENT ON FUNCTION deltashare.server_name(text) IS
'The server that a function works on: the one named, else the setting deltashare.server, else the only one that the caller may use';

-- Called as: FROM deltashare.select_rows(server, NULL::deltashare.share,
-- '{"name": "sales"}').  A key is one text or an array of texts.
CREATE FUNCTION deltashare.select_rows(server text, prototype anyelement, keys jsonb DEFAULT '{}')
RETURNS SETOF anyelement
AS 'MODULE_PATHNAME', 'deltashare_select_rows'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.select_rows(text, anyelement, jsonb) IS
'Internal: rows of a server, of the table that the type of the prototype names; keys are compared exactly';

CREATE FUNCTION deltashare.insert_row(server text, prototype anyelement, new jsonb)
RETURNS anyelement
AS 'MODULE_PATHNAME', 'deltashare_insert_row'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.insert_row(text, anyelement, jsonb) IS
'Internal: insert one row, return it as the server made it, activation link included';

CREATE FUNCTION deltashare.insert_rows(server text, prototype anyelement, new jsonb)
RETURNS SETOF anyelement
AS 'MODULE_PATHNAME', 'deltashare_insert_rows'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.insert_rows(text, anyelement, jsonb) IS
'Internal: insert an array of rows with as few requests as the server allows';

CREATE FUNCTION deltashare.update_row(server text, prototype anyelement, key jsonb, changes jsonb)
RETURNS anyelement
AS 'MODULE_PATHNAME', 'deltashare_update_row'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.update_row(text, anyelement, jsonb, jsonb) IS
'Internal: change the row with this key; a JSON null clears a column; an error if there is no such row';

CREATE FUNCTION deltashare.delete_row(server text, prototype anyelement, key jsonb)
RETURNS boolean
AS 'MODULE_PATHNAME', 'deltashare_delete_row'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.delete_row(text, anyelement, jsonb) IS
'Internal: delete the row with this key; false if there was none';

CREATE FUNCTION deltashare.make_view(
	server text, path text[], definition text, comment text, masks jsonb, or_replace boolean)
RETURNS void
AS 'MODULE_PATHNAME', 'deltashare_make_view'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.make_view(text, text[], text, text, jsonb, boolean) IS
'Internal: make a view on a server, of a SELECT in the SQL of its engine, and record what it masks';

CREATE FUNCTION deltashare.remove_view(server text, path text[])
RETURNS boolean
AS 'MODULE_PATHNAME', 'deltashare_remove_view'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.remove_view(text, text[]) IS
'Internal: drop a view of a server; false if there is none';

CREATE FUNCTION deltashare.suggest_name(given text, names text[])
RETURNS text
AS 'MODULE_PATHNAME', 'deltashare_suggest_name'
LANGUAGE C IMMUTABLE STRICT;

COMMENT ON FUNCTION deltashare.suggest_name(text, text[]) IS
'Internal: what somebody may have meant who wrote this, for the end of a message';

CREATE FUNCTION deltashare.delete_rows(server text, prototype anyelement, keys jsonb)
RETURNS int
AS 'MODULE_PATHNAME', 'deltashare_delete_rows'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.delete_rows(text, anyelement, jsonb) IS
'Internal: delete the rows with these keys, an array, with as few requests as the server allows; returns how many there were';

CREATE FUNCTION deltashare.check_row()
RETURNS trigger
AS 'MODULE_PATHNAME', 'deltashare_check_row'
LANGUAGE C;

COMMENT ON FUNCTION deltashare.check_row() IS
'Internal: trigger of the local tables that checks and folds a row as it is done for every other server';
