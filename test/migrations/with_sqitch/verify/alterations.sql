-- Verify sharing:alterations on pg
BEGIN;

SELECT 1 / (owner = 'data_stewards' AND comment = 'Sales for partners')::int FROM sharing.shares WHERE name = 'partner_sales';
SELECT 1 / (count(*) = 2)::int FROM sharing.share_objects WHERE share_name = 'staff';
SELECT 1 / (properties ->> 'country' = 'AT' AND NOT properties ? 'tier')::int FROM sharing.recipients WHERE name = 'acme';
SELECT 1 / (count(*) = 2)::int FROM sharing.grants WHERE recipient_name = 'sister_company';

ROLLBACK;
