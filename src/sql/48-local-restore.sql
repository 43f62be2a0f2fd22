--
-- The local server: rows out of a dump, in whatever order they come.
--
-- pg_restore --jobs knows no order among the tables of an extension, while
-- their foreign keys are there from the start.  So a row that comes before the
-- one that it refers to waits in a queue, and the latter fetches it.  Loads
-- take turns, or two of them would not see what the other is about to commit.
--

CREATE TABLE deltashare.restore_queue
(
	waits_for text NOT NULL,
	key text NOT NULL,
	table_name text NOT NULL,
	data jsonb NOT NULL
);

CREATE INDEX restore_queue_key ON deltashare.restore_queue (waits_for, key);

COMMENT ON TABLE deltashare.restore_queue IS
'Rows out of a dump that wait for the row that they refer to; not empty after a restore: that row was not restored';
COMMENT ON COLUMN deltashare.restore_queue.waits_for IS 'Table of the row that is missing';
COMMENT ON COLUMN deltashare.restore_queue.key IS 'Key of the row that is missing';
COMMENT ON COLUMN deltashare.restore_queue.table_name IS 'Table that the row belongs to';
COMMENT ON COLUMN deltashare.restore_queue.data IS 'The row';

-- The arguments are table, key and referring column, for each foreign key.
CREATE FUNCTION deltashare.local_load_row()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	key text;
	is_there boolean;
BEGIN
	LOCK TABLE deltashare.restore_queue IN SHARE ROW EXCLUSIVE MODE;
	FOR i IN 0 .. TG_NARGS - 3 BY 3
	LOOP
		key := to_jsonb(NEW) ->> TG_ARGV[i + 2];
		EXECUTE format('SELECT EXISTS (SELECT FROM deltashare.%I WHERE %I = $1)', TG_ARGV[i], TG_ARGV[i + 1])
			INTO is_there USING key;
		IF NOT is_there THEN
			INSERT INTO deltashare.restore_queue VALUES (TG_ARGV[i], key, TG_TABLE_NAME, to_jsonb(NEW));
			RETURN NULL;
		END IF;
	END LOOP;
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.local_load_row() IS
'Internal: trigger that lets rows out of a dump wait for those that they refer to';

CREATE FUNCTION deltashare.local_load_waiting()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	waiting record;
BEGIN
	FOR waiting IN
		DELETE FROM deltashare.restore_queue q
		WHERE q.waits_for = TG_TABLE_NAME AND q.key = to_jsonb(NEW) ->> TG_ARGV[0]
		RETURNING q.table_name, q.data
	LOOP
		EXECUTE format('INSERT INTO deltashare.%1$I SELECT * FROM jsonb_populate_record(NULL::deltashare.%1$I, $1)',
					   waiting.table_name)
			USING waiting.data;
	END LOOP;
	RETURN NULL;
END
$$;

COMMENT ON FUNCTION deltashare.local_load_waiting() IS
'Internal: trigger that loads the rows that waited for this one';

-- A token is made by the clock, not at the start of its transaction: "<".

-- rows that others refer to
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.shares
	FOR EACH ROW WHEN (NEW.created_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_row();
CREATE TRIGGER load_waiting AFTER INSERT ON deltashare.shares
	FOR EACH ROW WHEN (NEW.created_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_waiting('name');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.recipients
	FOR EACH ROW WHEN (NEW.created_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_row();
CREATE TRIGGER load_waiting AFTER INSERT ON deltashare.recipients
	FOR EACH ROW WHEN (NEW.created_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_waiting('name');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.providers
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_load_row();
CREATE TRIGGER load_waiting AFTER INSERT ON deltashare.providers
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_load_waiting('name');
CREATE TRIGGER load_waiting AFTER INSERT ON deltashare.recipient_tokens
	FOR EACH ROW WHEN (NEW.created_at < pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_waiting('id');

-- rows that refer to others
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.share_objects
	FOR EACH ROW WHEN (NEW.added_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_row('shares', 'name', 'share_name');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.grants
	FOR EACH ROW WHEN (NEW.granted_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_row('shares', 'name', 'share_name', 'recipients', 'name', 'recipient_name');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.recipient_tokens
	FOR EACH ROW WHEN (NEW.created_at < pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_row('recipients', 'name', 'recipient_name');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.token_hashes
	FOR EACH ROW WHEN (NEW.created_at <> pg_catalog.now())
	EXECUTE FUNCTION deltashare.local_load_row('recipient_tokens', 'id', 'token_id');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.federation_policies
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_load_row('recipients', 'name', 'recipient_name');
CREATE TRIGGER load_old BEFORE INSERT ON deltashare.provider_shares
	FOR EACH ROW EXECUTE FUNCTION deltashare.local_load_row('providers', 'name', 'provider_name');
