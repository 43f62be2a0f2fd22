/*-------------------------------------------------------------------------
 *
 * functions.c
 *	  What the SQL functions are made of: rows of declared tables read and
 *	  written on a named server, without a foreign table.
 *
 * A prototype argument, NULL of a composite type, says which table is meant
 * and what the result looks like, as in jsonb_populate_record().
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/functions.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "fdw/fdw.h"
#include "fdw/write.h"
#include "tables/messages.h"

DS_FUNCTION_INFO(deltashare_select_rows);
DS_FUNCTION_INFO(deltashare_insert_row);
DS_FUNCTION_INFO(deltashare_insert_rows);
DS_FUNCTION_INFO(deltashare_update_row);
DS_FUNCTION_INFO(deltashare_delete_row);
DS_FUNCTION_INFO(deltashare_delete_rows);
DS_FUNCTION_INFO(deltashare_rotate_token);
DS_FUNCTION_INFO(deltashare_check_row);

/* One call: which server, which table. */
typedef struct Call
{
	DsServer   *server;
	const DsTable *table;
} Call;

static DsServer *
open_server(FunctionCallInfo fcinfo)
{
	char	   *name = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));

	return ds_server_get(ds_resolve_server(name, GetUserId()), GetUserId());
}

static const DsTable *
table_of_type(Oid type)
{
	const DsTable *table = NULL;
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		if (form->typnamespace == get_namespace_oid(DS_EXTENSION_SCHEMA, true))
			table = ds_table_by_row_type(NameStr(form->typname));
		ReleaseSysCache(tuple);
	}

	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("prototype is not of a row type of %s", DS_FDW_NAME)));
	return table;
}

static Call
open_call(FunctionCallInfo fcinfo)
{
	Call		call;

	call.table = table_of_type(get_fn_expr_argtype(fcinfo->flinfo, 1));
	call.server = open_server(fcinfo);
	return call;
}

static Datum
require_jsonb(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("row must not be null")));
	return PG_GETARG_DATUM(argument);
}

/*
 * The composite types are made from the declarations, so positions agree; a
 * type with fewer attributes (of an older version) is filled as far as it goes.
 */
static Datum
row_datum(const DsTable *table, const DsRow *row, Oid type)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(type, -1);
	HeapTuple	tuple;

	if (desc->natts > table->ncolumns)
		elog(ERROR, "type of \"%s\" has too many attributes", table->name);
	tuple = heap_form_tuple(desc, row->values, row->nulls);
	ReleaseTupleDesc(desc);
	return HeapTupleGetDatum(tuple);
}

/* All columns are wanted; names are compared as they are stored. */
static DsScanSpec
make_spec(const DsTable *table)
{
	DsScanSpec	spec = {0};

	spec.table = table;
	spec.columns = bms_add_range(NULL, 0, table->ncolumns - 1);
	spec.keys = palloc0(table->ncolumns * sizeof(DsKey));
	return spec;
}

static void
add_key(DsScanSpec *spec, int column, char **values, int nvalues)
{
	DsKey	   *key = &spec->keys[spec->nkeys++];

	key->column = column;
	key->values = values;
	key->nvalues = nvalues;
}

static bool
is_one_of(const DsKey *key, const char *value)
{
	for (int i = 0; i < key->nvalues; i++)
		if (strcmp(key->values[i], value) == 0)
			return true;
	return false;
}

/* Does the row have the keys that were asked for? */
static bool
row_matches(const DsScanSpec *spec, const DsRow *row)
{
	for (int i = 0; i < spec->nkeys; i++)
	{
		const DsKey *key = &spec->keys[i];

		if (row->nulls[key->column] ||
			!is_one_of(key, TextDatumGetCString(row->values[key->column])))
			return false;
	}
	return true;
}

/* The texts of a JSON value: itself, or the elements of an array. */
static int
jsonb_texts(const JsonbValue *value, char **texts)
{
	int			count = 0;
	JsonbIterator *it;
	JsonbValue	item;

	if (value->type == jbvString)
		texts[count++] = pnstrdup(value->val.string.val, value->val.string.len);
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return count;
	it = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&it, &item, true);
	while (JsonbIteratorNext(&it, &item, true) == WJB_ELEM)
		if (item.type == jbvString)
			texts[count++] = pnstrdup(item.val.string.val, item.val.string.len);
	return count;
}

/* Keys from {"column": "value" or ["value", ...], ...}; null is no value. */
static void
add_jsonb_keys(DsScanSpec *spec, Datum jsonb)
{
	Jsonb	   *object = DatumGetJsonbP(jsonb);

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("keys must be given as a JSON object")));
	for (int i = 0; i < spec->table->ncolumns; i++)
	{
		const char *name = spec->table->columns[i].name;
		JsonbValue *value;
		char	  **texts;

		if (spec->table->columns[i].type != DS_TEXT)
			continue;
		value = getKeyJsonValueFromContainer(&object->root, name, strlen(name), NULL);
		if (value == NULL)
			continue;
		texts = palloc((value->type == jbvBinary ? JsonContainerSize(value->val.binary.data) : 1) *
					   sizeof(char *));
		add_key(spec, i, texts, jsonb_texts(value, texts));
		ds_key_remove_duplicates(&spec->keys[spec->nkeys - 1]);
	}
}

/*
 * The next row that matches.  Backends use the keys that they have a request
 * for and may return more.
 */
static bool
next_match(const Call *call, DsScan *scan, const DsScanSpec *spec, DsRow *row)
{
	while (call->server->backend->next_row(scan, row))
		if (row_matches(spec, row))
			return true;
	return false;
}

/* Backends see only the key columns of a specification. */
static DsScanSpec
request_keys(const DsScanSpec *spec)
{
	DsScanSpec	result = make_spec(spec->table);

	for (int i = 0; i < spec->nkeys; i++)
		if (spec->table->columns[spec->keys[i].column].flags & DS_COL_KEY)
			result.keys[result.nkeys++] = spec->keys[i];
	return result;
}

/* select_rows(server text, prototype anyelement, keys jsonb) returns setof anyelement */
Datum
deltashare_select_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Call		call = open_call(fcinfo);
	DsScanSpec	spec = make_spec(call.table);
	DsScanSpec	requested;
	DsRow	   *row = ds_row_create(call.table);
	DsScan	   *scan;

	ds_init_materialized_srf(fcinfo);
	if (!PG_ARGISNULL(2))
		add_jsonb_keys(&spec, PG_GETARG_DATUM(2));
	requested = request_keys(&spec);
	scan = call.server->backend->begin_scan(call.server, &requested);
	while (next_match(&call, scan, &spec, row))
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row->values, row->nulls);
	call.server->backend->end_scan(scan);
	return (Datum) 0;
}

/* insert_row(server text, prototype anyelement, new jsonb) returns anyelement */
Datum
deltashare_insert_row(PG_FUNCTION_ARGS)
{
	Call		call = open_call(fcinfo);
	DsRow	   *row = ds_row_create(call.table);

	ds_row_merge_jsonb(call.table, row, require_jsonb(fcinfo, 2));
	ds_write_insert(call.server, call.table, &row, 1);
	PG_RETURN_DATUM(row_datum(call.table, row, get_fn_expr_argtype(fcinfo->flinfo, 1)));
}

static Jsonb *
require_array(FunctionCallInfo fcinfo, int argument)
{
	Jsonb	   *array = DatumGetJsonbP(require_jsonb(fcinfo, argument));

	if (!JB_ROOT_IS_ARRAY(array) || JB_ROOT_IS_SCALAR(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows must be given as a JSON array")));
	return array;
}

/* insert_rows(server text, prototype anyelement, new jsonb) returns setof anyelement */
Datum
deltashare_insert_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Call		call = open_call(fcinfo);
	Jsonb	   *array = require_array(fcinfo, 2);
	DsRow	  **rows;
	int			nrows = 0;
	JsonbIterator *it;
	JsonbValue	value;

	ds_init_materialized_srf(fcinfo);
	rows = palloc(Max(JB_ROOT_COUNT(array), 1) * sizeof(DsRow *));
	it = JsonbIteratorInit(&array->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		rows[nrows] = ds_row_create(call.table);
		ds_row_merge_jsonb(call.table, rows[nrows++], JsonbPGetDatum(JsonbValueToJsonb(&value)));
	}

	ds_write_insert(call.server, call.table, rows, nrows);
	for (int i = 0; i < nrows; i++)
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, rows[i]->values, rows[i]->nulls);
	return (Datum) 0;
}

/*
 * The key that a function names, brought into the form in which it is stored:
 * unlike a condition in a query, the name in a command has no case.
 */
static DsRow *
read_key(const Call *call, Datum jsonb)
{
	const DsTable *table = call->table;
	DsRow	   *key = ds_row_create(table);

	ds_row_merge_jsonb(table, key, jsonb);
	for (int i = 0; i < table->ncolumns; i++)
	{
		const DsColumn *column = &table->columns[i];

		if ((column->flags & DS_COL_IDENTITY) && !(column->flags & DS_COL_DEFAULT) && key->nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("column \"%s\" of \"%s\" must be given", column->name, table->name)));
		if ((column->flags & DS_COL_KEY) && !key->nulls[i])
			ds_row_set_text(table, key, column->name,
							ds_check_name(strcmp(column->name, "share_name") == 0 ? "share" :
										  strcmp(column->name, "recipient_name") == 0 ? "recipient" :
										  table->noun,
										  TextDatumGetCString(key->values[i])));
	}
	if (table->id == DS_SHARE_OBJECTS)
		call->server->backend->fold_object_name(call->server, key);
	return key;
}

/* The row that a key names, as it stands; NULL if there is none. */
static DsRow *
find_row(const Call *call, const DsRow *key)
{
	DsScanSpec	spec = make_spec(call->table);
	DsScanSpec	requested;
	DsRow	   *row = ds_row_create(call->table);
	DsScan	   *scan;
	bool		found;

	for (int i = 0; i < call->table->ncolumns; i++)
		if (!key->nulls[i] && call->table->columns[i].type == DS_TEXT)
		{
			char	  **value = palloc(sizeof(char *));

			*value = TextDatumGetCString(key->values[i]);
			add_key(&spec, i, value, 1);
		}
	requested = request_keys(&spec);
	scan = call->server->backend->begin_scan(call->server, &requested);
	found = next_match(call, scan, &spec, row);
	if (found)
		ds_row_detach(call->table, row);
	row->whole = true;
	call->server->backend->end_scan(scan);
	return found ? row : NULL;
}

/* update_row(server text, prototype anyelement, key jsonb, changes jsonb) returns anyelement */
Datum
deltashare_update_row(PG_FUNCTION_ARGS)
{
	Call		call = open_call(fcinfo);
	DsRow	   *key = read_key(&call, require_jsonb(fcinfo, 2));
	DsRow	   *old_row = find_row(&call, key);
	DsRow	   *new_row = ds_row_create(call.table);

	if (old_row == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg_internal("%s", ds_missing_message(call.table, key))));
	memcpy(new_row->values, old_row->values, call.table->ncolumns * sizeof(Datum));
	memcpy(new_row->nulls, old_row->nulls, call.table->ncolumns * sizeof(bool));
	ds_row_merge_jsonb(call.table, new_row, require_jsonb(fcinfo, 3));
	ds_write_update(call.server, call.table, old_row, new_row);
	PG_RETURN_DATUM(row_datum(call.table, new_row, get_fn_expr_argtype(fcinfo->flinfo, 1)));
}

/*
 * The row to delete.  All are deleted by their key alone, but for an object its
 * type is needed, so it is looked at first; NULL if it is not there.
 */
static DsRow *
read_key_to_delete(const Call *call, Datum jsonb)
{
	DsRow	   *key = read_key(call, jsonb);

	if (call->table->id == DS_SHARE_OBJECTS)
		return find_row(call, key);
	if (call->table->id == DS_GRANTS && ds_row_is_null(call->table, key, "privilege"))
		ds_row_set_text(call->table, key, "privilege", "SELECT");
	return key;
}

/* delete_row(server text, prototype anyelement, key jsonb) returns boolean */
Datum
deltashare_delete_row(PG_FUNCTION_ARGS)
{
	Call		call = open_call(fcinfo);
	DsRow	   *row = read_key_to_delete(&call, require_jsonb(fcinfo, 2));

	PG_RETURN_BOOL(row != NULL && ds_write_delete(call.server, call.table, &row, 1) > 0);
}

/* delete_rows(server text, prototype anyelement, keys jsonb) returns int */
Datum
deltashare_delete_rows(PG_FUNCTION_ARGS)
{
	Call		call = open_call(fcinfo);
	Jsonb	   *array = require_array(fcinfo, 2);
	DsRow	  **rows = palloc(Max(JB_ROOT_COUNT(array), 1) * sizeof(DsRow *));
	int			nrows = 0;
	JsonbIterator *it = JsonbIteratorInit(&array->root);
	JsonbValue	value;

	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
	{
		rows[nrows] = read_key_to_delete(&call, JsonbPGetDatum(JsonbValueToJsonb(&value)));
		if (rows[nrows] != NULL)
			nrows++;
	}
	PG_RETURN_INT32(nrows > 0 ? ds_write_delete(call.server, call.table, rows, nrows) : 0);
}

/* rotate_token(server text, recipient text, expire_in_seconds bigint) returns recipient */
Datum
deltashare_rotate_token(PG_FUNCTION_ARGS)
{
	const DsTable *table = ds_table(DS_RECIPIENTS);
	DsRow	   *row = ds_row_create(table);
	DsServer   *server;
	Oid			result_type;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("recipient and expiry of its present token must not be null")));
	PreventCommandIfReadOnly("rotate_recipient_token()");
	if (PG_GETARG_INT64(2) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expiry of the present token must not be negative")));
	server = open_server(fcinfo);
	server->backend->rotate_token(server,
								  ds_check_name("recipient", text_to_cstring(PG_GETARG_TEXT_PP(1))),
								  PG_GETARG_INT64(2), row);
	(void) get_call_result_type(fcinfo, &result_type, NULL);
	PG_RETURN_DATUM(row_datum(table, row, result_type));
}

/*
 * Trigger of the local tables: the same checks and the same folding as for a
 * row on its way to the platform.
 */
Datum
deltashare_check_row(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		update;
	HeapTuple	tuple;
	DsRelation *relation;
	DsRow	   *row;
	Bitmapset  *changed = NULL;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("check_row() must be fired BEFORE ROW")));
	update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	tuple = update ? data->tg_newtuple : data->tg_trigtuple;

	relation = ds_relation_open(data->tg_relation);
	row = ds_relation_deform(relation, tuple, RelationGetDescr(data->tg_relation));
	if (update)
		changed = ds_row_changes(relation->table,
								 ds_relation_deform(relation, data->tg_trigtuple,
													RelationGetDescr(data->tg_relation)), row);
	if (!update || !bms_is_empty(changed))
		ds_check_row(relation->table, row, changed);
	return PointerGetDatum(ds_relation_modify(relation, tuple, row, RelationGetDescr(data->tg_relation)));
}
