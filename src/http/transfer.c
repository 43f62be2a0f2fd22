/*-------------------------------------------------------------------------
 *
 * transfer.c
 *	  One attempt of one request: from our fields to curl's options and back.
 *
 * The callbacks in here are called by curl and must not palloc, raise errors
 * or look for interrupts.  They note a problem in the transfer and make curl
 * give up; the error is raised later, by whoever waits for the transfer.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/transfer.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "compat.h"
#include "http/transfer.h"

/* Easy handles kept for their next use; they hold TLS sessions. */
#define MAX_SPARES		16

/* All headers of a reply, names and line ends included. */
#define MAX_HEADER_BYTES	(256 * 1024)

/*
 * What curl reads from the network at once.  Of a compressed reply, one such
 * piece may become a thousand times larger and be held by curl all at once.
 */
#define BUFFER_SIZE			(64 * 1024L)
#define BUFFER_SIZE_STREAM	(32 * 1024L)
#define BUFFER_SIZE_LINK	(128 * 1024L)

/* Seconds without traffic before the connection is probed. */
#define KEEPALIVE_IDLE		30L
#define KEEPALIVE_INTERVAL	15L

/* Seconds after which an idle connection is not trusted any more. */
#define MAX_IDLE			60L
#define MAX_IDLE_UNSAFE		15L

/* In functions that have "easy" and "transfer", and return whether all is well */
#define SET(option, value) \
	do { \
		CURLcode	set_result = curl_easy_setopt(easy, option, value); \
		if (set_result != CURLE_OK) \
			return note_refusal(transfer, #option, set_result); \
	} while (0)

static CURL *spares[MAX_SPARES];
static int	nspares = 0;

/* ============================================================
 * Callbacks
 * ============================================================
 */

/* CURLOPT_WRITEFUNCTION: a piece of the reply, after decompression */
static size_t
append_reply(char *data, size_t one, size_t length, void *userp)
{
	DsHttpTransfer *transfer = userp;
	size_t		limit = (size_t) transfer->queue->target->max_reply_size * 1024;
	size_t		needed = transfer->reply_length + length + 1;

	if (transfer->stream.flowing)
	{
		if (ds_stream_put(transfer, data, length))
			return length;
		return transfer->out_of_memory ? 0 : CURL_WRITEFUNC_PAUSE;
	}
	if (length > limit || needed > limit + 1)
	{
		transfer->too_large = true;
		return 0;
	}
	if (needed > transfer->reply_size)
	{
		size_t		size = Min(Max(needed, 2 * transfer->reply_size), limit + 1);
		char	   *reply = realloc(transfer->reply, size);

		if (reply == NULL)
		{
			transfer->out_of_memory = true;
			return 0;
		}
		transfer->reply = reply;
		transfer->reply_size = size;
	}
	memcpy(transfer->reply + transfer->reply_length, data, length);
	transfer->reply_length += length;
	transfer->reply[transfer->reply_length] = '\0';
	return length;
}

/* If the header line is "name: value", the value without blanks around it. */
static const char *
header_value(const char *line, size_t length, const char *name, size_t *value_length)
{
	size_t		skip = strlen(name);

	if (length <= skip || line[skip] != ':' || pg_strncasecmp(line, name, skip) != 0)
		return NULL;
	line += skip + 1;
	length -= skip + 1;
	while (length > 0 && (*line == ' ' || *line == '\t'))
		line++, length--;
	while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
		length--;
	*value_length = length;
	return line;
}

/* Keep a header value that is shown to people: printable ASCII only. */
static void
keep_header(char *target, const char *value, size_t length)
{
	length = Min(length, DS_HEADER_SIZE - 1);
	for (size_t i = 0; i < length; i++)
		target[i] = (value[i] >= 0x20 && value[i] < 0x7f) ? value[i] : '?';
	target[length] = '\0';
}

/* Seconds of a Retry-After header; -1 if it is not a plain integer. */
static int
parse_seconds(const char *value, size_t length)
{
	int			seconds = 0;

	if (length == 0 || length > 8)
		return -1;
	for (size_t i = 0; i < length; i++)
	{
		if (value[i] < '0' || value[i] > '9')
			return -1;
		seconds = seconds * 10 + (value[i] - '0');
	}
	return seconds;
}

/* The empty line below a header: if it is that of the final reply, its status counts. */
static void
note_header_end(DsHttpTransfer *transfer)
{
	long		status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (transfer->streamed && status >= 200 && status < 300)
		ds_stream_begin(transfer, (int) status);
}

/* CURLOPT_HEADERFUNCTION: one header line, the status lines included */
static size_t
note_header(char *line, size_t one, size_t length, void *userp)
{
	DsHttpTransfer *transfer = userp;
	const char *value;
	size_t		value_length;

	transfer->header_bytes += length;
	if (transfer->header_bytes > MAX_HEADER_BYTES)
	{
		transfer->bad_header = true;
		return 0;
	}

	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
	{
		/* what came with an interim reply (1xx) does not count */
		transfer->retry_after = -1;
		transfer->content_type[0] = '\0';
		transfer->request_id[0] = '\0';
	}
	else if ((value = header_value(line, length, "retry-after", &value_length)) != NULL)
		transfer->retry_after = parse_seconds(value, value_length);
	else if ((value = header_value(line, length, "content-type", &value_length)) != NULL)
		keep_header(transfer->content_type, value, value_length);
	else if ((value = header_value(line, length, "x-request-id", &value_length)) != NULL)
		keep_header(transfer->request_id, value, value_length);
	else if (length <= 2 && (line[0] == '\r' || line[0] == '\n'))
		note_header_end(transfer);
	return length;
}

#ifdef DS_CURL_HAS_PREREQ
/*
 * CURLOPT_PREREQFUNCTION: the connection is there, the request is sent next.
 *
 * When a kept connection turns out to be dead, curl sends the request again
 * over another one, on its own and whatever the method.  The first copy may
 * have been executed, so only requests that may be repeated may do that.
 */
static int
note_sending(void *userp, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	DsHttpTransfer *transfer = userp;

	if (transfer->sent && transfer->repeat != DS_REPEAT_SAFE)
		return CURL_PREREQFUNC_ABORT;
	transfer->was_in_doubt |= transfer->sent;
	transfer->sent = true;
	return CURL_PREREQFUNC_OK;
}
#endif

/*
 * CURLOPT_SOCKOPTFUNCTION: let the kernel notice that the way to the server is
 * gone.  Otherwise a dead connection that many HTTP/2 streams share would make
 * each of them wait for its own timeout.
 */
static int
tune_socket(void *userp, curl_socket_t fd, curlsocktype purpose)
{
#ifdef TCP_USER_TIMEOUT
	DsHttpTransfer *transfer = userp;
	unsigned int timeout = transfer->queue->target->request_timeout;

	/* a wish: if the kernel refuses, our own timeouts remain */
	(void) setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
#endif
	return CURL_SOCKOPT_OK;
}

/* ============================================================
 * Options
 * ============================================================
 */

/* An option that this libcurl does not take: a failure, like one on the wire */
static bool
note_refusal(DsHttpTransfer *transfer, const char *option, CURLcode result)
{
	transfer->out_of_memory = (result == CURLE_OUT_OF_MEMORY);
	snprintf(transfer->error, sizeof(transfer->error), "%s: %s",
			 option, curl_easy_strerror(result));
	return false;
}

static bool
set_callbacks(CURL *easy, DsHttpTransfer *transfer)
{
	SET(CURLOPT_PRIVATE, transfer);
	/* curl's words may hold parts of the URL, or what the server echoes */
	if (!transfer->link_host)
		SET(CURLOPT_ERRORBUFFER, transfer->error);
	SET(CURLOPT_WRITEFUNCTION, append_reply);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HEADERFUNCTION, note_header);
	SET(CURLOPT_HEADERDATA, transfer);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_SOCKOPTFUNCTION, tune_socket);
	SET(CURLOPT_SOCKOPTDATA, transfer);
#ifdef DS_CURL_HAS_PREREQ
	SET(CURLOPT_PREREQFUNCTION, note_sending);
	SET(CURLOPT_PREREQDATA, transfer);
#else
	/* curl repeats a request on its own only over a kept connection */
	if (transfer->repeat != DS_REPEAT_SAFE)
		SET(CURLOPT_FRESH_CONNECT, 1L);
#endif
	return true;
}

static bool
set_security(CURL *easy, DsHttpTransfer *transfer)
{
	const DsHttpTarget *target = transfer->queue->target;
	bool		https = pg_strncasecmp(transfer->url, "https://", 8) == 0;

#ifdef DS_CURL_HAS_PROTOCOLS_STR
	SET(CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
#else
	SET(CURLOPT_PROTOCOLS, (long) (https ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (target->ca_file && !ds_set_authorities(easy, target->ca_file, transfer->link_host != NULL))
		return note_refusal(transfer, "ca_file", CURLE_OUT_OF_MEMORY);
	/* an empty text, other than NULL, keeps the environment out */
	SET(CURLOPT_PROXY, target->proxy ? target->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	return true;
}

static bool
set_connection(CURL *easy, DsHttpTransfer *transfer)
{
	const DsHttpTarget *target = transfer->queue->target;
	bool		unsafe = transfer->repeat != DS_REPEAT_SAFE;

	SET(CURLOPT_NOSIGNAL, 1L);
#ifdef DS_CURL_HAS_QUICK_EXIT
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long) Max(target->connect_timeout, 1));
	if (!transfer->patient)
		SET(CURLOPT_TIMEOUT_MS, (long) ds_retry_attempt_timeout(transfer, ds_now()));

	/*
	 * A stream has a connection of its own: on a shared one, a stream that its
	 * reader leaves alone would hold up the others.
	 */
	SET(CURLOPT_HTTP_VERSION, (long) (transfer->streamed ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
	if (!transfer->streamed && pg_strncasecmp(transfer->url, "https://", 8) == 0)
		SET(CURLOPT_PIPEWAIT, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE);
	SET(CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
	SET(CURLOPT_MAXAGE_CONN, unsafe ? MAX_IDLE_UNSAFE : MAX_IDLE);
	/* what failed once had better not be tried again over the same connection */
	if (transfer->result != CURLE_OK)
		SET(CURLOPT_FRESH_CONNECT, 1L);
	return true;
}

static bool
set_request(CURL *easy, DsHttpTransfer *transfer)
{
	const DsHttpTarget *target = transfer->queue->target;
	long		buffer_size = BUFFER_SIZE;

	SET(CURLOPT_URL, transfer->url);
	SET(CURLOPT_PATH_AS_IS, 1L);
	if (transfer->body || transfer->method == DS_POST)
	{
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) transfer->body_length);
		SET(CURLOPT_POSTFIELDS, transfer->body ? transfer->body : "");
	}
	if (transfer->method != DS_POST)
		SET(CURLOPT_CUSTOMREQUEST, ds_http_method_name(transfer->method));
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_USERAGENT, target->user_agent);
	if (transfer->auth == DS_AUTH_BASIC)
	{
		SET(CURLOPT_HTTPAUTH, (long) CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, target->client_id);
		SET(CURLOPT_PASSWORD, target->client_secret);
	}
	/* what is behind a link is a file, as small as it can be */
	if (!transfer->link_host)
		SET(CURLOPT_ACCEPT_ENCODING, "");
	if (!transfer->streamed)
		SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) target->max_reply_size * 1024);
	if (transfer->streamed)
		buffer_size = transfer->link_host ? BUFFER_SIZE_LINK : BUFFER_SIZE_STREAM;
	/* a wish: a handle that was used before may not take it any more */
	(void) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_size);
	return true;
}

/* ============================================================
 * Attempts
 * ============================================================
 */

static CURL *
take_easy_handle(void)
{
	if (nspares > 0)
		return spares[--nspares];
	return curl_easy_init();
}

/*
 * Keep a handle for the next request.  The reset forgets every option, the
 * credentials among them, but not the TLS sessions.
 */
static void
keep_easy_handle(CURL *easy)
{
	if (nspares == MAX_SPARES)
	{
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	spares[nspares++] = easy;
}

void
ds_transfer_forget_spares(void)
{
	while (nspares > 0)
		curl_easy_cleanup(spares[--nspares]);
}

static void
reset_attempt(DsHttpTransfer *transfer)
{
	ds_headers_forget(transfer);
	transfer->reply_length = 0;
	ds_stream_clear(transfer);
	transfer->token_serial = 0;
	/* with 503 a server turns a request away */
	transfer->was_in_doubt |= transfer->sent &&
		(transfer->status == 0 || (transfer->status >= 500 && transfer->status != 503));
	transfer->sent = false;
	transfer->too_large = false;
	transfer->out_of_memory = false;
	transfer->bad_header = false;
	transfer->header_bytes = 0;
	transfer->retry_after = -1;
	transfer->content_type[0] = '\0';
	transfer->request_id[0] = '\0';
	transfer->error[0] = '\0';
	transfer->status = 0;
	transfer->os_errno = 0;
	memset(&transfer->times, 0, sizeof(transfer->times));
}

int64
ds_transfer_time(const DsHttpTransfer *transfer)
{
	return transfer->patient ? ds_waited() : ds_now();
}

/*
 * The clock of a patient transfer: everything up to the final reply has its
 * time, and then each piece of that.
 */
static void
start_clock(DsHttpTransfer *transfer)
{
	transfer->started = ds_transfer_time(transfer);
	transfer->expires = transfer->started + ds_retry_attempt_timeout(transfer, transfer->started);
}

void
ds_transfer_expire(DsHttpTransfer *transfer)
{
	const char *what = "no connection";

	if (!transfer->patient || transfer->stream.paused || ds_waited() < transfer->expires)
		return;
	if (transfer->stream.flowing)
		what = "nothing more of the reply arrived";
	else if (transfer->sent)
		what = "no reply";
	snprintf(transfer->error, sizeof(transfer->error), "%s within " INT64_FORMAT " ms", what,
			 transfer->stream.flowing ? (int64) transfer->queue->target->request_timeout :
			 transfer->expires - transfer->started);
	ds_transfer_finished(transfer, CURLE_OPERATION_TIMEDOUT);
}

bool
ds_transfer_start(DsHttpTransfer *transfer)
{
	reset_attempt(transfer);
	ds_headers_make(transfer);
	start_clock(transfer);

	transfer->easy = take_easy_handle();
	if (transfer->easy != NULL &&
		set_callbacks(transfer->easy, transfer) &&
		set_security(transfer->easy, transfer) &&
		set_connection(transfer->easy, transfer) &&
		set_request(transfer->easy, transfer) &&
		ds_multi_add(transfer->easy))
	{
		transfer->attempts++;
		if (transfer->attempts == 1)
			transfer->first_sent = transfer->started;
		return true;
	}
	ds_transfer_stop(transfer);
	transfer->result = CURLE_FAILED_INIT;
	return false;
}

/* What curl knows about an attempt that is over. */
static void
note_outcome(DsHttpTransfer *transfer, CURLcode result)
{
	CURL	   *easy = transfer->easy;
	long		status = 0;

	transfer->result = result;
	if (result == CURLE_FILESIZE_EXCEEDED)
		transfer->too_large = true;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	transfer->status = (int) status;
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &transfer->os_errno);
	curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &transfer->times.name_lookup);
	curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &transfer->times.connect);
	curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &transfer->times.tls);
	curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &transfer->times.first_byte);
	curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &transfer->times.total);

	/* curl counts until something last came, we until we gave up */
	if (transfer->patient)
		transfer->times.total = Max(transfer->times.total, (ds_waited() - transfer->started) * 1000);
#ifndef DS_CURL_HAS_PREREQ
	{
		curl_off_t	before_sending = 0;

		curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &before_sending);
		transfer->sent = before_sending > 0;
	}
#endif
}

void
ds_transfer_close(DsHttpTransfer *transfer, CURLcode result)
{
	note_outcome(transfer, result);
	transfer->stream.paused = false;
	ds_headers_mask(transfer);
	ds_multi_remove(transfer->easy);
	keep_easy_handle(transfer->easy);
	transfer->easy = NULL;
	ds_headers_forget(transfer);
}

void
ds_transfer_stop(DsHttpTransfer *transfer)
{
	if (transfer->easy)
	{
		ds_multi_remove(transfer->easy);
		curl_easy_cleanup(transfer->easy);
		transfer->easy = NULL;
	}
	ds_headers_forget(transfer);
	ds_link_wipe(transfer);
	ds_stream_free(transfer);
	free(transfer->reply);
	transfer->reply = NULL;
	transfer->reply_length = 0;
	transfer->reply_size = 0;
}
