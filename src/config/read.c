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
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#include "compat.h"
#include "config/output.h"
#include "tables/tables.h"

DS_FUNCTION_INFO(deltashare_parse_config);

static const char *
kind_of(const DsNode *node)
{
	if (node->kind == DS_NODE_LIST)
		return "a list";
	if (node->kind == DS_NODE_MAP)
		return "a map";
	return ds_node_is_null(node) ? "nothing" : ds_config_shown(node->text);
}

/* Report that a value is of another type, once. */
static void
expect(DsConfigOutput *output, const DsNode *node, const char *name, const char *wanted)
{
	if (node->kind != DS_NODE_BROKEN)
		ds_config_problem(output->problems, node, "\"%s\" must be %s, not %s",
						  name, wanted, kind_of(node));
}

static bool
is_text(DsConfigOutput *output, const DsNode *node, const char *name)
{
	if (node->kind == DS_NODE_SCALAR && !ds_node_is_null(node))
		return true;
	expect(output, node, name, "a text");
	return false;
}

static bool
read_text(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	if (!is_text(output, node, key->name))
		return false;
	if (*node->text == '\0' && (key->flags & DS_KEY_FILLED))
	{
		ds_config_problem(output->problems, node, "\"%s\" must not be empty", key->name);
		return false;
	}
	ds_push_text(output, WJB_VALUE, node->text);
	return true;
}

static bool
read_name(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	if (!is_text(output, node, key->name))
		return false;
	if (ds_name_is_possible(node->text))
	{
		ds_push_text(output, WJB_VALUE, ds_check_name(key->what, node->text));
		return true;
	}
	ds_config_problem(output->problems, node,
					  "%s is no name of a %s: up to 255 characters other than dot, space, slash and control characters",
					  ds_config_shown(node->text), key->what);
	return false;
}

static bool
read_word(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key, JsonbIteratorToken token)
{
	char	   *word;

	if (!is_text(output, node, key->name))
		return false;
	word = asc_toupper(node->text, strlen(node->text));
	for (int i = 0; key->words[i]; i++)
		if (strcmp(word, key->words[i]) == 0)
		{
			ds_push_text(output, token, word);
			return true;
		}
	ds_config_problem(output->problems, node, "%s %s is not valid, %s", key->what,
					  ds_config_shown(node->text), ds_config_suggest(word, ds_config_word_of_list, key->words));
	return false;
}

static bool
read_bool(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key, bool *value)
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
read_integer(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	bool		is_number = node->kind == DS_NODE_SCALAR && node->plain && *node->text &&
		strspn(node->text, "0123456789") == strlen(node->text);
	int64		number;

	errno = 0;
	number = is_number ? strtoll(node->text, NULL, 10) : 0;
	if (is_number && errno == 0)
	{
		ds_push_integer(output, NULL, number);
		return true;
	}
	expect(output, node, key->name, is_number ? "a number up to 9223372036854775807"
		   : "a whole number that is not negative");
	return false;
}

/* Texts, or words, of a list. */
static bool
read_list(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind != DS_NODE_LIST)
	{
		expect(output, node, key->name, "a list");
		return false;
	}
	if (key->type == DS_KEY_WORDS && node->nitems == 0)
		ds_config_problem(output->problems, node, "\"%s\" must not be empty", key->name);
	(void) ds_push(output, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < node->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (key->type == DS_KEY_WORDS)
			(void) read_word(output, node->items[i], key, WJB_ELEM);
		else if (is_text(output, node->items[i], key->name))
			ds_push_text(output, WJB_ELEM, node->items[i]->text);
	}
	(void) ds_push(output, WJB_END_ARRAY, NULL);
	return true;
}

/* The key at this place of a map, NULL after a report. */
static const char *
read_key(DsConfigOutput *output, const DsNode *map, int i)
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
report_duplicate_key(DsConfigOutput *output, const DsNode *key, const DsNode *first)
{
	ds_config_problem(output->problems, key, "key %s is given twice, first in line %d",
					  ds_config_shown(key->text), first->line);
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
report_duplicate_free_keys(DsConfigOutput *output, const DsNode *map)
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
read_text_map(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind != DS_NODE_MAP)
	{
		expect(output, node, key->name, "a map");
		return false;
	}
	if (node->nitems / 2 > DS_CONFIG_MAX_KEYS)
	{
		ds_config_problem(output->problems, node, "\"%s\" has more than %d keys", key->name, DS_CONFIG_MAX_KEYS);
		return false;
	}
	report_duplicate_free_keys(output, node);
	(void) ds_push(output, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < node->nitems; i += 2)
	{
		const char *name = read_key(output, node, i);

		CHECK_FOR_INTERRUPTS();
		if (name && *name == '\0')
			ds_config_problem(output->problems, node->items[i], "a key must not be empty");
		else if (name && is_text(output, node->items[i + 1], name))
		{
			ds_push_text(output, WJB_KEY, name);
			ds_push_text(output, WJB_VALUE, node->items[i + 1]->text);
		}
	}
	(void) ds_push(output, WJB_END_OBJECT, NULL);
	return true;
}

static void read_record(DsConfigOutput *output, const DsNode *node, const DsConfigRecord *record);

static bool
read_records(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	if (node->kind != DS_NODE_LIST)
	{
		expect(output, node, key->name, ds_node_is_null(node) ? "a list ([] is an empty one)" : "a list");
		return false;
	}
	(void) ds_push(output, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < node->nitems; i++)
		read_record(output, node->items[i], key->record);
	(void) ds_push(output, WJB_END_ARRAY, NULL);
	return true;
}

/* Push the value of a key; false if it was reported instead. */
static bool
read_value(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
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
			ds_push_bool(output, boolean);
			return true;
		case DS_KEY_HISTORY:
			if (!read_bool(output, node, key, &boolean))
				return false;
			ds_push_text(output, WJB_VALUE, boolean ? "ENABLED" : "DISABLED");
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
read_member(DsConfigOutput *output, const DsNode *node, const DsConfigKey *key)
{
	ds_push_text(output, WJB_KEY, key->column);
	if (ds_node_is_null(node) && (key->flags & DS_KEY_NULLABLE))
		ds_push_null(output);
	else if (ds_node_is_null(node) && key->type != DS_KEY_RECORDS)
	{
		ds_config_problem(output->problems, node, "\"%s\" must not be null%s", key->name,
						  key->flags & DS_KEY_REQUIRED ? "" : ", leave it out to keep what is there");
		ds_push_null(output);
	}
	else if (!read_value(output, node, key))
		ds_push_null(output);
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
read_members(DsConfigOutput *output, const DsNode *node, const DsConfigRecord *record)
{
	const DsNode **found = palloc0(record->nkeys * sizeof(DsNode *));

	for (int i = 0; i < node->nitems; i += 2)
	{
		const char *name = read_key(output, node, i);
		int			k = name ? find_key(record, name) : -1;

		CHECK_FOR_INTERRUPTS();
		if (name == NULL)
			continue;
		if (k < 0)
			ds_config_problem(output->problems, node->items[i], "unknown key %s of a %s, %s",
							  ds_config_shown(name), record->noun,
							  ds_config_suggest(asc_tolower(name, strlen(name)), ds_config_key_of_record, record));
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
read_record(DsConfigOutput *output, const DsNode *node, const DsConfigRecord *record)
{
	CHECK_FOR_INTERRUPTS();
	(void) ds_push(output, WJB_BEGIN_OBJECT, NULL);
	if (record->positions)
	{
		ds_push_integer(output, "line", node->line);
		ds_push_integer(output, "column", node->column);
	}
	if (node->kind == DS_NODE_MAP)
		read_members(output, node, record);
	else if (node->kind == DS_NODE_SCALAR && record->short_key && !ds_node_is_null(node))
		read_member(output, node, &record->keys[find_key(record, record->short_key)]);
	else if (node->kind != DS_NODE_BROKEN)
		ds_config_problem(output->problems, node, "a %s must be a map%s, not %s", record->noun,
						  record->short_key ? " or a name" : "", kind_of(node));
	(void) ds_push(output, WJB_END_OBJECT, NULL);
}

/* parse_config(config text, is_json boolean) returns jsonb */
Datum
deltashare_parse_config(PG_FUNCTION_ARGS)
{
	char	   *config = text_to_cstring(PG_GETARG_TEXT_PP(0));
	DsConfigOutput output = {NULL, palloc0(sizeof(DsProblems))};
	DsNode	   *root = ds_document_parse(config, strlen(config), PG_GETARG_BOOL(1), output.problems);

	/* a file that could not be read, more often than not */
	if (root == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("configuration is empty"),
				 errhint("Write {} for one that declares nothing.")));

	(void) ds_push(&output, WJB_BEGIN_OBJECT, NULL);
	if (root->kind == DS_NODE_MAP)
		read_members(&output, root, &ds_config_root);
	else if (root->kind != DS_NODE_BROKEN)
		ds_config_problem(output.problems, root, "a configuration must be a map, not %s", kind_of(root));

	/* nobody looks further, and to make jsonb of it all cannot be cancelled */
	if (output.problems->count > DS_CONFIG_MAX_PROBLEMS)
	{
		output.state = NULL;
		(void) ds_push(&output, WJB_BEGIN_OBJECT, NULL);
	}
	ds_push_problems(&output);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(ds_push(&output, WJB_END_OBJECT, NULL)));
}
