-- Verify sharing:tenants on pg
BEGIN;

SELECT 1 / (count(*) = 2)::int FROM tenants JOIN sharing.grants ON recipient_name = name AND grants.share_name = tenants.share_name;

ROLLBACK;
