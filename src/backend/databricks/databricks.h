/*-------------------------------------------------------------------------
 *
 * databricks.h
 *	  What the files of this backend share.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/databricks.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_DATABRICKS_H
#define DELTASHARE_DATABRICKS_H

#include "backend/backend.h"
#include "compat.h"
#include "http/http.h"
#include "http/json.h"

struct DsUndo;

#define UC_PREFIX		"/api/2.1/unity-catalog"

/* in connect.c */

/* Where requests go and who sends them; an error if there are no credentials. */
extern DsHttpTarget *ds_dbx_target(const DsServer *server);

/* in profile.c */

/* Credentials of a profile in a Databricks configuration file. */
extern void ds_dbx_read_profile(const DsServer *server, DsHttpTarget *target);

/* in errors.c */

/* What a request was about, for the words of an error; NULL where not. */
typedef struct DsSubject
{
	const char *action;			/* "create share \"x\"": could not ... */
	const char *share;
	const char *recipient;
	const char *object;
	const char *object_type;
	const char *new_name;		/* of a share or recipient that is renamed */
} DsSubject;

/* Is the answer a success? */
extern bool ds_dbx_succeeded(const DsHttpRequest *request);

/* Does it say that the thing asked for by name is not there? */
extern bool ds_dbx_is_missing(const DsHttpRequest *request);

/* Does it say that the caller may not see it? */
extern bool ds_dbx_is_denied(const DsHttpRequest *request);

/* The SQLSTATE for an error code of the platform; 0 if it is not known. */
extern int	ds_dbx_sqlstate(const char *code);

/*
 * Text of the platform's for a message: one line of bounded length, without
 * control characters and a period at the end, in the database's encoding.
 */
extern char *ds_dbx_tidy_message(const char *message);

/* The answer that no success is, for a message; a failed transaction may ask, too. */
extern char *ds_dbx_describe_error(const DsHttpRequest *request);

/* Raise the error that the answer is. */
pg_noreturn extern void ds_dbx_raise(const DsServer *server, const DsHttpRequest *request,
									 const DsSubject *subject);

/* in call.c */

/*
 * Send one request and return whatever answer comes.  "undo" is armed if the
 * server did, or may have done, what was asked for; NULL where nothing is changed,
 * or nothing has to be taken back.
 */
extern DsHttpRequest *ds_dbx_perform(const DsServer *server, DsHttpMethod method, const char *path,
									 const cJSON *body, DsHttpRepeat repeat, struct DsUndo *undo);

/*
 * Send one request and see it succeed; a refusal is an error.  The reply is not
 * looked at yet: what a change did is done, whatever the reply holds.
 * Everything lives in CurrentMemoryContext.
 */
extern DsHttpRequest *ds_dbx_change(const DsServer *server, DsHttpMethod method, const char *path,
									const cJSON *body, DsHttpRepeat repeat,
									const DsSubject *subject, struct DsUndo *undo);

/* The same, but NULL where the thing is missing. */
extern DsHttpRequest *ds_dbx_change_if_exists(const DsServer *server, DsHttpMethod method,
											  const char *path, const cJSON *body,
											  DsHttpRepeat repeat, const DsSubject *subject,
											  struct DsUndo *undo);

/*
 * The reply of a request that succeeded.  It has to be a JSON object: a login
 * page, say, also comes with a status that means success.
 */
extern const cJSON *ds_dbx_finish(const DsHttpRequest *request);

/* GET one thing; the second gives NULL where it is missing. */
extern const cJSON *ds_dbx_read(const DsServer *server, const char *path, const DsSubject *subject);
extern const cJSON *ds_dbx_read_if_exists(const DsServer *server, const char *path,
										  const DsSubject *subject);

/* The same for callers that say themselves which request it belongs to. */
extern const cJSON *ds_dbx_parse_reply(const DsHttpRequest *request);

/* All columns from the reply to a write. */
extern void ds_dbx_fill_from_reply(const DsTable *table, const DsHttpRequest *request, DsRow *row);

/* Between these two, errors say which request a reply belongs to. */
typedef struct DsReplyContext
{
	ErrorContextCallback callback;
	const char *method;
	const char *path;
} DsReplyContext;

extern void ds_dbx_enter_reply(DsReplyContext *context, DsHttpMethod method, const char *path);
extern void ds_dbx_leave_reply(DsReplyContext *context);

/* in paths.c */
extern char *ds_dbx_path(const char *format, const char *name);

/*
 * How the rows of a table are asked for.  A name in a path is written {name}.
 */
typedef struct DsEndpoint
{
	const char *path;			/* rows hang on the key in it, or a list */
	const char *query;			/* fixed part of the query, or NULL */
	bool		paged;
	int			min_page_size;	/* smaller pages are refused; 0 is always allowed */
	const char *part_names[2];	/* the parts of a name are in the query, by
								 * these names; NULL: not */
} DsEndpoint;

/* Which requests a scan consists of. */
typedef struct DsAccess
{
	DsTableId	parents;		/* listed first, unless keys are given: the
								 * table whose names fill the paths */
	int			key;			/* column of the key, -1: none is given */
	const DsEndpoint *list;		/* of the parents, or of the rows themselves;
								 * NULL: a key must be given */
	const DsEndpoint *rows;		/* per key; NULL: the list has the rows */
	const DsEndpoint *fallback; /* per key, where the list should have had them */
} DsAccess;

extern DsAccess ds_dbx_choose_access(const DsScanSpec *spec);
extern char *ds_dbx_endpoint_path(const DsEndpoint *endpoint, const char *name,
								  int page_size, const char *page_token);
extern List *ds_dbx_describe_scan(const DsServer *server, const DsScanSpec *spec);
extern char *ds_dbx_describe_write(const DsTable *table, int operation);
extern bool ds_dbx_is_one_request(const char *value);
extern bool ds_dbx_is_possible_key(const DsTable *table, int column, const char *name);
extern double ds_dbx_estimate_rounds(const DsServer *server, const DsTable *table,
									 const Bitmapset *key_columns, double nkeys);

/* in sources.c */
extern const DsSource *ds_dbx_source(const DsTable *table);

/* in items.c */

/* One row of a reply. */
typedef struct DsItem
{
	const cJSON *object;		/* the fields */
	const char *parent;			/* what it hangs on, NULL: nothing */
	const char *share_name;		/* of a grant */
	const cJSON *assignment;	/* of a grant: principal and privileges */
	const cJSON *privilege;		/* of a grant: text or object */
	const cJSON *table;			/* of a column: what it belongs to */
} DsItem;

/* What a page of a scan holds. */
typedef struct DsPage
{
	List	   *items;			/* DsItem, rows of the table */
	List	   *parents;		/* char *, names to ask for next */
} DsPage;

/* Rows and names in a reply; "parent" is the key that it was asked with. */
extern void ds_dbx_read_page(const DsScanSpec *spec, const DsAccess *access, bool is_list,
							 const cJSON *reply, const char *parent, DsPage *page);

/* in fields.c */
extern void ds_dbx_fill_row(const DsScanSpec *spec, const DsItem *item, DsRow *row);

/* All columns of one object, secrets included: the answer to a write. */
extern void ds_dbx_fill_written_row(const DsTable *table, const cJSON *object,
									const char *parent, DsRow *row);

/* Milliseconds since 1970 of a timestamptz. */
extern int64 ds_dbx_epoch_ms(Datum timestamptz);

/* in bulk.c */
typedef struct DsBulkScan DsBulkScan;

/* Are all rows of this table read by a statement, and those of this scan? */
extern bool ds_dbx_is_bulk_table(const DsServer *server, const DsTable *table);
extern bool ds_dbx_is_bulk_scan(const DsServer *server, const DsScanSpec *spec);
extern double ds_dbx_bulk_rounds(void);
extern char *ds_dbx_bulk_text(const DsScanSpec *spec);
extern DsBulkScan *ds_dbx_begin_bulk(const DsServer *server, const DsScanSpec *spec);
extern bool ds_dbx_next_bulk_row(DsBulkScan *scan, DsRow *row);
extern void ds_dbx_end_bulk(DsBulkScan *scan);
extern void ds_dbx_bulk_stats(const DsBulkScan *scan, DsScanStats *stats);

/* in scan.c */
extern DsScan *ds_dbx_begin_scan(const DsServer *server, const DsScanSpec *spec);
extern bool ds_dbx_next_row(DsScan *scan, DsRow *row);
extern void ds_dbx_end_scan(DsScan *scan);
extern void ds_dbx_scan_stats(const DsScan *scan, DsScanStats *stats);

/* in write.c, securable.c, objects.c, grants.c */
extern void ds_dbx_insert_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows);
extern void ds_dbx_update_row(const DsServer *server, const DsTable *table, const DsRow *old_row,
							  DsRow *new_row, const Bitmapset *changed);
extern int	ds_dbx_delete_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows);

/* An error if this share or recipient waits to be dropped. */
extern void ds_dbx_refuse_dropped(const DsServer *server, DsTableId kind, const char *name);

/* rows of one share */
extern void ds_dbx_insert_objects(const DsServer *server, DsRow **rows, int nrows);
extern void ds_dbx_update_object(const DsServer *server, const DsRow *old_row, DsRow *new_row,
								 const Bitmapset *changed);
extern bool ds_dbx_delete_object(const DsServer *server, const DsRow *row);
extern void ds_dbx_fold_object_name(const DsServer *server, DsRow *row);

extern void ds_dbx_rotate_token(const DsServer *server, const char *recipient,
								int64 expire_in_seconds, DsRow *result);

/* in views.c */
extern void ds_dbx_create_view(const DsServer *server, const DsViewSpec *spec);
extern bool ds_dbx_drop_view(const DsServer *server, const char *const *path);

/* An error if this view waits to be dropped. */
extern void ds_dbx_refuse_dropped_view(const DsServer *server, const char *name);

/* in grants.c: grants as they stand, DsRow, of the share or recipient in that column */
extern List *ds_dbx_read_grants(const DsServer *server, const char *key_column, const char *name);
extern void ds_dbx_insert_grants(const DsServer *server, DsRow **rows, int nrows);
extern int	ds_dbx_delete_grants(const DsServer *server, DsRow **rows, int nrows);

#endif							/* DELTASHARE_DATABRICKS_H */
