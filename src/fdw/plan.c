/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  Planning a scan: sizes, paths, plan.  Nothing here uses the network.
 *
 * A request costs a round trip, and a round trip costs more than all that is
 * done with its rows here; so a path's cost is the number of rounds that it
 * waits for.  Besides the plain scan there is a parameterized path for each
 * key column that a join supplies.
 *
 * Conditions on keys are still checked here: the remote side may compare
 * names without regard to case.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"

#include "fdw/batched_join.h"
#include "fdw/fdw.h"
#include "fdw/plan_state.h"
#include "fdw/pushdown.h"
#include "fdw/routing.h"

/* Guesses without statistics */
#define DEFAULT_ROWS		1000.0
#define DEFAULT_EVENTS		1000000.0
#define COST_OF_UNKNOWN_SERVER	1.0e10
#define DEFAULT_ARRAY_KEYS	10.0

void
deltashareGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	DsPlanState *state = palloc0(sizeof(DsPlanState));
	Relation	rel = table_open(relid, NoLock);

	state->server = ds_server_for_table(relid, ds_plan_user(root, baserel));
	state->relation = ds_relation_open(rel);
	table_close(rel, NoLock);
	baserel->fdw_private = state;

	if (state->server->backend == &ds_routing_backend)
	{
		state->route = ds_route_plan(root, baserel, state->relation);
		if (OidIsValid(state->route->server_oid))
			state->server = ds_server_get(state->route->server_oid, ds_plan_user(root, baserel));
	}
	state->pushed = ds_pushed_table(root, baserel, state->server, state->relation, state->route);
	if (baserel->tuples <= 0)
		baserel->tuples = state->pushed ? DEFAULT_EVENTS : DEFAULT_ROWS;
	set_baserel_size_estimates(root, baserel);
}

List *
ds_collect_key_conditions(PlannerInfo *root, RelOptInfo *baserel, List *clauses)
{
	DsPlanState *state = baserel->fdw_private;
	DsKeyCondition *best[DS_MAX_COLUMNS] = {NULL};
	List	   *conditions = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		Expr	   *clause = IsA(lfirst(lc), RestrictInfo) ? ((RestrictInfo *) lfirst(lc))->clause : lfirst(lc);
		DsKeyCondition *c = ds_key_condition(root, clause, baserel, state->relation);

		if (c && (best[c->column] == NULL || (best[c->column]->is_array && !c->is_array)))
			best[c->column] = c;
	}
	for (int i = 0; i < state->relation->table->ncolumns; i++)
		if (best[i])
			conditions = lappend(conditions, best[i]);
	return conditions;
}

static double
count_array_keys(const DsKeyCondition *condition)
{
	Node	   *value = (Node *) condition->value;

	if (!condition->is_array)
		return 1;
	if (IsA(value, ArrayExpr))
		return list_length(((ArrayExpr *) value)->elements);
	return DEFAULT_ARRAY_KEYS;
}

double
ds_count_rounds(RelOptInfo *baserel, const Bitmapset *columns, double nkeys)
{
	DsPlanState *state = baserel->fdw_private;

	return state->server->backend->estimate_rounds(state->server, state->relation->table,
												   columns, nkeys);
}

static Cost
cost_of_rounds(RelOptInfo *baserel, List *conditions)
{
	Bitmapset  *columns = NULL;
	double		nkeys = 1;
	ListCell   *lc;

	foreach(lc, conditions)
	{
		DsKeyCondition *condition = lfirst(lc);

		columns = bms_add_member(columns, condition->column);
		nkeys = Max(nkeys, count_array_keys(condition));
	}
	return DS_ROUND_COST * ds_count_rounds(baserel, columns, nkeys);
}

static void
add_scan_path(PlannerInfo *root, RelOptInfo *baserel, List *clauses, Relids required_outer)
{
	Cost		startup = cost_of_rounds(baserel, ds_collect_key_conditions(root, baserel, clauses));
	double		rows = baserel->rows;

	if (!bms_is_empty(required_outer))
		rows = get_baserel_parampathinfo(root, baserel, required_outer)->ppi_rows;
	add_path(baserel, (Path *)
			 create_foreignscan_path_compat(root, baserel, rows, startup,
											startup + rows * cpu_tuple_cost, required_outer));
}

/* Is this member of an equivalence class one of our key columns? */
static bool
is_key_member(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
			  EquivalenceMember *em, void *arg)
{
	DsPlanState *state = rel->fdw_private;
	Var		   *var = (Var *) em->em_expr;
	int			column;

	if (!IsA(var, Var) || var->varno != rel->relid || var->varattno < 1)
		return false;
	column = state->relation->columns[var->varattno - 1];
	return column >= 0 && (state->relation->table->columns[column].flags & DS_COL_KEY) != 0;
}

/* Clauses by which other relations could supply a key. */
static List *
collect_join_clauses(PlannerInfo *root, RelOptInfo *baserel)
{
	DsPlanState *state = baserel->fdw_private;
	List	   *clauses = NIL;
	ListCell   *lc;

	foreach(lc, baserel->joininfo)
	{
		RestrictInfo *rinfo = lfirst(lc);

		if (join_clause_is_movable_to(rinfo, baserel) &&
			ds_key_condition(root, rinfo->clause, baserel, state->relation))
			clauses = lappend(clauses, rinfo);
	}
	if (baserel->has_eclass_joins)
		clauses = list_concat(clauses,
							  generate_implied_equalities_for_column(root, baserel, is_key_member,
																	 NULL, baserel->lateral_referencers));
	return clauses;
}

static bool
is_known_set(List *sets, Relids set)
{
	ListCell   *lc;

	foreach(lc, sets)
		if (bms_equal(lfirst(lc), set))
			return true;
	return false;
}

void
deltashareGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid relid)
{
	List	   *seen = NIL;		/* outer relations that have a path already */
	ListCell   *lc;

	if (ds_pushed_of(baserel))
	{
		ds_pushed_add_scan_path(root, baserel);
		return;
	}
	if (((DsPlanState *) baserel->fdw_private)->server->backend == &ds_routing_backend)
	{
		/* cannot be executed, but a plan for known parameters will be chosen */
		add_path(baserel, (Path *)
				 create_foreignscan_path_compat(root, baserel, baserel->rows, COST_OF_UNKNOWN_SERVER,
												COST_OF_UNKNOWN_SERVER, baserel->lateral_relids));
		return;
	}
	add_scan_path(root, baserel, baserel->baserestrictinfo, baserel->lateral_relids);

	foreach(lc, collect_join_clauses(root, baserel))
	{
		RestrictInfo *rinfo = lfirst(lc);
		Relids		outer = bms_union(rinfo->clause_relids, baserel->lateral_relids);
		ParamPathInfo *info;

		outer = bms_del_member(outer, baserel->relid);
		if (bms_is_empty(outer) || is_known_set(seen, outer))
			continue;
		seen = lappend(seen, outer);
		info = get_baserel_parampathinfo(root, baserel, outer);
		add_scan_path(root, baserel,
					  list_concat_copy(info->ppi_clauses, baserel->baserestrictinfo), outer);
	}
}

/* Declared columns that the scan has to produce. */
static List *
collect_needed_columns(RelOptInfo *baserel, List *clauses)
{
	DsPlanState *state = baserel->fdw_private;
	Bitmapset  *attrs = NULL;
	List	   *columns = NIL;
	ListCell   *lc;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &attrs);
	foreach(lc, clauses)
		pull_varattnos(lfirst(lc), baserel->relid, &attrs);

	for (int i = 0; i < state->relation->natts; i++)
		if (state->relation->columns[i] >= 0 &&
			(bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs) ||
			 bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, attrs)))
			columns = lappend_int(columns, state->relation->columns[i]);
	return columns;
}

/*
 * If the path is the inner side of a batched join, make the condition on the
 * batch's column the one that the outer side computes keys for, and return
 * where to find the batch: (parameter, index among the conditions).
 */
static List *
link_to_batch(List *path_private, List *conditions)
{
	ListCell   *lc;

	if (path_private == NIL)
		return NIL;
	foreach(lc, conditions)
	{
		DsKeyCondition *condition = lfirst(lc);

		if (condition->column != intVal(list_nth(path_private, DS_BATCH_PATH_COLUMN)))
			continue;
		condition->value = list_nth(path_private, DS_BATCH_PATH_KEY);
		condition->is_array = false;
		return list_make2_int(intVal(list_nth(path_private, DS_BATCH_PATH_PARAM)),
							  foreach_current_index(lc));
	}
	return NIL;
}

ForeignScan *
deltashareGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel, Oid relid,
						 ForeignPath *best_path, List *tlist,
						 List *scan_clauses, Plan *outer_plan)
{
	List	   *conditions;
	List	   *batch;
	List	   *keys = NIL;
	List	   *is_array = NIL;
	List	   *values = NIL;
	DsRoute    *route = ((DsPlanState *) baserel->fdw_private)->route;
	List	   *route_private = NIL;
	ListCell   *lc;

	if (ds_pushed_of(baserel))
		return ds_pushed_plan(root, baserel, best_path, tlist, scan_clauses, outer_plan);
	scan_clauses = extract_actual_clauses(scan_clauses, false);
	conditions = ds_collect_key_conditions(root, baserel, scan_clauses);
	batch = link_to_batch(best_path->fdw_private, conditions);
	foreach(lc, conditions)
	{
		DsKeyCondition *condition = lfirst(lc);

		keys = lappend_int(keys, condition->column);
		is_array = lappend_int(is_array, condition->is_array);
		values = lappend(values, condition->value);
	}
	if (route)
	{
		route_private = list_make2_oid(route->server_oid, route->name ? 1 : 0);
		if (route->name)
			values = lappend(values, route->name);
	}
	return make_foreignscan(tlist, scan_clauses, baserel->relid, values,
							lappend(list_make4(collect_needed_columns(baserel, scan_clauses), keys,
											   is_array, batch), route_private),
							NIL, NIL, outer_plan);
}
