/*-------------------------------------------------------------------------
 *
 * local.c
 *	  The backend that is this database.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/local.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodes.h"

#include "backend/local/local.h"

static void
check_server(const DsServer *server)
{
	const DsOptions *o = &server->options;

	if (o->host || o->warehouse_id || o->workspace_id || o->ca_file || o->proxy)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("server \"%s\" of type local cannot have the option \"%s\"", server->name,
						o->host ? "host" : o->warehouse_id ? "warehouse_id" :
						o->workspace_id ? "workspace_id" : o->ca_file ? "ca_file" : "proxy"),
				 errhint("Use TYPE 'databricks' for a server that is a workspace.")));
}

static char *
describe_write(const DsTable *table, int operation)
{
	return psprintf("%s deltashare.%s",
					operation == CMD_INSERT ? "INSERT INTO" :
					operation == CMD_UPDATE ? "UPDATE" : "DELETE FROM", table->name);
}

/* No round trips: any plan is as good as its rows. */
static double
estimate_rounds(const DsServer *server, const DsTable *table,
				const Bitmapset *key_columns, double nkeys)
{
	return bms_is_empty(key_columns) ? 0.1 : 0.01;
}

const DsBackend ds_local_backend = {
	.type = "local",
	.explain_label = "Local SQL",
	.check_server = check_server,

	.begin_scan = ds_local_begin_scan,
	.next_row = ds_local_next_row,
	.end_scan = ds_local_end_scan,
	.describe_scan = ds_local_describe_scan,
	.describe_write = describe_write,
	.estimate_rounds = estimate_rounds,

	.insert_rows = ds_local_insert_rows,
	.update_row = ds_local_update_row,
	.delete_rows = ds_local_delete_rows,
	.fold_object_name = ds_local_fold_object_name,
	.rotate_token = ds_local_rotate_token,
	.create_view = ds_local_create_view,
	.drop_view = ds_local_drop_view,
};
