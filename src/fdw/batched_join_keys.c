/*-------------------------------------------------------------------------
 *
 * batched_join_keys.c
 *	  The keys of a batched join, and the rows of the inner side for them.
 *
 * Rows are kept until they take half of work_mem, longer than the batch that
 * they were read for and over rescans, so a key that comes again is not asked
 * for again.  Where
 * the rows of the keys asked for together take more than work_mem, fewer keys
 * are asked for together, in the end one, whose rows are then not kept.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/batched_join_keys.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "fdw/batched_join.h"

typedef struct KeyEntry
{
	const char *key;			/* hash key, compared as text */
	DsKeyState	state;
	int64		batch;			/* in which it was wanted last, */
	int			position;		/* and where */
	DsKeptRow  *first;
	DsKeptRow  *last;
} KeyEntry;

#define INITIAL_KEYS	64

/* Keys that are remembered when a batch begins */
#define MAX_KNOWN_KEYS	(10 * DS_BATCH_MAX_KEYS)

struct DsKeyBatch
{
	MemoryContext context;		/* of the keys */
	MemoryContext rows_context;
	HTAB	   *table;
	int64		number;			/* of this batch */
	const char **wanted;		/* keys of this batch, in the order of its rows */
	int			nwanted;
	int			max_wanted;
	int			passed;			/* so many of them have been asked for */
	int			max_load;		/* keys asked for together */
	DsBatchStats stats;
};

static uint32
hash_key(const void *key, Size size)
{
	const char *text = *(const char *const *) key;

	return hash_bytes((const unsigned char *) text, strlen(text));
}

static int
compare_keys(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void
make_table(DsKeyBatch *batch)
{
	HASHCTL		control = {0};

	MemoryContextReset(batch->context);
	MemoryContextReset(batch->rows_context);
	control.keysize = sizeof(char *);
	control.entrysize = sizeof(KeyEntry);
	control.hash = hash_key;
	control.match = compare_keys;
	control.hcxt = batch->context;
	batch->table = hash_create("deltashare keys", INITIAL_KEYS, &control,
							   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	batch->max_wanted = INITIAL_KEYS;
	batch->wanted = MemoryContextAlloc(batch->context, batch->max_wanted * sizeof(char *));
	batch->nwanted = 0;
}

DsKeyBatch *
ds_batch_create(void)
{
	DsKeyBatch *batch = palloc0(sizeof(DsKeyBatch));

	batch->context = AllocSetContextCreate(CurrentMemoryContext, "deltashare keys",
										   ALLOCSET_DEFAULT_SIZES);
	batch->rows_context = AllocSetContextCreate(CurrentMemoryContext, "deltashare rows of keys",
												ALLOCSET_DEFAULT_SIZES);
	batch->max_load = DS_BATCH_MAX_KEYS;
	make_table(batch);
	return batch;
}

static KeyEntry *
find_entry(DsKeyBatch *batch, const char *key)
{
	return hash_search(batch->table, &key, HASH_FIND, NULL);
}

static bool
are_rows_larger_than(const DsKeyBatch *batch, Size size)
{
	return MemoryContextMemAllocated(batch->rows_context, true) > size;
}

/* Give the rows up; should their keys be needed again, they are wanted. */
static void
drop_rows(DsKeyBatch *batch)
{
	HASH_SEQ_STATUS sequence;
	KeyEntry   *entry;

	MemoryContextReset(batch->rows_context);
	hash_seq_init(&sequence, batch->table);
	while ((entry = hash_seq_search(&sequence)) != NULL)
	{
		entry->first = entry->last = NULL;
		if (entry->state == DS_KEY_KEPT)
			entry->state = DS_KEY_WANTED;
	}
}

void
ds_batch_begin(DsKeyBatch *batch)
{
	batch->number++;
	batch->nwanted = batch->passed = 0;
	if (hash_get_num_entries(batch->table) > MAX_KNOWN_KEYS ||
		are_rows_larger_than(batch, work_mem * (Size) 1024 / 2))
		make_table(batch);
}

static void
append_wanted(DsKeyBatch *batch, KeyEntry *entry)
{
	entry->batch = batch->number;
	entry->position = batch->nwanted;
	if (batch->nwanted == batch->max_wanted)
	{
		batch->max_wanted *= 2;
		batch->wanted = repalloc(batch->wanted, batch->max_wanted * sizeof(char *));
	}
	batch->wanted[batch->nwanted++] = entry->key;
}

void
ds_batch_want(DsKeyBatch *batch, const char *key)
{
	bool		found;
	KeyEntry   *entry = hash_search(batch->table, &key, HASH_ENTER, &found);

	if (!found)
	{
		entry->key = MemoryContextStrdup(batch->context, key);
		entry->state = DS_KEY_WANTED;
		entry->first = entry->last = NULL;
	}
	else if (entry->state != DS_KEY_WANTED || entry->batch == batch->number)
		return;
	append_wanted(batch, entry);
}

int
ds_batch_count_wanted(const DsKeyBatch *batch)
{
	return batch->nwanted;
}

DsKeyState
ds_batch_find(DsKeyBatch *batch, const char *key, DsKeptRow **rows)
{
	KeyEntry   *entry = find_entry(batch, key);

	*rows = entry ? entry->first : NULL;
	return entry ? entry->state : DS_KEY_UNKNOWN;
}

static void
choose_entry(KeyEntry *entry, DsKey *keys)
{
	if (entry->state != DS_KEY_WANTED)
		return;
	entry->state = DS_KEY_LOADING;
	keys->values[keys->nvalues++] = unconstify(char *, entry->key);
}

void
ds_batch_choose(DsKeyBatch *batch, const char *key,
				bool (*is_one_request) (const char *), DsKey *keys)
{
	KeyEntry   *entry = find_entry(batch, key);
	bool		one_request = is_one_request(key);

	if (are_rows_larger_than(batch, work_mem * (Size) 1024 / 2))
		drop_rows(batch);
	keys->nvalues = 0;
	keys->values = palloc(batch->max_load * sizeof(char *));
	choose_entry(entry, keys);

	/* keys are passed in the order of the rows: what is needed next comes after */
	if (entry->batch == batch->number)
		batch->passed = Max(batch->passed, entry->position + 1);
	for (int i = batch->passed; i < batch->nwanted && keys->nvalues < batch->max_load; i++)
		if (is_one_request(batch->wanted[i]) == one_request)
			choose_entry(find_entry(batch, batch->wanted[i]), keys);
	batch->stats.batches++;
	batch->stats.keys += keys->nvalues;
}

bool
ds_batch_add_row(DsKeyBatch *batch, const char *key, TupleTableSlot *slot)
{
	KeyEntry   *entry = find_entry(batch, key);
	MemoryContext old;
	DsKeptRow  *row;

	/* the remote side may send rows of other keys */
	if (entry == NULL || entry->state != DS_KEY_LOADING)
		return true;
	old = MemoryContextSwitchTo(batch->rows_context);
	row = palloc(sizeof(DsKeptRow));
	row->next = NULL;
	row->tuple = ExecCopySlotMinimalTuple(slot);
	MemoryContextSwitchTo(old);
	if (entry->last)
		entry->last->next = row;
	else
		entry->first = row;
	entry->last = row;
	return !are_rows_larger_than(batch, work_mem * (Size) 1024);
}

void
ds_batch_end_load(DsKeyBatch *batch, const DsKey *keys, bool success)
{
	DsKeyState	state = DS_KEY_KEPT;

	if (!success)
	{
		state = keys->nvalues > 1 ? DS_KEY_WANTED : DS_KEY_TOO_LARGE;
		batch->max_load = Max(keys->nvalues / 2, 1);
	}
	for (int i = 0; i < keys->nvalues; i++)
		find_entry(batch, keys->values[i])->state = state;
	if (!success)
		drop_rows(batch);
}

const DsBatchStats *
ds_batch_stats(const DsKeyBatch *batch)
{
	return &batch->stats;
}
