/*-------------------------------------------------------------------------
 *
 * rotate.c
 *	  A new token for a recipient, which cannot be undone.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/rotate.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "tcop/pquery.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "backend/databricks/securable.h"
#include "backend/databricks/undo.h"
#include "transaction/deferral.h"

typedef struct Rotation
{
	const DsServer *server;
	const char *recipient;
	int64		expire_in_seconds;
} Rotation;

/*
 * An answer that never came would make a second rotation end the token that
 * the first one made, so this is sent once.
 */
static DsHttpRequest *
send_rotation(const Rotation *rotation)
{
	DsSubject	subject = ds_dbx_securable_subject(&ds_dbx_recipient, "rotate the token of", rotation->recipient);
	cJSON	   *body = ds_json_new_object();

	ds_json_add_int64(body, "existing_token_expire_in_seconds", rotation->expire_in_seconds);
	return ds_dbx_change(rotation->server, DS_POST,
						 ds_dbx_path(UC_PREFIX "/recipients/{name}/rotate-token", rotation->recipient),
						 body, DS_REPEAT_NEVER, &subject,
						 ds_dbx_undo_rotation(rotation->server, rotation->recipient));
}

static void
send_deferred_rotation(void *argument)
{
	(void) ds_dbx_finish(send_rotation(argument));
}

/* Tokens that are alive, as far as the reply says. */
static int
count_tokens(const cJSON *recipient)
{
	int64		now = ds_dbx_epoch_ms(TimestampTzGetDatum(GetCurrentTimestamp()));
	const cJSON *token;
	int			count = 0;

	cJSON_ArrayForEach(token, ds_json_array(recipient, "tokens"))
	{
		int64		expires;

		if (!ds_json_int64(token, "expiration_time", &expires) || expires > now)
			count++;
	}
	return count;
}

/* What the platform would refuse at COMMIT had better be known now. */
static void
check_rotation(const cJSON *recipient, const char *name)
{
	char	   *type = ds_json_text(recipient, "authentication_type");

	if (type && strcmp(type, "TOKEN") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("recipient \"%s\" has no token", name),
				 errdetail("It is of type %s.", type)));
	if (count_tokens(recipient) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("recipient \"%s\" already has two active tokens", name),
				 errhint("Wait until the older one expires.")));
}

static void
defer_rotation(const Rotation *rotation)
{
	MemoryContext old = MemoryContextSwitchTo(TopTransactionContext);
	Rotation   *copy = palloc(sizeof(Rotation));

	copy->server = ds_server_copy(rotation->server);
	copy->recipient = pstrdup(rotation->recipient);
	copy->expire_in_seconds = rotation->expire_in_seconds;
	MemoryContextSwitchTo(old);
	ds_defer(rotation->server->oid, DS_RECIPIENT_TOKENS, rotation->recipient,
			 psprintf("rotate the token of recipient \"%s\"", rotation->recipient),
			 send_deferred_rotation, copy);
	ereport(NOTICE,
			(errmsg("token of recipient \"%s\" is rotated when the transaction commits", rotation->recipient),
			 errdetail("The platform cannot undo it, and makes the new activation link only then."),
			 errhint("Read the link afterwards, from a foreign table \"recipients\" with the option show_activation_url.")));
}

/*
 * Can nothing but this query make the transaction fail?  Then there is nothing to
 * wait for, and its result can have the new link.
 */
static bool
is_alone(void)
{
	return !IsTransactionBlock() && GetCurrentTransactionNestLevel() == 1 &&
		ActivePortal && ActivePortal->strategy == PORTAL_ONE_SELECT;
}

void
ds_dbx_rotate_token(const DsServer *server, const char *recipient,
					int64 expire_in_seconds, DsRow *result)
{
	const DsTable *table = ds_table(DS_RECIPIENTS);
	DsSubject	subject = ds_dbx_securable_subject(&ds_dbx_recipient, "rotate the token of", recipient);
	Rotation	rotation = {server, recipient, expire_in_seconds};
	const cJSON *standing;

	ds_dbx_refuse_dropped(server, DS_RECIPIENTS, recipient);
	if (is_alone())
	{
		ds_dbx_fill_from_reply(table, send_rotation(&rotation), result);
		return;
	}
	if (ds_is_deferred(server->oid, DS_RECIPIENT_TOKENS, recipient))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("token of recipient \"%s\" is already to be rotated at the end of this transaction",
						recipient)));
	standing = ds_dbx_read(server, ds_dbx_path(ds_dbx_recipient.path, recipient), &subject);
	check_rotation(standing, recipient);
	ds_dbx_fill_written_row(table, standing, NULL, result);
	ds_row_hide_secrets(table, result);
	defer_rotation(&rotation);
}
