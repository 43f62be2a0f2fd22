-- Revert sharing:recipients from pg
BEGIN;

DELETE FROM sharing.grants WHERE recipient_name IN ('acme', 'sister', 'old_partner');
DELETE FROM sharing.recipients WHERE name = 'old_partner';
SELECT deltashare.drop_recipient('sister');
SELECT deltashare.drop_recipient('acme');

COMMIT;
