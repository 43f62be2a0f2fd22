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
static const char *
to_utf8(const char *string)
{
	return string ? pg_server_to_any(string, strlen(string), PG_UTF8) : NULL;
}

cJSON *
ds_json_add_text(cJSON *object, const char *name, const char *value)
{
	const char *utf8_name = to_utf8(name);
	const char *utf8_value = to_utf8(value);

	return attach(object, utf8_name, cJSON_CreateString(utf8_value));
}

cJSON *
ds_json_append_text(cJSON *array, const char *value)
{
	return ds_json_add_text(array, NULL, value);
}

cJSON *
ds_json_add_raw(cJSON *object, const char *name, const char *json)
{
	const char *utf8_name = to_utf8(name);
	const char *utf8_json = to_utf8(json);

	return attach(object, utf8_name, cJSON_CreateRaw(utf8_json));
}

cJSON *
ds_json_add_int64(cJSON *object, const char *name, int64 value)
{
	const char *utf8_name = to_utf8(name);
	char		digits[32];

	/* not as a number, which would be a double */
	snprintf(digits, sizeof(digits), INT64_FORMAT, value);
	return attach(object, utf8_name, cJSON_CreateRaw(digits));
}

cJSON *
ds_json_add_bool(cJSON *object, const char *name, bool value)
{
	const char *utf8_name = to_utf8(name);

	return attach(object, utf8_name, cJSON_CreateBool(value));
}

cJSON *
ds_json_add_object(cJSON *object, const char *name)
{
	const char *utf8_name = to_utf8(name);

	return attach(object, utf8_name, cJSON_CreateObject());
}

cJSON *
ds_json_add_array(cJSON *object, const char *name)
{
	const char *utf8_name = to_utf8(name);

	return attach(object, utf8_name, cJSON_CreateArray());
}

cJSON *
ds_json_append_object(cJSON *array)
{
	return ds_json_add_object(array, NULL);
}
