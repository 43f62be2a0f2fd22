/*-------------------------------------------------------------------------
 *
 * result_rows.c
 *	  Rows out of a JSON array of arrays that arrives in pieces.
 *
 * The result of a statement is large: this is the inner loop of every scan of
 * the audit log.  A tree of nodes per row (cJSON), or an event per token, would
 * cost more than all the rest of the way from the network to the executor, and
 * no JSON parser at hand reads rows out of a text that is still arriving.  So
 * the one shape that there is, [["a","b",null],...], is read here: a row is
 * scanned in place in the buffer that the network wrote, eight bytes at a
 * time, and fields point into it.  What is rare (escapes, numbers, nested
 * values) is only marked by the scan, and looked at when the row is complete.
 *
 * A row of which only a part has arrived is scanned again from its beginning
 * when there is more.  The scan changes nothing, so that is all there is to
 * resuming; of a long row, enough is waited for to keep the sum linear.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/result_rows.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "backend/databricks/result_escapes.h"
#include "backend/databricks/result_rows.h"
#include "backend/databricks/result_scan.h"
#include "http/json.h"
#include "http/json_scan.h"

/* First size of the buffer, and how much of a row may be scanned again for any new byte. */
#define BUFFER_SIZE		(64 * 1024)

/* What a value is besides a plain string. */
typedef enum FieldKind
{
	FIELD_PLAIN,
	FIELD_ESCAPED,				/* a string with backslashes */
	FIELD_BARE,					/* null, true, false or a number */
	FIELD_NESTED				/* an object or array */
} FieldKind;

typedef enum Place
{
	BEFORE_ARRAY,
	BEFORE_FIRST_ROW,
	AFTER_ROW,
	AFTER_COMMA,
	AFTER_ARRAY
} Place;

typedef enum ScanResult
{
	SCAN_COMPLETE,
	SCAN_INCOMPLETE,			/* the buffer ends within the row */
	SCAN_BAD					/* reader->problem says why */
} ScanResult;

struct DsRowReader
{
	int			ncolumns;
	size_t		max_row;		/* bytes */
	int			max_row_kb;
	MemoryContext context;		/* of the reader */
	MemoryContext scratch;		/* for values that are parsed once more */

	/* the text */
	const char *what;
	DsRowSource source;
	void	   *argument;
	bool		source_ended;
	bool		source_failed;
	Place		place;
	int64		rows;			/* returned of this text */
	size_t		offset;			/* of the buffer's first byte in the text */

	/* what has arrived and was not consumed: [next, end) */
	char	   *buffer;
	size_t		size;			/* without the margin for the scan */
	char	   *next;
	char	   *end;

	/* the row being scanned */
	uint8	   *kinds;			/* FieldKind of each value */
	bool		special;		/* is any of them not plain? */
	int			nvalues;
	size_t		length;			/* bytes */
	const char *problem;
	int			sqlstate;
	const char *bad;			/* the byte at fault */
};

DsRowReader *
ds_rows_create(int ncolumns, int max_row_size)
{
	DsRowReader *r = palloc0(sizeof(DsRowReader));

	r->ncolumns = ncolumns;
	r->max_row_kb = max_row_size;
	r->max_row = (size_t) max_row_size * 1024;
	r->context = CurrentMemoryContext;
	r->scratch = AllocSetContextCreate(r->context, "deltashare nested values",
									   ALLOCSET_SMALL_SIZES);
	r->size = BUFFER_SIZE;
	r->buffer = palloc0(r->size + DS_SCAN_MARGIN);
	r->kinds = palloc0(Max(ncolumns, 1));
	return r;
}

void
ds_rows_begin(DsRowReader *r, const char *what, DsRowSource source, void *argument)
{
	r->what = what;
	r->source = source;
	r->argument = argument;
	r->source_ended = r->source_failed = false;
	r->place = BEFORE_ARRAY;
	r->rows = 0;
	r->offset = 0;
	r->next = r->end = r->buffer;
	memset(r->end, 0, DS_SCAN_MARGIN);
}

/* ============================================================
 * Errors
 * ============================================================
 */

static ScanResult
note_problem(DsRowReader *r, const char *where, int sqlstate, const char *problem)
{
	r->bad = where;
	r->sqlstate = sqlstate;
	r->problem = problem;
	return SCAN_BAD;
}

/* The scan met a byte that may not stand there, or the end of the buffer. */
static ScanResult
stop_at(DsRowReader *r, const char *where)
{
	if (where >= r->end)
		return SCAN_INCOMPLETE;
	return note_problem(r, where, ERRCODE_FDW_INVALID_STRING_FORMAT, "There is a syntax error");
}

static void
report_problem(const DsRowReader *r)
{
	const char *place = psprintf("%s at byte %zu.", r->problem, r->offset + (r->bad - r->buffer) + 1);

	if (r->sqlstate == ERRCODE_FDW_INVALID_STRING_FORMAT)
		ereport(ERROR,
				(errcode(r->sqlstate),
				 errmsg("%s is not valid JSON", r->what),
				 errdetail_internal("%s", place)));
	ereport(ERROR,
			(errcode(r->sqlstate),
			 errmsg("%s holds a text that cannot be stored", r->what),
			 errdetail_internal("%s", place)));
}

static void
report_width(const DsRowReader *r)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
			 errmsg("a row of %s has %d values, expected %d", r->what, r->nvalues, r->ncolumns),
			 errdetail("It is row " INT64_FORMAT " of the chunk.", r->rows + 1)));
}

static void
report_size(const DsRowReader *r)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("a row of %s is larger than %d kB", r->what, r->max_row_kb),
			 errhint("The option \"%s\" of the server sets the limit.", "max_reply_size")));
}

/* ============================================================
 * The buffer
 * ============================================================
 */

/* Move what is left to the beginning of a buffer with room for "wanted" bytes. */
static void
make_room(DsRowReader *r, size_t wanted)
{
	size_t		length = r->end - r->next;

	r->offset += r->next - r->buffer;
	if (wanted <= r->size)
		memmove(r->buffer, r->next, length);
	else
	{
		char	   *larger = MemoryContextAllocHuge(r->context, wanted + DS_SCAN_MARGIN);

		memcpy(larger, r->next, length);
		pfree(r->buffer);
		r->buffer = larger;
		r->size = wanted;
	}
	r->next = r->buffer;
	r->end = r->buffer + length;
}

/* Get more of the text; false if there is no more. */
static bool
fill(DsRowReader *r)
{
	size_t		length = r->end - r->next;
	size_t		goal = length + 1;
	ssize_t		n = 0;

	if (r->source_ended)
		return false;
	if (length > r->max_row)
		report_size(r);
	if (length > BUFFER_SIZE / 2)
		goal = Min(2 * length, r->max_row + 1);
	make_room(r, Max(goal, BUFFER_SIZE));

	do
	{
		CHECK_FOR_INTERRUPTS();
		n = r->source(r->argument, r->end, r->size - (r->end - r->buffer));
		if (n > 0)
			r->end += n;
		else
			r->source_ended = true;
		r->source_failed = n < 0;
	} while (n > 0 && r->end - r->next < goal);
	memset(r->end, 0, DS_SCAN_MARGIN);
	return r->end - r->next > length;
}

/* ============================================================
 * Scanning
 * ============================================================
 */

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline char *
skip_blanks(char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/*
 * From the first byte of a string to its closing quote.  NULL: there is none,
 * and *result says why.
 */
static inline char *
scan_string(DsRowReader *r, char *p, FieldKind *kind, ScanResult *result)
{
	for (;;)
	{
		p = ds_scan_plain(p);
		if (*p == '"')
			return p;
		if (*p == '\\')
		{
			/* what follows is looked at later, but it is no closing quote */
			*kind = FIELD_ESCAPED;
			p += 2;
			if (p > r->end)
				break;
		}
		else if (IS_HIGHBIT_SET(*p))
		{
			int			length = pg_utf_mblen((unsigned char *) p);

			if (length > r->end - p)
				break;
			if (!pg_utf8_islegal((unsigned char *) p, length))
			{
				*result = note_problem(r, p, ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
									   "There is invalid UTF-8");
				return NULL;
			}
			p += length;
		}
		else if (p >= r->end)
			break;
		else
		{
			*result = note_problem(r, p, ERRCODE_FDW_INVALID_STRING_FORMAT,
								   "There is a control character");
			return NULL;
		}
	}
	*result = SCAN_INCOMPLETE;
	return NULL;
}

/* The end of an object or array; whether all is well in it shows later. */
static char *
scan_nested(DsRowReader *r, char *p, ScanResult *result)
{
	int			depth = 0;

	for (; p < r->end; p++)
	{
		FieldKind	kind;

		if (*p == '"')
		{
			p = scan_string(r, p + 1, &kind, result);
			if (p == NULL)
				return NULL;
		}
		else if (*p == '[' || *p == '{')
			depth++;
		else if ((*p == ']' || *p == '}') && --depth == 0)
			return p + 1;
	}
	*result = SCAN_INCOMPLETE;
	return NULL;
}

/* One value that is not a string, at p.  NULL: see *result. */
static char *
scan_other(DsRowReader *r, char *p, FieldKind *kind, ScanResult *result)
{
	char	   *start = p;

	if (*p == '[' || *p == '{')
	{
		*kind = FIELD_NESTED;
		return scan_nested(r, p, result);
	}
	*kind = FIELD_BARE;
	while (isalnum((unsigned char) *p) || *p == '-' || *p == '+' || *p == '.')
		p++;
	if (p > start && p < r->end)
		return p;
	*result = stop_at(r, p);
	return NULL;
}

/*
 * Scan the row at r->next, which is its bracket.  On success r->next is behind
 * it.
 */
static ScanResult
scan_row(DsRowReader *r, DsField *fields)
{
	char	   *p = skip_blanks(r->next + 1);
	ScanResult	result = SCAN_COMPLETE;
	int			column = 0;

	r->special = false;
	while (*p != ']' || column > 0)
	{
		FieldKind	kind = FIELD_PLAIN;
		char	   *start = p;
		char	   *stop;

		if (*p == '"')
		{
			stop = scan_string(r, ++start, &kind, &result);
			p = stop ? stop + 1 : NULL;
		}
		else
			p = stop = scan_other(r, start, &kind, &result);
		if (p == NULL)
			return result;
		if (column < r->ncolumns)
		{
			fields[column].text = start;
			fields[column].length = stop - start;
			r->kinds[column] = kind;
			r->special |= kind != FIELD_PLAIN;
		}
		column++;

		p = skip_blanks(p);
		if (*p == ']')
			break;
		if (*p != ',')
			return stop_at(r, p);
		p = skip_blanks(p + 1);
	}
	r->nvalues = column;
	r->length = p + 1 - r->next;
	r->next = p + 1;
	return SCAN_COMPLETE;
}

/* ============================================================
 * Values that are not plain strings
 * ============================================================
 */

static bool
is_word(const DsField *field, const char *word)
{
	return field->length == strlen(word) && memcmp(field->text, word, field->length) == 0;
}

/* An object or array: its own text, if that is valid. */
static void
check_nested(DsRowReader *r, const DsField *field)
{
	MemoryContext old = MemoryContextSwitchTo(r->scratch);
	char	   *copy = pnstrdup(field->text, field->length);

	(void) ds_json_parse(copy, field->length, psprintf("a value in %s", r->what));
	MemoryContextSwitchTo(old);
	MemoryContextReset(r->scratch);
}

static void
finish_field(DsRowReader *r, DsField *field, FieldKind kind)
{
	const char *problem = NULL;
	int			sqlstate = ERRCODE_FDW_INVALID_STRING_FORMAT;
	char	   *start = unconstify(char *, field->text);

	switch (kind)
	{
		case FIELD_PLAIN:
			break;
		case FIELD_ESCAPED:
			field->length = ds_unescape(start, field->length, &problem, &sqlstate);
			break;
		case FIELD_BARE:
			if (is_word(field, "null"))
				field->text = NULL;
			else if (!is_word(field, "true") && !is_word(field, "false") &&
					 !ds_json_is_number(field->text, field->length))
				problem = "There is a syntax error";
			break;
		case FIELD_NESTED:
			check_nested(r, field);
			break;
	}
	if (problem)
	{
		(void) note_problem(r, start, sqlstate, problem);
		report_problem(r);
	}
}

/* ============================================================
 * Rows
 * ============================================================
 */

/*
 * Step over what stands between rows, up to the bracket of the next one.  False
 * if there is none: at the end of the text, or because it stops.
 */
static bool
find_row(DsRowReader *r)
{
	for (;;)
	{
		char	   *p = r->next = skip_blanks(r->next);

		if (p >= r->end)
		{
			if (!fill(r))
				return false;
			continue;
		}
		if (*p == '[' && r->place == BEFORE_ARRAY)
			r->place = BEFORE_FIRST_ROW;
		else if (*p == '[' && (r->place == BEFORE_FIRST_ROW || r->place == AFTER_COMMA))
			return true;
		else if (*p == ']' && (r->place == BEFORE_FIRST_ROW || r->place == AFTER_ROW))
			r->place = AFTER_ARRAY;
		else if (*p == ',' && r->place == AFTER_ROW)
			r->place = AFTER_COMMA;
		else
		{
			(void) stop_at(r, p);
			report_problem(r);
		}
		r->next++;
	}
}

DsRowEvent
ds_rows_next(DsRowReader *r, DsField *fields)
{
	ScanResult	result;

	if (!find_row(r))
		return r->place == AFTER_ARRAY && !r->source_failed ? DS_ROWS_END : DS_ROWS_BROKEN;

	while ((result = scan_row(r, fields)) == SCAN_INCOMPLETE)
		if (!fill(r))
			return DS_ROWS_BROKEN;
	if (result == SCAN_BAD)
		report_problem(r);
	if (r->length > r->max_row)
		report_size(r);
	if (r->nvalues != r->ncolumns)
		report_width(r);
	if (r->special)
		for (int i = 0; i < r->ncolumns; i++)
			finish_field(r, &fields[i], r->kinds[i]);
	r->place = AFTER_ROW;
	r->rows++;
	return DS_ROW;
}
