/*-------------------------------------------------------------------------
 *
 * json_scan.h
 *	  A look at a JSON text before cJSON parses it.
 *
 * cJSON is lenient where we must not be: it cuts a text at \u0000, rounds
 * long numbers, recurses deeply, and does not look at the encoding.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/json_scan.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_JSON_SCAN_H
#define DELTASHARE_JSON_SCAN_H

#include "lib/stringinfo.h"

/*
 * Begins a string that stands for a number in the text given to cJSON.  A
 * string of the server's cannot hold it, except escaped.
 */
#define DS_JSON_NUMBER_MARK		'\001'

typedef struct DsJsonScan
{
	const char *problem;		/* NULL: none found; else a sentence without
								 * its end */
	size_t		offset;			/* where it is */
	bool		too_big;		/* the problem is one of size, not of form */
	bool		blank;			/* nothing but white space */
	bool		has_long_numbers;

	/*
	 * The text with long numbers made marked strings; empty if there are none.
	 */
	StringInfoData rewritten;
} DsJsonScan;

/* Scan a text, in memory of CurrentMemoryContext. */
extern void ds_json_scan(const char *text, size_t length, DsJsonScan *scan);

/* Is this a JSON number, as a whole? */
extern bool ds_json_is_number(const char *text, size_t length);

#endif							/* DELTASHARE_JSON_SCAN_H */
