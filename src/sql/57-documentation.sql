--
-- The registry of ownership: what there is, whose it is, and what nobody wrote
-- down.
--

CREATE FUNCTION deltashare.documentation(server text DEFAULT NULL)
RETURNS TABLE (
	kind text,
	name text,
	share_name text,
	comment text,
	owner text,
	since timestamptz,
	created_by text,
	undocumented text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	server_read text := deltashare.server_name(server);
BEGIN
	RETURN QUERY
	WITH share AS MATERIALIZED (
		SELECT s.* FROM deltashare.select_rows(server_read, NULL::deltashare.share) s
	),
	-- an object has no owner of its own: that of the share answers for it
	entry AS (
		SELECT 'share' AS kind, s.name, s.name AS share_name, s.comment, s.owner, s.created_at AS since, s.created_by,
			NULL::text AS email
		FROM share s
		UNION ALL
		SELECT 'object', o.name, o.share_name, o.comment, s.owner, o.added_at, o.added_by, NULL
		FROM deltashare.select_rows(server_read, NULL::deltashare.share_object) o
			LEFT JOIN share s ON s.name = o.share_name
		UNION ALL
		SELECT 'recipient', r.name, NULL, r.comment, r.owner, r.created_at, r.created_by,
			-- where create_recipient() puts it, unless the type is EMAIL
			coalesce(r.email, r.properties ->> 'email')
		FROM deltashare.select_rows(server_read, NULL::deltashare.recipient) r
	)
	SELECT e.kind, e.name, e.share_name, e.comment, e.owner, e.since, e.created_by,
		ARRAY(
			SELECT m.what
			FROM (VALUES (1, 'comment', e.comment), (2, 'owner', e.owner), (3, 'email', e.email)) m(position, what, text)
			WHERE coalesce(btrim(m.text, E' \t\r\n'), '') = '' AND (m.what <> 'email' OR e.kind = 'recipient')
			ORDER BY m.position)
	FROM entry e
	-- shares, each with its objects, then recipients
	ORDER BY e.kind = 'recipient', e.share_name, e.kind = 'object', e.name;
END
$$;

COMMENT ON FUNCTION deltashare.documentation(text) IS
'The registry of ownership of a server: the rows of the view documentation';

CREATE VIEW deltashare.documentation AS
SELECT d.* FROM deltashare.documentation() d;

COMMENT ON VIEW deltashare.documentation IS
'The registry of ownership, for a review meeting: one row for every share, object of a share, and recipient of the server that functions work on (see deltashare.server); documentation(server) is that of another';
COMMENT ON COLUMN deltashare.documentation.kind IS 'share, object or recipient';
COMMENT ON COLUMN deltashare.documentation.name IS 'Name of the share or recipient, full name of the object';
COMMENT ON COLUMN deltashare.documentation.share_name IS 'Share: itself, or the one that the object is in; NULL of a recipient';
COMMENT ON COLUMN deltashare.documentation.comment IS 'What it is for';
COMMENT ON COLUMN deltashare.documentation.owner IS 'Who owns it; of an object the owner of the share, who answers for it';
COMMENT ON COLUMN deltashare.documentation.since IS 'When it was created, or added to the share';
COMMENT ON COLUMN deltashare.documentation.created_by IS 'Who created it, or added it to the share';
COMMENT ON COLUMN deltashare.documentation.undocumented IS
'What is missing: comment, owner, of a recipient also email, the address of a contact (its email, or the property "email"); empty where nothing is';
-- the server's own privileges, and those of its user mapping, decide
GRANT SELECT ON deltashare.documentation TO PUBLIC;
