--
-- The local server: tables that nothing writes yet.
--
-- They exist so that the same query works on every server.  What others share
-- with this database, and federation, need a sharing server first.
--

CREATE TABLE deltashare.providers
(
	name text PRIMARY KEY,
	authentication_type text NOT NULL,
	comment text,
	owner text NOT NULL,
	data_provider_global_metastore_id text,
	endpoint text,
	cloud text,
	region text,
	metastore_id text,
	created_at timestamptz NOT NULL,
	created_by text NOT NULL,
	updated_at timestamptz NOT NULL,
	updated_by text NOT NULL
);

CREATE TABLE deltashare.provider_shares
(
	provider_name text NOT NULL REFERENCES deltashare.providers ON UPDATE CASCADE ON DELETE CASCADE,
	name text NOT NULL,
	PRIMARY KEY (provider_name, name)
);

CREATE TABLE deltashare.federation_policies
(
	recipient_name text NOT NULL REFERENCES deltashare.recipients ON UPDATE CASCADE ON DELETE CASCADE,
	name text NOT NULL,
	id text NOT NULL UNIQUE,
	comment text,
	issuer text NOT NULL,
	subject_claim text NOT NULL CHECK (subject_claim IN ('oid', 'azp', 'groups', 'sub')),
	subject text NOT NULL,
	audiences text[],
	create_time timestamptz NOT NULL,
	update_time timestamptz NOT NULL,
	PRIMARY KEY (recipient_name, name)
);

SELECT pg_catalog.pg_extension_config_dump('deltashare.providers', '');
SELECT pg_catalog.pg_extension_config_dump('deltashare.provider_shares', '');
SELECT pg_catalog.pg_extension_config_dump('deltashare.federation_policies', '');
