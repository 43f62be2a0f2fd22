/*-------------------------------------------------------------------------
 *
 * statement_errors.c
 *	  From a statement that failed on a SQL warehouse to an error of
 *	  PostgreSQL.
 *
 * The platform tells a SQLSTATE of its own where the SQL is at fault; many are
 * the standard's and PostgreSQL's.  Elsewhere its error code decides.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/statement_errors.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/statement_state.h"
#include "remote_sql/remote_sql.h"

/*
 * Classes of SQLSTATEs that mean the same here: feature not supported, data
 * exception, syntax error or access rule violation, insufficient resources,
 * program limit exceeded.
 */
static const char *const shared_classes[] = {"0A", "22", "42", "53", "54"};

/* The platform's SQLSTATE as ours; 0 if it has none that fits. */
static int
shared_sqlstate(const char *state)
{
	if (state == NULL || strlen(state) != 5 ||
		strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5)
		return 0;
	for (int i = 0; i < lengthof(shared_classes); i++)
		if (strncmp(state, shared_classes[i], 2) == 0)
			return MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
	return 0;
}

static int
choose_sqlstate(const char *sql_state, const char *code, const char *message)
{
	int			sqlstate = shared_sqlstate(sql_state);

	if (message && strstr(message, "USER_RAISED_EXCEPTION") && strstr(message, DS_BIGINT_OVERFLOW))
		return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
	if (sqlstate == 0 && code)
		sqlstate = ds_dbx_sqlstate(code);
	/* BAD_REQUEST stands for everything that is wrong with a statement */
	if (sqlstate == 0 || (code && strcmp(code, "BAD_REQUEST") == 0 && shared_sqlstate(sql_state) == 0))
		return ERRCODE_FDW_ERROR;
	return sqlstate;
}

/* A text of the status, wherever it stands, if it is one. */
static const char *
status_text(const cJSON *status, const char *path)
{
	const cJSON *value = ds_json_get(status, path);

	return value && cJSON_IsString(value) ? ds_json_text_value(value, path) : NULL;
}

/* Does a text hold any of these words, whatever their case? */
static bool
mentions(const char *message, const char *const *words, int nwords)
{
	char	   *lower = message ? pstrdup(message) : NULL;

	if (lower == NULL)
		return false;
	for (char *p = lower; *p; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	for (int i = 0; i < nwords; i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

/*
 * How the platform says it is not documented, so this believes a lot: running
 * a statement once more is the worst that comes of it.
 */
bool
ds_statement_outgrew_inline(const cJSON *status)
{
	static const char *const words[] = {"inline", "limit", "mib", "too large", "external_links"};

	return mentions(status_text(status, "error.message"), words, lengthof(words));
}

static const char *
choose_hint(const DsStatement *s, int sqlstate, const char *message)
{
	static const char *const audit[] = {"system.access", "`system`.`access`"};

	if (sqlstate == ERRCODE_CONFIGURATION_LIMIT_EXCEEDED)
		return "The platform limits requests; try later.";
	if (!mentions(message, audit, lengthof(audit)) && !mentions(s->spec.text, audit, lengthof(audit)))
		return NULL;
	switch (sqlstate)
	{
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
			return "Reading system.access.audit takes USE CATALOG on catalog system, and USE SCHEMA and SELECT on schema system.access, "
				"which an administrator of account and metastore can grant.";
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_OBJECT:
			return "An administrator of the account may have to enable the system schema \"access\" of the metastore, "
				"which holds system.access.audit.";
		default:
			return NULL;
	}
}

/* The credentials must not be shown, whoever repeats them. */
static const char *
without_secret(const DsStatement *s, const char *message)
{
	if (s->target->token && strstr(message, s->target->token))
		return "(The platform's text holds the token and is not shown.)";
	return message;
}

void
ds_statement_failed(DsStatement *s, const char *state, const cJSON *status)
{
	const char *code = status_text(status, "error.error_code");
	const char *message = status_text(status, "error.message");
	const char *sql_state = status_text(status, "sql_state");
	int			sqlstate = choose_sqlstate(sql_state, code, message);
	const char *hint;
	StringInfoData detail;

	if (strcmp(state, "CLOSED") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("server \"%s\" no longer has the result of the statement", s->server->name),
				 errdetail("The state of the statement is %s.", state)));
	if (strcmp(state, "CANCELED") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("the statement was canceled on server \"%s\"", s->server->name),
				 errdetail("It was not canceled from here: by an administrator, or a limit of the SQL warehouse.")));

	initStringInfo(&detail);
	if (code)
		appendStringInfo(&detail, "Error code \"%s\"", ds_dbx_tidy_message(code));
	if (sql_state)
		appendStringInfo(&detail, "%sSQLSTATE %s", code ? ", " : "", ds_dbx_tidy_message(sql_state));
	appendStringInfo(&detail, "%s%s.", detail.len > 0 ? ": " : "",
					 message && *message ? ds_dbx_tidy_message(without_secret(s, message)) :
					 "The platform gave no reason");
	hint = choose_hint(s, sqlstate, message);
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("SQL warehouse of server \"%s\" could not run the statement", s->server->name),
			 errdetail_internal("%s", detail.data),
			 hint ? errhint("%s", hint) : 0));
}

void
ds_statement_incomplete(DsStatement *s, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("the result of server \"%s\" is incomplete", s->server->name),
			 errdetail_internal("%s", detail)));
}
