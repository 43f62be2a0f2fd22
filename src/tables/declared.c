/*-------------------------------------------------------------------------
 *
 * declared.c
 *	  The declared tables as data: columns, types, keys, JSON fields, comments.
 *
 * A path that begins with "@" is not a field of the JSON item but computed by
 * the backend: "@parent" is the key of the thing that the item hangs on, the
 * others are explained in backend/databricks/fields.c; "@statement" has a fixed
 * statement, see backend/databricks/bulk.c.
 *
 * The tables of statements have SQL instead, over the sources that
 * backend/databricks/sources.c names.  There P(k) is a request parameter and
 * R(k) a field of the answer: NULL where it is absent, or the JSON is broken.
 * What does not fit its type is NULL, never another value.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/declared.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "tables/tables.h"

#define KEY_NAME	(DS_COL_KEY | DS_COL_IDENTITY | DS_COL_INSERT | DS_COL_UPDATE)
#define KEY_PARENT	(DS_COL_KEY | DS_COL_IDENTITY | DS_COL_INSERT)
#define WRITABLE	(DS_COL_INSERT | DS_COL_UPDATE)

static const DsColumn shares_columns[] = {
	{"name", DS_TEXT, KEY_NAME, "name", "Name of the share, unique, stored in lower case"},
	{"comment", DS_TEXT, WRITABLE, "comment", "Comment on the share"},
	{"owner", DS_TEXT, WRITABLE, "owner", "User, group or service principal that owns the share and must keep SELECT on its objects"},
	{"created_at", DS_TIME_MS, 0, "created_at", "When the share was created"},
	{"created_by", DS_TEXT, 0, "created_by", "Who created the share"},
	{"updated_at", DS_TIME_MS, 0, "updated_at", "When the share was last changed"},
	{"updated_by", DS_TEXT, 0, "updated_by", "Who last changed the share"},
	{"storage_root", DS_TEXT, WRITABLE, "storage_root", "Storage root for notebooks of the share"},
	{"storage_location", DS_TEXT, 0, "storage_location", "Storage location derived from the storage root"},
	{"replication_config", DS_JSONB, DS_COL_INSERT, "replication_config", "Replication of the share: enabled, schedule"},
	{"serverless_budget_policy_id", DS_TEXT, WRITABLE, "serverless_budget_policy_id", "Budget policy that pays for materializing shared views"},
};

static const DsColumn share_objects_columns[] = {
	{"share_name", DS_TEXT, KEY_PARENT, "@parent", "Share that holds the object"},
	{"name", DS_TEXT, DS_COL_IDENTITY | DS_COL_INSERT, "name", "Full name of the object: catalog.schema.object, for a schema catalog.schema"},
	{"data_object_type", DS_TEXT, DS_COL_IDENTITY | DS_COL_INSERT | DS_COL_DEFAULT, "data_object_type", "TABLE, VIEW, MATERIALIZED_VIEW, STREAMING_TABLE, FOREIGN_TABLE, SCHEMA, VOLUME, MODEL, FUNCTION, FEATURE_SPEC or NOTEBOOK_FILE"},
	{"shared_as", DS_TEXT, DS_COL_INSERT, "@shared_as", "Alias under which recipients see the object; schema.table for tables and views"},
	{"comment", DS_TEXT, WRITABLE, "comment", "Comment on the object, seen by recipients"},
	{"history_data_sharing_status", DS_TEXT, WRITABLE, "history_data_sharing_status", "ENABLED: recipients may read earlier versions; DISABLED: only the current one"},
	{"cdf_enabled", DS_BOOL, WRITABLE, "cdf_enabled", "Whether recipients may read the change data feed; excludes history_data_sharing_status"},
	{"start_version", DS_BIGINT, WRITABLE, "start_version", "Lowest table version that recipients may read"},
	{"partitions", DS_JSONB, WRITABLE, "partitions", "Partition filter: array (OR) of {\"values\": [(AND) {\"name\", \"op\", \"value\" or \"recipient_property_key\"}]}"},
	{"status", DS_TEXT, 0, "status", "ACTIVE, or PERMISSION_DENIED when the share's owner may no longer read the object"},
	{"added_at", DS_TIME_MS, 0, "added_at", "When the object was added"},
	{"added_by", DS_TEXT, 0, "added_by", "Who added the object"},
	{"content", DS_TEXT, DS_COL_INSERT, "content", "Content of a notebook file, base64; only given when it is added"},
};

static const DsColumn recipients_columns[] = {
	{"name", DS_TEXT, KEY_NAME, "name", "Name of the recipient, unique, stored in lower case"},
	{"id", DS_TEXT, 0, "id", "Unique identifier of the recipient"},
	{"authentication_type", DS_TEXT, DS_COL_INSERT, "authentication_type", "TOKEN, DATABRICKS, OIDC_FEDERATION, ..."},
	{"comment", DS_TEXT, WRITABLE, "comment", "Comment on the recipient"},
	{"owner", DS_TEXT, WRITABLE, "owner", "User, group or service principal that owns the recipient"},
	{"activated", DS_BOOL, 0, "activated", "Whether the recipient has used its activation link"},
	{"activation_url", DS_TEXT, DS_COL_SECRET, "@activation_url", "Activation link of the newest token while it is unused; a secret, NULL unless the foreign table has show_activation_url"},
	{"expiration_time", DS_TIME_MS, WRITABLE, "expiration_time", "When the recipient's token expires"},
	{"ip_access_list", DS_CIDR_ARRAY, WRITABLE, "ip_access_list.allowed_ip_addresses", "Networks from which the recipient may read; NULL or empty: any"},
	{"properties", DS_JSONB, WRITABLE, "properties_kvpairs.properties", "Properties of the recipient, for partition filters; the whole map is replaced by an update"},
	{"data_recipient_global_metastore_id", DS_TEXT, DS_COL_INSERT, "data_recipient_global_metastore_id", "Sharing identifier cloud:region:uuid of a DATABRICKS recipient"},
	{"email", DS_TEXT, WRITABLE, "email", "E-mail address of the contact"},
	{"cloud", DS_TEXT, 0, "cloud", "Cloud of a DATABRICKS recipient"},
	{"region", DS_TEXT, 0, "region", "Region of a DATABRICKS recipient"},
	{"metastore_id", DS_TEXT, 0, "metastore_id", "Metastore of a DATABRICKS recipient"},
	{"created_at", DS_TIME_MS, 0, "created_at", "When the recipient was created"},
	{"created_by", DS_TEXT, 0, "created_by", "Who created the recipient"},
	{"updated_at", DS_TIME_MS, 0, "updated_at", "When the recipient was last changed"},
	{"updated_by", DS_TEXT, 0, "updated_by", "Who last changed the recipient"},
};

static const DsColumn recipient_tokens_columns[] = {
	{"recipient_name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "@parent", "Recipient that the token belongs to"},
	{"id", DS_TEXT, DS_COL_IDENTITY, "id", "Unique identifier of the token"},
	{"expiration_time", DS_TIME_MS, 0, "expiration_time", "When the token expires; NULL: never"},
	{"activation_url", DS_TEXT, DS_COL_SECRET, "activation_url", "Activation link while it is unused; a secret, NULL unless the foreign table has show_activation_url"},
	{"created_at", DS_TIME_MS, 0, "created_at", "When the token was made"},
	{"created_by", DS_TEXT, 0, "created_by", "Who made the token"},
	{"updated_at", DS_TIME_MS, 0, "updated_at", "When the token was last changed"},
	{"updated_by", DS_TEXT, 0, "updated_by", "Who last changed the token"},
};

static const DsColumn grants_columns[] = {
	{"share_name", DS_TEXT, KEY_PARENT, "@share_name", "Share that is granted"},
	{"recipient_name", DS_TEXT, KEY_PARENT, "@principal", "Recipient that holds the privilege; NULL if it was deleted"},
	{"privilege", DS_TEXT, DS_COL_IDENTITY | DS_COL_INSERT | DS_COL_DEFAULT, "@privilege", "Privilege: SELECT"},
	{"principal_id", DS_BIGINT, 0, "@principal_id", "Internal identifier of the principal, the only name of a deleted one"},
};

static const DsColumn effective_grants_columns[] = {
	{"share_name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "@parent", "Share that is granted"},
	{"recipient_name", DS_TEXT, DS_COL_IDENTITY, "@principal", "Principal that holds the privilege"},
	{"privilege", DS_TEXT, DS_COL_IDENTITY, "@privilege", "Privilege in effect"},
	{"inherited_from_type", DS_TEXT, 0, "@inherited_from_type", "Type of the object that the privilege is inherited from; NULL: granted directly"},
	{"inherited_from_name", DS_TEXT, 0, "@inherited_from_name", "Name of the object that the privilege is inherited from"},
};

static const DsColumn providers_columns[] = {
	{"name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "name", "Name of the provider"},
	{"authentication_type", DS_TEXT, 0, "authentication_type", "TOKEN, DATABRICKS, ..."},
	{"comment", DS_TEXT, 0, "comment", "Comment on the provider"},
	{"owner", DS_TEXT, 0, "owner", "Who owns the provider"},
	{"data_provider_global_metastore_id", DS_TEXT, 0, "data_provider_global_metastore_id", "Sharing identifier of a DATABRICKS provider"},
	{"endpoint", DS_TEXT, 0, "recipient_profile.endpoint", "Sharing server of a TOKEN provider"},
	{"cloud", DS_TEXT, 0, "cloud", "Cloud of the provider"},
	{"region", DS_TEXT, 0, "region", "Region of the provider"},
	{"metastore_id", DS_TEXT, 0, "metastore_id", "Metastore of the provider"},
	{"created_at", DS_TIME_MS, 0, "created_at", "When the provider was created"},
	{"created_by", DS_TEXT, 0, "created_by", "Who created the provider"},
	{"updated_at", DS_TIME_MS, 0, "updated_at", "When the provider was last changed"},
	{"updated_by", DS_TEXT, 0, "updated_by", "Who last changed the provider"},
};

static const DsColumn provider_shares_columns[] = {
	{"provider_name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "@parent", "Provider that shares with us"},
	{"name", DS_TEXT, DS_COL_IDENTITY, "name", "Name of the share at the provider"},
};

static const DsColumn federation_policies_columns[] = {
	{"recipient_name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "@parent", "Recipient that the policy belongs to"},
	{"name", DS_TEXT, DS_COL_IDENTITY, "name", "Name of the policy"},
	{"id", DS_TEXT, 0, "id", "Unique identifier of the policy"},
	{"comment", DS_TEXT, 0, "comment", "Comment on the policy"},
	{"issuer", DS_TEXT, 0, "oidc_policy.issuer", "Token issuer that is trusted"},
	{"subject_claim", DS_TEXT, 0, "oidc_policy.subject_claim", "Claim that names the caller: oid, azp, groups or sub"},
	{"subject", DS_TEXT, 0, "oidc_policy.subject", "Value that the claim must have"},
	{"audiences", DS_TEXT_ARRAY, 0, "oidc_policy.audiences", "Audiences that are accepted"},
	{"create_time", DS_TIME_TEXT, 0, "create_time", "When the policy was created"},
	{"update_time", DS_TIME_TEXT, 0, "update_time", "When the policy was last changed"},
};

static const DsColumn object_columns_columns[] = {
	{"object_name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "@parent", "Full name of the object that the column belongs to"},
	{"column_name", DS_TEXT, DS_COL_IDENTITY, "name", "Name of the column"},
	{"data_type", DS_TEXT, 0, "type_text", "Type of the column, as the server calls it"},
	{"position", DS_INT, 0, "@position", "Position of the column in the object, counted from 1"},
	{"nullable", DS_BOOL, 0, "nullable", "Whether the column may hold NULL"},
	{"comment", DS_TEXT, 0, "comment", "Comment on the column"},
	{"partition_index", DS_INT, 0, "@partition_index", "Position of the column among the partition columns, counted from 1; NULL: not one of them"},
	{"mask", DS_TEXT, 0, "mask.function_name", "Function with which the platform masks the column; NULL: none"},
	{"object_type", DS_TEXT, 0, "@object_type", "Type of the object: TABLE, VIEW, MATERIALIZED_VIEW, STREAMING_TABLE, FOREIGN_TABLE, ..."},
	{"object_comment", DS_TEXT, 0, "@object_comment", "Comment on the object"},
	{"view_definition", DS_TEXT, 0, "@view_definition", "Query of a view"},
	{"object_properties", DS_JSONB, 0, "@object_properties", "Properties of the object; on the local server its storage parameters"},
	{"schema_name", DS_TEXT, DS_COL_KEY, "@schema_name", "Full name of the schema of the object"},
};

static const DsColumn column_tags_columns[] = {
	{"object_name", DS_TEXT, DS_COL_KEY | DS_COL_IDENTITY, "@statement", "Full name of the object that the column belongs to"},
	{"column_name", DS_TEXT, DS_COL_IDENTITY, "@statement", "Name of the column"},
	{"tag_name", DS_TEXT, DS_COL_IDENTITY, "@statement", "Name of the tag; on the local server the provider of a security label"},
	{"tag_value", DS_TEXT, 0, "@statement", "Value of the tag; on the local server the security label"},
};

#define P(k)		"try_element_at(request_params, '" k "')"
#define R(k)		"get_json_object(response.result, '$." k "')"
#define NUMBER(e)	"try_cast(" e " AS BIGINT)"
#define NAME_PART(k, n)	"try_element_at(split(" P(k) ", '[.]'), " n ")"
#define ANSWER		"startswith(action_name, 'deltaSharingQueried')"
#define IF_ANSWER(e)	"CASE WHEN " ANSWER " THEN " e " END"

/* Bytes of the data files that an answer names; a size that is absent counts nothing */
#define SIZE(k)		"coalesce(" NUMBER(R(k)) ", 0)"
#define HAS_SIZE	"coalesce(" NUMBER(R("scannedAddFileSize")) ", " NUMBER(R("scannedAddCDCFileSize")) ", " \
	NUMBER(R("scannedRemoveFileSize")) ") IS NOT NULL"
#define ALL_SIZES	"try_add(try_add(" SIZE("scannedAddFileSize") ", " SIZE("scannedAddCDCFileSize") "), " \
	SIZE("scannedRemoveFileSize") ")"

/* The map without what the log should not hold in the first place */
#define SAFE_PARAMS	"to_json(map_filter(request_params, (k, v) -> lower(k) NOT IN " \
	"('activation_url', 'activation_link', 'bearer_token', 'token', 'sharing_code')))"

static const DsColumn audit_events_columns[] = {
	{"request_time", DS_TIME, 0, "event_time", "When the event was logged"},
	{"event_date", DS_DATE, 0, "event_date", "Day of request_time, in UTC"},
	{"event_type", DS_TEXT, 0, "'deltaSharing'", "deltaSharing"},
	{"event_kind", DS_TEXT, 0, "CASE WHEN " ANSWER " THEN 'answer'"
		" WHEN startswith(action_name, 'deltaSharing') OR action_name IN ('getActivationUrlInfo', 'retrieveRecipientToken') THEN 'request'"
		" WHEN startswith(action_name, 'generateTemporary') THEN 'credential' ELSE 'admin' END",
	"request: a recipient asked; answer: what it was given, a row of its own; credential: a recipient got access to files; admin: an act of governance"},
	{"action_name", DS_TEXT, 0, "action_name", "What was done: deltaSharingQueryTable, createShare, updateSharePermissions, ..."},
	{"share_name", DS_TEXT, 0, "coalesce(" P("share_name") ", " P("share")
		", CASE WHEN action_name LIKE '%Share%' AND NOT startswith(action_name, 'deltaSharing') THEN " P("name") " END)",
	"Share that it was done to; NULL in most answers, where the platform does not log it: see usage"},
	{"schema_name", DS_TEXT, 0, "coalesce(" P("schema") ", " NAME_PART("table_full_name", "-2") ", " NAME_PART("volume_full_name", "-2") ")",
	"Schema of the object that it was done to: as recipients see it in a request, the provider's in a credential, NULL in an answer"},
	{"table_name", DS_TEXT, 0, "coalesce(" R("tableName") ", CASE WHEN startswith(action_name, 'deltaSharing') THEN " P("name") " END, "
		NAME_PART("table_full_name", "-1") ", " NAME_PART("volume_full_name", "-1") ")",
	"Name of the object that it was done to"},
	{"recipient_name", DS_TEXT, 0, "coalesce(" P("recipient_name") ", CASE WHEN action_name LIKE '%Recipient%' THEN " P("name") " END, "
		"CASE WHEN action_name = 'updateSharePermissions' AND json_array_length(" P("changes") ") = 1"
		" THEN get_json_object(" P("changes") ", '$[0].principal') END)",
	"Recipient that it was done to or by; NULL where one act concerned several"},
	{"rows_returned", DS_BIGINT, 0, IF_ANSWER(NUMBER(R("numRecords"))),
	"Rows in the files that an answer names: an upper bound of what the recipient read; NULL: not logged"},
	{"bytes_transferred", DS_BIGINT, 0, "CASE WHEN " ANSWER " AND " HAS_SIZE " THEN " ALL_SIZES " END",
	"Bytes of the files that an answer offers, whether or not the recipient fetched them; NULL: not logged"},
	{"query_duration_ms", DS_BIGINT, 0, "CAST(NULL AS BIGINT)", "How long a read took; NULL: not logged by the platform"},
	{"source_ip", DS_TEXT, 0, "source_ip_address", "Address that the request came from; NULL: unknown, or a Unix-domain socket"},
	{"user_agent", DS_TEXT, 0, "coalesce(user_agent, " P("user_agent") ", " R("userAgent") ")", "Client software, as it names itself"},
	{"status_code", DS_INT, 0, "try_cast(response.status_code AS INT)", "HTTP status of the answer"},
	{"error_message", DS_TEXT, 0, "response.error_message", "Why it failed"},
	{"request_id", DS_TEXT, 0, "request_id", "Request that the event belongs to"},
	{"event_id", DS_TEXT, 0, "event_id", "Unique identifier of the event"},
	{"actor", DS_TEXT, 0, "user_identity.email", "Who did it on the provider's side; NULL for recipients"},
	{"request_params", DS_JSONB, 0, SAFE_PARAMS, "What was asked for; never a secret"},
	{"recipient_id", DS_TEXT, 0, "coalesce(" P("recipient_id") ", " IF_ANSWER(R("deltaSharingRecipientId")) ")", "Identifier of the recipient; NULL: not logged"},
	{"files_returned", DS_BIGINT, 0, IF_ANSWER("try_add(" NUMBER(R("numAddFiles")) ", coalesce(" NUMBER(R("numAddCDCFiles")) ", 0))"), "Files that an answer names; NULL: not logged"},
	{"table_id", DS_TEXT, 0, "coalesce(" P("table_id") ", " IF_ANSWER(R("tableId")) ")", "Identifier of the table; NULL: not logged"},
	{"table_version", DS_BIGINT, 0, IF_ANSWER(NUMBER(R("tableVersion"))), "Version of the table that was read; NULL: not logged"},
	{"ip_access_denied", DS_BOOL, 0, "lower(" P("is_ip_access_denied") ") = 'true'", "Whether the recipient's IP access list refused the request; NULL: not logged"},
	{"workspace_id", DS_TEXT, 0, "workspace_id", "Workspace of the event; 0: the account, as for all recipients"},
	{"metastore_id", DS_TEXT, 0, "coalesce(" P("metastore_id") ", " R("metastoreId") ")", "Metastore of the event"},
};

static const DsColumn audit_log_columns[] = {
	{"event_time", DS_TIME, 0, "event_time", "When the event was logged"},
	{"event_date", DS_DATE, 0, "event_date", "Day of event_time, in UTC"},
	{"event_id", DS_TEXT, 0, "event_id", "Unique identifier of the event"},
	{"request_id", DS_TEXT, 0, "request_id", "Request that the event belongs to"},
	{"service_name", DS_TEXT, 0, "service_name", "Service that logged the event; unityCatalog for sharing"},
	{"action_name", DS_TEXT, 0, "action_name", "What was done"},
	{"audit_level", DS_TEXT, 0, "audit_level", "ACCOUNT_LEVEL or WORKSPACE_LEVEL"},
	{"account_id", DS_TEXT, 0, "account_id", "Account of the event"},
	{"workspace_id", DS_TEXT, 0, "workspace_id", "Workspace of the event; 0: the account"},
	{"version", DS_TEXT, 0, "version", "Version of the log's format"},
	{"source_ip_address", DS_TEXT, 0, "source_ip_address", "Address that the request came from"},
	{"user_agent", DS_TEXT, 0, "user_agent", "Client software, as it names itself"},
	{"session_id", DS_TEXT, 0, "session_id", "Session of the user"},
	{"user_identity", DS_JSONB, 0, "to_json(user_identity)", "Who did it: email, ..."},
	{"request_params", DS_JSONB, 0, SAFE_PARAMS, "What was asked for, depends on the action; never a secret"},
	{"response", DS_JSONB, 0, "to_json(response)", "What was answered: status_code, error_message, result (JSON as text)"},
	{"identity_metadata", DS_JSONB, 0, "to_json(identity_metadata)", "On whose behalf it was done"},
};

static const DsColumn usage_columns[] = {
	{"request_time", DS_TIME, 0, "request_time", "When the recipient asked; where its request was not found, when it was answered"},
	{"event_date", DS_DATE, 0, "event_date", "Day of request_time, in UTC"},
	{"recipient_name", DS_TEXT, 0, "recipient_name", "Recipient that read"},
	{"share_name", DS_TEXT, 0, "share_name", "Share that was read; NULL: the answer does not say, and its request was not found"},
	{"schema_name", DS_TEXT, 0, "schema_name", "Schema of the table, as in audit_events"},
	{"table_name", DS_TEXT, 0, "table_name", "Table that was read"},
	{"action_name", DS_TEXT, 0, "action_name", "What was asked for"},
	{"pairing", DS_TEXT, 0, "pairing", "How request and answer were found to belong together: request_id; nearest: same recipient and table within a minute, a guess; no_answer; no_request; not_needed: one event tells all"},
	{"answer_time", DS_TIME, 0, "answer_time", "When it was answered; NULL: no answer was found"},
	{"rows_returned", DS_BIGINT, 0, "rows_returned", "Rows in the files of the answer: an upper bound of what was read; NULL: not logged"},
	{"bytes_transferred", DS_BIGINT, 0, "bytes_transferred", "Bytes of the files that were offered; NULL: not logged"},
	{"query_duration_ms", DS_BIGINT, 0, "query_duration_ms", "From request to answer, where the request identifier joins them; NULL: not known"},
	{"status_code", DS_INT, 0, "status_code", "HTTP status"},
	{"error_message", DS_TEXT, 0, "error_message", "Why it failed"},
	{"source_ip", DS_TEXT, 0, "source_ip", "Address that the request came from"},
	{"user_agent", DS_TEXT, 0, "user_agent", "Client software, as it names itself"},
	{"request_id", DS_TEXT, 0, "request_id", "Request identifier in the log"},
	{"request_event_id", DS_TEXT, 0, "request_event_id", "Event of the request; NULL: none was found"},
	{"answer_event_id", DS_TEXT, 0, "answer_event_id", "Event of the answer, or of the credential; NULL: none was found"},
};

#define COLUMNS(a)	a, lengthof(a)
#define READ_WRITE	(DS_TABLE_INSERT | DS_TABLE_UPDATE | DS_TABLE_DELETE)

static const DsTable tables[DS_TABLE_COUNT] = {
	{DS_SHARES, "shares", "share", "share", READ_WRITE,
		COLUMNS(shares_columns),
	"Shares: named collections of data objects offered to recipients"},
	{DS_SHARE_OBJECTS, "share_objects", "share_object", "object", READ_WRITE,
		COLUMNS(share_objects_columns),
	"Data objects in shares: tables, views, schemas, volumes, ..."},
	{DS_RECIPIENTS, "recipients", "recipient", "recipient", READ_WRITE,
		COLUMNS(recipients_columns),
	"Recipients: the parties that shares are granted to"},
	{DS_RECIPIENT_TOKENS, "recipient_tokens", "recipient_token", "token", 0,
		COLUMNS(recipient_tokens_columns),
	"Tokens of recipients; changed by rotate_recipient_token()"},
	{DS_GRANTS, "grants", "share_grant", "grant", DS_TABLE_INSERT | DS_TABLE_DELETE,
		COLUMNS(grants_columns),
	"Grants: one row per share, recipient and privilege"},
	{DS_EFFECTIVE_GRANTS, "effective_grants", "effective_grant", "grant", DS_TABLE_HIDDEN,
		COLUMNS(effective_grants_columns),
	"Grants in effect, inherited ones included"},
	{DS_PROVIDERS, "providers", "provider", "provider", 0,
		COLUMNS(providers_columns),
	"Providers: the parties that share with us"},
	{DS_PROVIDER_SHARES, "provider_shares", "provider_share", "share", 0,
		COLUMNS(provider_shares_columns),
	"Shares that providers offer us"},
	{DS_FEDERATION_POLICIES, "federation_policies", "federation_policy", "policy", 0,
		COLUMNS(federation_policies_columns),
	"OIDC federation policies of recipients"},
	{DS_OBJECT_COLUMNS, "object_columns", "object_column", "column", DS_TABLE_HIDDEN,
		COLUMNS(object_columns_columns),
	"Columns of tables and views, which are asked for by the names of these, or of their schemas"},
	{DS_COLUMN_TAGS, "column_tags", "column_tag", "tag", DS_TABLE_HIDDEN,
		COLUMNS(column_tags_columns),
	"Tags of columns of tables and views"},
	{DS_AUDIT_EVENTS, "audit_events", "audit_event", "event", DS_TABLE_STATEMENT,
		COLUMNS(audit_events_columns),
	"Events of sharing: requests, answers and credentials of recipients, acts of governance; a request and its answer are two rows"},
	{DS_AUDIT_LOG, "audit_log", "audit_log_entry", "event", DS_TABLE_STATEMENT,
		COLUMNS(audit_log_columns),
	"The audit log as it is, of all services"},
	{DS_USAGE, "usage", "usage_query", "query", DS_TABLE_STATEMENT,
		COLUMNS(usage_columns),
	"Queries of recipients, one row each: a request with its answer, or a credential"},
};

const DsTable *
ds_table(DsTableId id)
{
	Assert(id < DS_TABLE_COUNT && tables[id].id == id && tables[id].ncolumns <= DS_MAX_COLUMNS);
	return &tables[id];
}

const DsTable *
ds_table_by_name(const char *name)
{
	for (int i = 0; i < DS_TABLE_COUNT; i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

const DsTable *
ds_table_by_row_type(const char *name)
{
	for (int i = 0; i < DS_TABLE_COUNT; i++)
		if (strcmp(tables[i].row_type, name) == 0)
			return &tables[i];
	return NULL;
}

int
ds_column_index(const DsTable *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return i;
	return -1;
}
