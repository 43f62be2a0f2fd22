/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Targets that outlive the statement that they were made for.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/target.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http.h"

static char *
copy(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

DsHttpTarget
ds_http_target_copy(const DsHttpTarget *from)
{
	DsHttpTarget target = *from;

	target.server_name = copy(from->server_name);
	target.base_url = copy(from->base_url);
	target.user_agent = copy(from->user_agent);
	target.workspace_id = copy(from->workspace_id);
	target.ca_file = copy(from->ca_file);
	target.proxy = copy(from->proxy);
	target.token = copy(from->token);
	target.client_id = copy(from->client_id);
	target.client_secret = copy(from->client_secret);
	return target;
}
