-- Deploy sharing:recipients to pg
BEGIN;

SELECT name FROM deltashare.create_recipient('acme', comment => 'ACME Corporation', owner => 'data_owners',
	ip_access_list => '{203.0.113.0/24, 2001:db8::/32}', properties => '{"country": "DE", "tier": "gold"}', email => 'data@acme.example');
SELECT name FROM deltashare.create_recipient('sister', sharing_id => 'aws:eu-west-1:19a85dee-54bc-43a2-87ab-023d0ec16013',
	properties => '{"country": "AT"}');
INSERT INTO sharing.recipients (name, comment) VALUES ('old_partner', 'Until May');
SELECT deltashare.grant_select('partner_sales', 'acme');
SELECT deltashare.grant_select('operations', 'sister');
INSERT INTO sharing.grants (share_name, recipient_name)
VALUES ('legacy_feed', 'old_partner'), ('legacy_feed', 'acme'), ('partner_sales', 'sister');

COMMIT;
