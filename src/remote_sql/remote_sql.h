/*-------------------------------------------------------------------------
 *
 * remote_sql.h
 *	  From a PostgreSQL query to a statement in the SQL of a warehouse.
 *
 * An expression is rendered, or it is not: what has not surely the same
 * meaning there is refused, and the caller computes it here.  Literals never
 * become part of the text; whatever does not depend on the remote rows is an
 * expression that is computed here when the scan starts, and sent as a named
 * parameter.
 *
 * Texts are compared by their bytes on the remote side.  So only equality is
 * sent, and order only under the collation "C".  Times are sent as integers,
 * so that no time zone of the warehouse can matter.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/remote_sql.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_REMOTE_SQL_H
#define DELTASHARE_REMOTE_SQL_H

#include "lib/stringinfo.h"
#include "nodes/pathnodes.h"

#include "backend/backend.h"

/* What an expression is on the remote side. */
typedef enum DsValueKind
{
	DS_VALUE_BOOL,
	DS_VALUE_TEXT,
	DS_VALUE_INT,				/* any integer type */
	DS_VALUE_NUMERIC,			/* DECIMAL(38,0): a numeric that is integral */
	DS_VALUE_TIME,				/* TIMESTAMP, a point in time */
	DS_VALUE_DATE,
	DS_VALUE_WALL,				/* timestamp: microseconds since 1970 on the
								 * wall clock */
	DS_VALUE_MIDNIGHT,			/* timestamptz: the same of a midnight in the
								 * session's time zone */
	DS_VALUE_FIELD,				/* numeric or float8 that is a small integer:
								 * what extract() gives */
	DS_VALUE_JSON,				/* JSON text */
	DS_VALUE_AVG,				/* result only: sum, count */
	DS_VALUE_VAR_SAMP,			/* result only: sum, sum of squares, count */
	DS_VALUE_VAR_POP,
	DS_VALUE_STDDEV_SAMP,
	DS_VALUE_STDDEV_POP
} DsValueKind;

/* How the value of a local expression is sent. */
typedef enum DsParameterForm
{
	DS_FORM_BOOL,
	DS_FORM_TEXT,
	DS_FORM_PATTERN,			/* of LIKE */
	DS_FORM_INT,
	DS_FORM_TIME,				/* timestamptz: microseconds since 1970 */
	DS_FORM_DATE,				/* days since 1970 */
	DS_FORM_WALL,				/* timestamp: microseconds since 1970 */
	DS_FORM_INT_CEILING,		/* least integer that is not less */
	DS_FORM_INT_FLOOR,			/* greatest integer that is not more */
	DS_FORM_MIDNIGHT_CEILING,	/* day of the first midnight not before it */
	DS_FORM_MIDNIGHT_FLOOR,		/* day of the last midnight not after it */
	DS_FORM_DAY_BEFORE,			/* limits of the days to read, with a margin */
	DS_FORM_DAY_AFTER,
	DS_FORM_ZONE,				/* the session's time zone, or that of a text */
	DS_FORM_LIMIT,
	DS_FORM_SERVER,				/* not sent: the server that is meant */
	DS_FORM_UNUSED,				/* not sent: was tried, and given up */
	DS_FORM_TEXT_ARRAY,			/* arrays are sent as JSON */
	DS_FORM_INT_ARRAY
} DsParameterForm;

/*
 * Days from 1970 to infinity.  The remote side has none, and overflows at the
 * ends of its own types; but it has no dates after the year 9999 either, so
 * what lies this far off stands for it.
 */
#define DS_INFINITE_DAYS	INT64CONST(100000000)
#define DS_INFINITE_MICROS	(DS_INFINITE_DAYS * USECS_PER_DAY)

/* What raise_error() is given when a sum does not fit */
#define DS_BIGINT_OVERFLOW	"bigint out of range"

/* A foreign table in the statement. */
typedef struct DsRemoteTable
{
	Index		relid;			/* in the query's range table */
	const DsTable *table;
	const DsSource *source;
	int			natts;
	const int  *columns;		/* attnum - 1 -> declared column */
	const char *server_name;	/* of the column "server", or NULL: it has none */
	Bitmapset  *used;			/* declared columns the statement needs */
	bool		uses_server;
	bool		uses_map;		/* and request_params as a map */
	List	   *day_limits;		/* texts that limit event_date */
} DsRemoteTable;

/* A statement while it is put together. */
typedef struct DsRemoteContext
{
	PlannerInfo *root;
	Relids		relids;			/* of the tables */
	List	   *tables;			/* DsRemoteTable */
	List	   *exprs;			/* local expressions, one per parameter */
	List	   *forms;			/* DsParameterForm of each, integer list */
	bool		aggregates;		/* are aggregates allowed here? */
	int			conditional;	/* inside of AND, OR, CASE and the like, whose
								 * parts PostgreSQL may never come to compute */
} DsRemoteContext;

/* One column of the result as the remote side computes it. */
typedef struct DsRemoteColumn
{
	DsValueKind kind;
	List	   *texts;			/* one, or what the kind says */
} DsRemoteColumn;

/* in context.c */
extern DsRemoteContext *ds_remote_context(PlannerInfo *root);
extern void ds_remote_add_table(DsRemoteContext *context, Index relid, const DsTable *table,
								const DsSource *source, int natts, const int *columns,
								const char *server_name);

/* ":p1" for a local expression; the same one for the same expression */
extern char *ds_remote_parameter(DsRemoteContext *context, Expr *expr, DsParameterForm form);

/* Does the expression not depend on the remote rows? */
extern bool ds_remote_is_local(const DsRemoteContext *context, Expr *expr);

/* The remote column that a Var is; NULL: it is not one. */
extern const DsColumn *ds_remote_column(DsRemoteContext *context, Var *var, DsRemoteTable **table);

/* in expression.c */

/*
 * Render an expression.  False: it has no equal on the remote side; what was
 * appended to "out" and to the context is to be thrown away, see
 * ds_remote_try().
 */
extern bool ds_remote_expression(DsRemoteContext *context, Expr *expr, StringInfo out,
								 DsValueKind *kind);

/* The text of an expression, or NULL with the context as it was. */
extern char *ds_remote_try(DsRemoteContext *context, Expr *expr, DsValueKind *kind);

/* Can the expression be used as a condition, as a group or sort key? */
extern bool ds_remote_is_condition(DsRemoteContext *context, Expr *expr);

/* Are equal values the same bytes, is their order that of the bytes? */
extern bool ds_remote_equal_is_same(DsValueKind kind, Oid collation);
extern bool ds_remote_order_is_same(DsValueKind kind, Oid collation);

/* in comparison.c */
extern bool ds_remote_comparison(DsRemoteContext *context, const char *op, Expr *left,
								 Expr *right, Oid collation, StringInfo out);
extern bool ds_remote_any(DsRemoteContext *context, ScalarArrayOpExpr *any, StringInfo out);

/* in function.c */
extern bool ds_remote_function(DsRemoteContext *context, const char *name, Oid funcid, List *args,
							   Oid result_type, Oid collation, StringInfo out, DsValueKind *kind);

/* in time.c */

/* Is there a zone of this name, with the same rules, on the remote side? */
extern bool ds_remote_zone_is_known(const char *name);
extern bool ds_remote_time_function(DsRemoteContext *context, const char *name, List *args,
									Oid result_type, StringInfo out, DsValueKind *kind);

/* A timestamp or timestamptz becomes another type. */
extern bool ds_remote_time_cast(DsRemoteContext *context, Expr *arg, Oid result_type,
								StringInfo out, DsValueKind *kind);

/* in aggregate.c */
extern bool ds_remote_aggregate(DsRemoteContext *context, Aggref *aggref, StringInfo out,
								DsValueKind *kind);

/* A column of the result; NULL: it has to be computed here. */
extern DsRemoteColumn *ds_remote_result(DsRemoteContext *context, Expr *expr);

/* in days.c */

/* Note what a condition says about the days that have to be read. */
extern void ds_remote_limit_days(DsRemoteContext *context, Expr *condition);

/* in query.c */

/* A query as far as it is sent. */
typedef struct DsRemoteQuery
{
	struct DsRemoteJoin *from;	/* how the tables are joined */
	List	   *conditions;		/* Expr, all of WHERE but join conditions */
	bool		grouped;		/* GROUP BY, or aggregates without it */
	List	   *group_by;		/* Expr */
	List	   *having;			/* Expr */
	bool		distinct;
	List	   *results;		/* Expr, the columns of the result */
	List	   *sort_keys;		/* DsSortKey */
	Const	   *limit;
	Const	   *offset;
} DsRemoteQuery;

typedef struct DsRemoteJoin
{
	Index		relid;			/* a table, or 0: */
	JoinType	type;
	struct DsRemoteJoin *left;
	struct DsRemoteJoin *right;
	List	   *conditions;		/* Expr, of ON */
} DsRemoteJoin;

typedef struct DsSortKey
{
	Expr	   *expr;
	bool		descending;
	bool		nulls_first;
} DsSortKey;

/*
 * The text of the statement; *kinds is an integer list, the DsValueKind of
 * each result.  Everything must have been found to be renderable.
 */
extern char *ds_remote_statement(DsRemoteContext *context, const DsRemoteQuery *query, List **kinds);

/* in parameter.c */

/* Name and type of a parameter, and its value once it is computed. */
extern DsParameter ds_remote_describe_parameter(int number, DsParameterForm form);
extern char *ds_remote_parameter_value(DsParameterForm form, Oid type, Datum value, bool isnull);

/* in result.c */

/* How many fields of the result a value of this kind takes */
extern int	ds_value_fields(DsValueKind kind);

/* The value of a result column; its fields begin at "fields". */
extern Datum ds_value_read(DsValueKind kind, Oid type, const DsField *fields, bool *isnull);

#endif							/* DELTASHARE_REMOTE_SQL_H */
