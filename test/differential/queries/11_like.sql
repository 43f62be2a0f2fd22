-- LIKE: escapes, what looks like one, and texts with line ends.
--@@ push whole
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'a%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '_';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '__';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'a_b';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'a\_b';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '100\%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '%\\%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '\\\%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '\a\c\m\e';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'two%lines';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'two_lines';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE E'%\n%' OR recipient_name LIKE E'%\t%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '%日_語';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '%"%' OR recipient_name LIKE '%''%' OR recipient_name LIKE '%`%';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name NOT LIKE '%a%';
SELECT event_id, recipient_name FROM audit_events WHERE NOT recipient_name LIKE 'A%' AND recipient_name LIKE '%e';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'ac%' AND recipient_name LIKE '%me ';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE '(.*)[a-z]+$' OR recipient_name LIKE '%.%' OR recipient_name LIKE '%*%';
--@ push none
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE NULL;
SELECT event_id, user_agent FROM audit_events WHERE user_agent LIKE '%Spark/3.1.0 java%';
SELECT event_id, user_agent FROM audit_events WHERE user_agent LIKE E'\x01%' OR user_agent LIKE E'%\u2028%' OR user_agent LIKE '😀%';
SELECT event_id, error_message FROM audit_events WHERE error_message LIKE 'PERMISSION\_DENIED:%';
SELECT event_id FROM audit_log WHERE action_name LIKE 'delta%' AND service_name NOT LIKE 'unity%';
--@ error 22
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'acme\';
--@ push none
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name ILIKE 'AC%';
--@ push none
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name ~ '^ac';
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE 'a!_b' ESCAPE '!';
--@ push none
SELECT event_id, recipient_name FROM audit_events WHERE recipient_name LIKE share_name;
