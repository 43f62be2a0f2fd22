/*-------------------------------------------------------------------------
 *
 * statement_warehouse.c
 *	  The SQL warehouse that runs statements.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement_warehouse.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "backend/databricks/statement_state.h"

#define WAREHOUSE_PATH	"/api/2.0/sql/warehouses/{name}"

void
ds_dbx_require_warehouse(const DsServer *server, const DsStatementSpec *spec)
{
	if (server->options.warehouse_id == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"%s\" of server \"%s\" is missing", "warehouse_id", server->name),
				 errdetail("%s a SQL warehouse.", spec->purpose ? spec->purpose : "The audit log is read through"),
				 errhint("Use ALTER SERVER %s OPTIONS (ADD warehouse_id '...').",
						 quote_identifier(server->name))));
}

static void
report_gone(const DsServer *server, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_UNABLE_TO_ESTABLISH_CONNECTION),
			 errmsg("SQL warehouse \"%s\" of server \"%s\" does not exist",
					server->options.warehouse_id, server->name),
			 detail ? errdetail_internal("%s", detail) : 0,
			 errhint("Use ALTER SERVER %s OPTIONS (SET warehouse_id '...').",
					 quote_identifier(server->name))));
}

void
ds_warehouse_notice(DsStatement *s)
{
	const DsServer *server = s->server;
	DsHttpRequest *request = ds_http_request(DS_GET,
											 ds_dbx_path(WAREHOUSE_PATH, server->options.warehouse_id),
											 NULL, DS_REPEAT_SAFE);
	char	   *state;
	char	   *name;

	ds_http_submit(s->queue, request);
	(void) ds_http_next(s->queue);
	if (ds_dbx_is_missing(request))
		report_gone(server, NULL);

	/* who may run statements need not be allowed to look */
	if (!ds_dbx_succeeded(request))
		return;
	state = ds_json_text(ds_dbx_finish(request), "state");
	name = ds_json_text(ds_dbx_finish(request), "name");
	if (state == NULL)
		return;
	if (strcmp(state, "DELETED") == 0 || strcmp(state, "DELETING") == 0)
		report_gone(server, "It was deleted.");
	if (strcmp(state, "RUNNING") != 0)
		ereport(NOTICE,
				(errmsg("SQL warehouse \"%s\" is starting",
						ds_dbx_tidy_message(name ? name : server->options.warehouse_id))));
}
