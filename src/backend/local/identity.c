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

#include "backend/local/local.h"

/*
 * On error the end of the (sub)transaction restores the identity, as it does
 * for SECURITY DEFINER functions.
 */
DsIdentity
ds_local_assume(const DsServer *server)
{
	DsIdentity	before;

	GetUserIdAndSecContext(&before.user_id, &before.context);
	if (server->user_id != before.user_id)
		SetUserIdAndSecContext(server->user_id, before.context | SECURITY_LOCAL_USERID_CHANGE);
	return before;
}

void
ds_local_restore(DsIdentity identity)
{
	SetUserIdAndSecContext(identity.user_id, identity.context);
}
