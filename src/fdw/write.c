/*-------------------------------------------------------------------------
 *
 * write.c
 *	  Writing rows of declared tables: the one way for foreign tables and
 *	  functions alike.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/write.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "fdw/write.h"

static void
refuse_column(const DsTable *table, int column, const char *verb)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("column \"%s\" of \"%s\" cannot be %s",
					table->columns[column].name, table->name, verb),
			 errdetail("Its value is made by the server.")));
}

static void
check_given_columns(const DsTable *table, const DsRow *row)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (!row->nulls[i] && !(table->columns[i].flags & DS_COL_INSERT))
			refuse_column(table, i, "inserted");
}

static void
check_changed_columns(const DsTable *table, const Bitmapset *changed)
{
	for (int i = -1; (i = bms_next_member(changed, i)) >= 0;)
	{
		if (table->columns[i].flags & DS_COL_UPDATE)
			continue;
		if (!(table->columns[i].flags & DS_COL_INSERT))
			refuse_column(table, i, "changed");
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of \"%s\" cannot be changed",
						table->columns[i].name, table->name),
				 errhint("Delete the row and insert it anew.")));
	}
}

static void
require_writable(const DsTable *table, int flag, const char *verb)
{
	if (!(table->flags & flag))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot %s \"%s\"", verb, table->name),
				 table->id == DS_RECIPIENT_TOKENS
				 ? errhint("Use rotate_recipient_token().") : 0));
}

void
ds_write_insert(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	PreventCommandIfReadOnly("INSERT");
	require_writable(table, DS_TABLE_INSERT, "insert into");
	for (int i = 0; i < nrows; i++)
	{
		check_given_columns(table, rows[i]);
		ds_check_row(table, rows[i], NULL);
	}
	server->backend->insert_rows(server, table, rows, nrows);
}

void
ds_write_update(const DsServer *server, const DsTable *table,
				const DsRow *old_row, DsRow *new_row)
{
	Bitmapset  *changed = ds_row_changes(table, old_row, new_row);

	PreventCommandIfReadOnly("UPDATE");
	require_writable(table, DS_TABLE_UPDATE, "update");
	if (bms_is_empty(changed))
		return;
	check_changed_columns(table, changed);
	ds_check_row(table, new_row, changed);

	/* folding may have undone a change of a name */
	changed = ds_row_changes(table, old_row, new_row);
	if (!bms_is_empty(changed))
		server->backend->update_row(server, table, old_row, new_row, changed);
}

int
ds_write_delete(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	PreventCommandIfReadOnly("DELETE");
	require_writable(table, DS_TABLE_DELETE, "delete from");
	return server->backend->delete_rows(server, table, rows, nrows);
}
