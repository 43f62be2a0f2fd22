/*-------------------------------------------------------------------------
 *
 * batched_join_exec.c
 *	  The outer side of a batched join: read rows ahead, note their keys.
 *
 * The first batch has as many keys as one round of requests, so a query that
 * wants only a few rows does not read much for nothing; batches grow from
 * there.  Rows read ahead never take more than work_mem.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join_exec.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "fdw/batched_join.h"

/* Rows of the first batch, where keys repeat */
#define FIRST_ROWS		1000
#define MAX_ROWS		1000000

/* The rows that are kept for keys depend on nothing else, so they stay. */
static void
restart_batches(DsBatchScanState *state)
{
	CustomScan *plan = (CustomScan *) state->css.ss.ps.plan;

	MemoryContextReset(state->context);
	state->rows = NIL;
	state->next_row = 0;
	state->at_end = false;
	state->max_keys = list_nth_int(plan->custom_private, DS_BATCH_FIRST_KEYS);
	state->max_rows = FIRST_ROWS;
}

static void
begin_batch_scan(CustomScanState *node, EState *estate, int eflags)
{
	DsBatchScanState *state = (DsBatchScanState *) node;
	CustomScan *plan = (CustomScan *) node->ss.ps.plan;
	int			param = list_nth_int(plan->custom_private, DS_BATCH_PARAM);

	state->child = ExecInitNode(linitial(plan->custom_plans), estate,
								eflags & ~(EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK));
	node->custom_ps = list_make1(state->child);
	if (plan->custom_exprs != NIL)
		state->key = ExecInitExpr(linitial(plan->custom_exprs), &node->ss.ps);
	state->row_slot = ExecInitExtraTupleSlot(estate, ExecGetResultType(state->child),
											 &TTSOpsMinimalTuple);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "deltashare rows read ahead",
										   ALLOCSET_DEFAULT_SIZES);
	state->batch = ds_batch_create();
	restart_batches(state);

	/* the inner scan, initialized after us, looks here */
	estate->es_param_exec_vals[param].value = PointerGetDatum(state->batch);
	estate->es_param_exec_vals[param].isnull = false;
}

/* Let the scan tuple, which is a virtual one, show the columns of a slot. */
static TupleTableSlot *
show_row(DsBatchScanState *state, TupleTableSlot *row)
{
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;
	int			natts = slot->tts_tupleDescriptor->natts;

	slot_getallattrs(row);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, row->tts_values, natts * sizeof(Datum));
	memcpy(slot->tts_isnull, row->tts_isnull, natts * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	state->css.ss.ps.ps_ExprContext->ecxt_scantuple = slot;
	return slot;
}

static void
note_key(DsBatchScanState *state, TupleTableSlot *row)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	MemoryContext old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	bool		isnull;
	Datum		value;

	show_row(state, row);
	value = ExecEvalExpr(state->key, econtext, &isnull);
	if (!isnull)
		ds_batch_want(state->batch, TextDatumGetCString(value));
	MemoryContextSwitchTo(old);
	ResetExprContext(econtext);
}

static void
keep_row(DsBatchScanState *state, TupleTableSlot *row)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);

	state->rows = lappend(state->rows, ExecCopySlotMinimalTuple(row));
	MemoryContextSwitchTo(old);
}

static bool
is_batch_full(DsBatchScanState *state)
{
	return ds_batch_count_wanted(state->batch) >= state->max_keys ||
		list_length(state->rows) >= state->max_rows ||
		MemoryContextMemAllocated(state->context, true) > work_mem * (Size) 1024;
}

static void
read_ahead(DsBatchScanState *state)
{
	MemoryContextReset(state->context);
	state->rows = NIL;
	state->next_row = 0;
	ds_batch_begin(state->batch);
	while (!is_batch_full(state))
	{
		TupleTableSlot *row = ExecProcNode(state->child);

		if (TupIsNull(row))
		{
			state->at_end = true;
			break;
		}
		keep_row(state, row);
		note_key(state, row);
	}
	state->max_keys = Min(state->max_keys * 2, DS_BATCH_MAX_KEYS);
	state->max_rows = Min(state->max_rows * 2, MAX_ROWS);
}

static TupleTableSlot *
project(DsBatchScanState *state, TupleTableSlot *row)
{
	ProjectionInfo *projection = state->css.ss.ps.ps_ProjInfo;
	TupleTableSlot *slot = show_row(state, row);

	if (projection == NULL)
		return slot;
	ResetExprContext(state->css.ss.ps.ps_ExprContext);
	return ExecProject(projection);
}

static TupleTableSlot *
exec_batch_scan(CustomScanState *node)
{
	DsBatchScanState *state = (DsBatchScanState *) node;
	TupleTableSlot *row;

	CHECK_FOR_INTERRUPTS();
	if (state->key == NULL)
	{
		row = ExecProcNode(state->child);
		return TupIsNull(row) ? NULL : project(state, row);
	}
	if (state->next_row >= list_length(state->rows) && !state->at_end)
		read_ahead(state);
	if (state->next_row >= list_length(state->rows))
		return NULL;
	row = ExecStoreMinimalTuple(list_nth(state->rows, state->next_row++), state->row_slot, false);
	return project(state, row);
}

static void
rescan_batch_scan(CustomScanState *node)
{
	DsBatchScanState *state = (DsBatchScanState *) node;

	ExecClearTuple(state->row_slot);
	restart_batches(state);
	if (node->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(state->child, node->ss.ps.chgParam);
	if (state->child->chgParam == NULL)
		ExecReScan(state->child);
}

static void
end_batch_scan(CustomScanState *node)
{
	ExecEndNode(((DsBatchScanState *) node)->child);
}

static const CustomExecMethods exec_methods = {
	.CustomName = "Delta Sharing Key Batch",
	.BeginCustomScan = begin_batch_scan,
	.ExecCustomScan = exec_batch_scan,
	.EndCustomScan = end_batch_scan,
	.ReScanCustomScan = rescan_batch_scan,
	.ExplainCustomScan = ds_batch_explain,
};

Node *
ds_batch_create_scan_state(CustomScan *plan)
{
	DsBatchScanState *state = palloc0(sizeof(DsBatchScanState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &exec_methods;
	return (Node *) state;
}
