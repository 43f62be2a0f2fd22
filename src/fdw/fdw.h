/*-------------------------------------------------------------------------
 *
 * fdw.h
 *	  What the planner and executor call, and what its parts share.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/fdw.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_FDW_H
#define DELTASHARE_FDW_H

#include "commands/explain.h"
#include "foreign/fdwapi.h"
#include "nodes/pathnodes.h"
#include "utils/rel.h"

#include "backend/backend.h"
#include "compat.h"

#define DS_FDW_NAME			"deltashare_fdw"
#define DS_EXTENSION_SCHEMA	"deltashare"

/* in settings.c */
extern char *ds_setting_server; /* deltashare.server */
extern bool ds_setting_enable_batched_join; /* deltashare.enable_batched_join */
extern bool ds_setting_enable_pushdown; /* deltashare.enable_pushdown */
extern void ds_settings_init(void);

/* in redact.c */
extern void ds_redact_init(void);
extern void ds_redact_statement(const char *secret);

/* in options.c */

/*
 * The server and the user's mapping as one struct, options parsed, defaults
 * filled in.  Raises an error if they do not fit together; sends nothing.
 */
extern DsServer *ds_server_get(Oid server_oid, Oid user_id);

/* The same with the options of a foreign table. */
extern DsServer *ds_server_for_table(Oid relid, Oid user_id);

/* Is this server one of ours? */
extern bool ds_server_is_ours(Oid server_oid);

/* in servers.c */

/*
 * The server that a function works on: the one that is named, else the setting
 * deltashare.server, else the only one the user may use.  Checks USAGE.
 */
extern Oid	ds_resolve_server(const char *name, Oid user_id);

/* in relation.c */

/* How the columns of a foreign table map to those of its declared table. */
typedef struct DsRelation
{
	const DsTable *table;
	int			natts;
	int		   *columns;		/* attnum - 1 -> declared column, -1: dropped */
} DsRelation;

/* In place of a declared column: the name of the server, see routing.h */
#define DS_SERVER_COLUMN	(-2)

extern DsRelation *ds_relation_open(Relation rel);

/* The declared table that a table stands for; NULL if it names none. */
extern const DsTable *ds_relation_table(Relation rel);

extern DsRow *ds_relation_deform(const DsRelation *relation, HeapTuple tuple, TupleDesc desc);
extern HeapTuple ds_relation_modify(const DsRelation *relation, HeapTuple tuple,
									const DsRow *row, TupleDesc desc);

/* Copy a declared row into an executor slot, and back. */
extern void ds_row_to_slot(const DsRelation *relation, const DsRow *row, const char *server_name,
						   TupleTableSlot *slot);
extern DsRow *ds_row_from_slot(const DsRelation *relation, TupleTableSlot *slot);

/* in plan.c */

/* Slots of ForeignScan.fdw_private */
typedef enum DsScanPrivate
{
	DS_SCAN_COLUMNS,			/* declared columns needed, integer list */
	DS_SCAN_KEYS,				/* declared column of each of fdw_exprs */
	DS_SCAN_KEY_IS_ARRAY,		/* is that expression an array? */
	DS_SCAN_BATCH,				/* (parameter, index of the key) of the batch
								 * that feeds a key, NIL: none */
	DS_SCAN_ROUTE				/* (oid of the server, is there an expression
								 * that names it), NIL: the table's own */
} DsScanPrivate;

extern void deltashareGetForeignRelSize(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern void deltashareGetForeignPaths(PlannerInfo *root, RelOptInfo *baserel, Oid relid);
extern ForeignScan *deltashareGetForeignPlan(PlannerInfo *root, RelOptInfo *baserel, Oid relid,
											 ForeignPath *best_path, List *tlist,
											 List *scan_clauses, Plan *outer_plan);

/* in key_condition.c */

/* One "column = expression" or "column = ANY (expression)". */
typedef struct DsKeyCondition
{
	int			column;			/* declared column */
	Expr	   *value;
	bool		is_array;
} DsKeyCondition;

/* The key condition that a clause is, or NULL. */
extern DsKeyCondition *ds_key_condition(PlannerInfo *root, Expr *clause, RelOptInfo *baserel,
										const DsRelation *relation);

/* in batched_join_path.c */
extern void ds_batched_join_init(void);

/* in scan.c */
extern void deltashareBeginForeignScan(ForeignScanState *node, int eflags);
extern TupleTableSlot *deltashareIterateForeignScan(ForeignScanState *node);
extern void deltashareReScanForeignScan(ForeignScanState *node);
extern void deltashareEndForeignScan(ForeignScanState *node);

/* in modify.c */
extern void deltashareAddForeignUpdateTargets(DS_UPDATE_TARGETS_ARGS);
extern List *deltasharePlanForeignModify(PlannerInfo *root, ModifyTable *plan,
										 Index resultRelation, int subplan_index);
extern void deltashareBeginForeignModify(ModifyTableState *mtstate, ResultRelInfo *rinfo,
										 List *fdw_private, int subplan_index, int eflags);
extern TupleTableSlot *deltashareExecForeignInsert(EState *estate, ResultRelInfo *rinfo,
												   TupleTableSlot *slot, TupleTableSlot *planSlot);
extern TupleTableSlot **deltashareExecForeignBatchInsert(EState *estate, ResultRelInfo *rinfo,
														 TupleTableSlot **slots,
														 TupleTableSlot **planSlots, int *numSlots);
extern int	deltashareGetForeignModifyBatchSize(ResultRelInfo *rinfo);
extern TupleTableSlot *deltashareExecForeignUpdate(EState *estate, ResultRelInfo *rinfo,
												   TupleTableSlot *slot, TupleTableSlot *planSlot);
extern TupleTableSlot *deltashareExecForeignDelete(EState *estate, ResultRelInfo *rinfo,
												   TupleTableSlot *slot, TupleTableSlot *planSlot);
extern void deltashareEndForeignModify(EState *estate, ResultRelInfo *rinfo);
extern void deltashareBeginForeignInsert(ModifyTableState *mtstate, ResultRelInfo *rinfo);
extern void deltashareEndForeignInsert(EState *estate, ResultRelInfo *rinfo);
extern int	deltashareIsForeignRelUpdatable(Relation rel);

/* in explain.c */
extern void ds_explain_stats(const DsScanStats *stats, ExplainState *es);
extern void deltashareExplainForeignScan(ForeignScanState *node, ExplainState *es);
extern void deltashareExplainForeignModify(ModifyTableState *mtstate, ResultRelInfo *rinfo,
										   List *fdw_private, int subplan_index, ExplainState *es);

/* in import.c */
extern List *deltashareImportForeignSchema(ImportForeignSchemaStmt *stmt, Oid server_oid);

#endif							/* DELTASHARE_FDW_H */
