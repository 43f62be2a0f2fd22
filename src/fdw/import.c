/*-------------------------------------------------------------------------
 *
 * import.c
 *	  IMPORT FOREIGN SCHEMA deltashare.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/import.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "fdw/fdw.h"

DS_FUNCTION_INFO(deltashare_declared_columns);

/* LIMIT TO and EXCEPT are applied once more by the caller; this saves work. */
static bool
is_wanted(ImportForeignSchemaStmt *stmt, const DsTable *table)
{
	ListCell   *lc;
	bool		listed = false;

	if (table->flags & DS_TABLE_HIDDEN)
		return false;
	if (stmt->list_type == FDW_IMPORT_SCHEMA_ALL)
		return true;
	foreach(lc, stmt->table_list)
		if (strcmp(((RangeVar *) lfirst(lc))->relname, table->name) == 0)
			listed = true;
	return listed == (stmt->list_type == FDW_IMPORT_SCHEMA_LIMIT_TO);
}

static char *
build_create_statement(const DsTable *table, const char *server_name)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE FOREIGN TABLE %s (", quote_identifier(table->name));
	for (int i = 0; i < table->ncolumns; i++)
		appendStringInfo(&sql, "%s%s %s", i > 0 ? ", " : "",
						 quote_identifier(table->columns[i].name),
						 ds_column_type_name(table->columns[i].type));
	appendStringInfo(&sql, ") SERVER %s OPTIONS (table_name %s)",
					 quote_identifier(server_name), quote_literal_cstr(table->name));
	return sql.data;
}

List *
deltashareImportForeignSchema(ImportForeignSchemaStmt *stmt, Oid server_oid)
{
	ForeignServer *server = GetForeignServer(server_oid);
	List	   *commands = NIL;

	if (strcmp(stmt->remote_schema, DS_EXTENSION_SCHEMA) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_SCHEMA_NOT_FOUND),
				 errmsg("schema \"%s\" is not present on foreign server \"%s\"",
						stmt->remote_schema, server->servername),
				 errhint("The only schema is \"%s\".", DS_EXTENSION_SCHEMA)));
	if (stmt->options != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("invalid option \"%s\"",
						((DefElem *) linitial(stmt->options))->defname),
				 errhint("There are no valid options in this context.")));

	for (int i = 0; i < DS_TABLE_COUNT; i++)
		if (is_wanted(stmt, ds_table(i)))
			commands = lappend(commands,
							   build_create_statement(ds_table(i), server->servername));
	return commands;
}

/*
 * declared_columns() returns setof record: the declarations, for the parts of
 * the extension that are written in SQL.
 */
Datum
deltashare_declared_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	ds_init_materialized_srf(fcinfo);
	for (int t = 0; t < DS_TABLE_COUNT; t++)
	{
		const DsTable *table = ds_table(t);

		for (int i = 0; i < table->ncolumns; i++)
		{
			Datum		values[7];
			bool		nulls[7] = {false};

			values[0] = CStringGetTextDatum(table->name);
			values[1] = CStringGetTextDatum(table->row_type);
			values[2] = Int32GetDatum(i + 1);
			values[3] = CStringGetTextDatum(table->columns[i].name);
			values[4] = CStringGetTextDatum(ds_column_type_name(table->columns[i].type));
			values[5] = CStringGetTextDatum(table->columns[i].comment);
			values[6] = CStringGetTextDatum(table->comment);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}
