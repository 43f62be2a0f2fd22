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

/*
 * A server, or a gateway before it, that answers with a trouble of its own may
 * have done what it was asked for.
 */
static bool
is_in_doubt(const DsHttpRequest *request)
{
	return request->in_doubt || request->status >= 500;
}

DsHttpRequest *
ds_dbx_perform(const DsServer *server, DsHttpMethod method, const char *path,
			   const cJSON *body, DsHttpRepeat repeat, DsUndo *undo)
{
	DsHttpRequest *request = ds_http_request(method, path, body ? ds_json_body(body) : NULL, repeat);

	PG_TRY();
	{
		ds_http_perform(ds_dbx_target(server), request);
	}
	PG_CATCH();
	{
		if (undo && request->in_doubt)
			ds_undo_arm(undo, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (undo && ds_dbx_succeeded(request))
		ds_undo_arm(undo, false);
	else if (undo && is_in_doubt(request))
		ds_undo_arm(undo, true);
	return request;
}

DsHttpRequest *
ds_dbx_change(const DsServer *server, DsHttpMethod method, const char *path,
			  const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject, DsUndo *undo)
{
	DsHttpRequest *request = ds_dbx_perform(server, method, path, body, repeat, undo);

	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(server, request, subject);
	return request;
}

DsHttpRequest *
ds_dbx_change_if_exists(const DsServer *server, DsHttpMethod method, const char *path,
						const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject, DsUndo *undo)
{
	DsHttpRequest *request = ds_dbx_perform(server, method, path, body, repeat, undo);

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
	return ds_dbx_finish(ds_dbx_change(server, DS_GET, path, NULL, DS_REPEAT_SAFE, subject, NULL));
}

const cJSON *
ds_dbx_read_if_exists(const DsServer *server, const char *path, const DsSubject *subject)
{
	DsHttpRequest *request = ds_dbx_change_if_exists(server, DS_GET, path, NULL, DS_REPEAT_SAFE, subject, NULL);

	return request ? ds_dbx_finish(request) : NULL;
}

void
ds_dbx_fill_from_reply(const DsTable *table, const DsHttpRequest *request, DsRow *row)
{
	DsReplyContext context;

	ds_dbx_enter_reply(&context, request->method, request->path);
	ds_dbx_fill_written_row(table, ds_dbx_parse_reply(request), NULL, row);
	ds_dbx_leave_reply(&context);
}
