--
-- Joins that ask for many keys at a time.  Whatever the join, the rows are those
-- of the same query without it, and of the same query on plain tables.
--
-- On a workspace only: the local backend has no round trips to save.
--
\set VERBOSITY terse
\getenv token DELTASHARE_TEST_TOKEN
SELECT count(*) FROM (SELECT deltashare.create_share(format('bj_%s', i)) FROM generate_series(10, 49) i) AS made;
SELECT count(*) FROM (SELECT deltashare.create_recipient(format('bj_r%s', i)) FROM generate_series(1, 4) i) AS made;
SELECT count(*) FROM (SELECT deltashare.grant_select(format('bj_%s', i), format('bj_r%s', r))
					  FROM generate_series(10, 49) i, generate_series(1, 3) r WHERE i % r = 0 AND i % 7 <> 0) AS made;
SELECT count(*) FROM (SELECT deltashare.add_to_share(format('bj_%s', i), o)
					  FROM generate_series(10, 19) i, unnest('{main.sales.orders, main.sales.daily}'::text[]) o) AS made;

-- keys: most there, some not, one no name at all, NULLs, one that only the list
-- can answer, and each of them again
CREATE TABLE bj_t AS
SELECT i, CASE WHEN i % 9 = 0 THEN NULL WHEN i % 11 = 0 THEN format('bj_absent%s', i) WHEN i = 17 THEN ''
			   WHEN i = 19 THEN 'BJ_10' ELSE format('bj_%s', 10 + i % 45) END AS share,
	   CASE WHEN i % 5 = 0 THEN NULL ELSE format('bj_r%s', i % 6) END AS recipient
FROM generate_series(1, 60) i;
CREATE TABLE bj_keys AS SELECT format('bj_%s', i) AS share FROM generate_series(10, 49) i;
CREATE TABLE bj_few AS SELECT i, format('bj_%s', 10 + i % 4) AS share FROM generate_series(1, 200) i;
ANALYZE bj_t, bj_keys, bj_few;

CREATE SCHEMA bj_plain;
CREATE TABLE bj_plain.shares AS SELECT * FROM shares;
CREATE TABLE bj_plain.share_objects AS SELECT * FROM share_objects;
CREATE TABLE bj_plain.recipients AS SELECT * FROM recipients;
CREATE TABLE bj_plain.grants AS SELECT * FROM grants;

-- the plan as one text
CREATE FUNCTION bj_plan(query text, options text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END
$$;

-- without the conditions, whose sides PostgreSQL 17 turned round
CREATE FUNCTION bj_explain(query text, options text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT line FROM regexp_split_to_table(rtrim(bj_plan(query, options), E'\n'), '\n') line WHERE line NOT LIKE '%Filter: %'
$$;

CREATE FUNCTION bj_nodes(query text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(*) FROM regexp_matches(bj_plan(query, 'COSTS OFF'), 'Delta Sharing Key Batch', 'g')
$$;

-- what it did, summed over the plan
CREATE FUNCTION bj_count(query text, OUT nodes bigint, OUT batches bigint, OUT keys bigint, OUT requests bigint) LANGUAGE sql AS $$
	SELECT count(*) FILTER (WHERE m[1] = 'Custom Plan Provider'),
		   sum(m[2]::bigint) FILTER (WHERE m[1] = 'Batches'),
		   sum(m[2]::bigint) FILTER (WHERE m[1] = 'Keys'),
		   sum(m[2]::bigint) FILTER (WHERE m[1] = 'Requests')
	FROM regexp_matches(bj_plan(query, 'ANALYZE, TIMING OFF, COSTS OFF, FORMAT JSON'),
						'"(Custom Plan Provider|Batches|Keys|Requests)": (?:"[^"]*"|(\d+))', 'g') m
$$;

CREATE FUNCTION bj_rows(query text, path text, batched bool, OUT n bigint, OUT hash text) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', path, true), set_config('deltashare.enable_batched_join', batched::text, true);
	EXECUTE format('SELECT count(*), md5(string_agg(x::text, E''\n'' ORDER BY x::text COLLATE "C")) FROM (%s) x', query) INTO n, hash;
	PERFORM set_config('search_path', 'sharing, public', true), set_config('deltashare.enable_batched_join', 'on', true);
END
$$;

-- the same rows, three ways
CREATE FUNCTION bj_same(query text, OUT nodes bigint, OUT rows bigint, OUT same bool) LANGUAGE plpgsql AS $$
DECLARE
	plain record := bj_rows(query, 'bj_plain, public', true);
	alone record := bj_rows(query, 'sharing, public', false);
	batched record := bj_rows(query, 'sharing, public', true);
BEGIN
	nodes := bj_nodes(query);
	rows := batched.n;
	same := plain IS NOT DISTINCT FROM alone AND plain IS NOT DISTINCT FROM batched;
END
$$;

-- ===================================================================
-- the plan
-- ===================================================================
SELECT * FROM bj_explain($$SELECT k.share, g.recipient_name FROM bj_keys k JOIN grants g ON g.share_name = k.share$$, 'VERBOSE, COSTS OFF');
SELECT * FROM bj_explain($$SELECT * FROM bj_keys k LEFT JOIN grants g ON g.share_name = lower(k.share) AND g.recipient_name > k.share$$, 'COSTS OFF');
SELECT * FROM bj_explain($$SELECT * FROM bj_keys k WHERE EXISTS (SELECT FROM grants g WHERE g.share_name = k.share)$$, 'COSTS OFF');
SELECT * FROM bj_explain($$SELECT * FROM bj_keys k WHERE NOT EXISTS (SELECT FROM grants g WHERE g.share_name = k.share)$$, 'COSTS OFF');
SELECT * FROM bj_explain($$SELECT * FROM grants WHERE share_name IN (SELECT share FROM bj_keys)$$, 'COSTS OFF');
-- the order of the outer side stays
SELECT * FROM bj_explain($$SELECT k.share, g.recipient_name FROM (SELECT * FROM bj_keys ORDER BY share OFFSET 0) k LEFT JOIN grants g ON g.share_name = k.share ORDER BY k.share$$, 'COSTS OFF');
-- one below another
SELECT bj_nodes($$SELECT count(*) FROM bj_keys k JOIN shares s ON s.name = k.share JOIN share_objects o ON o.share_name = s.name$$);
-- one key alone is one request anyway
SELECT bj_nodes($$SELECT * FROM (SELECT * FROM bj_keys LIMIT 1) k JOIN grants g ON g.share_name = k.share$$);
-- more keys than it takes to list all shares
SELECT bj_nodes($$SELECT * FROM (SELECT format('bj_%s', i) AS share FROM generate_series(1, 5000) i) k JOIN shares s ON s.name = k.share$$);
SET deltashare.enable_batched_join = off;
SELECT bj_nodes($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share$$);
RESET deltashare.enable_batched_join;

-- ===================================================================
-- how much is asked for
-- ===================================================================
-- one request per key, and the first batch is one round of them
SELECT * FROM bj_count($$SELECT * FROM bj_keys k JOIN shares s ON s.name = k.share$$);
-- a key that comes again is not asked for again
SELECT * FROM bj_count($$SELECT * FROM bj_few k JOIN shares s ON s.name = k.share$$);
SELECT * FROM bj_count($$SELECT * FROM bj_few k JOIN shares s ON s.name = k.share JOIN share_objects o ON o.share_name = k.share$$);
-- a key that only the list can answer is not mixed with the others
SELECT nodes, batches, keys, requests >= keys - 1 AS by_key FROM bj_count($$SELECT * FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share$$);
-- no key, no request
SELECT * FROM bj_count($$SELECT * FROM bj_keys k LEFT JOIN shares s ON s.name = nullif(k.share, k.share)$$);
SELECT * FROM bj_count($$SELECT * FROM bj_keys k LEFT JOIN shares s ON s.name = '/' || k.share$$);
-- who wants one row does not pay for all
SELECT requests <= 16 FROM bj_count($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share LIMIT 1$$);
-- one key at a time, otherwise
SET deltashare.enable_batched_join = off;
SELECT * FROM bj_count($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share$$) WHERE requests >= 40;
RESET deltashare.enable_batched_join;
ALTER SERVER sharing OPTIONS (ADD concurrency '1');
SELECT * FROM bj_count($$SELECT * FROM bj_few k JOIN shares s ON s.name = k.share$$);
ALTER SERVER sharing OPTIONS (DROP concurrency);

-- ===================================================================
-- the same rows
-- ===================================================================
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT * FROM bj_same($$SELECT t.*, g.* FROM bj_t t JOIN grants g ON g.share_name = t.share$$);
SELECT * FROM bj_same($$SELECT t.*, g.* FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share$$);
SELECT * FROM bj_same($$SELECT t.*, g.* FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share AND t.i % 2 = 0$$);
SELECT * FROM bj_same($$SELECT t.*, g.* FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share AND g.recipient_name = t.recipient$$);
SELECT * FROM bj_same($$SELECT t.*, g.* FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share WHERE g.share_name IS NULL$$);
SELECT * FROM bj_same($$SELECT t.*, g.* FROM bj_t t JOIN grants g ON g.recipient_name = t.recipient AND g.share_name LIKE 'bj%'$$);
SELECT * FROM bj_same($$SELECT t.*, s.name FROM bj_t t JOIN shares s ON s.name = t.share::varchar$$);
SELECT * FROM bj_same($$SELECT t.*, s.name FROM shares s RIGHT JOIN bj_t t ON s.name = coalesce(t.share, 'bj_10')$$);
-- semi and anti joins
SELECT * FROM bj_same($$SELECT * FROM bj_t t WHERE EXISTS (SELECT FROM grants g WHERE g.share_name = t.share AND g.recipient_name <> 'bj_r1')$$);
SELECT * FROM bj_same($$SELECT * FROM bj_t t WHERE NOT EXISTS (SELECT FROM grants g WHERE g.share_name = t.share AND g.recipient_name <> 'bj_r1')$$);
SELECT * FROM bj_same($$SELECT * FROM bj_t t WHERE share IN (SELECT share_name FROM grants)$$);
SELECT * FROM bj_same($$SELECT * FROM bj_t t WHERE share NOT IN (SELECT share_name FROM grants)$$);
SELECT * FROM bj_same($$SELECT * FROM grants WHERE share_name IN (SELECT share FROM bj_t WHERE i < 40)$$);
SELECT * FROM bj_same($$SELECT * FROM grants WHERE (share_name, recipient_name) IN (SELECT share, recipient FROM bj_t)$$);
-- several of our tables
SELECT * FROM bj_same($$SELECT t.i, s.name, o.name FROM bj_t t LEFT JOIN shares s ON s.name = t.share LEFT JOIN share_objects o ON o.share_name = s.name$$);
SELECT * FROM bj_same($$SELECT t.i, g.recipient_name, r.name FROM bj_t t JOIN grants g ON g.share_name = t.share LEFT JOIN recipients r ON r.name = g.recipient_name AND r.name <> 'bj_r2'$$);
SELECT * FROM bj_same($$SELECT t.i, o.name, g.recipient_name FROM bj_t t LEFT JOIN (share_objects o JOIN grants g ON g.share_name = o.share_name) ON o.share_name = t.share$$);
SELECT * FROM bj_same($$SELECT a.share_name, b.recipient_name FROM bj_t t JOIN grants a ON a.share_name = t.share JOIN grants b ON b.share_name = a.share_name AND b.recipient_name > a.recipient_name$$);
SELECT * FROM bj_same($$SELECT t.i, x.name, y.name FROM bj_t t JOIN (bj_keys k LEFT JOIN shares x ON x.name = k.share) ON k.share = t.share LEFT JOIN shares y ON y.name = x.name$$);
-- whole rows, system columns, placeholders
SELECT * FROM bj_same($$SELECT t, g FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share$$);
SELECT * FROM bj_same($$SELECT t.ctid, g.tableoid <> 0 FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share$$);
SELECT * FROM bj_same($$SELECT t.i, x.c, y.name FROM bj_t t LEFT JOIN (SELECT share_name, coalesce(recipient_name, 'none') AS c FROM grants) x ON x.share_name = t.share LEFT JOIN recipients y ON y.name = x.c$$);
-- aggregates, LIMIT, set operations
SELECT * FROM bj_same($$SELECT t.share, count(*), count(g), max(recipient_name) FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share GROUP BY 1$$);
SELECT * FROM bj_same($$SELECT t.i, g.recipient_name FROM bj_t t JOIN grants g ON g.share_name = t.share ORDER BY 1, 2 OFFSET 5 LIMIT 20$$);
SELECT * FROM bj_same($$SELECT t.i, s.name FROM bj_t t JOIN shares s ON s.name = t.share UNION ALL SELECT i, share_name FROM bj_few JOIN share_objects ON share_name = share$$);

-- ===================================================================
-- again with other values
-- ===================================================================
SELECT * FROM bj_same($$SELECT f.i, (SELECT count(*) || max(g.recipient_name) FROM bj_keys k LEFT JOIN grants g ON g.share_name = k.share WHERE k.share >= f.share) FROM bj_few f WHERE f.i <= 8$$);
SELECT * FROM bj_same($$SELECT f.i, (SELECT count(*) FROM bj_keys k JOIN grants g ON g.share_name = k.share AND g.recipient_name <> f.share AND k.share < 'bj_' || f.i) FROM bj_few f WHERE f.i BETWEEN 9 AND 15$$);
SELECT * FROM bj_same($$SELECT f.i, l.* FROM bj_few f, LATERAL (SELECT k.share, g.recipient_name FROM bj_keys k LEFT JOIN grants g ON g.share_name = k.share WHERE k.share > f.share ORDER BY 1, 2 LIMIT 4) l WHERE f.i < 8$$);
SELECT * FROM bj_same($$SELECT t.i, l.n FROM bj_t t LEFT JOIN LATERAL (SELECT name AS n FROM shares s WHERE s.name = t.share AND t.i < 30 OFFSET 0) l ON true$$);
SELECT * FROM bj_same($$WITH RECURSIVE walk(share, n) AS (SELECT 'bj_10', 1 UNION ALL SELECT 'bj_' || (10 + n), n + 1 FROM walk w JOIN (bj_keys k JOIN shares s ON s.name = k.share) ON k.share = w.share WHERE n < 5) SELECT * FROM walk$$);
-- below, the outer side stays the same, or comes from a hash table that must be built again
SELECT * FROM bj_same($$SELECT f.i, (SELECT count(*) FROM (SELECT DISTINCT share FROM bj_keys) k JOIN grants g ON g.share_name = k.share AND g.recipient_name <> 'bj_r' || f.i) FROM bj_few f WHERE f.i <= 5$$);
SELECT * FROM bj_same($$SELECT f.i, (SELECT count(*) || max(g.share_name) FROM (SELECT DISTINCT share FROM bj_keys k WHERE share > 'bj_' || f.i) k JOIN grants g ON g.share_name = k.share) FROM bj_few f WHERE f.i BETWEEN 20 AND 25$$);
-- keys known from an earlier round are not asked for again
SELECT * FROM bj_count($$SELECT f.i, (SELECT count(*) FROM bj_keys k JOIN grants g ON g.share_name = k.share AND g.recipient_name <> 'bj_r' || f.i) FROM bj_few f WHERE f.i <= 5$$);

SET plan_cache_mode = force_generic_plan;
PREPARE bj_query(int, text) AS
SELECT count(*), count(g) FROM bj_t t LEFT JOIN grants g ON g.share_name = t.share AND g.recipient_name <> $2 WHERE t.i <= $1;
EXPLAIN (COSTS OFF) EXECUTE bj_query(20, 'bj_r1');
EXECUTE bj_query(20, 'bj_r1');
EXECUTE bj_query(60, 'bj_r2');
EXECUTE bj_query(0, NULL);
DEALLOCATE bj_query;
RESET plan_cache_mode;

BEGIN;
DECLARE bj_cursor SCROLL CURSOR FOR SELECT k.share, g.recipient_name FROM bj_keys k JOIN grants g ON g.share_name = k.share ORDER BY 1, 2;
FETCH 2 FROM bj_cursor;
FETCH LAST FROM bj_cursor;
FETCH BACKWARD 2 FROM bj_cursor;
FETCH FIRST FROM bj_cursor;
CLOSE bj_cursor;
DECLARE bj_cursor SCROLL CURSOR FOR SELECT k.share, s.name FROM (SELECT * FROM bj_keys ORDER BY share) k LEFT JOIN shares s ON s.name = k.share;
FETCH 2 FROM bj_cursor;
FETCH BACKWARD 1 FROM bj_cursor;
-- two at the same time, and one that ends early
DECLARE bj_other CURSOR FOR SELECT k.share, s.name FROM (SELECT * FROM bj_keys ORDER BY share DESC) k LEFT JOIN shares s ON s.name = k.share;
FETCH 1 FROM bj_other;
FETCH 2 FROM bj_cursor;
FETCH 1 FROM bj_other;
CLOSE bj_cursor;
COMMIT;

-- ===================================================================
-- little memory
-- ===================================================================
-- more than 100 kB in one share, some 20 kB in each of four
INSERT INTO share_objects (share_name, name, data_object_type, comment)
SELECT 'bj_20', format('main.many.t%s', i), 'TABLE', repeat('x', 300) FROM generate_series(1, 250) i;
INSERT INTO share_objects (share_name, name, data_object_type, comment)
SELECT format('bj_2%s', 1 + i % 4), format('main.many.t%s', i), 'TABLE', repeat('x', 80) FROM generate_series(1, 240) i;
TRUNCATE bj_plain.share_objects;
INSERT INTO bj_plain.share_objects SELECT * FROM share_objects;
SET work_mem = '64kB';
SELECT * FROM bj_same($$SELECT t.*, o.* FROM bj_t t LEFT JOIN share_objects o ON o.share_name = t.share$$);
SELECT * FROM bj_same($$SELECT f.*, o.* FROM bj_few f JOIN share_objects o ON o.share_name = 'bj_2' || f.i % 4 WHERE i < 20$$);
SELECT * FROM bj_same($$SELECT count(*) FROM (SELECT i, 'bj_' || (10 + i % 40) AS share, repeat('x', 1000) AS filler FROM generate_series(1, 600) i OFFSET 0) k LEFT JOIN shares s ON s.name = k.share$$);
-- what does not fit is asked for again and again, by its one key
SELECT * FROM bj_count($$SELECT * FROM (SELECT 'bj_20' || left(i::text, 0) AS share FROM generate_series(1, 3) i OFFSET 0) k JOIN share_objects o ON o.share_name = k.share$$);
-- four do not fit, then two and two
SELECT * FROM bj_count($$SELECT * FROM (SELECT 'bj_2' || i AS share FROM generate_series(1, 4) i OFFSET 0) k JOIN share_objects o ON o.share_name = k.share$$);
RESET work_mem;
-- more keys than are asked for together
SELECT nodes, batches > 6 AS batches, keys, requests FROM bj_count($$SELECT * FROM (SELECT 'bj_' || i AS share FROM generate_series(1, 2500) i) k JOIN share_objects o ON o.share_name = k.share$$);
SELECT * FROM bj_same($$SELECT k.share, o.name FROM (SELECT 'bj_' || i AS share FROM generate_series(1, 2500) i) k JOIN share_objects o ON o.share_name = k.share$$);

-- ===================================================================
-- who may see what
-- ===================================================================
-- what a function is shown that tells everybody
CREATE FUNCTION bj_leak(text) RETURNS text COST 0.0001 LANGUAGE plpgsql STABLE AS $$
BEGIN
	RAISE NOTICE 'seen: %', $1;
	RETURN $1;
END
$$;
CREATE VIEW bj_barrier WITH (security_barrier) AS
SELECT k.share, g.recipient_name FROM bj_few k LEFT JOIN grants g ON g.share_name = k.share WHERE g.recipient_name = ANY (ARRAY['bj_r2', k.share]) AND k.i <= 40;
SELECT bj_nodes($$SELECT * FROM bj_barrier WHERE bj_leak(recipient_name) IS NOT NULL$$);
SELECT DISTINCT share, bj_leak(recipient_name) FROM bj_barrier WHERE share = 'bj_10' AND bj_leak(recipient_name) IS NOT NULL;
DROP VIEW bj_barrier;
-- rows of the outer side that a policy hides give no key
CREATE ROLE bj_user;
ALTER TABLE bj_few ENABLE ROW LEVEL SECURITY;
CREATE POLICY bj_policy ON bj_few USING (i % 4 < 2 AND i < 7);
GRANT SELECT ON bj_few, grants TO bj_user;
GRANT USAGE ON SCHEMA sharing TO bj_user;
GRANT USAGE ON FOREIGN SERVER sharing TO bj_user;
CREATE USER MAPPING FOR bj_user SERVER sharing OPTIONS (token :'token');
SET ROLE bj_user;
EXPLAIN (COSTS OFF)
SELECT f.i, g.recipient_name FROM bj_few f JOIN grants g ON g.share_name = bj_leak(f.share);
SELECT f.i, g.recipient_name FROM bj_few f JOIN grants g ON g.share_name = bj_leak(f.share) ORDER BY 1, 2;
RESET ROLE;
DROP USER MAPPING FOR bj_user SERVER sharing;
DROP OWNED BY bj_user;
DROP ROLE bj_user;
DROP POLICY bj_policy ON bj_few;
ALTER TABLE bj_few DISABLE ROW LEVEL SECURITY;

-- ===================================================================
-- not done
-- ===================================================================
-- rows that are locked or changed may be visited again
SELECT bj_nodes($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share FOR UPDATE OF k$$);
SELECT bj_nodes($$UPDATE bj_keys k SET share = share FROM grants g WHERE g.share_name = k.share$$);
SELECT bj_nodes($$DELETE FROM bj_keys k USING grants g WHERE g.share_name = k.share$$);
SELECT bj_nodes($$UPDATE bj_t t SET i = i WHERE t.share IN (SELECT k.share FROM bj_keys k JOIN grants g ON g.share_name = k.share OFFSET 0)$$);
-- reading for a table that is filled is reading
SELECT bj_nodes($$INSERT INTO bj_t (share) SELECT g.recipient_name FROM bj_keys k JOIN grants g ON g.share_name = k.share$$);
-- a key that is known from the start
SELECT bj_nodes($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share WHERE g.recipient_name = 'bj_r1'$$);
-- a side that is known to be empty
SELECT * FROM bj_same($$SELECT * FROM bj_keys k LEFT JOIN (SELECT * FROM grants WHERE 1 = 0) g ON g.share_name = k.share$$);
SELECT * FROM bj_same($$SELECT * FROM bj_keys k LEFT JOIN grants g ON g.share_name = k.share AND 1 = 0$$);
SELECT * FROM bj_same($$SELECT * FROM (SELECT * FROM bj_keys WHERE 1 = 0) k JOIN grants g ON g.share_name = k.share$$);
-- neither side can be asked before the other
SELECT bj_nodes($$SELECT * FROM bj_keys k FULL JOIN grants g ON g.share_name = k.share$$);
SELECT bj_nodes($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share || random()$$);
SELECT bj_nodes($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name > k.share$$);

-- ===================================================================
-- errors
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL POST faults '{"kind": "status", "method": "GET", "path": "shares/bj_30/permissions", "status": 403, "count": null}'
SELECT sqlstate_of($$SELECT count(*) FROM bj_keys k JOIN grants g ON g.share_name = k.share$$) <> 'no error' AS refused;
\! $DELTASHARE_TEST_CONTROL DELETE faults
SELECT * FROM bj_same($$SELECT * FROM bj_keys k JOIN grants g ON g.share_name = k.share$$);
-- a row of the outer side
SELECT sqlstate_of($$SELECT count(*) FROM bj_few f JOIN grants g ON g.share_name = 'bj_' || 10 / (f.i - 100)$$);

-- ===================================================================
-- tidy up
-- ===================================================================
RESET enable_hashjoin;
RESET enable_mergejoin;
DROP SCHEMA bj_plain CASCADE;
DROP TABLE bj_t, bj_keys, bj_few;
DROP FUNCTION bj_plan, bj_explain, bj_nodes, bj_count, bj_rows, bj_same, bj_leak;
SELECT count(deltashare.drop_share(format('bj_%s', i))) FROM generate_series(10, 49) i;
SELECT count(deltashare.drop_recipient(format('bj_r%s', i))) FROM generate_series(1, 4) i;
