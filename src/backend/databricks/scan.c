/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Reading a table: lists, pages, and many requests in flight.
 *
 * A scan knows names that are still to be asked for, and at most one page of a
 * list that supplies more of them.  As many requests as the window allows are
 * in flight.  The window starts small and doubles as rows are consumed, so a
 * query that wants only a few rows does not pay for many.
 *
 * Memory does not grow with the number of rows: there is one page of names, a
 * window of replies, and one page being read, which has its own context.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "backend/databricks/databricks.h"
#include "transaction/deferral.h"

/* Pages in a row that hold nothing, before we stop believing the server. */
#define MAX_EMPTY_PAGES		1000

#define FIRST_WINDOW		2

/*
 * One thing being read page by page: the list, or the rows of one name.  Its
 * context holds the strings of its requests and goes with it.
 */
typedef struct Walk
{
	MemoryContext context;
	bool		is_list;
	const char *name;			/* NULL for the list */
	char	   *page_token;		/* of the page to ask for, NULL: the first */
	char	   *seen_token;		/* see check_token() */
	int64		pages;
	int			empty_pages;
} Walk;

struct DsScan
{
	const DsServer *server;
	DsScanSpec	spec;
	DsAccess	access;
	MemoryContext context;
	DsHttpQueue *queue;			/* NULL until the first request */
	int			window;

	Walk	   *list;			/* NULL: not used, or at its end */
	bool		list_in_flight;
	List	   *names;			/* char *, to be asked for ... */
	int			next_name;		/* ... from this one on */

	DsBulkScan *bulk;			/* then nothing else is used; or NULL */

	MemoryContext page_context;
	DsPage		page;			/* being returned */
	char	   *page_path;		/* where it came from */
	int			next_item;
};

static Walk *
start_walk(DsScan *scan, const char *name)
{
	MemoryContext context = AllocSetContextCreate(scan->context, "deltashare walk",
												  ALLOCSET_SMALL_SIZES);
	Walk	   *walk = MemoryContextAllocZero(context, sizeof(Walk));

	walk->context = context;
	walk->is_list = name == NULL;
	walk->name = name ? MemoryContextStrdup(context, name) : NULL;
	return walk;
}

static void
add_names_of_key(DsScan *scan, const DsKey *key)
{
	for (int i = 0; i < key->nvalues; i++)
		if (ds_dbx_is_possible_key(scan->spec.table, key->column, key->values[i]))
			scan->names = lappend(scan->names, pstrdup(key->values[i]));
}

DsScan *
ds_dbx_begin_scan(const DsServer *server, const DsScanSpec *spec)
{
	DsScan	   *scan = palloc0(sizeof(DsScan));

	if (spec->table->flags & DS_TABLE_STATEMENT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"%s\" of server \"%s\" can only be read as a foreign table",
						spec->table->name, server->name)));
	scan->server = server;
	scan->spec = *spec;
	scan->access = ds_dbx_choose_access(spec);
	scan->context = CurrentMemoryContext;
	scan->window = spec->all_rows ? server->options.concurrency : FIRST_WINDOW;
	scan->page_context = AllocSetContextCreate(scan->context, "deltashare page",
											   ALLOCSET_DEFAULT_SIZES);
	if (ds_dbx_is_bulk_scan(server, spec))
		scan->bulk = ds_dbx_begin_bulk(server, spec);
	else if (scan->access.key >= 0)
		add_names_of_key(scan, &spec->keys[scan->access.key]);
	else if (scan->access.list)
		scan->list = start_walk(scan, NULL);
	else
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"%s\" of server \"%s\" can only be read with names given",
						spec->table->name, server->name),
				 errhint("Use a condition like: %s = '...'.", spec->table->columns[0].name)));
	return scan;
}

static const DsEndpoint *
endpoint_of(const DsScan *scan, const Walk *walk)
{
	if (walk->is_list)
		return scan->access.list;
	return scan->access.rows ? scan->access.rows : scan->access.fallback;
}

/* Ask for the next page of a walk. */
static void
submit(DsScan *scan, Walk *walk)
{
	MemoryContext old = MemoryContextSwitchTo(walk->context);
	const DsEndpoint *endpoint = endpoint_of(scan, walk);
	DsHttpRequest *request;

	request = ds_http_request(DS_GET,
							  ds_dbx_endpoint_path(endpoint, walk->name,
												   scan->server->options.page_size, walk->page_token),
							  NULL, DS_REPEAT_SAFE);
	request->cookie = walk;
	MemoryContextSwitchTo(scan->context);
	if (scan->queue == NULL)
		scan->queue = ds_http_queue_create(ds_dbx_target(scan->server));
	ds_http_submit(scan->queue, request);
	MemoryContextSwitchTo(old);
}

static int
names_left(const DsScan *scan)
{
	return list_length(scan->names) - scan->next_name;
}

static void
forget_names(DsScan *scan)
{
	list_free_deep(scan->names);
	scan->names = NIL;
	scan->next_name = 0;
}

/* Keep the window full; the list goes on when names run short. */
static void
submit_more(DsScan *scan)
{
	int			pending = scan->queue ? ds_http_pending(scan->queue) : 0;

	for (; names_left(scan) > 0 && pending < scan->window; pending++)
		submit(scan, start_walk(scan, list_nth(scan->names, scan->next_name++)));
	if (names_left(scan) == 0)
		forget_names(scan);
	if (scan->list && !scan->list_in_flight &&
		names_left(scan) < scan->window &&
		(scan->access.rows != NULL || pending == 0))
	{
		submit(scan, scan->list);
		scan->list_in_flight = true;
	}
}

static DsSubject
subject_of(const DsScan *scan, const Walk *walk)
{
	DsSubject	subject = {0};

	if (walk->is_list)
		subject.action = psprintf("list %s", ds_table(scan->access.parents)->name);
	else
		subject.action = psprintf("read %s of \"%s\"",
								  scan->spec.table->id == DS_OBJECT_COLUMNS ? "columns" : scan->spec.table->name,
								  walk->name);
	return subject;
}

/*
 * A server that hands out a token twice would keep us going round forever.
 * Comparing with the token of the last page whose number is a power of two
 * finds any such circle, and needs to remember one token only.
 */
static void
check_token(DsScan *scan, Walk *walk)
{
	if (walk->page_token && walk->seen_token && strcmp(walk->page_token, walk->seen_token) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("server \"%s\" repeated a page token", scan->server->name),
				 errdetail("The token came again after %lld pages.", (long long) walk->pages)));
	if ((walk->pages & (walk->pages - 1)) == 0)
	{
		if (walk->seen_token)
			pfree(walk->seen_token);
		walk->seen_token = walk->page_token;
	}
}

static void
check_empty(DsScan *scan, Walk *walk)
{
	bool		empty = scan->page.items == NIL && scan->page.parents == NIL;

	walk->empty_pages = empty ? walk->empty_pages + 1 : 0;
	if (walk->empty_pages > MAX_EMPTY_PAGES)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_ERROR),
				 errmsg("server \"%s\" sent %d empty pages in a row",
						scan->server->name, MAX_EMPTY_PAGES)));
}

/* A walk may have any number of pages, so what one page needed goes with it. */
static void
free_request(DsHttpRequest *request)
{
	pfree(unconstify(char *, request->path));
	pfree(request);
}

static void
end_walk(DsScan *scan, Walk *walk)
{
	if (walk == scan->list)
		scan->list = NULL;
	MemoryContextDelete(walk->context);
}

/* The walk has another page, or ends here. */
static void
continue_walk(DsScan *scan, Walk *walk, DsHttpRequest *request, const cJSON *reply)
{
	const DsEndpoint *endpoint = endpoint_of(scan, walk);
	char	   *token = endpoint->paged ? ds_json_text(reply, "next_page_token") : NULL;

	check_empty(scan, walk);
	if (token == NULL || *token == '\0')
	{
		end_walk(scan, walk);
		return;
	}
	walk->pages++;
	if (walk->page_token && walk->page_token != walk->seen_token)
		pfree(walk->page_token);
	walk->page_token = MemoryContextStrdup(walk->context, token);
	check_token(scan, walk);
	free_request(request);
	if (!walk->is_list)
		submit(scan, walk);
}

/* The names go to the queue of names, which outlives the page. */
static void
keep_names(DsScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(scan->context);
	ListCell   *lc;

	foreach(lc, scan->page.parents)
		scan->names = lappend(scan->names, pstrdup(lfirst(lc)));
	MemoryContextSwitchTo(old);
}

static bool
is_dropped(const DsScan *scan, DsTableId kind, const char *name)
{
	return name && ds_is_deferred(scan->server->oid, kind, name);
}

/* Does the item, or what it hangs on, wait to be dropped? */
static bool
is_item_dropped(const DsScan *scan, const DsItem *item)
{
	switch (scan->spec.table->id)
	{
		case DS_SHARES:
		case DS_RECIPIENTS:
			return is_dropped(scan, scan->spec.table->id, ds_json_text(item->object, "name"));
		case DS_RECIPIENT_TOKENS:
		case DS_FEDERATION_POLICIES:
			return is_dropped(scan, DS_RECIPIENTS, item->parent);
		case DS_SHARE_OBJECTS:
			return is_dropped(scan, DS_SHARES, item->parent);
		case DS_GRANTS:
		case DS_EFFECTIVE_GRANTS:
			return is_dropped(scan, DS_SHARES, item->share_name) ||
				is_dropped(scan, DS_RECIPIENTS, ds_json_text(item->assignment, "principal"));
		case DS_OBJECT_COLUMNS:
			return is_dropped(scan, DS_OBJECT_COLUMNS, ds_json_text(item->table, "full_name"));
		default:
			return false;
	}
}

/* To this transaction, what it dropped is gone. */
static void
hide_dropped(DsScan *scan)
{
	List	   *kept = NIL;
	ListCell   *lc;

	if (!ds_is_deferred(scan->server->oid, DS_SHARES, NULL) &&
		!ds_is_deferred(scan->server->oid, DS_RECIPIENTS, NULL) &&
		!ds_is_deferred(scan->server->oid, DS_OBJECT_COLUMNS, NULL))
		return;
	foreach(lc, scan->page.items)
		if (!is_item_dropped(scan, lfirst(lc)))
			kept = lappend(kept, lfirst(lc));
	scan->page.items = kept;
}

/*
 * Has the thing asked for no rows for us?  It never was there, or went away
 * since it was listed.  Of many tables those that the caller may not see are
 * left out, as an information schema does; who asks for one is told why.
 */
static bool
is_absent(const DsScan *scan, const DsHttpRequest *request)
{
	if (ds_dbx_is_missing(request))
		return true;
	return scan->spec.table->id == DS_OBJECT_COLUMNS &&
		scan->spec.keys[scan->access.key].nvalues > 1 && ds_dbx_is_denied(request);
}

/* Read one reply into the page context. */
static void
read_reply(DsScan *scan, DsHttpRequest *request)
{
	Walk	   *walk = request->cookie;
	MemoryContext old = MemoryContextSwitchTo(scan->page_context);
	DsSubject	subject = subject_of(scan, walk);
	DsReplyContext context;
	const cJSON *reply;

	if (walk->is_list)
		scan->list_in_flight = false;
	if (!walk->is_list && is_absent(scan, request))
	{
		scan->page.items = scan->page.parents = NIL;
		ds_http_release(request);
		end_walk(scan, walk);
		MemoryContextSwitchTo(old);
		return;
	}
	if (!ds_dbx_succeeded(request))
		ds_dbx_raise(scan->server, request, &subject);
	scan->page_path = pstrdup(request->path);
	ds_dbx_enter_reply(&context, DS_GET, scan->page_path);
	reply = ds_dbx_parse_reply(request);
	ds_http_release(request);
	ds_dbx_read_page(&scan->spec, &scan->access, walk->is_list, reply,
					 walk->name ? pstrdup(walk->name) : NULL, &scan->page);
	hide_dropped(scan);
	keep_names(scan);
	continue_walk(scan, walk, request, reply);
	ds_dbx_leave_reply(&context);
	MemoryContextSwitchTo(old);
}

/* Get a page with rows; false at the end of the scan. */
static bool
next_page(DsScan *scan)
{
	scan->next_item = 0;
	do
	{
		DsHttpRequest *request;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scan->page_context);
		scan->page.items = scan->page.parents = NIL;
		submit_more(scan);
		request = scan->queue ? ds_http_next(scan->queue) : NULL;
		if (request == NULL)
			return false;
		read_reply(scan, request);
		scan->window = Min(scan->window * 2, scan->server->options.concurrency);
	} while (scan->page.items == NIL);
	return true;
}

bool
ds_dbx_next_row(DsScan *scan, DsRow *row)
{
	MemoryContext old;
	DsReplyContext context;

	if (scan->bulk)
	{
		bool		found;

		MemoryContextReset(scan->page_context);
		old = MemoryContextSwitchTo(scan->page_context);
		found = ds_dbx_next_bulk_row(scan->bulk, row);
		MemoryContextSwitchTo(old);
		return found;
	}
	if (scan->next_item >= list_length(scan->page.items) && !next_page(scan))
		return false;
	old = MemoryContextSwitchTo(scan->page_context);
	ds_dbx_enter_reply(&context, DS_GET, scan->page_path);
	ds_dbx_fill_row(&scan->spec, list_nth(scan->page.items, scan->next_item++), row);
	ds_dbx_leave_reply(&context);
	MemoryContextSwitchTo(old);
	return true;
}

void
ds_dbx_end_scan(DsScan *scan)
{
	if (scan->bulk)
		ds_dbx_end_bulk(scan->bulk);
	if (scan->queue)
		ds_http_cancel(scan->queue);
}

void
ds_dbx_scan_stats(const DsScan *scan, DsScanStats *stats)
{
	const DsHttpStats *http;

	if (scan->bulk)
		ds_dbx_bulk_stats(scan->bulk, stats);
	if (scan->queue == NULL)
		return;
	http = ds_http_stats(scan->queue);
	stats->requests = http->requests;
	stats->retries = http->retries;
	stats->bytes_received = http->bytes_received;
}
