/*-------------------------------------------------------------------------
 *
 * bulk.c
 *	  Reading a table in one statement instead of one request per key.
 *
 * The information schema of a workspace has a view of all grants.  It is asked
 * where a warehouse is configured, all grants are wanted, and the view has
 * every column that is.  What this transaction changed itself is read from
 * where it was changed, as the view may follow late.
 *
 * Tags of columns are nowhere else, so they are always read this way.  The
 * names of the objects that are asked for are one parameter.
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

#define MAX_VIEW_COLUMNS	4

#define TAGGED_OBJECT	"concat_ws('.', catalog_name, schema_name, table_name)"

/* A view, and its name of each column that it has */
typedef struct View
{
	DsTableId	table;
	const char *from;
	const char *condition;		/* NULL: none */
	const char *key;			/* column whose values are a parameter; or NULL */
	const char *key_condition;	/* over :keys, a JSON array of them */
	int			ncolumns;
	struct
	{
		const char *column;
		const char *remote;
	}			columns[MAX_VIEW_COLUMNS];
} View;

/* An inherited privilege is not a grant on the share. */
static const View views[] = {
	{DS_GRANTS, "system.information_schema.share_recipient_privileges",
		"coalesce(inherited_from, 'NONE') = 'NONE'", NULL, NULL, 3,
		{{"share_name", "share_name"}, {"recipient_name", "recipient_name"}, {"privilege", "privilege_type"}}},
	{DS_COLUMN_TAGS, "system.information_schema.column_tags",
		NULL, "object_name", "array_contains(from_json(:keys, 'array<string>'), " TAGGED_OBJECT ")", 4,
		{{"object_name", TAGGED_OBJECT}, {"column_name", "column_name"}, {"tag_name", "tag_name"}, {"tag_value", "tag_value"}}},
};

struct DsBulkScan
{
	DsStatement *statement;		/* NULL: there is nothing to ask for */
	const View *view;
	const DsTable *table;
	DsField		fields[MAX_VIEW_COLUMNS];
};

/* NULL if the table is not in one of them. */
static const View *
find_view(const DsTable *table)
{
	for (int i = 0; i < lengthof(views); i++)
		if (views[i].table == table->id)
			return &views[i];
	return NULL;
}

static bool
has_all_columns(const View *view, const DsScanSpec *spec)
{
	int			column = -1;

	while ((column = bms_next_member(spec->columns, column)) >= 0)
	{
		bool		found = false;

		for (int i = 0; i < view->ncolumns; i++)
			if (strcmp(view->columns[i].column, spec->table->columns[column].name) == 0)
				found = true;
		if (!found)
			return false;
	}
	return true;
}

bool
ds_dbx_is_bulk_table(const DsServer *server, const DsTable *table)
{
	return table->id == DS_COLUMN_TAGS ||
		(find_view(table) && server->options.bulk_reads && server->options.warehouse_id != NULL);
}

bool
ds_dbx_is_bulk_scan(const DsServer *server, const DsScanSpec *spec)
{
	if (!ds_dbx_is_bulk_table(server, spec->table))
		return false;
	return spec->table->id == DS_COLUMN_TAGS ||
		(ds_dbx_choose_access(spec).key < 0 && has_all_columns(find_view(spec->table), spec) && ds_undo_is_empty() &&
		 !ds_is_deferred(server->oid, DS_SHARES, NULL) && !ds_is_deferred(server->oid, DS_RECIPIENTS, NULL));
}

double
ds_dbx_bulk_rounds(void)
{
	return STATEMENT_ROUNDS;
}

/* The key that goes into the statement; NULL if it is not given. */
static const DsKey *
find_key(const View *view, const DsScanSpec *spec)
{
	for (int i = 0; view->key && i < spec->nkeys; i++)
		if (strcmp(spec->table->columns[spec->keys[i].column].name, view->key) == 0)
			return &spec->keys[i];
	return NULL;
}

char *
ds_dbx_bulk_text(const DsScanSpec *spec)
{
	const View *view = find_view(spec->table);
	const char *condition = find_key(view, spec) ? view->key_condition : view->condition;
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < view->ncolumns; i++)
		appendStringInfo(&text, "%s%s", i == 0 ? "SELECT " : ", ", view->columns[i].remote);
	appendStringInfo(&text, " FROM %s", view->from);
	if (condition)
		appendStringInfo(&text, " WHERE %s", condition);
	return text.data;
}

static DsParameter *
key_parameter(const DsKey *key)
{
	DsParameter *parameter = palloc0(sizeof(DsParameter));
	cJSON	   *array = ds_json_add_array(ds_json_new_object(), "keys");

	for (int i = 0; i < key->nvalues; i++)
		ds_json_append_text(array, key->values[i]);
	parameter->name = "keys";
	parameter->type = "STRING";
	parameter->value = ds_json_print(array);
	return parameter;
}

DsBulkScan *
ds_dbx_begin_bulk(const DsServer *server, const DsScanSpec *spec)
{
	DsBulkScan *scan = palloc0(sizeof(DsBulkScan));
	DsStatementSpec statement = {0};
	const DsKey *key;

	scan->table = spec->table;
	scan->view = find_view(spec->table);
	key = find_key(scan->view, spec);
	if (key && key->nvalues == 0)
		return scan;
	statement.text = ds_dbx_bulk_text(spec);
	statement.ncolumns = scan->view->ncolumns;
	statement.small = true;
	if (key)
	{
		statement.parameters = key_parameter(key);
		statement.nparameters = 1;
	}
	scan->statement = ds_dbx_begin_statement(server, &statement);
	return scan;
}

bool
ds_dbx_next_bulk_row(DsBulkScan *scan, DsRow *row)
{
	const View *view = scan->view;

	if (scan->statement == NULL || !ds_dbx_next_fields(scan->statement, scan->fields))
		return false;
	for (int i = 0; i < scan->table->ncolumns; i++)
		row->nulls[i] = true;
	for (int i = 0; i < view->ncolumns; i++)
	{
		const DsField *field = &scan->fields[i];

		if (field->text)
			ds_row_set_text(scan->table, row, view->columns[i].column,
							pg_any_to_server(pnstrdup(field->text, field->length), field->length, PG_UTF8));
	}
	return true;
}

void
ds_dbx_end_bulk(DsBulkScan *scan)
{
	if (scan->statement)
		ds_dbx_end_statement(scan->statement);
}

void
ds_dbx_bulk_stats(const DsBulkScan *scan, DsScanStats *stats)
{
	if (scan->statement)
		ds_dbx_statement_stats(scan->statement, stats);
}
