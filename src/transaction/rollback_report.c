/*-------------------------------------------------------------------------
 *
 * rollback_report.c
 *	  What a rollback could not undo, and the one warning that says so.
 *
 * A thing may have had another name when the change was made, and get it back
 * while others of its changes remain.  So the SQL that mends a change has marks
 * in the place of names, which are replaced only in the end.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/rollback_report.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "transaction/rollback_report.h"

/* A name in SQL: mark, noun, mark, name, mark.  Names have no such characters. */
#define NAME_FORMAT	"\1%s\2%s\3"

/* Bytes of the warning; what remains beyond is counted. */
#define MAX_TEXT	(8 * 1024 * 1024)

typedef struct Thing
{
	const char *server;
	const char *noun;
	const char *name;
} Thing;

typedef struct Remain
{
	Thing		thing;			/* as it is named now */
	const char *what;			/* completes "could not ..." */
	const char *reason;
	const char *mend;			/* or NULL */
	const char *parts;			/* or NULL */
} Remain;

char *
ds_undo_name(const char *noun, const char *name)
{
	return psprintf(NAME_FORMAT, noun, name);
}

static bool
is_named(const Thing *thing, const DsUndo *undo, const char *noun, const char *name)
{
	return strcmp(thing->name, name) == 0 && strcmp(thing->noun, noun) == 0 &&
		strcmp(thing->server, undo->target.server_name) == 0;
}

static bool
is_thing(const Thing *thing, const DsUndo *undo, const char *name)
{
	return is_named(thing, undo, undo->noun, name);
}

static Thing
make_thing(const DsUndo *undo, const char *name)
{
	Thing		thing = {undo->target.server_name, undo->noun, name};

	return thing;
}

static List *
add_thing(List *things, const DsUndo *undo, const char *name)
{
	Thing	   *thing = palloc(sizeof(Thing));

	*thing = make_thing(undo, name);
	return lappend(things, thing);
}

bool
ds_report_has_failed(const DsRollbackReport *report, const DsUndo *undo)
{
	ListCell   *lc;

	foreach(lc, report->failed)
		if (is_thing(lfirst(lc), undo, undo->name))
			return true;
	return false;
}

bool
ds_report_is_misnamed(const DsRollbackReport *report, const DsUndo *undo)
{
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, report->misnamed)
	{
		if (is_thing(lfirst(lc), undo, undo->name))
			return true;
		foreach(other, undo->others)
			if (is_named(lfirst(lc), undo, undo->others_noun, lfirst(other)))
				return true;
	}
	return false;
}

/* Is there such a line? */
static bool
has_line(const char *lines, const char *line, size_t length)
{
	for (const char *p = lines; *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, line, length) == 0)
			return true;
	return false;
}

/* How many lines of the first text does the second have, too; all of them? */
static int
count_common(const char *lines, const char *others, bool *all)
{
	int			count = 0;

	*all = true;
	for (const char *p = lines; *p;)
	{
		size_t		length = strcspn(p, "\n") + 1;

		if (has_line(others, p, length))
			count++;
		else
			*all = false;
		p += length;
	}
	return count;
}

bool
ds_report_overlaps(const DsRollbackReport *report, const DsUndo *undo)
{
	ListCell   *lc;
	bool		all;

	foreach(lc, report->remains)
	{
		const Remain *remain = lfirst(lc);

		if (undo->parts && remain->parts && is_thing(&remain->thing, undo, undo->name) &&
			count_common(remain->parts, undo->parts, &all) > 0 && !all)
			return true;
	}
	return false;
}

/* Is what remains done, now that this is undone? */
static bool
is_covered(const Remain *remain, const DsUndo *undo)
{
	bool		all;

	if (!is_thing(&remain->thing, undo, undo->name))
		return false;
	return undo->creates ||
		(undo->parts && remain->parts && count_common(remain->parts, undo->parts, &all) > 0 && all);
}

static char *
copy_text(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

void
ds_report_add(DsRollbackReport *report, const DsUndo *undo, const char *reason,
			  const DsUndoCall *call, bool failed)
{
	Remain	   *remain = palloc(sizeof(Remain));

	remain->thing = make_thing(undo, undo->name);
	remain->what = psprintf(undo->reversal ? "%s on server \"%s\"" : "undo: %s on server \"%s\"",
							undo->reversal ? undo->reversal : undo->change, undo->target.server_name);
	remain->reason = pstrdup(reason);
	remain->mend = copy_text(call->mend);
	remain->parts = copy_text(call->parts);
	report->remains = lappend(report->remains, remain);
	if (failed)
		report->failed = add_thing(report->failed, undo, undo->name);
	if (undo->former)
		report->misnamed = add_thing(report->misnamed, undo, undo->former);
}

/* Replace a marked name in a text, or NULL. */
static const char *
rename_in(const char *text, const char *name, const char *former)
{
	StringInfoData result;

	if (text == NULL)
		return NULL;
	initStringInfo(&result);
	for (const char *p = text; *p;)
	{
		if (strncmp(p, name, strlen(name)) == 0)
		{
			appendStringInfoString(&result, former);
			p += strlen(name);
		}
		else
			appendStringInfoChar(&result, *p++);
	}
	return result.data;
}

/* The thing has its former name again. */
static void
rename_thing(Remain *remain, const DsUndo *undo)
{
	char	   *name = ds_undo_name(undo->noun, undo->name);
	char	   *former = ds_undo_name(undo->noun, undo->former);

	if (is_thing(&remain->thing, undo, undo->name))
		remain->thing.name = undo->former;
	remain->mend = rename_in(remain->mend, name, former);
	remain->parts = rename_in(remain->parts, name, former);
}

void
ds_report_undone(DsRollbackReport *report, const DsUndo *undo)
{
	List	   *left = NIL;
	ListCell   *lc;

	foreach(lc, report->remains)
		if (!is_covered(lfirst(lc), undo))
			left = lappend(left, lfirst(lc));
	report->remains = left;
	if (undo->former)
	{
		foreach(lc, report->remains)
			rename_thing(lfirst(lc), undo);
		if (ds_report_has_failed(report, undo))
			report->failed = add_thing(report->failed, undo, undo->former);
	}
}

/* If there is a marked name, append it; where it ends, else NULL. */
static const char *
append_name(StringInfo sql, const char *mark)
{
	const char *name = *mark == NAME_FORMAT[0] ? strchr(mark, NAME_FORMAT[3]) : NULL;
	const char *end = name ? strchr(name, NAME_FORMAT[6]) : NULL;

	if (end)
		appendStringInfoString(sql, quote_literal_cstr(pnstrdup(name + 1, end - name - 1)));
	return end;
}

/* The SQL, with the names as they are now. */
static void
append_mend(StringInfo sql, const Remain *remain)
{
	appendStringInfoChar(sql, '\n');
	for (const char *p = remain->mend; *p; p++)
	{
		const char *end = append_name(sql, p);

		if (end)
			p = end;
		else
			appendStringInfoChar(sql, *p);
	}
}

static void
warn_of_one(const Remain *remain)
{
	StringInfoData sql;

	initStringInfo(&sql);
	if (remain->mend)
		append_mend(&sql, remain);
	ereport(WARNING,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg_internal("could not %s", remain->what),
			 errdetail_internal("%s", remain->reason),
			 errhint("Undo it by hand, the transaction rolled back%s%s", sql.len > 0 ? ":" : ".", sql.data)));
}

static void
warn_of_several(const List *remains)
{
	int			count = list_length(remains);
	int			told = 0;
	StringInfoData detail;
	StringInfoData sql;
	ListCell   *lc;

	initStringInfo(&detail);
	initStringInfo(&sql);
	foreach(lc, remains)
	{
		const Remain *remain = lfirst(lc);

		if (detail.len + sql.len > MAX_TEXT)
			break;
		appendStringInfo(&detail, "%sCould not %s. %s", told > 0 ? "\n" : "", remain->what, remain->reason);
		if (remain->mend)
			append_mend(&sql, remain);
		told++;
	}
	if (told < count)
		appendStringInfo(&detail, "\nAnd %d more.", count - told);
	ereport(WARNING,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("could not undo %d changes of a transaction that rolled back", count),
			 errdetail_internal("%s", detail.data),
			 errhint("Undo them by hand, in this order%s%s", sql.len > 0 ? ":" : ".", sql.data)));
}

void
ds_report_warn(const DsRollbackReport *report)
{
	if (list_length(report->remains) == 1)
		warn_of_one(linitial(report->remains));
	else if (report->remains != NIL)
		warn_of_several(report->remains);
}
