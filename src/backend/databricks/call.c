/*-------------------------------------------------------------------------
 *
 * call.c
 *	  One request, one parsed answer.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/call.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/databricks.h"

const cJSON *
ds_dbx_parse_reply(const DsHttpRequest *request)
{
	char	   *what = psprintf("reply to %s %s", ds_http_method_name(request->method), request->path);

	return ds_json_require_object(ds_json_parse(request->reply, request->reply_length, what), what);
}

static DsHttpRequest *
send_request(const DsServer *server, DsHttpMethod method, const char *path,
			 const cJSON *body, DsHttpRepeat repeat)
{
	DsHttpRequest *request = ds_http_request(method, path, body ? ds_json_body(body) : NULL, repeat);

	ds_http_perform(ds_dbx_target(server), request);
	return request;
}

const cJSON *
ds_dbx_call(const DsServer *server, DsHttpMethod method, const char *path,
			const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject)
{
	DsHttpRequest *request = send_request(server, method, path, body, repeat);

	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(server, request, subject);
	return ds_dbx_parse_reply(request);
}

const cJSON *
ds_dbx_call_if_exists(const DsServer *server, DsHttpMethod method, const char *path,
					  const cJSON *body, DsHttpRepeat repeat, const DsSubject *subject)
{
	DsHttpRequest *request = send_request(server, method, path, body, repeat);

	if (ds_dbx_is_missing(request))
		return NULL;
	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(server, request, subject);
	return ds_dbx_parse_reply(request);
}
