/*-------------------------------------------------------------------------
 *
 * undo_objects.c
 *	  How changes of the objects of a share are taken back.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/undo_objects.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "backend/databricks/undo.h"

/* One object that was added. */
typedef struct Added
{
	const char *name;
	const char *utf8_name;
	const char *reference;		/* JSON: what removes it */
	const char *expected;		/* JSON: as we left it; before a reply: as asked for */
	const char *mend;
	const char *part;
} Added;

typedef struct Argument
{
	const char *path;			/* of the share */
	const char *look_path;
	Added	   *added;
	int			nadded;
	bool		absent;			/* none of them was there before */

	/* of one object that was changed or removed */
	const char *utf8_name;
	const char *body;			/* takes it back */
	const char *expected;		/* NULL: it should not be there */
	const char *before;
	const char *lost;
	const char *feed_off;		/* body that ends the change data feed; NULL: it had one before */
} Argument;

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

/* The object as a part of its share */
static char *
part_of(const DsRow *row)
{
	return ds_undo_keep(psprintf("object %s\n", column(row, "name")));
}

static Argument *
make_argument(const char *share)
{
	Argument   *argument = ds_undo_alloc(sizeof(Argument));

	argument->path = ds_undo_keep(ds_dbx_path(UC_PREFIX "/shares/{name}", share));
	argument->look_path = ds_undo_keep(psprintf("%s?include_shared_data=true", argument->path));
	return argument;
}

/* The object of a body {"updates": [{"action", "data_object"}]} with one update */
static const cJSON *
object_of_body(const cJSON *body)
{
	return cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(ds_json_get(body, "updates"), 0), "data_object");
}

/* Fields of an object that others may change */
static const cJSON *
writable_fields(void)
{
	static const char *const fields[] = {
		"comment", "shared_as", "string_shared_as", "partitions", "cdf_enabled",
		"history_data_sharing_status", "start_version"
	};
	cJSON	   *object = ds_json_new_object();

	for (int i = 0; i < lengthof(fields); i++)
		ds_json_add_raw(object, fields[i], "null");
	return object;
}

void
ds_dbx_undo_learn_objects(DsUndo *undo, const cJSON *share)
{
	Argument   *argument = undo->argument;

	const cJSON *fields = writable_fields();
	const cJSON *object;

	for (int i = 0; i < argument->nadded; i++)
		if ((object = ds_dbx_undo_find_object(share, argument->added[i].utf8_name)) != NULL)
			argument->added[i].expected = ds_undo_keep(ds_dbx_pick_fields(fields, object));
	if (argument->utf8_name && (object = ds_dbx_undo_find_object(share, argument->utf8_name)) != NULL)
		argument->expected = ds_undo_keep(ds_dbx_pick_fields(ds_dbx_undo_parse(argument->expected), object));
}

/* ============================================================
 * Addition
 * ============================================================
 */

/* Remove those that are still as they were added; name the others. */
static char *
remove_objects(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *share = ds_dbx_undo_look(call, argument->look_path);
	StringInfoData body;
	StringInfoData kept;
	StringInfoData mend;
	StringInfoData parts;
	bool		any = false;

	if (share == NULL)
		return NULL;
	initStringInfo(&body);
	initStringInfo(&kept);
	initStringInfo(&mend);
	initStringInfo(&parts);
	for (int i = 0; i < argument->nadded; i++)
	{
		const Added *added = &argument->added[i];
		const cJSON *object = ds_dbx_undo_find_object(share, added->utf8_name);

		if (object == NULL)
			continue;
		if (call->in_doubt ? argument->absent :
			call->forced || ds_dbx_same_fields(ds_dbx_undo_parse(added->expected), object))
		{
			appendStringInfo(&body, "%s{\"action\":\"REMOVE\",\"data_object\":%s}",
							 any ? "," : "{\"updates\":[", added->reference);
			any = true;
			continue;
		}
		appendStringInfo(&kept, "%s\"%s\"", kept.len > 0 ? ", " : "", added->name);
		appendStringInfo(&mend, "%s%s", mend.len > 0 ? "\n" : "", added->mend);
		appendStringInfoString(&parts, added->part);
	}
	if (any)
	{
		appendStringInfoString(&body, "]}");
		(void) ds_dbx_undo_send(call, DS_PATCH, argument->path, body.data);
	}
	if (kept.len == 0)
		return NULL;
	call->mend = mend.data;
	call->parts = parts.data;
	return call->in_doubt
		? psprintf("There is %s, but the request that asked for it was never answered: it may be another client's.", kept.data)
		: psprintf("%s is not as it was added: another client has changed it since, and it is not overwritten.", kept.data);
}

static Added
describe_added(const DsServer *server, const DsRow *row, const cJSON *update)
{
	Added		added;
	cJSON	   *reference = ds_json_new_object();
	char	   *mend;

	ds_json_add_text(reference, "name", column(row, "name"));
	ds_json_add_text(reference, "data_object_type", column(row, "data_object_type"));
	added.name = ds_undo_keep(column(row, "name"));
	added.utf8_name = ds_undo_keep(ds_dbx_undo_to_utf8(added.name));
	added.reference = ds_undo_keep(ds_json_body(reference));
	added.expected = ds_undo_keep(ds_json_body(ds_json_get(update, "data_object")));
	mend = psprintf("remove_from_share(%s, %s, type => %s, if_exists => true",
					ds_undo_name("share", column(row, "share_name")),
					ds_dbx_mend_literal(column(row, "name")),
					quote_literal_cstr(column(row, "data_object_type")));
	added.mend = ds_undo_keep(ds_dbx_mend(server, mend));
	added.part = part_of(row);
	return added;
}

DsUndo *
ds_dbx_undo_addition(const DsServer *server, DsRow **rows, int nrows, const cJSON *body, bool absent)
{
	const char *share = column(rows[0], "share_name");
	const char *what = nrows == 1 ? psprintf("\"%s\"", column(rows[0], "name")) : psprintf("%d objects", nrows);
	DsUndo	   *undo = ds_dbx_undo_new(server, ds_table(DS_SHARES), share);
	Argument   *argument = make_argument(share);
	StringInfoData mend;
	StringInfoData parts;

	initStringInfo(&mend);
	initStringInfo(&parts);
	argument->absent = absent;
	argument->added = ds_undo_alloc(nrows * sizeof(Added));
	for (int i = 0; i < nrows; i++)
	{
		argument->added[argument->nadded++] =
			describe_added(server, rows[i], cJSON_GetArrayItem(ds_json_get(body, "updates"), i));
		appendStringInfo(&mend, "%s%s", i > 0 ? "\n" : "", argument->added[i].mend);
		appendStringInfoString(&parts, argument->added[i].part);
	}
	undo->parts = ds_undo_keep(parts.data);
	undo->change = ds_undo_keep(psprintf("add %s to share \"%s\"", what, share));
	undo->reversal = ds_undo_keep(psprintf("remove %s from share \"%s\"", what, share));
	undo->mend = ds_undo_keep(mend.data);
	undo->action = remove_objects;
	undo->argument = argument;
	return undo;
}

/* ============================================================
 * Change and removal
 * ============================================================
 */

/*
 * A history status and a change data feed exclude each other in a request, so
 * if the platform leaves alone what is not mentioned, both are there now.
 */
static void
end_feed(const DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *share = ds_dbx_undo_look(call, argument->look_path);
	const cJSON *object = share ? ds_dbx_undo_find_object(share, argument->utf8_name) : NULL;

	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "cdf_enabled")))
		return;
	(void) ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->feed_off);
	(void) ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->body);
}

static char *
restore_object(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *share = ds_dbx_undo_look(call, argument->look_path);
	const cJSON *object = share ? ds_dbx_undo_find_object(share, argument->utf8_name) : NULL;
	bool		is_before;

	if (object == NULL)
		return pstrdup(share ? "The object is not there any more: another client removed it." : DS_GONE_SINCE);
	is_before = ds_dbx_same_fields(ds_dbx_undo_parse(argument->before), object);
	if (is_before && (call->in_doubt || argument->lost == NULL))
		return NULL;
	if (!is_before && !call->forced &&
		!ds_dbx_same_fields(ds_dbx_undo_parse(argument->expected), object))
		return pstrdup(DS_CHANGED_SINCE);
	if (!is_before && !ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->body))
		return pstrdup(DS_GONE_SINCE);
	if (!is_before && argument->feed_off)
		end_feed(call);
	if (argument->lost == NULL)
		return NULL;
	call->mend = NULL;
	return pstrdup(argument->lost);
}

/* SQL of type jsonb that names the object */
static char *
key_of(const DsRow *row)
{
	return psprintf("jsonb_build_object('share_name', %s, 'name', %s, 'data_object_type', %s)",
					ds_undo_name("share", column(row, "share_name")),
					ds_dbx_mend_literal(column(row, "name")),
					quote_literal_cstr(column(row, "data_object_type")));
}

/* Fields as they were, those that only the change mentions included. */
static char *
fields_before(const DsRow *old_row, const cJSON *after, const cJSON *before)
{
	cJSON	   *fields = unconstify(cJSON *, ds_dbx_undo_parse(ds_json_body(before)));
	const cJSON *field;

	cJSON_ArrayForEach(field, after)
	{
		const char *history = column(old_row, "history_data_sharing_status");

		if (cJSON_GetObjectItemCaseSensitive(fields, field->string))
			continue;
		if (history && strcmp(field->string, "history_data_sharing_status") == 0)
			ds_json_add_text(fields, field->string, history);
		else
			ds_json_add_raw(fields, field->string, "null");
	}
	return ds_json_body(fields);
}

static char *
build_feed_off(const DsRow *row)
{
	cJSON	   *body = ds_json_new_object();
	cJSON	   *update = ds_json_append_object(ds_json_add_array(body, "updates"));
	cJSON	   *object;

	ds_json_add_text(update, "action", "UPDATE");
	object = ds_json_add_object(update, "data_object");
	ds_json_add_text(object, "name", column(row, "name"));
	ds_json_add_text(object, "data_object_type", column(row, "data_object_type"));
	ds_json_add_bool(object, "cdf_enabled", false);
	return ds_json_body(body);
}

DsUndo *
ds_dbx_undo_object_change(const DsServer *server, const DsRow *old_row, const Bitmapset *changed,
						  const cJSON *after, const cJSON *before, const char *lost)
{
	const char *share = column(old_row, "share_name");
	const char *name = column(old_row, "name");
	DsUndo	   *undo = ds_dbx_undo_new(server, ds_table(DS_SHARES), share);
	Argument   *argument = make_argument(share);

	argument->utf8_name = ds_undo_keep(ds_dbx_undo_to_utf8(name));
	argument->body = ds_undo_keep(ds_json_body(before));
	argument->expected = ds_undo_keep(ds_json_body(object_of_body(after)));
	argument->before = ds_undo_keep(fields_before(old_row, object_of_body(after), object_of_body(before)));
	if (cJSON_IsTrue(ds_json_get(object_of_body(after), "cdf_enabled")) &&
		!cJSON_IsTrue(ds_json_get(object_of_body(before), "cdf_enabled")))
		argument->feed_off = ds_undo_keep(build_feed_off(old_row));
	if (lost)
		argument->lost = ds_undo_keep(psprintf("The platform cannot remove %s again.", lost));
	undo->change = ds_undo_keep(psprintf("alter \"%s\" in share \"%s\"", name, share));
	undo->reversal = ds_undo_keep(psprintf("restore \"%s\" in share \"%s\"", name, share));
	undo->mend = ds_undo_keep(ds_dbx_mend_update(server, objects(), key_of(old_row),
									ds_row_json(objects(), old_row, changed, true)));
	undo->parts = part_of(old_row);
	undo->action = restore_object;
	undo->argument = argument;
	return undo;
}

static char *
add_object_again(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *share = ds_dbx_undo_look(call, argument->look_path);
	const cJSON *object = share ? ds_dbx_undo_find_object(share, argument->utf8_name) : NULL;

	if (object)
		return ds_dbx_same_fields(ds_dbx_undo_parse(argument->before), object) ? NULL :
			pstrdup(call->forced
					? "It is there again, as it was added later."
					: "Another client has added it again since, and it is not overwritten.");
	if (share && argument->lost)
	{
		call->mend = NULL;
		return pstrdup(argument->lost);
	}
	if (share == NULL || !ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->body))
		return pstrdup(DS_GONE_SINCE);
	return NULL;
}

DsUndo *
ds_dbx_undo_removal(const DsServer *server, const DsRow *row, const cJSON *before)
{
	const char *share = column(row, "share_name");
	const char *name = column(row, "name");
	DsUndo	   *undo = ds_dbx_undo_new(server, ds_table(DS_SHARES), share);
	Argument   *argument = make_argument(share);

	argument->utf8_name = ds_undo_keep(ds_dbx_undo_to_utf8(name));
	argument->body = ds_undo_keep(ds_json_body(before));
	argument->before = ds_undo_keep(ds_json_body(object_of_body(before)));
	if (strcmp(column(row, "data_object_type"), "NOTEBOOK_FILE") == 0 && column(row, "content") == NULL)
		argument->lost = "It needs the content of the notebook again, which the platform does not show.";
	undo->change = ds_undo_keep(psprintf("remove \"%s\" from share \"%s\"", name, share));
	undo->reversal = ds_undo_keep(psprintf("add \"%s\" to share \"%s\"", name, share));
	undo->mend = ds_undo_keep(ds_dbx_mend_object(server, row));
	undo->parts = part_of(row);
	undo->action = add_object_again;
	undo->argument = argument;
	return undo;
}
