/*-------------------------------------------------------------------------
 *
 * scan_state.h
 *	  State of a running foreign scan, shared with EXPLAIN.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/scan_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_SCAN_STATE_H
#define DELTASHARE_SCAN_STATE_H

#include "fdw/fdw.h"

typedef struct DsKeyBatch DsKeyBatch;	/* see batched_join.h */

typedef struct DsScanState
{
	DsServer   *server;
	DsRelation *relation;
	DsScanSpec	spec;
	List	   *key_columns;	/* declared columns of the key expressions */
	List	   *key_is_array;
	List	   *key_values;		/* ExprStates */
	List	   *route;			/* as planned, see DS_SCAN_ROUTE */
	MemoryContext context;		/* of one (re)scan; owns the backend's handles */
	DsScan	   *scan;			/* NULL: not started */
	DsRow	   *row;
	DsScanStats stats;			/* of the scans that have ended */

	/* inner side of a batched join */
	DsKeyBatch *batch;			/* NULL: it is not */
	int			batch_key;		/* which of the keys is fed */
	bool		from_batch;		/* rows of this (re)scan are kept there */
	struct DsKeptRow *kept;		/* the next of them */
} DsScanState;

/* in scan.c */

/* What the scan did so far, its restarts included. */
extern DsScanStats ds_scan_total(const DsScanState *state);

/* Stop the running scan, keep what it counted. */
extern void ds_scan_stop(DsScanState *state);

#endif							/* DELTASHARE_SCAN_STATE_H */
