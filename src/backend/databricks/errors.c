/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  From an answer of the platform to an error of PostgreSQL.
 *
 * The error code decides, the HTTP status only where there is no code: the
 * platform documents codes, and answers the same code with several statuses.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/errors.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "backend/databricks/databricks.h"

#define MAX_MESSAGE_SIZE	500

typedef struct RemoteError
{
	int			status;
	const char *code;			/* "" if there is none */
	char	   *message;
	const char *request_id;		/* or NULL */
} RemoteError;

static const struct
{
	const char *code;
	int			sqlstate;
}			known_codes[] =
{
	{"INVALID_PARAMETER_VALUE", ERRCODE_INVALID_PARAMETER_VALUE},
	{"BAD_REQUEST", ERRCODE_INVALID_PARAMETER_VALUE},
	{"MALFORMED_REQUEST", ERRCODE_INVALID_PARAMETER_VALUE},
	{"INVALID_STATE", ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE},
	{"FEATURE_DISABLED", ERRCODE_FEATURE_NOT_SUPPORTED},
	{"NOT_IMPLEMENTED", ERRCODE_FEATURE_NOT_SUPPORTED},
	{"UNAUTHENTICATED", ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION},
	{"PERMISSION_DENIED", ERRCODE_INSUFFICIENT_PRIVILEGE},
	{"TABLE_DOES_NOT_EXIST", ERRCODE_UNDEFINED_TABLE},
	{"ABORTED", ERRCODE_T_R_SERIALIZATION_FAILURE},
	{"RESOURCE_CONFLICT", ERRCODE_T_R_SERIALIZATION_FAILURE},
	{"RESOURCE_EXHAUSTED", ERRCODE_CONFIGURATION_LIMIT_EXCEEDED},
	{"REQUEST_LIMIT_EXCEEDED", ERRCODE_CONFIGURATION_LIMIT_EXCEEDED},
	{"RESOURCE_LIMIT_EXCEEDED", ERRCODE_CONFIGURATION_LIMIT_EXCEEDED},
	{"QUOTA_EXCEEDED", ERRCODE_CONFIGURATION_LIMIT_EXCEEDED},
	{"CANCELLED", ERRCODE_QUERY_CANCELED},
	{"DEADLINE_EXCEEDED", ERRCODE_QUERY_CANCELED},
	{"INTERNAL_ERROR", ERRCODE_SYSTEM_ERROR},
	{"UNKNOWN", ERRCODE_SYSTEM_ERROR},
	{"DATA_LOSS", ERRCODE_SYSTEM_ERROR},
	{"TEMPORARILY_UNAVAILABLE", ERRCODE_CANNOT_CONNECT_NOW},
	{"NOT_FOUND", ERRCODE_UNDEFINED_OBJECT},
	{"ALREADY_EXISTS", ERRCODE_DUPLICATE_OBJECT},
};

static bool
ends_with(const char *text, const char *suffix)
{
	size_t		n = strlen(text);
	size_t		m = strlen(suffix);

	return n >= m && strcmp(text + n - m, suffix) == 0;
}

static bool
starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static int
sqlstate_of_status(int status)
{
	switch (status)
	{
		case 400:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case 401:
			return ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
		case 403:
			return ERRCODE_INSUFFICIENT_PRIVILEGE;
		case 409:
			return ERRCODE_T_R_SERIALIZATION_FAILURE;
		case 429:
			return ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
		case 500:
		case 502:
			return ERRCODE_SYSTEM_ERROR;
		case 501:
			return ERRCODE_FEATURE_NOT_SUPPORTED;
		case 503:
			return ERRCODE_CANNOT_CONNECT_NOW;
		case 504:
			return ERRCODE_QUERY_CANCELED;
		default:
			/* 404 without a code is no workspace, not a missing share */
			return ERRCODE_FDW_ERROR;
	}
}

int
ds_dbx_sqlstate(const char *code)
{
	for (int i = 0; i < lengthof(known_codes); i++)
		if (strcmp(code, known_codes[i].code) == 0)
			return known_codes[i].sqlstate;
	if (ends_with(code, "_DOES_NOT_EXIST") || ends_with(code, "_NOT_FOUND"))
		return ERRCODE_UNDEFINED_OBJECT;
	if (ends_with(code, "_ALREADY_EXISTS"))
		return ERRCODE_DUPLICATE_OBJECT;
	return 0;
}

static int
sqlstate_of_error(const RemoteError *error)
{
	int			sqlstate = ds_dbx_sqlstate(error->code);

	return sqlstate ? sqlstate : sqlstate_of_status(error->status);
}

/* A field of an error body if it is a text, in the database's encoding. */
static char *
text_field(const cJSON *object, const char *name)
{
	const cJSON *value = ds_json_get(object, name);

	return value && cJSON_IsString(value) ? ds_json_text_value(value, name) : NULL;
}

/* The title of an HTML page, or what stands in <pre>, if there is one. */
static char *
html_text(const char *reply)
{
	static const char *const tags[][2] = {{"<pre>", "</pre>"}, {"<title>", "</title>"}};

	for (int i = 0; i < lengthof(tags); i++)
	{
		const char *start = strstr(reply, tags[i][0]);
		const char *end = start ? strstr(start, tags[i][1]) : NULL;

		if (end)
		{
			start += strlen(tags[i][0]);
			return pnstrdup(start, Min(end - start, MAX_MESSAGE_SIZE));
		}
	}
	return NULL;
}

/* The request id of the details, where no header has it. */
static char *
request_id_of_details(const cJSON *body)
{
	const cJSON *details = ds_json_get(body, "details");
	const cJSON *detail;
	char	   *id = NULL;

	if (details && cJSON_IsArray(details))
		cJSON_ArrayForEach(detail, details)
			if (id == NULL)
				id = text_field(detail, "request_id");
	return id;
}

static void
read_json_error(const cJSON *body, RemoteError *error)
{
	char	   *code = text_field(body, "error_code");
	char	   *message = text_field(body, "message");
	char	   *scim = text_field(body, "scimType");

	if (message == NULL)
		message = text_field(body, "error_description");
	if (message == NULL)
		message = text_field(body, "detail");
	if (message && scim && strcmp(message, "null") == 0)
		message = NULL;
	if (message == NULL)
		message = text_field(body, "error");
	if (error->request_id == NULL)
		error->request_id = request_id_of_details(body);
	if (code == NULL && scim)
		code = psprintf("SCIM_%d", error->status);
	if (code)
		error->code = code;
	if (message)
		error->message = message;
}

/* "CODE: message" */
static void
read_plain_error(const char *text, RemoteError *error)
{
	size_t		length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	if (length > 0 && text[length] == ':' && text[length + 1] == ' ')
	{
		error->code = pnstrdup(text, length);
		error->message = pnstrdup(text + length + 2,
								  Min(strlen(text + length + 2), MAX_MESSAGE_SIZE));
	}
}

static RemoteError
read_error(const DsHttpRequest *request)
{
	RemoteError error = {.status = request->status, .code = "", .message = NULL};
	const cJSON *body = ds_json_try_parse(request->reply, request->reply_length);

	error.request_id = request->request_id;
	if (body && cJSON_IsObject(body))
		read_json_error(body, &error);
	else if (request->reply && *request->reply == '<')
		error.message = html_text(request->reply);
	else if (request->reply)
		read_plain_error(request->reply, &error);
	if (error.message == NULL || *error.message == '\0')
		error.message = pstrdup("The server gave no reason");
	return error;
}

bool
ds_dbx_succeeded(const DsHttpRequest *request)
{
	return request->status >= 200 && request->status < 300;
}

bool
ds_dbx_is_missing(const DsHttpRequest *request)
{
	RemoteError error;

	if (ds_dbx_succeeded(request))
		return false;
	error = read_error(request);
	return strcmp(error.code, "NOT_FOUND") == 0 ||
		strcmp(error.code, "SHARE_DOES_NOT_EXIST") == 0 ||
		strcmp(error.code, "RECIPIENT_DOES_NOT_EXIST") == 0 ||
		strcmp(error.code, "PROVIDER_DOES_NOT_EXIST") == 0 ||
		strcmp(error.code, "TABLE_DOES_NOT_EXIST") == 0 ||
		strcmp(error.code, "SCHEMA_DOES_NOT_EXIST") == 0 ||
		strcmp(error.code, "CATALOG_DOES_NOT_EXIST") == 0 ||
		strcmp(error.code, "RESOURCE_DOES_NOT_EXIST") == 0;
}

bool
ds_dbx_is_denied(const DsHttpRequest *request)
{
	return !ds_dbx_succeeded(request) && strcmp(read_error(request).code, "PERMISSION_DENIED") == 0;
}

/* A copy in the database's encoding; what is not valid there is replaced. */
static char *
to_database_encoding(const char *text)
{
	char	   *copy = pstrdup(text);

	if (!pg_verifymbstr(text, strlen(text), true))
		for (char *p = copy; *p; p++)
			if (IS_HIGHBIT_SET(*p))
				*p = '?';
	return copy;
}

char *
ds_dbx_tidy_message(const char *message)
{
	char	   *text = to_database_encoding(message);
	size_t		length = strlen(text);

	if (length > MAX_MESSAGE_SIZE)
		text[pg_mbcliplen(text, length, MAX_MESSAGE_SIZE)] = '\0';
	for (char *p = text; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7F)
			*p = ' ';
	length = strlen(text);
	while (length > 0 && (text[length - 1] == '.' || text[length - 1] == ' '))
		text[--length] = '\0';
	return text;
}

static char *
lower_words(const char *type)
{
	char	   *words = pstrdup(type);

	for (char *p = words; *p; p++)
		*p = *p == '_' ? ' ' : pg_ascii_tolower((unsigned char) *p);
	return words;
}

static char *
missing_message(const RemoteError *error, const DsSubject *subject)
{
	const char *code = error->code;

	if (starts_with(code, "SHARE_") && subject->share)
		return psprintf("share \"%s\" does not exist", subject->share);
	if ((starts_with(code, "RECIPIENT_") || starts_with(code, "PRINCIPAL_")) && subject->recipient)
		return psprintf("recipient \"%s\" does not exist", subject->recipient);
	if ((starts_with(code, "TABLE_") || starts_with(code, "SCHEMA_") || starts_with(code, "CATALOG_")) &&
		subject->object)
		return psprintf("%s \"%s\" does not exist", lower_words(subject->object_type), subject->object);
	if (subject->object && subject->share && starts_with(code, "RESOURCE_"))
		return psprintf("object \"%s\" is not in share \"%s\"", subject->object, subject->share);
	return NULL;
}

static char *
duplicate_message(const RemoteError *error, const DsSubject *subject)
{
	if (subject->object && subject->share)
		return psprintf("object \"%s\" is already in share \"%s\"", subject->object, subject->share);
	if (starts_with(error->code, "RECIPIENT_") && subject->recipient)
		return psprintf("recipient \"%s\" already exists",
						subject->new_name ? subject->new_name : subject->recipient);
	if (starts_with(error->code, "SHARE_") && subject->share)
		return psprintf("share \"%s\" already exists",
						subject->new_name ? subject->new_name : subject->share);
	return NULL;
}

static const char *
hint_for(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION:
			return "Check the credentials of the user mapping.";
		case ERRCODE_CONFIGURATION_LIMIT_EXCEEDED:
			return "The platform limits requests; try later, or lower the server option \"concurrency\".";
		case ERRCODE_T_R_SERIALIZATION_FAILURE:
			return "Another change was made at the same time; try again.";
		case ERRCODE_FDW_ERROR:
			return "Check that the server option \"host\" names a Databricks workspace.";
		default:
			return NULL;
	}
}

char *
ds_dbx_describe_error(const DsHttpRequest *request)
{
	RemoteError error = read_error(request);

	return psprintf("HTTP status %d%s%s: %s", error.status, *error.code ? ", error code " : "",
					*error.code ? psprintf("\"%s\"", ds_dbx_tidy_message(error.code)) : "",
					ds_dbx_tidy_message(error.message));
}

void
ds_dbx_raise(const DsServer *server, const DsHttpRequest *request, const DsSubject *subject)
{
	RemoteError error = read_error(request);
	int			sqlstate = sqlstate_of_error(&error);
	const char *hint = hint_for(sqlstate);
	char	   *primary = NULL;
	StringInfoData detail;

	if (sqlstate == ERRCODE_UNDEFINED_OBJECT || sqlstate == ERRCODE_UNDEFINED_TABLE)
		primary = missing_message(&error, subject);
	else if (sqlstate == ERRCODE_DUPLICATE_OBJECT)
		primary = duplicate_message(&error, subject);
	if (primary == NULL)
		primary = psprintf("could not %s", subject->action);

	initStringInfo(&detail);
	appendStringInfo(&detail, "Server \"%s\" answered with %s.", server->name,
					 ds_dbx_describe_error(request));
	if (error.request_id)
		appendStringInfo(&detail, " The request id is %s.", ds_dbx_tidy_message(error.request_id));

	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg_internal("%s", primary),
			 errdetail_internal("%s", detail.data),
			 hint ? errhint("%s", hint) : 0,
			 errcontext("remote request: %s %s", ds_http_method_name(request->method), request->path)));
}
