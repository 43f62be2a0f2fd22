/*-------------------------------------------------------------------------
 *
 * pushdown_join.c
 *	  Joins that a statement computes.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/pushdown_join.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/cost.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"

#include "fdw/pushdown.h"

/*
 * Conditions of ON, all of which have to be sent; those that came from WHERE
 * are something else in an outer join.
 */
static bool
collect_join_conditions(PlannerInfo *root, DsPushed *pushed, RelOptInfo *joinrel, JoinType type, List *clauses)
{
	DsRemoteContext *context = ds_pushed_context(root, pushed);
	ListCell   *lc;

	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!ds_remote_is_condition(context, rinfo->clause) ||
			(type != JOIN_INNER && RINFO_IS_PUSHED_DOWN(rinfo, joinrel->relids)))
			return false;
		pushed->query.from->conditions = lappend(pushed->query.from->conditions, rinfo->clause);
	}
	return true;
}

/*
 * Conditions of the side that may be missing belong into ON, the others into
 * WHERE.
 */
static bool
merge_conditions(DsPushed *pushed, const DsPushed *outer, const DsPushed *inner, JoinType type)
{
	DsRemoteJoin *join = pushed->query.from;

	switch (type)
	{
		case JOIN_INNER:
			pushed->query.conditions = list_concat_copy(outer->query.conditions, inner->query.conditions);
			return true;
		case JOIN_LEFT:
			pushed->query.conditions = list_copy(outer->query.conditions);
			join->conditions = list_copy(inner->query.conditions);
			return true;
		default:
			return false;
	}
}

/* Only what a join's rows are made of can be asked for. */
static bool
has_only_columns(PlannerInfo *root, DsPushed *pushed, RelOptInfo *joinrel)
{
	DsRemoteContext *context = ds_pushed_context(root, pushed);
	ListCell   *lc;

	foreach(lc, joinrel->reltarget->exprs)
	{
		DsValueKind kind;

		if (!IsA(lfirst(lc), Var) || ds_remote_try(context, lfirst(lc), &kind) == NULL)
			return false;
	}
	return true;
}

static DsPushed *
push_join(PlannerInfo *root, RelOptInfo *joinrel, const DsPushed *outer, const DsPushed *inner,
		  JoinType type, List *clauses)
{
	DsPushed   *pushed = palloc0(sizeof(DsPushed));
	DsRemoteJoin *join = palloc0(sizeof(DsRemoteJoin));

	pushed->server = outer->server;
	pushed->tables = list_concat_copy(outer->tables, inner->tables);
	pushed->complete = true;
	pushed->rel = joinrel;
	pushed->query.from = join;
	join->type = type;
	join->left = outer->query.from;
	join->right = inner->query.from;
	if (!merge_conditions(pushed, outer, inner, type) ||
		!collect_join_conditions(root, pushed, joinrel, type, clauses) ||
		!has_only_columns(root, pushed, joinrel))
		return NULL;
	return pushed;
}

/*
 * A join of events with every other one moves more rows than the tables have:
 * the costs say where it pays.
 */
void
deltashareGetForeignJoinPaths(PlannerInfo *root, RelOptInfo *joinrel, RelOptInfo *outerrel,
							  RelOptInfo *innerrel, JoinType jointype, JoinPathExtraData *extra)
{
	DsPushed   *outer = ds_pushed_of(outerrel);
	DsPushed   *inner = ds_pushed_of(innerrel);
	DsPushed   *pushed;

	if (joinrel->fdw_private || outer == NULL || inner == NULL || !outer->complete || !inner->complete ||
		outer->server->oid != inner->server->oid || root->rowMarks != NIL ||
		root->parse->commandType != CMD_SELECT || !bms_is_empty(joinrel->lateral_relids))
		return;
	pushed = push_join(root, joinrel, outer, inner, jointype, extra->restrictlist);
	if (pushed == NULL)
		return;
	ds_pushed_set(joinrel, pushed);
	add_path(joinrel, (Path *)
			 create_foreign_join_path_compat(root, joinrel, joinrel->rows, ds_pushed_startup_cost(pushed),
											 ds_pushed_total_cost(pushed, joinrel->rows), joinrel->lateral_relids,
											 extra->restrictlist));
}
