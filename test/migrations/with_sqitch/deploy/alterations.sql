-- Deploy sharing:alterations to pg
BEGIN;

SELECT name FROM deltashare.alter_share('partner_sales', comment => 'Sales for partners', owner => 'data_stewards');
SELECT name FROM deltashare.alter_share('operations', rename_to => 'staff');
SELECT name FROM deltashare.alter_share_object('partner_sales', 'main.sales.orders', comment => 'Orders since 2020');
SELECT name FROM deltashare.alter_share_object('partner_sales', 'main.sales.daily',
	partitions => deltashare.partition_filter('region', recipient_property => 'country'));
SELECT name FROM deltashare.alter_recipient('acme', comment => 'ACME SE', ip_access_list => '{198.51.100.0/24}',
	properties => '{"tier": null, "country": "AT"}', owner => 'data_stewards');
UPDATE sharing.recipients SET name = 'sister_company' WHERE name = 'sister';
SELECT deltashare.revoke_select('legacy_feed', 'acme');

COMMIT;
