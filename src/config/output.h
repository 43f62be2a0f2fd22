/*-------------------------------------------------------------------------
 *
 * output.h
 *	  What reading a configuration makes: jsonb and problems.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/output.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_CONFIG_OUTPUT_H
#define DELTASHARE_CONFIG_OUTPUT_H

#include "utils/jsonb.h"

#include "config/config.h"

typedef struct DsConfigOutput
{
	JsonbParseState *state;
	DsProblems *problems;
} DsConfigOutput;

/* in output.c */
extern JsonbValue *ds_push(DsConfigOutput *output, JsonbIteratorToken token, JsonbValue *value);
extern void ds_push_text(DsConfigOutput *output, JsonbIteratorToken token, const char *text);
extern void ds_push_bool(DsConfigOutput *output, bool boolean);
extern void ds_push_null(DsConfigOutput *output);
extern void ds_push_integer(DsConfigOutput *output, const char *key, int64 integer);	/* key may be NULL */
extern void ds_push_problems(DsConfigOutput *output);

/* in suggest.c */

/* A list of words: the one at a place, NULL after the last. */
typedef const char *(*DsWordAt) (const void *words, int i);

extern const char *ds_config_word_of_list(const void *words, int i);
extern const char *ds_config_key_of_record(const void *record, int i);
extern char *ds_config_shown(const char *text);
extern char *ds_config_suggest(const char *given, DsWordAt word, const void *words);

#endif							/* DELTASHARE_CONFIG_OUTPUT_H */
