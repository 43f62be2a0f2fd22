/*-------------------------------------------------------------------------
 *
 * pushdown.c
 *	  Foreign tables that a statement reads: conditions, path, cost.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/pushdown.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/restrictinfo.h"

#include "fdw/plan_state.h"
#include "fdw/pushdown.h"
#include "fdw/routing.h"

/*
 * A statement waits for its submission and some polls.  A small result comes
 * with the last of them, a large one by links that have to be fetched.
 */
#define STATEMENT_ROUNDS	4.0
#define RESULT_ROUNDS		2.0

/* What it costs to move a row, in the planner's units */
#define ROW_COST			0.05

DsPushed *
ds_pushed_of(const RelOptInfo *rel)
{
	return rel->fdw_private ? ((DsPlanState *) rel->fdw_private)->pushed : NULL;
}

DsPushed *
ds_pushed_copy(const DsPushed *pushed)
{
	DsPushed   *copy = palloc(sizeof(DsPushed));

	*copy = *pushed;
	return copy;
}

void
ds_pushed_set(RelOptInfo *rel, DsPushed *pushed)
{
	DsPlanState *state = palloc0(sizeof(DsPlanState));

	state->server = pushed->server;
	state->pushed = pushed;
	rel->fdw_private = state;
}

DsRemoteContext *
ds_pushed_context(PlannerInfo *root, const DsPushed *pushed)
{
	DsRemoteContext *context = ds_remote_context(root);
	ListCell   *lc;

	foreach(lc, pushed->tables)
	{
		DsPushedTable *table = lfirst(lc);

		ds_remote_add_table(context, table->relid, table->relation->table, table->source,
							table->relation->natts, table->relation->columns,
							table->route ? pushed->server->name : NULL);
	}
	context->aggregates = pushed->query.grouped;
	return context;
}

/* Share the conditions out between the statement and us. */
static void
classify_conditions(PlannerInfo *root, RelOptInfo *baserel, DsPushed *pushed)
{
	DsRemoteContext *context = ds_pushed_context(root, pushed);
	const DsPushedTable *table = linitial(pushed->tables);
	ListCell   *lc;

	pushed->complete = true;
	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst(lc);

		/*
		 * One that looks at no row is sent too: core checks it before a scan
		 * of this table, but not before a join or a group that is sent.
		 */
		if (table->route && rinfo == table->route->clause)
		{
			/* it has chosen the server, and is true of all rows there */
			pushed->clauses = lappend(pushed->clauses, rinfo);
			continue;
		}
		if (ds_setting_enable_pushdown && ds_remote_is_condition(context, rinfo->clause))
		{
			pushed->clauses = lappend(pushed->clauses, rinfo);
			pushed->query.conditions = lappend(pushed->query.conditions, rinfo->clause);
		}
		else
			pushed->complete = false;
	}
	if (!ds_setting_enable_pushdown)
		pushed->complete = false;
}

DsPushed *
ds_pushed_table(PlannerInfo *root, RelOptInfo *baserel, DsServer *server, const DsRelation *relation,
				const DsRoute *route)
{
	const DsSource *source = server->backend->source ? server->backend->source(relation->table) : NULL;
	DsPushed   *pushed;
	DsPushedTable *table;

	if (source == NULL)
		return NULL;
	table = palloc(sizeof(DsPushedTable));
	table->relid = baserel->relid;
	table->relation = relation;
	table->source = source;
	table->route = route;

	pushed = palloc0(sizeof(DsPushed));
	pushed->server = server;
	pushed->tables = list_make1(table);
	pushed->rel = baserel;
	pushed->query.from = palloc0(sizeof(DsRemoteJoin));
	pushed->query.from->relid = baserel->relid;
	classify_conditions(root, baserel, pushed);
	return pushed;
}

/* More rows than these are fetched by links, whatever it takes. */
#define SMALL_RESULT		10000

bool
ds_pushed_is_small(const DsPushed *pushed)
{
	const Const *limit = pushed->query.limit;

	return pushed->query.grouped || pushed->query.distinct ||
		(limit && DatumGetInt64(limit->constvalue) <= SMALL_RESULT);
}

Cost
ds_pushed_startup_cost(const DsPushed *pushed)
{
	return DS_ROUND_COST * (STATEMENT_ROUNDS + (ds_pushed_is_small(pushed) ? 0 : RESULT_ROUNDS));
}

Cost
ds_pushed_total_cost(const DsPushed *pushed, double rows)
{
	return ds_pushed_startup_cost(pushed) + rows * (ROW_COST + cpu_tuple_cost);
}

/* Rows that the statement returns, before conditions that are left to us */
static double
estimate_sent_rows(PlannerInfo *root, RelOptInfo *baserel, const DsPushed *pushed)
{
	Selectivity selectivity = clauselist_selectivity(root, pushed->clauses, baserel->relid, JOIN_INNER, NULL);

	return clamp_row_est(baserel->tuples * selectivity);
}

/*
 * The only path is the plain one: a statement for each row of another relation
 * would never be a good plan.
 */
void
ds_pushed_add_scan_path(PlannerInfo *root, RelOptInfo *baserel)
{
	DsPushed   *pushed = ds_pushed_of(baserel);

	add_path(baserel, (Path *)
			 create_foreignscan_path_compat(root, baserel, baserel->rows, ds_pushed_startup_cost(pushed),
											ds_pushed_total_cost(pushed, estimate_sent_rows(root, baserel, pushed)),
											baserel->lateral_relids));
}
