/*-------------------------------------------------------------------------
 *
 * rollback_report.h
 *	  What a rollback could not undo, and the one warning that says so.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/rollback_report.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_ROLLBACK_REPORT_H
#define DELTASHARE_ROLLBACK_REPORT_H

#include "transaction/undo.h"

/* Of one rollback; starts zeroed, lives in CurrentMemoryContext. */
typedef struct DsRollbackReport
{
	List	   *remains;		/* Remain, in the order of the undos */
	List	   *failed;			/* Thing, of which an undo failed */
	List	   *misnamed;		/* Thing, which may still have a later name */
} DsRollbackReport;

/*
 * This change stays; "reason" is a sentence, "call" says what is left to do.
 * All is copied.  "failed": it was tried in vain, rather than left to another client.
 */
extern void ds_report_add(DsRollbackReport *report, const DsUndo *undo, const char *reason,
						  const DsUndoCall *call, bool failed);

/*
 * This change is undone; with its creation, whatever remained of a thing is
 * gone, and with parts of it what remained of the same parts.
 */
extern void ds_report_undone(DsRollbackReport *report, const DsUndo *undo);

/* Is a thing that it is about perhaps not to be found under its name? */
extern bool ds_report_is_misnamed(const DsRollbackReport *report, const DsUndo *undo);

/* Would it take back a part of what remains, so that the SQL for that would be wrong? */
extern bool ds_report_overlaps(const DsRollbackReport *report, const DsUndo *undo);

/* Did an undo of the same thing fail in this rollback? */
extern bool ds_report_has_failed(const DsRollbackReport *report, const DsUndo *undo);

/* The warning, if anything remains. */
extern void ds_report_warn(const DsRollbackReport *report);

#endif							/* DELTASHARE_ROLLBACK_REPORT_H */
