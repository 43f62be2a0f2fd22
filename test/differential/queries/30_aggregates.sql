-- GROUP BY, HAVING and aggregates: values, their scale, NULL and nothing.
--@@ push whole
SELECT count(*), count(rows_returned), count(DISTINCT rows_returned), count(DISTINCT recipient_name), count(1) FROM audit_events;
SELECT sum(rows_returned), sum(status_code), sum(bytes_transferred) FROM audit_events;
SELECT avg(rows_returned), avg(status_code), avg(bytes_transferred) FROM audit_events;
SELECT stddev(rows_returned), stddev_pop(rows_returned), stddev_samp(rows_returned), variance(rows_returned), var_pop(rows_returned), var_samp(rows_returned) FROM audit_events WHERE rows_returned BETWEEN -1000000 AND 1000000;
SELECT stddev(status_code), var_pop(status_code), stddev_pop(query_duration_ms), var_samp(query_duration_ms) FROM usage WHERE status_code < 1000;
SELECT recipient_name, stddev(query_duration_ms), stddev_pop(query_duration_ms), variance(query_duration_ms), var_pop(query_duration_ms), avg(query_duration_ms) FROM usage GROUP BY 1;
SELECT table_name, stddev(rows_returned), avg(rows_returned), stddev_pop(bytes_transferred / 1000) FROM usage WHERE rows_returned BETWEEN 0 AND 1000000000000 GROUP BY 1;
SELECT min(rows_returned), max(rows_returned), min(status_code), max(recipient_name COLLATE "C"), min(recipient_name COLLATE "C") FROM audit_events;
SELECT recipient_name, min(share_name COLLATE "C"), max(share_name COLLATE "C") FROM audit_events GROUP BY recipient_name;
SELECT bool_and(ip_access_denied), bool_or(ip_access_denied), every(status_code = 200), bool_or(status_code = 403) FROM audit_events;
SELECT recipient_name, bool_and(status_code = 200), bool_or(ip_access_denied) FROM audit_events GROUP BY 1;
SELECT count(*), sum(rows_returned), avg(rows_returned), min(rows_returned), stddev(rows_returned), bool_or(ip_access_denied) FROM audit_events WHERE recipient_name = 'nobody at all';
SELECT recipient_name, count(*) FROM audit_events WHERE recipient_name = 'nobody at all' GROUP BY 1;
SELECT count(*) FILTER (WHERE status_code = 200), count(*) FILTER (WHERE status_code >= 400), sum(rows_returned) FILTER (WHERE recipient_name = 'acme'), avg(rows_returned) FILTER (WHERE recipient_name = 'nobody at all'), count(DISTINCT table_name) FILTER (WHERE rows_returned > 100) FROM audit_events;
SELECT recipient_name, count(*) FILTER (WHERE status_code = 403) AS refused, stddev(rows_returned) FILTER (WHERE rows_returned < 1000) FROM audit_events GROUP BY 1;
SELECT recipient_name, share_name, count(*) FROM audit_events GROUP BY 1, 2;
SELECT recipient_name FROM audit_events GROUP BY recipient_name;
SELECT count(*) FROM audit_events GROUP BY recipient_name, share_name;
SELECT recipient_name, count(*) FROM audit_events GROUP BY 1 HAVING count(*) > 20;
SELECT recipient_name, sum(rows_returned) FROM audit_events GROUP BY 1 HAVING sum(rows_returned) > 1.5;
SELECT recipient_name, sum(rows_returned) FROM audit_events GROUP BY 1 HAVING sum(rows_returned) >= 9223372036854775808;
SELECT recipient_name, sum(status_code) FROM audit_events GROUP BY 1 HAVING sum(status_code) BETWEEN 200 AND 5000;
SELECT recipient_name, max(rows_returned) FROM audit_events GROUP BY 1 HAVING max(rows_returned) IS NULL OR bool_or(status_code = 403);
SELECT recipient_name, count(*) FROM audit_events GROUP BY 1 HAVING recipient_name COLLATE "C" > 'a' AND count(DISTINCT table_name) > 1;
SELECT sum(rows_returned) FROM audit_events HAVING count(*) > 10;
SELECT sum(rows_returned) FROM audit_events HAVING count(*) < 10;
SELECT sum(rows_returned + 1) FROM audit_events WHERE rows_returned < 1000000;
SELECT sum(rows_returned * 2), sum(DISTINCT rows_returned), avg(DISTINCT rows_returned), sum(length(recipient_name)) FROM audit_events WHERE rows_returned BETWEEN 0 AND 1000000;
SELECT sum(CASE WHEN status_code = 200 THEN 1 ELSE 0 END), sum(CASE WHEN status_code = 200 THEN rows_returned END), avg(coalesce(rows_returned, 0)) FROM audit_events;
SELECT rows_returned / 100, rows_returned % 7, count(*) FROM audit_events GROUP BY 1, 2;
SELECT bytes_transferred / 1073741824, count(*) FROM audit_events GROUP BY 1;
SELECT rows_returned > 100, recipient_name = 'acme', ip_access_denied, count(*) FROM audit_events GROUP BY 1, 2, 3;
SELECT CASE WHEN rows_returned > 1000 THEN 'many' WHEN rows_returned > 10 THEN 'some' ELSE 'few' END AS size, count(*) FROM audit_events GROUP BY 1;
SELECT coalesce(recipient_name, 'nobody'), length(coalesce(share_name, '')), count(*) FROM audit_events GROUP BY 1, 2;
SELECT request_params ->> 'share', request_params ? 'share_id', count(*) FROM audit_events GROUP BY 1, 2;
SELECT recipient_name || '/' || table_name, count(*) FROM audit_events GROUP BY 1;
SELECT count(*) + 1, sum(rows_returned) / count(*), sum(rows_returned)::text, round(avg(rows_returned), 2), 'constant' FROM audit_events;
SELECT recipient_name, sum(bytes_transferred) / 1024 / 1024 AS mb, round(sum(bytes_transferred) / 1073741824.0, 3) AS gb FROM usage GROUP BY 1;
SELECT recipient_name, 100.0 * count(*) FILTER (WHERE status_code >= 400) / nullif(count(*), 0) AS failed FROM audit_events GROUP BY 1;
--@ push part
SELECT upper(recipient_name), count(*) FROM (SELECT recipient_name FROM audit_events GROUP BY 1) s GROUP BY 1;
--@ push none
SELECT 1 FROM audit_events GROUP BY ();
SELECT DISTINCT recipient_name FROM audit_events;
SELECT DISTINCT recipient_name, share_name, status_code FROM audit_events;
SELECT DISTINCT date_trunc('day', request_time), 'x' FROM audit_events;
SELECT DISTINCT ip_access_denied, rows_returned > 5 FROM audit_events WHERE recipient_name <> '';
SELECT count(*) FROM audit_log;
SELECT service_name, action_name, count(*), count(DISTINCT request_id) FROM audit_log GROUP BY 1, 2;
SELECT pairing, count(*), sum(rows_returned), sum(bytes_transferred), avg(query_duration_ms), max(query_duration_ms) FROM usage GROUP BY 1;
SELECT recipient_name, table_name, count(*), min(request_time), max(answer_time) FROM usage GROUP BY 1, 2;
-- not sent, or in part
--@ push part
SELECT upper(recipient_name), count(*) FROM audit_events WHERE status_code = 200 GROUP BY 1;
--@ push none
SELECT array_agg(DISTINCT recipient_name COLLATE "C"), string_agg(DISTINCT event_kind, ',') FROM audit_events;
--@ push none
SELECT recipient_name, share_name, count(*) FROM audit_events GROUP BY ROLLUP (1, 2);
--@ push none
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY rows_returned) FROM audit_events WHERE upper(recipient_name) = 'ACME';
--@ push part
SELECT recipient_name, avg(rows_returned) FROM audit_events GROUP BY 1 HAVING avg(rows_returned) > 1000.5;
--@ push part
SELECT recipient_name, stddev(query_duration_ms) FROM usage GROUP BY 1 HAVING stddev(query_duration_ms) > 100 AND count(*) > 2;
--@ push none
SELECT min(recipient_name), max(share_name) FROM audit_events;
--@ push none
SELECT DISTINCT ON (recipient_name) recipient_name, rows_returned FROM audit_events ORDER BY 1, 2;
-- what does not fit
--@ error 22
SELECT event_id FROM audit_events WHERE rows_returned + 1 > 0;
--@ error 22
SELECT event_id FROM audit_events WHERE rows_returned * 2 > 0;
--@ error 22
SELECT event_id FROM audit_events WHERE rows_returned - 9223372036854775807 > 0;
--@ error 22
SELECT sum(rows_returned * bytes_transferred) FROM audit_events;
SELECT event_id FROM audit_events WHERE rows_returned / 2 > 0 AND rows_returned % 10 = 7;
SELECT event_id FROM audit_events WHERE bytes_transferred / 1073741824 = -2 OR bytes_transferred % 1000 = -8;
SELECT event_id FROM audit_events WHERE rows_returned < 1000000 AND rows_returned > -1000000 AND rows_returned * 3 - 1 > status_code;
