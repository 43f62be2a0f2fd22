/*-------------------------------------------------------------------------
 *
 * batched_join.h
 *	  Nested loops whose inner side is asked for many keys at a time.
 *
 * The plan is a nested loop of PostgreSQL's own over the parameterized scan
 * of a foreign table.  Only its outer side is wrapped:
 *
 *	  Nested Loop
 *		->  Custom Scan (Delta Sharing Key Batch)	reads rows ahead
 *			  ->  any plan
 *		->  Foreign Scan on grants g				share_name = t.share
 *
 * The wrapper returns the rows of its child unchanged, in their order, but
 * reads some ahead and notes their keys in a DsKeyBatch.  The first scan of
 * the inner side that needs one of these keys asks for many of them together,
 * and keeps the rows.  So what a join means (outer, semi, anti joins, NULLs,
 * further conditions, parameters) stays with the nested loop, and a key that
 * is not in the batch is just asked for alone.
 *
 * The two nodes find each other as a recursive union and its worktable scan
 * do: through a parameter that no expression refers to.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_BATCHED_JOIN_H
#define DELTASHARE_BATCHED_JOIN_H

#include "nodes/extensible.h"

#include "fdw/fdw.h"
#include "fdw/scan_state.h"

/* Keys that are asked for together, at most. */
#define DS_BATCH_MAX_KEYS	1000

/* Slots of the private data of both paths; what the nodes become knows both */
typedef enum DsBatchPathPrivate
{
	DS_BATCH_PATH_PARAM,		/* Integer, shared by both: the parameter,
								 * assigned with the outer plan */
	DS_BATCH_PATH_COLUMN,		/* Integer: declared column of the key */
	DS_BATCH_PATH_FIRST_KEYS,	/* Integer: see DS_BATCH_FIRST_KEYS */
	DS_BATCH_PATH_KEY			/* what the outer side supplies for it */
} DsBatchPathPrivate;

/* Slots of CustomScan.custom_private, an integer list */
typedef enum DsBatchScanPrivate
{
	DS_BATCH_PARAM,				/* parameter by which the inner scan finds us */
	DS_BATCH_FIRST_KEYS			/* keys of the first batch: fills one round */
} DsBatchScanPrivate;

/* in batched_join_plan.c */
extern const CustomPathMethods ds_batch_path_methods;
extern const CustomScanMethods ds_batch_scan_methods;

/* in batched_join_exec.c */

typedef struct DsBatchScanState
{
	CustomScanState css;
	PlanState  *child;
	ExprState  *key;			/* NULL: nothing to read ahead for */
	DsKeyBatch *batch;
	MemoryContext context;		/* of the rows read ahead */
	List	   *rows;			/* MinimalTuple */
	int			next_row;
	bool		at_end;
	int			max_keys;		/* of the next batch */
	int			max_rows;
	TupleTableSlot *row_slot;
} DsBatchScanState;

extern Node *ds_batch_create_scan_state(CustomScan *plan);

/* in batched_join_explain.c */
extern void ds_batch_explain(CustomScanState *node, List *ancestors, ExplainState *es);

/* in batched_join_keys.c */

/* A row of the inner side, kept. */
typedef struct DsKeptRow
{
	struct DsKeptRow *next;
	MinimalTuple tuple;
} DsKeptRow;

typedef enum DsKeyState
{
	DS_KEY_UNKNOWN,				/* not in the batch: ask for it alone */
	DS_KEY_WANTED,				/* to be asked for, with others */
	DS_KEY_LOADING,
	DS_KEY_KEPT,				/* all its rows are here */
	DS_KEY_TOO_LARGE			/* ask for it alone */
} DsKeyState;

/* Counters for EXPLAIN ANALYZE. */
typedef struct DsBatchStats
{
	int64		batches;
	int64		keys;
} DsBatchStats;

extern DsKeyBatch *ds_batch_create(void);	/* in CurrentMemoryContext */

/* New rows were read ahead: forget what is wanted, make room. */
extern void ds_batch_begin(DsKeyBatch *batch);
extern void ds_batch_want(DsKeyBatch *batch, const char *key);
extern int	ds_batch_count_wanted(const DsKeyBatch *batch);

/* The state of a key, and its rows if they are kept. */
extern DsKeyState ds_batch_find(DsKeyBatch *batch, const char *key, DsKeptRow **rows);

/*
 * Load: choose a wanted key and others with it, add the rows that come, end.
 * Keys that need more than a request are not mixed with those that do not.
 * After ds_batch_add_row() has returned false there is no room for them: the
 * load must end without success, and fewer keys will be chosen next time.
 */
extern void ds_batch_choose(DsKeyBatch *batch, const char *key,
							bool (*is_one_request) (const char *), DsKey *keys);
extern bool ds_batch_add_row(DsKeyBatch *batch, const char *key, TupleTableSlot *slot);
extern void ds_batch_end_load(DsKeyBatch *batch, const DsKey *keys, bool success);
extern const DsBatchStats *ds_batch_stats(const DsKeyBatch *batch);

/* in batched_join_scan.c */

/* The batch that feeds a scan, NULL: none. */
extern DsKeyBatch *ds_batch_of_scan(ForeignScanState *node);

/*
 * Serve the scan, whose keys have been computed, from the batch, which is
 * loaded if need be; false: it has to ask by itself.
 */
extern bool ds_batch_start_scan(ForeignScanState *node);
extern TupleTableSlot *ds_batch_next_row(ForeignScanState *node);

#endif							/* DELTASHARE_BATCHED_JOIN_H */
