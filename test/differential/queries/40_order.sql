-- ORDER BY, LIMIT, OFFSET, DISTINCT. Orders are total, or what is shown is the order's key.
--@@ push whole
--@@ ordered
SELECT request_time FROM audit_events ORDER BY request_time;
SELECT request_time FROM audit_events ORDER BY request_time DESC LIMIT 10;
SELECT rows_returned FROM audit_events ORDER BY rows_returned LIMIT 100;
SELECT rows_returned FROM audit_events ORDER BY rows_returned NULLS FIRST LIMIT 1000;
SELECT rows_returned FROM audit_events ORDER BY rows_returned DESC LIMIT 1000;
SELECT rows_returned FROM audit_events ORDER BY rows_returned DESC NULLS LAST LIMIT 100;
SELECT recipient_name COLLATE "C" AS name FROM audit_events ORDER BY 1;
SELECT recipient_name COLLATE "C" AS name FROM audit_events ORDER BY 1 DESC NULLS LAST OFFSET 20 LIMIT 50;
SELECT status_code, rows_returned, event_date FROM audit_events ORDER BY 1 NULLS FIRST, 2 DESC NULLS LAST, 3;
SELECT ip_access_denied, status_code FROM audit_events ORDER BY 1, 2;
SELECT ip_access_denied, status_code FROM audit_events ORDER BY 1 DESC, 2 DESC OFFSET 5;
SELECT rows_returned FROM audit_events WHERE recipient_name = 'acme' ORDER BY rows_returned LIMIT 5 OFFSET 3;
SELECT rows_returned FROM audit_events ORDER BY rows_returned OFFSET 100000;
SELECT event_date, count(*) FROM audit_events GROUP BY 1 ORDER BY 1;
SELECT event_date, count(*) FROM audit_events GROUP BY 1 ORDER BY count(*) DESC, event_date LIMIT 7;
SELECT recipient_name COLLATE "C" AS name, sum(rows_returned) AS total FROM audit_events GROUP BY 1 ORDER BY total DESC NULLS LAST, name LIMIT 5;
SELECT date_trunc('day', request_time) AS day, count(*) FROM audit_events GROUP BY 1 ORDER BY day;
SELECT date_trunc('week', request_time) AS week, sum(bytes_transferred) FROM audit_events GROUP BY 1 HAVING count(*) > 3 ORDER BY week DESC;
SELECT extract(hour FROM request_time) AS hour, count(*) FROM audit_events GROUP BY 1 ORDER BY 1;
SELECT DISTINCT status_code FROM audit_events ORDER BY 1;
SELECT DISTINCT event_date, status_code FROM audit_events ORDER BY 2 DESC, 1 LIMIT 20;
SELECT DISTINCT recipient_name COLLATE "C" AS name FROM audit_events ORDER BY 1 NULLS FIRST LIMIT 5;
SELECT request_time, event_date FROM usage ORDER BY request_time DESC, event_date LIMIT 10;
SELECT rows_returned, request_time FROM usage WHERE recipient_name = 'acme' ORDER BY 1 DESC NULLS LAST, 2 LIMIT 10;
SELECT event_time FROM audit_log ORDER BY event_time OFFSET 10 LIMIT 20;
SELECT event_time, event_date FROM audit_log WHERE action_name = 'getTable' ORDER BY event_time;
SELECT 1 FROM audit_events ORDER BY rows_returned LIMIT 3;
SELECT rows_returned / 10 FROM audit_events ORDER BY rows_returned / 10 NULLS FIRST LIMIT 700;
SELECT length(recipient_name) FROM audit_events ORDER BY length(recipient_name) DESC NULLS LAST LIMIT 30;
-- in part: the order is that of the database's collation
--@ push part
SELECT recipient_name FROM audit_events WHERE status_code = 200 ORDER BY recipient_name;
--@ push part
SELECT recipient_name, count(*) FROM audit_events GROUP BY 1 ORDER BY recipient_name;
--@ push part
SELECT recipient_name, avg(rows_returned) FROM audit_events GROUP BY 1 ORDER BY avg(rows_returned), recipient_name;
--@ push none
SELECT recipient_name FROM audit_events ORDER BY upper(recipient_name), recipient_name LIMIT 10;
--@ push part
SELECT rows_returned FROM audit_events ORDER BY rows_returned FETCH FIRST 3 ROWS WITH TIES;
--@ push part
SELECT rows_returned FROM audit_events ORDER BY rows_returned LIMIT (SELECT count(*) FROM common.numbers);
--@ push part
SELECT rows_returned FROM (SELECT rows_returned FROM audit_events ORDER BY rows_returned LIMIT 10) s WHERE rows_returned > 0 ORDER BY 1;
--@ push part
SELECT sum(rows_returned) FROM (SELECT rows_returned FROM audit_events ORDER BY rows_returned LIMIT 10) s;
