/*-------------------------------------------------------------------------
 *
 * routing.h
 *	  Foreign tables that stand for those of any server.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/routing.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_ROUTING_H
#define DELTASHARE_ROUTING_H

#include "fdw/fdw.h"

/* What a query says about the server that it means. */
typedef struct DsRoute
{
	Oid			server_oid;		/* InvalidOid: it cannot be known yet */
	RestrictInfo *clause;		/* "server = name", or NULL */
	Expr	   *name;
} DsRoute;

extern const DsBackend ds_routing_backend;

/* Has the table a column "server"? */
extern bool ds_is_routed(Relation rel);

extern DsRoute *ds_route_plan(PlannerInfo *root, RelOptInfo *baserel, const DsRelation *relation);

/* An error unless the query still means the server it was planned for. */
extern void ds_route_check(Oid planned, Oid user_id, ExprState *name, ExprContext *econtext);

#endif							/* DELTASHARE_ROUTING_H */
