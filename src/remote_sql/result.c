/*-------------------------------------------------------------------------
 *
 * result.c
 *	  From the fields of a result to values.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/result.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <errno.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

#define EPOCH_DAYS		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)
#define EPOCH_MICROS	(EPOCH_DAYS * USECS_PER_DAY)

int
ds_value_fields(DsValueKind kind)
{
	switch (kind)
	{
		case DS_VALUE_AVG:
			return 2;
		case DS_VALUE_VAR_SAMP:
		case DS_VALUE_VAR_POP:
		case DS_VALUE_STDDEV_SAMP:
		case DS_VALUE_STDDEV_POP:
			return 3;
		default:
			return 1;
	}
}

static void
refuse_field(const DsField *field, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			 errmsg("a value of the result is not %s", expected),
			 errdetail("The value is \"%.*s\".", Min(field->length, 64), field->text)));
}

static int64
read_integer(const DsField *field)
{
	char		digits[32];
	char	   *end;
	int64		result;

	if (field->length == 0 || field->length >= sizeof(digits))
		refuse_field(field, "an integer");
	memcpy(digits, field->text, field->length);
	digits[field->length] = '\0';
	errno = 0;
	result = strtoll(digits, &end, 10);
	if (errno != 0 || *end != '\0')
		refuse_field(field, "an integer");
	return result;
}

/* NUL-terminated, in the database's encoding */
static char *
read_string(const DsField *field)
{
	return pg_any_to_server(pnstrdup(field->text, field->length), field->length, PG_UTF8);
}

static Datum
read_text(const DsField *field)
{
	char	   *text;

	if (GetDatabaseEncoding() == PG_UTF8)
		return PointerGetDatum(cstring_to_text_with_len(field->text, field->length));
	text = read_string(field);
	return PointerGetDatum(cstring_to_text(text));
}

static void
refuse_time(int64 value, const char *unit)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("a time of the result is out of range"),
			 errdetail("It is " INT64_FORMAT " %s after 1970.", value, unit),
			 errhint("Leave such rows out with a condition on the column.")));
}

/* What is a year or less from infinity was computed from it. */
static bool
is_far(int64 value, int64 infinite, int64 year)
{
	return value > infinite - year || value < year - infinite;
}

static Timestamp
read_micros(const DsField *field)
{
	int64		micros = read_integer(field);

	if (micros == DS_INFINITE_MICROS)
		return DT_NOEND;
	if (micros == -DS_INFINITE_MICROS)
		return DT_NOBEGIN;
	if (is_far(micros, DS_INFINITE_MICROS, 366 * USECS_PER_DAY) || !IS_VALID_TIMESTAMP(micros - EPOCH_MICROS))
		refuse_time(micros, "microseconds");
	return micros - EPOCH_MICROS;
}

static DateADT
read_days(int64 days)
{
	if (days == DS_INFINITE_DAYS)
		return DATEVAL_NOEND;
	if (days == -DS_INFINITE_DAYS)
		return DATEVAL_NOBEGIN;
	if (is_far(days, DS_INFINITE_DAYS, 366) || !IS_VALID_DATE((DateADT) (days - EPOCH_DAYS)))
		refuse_time(days, "days");
	return (DateADT) (days - EPOCH_DAYS);
}

static Datum
read_midnight(const DsField *field)
{
	int64		micros = read_integer(field);

	if (micros % USECS_PER_DAY != 0)
		refuse_field(field, "a midnight");
	return DirectFunctionCall1(date_timestamptz, DateADTGetDatum(read_days(micros / USECS_PER_DAY)));
}

static Datum
read_number(const DsField *field)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup(field->text, field->length)),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

static Datum
read_bool(const DsField *field)
{
	if (field->length == 4 && memcmp(field->text, "true", 4) == 0)
		return BoolGetDatum(true);
	if (field->length != 5 || memcmp(field->text, "false", 5) != 0)
		refuse_field(field, "a boolean");
	return BoolGetDatum(false);
}

static Datum
integer_datum(Oid type, int64 value)
{
	switch (type)
	{
		case INT2OID:
			return Int16GetDatum((int16) value);
		case INT4OID:
			return Int32GetDatum((int32) value);
		case NUMERICOID:
			return DirectFunctionCall1(int8_numeric, Int64GetDatum(value));
		case FLOAT8OID:
			return Float8GetDatum((double) value);
		default:
			return Int64GetDatum(value);
	}
}

/* A sum that is missing although there was something to add did not fit. */
static Datum
read_sum(const DsField *field)
{
	if (field->text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an aggregate of the result has more than 38 digits"),
				 errhint("SET deltashare.enable_pushdown = off computes it here.")));
	return read_number(field);
}

static Datum
numeric_multiply(Datum a, Datum b)
{
	return DirectFunctionCall2(numeric_mul, a, b);
}

/*
 * The variance from its parts, with the digits that PostgreSQL's aggregates
 * give: (n * sum(x^2) - sum(x)^2) / (n * (n - 1)), or / n^2.
 */
static Datum
read_variance(DsValueKind kind, const DsField *fields, bool *isnull)
{
	bool		sample = kind == DS_VALUE_VAR_SAMP || kind == DS_VALUE_STDDEV_SAMP;
	int64		n = read_integer(&fields[2]);
	Datum		count = integer_datum(NUMERICOID, n);
	Datum		divisor,
				sum,
				result;
	int32		scale;

	if (n == 0 || (sample && n == 1))
	{
		*isnull = true;
		return (Datum) 0;
	}
	sum = read_sum(&fields[0]);
	divisor = sample ? integer_datum(NUMERICOID, n - 1) : count;
	result = DirectFunctionCall2(numeric_sub, numeric_multiply(count, read_sum(&fields[1])),
								 numeric_multiply(sum, sum));
	if (!DatumGetBool(DirectFunctionCall2(numeric_gt, result, integer_datum(NUMERICOID, 0))))
		return integer_datum(NUMERICOID, 0);
	result = DirectFunctionCall2(numeric_div, result, numeric_multiply(count, divisor));
	if (kind == DS_VALUE_VAR_SAMP || kind == DS_VALUE_VAR_POP)
		return result;

	/* the root has as many digits as the variance; the more are for rounding */
	scale = DatumGetInt32(DirectFunctionCall1(numeric_scale, result));
	result = DirectFunctionCall2(numeric_round, result, Int32GetDatum(scale + 12));
	return DirectFunctionCall2(numeric_round, DirectFunctionCall1(numeric_sqrt, result), Int32GetDatum(scale));
}

/* An integer of the column's own type, which need not be as wide as ours */
static Datum
read_int(Oid type, const DsField *field)
{
	int64		value = read_integer(field);

	if ((type == INT4OID && value != (int32) value) || (type == INT2OID && value != (int16) value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a value of the result is out of range for type %s", format_type_be(type)),
				 errdetail("The value is \"%.*s\".", (int) field->length, field->text)));
	return integer_datum(type, value);
}

Datum
ds_value_read(DsValueKind kind, Oid type, const DsField *fields, bool *isnull)
{
	*isnull = fields[0].text == NULL && ds_value_fields(kind) == 1;
	if (*isnull)
		return (Datum) 0;
	switch (kind)
	{
		case DS_VALUE_BOOL:
			return read_bool(fields);
		case DS_VALUE_TEXT:
			return read_text(fields);
		case DS_VALUE_INT:
		case DS_VALUE_FIELD:
			return read_int(type, fields);
		case DS_VALUE_NUMERIC:
			return read_number(fields);
		case DS_VALUE_TIME:
		case DS_VALUE_WALL:
			return TimestampGetDatum(read_micros(fields));
		case DS_VALUE_DATE:
			return DateADTGetDatum(read_days(read_integer(fields)));
		case DS_VALUE_MIDNIGHT:
			return read_midnight(fields);
		case DS_VALUE_JSON:
			return DirectFunctionCall1(jsonb_in, CStringGetDatum(read_string(fields)));
		case DS_VALUE_AVG:
			if (fields[1].text && read_integer(&fields[1]) > 0)
				return DirectFunctionCall2(numeric_div, read_sum(fields),
										   integer_datum(NUMERICOID, read_integer(&fields[1])));
			*isnull = true;
			return (Datum) 0;
		case DS_VALUE_VAR_SAMP:
		case DS_VALUE_VAR_POP:
		case DS_VALUE_STDDEV_SAMP:
		case DS_VALUE_STDDEV_POP:
			return read_variance(kind, fields, isnull);
	}
	elog(ERROR, "a value of kind %d cannot be read", (int) kind);
}
