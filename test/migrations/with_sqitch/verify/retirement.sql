-- Verify sharing:retirement on pg
BEGIN;

SELECT 1 / (count(*) = 0)::int FROM sharing.shares WHERE name = 'legacy_feed';
SELECT 1 / (count(*) = 0)::int FROM sharing.recipients WHERE name = 'old_partner';
SELECT 1 / (count(*) = 2)::int FROM sharing.share_objects WHERE share_name = 'partner_sales';

ROLLBACK;
