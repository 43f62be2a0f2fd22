--
-- INSERT, UPDATE, DELETE on the foreign tables, with RETURNING.
--
\set VERBOSITY terse

-- ===================================================================
-- INSERT: what the server made comes back
-- ===================================================================
INSERT INTO shares (name, comment) VALUES ('DML_a', 'First')
RETURNING name, comment, owner IS NOT NULL AS has_owner, created_at > now() - interval '1 hour' AS is_new;
INSERT INTO shares (name) VALUES ('dml_b'), ('dml_c') RETURNING name, updated_by IS NOT NULL AS by_somebody;
INSERT INTO shares (name, comment) SELECT format('dml_%s', i), i FROM generate_series(1, 3) i;
INSERT INTO recipients (name, properties, ip_access_list)
VALUES ('dml_r', '{"country": "DE"}', '{10.1.0.0/16}'), ('dml_s', NULL, NULL)
RETURNING name, authentication_type, own_properties(properties) AS properties, ip_access_list, activation_url IS NOT NULL AS has_link;
INSERT INTO share_objects (share_name, name) VALUES ('dml_a', 'main.sales.orders')
RETURNING share_name, name, data_object_type, shared_as, history_data_sharing_status, status;
INSERT INTO share_objects (share_name, name, data_object_type, comment)
VALUES ('dml_a', 'main.sales.customers', NULL, 'c'), ('dml_b', 'main.sales.orders_view', 'view', 'v'), ('dml_a', 'main.sales.daily', 'TABLE', 'd')
RETURNING share_name, name, data_object_type, comment;
INSERT INTO grants (share_name, recipient_name) VALUES ('dml_a', 'dml_r'), ('dml_a', 'dml_s'), ('dml_b', 'dml_s')
RETURNING share_name, recipient_name, privilege;
SELECT name, comment FROM shares WHERE name LIKE 'dml%' ORDER BY name;
SELECT share_name, name, comment FROM share_objects WHERE share_name LIKE 'dml%' ORDER BY 1, 2;
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'dml%' ORDER BY 1, 2;

-- a row that fails takes the others of its statement with it
INSERT INTO shares (name) VALUES ('dml_x'), ('dml_y'), ('dml_a');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shares WHERE name IN ('dml_x', 'dml_y');
INSERT INTO shares (name) VALUES ('dml_x') ON CONFLICT DO NOTHING;	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- columns that the server makes
INSERT INTO shares (name, created_by) VALUES ('dml_x', 'me');	-- should fail
\echo :LAST_ERROR_SQLSTATE
INSERT INTO recipients (name, activation_url) VALUES ('dml_x', 'http://localhost/');	-- should fail
INSERT INTO grants (share_name, recipient_name, principal_id) VALUES ('dml_c', 'dml_r', 1);	-- should fail
INSERT INTO share_objects (share_name, name, status) VALUES ('dml_c', 'main.sales.orders', 'ACTIVE');	-- should fail
INSERT INTO shares (comment) VALUES ('no name');	-- should fail
\echo :LAST_ERROR_SQLSTATE
INSERT INTO shares DEFAULT VALUES;	-- should fail

-- COPY
COPY shares (name, comment) FROM stdin;
dml_copy_1	one
dml_copy_2	\N
\.
SELECT name, comment FROM shares WHERE name LIKE 'dml\_copy%' ORDER BY name;
COPY (SELECT name, comment FROM shares WHERE name LIKE 'dml\_copy%' ORDER BY name) TO stdout;

-- ===================================================================
-- UPDATE
-- ===================================================================
UPDATE shares SET comment = 'Changed' WHERE name = 'dml_a' RETURNING name, comment, updated_at >= created_at AS updated;
UPDATE shares SET comment = NULL WHERE name = 'dml_a' RETURNING name, comment;
WITH changed AS (UPDATE shares SET comment = upper(name) WHERE name LIKE 'dml\__' RETURNING name, comment)
SELECT * FROM changed ORDER BY name;
UPDATE shares SET name = 'Dml_Z', comment = 'Both' WHERE name = 'dml_c' RETURNING name, comment;
UPDATE shares s SET comment = o.comment FROM share_objects o
WHERE o.share_name = s.name AND o.name = 'main.sales.orders_view' RETURNING s.name, s.comment;
UPDATE recipients SET properties = properties || '{"tier": "gold"}', ip_access_list = NULL WHERE name = 'dml_r'
RETURNING name, own_properties(properties) AS properties, coalesce(cardinality(ip_access_list), 0) AS networks;
UPDATE share_objects SET comment = 'History too', history_data_sharing_status = 'disabled'
WHERE share_name = 'dml_a' AND name = 'main.sales.daily'
RETURNING name, comment, history_data_sharing_status;
-- also rows in which nothing changes
WITH changed AS (UPDATE share_objects SET comment = NULL WHERE share_name = 'dml_a' RETURNING *)
SELECT name, comment, data_object_type, shared_as, history_data_sharing_status, status FROM changed ORDER BY name;
SELECT name, comment FROM shares WHERE name LIKE 'dml%' ORDER BY name;
UPDATE shares SET comment = 'x' WHERE name = 'dml_none' RETURNING name;
-- nothing changes
UPDATE shares SET comment = comment, owner = owner WHERE name = 'dml_a' RETURNING name, comment, created_by IS NOT NULL AS by_somebody;
UPDATE shares SET name = 'DML_A' WHERE name = 'dml_a' RETURNING name;

-- columns that cannot be changed
UPDATE shares SET created_at = now() WHERE name = 'dml_a';	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE shares SET replication_config = '{}' WHERE name = 'dml_a';	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE share_objects SET shared_as = 'x.y' WHERE share_name = 'dml_a' AND name = 'main.sales.orders';	-- should fail
UPDATE share_objects SET share_name = 'dml_b' WHERE share_name = 'dml_a' AND name = 'main.sales.orders';	-- should fail
UPDATE share_objects SET name = 'main.sales.invoices' WHERE share_name = 'dml_a' AND name = 'main.sales.orders';	-- should fail
UPDATE recipients SET authentication_type = 'DATABRICKS' WHERE name = 'dml_r';	-- should fail
UPDATE recipients SET activated = true WHERE name = 'dml_r';	-- should fail
UPDATE grants SET privilege = 'SELECT';	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE shares SET owner = NULL WHERE name = 'dml_a';	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE shares SET name = NULL WHERE name = 'dml_a';	-- should fail
\echo :LAST_ERROR_SQLSTATE
UPDATE shares SET name = 'dml_b' WHERE name = 'dml_a';	-- should fail
\echo :LAST_ERROR_SQLSTATE

-- ===================================================================
-- prepared statements, also with a generic plan
-- ===================================================================
PREPARE dml_insert(text, text) AS INSERT INTO shares (name, comment) VALUES ($1, $2) RETURNING name, comment;
PREPARE dml_update(text, text) AS UPDATE shares SET comment = $2 WHERE name = $1 RETURNING name, comment;
PREPARE dml_select(text) AS SELECT name, comment FROM shares WHERE name = $1;
PREPARE dml_any(text[]) AS SELECT name, comment FROM shares WHERE name = ANY ($1) ORDER BY name;
PREPARE dml_delete(text) AS DELETE FROM shares WHERE name = $1 RETURNING name;
SET plan_cache_mode = force_generic_plan;
EXECUTE dml_insert('dml_p', 'one');
EXECUTE dml_insert('dml_q', NULL);
EXECUTE dml_update('dml_p', 'two');
EXECUTE dml_update(NULL, 'three');
EXECUTE dml_select('dml_p');
EXECUTE dml_select('dml_q');
EXECUTE dml_select(NULL);
EXECUTE dml_any('{dml_p, dml_none, NULL, dml_q, dml_p}');
EXECUTE dml_any('{}');
EXECUTE dml_any(NULL);
SET plan_cache_mode = force_custom_plan;
EXECUTE dml_select('dml_p');
EXECUTE dml_select(NULL);
EXECUTE dml_any('{dml_p, dml_none, NULL, dml_q, dml_p}');
EXECUTE dml_any(NULL);
RESET plan_cache_mode;
EXECUTE dml_delete('dml_p');
EXECUTE dml_delete('dml_q');
EXECUTE dml_delete('dml_q');
DEALLOCATE ALL;

-- ===================================================================
-- through a view, and with triggers
-- ===================================================================
CREATE VIEW dml_view AS SELECT name, comment FROM shares WHERE name LIKE 'dml\_%' WITH CHECK OPTION;
INSERT INTO dml_view VALUES ('dml_v', 'view') RETURNING *;
INSERT INTO dml_view VALUES ('other', 'view');	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shares WHERE name = 'other';
UPDATE dml_view SET comment = 'by view' WHERE name = 'dml_v' RETURNING *;
DELETE FROM dml_view WHERE name = 'dml_v' RETURNING *;
DROP VIEW dml_view;

CREATE FUNCTION dml_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE '% % %', TG_WHEN, TG_OP, to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END) ->> 'name';
	IF TG_WHEN = 'BEFORE' AND TG_OP = 'INSERT' THEN
		NEW.comment := 'by trigger';
	END IF;
	RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER dml_before BEFORE INSERT OR UPDATE OR DELETE ON shares FOR EACH ROW EXECUTE FUNCTION dml_trigger();
CREATE TRIGGER dml_after AFTER INSERT OR UPDATE OR DELETE ON shares FOR EACH ROW EXECUTE FUNCTION dml_trigger();
INSERT INTO shares (name) VALUES ('dml_t'), ('Dml_u') RETURNING name, comment;
UPDATE shares SET comment = 'changed' WHERE name = 'dml_t' RETURNING name, comment;
DELETE FROM shares WHERE name = 'dml_t' RETURNING name;
DROP FUNCTION dml_trigger CASCADE;

-- ===================================================================
-- data-modifying CTEs
-- ===================================================================
WITH new AS (INSERT INTO shares (name) VALUES ('dml_w') RETURNING name),
	object AS (SELECT deltashare.add_to_share(name, 'main.sales.orders') AS o FROM new)
SELECT (o).share_name, (o).name FROM object;
WITH gone AS (DELETE FROM shares WHERE name = 'dml_w' RETURNING name) SELECT * FROM gone;

-- ===================================================================
-- DELETE
-- ===================================================================
DELETE FROM grants WHERE share_name = 'dml_a' AND recipient_name = 'dml_r' RETURNING share_name, recipient_name, privilege;
DELETE FROM share_objects WHERE share_name = 'dml_a' AND name LIKE '%.orders' RETURNING share_name, name;
DELETE FROM share_objects WHERE share_name = 'dml_none' RETURNING name;
SELECT share_name, name FROM share_objects WHERE share_name LIKE 'dml%' ORDER BY 1, 2;
SELECT share_name, recipient_name FROM grants WHERE share_name LIKE 'dml%' ORDER BY 1, 2;
WITH gone AS (DELETE FROM recipients WHERE name LIKE 'dml%' RETURNING name) SELECT * FROM gone ORDER BY 1;
WITH gone AS (DELETE FROM shares WHERE name LIKE 'dml%' RETURNING name) SELECT * FROM gone ORDER BY 1;
TRUNCATE shares;	-- should fail
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shares WHERE name LIKE 'dml%';
