/*-------------------------------------------------------------------------
 *
 * mend.c
 *	  SQL that does by hand what a rollback could not.
 *
 * It does nothing where there is nothing to do: whether a change was made may not
 * be known.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/mend.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "backend/databricks/undo.h"

/* Control characters as escapes: some of them mark names, see ds_undo_name(). */
char *
ds_dbx_mend_literal(const char *text)
{
	StringInfoData literal;
	bool		any = false;

	initStringInfo(&literal);
	appendStringInfoString(&literal, "E'");
	for (const char *p = text; *p; p++)
	{
		if (*p == '\'' || *p == '\\')
			appendStringInfoChar(&literal, *p);
		if ((unsigned char) *p >= ' ' && *p != 0x7F)
			appendStringInfoChar(&literal, *p);
		else
		{
			appendStringInfo(&literal, "\\%03o", (unsigned char) *p);
			any = true;
		}
	}
	appendStringInfoChar(&literal, '\'');
	return any ? literal.data : quote_literal_cstr(text);
}

char *
ds_dbx_mend(const DsServer *server, const char *call)
{
	return psprintf("SELECT deltashare.%s, server => %s);", call, quote_literal_cstr(server->name));
}

/* jsonb of a key that is a name only */
static char *
name_key(const DsTable *table, const char *name)
{
	return psprintf("jsonb_build_object('name', %s)", ds_undo_name(table->noun, name));
}

/* The condition that there is a row with this key, or that there is none */
static char *
condition(const DsServer *server, const DsTable *table, const char *key, bool exists)
{
	return psprintf("WHERE %sEXISTS (SELECT FROM deltashare.select_rows(%s, NULL::deltashare.%s, %s))",
					exists ? "" : "NOT ", quote_literal_cstr(server->name),
					quote_identifier(table->row_type), key);
}

char *
ds_dbx_mend_drop(const DsServer *server, const DsTable *table, const char *name)
{
	return ds_dbx_mend(server, psprintf("drop_%s(%s, if_exists => true", table->noun,
										ds_undo_name(table->noun, name)));
}

char *
ds_dbx_mend_update(const DsServer *server, const DsTable *table, const char *key, const char *changes)
{
	return psprintf("SELECT deltashare.update_row(%s, NULL::deltashare.%s, %s, %s) %s;",
					quote_literal_cstr(server->name), quote_identifier(table->row_type), key,
					ds_dbx_mend_literal(changes), condition(server, table, key, true));
}

char *
ds_dbx_mend_thing(const DsServer *server, const DsTable *table, const char *name, const char *changes)
{
	return ds_dbx_mend_update(server, table, name_key(table, name), changes);
}

char *
ds_dbx_mend_creation(const DsServer *server, const DsTable *table, const char *name, const char *row)
{
	return psprintf("SELECT deltashare.insert_row(%s, NULL::deltashare.%s, %s) %s;",
					quote_literal_cstr(server->name), quote_identifier(table->row_type),
					ds_dbx_mend_literal(row),
					condition(server, table, name_key(table, name), false));
}

static void
add_text(StringInfo call, const DsRow *row, const char *column, const char *argument)
{
	int			i = ds_column_index(ds_table(DS_SHARE_OBJECTS), column);

	if (!row->nulls[i])
		appendStringInfo(call, ", %s => %s", argument,
						 ds_dbx_mend_literal(ds_row_output(ds_table(DS_SHARE_OBJECTS), row, i)));
}

char *
ds_dbx_mend_object(const DsServer *server, const DsRow *row)
{
	const DsTable *objects = ds_table(DS_SHARE_OBJECTS);
	const char *history = ds_row_text(objects, row, "history_data_sharing_status");
	int			cdf = ds_column_index(objects, "cdf_enabled");
	StringInfoData call;

	initStringInfo(&call);
	appendStringInfo(&call, "add_to_share(%s, %s",
					 ds_undo_name("share", ds_row_text(objects, row, "share_name")),
					 ds_dbx_mend_literal(ds_row_text(objects, row, "name")));
	add_text(&call, row, "data_object_type", "type");
	add_text(&call, row, "shared_as", "alias");
	add_text(&call, row, "comment", "comment");
	/* replies can have both, which a request must not */
	if (!row->nulls[cdf] && DatumGetBool(row->values[cdf]))
		appendStringInfoString(&call, ", cdf => true");
	else if (history)
		appendStringInfo(&call, ", history => %s", strcmp(history, "ENABLED") == 0 ? "true" : "false");
	add_text(&call, row, "start_version", "start_version");
	add_text(&call, row, "partitions", "partitions");
	appendStringInfoString(&call, ", if_not_exists => true");
	return ds_dbx_mend(server, call.data);
}
