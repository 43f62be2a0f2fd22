-- Revert sharing:objects from pg
BEGIN;

SELECT deltashare.remove_from_share('legacy_feed', 'main.sales.invoices');
SELECT deltashare.remove_from_share('legacy_feed', 'main.sales.orders');
DELETE FROM sharing.share_objects WHERE share_name = 'operations';
DELETE FROM sharing.share_objects WHERE share_name = 'partner_sales';

COMMIT;
