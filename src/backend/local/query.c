/*-------------------------------------------------------------------------
 *
 * query.c
 *	  The SQL that reads a table of the local backend.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/query.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "backend/local/local.h"

/*
 * Columns that are not stored: secrets, what depends on the present state, and
 * what only the platform has.  "t" is the row of the table.
 */
static const struct
{
	DsTableId	table;
	const char *column;
	const char *expression;
}			computed[] =
{
	{DS_RECIPIENTS, "activation_url", "deltashare.local_activation_url(t.name)"},
	{DS_RECIPIENT_TOKENS, "activation_url", "deltashare.local_activation_url(t.recipient_name, t.id)"},
	{DS_SHARE_OBJECTS, "name", "deltashare.local_object_name(t.name)"},
	{DS_SHARE_OBJECTS, "status", "deltashare.local_object_status(t.share_name, t.name, t.data_object_type)"},
	{DS_SHARE_OBJECTS, "content", "NULL::text"},
	{DS_GRANTS, "principal_id", "NULL::bigint"},
	{DS_EFFECTIVE_GRANTS, "inherited_from_type", "NULL::text"},
	{DS_EFFECTIVE_GRANTS, "inherited_from_name", "NULL::text"},
};

static const char *
stored_table(DsTableId id)
{
	switch (id)
	{
		case DS_EFFECTIVE_GRANTS:
			return ds_table(DS_GRANTS)->name;
		case DS_AUDIT_LOG:
			return "local_audit_log";
		case DS_USAGE:
			return "local_usage";
		case DS_OBJECT_COLUMNS:
			return "local_object_columns";
		case DS_COLUMN_TAGS:
			return "local_column_tags";
		default:
			return ds_table(id)->name;
	}
}

static const char *
column_expression(const DsScanSpec *spec, int column)
{
	const DsColumn *c = &spec->table->columns[column];

	if (!bms_is_member(column, spec->columns) || ((c->flags & DS_COL_SECRET) && !spec->show_secrets))
		return psprintf("NULL::%s", ds_column_type_name(c->type));
	for (int i = 0; i < lengthof(computed); i++)
		if (computed[i].table == spec->table->id && strcmp(computed[i].column, c->name) == 0)
			return computed[i].expression;
	return psprintf("t.%s", quote_identifier(c->name));
}

/*
 * A stored object name begins with the name that the database had then, so
 * names of objects are compared without it.
 */
char *
ds_local_comparable(const DsTable *table, int column, const char *expression)
{
	if (table->id == DS_SHARE_OBJECTS && strcmp(table->columns[column].name, "name") == 0)
		return psprintf("deltashare.local_object_path(%s)", expression);
	return pstrdup(expression);
}

static char *
key_condition(const DsTable *table, int column, int parameter)
{
	char	   *stored = psprintf("t.%s", quote_identifier(table->columns[column].name));
	char	   *comparable = ds_local_comparable(table, column, stored);

	if (strcmp(stored, comparable) == 0)
		return psprintf("%s = ANY ($%d)", stored, parameter);
	return psprintf("%s IN (SELECT %s FROM unnest($%d) AS k)", comparable,
					ds_local_comparable(table, column, "k"), parameter);
}

char *
ds_local_select(const DsScanSpec *spec)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < spec->table->ncolumns; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", column_expression(spec, i));
	appendStringInfo(&sql, " FROM deltashare.%s AS t", quote_identifier(stored_table(spec->table->id)));
	for (int i = 0; i < spec->nkeys; i++)
		appendStringInfo(&sql, " %s %s", i > 0 ? "AND" : "WHERE",
						 key_condition(spec->table, spec->keys[i].column, i + 1));
	return sql.data;
}
