--
-- Declared configuration: the plan, kind by kind.
--

CREATE FUNCTION deltashare.plan_shares(declared jsonb, held deltashare.share[], prune boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE c.action WHEN 'create' THEN 1 WHEN 'update' THEN 3 WHEN 'delete' THEN 11 ELSE 12 END, c.action, 'share',
		   coalesce(h.name, d.item ->> 'name'), NULL, NULL, c.old, c.new, d.position
	FROM (SELECT item, deltashare.config_position(item) FROM deltashare.config_items(declared, 'shares') item)
			AS d(item, position)
		FULL JOIN unnest(held) h ON lower(h.name) = d.item ->> 'name',
		deltashare.config_compare(deltashare.config_attributes(d.item),
								  CASE WHEN h.name IS NOT NULL THEN deltashare.config_share(h) END) c
	WHERE declared ? 'shares' AND (c.action <> 'delete' OR prune)
$$;

COMMENT ON FUNCTION deltashare.plan_shares(jsonb, deltashare.share[], boolean) IS
'Internal: the actions of a configuration on shares';

CREATE FUNCTION deltashare.plan_recipients(declared jsonb, held deltashare.recipient[], prune boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE c.action WHEN 'create' THEN 2 WHEN 'update' THEN 4 WHEN 'delete' THEN 10 ELSE 13 END, c.action, 'recipient',
		   NULL, NULL, coalesce(h.name, d.item ->> 'name'), c.old, c.new, d.position
	FROM (SELECT item, deltashare.config_position(item) FROM deltashare.config_items(declared, 'recipients') item)
			AS d(item, position)
		FULL JOIN unnest(held) h ON lower(h.name) = d.item ->> 'name',
		deltashare.config_compare(CASE WHEN d.item IS NOT NULL THEN deltashare.config_wanted_recipient(d.item, h) END,
								  CASE WHEN h.name IS NOT NULL THEN deltashare.config_recipient(h) END) c
	WHERE declared ? 'recipients' AND (c.action <> 'delete' OR prune)
$$;

COMMENT ON FUNCTION deltashare.plan_recipients(jsonb, deltashare.recipient[], boolean) IS
'Internal: the actions of a configuration on recipients';

-- A name that means two objects means the one of the declared type, or else
-- the one whose name is longer.
CREATE FUNCTION deltashare.plan_objects(declared jsonb, held deltashare.share_object[], prune boolean, is_local boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH d AS (
		SELECT o.share_name, o.object, deltashare.config_object_keys(o.object ->> 'name', is_local) AS keys
		FROM deltashare.config_objects(declared) o
	), h AS (
		SELECT o, lower(o.share_name) AS share_name, (deltashare.config_object_keys(o.name, is_local))[1] AS key
		FROM unnest(held) o
	), candidates AS (
		SELECT d.share_name, d.object, k.key FROM d, unnest(d.keys) AS k(key)
	), found AS (
		SELECT DISTINCT ON (c.share_name, c.object -> 'line', c.object -> 'column') c.share_name, c.object, h.o
		FROM candidates c JOIN h ON h.share_name = c.share_name AND h.key = c.key
		ORDER BY c.share_name, c.object -> 'line', c.object -> 'column',
			(h.o).data_object_type = c.object ->> 'data_object_type' DESC NULLS LAST, length((h.o).name) DESC
	), pairs AS (
		SELECT d.share_name, d.object, f.o
		FROM d LEFT JOIN found f ON f.share_name = d.share_name AND f.object = d.object
		UNION ALL
		SELECT h.share_name, NULL, h.o
		FROM h
		WHERE prune AND NOT EXISTS (SELECT FROM found f WHERE f.share_name = h.share_name AND (f.o).name = (h.o).name)
	)
	SELECT CASE c.action WHEN 'delete' THEN 6 WHEN 'update' THEN 8 WHEN 'no change' THEN 14 ELSE 7 END, c.action, 'object',
		   p.share_name, coalesce((p.o).name, p.object ->> 'name'), NULL, c.old, c.new,
		   CASE WHEN p.object IS NOT NULL THEN deltashare.config_position(p.object) END
	FROM pairs p,
		deltashare.config_compare(CASE WHEN p.object IS NOT NULL THEN deltashare.config_wanted_object(p.object, p.o) END,
								  CASE WHEN (p.o).name IS NOT NULL THEN deltashare.config_object(p.o) END) c
$$;

COMMENT ON FUNCTION deltashare.plan_objects(jsonb, deltashare.share_object[], boolean, boolean) IS
'Internal: the actions of a configuration on the objects of shares';

-- Only what recipients hold is governed here, not what a user or group may do
-- with a share, nor what is left of a recipient that was deleted.
CREATE FUNCTION deltashare.plan_grants(declared jsonb, held deltashare.share_grant[], recipients text[], prune boolean)
RETURNS SETOF deltashare.config_action
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH d AS (
		SELECT g ->> 'share_name' AS share_name, g ->> 'recipient_name' AS recipient_name, deltashare.config_position(g) AS position
		FROM deltashare.config_items(declared, 'grants') g
	), h AS (
		SELECT DISTINCT lower(g.share_name) AS share_name, lower(g.recipient_name) AS recipient_name
		FROM unnest(held) g
		WHERE g.privilege = 'SELECT' AND lower(g.recipient_name) IN (SELECT unnest(recipients))
	)
	SELECT CASE a.action WHEN 'create' THEN 9 WHEN 'delete' THEN 5 ELSE 15 END, a.action,
		   'grant', coalesce(d.share_name, h.share_name), NULL, coalesce(d.recipient_name, h.recipient_name),
		   CASE a.action WHEN 'delete' THEN '{"privilege": "SELECT"}'::jsonb END,
		   CASE a.action WHEN 'create' THEN '{"privilege": "SELECT"}'::jsonb END, d.position
	FROM d FULL JOIN h ON h.share_name = d.share_name AND h.recipient_name = d.recipient_name,
		LATERAL (SELECT CASE WHEN h.share_name IS NULL THEN 'create' WHEN d.share_name IS NULL THEN 'delete'
			ELSE 'no change' END) AS a(action)
	WHERE d.share_name IS NOT NULL OR prune
$$;

COMMENT ON FUNCTION deltashare.plan_grants(jsonb, deltashare.share_grant[], text[], boolean) IS
'Internal: the actions of a configuration on grants';

CREATE FUNCTION deltashare.check_config_rows(table_name text, rows jsonb)
RETURNS void
AS 'MODULE_PATHNAME', 'deltashare_check_config_rows'
LANGUAGE C IMMUTABLE STRICT;

COMMENT ON FUNCTION deltashare.check_config_rows(text, jsonb) IS
'Internal: an error if no server would take one of these new rows ({"new"}) or changes of rows ({"old", "new"})';

-- One by one only if there is anything wrong at all.
CREATE FUNCTION deltashare.config_row_problems(table_name text, rows jsonb)
RETURNS SETOF text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	line jsonb;
	detail text;
BEGIN
	BEGIN
		PERFORM deltashare.check_config_rows(table_name, rows);
		RETURN;
	EXCEPTION WHEN data_exception OR integrity_constraint_violation OR syntax_error_or_access_rule_violation
		OR feature_not_supported OR program_limit_exceeded THEN
		NULL;
	END;
	FOR line IN SELECT jsonb_array_elements(rows)
	LOOP
		BEGIN
			PERFORM deltashare.check_config_rows(table_name, jsonb_build_array(line));
		EXCEPTION WHEN data_exception OR integrity_constraint_violation OR syntax_error_or_access_rule_violation
			OR feature_not_supported OR program_limit_exceeded THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
			RETURN NEXT concat_ws(': ', line ->> 'position', SQLERRM, nullif(detail, ''));
		END;
	END LOOP;
END
$$;

COMMENT ON FUNCTION deltashare.config_row_problems(text, jsonb) IS
'Internal: which of these rows no server would take, and why';

-- What can be told without asking the server is told before anything is done.
CREATE FUNCTION deltashare.check_config_plan(
	plan deltashare.config_action[],
	recipients deltashare.recipient[],
	objects deltashare.share_object[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	problems text[];
	new_recipients jsonb;
	new_objects jsonb;
BEGIN
	SELECT jsonb_agg(jsonb_build_object(
		'position', a.position,
		'old', CASE WHEN h.name IS NOT NULL THEN to_jsonb(h) END,
		'new', jsonb_build_object('name', coalesce(h.name, a.recipient_name)) || a.new))
	INTO new_recipients
	FROM unnest(plan) a LEFT JOIN unnest(recipients) h ON h.name = a.recipient_name
	WHERE a.kind = 'recipient' AND a.action IN ('create', 'update');
	SELECT jsonb_agg(jsonb_build_object(
		'position', a.position,
		'old', CASE WHEN h.name IS NOT NULL THEN to_jsonb(h) END,
		'new', jsonb_build_object('share_name', coalesce(h.share_name, a.share_name), 'name', a.object_name) || a.new))
	INTO new_objects
	FROM unnest(plan) a
		LEFT JOIN unnest(objects) h ON a.action = 'update' AND h.name = a.object_name AND lower(h.share_name) = a.share_name
	WHERE a.kind = 'object' AND a.action IN ('create', 'replace', 'update');

	SELECT array_agg(p.problem ORDER BY regexp_match(p.problem, 'line (\d+), column (\d+)')::int[], p.problem COLLATE "C")
	INTO problems
	FROM (SELECT a.position || format(': recipient "%s" is of type %s, which cannot be changed',
									  a.recipient_name, a.old ->> 'authentication_type')
		  FROM unnest(plan) a
		  WHERE a.kind = 'recipient' AND a.action = 'update' AND a.new ? 'authentication_type'
		  UNION ALL
		  SELECT a.position || format(': the sharing identifier of recipient "%s" cannot be changed', a.recipient_name)
		  FROM unnest(plan) a
		  WHERE a.kind = 'recipient' AND a.action = 'update' AND a.new ? 'data_recipient_global_metastore_id'
			AND NOT a.new ? 'authentication_type'
		  UNION ALL
		  SELECT a.position || format(': notebook "%s" needs the key "content" to be added', a.object_name)
		  FROM unnest(plan) a
		  WHERE a.kind = 'object' AND a.action IN ('create', 'replace') AND a.new ->> 'data_object_type' = 'NOTEBOOK_FILE'
			AND NOT a.new ? 'content'
		  UNION ALL
		  SELECT deltashare.config_row_problems('recipients', new_recipients)
		  UNION ALL
		  SELECT deltashare.config_row_problems('share_objects', new_objects)) AS p(problem);
	PERFORM deltashare.raise_config_problems(problems, cardinality(problems));
END
$$;

COMMENT ON FUNCTION deltashare.check_config_plan(deltashare.config_action[], deltashare.recipient[], deltashare.share_object[]) IS
'Internal: refuse a plan that wants what cannot be done';

CREATE FUNCTION deltashare.plan_config(
	config text,
	prune boolean DEFAULT false,
	unchanged boolean DEFAULT false,
	server text DEFAULT NULL)
RETURNS SETOF deltashare.config_action
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_local boolean;
	declared jsonb;
	shares deltashare.share[];
	recipients deltashare.recipient[];
	objects deltashare.share_object[];
	grants deltashare.share_grant[];
	names jsonb;
	plan deltashare.config_action[];
BEGIN
	server := deltashare.server_name(server);
	is_local := deltashare.server_is_local(server);
	prune := coalesce(prune, false);
	declared := deltashare.declared_config(config, is_local);
	IF declared ?| '{shares,grants}' THEN
		shares := ARRAY(SELECT s FROM deltashare.select_rows(server, NULL::deltashare.share) s);
	END IF;
	IF declared ?| '{recipients,grants}' THEN
		recipients := ARRAY(SELECT r FROM deltashare.select_rows(server, NULL::deltashare.recipient) r);
	END IF;
	plan := ARRAY(SELECT a FROM deltashare.plan_shares(declared, shares, prune) a
				  UNION ALL SELECT a FROM deltashare.plan_recipients(declared, recipients, prune) a);

	-- what hangs on a share or recipient that goes, goes with it
	SELECT jsonb_agg(s.name) INTO names
	FROM unnest(shares) s JOIN deltashare.config_items(declared, 'shares') d ON lower(s.name) = d ->> 'name'
	WHERE d ? 'tables';
	IF names IS NOT NULL THEN
		objects := ARRAY(SELECT o FROM deltashare.select_rows(server, NULL::deltashare.share_object,
															  jsonb_build_object('share_name', names)) o);
	END IF;
	SELECT jsonb_agg(s.name) INTO names
	FROM unnest(shares) s
	WHERE declared ? 'grants' AND
		CASE WHEN prune
			THEN s.name NOT IN (SELECT a.share_name FROM unnest(plan) a WHERE a.kind = 'share' AND a.action = 'delete')
			ELSE lower(s.name) IN (SELECT g ->> 'share_name' FROM deltashare.config_items(declared, 'grants') g) END;
	IF names IS NOT NULL THEN
		grants := ARRAY(SELECT g FROM deltashare.select_rows(server, NULL::deltashare.share_grant,
															 jsonb_build_object('share_name', names)) g);
	END IF;

	plan := plan || ARRAY(
		SELECT a FROM deltashare.plan_objects(declared, objects, prune, is_local) a
		UNION ALL
		SELECT a FROM deltashare.plan_grants(declared, grants, prune => prune, recipients => ARRAY(
			SELECT lower(r.name) FROM unnest(recipients) r
			EXCEPT SELECT lower(a.recipient_name) FROM unnest(plan) a WHERE a.action = 'delete')) a);
	PERFORM deltashare.check_config_plan(plan, recipients, objects);
	RETURN QUERY
		SELECT CASE WHEN a.action <> 'no change' THEN row_number() OVER in_order END::int,
			   a.action, a.kind, a.share_name, a.object_name, a.recipient_name, a.old, a.new, a.position
		FROM unnest(plan) a
		WHERE a.action <> 'no change' OR unchanged
		WINDOW in_order AS (ORDER BY a.ordinal, a.share_name COLLATE "C", a.action COLLATE "C",
							a.object_name COLLATE "C", a.recipient_name COLLATE "C")
		ORDER BY row_number() OVER in_order;
END
$$;

COMMENT ON FUNCTION deltashare.plan_config(text, boolean, boolean, text) IS
'What would have to be done for this configuration (YAML or JSON) to stand; no row: it does. What it does not mention stays as it is; with prune, lists that it has are complete, and what is not in them is deleted; with unchanged, what stands is listed too, as "no change"';
