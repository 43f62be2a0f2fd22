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

typedef struct DsScanState
{
	DsServer   *server;
	DsRelation *relation;
	DsScanSpec	spec;
	List	   *key_columns;	/* declared columns of the key expressions */
	List	   *key_is_array;
	List	   *key_values;		/* ExprStates */
	MemoryContext context;		/* of one (re)scan; owns the backend's handles */
	DsScan	   *scan;			/* NULL: not started */
	DsRow	   *row;
	DsScanStats stats;			/* of the scans that have ended */
} DsScanState;

/* in scan.c */

/* What the scan did so far, its restarts included. */
extern DsScanStats ds_scan_total(const DsScanState *state);

#endif							/* DELTASHARE_SCAN_STATE_H */
