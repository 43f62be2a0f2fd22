/*-------------------------------------------------------------------------
 *
 * body.c
 *	  From columns of a row to fields of a request body.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/body.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inet.h"
#include "utils/jsonb.h"
#include "utils/fmgrprotos.h"
#include "catalog/pg_type.h"

#include "backend/databricks/body.h"
#include "tables/partition_filter.h"

/* The networks of a cidr[], as an array of texts. */
static void
add_networks(cJSON *array, Datum networks)
{
	Datum	   *elements;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(networks), CIDROID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		ds_json_append_text(array, DatumGetCString(DirectFunctionCall1(cidr_out, elements[i])));
}

/*
 * The platform's own keys come back from it with the others and are refused in
 * a write.
 */
static void
add_properties(cJSON *object, Datum properties)
{
	JsonbIterator *it = JsonbIteratorInit(&DatumGetJsonbP(properties)->root);
	JsonbValue	value;
	JsonbIteratorToken token;
	char	   *key = NULL;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pnstrdup(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE &&
				 strncmp(key, DS_RESERVED_PROPERTY, strlen(DS_RESERVED_PROPERTY)) != 0)
			ds_json_add_text(object, key, pnstrdup(value.val.string.val, value.val.string.len));
	}
}

static char *
jsonb_text(Datum value)
{
	return DatumGetCString(DirectFunctionCall1(jsonb_out, value));
}

void
ds_dbx_add_field(cJSON *body, const DsTable *table, const DsRow *row,
				 const char *name, bool clear)
{
	int			i = ds_column_index(table, name);
	const DsColumn *column = &table->columns[i];
	bool		given = !row->nulls[i];
	cJSON	   *object;

	if (!given && !clear)
		return;
	switch (column->type)
	{
		case DS_TEXT:
			ds_json_add_text(body, column->path, given ? TextDatumGetCString(row->values[i]) : "");
			break;
		case DS_BOOL:
			ds_json_add_bool(body, column->path, given && DatumGetBool(row->values[i]));
			break;
		case DS_BIGINT:
			if (given)
				ds_json_add_int64(body, column->path, DatumGetInt64(row->values[i]));
			break;
		case DS_TIME_MS:
			if (given)
				ds_json_add_int64(body, column->path, ds_dbx_epoch_ms(row->values[i]));
			break;
		case DS_CIDR_ARRAY:
			object = ds_json_add_array(ds_json_add_object(body, "ip_access_list"), "allowed_ip_addresses");
			if (given)
				add_networks(object, row->values[i]);
			break;
		case DS_JSONB:
			if (strcmp(name, "properties") == 0)
			{
				object = ds_json_add_object(ds_json_add_object(body, "properties_kvpairs"), "properties");
				if (given)
					add_properties(object, row->values[i]);
			}
			else
				ds_json_add_raw(body, column->path, given ? jsonb_text(row->values[i]) : "[]");
			break;
		default:
			elog(ERROR, "column %s is not written", name);
	}
}

static bool
is_listed(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

void
ds_dbx_add_fields(cJSON *body, const DsTable *table, const DsRow *row,
				  const Bitmapset *columns, const char *const *except, bool clear)
{
	for (int i = -1; (i = bms_next_member(columns, i)) >= 0;)
		if (!is_listed(except, table->columns[i].name))
			ds_dbx_add_field(body, table, row, table->columns[i].name, clear);
}

/* Times and numbers have no value that means none. */
static bool
is_irreversible(const DsTable *table, const DsRow *old_row, int column)
{
	return old_row->nulls[column] && (table->columns[column].type == DS_TIME_MS ||
									  table->columns[column].type == DS_BIGINT);
}

const char *
ds_dbx_find_irreversible(const DsTable *table, const DsRow *old_row, const Bitmapset *changed)
{
	for (int i = -1; (i = bms_next_member(changed, i)) >= 0;)
		if (is_irreversible(table, old_row, i))
			return table->columns[i].name;
	return NULL;
}

Bitmapset *
ds_dbx_reversible(const DsTable *table, const DsRow *old_row, const Bitmapset *changed)
{
	Bitmapset  *columns = NULL;

	for (int i = -1; (i = bms_next_member(changed, i)) >= 0;)
		if (!is_irreversible(table, old_row, i))
			columns = bms_add_member(columns, i);
	return columns;
}

Bitmapset *
ds_dbx_insertable(const DsTable *table)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < table->ncolumns; i++)
		if (table->columns[i].flags & DS_COL_INSERT)
			columns = bms_add_member(columns, i);
	return columns;
}

bool
ds_dbx_has_column(const DsTable *table, const Bitmapset *columns, const char *column)
{
	return bms_is_member(ds_column_index(table, column), columns);
}
