/*-------------------------------------------------------------------------
 *
 * sources.c
 *	  What the tables of statements are read from, in the SQL of a warehouse.
 *
 * A source is the text after FROM; the columns are expressions over it, see
 * tables/declared.c.  Its mark {days} becomes conditions on event_date, by
 * which the log is partitioned: a day more than asked for on either side, as
 * nobody documents in which zone a day begins.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/sources.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "backend/databricks/databricks.h"

#define OF_RECIPIENT	"try_element_at(request_params, 'recipient_name') IS NOT NULL"

/* Events of sharing; a credential without a recipient is somebody's own query */
#define SHARING_EVENTS \
	"service_name = 'unityCatalog' AND (startswith(action_name, 'deltaSharing')" \
	" OR (action_name LIKE 'generateTemporary%Credential%' AND " OF_RECIPIENT ")" \
	" OR action_name IN ('createShare', 'updateShare', 'deleteShare', 'updateSharePermissions'," \
	" 'createRecipient', 'updateRecipient', 'deleteRecipient', 'rotateRecipientToken'," \
	" 'getActivationUrlInfo', 'retrieveRecipientToken', 'updateMetastore'))"

/* Events that queries of recipients leave */
#define QUERY_EVENTS \
	"service_name = 'unityCatalog' AND (action_name IN ('deltaSharingQueryTable', 'deltaSharingQueryTableChanges')" \
	" OR startswith(action_name, 'deltaSharingQueried')" \
	" OR (action_name LIKE 'generateTemporary%Credential%' AND " OF_RECIPIENT "))"

/* One row per event; a column of audit_events in braces is its expression */
#define FLAT_QUERY_EVENTS \
	"SELECT event_time, event_date, unix_micros(event_time) AS at, event_id, request_id, action_name," \
	" {event_kind} AS kind, {recipient_name} AS recipient_name, {share_name} AS share_name," \
	" {schema_name} AS schema_name, {table_name} AS table_name, {rows_returned} AS records," \
	" {bytes_transferred} AS bytes, {status_code} AS status_code, {error_message} AS error_message," \
	" {source_ip} AS source_ip, {user_agent} AS user_agent" \
	" FROM system.access.audit WHERE " QUERY_EVENTS "{days}"

/*
 * First pairing: the request identifier.  It counts where, within an hour, a
 * request and an answer have it and nothing else does, seen from both.
 *
 * Second pairing, of what is left: an answer that follows a request of the
 * same recipient for the same table within a minute, with none between.
 *
 * Either looks at the neighbourhood of an event only, so that the days that
 * are not read change nothing.
 */
#define SAME_ID \
	"(PARTITION BY recipient_name, request_id ORDER BY at RANGE BETWEEN 3600000000 PRECEDING AND 3600000000 FOLLOWING)"
#define COUNTED \
	"SELECT *, recipient_name IS NOT NULL AND request_id IS NOT NULL AND kind <> 'credential'" \
	" AND count(CASE WHEN kind = 'request' THEN 1 END) OVER " SAME_ID " = 1" \
	" AND count(CASE WHEN kind = 'answer' THEN 1 END) OVER " SAME_ID " = 1 AS single FROM (" FLAT_QUERY_EVENTS ")"
#define OF_ANSWER(column)	"max(CASE WHEN kind = 'answer' THEN " column " END) OVER " SAME_ID
#define PAIRED \
	"SELECT *, single AND bool_and(single OR kind = 'credential') OVER " SAME_ID " AS paired, " \
	OF_ANSWER("event_time") " AS same_time, " OF_ANSWER("at") " AS same_at, " OF_ANSWER("records") " AS same_records, " \
	OF_ANSWER("bytes") " AS same_bytes, " OF_ANSWER("event_id") " AS same_event_id FROM (" COUNTED ")"
#define CANDIDATE \
	"kind <> 'credential' AND NOT paired AND recipient_name IS NOT NULL AND table_name IS NOT NULL" \
	" AND NOT (kind = 'request' AND coalesce(status_code, 200) >= 400)"
#define NEAR \
	"(PARTITION BY recipient_name, table_name, " CANDIDATE \
	" ORDER BY at, CASE kind WHEN 'request' THEN 0 ELSE 1 END, event_id)"
#define NEIGHBOURS \
	"SELECT *, " CANDIDATE " AND kind = 'request' AND coalesce(lead(kind) OVER " NEAR " = 'answer' AND lead(at) OVER " NEAR " - at <= 60000000, false) AS answered," \
	" " CANDIDATE " AND kind = 'answer' AND coalesce(lag(kind) OVER " NEAR " = 'request' AND at - lag(at) OVER " NEAR " <= 60000000, false) AS answers," \
	" lead(event_time) OVER " NEAR " AS next_time, lead(records) OVER " NEAR " AS next_records," \
	" lead(bytes) OVER " NEAR " AS next_bytes, lead(event_id) OVER " NEAR " AS next_event_id FROM (" PAIRED ")"
#define ONE_OF(same, next, own) \
	"CASE WHEN kind <> 'request' THEN " own " WHEN paired THEN " same " WHEN answered THEN " next " END"

#define USAGE \
	"(SELECT event_time AS request_time, event_date, recipient_name, share_name, schema_name, table_name, action_name," \
	" CASE WHEN kind = 'credential' THEN 'not_needed' WHEN kind = 'answer' THEN 'no_request'" \
	" WHEN paired THEN 'request_id' WHEN answered THEN 'nearest' ELSE 'no_answer' END AS pairing," \
	" " ONE_OF("same_time", "next_time", "event_time") " AS answer_time," \
	" " ONE_OF("same_records", "next_records", "records") " AS rows_returned," \
	" " ONE_OF("same_bytes", "next_bytes", "bytes") " AS bytes_transferred," \
	" CASE WHEN kind = 'request' AND paired AND same_at >= at THEN (same_at - at) DIV 1000 END AS query_duration_ms," \
	" status_code, error_message, source_ip, user_agent, request_id," \
	" CASE WHEN kind = 'request' THEN event_id END AS request_event_id," \
	" " ONE_OF("same_event_id", "next_event_id", "event_id") " AS answer_event_id" \
	" FROM (" NEIGHBOURS ") WHERE NOT (kind = 'answer' AND (paired OR answers)))"

/* Put the expressions of audit_events in the place of their names in braces. */
static char *
expand_columns(const char *text)
{
	const DsTable *events = ds_table(DS_AUDIT_EVENTS);
	StringInfoData result;

	initStringInfo(&result);
	while (*text)
	{
		const char *end = *text == '{' ? strchr(text, '}') : NULL;
		int			column = end ? ds_column_index(events, pnstrdup(text + 1, end - text - 1)) : -1;

		if (column >= 0)
		{
			appendStringInfoString(&result, events->columns[column].path);
			text = end + 1;
		}
		else
			appendStringInfoChar(&result, *text++);
	}
	return result.data;
}

static const DsSource audit_events = {
	"system.access.audit WHERE " SHARING_EVENTS "{days}", "request_time"
};
static const DsSource audit_log = {
	"system.access.audit WHERE event_time IS NOT NULL{days}", "event_time"
};
static DsSource usage = {
	NULL, "request_time"
};

const DsSource *
ds_dbx_source(const DsTable *table)
{
	switch (table->id)
	{
		case DS_AUDIT_EVENTS:
			return &audit_events;
		case DS_AUDIT_LOG:
			return &audit_log;
		case DS_USAGE:
			if (usage.from == NULL)
				usage.from = MemoryContextStrdup(TopMemoryContext, expand_columns(USAGE));
			return &usage;
		default:
			return NULL;
	}
}
