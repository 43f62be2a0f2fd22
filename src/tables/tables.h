/*-------------------------------------------------------------------------
 *
 * tables.h
 *	  The declared tables: what a foreign table of ours may look like.
 *
 * A table is data.  To add a column, add a line in declared.c; the import,
 * the comments, the composite type that SQL functions return, the scan and
 * the writes follow.  Only the tables of the local backend are written by hand
 * (src/sql), and a test compares the two.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/tables.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_TABLES_H
#define DELTASHARE_TABLES_H

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"

typedef enum DsTableId
{
	DS_SHARES,
	DS_SHARE_OBJECTS,
	DS_RECIPIENTS,
	DS_RECIPIENT_TOKENS,
	DS_GRANTS,
	DS_EFFECTIVE_GRANTS,
	DS_PROVIDERS,
	DS_PROVIDER_SHARES,
	DS_FEDERATION_POLICIES,
	DS_OBJECT_COLUMNS,
	DS_COLUMN_TAGS,
	DS_AUDIT_EVENTS,
	DS_AUDIT_LOG,
	DS_USAGE,
	DS_TABLE_COUNT
} DsTableId;

/* How a field of a reply, or of a statement's result, becomes a Datum. */
typedef enum DsColumnType
{
	DS_TEXT,
	DS_BOOL,
	DS_INT,
	DS_BIGINT,
	DS_DATE,
	DS_TIME,					/* timestamptz from a warehouse's TIMESTAMP */
	DS_TIME_MS,					/* timestamptz from epoch milliseconds */
	DS_TIME_TEXT,				/* timestamptz from RFC 3339 */
	DS_JSONB,
	DS_CIDR_ARRAY,				/* cidr[] from an array of texts */
	DS_TEXT_ARRAY				/* text[] from an array of texts */
} DsColumnType;

/* What may be done with a column */
#define DS_COL_KEY			0x01	/* an equality on it is one request */
#define DS_COL_IDENTITY		0x02	/* needed to name a row to the server */
#define DS_COL_INSERT		0x04	/* may be given in INSERT */
#define DS_COL_UPDATE		0x08	/* may be changed by UPDATE */
#define DS_COL_SECRET		0x10	/* NULL in scans unless the table shows it */
#define DS_COL_DEFAULT		0x20	/* has a value where none is given */

/* What may be done with a table */
#define DS_TABLE_INSERT		0x01
#define DS_TABLE_UPDATE		0x02
#define DS_TABLE_DELETE		0x04
#define DS_TABLE_HIDDEN		0x08	/* not offered by IMPORT FOREIGN SCHEMA */
#define DS_TABLE_STATEMENT	0x10	/* read by a statement, where the backend
									 * runs statements */

#define DS_MAX_COLUMNS		32	/* of any declared table */

typedef struct DsColumn
{
	const char *name;
	DsColumnType type;
	int			flags;			/* DS_COL_... */
	const char *path;			/* dotted path in the JSON item; "@..." is
								 * computed by the backend; of a statement's
								 * table an expression over its source */
	const char *comment;
} DsColumn;

typedef struct DsTable
{
	DsTableId	id;
	const char *name;			/* of the foreign table */
	const char *row_type;		/* composite type in the extension's schema */
	const char *noun;			/* what one row is, for messages */
	int			flags;			/* DS_TABLE_... */
	const DsColumn *columns;
	int			ncolumns;
	const char *comment;
} DsTable;

/*
 * A row of a declared table, in declared order.  For an INSERT, NULL means
 * "not given".
 */
typedef struct DsRow
{
	Datum	   *values;
	bool	   *nulls;
	bool		whole;			/* all columns were read: a NULL has no value */
} DsRow;

/* in declared.c */
extern const DsTable *ds_table(DsTableId id);
extern const DsTable *ds_table_by_name(const char *name);	/* NULL if unknown */
extern const DsTable *ds_table_by_row_type(const char *name);	/* NULL if unknown */
extern int	ds_column_index(const DsTable *table, const char *name);	/* -1 if unknown */

/* in row.c */
extern Oid	ds_column_type_oid(DsColumnType type);
extern const char *ds_column_type_name(DsColumnType type);
extern DsRow *ds_row_create(const DsTable *table);	/* all NULL */
extern const char *ds_row_text(const DsTable *table, const DsRow *row, const char *column);	/* NULL if NULL */
extern bool ds_row_is_null(const DsTable *table, const DsRow *row, const char *column);
extern void ds_row_set_text(const DsTable *table, DsRow *row, const char *column, const char *value);	/* NULL sets NULL */
extern void ds_row_detach(const DsTable *table, DsRow *row);	/* copy values by reference */
extern void ds_row_hide_secrets(const DsTable *table, DsRow *row);
extern void ds_row_keep_secrets(const DsTable *table, DsRow *row, const DsRow *from);
extern char *ds_row_output(const DsTable *table, const DsRow *row, int column);

/* Columns of b that differ from a, as a set of column indexes. */
extern Bitmapset *ds_row_changes(const DsTable *table, const DsRow *a, const DsRow *b);

/* in jsonb_row.c */

/* Set the columns that a JSON object names; JSON null sets NULL. */
extern void ds_row_merge_jsonb(const DsTable *table, DsRow *row, Datum jsonb);

/* in row_json.c */

/*
 * A JSON object with these columns, as ds_row_merge_jsonb() reads it; palloc'd.
 * NULLs are left out unless "with_nulls".
 */
extern char *ds_row_json(const DsTable *table, const DsRow *row, const Bitmapset *columns,
						 bool with_nulls);

/* in check.c */

/*
 * Bring a row about to be written into the form that the platform stores
 * (names in lower case, history given explicitly) and refuse what no backend
 * accepts.  "changed" is NULL for an INSERT, else the changed columns.
 */
extern void ds_check_row(const DsTable *table, DsRow *row, const Bitmapset *changed);

/* What the types of objects and of authentication may be; ended by NULL. */
extern const char *const ds_object_types[];
extern const char *const ds_authentication_types[];

/* Fold and check a name that a user gave; palloc'd. */
extern char *ds_check_name(const char *noun, const char *name);

/* Is the alias of such an object "schema.table"? */
extern bool ds_object_is_table_like(const char *type);

/* Could a thing of this name exist?  For lookups, which raise no error. */
extern bool ds_name_is_possible(const char *name);

#endif							/* DELTASHARE_TABLES_H */
