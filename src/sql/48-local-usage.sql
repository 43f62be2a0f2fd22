--
-- The local server: the raw log, and queries of recipients.
--
-- Both are made of the events.  The foreign tables audit_log and usage read
-- them on a local server.
--

CREATE VIEW deltashare.local_audit_log AS
SELECT e.request_time AS event_time,
	e.event_date,
	e.event_id,
	e.request_id,
	'deltaSharing'::text AS service_name,
	e.action_name,
	NULL::text AS audit_level,
	NULL::text AS account_id,
	e.workspace_id,
	NULL::text AS version,
	e.source_ip AS source_ip_address,
	e.user_agent,
	NULL::text AS session_id,
	CASE WHEN e.actor IS NOT NULL THEN jsonb_build_object('email', e.actor) END AS user_identity,
	e.request_params,
	jsonb_strip_nulls(jsonb_build_object(
		'status_code', e.status_code,
		'error_message', e.error_message)) AS response,
	NULL::jsonb AS identity_metadata
FROM deltashare.audit_events e;

-- One row per query: a request with its answer, or a credential.
--
-- First pairing: the request identifier.  It counts where, within an hour, a
-- request and an answer have it and nothing else does, seen from both.
--
-- Second pairing, of what is left: an answer that follows a request of the
-- same recipient for the same table within a minute, with none between.
--
-- A warehouse is asked for the same, in its own SQL.  Times of a tie are in
-- the order of the bytes of their event_id there, so they are here.
CREATE VIEW deltashare.local_usage AS
WITH event AS (
	SELECT e.request_time AS at, e.event_date, e.event_id, e.request_id, e.action_name,
		CASE WHEN e.action_name LIKE 'deltaSharingQueried%' THEN 'answer'
			WHEN e.action_name LIKE 'deltaSharing%' THEN 'request'
			ELSE 'credential' END AS kind,
		e.recipient_name, e.share_name, e.schema_name, e.table_name,
		e.rows_returned, e.bytes_transferred,
		e.status_code, e.error_message, e.source_ip, e.user_agent
	FROM deltashare.audit_events e
	WHERE e.action_name IN ('deltaSharingQueryTable', 'deltaSharingQueryTableChanges')
		OR e.action_name LIKE 'deltaSharingQueried%'
		OR (e.action_name LIKE 'generateTemporary%Credential%' AND e.recipient_name IS NOT NULL)
),
counted AS (
	SELECT e.*,
		e.recipient_name IS NOT NULL AND e.request_id IS NOT NULL AND e.kind <> 'credential'
			AND count(*) FILTER (WHERE e.kind = 'request') OVER same_id = 1
			AND count(*) FILTER (WHERE e.kind = 'answer') OVER same_id = 1 AS single
	FROM event e
	WINDOW same_id AS (PARTITION BY e.recipient_name, e.request_id ORDER BY e.at
		RANGE BETWEEN interval '1 hour' PRECEDING AND interval '1 hour' FOLLOWING)
),
identified AS (
	SELECT c.*,
		c.single AND bool_and(c.single OR c.kind = 'credential') OVER same_id AS paired,
		max(c.at) FILTER (WHERE c.kind = 'answer') OVER same_id AS same_at,
		max(c.rows_returned) FILTER (WHERE c.kind = 'answer') OVER same_id AS same_rows,
		max(c.bytes_transferred) FILTER (WHERE c.kind = 'answer') OVER same_id AS same_bytes,
		max(c.event_id) FILTER (WHERE c.kind = 'answer') OVER same_id AS same_event_id
	FROM counted c
	WINDOW same_id AS (PARTITION BY c.recipient_name, c.request_id ORDER BY c.at
		RANGE BETWEEN interval '1 hour' PRECEDING AND interval '1 hour' FOLLOWING)
),
-- what looks for its other half nearby; a request that failed has no answer
candidate AS (
	SELECT i.*,
		i.kind <> 'credential' AND NOT i.paired AND i.recipient_name IS NOT NULL AND i.table_name IS NOT NULL
			AND NOT (i.kind = 'request' AND coalesce(i.status_code, 200) >= 400) AS seeks
	FROM identified i
),
neighbour AS (
	SELECT c.*,
		c.seeks AND c.kind = 'request' AND coalesce(
			lead(c.kind) OVER near = 'answer' AND lead(c.at) OVER near <= c.at + interval '1 minute', false) AS answered,
		c.seeks AND c.kind = 'answer' AND coalesce(
			lag(c.kind) OVER near = 'request' AND c.at <= lag(c.at) OVER near + interval '1 minute', false) AS answers,
		lead(c.at) OVER near AS next_at,
		lead(c.rows_returned) OVER near AS next_rows,
		lead(c.bytes_transferred) OVER near AS next_bytes,
		lead(c.event_id) OVER near AS next_event_id
	FROM candidate c
	WINDOW near AS (PARTITION BY c.recipient_name, c.table_name, c.seeks
		ORDER BY c.at, CASE c.kind WHEN 'request' THEN 0 ELSE 1 END, c.event_id COLLATE "C")
)
SELECT n.at AS request_time,
	n.event_date,
	n.recipient_name,
	n.share_name,
	n.schema_name,
	n.table_name,
	n.action_name,
	CASE WHEN n.kind = 'credential' THEN 'not_needed'
		WHEN n.kind = 'answer' THEN 'no_request'
		WHEN n.paired THEN 'request_id'
		WHEN n.answered THEN 'nearest'
		ELSE 'no_answer' END AS pairing,
	CASE WHEN n.kind <> 'request' THEN n.at
		WHEN n.paired THEN n.same_at WHEN n.answered THEN n.next_at END AS answer_time,
	CASE WHEN n.kind <> 'request' THEN n.rows_returned
		WHEN n.paired THEN n.same_rows WHEN n.answered THEN n.next_rows END AS rows_returned,
	CASE WHEN n.kind <> 'request' THEN n.bytes_transferred
		WHEN n.paired THEN n.same_bytes WHEN n.answered THEN n.next_bytes END AS bytes_transferred,
	CASE WHEN n.kind = 'request' AND n.paired AND n.same_at >= n.at
		THEN round(extract(epoch FROM n.same_at - n.at) * 1000000)::bigint / 1000 END AS query_duration_ms,
	n.status_code,
	n.error_message,
	n.source_ip,
	n.user_agent,
	n.request_id,
	CASE WHEN n.kind = 'request' THEN n.event_id END AS request_event_id,
	CASE WHEN n.kind <> 'request' THEN n.event_id
		WHEN n.paired THEN n.same_event_id WHEN n.answered THEN n.next_event_id END AS answer_event_id
FROM neighbour n
WHERE NOT (n.kind = 'answer' AND (n.paired OR n.answers));

-- They are what the declared tables of these names are.
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT d.table_name, d.column_name, d.comment, d.table_comment
		FROM deltashare.declared_columns() d
		WHERE d.table_name IN ('audit_log', 'usage', 'object_columns', 'column_tags')
	LOOP
		EXECUTE format('COMMENT ON VIEW deltashare.local_%s IS %L', c.table_name, 'Local server: ' || c.table_comment);
		EXECUTE format('COMMENT ON COLUMN deltashare.local_%s.%I IS %L', c.table_name, c.column_name, c.comment);
	END LOOP;
END
$$;
