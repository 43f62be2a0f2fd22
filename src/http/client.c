/*-------------------------------------------------------------------------
 *
 * client.c
 *	  Queues of requests.
 *
 * A queue owns its transfers and lives in a memory context of its own, below
 * the one that was current when it was made.  All queues of the backend are
 * driven together: while one is waited for, the others go on, and what they
 * finish waits in them.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/client.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Every queue that exists, so that all of them go on while one waits. */
static dlist_head all_queues = DLIST_STATIC_INIT(all_queues);

/* Transfers in flight, over all queues. */
static int	total_running = 0;

/*
 * Stop the transfers of a list.  They count as returned: their requests can be
 * released, and their structs go with the queue.
 */
static void
stop_list(DsHttpQueue *queue, dlist_head *list)
{
	while (!dlist_is_empty(list))
	{
		DsHttpTransfer *transfer = dlist_container(DsHttpTransfer, node,
												   dlist_pop_head_node(list));

		ds_transfer_stop(transfer);
		dlist_push_tail(&queue->returned, &transfer->node);
	}
}

/* Forget everything that was not returned yet.  Never raises. */
static void
stop_queue(DsHttpQueue *queue)
{
	stop_list(queue, &queue->waiting);
	stop_list(queue, &queue->resting);
	stop_list(queue, &queue->running);
	stop_list(queue, &queue->finished);
	total_running -= queue->nrunning;
	queue->nrunning = 0;
	queue->npending = 0;
}

/* Free all that curl or malloc gave to the queue.  Never raises. */
static void
empty_queue(DsHttpQueue *queue)
{
	dlist_iter	iter;

	stop_queue(queue);
	dlist_foreach(iter, &queue->returned)
		ds_transfer_stop(dlist_container(DsHttpTransfer, node, iter.cur));
}

/* Reset callback of the queue's context: the last chance to free anything */
static void
destroy_queue(void *arg)
{
	DsHttpQueue *queue = arg;

	empty_queue(queue);
	dlist_delete(&queue->node);
}

void
ds_http_shutdown(void)
{
	dlist_iter	iter;

	dlist_foreach(iter, &all_queues)
		empty_queue(dlist_container(DsHttpQueue, node, iter.cur));
}

DsHttpQueue *
ds_http_queue_create(const DsHttpTarget *target)
{
	MemoryContext context;
	DsHttpQueue *queue;

	ds_check_target(target);
	ds_multi_init();

	context = AllocSetContextCreate(CurrentMemoryContext,
									"deltashare requests",
									ALLOCSET_DEFAULT_SIZES);
	queue = MemoryContextAllocZero(context, sizeof(DsHttpQueue));
	queue->context = context;
	queue->target = target;
	queue->auth = DS_AUTH_BEARER;
	dlist_init(&queue->waiting);
	dlist_init(&queue->resting);
	dlist_init(&queue->running);
	dlist_init(&queue->finished);
	dlist_init(&queue->returned);
	dlist_push_tail(&all_queues, &queue->node);

	/* from here on, whatever the queue acquires is freed with its context */
	queue->cleanup.func = destroy_queue;
	queue->cleanup.arg = queue;
	MemoryContextRegisterResetCallback(context, &queue->cleanup);
	return queue;
}

DsHttpRequest *
ds_http_request(DsHttpMethod method, const char *path, const char *body,
				DsHttpRepeat repeat)
{
	DsHttpRequest *request = palloc0(sizeof(DsHttpRequest));

	request->method = method;
	request->path = path;
	request->body = body;
	request->repeat = repeat;
	return request;
}

const char *
ds_http_method_name(DsHttpMethod method)
{
	switch (method)
	{
		case DS_GET:
			return "GET";
		case DS_POST:
			return "POST";
		case DS_PATCH:
			return "PATCH";
		case DS_PUT:
			return "PUT";
		case DS_DELETE:
			return "DELETE";
	}
	elog(ERROR, "unrecognized HTTP method: %d", (int) method);
	return NULL;				/* keep compiler quiet */
}

/*
 * The path is ours, so it is well-formed, but a mistake here could change the
 * host that a token is sent to.
 */
static void
check_path(const char *path)
{
	if (path[0] != '/' || path[1] == '/')
		elog(ERROR, "invalid request path");
	for (const char *p = path; *p; p++)
	{
		if (*p <= 0x20 || *p >= 0x7f || *p == '#')
			elog(ERROR, "invalid character in request path");
	}
}

/* Start one transfer that is the head of its queue's waiting list. */
static void
start_transfer(DsHttpTransfer *transfer)
{
	DsHttpQueue *queue = transfer->queue;

	if (!ds_transfer_start(transfer))
	{
		dlist_delete(&transfer->node);
		dlist_push_tail(&queue->finished, &transfer->node);
		return;
	}
	dlist_delete(&transfer->node);
	dlist_push_tail(&queue->running, &transfer->node);
	queue->nrunning++;
	total_running++;
	queue->stats.requests++;
	if (transfer->attempts > 1)
		queue->stats.retries++;
}

/* Put transfers whose rest is over before those that never ran. */
static void
wake_resting(DsHttpQueue *queue, int64 now)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &queue->resting)
	{
		DsHttpTransfer *transfer = dlist_container(DsHttpTransfer, node, iter.cur);

		if (transfer->due > now)
			continue;
		dlist_delete(&transfer->node);
		dlist_push_head(&queue->waiting, &transfer->node);
	}
}

/* Start what may be started now. */
static void
start_queue(DsHttpQueue *queue, int64 now)
{
	wake_resting(queue, now);
	while (!dlist_is_empty(&queue->waiting) &&
		   queue->nrunning < Max(queue->target->concurrency, 1) &&
		   total_running < DS_MAX_RUNNING)
	{
		if (!ds_auth_ready(queue))
			break;
		start_transfer(dlist_head_element(DsHttpTransfer, node, &queue->waiting));
	}
}

static void
start_all_queues(void)
{
	int64		now = ds_now();
	dlist_iter	iter;

	dlist_foreach(iter, &all_queues)
		start_queue(dlist_container(DsHttpQueue, node, iter.cur), now);
}

void
ds_http_submit(DsHttpQueue *queue, DsHttpRequest *request)
{
	MemoryContext oldcontext;
	DsHttpTransfer *transfer;

	check_path(request->path);

	oldcontext = MemoryContextSwitchTo(queue->context);
	transfer = palloc0(sizeof(DsHttpTransfer));
	transfer->queue = queue;
	transfer->request = request;
	transfer->method = request->method;
	transfer->repeat = request->repeat;
	transfer->auth = queue->auth;
	transfer->url = psprintf("%s%s", queue->target->base_url, request->path);
	transfer->shown_path = pstrdup(request->shown_path ? request->shown_path : request->path);
	if (request->body)
	{
		transfer->body = pstrdup(request->body);
		transfer->body_length = strlen(transfer->body);
	}
	MemoryContextSwitchTo(oldcontext);

	request->transfer = transfer;
	dlist_push_tail(&queue->waiting, &transfer->node);
	queue->npending++;

	/* let it set out while the caller does something else */
	start_queue(queue, ds_now());
	ds_multi_start();
}

int
ds_http_pending(const DsHttpQueue *queue)
{
	return queue->npending;
}

void
ds_transfer_finished(DsHttpTransfer *transfer, CURLcode result)
{
	DsHttpQueue *queue = transfer->queue;
	int64		now = ds_now();
	int64		delay;

	ds_transfer_close(transfer, result);
	dlist_delete(&transfer->node);
	queue->nrunning--;
	total_running--;
	queue->stats.bytes_received += transfer->reply_length;

	if (ds_retry_allowed(transfer, now, &delay))
	{
		if (transfer->token_serial != 0 && transfer->status == 401)
			transfer->reauthenticated = true;
		transfer->due = now + delay;
		dlist_push_tail(&queue->resting, &transfer->node);
	}
	else
		dlist_push_tail(&queue->finished, &transfer->node);

	if (transfer->token_serial != 0 && transfer->status == 401)
		ds_token_drop(transfer->token_serial);
}

/* When the next resting transfer of any queue is due; -1 if there is none. */
static int64
next_due(void)
{
	int64		due = -1;
	dlist_iter	q;
	dlist_iter	t;

	dlist_foreach(q, &all_queues)
	{
		DsHttpQueue *queue = dlist_container(DsHttpQueue, node, q.cur);

		dlist_foreach(t, &queue->resting)
		{
			DsHttpTransfer *transfer = dlist_container(DsHttpTransfer, node, t.cur);

			if (due < 0 || transfer->due < due)
				due = transfer->due;
		}
	}
	return due;
}

static DsWaitReason
wait_reason(DsHttpQueue *queue)
{
	dlist_iter	iter;

	if (dlist_is_empty(&queue->running))
		return DS_WAIT_RETRY;
	dlist_foreach(iter, &queue->running)
	{
		if (dlist_container(DsHttpTransfer, node, iter.cur)->sent)
			return DS_WAIT_REQUEST;
	}
	return DS_WAIT_CONNECT;
}

/* Let everything go on until the queue has something finished. */
static void
drive_until_finished(DsHttpQueue *queue)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		wake_resting(queue, ds_now());
		if (!dlist_is_empty(&queue->waiting) && !ds_auth_ready(queue))
			ds_auth_obtain(queue);
		start_all_queues();
		if (!dlist_is_empty(&queue->finished))
			break;
		ds_wait_step(&queue->wait, next_due(), wait_reason(queue));
	}
}

static void
wait_for_finished(DsHttpQueue *queue)
{
	PG_TRY();
	{
		drive_until_finished(queue);
	}
	PG_CATCH();
	{
		ds_wait_end(&queue->wait);
		PG_RE_THROW();
	}
	PG_END_TRY();
	ds_wait_end(&queue->wait);
}

DsHttpRequest *
ds_http_next(DsHttpQueue *queue)
{
	DsHttpTransfer *transfer;
	DsHttpRequest *request;

	if (queue->npending == 0)
		return NULL;
	if (dlist_is_empty(&queue->finished))
		wait_for_finished(queue);

	transfer = dlist_container(DsHttpTransfer, node,
							   dlist_pop_head_node(&queue->finished));
	dlist_push_tail(&queue->returned, &transfer->node);
	queue->npending--;
	if (transfer->result != CURLE_OK)
	{
		ds_transfer_stop(transfer);
		ds_report_failure(transfer);
	}

	request = transfer->request;
	request->status = transfer->status;
	request->reply = transfer->reply ? transfer->reply : "";
	request->reply_length = transfer->reply_length;
	request->content_type = transfer->content_type[0] ? transfer->content_type : NULL;
	request->request_id = transfer->request_id[0] ? transfer->request_id : NULL;
	request->attempts = transfer->attempts;
	return request;
}

void
ds_http_release(DsHttpRequest *request)
{
	DsHttpTransfer *transfer = request->transfer;
	DsHttpQueue *queue;

	if (transfer == NULL)
		return;
	queue = transfer->queue;
	request->transfer = NULL;
	request->reply = NULL;
	request->reply_length = 0;
	request->content_type = NULL;
	request->request_id = NULL;

	if (queue->single)
	{
		MemoryContextDelete(queue->context);
		return;
	}
	ds_transfer_stop(transfer);
	dlist_delete(&transfer->node);
	pfree(transfer->url);
	pfree(transfer->shown_path);
	if (transfer->body)
		pfree(transfer->body);
	pfree(transfer);
}

void
ds_http_cancel(DsHttpQueue *queue)
{
	stop_queue(queue);
}

const DsHttpStats *
ds_http_stats(const DsHttpQueue *queue)
{
	return &queue->stats;
}

/* Curl, or the last attempt, got as far as sending, and there is no answer. */
static bool
is_in_doubt(const DsHttpTransfer *transfer)
{
	return transfer->sent && transfer->status == 0;
}

void
ds_http_perform(const DsHttpTarget *target, DsHttpRequest *request)
{
	DsHttpQueue *queue = ds_http_queue_create(target);

	queue->single = true;
	PG_TRY();
	{
		ds_http_submit(queue, request);
		(void) ds_http_next(queue);
	}
	PG_CATCH();
	{
		request->in_doubt = request->transfer && is_in_doubt(request->transfer);
		request->transfer = NULL;
		MemoryContextDelete(queue->context);
		PG_RE_THROW();
	}
	PG_END_TRY();
}
