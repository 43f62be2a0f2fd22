--
-- What the open transaction did on servers, and what waits for its COMMIT.
--
-- On a local server PostgreSQL itself takes everything back, so nothing of it
-- is here.
--

CREATE FUNCTION deltashare.list_pending_changes(
	OUT "position" int,
	OUT server text,
	OUT state text,
	OUT change text,
	OUT at_rollback text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'deltashare_list_pending_changes'
LANGUAGE C STRICT;

COMMENT ON FUNCTION deltashare.list_pending_changes() IS
'Internal: the rows of the view pending_changes';

CREATE VIEW deltashare.pending_changes AS
SELECT c.* FROM deltashare.list_pending_changes() c;

COMMENT ON VIEW deltashare.pending_changes IS
'What the open transaction did on servers, and what it queued for its COMMIT; empty for a local server, where PostgreSQL takes everything back';
COMMENT ON COLUMN deltashare.pending_changes.position IS 'Order in which it was done, or will be';
COMMENT ON COLUMN deltashare.pending_changes.server IS 'Server of the change';
COMMENT ON COLUMN deltashare.pending_changes.state IS 'made: the server has done it; queued: it is sent at COMMIT, last';
COMMENT ON COLUMN deltashare.pending_changes.change IS 'What was done, or is to be';
COMMENT ON COLUMN deltashare.pending_changes.at_rollback IS 'What a rollback sends to take it back; NULL: nothing does, and a WARNING says so';
GRANT SELECT ON deltashare.pending_changes TO PUBLIC;
