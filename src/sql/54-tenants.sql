--
-- Verbs: a share of its own for one recipient.
--

-- The platform grants whole shares.  So to share some tables with one
-- recipient takes a share that nobody else can read, and that holds nothing
-- else when it is granted.
CREATE FUNCTION deltashare.share_tables_with(
	OUT share_name text,
	OUT recipient_name text,
	OUT privilege text,
	recipient text,
	INOUT tables text[],
	share text DEFAULT NULL,
	server text DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	granted_to text[] := '{}';
	other text;
BEGIN
	server := deltashare.server_name(server);
	recipient := lower(recipient);
	share := lower(coalesce(share, recipient || '_share'));
	IF (deltashare.find_recipient(recipient, server)).name IS NULL THEN
		RAISE undefined_object USING
			MESSAGE = format('recipient "%s" does not exist', recipient);
	END IF;

	IF (deltashare.find_share(share, server)).name IS NULL THEN
		PERFORM deltashare.create_share(share, comment => format('Data share for %s', recipient),
										server => server);
	ELSE
		granted_to := ARRAY(SELECT coalesce(g.recipient_name, '(deleted)')
							FROM deltashare.select_rows(server, NULL::deltashare.share_grant,
														jsonb_build_object('share_name', share)) g);
		SELECT g INTO other FROM unnest(granted_to) g WHERE g <> recipient LIMIT 1;
		IF FOUND THEN
			RAISE object_not_in_prerequisite_state USING
				MESSAGE = format('share "%s" is also granted to recipient "%s"', share, other),
				HINT = 'Name another share, or revoke the other grants.';
		END IF;
	END IF;

	tables := ARRAY(SELECT o.name FROM deltashare.add_to_share(share, tables, if_not_exists => true,
															   server => server) o);
	SELECT o.name INTO other
	FROM deltashare.select_rows(server, NULL::deltashare.share_object, jsonb_build_object('share_name', share)) o
	WHERE NOT EXISTS (SELECT FROM unnest(tables) t
					  WHERE deltashare.same_object(o.name, t, deltashare.server_is_local(server)))
	LIMIT 1;
	IF FOUND AND recipient <> ALL (granted_to) THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('share "%s" also holds object "%s"', share, other),
			HINT = 'Name another share, or remove what is not to be shared.';
	END IF;

	SELECT g.share_name, g.recipient_name, g.privilege INTO share_name, recipient_name, privilege
	FROM deltashare.grant_select(share, recipient, server) g;
END
$$;

COMMENT ON FUNCTION deltashare.share_tables_with(text, text[], text, text) IS
'Share these tables with one recipient, in a share that nobody else may read (by default named <recipient>_share); may be repeated, also with further tables';

CREATE FUNCTION deltashare.setup_tenant(
	OUT share_name text,
	OUT recipient_name text,
	OUT activation_url text,
	tenant text,
	INOUT tables text[],
	email text DEFAULT NULL,
	comment text DEFAULT NULL,
	ip_access_list cidr[] DEFAULT NULL,
	properties jsonb DEFAULT NULL,
	server text DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	new_share deltashare.share;
	new_recipient deltashare.recipient;
BEGIN
	server := deltashare.server_name(server);
	new_share := deltashare.create_share(tenant || '_share',
		comment => coalesce(setup_tenant.comment, format('Data share for %s', tenant)), server => server);
	SELECT coalesce(array_agg(o.name), '{}') INTO tables
	FROM deltashare.add_to_share(new_share.name, tables, server => server) o;
	new_recipient := deltashare.create_recipient(tenant,
		comment => format('Recipient for %s', tenant), email => email,
		ip_access_list => ip_access_list, properties => properties, server => server);
	PERFORM deltashare.grant_select(new_share.name, new_recipient.name, server);

	share_name := new_share.name;
	recipient_name := new_recipient.name;
	activation_url := new_recipient.activation_url;
END
$$;

COMMENT ON FUNCTION deltashare.setup_tenant(text, text[], text, text, cidr[], jsonb, text) IS
'Everything that a new tenant needs: share <tenant>_share with these tables, recipient, grant; returns the activation_url, a secret. All or nothing';

-- Everything is looked at before anything is dropped: a share that others read,
-- or a recipient that reads other shares, is more than this tenant.
CREATE FUNCTION deltashare.drop_tenant(
	OUT share_name text,
	OUT recipient_name text,
	OUT tables text[],
	tenant text,
	if_exists boolean DEFAULT false,
	cascade boolean DEFAULT false,
	server text DEFAULT NULL)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	share text := lower(tenant) || '_share';
	other text;
BEGIN
	IF tenant IS NULL THEN
		RAISE null_value_not_allowed USING
			MESSAGE = 'tenant must not be null';
	END IF;
	server := deltashare.server_name(server);
	share_name := (deltashare.find_share(share, server)).name;
	recipient_name := (deltashare.find_recipient(tenant, server)).name;

	IF share_name IS NULL THEN
		PERFORM deltashare.skip_or_fail(if_exists, format('share "%s" does not exist', share));
	ELSE
		SELECT g.recipient_name INTO other
		FROM deltashare.select_rows(server, NULL::deltashare.share_grant, jsonb_build_object('share_name', share)) g
		WHERE g.recipient_name <> lower(tenant)
		ORDER BY 1 LIMIT 1;
		IF FOUND AND NOT coalesce(cascade, false) THEN
			RAISE dependent_objects_still_exist USING
				MESSAGE = format('share "%s" is also granted to recipient "%s"', share, other),
				HINT = 'Revoke the other grants, or drop them too with cascade => true.';
		END IF;
		tables := ARRAY(
			SELECT o.name
			FROM deltashare.select_rows(server, NULL::deltashare.share_object, jsonb_build_object('share_name', share)) o
			ORDER BY 1);
	END IF;

	IF recipient_name IS NULL THEN
		PERFORM deltashare.skip_or_fail(if_exists, format('recipient "%s" does not exist', lower(tenant)));
	ELSE
		SELECT g.share_name INTO other
		FROM deltashare.select_rows(server, NULL::deltashare.share_grant,
									jsonb_build_object('recipient_name', recipient_name)) g
		WHERE g.share_name <> share
		ORDER BY 1 LIMIT 1;
		IF FOUND AND NOT coalesce(cascade, false) THEN
			RAISE dependent_objects_still_exist USING
				MESSAGE = format('recipient "%s" may also read share "%s"', recipient_name, other),
				HINT = 'Revoke the other grants, or drop them too with cascade => true.';
		END IF;
	END IF;

	IF share_name IS NOT NULL THEN
		PERFORM deltashare.drop_share(share_name, server => server);
	END IF;
	IF recipient_name IS NOT NULL THEN
		PERFORM deltashare.drop_recipient(recipient_name, server => server);
	END IF;
END
$$;

COMMENT ON FUNCTION deltashare.drop_tenant(text, boolean, boolean, text) IS
'Drop what setup_tenant() made: share <tenant>_share and the recipient, with their grants; returns what was dropped, and what the share held. Refused when others may read the share or the recipient may read other shares, unless cascade: then these grants go too, the other recipients and shares stay. With if_exists what is left of a tenant is dropped';
