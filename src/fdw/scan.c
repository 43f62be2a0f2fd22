/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Executing a foreign scan.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "fdw/batched_join.h"
#include "fdw/fdw.h"
#include "fdw/pushdown.h"
#include "fdw/routing.h"
#include "fdw/scan_state.h"

void
deltashareBeginForeignScan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	Relation	rel = node->ss.ss_currentRelation;
	DsScanState *state;
	List	   *route;
	Oid			user;
	ListCell   *lc;

	if (ds_is_statement_scan(node))
	{
		ds_statement_begin(node, eflags);
		return;
	}
	state = palloc0(sizeof(DsScanState));
	node->fdw_state = state;
	route = list_nth(plan->fdw_private, DS_SCAN_ROUTE);
	user = ds_scan_user(plan, estate);
	if (route != NIL && OidIsValid(linitial_oid(route)))
		state->server = ds_server_get(linitial_oid(route), user);
	else
		state->server = ds_server_for_table(RelationGetRelid(rel), user);
	state->relation = ds_relation_open(rel);
	state->key_columns = list_nth(plan->fdw_private, DS_SCAN_KEYS);
	state->key_is_array = list_nth(plan->fdw_private, DS_SCAN_KEY_IS_ARRAY);
	state->spec.table = state->relation->table;
	state->spec.show_secrets = state->server->options.show_activation_url;
	foreach(lc, list_nth(plan->fdw_private, DS_SCAN_COLUMNS))
		state->spec.columns = bms_add_member(state->spec.columns, lfirst_int(lc));

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	state->batch = ds_batch_of_scan(node);
	state->key_values = ExecInitExprList(plan->fdw_exprs, (PlanState *) node);
	state->route = route;
	state->row = ds_row_create(state->relation->table);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "deltashare scan",
										   ALLOCSET_DEFAULT_SIZES);
}

static void
read_key_array(DsKey *key, Datum array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, &nulls, &count);
	key->values = palloc(Max(count, 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			key->values[key->nvalues++] = TextDatumGetCString(elements[i]);
	ds_key_remove_duplicates(key);
}

/* Compute the keys of this (re)scan, in the scan's context. */
static void
evaluate_keys(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	int			n = list_length(state->key_columns);

	state->spec.nkeys = n;
	state->spec.keys = palloc0(Max(n, 1) * sizeof(DsKey));
	for (int i = 0; i < n; i++)
	{
		DsKey	   *key = &state->spec.keys[i];
		bool		isnull;
		Datum		value = ExecEvalExpr((ExprState *) list_nth(state->key_values, i), econtext, &isnull);

		key->column = list_nth_int(state->key_columns, i);
		key->values = palloc(sizeof(char *));
		if (isnull)
			continue;
		if (list_nth_int(state->key_is_array, i))
			read_key_array(key, value);
		else
			key->values[key->nvalues++] = TextDatumGetCString(value);
	}
}

static void
start_scan(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;
	MemoryContext old = MemoryContextSwitchTo(state->context);

	if (state->route != NIL)
		ds_route_check(linitial_oid(state->route), state->server->user_id,
					   lsecond_oid(state->route) ? llast(state->key_values) : NULL, node->ss.ps.ps_ExprContext);
	evaluate_keys(node);
	if (!ds_batch_start_scan(node))
		state->scan = state->server->backend->begin_scan(state->server, &state->spec);
	MemoryContextSwitchTo(old);
}

TupleTableSlot *
deltashareIterateForeignScan(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	MemoryContext old;
	bool		found;

	if (ds_is_statement_scan(node))
		return ds_statement_iterate(node);
	if (state->scan == NULL && !state->from_batch)
		start_scan(node);
	if (state->from_batch)
		return ds_batch_next_row(node);

	old = MemoryContextSwitchTo(state->context);
	found = state->server->backend->next_row(state->scan, state->row);
	MemoryContextSwitchTo(old);
	if (!found)
		return ExecClearTuple(slot);
	ds_row_to_slot(state->relation, state->row, state->server->name, slot);
	return slot;
}

void
ds_scan_stop(DsScanState *state)
{
	if (state->scan == NULL)
		return;
	state->stats = ds_scan_total(state);
	state->server->backend->end_scan(state->scan);
	state->scan = NULL;
}

void
deltashareReScanForeignScan(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;

	if (ds_is_statement_scan(node))
	{
		ds_statement_rescan(node);
		return;
	}
	ds_scan_stop(state);
	state->from_batch = false;
	MemoryContextReset(state->context);
}

void
deltashareEndForeignScan(ForeignScanState *node)
{
	DsScanState *state = node->fdw_state;

	/* the context, and with it all handles, goes with the query */
	if (ds_is_statement_scan(node))
		ds_statement_finish(node);
	else if (state)
		ds_scan_stop(state);
}

DsScanStats
ds_scan_total(const DsScanState *state)
{
	DsScanStats total = state->stats;
	DsScanStats running = {0};

	if (state->scan && state->server->backend->scan_stats)
		state->server->backend->scan_stats(state->scan, &running);
	total.requests += running.requests;
	total.retries += running.retries;
	total.bytes_received += running.bytes_received;
	return total;
}
