/*-------------------------------------------------------------------------
 *
 * batched_join_path.c
 *	  Offer nested loops that ask the inner side for many keys at a time.
 *
 * Whatever parameterized scan of a foreign table the outer side of a join can
 * feed, core makes a nested loop of it that waits for one request per outer
 * row.  Here we offer the same nested loop again, with its outer path wrapped
 * and its inner path cheaper: the rounds that are waited for are those of all
 * distinct keys together.
 *
 * The wrapper reads outer rows before the join asks for them.  That is not
 * done under row locks and in statements that change tables, whose rows may
 * be visited again.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join_path.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "utils/selfuncs.h"

#include "fdw/batched_join.h"
#include "fdw/plan_state.h"

/* The key that the outer side supplies. */
typedef struct BatchKey
{
	ParamPathInfo *info;		/* of the inner scan */
	int			column;
	Expr	   *value;
	double		ndistinct;
} BatchKey;

static set_join_pathlist_hook_type previous_join_hook = NULL;

static bool
is_read_only(PlannerInfo *root)
{
	for (; root; root = root->parent_root)
		if (root->rowMarks != NIL || root->parse->rowMarks != NIL ||
			(root->parse->commandType != CMD_SELECT && root->parse->commandType != CMD_INSERT))
			return false;
	return true;
}

static bool
is_our_relation(RelOptInfo *rel)
{
	DsPlanState *state = rel->fdw_private;

	return rel->reloptkind == RELOPT_BASEREL &&
		rel->fdwroutine != NULL &&
		rel->fdwroutine->GetForeignPlan == deltashareGetForeignPlan &&
		!IS_DUMMY_REL(rel) &&	/* we have not seen it then */
		state->server->backend->is_one_request != NULL;
}

/*
 * A key known without the join replaces the list anyway: then it is better to
 * ask with that one.
 */
static bool
is_batchable_join(PlannerInfo *root, RelOptInfo *outerrel, RelOptInfo *innerrel, JoinType jointype)
{
	switch (jointype)
	{
		case JOIN_INNER:
		case JOIN_LEFT:
		case JOIN_SEMI:
		case JOIN_ANTI:
		case JOIN_UNIQUE_OUTER:
			break;
		default:
			return false;
	}
	return is_our_relation(innerrel) &&
		!IS_OTHER_REL(outerrel) &&
		bms_is_empty(innerrel->lateral_relids) &&
		is_read_only(root) &&
		ds_collect_key_conditions(root, innerrel, innerrel->baserestrictinfo) == NIL;
}

/*
 * Of the keys that join clauses supply, the one with the fewest values; false
 * if there is none.
 */
static bool
choose_key(PlannerInfo *root, RelOptInfo *innerrel, ParamPathInfo *info, double outer_rows,
		   BatchKey *key)
{
	ListCell   *lc;

	key->info = info;
	key->column = -1;
	foreach(lc, ds_collect_key_conditions(root, innerrel, info->ppi_clauses))
	{
		DsKeyCondition *condition = lfirst(lc);
		double		ndistinct;

		if (condition->is_array)
			continue;
		ndistinct = estimate_num_groups_compat(root, list_make1(condition->value), outer_rows);
		if (key->column >= 0 && ndistinct >= key->ndistinct)
			continue;
		key->column = condition->column;
		key->value = condition->value;
		key->ndistinct = ndistinct;
	}
	return key->column >= 0;
}

/*
 * The wrapper around the outer path.  The first round of requests is waited
 * for before there is any row.
 */
static Path *
make_outer_path(Path *child, List *private)
{
	CustomPath *path = makeNode(CustomPath);

	path->path.pathtype = T_CustomScan;
	path->path.parent = child->parent;
	path->path.pathtarget = child->pathtarget;
	path->path.rows = child->rows;
	path->path.startup_cost = child->startup_cost + DS_ROUND_COST;
	path->path.total_cost = child->total_cost + DS_ROUND_COST +
		clamp_row_est(child->rows) * 2 * cpu_operator_cost;
	path->path.pathkeys = child->pathkeys;
	ds_inherit_disabled_nodes(&path->path, child);
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_paths = list_make1(child);
	path->custom_private = private;
	path->methods = &ds_batch_path_methods;
	return &path->path;
}

/* The inner path: one scan bears its part of the rounds after the first. */
static Path *
make_inner_path(PlannerInfo *root, RelOptInfo *innerrel, const BatchKey *key,
				double outer_rows, List *private)
{
	double		rounds = ds_count_rounds(innerrel, bms_make_singleton(key->column), key->ndistinct);
	Cost		startup = DS_ROUND_COST * Max(rounds - 1, 0) / clamp_row_est(outer_rows);
	double		rows = key->info->ppi_rows;
	ForeignPath *path;

	path = create_foreignscan_path_compat(root, innerrel, rows, startup,
										  startup + rows * cpu_tuple_cost,
										  key->info->ppi_req_outer);
	path->fdw_private = private;
	return &path->path;
}

static void
add_nested_loop(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *innerrel, Path *outer,
				JoinType jointype, JoinPathExtraData *extra, ParamPathInfo *info)
{
	DsPlanState *state = innerrel->fdw_private;
	BatchKey	key;
	List	   *private;
	Path	   *outer_path;
	Path	   *inner_path;
	JoinCostWorkspace workspace;

	if (!choose_key(root, innerrel, info, outer->rows, &key))
		return;
	private = list_make4(makeInteger(-1), makeInteger(key.column),
						 makeInteger(state->server->options.concurrency), key.value);
	outer_path = make_outer_path(outer, private);
	inner_path = make_inner_path(root, innerrel, &key, outer->rows, private);
	initial_cost_nestloop(root, &workspace, jointype, outer_path, inner_path, extra);
	add_path(joinrel, (Path *)
			 create_nestloop_path(root, joinrel, jointype, &workspace, extra,
								  outer_path, inner_path, extra->restrictlist,
								  build_join_pathkeys(root, joinrel, jointype,
													  outer_path->pathkeys),
								  NULL));
}

/*
 * Outer paths that need nothing from elsewhere.  For JOIN_UNIQUE_OUTER their
 * rows are made distinct first, and what remains is an inner join.
 */
static List *
collect_outer_paths(PlannerInfo *root, RelOptInfo *outerrel, JoinType *jointype,
					JoinPathExtraData *extra)
{
	List	   *paths = NIL;
	ListCell   *lc;

	if (*jointype == JOIN_UNIQUE_OUTER)
	{
		Path	   *path = outerrel->cheapest_total_path;

		*jointype = JOIN_INNER;
		if (PATH_REQ_OUTER(path))
			return NIL;
		path = (Path *) create_unique_path(root, outerrel, path, extra->sjinfo);
		return path ? list_make1(path) : NIL;
	}
	foreach(lc, outerrel->pathlist)
		if (PATH_REQ_OUTER((Path *) lfirst(lc)) == NULL)
			paths = lappend(paths, lfirst(lc));
	return paths;
}

static void
add_batched_joins(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
				  RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra)
{
	List	   *outer_paths = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	if (previous_join_hook)
		previous_join_hook(root, joinrel, outerrel, innerrel, jointype, extra);
	if (!ds_setting_enable_batched_join ||
		!is_batchable_join(root, outerrel, innerrel, jointype))
		return;
	outer_paths = collect_outer_paths(root, outerrel, &jointype, extra);
	foreach(lc, innerrel->ppilist)
	{
		ParamPathInfo *info = lfirst(lc);

		if (!bms_is_subset(info->ppi_req_outer, outerrel->relids))
			continue;
		foreach(lc2, outer_paths)
			add_nested_loop(root, joinrel, innerrel, lfirst(lc2), jointype, extra, info);
	}
}

void
ds_batched_join_init(void)
{
	previous_join_hook = set_join_pathlist_hook;
	set_join_pathlist_hook = add_batched_joins;
	RegisterCustomScanMethods(&ds_batch_scan_methods);
}
