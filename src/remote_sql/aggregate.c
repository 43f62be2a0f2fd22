/*-------------------------------------------------------------------------
 *
 * aggregate.c
 *	  Aggregates, and the columns of the result.
 *
 * sum() of integers is computed as DECIMAL(38, 0), which no log overflows.
 * avg(), stddev() and variance() are not asked for: their parts are, and the
 * last step is done here, with numeric's own rounding.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/aggregate.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

#define DECIMAL		"CAST(%s AS DECIMAL(38, 0))"

/* What is common to all calls; the texts are palloc'd. */
typedef struct Call
{
	const char *name;
	char	   *arg;			/* NULL: count(*) */
	DsValueKind kind;			/* of the argument */
	Oid			type;			/* of the argument */
	const char *distinct;		/* "DISTINCT " or "" */
	char	   *filter;			/* " FILTER (...)" or "" */
} Call;

static bool
open_call(DsRemoteContext *context, Aggref *aggref, Call *call)
{
	TargetEntry *entry = aggref->args ? linitial(aggref->args) : NULL;
	DsValueKind filter_kind;

	if (aggref->aggfnoid >= FirstGenbkiObjectId || aggref->agglevelsup != 0 || aggref->aggorder ||
		aggref->aggvariadic || aggref->aggkind != AGGKIND_NORMAL || aggref->aggsplit != AGGSPLIT_SIMPLE ||
		list_length(aggref->args) > 1)
		return false;
	memset(call, 0, sizeof(Call));
	call->name = get_func_name(aggref->aggfnoid);
	call->distinct = aggref->aggdistinct ? "DISTINCT " : "";
	call->filter = "";
	if (entry)
	{
		call->arg = ds_remote_try(context, entry->expr, &call->kind);
		call->type = exprType((Node *) entry->expr);
		if (call->arg == NULL ||
			(aggref->aggdistinct && !ds_remote_equal_is_same(call->kind, aggref->inputcollid)))
			return false;
	}
	if (aggref->aggfilter)
	{
		char	   *filter = ds_remote_try(context, aggref->aggfilter, &filter_kind);

		if (filter == NULL || filter_kind != DS_VALUE_BOOL)
			return false;
		call->filter = psprintf(" FILTER (WHERE %s)", filter);
	}
	return true;
}

/* Aggregates may not stand in the arguments of others. */
static bool
open_inner_call(DsRemoteContext *context, Aggref *aggref, Call *call)
{
	bool		result;

	context->aggregates = false;
	result = open_call(context, aggref, call);
	context->aggregates = true;
	return result;
}

static char *
sum_of(const Call *call, const char *value)
{
	return psprintf("sum(%s%s)%s", call->distinct, value, call->filter);
}

/* NULL where it has more than 38 digits, so that read_sum() says what to do */
static char *
sum_of_squares(const Call *call, const char *value)
{
	return psprintf("try_sum(%s * %s)%s", value, value, call->filter);
}

static bool
is_among(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

bool
ds_remote_aggregate(DsRemoteContext *context, Aggref *aggref, StringInfo out, DsValueKind *kind)
{
	static const char *const bools[] = {"bool_and", "every", "bool_or", NULL};
	Call		call;

	if (!open_inner_call(context, aggref, &call))
		return false;
	if (strcmp(call.name, "count") == 0)
	{
		appendStringInfo(out, "count(%s%s)%s", call.distinct, call.arg ? call.arg : "*", call.filter);
		*kind = DS_VALUE_INT;
		return true;
	}
	if (call.arg == NULL)
		return false;
	*kind = call.kind;
	if (strcmp(call.name, "min") == 0 || strcmp(call.name, "max") == 0)
	{
		appendStringInfo(out, "%s(%s)%s", call.name, call.arg, call.filter);
		return call.kind != DS_VALUE_BOOL && ds_remote_order_is_same(call.kind, aggref->inputcollid);
	}
	if (is_among(call.name, bools))
	{
		appendStringInfo(out, "%s(%s)%s", strcmp(call.name, "bool_or") == 0 ? "bool_or" : "bool_and", call.arg, call.filter);
		return call.kind == DS_VALUE_BOOL;
	}
	if (strcmp(call.name, "sum") == 0 && (call.kind == DS_VALUE_INT || call.kind == DS_VALUE_NUMERIC))
	{
		*kind = aggref->aggtype == NUMERICOID ? DS_VALUE_NUMERIC : DS_VALUE_INT;
		appendStringInfoString(out, sum_of(&call, *kind == DS_VALUE_INT ? call.arg : psprintf(DECIMAL, call.arg)));
		return true;
	}
	return false;
}

static DsRemoteColumn *
make_column(DsValueKind kind, List *texts)
{
	DsRemoteColumn *column = palloc(sizeof(DsRemoteColumn));

	column->kind = kind;
	column->texts = texts;
	return column;
}

static const struct
{
	const char *name;
	DsValueKind kind;
}			variances[] =
{
	{"stddev", DS_VALUE_STDDEV_SAMP},
	{"stddev_samp", DS_VALUE_STDDEV_SAMP},
	{"stddev_pop", DS_VALUE_STDDEV_POP},
	{"variance", DS_VALUE_VAR_SAMP},
	{"var_samp", DS_VALUE_VAR_SAMP},
	{"var_pop", DS_VALUE_VAR_POP},
};

/* avg(), stddev() and their kin over integers; NULL: it is something else. */
static DsRemoteColumn *
render_parts(DsRemoteContext *context, Aggref *aggref)
{
	Call		call;
	char	   *value;
	char	   *count;

	if (!open_inner_call(context, aggref, &call) || call.arg == NULL || aggref->aggtype != NUMERICOID ||
		(call.kind != DS_VALUE_INT && call.kind != DS_VALUE_NUMERIC))
		return NULL;
	value = psprintf(DECIMAL, call.arg);
	count = psprintf("count(%s%s)%s", call.distinct, call.arg, call.filter);
	if (strcmp(call.name, "avg") == 0)
		return make_column(DS_VALUE_AVG, list_make2(sum_of(&call, value), count));
	for (int i = 0; i < lengthof(variances); i++)
		if (strcmp(call.name, variances[i].name) == 0 && !aggref->aggdistinct)
			return make_column(variances[i].kind,
							   list_make3(sum_of(&call, value), sum_of_squares(&call, value), count));
	return NULL;
}

DsRemoteColumn *
ds_remote_result(DsRemoteContext *context, Expr *expr)
{
	DsValueKind kind;
	char	   *text;

	if (context->aggregates && IsA(expr, Aggref))
	{
		DsRemoteColumn *parts = render_parts(context, (Aggref *) expr);

		if (parts)
			return parts;
	}
	text = ds_remote_try(context, expr, &kind);
	if (text == NULL)
		return NULL;
	return make_column(kind, list_make1(text));
}
