/*-------------------------------------------------------------------------
 *
 * comparison.c
 *	  Comparisons, IN and LIKE.
 *
 * Values of two types are compared by PostgreSQL as one of them; on the remote
 * side the difference is put into the parameter instead: "integer > 1.5" is
 * sent as "integer > 1", "date >= timestamp" with the first day that begins
 * at that time or later.  So both sides of a remote comparison are integers of
 * the same meaning.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/comparison.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

static const struct
{
	const char *op;
	const char *commuted;
	const char *remote;
	bool		is_order;
}			comparisons[] =
{
	{"=", "=", "=", false},
	{"<>", "<>", "<>", false},
	{"<", ">", "<", true},
	{"<=", ">=", "<=", true},
	{">", "<", ">", true},
	{">=", "<=", ">=", true},
};

static int
find_comparison(const char *op)
{
	for (int i = 0; i < lengthof(comparisons); i++)
		if (strcmp(comparisons[i].op, op) == 0)
			return i;
	return -1;
}

/* The expression as another type, computed here; NULL: there is no such cast. */
static Expr *
coerce_local(Expr *expr, Oid type)
{
	return (Expr *) coerce_to_target_type(NULL, (Node *) expr, exprType((Node *) expr), type, -1,
										  COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
}

/* How a limit is sent: two forms of one local expression. */
typedef struct SentLimit
{
	DsRemoteContext *context;
	Expr	   *expr;
	DsParameterForm floor;
	DsParameterForm ceiling;
	const char *unit;			/* appended to it */
} SentLimit;

static char *
limit_text(const SentLimit *limit, bool ceiling)
{
	return psprintf("%s%s", ds_remote_parameter(limit->context, limit->expr, ceiling ? limit->ceiling : limit->floor),
					limit->unit);
}

/*
 * "value op limit", where the limit lies between two values that the remote
 * side knows, or is one: floor <= limit <= ceiling.
 */
static void
render_limits(const char *value, const char *op, const SentLimit *limit, StringInfo out)
{
	if (strcmp(op, "=") == 0 || strcmp(op, "<>") == 0)
		appendStringInfo(out, "(%s(%s >= %s AND %s <= %s))", *op == '<' ? "NOT " : "",
						 value, limit_text(limit, true), value, limit_text(limit, false));
	else
		appendStringInfo(out, "(%s %s %s)", value, op,
						 limit_text(limit, strcmp(op, ">=") == 0 || strcmp(op, "<") == 0));
}

static bool
render_number_limits(DsRemoteContext *context, const char *value, const char *op, Expr *expr, StringInfo out)
{
	SentLimit		limit = {context, coerce_local(expr, NUMERICOID), DS_FORM_INT_FLOOR, DS_FORM_INT_CEILING, ""};

	if (limit.expr == NULL)
		return false;
	render_limits(value, op, &limit, out);
	return true;
}

/* A day, or its midnight, against a time. */
static bool
render_day_limits(DsRemoteContext *context, const char *value, const char *unit, const char *op, Expr *expr,
				  StringInfo out)
{
	SentLimit		limit = {context, expr, DS_FORM_MIDNIGHT_FLOOR, DS_FORM_MIDNIGHT_CEILING, unit};

	render_limits(value, op, &limit, out);
	return true;
}

/*
 * A remote value against a local one of another type.  The operator is one of
 * PostgreSQL's for these two types, so its meaning is known.
 */
static bool
render_mixed(DsRemoteContext *context, const char *value, DsValueKind kind, Oid value_type, const char *op,
			 Expr *limit, StringInfo out)
{
	Oid			type = exprType((Node *) limit);

	switch (kind)
	{
		case DS_VALUE_NUMERIC:
		case DS_VALUE_FIELD:
			return value_type == NUMERICOID && type == NUMERICOID &&
				render_number_limits(context, value, op, limit, out);
		case DS_VALUE_TIME:
			if (type != DATEOID && type != TIMESTAMPOID)
				return false;
			limit = coerce_local(limit, TIMESTAMPTZOID);
			if (limit == NULL)
				return false;
			appendStringInfo(out, "(%s %s timestamp_micros(%s))", value, op,
							 ds_remote_parameter(context, limit, DS_FORM_TIME));
			return true;
		case DS_VALUE_WALL:
			if (type != DATEOID)
				return false;
			limit = coerce_local(limit, TIMESTAMPOID);
			if (limit == NULL)
				return false;
			appendStringInfo(out, "(%s %s %s)", value, op,
							 ds_remote_parameter(context, limit, DS_FORM_WALL));
			return true;
		case DS_VALUE_DATE:
			if (type != TIMESTAMPTZOID && type != TIMESTAMPOID)
				return false;
			return render_day_limits(context, psprintf("unix_date(%s)", value), "", op, limit, out);
		case DS_VALUE_MIDNIGHT:
			if (type == TIMESTAMPOID)
				limit = coerce_local(limit, TIMESTAMPTZOID);
			else if (type != TIMESTAMPTZOID && type != DATEOID)
				return false;
			return limit && render_day_limits(context, value, " * 86400000000", op, limit, out);
		default:
			return false;
	}
}

static bool
render_same(DsRemoteContext *context, const char *left, DsValueKind kind, const char *op, bool is_order,
			Expr *right, Oid collation, StringInfo out)
{
	DsValueKind right_kind;
	char	   *text;

	if (!(is_order ? ds_remote_order_is_same(kind, collation) : ds_remote_equal_is_same(kind, collation)))
		return false;
	text = ds_remote_try(context, right, &right_kind);
	if (text == NULL || right_kind != kind)
		return false;
	appendStringInfo(out, "(%s %s %s)", left, op, text);
	return true;
}

static bool
render_like(DsRemoteContext *context, bool not, Expr *left, Expr *pattern, Oid collation, StringInfo out)
{
	DsValueKind kind;

	appendStringInfo(out, not ? "(NOT (" : "(");
	if (!ds_remote_is_local(context, pattern) || !ds_remote_expression(context, left, out, &kind) ||
		kind != DS_VALUE_TEXT || !ds_remote_equal_is_same(kind, collation))
		return false;
	appendStringInfo(out, " LIKE %s%s", ds_remote_parameter(context, pattern, DS_FORM_PATTERN), not ? "))" : ")");
	return true;
}

bool
ds_remote_comparison(DsRemoteContext *context, const char *op, Expr *left, Expr *right,
					 Oid collation, StringInfo out)
{
	int			i = find_comparison(op);
	int			start = out->len;
	DsValueKind kind;
	char	   *value;

	if (strcmp(op, "~~") == 0 || strcmp(op, "!~~") == 0)
		return exprType((Node *) left) == TEXTOID && exprType((Node *) right) == TEXTOID &&
			render_like(context, op[0] == '!', left, right, collation, out);
	if (i < 0)
		return false;
	if (ds_remote_is_local(context, left))
	{
		Expr	   *swap = left;

		left = right;
		right = swap;
		op = comparisons[i].commuted;
	}
	value = ds_remote_try(context, left, &kind);
	if (value == NULL)
		return false;
	if (ds_remote_is_local(context, right) &&
		render_mixed(context, value, kind, exprType((Node *) left), op, right, out))
		return true;
	out->len = start;
	return render_same(context, value, kind, op, comparisons[i].is_order, right, collation, out);
}

/* The elements of an array that are known now; NIL: it is not. */
static List *
known_elements(Expr *array, Oid element_type)
{
	List	   *elements = NIL;
	Datum	   *values;
	bool	   *nulls;
	int			count;
	int16		length;
	bool		byval;
	char		align;

	if (IsA(array, ArrayExpr) && !((ArrayExpr *) array)->multidims)
		return ((ArrayExpr *) array)->elements;
	if (!IsA(array, Const) || ((Const *) array)->constisnull)
		return NIL;
	get_typlenbyvalalign(element_type, &length, &byval, &align);
	deconstruct_array(DatumGetArrayTypeP(((Const *) array)->constvalue), element_type, length, byval, align,
					  &values, &nulls, &count);
	for (int i = 0; i < count; i++)
		elements = lappend(elements, makeConst(element_type, -1, get_typcollation(element_type), length,
											   values[i], nulls[i], byval));
	return elements;
}

/* Longer lists are sent as one parameter. */
#define MAX_LISTED	20

static bool
render_listed(DsRemoteContext *context, const char *op, Expr *left, List *elements, Oid collation, bool any,
			  StringInfo out)
{
	ListCell   *lc;

	appendStringInfoChar(out, '(');
	foreach(lc, elements)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(out, any ? " OR " : " AND ");
		if (!ds_remote_comparison(context, op, left, lfirst(lc), collation, out))
			return false;
	}
	appendStringInfoChar(out, ')');
	return true;
}

/* An array of texts or integers as one parameter. */
static bool
render_array(DsRemoteContext *context, Expr *left, Expr *array, Oid element_type, bool any, StringInfo out)
{
	bool		is_text = element_type == TEXTOID || element_type == VARCHAROID;
	DsValueKind kind;
	char	   *value = ds_remote_try(context, left, &kind);
	char	   *parameter;
	char	   *set;

	if (value == NULL || kind != (is_text ? DS_VALUE_TEXT : DS_VALUE_INT) ||
		(!is_text && element_type != INT8OID && element_type != INT4OID && element_type != INT2OID))
		return false;
	parameter = ds_remote_parameter(context, array, is_text ? DS_FORM_TEXT_ARRAY : DS_FORM_INT_ARRAY);
	set = psprintf("from_json(%s, 'array<%s>')", parameter, is_text ? "string" : "bigint");
	if (!is_text)
		value = psprintf("CAST(%s AS BIGINT)", value);

	/* nothing is in an empty array, not even perhaps */
	appendStringInfo(out, "(%sCASE WHEN %s IS NULL THEN NULL WHEN cardinality(%s) = 0 THEN false"
					 " ELSE array_contains(%s, %s) END)", any ? "" : "NOT ", parameter, set, set, value);
	return true;
}

bool
ds_remote_any(DsRemoteContext *context, ScalarArrayOpExpr *any, StringInfo out)
{
	Expr	   *left = linitial(any->args);
	Expr	   *array = lsecond(any->args);
	Oid			element_type = get_element_type(exprType((Node *) array));
	char	   *op = get_opname(any->opno);
	List	   *elements;

	if (any->opno >= FirstGenbkiObjectId || !OidIsValid(element_type) || !ds_remote_is_local(context, array))
		return false;
	elements = known_elements(array, element_type);
	if (elements != NIL && list_length(elements) <= MAX_LISTED)
		return render_listed(context, op, left, elements, any->inputcollid, any->useOr, out);

	/* "= ANY" and "<> ALL" */
	if (strcmp(op, any->useOr ? "=" : "<>") != 0 ||
		!ds_remote_equal_is_same(DS_VALUE_TEXT, any->inputcollid))
		return false;
	return render_array(context, left, array, element_type, any->useOr, out);
}
