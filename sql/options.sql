--
-- Options of servers, user mappings and foreign tables.
--
-- Messages are shown with their hints.  Nothing here is sent anywhere.
--
\set server 'FOREIGN DATA WRAPPER deltashare_fdw OPTIONS'

-- ===================================================================
-- the type of a server
-- ===================================================================
CREATE SERVER options_a FOREIGN DATA WRAPPER deltashare_fdw;
CREATE SERVER options_b TYPE 'local' FOREIGN DATA WRAPPER deltashare_fdw;
CREATE SERVER options_c TYPE 'databricks' :server (host 'https://dbc.example.com');
CREATE SERVER options_d TYPE 'snowflake' FOREIGN DATA WRAPPER deltashare_fdw;	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE SERVER options_d TYPE 'DATABRICKS' :server (host 'https://dbc.example.com');	-- should fail
CREATE SERVER options_d TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw;	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE SERVER options_d :server (host 'https://dbc.example.com');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE SERVER options_d TYPE 'local' :server (warehouse_id 'abc');	-- should fail
ALTER SERVER options_c OPTIONS (DROP host);	-- should fail
ALTER SERVER options_a OPTIONS (ADD host 'https://dbc.example.com');	-- should fail
SELECT srvname, srvtype, srvoptions FROM pg_foreign_server WHERE srvname LIKE 'options%' ORDER BY 1;

-- ===================================================================
-- host: https, or http to a loopback address
-- ===================================================================
ALTER SERVER options_c OPTIONS (SET host 'dbc.example.com');
ALTER SERVER options_c OPTIONS (SET host 'https://dbc.example.com:8443/');
ALTER SERVER options_c OPTIONS (SET host 'http://127.0.0.1:8080');
ALTER SERVER options_c OPTIONS (SET host 'http://127.9.8.7');
ALTER SERVER options_c OPTIONS (SET host 'http://localhost:8080');
ALTER SERVER options_c OPTIONS (SET host 'http://[::1]:8080');
ALTER SERVER options_c OPTIONS (SET host 'http://dbc.example.com');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER options_c OPTIONS (SET host 'http://127.0.0.1.example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'http://localhost.example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'http://127.0.0.1@example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'http://10.0.0.1');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'ftp://dbc.example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'file:///etc/passwd');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'https://user:secret@dbc.example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'https://dbc.example.com/path');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'https://dbc.example.com?q=1');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'https://');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'https://dbc.example.com:99999');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'dbc example com');	-- should fail
ALTER SERVER options_c OPTIONS (SET host E'dbc.example.com\n');	-- should fail
ALTER SERVER options_c OPTIONS (SET host '');	-- should fail
ALTER SERVER options_c OPTIONS (SET host 'https://dbc.example.com');

-- ===================================================================
-- the other options of a server
-- ===================================================================
ALTER SERVER options_c OPTIONS (warehouse_id 'abc', workspace_id '42', connect_timeout '5s', request_timeout '1min',
								retry_timeout '0', concurrency '4', page_size '100', max_reply_size '1MB',
								ca_file '/etc/ssl/ca.pem', proxy 'http://proxy.example.com:3128');
SELECT unnest(srvoptions) FROM pg_foreign_server WHERE srvname = 'options_c';
ALTER SERVER options_c OPTIONS (SET connect_timeout '0');	-- should fail
\echo :LAST_ERROR_SQLSTATE
ALTER SERVER options_c OPTIONS (SET connect_timeout 'soon');	-- should fail
ALTER SERVER options_c OPTIONS (SET connect_timeout '5 parsecs');	-- should fail
ALTER SERVER options_c OPTIONS (SET connect_timeout '-1');	-- should fail
ALTER SERVER options_c OPTIONS (SET request_timeout '2h');	-- should fail
ALTER SERVER options_c OPTIONS (SET retry_timeout '');	-- should fail
ALTER SERVER options_c OPTIONS (SET concurrency '0');	-- should fail
ALTER SERVER options_c OPTIONS (SET concurrency '257');	-- should fail
ALTER SERVER options_c OPTIONS (SET concurrency '4s');	-- should fail
ALTER SERVER options_c OPTIONS (SET page_size '-1');	-- should fail
ALTER SERVER options_c OPTIONS (SET page_size '99999999999');	-- should fail
ALTER SERVER options_c OPTIONS (SET max_reply_size '63');	-- should fail
ALTER SERVER options_c OPTIONS (SET max_reply_size '2GB');	-- should fail
ALTER SERVER options_c OPTIONS (SET warehouse_id '');	-- should fail
ALTER SERVER options_c OPTIONS (SET workspace_id E'4\t2');	-- should fail
ALTER SERVER options_c OPTIONS (SET ca_file 'ca.pem');	-- should fail
ALTER SERVER options_c OPTIONS (SET proxy 'socks5://proxy.example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET proxy 'http://user:secret@proxy.example.com');	-- should fail
ALTER SERVER options_c OPTIONS (SET proxy 'http://');	-- should fail

-- ===================================================================
-- names that do not belong there
-- ===================================================================
CREATE SERVER options_d :server (hots 'https://dbc.example.com');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE SERVER options_d :server (token 'dapi0123456789');	-- should fail
CREATE SERVER options_d :server (table_name 'shares');	-- should fail
CREATE SERVER options_d :server (HOST 'https://dbc.example.com');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (host 'https://dbc.example.com');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (password 'secret');	-- should fail
CREATE FOREIGN TABLE options_t (name text) SERVER options_a OPTIONS (token 'dapi0123456789');	-- should fail
CREATE FOREIGN TABLE options_t (name text) SERVER options_a OPTIONS (color 'red');	-- should fail
CREATE FOREIGN TABLE options_t (name text OPTIONS (key 'true')) SERVER options_a;	-- should fail
ALTER FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host 'https://dbc.example.com');	-- should fail
ALTER FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (debug 'true');	-- should fail

-- ===================================================================
-- credentials: one kind, and whole
-- ===================================================================
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (token 'dapi0123456789', client_id 'me', client_secret 'x');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (token 'dapi0123456789', profile 'DEFAULT');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (client_id 'me', client_secret 'x', profile 'DEFAULT');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (client_id 'me');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (client_secret 'x');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (config_file '/etc/databrickscfg');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (profile 'DEFAULT', config_file 'databrickscfg');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (token '');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (token E'dapi\r\nX-Header: 1');	-- should fail

CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (token 'dapi0123456789');
ALTER USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (ADD client_id 'me', ADD client_secret 'x');	-- should fail
ALTER USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (DROP token, ADD client_id 'me', ADD client_secret 'x');
DROP USER MAPPING FOR CURRENT_USER SERVER options_c;
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (profile 'DEFAULT', config_file '/nonexistent/databrickscfg');
CREATE FOREIGN TABLE options_shares (name text) SERVER options_c OPTIONS (table_name 'shares');
SELECT * FROM options_shares;	-- should fail
DROP USER MAPPING FOR CURRENT_USER SERVER options_c;

-- a workspace cannot be read without a credential
CREATE ROLE regress_options;
GRANT USAGE ON FOREIGN DATA WRAPPER deltashare_fdw TO regress_options;
GRANT USAGE ON FOREIGN SERVER options_c TO regress_options;
GRANT SELECT ON options_shares TO regress_options;
SET ROLE regress_options;
SELECT * FROM options_shares;	-- should fail
\echo :LAST_ERROR_SQLSTATE
\set SHOW_CONTEXT never
SELECT name FROM deltashare.create_share('x', server => 'options_c');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c;
SELECT * FROM options_shares;	-- should fail
DROP USER MAPPING FOR CURRENT_USER SERVER options_c;
RESET ROLE;

-- ===================================================================
-- foreign tables
-- ===================================================================
CREATE FOREIGN TABLE options_t (name text) SERVER options_a OPTIONS (table_name 'tables');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE FOREIGN TABLE options_t (name text) SERVER options_a OPTIONS (table_name 'shares', show_activation_url 'perhaps');	-- should fail
\echo :LAST_ERROR_SQLSTATE
-- without the option a table has the name of a declared one
CREATE FOREIGN TABLE options_t (name text) SERVER options_a;
SELECT * FROM options_t;	-- should fail
\echo :LAST_ERROR_SQLSTATE
ALTER FOREIGN TABLE options_t OPTIONS (ADD table_name 'shares');
SELECT name FROM options_t WHERE name = 'none';
-- columns by name, in any order, as many as wanted, but of the declared type
ALTER FOREIGN TABLE options_t ADD COLUMN nothing text;
SELECT * FROM options_t;	-- should fail
\echo :LAST_ERROR_SQLSTATE
ALTER FOREIGN TABLE options_t DROP COLUMN nothing;
SELECT * FROM options_t WHERE name = 'none';
ALTER FOREIGN TABLE options_t ADD COLUMN created_at text;
SELECT * FROM options_t;	-- should fail
\echo :LAST_ERROR_SQLSTATE
DROP FOREIGN TABLE options_t;

-- ===================================================================
-- who may set what
-- ===================================================================
SET ROLE regress_options;
CREATE SERVER options_e TYPE 'databricks' :server (host 'https://dbc.example.com', ca_file '/etc/ssl/ca.pem');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE SERVER options_e TYPE 'databricks' :server (host 'https://dbc.example.com');
ALTER SERVER options_e OPTIONS (ca_file '/etc/ssl/ca.pem');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (profile 'DEFAULT');	-- should fail
\echo :LAST_ERROR_SQLSTATE
CREATE USER MAPPING FOR CURRENT_USER SERVER options_e OPTIONS (profile 'DEFAULT', config_file '/etc/databrickscfg');	-- should fail
CREATE USER MAPPING FOR CURRENT_USER SERVER options_c OPTIONS (token 'dapi0123456789');
DROP USER MAPPING FOR CURRENT_USER SERVER options_c;
RESET ROLE;

-- ===================================================================
-- settings
-- ===================================================================
SHOW deltashare.server;
SHOW deltashare.endpoint;
SET deltashare.serve = 'x';	-- should fail
\echo :LAST_ERROR_SQLSTATE

DROP SERVER options_e;
DROP SERVER options_c CASCADE;
DROP SERVER options_a, options_b;
DROP OWNED BY regress_options;
DROP ROLE regress_options;
