/*-------------------------------------------------------------------------
 *
 * pending.c
 *	  What the open transaction did on servers, and what waits for its COMMIT.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/pending.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "fdw/fdw.h"
#include "transaction/deferral.h"
#include "transaction/undo.h"

DS_FUNCTION_INFO(deltashare_list_pending_changes);

typedef struct Listing
{
	ReturnSetInfo *rsinfo;
	int			count;
} Listing;

static void
put_row(Listing *listing, const char *server, const char *state, const char *change, const char *at_rollback)
{
	Datum		values[5];
	bool		nulls[5] = {false};

	values[0] = Int32GetDatum(++listing->count);
	nulls[1] = server == NULL;
	values[1] = server ? CStringGetTextDatum(server) : (Datum) 0;
	values[2] = CStringGetTextDatum(state);
	values[3] = CStringGetTextDatum(change);
	nulls[4] = at_rollback == NULL;
	values[4] = at_rollback ? CStringGetTextDatum(at_rollback) : (Datum) 0;
	tuplestore_putvalues(listing->rsinfo->setResult, listing->rsinfo->setDesc, values, nulls);
}

static void
list_made(const char *server_name, const DsUndo *undo, void *arg)
{
	put_row(arg, server_name, undo->in_doubt ? "perhaps made" : "made", undo->change, undo->reversal);
}

static void
list_queued(Oid server_oid, const char *change, void *arg)
{
	/* the transaction may have dropped it since */
	ForeignServer *server = GetForeignServerExtended(server_oid, FSV_MISSING_OK);

	put_row(arg, server ? server->servername : NULL, "queued", change, "not sent");
}

Datum
deltashare_list_pending_changes(PG_FUNCTION_ARGS)
{
	Listing		listing = {(ReturnSetInfo *) fcinfo->resultinfo, 0};

	ds_init_materialized_srf(fcinfo);
	ds_undo_visit(list_made, &listing);
	ds_deferral_visit(list_queued, &listing);
	return (Datum) 0;
}
