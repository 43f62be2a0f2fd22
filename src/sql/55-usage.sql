--
-- Analysis of usage: who reads what, and how much.
--
-- These functions are written so that the planner puts their query in the
-- place of the call: conditions of the query around them become theirs, and a
-- warehouse is asked for groups, not for queries one by one.  For that they
-- must be plain SQL and must not set anything, the search_path least of all.
-- So every function and operator in them is named with its schema, and they
-- avoid what cannot be: IN, BETWEEN, NULLIF, IS DISTINCT FROM.  (A body of
-- BEGIN ATOMIC would be safe by itself, but PostgreSQL 13 has none.)
--
-- Days and hours are those of the session's time zone.  Queries are counted as
-- deltashare.usage has them: failed ones too, and an answer whose request was
-- not found counts as one; it has no share.  Names of shares and recipients
-- are stored in lower case, so those that are asked for are folded.
--

CREATE FUNCTION deltashare.share_usage(share text, days int DEFAULT 7, server text DEFAULT NULL)
RETURNS TABLE (
	day date,
	recipient_name text,
	table_name text,
	request_count bigint,
	total_rows numeric,
	total_bytes numeric)
LANGUAGE sql STABLE
AS $$
	SELECT pg_catalog.date(u.request_time), u.recipient_name, u.table_name,
		pg_catalog.count(*), pg_catalog.sum(u.rows_returned), pg_catalog.sum(u.bytes_transferred)
	FROM deltashare.usage u
	WHERE u.server OPERATOR(pg_catalog.=) deltashare.server_name(share_usage.server)
		AND u.share_name OPERATOR(pg_catalog.=) pg_catalog.lower(share_usage.share)
		AND u.request_time OPERATOR(pg_catalog.>=) (current_date OPERATOR(pg_catalog.-) share_usage.days)
	GROUP BY 1, 2, 3
	ORDER BY 1 DESC, 4 DESC, 2, 3
$$;

COMMENT ON FUNCTION deltashare.share_usage(text, int, text) IS
'Use of a share, today and that many days before: one row per day, recipient and table, with the number of queries (failed ones too) and the rows and bytes that were offered, as far as they were logged. A query whose share is not known is in no share';

CREATE FUNCTION deltashare.most_accessed_tables(days int DEFAULT 30, top int DEFAULT 20, server text DEFAULT NULL)
RETURNS TABLE (
	share_name text,
	table_name text,
	unique_recipients bigint,
	total_requests bigint,
	total_rows numeric,
	avg_duration_ms numeric)
LANGUAGE sql STABLE
AS $$
	SELECT u.share_name, u.table_name, pg_catalog.count(DISTINCT u.recipient_name), pg_catalog.count(*),
		pg_catalog.sum(u.rows_returned), pg_catalog.round(pg_catalog.avg(u.query_duration_ms), 1)
	FROM deltashare.usage u
	WHERE u.server OPERATOR(pg_catalog.=) deltashare.server_name(most_accessed_tables.server)
		AND u.request_time OPERATOR(pg_catalog.>=) (current_date OPERATOR(pg_catalog.-) most_accessed_tables.days)
	GROUP BY 1, 2
	ORDER BY 4 DESC, 1, 2
	LIMIT most_accessed_tables.top
$$;

COMMENT ON FUNCTION deltashare.most_accessed_tables(int, int, text) IS
'The tables that were asked for most, today and that many days before (top NULL: all): recipients, queries, rows that were offered, mean time from request to answer where it is known. Tables of one name in two shares are two; share_name NULL: the share is not known';

CREATE FUNCTION deltashare.recipient_activity(recipient text, days int DEFAULT 7, server text DEFAULT NULL)
RETURNS TABLE (
	hour timestamptz,
	share_name text,
	table_name text,
	requests bigint,
	rows numeric,
	mb_transferred numeric)
LANGUAGE sql STABLE
AS $$
	SELECT pg_catalog.date_trunc('hour', u.request_time), u.share_name, u.table_name,
		pg_catalog.count(*), pg_catalog.sum(u.rows_returned),
		pg_catalog.round(pg_catalog.sum(u.bytes_transferred) OPERATOR(pg_catalog./) 1048576.0, 6)
	FROM deltashare.usage u
	WHERE u.server OPERATOR(pg_catalog.=) deltashare.server_name(recipient_activity.server)
		AND u.recipient_name OPERATOR(pg_catalog.=) pg_catalog.lower(recipient_activity.recipient)
		AND u.request_time OPERATOR(pg_catalog.>=) (current_date OPERATOR(pg_catalog.-) recipient_activity.days)
	GROUP BY 1, 2, 3
	ORDER BY 1 DESC, 2, 3
$$;

COMMENT ON FUNCTION deltashare.recipient_activity(text, int, text) IS
'What a recipient did, today and that many days before: one row per hour, share and table, with queries, rows and megabytes (of 1048576 bytes) that were offered; NULL: not logged';

-- What a warehouse is asked for is one row per day, share and recipient that
-- has any.  The days without are made here, and so are the statistics.
--
-- A window over share and recipient lets conditions on these through.
CREATE FUNCTION deltashare.usage_anomalies(
	share text DEFAULT NULL,
	days int DEFAULT 7,
	sigma numeric DEFAULT 2,
	history int DEFAULT 30,
	server text DEFAULT NULL)
RETURNS TABLE (
	day date,
	share_name text,
	recipient_name text,
	daily_requests bigint,
	avg_requests numeric,
	stddev_requests numeric,
	status text)
LANGUAGE sql STABLE
AS $$
	SELECT judged.day, judged.share_name, judged.recipient_name, judged.requests,
		pg_catalog.round(judged.mean, 2), pg_catalog.round(judged.deviation, 2),
		CASE
			WHEN judged.requests OPERATOR(pg_catalog.>) (judged.mean OPERATOR(pg_catalog.+)
				(usage_anomalies.sigma OPERATOR(pg_catalog.*) judged.deviation)) THEN 'ANOMALY_HIGH'
			WHEN judged.requests OPERATOR(pg_catalog.<) (judged.mean OPERATOR(pg_catalog.-)
				(usage_anomalies.sigma OPERATOR(pg_catalog.*) judged.deviation))
				AND judged.day OPERATOR(pg_catalog.<) current_date THEN 'ANOMALY_LOW'
			ELSE 'NORMAL' END
	FROM (
		SELECT counted.day, counted.share_name, counted.recipient_name, counted.requests,
			pg_catalog.avg(counted.requests) FILTER (WHERE counted.day OPERATOR(pg_catalog.<) current_date)
				OVER (PARTITION BY counted.share_name, counted.recipient_name) AS mean,
			pg_catalog.stddev_samp(counted.requests) FILTER (WHERE counted.day OPERATOR(pg_catalog.<) current_date)
				OVER (PARTITION BY counted.share_name, counted.recipient_name) AS deviation
		FROM (
			SELECT (known.first_day OPERATOR(pg_catalog.+) n) AS day, known.share_name, known.recipient_name,
				coalesce(known.requests[pg_catalog.array_position(known.days,
					known.first_day OPERATOR(pg_catalog.+) n)], 0) AS requests
			FROM (
				SELECT daily.share_name, daily.recipient_name, pg_catalog.min(daily.day) AS first_day,
					pg_catalog.array_agg(daily.day) AS days, pg_catalog.array_agg(daily.requests) AS requests
				FROM (
					SELECT u.share_name, u.recipient_name, pg_catalog.date(u.request_time) AS day,
						pg_catalog.count(*) AS requests
					FROM deltashare.usage u
					WHERE u.server OPERATOR(pg_catalog.=) deltashare.server_name(usage_anomalies.server)
						AND (usage_anomalies.share IS NULL
							OR u.share_name OPERATOR(pg_catalog.=) pg_catalog.lower(usage_anomalies.share))
						AND u.request_time OPERATOR(pg_catalog.>=)
							(current_date OPERATOR(pg_catalog.-) usage_anomalies.history)
					GROUP BY 1, 2, 3
				) daily
				GROUP BY 1, 2
			) known
			CROSS JOIN LATERAL
				pg_catalog.generate_series(0, current_date OPERATOR(pg_catalog.-) known.first_day) AS n
		) counted
	) judged
	WHERE judged.day OPERATOR(pg_catalog.>=) (current_date OPERATOR(pg_catalog.-) usage_anomalies.days)
	ORDER BY 1 DESC, 4 DESC, 2, 3
$$;

COMMENT ON FUNCTION deltashare.usage_anomalies(text, int, numeric, int, text) IS
'Days on which a recipient asked for a share (NULL: each share) far more or less often than usual: ANOMALY_HIGH and ANOMALY_LOW are more than sigma standard deviations from the mean of its days, else NORMAL. Its days are those from its first query within the history, days without queries count as 0; today, which is not over, is compared with the mean but not part of it, and never LOW. With five days or less nothing but today can be an anomaly at sigma 2';
