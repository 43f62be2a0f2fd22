-- Revert sharing:alterations from pg
BEGIN;

SELECT deltashare.grant_select('legacy_feed', 'acme');
UPDATE sharing.recipients SET name = 'sister' WHERE name = 'sister_company';
SELECT name FROM deltashare.alter_recipient('acme', comment => 'ACME Corporation', ip_access_list => '{203.0.113.0/24, 2001:db8::/32}',
	properties => '{"tier": "gold", "country": "DE"}', owner => 'data_owners');
SELECT name FROM deltashare.alter_share_object('partner_sales', 'main.sales.daily',
	partitions => deltashare.partition_filter('region', 'EMEA'));
SELECT name FROM deltashare.alter_share_object('partner_sales', 'main.sales.orders', comment => 'All orders');
SELECT name FROM deltashare.alter_share('staff', rename_to => 'operations');
SELECT name FROM deltashare.alter_share('partner_sales', owner => 'data_owners',
	comment => 'Größe: 100 % of the "orders", it''s :all {yes} \ 東京');

COMMIT;
