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

static Datum
member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	if (value == NULL || value->type != jbvBinary)
		return (Datum) 0;
	return JsonbPGetDatum(JsonbValueToJsonb(value));
}

/* {"new"}, or {"old", "new"}: a row, or what changes of one */
static void
check_change(const DsTable *table, JsonbContainer *change)
{
	DsRow	   *row = ds_row_create(table);
	Datum		old = member(change, "old");

	if (old == (Datum) 0)
	{
		ds_row_merge_jsonb(table, row, member(change, "new"));
		ds_check_row(table, row, NULL);
	}
	else
	{
		DsRow	   *old_row = ds_row_create(table);

		ds_row_merge_jsonb(table, old_row, old);
		ds_row_merge_jsonb(table, row, old);
		ds_row_merge_jsonb(table, row, member(change, "new"));
		ds_check_row(table, row, ds_row_changes(table, old_row, row));
	}
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

	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		CHECK_FOR_INTERRUPTS();
		check_change(table, value.val.binary.data);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(outside);
	MemoryContextDelete(context);
	PG_RETURN_VOID();
}
