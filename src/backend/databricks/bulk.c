/*-------------------------------------------------------------------------
 *
 * bulk.c
 *	  Reading all grants in one statement instead of one request per share.
 *
 * The information schema of a workspace has a view of all grants.  It is asked
 * where a warehouse is configured, all grants are wanted, and the view has
 * every column that is.  What this transaction changed itself is read from
 * where it was changed, as the view may follow late.
 *
 * Objects of shares are not read this way: the views know tables and schemas
 * only, so volumes, models and notebooks would be missing without a word.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/bulk.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/databricks.h"
#include "backend/databricks/statement.h"
#include "mb/pg_wchar.h"
#include "transaction/deferral.h"
#include "transaction/undo.h"
#include "utils/builtins.h"

/* Rounds of a statement: its submission, some polls. */
#define STATEMENT_ROUNDS	4

#define GRANTS_VIEW		"system.information_schema.share_recipient_privileges"

/* The view's name of each column that it has, of the table grants */
static const struct
{
	const char *column;
	const char *remote;
}			view_columns[] =
{
	{"share_name", "share_name"},
	{"recipient_name", "recipient_name"},
	{"privilege", "privilege_type"},
};

struct DsBulkScan
{
	DsStatement *statement;
	const DsTable *table;
	DsField		fields[lengthof(view_columns)];
};

static bool
has_all_columns(const DsScanSpec *spec)
{
	int			column = -1;

	while ((column = bms_next_member(spec->columns, column)) >= 0)
	{
		bool		found = false;

		for (int i = 0; i < lengthof(view_columns); i++)
			if (strcmp(view_columns[i].column, spec->table->columns[column].name) == 0)
				found = true;
		if (!found)
			return false;
	}
	return true;
}

bool
ds_dbx_is_bulk_table(const DsServer *server, const DsTable *table)
{
	return table->id == DS_GRANTS && server->options.bulk_reads && server->options.warehouse_id != NULL;
}

bool
ds_dbx_is_bulk_scan(const DsServer *server, const DsScanSpec *spec)
{
	return ds_dbx_is_bulk_table(server, spec->table) && ds_dbx_choose_access(spec).key < 0 &&
		has_all_columns(spec) && ds_undo_is_empty() &&
		!ds_is_deferred(server->oid, DS_SHARES, NULL) && !ds_is_deferred(server->oid, DS_RECIPIENTS, NULL);
}

double
ds_dbx_bulk_rounds(void)
{
	return STATEMENT_ROUNDS;
}

/* An inherited privilege is not a grant on the share. */
char *
ds_dbx_bulk_text(void)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < lengthof(view_columns); i++)
		appendStringInfo(&text, "%s%s", i == 0 ? "SELECT " : ", ", view_columns[i].remote);
	appendStringInfoString(&text, " FROM " GRANTS_VIEW " WHERE coalesce(inherited_from, 'NONE') = 'NONE'");
	return text.data;
}

DsBulkScan *
ds_dbx_begin_bulk(const DsServer *server, const DsScanSpec *spec)
{
	DsBulkScan *scan = palloc0(sizeof(DsBulkScan));
	DsStatementSpec statement = {0};

	statement.text = ds_dbx_bulk_text();
	statement.ncolumns = lengthof(view_columns);
	statement.small = true;
	scan->table = spec->table;
	scan->statement = ds_dbx_begin_statement(server, &statement);
	return scan;
}

bool
ds_dbx_next_bulk_row(DsBulkScan *scan, DsRow *row)
{
	if (!ds_dbx_next_fields(scan->statement, scan->fields))
		return false;
	for (int i = 0; i < scan->table->ncolumns; i++)
		row->nulls[i] = true;
	for (int i = 0; i < lengthof(view_columns); i++)
	{
		const DsField *field = &scan->fields[i];

		if (field->text)
			ds_row_set_text(scan->table, row, view_columns[i].column,
							pg_any_to_server(pnstrdup(field->text, field->length), field->length, PG_UTF8));
	}
	return true;
}

void
ds_dbx_end_bulk(DsBulkScan *scan)
{
	ds_dbx_end_statement(scan->statement);
}

void
ds_dbx_bulk_stats(const DsBulkScan *scan, DsScanStats *stats)
{
	ds_dbx_statement_stats(scan->statement, stats);
}
