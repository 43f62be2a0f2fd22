/*-------------------------------------------------------------------------
 *
 * plan_state.h
 *	  What is known of a foreign table while a query is planned, and what its
 *	  requests cost; shared by the paths of scans and of batched joins.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/plan_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_PLAN_STATE_H
#define DELTASHARE_PLAN_STATE_H

#include "fdw/fdw.h"

/* What a round trip costs, in the planner's units. */
#define DS_ROUND_COST		1000.0

/* RelOptInfo.fdw_private of a foreign table of ours */
typedef struct DsPlanState
{
	DsServer   *server;
	DsRelation *relation;		/* NULL: not a foreign table */
	struct DsRoute *route;		/* see routing.h; NULL: the table's own server */
	struct DsPushed *pushed;	/* see pushdown.h; NULL: no statement */
} DsPlanState;

/* in plan.c */

/*
 * Key conditions of a list of clauses: at most one per column, an equality
 * rather than an array.
 */
extern List *ds_collect_key_conditions(PlannerInfo *root, RelOptInfo *baserel, List *clauses);

/* Rounds of waiting when these columns are asked for with so many keys. */
extern double ds_count_rounds(RelOptInfo *baserel, const Bitmapset *columns, double nkeys);

#endif							/* DELTASHARE_PLAN_STATE_H */
