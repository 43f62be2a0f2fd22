/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  Render an expression, or refuse it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/expression.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

static const DsValueKind column_kinds[] = {
	[DS_TEXT] = DS_VALUE_TEXT,
	[DS_BOOL] = DS_VALUE_BOOL,
	[DS_INT] = DS_VALUE_INT,
	[DS_BIGINT] = DS_VALUE_INT,
	[DS_DATE] = DS_VALUE_DATE,
	[DS_TIME] = DS_VALUE_TIME,
	[DS_JSONB] = DS_VALUE_JSON,
};

bool
ds_remote_equal_is_same(DsValueKind kind, Oid collation)
{
	if (kind == DS_VALUE_JSON)
		return false;
	return kind != DS_VALUE_TEXT || !OidIsValid(collation) || get_collation_isdeterministic(collation);
}

bool
ds_remote_order_is_same(DsValueKind kind, Oid collation)
{
	if (kind != DS_VALUE_TEXT)
		return ds_remote_equal_is_same(kind, collation);
	return OidIsValid(collation) && GetDatabaseEncoding() == PG_UTF8 && ds_collation_is_c(collation);
}

static bool
render_var(DsRemoteContext *context, Var *var, StringInfo out, DsValueKind *kind)
{
	DsRemoteTable *table;
	const DsColumn *column = ds_remote_column(context, var, &table);

	if (column == NULL && table && table->server_name && var->vartype == TEXTOID)
	{
		/* a column like others, as an outer join may make it NULL */
		table->uses_server = true;
		*kind = DS_VALUE_TEXT;
		appendStringInfo(out, "r%u.server", table->relid);
		return true;
	}
	if (column == NULL)
		return false;
	table->used = bms_add_member(table->used, column - table->table->columns);
	*kind = column_kinds[column->type];
	appendStringInfo(out, "r%u.%s", table->relid, column->name);
	return true;
}

/* What does not depend on remote rows is computed here and sent. */
static bool
render_local(DsRemoteContext *context, Expr *expr, StringInfo out, DsValueKind *kind)
{
	switch (exprType((Node *) expr))
	{
		case BOOLOID:
			*kind = DS_VALUE_BOOL;
			appendStringInfoString(out, ds_remote_parameter(context, expr, DS_FORM_BOOL));
			return true;
		case TEXTOID:
		case VARCHAROID:
			*kind = DS_VALUE_TEXT;
			appendStringInfoString(out, ds_remote_parameter(context, expr, DS_FORM_TEXT));
			return true;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			*kind = DS_VALUE_INT;
			appendStringInfoString(out, ds_remote_parameter(context, expr, DS_FORM_INT));
			return true;
		case TIMESTAMPTZOID:
			*kind = DS_VALUE_TIME;
			appendStringInfo(out, "timestamp_micros(%s)", ds_remote_parameter(context, expr, DS_FORM_TIME));
			return true;
		case DATEOID:
			*kind = DS_VALUE_DATE;
			appendStringInfo(out, "date_from_unix_date(%s)", ds_remote_parameter(context, expr, DS_FORM_DATE));
			return true;
		case TIMESTAMPOID:
			*kind = DS_VALUE_WALL;
			appendStringInfoString(out, ds_remote_parameter(context, expr, DS_FORM_WALL));
			return true;
		default:
			return false;
	}
}

static bool
render_condition(DsRemoteContext *context, Expr *expr, StringInfo out)
{
	DsValueKind kind;

	return ds_remote_expression(context, expr, out, &kind) && kind == DS_VALUE_BOOL;
}

static bool
render_bool(DsRemoteContext *context, BoolExpr *expr, StringInfo out)
{
	ListCell   *lc;

	appendStringInfoString(out, expr->boolop == NOT_EXPR ? "(NOT " : "(");
	foreach(lc, expr->args)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(out, expr->boolop == AND_EXPR ? " AND " : " OR ");
		if (!render_condition(context, lfirst(lc), out))
			return false;
	}
	appendStringInfoChar(out, ')');
	return true;
}

static bool
render_null_test(DsRemoteContext *context, NullTest *test, StringInfo out)
{
	DsValueKind kind;

	if (test->argisrow)
		return false;
	appendStringInfoChar(out, '(');
	if (!ds_remote_expression(context, test->arg, out, &kind))
		return false;
	appendStringInfoString(out, test->nulltesttype == IS_NULL ? " IS NULL)" : " IS NOT NULL)");
	return true;
}

static bool
render_boolean_test(DsRemoteContext *context, BooleanTest *test, StringInfo out)
{
	static const char *const tests[] = {
		[IS_TRUE] = " IS TRUE)", [IS_NOT_TRUE] = " IS NOT TRUE)",
		[IS_FALSE] = " IS FALSE)", [IS_NOT_FALSE] = " IS NOT FALSE)",
		[IS_UNKNOWN] = " IS NULL)", [IS_NOT_UNKNOWN] = " IS NOT NULL)",
	};

	appendStringInfoChar(out, '(');
	if (!render_condition(context, test->arg, out))
		return false;
	appendStringInfoString(out, tests[test->booltesttype]);
	return true;
}

/* Two expressions with a separator between, of the same kind. */
static bool
render_pair(DsRemoteContext *context, List *args, Oid collation, const char *separator, StringInfo out,
			DsValueKind *kind)
{
	DsValueKind right;

	if (!ds_remote_expression(context, linitial(args), out, kind))
		return false;
	appendStringInfoString(out, separator);
	return ds_remote_expression(context, lsecond(args), out, &right) &&
		right == *kind && ds_remote_equal_is_same(*kind, collation);
}

static bool
render_distinct(DsRemoteContext *context, DistinctExpr *expr, StringInfo out)
{
	DsValueKind kind;

	appendStringInfoString(out, "(NOT (");
	if (!render_pair(context, expr->args, expr->inputcollid, " <=> ", out, &kind))
		return false;
	appendStringInfoString(out, "))");
	return true;
}

static bool
render_null_if(DsRemoteContext *context, NullIfExpr *expr, StringInfo out, DsValueKind *kind)
{
	appendStringInfoString(out, "nullif(");
	if (!render_pair(context, expr->args, expr->inputcollid, ", ", out, kind))
		return false;
	appendStringInfoChar(out, ')');
	return true;
}

/* A list of expressions of one kind. */
static bool
render_list(DsRemoteContext *context, const char *function, List *args, StringInfo out, DsValueKind *kind)
{
	ListCell   *lc;

	appendStringInfo(out, "%s(", function);
	foreach(lc, args)
	{
		DsValueKind one;

		if (foreach_current_index(lc) > 0)
			appendStringInfoString(out, ", ");
		if (!ds_remote_expression(context, lfirst(lc), out, &one))
			return false;
		if (foreach_current_index(lc) > 0 && one != *kind)
			return false;
		*kind = one;
	}
	appendStringInfoChar(out, ')');
	return *kind != DS_VALUE_JSON;
}

static bool
render_min_max(DsRemoteContext *context, MinMaxExpr *expr, StringInfo out, DsValueKind *kind)
{
	return list_length(expr->args) > 1 &&
		render_list(context, expr->op == IS_GREATEST ? "greatest" : "least", expr->args, out, kind) &&
		ds_remote_order_is_same(*kind, expr->inputcollid);
}

/* "CASE WHEN"; the short form, with an argument, is computed here. */
static bool
render_case(DsRemoteContext *context, CaseExpr *expr, StringInfo out, DsValueKind *kind)
{
	DsValueKind otherwise;
	ListCell   *lc;

	if (expr->arg || expr->defresult == NULL)
		return false;
	appendStringInfoString(out, "CASE");
	foreach(lc, expr->args)
	{
		CaseWhen   *when = lfirst(lc);
		DsValueKind one;

		appendStringInfoString(out, " WHEN ");
		if (!render_condition(context, when->expr, out))
			return false;
		appendStringInfoString(out, " THEN ");
		if (!ds_remote_expression(context, when->result, out, &one) ||
			(foreach_current_index(lc) > 0 && one != *kind))
			return false;
		*kind = one;
	}
	appendStringInfoString(out, " ELSE ");
	if (!ds_remote_expression(context, expr->defresult, out, &otherwise) || otherwise != *kind)
		return false;
	appendStringInfoString(out, " END");
	return *kind != DS_VALUE_JSON;
}

static bool
render_operator(DsRemoteContext *context, OpExpr *op, StringInfo out, DsValueKind *kind)
{
	if (op->opno >= FirstGenbkiObjectId)
		return false;
	if (list_length(op->args) == 2 &&
		ds_remote_comparison(context, get_opname(op->opno), linitial(op->args), lsecond(op->args),
							 op->inputcollid, out))
	{
		*kind = DS_VALUE_BOOL;
		return true;
	}
	return ds_remote_function(context, get_opname(op->opno), InvalidOid, op->args, op->opresulttype,
							  op->inputcollid, out, kind);
}

static bool
render_function(DsRemoteContext *context, FuncExpr *func, StringInfo out, DsValueKind *kind)
{
	if (func->funcid >= FirstGenbkiObjectId || func->funcretset || func->funcvariadic)
		return false;
	return ds_remote_function(context, get_func_name(func->funcid), func->funcid, func->args,
							  func->funcresulttype, func->inputcollid, out, kind);
}

/* A change of type only: text as varchar. */
static bool
render_relabel(DsRemoteContext *context, RelabelType *relabel, StringInfo out, DsValueKind *kind)
{
	return (relabel->resulttype == TEXTOID || relabel->resulttype == VARCHAROID) &&
		relabel->resulttypmod == -1 &&
		ds_remote_expression(context, relabel->arg, out, kind) && *kind == DS_VALUE_TEXT;
}

bool
ds_remote_expression(DsRemoteContext *context, Expr *expr, StringInfo out, DsValueKind *kind)
{
	bool		result;

	check_stack_depth();
	if (ds_remote_is_local(context, expr))
		return render_local(context, expr, out, kind);
	switch (nodeTag(expr))
	{
		case T_Var:
			return render_var(context, (Var *) expr, out, kind);
		case T_RelabelType:
			return render_relabel(context, (RelabelType *) expr, out, kind);
		case T_OpExpr:
			return render_operator(context, (OpExpr *) expr, out, kind);
		case T_FuncExpr:
			return render_function(context, (FuncExpr *) expr, out, kind);
		case T_Aggref:
			return context->aggregates &&
				ds_remote_aggregate(context, (Aggref *) expr, out, kind);
		case T_CoalesceExpr:
			context->conditional++;
			result = render_list(context, "coalesce", ((CoalesceExpr *) expr)->args, out, kind);
			context->conditional--;
			return result;
		case T_MinMaxExpr:
			return render_min_max(context, (MinMaxExpr *) expr, out, kind);
		case T_CaseExpr:
			context->conditional++;
			result = render_case(context, (CaseExpr *) expr, out, kind);
			context->conditional--;
			return result;
		case T_NullIfExpr:
			return render_null_if(context, (NullIfExpr *) expr, out, kind);
		default:
			break;
	}

	/* the rest are conditions */
	*kind = DS_VALUE_BOOL;
	switch (nodeTag(expr))
	{
		case T_BoolExpr:
			context->conditional++;
			result = render_bool(context, (BoolExpr *) expr, out);
			context->conditional--;
			return result;
		case T_NullTest:
			return render_null_test(context, (NullTest *) expr, out);
		case T_BooleanTest:
			return render_boolean_test(context, (BooleanTest *) expr, out);
		case T_DistinctExpr:
			return render_distinct(context, (DistinctExpr *) expr, out);
		case T_ScalarArrayOpExpr:
			return ds_remote_any(context, (ScalarArrayOpExpr *) expr, out);
		default:
			return false;
	}
}

char *
ds_remote_try(DsRemoteContext *context, Expr *expr, DsValueKind *kind)
{
	int			nparameters = list_length(context->exprs);
	StringInfoData out;

	initStringInfo(&out);
	if (ds_remote_expression(context, expr, &out, kind))
		return out.data;

	/* columns that were marked as used only cost a little */
	context->exprs = list_truncate(context->exprs, nparameters);
	context->forms = list_truncate(context->forms, nparameters);
	return NULL;
}

bool
ds_remote_is_condition(DsRemoteContext *context, Expr *expr)
{
	DsValueKind kind;

	return ds_remote_try(context, expr, &kind) != NULL && kind == DS_VALUE_BOOL;
}
