/*-------------------------------------------------------------------------
 *
 * time.c
 *	  date_trunc(), extract(), and casts between the types of time.
 *
 * All of them depend on the clock on the wall, in the session's time zone.
 * from_utc_timestamp() gives it, whatever zone the warehouse is set to: the
 * same number of microseconds that PostgreSQL calls a timestamp.  From there
 * on it is integer arithmetic, and for months the calendar.
 *
 * A midnight goes back to a point in time only here, see result.c: in a zone
 * where clocks change at midnight that is PostgreSQL's business.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/remote_sql/time.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_func.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "remote_sql/remote_sql.h"

#define DAY			"86400000000"

/*
 * Names of the time zone database mean the same everywhere.  Abbreviations,
 * POSIX rules and fixed offsets have other names, or none, on the other side.
 */
bool
ds_remote_zone_is_known(const char *name)
{
	static const char *const fixed[] = {"UTC", "GMT", "Etc/UTC", "Etc/GMT"};
	pg_tz	   *zone;

	for (int i = 0; i < lengthof(fixed); i++)
		if (strcmp(name, fixed[i]) == 0)
			return true;
	if (strchr(name, '/') == NULL || strncmp(name, "posix/", 6) == 0 || strncmp(name, "right/", 6) == 0)
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char) *p) && strchr("/_+-", *p) == NULL)
			return false;

	/* the other side wants the letters in the case of the database */
	zone = pg_tzset(name);
	return zone && strcmp(pg_get_timezone_name(zone), name) == 0;
}

/* current_setting('TimeZone'), which EXPLAIN shows */
static Expr *
session_zone(void)
{
	Oid			argument = TEXTOID;
	Oid			function = LookupFuncName(list_make2(makeString("pg_catalog"), makeString("current_setting")),
										  1, &argument, false);
	Const	   *name = makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1, CStringGetTextDatum("TimeZone"), false, false);

	return (Expr *) makeFuncExpr(function, TEXTOID, list_make1(name), DEFAULT_COLLATION_OID,
								 DEFAULT_COLLATION_OID, COERCE_EXPLICIT_CALL);
}

/* The zone to use: that of the argument, or the session's if it is NULL. */
static char *
render_zone(DsRemoteContext *context, Expr *zone)
{
	const char *name = pg_get_timezone_name(session_timezone);

	if (zone)
	{
		if (!IsA(zone, Const) || ((Const *) zone)->constisnull)
			return NULL;
		name = TextDatumGetCString(((Const *) zone)->constvalue);
	}
	if (!ds_remote_zone_is_known(name))
		return NULL;
	return ds_remote_parameter(context, zone ? zone : session_zone(), DS_FORM_ZONE);
}

/* The wall clock's microseconds; NULL: cannot be had. */
static char *
render_wall(DsRemoteContext *context, Expr *arg, Expr *zone, DsValueKind *kind)
{
	char	   *text = ds_remote_try(context, arg, kind);
	char	   *zone_text;

	if (text == NULL)
		return NULL;
	switch (*kind)
	{
		case DS_VALUE_TIME:
			zone_text = render_zone(context, zone);
			return zone_text ? psprintf("unix_micros(from_utc_timestamp(%s, %s))", text, zone_text) : NULL;
		case DS_VALUE_WALL:
			return zone ? NULL : text;
		case DS_VALUE_MIDNIGHT:
			return zone ? NULL : text;
		case DS_VALUE_DATE:
			return zone ? NULL : psprintf("CAST(unix_date(%s) AS BIGINT) * " DAY, text);
		default:
			return NULL;
	}
}

static char *
date_of_wall(const char *wall)
{
	return psprintf("date_from_unix_date(CAST((%s - pmod(%s, " DAY ")) DIV " DAY " AS INT))", wall, wall);
}

static const char *
constant_text(Expr *expr)
{
	Const	   *constant = (Const *) expr;

	if (!IsA(constant, Const) || constant->constisnull || constant->consttype != TEXTOID)
		return NULL;
	return TextDatumGetCString(constant->constvalue);
}

static const struct
{
	const char *unit;
	const char *length;			/* microseconds, or NULL: months */
	const char *calendar;		/* argument of trunc(), or NULL */
	bool		within_day;
}			units[] =
{
	{"second", "1000000", NULL, true},
	{"minute", "60000000", NULL, true},
	{"hour", "3600000000", NULL, true},
	{"day", DAY, NULL, false},
	{"week", "604800000000", NULL, false},
	{"month", NULL, "MONTH", false},
	{"quarter", NULL, "QUARTER", false},
	{"year", NULL, "YEAR", false},
};

/* A wall clock cut off to days or more */
static char *
truncate_wall(const char *wall, int unit)
{
	if (units[unit].calendar)
		return psprintf("(CAST(unix_date(trunc(%s, '%s')) AS BIGINT) * " DAY ")", date_of_wall(wall),
						units[unit].calendar);
	if (strcmp(units[unit].unit, "week") == 0)	/* the first Monday was the fifth day */
		return psprintf("(%s - pmod(%s - 4 * " DAY ", %s))", wall, wall, units[unit].length);
	return psprintf("(%s - pmod(%s, %s))", wall, wall, units[unit].length);
}

static bool
render_date_trunc(DsRemoteContext *context, List *args, Oid result_type, StringInfo out, DsValueKind *kind)
{
	const char *name = constant_text(linitial(args));
	Expr	   *arg = lsecond(args);
	Expr	   *zone = list_length(args) == 3 ? lthird(args) : NULL;
	char	   *wall;
	int			unit = 0;

	while (name && unit < lengthof(units) && pg_strcasecmp(units[unit].unit, name) != 0)
		unit++;
	if (name == NULL || unit == lengthof(units))
		return false;
	wall = render_wall(context, arg, zone, kind);

	/* midnights of another zone cannot be told from those of the session's */
	if (wall == NULL || (zone && !units[unit].within_day))
		return false;
	if (units[unit].within_day && *kind == DS_VALUE_TIME)
	{
		DsValueKind same;

		appendStringInfo(out, "timestamp_micros(unix_micros(%s) - pmod(%s, %s))",
						 ds_remote_try(context, arg, &same), wall, units[unit].length);
		return true;
	}
	if (units[unit].within_day && *kind == DS_VALUE_MIDNIGHT)
		return false;
	appendStringInfoString(out, truncate_wall(wall, unit));
	*kind = result_type == TIMESTAMPOID ? DS_VALUE_WALL : DS_VALUE_MIDNIGHT;
	return true;
}

static const struct
{
	const char *field;
	const char *format;			/* of the wall clock, or */
	const char *date_format;	/* of the date */
}			fields[] =
{
	{"hour", "(pmod(%s, " DAY ") DIV 3600000000)", NULL},
	{"minute", "(pmod(%s, 3600000000) DIV 60000000)", NULL},
	{"dow", NULL, "pmod(unix_date(%s) + 4, 7)"},
	{"isodow", NULL, "(pmod(unix_date(%s) + 3, 7) + 1)"},
	{"day", NULL, "day(%s)"},
	{"doy", NULL, "dayofyear(%s)"},
	{"week", NULL, "weekofyear(%s)"},
	{"month", NULL, "month(%s)"},
	{"quarter", NULL, "quarter(%s)"},
	{"year", NULL, "year(%s)"},
};

static bool
render_extract(DsRemoteContext *context, List *args, StringInfo out, DsValueKind *kind)
{
	const char *name = constant_text(linitial(args));
	int			field = 0;
	char	   *wall;

	while (name && field < lengthof(fields) && pg_strcasecmp(fields[field].field, name) != 0)
		field++;
	if (name == NULL || field == lengthof(fields))
		return false;
	wall = render_wall(context, lsecond(args), NULL, kind);
	if (wall == NULL || (fields[field].format && *kind != DS_VALUE_TIME && *kind != DS_VALUE_WALL))
		return false;
	if (fields[field].format)
		appendStringInfo(out, fields[field].format, wall);
	else
		appendStringInfo(out, fields[field].date_format, date_of_wall(wall));
	*kind = DS_VALUE_FIELD;
	return true;
}

/* "time AT TIME ZONE zone" */
static bool
render_at_zone(DsRemoteContext *context, List *args, StringInfo out, DsValueKind *kind)
{
	Expr	   *arg = llast(args);
	Expr	   *zone = list_length(args) == 2 ? linitial(args) : NULL;
	char	   *wall;

	if (exprType((Node *) arg) != TIMESTAMPTZOID || (zone && constant_text(zone) == NULL))
		return false;
	wall = render_wall(context, arg, zone, kind);
	if (wall == NULL || *kind != DS_VALUE_TIME)
		return false;
	appendStringInfoString(out, wall);
	*kind = DS_VALUE_WALL;
	return true;
}

bool
ds_remote_time_cast(DsRemoteContext *context, Expr *arg, Oid result_type, StringInfo out, DsValueKind *kind)
{
	char	   *wall = render_wall(context, arg, NULL, kind);

	if (wall == NULL)
		return false;
	switch (result_type)
	{
		case DATEOID:
			appendStringInfoString(out, date_of_wall(wall));
			*kind = DS_VALUE_DATE;
			return true;
		case TIMESTAMPOID:
			if (*kind == DS_VALUE_MIDNIGHT)
				return false;
			appendStringInfoString(out, wall);
			*kind = DS_VALUE_WALL;
			return true;
		case TIMESTAMPTZOID:
			if (*kind != DS_VALUE_DATE)
				return false;
			appendStringInfo(out, "(%s)", wall);
			*kind = DS_VALUE_MIDNIGHT;
			return true;
		default:
			return false;
	}
}

bool
ds_remote_time_function(DsRemoteContext *context, const char *name, List *args, Oid result_type,
						StringInfo out, DsValueKind *kind)
{
	int			n = list_length(args);

	if (strcmp(name, "date_trunc") == 0 && n >= 2)
		return render_date_trunc(context, args, result_type, out, kind);
	if ((strcmp(name, "extract") == 0 || strcmp(name, "date_part") == 0) && n == 2)
		return render_extract(context, args, out, kind);
	if (strcmp(name, "timezone") == 0 && n <= 2)
		return render_at_zone(context, args, out, kind);
	if (n == 1 && (strcmp(name, "date") == 0 || strcmp(name, "timestamp") == 0 || strcmp(name, "timestamptz") == 0))
		return ds_remote_time_cast(context, linitial(args), result_type, out, kind);
	return false;
}
