/*-------------------------------------------------------------------------
 *
 * deltashare_fdw.c
 *	  The door: module magic, settings, and the table of FDW callbacks.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * deltashare_fdw.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/fdwapi.h"

#include "compat.h"
#include "fdw/fdw.h"
#include "fdw/pushdown.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

DS_FUNCTION_INFO(deltashare_fdw_handler);

void
_PG_init(void)
{
	ds_settings_init();
	ds_redact_init();
	ds_batched_join_init();
}

Datum
deltashare_fdw_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	/* Functions for scanning foreign tables */
	routine->GetForeignRelSize = deltashareGetForeignRelSize;
	routine->GetForeignPaths = deltashareGetForeignPaths;
	routine->GetForeignPlan = deltashareGetForeignPlan;
	routine->BeginForeignScan = deltashareBeginForeignScan;
	routine->IterateForeignScan = deltashareIterateForeignScan;
	routine->ReScanForeignScan = deltashareReScanForeignScan;
	routine->EndForeignScan = deltashareEndForeignScan;

	/* Functions for remote joins and upper relations */
	routine->GetForeignJoinPaths = deltashareGetForeignJoinPaths;
	routine->GetForeignUpperPaths = deltashareGetForeignUpperPaths;

	/* Functions for updating foreign tables */
	routine->AddForeignUpdateTargets = deltashareAddForeignUpdateTargets;
	routine->PlanForeignModify = deltasharePlanForeignModify;
	routine->BeginForeignModify = deltashareBeginForeignModify;
	routine->ExecForeignInsert = deltashareExecForeignInsert;
#if HAVE_FDW_BATCH_INSERT
	routine->ExecForeignBatchInsert = deltashareExecForeignBatchInsert;
	routine->GetForeignModifyBatchSize = deltashareGetForeignModifyBatchSize;
#endif
	routine->ExecForeignUpdate = deltashareExecForeignUpdate;
	routine->ExecForeignDelete = deltashareExecForeignDelete;
	routine->EndForeignModify = deltashareEndForeignModify;
	routine->BeginForeignInsert = deltashareBeginForeignInsert;
	routine->EndForeignInsert = deltashareEndForeignInsert;
	routine->IsForeignRelUpdatable = deltashareIsForeignRelUpdatable;

	/* Support functions for EXPLAIN */
	routine->ExplainForeignScan = deltashareExplainForeignScan;
	routine->ExplainForeignModify = deltashareExplainForeignModify;

	/* Support functions for IMPORT FOREIGN SCHEMA */
	routine->ImportForeignSchema = deltashareImportForeignSchema;

	PG_RETURN_POINTER(routine);
}
