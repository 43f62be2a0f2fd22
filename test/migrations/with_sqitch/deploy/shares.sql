-- Deploy sharing:shares to pg
BEGIN;

SELECT name FROM deltashare.create_share('partner_sales', owner => 'data_owners',
	comment => 'Größe: 100 % of the "orders", it''s :all {yes} \ 東京');
SELECT name FROM deltashare.create_share('operations', comment => 'For our own staff');
SELECT name FROM deltashare.create_share('legacy_feed', comment => 'Nightly export');

COMMIT;
