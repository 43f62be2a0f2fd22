/*-------------------------------------------------------------------------
 *
 * write.c
 *	  Which write goes where.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/write.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/securable.h"
#include "transaction/deferral.h"

#define MAX_UPDATES		100		/* of a PATCH of a share */

static void
refuse_write(const DsTable *table)
{
	elog(ERROR, "rows of %s are not written", table->name);
}

void
ds_dbx_refuse_dropped(const DsServer *server, DsTableId kind, const char *name)
{
	if (name && ds_is_deferred(server->oid, kind, name))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s \"%s\" is to be dropped at the end of this transaction",
						ds_table(kind)->noun, name),
				 errhint("Commit before you use that name again.")));
}

/* A write must not touch what waits to be dropped. */
static void
refuse_dropped(const DsServer *server, const DsTable *table, const DsRow *row)
{
	switch (table->id)
	{
		case DS_SHARES:
		case DS_RECIPIENTS:
			ds_dbx_refuse_dropped(server, table->id, ds_row_text(table, row, "name"));
			break;
		case DS_GRANTS:
			ds_dbx_refuse_dropped(server, DS_RECIPIENTS, ds_row_text(table, row, "recipient_name"));
			ds_dbx_refuse_dropped(server, DS_SHARES, ds_row_text(table, row, "share_name"));
			break;
		case DS_SHARE_OBJECTS:
			ds_dbx_refuse_dropped(server, DS_SHARES, ds_row_text(table, row, "share_name"));
			ds_dbx_refuse_dropped_view(server, ds_row_text(table, row, "name"));
			break;
		default:
			break;
	}
}

/*
 * What hangs on a share is written share by share: the end of the rows that
 * begin here and belong to one share.
 */
static int
end_of_share(const DsTable *table, DsRow **rows, int start, int nrows)
{
	const char *share = ds_row_text(table, rows[start], "share_name");
	int			end = start + 1;

	while (end < nrows && strcmp(ds_row_text(table, rows[end], "share_name"), share) == 0)
		end++;
	return end;
}

static void
insert_objects(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	int			end;

	for (int start = 0; start < nrows; start = end)
	{
		end = Min(end_of_share(table, rows, start, nrows), start + MAX_UPDATES);
		ds_dbx_insert_objects(server, rows + start, end - start);
	}
}

static void
insert_grants(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	int			end;

	for (int start = 0; start < nrows; start = end)
	{
		end = end_of_share(table, rows, start, nrows);
		ds_dbx_insert_grants(server, rows + start, end - start);
	}
}

/* Does it hang on what waits to be dropped?  Then it is not there any more for this transaction. */
static bool
hangs_on_dropped(const DsServer *server, const DsTable *table, const DsRow *row)
{
	const char *share = ds_row_text(table, row, "share_name");
	const char *recipient = table->id == DS_GRANTS ? ds_row_text(table, row, "recipient_name") : NULL;

	return (share && ds_is_deferred(server->oid, DS_SHARES, share)) ||
		(recipient && ds_is_deferred(server->oid, DS_RECIPIENTS, recipient));
}

/* Keep the rows that do not; how many. */
static int
keep_standing(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	int			count = 0;

	for (int i = 0; i < nrows; i++)
		if (!hangs_on_dropped(server, table, rows[i]))
			rows[count++] = rows[i];
	return count;
}

static int
delete_grants(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	int			end;
	int			count = 0;

	for (int start = 0; start < nrows; start = end)
	{
		end = end_of_share(table, rows, start, nrows);
		count += ds_dbx_delete_grants(server, rows + start, end - start);
	}
	return count;
}

void
ds_dbx_insert_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	for (int i = 0; i < nrows; i++)
		refuse_dropped(server, table, rows[i]);
	switch (table->id)
	{
		case DS_SHARES:
			for (int i = 0; i < nrows; i++)
				ds_dbx_insert_securable(server, &ds_dbx_share, rows[i]);
			break;
		case DS_RECIPIENTS:
			for (int i = 0; i < nrows; i++)
				ds_dbx_insert_securable(server, &ds_dbx_recipient, rows[i]);
			break;
		case DS_SHARE_OBJECTS:
			insert_objects(server, table, rows, nrows);
			break;
		case DS_GRANTS:
			insert_grants(server, table, rows, nrows);
			break;
		default:
			refuse_write(table);
	}
}

void
ds_dbx_update_row(const DsServer *server, const DsTable *table, const DsRow *old_row,
				  DsRow *new_row, const Bitmapset *changed)
{
	refuse_dropped(server, table, old_row);
	refuse_dropped(server, table, new_row);
	switch (table->id)
	{
		case DS_SHARES:
			ds_dbx_update_securable(server, &ds_dbx_share, old_row, new_row, changed);
			break;
		case DS_RECIPIENTS:
			ds_dbx_update_securable(server, &ds_dbx_recipient, old_row, new_row, changed);
			break;
		case DS_SHARE_OBJECTS:
			ds_dbx_update_object(server, old_row, new_row, changed);
			break;
		default:
			refuse_write(table);
	}
}

static bool
delete_row(const DsServer *server, const DsTable *table, const DsRow *row)
{
	switch (table->id)
	{
		case DS_SHARES:
			return ds_dbx_delete_securable(server, &ds_dbx_share, row);
		case DS_RECIPIENTS:
			return ds_dbx_delete_securable(server, &ds_dbx_recipient, row);
		case DS_SHARE_OBJECTS:
			return ds_dbx_delete_object(server, row);
		default:
			refuse_write(table);
			return false;
	}
}

int
ds_dbx_delete_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	int			count = 0;

	if (table->id == DS_GRANTS || table->id == DS_SHARE_OBJECTS)
		nrows = keep_standing(server, table, rows, nrows);
	if (table->id == DS_GRANTS)
		return delete_grants(server, table, rows, nrows);
	for (int i = 0; i < nrows; i++)
		if (delete_row(server, table, rows[i]))
			count++;
	return count;
}
