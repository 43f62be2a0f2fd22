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
	const char *path;
	const char *body;
	List	   *facts;			/* char *, grants that it is about */
} Argument;

static const DsTable *
grants(void)
{
	return ds_table(DS_GRANTS);
}

static char *
fact(const char *share, const char *recipient)
{
	return psprintf("grant\n%s\n%s", share, recipient);
}

bool
ds_dbx_undo_granted(const char *share, const char *recipient)
{
	return ds_undo_is_noted(fact(share, recipient));
}

static char *
take_back(DsUndoCall *call)
{
	const Argument *argument = call->argument;
	ListCell   *lc;

	foreach(lc, argument->facts)
		ds_undo_note(lfirst(lc));
	if (ds_dbx_undo_send(call, DS_PATCH, argument->path, argument->body) || argument->granted)
		return NULL;
	return pstrdup("Share or recipient is not there any more.");
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
	MemoryContext old;

	argument->granted = granted;
	argument->path = ds_undo_keep(ds_dbx_path(UC_PREFIX "/shares/{name}/permissions", share));
	argument->body = ds_undo_keep(ds_json_body(back));
	old = MemoryContextSwitchTo(ds_undo_context());
	for (int i = 0; i < nrows; i++)
		argument->facts = lappend(argument->facts,
								  fact(share, ds_row_text(grants(), rows[i], "recipient_name")));
	MemoryContextSwitchTo(old);
	undo->change = ds_undo_keep(describe(granted, rows, nrows));
	undo->reversal = ds_undo_keep(describe(!granted, rows, nrows));
	undo->mend = ds_undo_keep(mend(server, granted, rows, nrows));
	undo->action = take_back;
	undo->argument = argument;
	return undo;
}
