/*-------------------------------------------------------------------------
 *
 * schema.c
 *	  What may be in a configuration, as data.
 *
 * To add an attribute, add a line here; parsing, checking and writing follow.
 * The order is the one in which a configuration is written.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/schema.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "config/config.h"
#include "tables/tables.h"

#define RECORD(noun, keys, short_key, positions) {noun, keys, lengthof(keys), short_key, positions}

static const char *const operators[] = {"EQUAL", "LIKE", NULL};
static const char *const permissions[] = {"SELECT", NULL};

static const DsConfigKey comparison_keys[] = {
	{"name", "name", DS_KEY_TEXT, DS_KEY_REQUIRED | DS_KEY_FILLED},
	{"op", "op", DS_KEY_WORD, 0, "operator", operators},
	{"value", "value", DS_KEY_TEXT, DS_KEY_NULLABLE},
	{"recipient_property_key", "recipient_property_key", DS_KEY_TEXT, DS_KEY_FILLED},
};
static const DsConfigRecord comparison = RECORD("comparison", comparison_keys, NULL, false);

static const DsConfigKey alternative_keys[] = {
	{"values", "values", DS_KEY_RECORDS, DS_KEY_REQUIRED, NULL, NULL, &comparison},
};
static const DsConfigRecord alternative = RECORD("partition", alternative_keys, NULL, false);

static const DsConfigKey object_keys[] = {
	{"name", "name", DS_KEY_TEXT, DS_KEY_REQUIRED | DS_KEY_FILLED},
	{"type", "data_object_type", DS_KEY_WORD, 0, "data object type", ds_object_types},
	{"alias", "shared_as", DS_KEY_TEXT, DS_KEY_FILLED},
	{"comment", "comment", DS_KEY_TEXT, DS_KEY_NULLABLE},
	{"history", "history_data_sharing_status", DS_KEY_HISTORY},
	{"cdf", "cdf_enabled", DS_KEY_BOOL},
	{"start_version", "start_version", DS_KEY_INTEGER},
	{"partitions", "partitions", DS_KEY_RECORDS, DS_KEY_NULLABLE, NULL, NULL, &alternative},
	{"content", "content", DS_KEY_TEXT},
};
static const DsConfigRecord object = RECORD("table", object_keys, "name", true);

static const DsConfigKey share_keys[] = {
	{"name", "name", DS_KEY_NAME, DS_KEY_REQUIRED, "share"},
	{"comment", "comment", DS_KEY_TEXT, DS_KEY_NULLABLE},
	{"owner", "owner", DS_KEY_TEXT, DS_KEY_FILLED},
	{"storage_root", "storage_root", DS_KEY_TEXT, DS_KEY_FILLED},
	{"serverless_budget_policy_id", "serverless_budget_policy_id", DS_KEY_TEXT, DS_KEY_FILLED},
	{"tables", "tables", DS_KEY_RECORDS, 0, NULL, NULL, &object},
};
static const DsConfigRecord share = RECORD("share", share_keys, NULL, true);

static const DsConfigKey recipient_keys[] = {
	{"name", "name", DS_KEY_NAME, DS_KEY_REQUIRED, "recipient"},
	{"comment", "comment", DS_KEY_TEXT, DS_KEY_NULLABLE},
	{"owner", "owner", DS_KEY_TEXT, DS_KEY_FILLED},
	{"authentication_type", "authentication_type", DS_KEY_WORD, 0, "authentication type", ds_authentication_types},
	{"sharing_id", "data_recipient_global_metastore_id", DS_KEY_TEXT, DS_KEY_FILLED},
	{"email", "email", DS_KEY_TEXT, DS_KEY_NULLABLE},
	{"ip_access_list", "ip_access_list", DS_KEY_TEXTS, DS_KEY_NULLABLE},
	{"properties", "properties", DS_KEY_TEXT_MAP, DS_KEY_NULLABLE},
	{"expiration_time", "expiration_time", DS_KEY_TEXT, DS_KEY_FILLED},
};
static const DsConfigRecord recipient = RECORD("recipient", recipient_keys, NULL, true);

static const DsConfigKey grant_keys[] = {
	{"share", "share_name", DS_KEY_NAME, DS_KEY_REQUIRED, "share"},
	{"recipient", "recipient_name", DS_KEY_NAME, DS_KEY_REQUIRED, "recipient"},
	{"permissions", "permissions", DS_KEY_WORDS, 0, "permission", permissions},
};
static const DsConfigRecord grant = RECORD("grant", grant_keys, NULL, true);

static const DsConfigKey root_keys[] = {
	{"shares", "shares", DS_KEY_RECORDS, 0, NULL, NULL, &share},
	{"recipients", "recipients", DS_KEY_RECORDS, 0, NULL, NULL, &recipient},
	{"grants", "grants", DS_KEY_RECORDS, 0, NULL, NULL, &grant},
};
const DsConfigRecord ds_config_root = RECORD("configuration", root_keys, NULL, false);
