--
-- Alerts: what somebody should look at.
--

-- In the manner of 55-usage.sql.
CREATE FUNCTION deltashare.transfer_alerts(
	threshold_gb numeric DEFAULT 100,
	on_day date DEFAULT current_date,
	server text DEFAULT NULL)
RETURNS TABLE (
	day date,
	share_name text,
	gb_transferred numeric)
LANGUAGE sql STABLE
AS $$
	SELECT transfer_alerts.on_day, u.share_name,
		pg_catalog.round(pg_catalog.sum(u.bytes_transferred) OPERATOR(pg_catalog./) 1073741824.0, 3)
	FROM deltashare.usage u
	WHERE u.server OPERATOR(pg_catalog.=) deltashare.server_name(transfer_alerts.server)
		AND u.request_time OPERATOR(pg_catalog.>=) transfer_alerts.on_day
		AND u.request_time OPERATOR(pg_catalog.<) (transfer_alerts.on_day OPERATOR(pg_catalog.+) 1)
	GROUP BY u.share_name
	HAVING pg_catalog.sum(u.bytes_transferred) OPERATOR(pg_catalog.>)
		(transfer_alerts.threshold_gb OPERATOR(pg_catalog.*) 1073741824.0)
	ORDER BY 3 DESC, 2
$$;

COMMENT ON FUNCTION deltashare.transfer_alerts(numeric, date, text) IS
'Shares of which more than threshold_gb gigabytes (of 1073741824 bytes) were offered on a day, by default today so far; share_name NULL: answers whose share is not known. Bytes that were not logged are not in it';

-- What the use of shares has to say to a review; an error of the log is for the
-- caller.  A query is planned for one server, so the name stands in its text.
CREATE FUNCTION deltashare.used_grants(since timestamptz, server text)
RETURNS TABLE (share_name text, recipient_name text, uses bigint)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT lower(u.share_name), u.recipient_name, count(*)
		FROM deltashare.usage u
		WHERE u.server = %L AND u.request_time >= $1 AND u.recipient_name IS NOT NULL
		GROUP BY u.share_name, u.recipient_name', server)
		USING since;
END
$$;

COMMENT ON FUNCTION deltashare.used_grants(timestamptz, text) IS
'Internal: which recipient used which share since then, and how often; share NULL: not known';

CREATE FUNCTION deltashare.access_review(
	stale_after interval DEFAULT '90 days',
	expiring_within interval DEFAULT '30 days',
	activate_within interval DEFAULT '7 days',
	server text DEFAULT NULL)
RETURNS TABLE (
	finding text,
	severity text,
	share_name text,
	recipient_name text,
	at timestamptz,
	detail text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	server_read text := deltashare.server_name(server);
	stale_since timestamptz := now() - stale_after;
	shares deltashare.share[];
	objects deltashare.share_object[];
	recipients deltashare.recipient[];
	tokens deltashare.recipient_token[];
	grants deltashare.share_grant[];
	read_uses jsonb;				-- NULL: not known
	columns jsonb := '[]';
BEGIN
	-- everything is read once
	shares := ARRAY(SELECT s FROM deltashare.select_rows(server_read, NULL::deltashare.share) s);
	objects := ARRAY(SELECT o FROM deltashare.select_rows(server_read, NULL::deltashare.share_object) o);
	recipients := ARRAY(SELECT r FROM deltashare.select_rows(server_read, NULL::deltashare.recipient) r);
	tokens := ARRAY(SELECT t FROM deltashare.select_rows(server_read, NULL::deltashare.recipient_token) t);
	grants := ARRAY(SELECT g FROM deltashare.select_rows(server_read, NULL::deltashare.share_grant) g
					WHERE g.recipient_name IS NOT NULL);
	BEGIN
		read_uses := (SELECT coalesce(jsonb_agg(to_jsonb(u)), '[]')
					  FROM deltashare.used_grants(stale_since, server_read) u);
	EXCEPTION WHEN OTHERS THEN
		RETURN QUERY SELECT 'usage_unknown', 'high', NULL::text, NULL::text, stale_since,
			format('what is not used cannot be told: %s', SQLERRM);
	END;
	BEGIN
		columns := (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]')
					FROM deltashare.sensitive_columns_of(objects, server_read) c WHERE c.masked IS NOT TRUE);
	EXCEPTION WHEN OTHERS THEN
		RETURN QUERY SELECT 'sensitive_columns_unknown', 'high', NULL::text, NULL::text, NULL::timestamptz,
			format('columns that look personal cannot be told: %s', SQLERRM);
	END;

	RETURN QUERY
	WITH share AS (SELECT * FROM unnest(shares)),
	object AS (SELECT * FROM unnest(objects)),
	recipient AS (SELECT * FROM unnest(recipients)),
	held AS (SELECT * FROM unnest(grants)),
	used AS (
		SELECT * FROM jsonb_to_recordset(read_uses) u(share_name text, recipient_name text, uses bigint)
	),
	-- with which a recipient can read for longest
	token AS (
		SELECT t.recipient_name, max(coalesce(t.expiration_time, 'infinity')) AS expires
		FROM unnest(tokens) t
		GROUP BY t.recipient_name
	),
	unused AS (
		SELECT r.name FROM recipient r
		WHERE read_uses IS NOT NULL AND r.created_at < stale_since
			AND NOT EXISTS (SELECT FROM used u WHERE u.recipient_name = r.name)
	)
	SELECT 'token_never_expires', 'high', NULL::text, t.recipient_name, NULL::timestamptz,
		'has a token that never expires'
	FROM token t WHERE t.expires = 'infinity'
	UNION ALL
	SELECT 'token_expired', 'medium', NULL, t.recipient_name, t.expires, 'cannot read any more'
	FROM token t WHERE t.expires <= now()
	UNION ALL
	SELECT 'token_expiring', 'medium', NULL, t.recipient_name, t.expires, 'needs a new token soon'
	FROM token t WHERE t.expires > now() AND t.expires <= now() + expiring_within
	UNION ALL
	SELECT 'recipient_not_activated', 'medium', NULL, r.name, r.created_at,
		'has not used its activation link'
	FROM recipient r
	WHERE r.authentication_type = 'TOKEN' AND NOT r.activated AND r.created_at <= now() - activate_within
	UNION ALL
	SELECT 'recipient_without_ip_list', 'low', NULL, r.name, r.created_at, 'may read from any address'
	FROM recipient r
	WHERE r.authentication_type <> 'DATABRICKS' AND coalesce(r.ip_access_list, '{}') = '{}'
	UNION ALL
	SELECT 'recipient_without_grants', 'low', NULL, r.name, r.created_at, 'may read no share'
	FROM recipient r WHERE NOT EXISTS (SELECT FROM held g WHERE g.recipient_name = r.name)
	UNION ALL
	SELECT 'recipient_unused', 'medium', NULL, r.name, stale_since,
		'no query since, or never'
	FROM unused r
	UNION ALL
	SELECT 'grant_unused', 'medium', g.share_name, g.recipient_name, stale_since,
		'no query of the share since, or never' || coalesce(
			(SELECT format(', but %s of which the share is not known', u.uses) FROM used u
			 WHERE u.recipient_name = g.recipient_name AND u.share_name IS NULL), '')
	FROM held g JOIN share s ON s.name = g.share_name JOIN recipient r ON r.name = g.recipient_name
	WHERE read_uses IS NOT NULL AND s.created_at < stale_since AND r.created_at < stale_since
		AND NOT EXISTS (SELECT FROM unused x WHERE x.name = g.recipient_name)
		AND NOT EXISTS (SELECT FROM used u WHERE u.recipient_name = g.recipient_name AND u.share_name = g.share_name)
	UNION ALL
	SELECT 'share_without_grants', 'low', s.name, NULL, s.created_at, 'nobody may read it'
	FROM share s WHERE NOT EXISTS (SELECT FROM held g WHERE g.share_name = s.name)
	UNION ALL
	SELECT 'share_without_objects', 'low', s.name, NULL, s.created_at, 'there is nothing to read'
	FROM share s WHERE NOT EXISTS (SELECT FROM object o WHERE o.share_name = s.name)
	UNION ALL
	SELECT 'object_not_readable', 'medium', o.share_name, NULL, o.added_at,
		format('owner of the share may not read %s', o.name)
	FROM object o WHERE o.status = 'PERMISSION_DENIED'
	UNION ALL
	-- of a column one row, whatever it looks like
	SELECT 'sensitive_column_unmasked', CASE WHEN c.masked IS NULL THEN 'medium' ELSE 'high' END, c.share_name, NULL, NULL,
		format(CASE WHEN c.masked IS NULL THEN '%s of %s looks like %s, and whether it is masked is not known'
			ELSE '%s of %s looks like %s, and is not masked' END,
			c.column_name, c.object_name, string_agg(DISTINCT c.category, ', ' ORDER BY c.category))
	FROM jsonb_to_recordset(columns) c(share_name text, object_name text, column_name text, category text, masked boolean)
	GROUP BY c.share_name, c.object_name, c.column_name, c.masked
	ORDER BY 1, 3, 4, 6;
END
$$;

COMMENT ON FUNCTION deltashare.access_review(interval, interval, interval, text) IS
'What a review of access should look at, one row per finding: token_never_expires, token_expired, token_expiring (the token that lasts longest), recipient_not_activated, recipient_without_ip_list, recipient_without_grants, recipient_unused, grant_unused (by recipients that used something else; when a grant was made is not known, so those of a new share or recipient are left out), share_without_grants, share_without_objects, object_not_readable, sensitive_column_unmasked (of severity medium where that is not known, see sensitive_columns()). Where usage cannot be read, because the server has no warehouse for example, usage_unknown says so instead of the two about use, and sensitive_columns_unknown where columns cannot be read. "at" is the time that it is about: an expiry, a creation, or since when there was no use';

-- An alert is sent each time, and has a key by which a listener knows it again.
-- To remember here what was sent would be to claim that somebody heard it:
-- NOTIFY reaches only those who listen at that moment.
CREATE FUNCTION deltashare.notify_alerts(
	channel text DEFAULT 'deltashare_alerts',
	threshold_gb numeric DEFAULT 100,
	sigma numeric DEFAULT 2,
	expiring_within interval DEFAULT '7 days',
	server text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	server_read text := deltashare.server_name(server);
	longest int := current_setting('max_identifier_length')::int;
	alert record;
	sent bigint := 0;
BEGIN
	IF coalesce(channel, '') = '' OR octet_length(channel) > longest THEN
		RAISE invalid_parameter_value USING
			MESSAGE = format('channel name "%s" is not valid', channel),
			DETAIL = format('It must have 1 to %s bytes.', longest);
	END IF;

	FOR alert IN EXECUTE format(
		$query$
		SELECT 'transfer' AS kind, a.share_name, NULL AS recipient_name, to_char(a.day, 'YYYY-MM-DD') AS at,
			format('%%s GB offered, more than %%s', a.gb_transferred, $1) AS message
		FROM deltashare.transfer_alerts(threshold_gb => $1, server => %1$L) a
		UNION ALL
		SELECT 'anomaly', a.share_name, a.recipient_name, to_char(a.day, 'YYYY-MM-DD'),
			format('%%s queries, usual are %%s', a.daily_requests, a.avg_requests)
		FROM deltashare.usage_anomalies(days => 1, sigma => $2, server => %1$L) a
		WHERE a.status = 'ANOMALY_HIGH'
		UNION ALL
		SELECT CASE WHEN t.expires > now() THEN 'token_expiring' ELSE 'token_expired' END, NULL, t.recipient_name,
			to_char(t.expires AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
			CASE WHEN t.expires > now() THEN 'token expires' ELSE 'token has expired' END
		FROM (SELECT t.recipient_name, max(coalesce(t.expiration_time, 'infinity')) AS expires
			  FROM deltashare.select_rows(%1$L, NULL::deltashare.recipient_token) t GROUP BY 1) t
		WHERE t.expires <= now() + $3
		ORDER BY 1, 2, 3, 4
		$query$, server_read)
		USING threshold_gb, sigma, expiring_within
	LOOP
		-- A payload has less than 8000 bytes; names in the log have any length.
		PERFORM pg_notify(channel, jsonb_build_object(
			'alert', alert.kind,
			'key', left(encode(sha256(convert_to(jsonb_build_array(alert.kind, server_read, alert.share_name,
				alert.recipient_name, alert.at)::text, 'UTF8')), 'hex'), 32),
			'server', server_read,
			'share_name', left(alert.share_name, 255),
			'recipient_name', left(alert.recipient_name, 255),
			'at', alert.at,
			'message', alert.message)::text);
		sent := sent + 1;
	END LOOP;
	RETURN sent;
END
$$;

COMMENT ON FUNCTION deltashare.notify_alerts(text, numeric, numeric, interval, text) IS
'Send a NOTIFY for each thing to look at now, return how many: transfer_alerts() of today, ANOMALY_HIGH of usage_anomalies() of today and yesterday, tokens that expire soon or have expired. The payload is JSON: alert, key, server, share_name, recipient_name (cut after 255 characters), at, message. What goes on is sent again by the next call with the same key, by which a listener tells what it has seen. For a scheduler: SELECT cron.schedule(''deltashare alerts'', ''*/10 * * * *'', ''SELECT deltashare.notify_alerts()'')';
