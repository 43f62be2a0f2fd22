--
-- One table for the usage of any server.
--
-- A server of type "current" has no rows: the planner looks which server a
-- query means, by a condition on the column "server", and plans for that one.
-- So the functions over it, which are in SQL, are inlined and lose nothing.
--

CREATE SERVER deltashare_current TYPE 'current' FOREIGN DATA WRAPPER deltashare_fdw;

COMMENT ON SERVER deltashare_current IS
'Stands for the server that a query names, or that functions work on';

DO $$
DECLARE
	c record;
BEGIN
	EXECUTE (
		SELECT format('CREATE FOREIGN TABLE deltashare.usage (server text, %s) SERVER deltashare_current OPTIONS (table_name %L)',
					  string_agg(format('%I %s', d.column_name, d.data_type), ', ' ORDER BY d.position), 'usage')
		FROM deltashare.declared_columns() d
		WHERE d.table_name = 'usage');
	FOR c IN SELECT * FROM deltashare.declared_columns() WHERE table_name = 'usage'
	LOOP
		EXECUTE format('COMMENT ON COLUMN deltashare.usage.%I IS %L', c.column_name, c.comment);
	END LOOP;
END
$$;

COMMENT ON FOREIGN TABLE deltashare.usage IS
'Queries of recipients, one row each, of the server that "server = ..." names; without that, of the one that functions work on';
COMMENT ON COLUMN deltashare.usage.server IS 'Server whose recipients they are';
-- the server's own privileges, and those of its user mapping, decide
GRANT SELECT ON deltashare.usage TO PUBLIC;
