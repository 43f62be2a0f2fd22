/*-------------------------------------------------------------------------
 *
 * pushdown.h
 *	  Planning of what a server's engine computes.
 *
 * A relation of the planner that can be read by one statement has a DsPushed:
 * a foreign table, a join of such, and what is made of it by grouping and so
 * on.  Each stage copies that of its input and adds to it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/pushdown.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_PUSHDOWN_H
#define DELTASHARE_PUSHDOWN_H

#include "fdw/fdw.h"
#include "remote_sql/remote_sql.h"

/* A foreign table that a statement reads */
typedef struct DsPushedTable
{
	Index		relid;
	const DsRelation *relation;
	const DsSource *source;
	const struct DsRoute *route;	/* NULL: of the table's own server */
} DsPushedTable;

typedef struct DsPushed
{
	DsServer   *server;
	List	   *tables;			/* DsPushedTable */
	DsRemoteQuery query;		/* its results are filled in for the plan, or
								 * by grouping */
	List	   *clauses;		/* RestrictInfo of a table that are sent */
	List	   *local_quals;	/* Expr, computed here on the statement's rows */
	bool		complete;		/* nothing but the target list is left to do */
	RelOptInfo *rel;			/* whose columns the statement returns */
} DsPushed;

/* Slots of the list in ForeignScan.fdw_private that describes a statement */
typedef enum DsStatementPrivate
{
	DS_STATEMENT_TEXT,
	DS_STATEMENT_FORMS,			/* DsParameterForm of each of fdw_exprs */
	DS_STATEMENT_KINDS,			/* DsValueKind of each result */
	DS_STATEMENT_ATTRIBUTES,	/* attribute of the scan tuple of each */
	DS_STATEMENT_SMALL,
	DS_STATEMENT_SERVER			/* oid */
} DsStatementPrivate;

/* in pushdown.c */

/* NULL: the server has no engine for this table */
extern DsPushed *ds_pushed_table(PlannerInfo *root, RelOptInfo *baserel, DsServer *server,
								 const DsRelation *relation, const struct DsRoute *route);
extern DsPushed *ds_pushed_of(const RelOptInfo *rel);
extern DsPushed *ds_pushed_copy(const DsPushed *pushed);
extern void ds_pushed_set(RelOptInfo *rel, DsPushed *pushed);

/* A context in which expressions over the tables can be tried */
extern DsRemoteContext *ds_pushed_context(PlannerInfo *root, const DsPushed *pushed);
extern void ds_pushed_add_scan_path(PlannerInfo *root, RelOptInfo *baserel);

/* Is the result expected to be small enough to come with the answer? */
extern bool ds_pushed_is_small(const DsPushed *pushed);
extern Cost ds_pushed_startup_cost(const DsPushed *pushed);
extern Cost ds_pushed_total_cost(const DsPushed *pushed, double rows);

/* in pushdown_plan.c */
extern ForeignScan *ds_pushed_plan(PlannerInfo *root, RelOptInfo *rel, ForeignPath *path,
								   List *tlist, List *scan_clauses, Plan *outer_plan);

/* in pushdown_join.c */
extern void deltashareGetForeignJoinPaths(PlannerInfo *root, RelOptInfo *joinrel,
										  RelOptInfo *outerrel, RelOptInfo *innerrel,
										  JoinType jointype, JoinPathExtraData *extra);

/* in pushdown_upper.c */
extern void deltashareGetForeignUpperPaths(PlannerInfo *root, UpperRelationKind stage,
										   RelOptInfo *input_rel, RelOptInfo *output_rel,
										   void *extra);

/* in statement_scan.c */
extern bool ds_is_statement_scan(const ForeignScanState *node);
extern void ds_statement_begin(ForeignScanState *node, int eflags);
extern TupleTableSlot *ds_statement_iterate(ForeignScanState *node);
extern void ds_statement_rescan(ForeignScanState *node);
extern void ds_statement_finish(ForeignScanState *node);
extern void ds_statement_explain(ForeignScanState *node, ExplainState *es);

#endif							/* DELTASHARE_PUSHDOWN_H */
