/*-------------------------------------------------------------------------
 *
 * host.c
 *	  Which addresses we are willing to speak to.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/host.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/curl_prelude.h"
#include "http/host.h"

/* The parts of a URL, in palloc'd memory; NULL where absent. */
typedef struct UrlParts
{
	char	   *scheme;
	char	   *user;
	char	   *host;
	char	   *port;
	char	   *path;
	char	   *query;
	char	   *fragment;
} UrlParts;

static char *
copy_part(CURLU *url, CURLUPart part)
{
	char	   *address;
	char	   *copy;

	if (curl_url_get(url, part, &address, 0) != CURLUE_OK)
		return NULL;
	copy = MemoryContextAllocExtended(CurrentMemoryContext, strlen(address) + 1, MCXT_ALLOC_NO_OOM);
	if (copy)
		strcpy(copy, address);
	curl_free(address);
	return copy;
}

static bool
split_url(const char *address, UrlParts *parts)
{
	CURLU	   *url = curl_url();
	bool		ok;

	if (url == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	/* nothing below raises an error before the handle is released */
	ok = curl_url_set(url, CURLUPART_URL, address, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
	if (ok)
	{
		parts->scheme = copy_part(url, CURLUPART_SCHEME);
		parts->user = copy_part(url, CURLUPART_USER);
		parts->host = copy_part(url, CURLUPART_HOST);
		parts->port = copy_part(url, CURLUPART_PORT);
		parts->path = copy_part(url, CURLUPART_PATH);
		parts->query = copy_part(url, CURLUPART_QUERY);
		parts->fragment = copy_part(url, CURLUPART_FRAGMENT);
	}
	curl_url_cleanup(url);
	return ok && parts->scheme && parts->host && *parts->host;
}

/* Names and addresses that cannot leave this machine. */
static bool
is_loopback(const char *host)
{
	unsigned int a,
				b,
				c,
				d;
	char		end;

	if (pg_strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 &&
		a == 127 && b < 256 && c < 256 && d < 256;
}

char *
ds_host_normalize(const char *address, const char **problem)
{
	UrlParts	parts = {0};
	bool		https;

	if (strstr(address, "://") == NULL)
		address = psprintf("https://%s", address);
	if (!split_url(address, &parts))
	{
		*problem = "The value must have the form https://host[:port].";
		return NULL;
	}
	https = strcmp(parts.scheme, "https") == 0;
	if (parts.user)
		*problem = "Credentials belong in the user mapping, not in the address.";
	else if ((parts.path && strcmp(parts.path, "/") != 0) || parts.query || parts.fragment)
		*problem = "The value must have the form https://host[:port], without a path.";
	else if (!https && strcmp(parts.scheme, "http") != 0)
		*problem = "The scheme must be https.";
	else if (!https && !is_loopback(parts.host))
		*problem = "Use https; http is accepted only for a loopback address.";
	if (*problem)
		return NULL;

	if (parts.port == NULL || strcmp(parts.port, https ? "443" : "80") == 0)
		return psprintf("%s://%s", parts.scheme, parts.host);
	return psprintf("%s://%s:%s", parts.scheme, parts.host, parts.port);
}

char *
ds_link_host(const char *link, bool http, const char **problem)
{
	UrlParts	parts = {0};
	bool		https;

	*problem = NULL;
	for (const char *p = link; *p && *problem == NULL; p++)
	{
		if (*p <= 0x20 || *p >= 0x7f)
			*problem = "The address contains a character that is not allowed.";
	}
	if (*problem == NULL && (strstr(link, "://") == NULL || !split_url(link, &parts)))
		*problem = "The address is not a complete URL.";
	if (*problem)
		return NULL;
	https = strcmp(parts.scheme, "https") == 0;
	if (parts.user)
		*problem = "The address holds a user name.";
	else if (!https && !(http && strcmp(parts.scheme, "http") == 0 && is_loopback(parts.host)))
		*problem = "The scheme of the address is not https.";
	return *problem ? NULL : parts.host;
}

bool
ds_proxy_check(const char *address, const char **problem)
{
	UrlParts	parts = {0};

	if (strstr(address, "://") == NULL)
		address = psprintf("http://%s", address);
	if (!split_url(address, &parts))
		*problem = "The value must have the form http://host:port.";
	else if (parts.user)
		*problem = "A proxy address must not hold credentials.";
	else if (strcmp(parts.scheme, "http") != 0 && strcmp(parts.scheme, "https") != 0)
		*problem = "The scheme of a proxy must be http or https.";
	return *problem == NULL;
}
