/*-------------------------------------------------------------------------
 *
 * call.c
 *	  One request, one answer.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/call.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/databricks.h"
#include "transaction/undo.h"

static void
add_request_context(void *argument)
{
	const DsReplyContext *context = argument;

	errcontext("remote request: %s %s", context->method, context->path);
}

void
ds_dbx_enter_reply(DsReplyContext *context, DsHttpMethod method, const char *path)
{
	context->method = ds_http_method_name(method);
	context->path = path;
	context->callback.callback = add_request_context;
	context->callback.arg = context;
	context->callback.previous = error_context_stack;
	error_context_stack = &context->callback;
}

void
ds_dbx_leave_reply(DsReplyContext *context)
{
	error_context_stack = context->callback.previous;
}

const cJSON *
ds_dbx_parse_reply(const DsHttpRequest *request)
{
	char	   *what = psprintf("reply to %s %s", ds_http_method_name(request->method), request->path);

	/* only a DELETE has nothing to say */
	if (request->reply_length == 0 && request->method != DS_DELETE)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_STRING_FORMAT),
				 errmsg("%s is not valid JSON", what),
				 errdetail("The reply is empty.")));
	return ds_json_require_object(ds_json_parse(request->reply, request->reply_length, what), what);
}

/* A change of which no answer came may be there: a rollback has to say so. */
static void
note_doubt(const DsHttpTarget *target, const DsHttpRequest *request, const DsSubject *subject)
{
	if (request->in_doubt && request->method != DS_GET)
		ds_undo_push_warning(target, psprintf("perhaps %s", subject->action),
							 psprintf("server \"%s\" may have done what was rolled back: %s",
									  target->server_name, subject->action),
							 "The request was sent, but no answer came.");
}

DsHttpRequest *
ds_dbx_perform(const DsServer *server, DsHttpMethod method, const char *path,
			   const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject)
{
	DsHttpTarget *target = ds_dbx_target(server);
	DsHttpRequest *request = ds_http_request(method, path, body ? ds_json_body(body) : NULL, repeat);

	PG_TRY();
	{
		ds_http_perform(target, request);
	}
	PG_CATCH();
	{
		note_doubt(target, request, subject);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return request;
}

DsHttpRequest *
ds_dbx_send(const DsServer *server, DsHttpMethod method, const char *path,
			const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject)
{
	DsHttpRequest *request = ds_dbx_perform(server, method, path, body, repeat, subject);

	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(server, request, subject);
	return request;
}

DsHttpRequest *
ds_dbx_send_if_exists(const DsServer *server, DsHttpMethod method, const char *path,
					  const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject)
{
	DsHttpRequest *request = ds_dbx_perform(server, method, path, body, repeat, subject);

	if (ds_dbx_is_missing(request))
		return NULL;
	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(server, request, subject);
	return request;
}

const cJSON *
ds_dbx_finish(const DsHttpRequest *request)
{
	DsReplyContext context;
	const cJSON *reply;

	ds_dbx_enter_reply(&context, request->method, request->path);
	reply = ds_dbx_parse_reply(request);
	ds_dbx_leave_reply(&context);
	return reply;
}

const cJSON *
ds_dbx_read(const DsServer *server, const char *path, const DsSubject *subject)
{
	return ds_dbx_finish(ds_dbx_send(server, DS_GET, path, NULL, DS_REPEAT_SAFE, subject));
}

void
ds_dbx_fill_from_reply(const DsTable *table, const DsHttpRequest *request, DsRow *row)
{
	DsReplyContext context;

	ds_dbx_enter_reply(&context, request->method, request->path);
	ds_dbx_fill_written_row(table, ds_dbx_parse_reply(request), NULL, row);
	ds_dbx_leave_reply(&context);
}
