/*-------------------------------------------------------------------------
 *
 * batched_join_explain.c
 *	  EXPLAIN of the outer side of a batched join.
 *
 * The requests are shown with the inner side, which sends them.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join_explain.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/ruleutils.h"

#include "fdw/batched_join.h"

void
ds_batch_explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	DsBatchScanState *state = (DsBatchScanState *) node;
	CustomScan *plan = (CustomScan *) node->ss.ps.plan;
	const DsBatchStats *stats = ds_batch_stats(state->batch);

	if (plan->custom_exprs != NIL)
	{
		List	   *context = set_deparse_context_plan(es->deparse_cxt, &plan->scan.plan, ancestors);
		bool		useprefix = list_length(es->rtable) > 1 || es->verbose;

		ExplainPropertyText("Key", deparse_expression(linitial(plan->custom_exprs), context,
													  useprefix, false), es);
	}
	if (es->analyze)
	{
		ExplainPropertyInteger("Batches", NULL, stats->batches, es);
		ExplainPropertyInteger("Keys", NULL, stats->keys, es);
	}
}
