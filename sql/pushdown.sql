--
-- What a warehouse computes: the statement that is sent for a query, and what
-- is left to do here.  Only plans: that the answers are those of PostgreSQL is
-- seen in test/differential, where a real engine executes the statements.
--
\set VERBOSITY terse
\getenv host DELTASHARE_TEST_HOST
\getenv token DELTASHARE_TEST_TOKEN
SET timezone = 'Europe/Berlin';
CREATE SERVER pushdown TYPE 'databricks' FOREIGN DATA WRAPPER deltashare_fdw OPTIONS (host :'host', warehouse_id 'none');
CREATE USER MAPPING FOR CURRENT_USER SERVER pushdown OPTIONS (token :'token');
CREATE SCHEMA pushdown;
IMPORT FOREIGN SCHEMA deltashare LIMIT TO (audit_events, audit_log, usage, grants) FROM SERVER pushdown INTO pushdown;
SET search_path = pushdown, public;

-- What a table is read from is always the same, so it is left out: from the
-- parenthesis before it to "AS r1"; only the limits of the days are kept.
CREATE FUNCTION without_sources(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	place int;
	start int;
	depth int;
	days text;
BEGIN
	LOOP
		place := position(') AS r' IN statement);
		EXIT WHEN place = 0;
		start := place;
		depth := 1;
		WHILE depth > 0
		LOOP
			start := start - 1;
			depth := depth + CASE substr(statement, start, 1) WHEN ')' THEN 1 WHEN '(' THEN -1 ELSE 0 END;
		END LOOP;
		SELECT coalesce(string_agg(m[1], ' AND '), 'all days') INTO days
		FROM regexp_matches(substr(statement, start, place - start), 'event_date [<>]= date_from_unix_date\(:p\d+\)', 'g') m;
		statement := substr(statement, 1, start - 1) || '{' || days || '} AS_r' || substr(statement, place + 6);
	END LOOP;
	RETURN replace(statement, 'AS_r', 'AS r');
END
$$;

CREATE FUNCTION sent(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query
	LOOP
		CONTINUE WHEN line ~ '^ *(Output|Query Identifier):';
		RETURN NEXT without_sources(line);
	END LOOP;
END
$$;

-- ===================================================================
-- the whole statement, once
-- ===================================================================
EXPLAIN (VERBOSE, COSTS OFF)
SELECT request_time, share_name, rows_returned FROM audit_events WHERE recipient_name = 'acme';
EXPLAIN (VERBOSE, COSTS OFF) SELECT count(*) FROM audit_log;

-- ===================================================================
-- conditions
-- ===================================================================
SELECT sent($$ SELECT event_id FROM audit_events WHERE share_name = 'sales' AND rows_returned BETWEEN 1 AND 10 AND table_name IS NOT NULL $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE NOT (share_name = 'a' OR table_name <> 'b') AND ip_access_denied IS NOT TRUE $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE event_kind IN ('request', 'answer', NULL) $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE table_name LIKE 'a\_%' AND share_name NOT LIKE '%x' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE bytes_transferred > 1.5 AND coalesce(rows_returned, 0) % 2 = 0 $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_params ->> 'share' = 'x' AND request_params ? 'name' $$);
-- computed here: the order of texts, what has another meaning there, what is not known there
SELECT sent($$ SELECT event_id FROM audit_events WHERE table_name > 'm' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE table_name > 'm' COLLATE "C" $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE table_name ILIKE 'm%' AND share_name = 'x' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE source_ip::inet << '10.0.0.0/8' AND share_name = 'x' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE random() < 0.5 $$);

-- a part that PostgreSQL may never come to compute must not fail here
PREPARE quotient(int8) AS SELECT event_id FROM audit_events WHERE $1 = 0 OR rows_returned > 100 / $1;
SET plan_cache_mode = force_generic_plan;
SELECT sent('EXECUTE quotient(0)');
RESET plan_cache_mode;
DEALLOCATE quotient;

-- ===================================================================
-- times: the session's zone decides, and the days to read are limited
-- ===================================================================
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_time >= now() - interval '7 days' AND request_time < now() $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE event_date > date '2026-01-01' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) = current_date $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_time::date = '2026-03-29' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE extract(hour FROM request_time) BETWEEN 8 AND 17 $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_time + interval '2 hours' > '2026-01-01' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_time + interval '1 day' > '2026-01-01' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE date_trunc('hour', request_time, 'America/New_York') < '2026-01-01' $$);
-- a zone without a name that both sides know
SET timezone = '<+03>-03';
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_time::date = '2026-03-29' $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE request_time >= '2026-03-29' $$);
SET timezone = 'Europe/Berlin';

-- ===================================================================
-- the queries of a monitoring notebook: one statement each
-- ===================================================================
SELECT sent($$
	SELECT date_trunc('day', request_time) AS date, recipient_name, table_name, count(*) AS request_count,
		sum(rows_returned) AS total_rows, sum(bytes_transferred) AS total_bytes
	FROM audit_events
	WHERE share_name = 'partner_analytics_share' AND request_time >= current_date - interval '7 days'
	GROUP BY 1, 2, 3 ORDER BY 1 DESC, 4 DESC $$);
SELECT sent($$
	SELECT table_name, count(DISTINCT recipient_name) AS unique_recipients, count(*) AS total_requests,
		sum(rows_returned) AS total_rows, avg(query_duration_ms) AS avg_duration_ms
	FROM audit_events
	WHERE event_type = 'deltaSharing' AND request_time >= current_date - interval '30 days'
	GROUP BY table_name ORDER BY total_requests DESC LIMIT 20 $$);
SELECT sent($$
	SELECT date_trunc('hour', request_time) AS hour, table_name, count(*) AS requests, sum(rows_returned) AS rows,
		sum(bytes_transferred) / 1024 / 1024 AS mb_transferred
	FROM audit_events
	WHERE recipient_name = 'acme_corp' AND request_time >= current_date - interval '7 days'
	GROUP BY 1, 2 ORDER BY 1 DESC $$);
SELECT sent($$
	WITH daily_stats AS (
		SELECT date_trunc('day', request_time) AS date, recipient_name, count(*) AS daily_requests
		FROM audit_events
		WHERE share_name = 'partner_analytics_share' AND request_time >= current_date - interval '30 days'
		GROUP BY 1, 2),
	stats AS (
		SELECT recipient_name, avg(daily_requests) AS avg_requests, stddev(daily_requests) AS stddev_requests
		FROM daily_stats GROUP BY recipient_name)
	SELECT d.date, d.recipient_name, d.daily_requests, s.avg_requests, s.stddev_requests,
		CASE WHEN d.daily_requests > s.avg_requests + 2 * s.stddev_requests THEN 'ANOMALY_HIGH'
			WHEN d.daily_requests < s.avg_requests - 2 * s.stddev_requests THEN 'ANOMALY_LOW'
			ELSE 'NORMAL' END AS status
	FROM daily_stats d JOIN stats s ON d.recipient_name = s.recipient_name
	WHERE date >= current_date - interval '7 days'
	ORDER BY d.date DESC, d.daily_requests DESC $$);
SELECT sent($$
	SELECT sum(bytes_transferred) / 1024 / 1024 / 1024 AS gb_transferred
	FROM audit_events
	WHERE share_name = 'partner_analytics_share' AND date_trunc('day', request_time) = current_date $$);

-- ===================================================================
-- groups, order, limits, joins
-- ===================================================================
SELECT sent($$ SELECT share_name, count(*) FILTER (WHERE status_code >= 400), stddev(rows_returned), max(request_time)
	FROM audit_events GROUP BY share_name HAVING sum(bytes_transferred) > 1e9 AND avg(rows_returned) > 5 $$);
SELECT sent($$ SELECT DISTINCT share_name, event_date FROM audit_events $$);
SELECT sent($$ SELECT event_id, request_time FROM audit_events ORDER BY request_time DESC NULLS LAST, rows_returned LIMIT 10 OFFSET 5 $$);
SELECT sent($$ SELECT event_id FROM audit_events ORDER BY table_name LIMIT 10 $$);
SELECT sent($$ SELECT event_id FROM audit_events ORDER BY table_name COLLATE "C" LIMIT 10 $$);
SELECT sent($$ SELECT event_id FROM audit_events LIMIT 3 $$);
SELECT sent($$ SELECT string_agg(event_id, ',') FROM audit_events WHERE share_name = 'x' $$);
SELECT sent($$ SELECT q.event_id, a.rows_returned FROM audit_events q LEFT JOIN audit_events a
	ON a.request_id = q.request_id AND a.event_kind = 'answer' WHERE q.event_kind = 'request' AND q.recipient_name = 'acme' $$);
SELECT sent($$ SELECT event_kind, count(*) FROM audit_events GROUP BY ROLLUP (event_kind) $$);

-- ===================================================================
-- easily lost
-- ===================================================================
-- a condition that looks at no row, before a group and on the side that may be missing
SELECT sent($$ SELECT count(*) FROM audit_events WHERE now() < '2000-01-01' $$);
SELECT sent($$ SELECT count(b.event_id) FROM audit_events a
	LEFT JOIN (SELECT event_id FROM audit_events WHERE now() < '2000-01-01') b ON b.event_id = a.event_id $$);
-- the server's name is missing with the row
SELECT sent($$ SELECT b.server, count(*) FROM deltashare.usage a LEFT JOIN deltashare.usage b
	ON b.request_event_id = a.answer_event_id AND b.server = 'pushdown' WHERE a.server = 'pushdown' GROUP BY 1 $$);
-- a value of another part of the plan
SELECT sent($$ SELECT count(*) FROM audit_events WHERE share_name = (SELECT min(relname) FROM pg_class) $$)
	!~ 'Remote SQL' AS is_other_line;
-- the name of a zone in other letters, a limit that adds up to more than an integer, an operator with one side
SELECT sent($$ SELECT event_id FROM audit_events WHERE date_trunc('day', request_time AT TIME ZONE 'europe/berlin') = '2026-06-01' $$);
SELECT sent($$ SELECT event_id FROM audit_events LIMIT 2147483647 OFFSET 1 $$);
SELECT sent($$ SELECT event_id FROM audit_events WHERE -rows_returned = 1 $$);
-- below a subquery, the user is that of the table in it
CREATE ROLE pushdown_reader;
GRANT USAGE ON SCHEMA pushdown TO pushdown_reader;
CREATE VIEW events_per_share AS SELECT share_name, count(*) AS events FROM audit_events GROUP BY 1;
GRANT SELECT ON events_per_share TO pushdown_reader;
SET ROLE pushdown_reader;
EXPLAIN (COSTS OFF) SELECT * FROM events_per_share;
EXPLAIN (COSTS OFF) SELECT * FROM (SELECT * FROM events_per_share LIMIT 1) q;
RESET ROLE;
DROP VIEW events_per_share;
REVOKE USAGE ON SCHEMA pushdown FROM pushdown_reader;
DROP ROLE pushdown_reader;

-- ===================================================================
-- parameters of a prepared statement
-- ===================================================================
SET plan_cache_mode = force_generic_plan;
PREPARE events(text, timestamptz, text[], bigint) AS
SELECT count(*) FROM audit_events
WHERE share_name = $1 AND request_time >= $2 AND table_name = ANY ($3) AND rows_returned > $4;
SELECT sent('EXECUTE events(NULL, now(), ''{a, b}'', 5)');
RESET plan_cache_mode;
DEALLOCATE events;

-- ===================================================================
-- functions for analysts: conditions from outside reach the statement
-- ===================================================================
SELECT sent($$ SELECT * FROM deltashare.share_usage('sales', 7, server => 'pushdown') WHERE recipient_name = 'acme' $$);
SELECT sent($$ SELECT * FROM deltashare.transfer_alerts(server => 'pushdown') $$);
-- a table that stands for any server's
SELECT sent($$ SELECT server, pairing, count(*) FROM deltashare.usage WHERE server = 'pushdown' GROUP BY 1, 2 $$);
SELECT sent($$ SELECT count(*) FROM deltashare.usage WHERE server = 'sharing' $$);
SET deltashare.server = pushdown;
SELECT sent($$ SELECT count(*) FROM deltashare.usage $$);
RESET deltashare.server;
SELECT count(*) FROM deltashare.usage WHERE server = 'nowhere';	-- should fail
SELECT count(*) FROM deltashare.usage WHERE server IN ('pushdown', 'sharing');	-- should fail
SELECT count(*) FROM deltashare.usage WHERE server <> 'sharing';	-- should fail
SELECT count(*) FROM deltashare.usage WHERE server = 'deltashare_current';	-- should fail
SELECT count(*) FROM deltashare.usage;	-- should fail

-- ===================================================================
-- all grants by one statement
-- ===================================================================
SELECT sent($$ SELECT share_name, recipient_name FROM grants $$);
SELECT sent($$ SELECT share_name, recipient_name FROM grants WHERE share_name = 'x' $$);
SELECT sent($$ SELECT * FROM grants $$);
ALTER SERVER pushdown OPTIONS (ADD bulk_reads 'off');
SELECT sent($$ SELECT share_name, recipient_name FROM grants $$);
ALTER SERVER pushdown OPTIONS (DROP bulk_reads);

-- ===================================================================
-- what a warehouse cannot be asked for
-- ===================================================================
SET deltashare.enable_pushdown = off;
SELECT sent($$ SELECT share_name, count(*) FROM audit_events WHERE share_name = 'x' GROUP BY 1 LIMIT 5 $$);
RESET deltashare.enable_pushdown;
INSERT INTO audit_events (event_id) VALUES ('x');	-- should fail
DELETE FROM usage;	-- should fail
ALTER SERVER pushdown OPTIONS (DROP warehouse_id);
SELECT sent($$ SELECT share_name FROM grants $$);
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT count(*) FROM audit_events;	-- should fail

RESET search_path;
\set VERBOSITY terse
DROP SCHEMA pushdown CASCADE;
DROP SERVER pushdown CASCADE;

