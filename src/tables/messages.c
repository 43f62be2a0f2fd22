/*-------------------------------------------------------------------------
 *
 * messages.c
 *	  The words for "there is no such thing".
 *
 * Both backends find this out in their own way and must say it alike.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/messages.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "tables/messages.h"

char *
ds_missing_message(const DsTable *table, const DsRow *row)
{
	switch (table->id)
	{
		case DS_SHARE_OBJECTS:
			return psprintf("object \"%s\" is not in share \"%s\"",
							ds_row_text(table, row, "name"), ds_row_text(table, row, "share_name"));
		case DS_GRANTS:
			return psprintf("recipient \"%s\" has no %s privilege on share \"%s\"",
							ds_row_text(table, row, "recipient_name"),
							ds_row_text(table, row, "privilege"),
							ds_row_text(table, row, "share_name"));
		default:
			return psprintf("%s \"%s\" does not exist", table->noun, ds_row_text(table, row, "name"));
	}
}
