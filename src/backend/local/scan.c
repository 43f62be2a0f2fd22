/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Reading a table of the local backend, through a cursor.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "backend/local/local.h"

#define FETCH_ROWS	1000

struct DsScan
{
	const DsServer *server;
	DsScanSpec	spec;
	char	   *portal_name;	/* NULL: not opened yet */
	bool		at_end;
	MemoryContext rows_context; /* of the rows fetched last */
	DsRow	  **rows;
	int			nrows;
	int			next;
};

DsScan *
ds_local_begin_scan(const DsServer *server, const DsScanSpec *spec)
{
	DsScan	   *scan = palloc0(sizeof(DsScan));

	scan->server = server;
	scan->spec = *spec;
	scan->rows_context = AllocSetContextCreate(CurrentMemoryContext, "deltashare rows",
											   ALLOCSET_DEFAULT_SIZES);
	return scan;
}

static Datum
key_array(const DsKey *key)
{
	Datum	   *values = palloc(Max(key->nvalues, 1) * sizeof(Datum));

	for (int i = 0; i < key->nvalues; i++)
		values[i] = CStringGetTextDatum(key->values[i]);
	return PointerGetDatum(construct_array(values, key->nvalues, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
open_cursor(DsScan *scan, MemoryContext context)
{
	int			n = scan->spec.nkeys;
	Oid		   *types = palloc(Max(n, 1) * sizeof(Oid));
	Datum	   *values = palloc(Max(n, 1) * sizeof(Datum));
	Portal		portal;

	for (int i = 0; i < n; i++)
	{
		types[i] = TEXTARRAYOID;
		values[i] = key_array(&scan->spec.keys[i]);
	}

	/* read-only: the rows are those that the query around us sees */
	portal = SPI_cursor_open_with_args(NULL, ds_local_select(&scan->spec), n, types, values, NULL,
									   true, CURSOR_OPT_NO_SCROLL);
	scan->portal_name = MemoryContextStrdup(context, portal->name);
}

/* Copy what SPI fetched into the rows' context. */
static void
keep_rows(DsScan *scan)
{
	const DsTable *table = scan->spec.table;

	scan->nrows = SPI_processed;
	scan->rows = palloc(Max(scan->nrows, 1) * sizeof(DsRow *));
	for (int r = 0; r < scan->nrows; r++)
	{
		DsRow	   *row = scan->rows[r] = ds_row_create(table);

		for (int i = 0; i < table->ncolumns; i++)
			row->values[i] = SPI_getbinval(SPI_tuptable->vals[r], SPI_tuptable->tupdesc,
										   i + 1, &row->nulls[i]);
		ds_row_detach(table, row);
	}
}

static void
fetch(DsScan *scan)
{
	MemoryContext context = GetMemoryChunkContext(scan);
	DsIdentity	identity = ds_local_assume(scan->server);
	Portal		portal;
	MemoryContext old;

	SPI_connect();
	if (scan->portal_name == NULL)
		open_cursor(scan, context);
	portal = SPI_cursor_find(scan->portal_name);
	if (portal == NULL)
		elog(ERROR, "cursor of a local scan is gone");
	SPI_cursor_fetch(portal, true, FETCH_ROWS);
	MemoryContextReset(scan->rows_context);
	old = MemoryContextSwitchTo(scan->rows_context);
	keep_rows(scan);
	MemoryContextSwitchTo(old);
	scan->next = 0;
	scan->at_end = scan->nrows < FETCH_ROWS;
	SPI_finish();
	ds_local_restore(identity);
}

bool
ds_local_next_row(DsScan *scan, DsRow *row)
{
	const DsTable *table = scan->spec.table;

	if (scan->next >= scan->nrows)
	{
		if (scan->at_end)
			return false;
		fetch(scan);
		if (scan->nrows == 0)
			return false;
	}
	memcpy(row->values, scan->rows[scan->next]->values, table->ncolumns * sizeof(Datum));
	memcpy(row->nulls, scan->rows[scan->next]->nulls, table->ncolumns * sizeof(bool));
	scan->next++;
	return true;
}

void
ds_local_end_scan(DsScan *scan)
{
	Portal		portal = scan->portal_name ? GetPortalByName(scan->portal_name) : NULL;

	if (portal)
		SPI_cursor_close(portal);
	scan->portal_name = NULL;
}

List *
ds_local_describe_scan(const DsServer *server, const DsScanSpec *spec)
{
	return list_make1(ds_local_select(spec));
}
