/*-------------------------------------------------------------------------
 *
 * url.c
 *	  Percent-encoding.
 *
 * What is encoded is the UTF-8 form of a text, whatever the encoding of the
 * database.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/url.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

/* RFC 3986, 2.3 */
static bool
is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void
append_escaped(StringInfo url, const char *string)
{
	char	   *utf8 = pg_server_to_any(string, strlen(string), PG_UTF8);

	for (const unsigned char *p = (const unsigned char *) utf8; *p; p++)
	{
		if (is_unreserved(*p))
			appendStringInfoCharMacro(url, *p);
		else
			appendStringInfo(url, "%%%02X", *p);
	}
	if (utf8 != string)
		pfree(utf8);
}

char *
ds_url_escape(const char *string)
{
	StringInfoData url;

	if (string[0] == '\0' || strcmp(string, ".") == 0 || strcmp(string, "..") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid name: \"%s\"", string),
				 errdetail("The name would change the meaning of the address that it is part of.")));

	initStringInfo(&url);
	append_escaped(&url, string);
	return url.data;
}

void
ds_url_add_query(struct StringInfoData *url, const char *name, const char *value)
{
	appendStringInfoChar(url, strchr(url->data, '?') ? '&' : '?');
	appendStringInfoString(url, name);
	appendStringInfoChar(url, '=');
	append_escaped(url, value);
}
