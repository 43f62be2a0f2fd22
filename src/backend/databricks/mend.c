/*-------------------------------------------------------------------------
 *
 * mend.c
 *	  SQL that does by hand what a rollback could not.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/mend.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "backend/databricks/undo.h"

char *
ds_dbx_mend(const DsServer *server, const char *call)
{
	return psprintf("SELECT deltashare.%s, server => %s);", call, quote_literal_cstr(server->name));
}

char *
ds_dbx_mend_update(const DsServer *server, const DsTable *table, const char *key, const char *changes)
{
	return psprintf("SELECT deltashare.update_row(%s, NULL::deltashare.%s, %s, %s);",
					quote_literal_cstr(server->name), quote_identifier(table->row_type), key, changes);
}

char *
ds_dbx_mend_insert(const DsServer *server, const DsTable *table, const char *row)
{
	return psprintf("SELECT deltashare.insert_row(%s, NULL::deltashare.%s, %s);",
					quote_literal_cstr(server->name), quote_identifier(table->row_type), row);
}

char *
ds_dbx_mend_object(const DsServer *server, const char *share, const DsRow *row)
{
	return ds_dbx_mend_insert(server, ds_table(DS_SHARE_OBJECTS),
							  psprintf("jsonb_build_object('share_name', %s) || %s", share,
									   quote_literal_cstr(ds_dbx_object_json(row))));
}
