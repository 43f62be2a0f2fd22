/*-------------------------------------------------------------------------
 *
 * jsonb_row.c
 *	  A row of a declared table from the jsonb that an SQL function gives.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/jsonb_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "tables/tables.h"

/* The text that the input function of the column's type reads. */
static char *
scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

static Datum
input_value(Oid type, char *text)
{
	Oid			input;
	Oid			ioparam;

	getTypeInputInfo(type, &input, &ioparam);
	return OidInputFunctionCall(input, text, ioparam, -1);
}

/* An array of texts, each read by the element type's input function. */
static Datum
read_array(const DsColumn *column, const JsonbValue *value)
{
	Oid			type = get_element_type(ds_column_type_oid(column->type));
	ArrayBuildState *state = initArrayResult(type, CurrentMemoryContext, false);
	JsonbIterator *it;
	JsonbValue	item;
	JsonbIteratorToken token;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" must be an array", column->name)));
	it = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&it, &item, true);
	while ((token = JsonbIteratorNext(&it, &item, true)) == WJB_ELEM)
	{
		char	   *text = scalar_text(&item);

		state = accumArrayResult(state, text ? input_value(type, text) : (Datum) 0,
								 text == NULL, type, CurrentMemoryContext);
	}
	return makeArrayResult(state, CurrentMemoryContext);
}

static Datum
read_value(const DsColumn *column, JsonbValue *value)
{
	char	   *text;

	if (column->type == DS_JSONB)
		return JsonbPGetDatum(JsonbValueToJsonb(value));
	if (column->type == DS_CIDR_ARRAY || column->type == DS_TEXT_ARRAY)
		return read_array(column, value);
	text = scalar_text(value);
	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" must be a single value", column->name)));
	return input_value(ds_column_type_oid(column->type), text);
}

void
ds_row_merge_jsonb(const DsTable *table, DsRow *row, Datum jsonb)
{
	Jsonb	   *object = DatumGetJsonbP(jsonb);
	JsonbIterator *it;
	JsonbValue	value;
	JsonbIteratorToken token;
	int			column = -1;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a row must be given as a JSON object")));
	it = JsonbIteratorInit(&object->root);
	(void) JsonbIteratorNext(&it, &value, false);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			char	   *name = pnstrdup(value.val.string.val, value.val.string.len);

			column = ds_column_index(table, name);
			if (column < 0)
				ereport(ERROR,
						(errcode(ERRCODE_UNDEFINED_COLUMN),
						 errmsg("\"%s\" has no column \"%s\"", table->name, name)));
		}
		else if (token == WJB_VALUE)
		{
			row->nulls[column] = value.type == jbvNull;
			row->values[column] = row->nulls[column] ? (Datum) 0 :
				read_value(&table->columns[column], &value);
		}
	}
}
