/*-------------------------------------------------------------------------
 *
 * row.c
 *	  Rows of the declared tables: types, descriptors, access by name.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "tables/tables.h"

#ifndef CIDRARRAYOID
#define CIDRARRAYOID 651
#endif

static const struct
{
	Oid			oid;
	const char *name;
}			types[] =
{
	[DS_TEXT] = {TEXTOID, "text"},
	[DS_BOOL] = {BOOLOID, "boolean"},
	[DS_INT] = {INT4OID, "integer"},
	[DS_BIGINT] = {INT8OID, "bigint"},
	[DS_DATE] = {DATEOID, "date"},
	[DS_TIME] = {TIMESTAMPTZOID, "timestamp with time zone"},
	[DS_TIME_MS] = {TIMESTAMPTZOID, "timestamp with time zone"},
	[DS_TIME_TEXT] = {TIMESTAMPTZOID, "timestamp with time zone"},
	[DS_JSONB] = {JSONBOID, "jsonb"},
	[DS_CIDR_ARRAY] = {CIDRARRAYOID, "cidr[]"},
	[DS_TEXT_ARRAY] = {TEXTARRAYOID, "text[]"},
};

Oid
ds_column_type_oid(DsColumnType type)
{
	return types[type].oid;
}

const char *
ds_column_type_name(DsColumnType type)
{
	return types[type].name;
}

DsRow *
ds_row_create(const DsTable *table)
{
	DsRow	   *row = palloc(sizeof(DsRow));

	row->whole = false;
	row->values = palloc0(table->ncolumns * sizeof(Datum));
	row->nulls = palloc(table->ncolumns * sizeof(bool));
	memset(row->nulls, true, table->ncolumns * sizeof(bool));
	return row;
}

static int
require_column(const DsTable *table, const char *column)
{
	int			i = ds_column_index(table, column);

	if (i < 0)
		elog(ERROR, "table %s has no column %s", table->name, column);
	return i;
}

bool
ds_row_is_null(const DsTable *table, const DsRow *row, const char *column)
{
	return row->nulls[require_column(table, column)];
}

const char *
ds_row_text(const DsTable *table, const DsRow *row, const char *column)
{
	int			i = require_column(table, column);

	Assert(table->columns[i].type == DS_TEXT);
	return row->nulls[i] ? NULL : TextDatumGetCString(row->values[i]);
}

void
ds_row_set_text(const DsTable *table, DsRow *row, const char *column, const char *value)
{
	int			i = require_column(table, column);

	row->nulls[i] = (value == NULL);
	row->values[i] = value ? CStringGetTextDatum(value) : (Datum) 0;
}

void
ds_row_hide_secrets(const DsTable *table, DsRow *row)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (table->columns[i].flags & DS_COL_SECRET)
			row->nulls[i] = true;
}

void
ds_row_keep_secrets(const DsTable *table, DsRow *row, const DsRow *from)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (table->columns[i].flags & DS_COL_SECRET)
		{
			row->nulls[i] = from->nulls[i];
			row->values[i] = from->values[i];
		}
}

/* Make the values independent of the scan that they came from. */
void
ds_row_detach(const DsTable *table, DsRow *row)
{
	for (int i = 0; i < table->ncolumns; i++)
	{
		DsColumnType type = table->columns[i].type;
		bool		byval = type == DS_BOOL || type == DS_INT || type == DS_BIGINT ||
			type == DS_DATE || type == DS_TIME || type == DS_TIME_MS || type == DS_TIME_TEXT;

		if (!row->nulls[i])
			row->values[i] = datumCopy(row->values[i], byval, byval ? sizeof(Datum) : -1);
	}
}

/* The value as its type's output function prints it; NULL if NULL. */
char *
ds_row_output(const DsTable *table, const DsRow *row, int column)
{
	Oid			output;
	bool		varlena;

	if (row->nulls[column])
		return NULL;
	getTypeOutputInfo(ds_column_type_oid(table->columns[column].type), &output, &varlena);
	return OidOutputFunctionCall(output, row->values[column]);
}

/*
 * Two values are the same if they print the same: the image of a toasted or
 * short-header value may differ where the value does not.
 */
static bool
same_value(const DsTable *table, const DsRow *a, const DsRow *b, int column)
{
	if (a->nulls[column] || b->nulls[column])
		return a->nulls[column] == b->nulls[column];
	return strcmp(ds_row_output(table, a, column), ds_row_output(table, b, column)) == 0;
}

Bitmapset *
ds_row_changes(const DsTable *table, const DsRow *a, const DsRow *b)
{
	Bitmapset  *changes = NULL;

	for (int i = 0; i < table->ncolumns; i++)
		if (!same_value(table, a, b, i))
			changes = bms_add_member(changes, i);
	return changes;
}
