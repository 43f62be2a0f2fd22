-- Parameters of all types, by custom and by generic plans; NULL among them.
--@ prepare text
--@ with 'acme'
--@ with NULL
--@ with E'o''bri\x65n'
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name = $1;
--@ prepare text
--@ with 'a%'
--@ with NULL
--@ with E'a\\_b'
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE $1;
--@ prepare text
--@ error 22
--@ with E'a\\'
SELECT event_id FROM audit_events WHERE recipient_name LIKE $1;
--@ prepare text[]
--@ with ARRAY['acme', 'globex']
--@ with '{}'
--@ with NULL
--@ with ARRAY['acme', NULL, 'x"y', E'back\\slash']
--@ with '{{acme,globex},{x,initech}}'
SELECT event_id FROM audit_events WHERE recipient_name = ANY ($1);
--@ prepare text[]
--@ with ARRAY['acme', 'globex']
--@ with '{}'
--@ with ARRAY['acme', NULL]
--@ with NULL
SELECT event_id FROM audit_events WHERE recipient_name <> ALL ($1);
--@ prepare bigint[], int[]
--@ with ARRAY[1, 5, 9223372036854775807], ARRAY[200]
--@ with ARRAY[NULL, 7], ARRAY[403, 404]
--@ with '{}', NULL
SELECT event_id FROM audit_events WHERE rows_returned = ANY ($1) OR status_code <> ALL ($2);
--@ prepare bigint, int, smallint
--@ with 1000, 200, 7
--@ with NULL, 403, NULL
--@ with 9223372036854775807, -2147483648, -32768
SELECT event_id FROM audit_events WHERE rows_returned >= $1 OR status_code = $2 OR rows_returned = $3;
--@ prepare numeric
--@ with 1.5
--@ with 'NaN'
--@ with NULL
--@ with -9223372036854775808.5
--@ with 1e50
SELECT event_id FROM audit_events WHERE rows_returned > $1;
--@ prepare numeric
--@ with 2.5
--@ with 7
--@ with NULL
SELECT recipient_name, sum(rows_returned) FROM audit_events GROUP BY 1 HAVING sum(rows_returned) = $1 OR sum(rows_returned) > $1 * 1000;
--@ prepare timestamptz, timestamptz
--@ with '2026-06-01 00:00Z', '2026-06-03 12:34:56.789Z'
--@ with '-infinity', 'infinity'
--@ with NULL, '2026-06-03'
SELECT event_id FROM audit_events WHERE request_time >= $1 AND request_time < $2;
--@ prepare date, timestamp
--@ with '2026-06-01', '2026-06-03 12:34:56'
--@ with '-infinity', 'infinity'
--@ with NULL, NULL
SELECT event_id FROM audit_events WHERE event_date >= $1 AND event_date < $2 AND request_time > $1 AND request_time <= $2;
--@ prepare boolean
--@ with true
--@ with false
--@ with NULL
SELECT event_id FROM audit_events WHERE ip_access_denied = $1 OR $1;
--@ prepare text
--@ with 'share_id'
--@ with ''
--@ with NULL
SELECT event_id FROM audit_events WHERE request_params ? $1 OR request_params ->> $1 = 'x';
--@ prepare timestamptz
--@ with '2026-06-01 00:00Z'
--@ with '2026-06-03 22:00Z'
--@ with 'infinity'
--@ with NULL
SELECT request_event_id, answer_event_id FROM usage WHERE date_trunc('day', request_time) = $1 OR date_trunc('month', request_time) > $1;
--@ prepare interval
--@ with '1 hour'
--@ with '7 days'
--@ with '1 month'
--@ with NULL
SELECT event_id FROM audit_events WHERE request_time > '2026-06-15 12:00Z'::timestamptz - $1;
--@ prepare interval
--@ with '1 hour'
--@ with '1 day'
SELECT event_id FROM audit_events WHERE request_time + $1 > '2026-06-15 12:00Z'::timestamptz;
--@ prepare text, bigint
--@ with 'x', 5
--@ with NULL, NULL
SELECT event_id FROM audit_events WHERE coalesce(recipient_name, $1) = coalesce($1, share_name, 'y') OR coalesce(rows_returned, $2) = $2;
--@ prepare bigint
--@ with 3
--@ with 0
--@ with NULL
--@ ordered
SELECT rows_returned FROM audit_events ORDER BY rows_returned LIMIT $1;
--@ prepare bigint
--@ with 3
--@ with -1
SELECT rows_returned FROM audit_events WHERE rows_returned / $1 = 2 AND rows_returned > 0;
--@ prepare bigint
--@ with 0
--@ error 22
SELECT rows_returned FROM audit_events WHERE rows_returned / $1 = 2;
--@ prepare int
--@ with 7
--@ with NULL
--@ with -400
SELECT event_date + $1, count(*) FROM audit_events GROUP BY 1;
--@ prepare text
--@ with 'day'
--@ with 'week'
SELECT date_trunc($1, request_time), count(*) FROM audit_events GROUP BY 1;
--@ prepare text
--@ with 'America/Havana'
--@ with 'EST'
SELECT (request_time AT TIME ZONE $1)::date, count(*) FROM audit_events GROUP BY 1;
--@ prepare text, text
--@ with 'acme', 'globex'
--@ with NULL, ''
SELECT $1, recipient_name || $2, starts_with(recipient_name, $1), nullif(recipient_name, $1), count(*) FROM audit_events GROUP BY 1, 2, 3, 4;
--@ prepare uuid, inet
--@ with '00000000-0000-4000-8000-000000000001', '10.1.2.3'
SELECT event_id FROM audit_events WHERE source_ip = host($2) OR event_id = $1::text;
--@ prepare varchar, name
--@ with 'acme', 'globex'
SELECT event_id FROM audit_events WHERE recipient_name = $1 OR recipient_name = $2;
