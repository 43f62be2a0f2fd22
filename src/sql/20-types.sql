--
-- One composite type per declared table: what functions return a row as.
--
-- They come from the same declarations as the foreign tables, so a column is
-- added in one place only.
--

DO $$
DECLARE
	t record;
	c record;
BEGIN
	FOR t IN
		SELECT d.row_type, min(d.table_comment) AS comment,
			   string_agg(format('%I %s', d.column_name, d.data_type), ', ' ORDER BY d.position) AS columns
		FROM deltashare.declared_columns() d
		GROUP BY d.row_type
	LOOP
		EXECUTE format('CREATE TYPE deltashare.%I AS (%s)', t.row_type, t.columns);
		EXECUTE format('COMMENT ON TYPE deltashare.%I IS %L', t.row_type, 'One row of: ' || t.comment);
	END LOOP;

	FOR c IN SELECT * FROM deltashare.declared_columns()
	LOOP
		EXECUTE format('COMMENT ON COLUMN deltashare.%I.%I IS %L', c.row_type, c.column_name, c.comment);
	END LOOP;
END
$$;
