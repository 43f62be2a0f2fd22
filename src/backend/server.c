/*-------------------------------------------------------------------------
 *
 * server.c
 *	  Copy a server, to use it later than the statement that opened it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/server.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/backend.h"

static char *
copy(const char *value)
{
	return value ? pstrdup(value) : NULL;
}

DsServer *
ds_server_copy(const DsServer *server)
{
	DsServer   *result = palloc(sizeof(DsServer));
	DsOptions  *o = &result->options;

	*result = *server;
	result->name = pstrdup(server->name);
	o->host = copy(o->host);
	o->warehouse_id = copy(o->warehouse_id);
	o->workspace_id = copy(o->workspace_id);
	o->ca_file = copy(o->ca_file);
	o->proxy = copy(o->proxy);
	o->token = copy(o->token);
	o->client_id = copy(o->client_id);
	o->client_secret = copy(o->client_secret);
	o->profile = copy(o->profile);
	o->config_file = copy(o->config_file);
	o->table_name = copy(o->table_name);
	return result;
}
