/*-------------------------------------------------------------------------
 *
 * link.c
 *	  Links to somewhere else.
 *
 * A server may point to where the rest of its answer lies: a URL, signed for a
 * while, and headers to send there.  Whoever knows them can read the data, so
 * they are secrets as a whole.  They come from outside and are not trusted: a
 * link must not make us speak to anything in clear text, nor forge a request.
 *

 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/link.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/host.h"
#include "http/transfer.h"
#include "utils/memutils.h"

/* More than this, nobody needs. */
#define MAX_LINK_HEADERS	32

/* What is shorter than this is not worth to be kept secret, "GET" for example. */
#define MIN_SECRET_LENGTH	6

/* What is shown of a header's name, in bytes. */
#define MAX_SHOWN_NAME		64

/*
 * Headers that are not the server's to choose: they frame the request, lead it
 * astray, or say who we are.
 */
static const char *const refused_headers[] = {
	"Authorization", "Connection", "Content-Length", "Cookie", "Expect", "Host",
	"HTTP2-Settings", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE",
	"Trailer", "Transfer-Encoding", "Upgrade"
};

static void
refuse_link(const DsHttpTransfer *transfer, const char *detail, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROTOCOL_VIOLATION),
			 errmsg("server \"%s\" sent a link that cannot be used",
					transfer->queue->target->server_name),
			 name ? errdetail_internal(detail, name) : errdetail_internal("%s", detail)));
}

static bool
is_name(const char *name)
{
	if (*name == '\0')
		return false;
	for (; *name; name++)
	{
		if (*name <= 0x20 || *name >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *name))
			return false;
	}
	return true;
}

static bool
is_value(const char *value)
{
	for (; *value; value++)
	{
		if ((*value < 0x20 && *value != '\t') || *value >= 0x7f)
			return false;
	}
	return true;
}

static bool
is_refused(const char *name)
{
	for (int i = 0; i < lengthof(refused_headers); i++)
	{
		if (pg_strcasecmp(name, refused_headers[i]) == 0)
			return true;
	}
	return false;
}

static void
check_header(const DsHttpTransfer *transfer, const DsHttpHeader *header)
{
	if (!is_name(header->name))
		refuse_link(transfer, "A header has no valid name.", NULL);
	if (is_refused(header->name))
		refuse_link(transfer, "The header \"%s\" is not accepted.",
					ds_printable(header->name, MAX_SHOWN_NAME, NULL));
	if (!is_value(header->value))
		refuse_link(transfer, "The value of the header \"%s\" contains a character that is not allowed.",
					ds_printable(header->name, MAX_SHOWN_NAME, NULL));
}

/* The host of a link, without leaving the other parts of it behind. */
static char *
copy_host(const char *link, bool http, const char **problem)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "deltashare link", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	char	   *host = ds_link_host(link, http, problem);

	MemoryContextSwitchTo(old);
	if (host)
		host = pstrdup(host);
	MemoryContextDelete(scratch);
	return host;
}

void
ds_link_copy(DsHttpTransfer *transfer, const DsHttpRequest *request)
{
	const char *problem = NULL;

	/* nobody from elsewhere may send us to the services of this machine */
	bool		http = strncmp(transfer->queue->target->base_url, "http://", 7) == 0;
	char	   *host = copy_host(request->link, http, &problem);

	if (host == NULL)
		refuse_link(transfer, problem, NULL);
	if (request->nheaders > MAX_LINK_HEADERS)
		refuse_link(transfer, "It comes with too many headers.", NULL);
	for (int i = 0; i < request->nheaders; i++)
		check_header(transfer, &request->headers[i]);

	transfer->link_host = host;
	transfer->url = pstrdup(request->link);
	transfer->link_headers = palloc0(sizeof(char *) * Max(request->nheaders, 1));
	for (int i = 0; i < request->nheaders; i++)
	{
		const DsHttpHeader *header = &request->headers[i];

		/* curl's way to say that the value is empty, and not that there is none */
		transfer->link_headers[i] = header->value[strspn(header->value, " \t")] == '\0' ?
			psprintf("%s;", header->name) : psprintf("%s: %s", header->name, header->value);
		transfer->nlink_headers++;
	}
}

/* ============================================================
 * Keeping it secret
 * ============================================================
 */

static void
mask(char *data, size_t length, const char *secret, size_t secret_length)
{
	char	   *p = data;

	if (secret_length < MIN_SECRET_LENGTH)
		return;
	while ((p = memmem(p, length - (p - data), secret, secret_length)) != NULL)
		memset(p, '*', secret_length);
}

/* A piece of the URL, as it is there and as a server reads it. */
static void
mask_piece(char *data, size_t length, const char *piece, size_t piece_length)
{
	int			decoded_length;
	char	   *decoded;

	mask(data, length, piece, piece_length);
	if (piece_length == 0 || memchr(piece, '%', piece_length) == NULL)
		return;
	decoded = curl_easy_unescape(NULL, piece, (int) piece_length, &decoded_length);
	if (decoded == NULL)
		return;
	mask(data, length, decoded, decoded_length);
	explicit_bzero(decoded, decoded_length);
	curl_free(decoded);
}

void
ds_link_mask(const DsHttpTransfer *transfer, char *data, size_t length)
{
	const char *query = strchr(transfer->url, '?');

	/* the whole query first: its pieces may be too short to be looked for */
	if (query)
		mask_piece(data, length, query + 1, strlen(query + 1));
	while (query)
	{
		size_t		piece = strcspn(++query, "&=");

		/* names are no secrets */
		if (query[piece] != '=')
			mask_piece(data, length, query, piece);
		else
		{
			query += piece + 1;
			piece = strcspn(query, "&");
			mask_piece(data, length, query, piece);
		}
		query = query[piece] ? query + piece : NULL;
	}
	for (int i = 0; i < transfer->nlink_headers; i++)
	{
		const char *value = strchr(transfer->link_headers[i], ':');

		if (value)
		{
			value += 1 + strspn(value + 1, " \t");
			mask(data, length, value, strlen(value));
		}
	}
}

void
ds_link_wipe(DsHttpTransfer *transfer)
{
	if (transfer->link_host == NULL)
		return;
	explicit_bzero(transfer->url, strlen(transfer->url));
	for (int i = 0; i < transfer->nlink_headers; i++)
		explicit_bzero(transfer->link_headers[i], strlen(transfer->link_headers[i]));
}

void
ds_link_free(DsHttpTransfer *transfer)
{
	if (transfer->link_host == NULL)
		return;
	ds_link_wipe(transfer);
	for (int i = 0; i < transfer->nlink_headers; i++)
		pfree(transfer->link_headers[i]);
	pfree(transfer->link_headers);
	pfree(transfer->link_host);
	transfer->link_host = NULL;
}
