/*-------------------------------------------------------------------------
 *
 * partition_filter.c
 *	  Checks of the two jsonb columns that have a structure.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/partition_filter.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "tables/partition_filter.h"

#define FILTER_HINT "A filter is an array of {\"values\": [{\"name\": ..., \"op\": \"EQUAL\" or \"LIKE\", \"value\" or \"recipient_property_key\": ...}]}."

static void
refuse_filter(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("partition filter is not valid"),
			 errdetail("%s", detail),
			 errhint(FILTER_HINT)));
}

/* The member of an object, NULL if it is absent or null. */
static JsonbValue *
member(JsonbContainer *object, const char *name)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, name, strlen(name), NULL);

	return value && value->type != jbvNull ? value : NULL;
}

static bool
equals(const JsonbValue *value, const char *text)
{
	return value->type == jbvString && value->val.string.len == strlen(text) &&
		memcmp(value->val.string.val, text, value->val.string.len) == 0;
}

static void
check_filter_key(const JsonbValue *key)
{
	static const char *const known[] = {"name", "op", "value", "recipient_property_key"};

	for (int i = 0; i < lengthof(known); i++)
		if (equals(key, known[i]))
			return;
	refuse_filter(psprintf("Key \"%.*s\" is unknown.", key->val.string.len, key->val.string.val));
}

/* One comparison: {"name", "op", "value" | "recipient_property_key"} */
static void
check_comparison(const JsonbValue *item)
{
	JsonbContainer *object = item->val.binary.data;
	JsonbValue *name;
	JsonbValue *op;
	JsonbValue *value;
	JsonbIterator *it;
	JsonbValue	key;

	if (item->type != jbvBinary || !JsonContainerIsObject(object))
		refuse_filter("An element of \"values\" is not an object.");
	it = JsonbIteratorInit(object);
	for (JsonbIteratorToken token; (token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE;)
		if (token == WJB_KEY)
			check_filter_key(&key);

	name = member(object, "name");
	op = member(object, "op");
	value = member(object, "value");
	if (name == NULL || name->type != jbvString || name->val.string.len == 0)
		refuse_filter("A comparison lacks \"name\", the partition column.");
	if (op == NULL || !(equals(op, "EQUAL") || equals(op, "LIKE")))
		refuse_filter("\"op\" must be \"EQUAL\" or \"LIKE\".");
	if (value && value->type != jbvString)
		refuse_filter("\"value\" must be a text.");
	if (value && member(object, "recipient_property_key"))
		refuse_filter("\"value\" and \"recipient_property_key\" exclude each other.");
}

static void
check_alternative(const JsonbValue *item)
{
	JsonbValue *values;
	JsonbIterator *it;
	JsonbValue	value;
	JsonbIteratorToken token;

	if (item->type != jbvBinary || !JsonContainerIsObject(item->val.binary.data))
		refuse_filter("An element of the filter is not an object.");
	it = JsonbIteratorInit(item->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
		if (token == WJB_KEY && !equals(&value, "values"))
			refuse_filter(psprintf("Key \"%.*s\" is unknown.", value.val.string.len, value.val.string.val));
	values = member(item->val.binary.data, "values");
	if (values == NULL || values->type != jbvBinary || !JsonContainerIsArray(values->val.binary.data))
		refuse_filter("An element of the filter lacks the array \"values\".");

	it = JsonbIteratorInit(values->val.binary.data);
	token = JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_ELEM)
		check_comparison(&value);
}

void
ds_check_partition_filter(Datum jsonb)
{
	Jsonb	   *filter = DatumGetJsonbP(jsonb);
	JsonbIterator *it;
	JsonbValue	value;

	if (!JB_ROOT_IS_ARRAY(filter) || JB_ROOT_IS_SCALAR(filter))
		refuse_filter("The filter is not an array.");
	it = JsonbIteratorInit(&filter->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while (JsonbIteratorNext(&it, &value, true) == WJB_ELEM)
		check_alternative(&value);
}

void
ds_check_properties(Datum jsonb, bool allow_reserved)
{
	Jsonb	   *properties = DatumGetJsonbP(jsonb);
	JsonbIterator *it;
	JsonbValue	value;
	JsonbIteratorToken token;
	char	   *key = NULL;

	if (!JB_ROOT_IS_OBJECT(properties))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("properties must be a JSON object")));
	it = JsonbIteratorInit(&properties->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			key = pnstrdup(value.val.string.val, value.val.string.len);
			if (*key == '\0')
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("name of a property must not be empty")));
			if (!allow_reserved && strncmp(key, DS_RESERVED_PROPERTY, strlen(DS_RESERVED_PROPERTY)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_RESERVED_NAME),
						 errmsg("property \"%s\" is reserved", key),
						 errdetail("Properties that begin with \"%s\" are set by the platform.",
								   DS_RESERVED_PROPERTY)));
		}
		if (token == WJB_VALUE && value.type != jbvString)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("property \"%s\" must be a text", key)));
	}
}
