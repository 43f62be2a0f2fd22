/*-------------------------------------------------------------------------
 *
 * context.c
 *	  What the parts of a statement share: tables, columns, parameters.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/context.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

DsRemoteContext *
ds_remote_context(PlannerInfo *root)
{
	DsRemoteContext *context = palloc0(sizeof(DsRemoteContext));

	context->root = root;
	return context;
}

void
ds_remote_add_table(DsRemoteContext *context, Index relid, const DsTable *table,
					const DsSource *source, int natts, const int *columns,
					const char *server_name)
{
	DsRemoteTable *remote = palloc0(sizeof(DsRemoteTable));

	remote->relid = relid;
	remote->table = table;
	remote->source = source;
	remote->natts = natts;
	remote->columns = columns;
	remote->server_name = server_name;
	context->tables = lappend(context->tables, remote);
	context->relids = bms_add_member(context->relids, relid);
}

static bool
is_not_local(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, PlaceHolderVar) || IsA(node, Aggref) ||
		IsA(node, GroupingFunc) || IsA(node, WindowFunc) || IsA(node, CaseTestExpr) ||
		IsA(node, CoerceToDomainValue) || IsA(node, SubPlan) || IsA(node, AlternativeSubPlan))
		return true;
	return expression_tree_walker(node, is_not_local, arg);
}

/* A change of type, or the time of day, which do not fail. */
static bool
is_harmless_function(Oid funcid)
{
	static const char *const names[] = {
		"now", "current_setting", "timestamptz", "timestamp", "date", "text", "varchar", "int8", "numeric"
	};

	if (funcid >= FirstGenbkiObjectId)
		return false;
	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(get_func_name(funcid), names[i]) == 0)
			return true;
	return false;
}

/* "now() - interval '7 days'" */
static bool
is_time_arithmetic(const OpExpr *op)
{
	return op->opno < FirstGenbkiObjectId && strchr("+-", *get_opname(op->opno)) != NULL &&
		(op->opresulttype == TIMESTAMPTZOID || op->opresulttype == TIMESTAMPOID || op->opresulttype == DATEOID);
}

/* Might computing it be an error? */
static bool
may_fail(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_Const:
		case T_Param:
		case T_RelabelType:
		case T_SQLValueFunction:
		case T_ArrayExpr:
		case T_BoolExpr:
		case T_NullTest:
		case T_List:
			break;
		case T_FuncExpr:
			if (!is_harmless_function(((FuncExpr *) node)->funcid))
				return true;
			break;
		case T_OpExpr:
			if (!is_time_arithmetic((OpExpr *) node))
				return true;
			break;
		default:
			return true;
	}
	return expression_tree_walker(node, may_fail, arg);
}

/*
 * Local expressions are computed when the scan starts, whether or not a row
 * ever needs them.
 */
bool
ds_remote_is_local(const DsRemoteContext *context, Expr *expr)
{
	return !is_not_local((Node *) expr, NULL) && !contain_volatile_functions((Node *) expr) &&
		!expression_returns_set((Node *) expr) &&
		(context->conditional == 0 || !may_fail((Node *) expr, NULL));
}

char *
ds_remote_parameter(DsRemoteContext *context, Expr *expr, DsParameterForm form)
{
	ListCell   *lc;

	foreach(lc, context->exprs)
	{
		int			i = foreach_current_index(lc);

		if (list_nth_int(context->forms, i) == form && equal(lfirst(lc), expr))
			return psprintf(":%s", ds_remote_describe_parameter(i + 1, form).name);
	}
	context->exprs = lappend(context->exprs, expr);
	context->forms = lappend_int(context->forms, form);
	return psprintf(":%s", ds_remote_describe_parameter(list_length(context->exprs), form).name);
}

const DsColumn *
ds_remote_column(DsRemoteContext *context, Var *var, DsRemoteTable **table)
{
	ListCell   *lc;

	*table = NULL;
	if (var->varlevelsup != 0 || var->varattno < 1)
		return NULL;
	foreach(lc, context->tables)
	{
		DsRemoteTable *candidate = lfirst(lc);
		int			column;

		if (candidate->relid != var->varno || var->varattno > candidate->natts)
			continue;
		column = candidate->columns[var->varattno - 1];
		*table = candidate;
		if (column < 0)
			return NULL;
		return &candidate->table->columns[column];
	}
	return NULL;
}
