/*-------------------------------------------------------------------------
 *
 * http.h
 *	  One HTTP client for everything that the extension sends.
 *
 * Requests are put into a queue and come back from it in the order in which
 * they finish.  All queues of a backend share one curl multi handle, so
 * connections (and HTTP/2 streams) are kept for the whole session.  Waiting
 * happens on the backend's latch: whatever the server does, interrupts are
 * served.
 *
 * The client knows nothing about Delta Sharing: a reply with any HTTP status
 * is handed to the caller once the retry rules are exhausted.  Only failures
 * to get a reply at all are raised here.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/http.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_HTTP_H
#define DELTASHARE_HTTP_H

#include "compat.h"
#include "nodes/pg_list.h"

typedef enum DsHttpMethod
{
	DS_GET,
	DS_POST,
	DS_PATCH,
	DS_PUT,
	DS_DELETE
} DsHttpMethod;

/* What may be sent again, and when. */
typedef enum DsHttpRepeat
{
	DS_REPEAT_SAFE,				/* a second arrival changes nothing */
	DS_REPEAT_IF_REFUSED,		/* only if the first one surely had no effect */
	DS_REPEAT_NEVER				/* not even then (token rotation) */
} DsHttpRepeat;

/*
 * A service to speak to, and the identity to use there.  The caller fills it
 * and keeps it alive as long as queues made from it.
 */
typedef struct DsHttpTarget
{
	Oid			server_oid;		/* with mapping_oid: key of the OAuth token cache */
	Oid			mapping_oid;
	const char *server_name;	/* for messages only */
	const char *base_url;		/* scheme://host[:port], no trailing slash */
	const char *user_agent;
	const char *workspace_id;	/* sent as a header when set */
	const char *ca_file;		/* NULL: the system's certificates */
	const char *proxy;			/* NULL: none, whatever the environment says */
	int			connect_timeout;	/* milliseconds */
	int			request_timeout;	/* milliseconds, one attempt */
	int			retry_timeout;	/* milliseconds from the first attempt of a
								 * request on; no wait and no later attempt
								 * goes beyond; 0: no retries */
	int			concurrency;	/* requests in flight for one queue */
	int			max_reply_size; /* kilobytes */
	const char *token;			/* bearer token, or NULL for OAuth: */
	const char *client_id;
	const char *client_secret;
} DsHttpTarget;

/* in target.c: a copy whose texts are in CurrentMemoryContext */
extern DsHttpTarget ds_http_target_copy(const DsHttpTarget *from);

/* What a queue did, for EXPLAIN ANALYZE.  Requests for OAuth tokens don't count. */
typedef struct DsHttpStats
{
	int64		requests;		/* attempts sent, retries included */
	int64		retries;
	int64		bytes_received; /* reply bodies, after decompression */
} DsHttpStats;

/* A header that a link is to be fetched with. */
typedef struct DsHttpHeader
{
	const char *name;
	const char *value;			/* may be a secret */
} DsHttpHeader;

/*
 * One request and its answer.  Allocated by the caller (zeroed), normally with
 * ds_http_request(); the reply belongs to the memory context of the queue and
 * is released by ds_http_release() or with the queue.
 */
typedef struct DsHttpRequest
{
	DsHttpMethod method;
	const char *path;			/* host-relative, percent-encoded, with query */
	const char *shown_path;		/* in messages instead of path, if that holds
								 * a secret; or NULL */
	const char *body;			/* JSON text in UTF-8, or NULL */
	DsHttpRepeat repeat;
	void	   *cookie;			/* the caller's */

	/*
	 * A link to somewhere else: an absolute URL that is a secret as a whole.
	 * Then path is not used, shown_path stands for it in every message, these
	 * headers are sent, and nothing that says who we are.
	 */
	const char *link;			/* NULL: path */
	const DsHttpHeader *headers;
	int			nheaders;

	/* Read the reply while it arrives: ds_http_open() and ds_http_read(). */
	bool		streamed;

	/* set when the request comes back from the queue */
	int			status;			/* HTTP status */
	const char *reply;			/* body, NUL-terminated */
	size_t		reply_length;
	const char *content_type;	/* or NULL */
	const char *request_id;		/* of the reply's x-request-id header, or NULL */
	int			attempts;

	/*
	 * An attempt was sent, and what the server did with it, nobody knows: no
	 * answer came, or one that speaks of trouble at the server.  Of the last
	 * attempt the status says it.  Set also when ds_http_perform() raises an error.
	 */
	bool		in_doubt;

	struct DsHttpTransfer *transfer;	/* http/ only */
} DsHttpRequest;

typedef struct DsHttpQueue DsHttpQueue;

/* in client.c, queue.c, stream.c and notify.c */

/*
 * A queue whose transfers and replies live in CurrentMemoryContext: deleting
 * or resetting that context at any time, an abort included, stops and frees
 * everything.
 */
extern DsHttpQueue *ds_http_queue_create(const DsHttpTarget *target);

/*
 * A zeroed request in CurrentMemoryContext; path and body are not copied until
 * it is submitted.
 */
extern DsHttpRequest *ds_http_request(DsHttpMethod method, const char *path,
									  const char *body, DsHttpRepeat repeat);

/*
 * Hand a request over; it is sent as soon as concurrency allows.  The request
 * must stay until it is returned or the queue is cancelled; path and body
 * need not.
 */
extern void ds_http_submit(DsHttpQueue *queue, DsHttpRequest *request);

/* Requests submitted and not yet returned by ds_http_next(). */
extern int	ds_http_pending(const DsHttpQueue *queue);

/*
 * Wait for the next finished request; NULL when none is pending.  Raises an
 * error with errcontext "remote request: GET /path" when no usable reply could
 * be had: SQLSTATE class 08 (network, TLS, HTTP), 28000 (OAuth), 54000 (reply
 * too large) or 53200.  The queue can be used after that; the request that the
 * error is about is no longer pending, except for 28000.
 */
extern DsHttpRequest *ds_http_next(DsHttpQueue *queue);

/* Free the reply of a returned request (the request itself stays). */
extern void ds_http_release(DsHttpRequest *request);

/* Stop and forget everything in flight; the queue can be used again. */
extern void ds_http_cancel(DsHttpQueue *queue);

extern const DsHttpStats *ds_http_stats(const DsHttpQueue *queue);

/*
 * Streamed requests.  They are submitted like others, but ds_http_next() never
 * returns them: they are opened, read to their end or not, and closed.  Any
 * number may be submitted ahead; each holds a bounded part of its reply, and
 * the server is made to wait when that is full.
 *
 * Open: wait until the status is known.  A success has request->status set
 * and is ready for ds_http_read(); any other status comes with the whole
 * reply, as from ds_http_next().  Errors are those of ds_http_next().
 */
extern void ds_http_open(DsHttpQueue *queue, DsHttpRequest *request);

/*
 * Copy the next bytes of the reply, at least one and at most size; waits for
 * them.  0: the reply is complete.  -1: it broke off after bytes were handed
 * over, so that the client cannot repeat it; the caller may ask once more, or
 * raise the error with ds_http_raise().
 */
extern ssize_t ds_http_read(DsHttpQueue *queue, DsHttpRequest *request, char *buffer, size_t size);
pg_noreturn extern void ds_http_raise(const DsHttpRequest *request);

/* Done with it, at its end or not; the request itself stays. */
extern void ds_http_close(DsHttpQueue *queue, DsHttpRequest *request);

/*
 * Tell the server something without waiting for its answer, from cleanup code
 * of an aborted transaction too.  Never raises.  Returns when the request was
 * handed to the network, or after wait_ms milliseconds; what is not sent then
 * is sent along with later requests of the session.  Everything is copied.
 */
extern void ds_http_notify(const DsHttpTarget *target, const DsHttpRequest *request, int wait_ms);

/* in peek.c */

/* Would ds_http_next() return, or raise, without waiting? */
extern bool ds_http_ready(const DsHttpQueue *queue);

/*
 * Wait until that is so, or for that many milliseconds, from cleanup code of
 * an aborted transaction too: no interrupts are served.
 */
extern bool ds_http_settle(DsHttpQueue *queue, int wait_ms);

/* in client.c */

/*
 * May the server have done what was asked for, or surely not?  Also after
 * ds_http_next() raised an error.
 */
extern bool ds_http_may_be_done(const DsHttpRequest *request);

/* Send one request on a queue of its own and wait for it. */
extern void ds_http_perform(const DsHttpTarget *target, DsHttpRequest *request);

extern const char *ds_http_method_name(DsHttpMethod method);

/* in multi.c */

/*
 * Between these two calls, requests are sent while interrupts are held, as in
 * an abort, for that many milliseconds at most; -1 ends it.  Once somebody
 * cancels or terminates the session it goes on only while each request is
 * answered soon; whoever cancels again ends it.  When it is over, waiting is an
 * error.
 */
extern void ds_http_hold(int milliseconds);
extern bool ds_http_held_is_over(void);

/* Was the session cancelled since interrupts are, or were last, held? */
extern bool ds_http_held_was_canceled(void);

/* in url.c */

/*
 * Percent-encode one segment of a path; palloc'd.  An empty name, "." or ".."
 * is an error (SQLSTATE 22023): no encoding keeps a server from reading it as
 * the address of something else.
 */
extern char *ds_url_escape(const char *text);

/* Append "?name=value" or "&name=value", the value (of any kind) percent-encoded. */
struct StringInfoData;
extern void ds_url_add_query(struct StringInfoData *url, const char *name, const char *value);

#endif							/* DELTASHARE_HTTP_H */
