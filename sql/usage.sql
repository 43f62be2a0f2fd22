--
-- Usage of the local server: how requests and answers are paired, what the
-- functions for analysts make of them, alerts and the review of access.
--
-- What recipients read is written by a server that publishes to them.  Here
-- the owner of the table writes it.
--
\set VERBOSITY terse
SET timezone = 'America/Phoenix';
BEGIN;						-- one day for all that follows
CREATE TEMP TABLE base AS SELECT current_date AS today;
CREATE FUNCTION usage_event(
	at timestamptz, action text, recipient text, table_ text, share text DEFAULT NULL, request text DEFAULT NULL,
	rows_ bigint DEFAULT NULL, bytes bigint DEFAULT NULL, status int DEFAULT 200, event text DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
	INSERT INTO deltashare.audit_events
		(request_time, event_date, event_type, event_kind, action_name, share_name, schema_name, table_name, recipient_name,
		 rows_returned, bytes_transferred, status_code, error_message, request_id, event_id, source_ip, user_agent)
	VALUES (at, (at AT TIME ZONE 'UTC')::date, 'deltaSharing',
		CASE WHEN action LIKE 'deltaSharingQueried%' THEN 'answer' WHEN action LIKE 'delta%' THEN 'request' ELSE 'credential' END,
		action, share, CASE WHEN share IS NOT NULL THEN 'sales' END, table_, recipient, rows_, bytes, status,
		CASE WHEN status >= 400 THEN 'refused' END, request, coalesce(event, gen_random_uuid()::text), '192.0.2.7', 'client/1')
$$;

-- ===================================================================
-- a request and its answer are one query
-- ===================================================================
CREATE TEMP TABLE clock AS SELECT current_date - 1 + time '10:00' AS t;
SELECT usage_event(t + at, action, recipient, table_, share, request, rows_, bytes, coalesce(status, 200), event)
FROM clock, (VALUES
	-- by the request identifier
	(interval '0', 'deltaSharingQueryTable', 'u_id', 'orders', 'u_sales', 'q1', NULL::bigint, NULL::bigint, NULL::int, 'id-1-request'),
	('1.2345 seconds', 'deltaSharingQueriedTable', 'u_id', 'orders', NULL, 'q1', 10, 1000, NULL, 'id-1-answer'),
	-- also where the name differs, and where the answer was logged first
	('1 minute', 'deltaSharingQueryTableChanges', 'u_id', 'alias', 'u_sales', 'q2', NULL, NULL, NULL, 'id-2-request'),
	('59 seconds', 'deltaSharingQueriedTableChanges', 'u_id', 'orders', NULL, 'q2', 20, NULL, NULL, 'id-2-answer'),
	-- an hour apart, and a little more
	('2 hours', 'deltaSharingQueryTable', 'u_id', 'orders', 'u_sales', 'q3', NULL, NULL, NULL, 'id-3-request'),
	('3 hours', 'deltaSharingQueriedTable', 'u_id', 'orders', NULL, 'q3', 30, 3000, NULL, 'id-3-answer'),
	('4 hours', 'deltaSharingQueryTable', 'u_id', 'orders', 'u_sales', 'q4', NULL, NULL, NULL, 'id-4-request'),
	('5 hours 0.000001 seconds', 'deltaSharingQueriedTable', 'u_id', 'orders', NULL, 'q4', 40, 4000, NULL, 'id-4-answer'),
	-- not of another recipient, and not where two have it
	('0', 'deltaSharingQueryTable', 'u_other', 'x', 'u_sales', 'q1', NULL, NULL, NULL, 'other-request'),
	('6 hours', 'deltaSharingQueryTable', 'u_id', 'a', 'u_sales', 'q5', NULL, NULL, NULL, 'id-5-request'),
	('6 hours 1 second', 'deltaSharingQueriedTable', 'u_id', 'b', NULL, 'q5', 51, 5100, NULL, 'id-5-answer-1'),
	('6 hours 2 seconds', 'deltaSharingQueriedTable', 'u_id', 'c', NULL, 'q5', 52, 5200, NULL, 'id-5-answer-2'),
	-- single from where the first stands, but not from where the second does
	('7 hours', 'deltaSharingQueryTable', 'u_id', 'd', 'u_sales', 'q6', NULL, NULL, NULL, 'id-6-request'),
	('7 hours 40 minutes', 'deltaSharingQueriedTable', 'u_id', 'e', NULL, 'q6', 61, 6100, NULL, 'id-6-answer-1'),
	('8 hours 20 minutes', 'deltaSharingQueriedTable', 'u_id', 'f', NULL, 'q6', 62, 6200, NULL, 'id-6-answer-2'),
	-- the next answer for the table within a minute
	('0', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_sales', NULL, NULL, NULL, NULL, 'near-1-request'),
	('1 minute', 'deltaSharingQueriedTable', 'u_near', 'orders', NULL, 'n1', 100, 10000, NULL, 'near-1-answer'),
	('2 hours', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_sales', NULL, NULL, NULL, NULL, 'near-2-request'),
	('2 hours 60.000001 seconds', 'deltaSharingQueriedTable', 'u_near', 'orders', NULL, NULL, 200, 20000, NULL, 'near-2-answer'),
	-- the second request gets it; one that was refused gets none
	('3 hours', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_sales', NULL, NULL, NULL, NULL, 'near-3-request'),
	('3 hours 1 second', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_web', NULL, NULL, NULL, NULL, 'near-4-request'),
	('3 hours 2 seconds', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_sales', NULL, NULL, NULL, 403, 'near-5-request'),
	('3 hours 3 seconds', 'deltaSharingQueriedTable', 'u_near', 'orders', NULL, NULL, 400, NULL, NULL, 'near-4-answer'),
	-- at one time: requests first, then by the bytes of the identifier
	('4 hours', 'deltaSharingQueriedTable', 'u_near', 'orders', NULL, NULL, 600, 60000, NULL, 'B-answer'),
	('4 hours', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_sales', NULL, NULL, NULL, NULL, 'Z-request'),
	('4 hours', 'deltaSharingQueriedTable', 'u_near', 'orders', NULL, NULL, 500, 50000, NULL, 'a-answer'),
	-- a credential needs no answer, and is in nobody's way; an internal one is no query
	('5 hours', 'deltaSharingQueryTable', 'u_near', 'orders', 'u_sales', 'c', NULL, NULL, NULL, 'cred-request'),
	('5 hours 1 second', 'generateTemporaryTableCredential', 'u_near', 'orders', 'u_sales', 'c', NULL, NULL, NULL, 'cred-1'),
	('5 hours 2 seconds', 'deltaSharingQueriedTable', 'u_near', 'orders', NULL, 'c', 700, 70000, NULL, 'cred-answer'),
	('5 hours 3 seconds', 'generateTemporaryVolumeCredential', 'u_near', NULL, 'u_sales', NULL, NULL, NULL, NULL, 'cred-2'),
	('5 hours', 'generateTemporaryTableCredential', NULL, 'orders', NULL, NULL, NULL, NULL, NULL, 'internal'),
	-- nothing is paired without a recipient, or without a table
	('6 hours', 'deltaSharingQueryTable', NULL, 'orders', 'u_sales', 'null', NULL, NULL, NULL, 'null-1-request'),
	('6 hours', 'deltaSharingQueriedTable', NULL, 'orders', NULL, 'null', 800, 80000, NULL, 'null-1-answer'),
	('7 hours', 'deltaSharingQueryTable', 'u_null', NULL, 'u_sales', NULL, NULL, NULL, NULL, 'null-2-request'),
	('7 hours', 'deltaSharingQueriedTable', 'u_null', NULL, NULL, NULL, 900, NULL, NULL, 'null-2-answer'),
	-- these are no queries
	('8 hours', 'deltaSharingListTables', 'u_near', NULL, 'u_sales', NULL, NULL, NULL, NULL, 'list'),
	('8 hours', 'deltaSharingGetTableMetadata', 'u_near', 'orders', 'u_sales', NULL, NULL, NULL, NULL, 'metadata')
) e(at, action, recipient, table_, share, request, rows_, bytes, status, event)
\g /dev/null
SELECT request_time - t AS at, u.recipient_name AS recipient, share_name, table_name, pairing,
	request_event_id AS request, answer_event_id AS answer, answer_time - request_time AS after, query_duration_ms AS ms,
	rows_returned AS rows, bytes_transferred AS bytes
FROM deltashare.usage u, clock ORDER BY recipient, request_time, request_event_id COLLATE "C", answer_event_id COLLATE "C";
-- the rest of a query is its request's
SELECT event_date = (request_time AT TIME ZONE 'UTC')::date AS utc, server, schema_name, action_name, status_code, error_message, source_ip,
	user_agent, request_id
FROM deltashare.usage WHERE request_event_id IN ('id-1-request', 'near-5-request') ORDER BY request_event_id;

-- the events in the form of the raw log
SELECT event_id, event_time = request_time AS same, service_name, l.action_name, user_identity, response
FROM deltashare.local_audit_log l JOIN deltashare.audit_events e USING (event_id)
WHERE event_id IN ('near-5-request', 'id-1-answer') ORDER BY event_id;
SELECT name FROM deltashare.create_share('usage_raw');
SELECT l.action_name, user_identity = jsonb_build_object('email', actor) AS who, response, l.request_params ->> 'name' AS name
FROM deltashare.local_audit_log l JOIN deltashare.audit_events e USING (event_id)
WHERE e.event_kind = 'admin' AND l.request_params ->> 'name' = 'usage_raw';
SELECT deltashare.drop_share('usage_raw');

-- foreign tables read the same
SELECT (SELECT count(*) FROM sharing.usage) AS usage, (SELECT count(*) FROM sharing.audit_log) = (SELECT count(*) FROM sharing.audit_events) AS events;
(TABLE sharing.usage EXCEPT TABLE deltashare.local_usage) UNION ALL (TABLE deltashare.local_usage EXCEPT TABLE sharing.usage);
(TABLE sharing.audit_log EXCEPT TABLE deltashare.local_audit_log) UNION ALL (TABLE deltashare.local_audit_log EXCEPT TABLE sharing.audit_log);
(TABLE sharing.audit_events EXCEPT TABLE deltashare.audit_events) UNION ALL (TABLE deltashare.audit_events EXCEPT TABLE sharing.audit_events);

-- ===================================================================
-- who reads what
-- ===================================================================
TRUNCATE deltashare.audit_events;
-- u_a: every day the same; u_b: now and then
SELECT usage_event(current_date - d + time '09:30' + n * interval '7 minutes', 'deltaSharingQueryTable', 'u_a', 'orders', 'u_sales', format('a%s-%s', d, n)),
	usage_event(current_date - d + time '09:31' + n * interval '7 minutes', 'deltaSharingQueriedTable', 'u_a', 'orders', NULL, format('a%s-%s', d, n), 10 * n, 1048576 * n)
FROM generate_series(0, 9) d, generate_series(1, 2) n
\g /dev/null
SELECT usage_event(current_date - 2 + time '14:10', 'generateTemporaryTableCredential', 'u_b', 'daily', 'u_sales'),
	usage_event(current_date - 7, 'generateTemporaryTableCredential', 'u_b', 'orders', 'u_web'),
	usage_event(current_date - 7 - interval '1 microsecond', 'generateTemporaryTableCredential', 'u_b', 'orders', 'u_web'),
	usage_event(current_date - 1 + time '23:30', 'deltaSharingQueryTable', 'u_b', 'daily', 'u_sales', status => 403),
	usage_event(current_date - 1 + time '23:40', 'deltaSharingQueriedTable', 'u_b', 'daily', rows_ => 5, bytes => 500)
\g /dev/null
SELECT today - day AS days_ago, recipient_name, table_name, request_count, total_rows, total_bytes
FROM deltashare.share_usage('U_Sales', 3), base;
SELECT count(*), max(today - day) FROM deltashare.share_usage('u_sales'), base;
SELECT today - day AS days_ago, recipient_name, request_count FROM deltashare.share_usage('u_web', days => 7), base;
SELECT * FROM deltashare.share_usage('u_none');
SELECT * FROM deltashare.share_usage(NULL);
SELECT * FROM deltashare.most_accessed_tables();
SELECT share_name, table_name, total_requests FROM deltashare.most_accessed_tables(top => 2, days => 1);
SELECT count(*) FROM deltashare.most_accessed_tables(top => NULL);
SELECT today - hour::date AS days_ago, hour::time, share_name, table_name, requests, rows, mb_transferred
FROM deltashare.recipient_activity('U_A', 1), base;
SELECT today - hour::date AS days_ago, hour::time, share_name, table_name, requests, rows, mb_transferred
FROM deltashare.recipient_activity('u_b', server => 'sharing'), base;
-- days are those of the session
SET LOCAL timezone = 'UTC';
SELECT today - day AS days_ago, request_count FROM deltashare.share_usage('u_sales', 20), base WHERE recipient_name = 'u_b';
SET LOCAL timezone = 'Asia/Kathmandu';
SELECT today - hour::date AS days_ago, hour::time, table_name FROM deltashare.recipient_activity('u_b', 20), base;
SET LOCAL timezone = 'America/Phoenix';

-- ===================================================================
-- anomalies
-- ===================================================================
TRUNCATE deltashare.audit_events;
-- quiet, then a burst yesterday; and one today
SELECT usage_event(current_date - d + time '08:00', 'generateTemporaryTableCredential', 'u_burst', 'orders', 'u_sales')
FROM generate_series(0, 12) d, generate_series(1, CASE d WHEN 1 THEN 40 ELSE 2 + d % 2 END) n
\g /dev/null
-- steady, then silent
SELECT usage_event(current_date - d + time '08:00', 'generateTemporaryTableCredential', 'u_silent', 'orders', 'u_sales')
FROM generate_series(2, 20) d, generate_series(1, 10) n
\g /dev/null
-- once, long ago, so that most days are days without
SELECT usage_event(current_date - 29 + time '08:00', 'generateTemporaryTableCredential', 'u_once', 'orders', 'u_web'),
	usage_event(current_date - 31 + time '08:00', 'generateTemporaryTableCredential', 'u_gone', 'orders', 'u_web'),
	usage_event(current_date + time '00:00', 'generateTemporaryTableCredential', 'u_new', 'orders', 'u_web')
\g /dev/null
SELECT today - day AS days_ago, recipient_name, daily_requests, avg_requests, stddev_requests, status
FROM deltashare.usage_anomalies('u_sales', days => 3), base;
SELECT today - day AS days_ago, share_name, recipient_name, daily_requests, avg_requests, stddev_requests, status
FROM deltashare.usage_anomalies('U_WEB', 1), base;
-- all shares; a longer history, a wider band
SELECT today - day AS days_ago, share_name, recipient_name, status FROM deltashare.usage_anomalies(history => 60), base WHERE status <> 'NORMAL';
SELECT today - day AS days_ago, recipient_name, status FROM deltashare.usage_anomalies(sigma => 10), base WHERE status <> 'NORMAL';
-- a short history has no anomalies
SELECT count(*), count(*) FILTER (WHERE status <> 'NORMAL') AS anomalies FROM deltashare.usage_anomalies(history => 5);
-- today only counts as too much
SELECT usage_event(current_date + time '00:00', 'generateTemporaryTableCredential', 'u_silent', 'orders', 'u_sales') FROM generate_series(1, 30)
\g /dev/null
SELECT today - day AS days_ago, recipient_name, daily_requests, avg_requests, status
FROM deltashare.usage_anomalies('u_sales', 0), base;

-- ===================================================================
-- too much in a day
-- ===================================================================
TRUNCATE deltashare.audit_events;
SELECT usage_event(current_date + at, 'deltaSharingQueryTable', 'u_a', 'orders', share, format('%s-%s', share, n)),
	usage_event(current_date + at, 'deltaSharingQueriedTable', 'u_a', 'orders', NULL, format('%s-%s', share, n), 1, gb * 1073741824::bigint)
FROM (VALUES (1, time '00:00', 'u_sales', 60), (2, '00:01', 'u_sales', 41), (3, '00:02', 'u_web', 100), (4, '00:03', 'u_web', NULL)) e(n, at, share, gb)
\g /dev/null
SELECT usage_event(current_date + time '00:04', 'deltaSharingQueriedTable', 'u_a', 'daily', bytes => 109951162777),
	usage_event(current_date - interval '1 second', 'deltaSharingQueriedTable', 'u_a', 'daily', bytes => 1099511627776)
\g /dev/null
SELECT today - day AS days_ago, share_name, gb_transferred FROM deltashare.transfer_alerts(), base;
SELECT share_name, gb_transferred FROM deltashare.transfer_alerts(99.9) WHERE share_name = 'u_web';
SELECT today - day AS days_ago, share_name, gb_transferred FROM deltashare.transfer_alerts(1000, current_date - 1), base;
SELECT * FROM deltashare.transfer_alerts(threshold_gb => 2000);
COMMIT;

-- ===================================================================
-- the planner sees through them
-- ===================================================================
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF, VERBOSE) ' || query;
END
$$;
SELECT f AS query, string_agg(line, E'\n') ~ 'Function Scan on deltashare' AS is_called,
	string_agg(line, E'\n') ~ 'name = ''u_outside''' AS condition_within
FROM (VALUES ('share_usage(''s'') WHERE recipient_name = ''u_outside'''), ('most_accessed_tables(top => NULL) WHERE share_name = ''u_outside'''),
	('recipient_activity(''r'') WHERE table_name = ''u_outside'''), ('usage_anomalies(''s'') WHERE recipient_name = ''u_outside'''),
	('transfer_alerts() WHERE share_name = ''u_outside''')) q(f), plan_of('SELECT * FROM deltashare.' || f) line
GROUP BY f ORDER BY f;
-- whatever the caller's search_path offers
SELECT name FROM deltashare.create_share('u_empty');
CREATE SCHEMA usage_evil;
CREATE FUNCTION usage_evil.equal(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
CREATE OPERATOR usage_evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = usage_evil.equal);
CREATE FUNCTION usage_evil.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
CREATE FUNCTION usage_evil.less(date, date) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$;
CREATE OPERATOR usage_evil.< (LEFTARG = date, RIGHTARG = date, FUNCTION = usage_evil.less);
SET search_path = usage_evil, pg_catalog;
SELECT count(*) > 0 AS works FROM deltashare.share_usage('u_sales');
SELECT count(*) > 0 AS works FROM deltashare.usage_anomalies();
SELECT count(*) > 0 AS works FROM deltashare.access_review();
SELECT count(*) > 0 AS works FROM deltashare.transfer_alerts(1);
RESET search_path;
DROP SCHEMA usage_evil CASCADE;
-- a plan that is kept, also those that the functions make
PREPARE by_share(text) AS SELECT count(*) > 0 AS works FROM deltashare.share_usage($1);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_share('u_sales');
EXECUTE by_share('u_none');
SELECT DISTINCT finding FROM deltashare.access_review();
SELECT deltashare.notify_alerts(threshold_gb => 1000) AS sent;
RESET plan_cache_mode;
DEALLOCATE by_share;
SELECT * FROM deltashare.share_usage('u_sales', server => 'usage_nowhere');	-- should fail

-- ===================================================================
-- the review of access
-- ===================================================================
TRUNCATE deltashare.audit_events;
SELECT name FROM deltashare.create_share('u_sales');
SELECT name FROM deltashare.add_to_share('u_sales', 'main.sales.orders');
SELECT name FROM deltashare.create_share('u_web');
SELECT name FROM deltashare.add_to_share('u_web', 'main.sales.daily');
SELECT name FROM deltashare.create_recipient('u_good', ip_access_list => '{192.0.2.0/24}');
SELECT name FROM deltashare.create_recipient('u_open');
SELECT name FROM deltashare.create_recipient('u_idle', ip_access_list => '{192.0.2.0/24}', expiration_time => now() + interval '20 days');
SELECT name FROM deltashare.create_recipient('u_dbx', sharing_id => 'aws:us-east-1:b0c1d2e3-0000-0000-0000-000000000001');
SELECT share_name, recipient_name
FROM (VALUES ('u_sales', 'u_good'), ('u_web', 'u_good'), ('u_sales', 'u_open'), ('u_web', 'u_idle')) g(s, r), deltashare.grant_select(s, r);
-- what is new is not unused
SELECT finding, severity, share_name, recipient_name, detail FROM deltashare.access_review();
SELECT at - now() > interval '19 days' AS expires FROM deltashare.access_review() WHERE finding = 'token_expiring';
-- a year later
UPDATE deltashare.shares SET created_at = now() - interval '1 year';
UPDATE deltashare.recipients SET created_at = now() - interval '1 year' WHERE name <> 'u_dbx';
UPDATE deltashare.recipients SET activated = true WHERE name <> 'u_open';
UPDATE deltashare.recipient_tokens SET expiration_time = now() - interval '1 day' WHERE recipient_name = 'u_good';
UPDATE deltashare.recipient_tokens SET expiration_time = 'infinity' WHERE recipient_name = 'u_open';
-- a share of today, so that the grant is too
SELECT name FROM deltashare.create_share('u_young');
SELECT share_name, recipient_name FROM deltashare.grant_select('u_young', 'u_good');
SELECT usage_event(now() - interval '89 days', 'generateTemporaryTableCredential', 'u_good', 'orders', 'U_SALES'),
	usage_event(now() - interval '91 days', 'generateTemporaryTableCredential', 'u_idle', 'orders', 'u_web'),
	usage_event(now() - interval '1 day', 'deltaSharingQueriedTable', 'u_open', 'orders')
\g /dev/null
SELECT finding, severity, share_name, recipient_name, detail FROM deltashare.access_review();
SELECT finding, share_name, recipient_name FROM deltashare.access_review(stale_after => '92 days', expiring_within => '1 day', activate_within => '2 years')
WHERE finding ~ 'unused|expiring|activated';
-- where use cannot be told, the rest can
BEGIN;
ALTER VIEW deltashare.local_usage RENAME TO usage_hidden;
ALTER TABLE deltashare.usage RENAME TO usage_gone;
ALTER TABLE sales.daily RENAME TO daily_gone;
SELECT finding, severity, share_name, recipient_name, regexp_replace(detail, 'told: .+', 'told: ...') AS detail
FROM deltashare.access_review() WHERE finding ~ 'us(ed|age)|expired|readable';
ROLLBACK;

-- ===================================================================
-- alerts
-- ===================================================================
TRUNCATE deltashare.audit_events;
SELECT deltashare.notify_alerts(expiring_within => '1 day') AS sent;
LISTEN usage_alerts;
SELECT usage_event(current_date::timestamptz, 'deltaSharingQueriedTable', 'u_good', 'orders', rows_ => 1, bytes => 214748364800)
\g /dev/null
SELECT usage_event(current_date - d + time '08:00', 'generateTemporaryTableCredential', 'u_open', 'orders', repeat(chr(1), 3000))
FROM generate_series(0, 12) d, generate_series(1, CASE d WHEN 0 THEN 40 ELSE 2 + d % 2 END) n
\g /dev/null
-- nobody listens to this one
SELECT deltashare.notify_alerts() AS sent;
\o | sed -E 's/PID [0-9]+/PID .../; s/[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]+Z)?/.../g; s/"key": "[0-9a-f]{32}"/"key": "..."/; s/(\\u0001){255}/(255 characters)/'
SELECT deltashare.notify_alerts('usage_alerts') AS sent;
\o
-- the same things have the same keys
\o | grep -o '"key": "[0-9a-f]*"' | sort | uniq -c | awk '{print $1}'
SELECT deltashare.notify_alerts('usage_alerts');
SELECT deltashare.notify_alerts('usage_alerts');
\o
SELECT deltashare.notify_alerts(NULL);	-- should fail
SELECT deltashare.notify_alerts('');	-- should fail
SELECT deltashare.notify_alerts(repeat('x', 64));	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- who may
-- ===================================================================
CREATE ROLE regress_usage_nobody;
CREATE ROLE regress_usage_reader IN ROLE deltashare_reader;
GRANT USAGE ON FOREIGN SERVER sharing TO regress_usage_nobody, regress_usage_reader;
SET ROLE regress_usage_nobody;
SELECT sqlstate_of('SELECT * FROM deltashare.' || f) AS state, f AS query
FROM unnest('{usage, local_usage, local_audit_log, audit_events, share_usage(''x''), most_accessed_tables(), recipient_activity(''x''),
	usage_anomalies(), transfer_alerts(), access_review(), notify_alerts()}'::text[]) f;
SET ROLE regress_usage_reader;
SELECT sqlstate_of('SELECT * FROM deltashare.' || f) AS state, f AS query
FROM unnest('{usage, local_usage, local_audit_log, audit_events, share_usage(''x''), most_accessed_tables(), recipient_activity(''x''),
	usage_anomalies(), transfer_alerts(), access_review(), notify_alerts()}'::text[]) f;
INSERT INTO deltashare.local_audit_log (event_id) VALUES ('x');	-- should fail
RESET ROLE;

UNLISTEN *;
TRUNCATE deltashare.audit_events;
DROP OWNED BY regress_usage_nobody, regress_usage_reader;
DROP ROLE regress_usage_nobody, regress_usage_reader;
DROP FUNCTION usage_event, plan_of;
SELECT name, deltashare.drop_share(name) FROM shares WHERE name LIKE 'u\_%' ORDER BY name;
SELECT name, deltashare.drop_recipient(name) FROM recipients WHERE name LIKE 'u\_%' ORDER BY name;
