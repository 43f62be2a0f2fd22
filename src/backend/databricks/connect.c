/*-------------------------------------------------------------------------
 *
 * connect.c
 *	  From a server and a user mapping to a target for requests.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/connect.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "backend/databricks/databricks.h"
#include "http/curl_prelude.h"

/*
 * The platform writes this into its audit log and query history, so it says
 * which product, which library, which database.
 */
static char *
build_user_agent(const DsServer *server)
{
	const char *auth = server->options.client_id ? "oauth-m2m" : "pat";

	return psprintf("deltashare_fdw/%s.0 libcurl/%s postgresql/%d.%d os/linux auth/%s",
					DELTASHARE_VERSION, curl_version_info(CURLVERSION_NOW)->version,
					PG_VERSION_NUM / 10000, PG_VERSION_NUM % 10000, auth);
}

static void
refuse_missing_mapping(const DsServer *server)
{
	const char *user = GetUserNameFromId(server->user_id, false);

	if (OidIsValid(server->mapping_oid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("user mapping for \"%s\" on server \"%s\" has no credentials",
						user, server->name),
				 errhint("Use ALTER USER MAPPING to add token, or client_id and client_secret.")));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("user mapping not found for user \"%s\", server \"%s\"", user, server->name),
			 errhint("Use CREATE USER MAPPING FOR %s SERVER %s OPTIONS (token '...').",
					 quote_identifier(user), quote_identifier(server->name))));
}

DsHttpTarget *
ds_dbx_target(const DsServer *server)
{
	const DsOptions *o = &server->options;
	DsHttpTarget *target = palloc0(sizeof(DsHttpTarget));

	if (!o->token && !o->client_id && !o->profile)
		refuse_missing_mapping(server);
	target->server_oid = server->oid;
	target->mapping_oid = server->mapping_oid;
	target->server_name = server->name;
	target->base_url = o->host;
	target->user_agent = build_user_agent(server);
	target->workspace_id = o->workspace_id;
	target->ca_file = o->ca_file;
	target->proxy = o->proxy;
	target->connect_timeout = o->connect_timeout;
	target->request_timeout = o->request_timeout;
	target->retry_timeout = o->retry_timeout;
	target->concurrency = o->concurrency;
	target->max_reply_size = o->max_reply_size;
	target->token = o->token;
	target->client_id = o->client_id;
	target->client_secret = o->client_secret;
	if (o->profile)
		ds_dbx_read_profile(server, target);
	return target;
}
