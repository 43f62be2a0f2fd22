/*-------------------------------------------------------------------------
 *
 * peek.c
 *	  What has come by now: for callers that have something else to do, or
 *	  that must not wait as others do.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/peek.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"

bool
ds_http_ready(const DsHttpQueue *queue)
{
	return !dlist_is_empty(unconstify(dlist_head *, &queue->finished));
}

bool
ds_http_settle(DsHttpQueue *queue, int wait_ms)
{
	int64		until = ds_now() + wait_ms;

	while (!ds_http_ready(queue) && queue->nrunning > 0 && ds_now() < until)
		ds_poll_step(until);
	return ds_http_ready(queue);
}
