/*-------------------------------------------------------------------------
 *
 * identity.c
 *	  Asking as the user that a server is used by.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/identity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "backend/local/local.h"

/*
 * The search path is the caller's, who may have put operators of his own in
 * front of ours: nothing of that may run as another user.
 *
 * On error the end of the (sub)transaction restores both, as it does for
 * SECURITY DEFINER functions.
 */
DsIdentity
ds_local_assume(const DsServer *server)
{
	DsIdentity	before;

	before.guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	GetUserIdAndSecContext(&before.user_id, &before.context);
	if (server->user_id != before.user_id)
		SetUserIdAndSecContext(server->user_id, before.context | SECURITY_LOCAL_USERID_CHANGE);
	return before;
}

void
ds_local_restore(DsIdentity identity)
{
	AtEOXact_GUC(false, identity.guc_level);
	SetUserIdAndSecContext(identity.user_id, identity.context);
}
