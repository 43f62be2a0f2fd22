/*-------------------------------------------------------------------------
 *
 * json_scan.c
 *	  A look at a JSON text before cJSON parses it.
 *
 * This is a tokenizer, not a parser: it knows strings, numbers, brackets and
 * the places where a value may stand, and leaves the grammar to cJSON.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/json_scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "http/json_scan.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

/* Nesting of objects and arrays; also the number of bits in "objects" below. */
#define MAX_DEPTH		64

/*
 * Values in one text.  Each costs a node of some 64 bytes plus its name and
 * text, so this bounds what a small reply may blow up to.
 */
#define MAX_VALUES		(8 * 1024 * 1024)

/* A double keeps this many decimal digits, whatever they are. */
#define EXACT_DIGITS	15

/* Numbers with an exponent of more digits than this may overflow a double. */
#define EXACT_EXPONENT_DIGITS 2

typedef struct Scanner
{
	const char *start;
	const char *next;
	const char *end;
	const char *copied;			/* up to here, rewritten has it */
	int			depth;
	uint64		objects;		/* bit n: is level n an object? */
	int			values;
	bool		value_expected;
	DsJsonScan *result;
} Scanner;

static void
note_problem(Scanner *s, const char *where, const char *problem)
{
	s->result->problem = problem;
	s->result->offset = where - s->start;
}

/* ============================================================
 * Numbers
 * ============================================================
 */

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/*
 * The end of the number that begins at p, or NULL if there is none.  *exact
 * tells whether a double keeps it digit by digit.
 */
static const char *
skip_number(const char *p, const char *end, bool *exact)
{
	const char *part;
	int			digits;

	*exact = true;
	if (p < end && *p == '-')
		p++;
	part = p;
	p = skip_digits(p, end);
	if (p == part || (*part == '0' && p - part > 1))
		return NULL;
	digits = Min(p - part, EXACT_DIGITS + 1);

	if (p < end && *p == '.')
	{
		part = ++p;
		p = skip_digits(p, end);
		if (p == part)
			return NULL;
		digits += Min(p - part, EXACT_DIGITS + 1);
	}
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		part = p;
		p = skip_digits(p, end);
		if (p == part)
			return NULL;
		if (p - part > EXACT_EXPONENT_DIGITS)
			*exact = false;
	}
	if (digits > EXACT_DIGITS)
		*exact = false;
	return p;
}

bool
ds_json_is_number(const char *string, size_t length)
{
	bool		exact;

	return skip_number(string, string + length, &exact) == string + length;
}

/* Copy what was not copied yet, and then the number as a marked string. */
static void
rewrite_number(Scanner *s, const char *number, size_t length)
{
	StringInfo	out = &s->result->rewritten;

	if (!s->result->has_long_numbers)
	{
		initStringInfo(out);
		s->result->has_long_numbers = true;
	}
	appendBinaryStringInfo(out, s->copied, number - s->copied);
	appendStringInfoChar(out, '"');
	appendStringInfoChar(out, DS_JSON_NUMBER_MARK);
	appendBinaryStringInfo(out, number, length);
	appendStringInfoChar(out, '"');
	s->copied = number + length;
}

static void
scan_number(Scanner *s)
{
	bool		exact;
	const char *end = skip_number(s->next, s->end, &exact);

	if (end == NULL)
	{
		note_problem(s, s->next, "There is an invalid number");
		return;
	}
	/* elsewhere it is an error, which a string might not be */
	if (!exact && s->value_expected)
		rewrite_number(s, s->next, end - s->next);
	s->value_expected = false;
	s->next = end;
}

/* ============================================================
 * Strings
 * ============================================================
 */

/* The length of the UTF-8 character at p, or 0 if there is no valid one. */
static int
utf8_length(const char *p, const char *end)
{
	int			length = pg_utf_mblen((const unsigned char *) p);

	if (length > end - p || !pg_utf8_islegal((const unsigned char *) p, length))
		return 0;
	return length;
}

/* Are there four hexadecimal digits?  cJSON takes others for zeros. */
static bool
is_code_unit(const char *p, const char *end)
{
	for (int i = 0; i < 4; i++)
		if (p + i >= end || !isxdigit((unsigned char) p[i]))
			return false;
	return true;
}

/* Step over one escape; p is at the backslash. */
static const char *
scan_escape(Scanner *s, const char *p)
{
	if (s->end - p >= 2 && p[1] == 'u' && !is_code_unit(p + 2, s->end))
		note_problem(s, p, "There is an invalid escape");
	if (s->end - p >= 6 && memcmp(p, "\\u0000", 6) == 0)
		note_problem(s, p, "There is an escaped NUL character, which a text cannot hold,");
	return Min(p + 2, s->end);
}

static void
scan_string(Scanner *s)
{
	const char *p = s->next + 1;

	s->value_expected = false;
	while (p < s->end && *p != '"' && s->result->problem == NULL)
	{
		if (*p == '\\')
			p = scan_escape(s, p);
		else if (IS_HIGHBIT_SET(*p))
		{
			int			length = utf8_length(p, s->end);

			if (length == 0)
				note_problem(s, p, "There is invalid UTF-8");
			p += length;
		}
		else if ((unsigned char) *p < 0x20)
			note_problem(s, p, *p == '\0' ? "There is a NUL byte" :
						 "There is a control character");
		else
			p++;
	}
	if (p == s->end && s->result->problem == NULL)
		note_problem(s, s->next, "There is a string without an end, which begins");
	s->next = p + 1;
}

/* ============================================================
 * Structure
 * ============================================================
 */

static void
open_level(Scanner *s, bool object)
{
	if (s->depth == MAX_DEPTH)
	{
		note_problem(s, s->next, "It is nested too deeply");
		s->result->too_big = true;
		return;
	}
	if (object)
		s->objects |= UINT64CONST(1) << s->depth;
	else
		s->objects &= ~(UINT64CONST(1) << s->depth);
	s->depth++;
	s->value_expected = !object;
}

static bool
in_object(const Scanner *s)
{
	return s->depth > 0 && (s->objects & (UINT64CONST(1) << (s->depth - 1))) != 0;
}

static void
count_value(Scanner *s)
{
	if (++s->values > MAX_VALUES)
	{
		note_problem(s, s->next, "It holds too many values");
		s->result->too_big = true;
	}
}

/* One character outside of strings and numbers. */
static void
scan_mark(Scanner *s)
{
	unsigned char c = *s->next;

	switch (c)
	{
		case '{':
		case '[':
			count_value(s);
			open_level(s, c == '{');
			break;
		case '}':
		case ']':
			if (s->depth > 0)
				s->depth--;
			s->value_expected = false;
			break;
		case ',':
			count_value(s);
			s->value_expected = !in_object(s);
			break;
		case ':':
			s->value_expected = true;
			break;
		case '\0':
			note_problem(s, s->next, "There is a NUL byte");
			break;
		default:
			/* true, false and null, or nonsense that cJSON will find */
			if (c < 0x20 || c > 0x7e)
				note_problem(s, s->next, "There is an unexpected character");
			s->value_expected = false;
			break;
	}
	s->next++;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void
ds_json_scan(const char *string, size_t length, DsJsonScan *scan)
{
	Scanner		s = {
		.start = string,
		.next = string,
		.end = string + length,
		.copied = string,
		.value_expected = true,
		.result = scan
	};

	memset(scan, 0, sizeof(*scan));
	scan->blank = true;
	while (s.next < s.end && scan->problem == NULL)
	{
		char		c = *s.next;

		if (is_blank(c))
		{
			s.next++;
			continue;
		}
		scan->blank = false;
		if (c == '"')
			scan_string(&s);
		else if (c == '-' || (c >= '0' && c <= '9'))
			scan_number(&s);
		else
			scan_mark(&s);
	}
	if (scan->has_long_numbers && scan->problem == NULL)
		appendBinaryStringInfo(&scan->rewritten, s.copied, s.end - s.copied);
}
