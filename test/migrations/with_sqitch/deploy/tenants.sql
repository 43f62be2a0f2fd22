-- Deploy sharing:tenants to pg
BEGIN;

CREATE TABLE tenants (name text PRIMARY KEY, email text NOT NULL, share_name text);
INSERT INTO tenants VALUES ('globex', 'data@globex.example'), ('initech', 'it@initech.example');
UPDATE tenants SET share_name =
	(deltashare.setup_tenant(name, ARRAY['main.sales.orders', 'main.sales.customers'], email => email)).share_name;

COMMIT;
