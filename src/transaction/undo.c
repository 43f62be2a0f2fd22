/*-------------------------------------------------------------------------
 *
 * undo.c
 *	  What a transaction made remotely is undone when it rolls back.
 *
 * The stack is filled as requests succeed and emptied at the end of the
 * (sub)transaction.  In an abort no catalog may be read and interrupts are
 * held, so an entry carries everything that its undo needs, and the time that
 * all may take is bounded.  A failure there can only be a warning, see
 * rollback_report.c.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/undo.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "transaction/rollback_report.h"
#include "transaction/undo.h"

/* Milliseconds for one request of an undo, its repetitions included. */
#define REQUEST_LIMIT	5000

/* Milliseconds for all undos of one rollback. */
#define TOTAL_LIMIT		30000

static MemoryContext undo_context = NULL;	/* one transaction's entries */
static DsUndo *top = NULL;
static List *facts = NIL;

/* Why an undo failed, as a sentence; what the error leaves behind is put right. */
static char *
sentence_of_error(MemoryContext context, uint32 holdoff)
{
	ErrorData  *error;
	char	   *sentence;

	/* an error ends all holds on interrupts, but the abort goes on with its own */
	InterruptHoldoffCount = holdoff;
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	if (error->detail)
		sentence = psprintf("Undoing it failed: %s: %s", error->message, error->detail);
	else
		sentence = psprintf("Undoing it failed: %s.", error->message);
	FreeErrorData(error);

	/* words of others, which could not be converted here, nor sent to the client then */
	if (!pg_verifymbstr(sentence, strlen(sentence), true))
		return pstrdup("Undoing it failed.");
	return sentence;
}

/* Call one undo.  NULL: done; else why not, and whether it was tried in vain. */
static char *
call_undo(const DsUndo *undo, DsUndoAction action, DsUndoCall *call, bool *failed)
{
	MemoryContext context = CurrentMemoryContext;
	uint32		holdoff = InterruptHoldoffCount;
	bool		exiting = proc_exit_inprogress;
	char	   *volatile reason;

	*failed = undo->in_doubt;

	/* a session that ends makes each error its last, so that no other undo would follow */
	proc_exit_inprogress = false;
	PG_TRY();
	{
		reason = action(call);
	}
	PG_CATCH();
	{
		reason = sentence_of_error(context, holdoff);
		*failed = true;
	}
	PG_END_TRY();
	proc_exit_inprogress = exiting;
	return reason;
}

/* The same if nothing speaks against it. */
static char *
try_undo(const DsUndo *undo, DsUndoCall *call, const DsRollbackReport *report, bool *failed)
{
	char	   *reason;
	bool		ignored;

	*failed = true;
	if (ds_http_held_is_over())
		return pstrdup("There was no time left to undo it.");
	if (ds_report_is_misnamed(report, undo))
		return pstrdup("It was renamed later, and that could not be undone.");
	if (ds_report_overlaps(report, undo))
		return pstrdup("A later change of the same could not be undone.");
	reason = call_undo(undo, undo->action, call, failed);
	if (reason && *failed && undo->check && !ds_http_held_is_over() &&
		call_undo(undo, undo->check, call, &ignored) == NULL)
		return NULL;
	return reason;
}

/* "context" is for what one undo needs; the report lives longer. */
static void
undo_one(const DsUndo *undo, DsRollbackReport *report, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	DsUndoCall	call = {0};
	bool		failed;
	char	   *reason;

	call.target = &undo->target;
	call.argument = undo->argument;
	call.in_doubt = undo->in_doubt;
	call.forced = ds_report_has_failed(report, undo);
	call.mend = undo->mend;
	call.parts = undo->parts;
	reason = try_undo(undo, &call, report, &failed);
	if (reason && undo->in_doubt)
		reason = psprintf("%s Whether it was done is not known: no answer came.", reason);
	MemoryContextSwitchTo(old);
	if (reason)
		ds_report_add(report, undo, reason, &call, failed);
	else
		ds_report_undone(report, undo);
	MemoryContextReset(context);
}

/* Undo what was done at this nesting level or deeper. */
static void
undo_down_to(int level)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "deltashare rollback",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext one = AllocSetContextCreate(context, "deltashare undo", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	DsRollbackReport report = {0};

	ds_http_hold(TOTAL_LIMIT);
	while (top && top->level >= level)
	{
		DsUndo	   *undo = top;

		/* off the stack first: an undo is tried once */
		top = undo->below;
		undo_one(undo, &report, one);
	}
	ds_http_hold(-1);

	/* it was meant for the statement, which may go on: an EXCEPTION block, a procedure */
	if (ds_http_held_was_canceled())
		InterruptPending = QueryCancelPending = true;
	ds_report_warn(&report);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void
forget_all(void)
{
	top = NULL;
	facts = NIL;
	if (undo_context)
		MemoryContextReset(undo_context);
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_ABORT:
			if (top)
			{
				undo_down_to(0);

				/* what was canceled is this, not what comes after a ROLLBACK */
				if (IsTransactionBlock())
					QueryCancelPending = false;
			}
			forget_all();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			forget_all();
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (top)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("cannot PREPARE a transaction that has made remote changes")));
			break;
		default:
			break;
	}
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (top == NULL || top->level < level)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		undo_down_to(level);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (DsUndo *undo = top; undo && undo->level >= level; undo = undo->below)
			undo->level = level - 1;
}

MemoryContext
ds_undo_context(void)
{
	if (undo_context == NULL)
	{
		undo_context = AllocSetContextCreate(TopMemoryContext, "deltashare undo stack",
											 ALLOCSET_DEFAULT_SIZES);
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
	}
	return undo_context;
}

void *
ds_undo_alloc(Size size)
{
	return MemoryContextAllocZero(ds_undo_context(), size);
}

char *
ds_undo_keep(const char *text)
{
	return text ? MemoryContextStrdup(ds_undo_context(), text) : NULL;
}

DsUndo *
ds_undo_prepare(const DsHttpTarget *target)
{
	MemoryContext old = MemoryContextSwitchTo(ds_undo_context());
	DsUndo	   *undo = palloc0(sizeof(DsUndo));

	undo->target = ds_http_target_copy(target);
	undo->target.connect_timeout = Min(target->connect_timeout, REQUEST_LIMIT);
	undo->target.request_timeout = Min(target->request_timeout, REQUEST_LIMIT);
	undo->target.retry_timeout = Min(target->retry_timeout, REQUEST_LIMIT);
	MemoryContextSwitchTo(old);
	return undo;
}

void
ds_undo_arm(DsUndo *undo, bool in_doubt)
{
	Assert(!undo->armed);
	undo->armed = true;
	undo->in_doubt = in_doubt;
	undo->level = GetCurrentTransactionNestLevel();
	undo->below = top;
	top = undo;
}

void
ds_undo_note(const char *fact)
{
	MemoryContext old = MemoryContextSwitchTo(ds_undo_context());

	facts = lappend(facts, pstrdup(fact));
	MemoryContextSwitchTo(old);
}

bool
ds_undo_is_noted(const char *fact)
{
	ListCell   *lc;

	foreach(lc, facts)
		if (strcmp(lfirst(lc), fact) == 0)
			return true;
	return false;
}

const List *
ds_undo_notes(void)
{
	return facts;
}

bool
ds_undo_is_empty(void)
{
	return top == NULL;
}

void
ds_undo_visit(DsUndoVisitor visit, void *arg)
{
	List	   *oldest_first = NIL;
	ListCell   *lc;

	for (DsUndo *undo = top; undo; undo = undo->below)
		oldest_first = lcons(undo, oldest_first);
	foreach(lc, oldest_first)
	{
		const DsUndo *undo = lfirst(lc);

		visit(undo->target.server_name, undo, arg);
	}
}
