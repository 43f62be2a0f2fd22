/*-------------------------------------------------------------------------
 *
 * statement_result.c
 *	  The manifest of a result, and whether what comes agrees with it.
 *
 * Rows come in chunks, from several requests.  A lost chunk, or one that ends
 * early, would look like a smaller result: whatever the platform tells about
 * the number of columns, rows and chunks is checked, and a difference is an
 * error.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement_result.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "backend/databricks/statement_state.h"

/* Chunks in a row without a row, before we stop believing the server. */
#define MAX_EMPTY_CHUNKS	1000

int64
ds_result_count(const cJSON *object, const char *path)
{
	int64		count;

	if (!ds_json_int64(object, path, &count))
		return -1;
	if (count < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("field \"%s\" of the reply is negative", path)));
	return count;
}

char *
ds_result_chunk_path(DsStatement *s, int64 index)
{
	return psprintf("%s/result/chunks/" INT64_FORMAT, s->path, index);
}

/* ============================================================
 * The manifest
 * ============================================================
 */

static void
check_columns(DsStatement *s, const cJSON *manifest)
{
	int64		columns = ds_result_count(manifest, "schema.column_count");

	if (columns >= 0 && columns != s->spec.ncolumns)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				 errmsg("the result of server \"%s\" has " INT64_FORMAT " columns, expected %d",
						s->server->name, columns, s->spec.ncolumns)));
}

static void
check_truncated(DsStatement *s, const cJSON *manifest)
{
	bool		truncated;

	if (ds_json_bool(manifest, "truncated", &truncated) && truncated)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("server \"%s\" cut the result short", s->server->name),
				 errdetail("The result is larger than the platform hands out."),
				 errhint("Ask for fewer rows or columns: filter or aggregate.")));
}

/* Note how many rows each chunk has. */
static void
read_chunks(DsStatement *s, const cJSON *manifest)
{
	const cJSON *chunks = ds_json_array(manifest, "chunks");
	int			n = chunks ? cJSON_GetArraySize(chunks) : 0;
	const cJSON *chunk;

	s->manifest.nchunk_rows = n;
	s->manifest.chunk_rows = MemoryContextAllocHuge(s->context, Max(n, 1) * sizeof(int64));
	for (int i = 0; i < n; i++)
		s->manifest.chunk_rows[i] = -1;
	if (chunks)
		cJSON_ArrayForEach(chunk, chunks)
		{
			int64		index = ds_result_count(chunk, "chunk_index");

			if (index >= 0 && index < n)
				s->manifest.chunk_rows[index] = ds_result_count(chunk, "row_count");
		}
}

/* Is there anything to be read here? */
static bool
has_rows(const cJSON *result)
{
	const cJSON *rows = ds_json_array(result, "data_array");
	const cJSON *links = ds_json_array(result, "external_links");

	return (rows && rows->child) || (links && links->child);
}

void
ds_result_begin(DsStatement *s, const cJSON *reply)
{
	const cJSON *manifest = ds_json_get(reply, "manifest");
	const cJSON *result = ds_json_get(reply, "result");

	check_columns(s, manifest);
	check_truncated(s, manifest);
	s->manifest.total_rows = ds_result_count(manifest, "total_row_count");
	s->manifest.total_chunks = ds_result_count(manifest, "total_chunk_count");
	read_chunks(s, manifest);

	/* zeros may be left out of a reply, and then a result without rows is empty */
	if (!has_rows(result) && s->manifest.total_rows < 0 && s->manifest.total_chunks < 0)
		s->manifest.total_rows = 0;
	if (has_rows(result) && s->manifest.total_chunks == 0)
		ds_statement_incomplete(s, "The manifest has no chunks, but there are rows.");
	if (s->external)
		ds_links_begin(s, result);
	else
		ds_inline_begin(s, result);
}

/* All chunks were read. */
static void
check_end(DsStatement *s)
{
	if (s->manifest.total_rows >= 0 && s->rows != s->manifest.total_rows)
		ds_statement_incomplete(s, psprintf("All chunks together hold " INT64_FORMAT
											" rows instead of " INT64_FORMAT ".",
											s->rows, s->manifest.total_rows));
}

bool
ds_result_next(DsStatement *s, DsField *fields)
{
	if (s->ended)
		return false;
	if (s->external ? ds_links_next(s, fields) : ds_inline_next(s, fields))
	{
		s->rows++;
		return true;
	}
	s->ended = true;
	check_end(s);
	return false;
}

/* ============================================================
 * Agreement
 * ============================================================
 */

int64
ds_result_expected(DsStatement *s, int64 index, const cJSON *chunk)
{
	int64		own = ds_result_count(chunk, "row_count");
	int64		planned = index < s->manifest.nchunk_rows ? s->manifest.chunk_rows[index] : -1;

	if (own >= 0 && planned >= 0 && own != planned)
		ds_statement_incomplete(s, psprintf("Chunk " INT64_FORMAT " has " INT64_FORMAT
											" rows, but the manifest says " INT64_FORMAT ".",
											index, own, planned));
	return own >= 0 ? own : planned;
}

void
ds_result_check_chunk(DsStatement *s, int64 index, int64 rows, int64 expected)
{
	if (expected >= 0 && rows != expected)
		ds_statement_incomplete(s, psprintf("Chunk " INT64_FORMAT " holds " INT64_FORMAT
											" rows instead of " INT64_FORMAT ".",
											index, rows, expected));
	s->empty_chunks = rows > 0 ? 0 : s->empty_chunks + 1;
	if (s->empty_chunks > MAX_EMPTY_CHUNKS)
		ds_statement_incomplete(s, "Chunks without rows do not end.");
}

bool
ds_result_has_chunk(DsStatement *s, int64 index, bool linked)
{
	int64		total = s->manifest.total_chunks;

	if (total < 0)
		return linked;
	if (linked && index >= total)
		ds_statement_incomplete(s, psprintf("There is a chunk " INT64_FORMAT
											", but the manifest has only " INT64_FORMAT ".",
											index, total));
	return index < total;
}
