/*-------------------------------------------------------------------------
 *
 * headers.c
 *	  The headers of a request, and the secrets that some of them are.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/headers.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/base64.h"
#include "compat.h"
#include "http/transfer.h"

static void
add_header(DsHttpTransfer *transfer, const char *line)
{
	struct curl_slist *headers = curl_slist_append(transfer->headers, line);

	if (headers == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	transfer->headers = headers;
}

/* Forget a secret, leaving no trace of it. */
static void
forget_secret(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void
ds_headers_forget(DsHttpTransfer *transfer)
{
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	forget_secret(&transfer->credential);
	forget_secret(&transfer->credential_code);
}

static char *
copy_secret(const char *secret)
{
	char	   *copy = strdup(secret);

	if (copy == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return copy;
}

static void
note_basic_credential(DsHttpTransfer *transfer)
{
	const DsHttpTarget *target = transfer->queue->target;
	char	   *pair = psprintf("%s:%s", target->client_id, target->client_secret);
	int			size = pg_b64_enc_len(strlen(pair)) + 1;
	char	   *code = palloc0(size);

	transfer->credential = copy_secret(target->client_secret);
	if (pg_b64_encode_compat(pair, strlen(pair), code, size - 1) >= 0)
		transfer->credential_code = copy_secret(code);
	explicit_bzero(pair, strlen(pair));
	explicit_bzero(code, size);
}

static void
mask(char *data, size_t length, const char *secret)
{
	size_t		secret_length = strlen(secret);
	char	   *p = data;

	while (secret_length > 0 && (p = memmem(p, length - (p - data), secret, secret_length)) != NULL)
		memset(p, '*', secret_length);
}

void
ds_headers_mask(DsHttpTransfer *transfer)
{
	const char *const secrets[] = {transfer->credential, transfer->credential_code};

	if (transfer->status < 300)
		return;
	if (transfer->link_host)
	{
		ds_link_mask(transfer, transfer->request_id, strlen(transfer->request_id));
		ds_link_mask(transfer, transfer->content_type, strlen(transfer->content_type));
		if (transfer->reply)
			ds_link_mask(transfer, transfer->reply, transfer->reply_length);
	}
	for (int i = 0; i < lengthof(secrets); i++)
	{
		if (secrets[i] == NULL)
			continue;
		if (transfer->reply)
			mask(transfer->reply, transfer->reply_length, secrets[i]);
		mask(transfer->request_id, strlen(transfer->request_id), secrets[i]);
		mask(transfer->content_type, strlen(transfer->content_type), secrets[i]);
	}
}

/* "name: value", and no copy of the value remains in our memory. */
static void
add_secret_header(DsHttpTransfer *transfer, const char *name, const char *value)
{
	char	   *line = psprintf("%s%s", name, value);

	PG_TRY();
	{
		add_header(transfer, line);
	}
	PG_FINALLY();
	{
		explicit_bzero(line, strlen(line));
		pfree(line);
	}
	PG_END_TRY();
}

void
ds_headers_make(DsHttpTransfer *transfer)
{
	const DsHttpTarget *target = transfer->queue->target;
	const char *token;

	if (transfer->link_host)
	{
		add_header(transfer, "Expect:");
		for (int i = 0; i < transfer->nlink_headers; i++)
			add_header(transfer, transfer->link_headers[i]);
		return;
	}
	add_header(transfer, "Accept: application/json");
	if (transfer->body == NULL)
		add_header(transfer, "Content-Type:");	/* curl's own idea of a POST */
	else if (transfer->auth == DS_AUTH_BASIC)
		add_header(transfer, "Content-Type: application/x-www-form-urlencoded");
	else
		add_header(transfer, "Content-Type: application/json");
	/* do not wait for a "100 Continue" before a body is sent */
	add_header(transfer, "Expect:");

	if (transfer->auth == DS_AUTH_BASIC)
		note_basic_credential(transfer);
	if (transfer->auth != DS_AUTH_BEARER)
		return;
	token = target->token;
	if (token == NULL)
		token = ds_token_find(target, true, &transfer->token_serial);
	if (token == NULL)
		elog(ERROR, "no access token at hand");
	transfer->credential = copy_secret(token);
	add_secret_header(transfer, "Authorization: Bearer ", token);
	if (target->workspace_id)
	{
		char	   *line = psprintf("X-Databricks-Workspace-Id: %s", target->workspace_id);

		add_header(transfer, line);
		pfree(line);
	}
}
