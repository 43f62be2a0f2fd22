/*-------------------------------------------------------------------------
 *
 * items.c
 *	  Find the rows in a reply.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/items.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/databricks/databricks.h"

static DsItem *
add_item(DsPage *page, const cJSON *object, const char *parent)
{
	DsItem	   *item = palloc0(sizeof(DsItem));

	item->object = object;
	item->parent = parent;
	page->items = lappend(page->items, item);
	return item;
}

static const cJSON *
require_item(const cJSON *element, const char *path)
{
	return ds_json_require_object(element, psprintf("element of field \"%s\" of the reply", path));
}

static char *
require_text(const cJSON *object, const char *field)
{
	char	   *text = ds_json_text(object, field);

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("field \"%s\" is missing in the reply", field)));
	return text;
}

static char *
require_name(const cJSON *object)
{
	return require_text(object, "name");
}

/* Calls "add" for each object of an array; other elements are an error. */
static void
add_each(DsPage *page, const cJSON *reply, const char *path, const char *parent)
{
	const cJSON *array = ds_json_array(reply, path);
	const cJSON *element;

	cJSON_ArrayForEach(element, array)
		add_item(page, require_item(element, path), parent);
}

/* The columns of one table; what has none (yet) gives no row. */
static void
add_columns(DsPage *page, const cJSON *table, const char *name)
{
	const cJSON *column;

	cJSON_ArrayForEach(column, ds_json_array(table, "columns"))
	{
		DsItem	   *item = add_item(page, require_item(column, "columns"), name);

		item->table = table;
	}
}

/* The same of all tables of a schema. */
static void
add_columns_of_each(DsPage *page, const cJSON *tables)
{
	const cJSON *table;

	cJSON_ArrayForEach(table, tables)
		add_columns(page, table, require_text(require_item(table, "tables"), "full_name"));
}

/* principal and privileges of one share, one row per privilege */
static void
add_grants(DsPage *page, const cJSON *owner, const char *share_name)
{
	const cJSON *assignment;

	cJSON_ArrayForEach(assignment, ds_json_array(owner, "privilege_assignments"))
	{
		const cJSON *privilege;

		require_item(assignment, "privilege_assignments");
		cJSON_ArrayForEach(privilege, ds_json_array(assignment, "privileges"))
		{
			DsItem	   *item = add_item(page, assignment, share_name);

			item->share_name = share_name;
			item->assignment = assignment;
			item->privilege = privilege;
		}
	}
}

static void
add_recipient_grants(DsPage *page, const cJSON *reply)
{
	const cJSON *permission;

	cJSON_ArrayForEach(permission, ds_json_array(reply, "permissions_out"))
		add_grants(page, require_item(permission, "permissions_out"),
				   ds_json_text(permission, "share_name"));
}

/*
 * Tokens of one recipient of a list.  That lists carry tokens is not
 * documented: where they are absent, the recipient is asked for.
 */
static void
add_tokens_or_parent(DsPage *page, const cJSON *recipient)
{
	char	   *name = require_name(recipient);
	char	   *type = ds_json_text(recipient, "authentication_type");

	if (ds_json_get(recipient, "tokens"))
		add_each(page, recipient, "tokens", name);
	else if (type == NULL || strcmp(type, "TOKEN") == 0)
		page->parents = lappend(page->parents, name);
}

/* Does this thing have rows of the table at all? */
static bool
may_have_rows(const DsScanSpec *spec, const cJSON *parent)
{
	char	   *type;

	if (spec->table->id != DS_FEDERATION_POLICIES)
		return true;
	type = ds_json_text(parent, "authentication_type");
	return type == NULL || strncmp(type, "OIDC", 4) == 0;
}

/* A page of the list: rows, or names to ask with. */
static void
read_list_page(const DsScanSpec *spec, const DsAccess *access, const cJSON *reply, DsPage *page)
{
	const char *field = ds_table(access->parents)->name;
	const cJSON *element;

	cJSON_ArrayForEach(element, ds_json_array(reply, field))
	{
		const cJSON *object = require_item(element, field);

		if (spec->table->id == DS_RECIPIENT_TOKENS)
			add_tokens_or_parent(page, object);
		else if (access->rows == NULL)
			add_item(page, object, NULL);
		else if (may_have_rows(spec, object))
			page->parents = lappend(page->parents, require_name(object));
	}
}

void
ds_dbx_read_page(const DsScanSpec *spec, const DsAccess *access, bool is_list,
				 const cJSON *reply, const char *parent, DsPage *page)
{
	page->items = NIL;
	page->parents = NIL;
	if (is_list)
	{
		read_list_page(spec, access, reply, page);
		return;
	}
	switch (spec->table->id)
	{
		case DS_SHARE_OBJECTS:
			add_each(page, reply, "objects", parent);
			break;
		case DS_RECIPIENT_TOKENS:
			add_each(page, reply, "tokens", parent);
			break;
		case DS_PROVIDER_SHARES:
			add_each(page, reply, "shares", parent);
			break;
		case DS_FEDERATION_POLICIES:
			add_each(page, reply, "policies", parent);
			break;
		case DS_GRANTS:
		case DS_EFFECTIVE_GRANTS:
			if (ds_json_get(reply, "permissions_out"))
				add_recipient_grants(page, reply);
			else
				add_grants(page, reply, parent);
			break;
		case DS_OBJECT_COLUMNS:
			if (ds_json_get(reply, "tables"))
				add_columns_of_each(page, ds_json_array(reply, "tables"));
			else
				add_columns(page, reply, parent);
			break;
		default:
			add_item(page, reply, NULL);
	}
}
