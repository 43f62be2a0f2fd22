/*-------------------------------------------------------------------------
 *
 * statement_inline.c
 *	  Rows that stand in the reply itself: small results.
 *
 * They come along with states and manifests, so the whole reply is parsed;
 * there is one at a time, and the platform limits them all together to a few
 * megabytes.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement_inline.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "backend/databricks/statement_state.h"

/*
 * A path on the platform, as the reply gives it.  It becomes part of a URL with
 * credentials, so it must not lead anywhere else.
 */
static void
check_path(const char *path)
{
	bool		valid = strncmp(path, "/api/", 5) == 0;

	for (const char *p = path; *p; p++)
		if (*p <= 0x20 || *p >= 0x7f || *p == '#' || *p == '\\')
			valid = false;
	if (!valid || strstr(path, "..") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_STRING_FORMAT),
				 errmsg("field \"%s\" of the reply is no path of the platform's API",
						"next_chunk_internal_link")));
}

/* Where the chunk after this one is; NULL: nothing is said about one. */
static char *
next_path(DsStatement *s, const cJSON *result)
{
	int64		index = ds_result_count(result, "next_chunk_index");
	char	   *path = ds_json_text(result, "next_chunk_internal_link");

	if (index >= 0 && index != s->chunk_index + 1)
		ds_statement_incomplete(s, psprintf("After chunk " INT64_FORMAT " comes chunk " INT64_FORMAT ".",
											s->chunk_index, index));
	if (path)
	{
		check_path(path);
		return path;
	}
	return index >= 0 ? ds_result_chunk_path(s, index) : NULL;
}

/* Begin with a chunk, which stands in s->scratch, as its reply. */
static void
open_chunk(DsStatement *s, const cJSON *result)
{
	const cJSON *rows = ds_json_array(result, "data_array");
	int64		index = ds_result_count(result, "chunk_index");
	char	   *path;

	if (index >= 0 && index != s->chunk_index)
		ds_statement_incomplete(s, psprintf("Chunk " INT64_FORMAT " was asked for, and chunk " INT64_FORMAT " came.",
											s->chunk_index, index));
	path = next_path(s, result);
	if (!ds_result_has_chunk(s, s->chunk_index + 1, path != NULL))
		path = NULL;
	else if (path == NULL)
		path = ds_result_chunk_path(s, s->chunk_index + 1);
	s->next_path = path;
	s->row = rows ? rows->child : NULL;
	s->chunk_rows = 0;
	s->chunk_expected = ds_result_expected(s, s->chunk_index, result);
}

void
ds_inline_begin(DsStatement *s, const cJSON *result)
{
	s->row_context = AllocSetContextCreate(s->context, "deltashare inline row",
										   ALLOCSET_SMALL_SIZES);
	s->chunk_index = 0;
	open_chunk(s, result);
}

/* Go to the next chunk; false if there is none. */
static bool
next_chunk(DsStatement *s)
{
	MemoryContext old;
	char	   *path;

	ds_result_check_chunk(s, s->chunk_index, s->chunk_rows, s->chunk_expected);
	if (s->next_path == NULL)
		return false;
	path = MemoryContextStrdup(s->context, s->next_path);
	MemoryContextReset(s->scratch);
	old = MemoryContextSwitchTo(s->scratch);
	s->chunk_index++;
	open_chunk(s, ds_statement_get(s, path));
	MemoryContextSwitchTo(old);
	pfree(path);
	return true;
}

/* What is no text is given as the JSON that it is. */
static void
read_field(const cJSON *value, DsField *field)
{
	field->text = NULL;
	field->length = 0;
	if (cJSON_IsNull(value))
		return;
	field->text = cJSON_IsString(value) ? value->valuestring : ds_json_body(value);
	field->length = strlen(field->text);
}

static void
read_row(DsStatement *s, const cJSON *row, DsField *fields)
{
	MemoryContext old;
	int			n = cJSON_IsArray(row) ? cJSON_GetArraySize(row) : 0;
	const cJSON *value;

	if (n != s->spec.ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				 errmsg("a row of the result of server \"%s\" has %d values, expected %d",
						s->server->name, n, s->spec.ncolumns)));
	MemoryContextReset(s->row_context);
	old = MemoryContextSwitchTo(s->row_context);
	cJSON_ArrayForEach(value, row)
		read_field(value, fields++);
	MemoryContextSwitchTo(old);
}

bool
ds_inline_next(DsStatement *s, DsField *fields)
{
	CHECK_FOR_INTERRUPTS();
	while (s->row == NULL)
		if (!next_chunk(s))
			return false;
	read_row(s, s->row, fields);
	s->row = s->row->next;
	s->chunk_rows++;
	return true;
}
