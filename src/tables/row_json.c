/*-------------------------------------------------------------------------
 *
 * row_json.c
 *	  A row of a declared table as the JSON that SQL functions take.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/row_json.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "tables/partition_filter.h"
#include "tables/tables.h"

static void
append_array(StringInfo json, Datum array, Oid type)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(array), type, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	appendStringInfoChar(json, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoString(json, ", ");
		if (nulls[i])
			appendStringInfoString(json, "null");
		else if (type == CIDROID)
			escape_json(json, DatumGetCString(DirectFunctionCall1(cidr_out, elements[i])));
		else
			escape_json(json, TextDatumGetCString(elements[i]));
	}
	appendStringInfoChar(json, ']');
}

/* The platform's own properties are refused when they come back. */
static Datum
without_reserved(Datum properties)
{
	JsonbIterator *it = JsonbIteratorInit(&DatumGetJsonbP(properties)->root);
	Datum		result = properties;
	JsonbValue	key;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
		if (token == WJB_KEY && key.val.string.len >= (int) strlen(DS_RESERVED_PROPERTY) &&
			strncmp(key.val.string.val, DS_RESERVED_PROPERTY, strlen(DS_RESERVED_PROPERTY)) == 0)
			result = DirectFunctionCall2(jsonb_delete, result,
										 PointerGetDatum(cstring_to_text_with_len(key.val.string.val,
																				  key.val.string.len)));
	return result;
}

static void
append_value(StringInfo json, DsColumnType type, Datum value)
{
	char		time[MAXDATELEN + 1];

	switch (type)
	{
		case DS_TEXT:
			escape_json(json, TextDatumGetCString(value));
			break;
		case DS_BOOL:
			appendStringInfoString(json, DatumGetBool(value) ? "true" : "false");
			break;
		case DS_INT:
			appendStringInfo(json, "%d", DatumGetInt32(value));
			break;
		case DS_BIGINT:
			appendStringInfo(json, INT64_FORMAT, DatumGetInt64(value));
			break;
		case DS_DATE:
			escape_json(json, JsonEncodeDateTime(time, value, DATEOID, NULL));
			break;
		case DS_TIME:
		case DS_TIME_MS:
		case DS_TIME_TEXT:
			escape_json(json, JsonEncodeDateTime(time, value, TIMESTAMPTZOID, NULL));
			break;
		case DS_JSONB:
			appendStringInfoString(json, DatumGetCString(DirectFunctionCall1(jsonb_out, value)));
			break;
		case DS_CIDR_ARRAY:
			append_array(json, value, CIDROID);
			break;
		case DS_TEXT_ARRAY:
			append_array(json, value, TEXTOID);
			break;
	}
}

char *
ds_row_json(const DsTable *table, const DsRow *row, const Bitmapset *columns, bool with_nulls)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = -1; (i = bms_next_member(columns, i)) >= 0;)
	{
		if (row->nulls[i] && !with_nulls)
			continue;
		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		escape_json(&json, table->columns[i].name);
		appendStringInfoString(&json, ": ");
		if (row->nulls[i])
			appendStringInfoString(&json, "null");
		else
			append_value(&json, table->columns[i].type,
						 strcmp(table->columns[i].name, "properties") == 0
						 ? without_reserved(row->values[i]) : row->values[i]);
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}
