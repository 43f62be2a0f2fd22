/*-------------------------------------------------------------------------
 *
 * query.c
 *	  Put a statement together.
 *
 * The columns of a table are computed in a subquery, so that everything around
 * it speaks of columns only:
 *
 *	SELECT unix_micros(r1.request_time), r1.table_name
 *	FROM (SELECT event_time AS request_time, ... FROM system.access.audit
 *		  WHERE ...) AS r1
 *	WHERE r1.recipient_name = :p1
 *
 * What is grouped or distinct is a subquery again: its columns have names, and
 * the outermost SELECT brings them into the form in which they are sent.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/query.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

#define DAYS_MARK	"{days}"

/* A condition, or whatever else was found to be renderable when planning. */
static char *
render(DsRemoteContext *context, Expr *expr)
{
	DsValueKind kind;
	char	   *text = ds_remote_try(context, expr, &kind);

	if (text == NULL)
		elog(ERROR, "expression has no equal in the SQL of the server");
	return text;
}

static void
append_conditions(DsRemoteContext *context, StringInfo out, const char *keyword, List *conditions)
{
	ListCell   *lc;

	foreach(lc, conditions)
		appendStringInfo(out, "%s%s", foreach_current_index(lc) > 0 ? " AND " : keyword,
						 render(context, lfirst(lc)));
}

/* "request_params" is to_json(map): the map itself. */
static char *
map_of_json(const char *path)
{
	const char *prefix = "to_json(";

	Assert(strncmp(path, prefix, strlen(prefix)) == 0);
	return pnstrdup(path + strlen(prefix), strlen(path) - strlen(prefix) - 1);
}

/* The name of the server is the same in all rows. */
static char *
server_parameter(DsRemoteContext *context, const char *name)
{
	Const	   *constant = makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum(name), false, false);

	return ds_remote_parameter(context, (Expr *) constant, DS_FORM_TEXT);
}

static void
append_columns(DsRemoteContext *context, const DsRemoteTable *remote, StringInfo out)
{
	int			i = -1;
	const char *separator = "";

	while ((i = bms_next_member(remote->used, i)) >= 0)
	{
		const DsColumn *column = &remote->table->columns[i];

		if (strcmp(column->path, column->name) == 0)
			appendStringInfo(out, "%s%s", separator, column->name);
		else
			appendStringInfo(out, "%s%s AS %s", separator, column->path, column->name);
		separator = ", ";
	}
	if (remote->uses_map)
	{
		int			column = ds_column_index(remote->table, "request_params");

		appendStringInfo(out, "%s%s AS request_params_map", separator, map_of_json(remote->table->columns[column].path));
		separator = ", ";
	}
	if (remote->uses_server)
	{
		appendStringInfo(out, "%s%s AS server", separator, server_parameter(context, remote->server_name));
		separator = ", ";
	}
	if (*separator == '\0')
		appendStringInfoString(out, "1 AS one");
}

static void
append_source(const DsRemoteTable *remote, StringInfo out)
{
	const char *from = remote->source->from;
	const char *mark;
	ListCell   *lc;

	while ((mark = strstr(from, DAYS_MARK)) != NULL)
	{
		appendBinaryStringInfo(out, from, mark - from);
		foreach(lc, remote->day_limits)
			appendStringInfo(out, " AND %s", (char *) lfirst(lc));
		from = mark + strlen(DAYS_MARK);
	}
	appendStringInfoString(out, from);
}

static void
append_table(DsRemoteContext *context, const DsRemoteTable *remote, StringInfo out)
{
	appendStringInfoString(out, "(SELECT ");
	append_columns(context, remote, out);
	appendStringInfoString(out, " FROM ");
	append_source(remote, out);
	appendStringInfo(out, ") AS r%u", remote->relid);
}

static const DsRemoteTable *
find_table(const DsRemoteContext *context, Index relid)
{
	ListCell   *lc;

	foreach(lc, context->tables)
		if (((DsRemoteTable *) lfirst(lc))->relid == relid)
			return lfirst(lc);
	elog(ERROR, "table %u is not in the statement", relid);
}

static const char *
join_keyword(JoinType type)
{
	switch (type)
	{
		case JOIN_INNER:
			return "JOIN";
		case JOIN_LEFT:
			return "LEFT JOIN";
		case JOIN_RIGHT:
			return "RIGHT JOIN";
		case JOIN_FULL:
			return "FULL JOIN";
		default:
			elog(ERROR, "join type %d cannot be sent", (int) type);
	}
}

/* Conditions of joins come first: they too use columns. */
static void
render_joins(DsRemoteContext *context, const DsRemoteJoin *join, List **conditions)
{
	StringInfoData on;

	if (join->relid != 0)
		return;
	render_joins(context, join->left, conditions);
	render_joins(context, join->right, conditions);
	initStringInfo(&on);
	append_conditions(context, &on, "", join->conditions);
	*conditions = lappend(*conditions, on.len > 0 ? on.data : "true");
}

static void
append_from(DsRemoteContext *context, const DsRemoteJoin *join, List **conditions, StringInfo out)
{
	if (join->relid != 0)
	{
		append_table(context, find_table(context, join->relid), out);
		return;
	}
	appendStringInfoChar(out, '(');
	append_from(context, join->left, conditions, out);
	appendStringInfo(out, " %s ", join_keyword(join->type));
	append_from(context, join->right, conditions, out);
	appendStringInfo(out, " ON %s)", (char *) linitial(*conditions));
	*conditions = list_delete_first(*conditions);
}

/* A column in the form in which it is sent. */
static char *
sent_form(DsValueKind kind, const char *text)
{
	switch (kind)
	{
		case DS_VALUE_TIME:
			return psprintf("unix_micros(%s)", text);
		case DS_VALUE_DATE:
			return psprintf("unix_date(%s)", text);
		case DS_VALUE_NUMERIC:
		case DS_VALUE_AVG:
		case DS_VALUE_VAR_SAMP:
		case DS_VALUE_VAR_POP:
		case DS_VALUE_STDDEV_SAMP:
		case DS_VALUE_STDDEV_POP:
			return psprintf("CAST(%s AS STRING)", text);
		default:
			return pstrdup(text);
	}
}

/*
 * The result's columns: in *inner as they are computed, under names if
 * "named", in *outer as they are sent.
 */
static List *
render_results(DsRemoteContext *context, List *results, bool named, StringInfo inner, StringInfo outer)
{
	List	   *kinds = NIL;
	int			number = 0;
	ListCell   *lc,
			   *lc2;

	foreach(lc, results)
	{
		DsRemoteColumn *column = ds_remote_result(context, lfirst(lc));

		if (column == NULL)
			elog(ERROR, "result column has no equal in the SQL of the server");
		kinds = lappend_int(kinds, column->kind);
		foreach(lc2, column->texts)
		{
			const char *separator = number++ > 0 ? ", " : "";

			appendStringInfo(inner, "%s%s AS c%d", separator, (char *) lfirst(lc2), number);
			appendStringInfo(outer, "%s%s", separator,
							 sent_form(column->kind, named ? psprintf("c%d", number) : lfirst(lc2)));
		}
	}
	if (number == 0)
	{
		appendStringInfoString(inner, "1 AS c1");
		appendStringInfoString(outer, "1");
	}
	return kinds;
}

/* The name of the result column that is this expression. */
static char *
result_name(const DsRemoteQuery *query, List *kinds, Expr *expr)
{
	int			number = 1;
	ListCell   *lc;

	foreach(lc, query->results)
	{
		if (equal(lfirst(lc), expr))
			return psprintf("q.c%d", number);
		number += ds_value_fields(list_nth_int(kinds, foreach_current_index(lc)));
	}
	elog(ERROR, "sort key is not among the results");
}

static void
append_order(DsRemoteContext *context, const DsRemoteQuery *query, List *kinds, bool named, StringInfo out)
{
	ListCell   *lc;

	foreach(lc, query->sort_keys)
	{
		DsSortKey  *key = lfirst(lc);

		appendStringInfo(out, "%s%s %s NULLS %s", foreach_current_index(lc) > 0 ? ", " : " ORDER BY ",
						 named ? result_name(query, kinds, key->expr) : render(context, key->expr),
						 key->descending ? "DESC" : "ASC", key->nulls_first ? "FIRST" : "LAST");
	}
}

static void
append_limit(DsRemoteContext *context, const DsRemoteQuery *query, StringInfo out)
{
	if (query->limit)
		appendStringInfo(out, " LIMIT %s", ds_remote_parameter(context, (Expr *) query->limit, DS_FORM_LIMIT));
	if (query->offset)
		appendStringInfo(out, " OFFSET %s", ds_remote_parameter(context, (Expr *) query->offset, DS_FORM_LIMIT));
}

static void
append_group_by(DsRemoteContext *context, const DsRemoteQuery *query, StringInfo out)
{
	ListCell   *lc;

	foreach(lc, query->group_by)
		appendStringInfo(out, "%s%s", foreach_current_index(lc) > 0 ? ", " : " GROUP BY ", render(context, lfirst(lc)));
	append_conditions(context, out, " HAVING ", query->having);
}

static bool
is_mentioned(const char *text, const char *name)
{
	size_t		length = strlen(name);

	for (const char *p = text; (p = strstr(p, name)) != NULL; p += length)
		if (p > text && p[-1] == ':' && !isdigit((unsigned char) p[length]))
			return true;
	return false;
}

/* A server refuses parameters that a statement does not use. */
static void
mark_unused_parameters(DsRemoteContext *context, const char *text)
{
	ListCell   *lc;

	foreach(lc, context->forms)
		if (!is_mentioned(text, ds_remote_describe_parameter(foreach_current_index(lc) + 1, lfirst_int(lc)).name))
			lfirst_int(lc) = DS_FORM_UNUSED;
}

char *
ds_remote_statement(DsRemoteContext *context, const DsRemoteQuery *query, List **kinds)
{
	bool		named = query->grouped || query->distinct;
	List	   *join_conditions = NIL;
	StringInfoData inner,
				outer,
				body,
				tail,
				text;
	ListCell   *lc;

	initStringInfo(&inner);
	initStringInfo(&outer);
	initStringInfo(&body);
	initStringInfo(&tail);
	initStringInfo(&text);

	/* whatever uses columns, before the tables */
	context->aggregates = query->grouped;
	*kinds = render_results(context, query->results, named, &inner, &outer);
	context->aggregates = false;
	render_joins(context, query->from, &join_conditions);
	append_conditions(context, &body, " WHERE ", query->conditions);
	context->aggregates = query->grouped;
	append_group_by(context, query, &body);
	append_order(context, query, *kinds, named, &tail);
	append_limit(context, query, &tail);
	foreach(lc, query->conditions)
		ds_remote_limit_days(context, lfirst(lc));

	appendStringInfo(&text, "SELECT %s FROM ", outer.data);
	if (named)
		appendStringInfo(&text, "(SELECT %s%s FROM ", query->distinct && !query->grouped ? "DISTINCT " : "", inner.data);
	append_from(context, query->from, &join_conditions, &text);
	appendStringInfoString(&text, body.data);
	if (named)
		appendStringInfoString(&text, ") AS q");
	appendStringInfoString(&text, tail.data);
	mark_unused_parameters(context, text.data);
	return text.data;
}
