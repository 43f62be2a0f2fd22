/*-------------------------------------------------------------------------
 *
 * key_condition.c
 *	  Recognize the conditions that become one request each.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/key_condition.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "fdw/fdw.h"

static Node *
strip_relabel(Node *node)
{
	while (node && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/* The key column that a node is, or -1. */
static int
match_key_column(Node *node, Index relid, const DsRelation *relation)
{
	Var		   *var = (Var *) strip_relabel(node);
	int			column;

	if (var == NULL || !IsA(var, Var) || var->varno != relid || var->varlevelsup != 0 ||
		var->varattno < 1 || var->varattno > relation->natts)
		return -1;
	column = relation->columns[var->varattno - 1];
	if (column < 0 || !(relation->table->columns[column].flags & DS_COL_KEY))
		return -1;
	return column;
}

/*
 * Can the expression be computed before the scan starts, without the relation?
 * A volatile one must be computed per row.
 */
static bool
is_key_value(PlannerInfo *root, Node *node, Relids relids, Oid type)
{
	return exprType(node) == type &&
		!contain_volatile_functions(node) &&
		!contain_subplans(node) &&
		!bms_overlap(pull_varnos_compat(root, node), relids);
}

/* Under a nondeterministic collation equal texts need not be the same text. */
static bool
is_plain_equality(Oid operator_oid, Oid collation)
{
	return get_opcode(operator_oid) == F_TEXTEQ &&
		(!OidIsValid(collation) || get_collation_isdeterministic(collation));
}

static DsKeyCondition *
make_condition(int column, Node *value, bool is_array)
{
	DsKeyCondition *condition = palloc(sizeof(DsKeyCondition));

	condition->column = column;
	condition->value = (Expr *) value;
	condition->is_array = is_array;
	return condition;
}

static DsKeyCondition *
match_equality(PlannerInfo *root, OpExpr *op, RelOptInfo *baserel, const DsRelation *relation)
{
	Node	   *left;
	Node	   *right;
	int			column;

	if (list_length(op->args) != 2 || !is_plain_equality(op->opno, op->inputcollid))
		return NULL;
	left = linitial(op->args);
	right = lsecond(op->args);
	if ((column = match_key_column(left, baserel->relid, relation)) >= 0 &&
		is_key_value(root, right, baserel->relids, TEXTOID))
		return make_condition(column, right, false);
	if ((column = match_key_column(right, baserel->relid, relation)) >= 0 &&
		is_key_value(root, left, baserel->relids, TEXTOID))
		return make_condition(column, left, false);
	return NULL;
}

static DsKeyCondition *
match_any(PlannerInfo *root, ScalarArrayOpExpr *op, RelOptInfo *baserel, const DsRelation *relation)
{
	int			column;

	if (!op->useOr || !is_plain_equality(op->opno, op->inputcollid))
		return NULL;
	column = match_key_column(linitial(op->args), baserel->relid, relation);
	if (column < 0 || !is_key_value(root, lsecond(op->args), baserel->relids, TEXTARRAYOID))
		return NULL;
	return make_condition(column, lsecond(op->args), true);
}

DsKeyCondition *
ds_key_condition(PlannerInfo *root, Expr *clause, RelOptInfo *baserel,
				 const DsRelation *relation)
{
	if (IsA(clause, OpExpr))
		return match_equality(root, (OpExpr *) clause, baserel, relation);
	if (IsA(clause, ScalarArrayOpExpr))
		return match_any(root, (ScalarArrayOpExpr *) clause, baserel, relation);
	return NULL;
}
