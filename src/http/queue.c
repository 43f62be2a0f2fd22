/*-------------------------------------------------------------------------
 *
 * queue.c
 *	  Which transfers of which queue run, and waiting for them.
 *
 * A queue owns its transfers and lives in a memory context of its own, below
 * the one that was current when it was made.  All queues of the backend are
 * driven together: while one is waited for, the others go on, and what they
 * finish waits in them.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/queue.c
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

/* Streams that were started and not read to their end, over all queues. */
static int	total_streams = 0;

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
		transfer->state = DS_STATE_RETURNED;
		transfer->has_slot = false;
		dlist_push_tail(&queue->returned, &transfer->node);
	}
}

/* Put a transfer from the list that it is in to the end of another. */
static void
move_transfer(DsHttpTransfer *transfer, dlist_head *list, DsHttpState state)
{
	dlist_delete(&transfer->node);
	dlist_push_tail(list, &transfer->node);
	transfer->state = state;
}

void
ds_queue_stop(DsHttpQueue *queue)
{
	stop_list(queue, &queue->waiting);
	stop_list(queue, &queue->waiting_streams);
	stop_list(queue, &queue->resting);
	stop_list(queue, &queue->running);
	stop_list(queue, &queue->finished);
	stop_list(queue, &queue->over);
	total_running -= queue->nrunning;
	total_streams -= queue->nstreams;
	queue->nrunning = 0;
	queue->nstreams = 0;
	queue->npending = 0;
}

/* Free all that curl or malloc gave to the queue.  Never raises. */
static void
empty_queue(DsHttpQueue *queue)
{
	dlist_iter	iter;

	ds_queue_stop(queue);
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
	dlist_init(&queue->waiting_streams);
	dlist_init(&queue->resting);
	dlist_init(&queue->running);
	dlist_init(&queue->finished);
	dlist_init(&queue->over);
	dlist_init(&queue->returned);
	dlist_push_tail(&all_queues, &queue->node);

	/* from here on, whatever the queue acquires is freed with its context */
	queue->cleanup.func = destroy_queue;
	queue->cleanup.arg = queue;
	MemoryContextRegisterResetCallback(context, &queue->cleanup);
	return queue;
}

static void
take_slot(DsHttpTransfer *transfer)
{
	transfer->has_slot = true;
	*(transfer->streamed ? &transfer->queue->nstreams : &transfer->queue->nrunning) += 1;
	*(transfer->streamed ? &total_streams : &total_running) += 1;
}

void
ds_queue_free_slot(DsHttpTransfer *transfer)
{
	if (!transfer->has_slot)
		return;
	transfer->has_slot = false;
	*(transfer->streamed ? &transfer->queue->nstreams : &transfer->queue->nrunning) -= 1;
	*(transfer->streamed ? &total_streams : &total_running) -= 1;
}

/* Nothing more is to be done for it. */
static void
finish_transfer(DsHttpTransfer *transfer)
{
	DsHttpQueue *queue = transfer->queue;

	move_transfer(transfer, transfer->streamed ? &queue->over : &queue->finished, DS_STATE_FINISHED);
}

static void
start_transfer(DsHttpTransfer *transfer)
{
	DsHttpQueue *queue = transfer->queue;

	if (!ds_transfer_start(transfer))
	{
		finish_transfer(transfer);
		return;
	}
	move_transfer(transfer, &queue->running, DS_STATE_RUNNING);
	take_slot(transfer);
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
		dlist_push_head(transfer->streamed ? &queue->waiting_streams : &queue->waiting,
						&transfer->node);
		transfer->state = DS_STATE_WAITING;
	}
}

static bool
lacks_token(const DsHttpTransfer *transfer)
{
	return transfer->auth == DS_AUTH_BEARER && !ds_auth_ready(transfer->queue);
}

/* The next one of a waiting list, or NULL. */
static DsHttpTransfer *
first_of(dlist_head *list)
{
	return dlist_is_empty(list) ? NULL : dlist_head_element(DsHttpTransfer, node, list);
}

/* Start what may be started now. */
static void
start_queue(DsHttpQueue *queue, int64 now)
{
	int			concurrency = Max(queue->target->concurrency, 1);
	DsHttpTransfer *transfer;

	wake_resting(queue, now);
	while ((transfer = first_of(&queue->waiting)) != NULL && !lacks_token(transfer) &&
		   (queue->notes || (queue->nrunning < concurrency && total_running < DS_MAX_RUNNING)))
		start_transfer(transfer);
	while ((transfer = first_of(&queue->waiting_streams)) != NULL && !lacks_token(transfer) &&
		   queue->nstreams < concurrency && total_streams < DS_MAX_STREAMS)
		start_transfer(transfer);
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
ds_queue_add(DsHttpTransfer *transfer)
{
	DsHttpQueue *queue = transfer->queue;

	transfer->state = DS_STATE_WAITING;
	dlist_push_tail(transfer->streamed ? &queue->waiting_streams : &queue->waiting, &transfer->node);
	if (!transfer->streamed)
		queue->npending++;

	/* let it set out while the caller does something else */
	start_queue(queue, ds_now());
	ds_multi_start();
}

DsHttpTransfer *
ds_queue_take_finished(DsHttpQueue *queue)
{
	DsHttpTransfer *transfer = first_of(&queue->finished);

	move_transfer(transfer, &queue->returned, DS_STATE_RETURNED);
	queue->npending--;
	return transfer;
}

/*
 * Curl's own clock, which limits how long a connection may take, goes on while
 * nobody looks.  Such an attempt does not count.
 */
static bool
had_no_chance(const DsHttpTransfer *transfer)
{
	return transfer->patient && transfer->result == CURLE_OPERATION_TIMEDOUT && !transfer->sent &&
		ds_waited() < transfer->expires &&
		ds_waited() - transfer->started < transfer->queue->target->connect_timeout / 2;
}

static void
put_to_rest(DsHttpTransfer *transfer, int64 due)
{
	transfer->due = due;
	ds_stream_clear(transfer);
	ds_queue_free_slot(transfer);
	move_transfer(transfer, &transfer->queue->resting, DS_STATE_RESTING);
}

void
ds_transfer_finished(DsHttpTransfer *transfer, CURLcode result)
{
	DsHttpQueue *queue = transfer->queue;
	int64		now = ds_now();
	int64		delay;

	ds_transfer_close(transfer, result);
	queue->stats.bytes_received += transfer->reply_length;

	if (had_no_chance(transfer))
	{
		transfer->attempts--;
		put_to_rest(transfer, now);
	}
	else if (ds_retry_allowed(transfer, ds_transfer_time(transfer), &delay))
	{
		if (transfer->token_serial != 0 && transfer->status == 401)
			transfer->reauthenticated = true;
		put_to_rest(transfer, now + delay);
	}
	else
	{
		/* what a stream has kept for its reader still counts */
		if (!transfer->streamed || transfer->stream.length == 0)
			ds_queue_free_slot(transfer);
		finish_transfer(transfer);
	}

	if (transfer->token_serial != 0 && transfer->status == 401)
		ds_token_drop(transfer->token_serial);
}

/* End all that have taken too long by their own clock. */
static void
expire_transfers(void)
{
	dlist_iter	q;
	dlist_mutable_iter t;

	dlist_foreach(q, &all_queues)
	{
		DsHttpQueue *queue = dlist_container(DsHttpQueue, node, q.cur);

		dlist_foreach_modify(t, &queue->running)
			ds_transfer_expire(dlist_container(DsHttpTransfer, node, t.cur));
	}
}

static int64
earlier(int64 a, int64 b)
{
	return a < 0 ? b : Min(a, b);
}

/* When we are needed even if nothing arrives, in terms of ds_now(); -1: never. */
static int64
next_due(void)
{
	int64		offset = ds_now() - ds_waited();
	int64		due = -1;
	dlist_iter	q;
	dlist_iter	t;

	dlist_foreach(q, &all_queues)
	{
		DsHttpQueue *queue = dlist_container(DsHttpQueue, node, q.cur);

		dlist_foreach(t, &queue->resting)
			due = earlier(due, dlist_container(DsHttpTransfer, node, t.cur)->due);
		dlist_foreach(t, &queue->running)
		{
			DsHttpTransfer *transfer = dlist_container(DsHttpTransfer, node, t.cur);

			if (transfer->patient && !transfer->stream.paused)
				due = earlier(due, transfer->expires + offset);
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

void
ds_queue_wait(DsHttpQueue *queue, DsHttpTransfer *stream, DsHttpCondition reached)
{
	ds_notes_reap();
	for (;;)
	{
		DsHttpTransfer *first;

		CHECK_FOR_INTERRUPTS();
		expire_transfers();
		wake_resting(queue, ds_now());
		first = stream ? stream : first_of(&queue->waiting);
		if (first && first->state == DS_STATE_WAITING && lacks_token(first))
			ds_auth_obtain(queue);
		/* nobody may wait for a stream that waits for others to be read */
		if (stream && stream->state == DS_STATE_WAITING)
			start_transfer(stream);
		start_all_queues();
		if (reached(queue, stream))
			break;
		ds_wait_step(next_due(), wait_reason(queue));
	}
}
