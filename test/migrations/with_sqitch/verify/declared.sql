-- Verify sharing:declared on pg
BEGIN;

SELECT 1 / (count(*) = 2)::int FROM sharing.share_objects WHERE share_name = 'analytics';
SELECT 1 / (count(*) = 1)::int FROM sharing.grants WHERE share_name = 'analytics' AND recipient_name = 'analyst';

ROLLBACK;
