/*-------------------------------------------------------------------------
 *
 * auth.c
 *	  OAuth client credentials: a short-lived token for an id and a secret.
 *
 * The secret goes to the address of the server and nowhere else: a token
 * endpoint that the server names is used only if it has the same origin.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/auth.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/host.h"
#include "http/json.h"
#include "http/transfer.h"
#include "utils/memutils.h"

#define DISCOVERY_PATH	"/oidc/.well-known/oauth-authorization-server"
#define DEFAULT_ENDPOINT "/oidc/v1/token"
#define TOKEN_REQUEST	"grant_type=client_credentials&scope=all-apis"

/* Longer tokens do not fit into the headers that servers accept. */
#define MAX_TOKEN_LENGTH	16384

/* Seconds that a token is used when the server does not say. */
#define DEFAULT_LIFETIME	300

/* No promise is believed for longer than a day. */
#define MAX_LIFETIME		86400

/* What is shown of the server's explanation, in bytes. */
#define MAX_SHOWN_ERROR		200

bool
ds_auth_ready(const DsHttpQueue *queue)
{
	uint64		serial;

	if (queue->auth != DS_AUTH_BEARER || queue->target->token)
		return true;
	return ds_token_find(queue->target, false, &serial) != NULL;
}

/* A field that is a text, or NULL; never an error. */
static const char *
text_field(const cJSON *object, const char *name)
{
	const cJSON *value = object ? ds_json_get(object, name) : NULL;

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

/* Send one request of ours and wait for its reply. */
static void
perform(DsHttpQueue *queue, DsHttpAuth auth, DsHttpRequest *request)
{
	queue->auth = auth;
	ds_http_submit(queue, request);
	(void) ds_http_next(queue);
}

/*
 * The path of an absolute URL, if its origin is that of base_url; else NULL.
 */
static const char *
path_at_same_origin(const char *url, const char *base_url)
{
	const char *problem = NULL;
	const char *host = strstr(url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;
	const char *origin;

	if (path == NULL || path[1] == '/')
		return NULL;
	for (const char *p = path; *p; p++)
	{
		if (*p <= 0x20 || *p >= 0x7f || *p == '#')
			return NULL;
	}
	origin = ds_host_normalize(pnstrdup(url, path - url), &problem);
	return origin && strcmp(origin, base_url) == 0 ? path : NULL;
}

/*
 * Ask the server where it issues tokens.  Whatever it answers, there is an
 * endpoint that every workspace has.
 */
static const char *
discover_endpoint(DsHttpQueue *queue)
{
	DsHttpRequest *request = ds_http_request(DS_GET, DISCOVERY_PATH, NULL, DS_REPEAT_SAFE);
	const char *url = NULL;
	const char *path = NULL;

	perform(queue, DS_AUTH_NONE, request);
	if (request->status == 200)
		url = text_field(ds_json_try_parse(request->reply, request->reply_length),
						 "token_endpoint");
	if (url)
		path = path_at_same_origin(url, queue->target->base_url);
	return path ? path : DEFAULT_ENDPOINT;
}

/* The server refused: say why, as far as it says so in the agreed form. */
static void
report_refusal(const DsHttpTarget *target, const DsHttpRequest *request)
{
	const cJSON *reply = ds_json_try_parse(request->reply, request->reply_length);
	const char *error = text_field(reply, "error");
	const char *description = text_field(reply, "error_description");

	if (error == NULL)
		error = text_field(reply, "errorCode");
	if (description == NULL)
		description = text_field(reply, "errorSummary");

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("could not authenticate on server \"%s\"", target->server_name),
			 error ?
			 errdetail_internal("HTTP status %d, error \"%s\"%s%s", request->status,
								ds_printable(error, MAX_SHOWN_ERROR, target->client_secret),
								description ? ": " : ".",
								description ? ds_printable(description, MAX_SHOWN_ERROR, target->client_secret) : "") :
			 errdetail_internal("HTTP status %d.", request->status),
			 request->status >= 500 ? 0 :
			 errhint("Check the options \"client_id\" and \"client_secret\" of the user mapping."),
			 errcontext("remote request: %s %s",
						ds_http_method_name(request->method), request->path)));
}

/* The reply says "yes", but there is no token in it that we could use. */
static void
report_unusable(const DsHttpTarget *target, const DsHttpRequest *request, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("could not authenticate on server \"%s\"", target->server_name),
			 errdetail_internal("%s", detail),
			 errcontext("remote request: %s %s",
						ds_http_method_name(request->method), request->path)));
}

static bool
is_usable_token(const char *token)
{
	size_t		length = strlen(token);

	if (length == 0 || length > MAX_TOKEN_LENGTH)
		return false;
	for (const char *p = token; *p; p++)
	{
		if (*p <= 0x20 || *p >= 0x7f)
			return false;
	}
	return true;
}

/* Put the token of a reply into the cache. */
static void
store_token(const DsHttpTarget *target, const DsHttpRequest *request)
{
	const cJSON *reply = ds_json_try_parse(request->reply, request->reply_length);
	const char *token = text_field(reply, "access_token");
	const char *type = text_field(reply, "token_type");
	const cJSON *expires_in = reply ? ds_json_get(reply, "expires_in") : NULL;
	double		lifetime = DEFAULT_LIFETIME;

	if (token == NULL)
		report_unusable(target, request, "The reply holds no \"access_token\".");
	if (!is_usable_token(token))
		report_unusable(target, request, "The access token is too long or contains invalid characters.");
	if (type && pg_strcasecmp(type, "bearer") != 0)
		report_unusable(target, request, "The type of the access token is not \"Bearer\".");

	if (cJSON_IsNumber(expires_in))
		lifetime = expires_in->valuedouble;
	else if (cJSON_IsString(expires_in))
		lifetime = strtod(expires_in->valuestring, NULL);
	if (!(lifetime >= 1))
		report_unusable(target, request, "The access token has expired already.");
	ds_token_store(target, token, request->path, (int64) Min(lifetime, MAX_LIFETIME));
}

/* Get a token and cache it; leaves garbage in CurrentMemoryContext. */
static void
request_token(const DsHttpTarget *target)
{
	DsHttpQueue *own = ds_http_queue_create(target);
	const char *endpoint = ds_token_endpoint(target);
	DsHttpRequest *request;

	endpoint = endpoint ? pstrdup(endpoint) : discover_endpoint(own);
	request = ds_http_request(DS_POST, endpoint, TOKEN_REQUEST, DS_REPEAT_SAFE);
	perform(own, DS_AUTH_BASIC, request);
	if (request->status != 200)
		report_refusal(target, request);
	store_token(target, request);
}

void
ds_auth_obtain(DsHttpQueue *queue)
{
	MemoryContext context = AllocSetContextCreate(queue->context,
												  "deltashare token request",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);

	PG_TRY();
	{
		request_token(queue->target);
	}
	PG_CATCH();
	{
		/* the queue may live on, and ask again */
		MemoryContextSwitchTo(oldcontext);
		MemoryContextDelete(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}
