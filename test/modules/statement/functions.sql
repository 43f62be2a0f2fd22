-- :module is the path of the shared library
CREATE FUNCTION ds_test_statement(server text, sql text, parameters text[], ncolumns int, small bool, "limit" int)
RETURNS SETOF text[] LANGUAGE c VOLATILE AS :'module';
CREATE FUNCTION ds_test_statement_count(server text, sql text, parameters text[], ncolumns int, small bool)
RETURNS bigint[] LANGUAGE c VOLATILE STRICT AS :'module';
CREATE FUNCTION ds_test_rows(data bytea, ncolumns int, cut int = 0, broken bool = false, max_kb int = 1024)
RETURNS SETOF text[] LANGUAGE c VOLATILE STRICT AS :'module';
CREATE FUNCTION ds_test_rows_count(data bytea, ncolumns int, rounds int = 1)
RETURNS bigint LANGUAGE c VOLATILE STRICT AS :'module';
