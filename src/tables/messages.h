/*-------------------------------------------------------------------------
 *
 * messages.h
 *	  The words for "there is no such thing".
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/messages.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_MESSAGES_H
#define DELTASHARE_MESSAGES_H

#include "tables/tables.h"

/* For SQLSTATE 42704; palloc'd */
extern char *ds_missing_message(const DsTable *table, const DsRow *row);

#endif							/* DELTASHARE_MESSAGES_H */
