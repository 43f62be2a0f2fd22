/*-------------------------------------------------------------------------
 *
 * undo_securable.c
 *	  How changes of shares and recipients are taken back.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/undo_securable.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "backend/databricks/undo.h"

typedef struct Argument
{
	const char *path;			/* of the thing, after the change */
	const char *look_path;		/* to see it with all that hangs on it */
	const char *grants_path;	/* of the grants of a new thing */
	const char *former_path;	/* before the change, if it was renamed */
	const char *utf8_name;		/* names after and before that */
	const char *utf8_former;
	bool		is_share;
	const char *body;			/* takes it back; NULL: nothing does */
	const char *fields;			/* names of those that are compared, of the reply */
	const char *expected;		/* fields as we left them; before a reply: as asked for */
	const char *before;			/* fields as they were */
	const char *lost;			/* sentence about what keeps its new value */
	const char *lost_part;
	double		created_at;		/* of the thing, which no change changes; 0: not known */
} Argument;

/* Is it the thing of our change, and not another one that has its name now? */
static bool
is_same_thing(const Argument *argument, const cJSON *thing)
{
	const cJSON *created_at = cJSON_GetObjectItemCaseSensitive(thing, "created_at");

	return argument->created_at == 0 || !cJSON_IsNumber(created_at) ||
		created_at->valuedouble == argument->created_at;
}

/* Fields of the reply, or of the request, that are not to be compared */
static char *
without_field(const cJSON *fields, const char *name)
{
	cJSON	   *copy = unconstify(cJSON *, ds_dbx_undo_parse(ds_json_body(fields)));

	cJSON_DeleteItemFromObjectCaseSensitive(copy, name);
	return ds_json_body(copy);
}

void
ds_dbx_undo_expect_any(DsUndo *undo, const char *field)
{
	Argument   *argument = undo->argument;

	argument->expected = ds_undo_keep(without_field(ds_dbx_undo_parse(argument->expected), field));
}

void
ds_dbx_undo_learn(DsUndo *undo, const DsHttpRequest *request)
{
	Argument   *argument = undo->argument;
	const cJSON *reply = ds_json_try_parse(request->reply, request->reply_length);
	const cJSON *created_at = cJSON_GetObjectItemCaseSensitive(reply, "created_at");

	if (cJSON_IsNumber(created_at))
		argument->created_at = created_at->valuedouble;
	if (cJSON_IsObject(reply) && reply->child)
		argument->expected = ds_undo_keep(ds_dbx_pick_fields(ds_dbx_undo_parse(argument->fields), reply));
}

/* ============================================================
 * Creation
 * ============================================================
 */

/* {"principal", "privileges"} of a share, which goes with the grants that we made */
static const char *
find_foreign_principal(const cJSON *page, const char *share)
{
	const cJSON *assignment;

	cJSON_ArrayForEach(assignment, cJSON_GetObjectItemCaseSensitive(page, "privilege_assignments"))
	{
		const char *principal = ds_dbx_undo_text(assignment, "principal");

		if (principal && *principal && !ds_dbx_undo_granted(share, principal) &&
			cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(assignment, "privileges")) > 0)
			return DS_CHANGED_SINCE;
	}
	return NULL;
}

/* {"share_name", "privilege_assignments"} of a recipient, whose grants outlive it */
static const char *
find_foreign_share(const cJSON *page, const char *recipient)
{
	const cJSON *permission;

	cJSON_ArrayForEach(permission, cJSON_GetObjectItemCaseSensitive(page, "permissions_out"))
	{
		const char *share = ds_dbx_undo_text(permission, "share_name");

		if (share && !ds_dbx_undo_taken_back(share, recipient) &&
			cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(permission, "privilege_assignments")) > 0)
			return ds_dbx_undo_granted(share, recipient)
				? "A grant to it could not be taken back before." : DS_CHANGED_SINCE;
	}
	return NULL;
}

/* Has anybody else granted the new share, or granted something to the new recipient?  A sentence, or NULL. */
static const char *
find_foreign_grant(const cJSON *page, const void *name)
{
	const char *found = find_foreign_principal(page, name);

	return found ? found : find_foreign_share(page, name);
}

static char *
remove_thing(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *thing = ds_dbx_undo_look(call, argument->look_path);
	const char *foreign;

	if (thing == NULL || !is_same_thing(argument, thing))
		return NULL;
	if (call->in_doubt)
		return pstrdup("It is there, but the request that asked for it was never answered: it may be another client's.");
	if (!call->forced &&
		(!ds_dbx_same_fields(ds_dbx_undo_parse(argument->expected), thing) ||
		 cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(thing, "objects")) > 0))
		return pstrdup(DS_CHANGED_SINCE);
	foreign = ds_dbx_undo_search(call, argument->grants_path, find_foreign_grant,
								 ds_dbx_undo_text(thing, "name"));
	if (foreign)
		return pstrdup(foreign);
	(void) ds_dbx_undo_send(call, DS_DELETE, argument->path, NULL);
	return NULL;
}

/* All fields that anybody could change, without values. */
static char *
writable_fields(const DsTable *table)
{
	cJSON	   *fields = ds_json_new_object();

	for (int i = 0; i < table->ncolumns; i++)
	{
		const DsColumn *column = &table->columns[i];

		if ((column->flags & (DS_COL_INSERT | DS_COL_UPDATE)) && strcmp(column->name, "name") != 0)
			ds_json_add_raw(fields, pnstrdup(column->path, strcspn(column->path, ".")), "null");
	}
	return ds_json_body(fields);
}

DsUndo *
ds_dbx_undo_creation(const DsServer *server, const DsTable *table, const char *path, const char *name,
					 const cJSON *body)
{
	DsUndo	   *undo = ds_dbx_undo_new(server, table, name);
	Argument   *argument = ds_undo_alloc(sizeof(Argument));
	bool		is_share = table->id == DS_SHARES;

	argument->path = ds_undo_keep(path);
	argument->look_path = ds_undo_keep(psprintf("%s%s", path, is_share ? "?include_shared_data=true" : ""));
	argument->grants_path = ds_undo_keep(psprintf("%s/%s", path, is_share ? "permissions" : "share-permissions"));
	argument->fields = ds_undo_keep(writable_fields(table));
	argument->expected = ds_undo_keep(without_field(body, "name"));
	undo->creates = true;
	undo->change = ds_undo_keep(psprintf("create %s \"%s\"", table->noun, name));
	undo->reversal = ds_undo_keep(psprintf("drop %s \"%s\"", table->noun, name));
	undo->mend = ds_undo_keep(ds_dbx_mend_drop(server, table, name));
	undo->action = remove_thing;
	undo->argument = argument;
	return undo;
}

/* ============================================================
 * Alteration
 * ============================================================
 */

/* What is known by its later name is known by its former one. */
static void
note_former_name(const Argument *argument)
{
	if (argument->former_path)
		ds_dbx_undo_rename_granted(argument->is_share, argument->utf8_name, argument->utf8_former);
}

static char *
restore_thing(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *thing = ds_dbx_undo_look(call, argument->look_path);
	bool		is_before;

	if (thing == NULL)
	{
		if (call->in_doubt && argument->former_path && ds_dbx_undo_look(call, argument->former_path))
			return NULL;
		return pstrdup(DS_GONE_SINCE);
	}
	if (!is_same_thing(argument, thing))
		return pstrdup(DS_GONE_SINCE);
	is_before = argument->former_path == NULL && argument->before &&
		ds_dbx_same_fields(ds_dbx_undo_parse(argument->before), thing);
	if (is_before && (call->in_doubt || argument->lost == NULL))
		return NULL;
	if (!is_before && !call->forced &&
		!ds_dbx_same_fields(ds_dbx_undo_parse(argument->expected), thing))
		return pstrdup(DS_CHANGED_SINCE);
	if (argument->body && !is_before &&
		!ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->body))
		return pstrdup(DS_GONE_SINCE);
	note_former_name(argument);
	if (argument->lost == NULL)
		return NULL;
	call->mend = NULL;
	call->parts = argument->lost_part;
	return pstrdup(argument->lost);
}

/* When undoing a new name failed: has the thing its former name again? */
static char *
check_former_name(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *thing;

	if (argument->created_at == 0 || ds_dbx_undo_look(call, argument->look_path))
		return pstrdup("It has its new name.");
	thing = ds_dbx_undo_look(call, argument->former_path);
	if (thing == NULL || !is_same_thing(argument, thing))
		return pstrdup(DS_GONE_SINCE);
	note_former_name(argument);
	return NULL;
}

/* Names of fields as parts of a thing */
static char *
parts_of(const cJSON *fields)
{
	StringInfoData parts;
	const cJSON *field;

	initStringInfo(&parts);
	cJSON_ArrayForEach(field, fields)
		appendStringInfo(&parts, "%s\n", field->string);
	return parts.data;
}

DsUndo *
ds_dbx_undo_alteration(const DsServer *server, const DsDbxAlteration *alteration)
{
	const DsTable *table = alteration->table;
	DsUndo	   *undo = ds_dbx_undo_new(server, table, alteration->new_name);
	Argument   *argument = ds_undo_alloc(sizeof(Argument));
	bool		renamed = strcmp(alteration->name, alteration->new_name) != 0;

	argument->path = ds_undo_keep(alteration->new_path);
	argument->look_path = argument->path;
	if (renamed)
	{
		argument->former_path = ds_undo_keep(alteration->path);
		argument->utf8_name = ds_undo_keep(ds_dbx_undo_to_utf8(alteration->new_name));
		argument->utf8_former = ds_undo_keep(ds_dbx_undo_to_utf8(alteration->name));
		argument->is_share = table->id == DS_SHARES;
	}
	argument->expected = argument->fields = ds_undo_keep(without_field(alteration->after, "new_name"));
	if (alteration->before)
	{
		argument->body = ds_undo_keep(ds_json_body(alteration->before));
		argument->before = ds_undo_keep(without_field(alteration->before, "new_name"));
	}
	if (alteration->lost)
	{
		argument->lost = ds_undo_keep(psprintf("The platform cannot remove %s again.", alteration->lost));
		argument->lost_part = ds_undo_keep(psprintf("%s\n", alteration->lost));
	}

	undo->parts = ds_undo_keep(parts_of(ds_dbx_undo_parse(argument->fields)));
	undo->check = renamed ? check_former_name : NULL;
	undo->former = renamed ? ds_undo_keep(alteration->name) : NULL;
	undo->change = ds_undo_keep(psprintf("alter %s \"%s\"", table->noun, alteration->new_name));
	if (argument->body)
		undo->reversal = ds_undo_keep(psprintf("restore %s \"%s\"", table->noun, alteration->new_name));
	if (argument->body)
		undo->mend = ds_undo_keep(ds_dbx_mend_thing(server, table, alteration->new_name, alteration->changes));
	undo->action = restore_thing;
	undo->argument = argument;
	return undo;
}

/* ============================================================
 * What is made when the transaction commits
 * ============================================================
 */

/* Dropped is dropped; but perhaps it is not. */
static char *
tell_drop(DsUndoCall *call)
{
	const Argument *argument = call->argument;

	if (call->in_doubt && ds_dbx_undo_look(call, argument->look_path))
		return NULL;
	return pstrdup("The platform cannot undo it.");
}

DsUndo *
ds_dbx_undo_drop(const DsServer *server, const DsTable *table, const char *path, const char *name,
				 const char *mend)
{
	DsUndo	   *undo = ds_dbx_undo_new(server, table, name);
	Argument   *argument = ds_undo_alloc(sizeof(Argument));

	argument->look_path = ds_undo_keep(path);
	undo->change = ds_undo_keep(psprintf("drop %s \"%s\"", table->noun, name));
	undo->mend = ds_undo_keep(mend);
	undo->action = tell_drop;
	undo->argument = argument;
	return undo;
}

static char *
tell_rotation(DsUndoCall *call)
{
	return pstrdup(call->in_doubt
				   ? "It may have been done: the request was sent, but no answer came."
				   : "The platform cannot undo it.");
}

DsUndo *
ds_dbx_undo_rotation(const DsServer *server, const char *recipient)
{
	DsUndo	   *undo = ds_dbx_undo_new(server, ds_table(DS_RECIPIENTS), recipient);

	undo->change = ds_undo_keep(psprintf("rotate the token of recipient \"%s\"", recipient));
	undo->action = tell_rotation;
	return undo;
}
