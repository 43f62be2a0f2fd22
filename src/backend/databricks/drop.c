/*-------------------------------------------------------------------------
 *
 * drop.c
 *	  Dropping shares and recipients, which cannot be undone.
 *
 * The grants, tokens and objects of what is dropped are gone.  So a drop is
 * only looked at now, and sent when the transaction commits.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/drop.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "backend/databricks/body.h"
#include "backend/databricks/securable.h"
#include "backend/databricks/undo.h"
#include "transaction/deferral.h"

typedef struct Deletion
{
	const DsServer *server;
	const DsSecurable *kind;
	const char *name;
	const char *mend;			/* SQL that makes it again */
} Deletion;

static void
send_deletion(void *argument)
{
	Deletion   *deletion = argument;
	const DsSecurable *kind = deletion->kind;
	DsSubject	subject = ds_dbx_securable_subject(kind, "drop", deletion->name);
	const char *path = ds_dbx_path(kind->path, deletion->name);
	DsUndo	   *undo = ds_dbx_undo_drop(deletion->server, ds_table(kind->table), path,
										deletion->name, deletion->mend);
	DsHttpRequest *request;

	request = ds_dbx_change_if_exists(deletion->server, DS_DELETE, path, NULL, DS_REPEAT_SAFE,
									  &subject, undo);
	if (request)
		(void) ds_dbx_finish(request);
}

static void
append_line(StringInfo sql, const char *line)
{
	appendStringInfo(sql, "%s%s", sql->len > 0 ? "\n" : "", line);
}

static void
append_grants(StringInfo sql, const DsServer *server, const char *key, const char *name)
{
	const DsTable *grants = ds_table(DS_GRANTS);
	ListCell   *lc;

	foreach(lc, ds_dbx_read_grants(server, key, name))
	{
		const char *recipient = ds_row_text(grants, lfirst(lc), "recipient_name");

		if (recipient)
			append_line(sql, ds_dbx_mend(server, psprintf("grant_select(%s, %s",
														  ds_undo_name("share", ds_row_text(grants, lfirst(lc), "share_name")),
														  ds_undo_name("recipient", recipient))));
	}
}

/* SQL that makes again what is to be dropped; tokens of a recipient are new ones. */
static char *
describe_thing(const DsServer *server, const DsSecurable *kind, const char *name, const cJSON *thing)
{
	const DsTable *table = ds_table(kind->table);
	DsRow	   *row = ds_row_create(table);
	const cJSON *object;
	StringInfoData sql;

	initStringInfo(&sql);
	ds_dbx_fill_written_row(table, thing, NULL, row);
	append_line(&sql, ds_dbx_mend_creation(server, table, name,
										   ds_row_json(table, row, ds_dbx_insertable(table), false)));
	cJSON_ArrayForEach(object, ds_json_array(thing, "objects"))
	{
		DsRow	   *object_row = ds_row_create(ds_table(DS_SHARE_OBJECTS));

		ds_dbx_fill_written_row(ds_table(DS_SHARE_OBJECTS), object, name, object_row);
		append_line(&sql, ds_dbx_mend_object(server, object_row));
	}
	append_grants(&sql, server, kind->table == DS_SHARES ? "share_name" : "recipient_name", name);
	return sql.data;
}

bool
ds_dbx_delete_securable(const DsServer *server, const DsSecurable *kind, const DsRow *row)
{
	const DsTable *table = ds_table(kind->table);
	const char *name = ds_row_text(table, row, "name");
	DsSubject	subject = ds_dbx_securable_subject(kind, "drop", name);
	const cJSON *thing;
	const char *mend;
	MemoryContext old;
	Deletion   *deletion;

	if (ds_is_deferred(server->oid, kind->table, name))
		return false;
	thing = ds_dbx_read_if_exists(server, psprintf("%s%s", ds_dbx_path(kind->path, name),
												   kind->table == DS_SHARES ? "?include_shared_data=true" : ""),
								  &subject);
	if (thing == NULL)
		return false;
	mend = describe_thing(server, kind, name, thing);

	old = MemoryContextSwitchTo(TopTransactionContext);
	deletion = palloc(sizeof(Deletion));
	deletion->server = ds_server_copy(server);
	deletion->kind = kind;
	deletion->name = pstrdup(name);
	deletion->mend = pstrdup(mend);
	MemoryContextSwitchTo(old);
	ds_defer(server->oid, kind->table, name, psprintf("drop %s \"%s\"", table->noun, name),
			 send_deletion, deletion);
	return true;
}
