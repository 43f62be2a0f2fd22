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

/* What an undo is told when its turn comes. */
typedef struct DsUndoCall
{
	const DsHttpTarget *target; /* with limits for the time of an undo */
	void	   *argument;
	bool		in_doubt;		/* the change was sent, and no answer came */

	/*
	 * A later change of the same thing could not be undone: a state that is
	 * not as this change left it is no sign of another client.
	 */
	bool		forced;

	/* may be replaced by what is left to do, NULL for nothing */
	const char *mend;
	const char *parts;
} DsUndoCall;

/*
 * Takes the change back.  NULL: nothing is left of it; else a sentence that
 * says why it stays, and nothing was overwritten.  Runs while the transaction
 * is aborted: no catalogs, no encodings; an error is a failed undo.
 */
typedef char *(*DsUndoAction) (DsUndoCall *call);

/*
 * A change and how it is taken back.  Texts are kept with ds_undo_keep().
 */
typedef struct DsUndo
{
	/* what it is a change of: share "x" */
	const char *noun;
	const char *name;			/* after the change */
	const char *former;			/* its name once this is undone; NULL: the same */
	bool		creates;		/* once undone, nothing of the thing is left */

	const char *change;			/* what was done: create share "x" */
	const char *reversal;		/* what takes it back: drop share "x"; NULL: nothing does */
	const char *mend;			/* SQL that does what an undo could not do; names of
								 * things in it from ds_undo_name() */

	/*
	 * What of the thing is as before once this is undone, each with a newline behind
	 * it; NULL: nothing that other changes touch.  Then later changes of the same
	 * are undone, too, even if their own undos failed.
	 */
	const char *parts;

	/* things that it needs besides, by their names; NIL: none */
	const char *others_noun;
	List	   *others;			/* char * */

	DsUndoAction action;
	DsUndoAction check;			/* when it failed: was it done all the same?  Or NULL */
	void	   *argument;

	/* of undo.c */
	struct DsUndo *below;
	int			level;			/* nesting level of the transaction */
	bool		in_doubt;
	bool		armed;
	DsHttpTarget target;
} DsUndo;

/*
 * What an undo needs is kept until the end of the transaction: a zeroed struct,
 * a copy of a text (NULL of NULL), a list.
 */
extern void *ds_undo_alloc(Size size);
extern char *ds_undo_keep(const char *text);
extern MemoryContext ds_undo_context(void);

/*
 * In two steps, so that nothing can fail between a change and its undo: first
 * prepare (zeroed but for the target, which is copied), then send the change, then
 * arm.  An armed undo is called when the current subtransaction, or one
 * around it, rolls back, the newest first.
 */
extern DsUndo *ds_undo_prepare(const DsHttpTarget *target);
extern void ds_undo_arm(DsUndo *undo, bool in_doubt);

/*
 * Stands in the SQL for the literal of a name that is only known in the end:
 * renaming a thing may be undone, too.
 */
extern char *ds_undo_name(const char *noun, const char *name);

/*
 * A fact that later undos of the same rollback want to know; forgotten with
 * the transaction.
 */
extern void ds_undo_note(const char *fact);
extern bool ds_undo_is_noted(const char *fact);
extern const List *ds_undo_notes(void);

/* Has this transaction changed nothing on any server, as far as is remembered? */
extern bool ds_undo_is_empty(void);

/* Call "visit" for each change, oldest first; name of the server first. */
typedef void (*DsUndoVisitor) (const char *server_name, const DsUndo *undo, void *arg);
extern void ds_undo_visit(DsUndoVisitor visit, void *arg);

#endif							/* DELTASHARE_UNDO_H */
