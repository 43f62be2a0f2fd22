--
-- The local server: every governance act is an event, in the same transaction.
--
-- About all local tables:
--
-- Dump and restore.  pg_dump loads the rows of an extension's tables after
-- CREATE EXTENSION, with triggers on.  A row out of a dump brings the time it
-- was made; a governance act cannot, because nobody but the owner of the
-- tables has the privilege to give that column.  So triggers that check, fill
-- in, make tokens or write events act only on rows that come without it.
--
-- Two kinds of trigger functions.  Those that check run as the caller, so that
-- current_user is who writes.  Those that write where the caller may not write
-- are SECURITY DEFINER, and nobody may execute them but as a trigger.
--

-- A governance act is an event of kind "admin"; request_id is the transaction
-- that did it, actor the role, user_agent its application_name.  There is none
-- of an act that failed: it was rolled back with its event.  What recipients
-- read is written by a server that publishes to them, in the same table.
--
-- The columns, and what is said about them, are those of the declared table.

CREATE TABLE deltashare.audit_events
(
	request_time timestamptz NOT NULL,
	event_date date NOT NULL,
	event_type text NOT NULL,
	event_kind text NOT NULL CHECK (event_kind IN ('request', 'answer', 'credential', 'admin')),
	action_name text NOT NULL,
	share_name text,
	schema_name text,
	table_name text,
	recipient_name text,
	rows_returned bigint,
	bytes_transferred bigint,
	query_duration_ms bigint,
	source_ip text,
	user_agent text,
	status_code int,
	error_message text,
	request_id text,
	event_id text PRIMARY KEY,
	actor text,
	request_params jsonb,
	recipient_id text,
	files_returned bigint,
	table_id text,
	table_version bigint,
	ip_access_denied boolean,
	workspace_id text,
	metastore_id text
);

CREATE INDEX audit_events_request_time ON deltashare.audit_events (request_time);
SELECT pg_catalog.pg_extension_config_dump('deltashare.audit_events', '');

-- The role that the session acts as.  This is on purpose not current_user: a
-- SECURITY DEFINER function or a view changes that one, and an audit must name
-- who called.
CREATE FUNCTION deltashare.local_actor()
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(nullif(current_setting('role'), 'none'), session_user::text)
$$;

COMMENT ON FUNCTION deltashare.local_actor() IS
'Internal: the role that the session acts as, for the audit';

CREATE FUNCTION deltashare.local_write_event(
	action text,
	params jsonb,
	share text DEFAULT NULL,
	recipient text DEFAULT NULL,
	object_path text[] DEFAULT NULL)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO deltashare.audit_events
		(request_time, event_date, event_type, event_kind, action_name,
		 share_name, schema_name, table_name, recipient_name,
		 source_ip, user_agent, status_code, request_id, event_id, actor, request_params)
	VALUES
		(clock_timestamp(), (clock_timestamp() AT TIME ZONE 'UTC')::date, 'deltaSharing', 'admin', action,
		 share, object_path[1], object_path[2], recipient,
		 host(inet_client_addr()), nullif(current_setting('application_name'), ''), 200,
		 pg_current_xact_id()::text, gen_random_uuid()::text, deltashare.local_actor(),
		 -- SET ROLE hides who logged in
		 params || CASE WHEN deltashare.local_actor() <> session_user
						THEN jsonb_build_object('session_user', session_user)
						ELSE '{}' END)
$$;

REVOKE ALL ON FUNCTION deltashare.local_write_event(text, jsonb, text, text, text[]) FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_write_event(text, jsonb, text, text, text[]) IS
'Internal: write an event; for the triggers, nobody else may';

-- What an act gave or changed, without what the server fills in.
CREATE FUNCTION deltashare.local_governed(local_row jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT local_row - '{id, activated, cloud, region, metastore_id, storage_location, created_at, created_by,
		updated_at, updated_by, added_at, added_by, granted_at, granted_by}'::text[]
$$;

COMMENT ON FUNCTION deltashare.local_governed(jsonb) IS
'Internal: a local row without the columns that the server fills in';

CREATE FUNCTION deltashare.local_changes(old_row jsonb, new_row jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(jsonb_object_agg(CASE n.key WHEN 'name' THEN 'new_name' ELSE n.key END, n.value), '{}')
	FROM jsonb_each(deltashare.local_governed(new_row)) n
	WHERE n.value IS DISTINCT FROM old_row -> n.key
$$;

COMMENT ON FUNCTION deltashare.local_changes(jsonb, jsonb) IS
'Internal: the governed columns in which two versions of a local row differ';

-- Trigger of shares and recipients.  The argument is the noun in the names of
-- the actions: Share or Recipient.
CREATE FUNCTION deltashare.local_audit_row()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	noun text := TG_ARGV[0];
	name text := CASE TG_OP WHEN 'INSERT' THEN NEW.name ELSE OLD.name END;
	params jsonb := jsonb_build_object('name', name);
	changes jsonb;
	verb text;
BEGIN
	IF TG_OP = 'INSERT' THEN
		verb := 'create';
		params := jsonb_strip_nulls(deltashare.local_governed(to_jsonb(NEW)));
	ELSIF TG_OP = 'DELETE' THEN
		verb := 'delete';
	ELSE
		verb := 'update';
		changes := deltashare.local_changes(to_jsonb(OLD), to_jsonb(NEW));
		IF changes = '{}' THEN
			RETURN NULL;
		END IF;
		params := params || changes;
	END IF;

	PERFORM deltashare.local_write_event(verb || noun, params,
										 share => CASE noun WHEN 'Share' THEN name END,
										 recipient => CASE noun WHEN 'Recipient' THEN name END);
	RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION deltashare.local_audit_row() FROM PUBLIC;
COMMENT ON FUNCTION deltashare.local_audit_row() IS
'Internal: trigger that writes the events of shares and recipients';
