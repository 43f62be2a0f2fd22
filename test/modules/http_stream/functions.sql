-- MODULE stands for the path of the built library.
CREATE FUNCTION set_target(base_url text, token text DEFAULT 'dapi-stream-token', client_id text DEFAULT NULL,
	client_secret text DEFAULT NULL, ca_file text DEFAULT NULL, concurrency int DEFAULT 16,
	connect_timeout int DEFAULT 5000, request_timeout int DEFAULT 20000, retry_timeout int DEFAULT 20000,
	max_reply_size int DEFAULT 1024)
	RETURNS void AS 'MODULE' LANGUAGE c;
CREATE FUNCTION submit(path text DEFAULT NULL, link text DEFAULT NULL, headers text[] DEFAULT NULL, body text DEFAULT NULL)
	RETURNS int AS 'MODULE' LANGUAGE c;
CREATE FUNCTION open_stream(id int, OUT status int, OUT reply text, OUT attempts int) AS 'MODULE' LANGUAGE c STRICT;
CREATE FUNCTION get(path text DEFAULT NULL, link text DEFAULT NULL, headers text[] DEFAULT NULL, body text DEFAULT NULL,
	OUT status int, OUT reply text, OUT attempts int) AS 'MODULE', 'fetch' LANGUAGE c;
CREATE FUNCTION read_text(id int, size int) RETURNS text AS 'MODULE' LANGUAGE c STRICT;
CREATE FUNCTION drain(id int, size int DEFAULT 262144, at_most bigint DEFAULT 9223372036854775807, checked bool DEFAULT true,
	OUT bytes bigint, OUT result int) AS 'MODULE' LANGUAGE c STRICT;
CREATE FUNCTION raise_stream(id int) RETURNS void AS 'MODULE' LANGUAGE c STRICT;
CREATE FUNCTION close_stream(id int) RETURNS void AS 'MODULE' LANGUAGE c STRICT;
CREATE FUNCTION stats(OUT requests bigint, OUT retries bigint, OUT bytes bigint) AS 'MODULE' LANGUAGE c STRICT;
CREATE FUNCTION notify(path text, body text, wait_ms int) RETURNS void AS 'MODULE' LANGUAGE c;
CREATE FUNCTION notify_at_end(path text, body text, wait_ms int) RETURNS void AS 'MODULE' LANGUAGE c;
