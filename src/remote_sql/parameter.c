/*-------------------------------------------------------------------------
 *
 * parameter.c
 *	  What the parameters of a statement are called, and their values.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/parameter.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

#define EPOCH_DAYS		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_MICROS	(EPOCH_DAYS * USECS_PER_DAY)

/* Days by which the limits of event_date are too generous. */
#define MARGIN_DAYS		2

/* The largest and the least DECIMAL(38, 0) */
#define MANY_NINES		"99999999999999999999999999999999999999"

DsParameter
ds_remote_describe_parameter(int number, DsParameterForm form)
{
	DsParameter parameter = {psprintf("p%d", number), "BIGINT", NULL};

	switch (form)
	{
		case DS_FORM_BOOL:
			parameter.type = "BOOLEAN";
			break;
		case DS_FORM_TEXT:
		case DS_FORM_PATTERN:
		case DS_FORM_ZONE:
		case DS_FORM_TEXT_ARRAY:
		case DS_FORM_INT_ARRAY:
		case DS_FORM_SERVER:
			parameter.type = "STRING";
			break;
		case DS_FORM_INT_CEILING:
		case DS_FORM_INT_FLOOR:
			parameter.type = "DECIMAL(38,0)";
			break;
		case DS_FORM_DATE:
		case DS_FORM_DAY_BEFORE:
		case DS_FORM_DAY_AFTER:
		case DS_FORM_LIMIT:
			parameter.type = "INT";
			break;
		case DS_FORM_INT:
		case DS_FORM_TIME:
		case DS_FORM_WALL:
		case DS_FORM_MIDNIGHT_CEILING:
		case DS_FORM_MIDNIGHT_FLOOR:
		case DS_FORM_UNUSED:
			break;
	}
	return parameter;
}

static int64
integer_of(Oid type, Datum value)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

/* Infinity is beyond all others, as it is here; what is nearly as far is before it. */
static int64
within(int64 value, int64 limit, bool finite)
{
	int64		most = finite ? limit - 1 : limit;

	return value > most ? most : value < -most ? -most : value;
}

static int64
micros_since_1970(Timestamp time)
{
	int64		result;

	if (pg_add_s64_overflow(time, EPOCH_MICROS, &result))
		result = PG_INT64_MAX;
	return within(result, DS_INFINITE_MICROS, !TIMESTAMP_NOT_FINITE(time));
}

static int64
days_since_1970(DateADT date)
{
	return within((int64) date + EPOCH_DAYS, DS_INFINITE_DAYS, !DATE_NOT_FINITE(date));
}

static int64
floor_days(int64 micros)
{
	return micros / USECS_PER_DAY - (micros % USECS_PER_DAY < 0 ? 1 : 0);
}

static TimestampTz
midnight_of_day(DateADT date)
{
	return DatumGetTimestampTz(DirectFunctionCall1(date_timestamptz, DateADTGetDatum(date)));
}

/*
 * Days since 1970 of the midnights around a point in time.  Where clocks
 * change at midnight, the one of the same day need not be the one before; a
 * day that a zone left out has that of the next.
 */
static void
midnights_around(TimestampTz time, int64 *floor, int64 *ceiling)
{
	DateADT		date = DatumGetDateADT(DirectFunctionCall1(timestamptz_date, TimestampTzGetDatum(time)));
	int			step;

	*floor = days_since_1970(date - 2);
	*ceiling = days_since_1970(date + 2);
	for (step = 1; step >= -1; step--)
		if (midnight_of_day(date + step) >= time)
			*ceiling = days_since_1970(date + step);
	for (step = -1; step <= 1; step++)
		if (midnight_of_day(date + step) <= time)
			*floor = days_since_1970(date + step);
}

static int64
midnight_of(Oid type, Datum value, bool ceiling)
{
	int64		micros,
				below,
				above;

	if (type == DATEOID)
		return days_since_1970(DatumGetDateADT(value));
	if (TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
		return DatumGetTimestamp(value) < 0 ? -DS_INFINITE_DAYS : DS_INFINITE_DAYS;
	if (type == TIMESTAMPTZOID && DatumGetTimestampTz(value) > MIN_TIMESTAMP + 3 * USECS_PER_DAY &&
		DatumGetTimestampTz(value) < END_TIMESTAMP - 3 * USECS_PER_DAY)
	{
		midnights_around(DatumGetTimestampTz(value), &below, &above);
		return ceiling ? above : below;
	}
	micros = micros_since_1970(DatumGetTimestamp(value));
	below = floor_days(micros);
	return ceiling && micros % USECS_PER_DAY != 0 ? below + 1 : below;
}

/* A day some days before or after. */
static int64
generous_day(Oid type, Datum value, int margin)
{
	int64		day;

	if (type == DATEOID)
		day = days_since_1970(DatumGetDateADT(value));
	else
		day = floor_days(micros_since_1970(DatumGetTimestamp(value)));
	return within(day + margin, DS_INFINITE_DAYS, false);
}

static char *
number_limit(Datum value, bool ceiling)
{
	Datum		limit;
	char	   *text;

	if (numeric_is_nan(DatumGetNumeric(value)))
		return pstrdup(MANY_NINES);
	limit = DirectFunctionCall1(ceiling ? numeric_ceil : numeric_floor, value);
	text = DatumGetCString(DirectFunctionCall1(numeric_out, limit));
	if (strlen(text) > strlen(MANY_NINES) || text[0] == 'I' || text[1] == 'I')
		return psprintf("%s" MANY_NINES, text[0] == '-' ? "-" : "");
	return text;
}

/*
 * The pattern with an escape only where there has to be one, as the other
 * side refuses any other.
 */
static char *
plain_pattern(const char *pattern)
{
	StringInfoData result;

	initStringInfo(&result);
	for (const char *p = pattern; *p; p++)
	{
		if (*p == '\\')
		{
			if (*++p == '\0')
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_ESCAPE_SEQUENCE),
						 errmsg("LIKE pattern must not end with escape character")));
			if (*p == '%' || *p == '_' || *p == '\\')
				appendStringInfoChar(&result, '\\');
		}
		appendStringInfoChar(&result, *p);
	}
	return result.data;
}

static char *
known_zone(char *name)
{
	if (!ds_remote_zone_is_known(name))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("time zone \"%s\" was set after the query had been planned for a server that may not know it", name),
				 errhint("Use DISCARD PLANS, or a time zone with a name such as \"Europe/Berlin\".")));
	return name;
}

static char *
json_array(Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			lower = 1;
	int16		length;
	bool		byval;
	char		align;

	if (ARR_NDIM(array) > 1)
	{
		get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &byval, &align);
		deconstruct_array(array, ARR_ELEMTYPE(array), length, byval, align, &elements, &nulls, &count);
		array = construct_md_array(elements, nulls, 1, &count, &lower, ARR_ELEMTYPE(array), length, byval, align);
	}
	return TextDatumGetCString(DirectFunctionCall1(array_to_json, PointerGetDatum(array)));
}

char *
ds_remote_parameter_value(DsParameterForm form, Oid type, Datum value, bool isnull)
{
	if (isnull)
		return NULL;
	switch (form)
	{
		case DS_FORM_BOOL:
			return pstrdup(DatumGetBool(value) ? "true" : "false");
		case DS_FORM_TEXT:
		case DS_FORM_SERVER:
			return TextDatumGetCString(value);
		case DS_FORM_PATTERN:
			return plain_pattern(TextDatumGetCString(value));
		case DS_FORM_ZONE:
			return known_zone(TextDatumGetCString(value));
		case DS_FORM_INT:
		case DS_FORM_LIMIT:
			return psprintf(INT64_FORMAT, integer_of(type, value));
		case DS_FORM_TIME:
		case DS_FORM_WALL:
			return psprintf(INT64_FORMAT, micros_since_1970(DatumGetTimestamp(value)));
		case DS_FORM_DATE:
			return psprintf(INT64_FORMAT, days_since_1970(DatumGetDateADT(value)));
		case DS_FORM_INT_CEILING:
		case DS_FORM_INT_FLOOR:
			return number_limit(value, form == DS_FORM_INT_CEILING);
		case DS_FORM_MIDNIGHT_CEILING:
		case DS_FORM_MIDNIGHT_FLOOR:
			return psprintf(INT64_FORMAT, midnight_of(type, value, form == DS_FORM_MIDNIGHT_CEILING));
		case DS_FORM_DAY_BEFORE:
			return psprintf(INT64_FORMAT, generous_day(type, value, -MARGIN_DAYS));
		case DS_FORM_DAY_AFTER:
			return psprintf(INT64_FORMAT, generous_day(type, value, MARGIN_DAYS));
		case DS_FORM_TEXT_ARRAY:
		case DS_FORM_INT_ARRAY:
			return json_array(value);
		case DS_FORM_UNUSED:
			break;
	}
	return NULL;				/* keep the compiler quiet */
}
