/*-------------------------------------------------------------------------
 *
 * pushdown_upper.c
 *	  GROUP BY, DISTINCT, ORDER BY and LIMIT that a statement computes.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/pushdown_upper.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "fdw/pushdown.h"

/* ----------
 * GROUP BY and HAVING
 * ----------
 */

/* A group key has to be a column of the table whose equality is that of bytes. */
static bool
is_group_key(DsRemoteContext *context, Expr *expr)
{
	DsValueKind kind;

	return !ds_remote_is_local(context, expr) && ds_remote_try(context, expr, &kind) != NULL &&
		ds_remote_equal_is_same(kind, exprCollation((Node *) expr));
}

/*
 * What of an expression has to come from the statement: all of it, or else the
 * aggregates and group keys in it.
 */
static bool
add_result(DsRemoteContext *context, DsPushed *pushed, Expr *expr)
{
	ListCell   *lc;

	if (ds_remote_is_local(context, expr) || list_member(pushed->query.results, expr))
		return true;
	if (ds_remote_result(context, expr))
	{
		pushed->query.results = lappend(pushed->query.results, expr);
		return true;
	}
	foreach(lc, pull_var_clause((Node *) expr, PVC_INCLUDE_AGGREGATES | PVC_RECURSE_PLACEHOLDERS))
	{
		Expr	   *part = lfirst(lc);

		if (list_member(pushed->query.results, part))
			continue;
		if (!IsA(part, Aggref) || ds_remote_result(context, part) == NULL)
			return false;
		pushed->query.results = lappend(pushed->query.results, part);
	}
	return true;
}

/* The group keys first, so that expressions over them find them. */
static bool
push_group_keys(PlannerInfo *root, DsRemoteContext *context, DsPushed *pushed, PathTarget *target)
{
	ListCell   *lc;

	foreach(lc, target->exprs)
	{
		Index		ref = get_pathtarget_sortgroupref(target, foreach_current_index(lc));
		Expr	   *expr = lfirst(lc);

		if (ref == 0 || get_sortgroupref_clause_noerr(ref, root->parse->groupClause) == NULL)
			continue;
		context->aggregates = false;
		if (!is_group_key(context, expr))
			return false;
		context->aggregates = true;
		pushed->query.group_by = lappend(pushed->query.group_by, expr);
		pushed->query.results = list_append_unique(pushed->query.results, expr);
	}
	return true;
}

static bool
push_group_target(DsRemoteContext *context, DsPushed *pushed, PathTarget *target)
{
	ListCell   *lc;

	foreach(lc, target->exprs)
		if (!add_result(context, pushed, lfirst(lc)))
			return false;
	return true;
}

static bool
push_having(DsRemoteContext *context, DsPushed *pushed, List *having)
{
	ListCell   *lc;

	foreach(lc, having)
	{
		Expr	   *expr = lfirst(lc);

		if (ds_remote_is_condition(context, expr))
		{
			pushed->query.having = lappend(pushed->query.having, expr);
			continue;
		}
		if (!add_result(context, pushed, expr))
			return false;
		pushed->local_quals = lappend(pushed->local_quals, expr);
		pushed->complete = false;
	}
	return true;
}

static double
estimate_groups(PlannerInfo *root, const DsPushed *pushed, double rows)
{
	if (pushed->query.group_by == NIL)
		return 1;
	return estimate_num_groups_compat(root, pushed->query.group_by, rows);
}

static void
push_grouping(PlannerInfo *root, const DsPushed *input, RelOptInfo *input_rel, RelOptInfo *output_rel,
			  GroupPathExtraData *extra)
{
	DsPushed   *pushed = ds_pushed_copy(input);
	DsRemoteContext *context;
	double		groups;

	if (root->parse->groupingSets || extra->patype != PARTITIONWISE_AGGREGATE_NONE || input->query.grouped)
		return;
	pushed->rel = output_rel;
	pushed->query.grouped = true;
	context = ds_pushed_context(root, pushed);
	if (!push_group_keys(root, context, pushed, output_rel->reltarget) ||
		!push_group_target(context, pushed, output_rel->reltarget) ||
		!push_having(context, pushed, (List *) extra->havingQual))
		return;
	ds_pushed_set(output_rel, pushed);
	groups = estimate_groups(root, pushed, input_rel->rows);
	add_path(output_rel, (Path *)
			 create_foreign_upper_path_compat(root, output_rel, output_rel->reltarget, groups,
											  ds_pushed_startup_cost(pushed), ds_pushed_total_cost(pushed, groups), NIL, NIL));
}

/* ----------
 * DISTINCT
 * ----------
 */
static void
push_distinct(PlannerInfo *root, const DsPushed *input, RelOptInfo *input_rel, RelOptInfo *output_rel)
{
	DsPushed   *pushed = ds_pushed_copy(input);
	PathTarget *target = root->upper_targets[UPPERREL_DISTINCT];
	DsRemoteContext *context;
	double		rows;
	ListCell   *lc;

	if (root->parse->hasDistinctOn || input->query.grouped || root->parse->hasTargetSRFs)
		return;
	pushed->rel = output_rel;
	pushed->query.distinct = true;
	context = ds_pushed_context(root, pushed);
	foreach(lc, target->exprs)
	{
		if (ds_remote_is_local(context, lfirst(lc)))
			continue;			/* the same in every row */
		if (!is_group_key(context, lfirst(lc)))
			return;
		pushed->query.results = list_append_unique(pushed->query.results, lfirst(lc));
	}
	if (pushed->query.results == NIL)
		return;
	ds_pushed_set(output_rel, pushed);
	rows = estimate_num_groups_compat(root, pushed->query.results, input_rel->rows);
	add_path(output_rel, (Path *)
			 create_foreign_upper_path_compat(root, output_rel, target, rows, ds_pushed_startup_cost(pushed),
											  ds_pushed_total_cost(pushed, rows), NIL, NIL));
}

/* ----------
 * ORDER BY
 * ----------
 */

static DsSortKey *
make_sort_key(DsRemoteContext *context, const DsPushed *pushed, SortGroupClause *clause, Expr *expr)
{
	DsSortKey  *key = palloc(sizeof(DsSortKey));
	DsRemoteColumn *column = ds_remote_result(context, expr);
	Oid			family,
				type;
	DsSortStrategy strategy;

	if (column == NULL || list_length(column->texts) != 1 ||
		!ds_remote_order_is_same(column->kind, exprCollation((Node *) expr)) ||
		((pushed->query.grouped || pushed->query.distinct) && !list_member(pushed->query.results, expr)) ||
		!get_ordering_op_properties(clause->sortop, &family, &type, &strategy) ||
		family >= FirstGenbkiObjectId)
		return NULL;
	key->expr = expr;
	key->descending = strategy == DS_SORT_DESCENDING;
	key->nulls_first = clause->nulls_first;
	return key;
}

static bool
push_sort_keys(PlannerInfo *root, DsPushed *pushed)
{
	DsRemoteContext *context = ds_pushed_context(root, pushed);
	ListCell   *lc;

	foreach(lc, root->parse->sortClause)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, lc);
		Expr	   *expr = (Expr *) get_sortgroupclause_expr(clause, root->processed_tlist);
		DsSortKey  *key;

		if (ds_remote_is_local(context, expr))
			continue;
		key = make_sort_key(context, pushed, clause, expr);
		if (key == NULL)
			return false;
		pushed->query.sort_keys = lappend(pushed->query.sort_keys, key);
	}
	return true;
}

static double
rows_of(const RelOptInfo *rel)
{
	return rel->rows > 0 ? rel->rows : rel->cheapest_total_path ? rel->cheapest_total_path->rows : 1;
}

/*
 * The path belongs to the relation whose columns it returns, so that its plan
 * is made like that one's; the statement comes along.
 */
static void
add_final_path(PlannerInfo *root, DsPushed *pushed, RelOptInfo *output_rel, PathTarget *target, double rows,
			   List *pathkeys)
{
	ds_pushed_set(output_rel, pushed);
	add_path(output_rel, (Path *)
			 create_foreign_upper_path_compat(root, pushed->rel, target, rows, ds_pushed_startup_cost(pushed),
											  ds_pushed_total_cost(pushed, rows), pathkeys, list_make1(pushed)));
}

static void
push_order(PlannerInfo *root, const DsPushed *input, RelOptInfo *input_rel, RelOptInfo *output_rel)
{
	DsPushed   *pushed = ds_pushed_copy(input);

	if (root->parse->hasTargetSRFs || !push_sort_keys(root, pushed))
		return;
	add_final_path(root, pushed, output_rel, root->upper_targets[UPPERREL_ORDERED], rows_of(input_rel),
				   root->sort_pathkeys);
}

/* ----------
 * LIMIT and OFFSET
 * ----------
 */

/* A constant that the remote side takes; *value is -1 where there is none. */
static bool
is_plain_limit(Node *node, Const **constant, double *value)
{
	*constant = (Const *) node;
	*value = -1;
	if (node == NULL || (IsA(node, Const) && ((Const *) node)->constisnull))
	{
		*constant = NULL;
		return true;
	}
	if (!IsA(node, Const) || (*constant)->consttype != INT8OID)
		return false;
	*value = DatumGetInt64((*constant)->constvalue);
	return *value >= 0 && *value <= PG_INT32_MAX;
}

static void
push_limit(PlannerInfo *root, const DsPushed *input, RelOptInfo *input_rel, RelOptInfo *output_rel,
		   FinalPathExtraData *extra)
{
	Query	   *parse = root->parse;
	DsPushed   *pushed = ds_pushed_copy(input);
	double		limit,
				offset;
	double		rows = rows_of(input_rel);

	if (!extra->limit_needed || parse->limitOption != LIMIT_OPTION_COUNT || parse->rowMarks || root->rowMarks ||
		parse->commandType != CMD_SELECT || parse->hasTargetSRFs ||
		(parse->sortClause && !list_member_ptr(root->upper_rels[UPPERREL_ORDERED], input_rel)) ||
		!is_plain_limit(parse->limitCount, &pushed->query.limit, &limit) ||
		!is_plain_limit(parse->limitOffset, &pushed->query.offset, &offset) ||
		limit + offset > PG_INT32_MAX)	/* which the remote side adds as such */
		return;
	if (limit >= 0)
		rows = Min(rows, Max(limit, 1));
	add_final_path(root, pushed, output_rel, root->upper_targets[UPPERREL_FINAL], rows, root->sort_pathkeys);
}

void
deltashareGetForeignUpperPaths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
							   RelOptInfo *output_rel, void *extra)
{
	DsPushed   *input = ds_pushed_of(input_rel);

	if (input == NULL || !input->complete || output_rel->fdw_private)
		return;
	switch (stage)
	{
		case UPPERREL_GROUP_AGG:
			push_grouping(root, input, input_rel, output_rel, extra);
			break;
		case UPPERREL_DISTINCT:
			push_distinct(root, input, input_rel, output_rel);
			break;
		case UPPERREL_ORDERED:
			push_order(root, input, input_rel, output_rel);
			break;
		case UPPERREL_FINAL:
			push_limit(root, input, input_rel, output_rel, extra);
			break;
		default:
			break;
	}
}
