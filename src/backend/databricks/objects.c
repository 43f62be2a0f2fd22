/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  Adding, altering and removing the data objects of a share.
 *
 * All of them are updates in a PATCH of the share, at most 100 in one.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/objects.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"

#include "backend/databricks/body.h"
#include "backend/databricks/undo.h"

#define SHARE_PATH	UC_PREFIX "/shares/{name}"

static const DsTable *
objects(void)
{
	return ds_table(DS_SHARE_OBJECTS);
}

static const char *
column(const DsRow *row, const char *name)
{
	return ds_row_text(objects(), row, name);
}

static DsSubject
subject_of(const char *verb, const char *preposition, const DsRow *row, int nrows)
{
	DsSubject	subject = {0};

	subject.share = column(row, "share_name");
	if (nrows > 1)
	{
		subject.action = psprintf("%s %d objects %s share \"%s\"", verb, nrows, preposition, subject.share);
		return subject;
	}
	subject.object = column(row, "name");
	subject.object_type = column(row, "data_object_type");
	subject.action = psprintf("%s \"%s\" %s share \"%s\"", verb, subject.object, preposition, subject.share);
	return subject;
}

void
ds_dbx_fold_object_name(const DsServer *server, DsRow *row)
{
	const char *name = column(row, "name");

	if (name)
		ds_row_set_text(objects(), row, "name", asc_tolower(name, strlen(name)));
}

static void
add_alias(cJSON *object, const DsRow *row)
{
	const char *alias = column(row, "shared_as");

	if (alias)
		ds_json_add_text(object,
						 ds_object_is_table_like(column(row, "data_object_type"))
						 ? "shared_as" : "string_shared_as", alias);
}

/* {"action": ..., "data_object": {"name", "data_object_type"}} */
static cJSON *
add_update(cJSON *updates, const char *action, const DsRow *row)
{
	cJSON	   *update = ds_json_append_object(updates);
	cJSON	   *object;

	ds_json_add_text(update, "action", action);
	object = ds_json_add_object(update, "data_object");
	ds_json_add_text(object, "name", column(row, "name"));
	ds_json_add_text(object, "data_object_type", column(row, "data_object_type"));
	return object;
}

static bool
has_feed(const DsRow *row)
{
	int			cdf = ds_column_index(objects(), "cdf_enabled");

	return !row->nulls[cdf] && DatumGetBool(row->values[cdf]);
}

/* The server refuses a change data feed together with a history status. */
static void
add_history_or_feed(cJSON *object, const DsRow *row, const Bitmapset *changed)
{
	if (has_feed(row) || (ds_dbx_has_column(objects(), changed, "cdf_enabled") &&
						  ds_row_is_null(objects(), row, "history_data_sharing_status")))
		ds_dbx_add_field(object, objects(), row, "cdf_enabled", true);
	else
		ds_dbx_add_field(object, objects(), row, "history_data_sharing_status", false);
}

static void
add_attributes(cJSON *object, const DsRow *row, const Bitmapset *changed)
{
	static const char *const names[] = {"comment", "partitions"};

	add_history_or_feed(object, row, changed);
	for (int i = 0; i < lengthof(names); i++)
		ds_dbx_add_field(object, objects(), row, names[i],
						 ds_dbx_has_column(objects(), changed, names[i]));
}

static void
add_whole_object(cJSON *updates, const DsRow *row)
{
	cJSON	   *object = add_update(updates, "ADD", row);

	add_alias(object, row);
	add_attributes(object, row, NULL);
	ds_dbx_add_field(object, objects(), row, "start_version", false);
	ds_dbx_add_field(object, objects(), row, "content", false);
}

static const cJSON *
read_share(const DsServer *server, const DsRow *row, int nrows)
{
	DsSubject	subject = subject_of("add", "to", row, nrows);

	return ds_dbx_read(server,
					   psprintf("%s?include_shared_data=true",
								ds_dbx_path(SHARE_PATH, column(row, "share_name"))),
					   &subject);
}

/* The object of that name in the answer for a share, or NULL. */
static const cJSON *
find_object(const cJSON *share, const char *name)
{
	const cJSON *object;

	cJSON_ArrayForEach(object, ds_json_array(share, "objects"))
	{
		char	   *found = ds_json_text(object, "name");

		if (found && pg_strcasecmp(found, name) == 0)
			return object;
	}
	return NULL;
}

static void
refuse_present(const cJSON *share, DsRow **rows, int nrows)
{
	for (int i = 0; i < nrows; i++)
		if (find_object(share, column(rows[i], "name")))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("object \"%s\" is already in share \"%s\"",
							column(rows[i], "name"), column(rows[i], "share_name"))));
}

/*
 * That a PATCH with several updates applies all or none is not documented.
 * When it fails, a rollback looks for what it did and takes that back.
 *
 * If it failed because an object was there, somebody else has added it since
 * we looked, and which of those that are there then are ours, nobody knows.
 */
static void
doubt_additions(const DsServer *server, const DsHttpRequest *request, DsRow **rows, int nrows,
				const cJSON *body)
{
	bool		raced = strstr(request->reply, "_ALREADY_EXISTS") != NULL;

	ds_undo_arm(ds_dbx_undo_addition(server, rows, nrows, body, !raced), true);
}

/*
 * The platform says "already exists" also when it is the alias that does, so
 * look who has it.
 */
static void
refuse_used_alias(const DsServer *server, const DsRow *row)
{
	const char *alias = column(row, "shared_as");
	const cJSON *share;
	const cJSON *object;

	if (alias == NULL)
		return;
	share = read_share(server, row, 1);
	if (find_object(share, column(row, "name")))
		return;
	cJSON_ArrayForEach(object, ds_json_array(share, "objects"))
	{
		char	   *used = ds_json_text(object, "shared_as");

		if (used && pg_strcasecmp(used, alias) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("alias \"%s\" is already used in share \"%s\"",
							alias, column(row, "share_name"))));
	}
}

static cJSON *
build_additions(DsRow **rows, int nrows)
{
	cJSON	   *body = ds_json_new_object();
	cJSON	   *updates = ds_json_add_array(body, "updates");

	for (int i = 0; i < nrows; i++)
		add_whole_object(updates, rows[i]);
	return body;
}

static DsHttpRequest *
send_additions(const DsServer *server, DsRow **rows, int nrows, const cJSON *body, DsUndo *undo)
{
	DsSubject	subject = subject_of("add", "to", rows[0], nrows);
	DsHttpRequest *request;

	request = ds_dbx_perform(server, DS_PATCH, ds_dbx_path(SHARE_PATH, subject.share),
							 body, DS_REPEAT_IF_REFUSED, undo);
	if (!ds_dbx_succeeded(request))
	{
		if (nrows == 1)
			refuse_used_alias(server, rows[0]);
		else if (!undo->armed)
			doubt_additions(server, request, rows, nrows, body);
		ds_dbx_raise(server, request, &subject);
	}
	return request;
}

static bool
has_objects(const cJSON *share, DsRow **rows, int nrows)
{
	for (int i = 0; i < nrows; i++)
		if (find_object(share, column(rows[i], "name")) == NULL)
			return false;
	return true;
}

/* Fill the rows from the answer, or, where it lacks them, from the share. */
static void
fill_from_reply(const DsServer *server, const DsHttpRequest *request, DsRow **rows, int nrows, DsUndo *undo)
{
	DsReplyContext context;
	const cJSON *share;

	ds_dbx_enter_reply(&context, request->method, request->path);
	share = ds_dbx_parse_reply(request);
	if (!has_objects(share, rows, nrows))
		share = read_share(server, rows[0], nrows);
	ds_dbx_undo_learn_objects(undo, share);
	for (int i = 0; i < nrows; i++)
	{
		const cJSON *object = find_object(share, column(rows[i], "name"));

		if (object)
			ds_dbx_fill_written_row(objects(), object, column(rows[i], "share_name"), rows[i]);
	}
	ds_dbx_leave_reply(&context);
}

void
ds_dbx_insert_objects(const DsServer *server, DsRow **rows, int nrows)
{
	cJSON	   *body;
	DsUndo	   *undo;

	for (int i = 0; i < nrows; i++)
		ds_dbx_fold_object_name(server, rows[i]);
	if (nrows > 1)
		refuse_present(read_share(server, rows[0], nrows), rows, nrows);
	body = build_additions(rows, nrows);
	undo = ds_dbx_undo_addition(server, rows, nrows, body, nrows > 1);
	fill_from_reply(server, send_additions(server, rows, nrows, body, undo), rows, nrows, undo);
}

static cJSON *
build_removal(const DsRow *row)
{
	cJSON	   *body = ds_json_new_object();

	add_update(ds_json_add_array(body, "updates"), "REMOVE", row);
	return body;
}

/*
 * Whether an UPDATE leaves alone what it does not mention is not documented, so
 * it mentions all that can be changed.  The version is the exception: when it
 * was not given, the server chose it.
 */
static cJSON *
build_change(const DsRow *row, const Bitmapset *changed)
{
	cJSON	   *body = ds_json_new_object();
	cJSON	   *object = add_update(ds_json_add_array(body, "updates"), "UPDATE", row);

	add_attributes(object, row, changed);
	if (ds_dbx_has_column(objects(), changed, "start_version"))
		ds_dbx_add_field(object, objects(), row, "start_version", false);
	return body;
}

/* The object with all its attributes, which a rollback needs; NULL if it is not there. */
static DsRow *
read_whole(const DsServer *server, const DsRow *row, const DsSubject *subject)
{
	const cJSON *share = ds_dbx_read_if_exists(server,
											   psprintf("%s?include_shared_data=true",
														ds_dbx_path(SHARE_PATH, subject->share)),
											   subject);
	const cJSON *object = share ? find_object(share, subject->object) : NULL;
	DsRow	   *whole;

	if (object == NULL)
		return NULL;
	whole = ds_row_create(objects());
	ds_dbx_fill_written_row(objects(), object, subject->share, whole);
	whole->whole = true;
	return whole;
}

/* A foreign table without some of the columns must not blank them. */
static void
complete_rows(const DsServer *server, const DsRow **old_row, DsRow *new_row,
			  const Bitmapset *changed, const DsSubject *subject)
{
	DsRow	   *whole;

	if ((*old_row)->whole || (whole = read_whole(server, *old_row, subject)) == NULL)
		return;
	for (int i = 0; i < objects()->ncolumns; i++)
		if (!bms_is_member(i, changed))
		{
			new_row->values[i] = whole->values[i];
			new_row->nulls[i] = whole->nulls[i];
		}
	*old_row = whole;
}

void
ds_dbx_update_object(const DsServer *server, const DsRow *old_row, DsRow *new_row,
					 const Bitmapset *changed)
{
	DsSubject	subject = subject_of("alter", "in", old_row, 1);
	DsHttpRequest *request;
	cJSON	   *body;
	DsUndo	   *undo;

	complete_rows(server, &old_row, new_row, changed, &subject);
	body = build_change(new_row, changed);
	undo = ds_dbx_undo_object_change(server, old_row, ds_dbx_reversible(objects(), old_row, changed),
									 body, build_change(old_row, changed),
									 ds_dbx_find_irreversible(objects(), old_row, changed));
	request = ds_dbx_change(server, DS_PATCH, ds_dbx_path(SHARE_PATH, subject.share),
							body, DS_REPEAT_SAFE, &subject, undo);
	fill_from_reply(server, request, &new_row, 1, undo);
}

bool
ds_dbx_delete_object(const DsServer *server, const DsRow *row)
{
	DsSubject	subject = subject_of("remove", "from", row, 1);
	cJSON	   *back = ds_json_new_object();
	DsHttpRequest *request;

	if (!row->whole)
		row = read_whole(server, row, &subject);
	if (row == NULL)
		return false;
	add_whole_object(ds_json_add_array(back, "updates"), row);
	request = ds_dbx_perform(server, DS_PATCH, ds_dbx_path(SHARE_PATH, subject.share),
							 build_removal(row), DS_REPEAT_SAFE, ds_dbx_undo_removal(server, row, back));

	/* it is gone: perhaps by an attempt before this one */
	if (ds_dbx_is_missing(request))
		return request->in_doubt;
	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(server, request, &subject);
	(void) ds_dbx_finish(request);
	return true;
}
