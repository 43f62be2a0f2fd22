/*-------------------------------------------------------------------------
 *
 * pushdown_plan.c
 *	  The plan of a statement: its text, and what becomes of its columns.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/pushdown_plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "fdw/pushdown.h"
#include "fdw/routing.h"

/* Conditions of a table that are left to us */
static List *
local_clauses(const DsPushed *pushed, List *scan_clauses)
{
	List	   *local = NIL;
	ListCell   *lc;

	foreach(lc, scan_clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (!rinfo->pseudoconstant && !list_member_ptr(pushed->clauses, rinfo))
			local = lappend(local, rinfo->clause);
	}
	return local;
}

/* A Var for every column that is needed, or for all if a whole row is. */
static List *
needed_columns(RelOptInfo *baserel, const DsRelation *relation, List *quals)
{
	Bitmapset  *attrs = NULL;
	List	   *vars = NIL;
	ListCell   *lc;

	pull_varattnos((Node *) baserel->reltarget->exprs, baserel->relid, &attrs);
	foreach(lc, quals)
		pull_varattnos(lfirst(lc), baserel->relid, &attrs);
	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i] != -1 &&
			(bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attrs) ||
			 bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, attrs)))
		{
			int			column = relation->columns[i];
			Oid			type = column == DS_SERVER_COLUMN ? TEXTOID :
				ds_column_type_oid(relation->table->columns[column].type);

			vars = lappend(vars, makeVar(baserel->relid, i + 1, type, -1, get_typcollation(type), 0));
		}
	return vars;
}

/* Results of a table are its attributes, others are counted from one. */
static List *
attributes_of(const DsPushed *pushed, bool is_table)
{
	List	   *attributes = NIL;
	ListCell   *lc;

	foreach(lc, pushed->query.results)
		attributes = lappend_int(attributes, is_table ? ((Var *) lfirst(lc))->varattno :
								 foreach_current_index(lc) + 1);
	return attributes;
}

static List *
scan_tlist_of(const DsPushed *pushed)
{
	List	   *tlist = NIL;
	ListCell   *lc;

	foreach(lc, pushed->query.results)
		tlist = lappend(tlist, makeTargetEntry(copyObject(lfirst(lc)), foreach_current_index(lc) + 1, NULL, false));
	return tlist;
}

/* Columns of a join that it, or what is computed above it, needs */
static List *
join_columns(RelOptInfo *rel)
{
	return pull_var_clause((Node *) rel->reltarget->exprs, PVC_RECURSE_PLACEHOLDERS);
}

/* What names a server is looked at once more when the statement starts. */
static void
add_routes(DsRemoteContext *context, const DsPushed *pushed)
{
	ListCell   *lc;

	foreach(lc, pushed->tables)
	{
		const DsRoute *route = ((DsPushedTable *) lfirst(lc))->route;

		if (route)
		{
			Expr	   *name = route->name ? route->name :
				(Expr *) makeNullConst(TEXTOID, -1, DEFAULT_COLLATION_OID);

			context->exprs = lappend(context->exprs, name);
			context->forms = lappend_int(context->forms, DS_FORM_SERVER);
		}
	}
}

ForeignScan *
ds_pushed_plan(PlannerInfo *root, RelOptInfo *rel, ForeignPath *path, List *tlist,
			   List *scan_clauses, Plan *outer_plan)
{
	DsPushed   *pushed = ds_pushed_copy(path->fdw_private ? linitial(path->fdw_private) : ds_pushed_of(rel));
	bool		is_table = pushed->rel->reloptkind == RELOPT_BASEREL || pushed->rel->reloptkind == RELOPT_OTHER_MEMBER_REL;
	DsRemoteContext *context = ds_pushed_context(root, pushed);
	DsPushedTable *first = linitial(pushed->tables);
	List	   *quals = is_table ? local_clauses(pushed, scan_clauses) : pushed->local_quals;
	List	   *kinds;
	char	   *text;
	List	   *statement;

	if (is_table)
		pushed->query.results = needed_columns(pushed->rel, first->relation, quals);
	else if (pushed->query.results == NIL && !pushed->query.grouped)
		pushed->query.results = join_columns(pushed->rel);
	text = ds_remote_statement(context, &pushed->query, &kinds);

	add_routes(context, pushed);
	statement = list_make4(makeString(text), context->forms, kinds, attributes_of(pushed, is_table));
	statement = lappend(statement, makeInteger(ds_pushed_is_small(pushed)));
	statement = lappend(statement, list_make1_oid(pushed->server->oid));
	return make_foreignscan(tlist, quals, is_table ? pushed->rel->relid : 0, context->exprs,
							list_make1(statement), is_table ? NIL : scan_tlist_of(pushed),
							is_table ? pushed->query.conditions : NIL, outer_plan);
}
