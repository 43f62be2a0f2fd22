/*-------------------------------------------------------------------------
 *
 * notify.c
 *	  Requests whose answer nobody waits for.
 *
 * "Stop working for me" is told to a server while a transaction is cleaned up,
 * so nothing here may raise an error or read a catalog, and little time may be
 * spent.  Each notification has a queue of its own, in a memory context of its
 * own that lives as long as the session; whoever waits for anything later
 * brings it to its end.
 *

 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/notify.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Notifications that are under way at once; the oldest one gives way. */
#define MAX_NOTES	16

typedef struct Note
{
	dlist_node	node;
	MemoryContext context;		/* this struct lives in it, too */
	DsHttpTarget target;
	DsHttpRequest request;
	DsHttpQueue *queue;			/* NULL while it is being made */
} Note;

static dlist_head notes = DLIST_STATIC_INIT(notes);
static int	nnotes = 0;

static char *
copy(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

static void
forget_note(Note *note)
{
	dlist_delete(&note->node);
	nnotes--;
	MemoryContextDelete(note->context);
}

void
ds_notes_reap(void)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &notes)
	{
		Note	   *note = dlist_container(Note, node, iter.cur);

		if (note->queue == NULL || !dlist_is_empty(&note->queue->finished))
			forget_note(note);
	}
}

static Note *
make_note(const DsHttpTarget *target, const DsHttpRequest *request)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "deltashare notification",
												  ALLOCSET_SMALL_SIZES);
	Note	   *note = MemoryContextAllocExtended(context, sizeof(Note),
												  MCXT_ALLOC_ZERO | MCXT_ALLOC_NO_OOM);

	if (note == NULL)
	{
		MemoryContextDelete(context);
		return NULL;
	}
	note->context = context;
	dlist_push_tail(&notes, &note->node);
	nnotes++;

	MemoryContextSwitchTo(context);
	note->target = ds_http_target_copy(target);
	note->target.retry_timeout = 0; /* it is worth one attempt */
	note->request.method = request->method;
	note->request.path = copy(request->path);
	note->request.shown_path = copy(request->shown_path);
	note->request.body = copy(request->body);
	note->request.repeat = request->repeat;
	note->queue = ds_http_queue_create(&note->target);
	note->queue->notes = true;
	return note;
}

/*
 * Without a token there is no telling.  Getting one takes up to two requests,
 * and must not take longer than the notification itself may.
 */
static bool
get_token(Note *note, int wait_ms)
{
	DsHttpTarget target = note->target;
	DsHttpQueue *queue;

	if (ds_auth_ready(note->queue))
		return true;
	if (wait_ms <= 0)
		return false;
	target.request_timeout = ds_token_endpoint(&target) ? wait_ms : wait_ms / 2;
	target.connect_timeout = target.request_timeout;
	queue = ds_http_queue_create(&target);
	PG_TRY();
	{
		ds_auth_obtain(queue);
	}
	PG_FINALLY();
	{
		MemoryContextDelete(queue->context);
	}
	PG_END_TRY();
	return true;
}

/* Has the kernel, or a stream of the connection, all of the request? */
static bool
was_handed_over(const DsHttpTransfer *transfer)
{
	long		header = 0;
	curl_off_t	body = 0;

	if (transfer->state == DS_STATE_FINISHED)
		return true;
	if (transfer->state != DS_STATE_RUNNING)
		return false;
	curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &header);
	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &body);
	return header > 0 && body >= (curl_off_t) transfer->body_length;
}

static void
send_note(Note *note, int wait_ms)
{
	int64		until = ds_now() + wait_ms;

	if (!get_token(note, wait_ms))
		return;
	ds_http_submit(note->queue, &note->request);
	while (!was_handed_over(note->request.transfer) && ds_now() < until)
		ds_poll_step(until);
}

void
ds_http_notify(const DsHttpTarget *target, const DsHttpRequest *request, int wait_ms)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	uint32		cancel_holdoff = QueryCancelHoldoffCount;
	uint32		holdoff;
	Note	   *volatile note = NULL;

	/* whoever cleans up must not be torn away from it */
	HOLD_INTERRUPTS();
	holdoff = InterruptHoldoffCount;
	ds_notes_reap();
	while (nnotes >= MAX_NOTES)
		forget_note(dlist_head_element(Note, node, &notes));

	PG_TRY();
	{
		note = make_note(target, request);
		if (note)
			send_note(note, wait_ms);
	}
	PG_CATCH();
	{
		/* an error ends all holds on interrupts, but not those of our caller */
		InterruptHoldoffCount = holdoff;
		QueryCancelHoldoffCount = cancel_holdoff;
		MemoryContextSwitchTo(oldcontext);
		FlushErrorState();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);

	/* what could not be sent at all is no use to anybody */
	if (note && note->request.transfer == NULL)
		forget_note(note);
	RESUME_INTERRUPTS();
}
