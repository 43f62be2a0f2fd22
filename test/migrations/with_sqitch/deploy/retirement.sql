-- Deploy sharing:retirement to pg
BEGIN;

SELECT deltashare.revoke_select('legacy_feed', 'old_partner');
SELECT deltashare.remove_from_share('legacy_feed', 'main.sales.invoices');
SELECT deltashare.drop_share('legacy_feed');
SELECT deltashare.drop_recipient('old_partner');
SELECT deltashare.remove_from_share('partner_sales', 'main.sales.customers');

COMMIT;
