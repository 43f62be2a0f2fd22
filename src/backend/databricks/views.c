/*-------------------------------------------------------------------------
 *
 * views.c
 *	  Making and dropping views.
 *
 * The platform's API has no request that makes a view, so this is a statement
 * on a SQL warehouse.  It takes no parameters where a view is defined: names
 * and literals are written into its text.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/views.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/memutils.h"

#include "backend/databricks/statement.h"
#include "backend/databricks/views.h"
#include "transaction/deferral.h"

/* Under which what a view masks is kept among its properties. */
#define MASKS_PROPERTY	"deltashare.masks"

/* Begins the names of properties in which the engine keeps notes of its own. */
#define ENGINE_PROPERTY	"view."

/* ============================================================
 * The statement
 * ============================================================
 */

char *
ds_dbx_view_name(const char *const *path)
{
	return psprintf("%s.%s.%s", path[0], path[1], path[2]);
}

static void
append_name(StringInfo sql, const char *name)
{
	appendStringInfoChar(sql, '`');
	for (const char *p = name; *p; p++)
	{
		if (*p == '`')
			appendStringInfoChar(sql, '`');
		appendStringInfoChar(sql, *p);
	}
	appendStringInfoChar(sql, '`');
}

char *
ds_dbx_view_sql_name(const char *const *path)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < 3; i++)
	{
		if (i > 0)
			appendStringInfoChar(&sql, '.');
		append_name(&sql, path[i]);
	}
	return sql.data;
}

/*
 * Where only a literal can stand.  However a parser reads backslashes, such a
 * literal ends where it should.  Before it is parsed, ${name} would be replaced
 * by a setting of the engine's.
 */
static void
append_literal(StringInfo sql, const char *text)
{
	appendStringInfoChar(sql, '\'');
	for (const char *p = text; *p; p++)
	{
		if (*p == '\'' || *p == '\\' || (*p == '{' && p > text && p[-1] == '$'))
			appendStringInfoChar(sql, '\\');
		appendStringInfoChar(sql, *p);
	}
	appendStringInfoChar(sql, '\'');
}

static void
append_comment(StringInfo sql, const char *comment)
{
	if (comment == NULL || *comment == '\0')
		return;
	appendStringInfoString(sql, " COMMENT ");
	append_literal(sql, comment);
}

static void
append_columns(StringInfo sql, const cJSON *columns)
{
	const cJSON *column;
	const char *before = " (";

	if (columns == NULL)
		return;
	cJSON_ArrayForEach(column, columns)
	{
		appendStringInfoString(sql, before);
		append_name(sql, ds_json_text(column, "name"));
		append_comment(sql, ds_json_text(column, "comment"));
		before = ", ";
	}
	appendStringInfoChar(sql, ')');
}

static void
append_properties(StringInfo sql, const cJSON *properties)
{
	const cJSON *property;
	const char *before = " TBLPROPERTIES (";
	bool		any = false;

	cJSON_ArrayForEach(property, properties)
	{
		if (strncmp(property->string, ENGINE_PROPERTY, strlen(ENGINE_PROPERTY)) == 0)
			continue;
		appendStringInfoString(sql, before);
		append_literal(sql, pg_any_to_server(property->string, strlen(property->string), PG_UTF8));
		appendStringInfoString(sql, " = ");
		append_literal(sql, ds_json_text_value(property, property->string));
		before = ", ";
		any = true;
	}
	if (any)
		appendStringInfoChar(sql, ')');
}

char *
ds_dbx_view_statement(const DsDbxView *view)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "CREATE %sVIEW %s", view->or_replace ? "OR REPLACE " : "",
					 ds_dbx_view_sql_name(view->path));
	append_columns(&sql, view->columns);
	append_comment(&sql, view->comment);
	append_properties(&sql, view->properties);
	appendStringInfo(&sql, " AS %s", view->definition);
	return sql.data;
}

/* ============================================================
 * Making
 * ============================================================
 */

static bool
is_view(const cJSON *table)
{
	char	   *type = ds_json_text(table, "table_type");

	return type && strcmp(type, "VIEW") == 0;
}

static void
require_view(const cJSON *table, const char *name)
{
	if (!is_view(table))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a view", name)));
}

static void
refuse_existing(const cJSON *table, const char *name, bool or_replace)
{
	if (!or_replace)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists", name),
				 is_view(table) ? errhint("Use or_replace => true to replace it.") : 0));
	require_view(table, name);
}

/* Run the statement; the undo is armed if it made the view, or may have. */
static void
run(const DsServer *server, const DsStatementSpec *spec, DsUndo *undo)
{
	DsStatement *statement = ds_dbx_begin_statement(server, spec);

	PG_TRY();
	{
		ds_dbx_execute(statement);
	}
	PG_CATCH();
	{
		char	   *path;

		if (ds_dbx_abandon(statement, &path))
			ds_dbx_undo_view_in_doubt(undo, path);
		PG_RE_THROW();
	}
	PG_END_TRY();
	ds_undo_arm(undo, false);
	ds_dbx_end_statement(statement);
}

void
ds_dbx_create_view(const DsServer *server, const DsViewSpec *spec)
{
	char	   *name = ds_dbx_view_name(spec->path);
	char	   *path = ds_dbx_path(TABLE_PATH, name);
	DsSubject	subject = {.action = psprintf("create view \"%s\"", name)};
	cJSON	   *properties = ds_json_new_object();
	DsDbxView	view = {
		.path = spec->path,
		.or_replace = spec->or_replace,
		.comment = spec->comment,
		.properties = properties,
		.definition = spec->definition
	};
	DsStatementSpec statement = {.small = true, .purpose = "A view is made by"};
	const cJSON *old;
	DsUndo	   *undo;

	ds_dbx_require_warehouse(server, &statement);
	ds_dbx_refuse_dropped_view(server, name);
	old = ds_dbx_read_if_exists(server, path, &subject);
	if (old)
		refuse_existing(old, name, spec->or_replace);
	if (spec->masks)
		ds_json_add_text(properties, MASKS_PROPERTY, spec->masks);
	statement.text = ds_dbx_view_statement(&view);
	undo = ds_dbx_undo_view(server, &view, old);
	run(server, &statement, undo);
	ds_dbx_undo_learn_view(undo, ds_dbx_read(server, path, &subject));
}

/* ============================================================
 * Dropping
 * ============================================================
 */

/* A view that is made again is another one: nobody shares it, and nobody may read it. */
typedef struct Deletion
{
	const DsServer *server;
	const char *name;
	const char *mend;			/* SQL that makes it again */
} Deletion;

void
ds_dbx_refuse_dropped_view(const DsServer *server, const char *name)
{
	if (name && ds_is_deferred(server->oid, DS_OBJECT_COLUMNS, asc_tolower(name, strlen(name))))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("view \"%s\" is to be dropped at the end of this transaction", name),
				 errhint("Commit before you use that name again.")));
}

static void
send_deletion(void *argument)
{
	Deletion   *deletion = argument;
	DsSubject	subject = {.action = psprintf("drop view \"%s\"", deletion->name)};
	const char *path = ds_dbx_path(TABLE_PATH, deletion->name);
	DsUndo	   *undo = ds_dbx_undo_view_drop(deletion->server, deletion->name, deletion->mend);
	DsHttpRequest *request = ds_dbx_change_if_exists(deletion->server, DS_DELETE, path, NULL,
													 DS_REPEAT_SAFE, &subject, undo);

	if (request)
		(void) ds_dbx_finish(request);
}

bool
ds_dbx_drop_view(const DsServer *server, const char *const *path)
{
	char	   *name = ds_dbx_view_name(path);
	DsSubject	subject = {.action = psprintf("drop view \"%s\"", name)};
	const cJSON *view;
	MemoryContext old;
	Deletion   *deletion;

	if (ds_is_deferred(server->oid, DS_OBJECT_COLUMNS, name))
		return false;
	view = ds_dbx_read_if_exists(server, ds_dbx_path(TABLE_PATH, name), &subject);
	if (view == NULL)
		return false;
	require_view(view, name);

	old = MemoryContextSwitchTo(TopTransactionContext);
	deletion = palloc(sizeof(Deletion));
	deletion->server = ds_server_copy(server);
	deletion->name = pstrdup(name);
	deletion->mend = ds_dbx_view_restoration(path, view);
	MemoryContextSwitchTo(old);
	ds_defer(server->oid, DS_OBJECT_COLUMNS, name, subject.action, send_deletion, deletion);
	return true;
}
