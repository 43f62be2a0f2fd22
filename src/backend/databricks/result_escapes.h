/*-------------------------------------------------------------------------
 *
 * result_escapes.h
 *	  Escapes in the strings of a result.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/result_escapes.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_RESULT_ESCAPES_H
#define DELTASHARE_RESULT_ESCAPES_H

/*
 * Replace the escapes of a JSON string in place, and return its new length.
 * Where one is wrong, *problem is set to a sentence without its end, and
 * *sqlstate to the kind of error.  The text must have a margin as in
 * result_scan.h.
 */
extern int	ds_unescape(char *text, int length, const char **problem, int *sqlstate);

#endif							/* DELTASHARE_RESULT_ESCAPES_H */
