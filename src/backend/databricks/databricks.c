/*-------------------------------------------------------------------------
 *
 * databricks.c
 *	  The backend for a Unity Catalog workspace, over REST.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/databricks.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/databricks.h"
#include "backend/databricks/statement.h"

static void
check_server(const DsServer *server)
{
	if (server->options.host == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"host\" of server \"%s\" is missing", server->name),
				 errhint("Use OPTIONS (host 'https://...') to name the workspace.")));
}

const DsBackend ds_databricks_backend = {
	.type = "databricks",
	.explain_label = "Remote Request",
	.check_server = check_server,

	.begin_scan = ds_dbx_begin_scan,
	.next_row = ds_dbx_next_row,
	.end_scan = ds_dbx_end_scan,
	.scan_stats = ds_dbx_scan_stats,
	.source = ds_dbx_source,
	.begin_statement = ds_dbx_begin_statement,
	.next_fields = ds_dbx_next_fields,
	.end_statement = ds_dbx_end_statement,
	.statement_stats = ds_dbx_statement_stats,
	.describe_scan = ds_dbx_describe_scan,
	.describe_write = ds_dbx_describe_write,
	.is_one_request = ds_dbx_is_one_request,
	.estimate_rounds = ds_dbx_estimate_rounds,

	.insert_rows = ds_dbx_insert_rows,
	.update_row = ds_dbx_update_row,
	.delete_rows = ds_dbx_delete_rows,
	.fold_object_name = ds_dbx_fold_object_name,
	.rotate_token = ds_dbx_rotate_token,
	.create_view = ds_dbx_create_view,
	.drop_view = ds_dbx_drop_view,
};
