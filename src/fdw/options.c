/*-------------------------------------------------------------------------
 *
 * options.c
 *	  Options of servers, user mappings and foreign tables.
 *
 * One table describes every option: where it is allowed, how its value reads,
 * who may set it, and where the value goes.  Validation, hints and filling in
 * follow from it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/options.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "fdw/fdw.h"
#include "fdw/routing.h"
#include "http/host.h"
#include "tables/tables.h"

typedef enum OptionType
{
	OPTION_TEXT,
	OPTION_HOST,
	OPTION_PROXY,
	OPTION_FILE,
	OPTION_TABLE,
	OPTION_BOOL,
	OPTION_COUNT,
	OPTION_TIME,				/* milliseconds when no unit is given */
	OPTION_SIZE					/* kilobytes when no unit is given */
} OptionType;

#define SUPERUSER	0x01		/* only a superuser may set it */
#define SECRET		0x02		/* never shown */

typedef struct Option
{
	const char *name;
	Oid			context;
	OptionType	type;
	int			flags;
	size_t		offset;			/* in DsOptions */
	int			minimum;
	int			maximum;
	int			initial;
} Option;

#define AT(field)	offsetof(DsOptions, field)

static const Option options[] = {
	{"host", ForeignServerRelationId, OPTION_HOST, 0, AT(host)},
	{"warehouse_id", ForeignServerRelationId, OPTION_TEXT, 0, AT(warehouse_id)},
	{"workspace_id", ForeignServerRelationId, OPTION_TEXT, 0, AT(workspace_id)},
	{"connect_timeout", ForeignServerRelationId, OPTION_TIME, 0, AT(connect_timeout), 1, 3600000, 10000},
	{"request_timeout", ForeignServerRelationId, OPTION_TIME, 0, AT(request_timeout), 1, 3600000, 60000},
	{"retry_timeout", ForeignServerRelationId, OPTION_TIME, 0, AT(retry_timeout), 0, 3600000, 300000},
	{"concurrency", ForeignServerRelationId, OPTION_COUNT, 0, AT(concurrency), 1, 64, 16},
	{"page_size", ForeignServerRelationId, OPTION_COUNT, 0, AT(page_size), 0, 10000, 0},
	{"max_reply_size", ForeignServerRelationId, OPTION_SIZE, 0, AT(max_reply_size), 64, 1048576, 32768},
	{"bulk_reads", ForeignServerRelationId, OPTION_BOOL, 0, AT(bulk_reads), .initial = true},
	{"ca_file", ForeignServerRelationId, OPTION_FILE, SUPERUSER, AT(ca_file)},
	{"proxy", ForeignServerRelationId, OPTION_PROXY, 0, AT(proxy)},

	{"token", UserMappingRelationId, OPTION_TEXT, SECRET, AT(token)},
	{"client_id", UserMappingRelationId, OPTION_TEXT, 0, AT(client_id)},
	{"client_secret", UserMappingRelationId, OPTION_TEXT, SECRET, AT(client_secret)},
	{"profile", UserMappingRelationId, OPTION_TEXT, SUPERUSER, AT(profile)},
	{"config_file", UserMappingRelationId, OPTION_FILE, SUPERUSER, AT(config_file)},

	{"table_name", ForeignTableRelationId, OPTION_TABLE, 0, AT(table_name)},
	{"show_activation_url", ForeignTableRelationId, OPTION_BOOL, 0, AT(show_activation_url)},
};

DS_FUNCTION_INFO(deltashare_fdw_validator);

static const Option *
find_option(const char *name, Oid context)
{
	for (int i = 0; i < lengthof(options); i++)
		if (options[i].context == context && strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* Where else does an option of that name belong?  NULL: nowhere. */
static const char *
name_other_context(const char *name)
{
	if (find_option(name, ForeignServerRelationId))
		return "CREATE SERVER";
	if (find_option(name, UserMappingRelationId))
		return "CREATE USER MAPPING";
	if (find_option(name, ForeignTableRelationId))
		return "CREATE FOREIGN TABLE";
	return NULL;
}

static void
refuse_option(const char *name, Oid context)
{
	const char *other = name_other_context(name);
	StringInfoData valid;

	initStringInfo(&valid);
	for (int i = 0; i < lengthof(options); i++)
		if (options[i].context == context)
			appendStringInfo(&valid, "%s%s", valid.len > 0 ? ", " : "", options[i].name);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("invalid option \"%s\"", name),
			 other ? errdetail("The option belongs to %s.", other) : 0,
			 valid.len > 0
			 ? errhint("Valid options in this context are: %s", valid.data)
			 : errhint("There are no valid options in this context.")));
}

/* Is there a password, as in "https://user:password@host"? */
static bool
holds_credentials(const Option *option, const char *value)
{
	const char *scheme = strstr(value, "://");
	const char *authority = scheme ? scheme + 3 : value;
	const char *at = strchr(authority, '@');
	const char *colon = strchr(authority, ':');

	return (option->type == OPTION_HOST || option->type == OPTION_PROXY) &&
		at != NULL && colon != NULL && colon < at;
}

static void
refuse_value(const Option *option, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 (option->flags & SECRET) || holds_credentials(option, value)
			 ? errmsg("invalid value for option \"%s\"", option->name)
			 : errmsg("invalid value for option \"%s\": \"%s\"", option->name, value),
			 errhint("%s", hint)));
}

static int
parse_number(const Option *option, const char *value)
{
	int			unit = option->type == OPTION_TIME ? GUC_UNIT_MS :
		option->type == OPTION_SIZE ? GUC_UNIT_KB : 0;
	const char *unit_name = option->type == OPTION_TIME ? " ms" :
		option->type == OPTION_SIZE ? " kB" : "";
	const char *hint = NULL;
	int			number;

	if (!parse_int(value, &number, unit, &hint))
		refuse_value(option, value, hint ? hint : "The value must be an integer.");
	if (number < option->minimum || number > option->maximum)
		refuse_value(option, value,
					 psprintf("Valid values are %d%s to %d%s.",
							  option->minimum, unit_name, option->maximum, unit_name));
	return number;
}

static const DsTable *
parse_table(const Option *option, const char *value)
{
	const DsTable *table = ds_table_by_name(value);
	StringInfoData names;

	if (table)
		return table;
	initStringInfo(&names);
	for (int i = 0; i < DS_TABLE_COUNT; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", ds_table(i)->name);
	refuse_value(option, value, psprintf("Valid tables are: %s.", names.data));
	return NULL;
}

static char *
parse_text(const Option *option, char *value)
{
	const char *problem = NULL;
	char	   *result = value;

	if (*value == '\0')
		refuse_value(option, value, "The value must not be empty.");
	for (const char *p = value; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7F)
			refuse_value(option, value, "The value must not contain control characters.");
	switch (option->type)
	{
		case OPTION_HOST:
			result = ds_host_normalize(value, &problem);
			break;
		case OPTION_PROXY:
			(void) ds_proxy_check(value, &problem);
			break;
		case OPTION_FILE:
			if (!is_absolute_path(value))
				problem = "The value must be an absolute path on the database server.";
			break;
		case OPTION_TABLE:
			(void) parse_table(option, value);
			break;
		default:
			break;
	}
	if (problem)
		refuse_value(option, value, problem);
	return result;
}

/* Check one value and, if "result" is given, put it there. */
static void
read_option(const Option *option, DefElem *def, DsOptions *result)
{
	char	   *place = (char *) result + option->offset;
	char	   *value = defGetString(def);

	switch (option->type)
	{
		case OPTION_BOOL:
			{
				bool		on = defGetBoolean(def);

				if (result)
					*(bool *) place = on;
				break;
			}
		case OPTION_COUNT:
		case OPTION_TIME:
		case OPTION_SIZE:
			{
				int			number = parse_number(option, value);

				if (result)
					*(int *) place = number;
				break;
			}
		default:
			value = parse_text(option, value);
			if (result)
				*(char **) place = value;
	}
}

static void
require_superuser(const Option *option)
{
	if ((option->flags & SUPERUSER) && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set option \"%s\"", option->name),
				 errdetail("The option lends files of the database server, so only superusers may set it.")));
}

/* A mapping names one kind of credential, and names it whole. */
static void
check_credentials(const DsOptions *o)
{
	int			kinds = (o->token != NULL) + (o->client_id != NULL || o->client_secret != NULL) +
		(o->profile != NULL);

	if (kinds > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("user mapping has more than one kind of credential"),
				 errhint("Give token, or client_id and client_secret, or profile.")));
	if ((o->client_id == NULL) != (o->client_secret == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"%s\" is missing", o->client_id ? "client_secret" : "client_id"),
				 errhint("client_id and client_secret belong together.")));
	if (o->config_file && !o->profile)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
				 errmsg("option \"profile\" is missing"),
				 errhint("config_file names the file that holds the profile.")));
}

/* Take every secret out of the statement's text before anything can fail. */
static void
redact_secrets(List *defs, Oid context)
{
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst(lc);
		const Option *option = find_option(def->defname, context);

		/* what we do not know may be a secret, misspelt */
		if (def->arg && (option == NULL || (option->flags & SECRET) != 0))
			ds_redact_statement(defGetString(def));
	}
}

Datum
deltashare_fdw_validator(PG_FUNCTION_ARGS)
{
	List	   *defs = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			context = PG_GETARG_OID(1);
	DsOptions	parsed = {0};
	ListCell   *lc;

	redact_secrets(defs, context);
	foreach(lc, defs)
	{
		DefElem    *def = lfirst(lc);
		const Option *option = find_option(def->defname, context);

		if (option == NULL)
			refuse_option(def->defname, context);
		require_superuser(option);
		read_option(option, def, &parsed);
	}
	if (context == UserMappingRelationId)
		check_credentials(&parsed);
	PG_RETURN_VOID();
}

static void
set_defaults(DsOptions *result)
{
	for (int i = 0; i < lengthof(options); i++)
	{
		void	   *value = (char *) result + options[i].offset;

		if (options[i].type == OPTION_BOOL)
			*(bool *) value = options[i].initial != 0;
		else if (options[i].maximum > 0)
			*(int *) value = options[i].initial;
	}
}

/* Stored options were valid once; those of another version are ignored. */
static void
fill_options(DsOptions *result, List *defs, Oid context)
{
	ListCell   *lc;

	foreach(lc, defs)
	{
		DefElem    *def = lfirst(lc);
		const Option *option = find_option(def->defname, context);

		if (option)
			read_option(option, def, result);
	}
}

/* The user's mapping, PUBLIC's if there is none of its own, or NULL. */
static UserMapping *
find_mapping(Oid server_oid, Oid user_id)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(user_id),
										ObjectIdGetDatum(server_oid));

	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(server_oid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	ReleaseSysCache(tuple);
	return GetUserMapping(user_id, server_oid);
}

static const DsBackend *
find_backend(const ForeignServer *server)
{
	const DsBackend *const backends[] = {&ds_local_backend, &ds_databricks_backend, &ds_routing_backend};

	if (server->servertype == NULL || *server->servertype == '\0')
		return &ds_local_backend;
	for (int i = 0; i < lengthof(backends); i++)
		if (strcmp(server->servertype, backends[i]->type) == 0)
			return backends[i];
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
			 errmsg("type \"%s\" of server \"%s\" is not valid",
					server->servertype, server->servername),
			 errhint("Valid types are: local (the default), databricks.")));
}

bool
ds_server_is_ours(Oid server_oid)
{
	ForeignServer *server = GetForeignServerExtended(server_oid, FSV_MISSING_OK);
	ForeignDataWrapper *wrapper;

	if (server == NULL)
		return false;
	wrapper = GetForeignDataWrapperExtended(server->fdwid, FDW_MISSING_OK);
	return wrapper && strcmp(wrapper->fdwname, DS_FDW_NAME) == 0;
}

DsServer *
ds_server_get(Oid server_oid, Oid user_id)
{
	ForeignServer *server = GetForeignServer(server_oid);
	UserMapping *mapping = find_mapping(server_oid, user_id);
	DsServer   *result = palloc0(sizeof(DsServer));

	result->oid = server_oid;
	result->user_id = user_id;
	result->name = server->servername;
	result->backend = find_backend(server);
	set_defaults(&result->options);
	fill_options(&result->options, server->options, ForeignServerRelationId);
	if (mapping)
	{
		result->mapping_oid = mapping->umid;
		fill_options(&result->options, mapping->options, UserMappingRelationId);
	}
	result->backend->check_server(result);
	return result;
}

DsServer *
ds_server_for_table(Oid relid, Oid user_id)
{
	ForeignTable *table = GetForeignTable(relid);
	DsServer   *server = ds_server_get(table->serverid, user_id);

	fill_options(&server->options, table->options, ForeignTableRelationId);
	return server;
}
