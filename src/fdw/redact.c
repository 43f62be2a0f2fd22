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
#include "parser/scanner.h"
#include "pgstat.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"

#include "fdw/fdw.h"

/*
 * What is shorter is nobody's secret, and blanking each occurrence of one letter
 * would leave a text that cannot be read.
 */
#define SHORTEST_SECRET		6

static ProcessUtility_hook_type previous_hook = NULL;

/* Overwrite each occurrence of a text. */
static bool
overwrite(const char *statement, const char *fragment)
{
	bool		found = false;
	size_t		length = strlen(fragment);

	if (statement == NULL || length == 0)
		return false;
	/* the buffer is ours to write to, only its declaration says otherwise */
	for (char *p = strstr(unconstify(char *, statement), fragment); p; p = strstr(p + length, fragment))
	{
		memset(p, '*', length);
		found = true;
	}
	return found;
}

/*
 * How the statement spells a literal of this value, without the quotes around
 * it: escape strings, doubled quotes and dollar quotes read differently.
 * PostgreSQL's own lexer finds it.  NULL if there is no such literal.
 */
static char *
find_spelling(const char *statement, const char *secret)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(statement, &extra, &ScanKeywords, ScanKeywordTokens);
	core_YYSTYPE value;
	YYLTYPE		location;
	char	   *spelling = NULL;
	int			token;

	while (spelling == NULL && (token = core_yylex(&value, &location, scanner)) != 0)
		if (token == DS_TOKEN_SCONST && strcmp(value.str, secret) == 0)
			/* the lexer ends its buffer behind the token */
			spelling = pstrdup(extra.scanbuf + location);
	scanner_finish(scanner);
	return spelling;
}

/* Take the quotes off: 'x', E'x', $tag$x$tag$ */
static char *
strip_quotes(char *spelling)
{
	char	   *start = strchr(spelling, '\'');
	char	   *end = strrchr(spelling, '\'');

	if (*spelling == '$')
	{
		start = strchr(spelling + 1, '$');
		end = strrchr(spelling, '$');
		for (end--; end > start && *end != '$';)
			end--;
	}
	if (start == NULL || end <= start)
		return spelling;
	*end = '\0';
	return start + 1;
}

/*
 * Take it out of the text of one statement, which may be inside of another,
 * out of what the client sent, and out of pg_stat_activity, which has a copy.
 */
static void
redact_everywhere(const char *statement, const char *secret)
{
	char	   *spelling;
	bool		found;

	if (strlen(secret) < SHORTEST_SECRET)
		return;
	spelling = statement ? find_spelling(statement, secret) : NULL;
	if (spelling)
		spelling = strip_quotes(spelling);
	found = overwrite(statement, secret);
	found |= overwrite(debug_query_string, secret);
	if (spelling)
	{
		found |= overwrite(statement, spelling);
		found |= overwrite(debug_query_string, spelling);
	}
	if (found && debug_query_string)
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
}

void
ds_redact_statement(const char *secret)
{
	redact_everywhere(debug_query_string, secret);
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
	/* a name that is misspelt may mean one of ours */
	return server == NULL || ds_server_is_ours(server->serverid) ? options : NIL;
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
			redact_everywhere(query_string, strVal(def->arg));
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
