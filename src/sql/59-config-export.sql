--
-- Declared configuration: writing down what stands.
--

CREATE FUNCTION deltashare.export_shares(server text)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH shares AS MATERIALIZED (
		SELECT s FROM deltashare.select_rows(server, NULL::deltashare.share) s
	), objects AS MATERIALIZED (
		SELECT o.share_name, jsonb_agg(
			jsonb_build_object('name', o.name) ||
			CASE o.data_object_type WHEN 'TABLE' THEN a.attributes - 'data_object_type' ELSE a.attributes END -
			CASE WHEN a.attributes -> 'cdf_enabled' = 'true' THEN 'history_data_sharing_status' ELSE 'cdf_enabled' END
			ORDER BY o.name COLLATE "C") AS tables
		FROM deltashare.select_rows(server, NULL::deltashare.share_object, jsonb_build_object('share_name',
				(SELECT coalesce(jsonb_agg((s.s).name), '[]') FROM shares s))) o,
			deltashare.config_object(o) AS a(attributes)
		GROUP BY o.share_name
	)
	SELECT coalesce(jsonb_agg(jsonb_build_object('name', (s.s).name, 'tables', coalesce(o.tables, '[]')) ||
							  deltashare.config_share(s.s) ORDER BY (s.s).name COLLATE "C"), '[]')
	FROM shares s LEFT JOIN objects o ON o.share_name = (s.s).name
$$;

COMMENT ON FUNCTION deltashare.export_shares(text) IS
'Internal: the shares that stand, as a configuration declares them';

CREATE FUNCTION deltashare.export_recipients(server text)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('name', r.name) || a.attributes ||
		CASE WHEN r.authentication_type <> 'EMAIL' AND a.attributes -> 'properties' ->> 'email' <> ''
			THEN jsonb_build_object('email', a.attributes -> 'properties' -> 'email',
									'properties', nullif((a.attributes -> 'properties') - 'email', '{}'))
			ELSE jsonb_build_object('properties', nullif(a.attributes -> 'properties', '{}')) END
		ORDER BY r.name COLLATE "C"), '[]')
	FROM deltashare.select_rows(server, NULL::deltashare.recipient) r, deltashare.config_recipient(r) AS a(attributes)
$$;

COMMENT ON FUNCTION deltashare.export_recipients(text) IS
'Internal: the recipients that stand, as a configuration declares them';

CREATE FUNCTION deltashare.export_grants(shares jsonb, recipients jsonb, server text)
RETURNS jsonb
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('share_name', g.share_name, 'recipient_name', g.recipient_name,
												 'permissions', '["SELECT"]'::jsonb)
							  ORDER BY g.share_name COLLATE "C", g.recipient_name COLLATE "C"), '[]')
	FROM deltashare.select_rows(server, NULL::deltashare.share_grant, jsonb_build_object('share_name',
			(SELECT coalesce(jsonb_agg(s -> 'name'), '[]') FROM jsonb_array_elements(shares) s))) g
	WHERE g.privilege = 'SELECT' AND
		lower(g.recipient_name) IN (SELECT lower(r ->> 'name') FROM jsonb_array_elements(recipients) r)
$$;

COMMENT ON FUNCTION deltashare.export_grants(jsonb, jsonb, text) IS
'Internal: the grants that stand, as a configuration declares them';

CREATE FUNCTION deltashare.export_config(server text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	shares jsonb;
	recipients jsonb;
BEGIN
	server := deltashare.server_name(server);
	shares := deltashare.export_shares(server);
	recipients := deltashare.export_recipients(server);
	RETURN deltashare.config_text(jsonb_build_object('shares', shares, 'recipients', recipients,
		'grants', deltashare.export_grants(shares, recipients, server)));
END
$$;

COMMENT ON FUNCTION deltashare.export_config(text) IS
'What stands, as YAML of which plan_config() says that it does; without tokens, activation links and contents of notebooks';
