/*-------------------------------------------------------------------------
 *
 * undo_grants.c
 *	  How grants and revocations are taken back.
 *
 * Either is there or not, and the request that takes it back says which it shall
 * be: there is nothing of another client's that it could overwrite.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/undo_grants.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "backend/databricks/undo.h"

typedef struct Argument
{
	bool		granted;
	const char *share_path;
	const char *path;
	const char *body;
	List	   *grants;			/* char *, share and recipient */
} Argument;

static const DsTable *
grants(void)
{
	return ds_table(DS_GRANTS);
}

/* of names in UTF-8 */
static char *
fact(const char *what, const char *share, const char *recipient)
{
	return psprintf("%s\n%s\n%s", what, share, recipient);
}

#define GRANTED		"granted"
#define TAKEN_BACK	"taken back"

bool
ds_dbx_undo_granted(const char *share, const char *recipient)
{
	return ds_undo_is_noted(fact(GRANTED, share, recipient));
}

bool
ds_dbx_undo_taken_back(const char *share, const char *recipient)
{
	return ds_undo_is_noted(fact(TAKEN_BACK, share, recipient));
}

static void
note_grants(const Argument *argument, const char *what)
{
	ListCell   *lc;

	foreach(lc, argument->grants)
		ds_undo_note(psprintf("%s\n%s", what, (char *) lfirst(lc)));
}

/* Some changes of a body */
static char *
body_of(const cJSON *changes, int first, int count)
{
	StringInfoData body;
	const cJSON *change = cJSON_GetArrayItem(changes, first);

	initStringInfo(&body);
	for (int i = 0; i < count; i++, change = change->next)
	{
		char	   *text = ds_json_body(change);

		appendStringInfo(&body, "%s%s", i == 0 ? "{\"changes\":[" : ",", text);
		pfree(text);
	}
	appendStringInfoString(&body, "]}");
	return body.data;
}

/* One line of a text */
static char *
line_of(const char *text, int number)
{
	while (number-- > 0)
		text = strchr(text, '\n') + 1;
	return pnstrdup(text, strcspn(text, "\n"));
}

/* What is left to do: lines of the texts that the undo has */
typedef struct Left
{
	StringInfoData mend;
	StringInfoData parts;
} Left;

/*
 * Take some changes back.  A recipient that is not there makes the platform
 * refuse all, so look for it by halves.
 */
static void
take_some_back(const DsUndoCall *call, const cJSON *changes, int first, int count, Left *left)
{
	const Argument *argument = call->argument;

	if (ds_dbx_undo_send(call, DS_PATCH, argument->path, body_of(changes, first, count)))
		return;
	if (count == 1)
	{
		appendStringInfo(&left->mend, "%s%s", left->mend.len > 0 ? "\n" : "", line_of(call->mend, first));
		appendStringInfo(&left->parts, "%s\n", line_of(call->parts, first));
		return;
	}
	take_some_back(call, changes, first, count / 2, left);
	take_some_back(call, changes, first + count / 2, count - count / 2, left);
}

/* Somebody dropped a recipient, or the share: the grants of the others remain to be taken back. */
static void
take_back_rest(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const cJSON *changes = ds_json_array(ds_dbx_undo_parse(argument->body), "changes");
	int			count = cJSON_GetArraySize(changes);
	Left		left;

	if (count == 1 || ds_dbx_undo_look(call, argument->share_path) == NULL)
		return;
	initStringInfo(&left.mend);
	initStringInfo(&left.parts);
	take_some_back(call, changes, 0, count / 2, &left);
	take_some_back(call, changes, count / 2, count - count / 2, &left);
	call->mend = left.mend.data;
	call->parts = left.parts.data;
}

void
ds_dbx_undo_rename_granted(bool share, const char *name, const char *former)
{
	List	   *notes = list_copy(ds_undo_notes());
	ListCell   *lc;

	foreach(lc, notes)
	{
		const char *note = lfirst(lc);
		const char *of_share = strchr(note, '\n') + 1;
		const char *recipient = strchr(of_share, '\n') + 1;
		char	   *what = pnstrdup(note, of_share - 1 - note);
		char	   *its_share = pnstrdup(of_share, recipient - 1 - of_share);

		if (strcmp(share ? its_share : recipient, name) == 0)
			ds_undo_note(share ? fact(what, former, recipient) : fact(what, its_share, former));
	}
}

static char *
take_back(DsUndoCall *call)
{
	const Argument *argument = call->argument;

	note_grants(argument, GRANTED);
	if (!ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->body))
		take_back_rest(call);
	else
		call->mend = "";
	note_grants(argument, TAKEN_BACK);
	/* what is not there has no grant */
	if (argument->granted || *call->mend == '\0')
		return NULL;
	return pstrdup("Share or recipient is not there any more.");
}

static bool
is_ours(const Argument *argument, const char *principal)
{
	ListCell   *lc;

	foreach(lc, argument->grants)
		if (strcmp(strchr(lfirst(lc), '\n') + 1, principal) == 0)
			return true;
	return false;
}

static const char *
find_ours(const cJSON *page, const void *arg)
{
	const cJSON *assignment;

	cJSON_ArrayForEach(assignment, cJSON_GetObjectItemCaseSensitive(page, "privilege_assignments"))
	{
		const char *principal = ds_dbx_undo_text(assignment, "principal");

		if (principal && is_ours(arg, principal) &&
			cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(assignment, "privileges")) > 0)
			return "It stands.";
	}
	return NULL;
}

/* It could not be taken back: was it granted at all? */
static char *
check_grants(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	const char *found = ds_dbx_undo_search(call, argument->path, find_ours, argument);

	return found ? pstrdup(found) : NULL;
}

/* "grant SELECT to recipient "x" on share "y"" */
static char *
describe(bool granting, DsRow **rows, int nrows)
{
	const char *recipient = ds_row_text(grants(), rows[0], "recipient_name");
	const char *share = ds_row_text(grants(), rows[0], "share_name");

	if (nrows > 1 || recipient == NULL)
		return psprintf("%s %d privileges on share \"%s\"", granting ? "grant" : "revoke", nrows, share);
	return psprintf("%s %s %s recipient \"%s\" on share \"%s\"", granting ? "grant" : "revoke",
					ds_row_text(grants(), rows[0], "privilege"), granting ? "to" : "from",
					recipient, share);
}

/* One statement for each grant. */
static char *
mend(const DsServer *server, bool granted, DsRow **rows, int nrows)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < nrows; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? "\n" : "",
						 ds_dbx_mend(server, psprintf("%s(%s, %s%s", granted ? "revoke_select" : "grant_select",
													  ds_undo_name("share", ds_row_text(grants(), rows[i], "share_name")),
													  ds_undo_name("recipient", ds_row_text(grants(), rows[i], "recipient_name")),
													  granted ? ", if_exists => true" : "")));
	return sql.data;
}

DsUndo *
ds_dbx_undo_grants(const DsServer *server, bool granted, DsRow **rows, int nrows, const cJSON *back)
{
	const char *share = ds_row_text(grants(), rows[0], "share_name");
	DsUndo	   *undo = ds_dbx_undo_new(server, ds_table(DS_SHARES), share);
	Argument   *argument = ds_undo_alloc(sizeof(Argument));
	const char *utf8_share = ds_dbx_undo_to_utf8(share);
	StringInfoData parts;
	MemoryContext old;

	argument->granted = granted;
	argument->share_path = ds_undo_keep(ds_dbx_path(UC_PREFIX "/shares/{name}", share));
	argument->path = ds_undo_keep(psprintf("%s/permissions", argument->share_path));
	argument->body = ds_undo_keep(ds_json_body(back));
	initStringInfo(&parts);
	for (int i = 0; i < nrows; i++)
	{
		const char *recipient = ds_row_text(grants(), rows[i], "recipient_name");
		char	   *grant = psprintf("%s\n%s", utf8_share, ds_dbx_undo_to_utf8(recipient));

		appendStringInfo(&parts, "%s %s\n", ds_row_text(grants(), rows[i], "privilege"),
						 ds_undo_name("recipient", recipient));
		old = MemoryContextSwitchTo(ds_undo_context());
		argument->grants = lappend(argument->grants, pstrdup(grant));
		undo->others = lappend(undo->others, pstrdup(recipient));
		MemoryContextSwitchTo(old);
	}
	undo->others_noun = "recipient";
	undo->parts = ds_undo_keep(parts.data);
	undo->change = ds_undo_keep(describe(granted, rows, nrows));
	undo->reversal = ds_undo_keep(describe(!granted, rows, nrows));
	undo->mend = ds_undo_keep(mend(server, granted, rows, nrows));
	undo->action = take_back;
	undo->check = granted ? check_grants : NULL;
	undo->argument = argument;
	return undo;
}

static char *
tell_loss(DsUndoCall *call)
{
	return pstrdup("Nothing can be granted to a recipient that is deleted.");
}

DsUndo *
ds_dbx_undo_loss(const DsServer *server, const char *share, int count)
{
	DsUndo	   *undo = ds_dbx_undo_new(server, ds_table(DS_SHARES), share);

	undo->change = ds_undo_keep(count == 1
								? psprintf("revoke a privilege of a deleted recipient on share \"%s\"", share)
								: psprintf("revoke %d privileges of deleted recipients on share \"%s\"", count, share));
	undo->action = tell_loss;
	return undo;
}
