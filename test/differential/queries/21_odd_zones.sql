-- Zones that a warehouse does not know, and units that are not sent: computed here, or not at all depending on the zone.
--@@ zones <+03>-03 EST5EDT EST +05:30
SELECT date_trunc('day', request_time), count(*) FROM audit_events GROUP BY 1;
SELECT extract(hour FROM request_time), request_time::date, count(*) FROM audit_events GROUP BY 1, 2;
SELECT event_id FROM audit_events WHERE date_trunc('hour', request_time) >= '2026-06-01' AND event_date >= '2026-06-02 00:00'::timestamptz;
--@ push whole
SELECT event_id FROM audit_events WHERE request_time >= '2026-06-01' AND request_time < '2026-06-02'::date;
--@ zones Europe/Berlin
SELECT date_trunc('decade', request_time), date_trunc('century', request_time), date_trunc('millennium', request_time), date_trunc('milliseconds', request_time), date_trunc('microseconds', request_time), count(*) FROM audit_events GROUP BY 1, 2, 3, 4, 5;
--@ zones Europe/Berlin
SELECT extract(epoch FROM request_time), extract(second FROM request_time), extract(isoyear FROM request_time), extract(timezone FROM request_time), extract(century FROM request_time), extract(julian FROM request_time), count(*) FROM audit_events GROUP BY 1, 2, 3, 4, 5, 6;
--@ zones America/Havana Europe/Berlin
SELECT date_trunc('day', request_time, 'Asia/Kathmandu'), date_trunc('month', request_time, 'UTC'), count(*) FROM audit_events GROUP BY 1, 2;
--@ zones Europe/Berlin
SELECT request_time AT TIME ZONE 'EST', request_time AT TIME ZONE '+05:30', request_time AT TIME ZONE interval '2 hours', count(*) FROM audit_events GROUP BY 1, 2, 3;
--@ zones Europe/Berlin
--@ error 22
SELECT event_id FROM audit_events WHERE request_time AT TIME ZONE 'No/Where' > '2026-01-01';
--@ zones Europe/Berlin
--@ error 22
SELECT event_id FROM audit_events WHERE date_trunc('fortnight', request_time) > '2026-01-01';
