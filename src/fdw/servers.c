/*-------------------------------------------------------------------------
 *
 * servers.c
 *	  Which server a function works on; checks when a server is made.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/servers.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "commands/event_trigger.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "fdw/fdw.h"
#include "fdw/routing.h"

DS_FUNCTION_INFO(deltashare_server_name);
DS_FUNCTION_INFO(deltashare_check_server);

/* The servers of ours that the user may use, as a list of OIDs. */
/* Does it only stand for others? */
static bool
is_routing_server(Oid server_oid)
{
	const char *type = GetForeignServer(server_oid)->servertype;

	return type && strcmp(type, ds_routing_backend.type) == 0;
}

static List *
list_usable_servers(Oid user_id)
{
	Relation	rel = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	List	   *servers = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			oid = ((Form_pg_foreign_server) GETSTRUCT(tuple))->oid;

		if (ds_server_is_ours(oid) && !is_routing_server(oid) &&
			ds_server_aclcheck(oid, user_id, ACL_USAGE) == ACLCHECK_OK)
			servers = lappend_oid(servers, oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return servers;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static void
refuse_to_choose(List *servers)
{
	StringInfoData names;
	List	   *sorted = NIL;
	ListCell   *lc;

	if (servers == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no server of %s that you may use", DS_FDW_NAME),
				 errhint("Use CREATE SERVER ... FOREIGN DATA WRAPPER %s, or ask for USAGE on one.",
						 DS_FDW_NAME)));

	foreach(lc, servers)
		sorted = lappend(sorted, GetForeignServer(lfirst_oid(lc))->servername);
	list_sort(sorted, compare_names);
	initStringInfo(&names);
	foreach(lc, sorted)
		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", (char *) lfirst(lc));
	ereport(ERROR,
			(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
			 errmsg("more than one server could be meant"),
			 errdetail("The servers that you may use are: %s.", names.data),
			 errhint("Name one with the argument \"server\", or set deltashare.server.")));
}

Oid
ds_resolve_server(const char *name, Oid user_id)
{
	ForeignServer *server;
	AclResult	allowed;

	if (name == NULL && ds_setting_server && *ds_setting_server)
		name = ds_setting_server;
	if (name == NULL)
	{
		List	   *servers = list_usable_servers(user_id);

		if (list_length(servers) != 1)
			refuse_to_choose(servers);
		return linitial_oid(servers);
	}

	server = GetForeignServerByName(name, false);
	if (!ds_server_is_ours(server->serverid) || is_routing_server(server->serverid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not a server of %s", name, DS_FDW_NAME)));
	allowed = ds_server_aclcheck(server->serverid, user_id, ACL_USAGE);
	if (allowed != ACLCHECK_OK)
		aclcheck_error(allowed, OBJECT_FOREIGN_SERVER, name);
	return server->serverid;
}

/* server_name(server text) returns text */
Datum
deltashare_server_name(PG_FUNCTION_ARGS)
{
	char	   *name = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_TEXT_P(cstring_to_text(GetForeignServer(ds_resolve_server(name, GetUserId()))->servername));
}

/*
 * Event trigger on CREATE SERVER and ALTER SERVER.  The validator cannot see
 * a server's type, so that type and options fit is checked here.
 */
Datum
deltashare_check_server(PG_FUNCTION_ARGS)
{
	EventTriggerData *data;
	const char *name = NULL;
	ForeignServer *server;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("check_server() can only be called as an event trigger")));
	data = (EventTriggerData *) fcinfo->context;
	if (IsA(data->parsetree, CreateForeignServerStmt))
		name = ((CreateForeignServerStmt *) data->parsetree)->servername;
	else if (IsA(data->parsetree, AlterForeignServerStmt))
		name = ((AlterForeignServerStmt *) data->parsetree)->servername;
	server = name ? GetForeignServerByName(name, true) : NULL;
	if (server && ds_server_is_ours(server->serverid))
		(void) ds_server_get(server->serverid, GetUserId());
	PG_RETURN_NULL();
}
