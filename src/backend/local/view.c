/*-------------------------------------------------------------------------
 *
 * view.c
 *	  Making and dropping views in this database.
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

#define DROP_VIEW \
	"SELECT deltashare.local_drop_view(ARRAY[$1, $2])"

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

bool
ds_local_drop_view(const DsServer *server, const char *const *path)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(path[1]), CStringGetTextDatum(path[2])};
	DsIdentity	identity = ds_local_assume(server);
	bool		is_null;
	bool		dropped;

	SPI_connect();
	if (SPI_execute_with_args(DROP_VIEW, lengthof(types), types, values, NULL, false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not execute \"%s\"", DROP_VIEW);
	dropped = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
	SPI_finish();
	ds_local_restore(identity);
	return dropped;
}
