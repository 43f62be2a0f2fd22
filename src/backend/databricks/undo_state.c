/*-------------------------------------------------------------------------
 *
 * undo_state.c
 *	  How a thing of the platform stands while its changes are taken back.
 *
 * Most of this runs in an aborted transaction.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/undo_state.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "backend/databricks/undo.h"
#include "tables/partition_filter.h"

/* Pages of a list that are looked through. */
#define MAX_PAGES	20

DsUndo *
ds_dbx_undo_new(const DsServer *server, const DsTable *table, const char *name)
{
	DsUndo	   *undo = ds_undo_prepare(ds_dbx_target(server));

	undo->noun = table->noun;
	undo->name = ds_undo_keep(name);
	return undo;
}

const char *
ds_dbx_undo_to_utf8(const char *text)
{
	return ds_json_add_text(ds_json_new_object(), "text", text)->valuestring;
}

static DsHttpRequest *
perform(const DsUndoCall *call, DsHttpMethod method, const char *path, const char *body)
{
	DsHttpRequest *request = ds_http_request(method, path, body, DS_REPEAT_SAFE);

	ds_http_perform(call->target, request);
	/* the platform's words cannot be converted in an abort */
	if (!ds_dbx_succeeded(request) && !ds_dbx_is_missing(request))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 GetDatabaseEncoding() == PG_UTF8
				 ? errmsg_internal("%s", ds_dbx_describe_error(request))
				 : errmsg_internal("HTTP status %d", request->status)));
	return request;
}

const cJSON *
ds_dbx_undo_get(const DsUndoCall *call, const char *path)
{
	DsHttpRequest *request = perform(call, DS_GET, path, NULL);
	const cJSON *reply;

	if (!ds_dbx_succeeded(request))
		return NULL;
	reply = ds_json_try_parse(request->reply, request->reply_length);
	if (!cJSON_IsObject(reply))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_STRING_FORMAT),
				 errmsg("reply to GET %s is not a JSON object", path)));
	return reply;
}

const char *
ds_dbx_undo_search(const DsUndoCall *call, const char *path, DsUndoPageVisitor visit, const void *arg)
{
	const char *token = NULL;

	for (int i = 0; i < MAX_PAGES; i++)
	{
		StringInfoData page_path;
		const cJSON *page;
		const char *found;

		initStringInfo(&page_path);
		appendStringInfo(&page_path, "%s?max_results=0", path);
		if (token)
			ds_url_add_query(&page_path, "page_token", token);
		page = ds_dbx_undo_get(call, page_path.data);
		if (page == NULL)
			return NULL;
		found = visit(page, arg);
		if (found)
			return found;
		token = ds_dbx_undo_text(page, "next_page_token");
		if (token == NULL || *token == '\0')
			return NULL;
	}
	return "There is more to look through than a rollback has time for.";
}

const cJSON *
ds_dbx_undo_look(const DsUndoCall *call, const char *path)
{
	const cJSON *thing = ds_dbx_undo_get(call, path);

	if (thing && ds_dbx_undo_text(thing, "name") == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("field \"name\" is missing in the reply to GET %s", path)));
	return thing;
}

const char *
ds_dbx_undo_text(const cJSON *object, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

bool
ds_dbx_undo_send(const DsUndoCall *call, DsHttpMethod method, const char *path, const char *body)
{
	return ds_dbx_succeeded(perform(call, method, path, body));
}

const cJSON *
ds_dbx_undo_parse(const char *text)
{
	return text ? ds_json_try_parse(text, strlen(text)) : NULL;
}

/* The platform's own properties come and go by themselves. */
static bool
is_reserved(const cJSON *member)
{
	return member->string &&
		strncmp(member->string, DS_RESERVED_PROPERTY, strlen(DS_RESERVED_PROPERTY)) == 0;
}

/* null, "", false, [], and objects of nothing else */
static bool
is_nothing(const cJSON *value)
{
	const cJSON *member;

	if (value == NULL || cJSON_IsNull(value) || cJSON_IsFalse(value))
		return true;
	if (cJSON_IsString(value))
		return value->valuestring[0] == '\0';
	if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
		return false;
	cJSON_ArrayForEach(member, value)
		if (!is_reserved(member) && !is_nothing(member))
			return false;
	return true;
}

static bool same_value(const cJSON *a, const cJSON *b);

static bool
has_equal(const cJSON *array, const cJSON *value)
{
	const cJSON *element;

	cJSON_ArrayForEach(element, array)
		if (same_value(element, value))
			return true;
	return false;
}

/* Nobody promises an order of elements. */
static bool
same_elements(const cJSON *a, const cJSON *b)
{
	const cJSON *element;

	if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
		return false;
	cJSON_ArrayForEach(element, a)
		if (!has_equal(b, element))
			return false;
	return true;
}

static bool
same_members(const cJSON *a, const cJSON *b)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, a)
		if (!is_reserved(member) && !same_value(member, cJSON_GetObjectItemCaseSensitive(b, member->string)))
			return false;
	return true;
}

/* A map may have grown; other objects of the platform have fields that we do not know. */
static bool
is_map(const cJSON *object)
{
	return object->string && strcmp(object->string, "properties") == 0;
}

static bool
same_value(const cJSON *a, const cJSON *b)
{
	if (cJSON_IsObject(a) && cJSON_IsObject(b))
	{
		if (is_map(a))
			return same_members(a, b) && same_members(b, a);
		if (a->child)
			return same_members(a, b);
	}
	if (is_nothing(a) || is_nothing(b))
		return is_nothing(a) && is_nothing(b);
	if (cJSON_IsArray(a) && cJSON_IsArray(b))
		return same_elements(a, b);
	return cJSON_Compare(a, b, true);
}

bool
ds_dbx_same_fields(const cJSON *fields, const cJSON *object)
{
	return same_members(fields, object);
}

char *
ds_dbx_pick_fields(const cJSON *fields, const cJSON *object)
{
	cJSON	   *picked = ds_json_new_object();
	const cJSON *field;

	cJSON_ArrayForEach(field, fields)
	{
		cJSON	   *value = cJSON_GetObjectItemCaseSensitive(object, field->string);

		/* a reference: the value stays the object's */
		if (value
			? !cJSON_AddItemReferenceToObject(picked, field->string, value)
			: !cJSON_AddNullToObject(picked, field->string))
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
	}
	return ds_json_body(picked);
}

const cJSON *
ds_dbx_undo_find_object(const cJSON *share, const char *name)
{
	const cJSON *objects = cJSON_GetObjectItemCaseSensitive(share, "objects");
	const cJSON *object;

	cJSON_ArrayForEach(object, objects)
	{
		const char *found = ds_dbx_undo_text(object, "name");

		if (found && pg_strcasecmp(found, name) == 0)
			return object;
	}
	return NULL;
}
