-- Verify sharing:shares on pg
BEGIN;

DO $$
BEGIN
	ASSERT (SELECT array_agg(name ORDER BY name) FROM sharing.shares)
		@> '{legacy_feed, operations, partner_sales}', 'shares are missing';
	ASSERT (SELECT owner FROM sharing.shares WHERE name = 'partner_sales') = 'data_owners', 'the owner is another';
END
$$;

ROLLBACK;
