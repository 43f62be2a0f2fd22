/*-------------------------------------------------------------------------
 *
 * check.c
 *	  What no backend accepts, refused before anything is sent or stored.
 *
 * The rules are the platform's own.  They are kept here once, so that a
 * foreign table, a function and the local tables (by a trigger) answer bad
 * input with the same words.  What only the server can know (does the table
 * exist, may the caller do it) is left to the server.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/check.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/timestamp.h"

#include "tables/partition_filter.h"
#include "tables/tables.h"

#define MAX_NAME_CHARS	255
#define MAX_NETWORKS	100

static char *
fold(const char *text)
{
	return str_tolower(text, strlen(text), DEFAULT_COLLATION_OID);
}

/* First character that a name may not hold, or NULL. */
static const char *
find_forbidden_char(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char) *p <= 0x20 || *p == 0x7F || *p == '.' || *p == '/')
			return p;
	return NULL;
}

bool
ds_name_is_possible(const char *name)
{
	return *name != '\0' &&
		pg_mbstrlen(name) <= MAX_NAME_CHARS &&
		find_forbidden_char(name) == NULL;
}

char *
ds_check_name(const char *noun, const char *name)
{
	const char *bad;

	if (*name == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("name of a %s must not be empty", noun)));
	if (pg_mbstrlen(name) > MAX_NAME_CHARS)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name of a %s is too long", noun),
				 errdetail("The name has %d characters, the limit is %d.",
						   pg_mbstrlen(name), MAX_NAME_CHARS)));

	bad = find_forbidden_char(name);
	if (bad && ((unsigned char) *bad < 0x20 || *bad == 0x7F))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("name of a %s contains a control character", noun),
				 errdetail("The character is 0x%02X at byte %d.",
						   (unsigned char) *bad, (int) (bad - name) + 1)));
	if (bad)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("%s name \"%s\" contains an invalid character", noun, name),
				 errdetail("Names must not contain \"%c\".", *bad),
				 errhint("Names have up to %d characters other than dot, space, slash and control characters.",
						 MAX_NAME_CHARS)));
	return fold(name);
}

/* Fold and check the name in a column, if it is to be written. */
static void
check_name_column(const DsTable *table, DsRow *row, const char *column, const char *noun)
{
	const char *name = ds_row_text(table, row, column);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("column \"%s\" of \"%s\" must be given", column, table->name)));
	ds_row_set_text(table, row, column, ds_check_name(noun, name));
}

/* Bring a word into upper case and refuse it unless it is in the list. */
static const char *
check_word(const DsTable *table, DsRow *row, const char *column,
		   const char *what, const char *const *words)
{
	const char *given = ds_row_text(table, row, column);
	char	   *word;
	StringInfoData valid;

	if (given == NULL)
		return NULL;
	word = asc_toupper(given, strlen(given));
	initStringInfo(&valid);
	for (int i = 0; words[i]; i++)
	{
		if (strcmp(word, words[i]) == 0)
		{
			ds_row_set_text(table, row, column, word);
			return words[i];
		}
		appendStringInfo(&valid, "%s%s", i > 0 ? ", " : "", words[i]);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s \"%s\" is not valid", what, given),
			 errhint("Valid values are: %s.", valid.data)));
}

static bool
is_set(const DsTable *table, const DsRow *row, const char *column)
{
	return !ds_row_is_null(table, row, column);
}

static bool
is_changed(const DsTable *table, const Bitmapset *changed, const char *column)
{
	return changed == NULL || bms_is_member(ds_column_index(table, column), changed);
}

static void
check_owner(const DsTable *table, const DsRow *row, const Bitmapset *changed)
{
	const char *owner = ds_row_text(table, row, "owner");

	if (!is_changed(table, changed, "owner"))
		return;
	if (changed != NULL && owner == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("owner of a %s must not be null", table->noun)));
	if (owner != NULL && *owner == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("owner of a %s must not be empty", table->noun)));
}

static void
check_share(const DsTable *table, DsRow *row, const Bitmapset *changed)
{
	if (is_changed(table, changed, "name"))
		check_name_column(table, row, "name", "share");
	check_owner(table, row, changed);
}

const char *const ds_object_types[] = {
	"TABLE", "VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "FOREIGN_TABLE",
	"SCHEMA", "VOLUME", "MODEL", "FUNCTION", "FEATURE_SPEC", "NOTEBOOK_FILE", NULL
};

/* Types whose alias is "schema.table". */
bool
ds_object_is_table_like(const char *type)
{
	return strcmp(type, "TABLE") == 0 || strcmp(type, "VIEW") == 0 ||
		strcmp(type, "MATERIALIZED_VIEW") == 0 || strcmp(type, "STREAMING_TABLE") == 0 ||
		strcmp(type, "FOREIGN_TABLE") == 0 || strcmp(type, "SCHEMA") == 0;
}

/* Does the alias consist of exactly two words, "schema.table"? */
static bool
is_two_part_alias(const char *alias)
{
	const char *p = alias;

	for (int part = 0; part < 2; part++)
	{
		const char *start = p;

		while (isalnum((unsigned char) *p) || *p == '_' || IS_HIGHBIT_SET(*p))
			p++;
		if (p == start)
			return false;
		if (part == 0 && *p++ != '.')
			return false;
	}
	return *p == '\0';
}

static void
check_alias(const DsTable *table, const DsRow *row, const char *type)
{
	const char *alias = ds_row_text(table, row, "shared_as");

	if (alias == NULL)
		return;
	if (ds_object_is_table_like(type) && strcmp(type, "SCHEMA") != 0 && !is_two_part_alias(alias))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("alias \"%s\" is not valid", alias),
				 errdetail("The alias of a table or view has exactly two parts of letters, digits and underscores: schema.table.")));
	if (*alias == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("alias must not be empty"),
				 errhint("Give no alias to keep the object's own name.")));
}

/*
 * The platform refuses a change data feed together with a history status, so a
 * row has one of the two: what is given or changed ends the other.
 */
static void
check_history(const DsTable *table, DsRow *row, const Bitmapset *changed, const char *type)
{
	static const char *const statuses[] = {"ENABLED", "DISABLED", NULL};
	int			cdf = ds_column_index(table, "cdf_enabled");
	bool		feed = !row->nulls[cdf] && DatumGetBool(row->values[cdf]);
	bool		feed_given = feed && is_changed(table, changed, "cdf_enabled");
	bool		history_given = is_set(table, row, "history_data_sharing_status") &&
		is_changed(table, changed, "history_data_sharing_status");

	check_word(table, row, "history_data_sharing_status", "history status", statuses);
	if (feed_given && history_given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("change data feed and history cannot both be given"),
				 errdetail("History, where shared, includes the change data feed."),
				 errhint("Give either history or cdf.")));
	if (feed_given)
		ds_row_set_text(table, row, "history_data_sharing_status", NULL);
	else if (history_given || changed == NULL)
		row->nulls[cdf] = true;

	/* the REST default differs from the platform's own SQL, which we follow */
	if (changed == NULL && !feed && !history_given && strcmp(type, "TABLE") == 0)
		ds_row_set_text(table, row, "history_data_sharing_status", "ENABLED");
}

static void
check_share_object(const DsTable *table, DsRow *row, const Bitmapset *changed)
{
	const char *type;
	int			version = ds_column_index(table, "start_version");
	int			partitions = ds_column_index(table, "partitions");

	if (is_changed(table, changed, "share_name"))
		check_name_column(table, row, "share_name", "share");
	if (changed == NULL && (!is_set(table, row, "name") || *ds_row_text(table, row, "name") == '\0'))
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("name of an object must be given")));

	if (changed == NULL && !is_set(table, row, "data_object_type"))
		ds_row_set_text(table, row, "data_object_type", "TABLE");
	type = ds_row_text(table, row, "data_object_type");
	if (changed == NULL)
	{
		type = check_word(table, row, "data_object_type", "data object type", ds_object_types);
		check_alias(table, row, type);
	}
	check_history(table, row, changed, type ? type : "");

	if (!row->nulls[version] && DatumGetInt64(row->values[version]) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("start version must not be negative")));
	if (!row->nulls[partitions] && is_changed(table, changed, "partitions"))
		ds_check_partition_filter(row->values[partitions]);
}

const char *const ds_authentication_types[] = {
	"TOKEN", "DATABRICKS", "OIDC_FEDERATION", "OAUTH_CLIENT_CREDENTIALS", "EMAIL", NULL
};

static void
check_networks(const DsTable *table, const DsRow *row)
{
	int			column = ds_column_index(table, "ip_access_list");
	ArrayType  *networks;
	int			count;

	if (row->nulls[column])
		return;
	if (is_set(table, row, "authentication_type") &&
		strcmp(ds_row_text(table, row, "authentication_type"), "DATABRICKS") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("recipient of type DATABRICKS cannot have an IP access list")));
	networks = DatumGetArrayTypeP(row->values[column]);
	count = ArrayGetNItems(ARR_NDIM(networks), ARR_DIMS(networks));
	if (array_contains_nulls(networks))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("IP access list must not contain NULL")));
	if (count > MAX_NETWORKS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("IP access list has %d entries, the limit is %d", count, MAX_NETWORKS)));
}

static void
check_recipient_type(const DsTable *table, const DsRow *row, const char *type)
{
	bool		databricks = strcmp(type, "DATABRICKS") == 0;

	if (databricks != is_set(table, row, "data_recipient_global_metastore_id"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 databricks
				 ? errmsg("recipient of type DATABRICKS needs a sharing identifier")
				 : errmsg("recipient of type %s cannot have a sharing identifier", type),
				 errhint("The sharing identifier has the form cloud:region:uuid.")));
	if (strcmp(type, "EMAIL") != 0 && is_set(table, row, "email"))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("recipient of type %s cannot have an e-mail address", type),
				 errhint("Keep the address of a contact in properties.")));
}

static void
check_recipient(const DsTable *table, DsRow *row, const Bitmapset *changed)
{
	int			properties = ds_column_index(table, "properties");
	int			expiration = ds_column_index(table, "expiration_time");

	if (is_changed(table, changed, "name"))
		check_name_column(table, row, "name", "recipient");
	check_owner(table, row, changed);
	if (changed == NULL)
	{
		if (!is_set(table, row, "authentication_type"))
			ds_row_set_text(table, row, "authentication_type",
							is_set(table, row, "data_recipient_global_metastore_id") ? "DATABRICKS" : "TOKEN");
		check_recipient_type(table, row,
							 check_word(table, row, "authentication_type",
										"authentication type", ds_authentication_types));
	}
	if (is_changed(table, changed, "ip_access_list"))
		check_networks(table, row);
	if (changed && bms_is_member(expiration, changed) && row->nulls[expiration])
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("expiration time of a recipient cannot be removed"),
				 errhint("Set a later time; tokens live at most a year.")));
	if (is_changed(table, changed, "properties") && !row->nulls[properties])
		ds_check_properties(row->values[properties], changed != NULL);
	if (is_changed(table, changed, "expiration_time") && !row->nulls[expiration] &&
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(row->values[expiration])))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("expiration time must be finite")));
}

static void
check_grant(const DsTable *table, DsRow *row)
{
	const char *privilege;

	check_name_column(table, row, "share_name", "share");
	check_name_column(table, row, "recipient_name", "recipient");
	if (!is_set(table, row, "privilege"))
		ds_row_set_text(table, row, "privilege", "SELECT");
	privilege = ds_row_text(table, row, "privilege");
	if (pg_strcasecmp(privilege, "SELECT") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("privilege \"%s\" is not valid for a share", privilege),
				 errhint("The only privilege on a share is SELECT.")));
	ds_row_set_text(table, row, "privilege", "SELECT");
}

void
ds_check_row(const DsTable *table, DsRow *row, const Bitmapset *changed)
{
	switch (table->id)
	{
		case DS_SHARES:
			check_share(table, row, changed);
			break;
		case DS_SHARE_OBJECTS:
			check_share_object(table, row, changed);
			break;
		case DS_RECIPIENTS:
			check_recipient(table, row, changed);
			break;
		case DS_GRANTS:
			check_grant(table, row);
			break;
		default:
			elog(ERROR, "rows of %s are not written", table->name);
	}
}
