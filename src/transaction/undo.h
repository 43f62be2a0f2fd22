/*-------------------------------------------------------------------------
 *
 * undo.h
 *	  What a transaction made remotely is undone when it rolls back.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/undo.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_UNDO_H
#define DELTASHARE_UNDO_H

#include "http/http.h"

/*
 * Remember the request that takes back a change that was just made.  It is
 * sent when the current subtransaction, or one around it, rolls back; requests
 * are sent in reverse order.  An answer that the thing is missing counts as
 * done.  Everything is copied.  "what" completes the sentence "could not ..."
 * for the warning of an undo that failed.
 */
extern void ds_undo_push(const DsHttpTarget *target, DsHttpMethod method, const char *path,
						 const char *body, const char *change, const char *what);

/*
 * Remember what a rollback has to tell because nothing can be sent for it.
 * "message" is the whole warning, "detail" a sentence.
 */
extern void ds_undo_push_warning(const DsHttpTarget *target, const char *change, const char *message,
								 const char *detail);

/* Has this transaction changed nothing on any server, as far as is remembered? */
extern bool ds_undo_is_empty(void);

/*
 * Call "visit" for each change, oldest first: what was done, and what a
 * rollback does about it (NULL: nothing, it warns).
 */
typedef void (*DsUndoVisitor) (const char *server_name, const char *change, const char *undo, void *arg);
extern void ds_undo_visit(DsUndoVisitor visit, void *arg);

#endif							/* DELTASHARE_UNDO_H */
