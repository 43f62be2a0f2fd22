/*-------------------------------------------------------------------------
 *
 * output.c
 *	  The jsonb of a configuration, value by value.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/config/output.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "config/output.h"

JsonbValue *
ds_push(DsConfigOutput *output, JsonbIteratorToken token, JsonbValue *value)
{
	return pushJsonbValue(&output->state, token, value);
}

void
ds_push_text(DsConfigOutput *output, JsonbIteratorToken token, const char *text)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = pstrdup(text);
	value.val.string.len = strlen(text);
	(void) ds_push(output, token, &value);
}

void
ds_push_bool(DsConfigOutput *output, bool boolean)
{
	JsonbValue	value;

	value.type = jbvBool;
	value.val.boolean = boolean;
	(void) ds_push(output, WJB_VALUE, &value);
}

void
ds_push_null(DsConfigOutput *output)
{
	JsonbValue	value;

	value.type = jbvNull;
	(void) ds_push(output, WJB_VALUE, &value);
}

void
ds_push_integer(DsConfigOutput *output, const char *key, int64 integer)
{
	JsonbValue	value;

	if (key)
		ds_push_text(output, WJB_KEY, key);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(integer)));
	(void) ds_push(output, WJB_VALUE, &value);
}

/* {"problems": [{"line", "column", "message"}], "problem_count"} */
void
ds_push_problems(DsConfigOutput *output)
{
	ds_push_integer(output, "problem_count", output->problems->count);
	ds_push_text(output, WJB_KEY, "problems");
	(void) ds_push(output, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < Min(output->problems->count, DS_CONFIG_MAX_PROBLEMS); i++)
	{
		const DsProblem *problem = &output->problems->kept[i];

		(void) ds_push(output, WJB_BEGIN_OBJECT, NULL);
		ds_push_integer(output, "line", problem->line);
		ds_push_integer(output, "column", problem->column);
		ds_push_text(output, WJB_KEY, "message");
		ds_push_text(output, WJB_VALUE, problem->message);
		(void) ds_push(output, WJB_END_OBJECT, NULL);
	}
	(void) ds_push(output, WJB_END_ARRAY, NULL);
}
