/*-------------------------------------------------------------------------
 *
 * function.c
 *	  Functions and operators that mean the same on the remote side.
 *
 * They are known by name and argument types, as the numbers of PostgreSQL's
 * macros differ between versions; only built-in ones get here.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/function.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

/* Is the argument at hand of this type? */
static bool
is_type(List *args, int n, Oid type)
{
	return n < list_length(args) && exprType(list_nth(args, n)) == type;
}

static bool
are_types(List *args, Oid left, Oid right)
{
	return list_length(args) == 2 && is_type(args, 0, left) && is_type(args, 1, right);
}

static bool
is_integer_type(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

/* "function(a, b)", all arguments of one kind */
static bool
render_call(DsRemoteContext *context, const char *function, List *args, DsValueKind wanted, StringInfo out)
{
	ListCell   *lc;

	appendStringInfo(out, "%s(", function);
	foreach(lc, args)
	{
		DsValueKind kind;

		if (foreach_current_index(lc) > 0)
			appendStringInfoString(out, ", ");
		if (!ds_remote_expression(context, lfirst(lc), out, &kind) || kind != wanted)
			return false;
	}
	appendStringInfoChar(out, ')');
	return true;
}

static bool
render_text_function(DsRemoteContext *context, const char *name, List *args, Oid collation, StringInfo out,
					 DsValueKind *kind)
{
	if (list_length(args) == 1 && is_type(args, 0, TEXTOID) && GetDatabaseEncoding() == PG_UTF8 &&
		(strcmp(name, "length") == 0 || strcmp(name, "char_length") == 0 || strcmp(name, "character_length") == 0))
	{
		*kind = DS_VALUE_INT;
		return render_call(context, "char_length", args, DS_VALUE_TEXT, out);
	}
	if (!are_types(args, TEXTOID, TEXTOID))
		return false;
	if (strcmp(name, "||") == 0 || strcmp(name, "textcat") == 0)
	{
		*kind = DS_VALUE_TEXT;
		return render_call(context, "concat", args, DS_VALUE_TEXT, out);
	}
	if (strcmp(name, "^@") == 0 || strcmp(name, "starts_with") == 0)
	{
		*kind = DS_VALUE_BOOL;
		return ds_remote_equal_is_same(DS_VALUE_TEXT, collation) &&
			render_call(context, "startswith", args, DS_VALUE_TEXT, out);
	}
	return false;
}

/* "request_params ->> key" and "request_params ? key" */
static bool
render_map_function(DsRemoteContext *context, const char *name, List *args, StringInfo out, DsValueKind *kind)
{
	Var		   *var = linitial(args);
	const DsColumn *column;
	DsRemoteTable *table;
	bool		get = strcmp(name, "->>") == 0;

	if (!are_types(args, JSONBOID, TEXTOID) || !IsA(var, Var) || (!get && strcmp(name, "?") != 0))
		return false;
	column = ds_remote_column(context, var, &table);
	if (column == NULL || strcmp(column->name, "request_params") != 0 || !ds_remote_is_local(context, lsecond(args)))
		return false;
	table->uses_map = true;
	*kind = get ? DS_VALUE_TEXT : DS_VALUE_BOOL;
	appendStringInfo(out, "%s(r%u.request_params_map, %s)", get ? "try_element_at" : "map_contains_key",
					 table->relid, ds_remote_parameter(context, lsecond(args), DS_FORM_TEXT));
	return true;
}

/* Is it a constant by which the remote side can divide like this one? */
static bool
is_plain_divisor(Expr *expr)
{
	Const	   *constant = (Const *) expr;
	int64		value;

	if (!IsA(constant, Const) || constant->constisnull)
		return false;
	switch (constant->consttype)
	{
		case INT2OID:
			value = DatumGetInt16(constant->constvalue);
			break;
		case INT4OID:
			value = DatumGetInt32(constant->constvalue);
			break;
		case INT8OID:
			value = DatumGetInt64(constant->constvalue);
			break;
		default:
			return false;
	}
	return value > 0;
}

/*
 * Arithmetic on bigint.  What overflows is an error, as it is here, whatever
 * the warehouse has been told to make of it.
 */
static bool
render_arithmetic(DsRemoteContext *context, const char *op, List *args, Oid result_type, StringInfo out,
				  DsValueKind *kind)
{
	const char *function = *op == '+' ? "try_add" : *op == '-' ? "try_subtract" : "try_multiply";
	DsValueKind left_kind,
				right_kind;
	char	   *left,
			   *right;

	if (list_length(args) != 2 || result_type != INT8OID || op[1] != '\0' || strchr("+-*/%", *op) == NULL)
		return false;
	left = ds_remote_try(context, linitial(args), &left_kind);
	right = ds_remote_try(context, lsecond(args), &right_kind);
	*kind = DS_VALUE_INT;
	if (left == NULL || right == NULL || left_kind != DS_VALUE_INT || right_kind != DS_VALUE_INT)
		return false;
	if (*op == '/' || *op == '%')
	{
		if (!is_plain_divisor(lsecond(args)))
			return false;
		appendStringInfo(out, "(%s %s %s)", left, *op == '/' ? "DIV" : "%", right);
		return true;
	}
	appendStringInfo(out, "coalesce(%s(CAST(%s AS BIGINT), CAST(%s AS BIGINT)), CASE WHEN %s IS NOT NULL AND %s IS NOT NULL"
					 " THEN CAST(raise_error('" DS_BIGINT_OVERFLOW "') AS BIGINT) END)", function, left, right, left, right);
	return true;
}

/* An interval of hours and less moves a point in time by so many microseconds. */
static bool
render_interval(DsRemoteContext *context, const char *op, List *args, StringInfo out, DsValueKind *kind)
{
	Const	   *interval;
	Interval   *span;
	int64		shift;

	if (!are_types(args, TIMESTAMPTZOID, INTERVALOID))
		return false;
	interval = lsecond(args);
	if (!IsA(interval, Const) || interval->constisnull)
		return false;
	span = DatumGetIntervalP(interval->constvalue);
	if (span->month != 0 || span->day != 0)
		return false;
	shift = *op == '-' ? -span->time : span->time;
	appendStringInfoString(out, "timestamp_micros(unix_micros(");
	if (!ds_remote_expression(context, linitial(args), out, kind) || *kind != DS_VALUE_TIME)
		return false;
	appendStringInfo(out, ") + %s)",
					 ds_remote_parameter(context, (Expr *) makeConst(INT8OID, -1, InvalidOid, sizeof(int64),
																	 Int64GetDatum(shift), false, FLOAT8PASSBYVAL),
										 DS_FORM_INT));
	return true;
}

/* "date + 7", "date - 7", "date - date" */
static bool
render_date_arithmetic(DsRemoteContext *context, const char *op, List *args, StringInfo out, DsValueKind *kind)
{
	bool		minus = *op == '-';
	DsValueKind right_kind;

	if (are_types(args, DATEOID, DATEOID) && minus)
	{
		*kind = DS_VALUE_INT;
		return render_call(context, "datediff", args, DS_VALUE_DATE, out);
	}
	if (!are_types(args, DATEOID, INT4OID) || !ds_remote_is_local(context, lsecond(args)))
		return false;
	appendStringInfoString(out, "date_from_unix_date(CAST(unix_date(");
	if (!ds_remote_expression(context, linitial(args), out, kind) || *kind != DS_VALUE_DATE)
		return false;
	appendStringInfo(out, ") %s ", op);
	if (!ds_remote_expression(context, lsecond(args), out, &right_kind))
		return false;
	appendStringInfoString(out, " AS INT))");
	return true;
}

/* int8(int4), numeric(int8), ... */
static bool
render_number_cast(DsRemoteContext *context, const char *name, List *args, Oid result_type, StringInfo out,
				   DsValueKind *kind)
{
	Oid			type;

	if (list_length(args) != 1)
		return false;
	type = exprType(linitial(args));
	if (strcmp(name, "int8") == 0 && result_type == INT8OID && (type == INT4OID || type == INT2OID))
		return ds_remote_expression(context, linitial(args), out, kind) && *kind == DS_VALUE_INT;
	if (strcmp(name, "numeric") != 0 || result_type != NUMERICOID || !is_integer_type(type))
		return false;
	appendStringInfoString(out, "CAST(");
	if (!ds_remote_expression(context, linitial(args), out, kind) || *kind != DS_VALUE_INT)
		return false;
	appendStringInfoString(out, " AS DECIMAL(38, 0))");
	*kind = DS_VALUE_NUMERIC;
	return true;
}

bool
ds_remote_function(DsRemoteContext *context, const char *name, Oid funcid, List *args,
				   Oid result_type, Oid collation, StringInfo out, DsValueKind *kind)
{
	int			start = out->len;

	if (args == NIL)
		return false;
	if (render_text_function(context, name, args, collation, out, kind))
		return true;
	out->len = start;
	if (render_map_function(context, name, args, out, kind))
		return true;
	out->len = start;
	if (render_number_cast(context, name, args, result_type, out, kind))
		return true;
	out->len = start;
	if (ds_remote_time_function(context, name, args, result_type, out, kind))
		return true;
	out->len = start;
	if (OidIsValid(funcid) || (*name != '+' && *name != '-'))
		return !OidIsValid(funcid) && render_arithmetic(context, name, args, result_type, out, kind);
	if (render_interval(context, name, args, out, kind))
		return true;
	out->len = start;
	if (render_date_arithmetic(context, name, args, out, kind))
		return true;
	out->len = start;
	return render_arithmetic(context, name, args, result_type, out, kind);
}
