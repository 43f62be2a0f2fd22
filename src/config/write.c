/*-------------------------------------------------------------------------
 *
 * write.c
 *	  From jsonb, as read.c makes it, to the YAML of a configuration.
 *
 * libyaml writes.  A text is without quotes only where every reader of YAML
 * takes it for a text.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/write.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <yaml.h>

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "compat.h"
#include "config/output.h"

DS_FUNCTION_INFO(deltashare_config_text);

/* The functions here are open to all, so what is given may be anything. */
static void
refuse(const char *wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("not what parse_config() returns: %s is expected", wanted)));
}

static JsonbContainer *
require_object(const JsonbValue *value)
{
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse("an object");
	return value->val.binary.data;
}

static JsonbContainer *
require_array(const JsonbValue *value)
{
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		refuse("an array");
	return value->val.binary.data;
}

static int
append_output(void *data, unsigned char *buffer, size_t size)
{
	appendBinaryStringInfo(data, (char *) buffer, size);
	return 1;
}

/* Emit an event, of which the emitter becomes the owner. */
static void
emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
	if (!made || !yaml_emitter_emit(emitter, event))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not write the configuration: %s",
						made && emitter->problem ? emitter->problem : "out of memory")));
	CHECK_FOR_INTERRUPTS();
}

/* Words that a reader of YAML takes for something else than a text. */
static bool
is_special_word(const char *text)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "y", "n", "null", NULL
	};

	for (int i = 0; words[i]; i++)
		if (pg_strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool
is_plain_text(const char *text)
{
	if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || *text == '_') ||
		is_special_word(text) || text[strlen(text) - 1] == ' ')
		return false;
	for (const char *p = text; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			  strchr("_.- ", *p)))
			return false;
	return true;
}

static void
emit_scalar(yaml_emitter_t *emitter, const char *text, bool plain)
{
	yaml_event_t event;
	char	   *utf8 = pg_server_to_any(text, strlen(text), PG_UTF8);

	emit(emitter, &event,
		 yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *) utf8, strlen(utf8), 1, 1,
									  plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE));
}

static void
emit_text(yaml_emitter_t *emitter, const char *text)
{
	emit_scalar(emitter, text, is_plain_text(text));
}

static void
emit_list_start(yaml_emitter_t *emitter, bool in_line)
{
	yaml_event_t event;

	emit(emitter, &event,
		 yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
											  in_line ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE));
}

static void
emit_list_end(yaml_emitter_t *emitter)
{
	yaml_event_t event;

	emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static void
emit_map_start(yaml_emitter_t *emitter)
{
	yaml_event_t event;

	emit(emitter, &event,
		 yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void
emit_map_end(yaml_emitter_t *emitter)
{
	yaml_event_t event;

	emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static void
emit_jsonb_scalar(yaml_emitter_t *emitter, const JsonbValue *value, DsKeyType type)
{
	char	   *text;

	switch (value->type)
	{
		case jbvString:
			text = pnstrdup(value->val.string.val, value->val.string.len);
			if (type == DS_KEY_HISTORY)
				emit_scalar(emitter, strcmp(text, "ENABLED") == 0 ? "true" : "false", true);
			else
				emit_text(emitter, text);
			break;
		case jbvNumeric:
			emit_scalar(emitter, DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric))),
						true);
			break;
		case jbvBool:
			emit_scalar(emitter, value->val.boolean ? "true" : "false", true);
			break;
		default:
			refuse("a single value");
	}
}

static void emit_record(yaml_emitter_t *emitter, JsonbContainer *object, const DsConfigRecord *record);

static void
emit_text_map(yaml_emitter_t *emitter, JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	value;
	JsonbIteratorToken token;

	emit_map_start(emitter);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
		if (token == WJB_KEY || token == WJB_VALUE)
			emit_jsonb_scalar(emitter, &value, DS_KEY_TEXT);
	emit_map_end(emitter);
}

static void
emit_list(yaml_emitter_t *emitter, JsonbContainer *array, const DsConfigKey *key)
{
	JsonbIterator *it = JsonbIteratorInit(array);
	JsonbValue	value;
	JsonbIteratorToken token;

	emit_list_start(emitter, key->record == NULL);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (key->record)
			emit_record(emitter, require_object(&value), key->record);
		else
			emit_jsonb_scalar(emitter, &value, key->type);
	}
	emit_list_end(emitter);
}

/*
 * A word that the server knows and we do not, as that of an object of a type
 * that is newer than this.  Left out, it stays what it is.
 */
static bool
is_unknown_word(const DsConfigKey *key, const JsonbValue *value)
{
	static const char *const statuses[] = {"ENABLED", "DISABLED", NULL};
	const char *const *words = key->type == DS_KEY_HISTORY ? statuses : key->words;
	char	   *word;

	if (words == NULL || value->type != jbvString)
		return false;
	word = pnstrdup(value->val.string.val, value->val.string.len);
	for (int i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return false;
	return true;
}

static void
warn_of_unknown_word(JsonbContainer *object, const DsConfigRecord *record, const DsConfigKey *key,
					 const JsonbValue *value)
{
	JsonbValue *name = getKeyJsonValueFromContainer(object, "name", strlen("name"), NULL);

	if (name == NULL || name->type != jbvString)
		refuse("a name");
	ereport(WARNING,
			(errmsg("\"%s\" of %s %s is left out of the configuration", key->name, record->noun,
					ds_config_shown(pnstrdup(name->val.string.val, name->val.string.len))),
			 errdetail("This version does not know %s.",
					   ds_config_shown(pnstrdup(value->val.string.val, value->val.string.len)))));
}

/* Keys in the order of the schema; what is absent or null is left out. */
static void
emit_record(yaml_emitter_t *emitter, JsonbContainer *object, const DsConfigRecord *record)
{
	emit_map_start(emitter);
	for (int i = 0; i < record->nkeys; i++)
	{
		const DsConfigKey *key = &record->keys[i];
		JsonbValue *value = getKeyJsonValueFromContainer(object, key->column, strlen(key->column), NULL);

		if (value == NULL || value->type == jbvNull)
			continue;
		if (record->positions && is_unknown_word(key, value))
		{
			warn_of_unknown_word(object, record, key, value);
			continue;
		}
		emit_text(emitter, key->name);
		switch (key->type)
		{
			case DS_KEY_TEXT_MAP:
				emit_text_map(emitter, require_object(value));
				break;
			case DS_KEY_TEXTS:
			case DS_KEY_WORDS:
			case DS_KEY_RECORDS:
				emit_list(emitter, require_array(value), key);
				break;
			default:
				emit_jsonb_scalar(emitter, value, key->type);
		}
	}
	emit_map_end(emitter);
}

static void
emit_document(yaml_emitter_t *emitter, StringInfo output, Jsonb *config)
{
	yaml_event_t event;

	if (!JB_ROOT_IS_OBJECT(config))
		refuse("an object");
	yaml_emitter_set_output(emitter, append_output, output);
	yaml_emitter_set_unicode(emitter, 1);
	yaml_emitter_set_width(emitter, -1);
	emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	emit_record(emitter, &config->root, &ds_config_root);
	emit(emitter, &event, yaml_document_end_event_initialize(&event, 1));
	emit(emitter, &event, yaml_stream_end_event_initialize(&event));
}

/* config_text(config jsonb) returns text */
Datum
deltashare_config_text(PG_FUNCTION_ARGS)
{
	Jsonb	   *config = PG_GETARG_JSONB_P(0);
	StringInfoData output;
	yaml_emitter_t emitter;

	initStringInfo(&output);
	if (!yaml_emitter_initialize(&emitter))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	PG_TRY();
	{
		emit_document(&emitter, &output, config);
	}
	PG_FINALLY();
	{
		yaml_emitter_delete(&emitter);
	}
	PG_END_TRY();
	PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(output.data, output.len, PG_UTF8)));
}
