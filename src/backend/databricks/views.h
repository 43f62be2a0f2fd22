/*-------------------------------------------------------------------------
 *
 * views.h
 *	  Views of the platform, as only views.c and undo_views.c know them.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/views.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_DATABRICKS_VIEWS_H
#define DELTASHARE_DATABRICKS_VIEWS_H

#include "backend/databricks/databricks.h"
#include "transaction/undo.h"

#define TABLE_PATH	UC_PREFIX "/tables/{name}"

/* What a CREATE VIEW says. */
typedef struct DsDbxView
{
	const char *const *path;	/* catalog, schema and name */
	bool		or_replace;
	const cJSON *columns;		/* named and commented as these are; NULL: as
								 * the definition has them */
	const char *comment;		/* or NULL */
	const cJSON *properties;	/* texts, without the engine's own; or NULL */
	const char *definition;
} DsDbxView;

/* in views.c */

/* "catalog.schema.name", and the same in SQL */
extern char *ds_dbx_view_name(const char *const *path);
extern char *ds_dbx_view_sql_name(const char *const *path);

extern char *ds_dbx_view_statement(const DsDbxView *view);

/* in undo_views.c */

/*
 * The view is being made; "old" is the one that it replaces, NULL: there was
 * none.  An error if that could not be restored.
 */
extern DsUndo *ds_dbx_undo_view(const DsServer *server, const DsDbxView *view, const cJSON *old);

/* The view is dropped when the transaction commits; "mend" is a statement. */
extern DsUndo *ds_dbx_undo_view_drop(const DsServer *server, const char *name, const char *mend);

/* The statement that makes a view again; NULL if the platform does not show all of it. */
extern char *ds_dbx_view_restoration(const char *const *path, const cJSON *view);

/* No answer came; the path of the statement, if it is known, tells how it is. */
extern void ds_dbx_undo_view_in_doubt(DsUndo *undo, const char *statement_path);

/* The view as we left it.  Until then it is what was asked for. */
extern void ds_dbx_undo_learn_view(DsUndo *undo, const cJSON *view);

#endif							/* DELTASHARE_DATABRICKS_VIEWS_H */
