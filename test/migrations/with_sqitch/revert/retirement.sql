-- Revert sharing:retirement from pg
BEGIN;

SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.customers', history => false);
SELECT name FROM deltashare.create_recipient('old_partner', comment => 'Until May');
SELECT name FROM deltashare.create_share('legacy_feed', comment => 'Nightly export');
SELECT count(*) FROM deltashare.add_to_share('legacy_feed', ARRAY['main.sales.orders', 'main.sales.invoices']);
SELECT deltashare.grant_select('legacy_feed', 'old_partner');

COMMIT;
