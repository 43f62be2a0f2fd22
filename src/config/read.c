/*-------------------------------------------------------------------------
 *
 * read.c
 *	  From the text of a configuration to jsonb: shares, recipients and grants
 *	  in the words of the declared tables, and all that is wrong with them.
 *
 * Here is checked what can be told from the text alone.  What needs a look at
 * several items, or at the server, is left to SQL, which adds its problems to
 * ours and reports all of them together.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/read.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/jsonb.h"
#include "utils/varlena.h"

#include "compat.h"
#include "config/config.h"
#include "tables/tables.h"

#define MAX_KEY_DISTANCE	3
#define MAX_KEY_LENGTH		63	/* of a key that is compared with others */
#define MAX_SHOWN			100	/* bytes of a value in a message */
#define MAX_INTEGER_DIGITS	18

DS_FUNCTION_INFO(deltashare_parse_config);

typedef struct Output
{
	JsonbParseState *state;
	DsProblems *problems;
} Output;

static JsonbValue *
push(Output *output, JsonbIteratorToken token, JsonbValue *value)
{
	return pushJsonbValue(&output->state, token, value);
}

static void
push_text(Output *output, JsonbIteratorToken token, const char *text)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = pstrdup(text);
	value.val.string.len = strlen(text);
	(void) push(output, token, &value);
}

static void
push_bool(Output *output, bool boolean)
{
	JsonbValue	value;

	value.type = jbvBool;
	value.val.boolean = boolean;
	(void) push(output, WJB_VALUE, &value);
}

static void
push_null(Output *output)
{
	JsonbValue	value;

	value.type = jbvNull;
	(void) push(output, WJB_VALUE, &value);
}

static void
push_integer(Output *output, const char *key, int64 integer)
{
	JsonbValue	value;

	if (key)
		push_text(output, WJB_KEY, key);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(integer)));
	(void) push(output, WJB_VALUE, &value);
}

/* A value as it is shown in a message. */
static char *
shown(const char *text)
{
	int			length = strlen(text);
	int			cut = length <= MAX_SHOWN ? length : pg_mbcliplen(text, length, MAX_SHOWN);

	return psprintf("\"%.*s%s\"", cut, text, cut < length ? "..." : "");
}

static const char *
kind_of(const DsNode *node)
{
	if (node->kind == DS_NODE_LIST)
		return "a list";
	if (node->kind == DS_NODE_MAP)
		return "a map";
	return ds_node_is_null(node) ? "nothing" : shown(node->text);
}

/* Report that a value is of another type, once. */
static void
expect(Output *output, const DsNode *node, const char *name, const char *wanted)
{
	if (node->kind != DS_NODE_BROKEN)
		ds_config_problem(output->problems, node, "\"%s\" must be %s, not %s",
						  name, wanted, kind_of(node));
}

static bool
is_text(Output *output, const DsNode *node, const char *name)
{
	if (node->kind == DS_NODE_SCALAR && !ds_node_is_null(node))
		return true;
	expect(output, node, name, "a text");
	return false;
}

/* The word of a list that is nearest to what was written; NULL if none is near. */
static const char *
find_nearest(const char *given, const char *(*word) (const void *, int), const void *words)
{
	int			best = Min(MAX_KEY_DISTANCE, (int) strlen(given) / 2);
	const char *result = NULL;
	const char *candidate;

	if (strlen(given) > MAX_KEY_LENGTH)
		return NULL;
	for (int i = 0; (candidate = word(words, i)) != NULL; i++)
	{
		int			distance = varstr_levenshtein_less_equal(given, strlen(given),
															 candidate, strlen(candidate),
															 1, 1, 1, best, true);

		if (distance <= best && (result == NULL || distance < best))
		{
			result = candidate;
			best = distance;
		}
	}
	return result;
}

static const char *
word_of_list(const void *words, int i)
{
	return ((const char *const *) words)[i];
}

static const char *
key_of_record(const void *record, int i)
{
	const DsConfigRecord *r = record;

	return i < r->nkeys ? r->keys[i].name : NULL;
}

static char *
list_words(const char *(*word) (const void *, int), const void *words)
{
	StringInfoData list;
	const char *next;

	initStringInfo(&list);
	for (int i = 0; (next = word(words, i)) != NULL; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", next);
	return list.data;
}

/* "did you mean ...?", or what is possible */
static char *
suggest(const char *given, const char *(*word) (const void *, int), const void *words)
{
	const char *nearest = find_nearest(given, word, words);

	return nearest ? psprintf("did you mean \"%s\"?", nearest)
		: psprintf("possible are: %s", list_words(word, words));
}

static bool
read_text(Output *output, const DsNode *node, const DsConfigKey *key)
{
	if (!is_text(output, node, key->name))
		return false;
	if (*node->text == '\0' && (key->flags & DS_KEY_FILLED))
	{
		ds_config_problem(output->problems, node, "\"%s\" must not be empty", key->name);
		return false;
	}
	push_text(output, WJB_VALUE, node->text);
	return true;
}

static bool
read_name(Output *output, const DsNode *node, const DsConfigKey *key)
{
	if (!is_text(output, node, key->name))
		return false;
	if (ds_name_is_possible(node->text))
	{
		push_text(output, WJB_VALUE, ds_check_name(key->what, node->text));
		return true;
	}
	ds_config_problem(output->problems, node,
					  "%s is no name of a %s: up to 255 characters other than dot, space, slash and control characters",
					  shown(node->text), key->what);
	return false;
}

static bool
read_word(Output *output, const DsNode *node, const DsConfigKey *key, JsonbIteratorToken token)
{
	char	   *word;

	if (!is_text(output, node, key->name))
		return false;
	word = asc_toupper(node->text, strlen(node->text));
	for (int i = 0; key->words[i]; i++)
		if (strcmp(word, key->words[i]) == 0)
		{
			push_text(output, token, word);
			return true;
		}
	ds_config_problem(output->problems, node, "%s %s is not valid, %s", key->what,
					  shown(node->text), suggest(word, word_of_list, key->words));
	return false;
}

static bool
read_bool(Output *output, const DsNode *node, const DsConfigKey *key, bool *value)
{
	if (node->kind == DS_NODE_SCALAR && node->plain &&
		(pg_strcasecmp(node->text, "true") == 0 || pg_strcasecmp(node->text, "false") == 0))
	{
		*value = pg_strcasecmp(node->text, "true") == 0;
		return true;
	}
	expect(output, node, key->name,
		   node->kind == DS_NODE_SCALAR && !node->plain ? "true or false without quotes" : "true or false");
	return false;
}

static bool
read_integer(Output *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind == DS_NODE_SCALAR && node->plain && *node->text &&
		strlen(node->text) <= MAX_INTEGER_DIGITS &&
		strspn(node->text, "0123456789") == strlen(node->text))
	{
		push_integer(output, NULL, strtoll(node->text, NULL, 10));
		return true;
	}
	expect(output, node, key->name, "a whole number that is not negative");
	return false;
}

/* Texts, or words, of a list. */
static bool
read_list(Output *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind != DS_NODE_LIST)
	{
		expect(output, node, key->name, "a list");
		return false;
	}
	if (key->type == DS_KEY_WORDS && node->nitems == 0)
		ds_config_problem(output->problems, node, "\"%s\" must not be empty", key->name);
	(void) push(output, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < node->nitems; i++)
	{
		if (key->type == DS_KEY_WORDS)
			(void) read_word(output, node->items[i], key, WJB_ELEM);
		else if (is_text(output, node->items[i], key->name))
			push_text(output, WJB_ELEM, node->items[i]->text);
	}
	(void) push(output, WJB_END_ARRAY, NULL);
	return true;
}

/* The key at this place of a map, NULL after a report. */
static const char *
read_key(Output *output, const DsNode *map, int i)
{
	const DsNode *key = map->items[i];

	if (key->kind != DS_NODE_SCALAR)
	{
		if (key->kind != DS_NODE_BROKEN)
			ds_config_problem(output->problems, key, "a key must be a text, not %s", kind_of(key));
		return NULL;
	}
	if (key->plain && strcmp(key->text, "<<") == 0)
	{
		ds_config_problem(output->problems, key, "merge keys are not supported, write the keys out");
		return NULL;
	}
	return key->text;
}

static void
report_duplicate_key(Output *output, const DsNode *key, const DsNode *first)
{
	ds_config_problem(output->problems, key, "key %s is given twice, first in line %d",
					  shown(key->text), first->line);
}

static int
compare_keys(const void *a, const void *b)
{
	const DsNode *x = *(DsNode *const *) a;
	const DsNode *y = *(DsNode *const *) b;
	int			result = strcmp(x->text, y->text);

	if (result == 0)
		result = x->line != y->line ? x->line - y->line : x->column - y->column;
	return result;
}

/* Free keys may be many, so they are sorted to find those that are equal. */
static void
report_duplicate_free_keys(Output *output, const DsNode *map)
{
	DsNode	  **keys = palloc(Max(map->nitems, 1) * sizeof(DsNode *));
	int			nkeys = 0;

	for (int i = 0; i < map->nitems; i += 2)
		if (map->items[i]->kind == DS_NODE_SCALAR)
			keys[nkeys++] = map->items[i];
	qsort(keys, nkeys, sizeof(DsNode *), compare_keys);
	for (int i = 1; i < nkeys; i++)
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
			report_duplicate_key(output, keys[i], keys[i - 1]);
}

static bool
read_text_map(Output *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind != DS_NODE_MAP)
	{
		expect(output, node, key->name, "a map");
		return false;
	}
	report_duplicate_free_keys(output, node);
	(void) push(output, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < node->nitems; i += 2)
	{
		const char *name = read_key(output, node, i);

		if (name && *name == '\0')
			ds_config_problem(output->problems, node->items[i], "a key must not be empty");
		else if (name && is_text(output, node->items[i + 1], name))
		{
			push_text(output, WJB_KEY, name);
			push_text(output, WJB_VALUE, node->items[i + 1]->text);
		}
	}
	(void) push(output, WJB_END_OBJECT, NULL);
	return true;
}

static void read_record(Output *output, const DsNode *node, const DsConfigRecord *record);

static bool
read_records(Output *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind != DS_NODE_LIST)
	{
		expect(output, node, key->name, ds_node_is_null(node) ? "a list ([] is an empty one)" : "a list");
		return false;
	}
	(void) push(output, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < node->nitems; i++)
		read_record(output, node->items[i], key->record);
	(void) push(output, WJB_END_ARRAY, NULL);
	return true;
}

/* Push the value of a key; false if it was reported instead. */
static bool
read_value(Output *output, const DsNode *node, const DsConfigKey *key)
{
	bool		boolean;

	switch (key->type)
	{
		case DS_KEY_NAME:
			return read_name(output, node, key);
		case DS_KEY_TEXT:
			return read_text(output, node, key);
		case DS_KEY_WORD:
			return read_word(output, node, key, WJB_VALUE);
		case DS_KEY_BOOL:
			if (!read_bool(output, node, key, &boolean))
				return false;
			push_bool(output, boolean);
			return true;
		case DS_KEY_HISTORY:
			if (!read_bool(output, node, key, &boolean))
				return false;
			push_text(output, WJB_VALUE, boolean ? "ENABLED" : "DISABLED");
			return true;
		case DS_KEY_INTEGER:
			return read_integer(output, node, key);
		case DS_KEY_TEXTS:
		case DS_KEY_WORDS:
			return read_list(output, node, key);
		case DS_KEY_TEXT_MAP:
			return read_text_map(output, node, key);
		case DS_KEY_RECORDS:
			return read_records(output, node, key);
	}
	return false;
}

/*
 * A key and its value.  jsonb wants the key before the value is known to be
 * good, so what is bad is null there; it is reported, and nobody reads it.
 */
static void
read_member(Output *output, const DsNode *node, const DsConfigKey *key)
{
	push_text(output, WJB_KEY, key->column);
	if (ds_node_is_null(node) && (key->flags & DS_KEY_NULLABLE))
		push_null(output);
	else if (ds_node_is_null(node) && key->type != DS_KEY_RECORDS)
	{
		ds_config_problem(output->problems, node, "\"%s\" must not be null%s", key->name,
						  key->flags & DS_KEY_REQUIRED ? "" : ", leave it out to keep what is there");
		push_null(output);
	}
	else if (!read_value(output, node, key))
		push_null(output);
}

static int
find_key(const DsConfigRecord *record, const char *name)
{
	for (int i = 0; i < record->nkeys; i++)
		if (strcmp(record->keys[i].name, name) == 0)
			return i;
	return -1;
}

static void
read_members(Output *output, const DsNode *node, const DsConfigRecord *record)
{
	const DsNode **found = palloc0(record->nkeys * sizeof(DsNode *));

	for (int i = 0; i < node->nitems; i += 2)
	{
		const char *name = read_key(output, node, i);
		int			k = name ? find_key(record, name) : -1;

		if (name == NULL)
			continue;
		if (k < 0)
			ds_config_problem(output->problems, node->items[i], "unknown key %s of a %s, %s",
							  shown(name), record->noun, suggest(name, key_of_record, record));
		else if (found[k])
			report_duplicate_key(output, node->items[i], found[k]);
		else
		{
			found[k] = node->items[i];
			read_member(output, node->items[i + 1], &record->keys[k]);
		}
	}
	for (int k = 0; k < record->nkeys; k++)
		if (found[k] == NULL && (record->keys[k].flags & DS_KEY_REQUIRED))
			ds_config_problem(output->problems, node, "a %s needs the key \"%s\"",
							  record->noun, record->keys[k].name);
}

static void
read_record(Output *output, const DsNode *node, const DsConfigRecord *record)
{
	(void) push(output, WJB_BEGIN_OBJECT, NULL);
	if (record->positions)
	{
		push_integer(output, "line", node->line);
		push_integer(output, "column", node->column);
	}
	if (node->kind == DS_NODE_MAP)
		read_members(output, node, record);
	else if (node->kind == DS_NODE_SCALAR && record->short_key && !ds_node_is_null(node))
		read_member(output, node, &record->keys[find_key(record, record->short_key)]);
	else if (node->kind != DS_NODE_BROKEN)
		ds_config_problem(output->problems, node, "a %s must be a map%s, not %s", record->noun,
						  record->short_key ? " or a name" : "", kind_of(node));
	(void) push(output, WJB_END_OBJECT, NULL);
}

/*
 * JSON writes a character beyond U+FFFF as two escapes of four digits, YAML as
 * one of eight.  Columns after it in the same line are two less.
 */
static int
join_surrogates(char *text, int length)
{
	char	   *to = text;

	for (const char *from = text; from < text + length;)
	{
		unsigned int high;
		unsigned int low;

		if (text + length - from >= 12 && strncmp(from, "\\u", 2) == 0 &&
			sscanf(from + 2, "%4x\\u%4x", &high, &low) == 2 &&
			(high & 0xFC00) == 0xD800 && (low & 0xFC00) == 0xDC00)
		{
			to += sprintf(to, "\\U%08X", 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF));
			from += 12;
			continue;
		}
		/* an escaped backslash begins no escape */
		if (*from == '\\' && from + 1 < text + length)
			*to++ = *from++;
		*to++ = *from++;
	}
	return to - text;
}

/* {"problems": [{"line", "column", "message"}], "problem_count"} */
static void
push_problems(Output *output)
{
	push_integer(output, "problem_count", output->problems->count);
	push_text(output, WJB_KEY, "problems");
	(void) push(output, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < Min(output->problems->count, DS_CONFIG_MAX_PROBLEMS); i++)
	{
		const DsProblem *problem = &output->problems->kept[i];

		(void) push(output, WJB_BEGIN_OBJECT, NULL);
		push_integer(output, "line", problem->line);
		push_integer(output, "column", problem->column);
		push_text(output, WJB_KEY, "message");
		push_text(output, WJB_VALUE, problem->message);
		(void) push(output, WJB_END_OBJECT, NULL);
	}
	(void) push(output, WJB_END_ARRAY, NULL);
}

/* parse_config(config text, is_json boolean) returns jsonb */
Datum
deltashare_parse_config(PG_FUNCTION_ARGS)
{
	char	   *config = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int			length = strlen(config);
	Output		output = {NULL, palloc0(sizeof(DsProblems))};
	DsNode	   *root;

	if (PG_GETARG_BOOL(1))
		length = join_surrogates(config, length);
	config[length] = '\0';
	root = ds_document_parse(config, length, output.problems);

	/* a file that could not be read, more often than not */
	if (root == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("configuration is empty"),
				 errhint("Write {} for one that declares nothing.")));

	(void) push(&output, WJB_BEGIN_OBJECT, NULL);
	if (root->kind == DS_NODE_MAP)
		read_members(&output, root, &ds_config_root);
	else if (root->kind != DS_NODE_BROKEN)
		ds_config_problem(output.problems, root, "a configuration must be a map, not %s", kind_of(root));
	push_problems(&output);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(push(&output, WJB_END_OBJECT, NULL)));
}
