/*-------------------------------------------------------------------------
 *
 * batched_join_scan.c
 *	  The inner side of a batched join: a foreign scan served from a batch.
 *
 * A row that is kept for a key is what a scan with that key alone would have
 * returned; the conditions of the scan are checked on each, as ever.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join_scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "utils/builtins.h"

#include "fdw/batched_join.h"

DsKeyBatch *
ds_batch_of_scan(ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	DsScanState *state = node->fdw_state;
	List	   *link = list_nth(plan->fdw_private, DS_SCAN_BATCH);

	if (link == NIL)
		return NULL;
	state->batch_key = lsecond_int(link);
	return (DsKeyBatch *)
		DatumGetPointer(node->ss.ps.state->es_param_exec_vals[linitial_int(link)].value);
}

/* Copy the next row of the running scan into the batch; false if it is full. */
static bool
keep_row(ForeignScanState *node, int column)
{
	DsScanState *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	char	   *key;
	bool		fits;

	if (state->row->nulls[column])
		return true;
	ds_row_to_slot(state->relation, state->row, state->server->name, slot);
	key = TextDatumGetCString(state->row->values[column]);
	fits = ds_batch_add_row(state->batch, key, slot);
	ExecClearTuple(slot);
	pfree(key);
	return fits;
}

/* Ask for a key, and for others that will be needed after it. */
static void
load_keys(ForeignScanState *node, const char *key)
{
	DsScanState *state = node->fdw_state;
	const DsBackend *backend = state->server->backend;
	DsScanSpec	spec = state->spec;
	DsKey		keys = {.column = list_nth_int(state->key_columns, state->batch_key)};
	bool		fits = true;

	ds_batch_choose(state->batch, key, backend->is_one_request, &keys);
	spec.keys = &keys;
	spec.nkeys = 1;
	spec.all_rows = true;
	state->scan = backend->begin_scan(state->server, &spec);
	while (fits && backend->next_row(state->scan, state->row))
		fits = keep_row(node, keys.column);
	ds_scan_stop(state);
	ds_batch_end_load(state->batch, &keys, fits);
}

bool
ds_batch_start_scan(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;
	const DsKey *key;
	DsKeyState	found;

	if (state->batch == NULL)
		return false;
	key = &state->spec.keys[state->batch_key];
	if (key->nvalues != 1)
		return false;
	while ((found = ds_batch_find(state->batch, key->values[0], &state->kept)) == DS_KEY_WANTED)
		load_keys(node, key->values[0]);
	state->from_batch = found == DS_KEY_KEPT;
	return state->from_batch;
}

TupleTableSlot *
ds_batch_next_row(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	DsKeptRow  *row = state->kept;

	if (row == NULL)
		return ExecClearTuple(slot);
	state->kept = row->next;
	ExecForceStoreMinimalTuple(row->tuple, slot, false);
	return slot;
}
