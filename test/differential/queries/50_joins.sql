-- Joins between the tables, with themselves and with local ones; semijoins and subqueries.
SELECT a.event_id, b.event_id FROM audit_events a JOIN audit_events b ON a.request_id = b.request_id WHERE a.event_kind = 'request' AND b.event_kind = 'answer';
SELECT a.event_id, b.event_id FROM audit_events a LEFT JOIN audit_events b ON a.request_id = b.request_id AND b.event_kind = 'answer' WHERE a.event_kind = 'request' AND a.recipient_name = 'acme';
SELECT a.event_id, b.event_id FROM audit_events a LEFT JOIN audit_events b ON a.request_id = b.request_id AND b.event_kind = 'answer' WHERE a.event_kind = 'request' AND a.recipient_name = 'acme' AND b.event_id IS NULL;
SELECT a.event_id, b.event_id FROM audit_events a RIGHT JOIN audit_events b ON a.request_id = b.request_id AND a.event_kind = 'request' WHERE b.event_kind = 'answer' AND b.recipient_name = 'acme';
SELECT a.event_id, b.event_id FROM audit_events a FULL JOIN audit_events b ON a.request_id = b.request_id AND a.event_kind = 'request' AND b.event_kind = 'answer' WHERE a.recipient_name = 'acme' OR b.recipient_name = 'acme';
--@ push whole
SELECT count(*), count(b.event_id), sum(b.rows_returned) FROM audit_events a LEFT JOIN audit_events b ON a.request_id = b.request_id AND b.event_kind = 'answer' WHERE a.event_kind = 'request';
SELECT u.request_event_id, e.action_name, e.status_code FROM usage u JOIN audit_events e ON e.event_id = u.request_event_id WHERE u.pairing = 'nearest';
SELECT l.service_name, u.pairing, count(*) FROM audit_log l JOIN usage u ON u.answer_event_id = l.event_id GROUP BY 1, 2;
SELECT u.recipient_name, count(*), sum(e.rows_returned) FROM usage u LEFT JOIN audit_events e ON e.event_id = u.answer_event_id AND e.rows_returned > 100 GROUP BY 1 HAVING count(*) > 3;
SELECT a.recipient_name, b.recipient_name, count(*) FROM audit_events a JOIN audit_events b ON a.share_name = b.share_name AND a.request_time < b.request_time AND a.event_date = b.event_date WHERE a.action_name = 'createShare' GROUP BY 1, 2;
SELECT a.event_id, b.event_id, c.event_id FROM audit_events a JOIN audit_events b ON a.request_id = b.request_id JOIN audit_log c ON b.event_id = c.event_id WHERE a.event_kind = 'request' AND b.event_kind = 'answer' AND c.audit_level = 'ACCOUNT_LEVEL';
SELECT a.event_id, b.event_id, c.event_id FROM audit_events a LEFT JOIN (audit_events b JOIN audit_log c ON b.event_id = c.event_id AND c.audit_level = 'ACCOUNT_LEVEL') ON a.request_id = b.request_id AND b.event_kind = 'answer' WHERE a.event_kind = 'request' AND a.recipient_name = 'globex';
SELECT a.event_id, b.n FROM audit_events a CROSS JOIN common.numbers b WHERE a.status_code = 403;
SELECT a.event_id, l.kind, a.bytes_transferred > l.max_bytes FROM audit_events a JOIN common.limits l USING (recipient_name) WHERE a.event_kind = 'answer';
SELECT l.recipient_name, l.kind, count(a.event_id), sum(a.rows_returned) FROM common.limits l LEFT JOIN audit_events a ON a.recipient_name = l.recipient_name AND a.request_time >= l.since GROUP BY 1, 2;
SELECT l.recipient_name FROM common.limits l WHERE EXISTS (SELECT FROM usage u WHERE u.recipient_name = l.recipient_name AND u.bytes_transferred > l.max_bytes);
SELECT l.recipient_name FROM common.limits l WHERE NOT EXISTS (SELECT FROM usage u WHERE u.recipient_name = l.recipient_name AND u.rows_returned > 0);
SELECT event_id FROM audit_events WHERE recipient_name IN (SELECT recipient_name FROM common.limits WHERE kind = 'soft');
SELECT event_id FROM audit_events WHERE recipient_name NOT IN (SELECT recipient_name FROM common.limits WHERE recipient_name IS NOT NULL);
SELECT event_id FROM audit_events WHERE recipient_name = ANY (ARRAY(SELECT recipient_name FROM common.limits));
--@ push whole
SELECT event_id FROM audit_events WHERE request_time >= (SELECT min(since) FROM common.limits) AND rows_returned > (SELECT max(n) FROM common.numbers);
SELECT l.recipient_name, (SELECT count(*) FROM audit_events a WHERE a.recipient_name = l.recipient_name) FROM common.limits l WHERE l.kind = 'soft';
SELECT l.recipient_name, s.* FROM common.limits l, LATERAL (SELECT rows_returned, bytes_transferred FROM usage u WHERE u.recipient_name = l.recipient_name ORDER BY rows_returned DESC NULLS LAST, bytes_transferred LIMIT 2) s WHERE l.kind = 'hard';
SELECT event_id FROM audit_events WHERE event_id IN (SELECT request_event_id FROM usage WHERE pairing = 'no_answer');
SELECT event_id FROM audit_events a WHERE EXISTS (SELECT FROM audit_events b WHERE b.request_id = a.request_id AND b.event_id <> a.event_id);
SELECT event_id FROM audit_events a WHERE a.rows_returned > (SELECT avg(b.rows_returned) FROM audit_events b);
SELECT event_kind, count(*) FROM audit_events GROUP BY 1 UNION ALL SELECT pairing, count(*) FROM usage GROUP BY 1;
SELECT recipient_name FROM audit_events WHERE status_code = 403 UNION SELECT recipient_name FROM usage WHERE pairing = 'nearest';
SELECT recipient_name FROM usage INTERSECT SELECT recipient_name FROM audit_events WHERE event_kind = 'credential';
SELECT recipient_name FROM audit_events EXCEPT SELECT recipient_name FROM usage;
SELECT a::text FROM audit_events a WHERE recipient_name = 'o''brien';
SELECT u::text, u.recipient_name FROM usage u WHERE table_name = 'ledger' AND rows_returned > 1000;
SELECT a.event_id, b::text FROM audit_events a JOIN usage b ON b.request_event_id = a.event_id WHERE b.pairing = 'nearest';
SELECT count(a), count(DISTINCT a.recipient_name) FROM audit_events a;
SELECT row_to_json(l) ->> 'action_name', count(*) FROM audit_log l WHERE service_name = 'jobs' GROUP BY 1;
SELECT tableoid::regclass::text LIKE '%audit_events', count(*) FROM audit_events GROUP BY 1;
SELECT request_params, user_identity, response, identity_metadata FROM audit_log WHERE service_name = 'clusters';
SELECT event_id, request_params -> 'changes', request_params ->> 'changes' FROM audit_events WHERE action_name = 'updateSharePermissions';
SELECT event_id FROM audit_log WHERE response ->> 'status_code' = '403';
SELECT event_id FROM audit_log WHERE user_identity @> '{"email": "bob@example.com"}' AND service_name = 'unityCatalog';
--@ error 22
SELECT a.event_id FROM audit_events a JOIN audit_events b ON a.rows_returned + 1 = b.rows_returned;
--@ error 22
SELECT 1 / (rows_returned - rows_returned) FROM audit_events WHERE rows_returned > 0;
--@ error 22
SELECT recipient_name::int FROM audit_events WHERE recipient_name = 'acme';
--@ error 21
SELECT (SELECT event_id FROM audit_events WHERE recipient_name = 'acme');
--@ error 42
SELECT no_such_column FROM audit_events;
