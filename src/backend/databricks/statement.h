/*-------------------------------------------------------------------------
 *
 * statement.h
 *	  A statement on a SQL warehouse, and its rows.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_STATEMENT_H
#define DELTASHARE_STATEMENT_H

#include "backend/backend.h"

/*
 * See DsStatementSpec in backend.h.  The statement lives in
 * CurrentMemoryContext; deleting or resetting that, an abort included, stops
 * it and cancels it on the warehouse if it may still be running there.
 * Nothing is sent before the first row is asked for.
 */
extern DsStatement *ds_dbx_begin_statement(const DsServer *server, const DsStatementSpec *spec);

/* An error if the server has no warehouse to run it on. */
extern void ds_dbx_require_warehouse(const DsServer *server, const DsStatementSpec *spec);

/* Run a statement that has no result. */
extern void ds_dbx_execute(DsStatement *statement);

/*
 * After an error of that: stop it.  True if it may have been done; then "path"
 * tells how it is, NULL: nobody does.
 */
extern bool ds_dbx_abandon(DsStatement *statement, char **path);

/* The next row; false at the end.  The fields live until the next call. */
extern bool ds_dbx_next_fields(DsStatement *statement, DsField *fields);
extern void ds_dbx_end_statement(DsStatement *statement);
extern void ds_dbx_statement_stats(const DsStatement *statement, DsScanStats *stats);

#endif							/* DELTASHARE_STATEMENT_H */
