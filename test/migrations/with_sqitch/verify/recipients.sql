-- Verify sharing:recipients on pg
BEGIN;

SELECT 1 / (properties ->> 'country' = 'DE' AND properties ->> 'tier' = 'gold')::int FROM sharing.recipients WHERE name = 'acme';
SELECT 1 / (authentication_type = 'DATABRICKS')::int FROM sharing.recipients WHERE name = 'sister';
SELECT 1 / (count(*) = 5)::int FROM sharing.grants WHERE share_name IN ('partner_sales', 'operations', 'legacy_feed');

ROLLBACK;
