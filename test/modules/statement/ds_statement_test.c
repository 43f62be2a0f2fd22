/*-------------------------------------------------------------------------
 *
 * ds_statement_test.c
 *	  The statement client and the row reader as SQL functions, for tests
 *	  only.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * test/modules/statement/ds_statement_test.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "backend/databricks/result_rows.h"
#include "fdw/fdw.h"

PG_MODULE_MAGIC;

DS_FUNCTION_INFO(ds_test_statement);
DS_FUNCTION_INFO(ds_test_statement_count);
DS_FUNCTION_INFO(ds_test_rows);
DS_FUNCTION_INFO(ds_test_rows_count);

/* A row as text[], in CurrentMemoryContext. */
static Datum
make_array(const DsField *fields, int n)
{
	Datum	   *values = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	int			dims[1] = {n};
	int			lower[1] = {1};

	for (int i = 0; i < n; i++)
	{
		nulls[i] = fields[i].text == NULL;
		values[i] = (Datum) 0;
		if (!nulls[i])
		{
			char	   *text = pg_any_to_server(fields[i].text, fields[i].length, PG_UTF8);

			values[i] = PointerGetDatum(cstring_to_text_with_len(text, text == fields[i].text ?
																 fields[i].length : strlen(text)));
		}
	}
	return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lower, TEXTOID, -1, false,
											  TYPALIGN_INT));
}

/* ============================================================
 * Statements
 * ============================================================
 */

typedef struct Run
{
	const DsBackend *backend;
	DsStatement *statement;
	int			ncolumns;
	int			limit;			/* -1: none */
	DsField    *fields;
} Run;

/* Triples of name, type and value. */
static void
read_parameters(DsStatementSpec *spec, ArrayType *array)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
	DsParameter *parameters;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &n);
	spec->nparameters = n / 3;
	parameters = palloc0(Max(n, 1) * sizeof(DsParameter));
	for (int i = 0; i < n / 3; i++)
	{
		parameters[i].name = TextDatumGetCString(values[3 * i]);
		parameters[i].type = TextDatumGetCString(values[3 * i + 1]);
		parameters[i].value = nulls[3 * i + 2] ? NULL : TextDatumGetCString(values[3 * i + 2]);
	}
	spec->parameters = parameters;
}

/* (server text, sql text, parameters text[], ncolumns int, small bool) */
static Run *
begin_run(FunctionCallInfo fcinfo)
{
	Run		   *run = palloc0(sizeof(Run));
	ForeignServer *server = GetForeignServerByName(text_to_cstring(PG_GETARG_TEXT_PP(0)), false);
	DsServer   *ours = ds_server_get(server->serverid, GetUserId());
	DsStatementSpec spec = {
		.text = text_to_cstring(PG_GETARG_TEXT_PP(1)),
		.ncolumns = PG_GETARG_INT32(3),
		.small = PG_GETARG_BOOL(4)
	};

	read_parameters(&spec, PG_GETARG_ARRAYTYPE_P(2));
	run->backend = ours->backend;
	run->ncolumns = spec.ncolumns;
	run->fields = palloc0(Max(spec.ncolumns, 1) * sizeof(DsField));
	run->statement = run->backend->begin_statement(ours, &spec);
	return run;
}

/* ds_test_statement(..., "limit" int) returns setof text[] */
Datum
ds_test_statement(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	Run		   *run;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		run = begin_run(fcinfo);
		run->limit = PG_ARGISNULL(5) ? -1 : PG_GETARG_INT32(5);
		context->user_fctx = run;
		MemoryContextSwitchTo(old);
	}
	context = SRF_PERCALL_SETUP();
	run = context->user_fctx;
	if (run->limit == context->call_cntr ||
		!run->backend->next_fields(run->statement, run->fields))
	{
		run->backend->end_statement(run->statement);
		SRF_RETURN_DONE(context);
	}
	SRF_RETURN_NEXT(context, make_array(run->fields, run->ncolumns));
}

/* ds_test_statement_count(...) returns bigint[]: rows, bytes of text, and the stats */
Datum
ds_test_statement_count(PG_FUNCTION_ARGS)
{
	Run		   *run = begin_run(fcinfo);
	int64		rows = 0;
	int64		bytes = 0;
	DsScanStats stats;
	Datum		result[5];

	while (run->backend->next_fields(run->statement, run->fields))
	{
		rows++;
		for (int i = 0; i < run->ncolumns; i++)
			bytes += run->fields[i].text ? run->fields[i].length : 0;
	}
	run->backend->statement_stats(run->statement, &stats);
	run->backend->end_statement(run->statement);
	result[0] = Int64GetDatum(rows);
	result[1] = Int64GetDatum(bytes);
	result[2] = Int64GetDatum(stats.requests);
	result[3] = Int64GetDatum(stats.retries);
	result[4] = Int64GetDatum(stats.bytes_received);
	PG_RETURN_ARRAYTYPE_P(construct_array(result, 5, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* ============================================================
 * The row reader
 * ============================================================
 */

/* A text handed out in pieces of random size, at most "cut" bytes each. */
typedef struct Pieces
{
	const char *next;
	size_t		left;
	int			cut;			/* 0: as large as possible */
	uint64		random;
	bool		broken;			/* no end, but a failure */
} Pieces;

static ssize_t
next_piece(void *argument, char *buffer, size_t size)
{
	Pieces	   *pieces = argument;
	size_t		length = Min(size, pieces->left);

	if (length == 0)
		return pieces->broken ? -1 : 0;
	if (pieces->cut > 0)
	{
		pieces->random = pieces->random * UINT64CONST(6364136223846793005) + 1442695040888963407;
		length = Min(length, 1 + (pieces->random >> 33) % pieces->cut);
	}
	memcpy(buffer, pieces->next, length);
	pieces->next += length;
	pieces->left -= length;
	return length;
}

typedef struct Reading
{
	Pieces		pieces;
	DsRowReader *reader;
	DsField    *fields;
	int			ncolumns;
} Reading;

static void
begin_reading(Reading *reading, bytea *data, int ncolumns, int max_kb)
{
	reading->pieces.next = VARDATA_ANY(data);
	reading->pieces.left = VARSIZE_ANY_EXHDR(data);
	reading->ncolumns = ncolumns;
	if (reading->reader == NULL)
	{
		reading->fields = palloc0(Max(ncolumns, 1) * sizeof(DsField));
		reading->reader = ds_rows_create(ncolumns, max_kb);
	}
	ds_rows_begin(reading->reader, "test text", next_piece, &reading->pieces);
}

/* ds_test_rows(data bytea, ncolumns int, cut int, broken bool, max_kb int) returns setof text[] */
Datum
ds_test_rows(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	Reading    *reading;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		reading = palloc0(sizeof(Reading));
		reading->pieces.cut = PG_GETARG_INT32(2);
		reading->pieces.random = PG_GETARG_INT32(2);
		reading->pieces.broken = PG_GETARG_BOOL(3);
		begin_reading(reading, PG_GETARG_BYTEA_P_COPY(0), PG_GETARG_INT32(1), PG_GETARG_INT32(4));
		context->user_fctx = reading;
		MemoryContextSwitchTo(old);
	}
	context = SRF_PERCALL_SETUP();
	reading = context->user_fctx;
	switch (ds_rows_next(reading->reader, reading->fields))
	{
		case DS_ROW:
			SRF_RETURN_NEXT(context, make_array(reading->fields, reading->ncolumns));
		case DS_ROWS_BROKEN:
			ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE), errmsg("the text is broken")));
			break;
		case DS_ROWS_END:
			break;
	}
	SRF_RETURN_DONE(context);
}

/* ds_test_rows_count(data bytea, ncolumns int, rounds int) returns bigint: for speed */
Datum
ds_test_rows_count(PG_FUNCTION_ARGS)
{
	Reading		reading = {.reader = NULL};
	bytea	   *data = PG_GETARG_BYTEA_PP(0);
	int64		rows = 0;

	for (int i = 0; i < PG_GETARG_INT32(2); i++)
	{
		begin_reading(&reading, data, PG_GETARG_INT32(1), 1024);
		while (ds_rows_next(reading.reader, reading.fields) == DS_ROW)
			rows++;
	}
	PG_RETURN_INT64(rows);
}
