/*-------------------------------------------------------------------------
 *
 * ds_http_stream_test.c
 *	  The HTTP client's streams, links and notifications as SQL functions.
 *
 * For tests only.  Streams are numbered from 0 in the order of their
 * submission.  The queue lives in the transaction, as a scan's would.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * test/modules/http_stream/ds_http_stream_test.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "http/http.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_MODULE_MAGIC;

#define MAX_STREAMS		256

/* Every body is made of this: numbers of eight bytes, 0 to 131071, and again. */
#define PATTERN_SIZE	(1024 * 1024)

static DsHttpTarget target;
static DsHttpQueue *queue = NULL;
static DsHttpRequest *streams[MAX_STREAMS];
static int64 positions[MAX_STREAMS];
static int	nstreams = 0;

static void
forget_queue(void *arg)
{
	queue = NULL;
	nstreams = 0;
}

static char *
text_arg(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

static DsHttpRequest *
stream_arg(FunctionCallInfo fcinfo)
{
	int			i = PG_GETARG_INT32(0);

	if (queue == NULL || i < 0 || i >= nstreams)
		elog(ERROR, "there is no stream %d", i);
	return streams[i];
}

/*
 * set_target(base_url, token, client_id, client_secret, ca_file, concurrency,
 *			  connect_timeout, request_timeout, retry_timeout, max_reply_size)
 */
DS_FUNCTION_INFO(set_target);
Datum
set_target(PG_FUNCTION_ARGS)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(TopMemoryContext);

	target.server_oid = 1;
	target.server_name = "tested";
	target.user_agent = "stream-test/1";
	target.workspace_id = "4711";
	target.base_url = text_arg(fcinfo, 0);
	target.token = text_arg(fcinfo, 1);
	target.client_id = text_arg(fcinfo, 2);
	target.client_secret = text_arg(fcinfo, 3);
	target.ca_file = text_arg(fcinfo, 4);
	target.concurrency = PG_GETARG_INT32(5);
	target.connect_timeout = PG_GETARG_INT32(6);
	target.request_timeout = PG_GETARG_INT32(7);
	target.retry_timeout = PG_GETARG_INT32(8);
	target.max_reply_size = PG_GETARG_INT32(9);
	MemoryContextSwitchTo(oldcontext);
	PG_RETURN_VOID();
}

static void
make_queue(void)
{
	MemoryContext oldcontext;
	MemoryContextCallback *callback;

	if (queue)
		return;
	oldcontext = MemoryContextSwitchTo(TopTransactionContext);
	callback = palloc0(sizeof(MemoryContextCallback));
	callback->func = forget_queue;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	queue = ds_http_queue_create(&target);
	MemoryContextSwitchTo(oldcontext);
}

static void
set_headers(DsHttpRequest *request, ArrayType *array)
{
	Datum	   *elements;
	int			n;
	DsHttpHeader *headers;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &n);
	headers = palloc(sizeof(DsHttpHeader) * (n / 2 + 1));
	for (int i = 0; i < n / 2; i++)
	{
		headers[i].name = TextDatumGetCString(elements[2 * i]);
		headers[i].value = TextDatumGetCString(elements[2 * i + 1]);
	}
	request->headers = headers;
	request->nheaders = n / 2;
}

/* path, link, headers (name, value, name, ...), body */
static DsHttpRequest *
request_args(FunctionCallInfo fcinfo)
{
	DsHttpRequest *request;
	char	   *body = text_arg(fcinfo, 3);

	request = ds_http_request(body ? DS_POST : DS_GET, text_arg(fcinfo, 0), body, DS_REPEAT_SAFE);
	request->link = text_arg(fcinfo, 1);
	if (request->link)
		request->shown_path = "/shown/chunk";
	if (!PG_ARGISNULL(2))
		set_headers(request, PG_GETARG_ARRAYTYPE_P(2));
	return request;
}

/* submit(path, link, headers, body) returns int: the number of the stream */
DS_FUNCTION_INFO(submit);
Datum
submit(PG_FUNCTION_ARGS)
{
	MemoryContext oldcontext;
	DsHttpRequest *request;

	make_queue();
	if (nstreams == MAX_STREAMS)
		elog(ERROR, "too many streams");
	oldcontext = MemoryContextSwitchTo(TopTransactionContext);
	request = request_args(fcinfo);
	MemoryContextSwitchTo(oldcontext);
	request->streamed = true;
	ds_http_submit(queue, request);
	positions[nstreams] = 0;
	streams[nstreams] = request;
	PG_RETURN_INT32(nstreams++);
}

static Datum
answer(FunctionCallInfo fcinfo, const DsHttpRequest *request)
{
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "wrong result type");
	values[0] = Int32GetDatum(request->status);
	values[1] = PointerGetDatum(cstring_to_text_with_len(request->reply, request->reply_length));
	values[2] = Int32GetDatum(request->attempts);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* open_stream(id, out status, out reply, out attempts) */
DS_FUNCTION_INFO(open_stream);
Datum
open_stream(PG_FUNCTION_ARGS)
{
	DsHttpRequest *request = stream_arg(fcinfo);

	ds_http_open(queue, request);
	return answer(fcinfo, request);
}

/* get(path, link, headers, body, out status, out reply, out attempts): not streamed */
DS_FUNCTION_INFO(fetch);
Datum
fetch(PG_FUNCTION_ARGS)
{
	DsHttpRequest *request;

	make_queue();
	request = request_args(fcinfo);
	ds_http_submit(queue, request);
	if (ds_http_next(queue) != request)
		elog(ERROR, "wrong request came back");
	return answer(fcinfo, request);
}

/* read_text(id, size): what one call returns; NULL when it broke off */
DS_FUNCTION_INFO(read_text);
Datum
read_text(PG_FUNCTION_ARGS)
{
	int			size = PG_GETARG_INT32(1);
	char	   *buffer = palloc(size);
	ssize_t		length = ds_http_read(queue, stream_arg(fcinfo), buffer, size);

	if (length < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buffer, length));
}

static const char *
pattern(void)
{
	static uint64 numbers[PATTERN_SIZE / sizeof(uint64)];

	if (numbers[1] == 0)
	{
		for (int i = 0; i < lengthof(numbers); i++)
			numbers[i] = i;
	}
	return (const char *) numbers;
}

static void
check_pattern(int64 position, const char *data, int64 length)
{
	while (length > 0)
	{
		int64		offset = position % PATTERN_SIZE;
		int64		part = Min(length, PATTERN_SIZE - offset);

		if (memcmp(data, pattern() + offset, part) != 0)
			elog(ERROR, "wrong bytes behind " INT64_FORMAT, position);
		position += part;
		data += part;
		length -= part;
	}
}

/*
 * drain(id, size, at_most, checked, out bytes, out result): read until there are
 * at_most bytes, or the end.  The result is what the last call returned.
 */
DS_FUNCTION_INFO(drain);
Datum
drain(PG_FUNCTION_ARGS)
{
	DsHttpRequest *request = stream_arg(fcinfo);
	int			size = PG_GETARG_INT32(1);
	int64		at_most = PG_GETARG_INT64(2);
	bool		check = PG_GETARG_BOOL(3);
	int64	   *position = &positions[PG_GETARG_INT32(0)];
	char	   *buffer = palloc(size);
	int64		bytes = 0;
	ssize_t		length = 1;
	TupleDesc	desc;
	Datum		values[2];
	bool		nulls[2] = {0};

	while (bytes < at_most &&
		   (length = ds_http_read(queue, request, buffer, Min(size, at_most - bytes))) > 0)
	{
		if (length > size)
			elog(ERROR, "more than there is room for");
		if (check)
			check_pattern(*position, buffer, length);
		*position += length;
		bytes += length;
	}
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "wrong result type");
	values[0] = Int64GetDatum(bytes);
	values[1] = Int32GetDatum(length > 0 ? 1 : (int) length);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* raise_stream(id) */
DS_FUNCTION_INFO(raise_stream);
Datum
raise_stream(PG_FUNCTION_ARGS)
{
	ds_http_raise(stream_arg(fcinfo));
}

/* close_stream(id) */
DS_FUNCTION_INFO(close_stream);
Datum
close_stream(PG_FUNCTION_ARGS)
{
	ds_http_close(queue, stream_arg(fcinfo));
	PG_RETURN_VOID();
}

/* stats(out requests, out retries, out bytes) */
DS_FUNCTION_INFO(stats);
Datum
stats(PG_FUNCTION_ARGS)
{
	const DsHttpStats *s = ds_http_stats(queue);
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "wrong result type");
	values[0] = Int64GetDatum(s->requests);
	values[1] = Int64GetDatum(s->retries);
	values[2] = Int64GetDatum(s->bytes_received);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* ------------------------------------------------------------------------ */

typedef struct Farewell
{
	MemoryContextCallback callback;
	DsHttpTarget target;
	DsHttpRequest request;
	int			wait_ms;
} Farewell;

static void
send_farewell(void *arg)
{
	Farewell   *farewell = arg;
	uint32		holdoff = InterruptHoldoffCount;

	ds_http_notify(&farewell->target, &farewell->request, farewell->wait_ms);
	if (InterruptHoldoffCount != holdoff)
		elog(LOG, "a notification changed the holds on interrupts");
	/* it has copied all: what it was given may vanish */
	memset(&farewell->target, 0x7f, sizeof(DsHttpTarget));
	memset(&farewell->request, 0x7f, sizeof(DsHttpRequest));
}

/* notify(path, body, wait_ms) */
DS_FUNCTION_INFO(notify);
Datum
notify(PG_FUNCTION_ARGS)
{
	DsHttpRequest *request = ds_http_request(DS_POST, text_arg(fcinfo, 0), text_arg(fcinfo, 1),
											 DS_REPEAT_SAFE);

	ds_http_notify(&target, request, PG_GETARG_INT32(2));
	PG_RETURN_VOID();
}

/* notify_at_end(path, body, wait_ms): when the (sub)transaction's memory is given back */
DS_FUNCTION_INFO(notify_at_end);
Datum
notify_at_end(PG_FUNCTION_ARGS)
{
	MemoryContext oldcontext = MemoryContextSwitchTo(CurTransactionContext);
	Farewell   *farewell = palloc0(sizeof(Farewell));

	farewell->target = target;
	farewell->request.method = DS_POST;
	farewell->request.path = text_arg(fcinfo, 0);
	farewell->request.body = text_arg(fcinfo, 1);
	farewell->request.repeat = DS_REPEAT_SAFE;
	farewell->wait_ms = PG_GETARG_INT32(2);
	farewell->callback.func = send_farewell;
	farewell->callback.arg = farewell;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &farewell->callback);
	MemoryContextSwitchTo(oldcontext);
	PG_RETURN_VOID();
}
