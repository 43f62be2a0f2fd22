/*-------------------------------------------------------------------------
 *
 * batched_join_plan.c
 *	  From the path that wraps the outer side of a batched join to its plan.
 *
 * The node returns the rows of its child, so its scan tuple is the target
 * list of the child, in which the key is expressed.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join_plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "optimizer/paramassign.h"
#include "optimizer/placeholder.h"

#include "fdw/batched_join.h"
#include "fdw/plan_state.h"

typedef struct MapContext
{
	List	   *tlist;
	bool		failed;
} MapContext;

/*
 * Is it the same value, computed by the child?  What outer joins the child has
 * been through (nullingrels) is its own affair: in a row of it the value is
 * what it is.
 */
static bool
is_same_value(Node *wanted, Node *have)
{
	if (IsA(wanted, Var) && IsA(have, Var))
		return ((Var *) wanted)->varno == ((Var *) have)->varno &&
			((Var *) wanted)->varattno == ((Var *) have)->varattno &&
			((Var *) wanted)->varlevelsup == ((Var *) have)->varlevelsup;
	if (IsA(wanted, PlaceHolderVar) && IsA(have, PlaceHolderVar))
		return ((PlaceHolderVar *) wanted)->phid == ((PlaceHolderVar *) have)->phid;
	return equal(wanted, have);
}

static Node *
map_to_tlist(Node *node, MapContext *context)
{
	ListCell   *lc;

	if (node == NULL)
		return NULL;
	foreach(lc, context->tlist)
		if (is_same_value(node, (Node *) ((TargetEntry *) lfirst(lc))->expr))
			return copyObject((Node *) ((TargetEntry *) lfirst(lc))->expr);
	if (IsA(node, Var))
		context->failed = true;
	return expression_tree_mutator(node, map_to_tlist, context);
}

/* The key in terms of the child's columns, as a list; NIL if it cannot be. */
static List *
express_key(Expr *key, List *tlist)
{
	MapContext	context = {tlist, false};
	Node	   *mapped = map_to_tlist((Node *) key, &context);

	return context.failed ? NIL : list_make1(mapped);
}

static Plan *
plan_batch_scan(PlannerInfo *root, RelOptInfo *rel, CustomPath *best_path,
				List *tlist, List *clauses, List *custom_plans)
{
	CustomScan *plan = makeNode(CustomScan);
	Plan	   *child = linitial(custom_plans);
	Node	   *param = list_nth(best_path->custom_private, DS_BATCH_PATH_PARAM);
	Expr	   *key = list_nth(best_path->custom_private, DS_BATCH_PATH_KEY);

	/* outer plans are made before inner ones, which find the number there */
	intVal(param) = assign_special_exec_param(root);

	/* the clauses are the child's */
	plan->scan.plan.targetlist = tlist;
	plan->scan.scanrelid = 0;
	plan->flags = best_path->flags;
	plan->custom_plans = custom_plans;
	plan->custom_scan_tlist = copyObject(child->targetlist);
	plan->custom_exprs = express_key(key, plan->custom_scan_tlist);
	plan->custom_private = list_make2_int(intVal(param),
										  intVal(list_nth(best_path->custom_private,
														  DS_BATCH_PATH_FIRST_KEYS)));
	plan->methods = &ds_batch_scan_methods;
	return &plan->scan.plan;
}

const CustomPathMethods ds_batch_path_methods = {
	.CustomName = "Delta Sharing Key Batch",
	.PlanCustomPath = plan_batch_scan,
};

const CustomScanMethods ds_batch_scan_methods = {
	.CustomName = "Delta Sharing Key Batch",
	.CreateCustomScanState = ds_batch_create_scan_state,
};
