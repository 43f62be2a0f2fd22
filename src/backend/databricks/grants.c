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
subject_of(const char *verb, const char *preposition, const DsRow *row, int nrows)
{
	DsSubject	subject = {0};

	subject.share = column(row, "share_name");
	if (nrows > 1)
	{
		subject.action = psprintf("%s %d privileges on share \"%s\"", verb, nrows, subject.share);
		return subject;
	}
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

/* The grants of a share as they stand, sorted to be found: there may be thousands. */
typedef struct Grant
{
	const char *recipient;
	const char *privilege;
	const DsRow *row;
} Grant;

typedef struct Standing
{
	Grant	   *grants;
	int			ngrants;
} Standing;

static Grant
grant_of(const DsRow *row)
{
	Grant		grant = {column(row, "recipient_name"), column(row, "privilege"), row};

	return grant;
}

static int
compare_grants(const void *a, const void *b)
{
	const Grant *x = a;
	const Grant *y = b;
	int			result = strcmp(x->recipient, y->recipient);

	return result != 0 ? result : strcmp(x->privilege, y->privilege);
}

static Standing
read_standing(const DsServer *server, const char *share)
{
	List	   *rows = ds_dbx_read_grants(server, "share_name", share);
	Standing	standing = {palloc(Max(list_length(rows), 1) * sizeof(Grant)), 0};
	ListCell   *lc;

	foreach(lc, rows)
		if (column(lfirst(lc), "recipient_name"))
			standing.grants[standing.ngrants++] = grant_of(lfirst(lc));
	qsort(standing.grants, standing.ngrants, sizeof(Grant), compare_grants);
	return standing;
}

static const DsRow *
find_grant(const Standing *standing, const DsRow *wanted)
{
	Grant		key = grant_of(wanted);
	const Grant *found = bsearch(&key, standing->grants, standing->ngrants, sizeof(Grant), compare_grants);

	return found ? found->row : NULL;
}

void
ds_dbx_insert_grants(const DsServer *server, DsRow **rows, int nrows)
{
	DsSubject	subject = subject_of("grant", "to", rows[0], nrows);
	Standing	standing = read_standing(server, subject.share);
	DsRow	  **missing = palloc(nrows * sizeof(DsRow *));
	int			nmissing = 0;
	DsUndo	   *undo = NULL;
	DsHttpRequest *request;

	for (int i = 0; i < nrows; i++)
		if (find_grant(&standing, rows[i]) == NULL)
			missing[nmissing++] = rows[i];
	if (nmissing > 0)
		undo = ds_dbx_undo_grants(server, true, missing, nmissing,
								  build_changes("remove", missing, nmissing));

	/* reads may lag behind, so what seems to stand is granted all the same */
	request = ds_dbx_perform(server, DS_PATCH, ds_dbx_path(GRANTS_PATH, subject.share),
							 build_changes("add", rows, nrows), DS_REPEAT_SAFE, undo);
	if (!ds_dbx_succeeded(request))
	{
		/* whether a PATCH of several does a part is not documented */
		if (nrows > 1 && undo && !undo->armed)
			ds_undo_arm(undo, true);
		ds_dbx_raise(server, request, &subject);
	}
	(void) ds_dbx_finish(request);
	if (nmissing > 0)
		standing = read_standing(server, subject.share);
	for (int i = 0; i < nrows; i++)
	{
		const DsRow *row = find_grant(&standing, rows[i]);

		if (row)
			*rows[i] = *row;
	}
}

static bool
has_principal_id(const DsRow *row)
{
	return !row->nulls[ds_column_index(grants(), "principal_id")];
}

/*
 * What stands of the rows, NULL for what does not.  A row out of a scan has the
 * principal's id; whether another is there, we have to look.
 */
static DsRow **
look_at_grants(const DsServer *server, DsRow **rows, int nrows)
{
	DsRow	  **result = palloc(nrows * sizeof(DsRow *));
	Standing	standing = {NULL, -1};	/* not read yet */

	for (int i = 0; i < nrows; i++)
	{
		if (has_principal_id(rows[i]))
		{
			result[i] = rows[i];
			continue;
		}
		if (column(rows[i], "recipient_name") == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("grant of a deleted recipient can only be revoked by its principal_id"),
					 errhint("Add the column \"principal_id\" to the foreign table.")));
		if (standing.ngrants < 0)
			standing = read_standing(server, column(rows[i], "share_name"));
		result[i] = unconstify(DsRow *, find_grant(&standing, rows[i]));
	}
	return result;
}

/* Of those that stand; a grant of a deleted recipient cannot be given back. */
static DsUndo *
prepare_undo_of_revocation(const DsServer *server, DsRow **standing, int nrows)
{
	DsRow	  **named = palloc(nrows * sizeof(DsRow *));
	int			nnamed = 0;

	for (int i = 0; i < nrows; i++)
		if (standing[i] && column(standing[i], "recipient_name"))
			named[nnamed++] = standing[i];
	return nnamed == 0 ? NULL
		: ds_dbx_undo_grants(server, false, named, nnamed, build_changes("add", named, nnamed));
}

/* Of the deleted recipients, which a rollback can only name. */
static DsUndo *
prepare_undo_of_loss(const DsServer *server, DsRow **rows, int nrows)
{
	int			nlost = 0;

	for (int i = 0; i < nrows; i++)
		if (column(rows[i], "recipient_name") == NULL)
			nlost++;
	return nlost == 0 ? NULL : ds_dbx_undo_loss(server, column(rows[0], "share_name"), nlost);
}

/*
 * Revoke grants of one share; how many there were.  What does not seem to stand
 * is revoked all the same, as reads may lag behind.
 */
int
ds_dbx_delete_grants(const DsServer *server, DsRow **rows, int nrows)
{
	DsSubject	subject = subject_of("revoke", "from", rows[0], nrows);
	DsRow	  **standing = look_at_grants(server, rows, nrows);
	DsUndo	   *loss = prepare_undo_of_loss(server, rows, nrows);
	int			count = 0;
	DsHttpRequest *request;

	request = ds_dbx_change_if_exists(server, DS_PATCH, ds_dbx_path(GRANTS_PATH, subject.share),
									  build_changes("remove", rows, nrows), DS_REPEAT_SAFE, &subject,
									  prepare_undo_of_revocation(server, standing, nrows));
	if (request)
	{
		if (loss)
			ds_undo_arm(loss, false);
		(void) ds_dbx_finish(request);
		for (int i = 0; i < nrows; i++)
			if (standing[i])
				count++;
		return count;
	}

	/*
	 * The share is not there, or just one of the recipients.  What stood is
	 * taken for standing still: whether such a PATCH does a part is not
	 * documented.
	 */
	for (int i = 0; nrows > 1 && i < nrows; i++)
		count += ds_dbx_delete_grants(server, standing[i] ? &standing[i] : &rows[i], 1);
	return count;
}
