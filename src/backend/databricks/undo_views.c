/*-------------------------------------------------------------------------
 *
 * undo_views.c
 *	  How views that were made or replaced are taken back.
 *
 * A view that was made is dropped, by a request.  One that was replaced is
 * made again by a statement, out of what the platform told about it before.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/undo_views.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "utils/builtins.h"

#include "backend/databricks/undo.h"
#include "backend/databricks/views.h"

#define STATEMENTS_PATH	"/api/2.0/sql/statements"

/* How often, and after how many milliseconds, a statement is looked at. */
#define LOOKS		200
#define LOOK_PAUSE	50

/* How often a view is looked at while nobody knows about its statement. */
#define DOUBT_LOOKS	60

typedef struct Argument
{
	const char *path;			/* of the view */
	const char *statement_path; /* of the statement that is in doubt; or NULL */
	const char *expected;		/* fields as we left them */
	const char *before;			/* fields as they were; NULL: there was no view */
	const char *body;			/* of the statement that restores them */
} Argument;

/* ============================================================
 * Statements of a rollback
 * ============================================================
 */

static const char *
state_of(const cJSON *statement)
{
	return ds_dbx_undo_text(cJSON_GetObjectItemCaseSensitive(statement, "status"), "state");
}

/* The statement, when it is over; NULL if that takes too long, or it is unknown. */
static const cJSON *
wait_for_statement(const DsUndoCall *call, const char *path)
{
	for (int i = 0; i < LOOKS && !ds_http_held_is_over(); i++)
	{
		const cJSON *statement = ds_dbx_undo_get(call, path);
		const char *state = statement ? state_of(statement) : NULL;

		if (state == NULL)
			return NULL;
		if (strcmp(state, "PENDING") != 0 && strcmp(state, "RUNNING") != 0)
			return statement;
		pg_usleep(LOOK_PAUSE * 1000L);
	}
	return NULL;
}


/* Run the statement that restores the view. */
static void
run_restoration(const DsUndoCall *call)
{
	const Argument *argument = call->argument;
	DsHttpRequest *request = ds_http_request(DS_POST, STATEMENTS_PATH, argument->body, DS_REPEAT_SAFE);
	const cJSON *reply;
	const char *id;
	const cJSON *statement;

	ds_http_perform(call->target, request);
	if (!ds_dbx_succeeded(request))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 GetDatabaseEncoding() == PG_UTF8
				 ? errmsg_internal("%s", ds_dbx_describe_error(request))
				 : errmsg_internal("HTTP status %d", request->status)));
	reply = ds_json_try_parse(request->reply, request->reply_length);
	id = reply ? ds_dbx_undo_text(reply, "statement_id") : NULL;
	statement = id ? wait_for_statement(call, ds_dbx_path(STATEMENTS_PATH "/{name}", id)) : NULL;
	if (statement == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("its statement did not end")));
	if (strcmp(state_of(statement), "SUCCEEDED") != 0 && strcmp(state_of(statement), "CLOSED") != 0)
	{
		const char *message = ds_dbx_undo_text(ds_json_get(statement, "status.error"), "message");

		/* the platform's words cannot be converted in an abort */
		if (message == NULL || GetDatabaseEncoding() != PG_UTF8)
			message = message ? "see its history" : "the platform gave no reason";
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg_internal("its statement ended with state %s: %s", state_of(statement),
								 ds_dbx_tidy_message(message))));
	}
}

/* ============================================================
 * Actions
 * ============================================================
 */

static bool
is_as(const char *fields, const cJSON *view)
{
	return ds_dbx_same_fields(ds_dbx_undo_parse(fields), view);
}

/* What became of the statement */
typedef enum Outcome
{
	OUTCOME_FAILED,				/* it did nothing */
	OUTCOME_OVER,				/* what it did is done */
	OUTCOME_UNKNOWN				/* it may still do it */
} Outcome;

static Outcome
find_outcome(const DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *statement = NULL;

	if (!call->in_doubt)
		return OUTCOME_OVER;
	if (argument->statement_path)
		statement = wait_for_statement(call, argument->statement_path);
	if (statement == NULL)
		return OUTCOME_UNKNOWN;
	return strcmp(state_of(statement), "FAILED") == 0 ? OUTCOME_FAILED : OUTCOME_OVER;
}

static bool
is_untouched(const Argument *argument, const cJSON *view)
{
	return argument->before ? view && is_as(argument->before, view) : view == NULL;
}

/* The view as it is.  A statement that may still run is given some time to show what it does. */
static const cJSON *
look_at_view(const DsUndoCall *call, Outcome outcome)
{
	const Argument *argument = call->argument;
	const cJSON *view = ds_dbx_undo_look(call, argument->path);

	for (int i = 0; outcome == OUTCOME_UNKNOWN && i < DOUBT_LOOKS && is_untouched(argument, view) &&
		 !ds_http_held_is_over(); i++)
	{
		pg_usleep(LOOK_PAUSE * 1000L);
		view = ds_dbx_undo_look(call, argument->path);
	}
	return view;
}

static char *
remove_view(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	Outcome		outcome = find_outcome(call);
	const cJSON *view;

	if (outcome == OUTCOME_FAILED)
		return NULL;
	view = look_at_view(call, outcome);
	if (view == NULL)
		return outcome == OUTCOME_UNKNOWN
			? pstrdup("It is not there, but the statement that makes it may still be running.") : NULL;
	if (!call->forced && !is_as(argument->expected, view))
		return pstrdup(call->in_doubt
					   ? "It is there, but the statement that makes it was never answered: it may be another client's."
					   : DS_CHANGED_SINCE);
	(void) ds_dbx_undo_send(call, DS_DELETE, argument->path, NULL);
	return NULL;
}

/* Dropped is dropped; but perhaps it is not. */
static char *
tell_drop(DsUndoCall *call)
{
	const Argument *argument = call->argument;

	if (call->in_doubt && ds_dbx_undo_look(call, argument->path))
		return NULL;
	return pstrdup("The platform cannot undo it.");
}

static char *
restore_view(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	Outcome		outcome = find_outcome(call);
	const cJSON *view;

	if (outcome == OUTCOME_FAILED)
		return NULL;
	view = look_at_view(call, outcome);
	if (view == NULL)
		return pstrdup(DS_GONE_SINCE);
	if (is_untouched(argument, view))
		return outcome == OUTCOME_UNKNOWN
			? pstrdup("It is as before, but the statement that replaces it may still be running.") : NULL;
	if (!call->forced && !is_as(argument->expected, view))
		return pstrdup(DS_CHANGED_SINCE);
	run_restoration(call);
	return NULL;
}

/* ============================================================
 * What they need
 * ============================================================
 */

/* Fields of a view that others may change */
static const cJSON *
writable_fields(void)
{
	static const char *const fields[] = {"view_definition", "comment", "properties", "owner", "columns"};
	cJSON	   *object = ds_json_new_object();

	for (int i = 0; i < lengthof(fields); i++)
		ds_json_add_raw(object, fields[i], "null");
	return object;
}

/* The same as they are asked for, as far as the engine adds nothing of its own. */
static char *
requested_fields(const DsDbxView *view)
{
	cJSON	   *fields = ds_json_new_object();

	ds_json_add_text(fields, "view_definition", view->definition);
	ds_json_add_text(fields, "comment", view->comment ? view->comment : "");
	return ds_json_body(fields);
}

/*
 * Where the definition leaves out catalog or schema, it means those that the
 * view was made in, which the engine keeps among its notes.
 */
static void
add_place(cJSON *body, const cJSON *old)
{
	static const char *const names[][2] = {
		{"catalog", "view.catalogAndNamespace.part.0"},
		{"schema", "view.catalogAndNamespace.part.1"}
	};
	const cJSON *properties = ds_json_get(old, "properties");

	for (int i = 0; i < lengthof(names); i++)
	{
		const cJSON *part = cJSON_GetObjectItemCaseSensitive(properties, names[i][1]);

		if (cJSON_IsString(part))
			ds_json_add_text(body, names[i][0], ds_json_text_value(part, names[i][1]));
	}
}

/* Has a column a comment of its own?  Then "in_order" says whether all are where they belong. */
static bool
has_comments(const cJSON *columns, bool *in_order)
{
	const cJSON *column;
	bool		found = false;
	int64		next = 0;

	*in_order = true;
	cJSON_ArrayForEach(column, columns)
	{
		int64		position;
		char	   *comment = ds_json_text(column, "comment");

		found |= comment && *comment;
		*in_order &= ds_json_int64(column, "position", &position) && position == next++;
	}
	return found;
}

char *
ds_dbx_view_restoration(const char *const *path, const cJSON *old)
{
	const cJSON *columns = ds_json_array(old, "columns");
	bool		in_order;
	bool		commented = has_comments(columns, &in_order);
	DsDbxView	before = {
		.path = path,
		.or_replace = true,
		.columns = commented ? columns : NULL,
		.comment = ds_json_text(old, "comment"),
		.properties = ds_json_get(old, "properties"),
		.definition = ds_json_text(old, "view_definition")
	};

	if (before.definition == NULL || (commented && !in_order))
		return NULL;
	return ds_dbx_view_statement(&before);
}

static char *
build_body(const DsServer *server, const char *statement, const cJSON *old)
{
	cJSON	   *body = ds_json_new_object();

	ds_json_add_text(body, "statement", statement);
	ds_json_add_text(body, "warehouse_id", server->options.warehouse_id);
	ds_json_add_text(body, "wait_timeout", "0s");
	add_place(body, old);
	return ds_json_body(body);
}

static char *
mend_by_statement(const char *statement)
{
	return statement ? psprintf("-- on its SQL warehouse:\n%s;", statement) : NULL;
}

DsUndo *
ds_dbx_undo_view(const DsServer *server, const DsDbxView *view, const cJSON *old)
{
	MemoryContext caller = MemoryContextSwitchTo(ds_undo_context());
	DsUndo	   *undo = ds_undo_prepare(ds_dbx_target(server));
	Argument   *argument = palloc0(sizeof(Argument));
	char	   *name = ds_dbx_view_name(view->path);
	char	   *statement = NULL;

	argument->path = ds_dbx_path(TABLE_PATH, name);
	argument->expected = requested_fields(view);
	if (old)
	{
		statement = ds_dbx_view_restoration(view->path, old);
		if (statement == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("view \"%s\" cannot be replaced", name),
					 errdetail("The platform does not show all of its definition, so that a rollback could not restore it.")));
		argument->before = ds_dbx_pick_fields(writable_fields(), old);
		argument->body = build_body(server, statement, old);
	}

	undo->noun = "view";
	undo->name = name;
	undo->creates = old == NULL;
	undo->change = psprintf("%s view \"%s\"", old ? "replace" : "create", name);
	undo->reversal = psprintf("%s view \"%s\"", old ? "restore" : "drop", name);
	undo->mend = old ? mend_by_statement(statement)
		: ds_dbx_mend(server, psprintf("drop_view(%s", quote_literal_cstr(name)));
	undo->action = old ? restore_view : remove_view;
	undo->argument = argument;
	MemoryContextSwitchTo(caller);
	return undo;
}

DsUndo *
ds_dbx_undo_view_drop(const DsServer *server, const char *name, const char *mend)
{
	MemoryContext caller = MemoryContextSwitchTo(ds_undo_context());
	DsUndo	   *undo = ds_undo_prepare(ds_dbx_target(server));
	Argument   *argument = palloc0(sizeof(Argument));

	argument->path = ds_dbx_path(TABLE_PATH, name);
	undo->noun = "view";
	undo->name = pstrdup(name);
	undo->change = psprintf("drop view \"%s\"", name);
	undo->mend = mend_by_statement(mend);
	undo->action = tell_drop;
	undo->argument = argument;
	MemoryContextSwitchTo(caller);
	return undo;
}

void
ds_dbx_undo_view_in_doubt(DsUndo *undo, const char *statement_path)
{
	Argument   *argument = undo->argument;

	if (statement_path)
		argument->statement_path = MemoryContextStrdup(ds_undo_context(), statement_path);
	ds_undo_arm(undo, true);
}

void
ds_dbx_undo_learn_view(DsUndo *undo, const cJSON *view)
{
	Argument   *argument = undo->argument;
	MemoryContext old = MemoryContextSwitchTo(ds_undo_context());

	argument->expected = ds_dbx_pick_fields(writable_fields(), view);
	MemoryContextSwitchTo(old);
}
