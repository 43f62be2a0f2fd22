/*-------------------------------------------------------------------------
 *
 * explain.c
 *	  EXPLAIN (VERBOSE) shows the requests, EXPLAIN ANALYZE what they cost.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/explain.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "fdw/fdw.h"
#include "fdw/pushdown.h"
#include "fdw/scan_state.h"

/* A key as far as it is known before execution. */
static void
fill_constant_key(DsKey *key, Expr *expr, bool is_array)
{
	Const	   *constant = (Const *) expr;
	Datum	   *elements;
	int			count;

	key->values = NULL;
	if (!IsA(constant, Const) || constant->constisnull)
		return;
	if (!is_array)
	{
		key->values = palloc(sizeof(char *));
		key->values[0] = TextDatumGetCString(constant->constvalue);
		key->nvalues = 1;
		return;
	}
	if (array_contains_nulls(DatumGetArrayTypeP(constant->constvalue)))
		return;
	deconstruct_array(DatumGetArrayTypeP(constant->constvalue), TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	key->values = palloc(Max(count, 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
		key->values[i] = TextDatumGetCString(elements[i]);
	key->nvalues = count;
}

static List *
describe_requests(DsScanState *state, List *exprs)
{
	DsScanSpec	spec = state->spec;

	spec.nkeys = list_length(state->key_columns);
	spec.keys = palloc0(Max(spec.nkeys, 1) * sizeof(DsKey));
	for (int i = 0; i < spec.nkeys; i++)
	{
		spec.keys[i].column = list_nth_int(state->key_columns, i);
		fill_constant_key(&spec.keys[i], list_nth(exprs, i),
						  list_nth_int(state->key_is_array, i) != 0);
	}
	return state->server->backend->describe_scan(state->server, &spec);
}

void
ds_explain_stats(const DsScanStats *stats, ExplainState *es)
{
	ExplainPropertyInteger("Requests", NULL, stats->requests, es);
	if (stats->retries > 0 || es->format != EXPLAIN_FORMAT_TEXT)
		ExplainPropertyInteger("Retries", NULL, stats->retries, es);
	ExplainPropertyInteger("Received", "bytes", stats->bytes_received, es);
}

void
deltashareExplainForeignScan(ForeignScanState *node, ExplainState *es)
{
	DsScanState *state = node->fdw_state;

	if (ds_is_statement_scan(node))
	{
		ds_statement_explain(node, es);
		return;
	}
	if (es->verbose)
	{
		List	   *lines = describe_requests(state, ((ForeignScan *) node->ss.ps.plan)->fdw_exprs);
		const char *label = state->server->backend->explain_label;

		if (list_length(lines) == 1)
			ExplainPropertyText(label, linitial(lines), es);
		else
			ExplainPropertyList(label, lines, es);
	}
	if (es->analyze && state->server->backend->scan_stats)
	{
		DsScanStats stats = ds_scan_total(state);

		ds_explain_stats(&stats, es);
	}
}

void
deltashareExplainForeignModify(ModifyTableState *mtstate, ResultRelInfo *rinfo,
							   List *fdw_private, int subplan_index, ExplainState *es)
{
	DsServer   *server;
	const DsTable *table = ds_relation_table(rinfo->ri_RelationDesc);

	if (!es->verbose || table == NULL)
		return;
	server = ds_server_for_table(RelationGetRelid(rinfo->ri_RelationDesc), GetUserId());
	ExplainPropertyText(server->backend->explain_label,
						server->backend->describe_write(table, mtstate->operation), es);
}
