/*-------------------------------------------------------------------------
 *
 * fields.c
 *	  From the fields of a JSON object to the columns of a row.
 *
 * Most columns are a field; the declaration names it.  The computed ones:
 *
 *	@parent			what the row hangs on
 *	@shared_as		the alias, which is in one of two fields by object type
 *	@activation_url the link of the newest token
 *	@share_name, @principal, @principal_id, @privilege,
 *	@inherited_from_type, @inherited_from_name
 *					of a grant
 *	@schema_name	the parent without its last part
 *	@position, @partition_index
 *					of a column; the platform counts from 0
 *	@object_type, @object_comment, @view_definition, @object_properties
 *					of the table that a column belongs to
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/fields.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/socket.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inet.h"
#include "utils/timestamp.h"

#include "backend/databricks/databricks.h"

#define UNIX_EPOCH_US	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

static void
set_text(DsRow *row, int column, const char *text)
{
	row->nulls[column] = text == NULL;
	row->values[column] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

static void
set_datum(DsRow *row, int column, Datum value)
{
	row->nulls[column] = false;
	row->values[column] = value;
}

/* A time outside of PostgreSQL's range is an error, never another time. */
static Datum
timestamp_from_ms(int64 ms, const char *path)
{
	int64		us;

	if (pg_mul_s64_overflow(ms, 1000, &us) || pg_sub_s64_overflow(us, UNIX_EPOCH_US, &us) ||
		!IS_VALID_TIMESTAMP(us))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_FIELD_OVERFLOW),
				 errmsg("field \"%s\" of the reply is out of range", path),
				 errdetail("The value is %lld milliseconds since 1970.", (long long) ms)));
	return TimestampTzGetDatum(us);
}

int64
ds_dbx_epoch_ms(Datum timestamptz)
{
	return (DatumGetTimestampTz(timestamptz) + UNIX_EPOCH_US) / 1000;
}

/* A network as cidr; an address with host bits stands for its network. */
static bool
parse_network(const char *text, Datum *result)
{
	unsigned char bits[16];
	int			family = strchr(text, ':') ? PGSQL_AF_INET6 : PGSQL_AF_INET;

	/* what inet_in() asks before it raises an error */
	if (pg_inet_net_pton(family, text, bits, -1) < 0)
		return false;
	*result = DirectFunctionCall1(network_network,
								  DirectFunctionCall1(inet_in, CStringGetDatum(text)));
	return true;
}

static Datum
network_array(const cJSON *array, const char *path)
{
	ArrayBuildState *state = initArrayResult(CIDROID, CurrentMemoryContext, false);
	const cJSON *element;

	cJSON_ArrayForEach(element, array)
	{
		char	   *text = ds_json_text_value(element, path);
		Datum		network = (Datum) 0;
		bool		ok = text && parse_network(text, &network);

		if (!ok)
			ereport(WARNING,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("\"%s\" in field \"%s\" is not a network, NULL is shown instead",
							text ? text : "null", path)));
		state = accumArrayResult(state, network, !ok, CIDROID, CurrentMemoryContext);
	}
	return makeArrayResult(state, CurrentMemoryContext);
}

static Datum
text_array(const cJSON *array, const char *path)
{
	ArrayBuildState *state = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	const cJSON *element;

	cJSON_ArrayForEach(element, array)
	{
		char	   *text = ds_json_text_value(element, path);

		state = accumArrayResult(state, text ? CStringGetTextDatum(text) : (Datum) 0,
								 text == NULL, TEXTOID, CurrentMemoryContext);
	}
	return makeArrayResult(state, CurrentMemoryContext);
}

static Datum
timestamp_from_text(char *text, const char *path)
{
	return DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/*
 * The filter that somebody wrote, without fields that a newer server added: it
 * goes back as it is when the object is altered, and would be refused.
 */
static char *
partition_filter_text(const cJSON *partitions, const char *path)
{
	static const char *const known[] = {"name", "op", "value", "recipient_property_key"};
	cJSON	   *filter = ds_json_add_array(ds_json_new_object(), path);
	const cJSON *alternative;
	const cJSON *comparison;

	cJSON_ArrayForEach(alternative, partitions)
	{
		cJSON	   *values = ds_json_add_array(ds_json_append_object(filter), "values");

		cJSON_ArrayForEach(comparison, ds_json_array(alternative, "values"))
		{
			cJSON	   *copy = ds_json_append_object(values);

			for (int i = 0; i < lengthof(known); i++)
			{
				char	   *text = ds_json_text(comparison, known[i]);

				if (text)
					ds_json_add_text(copy, known[i], text);
			}
		}
	}
	return ds_json_print(filter);
}

/* NULL where the field says nothing: a filter of no partitions is no filter. */
static char *
jsonb_input(const DsColumn *column, const cJSON *object, const cJSON *value)
{
	if (strcmp(column->name, "partitions") != 0)
		return ds_json_print(value);
	value = ds_json_array(object, column->path);
	return cJSON_GetArraySize(value) > 0 ? partition_filter_text(value, column->path) : NULL;
}

/* The kind of table, as the objects of shares call it. */
static char *
object_type(const cJSON *table)
{
	char	   *type = ds_json_text(table, "table_type");

	if (type == NULL)
		return NULL;
	if (strcmp(type, "FOREIGN") == 0)
		return "FOREIGN_TABLE";
	if (strcmp(type, "MANAGED") == 0 || strcmp(type, "EXTERNAL") == 0 ||
		strcmp(type, "MANAGED_SHALLOW_CLONE") == 0 || strcmp(type, "EXTERNAL_SHALLOW_CLONE") == 0)
		return "TABLE";
	return type;
}

static char *
schema_of(const char *full_name)
{
	const char *dot = strrchr(full_name, '.');

	return dot ? pnstrdup(full_name, dot - full_name) : NULL;
}

/* A number that the platform counts from 0. */
static void
set_ordinal(DsRow *row, int i, const cJSON *object, const char *path)
{
	int64		number;

	if (ds_json_int64(object, path, &number) && number >= 0 && number < PG_INT32_MAX)
		set_datum(row, i, Int32GetDatum((int32) number + 1));
}

/* A column that is a field of the object. */
static void
fill_field(const DsColumn *column, const cJSON *object, DsRow *row, int i)
{
	const cJSON *value = ds_json_get(object, column->path);
	int64		number;
	bool		flag;
	char	   *input;

	row->nulls[i] = true;
	if (value == NULL)
		return;
	switch (column->type)
	{
		case DS_TEXT:
			set_text(row, i, ds_json_text_value(value, column->path));
			break;
		case DS_BOOL:
			if (ds_json_bool(object, column->path, &flag))
				set_datum(row, i, BoolGetDatum(flag));
			break;
		case DS_INT:
		case DS_DATE:
		case DS_TIME:
			break;				/* only in tables of statements */
		case DS_BIGINT:
			if (ds_json_int64(object, column->path, &number))
				set_datum(row, i, Int64GetDatum(number));
			break;
		case DS_TIME_MS:
			if (ds_json_int64(object, column->path, &number))
				set_datum(row, i, timestamp_from_ms(number, column->path));
			break;
		case DS_TIME_TEXT:
			set_datum(row, i, timestamp_from_text(ds_json_text_value(value, column->path), column->path));
			break;
		case DS_JSONB:
			input = jsonb_input(column, object, value);
			if (input)
				set_datum(row, i, DirectFunctionCall1(jsonb_in, CStringGetDatum(input)));
			break;
		case DS_CIDR_ARRAY:
			set_datum(row, i, network_array(ds_json_array(object, column->path), column->path));
			break;
		case DS_TEXT_ARRAY:
			set_datum(row, i, text_array(ds_json_array(object, column->path), column->path));
			break;
	}
}

/* The link of the newest token that has one; the top-level field is deprecated. */
static char *
newest_activation_url(const cJSON *recipient)
{
	const cJSON *token;
	const cJSON *newest = NULL;
	int64		newest_time = PG_INT64_MIN;

	cJSON_ArrayForEach(token, ds_json_array(recipient, "tokens"))
	{
		int64		created = 0;

		(void) ds_json_int64(token, "created_at", &created);
		if (created >= newest_time)
		{
			newest = token;
			newest_time = created;
		}
	}
	if (newest)
		return ds_json_text(newest, "activation_url");
	return ds_json_text(recipient, "activation_url");
}

static char *
privilege_field(const DsItem *item, const char *path)
{
	return cJSON_IsObject(item->privilege) ? ds_json_text(item->privilege, path) : NULL;
}

/* A deleted principal has an empty name. */
static char *
principal_name(const DsItem *item)
{
	char	   *name = ds_json_text(item->assignment, "principal");

	return name && *name ? name : NULL;
}

static void
fill_computed(const DsColumn *column, const DsItem *item, DsRow *row, int i)
{
	const char *what = column->path + 1;
	char	   *alias;
	int64		id;

	row->nulls[i] = true;
	if (strcmp(what, "parent") == 0)
		set_text(row, i, item->parent);
	else if (strcmp(what, "shared_as") == 0)
	{
		alias = ds_json_text(item->object, "shared_as");
		if (alias == NULL || *alias == '\0')
			alias = ds_json_text(item->object, "string_shared_as");
		set_text(row, i, alias && *alias ? alias : NULL);
	}
	else if (strcmp(what, "activation_url") == 0)
		set_text(row, i, newest_activation_url(item->object));
	else if (strcmp(what, "share_name") == 0)
		set_text(row, i, item->share_name);
	else if (strcmp(what, "principal") == 0)
		set_text(row, i, principal_name(item));
	else if (strcmp(what, "principal_id") == 0)
	{
		if (ds_json_int64(item->assignment, "principal_id", &id))
			set_datum(row, i, Int64GetDatum(id));
	}
	else if (strcmp(what, "privilege") == 0)
		set_text(row, i, cJSON_IsObject(item->privilege) ?
				 privilege_field(item, "privilege") : ds_json_text_value(item->privilege, "privileges"));
	else if (strcmp(what, "inherited_from_type") == 0)
		set_text(row, i, privilege_field(item, "inherited_from_type"));
	else if (strcmp(what, "inherited_from_name") == 0)
		set_text(row, i, privilege_field(item, "inherited_from_name"));
	else if (strcmp(what, "schema_name") == 0)
		set_text(row, i, schema_of(item->parent));
	else if (strcmp(what, "position") == 0 || strcmp(what, "partition_index") == 0)
		set_ordinal(row, i, item->object, what);
	else if (strcmp(what, "object_type") == 0)
		set_text(row, i, object_type(item->table));
	else if (strcmp(what, "object_comment") == 0)
		set_text(row, i, ds_json_text(item->table, "comment"));
	else if (strcmp(what, "view_definition") == 0)
		set_text(row, i, ds_json_text(item->table, "view_definition"));
	else if (strcmp(what, "object_properties") == 0)
	{
		if (ds_json_get(item->table, "properties"))
			set_datum(row, i, DirectFunctionCall1(jsonb_in,
												  CStringGetDatum(ds_json_print(ds_json_get(item->table, "properties")))));
	}
	else
		elog(ERROR, "column %s is computed in an unknown way", column->name);
}

/*
 * The platform returns "" where a text was cleared: that is no comment, on
 * every backend alike.
 */
static void
fill_column(const DsTable *table, const DsItem *item, DsRow *row, int i)
{
	const DsColumn *column = &table->columns[i];

	if (*column->path == '@')
		fill_computed(column, item, row, i);
	else
		fill_field(column, item->object, row, i);
	if (column->type == DS_TEXT && !row->nulls[i] &&
		VARSIZE_ANY_EXHDR(DatumGetPointer(row->values[i])) == 0)
		row->nulls[i] = true;
}

void
ds_dbx_fill_row(const DsScanSpec *spec, const DsItem *item, DsRow *row)
{
	const DsTable *table = spec->table;

	for (int i = 0; i < table->ncolumns; i++)
	{
		row->nulls[i] = true;
		if (bms_is_member(i, spec->columns) &&
			(spec->show_secrets || !(table->columns[i].flags & DS_COL_SECRET)))
			fill_column(table, item, row, i);
	}
}

void
ds_dbx_fill_written_row(const DsTable *table, const cJSON *object, const char *parent, DsRow *row)
{
	DsItem		item = {.object = object,.parent = parent};

	for (int i = 0; i < table->ncolumns; i++)
		fill_column(table, &item, row, i);
}
