/*-------------------------------------------------------------------------
 *
 * grants.c
 *	  Granting and revoking privileges on shares.
 *
 * What stood before is read first: a grant that is there already must survive
 * a rollback of granting it again.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/grants.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "backend/databricks/undo.h"

#define GRANTS_PATH	UC_PREFIX "/shares/{name}/permissions"

static const DsTable *
grants(void)
{
	return ds_table(DS_GRANTS);
}

static const char *
column(const DsRow *row, const char *name)
{
	return ds_row_text(grants(), row, name);
}

static DsSubject
subject_of(const char *verb, const char *preposition, const DsRow *row)
{
	DsSubject	subject = {0};

	subject.share = column(row, "share_name");
	subject.recipient = column(row, "recipient_name");
	subject.action = psprintf("%s %s on share \"%s\" %s recipient \"%s\"", verb,
							  column(row, "privilege"), subject.share, preposition,
							  subject.recipient ? subject.recipient : "(deleted)");
	return subject;
}

/* {"changes": [{"principal", "add" | "remove": [privilege]}]} for some rows */
static cJSON *
build_changes(const char *verb, DsRow **rows, int nrows)
{
	cJSON	   *body = ds_json_new_object();
	cJSON	   *changes = ds_json_add_array(body, "changes");

	for (int i = 0; i < nrows; i++)
	{
		cJSON	   *change = ds_json_append_object(changes);
		const char *principal = column(rows[i], "recipient_name");
		int			id = ds_column_index(grants(), "principal_id");

		/* a deleted recipient has no name left, only an id */
		if (principal)
			ds_json_add_text(change, "principal", principal);
		else if (!rows[i]->nulls[id])
			ds_json_add_int64(change, "principal_id", DatumGetInt64(rows[i]->values[id]));
		ds_json_append_text(ds_json_add_array(change, verb), column(rows[i], "privilege"));
	}
	return body;
}

/* A scan of our own does the paging. */
List *
ds_dbx_read_grants(const DsServer *server, const char *key_column, const char *name)
{
	DsScanSpec	spec = {0};
	DsKey		key = {0};
	DsScan	   *scan;
	DsRow	   *row = ds_row_create(grants());
	List	   *rows = NIL;

	key.column = ds_column_index(grants(), key_column);
	key.nvalues = 1;
	key.values = palloc(sizeof(char *));
	key.values[0] = pstrdup(name);
	spec.table = grants();
	spec.columns = bms_add_range(NULL, 0, grants()->ncolumns - 1);
	spec.keys = &key;
	spec.nkeys = 1;
	scan = ds_dbx_begin_scan(server, &spec);
	while (ds_dbx_next_row(scan, row))
	{
		/* a name that is no usable key was looked for in the list of all */
		if (column(row, key_column) == NULL || strcmp(column(row, key_column), name) != 0)
			continue;
		ds_row_detach(grants(), row);
		rows = lappend(rows, row);
		row = ds_row_create(grants());
	}
	ds_dbx_end_scan(scan);
	return rows;
}

static List *
read_grants(const DsServer *server, const char *share)
{
	return ds_dbx_read_grants(server, "share_name", share);
}

static const DsRow *
find_grant(List *standing, const DsRow *wanted)
{
	ListCell   *lc;

	foreach(lc, standing)
	{
		const DsRow *row = lfirst(lc);

		if (column(row, "recipient_name") &&
			strcmp(column(row, "recipient_name"), column(wanted, "recipient_name")) == 0 &&
			strcmp(column(row, "privilege"), column(wanted, "privilege")) == 0)
			return row;
	}
	return NULL;
}

void
ds_dbx_insert_grants(const DsServer *server, DsRow **rows, int nrows)
{
	DsSubject	subject = subject_of("grant", "to", rows[0]);
	List	   *standing = read_grants(server, subject.share);
	DsRow	  **missing = palloc(nrows * sizeof(DsRow *));
	int			nmissing = 0;
	DsUndo	   *undo = NULL;

	for (int i = 0; i < nrows; i++)
		if (find_grant(standing, rows[i]) == NULL)
			missing[nmissing++] = rows[i];
	if (nmissing > 0)
		undo = ds_dbx_undo_grants(server, true, missing, nmissing,
								  build_changes("remove", missing, nmissing));

	/* reads may lag behind, so what seems to stand is granted all the same */
	(void) ds_dbx_finish(ds_dbx_change(server, DS_PATCH, ds_dbx_path(GRANTS_PATH, subject.share),
									   build_changes("add", rows, nrows), DS_REPEAT_SAFE,
									   &subject, undo));
	if (nmissing > 0)
		standing = read_grants(server, subject.share);
	for (int i = 0; i < nrows; i++)
	{
		const DsRow *row = find_grant(standing, rows[i]);

		if (row)
			*rows[i] = *row;
	}
}

/*
 * A row out of a scan has the principal's id.  Of another one we do not know
 * whether it is there; it is revoked all the same, as reads may lag behind.
 */
bool
ds_dbx_delete_grant(const DsServer *server, const DsRow *row)
{
	DsSubject	subject = subject_of("revoke", "from", row);
	DsRow	   *copy = unconstify(DsRow *, row);
	bool		stands = !row->nulls[ds_column_index(grants(), "principal_id")];
	DsHttpRequest *request;
	DsUndo	   *undo = NULL;

	if (!stands && subject.recipient == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("grant of a deleted recipient can only be revoked by its principal_id"),
				 errhint("Add the column \"principal_id\" to the foreign table.")));
	if (!stands)
		stands = find_grant(read_grants(server, subject.share), row) != NULL;
	if (stands && subject.recipient)
		undo = ds_dbx_undo_grants(server, false, &copy, 1, build_changes("add", &copy, 1));
	request = ds_dbx_change_if_exists(server, DS_PATCH, ds_dbx_path(GRANTS_PATH, subject.share),
									  build_changes("remove", &copy, 1), DS_REPEAT_SAFE, &subject, undo);
	if (request == NULL)
		return false;
	(void) ds_dbx_finish(request);
	return stands;
}
