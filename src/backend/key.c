/*-------------------------------------------------------------------------
 *
 * key.c
 *	  Keys of a scan.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/key.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "backend/backend.h"

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

void
ds_key_remove_duplicates(DsKey *key)
{
	int			kept = 0;

	qsort(key->values, key->nvalues, sizeof(char *), compare_texts);
	for (int i = 0; i < key->nvalues; i++)
		if (kept == 0 || strcmp(key->values[kept - 1], key->values[i]) != 0)
			key->values[kept++] = key->values[i];
	key->nvalues = kept;
}
