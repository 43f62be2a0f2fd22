-- Every row and every column.
SELECT * FROM audit_events;
SELECT * FROM audit_log;
SELECT * FROM usage;
SELECT count(*) FROM audit_events;
SELECT request_params ->> 'recipient_name', count(*) FROM audit_events GROUP BY 1;
