--
-- The workspace: what is sent.  Plans show the requests; a key is one request,
-- no column costs a request that is not wanted, nothing is sent in vain.
--
\set VERBOSITY terse
SELECT count(*) FROM (SELECT deltashare.create_share(format('requests_%s', i)) FROM generate_series(1, 5) i) AS made;
SELECT count(*) FROM (SELECT deltashare.create_recipient(format('requests_r%s', i)) FROM generate_series(1, 2) i) AS made;
SELECT count(*) FROM (SELECT deltashare.grant_select(format('requests_%s', i), format('requests_r%s', r))
					  FROM generate_series(1, 3) i, generate_series(1, 2) r) AS made;
SELECT name FROM deltashare.add_to_share('requests_1', 'main.sales.orders');
\! $DELTASHARE_TEST_CONTROL PATCH settings '{"empty_page_every": 0}'

-- One number of an executed plan, over all its nodes.
CREATE FUNCTION measured(query text, what text DEFAULT 'Requests') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
	RETURN (SELECT sum(v::text::bigint) FROM jsonb_path_query(plan::jsonb, format('strict $.**.%s', quote_ident(what))::jsonpath) v);
END
$$;

-- ===================================================================
-- plans: which requests; EXPLAIN alone sends none
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL forget
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares;
EXPLAIN (VERBOSE, COSTS OFF) SELECT name, comment FROM shares WHERE name = 'requests_1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares WHERE name IN ('requests_1', 'requests_2');
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares WHERE name = 'a?b=c&d#e%f+"g''h;';
-- the platform compares without regard to case, so these are looked for in the list
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares WHERE name = 'Requests_1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares WHERE name = 'requests_é';
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares WHERE name = ANY ('{}');
EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM shares WHERE name LIKE 'requests%';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM share_objects WHERE share_name = 'requests_1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM share_objects;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM grants WHERE share_name = 'requests_1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM grants WHERE recipient_name = 'requests_r1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM grants;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM recipients WHERE name = 'requests_r1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM recipient_tokens WHERE recipient_name = 'requests_r1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM federation_policies WHERE recipient_name = 'requests_r1';
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM providers;
EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM provider_shares WHERE provider_name = 'none';
PREPARE requests_plan(text) AS SELECT name FROM shares WHERE name = $1;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE requests_plan('requests_1');
RESET plan_cache_mode;
DEALLOCATE requests_plan;
EXPLAIN (VERBOSE, COSTS OFF) INSERT INTO shares (name) VALUES ('requests_x');
EXPLAIN (VERBOSE, COSTS OFF) UPDATE shares SET comment = 'x' WHERE name = 'requests_1';
EXPLAIN (VERBOSE, COSTS OFF) DELETE FROM shares WHERE name = 'requests_1';
-- not one of them was sent
\! $DELTASHARE_TEST_CONTROL requests

-- ===================================================================
-- reads
-- ===================================================================
SELECT name FROM shares WHERE name = 'requests_1';
\! $DELTASHARE_TEST_CONTROL requests
SELECT name FROM shares WHERE name IN ('requests_1', 'requests_2', 'requests_1', 'requests_none') ORDER BY name;
\! $DELTASHARE_TEST_CONTROL requests | sort
SELECT name FROM shares WHERE name = ANY ('{}') OR name = NULL;
SELECT name FROM shares WHERE name = NULL;
SELECT name FROM shares WHERE name IN ('', 'a/b', 'a b', E'a\nb', repeat('x', 256));
\! $DELTASHARE_TEST_CONTROL requests
SELECT name FROM shares WHERE name = 'a?b=c&d#e%f+"g''h;';
\! $DELTASHARE_TEST_CONTROL requests
SELECT count(*) FROM shares;
\! $DELTASHARE_TEST_CONTROL requests
SELECT name FROM share_objects WHERE share_name = 'requests_1' AND name = 'main.sales.orders';
\! $DELTASHARE_TEST_CONTROL requests
SELECT recipient_name FROM grants WHERE share_name = 'requests_1' ORDER BY 1;
\! $DELTASHARE_TEST_CONTROL requests
SELECT share_name FROM grants WHERE recipient_name = 'requests_r1' ORDER BY 1;
\! $DELTASHARE_TEST_CONTROL requests
-- both keys: one of them is enough
SELECT share_name FROM grants WHERE share_name = 'requests_2' AND recipient_name = 'requests_r1';
\! $DELTASHARE_TEST_CONTROL requests
-- no key: the list, then one for each
SELECT count(*) FROM grants;
\! $DELTASHARE_TEST_CONTROL requests | sort
SELECT count(*) FROM recipient_tokens;
\! $DELTASHARE_TEST_CONTROL requests | sort
SELECT count(*) FROM deltashare.effective_grants('requests_1');
\! $DELTASHARE_TEST_CONTROL requests
-- columns have no list; what has no three parts is not asked for
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.object_column,
	'{"object_name": ["main.hr.people", "main.sales.orders", "main.hr.people", "main.hr", "main..people", "main.hr.a?b"]}');
\! $DELTASHARE_TEST_CONTROL requests | sort
SELECT count(*) FROM deltashare.select_rows('sharing', NULL::deltashare.object_column);	-- should fail
\! $DELTASHARE_TEST_CONTROL requests

-- ===================================================================
-- pages
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL POST seed '{"shares": 250, "prefix": "paged"}'
SELECT measured('SELECT * FROM shares') AS all_pages;
SELECT count(*), count(DISTINCT name) FROM shares;
SELECT measured('SELECT * FROM shares LIMIT 10') AS first_page, measured('SELECT * FROM shares LIMIT 150') AS two_pages,
	   measured('SELECT * FROM shares LIMIT 0') AS none;
SELECT measured($$SELECT * FROM shares WHERE name = 'paged_share_00100'$$) AS one_key,
	   measured($$SELECT * FROM shares WHERE name IN ('paged_share_00100', 'paged_share_00101', 'none')$$) AS three_keys;
SELECT measured('SELECT EXISTS (SELECT FROM shares)') AS "exists";
SELECT measured('SELECT * FROM shares', 'Retries') AS retries, measured('SELECT * FROM shares', 'Received') > 10000 AS received;
-- pages of another size, empty ones among them
ALTER SERVER sharing OPTIONS (ADD page_size '20');
SELECT measured('SELECT * FROM shares') AS smaller_pages;
\! $DELTASHARE_TEST_CONTROL PATCH settings '{"empty_page_every": 3}'
SELECT measured('SELECT * FROM shares') > 13 AS with_empty_pages;
SELECT count(*), count(DISTINCT name) FROM shares;
ALTER SERVER sharing OPTIONS (DROP page_size);
\! $DELTASHARE_TEST_CONTROL PATCH settings '{"empty_page_every": 0}'
-- a cursor reads no further than it is asked to
\! $DELTASHARE_TEST_CONTROL forget
BEGIN;
DECLARE requests_cursor CURSOR FOR SELECT name FROM shares;
MOVE 5 FROM requests_cursor;
\! $DELTASHARE_TEST_CONTROL requests
MOVE 120 FROM requests_cursor;
\! $DELTASHARE_TEST_CONTROL requests
COMMIT;

-- ===================================================================
-- writes
-- ===================================================================
\! $DELTASHARE_TEST_CONTROL forget
SELECT name FROM deltashare.create_share('requests_w', comment => 'c', owner => 'somebody');
\! $DELTASHARE_TEST_CONTROL bodies
-- only what changed
UPDATE shares SET comment = 'd', owner = owner WHERE name = 'requests_w';
\! $DELTASHARE_TEST_CONTROL bodies
-- nothing changed, nothing is sent
UPDATE shares SET comment = comment WHERE name = 'requests_w';
UPDATE shares SET name = 'REQUESTS_W' WHERE name = 'requests_w';
\! $DELTASHARE_TEST_CONTROL bodies
-- the owner in a request of its own, and first
UPDATE shares SET comment = 'e', owner = 'admin@example.com', name = 'requests_v' WHERE name = 'requests_w';
\! $DELTASHARE_TEST_CONTROL bodies
-- bad input is not sent
INSERT INTO shares (name) VALUES ('requests.x');	-- should fail
INSERT INTO recipients (name, properties) VALUES ('requests_x', '{"a": 1}');	-- should fail
INSERT INTO grants (share_name, recipient_name, privilege) VALUES ('requests_1', 'requests_r1', 'ALL');	-- should fail
INSERT INTO share_objects (share_name, name, shared_as) VALUES ('requests_v', 'main.sales.orders', 'a.b.c');	-- should fail
\! $DELTASHARE_TEST_CONTROL bodies
-- history is always said
INSERT INTO share_objects (share_name, name, comment) VALUES ('requests_v', 'main.sales.orders', 'c');
\! $DELTASHARE_TEST_CONTROL bodies
DELETE FROM share_objects WHERE share_name = 'requests_v';
\! $DELTASHARE_TEST_CONTROL bodies
-- 250 objects go in three requests of at most 100
SELECT count(*) FROM deltashare.add_to_share('requests_v', ARRAY(SELECT format('main.many.t%s', i) FROM generate_series(1, 250) i));
\! $DELTASHARE_TEST_CONTROL requests | sort | uniq -c | sed 's/^ *//'
INSERT INTO grants (share_name, recipient_name) VALUES ('requests_v', 'requests_r1'), ('requests_v', 'requests_r2');
\! $DELTASHARE_TEST_CONTROL bodies
-- again: sent all the same, because reads may lag behind; but not undone
BEGIN;
INSERT INTO grants (share_name, recipient_name) VALUES ('requests_v', 'requests_r1');
ROLLBACK;
\! $DELTASHARE_TEST_CONTROL bodies
-- a rollback undoes what was made, the last first
BEGIN;
SELECT name FROM deltashare.create_share('requests_u');
SELECT name FROM deltashare.alter_share('requests_v', comment => 'f');
ROLLBACK;
\! $DELTASHARE_TEST_CONTROL bodies

-- ===================================================================
-- what only the platform shares
-- ===================================================================
SELECT name FROM deltashare.create_share('requests_types', storage_root => 's3://bucket/path');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('requests_types', 'main.sales.clicks', 'STREAMING_TABLE');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('requests_types', 'main.sales.files', 'VOLUME', alias => 'Files of ours');
SELECT name, data_object_type, shared_as FROM deltashare.add_to_share('requests_types', 'main.sales.churn', 'MODEL');
SELECT name, data_object_type, shared_as, content
FROM deltashare.add_to_share('requests_types', 'notes', 'NOTEBOOK_FILE', alias => 'notes.html', content => encode('<html/>', 'base64'));
SELECT name, data_object_type, shared_as FROM share_objects WHERE share_name = 'requests_types' ORDER BY name;
-- what a later version of the platform may have is kept as text
\! $DELTASHARE_TEST_CONTROL POST objects '{"share": "requests_types", "object": {"name": "main.sales.metrics", "data_object_type": "METRIC_VIEW", "status": "PENDING"}}'
\! $DELTASHARE_TEST_CONTROL POST recipients '{"recipient": "requests_r1", "set": {"authentication_type": "PASSKEY"}}'
SELECT name, data_object_type, status FROM share_objects WHERE share_name = 'requests_types' AND name = 'main.sales.metrics';
SELECT name, authentication_type FROM recipients WHERE name = 'requests_r1';
-- providers and policies, which are made elsewhere
\! $DELTASHARE_TEST_CONTROL POST providers '{"name": "requests_provider", "comment": "From afar", "cloud": "aws", "region": "eu-west-1", "shares": [{"name": "their_share"}, {"name": "another"}]}'
SELECT name, authentication_type, comment, cloud, region, owner IS NOT NULL AS has_owner FROM providers;
SELECT provider_name, name FROM provider_shares WHERE provider_name = 'requests_provider' ORDER BY name;
SELECT count(*) FROM provider_shares;
SELECT deltashare.drop_recipient('requests_r1');
SELECT name FROM deltashare.create_recipient('requests_oidc', authentication_type => 'OIDC_FEDERATION');
\! $DELTASHARE_TEST_CONTROL POST federation_policies '{"recipient": "requests_oidc", "name": "theirs", "comment": "c", "oidc_policy": {"issuer": "https://login.example.com", "subject_claim": "sub", "subject": "app", "audiences": ["a", "b"]}}'
SELECT recipient_name, name, comment, issuer, subject_claim, subject, audiences, create_time FROM federation_policies WHERE recipient_name = 'requests_oidc';

-- ===================================================================
-- a grant whose recipient is gone has an identifier only, beyond 2^53
-- ===================================================================
SELECT g.share_name, g.recipient_name, g.privilege, g.principal_id IS NOT NULL AS has_id
FROM grants g WHERE g.share_name = 'requests_2' ORDER BY g.recipient_name;
SELECT principal_id FROM grants WHERE share_name = 'requests_2' AND recipient_name IS NULL \gset
\! $DELTASHARE_TEST_CONTROL forget
DELETE FROM grants WHERE share_name = 'requests_2' AND recipient_name IS NULL RETURNING principal_id = :principal_id AS same;
SELECT count(*) FROM grants WHERE share_name = 'requests_2' AND recipient_name IS NULL;

DROP FUNCTION measured;
SELECT count(deltashare.drop_share(name)) FROM shares;
SELECT count(deltashare.drop_recipient(name)) FROM recipients;
