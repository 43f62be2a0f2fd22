/*-------------------------------------------------------------------------
 *
 * statement_links.c
 *	  Rows behind links to the cloud's storage: large results.
 *
 * A result consists of chunks.  For each, the platform is asked for a link,
 * which is good for some minutes; the storage behind it knows neither us nor
 * the platform's errors.  A window of chunks is looked after: while the first
 * is being read, the links of the others are asked for and opened, and their
 * rows arrive as far as the client buffers them.
 *
 * A link is used as soon as it comes, so its date of expiry says nothing that
 * the storage's answer does not, without two clocks that must agree.  What
 * fails (refused, expired, broken off) is asked for again, a few times; rows
 * that were handed out already are skipped then.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement_links.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "backend/databricks/statement_state.h"

/* Links that one chunk gets. */
#define MAX_ATTEMPTS		4

/* ============================================================
 * Links
 * ============================================================
 */

/* Ask the platform for the link of a chunk. */
static void
ask_for_link(DsStatement *s, DsChunk *chunk)
{
	MemoryContext old = MemoryContextSwitchTo(chunk->context);

	chunk->attempts++;
	chunk->ask = ds_http_request(DS_GET, ds_result_chunk_path(s, chunk->index), NULL,
								 DS_REPEAT_SAFE);
	chunk->ask->cookie = chunk;
	ds_http_submit(s->queue, chunk->ask);
	MemoryContextSwitchTo(old);
}

/* The headers that the link is to be fetched with. */
static void
add_headers(DsHttpRequest *request, const cJSON *headers)
{
	DsHttpHeader *array;
	const cJSON *header;

	if (headers == NULL || headers->child == NULL)
		return;
	array = palloc0(cJSON_GetArraySize(headers) * sizeof(DsHttpHeader));
	cJSON_ArrayForEach(header, headers)
	{
		DsHttpHeader *h = &array[request->nheaders];

		h->name = header->string ? pstrdup(header->string) : NULL;
		h->value = ds_json_text_value(header, "http_headers");
		if (h->name && h->value)
			request->nheaders++;
	}
	request->headers = array;
}

/* Fetch the rows of a chunk from where its link leads. */
static void
fetch_rows(DsStatement *s, DsChunk *chunk, const cJSON *link)
{
	MemoryContext old = MemoryContextSwitchTo(chunk->context);
	DsHttpRequest *request = ds_http_request(DS_GET, NULL, NULL, DS_REPEAT_SAFE);

	request->link = ds_json_text(link, "external_link");
	if (request->link == NULL)
		ds_statement_incomplete(s, psprintf("There is no link to chunk " INT64_FORMAT ".", chunk->index));
	request->shown_path = chunk->what;
	request->streamed = true;
	add_headers(request, ds_json_get(link, "http_headers"));
	chunk->expected_rows = ds_result_expected(s, chunk->index, link);
	chunk->has_next = ds_json_get(link, "next_chunk_index") != NULL ||
		ds_json_get(link, "next_chunk_internal_link") != NULL;
	(void) ds_result_has_chunk(s, chunk->index + 1, chunk->has_next);
	ds_http_submit(s->links, request);
	chunk->fetch = request;
	MemoryContextSwitchTo(old);
}

/* Use the links in a result for the chunks that wait for them. */
static void
use_links(DsStatement *s, const cJSON *result, int64 asked_index)
{
	const cJSON *links = ds_json_array(result, "external_links");
	const cJSON *link;

	if (links == NULL)
		return;
	cJSON_ArrayForEach(link, links)
	{
		int64		index = ds_result_count(link, "chunk_index");

		if (index < 0)
			index = asked_index;
		for (int i = 0; i < s->nchunks; i++)
			if (s->chunks[i].index == index && s->chunks[i].fetch == NULL)
				fetch_rows(s, &s->chunks[i], link);
	}
}

/* An answer to ask_for_link() */
static void
take_answer(DsStatement *s)
{
	MemoryContext old = MemoryContextSwitchTo(s->scratch);
	DsHttpRequest *request = ds_http_next(s->queue);
	DsChunk    *chunk = request->cookie;

	chunk->ask = NULL;
	use_links(s, ds_statement_reply(s, request), chunk->index);
	if (chunk->fetch == NULL)
		ds_statement_incomplete(s, psprintf("There is no link to chunk " INT64_FORMAT ".", chunk->index));
	MemoryContextSwitchTo(old);
	MemoryContextReset(s->scratch);
}

/* ============================================================
 * The window
 * ============================================================
 */

static DsChunk *
add_chunk(DsStatement *s, int64 index)
{
	DsChunk    *chunk = &s->chunks[s->nchunks++];
	MemoryContext old;

	memset(chunk, 0, sizeof(*chunk));
	chunk->context = AllocSetContextCreate(s->context, "deltashare chunk", ALLOCSET_SMALL_SIZES);
	chunk->index = index;
	chunk->expected_rows = -1;
	old = MemoryContextSwitchTo(chunk->context);
	chunk->what = psprintf("result chunk " INT64_FORMAT " of statement %s", index, s->id);
	MemoryContextSwitchTo(old);
	return chunk;
}

/* Begin with as many chunks as are known and fit. */
static void
extend_window(DsStatement *s)
{
	while (s->nchunks > 0 && s->nchunks < s->depth)
	{
		DsChunk    *last = &s->chunks[s->nchunks - 1];

		if (!ds_result_has_chunk(s, last->index + 1, last->has_next))
			break;
		ask_for_link(s, add_chunk(s, last->index + 1));
	}
}

/* Take what has come in the meantime. */
static void
look_ahead(DsStatement *s)
{
	while (ds_http_ready(s->queue))
		take_answer(s);
	extend_window(s);
}

static void
drop_first_chunk(DsStatement *s)
{
	MemoryContextDelete(s->chunks[0].context);
	s->nchunks--;
	memmove(&s->chunks[0], &s->chunks[1], s->nchunks * sizeof(DsChunk));
	for (int i = 0; i < s->nchunks; i++)
		if (s->chunks[i].ask)
			s->chunks[i].ask->cookie = &s->chunks[i];
}

static bool
has_links(const cJSON *result)
{
	const cJSON *links = ds_json_array(result, "external_links");

	return links && links->child;
}

void
ds_links_begin(DsStatement *s, const cJSON *result)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);

	s->links = ds_http_queue_create(s->target);
	s->reader = ds_rows_create(s->spec.ncolumns, s->target->max_reply_size);

	/* each chunk needs a connection of its own to get on */
	s->depth = Min(DS_CHUNKS_AHEAD, Max(s->target->concurrency, 1));
	MemoryContextSwitchTo(old);

	if (s->manifest.total_rows == 0 && !has_links(result))
		return;
	add_chunk(s, 0);
	use_links(s, result, 0);
	if (s->chunks[0].fetch == NULL)
		ask_for_link(s, &s->chunks[0]);
	extend_window(s);
}

/* ============================================================
 * Rows
 * ============================================================
 */

/* Errors about a chunk for which no further link is asked. */
static void
give_up(DsStatement *s, const DsChunk *chunk)
{
	const DsHttpRequest *request = chunk->fetch;

	if (chunk->opened && chunk->last_read < 0)
		ds_http_raise(request);
	if (chunk->opened)
		ds_statement_incomplete(s, psprintf("Chunk " INT64_FORMAT " ends within a row.", chunk->index));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("could not read the result of server \"%s\"", s->server->name),
			 errdetail("The storage that holds it answered with HTTP status %d.", request->status),
			 errcontext("remote request: GET %s", chunk->what)));
}

/* What the link of the first chunk led to was no good: get another. */
static void
ask_again(DsStatement *s, DsChunk *chunk)
{
	if (chunk->attempts >= MAX_ATTEMPTS)
		give_up(s, chunk);
	ds_http_close(s->links, chunk->fetch);
	chunk->fetch = NULL;
	chunk->opened = false;
	ask_for_link(s, chunk);
}

/* DsRowSource: the first chunk's rows */
static ssize_t
read_first_chunk(void *argument, char *buffer, size_t size)
{
	DsStatement *s = argument;
	DsChunk    *chunk = &s->chunks[0];

	look_ahead(s);
	chunk->last_read = ds_http_read(s->links, chunk->fetch, buffer, size);
	return chunk->last_read;
}

/* Make the rows of the first chunk readable. */
static void
open_first_chunk(DsStatement *s)
{
	DsChunk    *chunk = &s->chunks[0];

	for (;;)
	{
		while (chunk->fetch == NULL)
			take_answer(s);
		ds_http_open(s->links, chunk->fetch);
		if (ds_dbx_succeeded(chunk->fetch))
			break;
		ask_again(s, chunk);
	}
	chunk->opened = true;
	chunk->rows = 0;
	ds_rows_begin(s->reader, chunk->what, read_first_chunk, s);
}

/* The first chunk was read to its end: go on with the one behind it. */
static void
finish_first_chunk(DsStatement *s)
{
	DsChunk    *chunk = &s->chunks[0];
	int64		next = chunk->index + 1;
	bool		is_last = !ds_result_has_chunk(s, next, chunk->has_next);

	ds_result_check_chunk(s, chunk->index, chunk->rows, chunk->expected_rows);
	ds_http_close(s->links, chunk->fetch);
	drop_first_chunk(s);
	if (s->nchunks == 0 && !is_last)
		ask_for_link(s, add_chunk(s, next));
	extend_window(s);
}

/* The next row of the first chunk that was not handed out before; false at its end. */
static bool
next_row_of_chunk(DsStatement *s, DsField *fields)
{
	DsChunk    *chunk = &s->chunks[0];

	for (;;)
	{
		if (!chunk->opened)
			open_first_chunk(s);
		switch (ds_rows_next(s->reader, fields))
		{
			case DS_ROW:
				if (++chunk->rows <= chunk->delivered)
					break;
				chunk->delivered++;
				return true;
			case DS_ROWS_BROKEN:
				ask_again(s, chunk);
				break;
			case DS_ROWS_END:
				return false;
		}
	}
}

bool
ds_links_next(DsStatement *s, DsField *fields)
{
	while (s->nchunks > 0)
	{
		if (next_row_of_chunk(s, fields))
			return true;
		finish_first_chunk(s);
	}
	return false;
}
