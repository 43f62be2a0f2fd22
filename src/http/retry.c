/*-------------------------------------------------------------------------
 *
 * retry.c
 *	  When a request is sent again, and how long to wait before.
 *
 * These are the rules of the platform's own clients: HTTP 429 and 503, a few
 * messages, and network errors are repeated within a total budget of time.
 * Theirs repeat every method.  Ours repeat what is not safe to repeat only
 * where the server surely did nothing.
 *
 * Nothing in here raises errors or allocates: it runs between two calls of
 * curl.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/retry.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"

/* Without advice from the server: attempt number in seconds, up to this. */
#define MAX_WAIT_SECONDS	10

/*
 * A failure that is more likely a mistake in the configuration than a passing
 * trouble (unknown host, refused TLS handshake) is not repeated for minutes.
 */
#define MAX_DOUBTFUL_ATTEMPTS	3

/* How far into an error reply we look for the messages below. */
#define MAX_MESSAGE_SEARCH	8192

typedef enum Verdict
{
	FINAL,						/* a repetition would not help */
	DOUBTFUL,					/* it might, try a few times */
	PASSING						/* it should, try until the budget is used up */
} Verdict;

/* Replies with a status of 400 or more that hold one of these are repeated. */
static const char *const passing_messages[] = {
	"UnknownWorkerEnvironmentException",
	"does not have any associated worker environments",
	"There is no worker environment with id",
	"Unknown worker environment",
	"ClusterNotReadyException",
	"Unexpected error",
	"Please try again later or try a faster operation.",
	"RPC token bucket limit has been exceeded",
};

static bool
reply_holds(const DsHttpTransfer *transfer, const char *message)
{
	size_t		message_length = strlen(message);
	size_t		length = Min(transfer->reply_length, MAX_MESSAGE_SEARCH);

	for (size_t i = 0; i + message_length <= length; i++)
	{
		if (transfer->reply[i] == message[0] &&
			memcmp(transfer->reply + i, message, message_length) == 0)
			return true;
	}
	return false;
}

/* What are the chances of an attempt after this failure? */
static Verdict
judge_failure(const DsHttpTransfer *transfer)
{
	switch (transfer->result)
	{
		case CURLE_COULDNT_CONNECT:
		case CURLE_OPERATION_TIMEDOUT:
		case CURLE_SEND_ERROR:
		case CURLE_GOT_NOTHING:
		case CURLE_PARTIAL_FILE:
		case CURLE_HTTP2:
		case CURLE_HTTP2_STREAM:
		case CURLE_AGAIN:
#if LIBCURL_VERSION_NUM >= 0x074900	/* 7.73 */
		case CURLE_PROXY:
#endif
			return PASSING;
		case CURLE_RECV_ERROR:
			/* before the request: a proxy, or the TLS handshake */
			return transfer->sent ? PASSING : DOUBTFUL;
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_RESOLVE_PROXY:
		case CURLE_SSL_CONNECT_ERROR:
			return DOUBTFUL;
		default:
			return FINAL;
	}
}

/* The same for a reply. */
static Verdict
judge_reply(const DsHttpTransfer *transfer)
{
	if (transfer->status == 429 || transfer->status == 503)
		return PASSING;
	if (transfer->status < 400)
		return FINAL;
	for (int i = 0; i < lengthof(passing_messages); i++)
	{
		if (reply_holds(transfer, passing_messages[i]))
			return PASSING;
	}
	return FINAL;
}

/*
 * Did the server surely not act on the request?  Either it never got it, or it
 * turned it away.
 */
static bool
was_refused(const DsHttpTransfer *transfer)
{
	if (transfer->result != CURLE_OK)
		return !transfer->sent;
	return transfer->status == 429 || transfer->status == 503;
}

/*
 * Milliseconds to wait before the next attempt.
 *
 * A server that names a time is believed, but one that says "now" again and
 * again is asked less and less often.  The random part keeps many backends
 * from coming back at the same moment.  It is in proportion, so that short
 * waits stay short, and only added, as the server may have named the time.
 */
static int64
choose_delay(const DsHttpTransfer *transfer)
{
	int64		wait;
	uint16		random;

	if (transfer->result == CURLE_OK &&
		(transfer->status == 429 || transfer->status == 503))
	{
		wait = (transfer->retry_after >= 0 ? transfer->retry_after : 1) * INT64CONST(1000);
		wait = Max(wait, Min((transfer->attempts - 1) * 100, MAX_WAIT_SECONDS * 1000));
	}
	else
		wait = Min(transfer->attempts, MAX_WAIT_SECONDS) * 1000;

	if (!pg_strong_random(&random, sizeof(random)))
		random = 0;
	return wait + (wait / 4 + 250) * random / PG_UINT16_MAX;
}

bool
ds_retry_allowed(const DsHttpTransfer *transfer, int64 now, int64 *delay)
{
	Verdict		verdict;

	if (transfer->repeat == DS_REPEAT_NEVER || transfer->stream.touched)
		return false;

	/* an OAuth token that is not accepted any more is replaced once */
	if (transfer->result == CURLE_OK && transfer->status == 401 &&
		transfer->token_serial != 0 && !transfer->reauthenticated)
	{
		*delay = 0;
		return true;
	}

	if (transfer->result == CURLE_OK)
		verdict = judge_reply(transfer);
	else
		verdict = judge_failure(transfer);

	if (verdict == FINAL)
		return false;
	if (verdict == DOUBTFUL && transfer->attempts >= MAX_DOUBTFUL_ATTEMPTS)
		return false;
	if (transfer->repeat == DS_REPEAT_IF_REFUSED && !was_refused(transfer))
		return false;

	/*
	 * A wait that ends after the budget does is not begun: whoever waits for
	 * the answer had better know now.
	 */
	*delay = choose_delay(transfer);
	return now + *delay - transfer->first_sent < transfer->queue->target->retry_timeout;
}

/*
 * The first attempt always gets its full time; later ones must not overrun the
 * budget.
 */
int
ds_retry_attempt_timeout(const DsHttpTransfer *transfer, int64 now)
{
	const DsHttpTarget *target = transfer->queue->target;
	int64		timeout = target->request_timeout;

	if (transfer->attempts > 0)
		timeout = Min(timeout, transfer->first_sent + target->retry_timeout - now);
	return (int) Max(timeout, 1);
}
