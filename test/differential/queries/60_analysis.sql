-- What analysts ask: adapted from a skill on Delta Sharing, with windows, CTEs and views.
SELECT date_trunc('day', request_time) AS date, recipient_name, table_name, count(*) AS request_count, sum(rows_returned) AS total_rows, sum(bytes_transferred) AS total_bytes FROM usage WHERE share_name = 'sales' AND request_time >= '2026-06-15'::date - interval '7 days' GROUP BY 1, 2, 3 ORDER BY 1 DESC, 4 DESC;
SELECT table_name, count(DISTINCT recipient_name) AS unique_recipients, count(*) AS total_requests, sum(rows_returned) AS total_rows, avg(query_duration_ms) AS avg_duration_ms FROM audit_events WHERE event_type = 'deltaSharing' AND request_time >= '2026-06-15'::date - interval '30 days' GROUP BY table_name ORDER BY total_requests DESC, table_name LIMIT 20;
SELECT table_name, count(DISTINCT recipient_name) AS unique_recipients, count(*) AS total_requests, sum(rows_returned) AS total_rows, avg(query_duration_ms) AS avg_duration_ms FROM usage WHERE request_time >= '2026-06-15'::date - interval '30 days' GROUP BY table_name ORDER BY total_requests DESC, table_name LIMIT 20;
SELECT date_trunc('hour', request_time) AS hour, table_name, count(*) AS requests, sum(rows_returned) AS rows, sum(bytes_transferred) / 1024 / 1024 AS mb_transferred FROM usage WHERE recipient_name = 'acme' AND request_time >= '2026-06-15'::date - interval '7 days' GROUP BY 1, 2 ORDER BY 1 DESC;
WITH daily_stats AS (
    SELECT date_trunc('day', request_time) AS date, recipient_name, count(*) AS daily_requests
    FROM usage WHERE share_name = 'sales' AND request_time >= '2026-06-15'::date - interval '30 days' GROUP BY 1, 2
), stats AS (
    SELECT recipient_name, avg(daily_requests) AS avg_requests, stddev(daily_requests) AS stddev_requests
    FROM daily_stats GROUP BY recipient_name
)
SELECT d.date, d.recipient_name, d.daily_requests, s.avg_requests, s.stddev_requests,
    CASE WHEN d.daily_requests > s.avg_requests + 2 * s.stddev_requests THEN 'ANOMALY_HIGH'
         WHEN d.daily_requests < s.avg_requests - 2 * s.stddev_requests THEN 'ANOMALY_LOW' ELSE 'NORMAL' END AS status
FROM daily_stats d JOIN stats s ON d.recipient_name = s.recipient_name
WHERE date >= '2026-06-15'::date - interval '7 days' ORDER BY d.date DESC, d.daily_requests DESC;
SELECT sum(bytes_transferred) / 1024 / 1024 / 1024 AS gb_transferred FROM usage WHERE share_name = 'sales' AND date_trunc('day', request_time) = '2026-06-14'::date;
SELECT * FROM daily WHERE day >= '2026-06-01' AND recipient_name = 'acme';
SELECT recipient_name, sum(requests), max(bytes) FROM daily GROUP BY 1;
SELECT * FROM daily WHERE requests > 3 ORDER BY day, recipient_name;
SELECT recipient_name, count(*), sum(rows_returned) FROM answers WHERE rows_returned < 1000000000 GROUP BY 1;
SELECT event_id, row_number() OVER (PARTITION BY recipient_name ORDER BY request_time, event_id, action_name, request_id) FROM audit_events WHERE event_kind = 'answer';
SELECT recipient_name, sum(count(*)) OVER (ORDER BY count(*), recipient_name) FROM audit_events WHERE status_code = 200 GROUP BY 1;
SELECT event_date, sum(rows_returned), sum(sum(rows_returned)) OVER (ORDER BY event_date) FROM usage GROUP BY 1;
SELECT recipient_name, day, bytes, lag(bytes) OVER (PARTITION BY recipient_name ORDER BY day) FROM daily;
WITH ranked AS (SELECT recipient_name, table_name, count(*) AS n FROM usage GROUP BY 1, 2)
SELECT recipient_name, table_name, n FROM (SELECT *, rank() OVER (PARTITION BY recipient_name ORDER BY n DESC) AS r FROM ranked) s WHERE r = 1;
WITH base AS MATERIALIZED (SELECT * FROM usage WHERE recipient_name = 'globex')
SELECT a.pairing, count(*), (SELECT count(*) FROM base) FROM base a GROUP BY 1;
WITH RECURSIVE days AS (SELECT '2026-06-10'::date AS d UNION ALL SELECT d + 1 FROM days WHERE d < '2026-06-15')
SELECT d, count(u.request_time) FROM days LEFT JOIN usage u ON u.event_date = d GROUP BY 1;
SELECT d::date, count(e.event_id) FROM generate_series('2026-06-10'::timestamptz, '2026-06-15', interval '1 day') d LEFT JOIN audit_events e ON date_trunc('day', e.request_time) = d GROUP BY 1;
SELECT event_kind, round(100.0 * count(*) / sum(count(*)) OVER (), 3) FROM audit_events GROUP BY 1;
SELECT status_code, error_message, count(*) FROM audit_events WHERE status_code >= 400 GROUP BY 1, 2 ORDER BY 3 DESC, 1, error_message COLLATE "C";
SELECT recipient_name, max(request_time) AS last_seen FROM audit_events WHERE event_kind IN ('request', 'credential') GROUP BY 1 HAVING max(request_time) < '2026-06-14 12:00Z';
SELECT source_ip, count(DISTINCT recipient_name) FROM audit_events WHERE source_ip IS NOT NULL GROUP BY 1 HAVING count(DISTINCT recipient_name) > 1;
SELECT recipient_name FROM audit_events WHERE ip_access_denied AND request_time > '2026-05-20' GROUP BY 1 HAVING count(*) >= 2;
SELECT actor, action_name, count(*) FROM audit_events WHERE event_kind = 'admin' AND actor LIKE '%@example.com' GROUP BY 1, 2;
SELECT common.shout(recipient_name), count(*) FROM audit_events WHERE recipient_name LIKE 'a%' GROUP BY 1;
SELECT event_id FROM audit_events WHERE common.twice(rows_returned) BETWEEN 0 AND 1000 AND status_code = 200 AND rows_returned BETWEEN 0 AND 100000;
SELECT user_agent, count(*) FROM usage GROUP BY 1 ORDER BY 2 DESC, user_agent COLLATE "C" LIMIT 5;
SELECT extract(isodow FROM request_time) AS weekday, extract(hour FROM request_time) AS hour, count(*) FROM usage GROUP BY 1, 2 ORDER BY 1, 2;
SELECT recipient_name, count(*) FILTER (WHERE pairing = 'no_answer') * 100 / count(*) AS lost FROM usage GROUP BY 1 ORDER BY 2 DESC, recipient_name COLLATE "C";
SELECT width_bucket(query_duration_ms, 0, 10000, 5), count(*) FROM usage WHERE query_duration_ms IS NOT NULL GROUP BY 1;
SELECT coalesce(sum(bytes_transferred), 0) > 100 * 1024 * 1024 * 1024::bigint FROM usage WHERE recipient_name = 'acme';
