/*-------------------------------------------------------------------------
 *
 * error.c
 *	  What users read when no usable reply could be had.
 *
 * Secrets live in headers only, so a method, a path and curl's own text may be
 * shown.  A link is a secret as a whole: of that, the host is shown, and curl's
 * text is not asked for.  Foreign text is cut off and reduced to printable ASCII.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/error.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/host.h"
#include "http/transfer.h"
#include "lib/stringinfo.h"

#define errcode_connect()	errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION)
#define errcode_lost()		errcode(ERRCODE_CONNECTION_FAILURE)

/* What is shown of a host's name, in bytes. */
#define MAX_SHOWN_HOST		255

char *
ds_printable(const char *string, size_t max, const char *secret)
{
	size_t		secret_length = secret ? strlen(secret) : 0;
	StringInfoData copy;

	initStringInfo(&copy);
	while (*string && copy.len < max)
	{
		if (secret_length > 0 && strncmp(string, secret, secret_length) == 0)
		{
			appendStringInfoString(&copy, "********");
			string += secret_length;
			continue;
		}
		appendStringInfoChar(&copy, (*string >= 0x20 && *string < 0x7f) ? *string : '?');
		string++;
	}
	if (*string)
		appendStringInfoString(&copy, "...");
	return copy.data;
}

/* ============================================================
 * Failed transfers
 * ============================================================
 */

/* Is the server's certificate, or our view of it, the problem? */
static bool
is_certificate_failure(CURLcode result)
{
	switch (result)
	{
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_CERTPROBLEM:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_CRL_BADFILE:
		case CURLE_SSL_INVALIDCERTSTATUS:
			return true;
		default:
			return false;
	}
}

/* Did the server send something that is not proper HTTP? */
static bool
is_protocol_failure(const DsHttpTransfer *transfer)
{
	switch (transfer->result)
	{
		case CURLE_WEIRD_SERVER_REPLY:
		case CURLE_UNSUPPORTED_PROTOCOL:
		case CURLE_BAD_CONTENT_ENCODING:
			return true;
		default:
			return transfer->bad_header;
	}
}

static bool
is_memory_failure(const DsHttpTransfer *transfer)
{
	return transfer->out_of_memory || transfer->result == CURLE_OUT_OF_MEMORY;
}

static void
append_phase(StringInfo detail, const char *phase, curl_off_t from, curl_off_t to)
{
	if (to <= 0)
		return;
	appendStringInfo(detail, "%s%s " INT64_FORMAT " ms",
					 detail->len > 0 ? ", " : "", phase,
					 (int64) (Max(to - from, 0) / 1000));
}

/* Where the time went.  The times are points on one axis, 0 if never reached. */
static char *
describe_times(const DsHttpTimes *times)
{
	StringInfoData detail;

	initStringInfo(&detail);
	append_phase(&detail, "name lookup", 0, times->name_lookup);
	append_phase(&detail, "connection", times->name_lookup, times->connect);
	append_phase(&detail, "TLS handshake", times->connect, times->tls);
	append_phase(&detail, "first byte of the reply after", 0, times->first_byte);
	append_phase(&detail, "total", 0, times->total);
	return detail.data;
}

/* What curl says about the failure, as a sentence. */
static void
append_curl_text(StringInfo detail, const DsHttpTransfer *transfer)
{
	const char *source = transfer->error;
	char	   *string;

	if (transfer->result == CURLE_OK)
		source = psprintf("The reply broke off, and asking again was answered with HTTP status %d",
						  transfer->status);
	else if (transfer->bad_header)
		source = "The headers of the reply are too large";
	else if (transfer->result == CURLE_ABORTED_BY_CALLBACK)
		source = "The connection was closed before the reply came";
	else if (source[0] == '\0')
		source = curl_easy_strerror(transfer->result);
	string = ds_printable(source, CURL_ERROR_SIZE, NULL);
	string[0] = pg_toupper((unsigned char) string[0]);
	appendStringInfoString(detail, string);
	if (transfer->result == CURLE_COULDNT_CONNECT && transfer->os_errno != 0)
		appendStringInfo(detail, " (%s).", strerror((int) transfer->os_errno));
	else if (string[0] && string[strlen(string) - 1] != '.')
		appendStringInfoChar(detail, '.');
	if (transfer->link_host)
		appendStringInfo(detail, " The link leads to host \"%s\".",
						 ds_printable(transfer->link_host, MAX_SHOWN_HOST, NULL));
}

static char *
describe_failure(const DsHttpTransfer *transfer)
{
	StringInfoData detail;

	initStringInfo(&detail);
	if (!transfer->too_large)
		append_curl_text(&detail, transfer);
	if (transfer->result == CURLE_OPERATION_TIMEDOUT)
		appendStringInfo(&detail, " Times: %s.", describe_times(&transfer->times));
	if (transfer->attempts > 1)
		appendStringInfo(&detail, " This was attempt number %d.", transfer->attempts);
	if (transfer->sent && transfer->repeat != DS_REPEAT_SAFE)
		appendStringInfoString(&detail, " The request may or may not have taken effect.");
	return detail.len > 0 && detail.data[0] == ' ' ? detail.data + 1 : detail.data;
}

static void
report_timeout(const DsHttpTransfer *transfer, const char *server, const char *detail)
{
	const DsHttpTarget *target = transfer->queue->target;
	bool		early = transfer->times.total / 1000 + 10 < target->request_timeout;

	if (!transfer->sent)
		ereport(ERROR,
				(errcode_connect(),
				 errmsg("could not connect to server \"%s\"", server),
				 errdetail_internal("%s", detail),
				 errhint("Check the address of the server, or raise its option \"%s\".",
						 early ? "connect_timeout" : "request_timeout"),
				 errcontext("remote request: %s %s",
							ds_http_method_name(transfer->method), transfer->shown_path)));
	ereport(ERROR,
			(errcode_lost(),
			 errmsg("request to server \"%s\" timed out", server),
			 errdetail_internal("%s", detail),
			 errhint("The option \"%s\" of the server sets the limit.",
					 early ? "retry_timeout" : "request_timeout"),
			 errcontext("remote request: %s %s",
						ds_http_method_name(transfer->method), transfer->shown_path)));
}

static void
report_too_large(const DsHttpTransfer *transfer, const char *server, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("reply of server \"%s\" is larger than %d kB",
					server, transfer->queue->target->max_reply_size),
			 detail[0] ? errdetail_internal("%s", detail) : 0,
			 errhint("The option \"%s\" of the server sets the limit.", "max_reply_size"),
			 errcontext("remote request: %s %s",
						ds_http_method_name(transfer->method), transfer->shown_path)));
}

/* A certificate is not accepted, or our list of authorities cannot be read. */
static void
report_certificate(const DsHttpTransfer *transfer, const char *server, const char *detail)
{
	ereport(ERROR,
			(errcode_connect(),
			 errmsg("could not connect to server \"%s\"", server),
			 errdetail_internal("%s", detail),
			 errhint("If the server's certificate is issued by an authority of your own, name its file in the option \"%s\".",
					 "ca_file"),
			 errcontext("remote request: %s %s",
						ds_http_method_name(transfer->method), transfer->shown_path)));
}

static void
report_other(const DsHttpTransfer *transfer, const char *server, const char *detail)
{
	int			code = ERRCODE_CONNECTION_FAILURE;
	const char *message = "connection to server \"%s\" was lost";

	if (is_memory_failure(transfer))
	{
		code = ERRCODE_OUT_OF_MEMORY;
		message = "out of memory while speaking to server \"%s\"";
	}
	else if (transfer->result == CURLE_FAILED_INIT)
	{
		code = ERRCODE_FDW_ERROR;
		message = "could not prepare a request to server \"%s\"";
	}
	else if (is_protocol_failure(transfer))
	{
		code = ERRCODE_PROTOCOL_VIOLATION;
		message = "server \"%s\" sent an invalid reply";
	}
	else if (!transfer->sent)
	{
		code = ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION;
		message = "could not connect to server \"%s\"";
	}
	ereport(ERROR,
			(errcode(code),
			 errmsg(message, server),
			 errdetail_internal("%s", detail),
			 errcontext("remote request: %s %s",
						ds_http_method_name(transfer->method), transfer->shown_path)));
}

void
ds_report_failure(const DsHttpTransfer *transfer)
{
	const char *server = transfer->queue->target->server_name;
	const char *detail = describe_failure(transfer);

	if (transfer->too_large)
		report_too_large(transfer, server, detail);
	if (transfer->result == CURLE_OPERATION_TIMEDOUT)
		report_timeout(transfer, server, detail);
	if (is_certificate_failure(transfer->result))
		report_certificate(transfer, server, detail);
	report_other(transfer, server, detail);
}

/* ============================================================
 * What cannot be sent
 * ============================================================
 */

/* Visible ASCII is what a header value may safely consist of. */
static bool
is_sendable(const char *string, bool blanks)
{
	for (; *string; string++)
	{
		if (*string > 0x7e || *string < 0x20 || (*string == 0x20 && !blanks))
			return false;
	}
	return true;
}

static void
check_sendable(const DsHttpTarget *target, const char *what, const char *string, bool blanks)
{
	if (string && (string[0] == '\0' || !is_sendable(string, blanks)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("option \"%s\" for server \"%s\" cannot be sent",
						what, target->server_name),
				 errdetail("The value is empty, or contains a blank, a line break or another character that is not allowed in a header.")));
}

void
ds_check_target(const DsHttpTarget *target)
{
	const char *problem = NULL;
	char	   *normal = ds_host_normalize(target->base_url, &problem);

	/*
	 * The options were checked when they were set, but a token goes to this
	 * address: check again.
	 */
	if (normal == NULL || strcmp(normal, target->base_url) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("invalid address of server \"%s\"", target->server_name),
				 problem ? errhint("%s", problem) : 0));
	pfree(normal);

	check_sendable(target, "token", target->token, false);
	check_sendable(target, "client_id", target->client_id, true);
	check_sendable(target, "client_secret", target->client_secret, true);
	check_sendable(target, "workspace_id", target->workspace_id, false);
	check_sendable(target, "user_agent", target->user_agent, true);
	if (target->token == NULL && (target->client_id == NULL || target->client_secret == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("no credentials for server \"%s\"", target->server_name)));
}
