/*-------------------------------------------------------------------------
 *
 * json_tree.h
 *	  Ownership of cJSON's trees, for the files of http/ only.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/json_tree.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_JSON_TREE_H
#define DELTASHARE_JSON_TREE_H

#include "http/json.h"

typedef struct DsJsonTree
{
	MemoryContextCallback callback;
	cJSON	   *root;			/* freed with the context; may be NULL */
} DsJsonTree;

/*
 * An owner in CurrentMemoryContext that has no tree yet.  It comes first, so
 * that nothing can fail between the allocation of a tree and its owner.
 */
extern DsJsonTree *ds_json_own_tree(void);

#endif							/* DELTASHARE_JSON_TREE_H */
