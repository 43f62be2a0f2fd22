-- Time in many zones: truncation, fields, casts, comparisons. Conditions and groups, so that all of it is sent.
--@@ push whole
--@ zones UTC Europe/Berlin America/New_York Australia/Lord_Howe Asia/Kathmandu America/Havana Africa/Cairo
SELECT date_trunc('second', request_time), date_trunc('minute', request_time), date_trunc('hour', request_time), date_trunc('day', request_time), date_trunc('week', request_time), date_trunc('month', request_time), date_trunc('quarter', request_time), date_trunc('year', request_time), count(*) FROM audit_events GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
--@ zones UTC Europe/Berlin America/New_York Australia/Lord_Howe Asia/Kathmandu America/Havana Africa/Cairo
SELECT extract(hour FROM request_time), extract(minute FROM request_time), extract(dow FROM request_time), extract(isodow FROM request_time), extract(day FROM request_time), extract(doy FROM request_time), extract(week FROM request_time), extract(month FROM request_time), extract(quarter FROM request_time), extract(year FROM request_time), count(*) FROM audit_events GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
--@ zones UTC Europe/Berlin America/New_York Australia/Lord_Howe Asia/Kathmandu America/Havana Africa/Cairo
SELECT request_time::date, request_time::timestamp, date_trunc('day', request_time)::date, request_time::date::timestamptz, event_date::timestamp, event_date::timestamptz, date_trunc('hour', request_time::timestamp), count(*) FROM audit_events GROUP BY 1, 2, 3, 4, 5, 6, 7;
--@ zones UTC Europe/Berlin America/New_York Australia/Lord_Howe Asia/Kathmandu America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) = '2026-03-08' OR date_trunc('day', request_time) = '2025-11-02' OR request_time::date = '2025-10-31';
--@ zones UTC Europe/Berlin America/Havana Africa/Cairo Australia/Lord_Howe
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) >= '2026-06-01 00:00:00.000001' AND date_trunc('day', request_time) < '2026-06-10 12:34:56';
--@ zones UTC Europe/Berlin America/Havana Africa/Cairo Australia/Lord_Howe
SELECT event_id FROM audit_events WHERE event_date >= '2026-05-31 22:00:00+00'::timestamptz AND event_date <> '2026-06-03'::timestamptz;
--@ zones Europe/Berlin America/Havana
SELECT event_id FROM audit_events WHERE event_date > '2026-06-01 12:00:00'::timestamp AND event_date <= '2026-06-05 00:00:00'::timestamp;
--@ zones Europe/Berlin America/Havana
SELECT event_id FROM audit_events WHERE request_time >= '2026-06-01'::date AND request_time < '2026-06-05 00:00:00'::timestamp;
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE request_time >= '2026-03-08'::date AND request_time < '2026-03-09'::date;
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE request_time::timestamp >= '2025-11-02'::date AND request_time::timestamp < '2025-11-02 00:30:00';
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) = '2025-11-02 05:00:00+00' OR date_trunc('day', request_time) = '2025-11-02 04:00:00+00';
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) >= '2025-11-02 04:30:00+00';
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) <= '2025-11-02 04:30:00+00';
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) <> '2025-11-02 04:30:00+00';
--@ zones America/Havana Africa/Cairo
SELECT event_id FROM audit_events WHERE event_date::timestamptz > '2026-03-08 04:59:00+00' AND event_date::timestamptz < '2026-04-24 12:00:00+00';
SELECT date_trunc('hour', request_time, 'Australia/Lord_Howe'), date_trunc('minute', request_time, 'Asia/Kathmandu'), count(*) FROM audit_events GROUP BY 1, 2;
SELECT request_time AT TIME ZONE 'America/New_York', request_time AT TIME ZONE 'UTC', request_time AT TIME ZONE 'Australia/Lord_Howe', count(*) FROM audit_events GROUP BY 1, 2, 3;
SELECT date_trunc('day', request_time AT TIME ZONE 'America/New_York'), (request_time AT TIME ZONE 'America/Havana')::date, extract(hour FROM request_time AT TIME ZONE 'Asia/Kathmandu'), count(*) FROM audit_events GROUP BY 1, 2, 3;
SELECT event_id FROM audit_events WHERE request_time AT TIME ZONE 'America/New_York' BETWEEN '2025-11-02 00:30' AND '2025-11-02 01:30';
SELECT event_id FROM audit_events WHERE (request_time AT TIME ZONE 'UTC')::date = event_date;
SELECT event_id FROM audit_events WHERE (request_time AT TIME ZONE 'UTC')::date <> event_date;
SELECT event_date, event_date + 7, event_date - 7, event_date - '2026-01-01'::date, count(*) FROM audit_events GROUP BY 1, 2, 3, 4;
SELECT event_id FROM audit_events WHERE event_date + 30 > '2026-06-30' AND '2026-12-31' - event_date > 200;
SELECT event_id FROM audit_events WHERE event_date BETWEEN '2026-06-01' AND '2026-06-03';
SELECT event_id FROM audit_events WHERE event_date IN ('2026-06-01', '2026-06-03', NULL);
SELECT event_id FROM audit_events WHERE event_date = '2026-06-03' OR event_date > 'infinity' OR event_date < '-infinity';
SELECT event_id FROM audit_events WHERE event_date < 'infinity' AND event_date > '-infinity';
SELECT event_id FROM audit_events WHERE request_time < 'infinity' AND request_time > '-infinity';
SELECT event_id FROM audit_events WHERE request_time = 'infinity' OR request_time <= '-infinity';
SELECT event_id FROM audit_events WHERE event_date < 'infinity'::timestamptz AND event_date >= '-infinity'::timestamp;
SELECT event_id FROM audit_events WHERE date_trunc('day', request_time) < 'infinity' AND date_trunc('month', request_time) > '-infinity';
SELECT event_id FROM audit_events WHERE request_time BETWEEN '0001-01-01 BC' AND '9999-12-31 23:59:59.999999+00';
SELECT event_id FROM audit_events WHERE request_time > '4714-11-24 00:00:00+00 BC' AND request_time < '294276-12-31 23:59:59.999999+00';
SELECT event_id FROM audit_events WHERE event_date > '4713-01-01 BC' AND event_date < '5874897-12-31';
SELECT event_id FROM audit_events WHERE request_time >= '2026-06-15 12:00Z'::timestamptz - interval '7 days';
SELECT event_id FROM audit_events WHERE request_time >= '2026-06-15 12:00Z'::timestamptz - interval '1 month' AND request_time < '2026-06-15 12:00Z'::timestamptz - interval '36 hours';
SELECT event_id FROM audit_events WHERE request_time - interval '36 hours' > '2026-06-10 00:00Z' AND request_time + interval '1 second' < '2026-06-14 00:00Z';
SELECT event_id FROM audit_events WHERE request_time > now() - interval '100 years' AND request_time < now() + interval '500 years';
SELECT event_id FROM audit_events WHERE request_time::date >= current_date - 36500;
SELECT event_id FROM audit_events WHERE extract(hour FROM request_time) BETWEEN 8 AND 18 AND extract(isodow FROM request_time) < 6;
SELECT event_id FROM audit_events WHERE extract(hour FROM request_time) > 11.5 AND extract(minute FROM request_time) <> 30.0;
--@ push none
SELECT event_id FROM audit_events WHERE date_part('hour', request_time) = 11 AND date_part('year', request_time) > 2020;
SELECT event_id FROM audit_events WHERE extract(year FROM event_date) = 2026 AND extract(month FROM event_date) = 6 AND extract(week FROM event_date) <> 23;
SELECT extract(dow FROM event_date), extract(quarter FROM event_date), count(*) FROM audit_events GROUP BY 1, 2;
SELECT date_trunc('month', event_date), date_trunc('week', event_date), date_trunc('year', event_date), count(*) FROM audit_events GROUP BY 1, 2, 3;
SELECT min(request_time), max(request_time), min(event_date), max(event_date), max(date_trunc('day', request_time)), min(request_time::timestamp) FROM audit_events;
--@ push none
SELECT answer_time - request_time > interval '1 second', count(*) FROM usage GROUP BY 1;
SELECT date_trunc('day', answer_time), date_trunc('hour', request_time), count(*), sum(rows_returned) FROM usage GROUP BY 1, 2;
SELECT request_event_id FROM usage WHERE request_time >= '2026-06-01 00:00Z' AND request_time < '2026-06-01 00:00:00.5Z';
SELECT request_event_id, answer_event_id, pairing FROM usage WHERE request_time BETWEEN '2026-05-31 23:59:00Z' AND '2026-05-31 23:59:59.9Z';
SELECT request_event_id, answer_event_id, pairing FROM usage WHERE event_date = '2026-06-01';
SELECT request_event_id, answer_event_id, pairing FROM usage WHERE date_trunc('day', request_time) = '2026-06-03';
SELECT request_event_id, answer_event_id, pairing FROM usage WHERE request_time::date = '2026-06-04' AND pairing <> 'request_id';
SELECT request_event_id, answer_event_id, pairing FROM usage WHERE '2026-06-03'::date <= request_time AND date_trunc('month', request_time) = '2026-06-01';
SELECT event_id FROM audit_events WHERE event_date < '294276-12-31 23:59:59.999999+00'::timestamptz AND event_date > '4714-11-24 00:00:00+00 BC'::timestamptz;
SELECT event_id FROM audit_events WHERE event_date < '294276-12-31 23:59:59.999999'::timestamp AND event_date >= '4714-11-24 00:00:00 BC'::timestamp;
SELECT greatest(request_time, 'infinity'), least(event_date, '-infinity'), greatest(event_date, 'infinity')::timestamptz, count(*) FROM audit_events GROUP BY 1, 2, 3;
SELECT date_trunc('day', greatest(request_time, 'infinity')), least(request_time, '-infinity')::date, count(*) FROM audit_events GROUP BY 1, 2;
SELECT CASE WHEN status_code = 200 THEN request_time ELSE 'infinity' END, CASE WHEN status_code = 200 THEN event_date END, count(*) FROM audit_events GROUP BY 1, 2;
