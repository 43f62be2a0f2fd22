/*-------------------------------------------------------------------------
 *
 * deferral.c
 *	  What cannot be undone waits for the end of the transaction.
 *
 * Entries are allocated in TopTransactionContext, which outlives the callbacks
 * that use them and goes with the transaction.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/deferral.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/timeout.h"

#include "transaction/deferral.h"

typedef struct Entry
{
	struct Entry *next;
	int			level;			/* nesting level of the transaction */
	Oid			server_oid;
	int			kind;
	char	   *name;
	char	   *change;
	DsDeferredAction action;
	void	   *argument;
} Entry;

static Entry *first = NULL;		/* in the order in which they came */

static void
make_all(void)
{
	/*
	 * PostgreSQL's own timer of the statement ends before COMMIT does this, but
	 * for a COMMIT inside of a procedure.
	 */
	bool		armed = StatementTimeout > 0 && !get_timeout_active(STATEMENT_TIMEOUT);

	if (armed)
		enable_timeout_after(STATEMENT_TIMEOUT, StatementTimeout);
	PG_TRY();
	{
		for (Entry *entry = first; entry; entry = entry->next)
			entry->action(entry->argument);
	}
	PG_FINALLY();
	{
		if (armed)
			disable_timeout(STATEMENT_TIMEOUT, false);
	}
	PG_END_TRY();
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	if (first == NULL)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			make_all();
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_COMMIT:
			first = NULL;
			break;
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has made remote changes")));
			break;
		default:
			break;
	}
}

static void
forget_from(int level)
{
	for (Entry **link = &first; *link;)
	{
		if ((*link)->level >= level)
			*link = (*link)->next;
		else
			link = &(*link)->next;
	}
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_from(level);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (Entry *entry = first; entry; entry = entry->next)
			entry->level = Min(entry->level, level - 1);
}

void
ds_defer(Oid server_oid, int kind, const char *name, const char *change,
		 DsDeferredAction action, void *argument)
{
	static bool registered = false;
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	Entry	   *entry = palloc0(sizeof(Entry));
	Entry	  **link = &first;

	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}
	entry->level = GetCurrentTransactionNestLevel();
	entry->server_oid = server_oid;
	entry->kind = kind;
	entry->name = pstrdup(name);
	entry->change = pstrdup(change);
	entry->action = action;
	entry->argument = argument;
	MemoryContextSwitchTo(old);

	while (*link)
		link = &(*link)->next;
	*link = entry;
}

bool
ds_is_deferred(Oid server_oid, int kind, const char *name)
{
	for (Entry *entry = first; entry; entry = entry->next)
		if (entry->server_oid == server_oid && entry->kind == kind &&
			(name == NULL || strcmp(entry->name, name) == 0))
			return true;
	return false;
}

void
ds_deferral_visit(DsDeferralVisitor visit, void *arg)
{
	for (Entry *entry = first; entry; entry = entry->next)
		visit(entry->server_oid, entry->change, arg);
}
