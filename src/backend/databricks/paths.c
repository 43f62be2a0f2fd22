/*-------------------------------------------------------------------------
 *
 * paths.c
 *	  Which requests the scan of a table consists of.
 *
 * Every table is either listed, or hangs on things that are listed: the
 * objects of shares, the tokens of recipients.  A key given by the query
 * replaces the list.  Columns of objects have no list: they are read by key.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/paths.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "nodes/nodes.h"
#include "utils/builtins.h"

#include "backend/databricks/databricks.h"

#define NAME_MARK		"{name}"

/* catalog.schema.object, catalog.schema */
#define OBJECT_NAME_PARTS	3
#define SCHEMA_NAME_PARTS	2

/* A page of grants must be able to hold all privileges of one principal. */
#define MIN_GRANTS_PAGE	150

/* Guesses for the planner: things in a list, and on a page of it */
#define LIST_ROWS		1000.0
#define PAGE_ROWS		100.0

static const DsEndpoint list_shares = {UC_PREFIX "/shares", NULL, true};
static const DsEndpoint get_share = {UC_PREFIX "/shares/{name}", NULL, false};
static const DsEndpoint get_share_objects = {UC_PREFIX "/shares/{name}", "include_shared_data=true", false};
static const DsEndpoint get_share_grants = {UC_PREFIX "/shares/{name}/permissions", NULL, true, MIN_GRANTS_PAGE};
static const DsEndpoint get_effective_grants = {UC_PREFIX "/effective-permissions/share/{name}", NULL, true, MIN_GRANTS_PAGE};
static const DsEndpoint list_recipients = {UC_PREFIX "/recipients", NULL, true};
static const DsEndpoint get_recipient = {UC_PREFIX "/recipients/{name}", NULL, false};
static const DsEndpoint get_recipient_grants = {UC_PREFIX "/recipients/{name}/share-permissions", NULL, true, MIN_GRANTS_PAGE};
static const DsEndpoint get_policies = {"/api/2.0/data-sharing/recipients/{name}/federation-policies", NULL, true};
static const DsEndpoint list_providers = {UC_PREFIX "/providers", NULL, true};
static const DsEndpoint get_provider = {UC_PREFIX "/providers/{name}", NULL, false};
static const DsEndpoint get_table = {UC_PREFIX "/tables/{name}", NULL, false};
static const DsEndpoint get_schema_tables = {UC_PREFIX "/tables", NULL, true, 0, {"catalog_name", "schema_name"}};
static const DsEndpoint get_provider_shares = {UC_PREFIX "/providers/{name}/shares", NULL, true};

/*
 * How each table is listed and asked for by key.  Where "always_by_key" is
 * set, the list gives only the names.
 */
static const struct
{
	DsTableId	parents;
	const DsEndpoint *list;
	const char *key;
	const DsEndpoint *by_key;
	bool		always_by_key;
	const char *other_key;
	const DsEndpoint *by_other_key;
}			accesses[DS_TABLE_COUNT] =
{
	[DS_SHARES] = {DS_SHARES, &list_shares, "name", &get_share, false, NULL, NULL},
	[DS_SHARE_OBJECTS] = {DS_SHARES, &list_shares, "share_name", &get_share_objects, true, NULL, NULL},
	[DS_RECIPIENTS] = {DS_RECIPIENTS, &list_recipients, "name", &get_recipient, false, NULL, NULL},
	[DS_RECIPIENT_TOKENS] = {DS_RECIPIENTS, &list_recipients, "recipient_name", &get_recipient, false, NULL, NULL},
	[DS_GRANTS] = {DS_SHARES, &list_shares, "share_name", &get_share_grants, true, "recipient_name", &get_recipient_grants},
	[DS_EFFECTIVE_GRANTS] = {DS_SHARES, &list_shares, "share_name", &get_effective_grants, true, NULL, NULL},
	[DS_PROVIDERS] = {DS_PROVIDERS, &list_providers, "name", &get_provider, false, NULL, NULL},
	[DS_PROVIDER_SHARES] = {DS_PROVIDERS, &list_providers, "provider_name", &get_provider_shares, true, NULL, NULL},
	[DS_FEDERATION_POLICIES] = {DS_RECIPIENTS, &list_recipients, "recipient_name", &get_policies, true, NULL, NULL},
	[DS_OBJECT_COLUMNS] = {DS_OBJECT_COLUMNS, NULL, "object_name", &get_table, true, "schema_name", &get_schema_tables},
};

char *
ds_dbx_path(const char *format, const char *name)
{
	const char *mark = strstr(format, NAME_MARK);

	if (mark == NULL)
		return pstrdup(format);
	return psprintf("%.*s%s%s", (int) (mark - format), format, ds_url_escape(name),
					mark + strlen(NAME_MARK));
}

static List *
split_name(const char *name)
{
	List	   *parts = NIL;

	for (const char *dot = strchr(name, '.'); dot; name = dot + 1, dot = strchr(name, '.'))
		parts = lappend(parts, pnstrdup(name, dot - name));
	return lappend(parts, pstrdup(name));
}

static void
add_name_parts(StringInfo path, const DsEndpoint *endpoint, const char *name)
{
	List	   *parts = endpoint->part_names[0] ? split_name(name) : NIL;

	for (int i = 0; i < list_length(parts); i++)
		ds_url_add_query(path, endpoint->part_names[i], list_nth(parts, i));
}

char *
ds_dbx_endpoint_path(const DsEndpoint *endpoint, const char *name,
					 int page_size, const char *page_token)
{
	StringInfoData path;

	initStringInfo(&path);
	appendStringInfoString(&path, name ? ds_dbx_path(endpoint->path, name) : endpoint->path);
	if (endpoint->query)
		appendStringInfo(&path, "?%s", endpoint->query);
	add_name_parts(&path, endpoint, name);
	if (endpoint->paged)
		ds_url_add_query(&path, "max_results",
						 psprintf("%d", page_size > 0 ? Max(page_size, endpoint->min_page_size) : 0));
	if (page_token)
		ds_url_add_query(&path, "page_token", page_token);
	return path.data;
}

/*
 * May this value be asked for by key?  The platform compares names without
 * regard to case, so a name that is not in lower case is looked for in the
 * list instead, where it is compared as PostgreSQL does.
 */
bool
ds_dbx_is_one_request(const char *value)
{
	for (const char *p = value; *p; p++)
		if ((*p >= 'A' && *p <= 'Z') || IS_HIGHBIT_SET(*p))
			return false;
	return true;
}

/* Where there is no list to look in, any name is asked for. */
static bool
is_usable_key(const DsScanSpec *spec, const DsKey *key)
{
	if (accesses[spec->table->id].list == NULL)
		return true;
	for (int i = 0; i < key->nvalues; i++)
		if (!ds_dbx_is_one_request(key->values[i]))
			return false;
	return true;
}

static int
find_key(const DsScanSpec *spec, const char *column)
{
	if (column == NULL)
		return -1;
	for (int i = 0; i < spec->nkeys; i++)
		if (strcmp(spec->table->columns[spec->keys[i].column].name, column) == 0 &&
			is_usable_key(spec, &spec->keys[i]))
			return i;
	return -1;
}

DsAccess
ds_dbx_choose_access(const DsScanSpec *spec)
{
	DsTableId	id = spec->table->id;
	int			key = find_key(spec, accesses[id].key);
	int			other = find_key(spec, accesses[id].other_key);
	DsAccess	access = {accesses[id].parents, -1, accesses[id].list,
	accesses[id].always_by_key ? accesses[id].by_key : NULL, accesses[id].by_key};

	/* of two keys, the one with fewer values needs fewer requests */
	if (other >= 0 && (key < 0 || spec->keys[other].nvalues < spec->keys[key].nvalues))
	{
		access.key = other;
		access.rows = accesses[id].by_other_key;
	}
	else if (key >= 0)
	{
		access.key = key;
		access.rows = accesses[id].by_key;
	}
	return access;
}

/* Could there be something of this name?  Else it need not be asked for. */
bool
ds_dbx_is_possible_key(const DsTable *table, int column, const char *name)
{
	List	   *parts;

	if (table->id != DS_OBJECT_COLUMNS)
		return ds_name_is_possible(name);
	parts = split_name(name);
	for (int i = 0; i < list_length(parts); i++)
		if (!ds_name_is_possible(list_nth(parts, i)))
			return false;
	return list_length(parts) ==
		(strcmp(table->columns[column].name, "schema_name") == 0 ? SCHEMA_NAME_PARTS : OBJECT_NAME_PARTS);
}

/* The first request of a walk; without a name what all of them look like. */
static char *
describe_request(const DsEndpoint *endpoint, const char *name)
{
	DsEndpoint	unpaged = *endpoint;

	unpaged.paged = false;
	if (name == NULL)
		unpaged.part_names[0] = NULL;
	return psprintf("GET %s%s", ds_dbx_endpoint_path(&unpaged, name, 0, NULL),
					endpoint->paged ? " (paged)" : "");
}

List *
ds_dbx_describe_scan(const DsServer *server, const DsScanSpec *spec)
{
	DsAccess	access = ds_dbx_choose_access(spec);
	const DsKey *key = access.key >= 0 ? &spec->keys[access.key] : NULL;
	List	   *lines = NIL;

	if (ds_dbx_is_bulk_scan(server, spec))
		return list_make1(psprintf("POST /api/2.0/sql/statements: %s", ds_dbx_bulk_text(spec)));
	if (key == NULL && access.list)
		lines = lappend(lines, describe_request(access.list, NULL));
	if (access.rows && (key == NULL || key->values == NULL))
		lines = lappend(lines, psprintf("%s for each %s",
										describe_request(access.rows, NULL),
										key == NULL ? ds_table(access.parents)->noun : "key"));
	else if (key)
		for (int i = 0; i < key->nvalues; i++)
			if (ds_dbx_is_possible_key(spec->table, key->column, key->values[i]))
				lines = lappend(lines, describe_request(access.rows, key->values[i]));
	return lines;
}

char *
ds_dbx_describe_write(const DsTable *table, int operation)
{
	if (table->id == DS_SHARE_OBJECTS)
		return pstrdup("PATCH " UC_PREFIX "/shares/{name}");
	if (table->id == DS_GRANTS)
		return pstrdup("PATCH " UC_PREFIX "/shares/{name}/permissions");
	switch (operation)
	{
		case CMD_INSERT:
			return psprintf("POST %s", accesses[table->id].list->path);
		case CMD_UPDATE:
			return psprintf("PATCH %s", accesses[table->id].by_key->path);
		default:
			return psprintf("DELETE %s", accesses[table->id].by_key->path);
	}
}

double
ds_dbx_estimate_rounds(const DsServer *server, const DsTable *table,
					   const Bitmapset *key_columns, double nkeys)
{
	double		pages = LIST_ROWS / PAGE_ROWS;
	double		rounds = 0;

	if (ds_dbx_is_bulk_table(server, table) && (bms_is_empty(key_columns) || table->id == DS_COLUMN_TAGS))
		return ds_dbx_bulk_rounds();
	if (bms_is_empty(key_columns))
	{
		rounds = pages;
		nkeys = accesses[table->id].always_by_key ? LIST_ROWS : 0;
	}
	return rounds + ceil(nkeys / server->options.concurrency);
}
