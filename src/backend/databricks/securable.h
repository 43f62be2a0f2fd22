/*-------------------------------------------------------------------------
 *
 * securable.h
 *	  What shares and recipients have in common when they are written.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/securable.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_SECURABLE_H
#define DELTASHARE_SECURABLE_H

#include "backend/databricks/databricks.h"

/*
 * Both are named things with a path of their own, made by POST, changed by
 * PATCH, gone by DELETE; both refuse an owner in POST, and want a new owner in
 * a PATCH of its own.
 */
typedef struct DsSecurable
{
	DsTableId	table;
	const char *collection;		/* path of POST */
	const char *path;			/* of one, with {name} */
} DsSecurable;

extern void ds_dbx_insert_securable(const DsServer *server, const DsSecurable *kind, DsRow *row);
extern void ds_dbx_update_securable(const DsServer *server, const DsSecurable *kind,
									const DsRow *old_row, DsRow *new_row, const Bitmapset *changed);
/* in securable.c */
extern DsSubject ds_dbx_securable_subject(const DsSecurable *kind, const char *verb, const char *name);

/* in drop.c */
extern bool ds_dbx_delete_securable(const DsServer *server, const DsSecurable *kind, const DsRow *row);

extern const DsSecurable ds_dbx_share;
extern const DsSecurable ds_dbx_recipient;

#endif							/* DELTASHARE_SECURABLE_H */
