/*-------------------------------------------------------------------------
 *
 * json_text.c
 *	  JSON as YAML that says the same.
 *
 * JSON is said to be a part of YAML.  Of the YAML that libyaml reads it is not
 * quite: what differs is written in another way here, so that places in the
 * text stay what they are (but for the columns after an escape in its line).
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/json_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "config/config.h"

#define MAX_KEY_BYTES	1000	/* of a key without "?"; libyaml's limit is 1024 */

typedef struct Rewriter
{
	const char *from;
	const char *end;
	StringInfoData to;
} Rewriter;

static bool
starts_with(const Rewriter *rewriter, const char *bytes)
{
	int			length = strlen(bytes);

	return rewriter->end - rewriter->from >= length && memcmp(rewriter->from, bytes, length) == 0;
}

static void
replace(Rewriter *rewriter, int nbytes, const char *with)
{
	appendStringInfoString(&rewriter->to, with);
	rewriter->from += nbytes;
}

static void
copy(Rewriter *rewriter, int nbytes)
{
	appendBinaryStringInfo(&rewriter->to, rewriter->from, nbytes);
	rewriter->from += nbytes;
}

/* The number of an escape "\uXXXX" that begins here; 0 if there is none. */
static unsigned int
escaped_number(const char *p, const char *end)
{
	unsigned int number = 0;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return 0;
	for (int i = 2; i < 6; i++)
	{
		unsigned char c = pg_ascii_tolower((unsigned char) p[i]);

		if (!isxdigit(c))
			return 0;
		number = number * 16 + (isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return number;
}

/* A character beyond U+FFFF is two escapes of four digits, in YAML one of eight. */
static void
rewrite_escape(Rewriter *rewriter)
{
	unsigned int high = escaped_number(rewriter->from, rewriter->end);
	unsigned int low = high != 0 ? escaped_number(rewriter->from + 6, rewriter->end) : 0;
	char		escape[12];

	if ((high & 0xFC00) == 0xD800 && (low & 0xFC00) == 0xDC00)
	{
		snprintf(escape, sizeof(escape), "\\U%08X", 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF));
		replace(rewriter, 12, escape);
	}
	else
		copy(rewriter, Min(2, rewriter->end - rewriter->from));
}

/* Characters that are nothing special in JSON: for YAML they end a line, or are refused. */
static void
rewrite_character(Rewriter *rewriter)
{
	unsigned char second = rewriter->end - rewriter->from > 1 ? rewriter->from[1] : 0;
	char		escape[8];

	if (starts_with(rewriter, "\xE2\x80\xA8"))
		replace(rewriter, 3, "\\L");
	else if (starts_with(rewriter, "\xE2\x80\xA9"))
		replace(rewriter, 3, "\\P");
	else if (starts_with(rewriter, "\xEF\xBF\xBE"))
		replace(rewriter, 3, "\\uFFFE");
	else if (starts_with(rewriter, "\xEF\xBF\xBF"))
		replace(rewriter, 3, "\\uFFFF");
	else if (*rewriter->from == '\x7F')
		replace(rewriter, 1, "\\x7F");
	else if (*rewriter->from == '\xC2' && second >= 0x80 && second < 0xA0)
	{
		snprintf(escape, sizeof(escape), "\\x%02X", second);
		replace(rewriter, 2, escape);
	}
	else
		copy(rewriter, 1);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * After a string, which began there in the output: if it is a key, its colon
 * comes at once.  A long one has to be announced.
 */
static void
rewrite_colon(Rewriter *rewriter, int start)
{
	const char *p = rewriter->from;
	int			length = rewriter->to.len - start;

	while (p < rewriter->end && is_space(*p))
		p++;
	if (p == rewriter->end || *p != ':')
		return;
	if (length > MAX_KEY_BYTES)
	{
		enlargeStringInfo(&rewriter->to, 2);
		memmove(rewriter->to.data + start + 2, rewriter->to.data + start, length);
		memcpy(rewriter->to.data + start, "? ", 2);
		rewriter->to.len += 2;
	}
	appendStringInfoChar(&rewriter->to, ':');
	while (rewriter->from < p)
		replace(rewriter, 1, *rewriter->from == '\n' ? "\n" : " ");
	rewriter->from++;
}

static void
rewrite_string(Rewriter *rewriter)
{
	int			start = rewriter->to.len;

	copy(rewriter, 1);
	while (rewriter->from < rewriter->end && *rewriter->from != '"')
	{
		CHECK_FOR_INTERRUPTS();
		if (*rewriter->from == '\\')
			rewrite_escape(rewriter);
		else
			rewrite_character(rewriter);
	}
	if (rewriter->from < rewriter->end)
		copy(rewriter, 1);
	rewrite_colon(rewriter, start);
}

/* Text is valid JSON in UTF-8; the result is in CurrentMemoryContext. */
char *
ds_yaml_of_json(const char *text, int length, int *result_length)
{
	Rewriter	rewriter;

	rewriter.from = text;
	rewriter.end = text + length;
	initStringInfo(&rewriter.to);
	while (rewriter.from < rewriter.end)
	{
		CHECK_FOR_INTERRUPTS();
		if (*rewriter.from == '"')
			rewrite_string(&rewriter);
		else if (*rewriter.from == '\t')
			replace(&rewriter, 1, " ");
		else
			copy(&rewriter, 1);
	}
	*result_length = rewriter.to.len;
	return rewriter.to.data;
}
