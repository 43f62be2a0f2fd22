/*-------------------------------------------------------------------------
 *
 * transfer.h
 *	  Queues and transfers, as only the files of http/ know them.
 *
 * A transfer is one request with all of its attempts.  It is always in
 * exactly one list of its queue:
 *
 *		waiting	 -> running -> finished -> returned
 *			^		   |
 *			+- resting +		an attempt failed, the next one is not due yet
 *
 * A streamed one has a list of its own to wait in, and ends up in "over".
 *
 * Curl handles, header lists and reply buffers are malloc'd and belong to the
 * transfer; a reset callback of the queue's memory context frees them.  So
 * whatever ends the context (commit, error, a dropped portal) ends the
 * transfers too.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/transfer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_TRANSFER_H
#define DELTASHARE_TRANSFER_H

#include "http/curl_prelude.h"
#include "http/http.h"
#include "lib/ilist.h"

/* Transfers in flight in one backend, over all queues. */
#define DS_MAX_RUNNING	64

/* The same for streamed ones; those that are waited for come on top. */
#define DS_MAX_STREAMS	64

/* What is kept of a streamed reply until it is read, in bytes. */
#define DS_STREAM_BUFFER	(512 * 1024)

/* A header value that we keep is cut off here. */
#define DS_HEADER_SIZE	128

/* What a transfer tells the server about who we are. */
typedef enum DsHttpAuth
{
	DS_AUTH_BEARER,				/* the target's token or its OAuth token */
	DS_AUTH_BASIC,				/* client id and secret: token endpoint only */
	DS_AUTH_NONE
} DsHttpAuth;

/* How long the phases of a failed attempt took, in microseconds; 0 = never */
typedef struct DsHttpTimes
{
	curl_off_t	name_lookup;
	curl_off_t	connect;
	curl_off_t	tls;
	curl_off_t	first_byte;
	curl_off_t	total;
} DsHttpTimes;

/* A streamed reply on its way to the reader; data is a ring, malloc'd. */
typedef struct DsHttpStream
{
	char	   *data;
	size_t		start;			/* where the oldest byte is */
	size_t		length;
	bool		flowing;		/* a success, so that the body goes here */
	bool		paused;			/* curl holds back the rest until told */
	bool		opened;			/* the caller knows of the success */
	bool		touched;		/* the caller got a part of it */
} DsHttpStream;

/* Which list of its queue a transfer is in. */
typedef enum DsHttpState
{
	DS_STATE_WAITING,
	DS_STATE_RESTING,
	DS_STATE_RUNNING,
	DS_STATE_FINISHED,			/* or over */
	DS_STATE_RETURNED
} DsHttpState;

typedef struct DsHttpTransfer
{
	dlist_node	node;			/* in one of the queue's lists */
	DsHttpState state;
	DsHttpQueue *queue;
	DsHttpRequest *request;		/* the caller's: not to be touched between
								 * ds_http_submit() and ds_http_next() */

	/* what is sent; copies, as the caller's may be gone after an error */
	DsHttpMethod method;
	DsHttpRepeat repeat;
	DsHttpAuth	auth;
	char	   *url;
	char	   *link_host;		/* not NULL: the URL is a link, a secret */
	char	  **link_headers;	/* "name: value", secrets too */
	int			nlink_headers;
	char	   *shown_path;		/* for messages */
	char	   *body;
	size_t		body_length;

	bool		streamed;
	bool		patient;		/* "expires" limits it, not curl's clock */
	bool		has_slot;		/* counts in the numbers of its queue */
	DsHttpStream stream;

	/* malloc'd; freed by ds_transfer_stop() */
	CURL	   *easy;
	struct curl_slist *headers;
	char	   *reply;
	size_t		reply_length;
	size_t		reply_size;		/* allocated */

	/* over all attempts */
	int			attempts;
	int64		first_sent;		/* the time of the first attempt; see ds_transfer_time() */
	int64		due;			/* while resting: when to try again */
	bool		reauthenticated;
	uint64		token_serial;	/* OAuth token of this attempt, or 0 */
	char	   *credential;		/* malloc'd: the secret that was sent ... */
	char	   *credential_code;	/* ... and how Basic authentication codes it */

	/* this attempt; written by curl's callbacks */
	int64		started;		/* ds_transfer_time() */
	int64		expires;		/* while patient: when the present phase has
								 * taken too long */
	bool		sent;			/* the request may have reached the server */
	bool		was_in_doubt;	/* so may an earlier attempt, without an answer */
	bool		too_large;
	bool		out_of_memory;
	bool		bad_header;
	size_t		header_bytes;
	int			retry_after;	/* seconds, or -1 */
	char		content_type[DS_HEADER_SIZE];
	char		request_id[DS_HEADER_SIZE];
	char		error[CURL_ERROR_SIZE];

	/* this attempt, when it is over */
	CURLcode	result;
	int			status;
	long		os_errno;		/* or 0 */
	DsHttpTimes times;
} DsHttpTransfer;

/* Why a backend waits, for pg_stat_activity. */
typedef enum DsWaitReason
{
	DS_WAIT_CONNECT,
	DS_WAIT_REQUEST,
	DS_WAIT_RETRY
} DsWaitReason;

struct DsHttpQueue
{
	dlist_node	node;			/* in the list of all queues */
	MemoryContext context;
	MemoryContextCallback cleanup;
	const DsHttpTarget *target;
	DsHttpAuth	auth;			/* of what is submitted next */
	bool		single;			/* made by ds_http_perform() */
	bool		notes;			/* made by ds_http_notify() */

	dlist_head	waiting;
	dlist_head	waiting_streams;
	dlist_head	resting;
	dlist_head	running;
	dlist_head	finished;
	dlist_head	over;
	dlist_head	returned;
	int			nrunning;
	int			nstreams;		/* streams that were started and not read to
								 * their end */
	int			npending;		/* submitted and not returned; no streams */
	DsHttpStats stats;
};

/* in multi.c */

/* Monotonic time in milliseconds. */
extern int64 ds_now(void);

/* Create the backend's multi handle, unless it is there. */
extern void ds_multi_init(void);

/* Put an easy handle into the multi handle, or take it out; neither raises. */
extern bool ds_multi_add(CURL *easy);
extern void ds_multi_remove(CURL *easy);

/* Let curl begin with what was added, without waiting. */
extern void ds_multi_start(void);

/*
 * Wait until a socket, a timer of curl's or the time "until" (-1: none) needs
 * attention, and give it.  Serves interrupts.  Finished attempts are handed
 * to ds_transfer_finished().
 */
extern void ds_wait_step(int64 until, DsWaitReason reason);

/*
 * The same for code that cleans up: no interrupts are served, and only curl
 * itself can fail.
 */
extern void ds_poll_step(int64 until);

/*
 * How long this session has waited for the network, in milliseconds.  A clock
 * that stands still while nobody gives curl a chance to read what has arrived.
 */
extern int64 ds_waited(void);

/* in transfer.c */

/*
 * Begin an attempt.  What curl refuses ends up in transfer->result, and false
 * is returned.  May raise an error when out of memory, and leaves the transfer
 * startable then.
 */
extern bool ds_transfer_start(DsHttpTransfer *transfer);

/* End the attempt: note how it went, keep its easy handle for the next one. */
extern void ds_transfer_close(DsHttpTransfer *transfer, CURLcode result);

/* ds_now(), or ds_waited() for a patient transfer. */
extern int64 ds_transfer_time(const DsHttpTransfer *transfer);

/* End what has taken too long by its own clock.  Never raises. */
extern void ds_transfer_expire(DsHttpTransfer *transfer);

/* Give back everything that is malloc'd.  Never raises, at any time. */
extern void ds_transfer_stop(DsHttpTransfer *transfer);

/* Forget the easy handles that wait for their next use. */
extern void ds_transfer_forget_spares(void);

/* in headers.c */

/*
 * What is sent besides the request line, with the credentials.  May raise an
 * error when out of memory.
 */
extern void ds_headers_make(DsHttpTransfer *transfer);
extern void ds_headers_forget(DsHttpTransfer *transfer);

/*
 * A server may repeat in a refusal what it was sent.  Refusals are shown to
 * people, so the secrets are overwritten before anybody sees them.
 */
extern void ds_headers_mask(DsHttpTransfer *transfer);

/* in queue.c */

/* A new transfer, to be started as soon as may be. */
extern void ds_queue_add(DsHttpTransfer *transfer);

/* The first of those that are finished; there must be one. */
extern DsHttpTransfer *ds_queue_take_finished(DsHttpQueue *queue);

/* Forget everything that was not returned yet.  Never raises. */
extern void ds_queue_stop(DsHttpQueue *queue);

/* Let everything go on until the condition holds for the queue and the stream. */
typedef bool (*DsHttpCondition) (const DsHttpQueue *queue, const DsHttpTransfer *stream);
extern void ds_queue_wait(DsHttpQueue *queue, DsHttpTransfer *stream, DsHttpCondition reached);

/* Another one may take its place in the limits. */
extern void ds_queue_free_slot(DsHttpTransfer *transfer);

/* An attempt is over: repeat it later, or finish the transfer.  Never raises. */
extern void ds_transfer_finished(DsHttpTransfer *transfer, CURLcode result);

/* Stop everything: the backend exits. */
extern void ds_http_shutdown(void);

/* in client.c */

/* Set what a request says about its reply. */
extern void ds_http_fill_request(DsHttpTransfer *transfer);

/* in stream.c */

/*
 * A piece of a streamed reply, called by curl.  False: there is no room, come
 * again; or no memory, and transfer->out_of_memory is set.
 */
extern bool ds_stream_put(DsHttpTransfer *transfer, const char *data, size_t length);

/* The final reply's header is complete, called by curl. */
extern void ds_stream_begin(DsHttpTransfer *transfer, int status);

/* Forget what arrived in this attempt, or give back the memory, too. */
extern void ds_stream_clear(DsHttpTransfer *transfer);
extern void ds_stream_free(DsHttpTransfer *transfer);

/* in link.c */

/* Take the URL and the headers of a link over, if they may be used at all. */
extern void ds_link_copy(DsHttpTransfer *transfer, const DsHttpRequest *request);

/* Overwrite in "data" every part of the link that is worth something. */
extern void ds_link_mask(const DsHttpTransfer *transfer, char *data, size_t length);

/* Leave no trace of the link in our memory. */
extern void ds_link_wipe(DsHttpTransfer *transfer);

/* The same, and give its memory back, but for the URL. */
extern void ds_link_free(DsHttpTransfer *transfer);

/* in authorities.c */

/*
 * Trust the authorities of a file, and those of the system besides them or not
 * at all.  False when out of memory.
 */
extern bool ds_set_authorities(CURL *easy, const char *ca_file, bool and_system);

/* in notify.c */

/* Forget notifications that were delivered or failed.  Never raises. */
extern void ds_notes_reap(void);

/* in retry.c */

/*
 * Is another attempt allowed?  If so, *delay is how many milliseconds from
 * now.  Never raises.
 */
extern bool ds_retry_allowed(const DsHttpTransfer *transfer, int64 now, int64 *delay);

/* Milliseconds that the next attempt may take. */
extern int	ds_retry_attempt_timeout(const DsHttpTransfer *transfer, int64 now);

/* in error.c */

/* Raise the error of a transfer that failed for good. */
extern void ds_report_failure(const DsHttpTransfer *transfer);

/* Raise an error for what cannot be sent (a token with a line feed, ...). */
extern void ds_check_target(const DsHttpTarget *target);

/*
 * A copy of foreign text for a message: cut off at max bytes, what is not
 * printable ASCII replaced, the secret (if not NULL) masked.
 */
extern char *ds_printable(const char *text, size_t max, const char *secret);

/* in auth.c */

/* Can this queue send now, or must ds_auth_obtain() be called before? */
extern bool ds_auth_ready(const DsHttpQueue *queue);

/*
 * Get the OAuth token that the queue needs, waiting for it.  Raises an error
 * (SQLSTATE 28000) when the server refuses.
 */
extern void ds_auth_obtain(DsHttpQueue *queue);

/* in token_cache.c */

/*
 * The token of a target, or NULL.  Points into the cache: use it at once.  A
 * token that is about to expire counts only with "last_moment".
 */
extern const char *ds_token_find(const DsHttpTarget *target, bool last_moment,
								 uint64 *serial);

/*
 * The token endpoint that was discovered for this target earlier, or NULL.
 * Points into the cache.
 */
extern const char *ds_token_endpoint(const DsHttpTarget *target);

/* Remember a token for a while. */
extern void ds_token_store(const DsHttpTarget *target, const char *token,
						   const char *endpoint, int64 seconds);

/* The server does not accept this token any more.  Never raises. */
extern void ds_token_drop(uint64 serial);

#endif							/* DELTASHARE_TRANSFER_H */
