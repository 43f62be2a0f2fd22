-- MODULE stands for the path of the built library.
CREATE FUNCTION ds_test_statement(server text, sql text, parameters text[], ncolumns int, small bool, "limit" int)
RETURNS SETOF text[] LANGUAGE c VOLATILE AS MODULE;

-- rows, bytes of text, requests, retries, bytes received
CREATE FUNCTION ds_test_statement_count(server text, sql text, parameters text[], ncolumns int, small bool)
RETURNS bigint[] LANGUAGE c VOLATILE STRICT AS MODULE;

CREATE FUNCTION ds_test_rows(data bytea, ncolumns int, cut int DEFAULT 0, broken bool DEFAULT false, max_kb int DEFAULT 1024)
RETURNS SETOF text[] LANGUAGE c VOLATILE STRICT AS MODULE;

CREATE FUNCTION ds_test_rows_count(data bytea, ncolumns int, rounds int DEFAULT 1)
RETURNS bigint LANGUAGE c VOLATILE STRICT AS MODULE;
