/*-------------------------------------------------------------------------
 *
 * result_rows.h
 *	  Rows out of a JSON array of arrays that arrives in pieces.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/result_rows.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_RESULT_ROWS_H
#define DELTASHARE_RESULT_ROWS_H

#include "backend/backend.h"

typedef struct DsRowReader DsRowReader;

/*
 * Where the text comes from.  As ds_http_read(): at least one byte and at most
 * size, 0 at the end, -1 if the rest cannot be had.
 */
typedef ssize_t (*DsRowSource) (void *argument, char *buffer, size_t size);

typedef enum DsRowEvent
{
	DS_ROW,						/* the fields are filled in */
	DS_ROWS_END,				/* the text is complete */
	DS_ROWS_BROKEN				/* it stops before its end */
} DsRowEvent;

/*
 * A reader in CurrentMemoryContext of rows of that many values, each row of at
 * most max_row_size kilobytes (SQLSTATE 54000 beyond).
 */
extern DsRowReader *ds_rows_create(int ncolumns, int max_row_size);

/*
 * Begin with a text.  "what" names it in errors ("result chunk 3 of ...") and
 * must stay, as must what the source needs.
 */
extern void ds_rows_begin(DsRowReader *reader, const char *what, DsRowSource source, void *argument);

/*
 * The next row.  Fields point into the reader's buffer and live until the next
 * call.  A text that is no such array is an error: HV00A in general, 22021 for
 * invalid UTF-8, 22P05 for an escaped NUL, HV021 for a row of other length.
 */
extern DsRowEvent ds_rows_next(DsRowReader *reader, DsField *fields);

#endif							/* DELTASHARE_RESULT_ROWS_H */
