/*-------------------------------------------------------------------------
 *
 * check_rows.c
 *	  Would a server take what a configuration plans?
 *
 * The rules are those of every write; here they are applied before anything is
 * written, so that all that is wrong can be told at once.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/check_rows.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "compat.h"
#include "tables/tables.h"

DS_FUNCTION_INFO(deltashare_check_config_rows);

/* The function is open to all, so what is given may be anything. */
static void
refuse_rows(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("rows must be an array of {\"new\"} or {\"old\", \"new\"}")));
}

/* A member that is an object, as jsonb; 0 if it is absent or null. */
static Datum
member(const JsonbValue *change, const char *name)
{
	JsonbValue *value;

	if (change->type != jbvBinary || !JsonContainerIsObject(change->val.binary.data))
		refuse_rows();
	value = getKeyJsonValueFromContainer(change->val.binary.data, name, strlen(name), NULL);
	if (value == NULL || value->type == jbvNull)
		return (Datum) 0;
	return JsonbPGetDatum(JsonbValueToJsonb(value));
}

/* A new row, or what changes of an old one. */
static void
check_change(const DsTable *table, const JsonbValue *change)
{
	DsRow	   *row = ds_row_create(table);
	DsRow	   *old_row = ds_row_create(table);
	Datum		old = member(change, "old");
	Datum		new = member(change, "new");

	if (new == (Datum) 0)
		refuse_rows();
	if (old != (Datum) 0)
	{
		ds_row_merge_jsonb(table, old_row, old);
		ds_row_merge_jsonb(table, row, old);
	}
	ds_row_merge_jsonb(table, row, new);
	ds_check_row(table, row, old != (Datum) 0 ? ds_row_changes(table, old_row, row) : NULL);
}

/* check_config_rows(table_name text, rows jsonb) returns void */
Datum
deltashare_check_config_rows(PG_FUNCTION_ARGS)
{
	const DsTable *table = ds_table_by_name(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Jsonb	   *rows = PG_GETARG_JSONB_P(1);
	JsonbIterator *it = JsonbIteratorInit(&rows->root);
	JsonbValue	value;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "deltashare configuration row",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext outside = MemoryContextSwitchTo(context);

	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no table of that name")));
	if (!JB_ROOT_IS_ARRAY(rows) || JB_ROOT_IS_SCALAR(rows))
		refuse_rows();
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		CHECK_FOR_INTERRUPTS();
		check_change(table, &value);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(outside);
	MemoryContextDelete(context);
	PG_RETURN_VOID();
}
