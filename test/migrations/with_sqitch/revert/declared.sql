-- Revert sharing:declared from pg
BEGIN;

SELECT deltashare.revoke_select('analytics', 'analyst');
SELECT deltashare.drop_recipient('analyst');
SELECT deltashare.drop_share('analytics');

COMMIT;
