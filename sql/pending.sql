--
-- deltashare.pending_changes: what the open transaction did on a workspace, and
-- what waits for its COMMIT.
--
\set VERBOSITY terse
SELECT name FROM deltashare.create_share('pending_old');
SELECT name FROM deltashare.create_recipient('pending_old');
SELECT * FROM deltashare.pending_changes;

BEGIN;
SELECT name FROM deltashare.create_share('pending_a', comment => 'x');
SELECT name FROM deltashare.add_to_share('pending_a', 'main.sales.orders');
INSERT INTO share_objects (share_name, name) VALUES ('pending_a', 'main.sales.customers'), ('pending_a', 'main.sales.daily');
SELECT name FROM deltashare.alter_share_object('pending_a', 'main.sales.orders', comment => 'y');
SELECT deltashare.remove_from_share('pending_a', 'main.sales.orders');
SELECT name FROM deltashare.create_recipient('pending_a');
SELECT share_name FROM deltashare.grant_select('pending_a', 'pending_a');
SELECT name FROM deltashare.alter_share('pending_a', comment => 'z');
SAVEPOINT s;
SELECT deltashare.revoke_select('pending_a', 'pending_a');
SELECT deltashare.drop_share('pending_old');
SELECT * FROM deltashare.pending_changes;
-- what a savepoint takes back is no longer pending
ROLLBACK TO s;
SELECT position, state, change FROM deltashare.pending_changes;
SELECT name FROM deltashare.rotate_recipient_token('pending_a', '1 hour');
SELECT deltashare.drop_recipient('pending_old');
SELECT position, state, change, at_rollback FROM deltashare.pending_changes WHERE position > 6;
ROLLBACK;
SELECT * FROM deltashare.pending_changes;
SELECT name FROM shares WHERE name LIKE 'pending%';
SELECT name FROM recipients WHERE name LIKE 'pending%';

-- a COMMIT leaves nothing pending
BEGIN;
SELECT deltashare.drop_share('pending_old');
SELECT deltashare.drop_recipient('pending_old');
COMMIT;
SELECT * FROM deltashare.pending_changes;
SELECT name FROM shares WHERE name LIKE 'pending%';
