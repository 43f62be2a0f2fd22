/*-------------------------------------------------------------------------
 *
 * redact.c
 *	  Take secrets out of the text of a statement.
 *
 * CREATE USER MAPPING carries a token in its text, and that text goes to
 * pg_stat_statements, to pg_stat_activity, to the log when the statement fails
 * or is slow, and to auto_explain.  All of them read the same buffer, and read
 * it after the statement was parsed, so the secret is overwritten in place:
 * same length, no reader has to know.  The literals that the statement works
 * with were copied by the parser.
 *
 * The validator does it for the statement that the client sent, whatever was
 * loaded before.  The hook does it also for statements inside functions, once
 * the library is loaded.  What no extension can prevent is log_statement,
 * which prints a statement before it is run; the README says what to do.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/redact.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "foreign/foreign.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"

#include "fdw/fdw.h"

static ProcessUtility_hook_type previous_hook = NULL;

/*
 * Overwrite each occurrence of the secret as the statement spells it: quotes
 * doubled.  Other spellings (escape strings, dollar quotes with the same text)
 * contain either this or the plain form.
 */
static bool
overwrite(char *text, const char *secret)
{
	bool		found = false;
	size_t		length = strlen(secret);

	if (length == 0)
		return false;
	for (char *p = strstr(text, secret); p; p = strstr(p + length, secret))
	{
		memset(p, '*', length);
		found = true;
	}
	return found;
}

static char *
double_quotes(const char *secret)
{
	StringInfoData text;

	initStringInfo(&text);
	for (const char *p = secret; *p; p++)
	{
		if (*p == '\'')
			appendStringInfoChar(&text, '\'');
		appendStringInfoChar(&text, *p);
	}
	return text.data;
}

static bool
redact_text(const char *text, const char *secret)
{
	bool		found;

	if (text == NULL)
		return false;
	/* the buffer is ours to write to, only its declaration says otherwise */
	found = overwrite(unconstify(char *, text), secret);
	if (strchr(secret, '\''))
		found |= overwrite(unconstify(char *, text), double_quotes(secret));
	return found;
}

void
ds_redact_statement(const char *secret)
{
	if (redact_text(debug_query_string, secret))
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
}

static List *
mapping_options(Node *statement)
{
	const char *server_name = NULL;
	List	   *options = NIL;
	ForeignServer *server;

	if (IsA(statement, CreateUserMappingStmt))
	{
		server_name = ((CreateUserMappingStmt *) statement)->servername;
		options = ((CreateUserMappingStmt *) statement)->options;
	}
	else if (IsA(statement, AlterUserMappingStmt))
	{
		server_name = ((AlterUserMappingStmt *) statement)->servername;
		options = ((AlterUserMappingStmt *) statement)->options;
	}
	if (server_name == NULL)
		return NIL;
	server = GetForeignServerByName(server_name, true);
	return server && ds_server_is_ours(server->serverid) ? options : NIL;
}

static void
redact_utility(PlannedStmt *pstmt, const char *query_string)
{
	ListCell   *lc;

	foreach(lc, mapping_options(pstmt->utilityStmt))
	{
		DefElem    *def = lfirst(lc);

		if (def->arg && IsA(def->arg, String) && strcmp(def->defname, "client_id") != 0 &&
			strcmp(def->defname, "profile") != 0 && strcmp(def->defname, "config_file") != 0)
			(void) redact_text(query_string, strVal(def->arg));
	}
}

static void
deltashare_process_utility(DS_PROCESS_UTILITY_ARGS)
{
	redact_utility(pstmt, queryString);
	if (previous_hook)
		previous_hook(DS_PROCESS_UTILITY_PASS);
	else
		standard_ProcessUtility(DS_PROCESS_UTILITY_PASS);
}

void
ds_redact_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = deltashare_process_utility;
}
