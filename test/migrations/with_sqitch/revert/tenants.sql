-- Revert sharing:tenants from pg
BEGIN;

SELECT d.share_name FROM tenants t, deltashare.drop_tenant(t.name) d;
DROP TABLE tenants;

COMMIT;
