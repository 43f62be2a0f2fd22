--
-- The registry of ownership.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('doc_a', comment => 'Sales for partners');
SELECT name FROM deltashare.create_share('doc_b');
SELECT name FROM deltashare.create_share('doc_empty', comment => E' \n ');
SELECT name FROM deltashare.add_to_share('doc_a', 'main.sales.orders', comment => 'One row per order');
SELECT name FROM deltashare.add_to_share('doc_a', 'main.sales.orders_view', type => 'VIEW');
SELECT name FROM deltashare.add_to_share('doc_a', 'main.hr', type => 'SCHEMA', comment => 'All of it');
SELECT name FROM deltashare.add_to_share('doc_b', 'main.sales.customers');
SELECT name FROM deltashare.create_recipient('doc_r', comment => 'Partner', email => 'contact@partner.example');
SELECT name FROM deltashare.create_recipient('doc_s', comment => 'No contact');
SELECT name FROM deltashare.create_recipient('doc_t', email => 'contact@partner.example');

SELECT kind, name, share_name, comment, owner IS NOT NULL AS owned, since BETWEEN now() - interval '10 minutes' AND now() + interval '10 minutes' AS recent,
	created_by IS NOT NULL AS has_creator, undocumented
FROM deltashare.documentation;
-- whose they are
SELECT d.kind, d.name, d.owner = s.owner AS same_owner, d.since = s.created_at AS same_time, d.created_by = s.created_by AS same_creator
FROM deltashare.documentation d JOIN shares s ON s.name = d.share_name AND d.kind = 'share' ORDER BY d.name;
SELECT d.kind, d.name, d.owner = s.owner AS same_owner, d.since = o.added_at AS same_time, d.created_by = o.added_by AS same_creator
FROM deltashare.documentation d
	JOIN share_objects o ON o.share_name = d.share_name AND o.name = d.name AND d.kind = 'object'
	JOIN shares s ON s.name = d.share_name
ORDER BY d.name;
-- for the agenda
SELECT kind, count(*) AS entries, count(*) FILTER (WHERE undocumented <> '{}') AS undocumented FROM deltashare.documentation GROUP BY 1 ORDER BY 1;
SELECT u AS missing, count(*) FROM deltashare.documentation, unnest(undocumented) u GROUP BY 1 ORDER BY 1;

-- ===================================================================
-- another server
-- ===================================================================
CREATE SERVER doc_other FOREIGN DATA WRAPPER deltashare_fdw;
SELECT count(*) FROM deltashare.documentation;	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM deltashare.documentation('sharing');
SET deltashare.server = 'sharing';
SELECT count(*) FROM deltashare.documentation;
SET deltashare.server = 'doc_nowhere';
SELECT count(*) FROM deltashare.documentation;	-- should fail
RESET deltashare.server;
DROP SERVER doc_other;

-- ===================================================================
-- who may not use the server sees nothing of it
-- ===================================================================
CREATE ROLE regress_doc;
SET ROLE regress_doc;
SELECT count(*) FROM deltashare.documentation;	-- should fail
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
DROP ROLE regress_doc;

SELECT count(deltashare.drop_share(name)) FROM shares WHERE name LIKE 'doc\_%';
SELECT count(deltashare.drop_recipient(name)) FROM recipients WHERE name LIKE 'doc\_%';
SELECT count(*) FROM deltashare.documentation;
