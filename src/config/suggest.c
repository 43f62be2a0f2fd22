/*-------------------------------------------------------------------------
 *
 * suggest.c
 *	  Values as messages show them, and what may have been meant.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/suggest.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "compat.h"
#include "config/output.h"

DS_FUNCTION_INFO(deltashare_suggest_name);

#define MAX_DISTANCE	3
#define MAX_LENGTH		63		/* of a word that is compared with others */
#define MAX_SHOWN		100		/* bytes of a value in a message */

/* A value as it is shown in a message. */
char *
ds_config_shown(const char *text)
{
	int			length = strlen(text);
	int			cut = length <= MAX_SHOWN ? length : pg_mbcliplen(text, length, MAX_SHOWN);

	return psprintf("\"%.*s%s\"", cut, text, cut < length ? "..." : "");
}

/* The word of a list that is nearest to what was written; NULL if none is near. */
static const char *
find_nearest(const char *given, DsWordAt word, const void *words)
{
	int			best = Min(MAX_DISTANCE, (int) strlen(given) / 2);
	const char *result = NULL;
	const char *candidate;

	if (strlen(given) > MAX_LENGTH)
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

const char *
ds_config_word_of_list(const void *words, int i)
{
	return ((const char *const *) words)[i];
}

const char *
ds_config_key_of_record(const void *record, int i)
{
	const DsConfigRecord *r = record;

	return i < r->nkeys ? r->keys[i].name : NULL;
}

static char *
list_words(DsWordAt word, const void *words)
{
	StringInfoData list;
	const char *next;

	initStringInfo(&list);
	for (int i = 0; (next = word(words, i)) != NULL; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", next);
	return list.data;
}

/* "did you mean ...?", or what is possible */
char *
ds_config_suggest(const char *given, DsWordAt word, const void *words)
{
	const char *nearest = find_nearest(given, word, words);

	return nearest ? psprintf("did you mean \"%s\"?", nearest)
		: psprintf("possible are: %s", list_words(word, words));
}

/* suggest_name(given text, names text[]) returns text */
Datum
deltashare_suggest_name(PG_FUNCTION_ARGS)
{
	char	   *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	const char **words;
	int			nwords = 0;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	words = palloc0((count + 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			words[nwords++] = TextDatumGetCString(elements[i]);
	PG_RETURN_TEXT_P(cstring_to_text(ds_config_suggest(given, ds_config_word_of_list, words)));
}
