/*-------------------------------------------------------------------------
 *
 * write.h
 *	  Writing rows of declared tables: the one way for foreign tables and
 *	  functions alike.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/write.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_WRITE_H
#define DELTASHARE_WRITE_H

#include "backend/backend.h"

/* Rows that a statement hands to a backend at once. */
#define DS_WRITE_BATCH	1000

/* In: what was given, NULL where nothing was.  Out: what the server made. */
extern void ds_write_insert(const DsServer *server, const DsTable *table, DsRow **rows, int nrows);

/* Sends only the difference; new_row becomes what the server has then. */
extern void ds_write_update(const DsServer *server, const DsTable *table,
							const DsRow *old_row, DsRow *new_row);

/* false if the row was not there */
extern int	ds_write_delete(const DsServer *server, const DsTable *table, DsRow **rows, int nrows);

#endif							/* DELTASHARE_WRITE_H */
