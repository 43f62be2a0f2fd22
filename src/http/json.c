/*-------------------------------------------------------------------------
 *
 * json.c
 *	  Reading JSON: cJSON behind PostgreSQL's memory contexts and errors.
 *
 * cJSON allocates with malloc, as its hooks are global to the process and not
 * ours to change.  A reset callback of the memory context frees the tree.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/json.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "http/json.h"
#include "http/json_scan.h"
#include "http/json_tree.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"


/* Integers up to here are exact in a double (2^53). */
#define MAX_EXACT_INTEGER	9007199254740992.0

/* First size of the buffer to print a value into. */
#define PRINT_SIZE		256

/* ============================================================
 * Parsing
 * ============================================================
 */

static void
free_tree(void *arg)
{
	cJSON_Delete(((DsJsonTree *) arg)->root);
}

DsJsonTree *
ds_json_own_tree(void)
{
	DsJsonTree *tree = palloc0(sizeof(DsJsonTree));

	tree->callback.func = free_tree;
	tree->callback.arg = tree;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &tree->callback);
	return tree;
}

/*
 * Turn the strings that stand for long numbers into raw values, which keep
 * their digits and print as they are.  The depth was checked by the scan.
 */
static void
restore_numbers(cJSON *value)
{
	for (; value; value = value->next)
	{
		char	   *string = value->valuestring;

		if (cJSON_IsString(value) && string[0] == DS_JSON_NUMBER_MARK &&
			ds_json_is_number(string + 1, strlen(string + 1)))
		{
			memmove(string, string + 1, strlen(string));
			value->type = (value->type & ~0xFF) | cJSON_Raw;
		}
		else if (value->child)
			restore_numbers(value->child);
	}
}

/* Does nothing but white space follow? */
static bool
only_blanks(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	return p >= end;
}

/*
 * Where a place in the rewritten text was before: every long number ahead of
 * it got two quotes and a mark.
 */
static size_t
original_offset(const char *rewritten, const char *place)
{
	size_t		offset = place - rewritten;

	for (const char *p = rewritten; p < place; p++)
	{
		if (*p == DS_JSON_NUMBER_MARK)
			offset -= 3;
	}
	return offset;
}

/* Parse a text that the scan found nothing wrong with. */
static cJSON *
parse_scanned(const char *string, size_t length, DsJsonScan *scan)
{
	DsJsonTree *tree = ds_json_own_tree();
	const char *end = string;

	if (scan->blank)
	{
		tree->root = cJSON_CreateObject();
		return tree->root;
	}
	if (scan->has_long_numbers)
	{
		string = scan->rewritten.data;
		length = scan->rewritten.len;
	}

	/* cJSON 1.7.15 may read one byte too many, so the NUL belongs to it */
	tree->root = cJSON_ParseWithLengthOpts(string, length + 1, &end, false);
	if (tree->root && !only_blanks(end, string + length))
	{
		cJSON_Delete(tree->root);
		tree->root = NULL;
	}
	if (tree->root == NULL)
	{
		scan->problem = "There is a syntax error";
		scan->offset = original_offset(string, end);
	}
	else if (scan->has_long_numbers)
	{
		restore_numbers(tree->root);
		pfree(scan->rewritten.data);
	}
	return tree->root;
}

/* What it is instead, if that is plain to see.  Nothing of it is shown. */
static const char *
describe_text(const char *string, size_t length)
{
	if (length > 0 && string[0] == '<')
		return " The text looks like an HTML page.";
	return "";
}

const cJSON *
ds_json_parse(const char *string, size_t length, const char *what)
{
	DsJsonScan	scan;
	const cJSON *root = NULL;

	ds_json_scan(string, length, &scan);
	if (scan.problem == NULL)
		root = parse_scanned(string, length, &scan);
	if (root)
		return root;

	if (scan.too_big)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s is too complex", what),
				 errdetail_internal("%s at byte %zu.", scan.problem, scan.offset + 1)));
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_STRING_FORMAT),
			 errmsg("%s is not valid JSON", what),
			 errdetail_internal("%s at byte %zu.%s", scan.problem, scan.offset + 1,
								describe_text(string, length))));
}

const cJSON *
ds_json_try_parse(const char *string, size_t length)
{
	DsJsonScan	scan;

	ds_json_scan(string, length, &scan);
	if (scan.problem)
		return NULL;
	return parse_scanned(string, length, &scan);
}

/* ============================================================
 * Reading fields
 * ============================================================
 */

/* The member of an object whose name is the first "length" bytes of "name". */
static const cJSON *
find_member(const cJSON *object, const char *name, size_t length)
{
	const cJSON *member;

	if (!cJSON_IsObject(object))
		return NULL;
	cJSON_ArrayForEach(member, object)
	{
		if (strncmp(member->string, name, length) == 0 && member->string[length] == '\0')
			return member;
	}
	return NULL;
}

const cJSON *
ds_json_get(const cJSON *object, const char *path)
{
	for (;;)
	{
		const char *dot = strchr(path, '.');

		object = find_member(object, path, dot ? dot - path : strlen(path));
		if (object == NULL || cJSON_IsNull(object))
			return NULL;
		if (dot == NULL)
			return object;
		path = dot + 1;
	}
}

static const char *
type_name(const cJSON *value)
{
	if (cJSON_IsBool(value))
		return "a boolean";
	if (cJSON_IsNumber(value) || cJSON_IsRaw(value))
		return "a number";
	if (cJSON_IsString(value))
		return "a text";
	if (cJSON_IsArray(value))
		return "an array";
	if (cJSON_IsObject(value))
		return "an object";
	return "null";
}

static void
report_type(const cJSON *value, const char *path, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			 errmsg("field \"%s\" of the reply is %s, expected %s",
					path, type_name(value), expected)));
}

static void
report_range(const char *path)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("field \"%s\" of the reply is out of range for type %s",
					path, "bigint")));
}

char *
ds_json_text_value(const cJSON *value, const char *path)
{
	char	   *string;

	if (value == NULL || cJSON_IsNull(value))
		return NULL;
	if (!cJSON_IsString(value))
		report_type(value, path, "a text");
	string = pg_any_to_server(value->valuestring, strlen(value->valuestring), PG_UTF8);
	return string == value->valuestring ? pstrdup(string) : string;
}

char *
ds_json_text(const cJSON *object, const char *path)
{
	return ds_json_text_value(ds_json_get(object, path), path);
}

/* Digits with an optional minus sign, and nothing else. */
static bool
parse_integer(const char *string, const char *path, int64 *value)
{
	const char *digits = string + (string[0] == '-');

	if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits))
		return false;
	errno = 0;
	*value = strtoll(string, NULL, 10);
	if (errno == ERANGE)
		report_range(path);
	return true;
}

bool
ds_json_int64(const cJSON *object, const char *path, int64 *value)
{
	const cJSON *field = ds_json_get(object, path);

	if (field == NULL)
		return false;
	if (cJSON_IsString(field) || cJSON_IsRaw(field))
	{
		if (!parse_integer(field->valuestring, path, value))
			report_type(field, path, "an integer");
		return true;
	}
	if (!cJSON_IsNumber(field))
		report_type(field, path, "an integer");
	if (fabs(field->valuedouble) > MAX_EXACT_INTEGER)
		report_range(path);
	if (field->valuedouble != rint(field->valuedouble))
		report_type(field, path, "an integer");
	*value = (int64) field->valuedouble;
	return true;
}

bool
ds_json_bool(const cJSON *object, const char *path, bool *value)
{
	const cJSON *field = ds_json_get(object, path);

	if (field == NULL)
		return false;
	if (!cJSON_IsBool(field))
		report_type(field, path, "a boolean");
	*value = cJSON_IsTrue(field);
	return true;
}

const cJSON *
ds_json_array(const cJSON *object, const char *path)
{
	const cJSON *field = ds_json_get(object, path);

	if (field && !cJSON_IsArray(field))
		report_type(field, path, "an array");
	return field;
}

const cJSON *
ds_json_require_object(const cJSON *value, const char *what)
{
	if (!cJSON_IsObject(value))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("%s is %s, expected an object", what, type_name(value))));
	return value;
}

/* ============================================================
 * Printing
 * ============================================================
 */

/*
 * cJSON prints into a buffer of ours, so there is nothing to free if we run
 * out of memory.  How large it must be shows only by trying.
 */
char *
ds_json_body(const cJSON *value)
{
	Size		size = PRINT_SIZE;
	char	   *buffer = palloc(size);

	while (!cJSON_PrintPreallocated(unconstify(cJSON *, value), buffer, (int) size, false))
	{
		pfree(buffer);
		if (size > MaxAllocSize / 2)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("JSON value is too large")));
		size *= 2;
		buffer = palloc(size);
	}
	return buffer;
}

char *
ds_json_print(const cJSON *value)
{
	char	   *utf8 = ds_json_body(value);
	char	   *string = pg_any_to_server(utf8, strlen(utf8), PG_UTF8);

	if (string != utf8)
		pfree(utf8);
	return string;
}
