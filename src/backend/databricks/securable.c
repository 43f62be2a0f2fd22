/*-------------------------------------------------------------------------
 *
 * securable.c
 *	  Writing shares and recipients; drop.c has their end.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/securable.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/body.h"
#include "backend/databricks/securable.h"
#include "backend/databricks/undo.h"
#include "transaction/deferral.h"

const DsSecurable ds_dbx_share = {DS_SHARES, UC_PREFIX "/shares", UC_PREFIX "/shares/{name}"};
const DsSecurable ds_dbx_recipient = {DS_RECIPIENTS, UC_PREFIX "/recipients", UC_PREFIX "/recipients/{name}"};

DsSubject
ds_dbx_securable_subject(const DsSecurable *kind, const char *verb, const char *name)
{
	DsSubject	subject = {0};

	subject.action = psprintf("%s %s \"%s\"", verb, ds_table(kind->table)->noun, name);
	if (kind->table == DS_SHARES)
		subject.share = name;
	else
		subject.recipient = name;
	return subject;
}

static DsHttpRequest *
patch(const DsServer *server, const DsSecurable *kind, const char *name, const cJSON *body, DsUndo *undo)
{
	DsSubject	subject = ds_dbx_securable_subject(kind, "alter", name);
	DsHttpRequest *request;

	subject.new_name = ds_json_text(body, "new_name");
	request = ds_dbx_change(server, DS_PATCH, ds_dbx_path(kind->path, name), body,
							ds_json_get(body, "new_name") ? DS_REPEAT_IF_REFUSED : DS_REPEAT_SAFE,
							&subject, undo);
	if (undo)
		ds_dbx_undo_learn(undo, request);
	return request;
}

static cJSON *
owner_body(const char *owner)
{
	cJSON	   *body = ds_json_new_object();

	ds_json_add_text(body, "owner", owner);
	return body;
}

void
ds_dbx_insert_securable(const DsServer *server, const DsSecurable *kind, DsRow *row)
{
	static const char *const except[] = {"owner", NULL};
	const DsTable *table = ds_table(kind->table);
	const char *name = ds_row_text(table, row, "name");
	const char *owner = ds_row_text(table, row, "owner");
	DsSubject	subject = ds_dbx_securable_subject(kind, "create", name);
	cJSON	   *body = ds_json_new_object();
	DsHttpRequest *request;
	DsUndo	   *undo;

	ds_dbx_add_fields(body, table, row, ds_dbx_insertable(table), except, false);
	undo = ds_dbx_undo_creation(server, table, ds_dbx_path(kind->path, name), name, body);
	request = ds_dbx_change(server, DS_POST, kind->collection, body, DS_REPEAT_IF_REFUSED, &subject, undo);
	ds_dbx_undo_learn(undo, request);
	ds_dbx_fill_from_reply(table, request, row);

	if (owner && (ds_row_is_null(table, row, "owner") ||
				  strcmp(owner, ds_row_text(table, row, "owner")) != 0))
	{
		/* the link is in the first answer only */
		const DsRow created = *row;

		ds_dbx_undo_expect_any(undo, "owner");
		request = patch(server, kind, name, owner_body(owner), NULL);
		ds_dbx_undo_learn(undo, request);
		*row = *ds_row_create(table);
		ds_dbx_fill_from_reply(table, request, row);
		ds_row_keep_secrets(table, row, &created);
	}
}

/* The fields of a PATCH for these columns; NULL if there are none. */
static cJSON *
build_change(const DsTable *table, const DsRow *row, const Bitmapset *changed)
{
	static const char *const except[] = {"owner", "name", NULL};
	cJSON	   *body = ds_json_new_object();

	ds_dbx_add_fields(body, table, row, changed, except, true);
	if (ds_dbx_has_column(table, changed, "name"))
		ds_json_add_text(body, "new_name", ds_row_text(table, row, "name"));
	return body->child ? body : NULL;
}

/* What is sent to change the owner, and what takes it back */
static DsHttpRequest *
change_owner(const DsServer *server, const DsSecurable *kind, const DsRow *old_row, const DsRow *new_row)
{
	const DsTable *table = ds_table(kind->table);
	const char *old_owner = ds_row_text(table, old_row, "owner");
	DsDbxAlteration alteration = {0};
	cJSON	   *body = owner_body(ds_row_text(table, new_row, "owner"));

	alteration.table = table;
	alteration.name = alteration.new_name = ds_row_text(table, old_row, "name");
	alteration.path = alteration.new_path = ds_dbx_path(kind->path, alteration.name);
	alteration.after = body;
	alteration.before = old_owner ? owner_body(old_owner) : NULL;
	alteration.changes = ds_row_json(table, old_row, bms_make_singleton(ds_column_index(table, "owner")), true);
	alteration.lost = old_owner ? NULL : "owner";
	return patch(server, kind, alteration.name, body, ds_dbx_undo_alteration(server, &alteration));
}

static DsHttpRequest *
change_others(const DsServer *server, const DsSecurable *kind, const DsRow *old_row,
			  const DsRow *new_row, const Bitmapset *changed, const cJSON *body)
{
	const DsTable *table = ds_table(kind->table);
	DsDbxAlteration alteration = {0};

	alteration.table = table;
	alteration.name = ds_row_text(table, old_row, "name");
	alteration.new_name = ds_row_text(table, new_row, "name");
	alteration.path = ds_dbx_path(kind->path, alteration.name);
	alteration.new_path = ds_dbx_path(kind->path, alteration.new_name);
	alteration.after = body;
	alteration.before = build_change(table, old_row, changed);
	alteration.changes = ds_row_json(table, old_row,
									 bms_del_member(ds_dbx_reversible(table, old_row, changed),
													ds_column_index(table, "owner")), true);
	alteration.lost = ds_dbx_find_irreversible(table, old_row, changed);
	return patch(server, kind, alteration.name, body, ds_dbx_undo_alteration(server, &alteration));
}

/* At COMMIT its token would be looked for under the name that it has now. */
static void
refuse_renaming(const DsServer *server, const DsSecurable *kind, const DsRow *old_row)
{
	const char *name = ds_row_text(ds_table(kind->table), old_row, "name");

	if (kind->table == DS_RECIPIENTS && ds_is_deferred(server->oid, DS_RECIPIENT_TOKENS, name))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("token of recipient \"%s\" is to be rotated at the end of this transaction", name),
				 errhint("Rename the recipient before you rotate its token, or commit in between.")));
}

/*
 * The owner goes first and alone, as the official clients do it: an
 * administrator who is not the owner may change nothing else.
 */
void
ds_dbx_update_securable(const DsServer *server, const DsSecurable *kind,
						const DsRow *old_row, DsRow *new_row, const Bitmapset *changed)
{
	const DsTable *table = ds_table(kind->table);
	cJSON	   *body = build_change(table, new_row, changed);
	DsHttpRequest *request = NULL;

	if (ds_dbx_has_column(table, changed, "name"))
		refuse_renaming(server, kind, old_row);
	if (ds_dbx_has_column(table, changed, "owner"))
		request = change_owner(server, kind, old_row, new_row);
	if (body)
		request = change_others(server, kind, old_row, new_row, changed, body);
	ds_dbx_fill_from_reply(table, request, new_row);
	ds_row_hide_secrets(table, new_row);
}
