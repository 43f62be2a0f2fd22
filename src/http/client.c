/*-------------------------------------------------------------------------
 *
 * client.c
 *	  Requests on their way into a queue and out of it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/client.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"
#include "utils/memutils.h"

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

/* What the transfer is about, copied into the current context. */
static void
copy_request(DsHttpTransfer *transfer, const DsHttpRequest *request)
{
	DsHttpQueue *queue = transfer->queue;

	transfer->method = request->method;
	transfer->repeat = request->repeat;
	transfer->streamed = request->streamed;
	transfer->patient = request->streamed || queue->notes;
	transfer->reauthenticated = queue->notes;	/* as they are not repeated */
	if (request->link)
	{
		transfer->auth = DS_AUTH_NONE;
		ds_link_copy(transfer, request);
		transfer->shown_path = pstrdup(request->shown_path ? request->shown_path : "(link)");
	}
	else
	{
		check_path(request->path);
		transfer->auth = queue->auth;
		transfer->url = psprintf("%s%s", queue->target->base_url, request->path);
		transfer->shown_path = pstrdup(request->shown_path ? request->shown_path : request->path);
	}
	if (request->body)
	{
		transfer->body = pstrdup(request->body);
		transfer->body_length = strlen(transfer->body);
	}
}

void
ds_http_submit(DsHttpQueue *queue, DsHttpRequest *request)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(queue->context);
	DsHttpTransfer *transfer = palloc0(sizeof(DsHttpTransfer));

	transfer->queue = queue;
	transfer->request = request;
	copy_request(transfer, request);
	MemoryContextSwitchTo(oldcontext);

	request->transfer = transfer;
	ds_queue_add(transfer);
}

int
ds_http_pending(const DsHttpQueue *queue)
{
	return queue->npending;
}

static bool
has_finished(const DsHttpQueue *queue, const DsHttpTransfer *stream)
{
	return !dlist_is_empty(unconstify(dlist_head *, &queue->finished));
}

void
ds_http_fill_request(DsHttpTransfer *transfer)
{
	DsHttpRequest *request = transfer->request;

	request->status = transfer->status;
	request->reply = transfer->reply ? transfer->reply : "";
	request->reply_length = transfer->reply_length;
	request->content_type = transfer->content_type[0] ? transfer->content_type : NULL;
	request->request_id = transfer->request_id[0] ? transfer->request_id : NULL;
	request->attempts = transfer->attempts;
	request->in_doubt = transfer->was_in_doubt;
}

DsHttpRequest *
ds_http_next(DsHttpQueue *queue)
{
	DsHttpTransfer *transfer;

	if (queue->npending == 0)
		return NULL;
	if (dlist_is_empty(&queue->finished))
		ds_queue_wait(queue, NULL, has_finished);

	transfer = ds_queue_take_finished(queue);
	if (transfer->result != CURLE_OK)
	{
		ds_transfer_stop(transfer);
		ds_report_failure(transfer);
	}
	ds_http_fill_request(transfer);
	return transfer->request;
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
	ds_queue_free_slot(transfer);
	dlist_delete(&transfer->node);
	ds_link_free(transfer);
	pfree(transfer->url);
	pfree(transfer->shown_path);
	if (transfer->body)
		pfree(transfer->body);
	pfree(transfer);
}

void
ds_http_cancel(DsHttpQueue *queue)
{
	ds_queue_stop(queue);
}

const DsHttpStats *
ds_http_stats(const DsHttpQueue *queue)
{
	return &queue->stats;
}

bool
ds_http_may_be_done(const DsHttpRequest *request)
{
	const DsHttpTransfer *transfer = request->transfer;
	int			status = transfer ? transfer->status : request->status;

	/* an earlier attempt, of which no answer came */
	if (transfer ? transfer->was_in_doubt : request->in_doubt)
		return true;
	/* an answer may have broken off, or be too large, that is no refusal */
	return (transfer == NULL || transfer->sent) && !(status >= 400 && status < 500);
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
		request->in_doubt = request->transfer && ds_http_may_be_done(request);
		request->transfer = NULL;
		MemoryContextDelete(queue->context);
		PG_RE_THROW();
	}
	PG_END_TRY();
}
