/*-------------------------------------------------------------------------
 *
 * routing.c
 *	  Foreign tables that stand for those of any server.
 *
 * A server of type "current" has no rows of its own.  Its foreign tables have
 * a column "server"; the planner finds there which server a query means:
 *
 *	SELECT ... FROM deltashare.usage WHERE server = 'dbx'
 *
 * and without such a condition it is the one that functions work on.  The
 * query is planned for that server, so that functions in SQL with an argument
 * "server" are inlined and lose nothing.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/routing.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "fdw/routing.h"

static void
accept_any(const DsServer *server)
{
}

/* All that such a server can do is to be replaced by another. */
const DsBackend ds_routing_backend = {
	.type = "current",
	.check_server = accept_any,
};

bool
ds_is_routed(Relation rel)
{
	ForeignServer *server;

	if (rel->rd_rel->relkind != RELKIND_FOREIGN_TABLE)
		return false;
	server = GetForeignServer(GetForeignTable(RelationGetRelid(rel))->serverid);
	return server->servertype && strcmp(server->servertype, ds_routing_backend.type) == 0;
}

static bool
is_server_column(Node *node, RelOptInfo *baserel, const DsRelation *relation)
{
	Var		   *var = (Var *) node;

	return IsA(var, Var) && var->varno == baserel->relid && var->varattno > 0 &&
		relation->columns[var->varattno - 1] == DS_SERVER_COLUMN;
}

/* The other side of "server = ..."; NULL: the clause is something else. */
static Expr *
match_server_clause(Expr *clause, RelOptInfo *baserel, const DsRelation *relation)
{
	OpExpr	   *op = (OpExpr *) clause;

	if (!IsA(op, OpExpr) || list_length(op->args) != 2 || get_opcode(op->opno) != F_TEXTEQ)
		return NULL;
	if (is_server_column(linitial(op->args), baserel, relation))
		return lsecond(op->args);
	if (is_server_column(lsecond(op->args), baserel, relation))
		return linitial(op->args);
	return NULL;
}

/* Any other condition would find the rows of one server, as if there were no others. */
static void
refuse_other_conditions(RelOptInfo *baserel, const DsRelation *relation)
{
	ListCell   *lc,
			   *lc2;

	foreach(lc, baserel->baserestrictinfo)
		foreach(lc2, pull_var_clause((Node *) lfirst_node(RestrictInfo, lc)->clause, PVC_RECURSE_PLACEHOLDERS))
			if (is_server_column(lfirst(lc2), baserel, relation))
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("a condition on the column \"server\" has to be an equality"),
						 errhint("Read one server at a time: WHERE server = '...'; UNION ALL puts several together.")));
}

DsRoute *
ds_route_plan(PlannerInfo *root, RelOptInfo *baserel, const DsRelation *relation)
{
	DsRoute    *route = palloc0(sizeof(DsRoute));
	Oid			user = ds_plan_user(root, baserel);
	ListCell   *lc;

	foreach(lc, baserel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Expr	   *name = match_server_clause(rinfo->clause, baserel, relation);
		Node	   *value;

		if (name == NULL || contain_var_clause((Node *) name) || contain_volatile_functions((Node *) name))
			continue;
		route->clause = rinfo;
		route->name = name;
		value = estimate_expression_value(root, (Node *) name);
		if (IsA(value, Const) && !((Const *) value)->constisnull)
			route->server_oid = ds_resolve_server(TextDatumGetCString(((Const *) value)->constvalue), user);
		return route;
	}
	refuse_other_conditions(baserel, relation);
	route->server_oid = ds_resolve_server(NULL, user);
	return route;
}

void
ds_route_check(Oid planned, Oid user_id, ExprState *name, ExprContext *econtext)
{
	bool		isnull = true;
	Datum		value = name ? ExecEvalExprSwitchContext(name, econtext, &isnull) : (Datum) 0;
	Oid			meant;

	meant = ds_resolve_server(isnull ? NULL : TextDatumGetCString(value), user_id);
	if (!OidIsValid(planned))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the server has to be known when the query is planned"),
				 errhint("Use plan_cache_mode \"auto\" or \"force_custom_plan\".")));
	if (meant != planned)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the query was planned for server \"%s\", but now server \"%s\" is meant",
						GetForeignServer(planned)->servername, GetForeignServer(meant)->servername),
				 errhint("Use DISCARD PLANS.")));
}
