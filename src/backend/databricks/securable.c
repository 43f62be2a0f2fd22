/*-------------------------------------------------------------------------
 *
 * securable.c
 *	  Writing shares and recipients.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/securable.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "backend/databricks/body.h"
#include "backend/databricks/securable.h"
#include "transaction/deferral.h"
#include "transaction/undo.h"

const DsSecurable ds_dbx_share = {DS_SHARES, UC_PREFIX "/shares", UC_PREFIX "/shares/{name}"};
const DsSecurable ds_dbx_recipient = {DS_RECIPIENTS, UC_PREFIX "/recipients", UC_PREFIX "/recipients/{name}"};

static DsSubject
subject_of(const DsSecurable *kind, const char *verb, const char *name)
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
patch(const DsServer *server, const DsSecurable *kind, const char *name, const cJSON *body)
{
	DsSubject	subject = subject_of(kind, "alter", name);

	subject.new_name = ds_json_text(body, "new_name");
	return ds_dbx_send(server, DS_PATCH, ds_dbx_path(kind->path, name), body,
					   ds_json_get(body, "new_name") ? DS_REPEAT_IF_REFUSED : DS_REPEAT_SAFE,
					   &subject);
}

static void
push_undo(const DsServer *server, const DsSecurable *kind, DsHttpMethod method,
		  const char *name, const cJSON *body)
{
	ds_undo_push(ds_dbx_target(server), method, ds_dbx_path(kind->path, name),
				 body ? ds_json_body(body) : NULL,
				 psprintf("%s %s \"%s\"", method == DS_DELETE ? "create" : "alter",
						  ds_table(kind->table)->noun, name),
				 psprintf("%s %s \"%s\"", method == DS_DELETE ? "drop" : "restore",
						  ds_table(kind->table)->noun, name));
}

static DsHttpRequest *
set_owner(const DsServer *server, const DsSecurable *kind, const char *name, const char *owner)
{
	cJSON	   *body = ds_json_new_object();

	ds_json_add_text(body, "owner", owner);
	return patch(server, kind, name, body);
}

void
ds_dbx_insert_securable(const DsServer *server, const DsSecurable *kind, DsRow *row)
{
	static const char *const except[] = {"owner", NULL};
	const DsTable *table = ds_table(kind->table);
	const char *name = ds_row_text(table, row, "name");
	const char *owner = ds_row_text(table, row, "owner");
	DsSubject	subject = subject_of(kind, "create", name);
	cJSON	   *body = ds_json_new_object();
	DsHttpRequest *request;

	ds_dbx_add_fields(body, table, row, ds_dbx_insertable(table), except, false);
	request = ds_dbx_send(server, DS_POST, kind->collection, body, DS_REPEAT_IF_REFUSED, &subject);
	push_undo(server, kind, DS_DELETE, name, NULL);
	ds_dbx_fill_from_reply(table, request, row);

	if (owner && (ds_row_is_null(table, row, "owner") ||
				  strcmp(owner, ds_row_text(table, row, "owner")) != 0))
	{
		/* the link is in the first answer only */
		const DsRow created = *row;

		*row = *ds_row_create(table);
		ds_dbx_fill_from_reply(table, set_owner(server, kind, name, owner), row);
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

/* Take back what can be taken back of a change, and tell what cannot. */
static void
push_restoration(const DsServer *server, const DsSecurable *kind, const DsRow *old_row,
				 const char *new_name, const Bitmapset *changed)
{
	const DsTable *table = ds_table(kind->table);
	cJSON	   *body = build_change(table, old_row, changed);
	const char *irreversible = ds_dbx_find_irreversible(table, old_row, changed);

	if (irreversible)
		ds_undo_push_warning(ds_dbx_target(server), NULL,
							 psprintf("%s of %s \"%s\" on server \"%s\" stays changed although the transaction rolled back",
									  irreversible, table->noun, new_name, server->name),
							 "The platform cannot remove it.");
	if (body)
		push_undo(server, kind, DS_PATCH, new_name, body);
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
	const char *old_name = ds_row_text(table, old_row, "name");
	const char *new_name = ds_row_text(table, new_row, "name");
	const char *old_owner = ds_row_text(table, old_row, "owner");
	const char *new_owner = ds_row_text(table, new_row, "owner");
	cJSON	   *body = build_change(table, new_row, changed);
	DsHttpRequest *request = NULL;

	if (ds_dbx_has_column(table, changed, "owner"))
	{
		request = set_owner(server, kind, old_name, new_owner);
		if (old_owner)
		{
			cJSON	   *back = ds_json_new_object();

			ds_json_add_text(back, "owner", old_owner);
			push_undo(server, kind, DS_PATCH, old_name, back);
		}
	}
	if (body)
	{
		request = patch(server, kind, old_name, body);
		push_restoration(server, kind, old_row, new_name, changed);
	}
	ds_dbx_fill_from_reply(table, request, new_row);
	ds_row_hide_secrets(table, new_row);
}

/* A deletion that waits for the end of the transaction. */
typedef struct Deletion
{
	const DsServer *server;
	const DsSecurable *kind;
	const char *name;
} Deletion;

static void
send_deletion(void *argument)
{
	Deletion   *deletion = argument;
	DsSubject	subject = subject_of(deletion->kind, "drop", deletion->name);
	DsHttpRequest *request;

	request = ds_dbx_send_if_exists(deletion->server, DS_DELETE,
									ds_dbx_path(deletion->kind->path, deletion->name), NULL,
									DS_REPEAT_SAFE, &subject);
	if (request)
		(void) ds_dbx_finish(request);
}

static bool
exists(const DsServer *server, const DsSecurable *kind, const char *name)
{
	DsSubject	subject = subject_of(kind, "drop", name);
	DsHttpRequest *request;

	if (ds_is_deferred(server->oid, kind->table, name))
		return false;
	request = ds_dbx_send_if_exists(server, DS_GET, ds_dbx_path(kind->path, name), NULL,
									DS_REPEAT_SAFE, &subject);
	return request && ds_dbx_finish(request);
}

/*
 * What was deleted cannot be restored: its grants, tokens, objects would be
 * gone.  So it is only looked at now.
 */
bool
ds_dbx_delete_securable(const DsServer *server, const DsSecurable *kind, const DsRow *row)
{
	const char *name = ds_row_text(ds_table(kind->table), row, "name");
	MemoryContext old;
	Deletion   *deletion;

	if (!exists(server, kind, name))
		return false;
	old = MemoryContextSwitchTo(TopTransactionContext);
	deletion = palloc(sizeof(Deletion));
	deletion->server = ds_server_copy(server);
	deletion->kind = kind;
	deletion->name = pstrdup(name);
	MemoryContextSwitchTo(old);
	ds_defer(server->oid, kind->table, name,
			 psprintf("%s \"%s\" was dropped on server \"%s\"",
					  ds_table(kind->table)->noun, name, server->name),
			 send_deletion, deletion);
	return true;
}

/*
 * An answer that never came would make a second rotation end the token that
 * the first one made, so this is sent once.
 */
void
ds_dbx_rotate_token(const DsServer *server, const char *recipient,
					int64 expire_in_seconds, DsRow *result)
{
	DsSubject	subject = subject_of(&ds_dbx_recipient, "rotate the token of", recipient);
	cJSON	   *body = ds_json_new_object();
	DsHttpRequest *request;

	ds_dbx_refuse_dropped(server, DS_RECIPIENTS, recipient);
	ds_json_add_int64(body, "existing_token_expire_in_seconds", expire_in_seconds);
	request = ds_dbx_send(server, DS_POST,
						  ds_dbx_path(UC_PREFIX "/recipients/{name}/rotate-token", recipient),
						  body, DS_REPEAT_NEVER, &subject);
	ds_undo_push_warning(ds_dbx_target(server), psprintf("rotate the token of recipient \"%s\"", recipient),
						 psprintf("the token of recipient \"%s\" on server \"%s\" was rotated although the transaction rolled back",
								  recipient, server->name),
						 "The platform cannot undo it.");
	ds_dbx_fill_from_reply(ds_table(DS_RECIPIENTS), request, result);
}
