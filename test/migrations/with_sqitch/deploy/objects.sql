-- Deploy sharing:objects to pg
BEGIN;

SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.orders', alias => 'public.orders', comment => 'All orders');
SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.daily', alias => 'public.daily', cdf => true,
	partitions => deltashare.partition_filter('region', 'EMEA'));
SELECT name FROM deltashare.add_to_share('partner_sales', 'main.sales.customers', history => false);
SELECT name FROM deltashare.add_to_share('operations', 'main.hr.people', alias => 'staff.people',
	partitions => deltashare.partition_filter('country', recipient_property => 'country'));
SELECT name FROM deltashare.add_to_share('operations', 'main.sales.orders_view', type => 'VIEW');
SELECT count(*) FROM deltashare.add_to_share('legacy_feed', ARRAY['main.sales.orders', 'main.sales.invoices']);

COMMIT;
