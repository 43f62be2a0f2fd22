/*-------------------------------------------------------------------------
 *
 * statement_state.h
 *	  A statement, as only the files statement*.c know it.
 *
 *		NEW -> POSTED -> RUNNING -> SUCCEEDED
 *			      \------+--------> OVER
 *
 * POSTED: the request is on its way, and the statement may or may not run.
 * RUNNING: it has an id.  In both, leaving it means to cancel it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_STATEMENT_STATE_H
#define DELTASHARE_STATEMENT_STATE_H

#include "backend/databricks/databricks.h"
#include "backend/databricks/result_rows.h"
#include "backend/databricks/statement.h"

#define STATEMENTS_PATH	"/api/2.0/sql/statements"

/* Chunks of a result that are looked after at once, the one being read among them. */
#define DS_CHUNKS_AHEAD	3

typedef enum DsStatementStage
{
	DS_STATEMENT_NEW,
	DS_STATEMENT_POSTED,
	DS_STATEMENT_RUNNING,
	DS_STATEMENT_SUCCEEDED,
	DS_STATEMENT_OVER			/* failed, cancelled, or its result is gone */
} DsStatementStage;

/* What the manifest promises; -1 where it says nothing. */
typedef struct DsManifest
{
	int64		total_rows;
	int64		total_chunks;
	int64	   *chunk_rows;		/* by index */
	int64		nchunk_rows;
} DsManifest;

/* A chunk of a result behind a link. */
typedef struct DsChunk
{
	MemoryContext context;		/* of all that is kept for this chunk */
	int64		index;
	const char *what;			/* for messages */
	int64		expected_rows;	/* -1: unknown */
	bool		has_next;		/* as its link says */
	int			attempts;		/* links that were asked for again */
	DsHttpRequest *ask;			/* for its link, in flight; NULL: none */
	DsHttpRequest *fetch;		/* of its rows; NULL: there is no link yet */
	bool		opened;
	ssize_t		last_read;		/* what ds_http_read() said */
	int64		rows;			/* read since it was opened */
	int64		delivered;		/* handed to the caller, over all attempts */
} DsChunk;

struct DsStatement
{
	const DsServer *server;		/* a copy of our own */
	DsStatementSpec spec;
	DsHttpTarget *target;

	/*
	 * Everything is in a context below TopMemoryContext, which the reset
	 * callback of the caller's context deletes: by the time that is called,
	 * the children of the caller's are gone, and a request whose answer we
	 * still want would be, too.
	 */
	MemoryContext context;		/* NULL: ended */
	MemoryContextCallback cleanup;
	MemoryContext scratch;		/* one reply of the API, as it was read */
	DsHttpQueue *queue;			/* to the platform's API */
	DsScanStats past_stats;		/* of queues that are gone */

	DsStatementStage stage;
	bool		without_result; /* there is nothing to be read */
	bool		external;		/* rows come by links */
	DsHttpRequest *post;		/* that asked for it */
	const char *id;				/* NULL: not known yet */
	const char *path;			/* of the statement */
	DsHttpRequest *cancel;		/* ready to be sent, as soon as there is an id */

	/* the result */
	DsManifest	manifest;
	int64		rows;			/* handed to the caller */
	bool		ended;			/* there are no more */
	int64		empty_chunks;	/* in a row */

	/* INLINE: the chunk in the reply that is in scratch */
	int64		chunk_index;
	int64		chunk_expected;
	int64		chunk_rows;
	const cJSON *row;			/* the next one; NULL: the chunk is at its end */
	const char *next_path;		/* of the next chunk, NULL: none */
	MemoryContext row_context;

	/* EXTERNAL_LINKS: a window of chunks, in order */
	DsHttpQueue *links;			/* to where the links lead */
	DsRowReader *reader;
	int			depth;			/* of the window */
	int			nchunks;
	DsChunk		chunks[DS_CHUNKS_AHEAD];
};

/* in statement.c */

/* Send a GET to the API and return its reply, a success, read in CurrentMemoryContext. */
extern const cJSON *ds_statement_get(DsStatement *s, const char *path);

/* The same for a request that has come back. */
extern const cJSON *ds_statement_reply(DsStatement *s, DsHttpRequest *request);

/* in statement_result.c */

/* Look at the reply of a statement that succeeded; then rows can be read. */
extern void ds_result_begin(DsStatement *s, const cJSON *reply);
extern bool ds_result_next(DsStatement *s, DsField *fields);

/* A number of rows or chunks; -1 if it is not there. */
extern int64 ds_result_count(const cJSON *object, const char *path);

/* Rows that a chunk has to have by the manifest, or by what it says itself. */
extern int64 ds_result_expected(DsStatement *s, int64 index, const cJSON *chunk);

/* A chunk was read to its end, with so many rows. */
extern void ds_result_check_chunk(DsStatement *s, int64 index, int64 rows, int64 expected);

/* Does a chunk follow?  "linked" is what the chunk before it says. */
extern bool ds_result_has_chunk(DsStatement *s, int64 index, bool linked);

extern char *ds_result_chunk_path(DsStatement *s, int64 index);

/* in statement_inline.c */
extern void ds_inline_begin(DsStatement *s, const cJSON *result);
extern bool ds_inline_next(DsStatement *s, DsField *fields);

/* in statement_links.c */
extern void ds_links_begin(DsStatement *s, const cJSON *result);
extern bool ds_links_next(DsStatement *s, DsField *fields);

/* in statement_errors.c */

/* Raise the error that a statement's end without a result is. */
pg_noreturn extern void ds_statement_failed(DsStatement *s, const char *state, const cJSON *status);

/* Did an inline result become too large? */
extern bool ds_statement_outgrew_inline(const cJSON *status);

pg_noreturn extern void ds_statement_incomplete(DsStatement *s, const char *detail);

/* in statement_warehouse.c */
/* Ask how the warehouse is, and tell the user if it is not running. */
extern void ds_warehouse_notice(DsStatement *s);

#endif							/* DELTASHARE_STATEMENT_STATE_H */
