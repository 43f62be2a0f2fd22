/*-------------------------------------------------------------------------
 *
 * view.c
 *	  Making and dropping views on a named server.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/view.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "fdw/fdw.h"

DS_FUNCTION_INFO(deltashare_make_view);
DS_FUNCTION_INFO(deltashare_remove_view);

static char *
text_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

static DsServer *
open_server(FunctionCallInfo fcinfo)
{
	return ds_server_get(ds_resolve_server(text_argument(fcinfo, 0), GetUserId()), GetUserId());
}

/* Catalog, schema and name of the view. */
static void
read_path(FunctionCallInfo fcinfo, const char **path)
{
	Datum	   *parts = NULL;
	bool	   *nulls;
	int			count = 0;

	if (!PG_ARGISNULL(1))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &parts, &nulls, &count);
	if (count != 3 || nulls[0] || nulls[1] || nulls[2])
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("path of a view must be catalog, schema and name")));
	for (int i = 0; i < count; i++)
		path[i] = TextDatumGetCString(parts[i]);
}

/*
 * make_view(server text, path text[], definition text, comment text, masks jsonb,
 * or_replace boolean) returns void
 */
Datum
deltashare_make_view(PG_FUNCTION_ARGS)
{
	DsViewSpec	spec = {0};
	DsServer   *server;

	PreventCommandIfReadOnly("CREATE VIEW");
	read_path(fcinfo, spec.path);
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("definition of a view must not be null")));
	spec.definition = text_argument(fcinfo, 2);
	spec.comment = text_argument(fcinfo, 3);
	if (!PG_ARGISNULL(4))
		spec.masks = DatumGetCString(DirectFunctionCall1(jsonb_out, PG_GETARG_DATUM(4)));
	spec.or_replace = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);

	server = open_server(fcinfo);
	server->backend->create_view(server, &spec);
	PG_RETURN_VOID();
}

/* remove_view(server text, path text[]) returns boolean */
Datum
deltashare_remove_view(PG_FUNCTION_ARGS)
{
	const char *path[3];
	DsServer   *server;

	PreventCommandIfReadOnly("DROP VIEW");
	read_path(fcinfo, path);
	server = open_server(fcinfo);
	PG_RETURN_BOOL(server->backend->drop_view(server, path));
}
