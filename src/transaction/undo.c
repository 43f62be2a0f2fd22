/*-------------------------------------------------------------------------
 *
 * undo.c
 *	  What a transaction made remotely is undone when it rolls back.
 *
 * The stack is filled as requests succeed and emptied at the end of the
 * (sub)transaction.  In an abort no catalog may be read and interrupts are
 * held, so an entry carries everything that its request needs, and the time
 * that an undo may take is bounded.  A failure there can only be a warning.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/undo.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "transaction/undo.h"

/* Milliseconds for one undo request, its repetitions included. */
#define REQUEST_LIMIT	5000

/* Milliseconds for all undo requests of one rollback. */
#define TOTAL_LIMIT		30000

typedef struct Entry
{
	struct Entry *below;
	int			level;			/* nesting level of the transaction */
	DsHttpTarget target;
	DsHttpMethod method;
	char	   *path;			/* NULL: there is no request that takes it back */
	char	   *body;
	char	   *change;			/* what was done, NULL: see another entry */
	char	   *what;			/* what takes it back */
} Entry;

static MemoryContext undo_context = NULL;	/* one transaction's entries */
static Entry *top = NULL;

static char *
copy(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

static DsHttpTarget
copy_target(const DsHttpTarget *from)
{
	DsHttpTarget target = *from;

	target.server_name = copy(from->server_name);
	target.base_url = copy(from->base_url);
	target.user_agent = copy(from->user_agent);
	target.workspace_id = copy(from->workspace_id);
	target.ca_file = copy(from->ca_file);
	target.proxy = copy(from->proxy);
	target.token = copy(from->token);
	target.client_id = copy(from->client_id);
	target.client_secret = copy(from->client_secret);
	target.connect_timeout = Min(from->connect_timeout, REQUEST_LIMIT);
	target.request_timeout = Min(from->request_timeout, REQUEST_LIMIT);
	target.retry_timeout = Min(from->retry_timeout, REQUEST_LIMIT);
	return target;
}

/* Is the change gone, whoever removed it? */
static bool
is_undone(const DsHttpRequest *request)
{
	static const char *const codes[] = {
		"\"SHARE_DOES_NOT_EXIST\"", "\"RECIPIENT_DOES_NOT_EXIST\"",
		"\"RESOURCE_DOES_NOT_EXIST\"", "\"NOT_FOUND\""
	};

	if (request->status >= 200 && request->status < 300)
		return true;
	/* the status alone says nothing: a gateway answers 404, too */
	for (int i = 0; i < lengthof(codes); i++)
		if (strstr(request->reply, codes[i]))
			return true;
	return false;
}

/* Send one request; what goes wrong becomes a warning. */
static void
send_undo(const Entry *entry)
{
	MemoryContext old = CurrentMemoryContext;
	DsHttpRequest *request = ds_http_request(entry->method, entry->path, entry->body, DS_REPEAT_SAFE);
	uint32		holdoff = InterruptHoldoffCount;

	PG_TRY();
	{
		ds_http_perform(&entry->target, request);
		if (!is_undone(request))
			ereport(WARNING,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg("could not %s on server \"%s\"", entry->what, entry->target.server_name),
					 errdetail("The server answered with HTTP status %d.", request->status),
					 errhint("The change was made by a transaction that rolled back; undo it by hand.")));
	}
	PG_CATCH();
	{
		ErrorData  *error;

		/* an error ends all holds on interrupts, but the abort goes on with its own */
		InterruptHoldoffCount = holdoff;
		MemoryContextSwitchTo(old);
		error = CopyErrorData();
		FlushErrorState();
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("could not %s on server \"%s\"", entry->what, entry->target.server_name),
				 errdetail_internal("%s", error->message),
				 errhint("The change was made by a transaction that rolled back; undo it by hand.")));
		FreeErrorData(error);
	}
	PG_END_TRY();
}

/* There is nothing to send for it. */
static void
warn_only(const Entry *entry)
{
	ereport(WARNING,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg_internal("%s", entry->what),
			 errdetail_internal("%s", entry->body)));
}

static void
warn_not_sent(const Entry *entry)
{
	ereport(WARNING,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("did not %s on server \"%s\"", entry->what, entry->target.server_name),
			 QueryCancelPending || ProcDiePending
			 ? errdetail("Undoing was canceled.")
			 : errdetail("Undoing takes at most %d seconds.", TOTAL_LIMIT / 1000),
			 errhint("The change was made by a transaction that rolled back; undo it by hand.")));
}

/* Undo what was done at this nesting level or deeper. */
static void
undo_down_to(int level)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "deltashare undo",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	TimestampTz start = GetCurrentTimestamp();

	while (top && top->level >= level)
	{
		Entry	   *entry = top;

		/* off the stack first: an undo is tried once */
		top = entry->below;
		if (entry->path == NULL)
			warn_only(entry);
		else if (QueryCancelPending || ProcDiePending ||
				 TimestampDifferenceExceeds(start, GetCurrentTimestamp(), TOTAL_LIMIT))
			warn_not_sent(entry);
		else
			send_undo(entry);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

static void
forget_all(void)
{
	top = NULL;
	if (undo_context)
		MemoryContextReset(undo_context);
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	if (top == NULL)
		return;
	switch (event)
	{
		case XACT_EVENT_ABORT:
			undo_down_to(0);
			forget_all();

			/* what was canceled is this, not the next statement */
			QueryCancelPending = false;
			break;
		case XACT_EVENT_COMMIT:
			forget_all();
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
at_subtransaction_end(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	if (top == NULL || top->level < level)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		undo_down_to(level);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (Entry *entry = top; entry && entry->level >= level; entry = entry->below)
			entry->level = level - 1;
}

void
ds_undo_push(const DsHttpTarget *target, DsHttpMethod method, const char *path,
			 const char *body, const char *change, const char *what)
{
	MemoryContext old;
	Entry	   *entry;

	if (undo_context == NULL)
	{
		undo_context = AllocSetContextCreate(TopMemoryContext, "deltashare undo stack",
											 ALLOCSET_DEFAULT_SIZES);
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
	}
	old = MemoryContextSwitchTo(undo_context);
	entry = palloc0(sizeof(Entry));
	entry->level = GetCurrentTransactionNestLevel();
	entry->target = copy_target(target);
	entry->method = method;
	entry->path = copy(path);
	entry->body = copy(body);
	entry->change = copy(change);
	entry->what = pstrdup(what);
	entry->below = top;
	top = entry;
	MemoryContextSwitchTo(old);
}

void
ds_undo_push_warning(const DsHttpTarget *target, const char *change, const char *message,
					 const char *detail)
{
	ds_undo_push(target, DS_GET, NULL, detail, change, message);
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

	for (Entry *entry = top; entry; entry = entry->below)
		oldest_first = lcons(entry, oldest_first);
	foreach(lc, oldest_first)
	{
		const Entry *entry = lfirst(lc);

		if (entry->change)
			visit(entry->target.server_name, entry->change, entry->path ? entry->what : NULL, arg);
	}
}
