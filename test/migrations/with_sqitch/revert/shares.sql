-- Revert sharing:shares from pg
BEGIN;

SELECT deltashare.drop_share('legacy_feed');
SELECT deltashare.drop_share('operations');
SELECT deltashare.drop_share('partner_sales');

COMMIT;
