/*-------------------------------------------------------------------------
 *
 * token_cache.c
 *	  OAuth access tokens of this backend.
 *
 * One token per server and user mapping.  A token is valid only for the
 * address and the identity that it was issued for; a change of the server or
 * of the mapping drops it.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/token_cache.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/transfer.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/*
 * A token is renewed this early, so that it does not expire on its way.  One
 * that lives shorter than twice this is renewed when half its life is over.
 */
#define MARGIN_SECONDS	40

typedef struct TokenKey
{
	Oid			server_oid;
	Oid			mapping_oid;
} TokenKey;

typedef struct TokenEntry
{
	TokenKey	key;			/* hash key: must be first */
	uint32		server_hash;	/* what invalidations name it by */
	uint32		mapping_hash;
	bool		valid;
	uint64		serial;
	int64		renew_at;		/* in terms of ds_now() */
	int64		expires_at;

	/* in the context of the cache; NULL in an entry that was never filled */
	char	   *token;
	char	   *endpoint;
	char	   *base_url;
	char	   *client_id;
	char	   *client_secret;
} TokenEntry;

static HTAB *tokens = NULL;
static MemoryContext token_context = NULL;

static void
invalidate_tokens(Datum arg, int cacheid, uint32 hashvalue)
{
	HASH_SEQ_STATUS scan;
	TokenEntry *entry;

	hash_seq_init(&scan, tokens);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		uint32		mine = cacheid == FOREIGNSERVEROID ?
			entry->server_hash : entry->mapping_hash;

		if (hashvalue == 0 || hashvalue == mine)
			entry->valid = false;
	}
}

static void
create_cache(void)
{
	HASHCTL		control = {0};

	if (tokens)
		return;

	if (token_context == NULL)
		token_context = AllocSetContextCreate(CacheMemoryContext,
											  "deltashare tokens",
											  ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(TokenKey);
	control.entrysize = sizeof(TokenEntry);
	control.hcxt = token_context;
	tokens = hash_create("deltashare tokens", 8, &control,
						 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, invalidate_tokens, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, invalidate_tokens, (Datum) 0);
}

static TokenEntry *
find_entry(const DsHttpTarget *target, HASHACTION action, bool *found)
{
	TokenKey	key;

	/* the hash is over all bytes, so there must be no garbage in padding */
	memset(&key, 0, sizeof(key));
	key.server_oid = target->server_oid;
	key.mapping_oid = target->mapping_oid;
	return hash_search(tokens, &key, action, found);
}

/* The entry, if it is about the very identity that the target has now. */
static TokenEntry *
find_valid_entry(const DsHttpTarget *target)
{
	TokenEntry *entry;

	if (tokens == NULL)
		return NULL;
	entry = find_entry(target, HASH_FIND, NULL);
	if (entry == NULL || !entry->valid ||
		strcmp(entry->base_url, target->base_url) != 0 ||
		strcmp(entry->client_id, target->client_id) != 0 ||
		strcmp(entry->client_secret, target->client_secret) != 0)
		return NULL;
	return entry;
}

const char *
ds_token_find(const DsHttpTarget *target, bool last_moment, uint64 *serial)
{
	TokenEntry *entry = find_valid_entry(target);

	if (entry == NULL || entry->token == NULL ||
		ds_now() >= (last_moment ? entry->expires_at : entry->renew_at))
		return NULL;
	*serial = entry->serial;
	return entry->token;
}

const char *
ds_token_endpoint(const DsHttpTarget *target)
{
	TokenEntry *entry = find_valid_entry(target);

	return entry ? entry->endpoint : NULL;
}

/* Replace a text of an entry; the old one may have been a secret. */
static void
replace_text(char **place, const char *value)
{
	char	   *copy = MemoryContextStrdup(token_context, value);

	if (*place)
	{
		explicit_bzero(*place, strlen(*place));
		pfree(*place);
	}
	*place = copy;
}

void
ds_token_store(const DsHttpTarget *target, const char *token,
			   const char *endpoint, int64 seconds)
{
	static uint64 last_serial = 0;
	TokenEntry *entry;
	bool		found;

	create_cache();
	entry = find_entry(target, HASH_ENTER, &found);
	if (!found)
		memset((char *) entry + sizeof(TokenKey), 0, sizeof(TokenEntry) - sizeof(TokenKey));

	/* not valid while half filled: the copies below may run out of memory */
	entry->valid = false;
	entry->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID,
											   ObjectIdGetDatum(target->server_oid));
	entry->mapping_hash = GetSysCacheHashValue1(USERMAPPINGOID,
												ObjectIdGetDatum(target->mapping_oid));
	replace_text(&entry->token, token);
	replace_text(&entry->endpoint, endpoint);
	replace_text(&entry->base_url, target->base_url);
	replace_text(&entry->client_id, target->client_id);
	replace_text(&entry->client_secret, target->client_secret);
	entry->expires_at = ds_now() + seconds * 1000;
	entry->renew_at = entry->expires_at - Min(MARGIN_SECONDS * 1000, seconds * 1000 / 2);
	entry->serial = ++last_serial;
	entry->valid = true;
}

void
ds_token_drop(uint64 serial)
{
	HASH_SEQ_STATUS scan;
	TokenEntry *entry;

	if (tokens == NULL)
		return;
	hash_seq_init(&scan, tokens);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->serial == serial)
			entry->expires_at = entry->renew_at = 0;
	}
}
