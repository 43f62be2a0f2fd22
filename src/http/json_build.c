/*-------------------------------------------------------------------------
 *
 * json_build.c
 *	  Building JSON request bodies.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/json_build.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/json.h"
#include "http/json_tree.h"
#include "mb/pg_wchar.h"

static void
report_no_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory"),
			 errdetail("Could not build a JSON text.")));
}

/*
 * Make a new value a member of an object, or an element of an array if "name"
 * is NULL.  Either argument may be NULL for want of memory.
 */
static cJSON *
attach(cJSON *parent, const char *name, cJSON *value)
{
	bool		done;

	if (value == NULL)
		report_no_memory();
	if (name)
		done = cJSON_AddItemToObject(parent, name, value);
	else
		done = cJSON_AddItemToArray(parent, value);
	if (!done)
	{
		cJSON_Delete(value);
		report_no_memory();
	}
	return value;
}

cJSON *
ds_json_new_object(void)
{
	DsJsonTree *tree = ds_json_own_tree();

	tree->root = cJSON_CreateObject();
	if (tree->root == NULL)
		report_no_memory();
	return tree->root;
}

/*
 * The conversion may raise an error, so it is done before anything is taken
 * from cJSON.
 */
static cJSON *
attach_text(cJSON *parent, const char *name, const char *string)
{
	char	   *utf8 = pg_server_to_any(string, strlen(string), PG_UTF8);
	cJSON	   *value = cJSON_CreateString(utf8);

	if (utf8 != string)
		pfree(utf8);
	return attach(parent, name, value);
}

cJSON *
ds_json_add_text(cJSON *object, const char *name, const char *value)
{
	return attach_text(object, name, value);
}

cJSON *
ds_json_append_text(cJSON *array, const char *value)
{
	return attach_text(array, NULL, value);
}

cJSON *
ds_json_add_int64(cJSON *object, const char *name, int64 value)
{
	char		digits[32];

	/* not as a number, which would be a double */
	snprintf(digits, sizeof(digits), INT64_FORMAT, value);
	return attach(object, name, cJSON_CreateRaw(digits));
}

cJSON *
ds_json_add_bool(cJSON *object, const char *name, bool value)
{
	return attach(object, name, cJSON_CreateBool(value));
}

cJSON *
ds_json_add_object(cJSON *object, const char *name)
{
	return attach(object, name, cJSON_CreateObject());
}

cJSON *
ds_json_add_array(cJSON *object, const char *name)
{
	return attach(object, name, cJSON_CreateArray());
}

cJSON *
ds_json_append_object(cJSON *array)
{
	return attach(array, NULL, cJSON_CreateObject());
}

cJSON *
ds_json_add_raw(cJSON *object, const char *name, const char *json)
{
	char	   *utf8 = pg_server_to_any(json, strlen(json), PG_UTF8);
	cJSON	   *value = cJSON_CreateRaw(utf8);

	if (utf8 != json)
		pfree(utf8);
	return attach(object, name, value);
}
