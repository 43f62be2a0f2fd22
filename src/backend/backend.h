/*-------------------------------------------------------------------------
 *
 * backend.h
 *	  The contract between the SQL surface and a backend.
 *
 * Everything above this line speaks of declared tables, keys and rows.  A
 * backend turns that into requests (databricks/) or into SQL on this
 * database's own tables (local/).
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/backend.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_BACKEND_H
#define DELTASHARE_BACKEND_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "tables/tables.h"

typedef struct DsBackend DsBackend;

/* The values of all options, defaults filled in.  See fdw/options.c. */
typedef struct DsOptions
{
	/* of the server */
	char	   *host;			/* normalized: scheme://host[:port] */
	char	   *warehouse_id;
	char	   *workspace_id;
	char	   *ca_file;
	char	   *proxy;
	int			connect_timeout;	/* milliseconds */
	int			request_timeout;	/* milliseconds */
	int			retry_timeout;	/* milliseconds */
	int			concurrency;	/* requests in flight */
	int			page_size;		/* rows per page, 0: the platform's choice */
	int			max_reply_size; /* kilobytes */
	bool		bulk_reads;		/* all grants by a statement */

	/* of the user mapping */
	char	   *token;
	char	   *client_id;
	char	   *client_secret;
	char	   *profile;
	char	   *config_file;

	/* of the foreign table */
	char	   *table_name;
	bool		show_activation_url;
} DsOptions;

/* A foreign server as one user sees it. */
typedef struct DsServer
{
	Oid			oid;
	Oid			mapping_oid;	/* InvalidOid: none */
	Oid			user_id;
	const char *name;
	const DsBackend *backend;
	DsOptions	options;
} DsServer;

/* "column = ANY (values)"; an empty set matches nothing. */
typedef struct DsKey
{
	int			column;			/* index in the declared table */
	int			nvalues;
	char	  **values;			/* distinct, none NULL */
} DsKey;

/* in key.c: sort the values, each of which is to be asked for once */
extern void ds_key_remove_duplicates(DsKey *key);

/* What a scan asks for. */
typedef struct DsScanSpec
{
	const DsTable *table;
	Bitmapset  *columns;		/* indexes of the columns that are needed */
	DsKey	   *keys;
	int			nkeys;
	bool		show_secrets;
	bool		all_rows;		/* the scan will be read to its end */
} DsScanSpec;

/* What a scan did, for EXPLAIN ANALYZE. */
typedef struct DsScanStats
{
	int64		requests;
	int64		retries;
	int64		bytes_received;
} DsScanStats;

typedef struct DsScan DsScan;

/* A literal of a statement: never part of its text. */
typedef struct DsParameter
{
	const char *name;			/* ":name" in the text */
	const char *type;			/* "BIGINT", ... */
	const char *value;			/* in the database's encoding; NULL: NULL */
} DsParameter;

/* A statement for the engine behind a server. */
typedef struct DsStatementSpec
{
	const char *text;
	const DsParameter *parameters;
	int			nparameters;
	int			ncolumns;		/* fields of every row */
	bool		small;			/* a few rows are expected */
	const char *purpose;		/* what needs a warehouse; NULL: the audit log */
} DsStatementSpec;

/*
 * One value of a result: UTF-8, valid, not NUL-terminated.  text == NULL: SQL
 * NULL.
 */
typedef struct DsField
{
	const char *text;
	int			length;
} DsField;

typedef struct DsStatement DsStatement;

/* A view to be made, in the engine's SQL. */
typedef struct DsViewSpec
{
	const char *path[3];		/* catalog, schema and name */
	const char *definition;		/* the SELECT */
	const char *comment;		/* or NULL */
	const char *masks;			/* {"column": "mask"}, or NULL */
	bool		or_replace;
} DsViewSpec;

/* What a table of statements is read from, in the engine's SQL. */
typedef struct DsSource
{
	const char *from;			/* with {days} where days can be left out */
	const char *time_column;	/* whose limits also limit the days */
} DsSource;

struct DsBackend
{
	const char *type;			/* as in CREATE SERVER ... TYPE */
	const char *explain_label;	/* what describe_scan() lists */

	/* Refuse a server whose options do not make sense for this backend. */
	void		(*check_server) (const DsServer *server);

	/*
	 * Start a scan in CurrentMemoryContext, whose reset or deletion releases
	 * everything.  Nothing is sent before the first next_row().
	 */
	DsScan	   *(*begin_scan) (const DsServer *server, const DsScanSpec *spec);

	/*
	 * Fill the needed columns of the next row; false at the end.  Values live
	 * until the next call.
	 */
	bool		(*next_row) (DsScan *scan, DsRow *row);
	void		(*end_scan) (DsScan *scan);
	void		(*scan_stats) (const DsScan *scan, DsScanStats *stats);

	/*
	 * Statements, where the server has an engine that computes conditions,
	 * aggregates and so on; all NULL where not.  The rules of scans apply.
	 */
	const		DsSource *(*source) (const DsTable *table); /* NULL: no such table */
	DsStatement *(*begin_statement) (const DsServer *server, const DsStatementSpec *spec);
	bool		(*next_fields) (DsStatement *statement, DsField *fields);
	void		(*end_statement) (DsStatement *statement);
	void		(*statement_stats) (const DsStatement *statement, DsScanStats *stats);

	/*
	 * The requests that a scan would send, one text each, for EXPLAIN. Keys
	 * whose values are not known yet have values == NULL.
	 */
	List	   *(*describe_scan) (const DsServer *server, const DsScanSpec *spec);

	/* The same for a write, one text; "operation" is CMD_INSERT and so on. */
	char	   *(*describe_write) (const DsTable *table, int operation);

	/*
	 * Is an equality of a key with this value one request?  NULL: keys are not
	 * worth collecting, to ask for many at a time.
	 */
	bool		(*is_one_request) (const char *value);

	/* Rounds of waiting that a scan costs, for the planner. */
	double		(*estimate_rounds) (const DsServer *server, const DsTable *table,
									const Bitmapset *key_columns, double nkeys);

	/*
	 * Writes.  Rows have passed ds_check_row().  What the server made or
	 * changed is put into the rows, secrets included.
	 */
	void		(*insert_rows) (const DsServer *server, const DsTable *table,
								DsRow **rows, int nrows);
	void		(*update_row) (const DsServer *server, const DsTable *table,
							   const DsRow *old_row, DsRow *new_row,
							   const Bitmapset *changed);

	/* how many of them there were */
	int			(*delete_rows) (const DsServer *server, const DsTable *table,
								DsRow **rows, int nrows);

	/* Bring the name in a row of share_objects into the form that is stored. */
	void		(*fold_object_name) (const DsServer *server, DsRow *row);

	/* Give a recipient a new token; the old one lives that much longer. */
	void		(*rotate_token) (const DsServer *server, const char *recipient,
								 int64 expire_in_seconds, DsRow *result);

	/* Make a view, and record what it masks. */
	void		(*create_view) (const DsServer *server, const DsViewSpec *spec);

	/* Drop one, at the end of the transaction where that is final; false if there is none. */
	bool		(*drop_view) (const DsServer *server, const char *const *path);
};

/* in server.c: a copy in CurrentMemoryContext */
extern DsServer *ds_server_copy(const DsServer *server);

/* in databricks/databricks.c and local/local.c */
extern const DsBackend ds_databricks_backend;
extern const DsBackend ds_local_backend;

#endif							/* DELTASHARE_BACKEND_H */
