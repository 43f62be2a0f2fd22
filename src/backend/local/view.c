/*-------------------------------------------------------------------------
 *
 * view.c
 *	  Making a view in this database.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/view.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "backend/local/local.h"

#define CREATE_VIEW \
	"SELECT deltashare.local_create_view(ARRAY[$1, $2], $3, $4, $5::jsonb, $6)"

void
ds_local_create_view(const DsServer *server, const DsViewSpec *spec)
{
	const char *texts[] = {spec->path[1], spec->path[2], spec->definition, spec->comment, spec->masks};
	Oid			types[lengthof(texts) + 1];
	Datum		values[lengthof(texts) + 1];
	char		nulls[lengthof(texts) + 1];
	DsIdentity	identity = ds_local_assume(server);

	for (int i = 0; i < lengthof(texts); i++)
	{
		types[i] = TEXTOID;
		values[i] = texts[i] ? CStringGetTextDatum(texts[i]) : (Datum) 0;
		nulls[i] = texts[i] ? ' ' : 'n';
	}
	types[lengthof(texts)] = BOOLOID;
	values[lengthof(texts)] = BoolGetDatum(spec->or_replace);
	nulls[lengthof(texts)] = ' ';

	SPI_connect();
	if (SPI_execute_with_args(CREATE_VIEW, lengthof(types), types, values, nulls, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", CREATE_VIEW);
	SPI_finish();
	ds_local_restore(identity);
}
