/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  The life of a statement on a SQL warehouse.
 *
 * A statement is posted without waiting, so its id is known at once and it can
 * be cancelled at any later time; then it is polled, at first often.  Whatever
 * ends the caller's interest while it may still run (an error, a cancel, a
 * LIMIT, an abort) cancels it on the warehouse, where it would cost money.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "backend/databricks/statement_state.h"

/* Milliseconds between polls. */
#define FIRST_PAUSE			20
#define LAST_PAUSE			2000

/* Milliseconds after which we wonder whether the warehouse is up. */
#define PENDING_PATIENCE	3000

/*
 * Milliseconds that leaving a statement may take: a backend that is told to
 * stop does so within 100.
 */
#define LEAVE_LIMIT			60

/* A statement id is a UUID; something much longer is not one. */
#define MAX_ID_LENGTH		128

/* ============================================================
 * Begin and end
 * ============================================================
 */

static void
add_queue_stats(const DsHttpQueue *queue, DsScanStats *stats)
{
	const DsHttpStats *more = queue ? ds_http_stats(queue) : NULL;

	if (more == NULL)
		return;
	stats->requests += more->requests;
	stats->retries += more->retries;
	stats->bytes_received += more->bytes_received;
}

void
ds_dbx_statement_stats(const DsStatement *s, DsScanStats *stats)
{
	*stats = s->past_stats;
	add_queue_stats(s->queue, stats);
	add_queue_stats(s->links, stats);
}

static bool
is_valid_id(const char *id)
{
	size_t		length = strlen(id);

	return length > 0 && length <= MAX_ID_LENGTH &&
		strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == length;
}

/* The statement has an id: from now on it can be cancelled. */
static void
note_id(DsStatement *s, const char *id)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);
	const char *copy = pstrdup(id);

	s->path = psprintf(STATEMENTS_PATH "/%s", copy);
	s->cancel = ds_http_request(DS_POST, psprintf("%s/cancel", s->path), NULL, DS_REPEAT_SAFE);
	s->id = copy;
	s->stage = DS_STATEMENT_RUNNING;
	MemoryContextSwitchTo(old);
}

/* The answer to the POST may be about to come: without it there is no id. */
static void
learn_id(DsStatement *s, int wait_ms)
{
	DsHttpRequest *request;
	const cJSON *reply;
	const cJSON *id;

	if (!ds_http_settle(s->queue, wait_ms))
		return;
	request = ds_http_next(s->queue);
	reply = ds_dbx_succeeded(request) ? ds_json_try_parse(request->reply, request->reply_length) : NULL;
	id = reply ? ds_json_get(reply, "statement_id") : NULL;
	if (id && cJSON_IsString(id) && is_valid_id(id->valuestring))
		note_id(s, id->valuestring);
}

/* Cancel the statement, if it may be running. */
static void
leave(DsStatement *s)
{
	TimestampTz start = GetCurrentTimestamp();
	MemoryContext old = MemoryContextSwitchTo(s->context);

	if (s->stage == DS_STATEMENT_POSTED)
		learn_id(s, LEAVE_LIMIT);
	if (s->stage == DS_STATEMENT_RUNNING)
	{
		long		spent = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

		ds_http_notify(s->target, s->cancel, (int) Max(LEAVE_LIMIT - spent, 1));
	}
	s->stage = DS_STATEMENT_OVER;
	MemoryContextSwitchTo(old);
}

/*
 * The same for code that must not fail.  What can fail is rare: a lost
 * connection while the answer to the POST is waited for, no memory.
 */
static void
leave_quietly(DsStatement *s)
{
	MemoryContext old = CurrentMemoryContext;
	uint32		holdoff = InterruptHoldoffCount;

	PG_TRY();
	{
		HOLD_INTERRUPTS();
		leave(s);
		RESUME_INTERRUPTS();
	}
	PG_CATCH();
	{
		InterruptHoldoffCount = holdoff;
		MemoryContextSwitchTo(old);
		FlushErrorState();
	}
	PG_END_TRY();
}

/* Reset callback of the caller's context, and ds_dbx_end_statement() */
static void
end_statement(void *argument)
{
	DsStatement *s = argument;
	MemoryContext context = s->context;

	if (context == NULL)
		return;
	if (s->stage == DS_STATEMENT_POSTED || s->stage == DS_STATEMENT_RUNNING)
		leave_quietly(s);
	ds_dbx_statement_stats(s, &s->past_stats);
	s->queue = s->links = NULL;
	s->context = NULL;
	MemoryContextDelete(context);
}

DsStatement *
ds_dbx_begin_statement(const DsServer *server, const DsStatementSpec *spec)
{
	DsStatement *s = palloc0(sizeof(DsStatement));
	MemoryContext old;

	/* first that it will be released, then what there is to release */
	s->cleanup.func = end_statement;
	s->cleanup.arg = s;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &s->cleanup);
	s->spec = *spec;
	s->external = !spec->small;
	s->context = AllocSetContextCreate(TopMemoryContext, "deltashare statement",
									   ALLOCSET_DEFAULT_SIZES);
	s->scratch = AllocSetContextCreate(s->context, "deltashare statement reply", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(s->context);
	s->server = ds_server_copy(server);
	MemoryContextSwitchTo(old);
	return s;
}

void
ds_dbx_end_statement(DsStatement *s)
{
	end_statement(s);
}

/* ============================================================
 * Requests
 * ============================================================
 */

static void
connect_to_api(DsStatement *s)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);

	ds_dbx_require_warehouse(s->server, &s->spec);
	s->target = ds_dbx_target(s->server);
	s->queue = ds_http_queue_create(s->target);
	MemoryContextSwitchTo(old);
}

const cJSON *
ds_statement_reply(DsStatement *s, DsHttpRequest *request)
{
	DsSubject	subject = {.action = "run a statement on its SQL warehouse"};
	const cJSON *reply;

	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(s->server, request, &subject);
	reply = ds_dbx_finish(request);
	ds_http_release(request);
	return reply;
}

const cJSON *
ds_statement_get(DsStatement *s, const char *path)
{
	DsHttpRequest *request = ds_http_request(DS_GET, path, NULL, DS_REPEAT_SAFE);

	ds_http_submit(s->queue, request);
	(void) ds_http_next(s->queue);
	return ds_statement_reply(s, request);
}

/* ============================================================
 * Post
 * ============================================================
 */

static void
add_parameters(cJSON *body, const DsStatementSpec *spec)
{
	cJSON	   *array;

	if (spec->nparameters == 0)
		return;
	array = ds_json_add_array(body, "parameters");
	for (int i = 0; i < spec->nparameters; i++)
	{
		const DsParameter *parameter = &spec->parameters[i];
		cJSON	   *item = ds_json_append_object(array);

		ds_json_add_text(item, "name", parameter->name);
		ds_json_add_text(item, "type", parameter->type);
		if (parameter->value)	/* absent means NULL */
			ds_json_add_text(item, "value", parameter->value);
	}
}

static char *
build_body(const DsStatement *s)
{
	cJSON	   *body = ds_json_new_object();

	ds_json_add_text(body, "statement", s->spec.text);
	ds_json_add_text(body, "warehouse_id", s->server->options.warehouse_id);
	add_parameters(body, &s->spec);
	ds_json_add_text(body, "disposition", s->external ? "EXTERNAL_LINKS" : "INLINE");
	ds_json_add_text(body, "format", "JSON_ARRAY");
	ds_json_add_text(body, "wait_timeout", "0s");
	return ds_json_body(body);
}

/* Post the statement, in s->scratch. */
static const cJSON *
post(DsStatement *s)
{
	DsHttpRequest *request = ds_http_request(DS_POST, STATEMENTS_PATH, build_body(s),
											 DS_REPEAT_IF_REFUSED);
	const cJSON *reply;
	char	   *id;

	s->stage = DS_STATEMENT_POSTED;
	s->post = request;
	ds_http_submit(s->queue, request);
	(void) ds_http_next(s->queue);
	reply = ds_statement_reply(s, request);
	id = ds_json_text(reply, "statement_id");
	if (id == NULL || !is_valid_id(id))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("server \"%s\" gave the statement no id", s->server->name)));
	note_id(s, id);
	return reply;
}

/* ============================================================
 * Poll
 * ============================================================
 */

/* Sleep, serving interrupts. */
static void
pause_for(int milliseconds)
{
	static uint32 wait_event = 0;
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	long		left = milliseconds;

	if (wait_event == 0)
		wait_event = WaitEventExtensionNew_compat("DeltaShareStatement");
	while (left > 0)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, left, wait_event);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
	}
}

/* The state in a reply; an unknown one is an error, as we might wait for ever. */
static const char *
read_state(DsStatement *s, const cJSON *reply)
{
	static const char *const states[] = {
		"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED"
	};
	char	   *state = ds_json_text(reply, "status.state");

	for (int i = 0; state && i < lengthof(states); i++)
		if (strcmp(state, states[i]) == 0)
			return states[i];
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			 errmsg("server \"%s\" did not say how the statement is", s->server->name),
			 state ? errdetail_internal("Its state is \"%s\".", ds_dbx_tidy_message(state)) : 0));
}

static bool
is_under_way(const char *state)
{
	return strcmp(state, "PENDING") == 0 || strcmp(state, "RUNNING") == 0;
}

/* Poll until the statement is over; returns the last reply. */
static const cJSON *
wait_until_over(DsStatement *s, const cJSON *reply)
{
	TimestampTz start = GetCurrentTimestamp();
	int			delay = FIRST_PAUSE;
	bool		asked = false;

	for (;;)
	{
		const char *state = read_state(s, reply);

		if (!is_under_way(state))
			return reply;
		if (!asked && strcmp(state, "PENDING") == 0 &&
			TimestampDifferenceExceeds(start, GetCurrentTimestamp(), PENDING_PATIENCE))
		{
			ds_warehouse_notice(s);
			asked = true;
		}
		pause_for(delay);
		delay = Min(delay + delay / 2, LAST_PAUSE);
		MemoryContextReset(s->scratch);
		reply = ds_statement_get(s, s->path);
	}
}

/*
 * Post the statement and wait for it; false if it has to be done once more, as
 * the result is too large for a reply.  In s->scratch, which holds one reply
 * at a time.
 */
static bool
run_once(DsStatement *s)
{
	const cJSON *reply = wait_until_over(s, post(s));
	const char *state = read_state(s, reply);

	if (strcmp(state, "SUCCEEDED") == 0 || (s->without_result && strcmp(state, "CLOSED") == 0))
	{
		s->stage = DS_STATEMENT_SUCCEEDED;
		if (!s->without_result)
			ds_result_begin(s, reply);
		return true;
	}
	s->stage = DS_STATEMENT_OVER;
	if (s->external || s->without_result || strcmp(state, "FAILED") != 0 ||
		!ds_statement_outgrew_inline(ds_json_get(reply, "status")))
		ds_statement_failed(s, state, ds_json_get(reply, "status"));
	s->external = true;
	return false;
}

static void
run(DsStatement *s)
{
	MemoryContext old = MemoryContextSwitchTo(s->scratch);

	connect_to_api(s);
	while (!run_once(s))
		MemoryContextReset(s->scratch);
	MemoryContextSwitchTo(old);
}

/* ============================================================
 * Rows
 * ============================================================
 */

static void
add_statement_context(void *argument)
{
	const DsStatement *s = argument;

	errcontext("remote SQL: %s", s->spec.text);
}

void
ds_dbx_execute(DsStatement *s)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack,
		.callback = add_statement_context,
		.arg = s
	};

	error_context_stack = &callback;
	s->without_result = true;
	run(s);
	error_context_stack = callback.previous;
}

bool
ds_dbx_abandon(DsStatement *s, char **path)
{
	bool		in_doubt = s->stage == DS_STATEMENT_RUNNING ||
		(s->stage == DS_STATEMENT_POSTED && ds_http_may_be_done(s->post));

	*path = NULL;
	if (in_doubt)
	{
		leave_quietly(s);
		if (s->path)
			*path = pstrdup(s->path);
	}
	ds_dbx_end_statement(s);
	return in_doubt;
}

bool
ds_dbx_next_fields(DsStatement *s, DsField *fields)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack,
		.callback = add_statement_context,
		.arg = s
	};
	bool		found;

	if (s->stage == DS_STATEMENT_OVER)
		elog(ERROR, "the statement has ended");
	error_context_stack = &callback;
	if (s->stage == DS_STATEMENT_NEW)
		run(s);
	found = ds_result_next(s, fields);
	error_context_stack = callback.previous;
	return found;
}
