/*-------------------------------------------------------------------------
 *
 * undo.h
 *	  How changes on the platform are taken back.
 *
 * Before a change is taken back, the thing is looked at: what another client
 * did to it meanwhile is not overwritten.  States are compared field by field,
 * as the platform names them, with the reply to our own change.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/undo.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_DATABRICKS_UNDO_H
#define DELTASHARE_DATABRICKS_UNDO_H

#include "backend/databricks/databricks.h"
#include "transaction/undo.h"

/* in undo_securable.c */

/* Creation of a share or recipient; "path" is its own, "body" that of the request. */
extern DsUndo *ds_dbx_undo_creation(const DsServer *server, const DsTable *table,
									const char *path, const char *name, const cJSON *body);

/* That field is being changed by a request that belongs to the creation. */
extern void ds_dbx_undo_expect_any(DsUndo *undo, const char *field);

/* The state that our change left: that of the reply.  Until then it is what was asked for. */
extern void ds_dbx_undo_learn(DsUndo *undo, const DsHttpRequest *request);

/* A change of a share or recipient. */
typedef struct DsDbxAlteration
{
	const DsTable *table;
	const char *path;			/* before the change */
	const char *new_path;		/* and after it */
	const char *name;
	const char *new_name;
	const cJSON *after;			/* body of the request */
	const cJSON *before;		/* body of the one that takes it back; NULL: none does */
	const char *changes;		/* the same as columns, for update_row() */
	const char *lost;			/* column that keeps its new value; or NULL */
} DsDbxAlteration;

extern DsUndo *ds_dbx_undo_alteration(const DsServer *server, const DsDbxAlteration *alteration);

/* What is done when the transaction commits, and never taken back. */
extern DsUndo *ds_dbx_undo_drop(const DsServer *server, const DsTable *table,
								const char *path, const char *name, const char *mend);
extern DsUndo *ds_dbx_undo_rotation(const DsServer *server, const char *recipient);

/* in undo_objects.c */

/*
 * Addition of objects, with the body of the request; "absent": surely none of
 * them was there before.
 */
extern DsUndo *ds_dbx_undo_addition(const DsServer *server, DsRow **rows, int nrows,
									const cJSON *body, bool absent);

/* The share with its objects as the addition, or the change, left them. */
extern void ds_dbx_undo_learn_objects(DsUndo *undo, const cJSON *share);

/* Change of an object; bodies as above. */
extern DsUndo *ds_dbx_undo_object_change(const DsServer *server, const DsRow *old_row,
										 const Bitmapset *changed, const cJSON *after,
										 const cJSON *before, const char *lost);

/* Removal of an object; "before" is the body that adds it again. */
extern DsUndo *ds_dbx_undo_removal(const DsServer *server, const DsRow *row, const cJSON *before);

/* in undo_grants.c */

/* Granting or revoking; "back" is the body of the request that takes it back. */
extern DsUndo *ds_dbx_undo_grants(const DsServer *server, bool granted, DsRow **rows, int nrows,
								  const cJSON *back);

/* Revocation of so many grants of recipients that are deleted. */
extern DsUndo *ds_dbx_undo_loss(const DsServer *server, const char *share, int count);

/* Was this grant (of names in UTF-8) made by the transaction that rolls back?  And was it taken back, too? */
extern bool ds_dbx_undo_granted(const char *share, const char *recipient);
extern bool ds_dbx_undo_taken_back(const char *share, const char *recipient);

/* A share or recipient has its former name again; names in UTF-8. */
extern void ds_dbx_undo_rename_granted(bool share, const char *name, const char *former);

/* in undo_state.c, for the files above */

/* A new undo of this thing; the caller says the rest. */
extern DsUndo *ds_dbx_undo_new(const DsServer *server, const DsTable *table, const char *name);

/* A text as it stands in JSON; cannot be told in an abort. */
extern const char *ds_dbx_undo_to_utf8(const char *text);

/* The following are called in an abort, and read and compare in UTF-8. */

/* GET it; NULL if it is missing, an error if that cannot be told. */
extern const cJSON *ds_dbx_undo_get(const DsUndoCall *call, const char *path);

/* The same for a thing, which has a name. */
extern const cJSON *ds_dbx_undo_look(const DsUndoCall *call, const char *path);

/*
 * Look through the pages of a list until "visit" finds something: a sentence
 * about it, or NULL.
 */
typedef const char *(*DsUndoPageVisitor) (const cJSON *page, const void *arg);
extern const char *ds_dbx_undo_search(const DsUndoCall *call, const char *path,
									  DsUndoPageVisitor visit, const void *arg);

/* A field that is a text; else NULL. */
extern const char *ds_dbx_undo_text(const cJSON *object, const char *name);

/* Send what takes a change back; false if the thing is missing. */
extern bool ds_dbx_undo_send(const DsUndoCall *call, DsHttpMethod method, const char *path,
							 const char *body);

/* A text that was made here, or NULL. */
extern const cJSON *ds_dbx_undo_parse(const char *text);

/*
 * Is each of these fields the same in the object?  No value, null and empty
 * values are the same; what only the object has does not count, but for
 * properties of a recipient.
 */
extern bool ds_dbx_same_fields(const cJSON *fields, const cJSON *object);

/* These fields of an object, as a JSON text: the members of "fields". */
extern char *ds_dbx_pick_fields(const cJSON *fields, const cJSON *object);

/* The object of that name (of UTF-8) in the answer for a share, or NULL. */
extern const cJSON *ds_dbx_undo_find_object(const cJSON *share, const char *name);

#define DS_CHANGED_SINCE	"Another client has changed it since, and is not overwritten."
#define DS_GONE_SINCE		"It is not there any more, nor under that name."

/* in mend.c: SQL that does by hand what a rollback could not */

/* A literal for it. */
extern char *ds_dbx_mend_literal(const char *text);

/* "SELECT deltashare.<call>, server => '...');" */
extern char *ds_dbx_mend(const DsServer *server, const char *call);
extern char *ds_dbx_mend_drop(const DsServer *server, const DsTable *table, const char *name);

/* The row with this key (SQL of type jsonb), if there is one, gets these columns, a JSON text. */
extern char *ds_dbx_mend_update(const DsServer *server, const DsTable *table, const char *key,
								const char *changes);

/* The same for a share or recipient. */
extern char *ds_dbx_mend_thing(const DsServer *server, const DsTable *table, const char *name,
							   const char *changes);

/* A share or recipient is made of a row, a JSON text, unless there is one of that name. */
extern char *ds_dbx_mend_creation(const DsServer *server, const DsTable *table, const char *name,
								  const char *row);

/* An object is added to its share as it is in the row. */
extern char *ds_dbx_mend_object(const DsServer *server, const DsRow *row);

#endif							/* DELTASHARE_DATABRICKS_UNDO_H */
