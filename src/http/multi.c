/*-------------------------------------------------------------------------
 *
 * multi.c
 *	  The backend's one curl multi handle, driven from the backend's latch.
 *
 * Curl does not wait by itself: it tells us which sockets it is interested in
 * and when it wants to be called again, and we wait for that together with
 * the latch.  So a query that waits for a server is interrupted like one that
 * waits for a lock, and serves everything else that interrupts are used for.
 *
 * The callbacks given to curl only record.  An error raised inside of curl
 * would leave it in a state in which it refuses its own cleanup.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/multi.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <poll.h>
#include <signal.h>

#include "compat.h"
#include "http/transfer.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/memutils.h"

/* Idle connections that are kept open between requests. */
#define MAX_KEPT_CONNECTIONS	16

/*
 * Sockets that can be watched at once.  A transfer has at most four: two
 * addresses that race each other, and a pair from the name lookup.
 */
#define MAX_SOCKETS		(4 * (DS_MAX_RUNNING + DS_MAX_STREAMS))

/* Milliseconds for each request that is held once the session is cancelled. */
#define HELD_GRACE		1000

/*
 * One cancel request is two signals: the postmaster sends SIGINT to the
 * backend and then to its process group, milliseconds apart on a busy machine.
 * So a second one counts as a cancel of its own only after so long.
 */
#define CANCEL_ECHO		500

/* Events that are taken from the kernel at once. */
#define EVENTS_PER_STEP	32

typedef struct WatchedSocket
{
	curl_socket_t fd;
	uint32		events;			/* WL_SOCKET_xxx */
} WatchedSocket;

static CURLM *multi = NULL;
static bool closed = false;		/* the backend exits */

/* What curl wants; written by its callbacks. */
static WatchedSocket sockets[MAX_SOCKETS];
static int	nsockets = 0;
static uint64 sockets_generation = 1;	/* grows with every change */
static int64 timer_deadline = -1;	/* in terms of ds_now() */

/*
 * The sockets as PostgreSQL waits for them.  Kept for the session, as making
 * one costs a dozen system calls.
 */
static WaitEventSet *wait_set = NULL;
static uint64 wait_set_generation = 0;

static int64 waited = 0;

/* What is sent while interrupts are held must end; in terms of ds_now() */
static int64 held_until = -1;
static int64 held_limit = -1;	/* until when progress may prolong it */
static int64 held_shortened_at = -1;	/* by a cancel; -1: it is not */
static bool held_canceled = false;	/* by a cancel that is served here */

int64
ds_waited(void)
{
	return waited;
}

int64
ds_now(void)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	return (int64) INSTR_TIME_GET_MILLISEC(now);
}

static int
find_socket(curl_socket_t fd)
{
	for (int i = 0; i < nsockets; i++)
	{
		if (sockets[i].fd == fd)
			return i;
	}
	return -1;
}

/* CURLMOPT_SOCKETFUNCTION: what to wait for on a socket from now on */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *userp, void *socketp)
{
	int			i = find_socket(fd);
	uint32		events = 0;

	sockets_generation++;

	if (what == CURL_POLL_REMOVE)
	{
		if (i >= 0)
			sockets[i] = sockets[--nsockets];
		return 0;
	}

	if (what & CURL_POLL_IN)
		events |= WL_SOCKET_READABLE;
	if (what & CURL_POLL_OUT)
		events |= WL_SOCKET_WRITEABLE;

	if (i < 0)
	{
		if (nsockets == MAX_SOCKETS)
			return -1;
		i = nsockets++;
	}
	sockets[i].fd = fd;
	sockets[i].events = events;
	return 0;
}

/* CURLMOPT_TIMERFUNCTION: when to call curl without any socket being ready */
static int
set_timer(CURLM *handle, long timeout, void *userp)
{
	timer_deadline = timeout < 0 ? -1 : ds_now() + timeout;
	return 0;
}

static void
close_multi(int code, Datum arg)
{
	ds_http_shutdown();
	ds_transfer_forget_spares();
	if (multi)
		curl_multi_cleanup(multi);
	multi = NULL;
	closed = true;
}

void
ds_multi_init(void)
{
	static bool exit_registered = false;
	CURLM	   *handle;

	if (multi)
		return;
	if (closed)
		elog(ERROR, "no request can be sent any more");

	if (!exit_registered)
	{
		if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_ERROR),
					 errmsg("could not initialize libcurl")));
		on_proc_exit(close_multi, 0);
		exit_registered = true;
	}

	handle = curl_multi_init();
	if (handle == NULL ||
		curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
		curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, set_timer) != CURLM_OK ||
		curl_multi_setopt(handle, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX) != CURLM_OK ||
		curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, (long) MAX_KEPT_CONNECTIONS) != CURLM_OK)
	{
		curl_multi_cleanup(handle);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory"),
				 errdetail("Could not create a curl multi handle.")));
	}
	multi = handle;
}

bool
ds_multi_add(CURL *easy)
{
	return curl_multi_add_handle(multi, easy) == CURLM_OK;
}

void
ds_multi_remove(CURL *easy)
{
	if (multi)
		curl_multi_remove_handle(multi, easy);
}

/* Did the server answer, not just say that it cannot? */
static bool
is_progress(CURLMsg *message)
{
	long		status = 0;

	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	return message->data.result == CURLE_OK && status != 429 && status < 500;
}

/* Hand what curl has finished to the queues. */
static void
collect_finished(void)
{
	CURLMsg    *message;
	int			left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL)
	{
		DsHttpTransfer *transfer = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **) &transfer);
		if (held_shortened_at >= 0 && is_progress(message))
			held_until = Min(held_limit, ds_now() + HELD_GRACE);
		ds_transfer_finished(transfer, message->data.result);
	}
}

/*
 * Let curl do what it can without waiting.
 *
 * It may start a thread for a name lookup, which inherits the signal mask.  No
 * signal of the backend's must end up there: the handlers are not made for
 * threads.
 */
static void
act_on_socket(curl_socket_t fd, int mask)
{
	sigset_t	blocked = BlockSig;
	sigset_t	saved;
	int			running;
	CURLMcode	result;

	sigaddset(&blocked, SIGQUIT);
	sigprocmask(SIG_SETMASK, &blocked, &saved);
	result = curl_multi_socket_action(multi, fd, mask, &running);
	sigprocmask(SIG_SETMASK, &saved, NULL);

	if (result != CURLM_OK)
		elog(ERROR, "curl_multi_socket_action failed: %s", curl_multi_strerror(result));
}

/* Call curl if its timer has run out. */
static void
act_on_timer(void)
{
	if (timer_deadline < 0 || ds_now() < timer_deadline)
		return;
	timer_deadline = -1;		/* before the call, which may set a new one */
	act_on_socket(CURL_SOCKET_TIMEOUT, 0);
}

void
ds_multi_start(void)
{
	act_on_timer();
	collect_finished();
}

/*
 * Make the wait set the one for the sockets that curl wants now.
 *
 * A descriptor that curl has closed may be open again for something else, so
 * a set is never patched, only replaced.
 */
static void
rebuild_wait_set(void)
{
	if (wait_set)
		FreeWaitEventSet(wait_set);
	wait_set = NULL;
	wait_set_generation = 0;	/* incomplete, if an error ends this */

	wait_set = CreateWaitEventSet_compat(nsockets + 2);
	AddWaitEventToSet(wait_set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	if (IsUnderPostmaster)
		AddWaitEventToSet(wait_set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < nsockets; i++)
	{
		if (sockets[i].events)
			AddWaitEventToSet(wait_set, sockets[i].events, sockets[i].fd, NULL, NULL);
	}
	wait_set_generation = sockets_generation;
}

/* Milliseconds until the earlier of two deadlines, either of which may be -1 */
static long
time_left(int64 a, int64 b)
{
	int64		deadline = a < 0 ? b : (b < 0 ? a : Min(a, b));

	if (deadline < 0)
		return -1;
	return (long) Min(Max(deadline - ds_now(), 0), PG_INT32_MAX);
}

static uint32
wait_event(DsWaitReason reason)
{
	static uint32 wait_events[] = {0, 0, 0};

	if (wait_events[reason] == 0)
	{
		switch (reason)
		{
			case DS_WAIT_CONNECT:
				wait_events[reason] = WaitEventExtensionNew_compat("DeltaShareConnect");
				break;
			case DS_WAIT_REQUEST:
				wait_events[reason] = WaitEventExtensionNew_compat("DeltaShareRequest");
				break;
			case DS_WAIT_RETRY:
				wait_events[reason] = WaitEventExtensionNew_compat("DeltaShareRetry");
				break;
		}
	}
	return wait_events[reason];
}

void
ds_http_hold(int milliseconds)
{
	held_until = held_limit = milliseconds < 0 ? -1 : ds_now() + milliseconds;
	held_shortened_at = -1;
	if (milliseconds >= 0)
		held_canceled = false;
}

bool
ds_http_held_was_canceled(void)
{
	return held_canceled;
}

bool
ds_http_held_is_over(void)
{
	return held_until >= 0 && ds_now() >= held_until;
}

/*
 * While a transaction is rolled back, interrupts are held, but an undo waits
 * for a server all the same.  Other sessions must not wait with us for that.
 * Whoever cancels us wants an end soon, but also wants what was changed to be
 * undone, if the server lets us: it goes on as long as each request is answered
 * within the grace.  Often it is not even a cancel of this, but the second
 * signal of the one that ended the statement.
 */
static void
serve_held_interrupts(void)
{
	if (InterruptHoldoffCount == 0)
		return;
	ds_process_barrier();
	if (!QueryCancelPending && !ProcDiePending)
		return;
	if (held_until < 0)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceled while interrupts are held")));
	if (held_shortened_at < 0)
	{
		held_shortened_at = ds_now();
		held_until = Min(held_until, held_shortened_at + HELD_GRACE);
	}
	else if (QueryCancelPending && ds_now() - held_shortened_at >= CANCEL_ECHO)
		held_until = held_limit = ds_now();
	held_canceled |= QueryCancelPending;
	QueryCancelPending = false;
}

static void
end_held_wait(void)
{
	if (InterruptHoldoffCount > 0 && ds_http_held_is_over())
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 held_shortened_at >= 0
				 ? errmsg("canceled while undoing remote changes")
				 : errmsg("time for undoing remote changes is over")));
}

void
ds_wait_step(int64 until, DsWaitReason reason)
{
	WaitEvent	events[EVENTS_PER_STEP];
	int			nevents;
	int64		start;

	if (wait_set_generation != sockets_generation)
		rebuild_wait_set();
	if (held_until >= 0)
		until = until < 0 ? held_until : Min(until, held_until);

	start = ds_now();
	nevents = WaitEventSetWait(wait_set, time_left(until, timer_deadline),
							   events, EVENTS_PER_STEP, wait_event(reason));
	waited += ds_now() - start;

	end_held_wait();
	act_on_timer();
	for (int i = 0; i < nevents; i++)
	{
		int			mask = 0;

		if (events[i].events & WL_LATCH_SET)
		{
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
			serve_held_interrupts();
			end_held_wait();
			continue;
		}
		if (events[i].events & WL_SOCKET_READABLE)
			mask |= CURL_CSELECT_IN;
		if (events[i].events & WL_SOCKET_WRITEABLE)
			mask |= CURL_CSELECT_OUT;
		if (mask)
			act_on_socket(events[i].fd, mask);
	}
	collect_finished();
}

void
ds_poll_step(int64 until)
{
	struct pollfd fds[MAX_SOCKETS];
	int			nfds = 0;
	int			nready;
	int64		start = ds_now();

	for (int i = 0; i < nsockets; i++)
	{
		if (sockets[i].events == 0)
			continue;
		fds[nfds].fd = sockets[i].fd;
		fds[nfds].events = ((sockets[i].events & WL_SOCKET_READABLE) ? POLLIN : 0) |
			((sockets[i].events & WL_SOCKET_WRITEABLE) ? POLLOUT : 0);
		fds[nfds++].revents = 0;
	}
	nready = poll(fds, nfds, (int) time_left(until, timer_deadline));
	waited += ds_now() - start;

	act_on_timer();
	for (int i = 0; i < nfds && nready > 0; i++)
	{
		int			mask = 0;

		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			mask |= CURL_CSELECT_IN;
		if (fds[i].revents & POLLOUT)
			mask |= CURL_CSELECT_OUT;
		if (mask)
			act_on_socket(fds[i].fd, mask);
	}
	collect_finished();
}
