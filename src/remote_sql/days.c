/*-------------------------------------------------------------------------
 *
 * days.c
 *	  Which days of the log a statement has to read.
 *
 * The log is partitioned by event_date, but a query speaks of a time.  So what
 * a condition says about the time is said about the day too, some days more
 * generously: for zones, and for the events that belong to one just inside.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/days.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

/*
 * The table whose time the expression follows: it is its time or its day, or
 * cut off to the day.  Of longer units only the beginning is known, so
 * *only_lower is set.
 */
static DsRemoteTable *
find_clock(DsRemoteContext *context, Node *node, bool *only_lower)
{
	FuncExpr   *func = (FuncExpr *) node;
	Const	   *unit;
	DsRemoteTable *table;
	const DsColumn *column;

	if (IsA(node, Var))
	{
		column = ds_remote_column(context, (Var *) node, &table);
		if (column && (strcmp(column->name, table->source->time_column) == 0 || strcmp(column->name, "event_date") == 0))
			return table;
		return NULL;
	}
	if (!IsA(node, FuncExpr) || func->funcid >= FirstGenbkiObjectId)
		return NULL;
	if (list_length(func->args) == 1 && func->funcresulttype == DATEOID &&
		strcmp(get_func_name(func->funcid), "date") == 0)
		return find_clock(context, linitial(func->args), only_lower);
	if (list_length(func->args) < 2 || strcmp(get_func_name(func->funcid), "date_trunc") != 0)
		return NULL;
	unit = linitial(func->args);
	if (!IsA(unit, Const) || unit->constisnull)
		return NULL;
	if (pg_strcasecmp(TextDatumGetCString(unit->constvalue), "day") != 0)
		*only_lower = true;
	return find_clock(context, lsecond(func->args), only_lower);
}

static void
add_limit(DsRemoteContext *context, DsRemoteTable *table, const char *op, Expr *limit, DsParameterForm form)
{
	table->day_limits = lappend(table->day_limits,
								psprintf("event_date %s date_from_unix_date(%s)", op,
										 ds_remote_parameter(context, limit, form)));
}

void
ds_remote_limit_days(DsRemoteContext *context, Expr *condition)
{
	OpExpr	   *op = (OpExpr *) condition;
	Node	   *left;
	Node	   *right;
	const char *name;
	bool		only_lower = false;
	bool		commuted = false;
	DsRemoteTable *table;
	Oid			type;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || op->opno >= FirstGenbkiObjectId)
		return;
	left = linitial(op->args);
	right = lsecond(op->args);
	if (ds_remote_is_local(context, (Expr *) left))
	{
		Node	   *swap = left;

		left = right;
		right = swap;
		commuted = true;
	}
	table = find_clock(context, left, &only_lower);
	type = exprType(right);
	if (table == NULL || !ds_remote_is_local(context, (Expr *) right) ||
		(type != TIMESTAMPTZOID && type != TIMESTAMPOID && type != DATEOID))
		return;
	name = get_opname(op->opno);
	if (strcmp(name, "<>") == 0)
		return;
	if (strcmp(name, "=") == 0 || *name == (commuted ? '<' : '>'))
		add_limit(context, table, ">=", (Expr *) right, DS_FORM_DAY_BEFORE);
	if (!only_lower && (strcmp(name, "=") == 0 || *name == (commuted ? '>' : '<')))
		add_limit(context, table, "<=", (Expr *) right, DS_FORM_DAY_AFTER);
}
