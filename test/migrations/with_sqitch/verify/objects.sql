-- Verify sharing:objects on pg
BEGIN;

SELECT 1 / (count(*) = 3)::int FROM sharing.share_objects WHERE share_name = 'partner_sales';
SELECT 1 / (shared_as = 'public.daily' AND partitions IS NOT NULL)::int
FROM sharing.share_objects WHERE share_name = 'partner_sales' AND name = 'main.sales.daily';
SELECT 1 / (count(*) = 2)::int FROM sharing.share_objects WHERE share_name = 'operations';
SELECT 1 / (count(*) = 2)::int FROM sharing.share_objects WHERE share_name = 'legacy_feed';

ROLLBACK;
