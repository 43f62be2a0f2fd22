/*-------------------------------------------------------------------------
 *
 * local.h
 *	  What the files of this backend share.
 *
 * The local backend is this database: tables of the extension's schema, with
 * the rules in their constraints and triggers (src/sql/4*.sql).  What is done
 * here is to put the question in SQL and to ask it as the right user.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/local.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_LOCAL_H
#define DELTASHARE_LOCAL_H

#include "backend/backend.h"

/* in query.c */

/* "SELECT ... FROM deltashare.x AS t WHERE ...", one parameter per key, text[] */
extern char *ds_local_select(const DsScanSpec *spec);

/* What to compare instead of the value of a column; palloc'd */
extern char *ds_local_comparable(const DsTable *table, int column, const char *expression);

/* in scan.c */
extern DsScan *ds_local_begin_scan(const DsServer *server, const DsScanSpec *spec);
extern bool ds_local_next_row(DsScan *scan, DsRow *row);
extern void ds_local_end_scan(DsScan *scan);
extern List *ds_local_describe_scan(const DsServer *server, const DsScanSpec *spec);

/* in write.c */
extern void ds_local_insert_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows);
extern void ds_local_update_row(const DsServer *server, const DsTable *table, const DsRow *old_row,
								DsRow *new_row, const Bitmapset *changed);
extern int	ds_local_delete_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows);
extern void ds_local_fold_object_name(const DsServer *server, DsRow *row);
extern void ds_local_rotate_token(const DsServer *server, const char *recipient,
								  int64 expire_in_seconds, DsRow *result);

/* in view.c */
extern void ds_local_create_view(const DsServer *server, const DsViewSpec *spec);
extern bool ds_local_drop_view(const DsServer *server, const char *const *path);

/* in identity.c */

/*
 * Run what follows as the user that the server is used by, which for a foreign
 * table in a view is the view's owner.
 */
typedef struct DsIdentity
{
	Oid			user_id;
	int			context;
	int			guc_level;
} DsIdentity;

extern DsIdentity ds_local_assume(const DsServer *server);
extern void ds_local_restore(DsIdentity identity);

#endif							/* DELTASHARE_LOCAL_H */
