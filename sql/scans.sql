--
-- Scans: whatever the plan and the keys, the rows are the same as if all had
-- been listed.
--
\set VERBOSITY terse
SELECT count(*) FROM (SELECT deltashare.create_share(format('scans_%s', i), comment => CASE WHEN i % 3 = 0 THEN 'third' END) FROM generate_series(10, 45) i) AS made;
SELECT count(*) FROM (SELECT deltashare.create_recipient(format('scans_r%s', i)) FROM generate_series(1, 3) i) AS made;
SELECT count(*) FROM (SELECT deltashare.grant_select(format('scans_%s', i), format('scans_r%s', r))
					  FROM generate_series(10, 14) i, generate_series(1, 3) r WHERE i % r = 0) AS made;
SELECT count(*) FROM (SELECT deltashare.add_to_share(format('scans_%s', i), o)
					  FROM generate_series(10, 12) i, unnest('{main.sales.orders, main.sales.daily}'::text[]) o) AS made;

-- ===================================================================
-- one key, some keys, no key
-- ===================================================================
SELECT name, comment FROM shares WHERE name = 'scans_12';
SELECT name, comment FROM shares WHERE 'scans_12' = name;
SELECT name FROM shares WHERE name IN ('scans_12', 'scans_10', 'scans_99', 'scans_12') ORDER BY name;
SELECT name FROM shares WHERE name = ANY (ARRAY['scans_11', NULL, 'scans_10']) ORDER BY name;
SELECT name FROM shares WHERE name = ANY ('{}');
SELECT name FROM shares WHERE name = ANY (NULL::text[]);
SELECT name FROM shares WHERE name = NULL;
SELECT name FROM shares WHERE name = 'scans_12' AND name = 'scans_13';
SELECT name FROM shares WHERE name = 'scans_12' AND name IN ('scans_12', 'scans_13');
SELECT name FROM shares WHERE name IN ('scans_11', 'scans_12') AND name IN ('scans_12', 'scans_13');
SELECT name FROM shares WHERE name = 'scans_12' OR name = 'scans_13' ORDER BY name;
SELECT name FROM shares WHERE name = 'scans_12' OR comment = 'none';
SELECT name FROM shares WHERE name = 'scans_12' AND comment = 'third';
SELECT name FROM shares WHERE name = 'scans_13' AND comment = 'third';
SELECT count(*) FROM shares WHERE name <> 'scans_12' AND name LIKE 'scans%';
SELECT count(*) FROM shares WHERE name <> ALL ('{scans_12, scans_13}') AND name LIKE 'scans%';
SELECT count(*) FROM shares WHERE name > 'scans_30' AND name < 'scans_33';
SELECT count(*) FROM shares WHERE NOT (name = 'scans_12') AND name LIKE 'scans%';

-- names are stored in lower case, so this finds nothing, as SQL has it
SELECT name FROM shares WHERE name = 'SCANS_12';
SELECT name FROM shares WHERE name = 'Scans_12' OR name = upper('scans_12');
SELECT name FROM shares WHERE upper(name) = 'SCANS_12';
SELECT name FROM shares WHERE name = lower('SCANS_12');
-- what cannot be a name is no error
SELECT name FROM shares WHERE name IN ('', ' ', '.', '/', '..', 'a/b', 'scans_12/', '?', '#', '%', E'a\nb', repeat('x', 300), 'é', '../shares/scans_12');
SELECT name FROM shares WHERE name IN ('scans_12?include_shared_data=true', 'scans_12#', 'scans%5F12', 'scans_12 ');
SELECT count(*) FROM share_objects WHERE share_name = 'scans_12/objects';
-- other types of text
SELECT name FROM shares WHERE name = 'scans_12'::varchar;
SELECT name FROM shares WHERE name = 'scans_12'::name;
SELECT name FROM shares WHERE name = 'scans_12   '::char(20);
SELECT name FROM shares WHERE name = ANY ('{scans_12}'::varchar[]);
SELECT name FROM shares WHERE name COLLATE "C" = 'scans_12';
CREATE COLLATION scans_nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT name FROM shares WHERE name = 'SCANS_12' COLLATE scans_nocase;
SELECT name FROM shares WHERE name = ANY (ARRAY['SCANS_12', 'SCANS_13'] COLLATE scans_nocase) ORDER BY name;
DROP COLLATION scans_nocase;
-- keys that are known only when it runs
SELECT name FROM shares WHERE name = (SELECT max(share_name) FROM grants WHERE share_name LIKE 'scans%');
SELECT name FROM shares WHERE name = ANY (ARRAY(SELECT share_name FROM grants WHERE recipient_name = 'scans_r3')) ORDER BY name;
SELECT count(*) FROM shares WHERE name = 'scans_' || (10 + random() * 0)::int;

-- two keys
SELECT share_name, name FROM share_objects WHERE share_name = 'scans_10' AND name = 'main.sales.orders';
SELECT share_name, recipient_name FROM grants WHERE share_name IN ('scans_12', 'scans_13') AND recipient_name IN ('scans_r1', 'scans_r3') ORDER BY 1, 2;
SELECT share_name, recipient_name FROM grants WHERE recipient_name = 'scans_r2' ORDER BY 1;
SELECT recipient_name, count(*) FROM recipient_tokens WHERE recipient_name LIKE 'scans%' GROUP BY 1 ORDER BY 1;

-- ===================================================================
-- what is projected does not matter
-- ===================================================================
SELECT count(*) FROM shares WHERE name LIKE 'scans%';
SELECT count(*) FROM share_objects WHERE share_name LIKE 'scans%';
SELECT count(*) FROM grants WHERE share_name LIKE 'scans%';
SELECT DISTINCT 1 FROM grants WHERE recipient_name = 'scans_r1';
SELECT s = s2 FROM shares s, shares s2 WHERE s.name = 'scans_10' AND s2.name = 'scans_10';
SELECT (s).name FROM (SELECT s FROM shares s WHERE name = 'scans_10') AS x;
SELECT tableoid::regclass, name FROM shares WHERE name = 'scans_10';
SELECT count(ctid) FROM shares WHERE name = 'scans_10';
SELECT share_name FROM grants WHERE recipient_name = 'scans_r3' GROUP BY share_name ORDER BY 1;

-- ===================================================================
-- LIMIT, OFFSET, cursors
-- ===================================================================
SELECT count(*) FROM (SELECT name FROM shares WHERE name LIKE 'scans%' LIMIT 5) AS few;
SELECT count(*) FROM (SELECT name FROM shares LIMIT 0) AS none;
SELECT name FROM shares WHERE name LIKE 'scans%' ORDER BY name LIMIT 2 OFFSET 3;
BEGIN;
DECLARE scans_cursor SCROLL CURSOR FOR SELECT name FROM shares WHERE name LIKE 'scans%' ORDER BY name;
FETCH 2 FROM scans_cursor;
FETCH LAST FROM scans_cursor;
FETCH FIRST FROM scans_cursor;
FETCH ABSOLUTE -2 FROM scans_cursor;
CLOSE scans_cursor;
DECLARE scans_cursor NO SCROLL CURSOR FOR SELECT share_name FROM grants WHERE share_name LIKE 'scans%';
MOVE 3 FROM scans_cursor;
MOVE ALL FROM scans_cursor;
FETCH 1 FROM scans_cursor;
CLOSE scans_cursor;
-- a cursor that is left open, and one that outlives the transaction
DECLARE scans_cursor CURSOR FOR SELECT name FROM shares WHERE name LIKE 'scans%';
MOVE 1 FROM scans_cursor;
DECLARE scans_hold CURSOR WITH HOLD FOR SELECT name FROM shares WHERE name LIKE 'scans\_1_' ORDER BY name;
COMMIT;
FETCH 1 FROM scans_hold;
CLOSE scans_hold;

-- ===================================================================
-- joins and rescans
-- ===================================================================
SELECT s.name, g.recipient_name FROM shares s JOIN grants g ON g.share_name = s.name
WHERE s.comment = 'third' AND s.name LIKE 'scans%' ORDER BY 1, 2;
SELECT s.name, count(o.name) FROM shares s LEFT JOIN share_objects o ON o.share_name = s.name
WHERE s.name IN ('scans_10', 'scans_11', 'scans_20') GROUP BY s.name ORDER BY 1;
SELECT v.name, s.comment FROM (VALUES ('scans_12'), ('scans_13'), (NULL), ('scans_99'), ('scans_12')) v(name)
	LEFT JOIN shares s USING (name) ORDER BY 1;
SELECT name FROM shares s WHERE EXISTS (SELECT FROM grants g WHERE g.share_name = s.name AND g.recipient_name = 'scans_r3') ORDER BY 1;
SELECT name FROM shares s WHERE name IN (SELECT share_name FROM grants WHERE recipient_name = 'scans_r3') ORDER BY 1;
SELECT count(*) FROM shares s WHERE name LIKE 'scans%' AND NOT EXISTS (SELECT FROM grants g WHERE g.share_name = s.name);
SELECT count(*) FROM shares s WHERE name LIKE 'scans%' AND name NOT IN (SELECT share_name FROM grants WHERE share_name LIKE 'scans%');
SELECT name, (SELECT count(*) FROM grants g WHERE g.share_name = s.name) AS grants,
	   (SELECT max(o.name) FROM share_objects o WHERE o.share_name = s.name) AS object
FROM shares s WHERE name IN ('scans_10', 'scans_12', 'scans_13', 'scans_20') ORDER BY name;
SELECT i, (SELECT name FROM shares WHERE name = format('scans_%s', i)) FROM generate_series(44, 47) i;
SELECT s.name, l.name FROM shares s CROSS JOIN LATERAL
	(SELECT name FROM share_objects o WHERE o.share_name = s.name ORDER BY name LIMIT 1) l
WHERE s.name IN ('scans_10', 'scans_11', 'scans_20') ORDER BY 1;
SELECT count(*) FROM shares a JOIN shares b ON a.name = b.name WHERE a.name LIKE 'scans%';
SELECT count(*) FROM shares a FULL JOIN shares b ON a.name = b.name AND a.comment = 'third' WHERE coalesce(a.name, b.name) LIKE 'scans%';
-- however it joins
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT s.name, g.recipient_name FROM shares s JOIN grants g ON g.share_name = s.name
WHERE s.comment = 'third' AND s.name LIKE 'scans%' ORDER BY 1, 2;
SELECT v.name, s.comment FROM (VALUES ('scans_12'), ('scans_13'), (NULL), ('scans_99'), ('scans_12')) v(name)
	LEFT JOIN shares s USING (name) ORDER BY 1;
SET enable_material = off;
SET enable_memoize = off;
SELECT s.name, g.recipient_name FROM shares s JOIN grants g ON g.share_name = s.name
WHERE s.comment = 'third' AND s.name LIKE 'scans%' ORDER BY 1, 2;
RESET enable_hashjoin;
RESET enable_mergejoin;
SET enable_nestloop = off;
SELECT s.name, g.recipient_name FROM shares s JOIN grants g ON g.share_name = s.name
WHERE s.comment = 'third' AND s.name LIKE 'scans%' ORDER BY 1, 2;
RESET enable_nestloop;
RESET enable_material;
RESET enable_memoize;
SELECT s.name FROM shares s JOIN pg_class c ON c.relname = s.name;

-- ===================================================================
-- views, security_barrier, inheritance
-- ===================================================================
CREATE VIEW scans_view AS SELECT name, comment FROM shares WHERE comment = 'third';
SELECT name FROM scans_view WHERE name = 'scans_12';
SELECT name FROM scans_view WHERE name = 'scans_13';
CREATE VIEW scans_barrier WITH (security_barrier) AS SELECT name, comment FROM shares WHERE comment = 'third';
CREATE FUNCTION scans_leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
	IF $1 NOT LIKE 'scans%' THEN RETURN true; END IF;
	RAISE NOTICE 'saw %', $1;
	RETURN true;
END $$;
SELECT name FROM scans_barrier WHERE scans_leak(name) AND name IN ('scans_12', 'scans_13');
SELECT name FROM scans_barrier WHERE name = 'scans_13' AND scans_leak(name);
CREATE TABLE scans_parent (name text, comment text);
CREATE FOREIGN TABLE scans_child () INHERITS (scans_parent) SERVER sharing OPTIONS (table_name 'shares');
INSERT INTO scans_parent VALUES ('scans_12', 'of the parent');
SELECT tableoid::regclass, name, comment FROM scans_parent WHERE name = 'scans_12' ORDER BY 1, 2;
UPDATE scans_parent SET comment = 'both' WHERE name = 'scans_12';
SELECT tableoid::regclass, name, comment FROM scans_parent WHERE name = 'scans_12' ORDER BY 1, 2;
CREATE TABLE scans_partitioned (name text, comment text) PARTITION BY LIST (comment);
CREATE FOREIGN TABLE scans_partition PARTITION OF scans_partitioned DEFAULT SERVER sharing OPTIONS (table_name 'shares');
SELECT name, comment FROM scans_partitioned WHERE name = 'scans_13';
INSERT INTO scans_partitioned VALUES ('scans_part', 'routed') RETURNING tableoid::regclass, name, comment;
SELECT name, comment FROM shares WHERE name = 'scans_part';
DROP TABLE scans_partitioned;
DROP TABLE scans_parent CASCADE;
DROP VIEW scans_barrier, scans_view;
DROP FUNCTION scans_leak;

-- ===================================================================
-- a transaction sees its own changes
-- ===================================================================
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM shares WHERE name LIKE 'scans\_own%';
INSERT INTO shares (name) VALUES ('scans_own');
SELECT count(*) FROM shares WHERE name LIKE 'scans\_own%';
DELETE FROM shares WHERE name = 'scans_own';
SELECT count(*) FROM shares WHERE name LIKE 'scans\_own%';
COMMIT;
-- ANALYZE has nothing to sample
ANALYZE shares;
SELECT count(*) FROM shares TABLESAMPLE SYSTEM (10);	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT name FROM shares WHERE name = 'scans_10' FOR UPDATE;

SELECT count(deltashare.drop_share(name)) FROM shares WHERE name LIKE 'scans%';
SELECT count(deltashare.drop_recipient(name)) FROM recipients WHERE name LIKE 'scans%';
