/*-------------------------------------------------------------------------
 *
 * result_escapes.c
 *	  Escapes in the strings of a result.
 *
 * An escape is never shorter than what it stands for, so the text is rewritten
 * where it is.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/result_escapes.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "backend/databricks/result_escapes.h"
#include "backend/databricks/result_scan.h"

typedef struct Unescape
{
	const char *in;				/* to be read */
	const char *end;
	char	   *out;			/* to be written; never behind "in" */
	const char *problem;
	int			sqlstate;
} Unescape;

static void
note_problem(Unescape *u, int sqlstate, const char *problem)
{
	u->problem = problem;
	u->sqlstate = sqlstate;
}

/* Copy up to the next backslash or the end. */
static void
copy_plain(Unescape *u)
{
	while (u->end - u->in >= sizeof(uint64))
	{
		uint64		stops = ds_zero_bytes(ds_load_word(u->in) ^ DS_EACH_BYTE('\\'));
		int			length = stops ? ds_first_byte(stops) : sizeof(uint64);

		memmove(u->out, u->in, length);
		u->in += length;
		u->out += length;
		if (stops)
			return;
	}
	while (u->in < u->end && *u->in != '\\')
		*u->out++ = *u->in++;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits after \u; -1 if they are not there. */
static int
read_unit(const char *p, const char *end)
{
	int			unit = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++)
	{
		int			digit = hex_value(p[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* \uXXXX, or two of them for a character beyond the first plane. */
static void
replace_unicode(Unescape *u)
{
	int			first = read_unit(u->in, u->end);
	pg_wchar	code = first;

	if (first < 0)
	{
		note_problem(u, ERRCODE_FDW_INVALID_STRING_FORMAT, "There is an invalid escape in the string");
		return;
	}
	if (first == 0)
	{
		note_problem(u, ERRCODE_UNTRANSLATABLE_CHARACTER,
					 "There is an escaped NUL character in the string");
		return;
	}
	u->in += 6;
	if (is_utf16_surrogate_first(code))
	{
		int			second = read_unit(u->in, u->end);

		if (second >= 0 && is_utf16_surrogate_second((pg_wchar) second))
		{
			code = surrogate_pair_to_codepoint(code, (pg_wchar) second);
			u->in += 6;
		}
	}
	if (is_utf16_surrogate_first(code) || is_utf16_surrogate_second(code))
	{
		note_problem(u, ERRCODE_FDW_INVALID_STRING_FORMAT,
					 "There is half of a surrogate pair in the string");
		return;
	}
	unicode_to_utf8(code, (unsigned char *) u->out);
	u->out += pg_utf_mblen((unsigned char *) u->out);
}

/* The escape at "in". */
static void
replace_escape(Unescape *u)
{
	char		c = u->end - u->in >= 2 ? u->in[1] : '\0';

	switch (c)
	{
		case 'u':
			replace_unicode(u);
			return;
		case '"':
		case '\\':
		case '/':
			break;
		case 'b':
			c = '\b';
			break;
		case 'f':
			c = '\f';
			break;
		case 'n':
			c = '\n';
			break;
		case 'r':
			c = '\r';
			break;
		case 't':
			c = '\t';
			break;
		default:
			note_problem(u, ERRCODE_FDW_INVALID_STRING_FORMAT,
						 "There is an invalid escape in the string");
			return;
	}
	u->in += 2;
	*u->out++ = c;
}

int
ds_unescape(char *text, int length, const char **problem, int *sqlstate)
{
	char	   *first = memchr(text, '\\', length);
	Unescape	u = {.in = first,.end = text + length,.out = first};

	Assert(first != NULL);
	while (u.in < u.end && u.problem == NULL)
	{
		if (*u.in == '\\')
			replace_escape(&u);
		else
			copy_plain(&u);
	}
	if (u.problem)
	{
		*problem = u.problem;
		*sqlstate = u.sqlstate;
	}
	return u.out - text;
}
