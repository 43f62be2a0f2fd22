/*-------------------------------------------------------------------------
 *
 * body.h
 *	  From columns of a row to fields of a request body.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/body.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_BODY_H
#define DELTASHARE_BODY_H

#include "backend/databricks/databricks.h"

/*
 * Add the column as the field that its declaration names.  NULL adds nothing,
 * or with "clear" what the platform takes for "no value".
 */
extern void ds_dbx_add_field(cJSON *body, const DsTable *table, const DsRow *row,
							 const char *column, bool clear);

/* The same for all columns of a set except those named in "except". */
extern void ds_dbx_add_fields(cJSON *body, const DsTable *table, const DsRow *row,
							  const Bitmapset *columns, const char *const *except, bool clear);

/*
 * A changed column whose old value was NULL and that cannot be made NULL again:
 * its name, else NULL.
 */
extern const char *ds_dbx_find_irreversible(const DsTable *table, const DsRow *old_row,
											const Bitmapset *changed);

/* The changed columns but for those. */
extern Bitmapset *ds_dbx_reversible(const DsTable *table, const DsRow *old_row,
									const Bitmapset *changed);

/* Columns that an INSERT may give. */
extern Bitmapset *ds_dbx_insertable(const DsTable *table);

extern bool ds_dbx_has_column(const DsTable *table, const Bitmapset *columns, const char *column);

#endif							/* DELTASHARE_BODY_H */
