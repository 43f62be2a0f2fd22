/*-------------------------------------------------------------------------
 *
 * stream.c
 *	  Replies that are read while they arrive.
 *
 * Curl puts what arrives into a ring of bounded size, whoever is waited for;
 * when the ring is full, curl stops reading from the connection and the server
 * has to wait.  The reader empties the ring and lets curl go on when half of
 * it is free, so that neither waits for the other more often than necessary.
 *
 * A reply that breaks off before the reader saw any of it is asked for again
 * under the rules of retry.c, without the reader noticing.
 *

 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/stream.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"
#include "miscadmin.h"

StaticAssertDecl(DS_STREAM_BUFFER >= 4 * CURL_MAX_WRITE_SIZE,
				 "the buffer of a stream must hold several pieces");

/* ============================================================
 * The ring, as curl fills it
 * ============================================================
 */

void
ds_stream_clear(DsHttpTransfer *transfer)
{
	DsHttpStream *stream = &transfer->stream;

	stream->start = 0;
	stream->length = 0;
	stream->flowing = false;
	stream->paused = false;
}

void
ds_stream_free(DsHttpTransfer *transfer)
{
	ds_stream_clear(transfer);
	free(transfer->stream.data);
	transfer->stream.data = NULL;
}

void
ds_stream_begin(DsHttpTransfer *transfer, int status)
{
	if (transfer->stream.flowing)
		return;					/* the end of a trailer */
	transfer->stream.flowing = true;
	transfer->status = status;
	transfer->expires = ds_waited() + transfer->queue->target->request_timeout;
}

bool
ds_stream_put(DsHttpTransfer *transfer, const char *data, size_t length)
{
	DsHttpStream *stream = &transfer->stream;
	size_t		end;
	size_t		part;

	if (stream->data == NULL)
		stream->data = malloc(DS_STREAM_BUFFER);
	if (stream->data == NULL || length > DS_STREAM_BUFFER)
	{
		transfer->out_of_memory = true;
		return false;
	}
	if (length > DS_STREAM_BUFFER - stream->length)
	{
		stream->paused = true;
		return false;
	}

	end = (stream->start + stream->length) % DS_STREAM_BUFFER;
	part = Min(length, DS_STREAM_BUFFER - end);
	memcpy(stream->data + end, data, part);
	memcpy(stream->data, data + part, length - part);
	stream->length += length;
	transfer->queue->stats.bytes_received += length;
	transfer->expires = ds_waited() + transfer->queue->target->request_timeout;
	return true;
}

/* ============================================================
 * ... and the reader empties it
 * ============================================================
 */

static size_t
take_bytes(DsHttpStream *stream, char *buffer, size_t size)
{
	size_t		length = Min(size, stream->length);
	size_t		part = Min(length, DS_STREAM_BUFFER - stream->start);

	memcpy(buffer, stream->data + stream->start, part);
	memcpy(buffer + part, stream->data, length - part);
	stream->length -= length;
	/* an empty ring begins anew, in memory that the processor has at hand */
	stream->start = stream->length == 0 ? 0 : (stream->start + length) % DS_STREAM_BUFFER;
	return length;
}

/*
 * Let curl go on.  It delivers at once what it holds already, and may find out
 * that the rest is broken.
 */
static void
resume(DsHttpTransfer *transfer)
{
	CURLcode	result;

	if (!transfer->stream.paused || transfer->stream.length > DS_STREAM_BUFFER / 2)
		return;
	transfer->stream.paused = false;
	transfer->expires = ds_waited() + transfer->queue->target->request_timeout;
	result = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
	if (result != CURLE_OK)
		ds_transfer_finished(transfer, result);
}

static bool
is_over(const DsHttpTransfer *transfer)
{
	return transfer->state == DS_STATE_FINISHED;
}

static bool
is_success(const DsHttpTransfer *transfer)
{
	return transfer->result == CURLE_OK && transfer->status >= 200 && transfer->status < 300;
}

/* The transfer of a request that was submitted here, is streamed and not closed. */
static DsHttpTransfer *
find_stream(DsHttpQueue *queue, DsHttpRequest *request)
{
	DsHttpTransfer *transfer = request->transfer;

	if (transfer == NULL || transfer->queue != queue || !transfer->streamed ||
		transfer->state == DS_STATE_RETURNED)
		elog(ERROR, "no such stream");
	return transfer;
}

static bool
is_answered(const DsHttpQueue *queue, const DsHttpTransfer *stream)
{
	return stream->stream.flowing || is_over(stream);
}

void
ds_http_open(DsHttpQueue *queue, DsHttpRequest *request)
{
	DsHttpTransfer *transfer = find_stream(queue, request);

	ds_queue_wait(queue, transfer, is_answered);
	if (is_over(transfer) && transfer->result != CURLE_OK)
		ds_report_failure(transfer);
	ds_http_fill_request(transfer);
	transfer->stream.opened = true;
}

static bool
is_readable(const DsHttpQueue *queue, const DsHttpTransfer *stream)
{
	return stream->stream.length > 0 || is_over(stream);
}

ssize_t
ds_http_read(DsHttpQueue *queue, DsHttpRequest *request, char *buffer, size_t size)
{
	DsHttpTransfer *transfer = find_stream(queue, request);
	DsHttpStream *stream = &transfer->stream;
	size_t		length;

	if (!stream->opened)
		elog(ERROR, "stream is not open");
	if (size == 0)
		elog(ERROR, "no room to read into");
	CHECK_FOR_INTERRUPTS();
	if (!is_readable(queue, transfer))
		ds_queue_wait(queue, transfer, is_readable);
	if (is_over(transfer) && !is_success(transfer) && !stream->touched)
		return -1;
	if (stream->length == 0)
	{
		ds_queue_free_slot(transfer);
		ds_stream_free(transfer);
		return is_success(transfer) ? 0 : -1;
	}

	stream->touched = true;
	length = take_bytes(stream, buffer, size);
	resume(transfer);
	return (ssize_t) length;
}

void
ds_http_raise(const DsHttpRequest *request)
{
	const DsHttpTransfer *transfer = request->transfer;

	if (transfer == NULL || !transfer->streamed || !is_over(transfer) || is_success(transfer))
		elog(ERROR, "no stream that broke off");
	ds_report_failure(transfer);
	pg_unreachable();
}

void
ds_http_close(DsHttpQueue *queue, DsHttpRequest *request)
{
	ds_http_release(request);
}
