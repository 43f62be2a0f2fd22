/*-------------------------------------------------------------------------
 *
 * write.c
 *	  Writing to the tables of the local backend.
 *
 * A write is an ordinary INSERT, UPDATE or DELETE; triggers do the rest.  What
 * they made is read again by key, since a token appears only after its
 * recipient.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/local/write.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "backend/local/local.h"
#include "tables/messages.h"

/* An SQL statement and its parameters, in the making. */
typedef struct Statement
{
	StringInfoData sql;
	int			nparams;
	Oid			types[2 * DS_MAX_COLUMNS];
	Datum		values[2 * DS_MAX_COLUMNS];
	char		nulls[2 * DS_MAX_COLUMNS];
} Statement;

static Statement *
new_statement(const char *format, const DsTable *table)
{
	Statement  *statement = palloc0(sizeof(Statement));

	initStringInfo(&statement->sql);
	appendStringInfo(&statement->sql, format, quote_identifier(table->name));
	return statement;
}

/* Add the value of a column as a parameter; returns its number. */
static int
bind_column(Statement *statement, const DsTable *table, const DsRow *row, int column)
{
	int			n = statement->nparams++;

	statement->types[n] = ds_column_type_oid(table->columns[column].type);
	statement->values[n] = row->values[column];
	statement->nulls[n] = row->nulls[column] ? 'n' : ' ';
	return n + 1;
}

/* Append "$n" for the value of a column. */
static void
add_parameter(Statement *statement, const DsTable *table, const DsRow *row, int column)
{
	appendStringInfo(&statement->sql, "$%d", bind_column(statement, table, row, column));
}

/* The columns that name a row; a grant also by its privilege. */
static void
add_identity(Statement *statement, const DsTable *table, const DsRow *row)
{
	const char *word = " WHERE";

	for (int i = 0; i < table->ncolumns; i++)
	{
		if (!(table->columns[i].flags & DS_COL_IDENTITY))
			continue;
		appendStringInfo(&statement->sql, "%s %s = %s", word,
						 ds_local_comparable(table, i, quote_identifier(table->columns[i].name)),
						 ds_local_comparable(table, i, psprintf("$%d", bind_column(statement, table, row, i))));
		word = " AND";
	}
}

/* Run it as the server's user; returns the number of rows. */
static uint64
execute(const DsServer *server, Statement *statement)
{
	DsIdentity	identity = ds_local_assume(server);
	uint64		count;

	SPI_connect();
	if (SPI_execute_with_args(statement->sql.data, statement->nparams, statement->types,
							  statement->values, statement->nulls, false, 0) < 0)
		elog(ERROR, "could not execute \"%s\"", statement->sql.data);
	count = SPI_processed;
	SPI_finish();
	ds_local_restore(identity);
	return count;
}

/* Read the row that the statement before made; false if there is none. */
static bool
read_back(const DsServer *server, const DsTable *table, DsRow *row, bool show_secrets)
{
	DsScanSpec	spec = {0};
	DsScan	   *scan;
	bool		found;

	spec.table = table;
	spec.columns = bms_add_range(NULL, 0, table->ncolumns - 1);
	spec.keys = palloc0(table->ncolumns * sizeof(DsKey));
	spec.show_secrets = show_secrets;
	for (int i = 0; i < table->ncolumns; i++)
		if (table->columns[i].flags & DS_COL_IDENTITY)
		{
			DsKey	   *key = &spec.keys[spec.nkeys++];

			key->column = i;
			key->nvalues = 1;
			key->values = palloc(sizeof(char *));
			key->values[0] = TextDatumGetCString(row->values[i]);
		}

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	scan = ds_local_begin_scan(server, &spec);
	found = ds_local_next_row(scan, row);
	if (found)
		ds_row_detach(table, row);
	ds_local_end_scan(scan);
	PopActiveSnapshot();
	return found;
}

static void
insert_row(const DsServer *server, const DsTable *table, DsRow *row)
{
	Statement  *statement = new_statement("INSERT INTO deltashare.%s (", table);
	int			content = ds_column_index(table, "content");
	int			ncolumns = 0;
	int			columns[DS_MAX_COLUMNS];

	for (int i = 0; i < table->ncolumns; i++)
		if (!row->nulls[i] && i != content)
			columns[ncolumns++] = i;
	for (int i = 0; i < ncolumns; i++)
		appendStringInfo(&statement->sql, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(table->columns[columns[i]].name));
	appendStringInfoString(&statement->sql, ") VALUES (");
	for (int i = 0; i < ncolumns; i++)
	{
		appendStringInfoString(&statement->sql, i > 0 ? ", " : "");
		add_parameter(statement, table, row, columns[i]);
	}
	appendStringInfoChar(&statement->sql, ')');

	/* granting again is no error, as on the platform */
	if (table->id == DS_GRANTS)
		appendStringInfoString(&statement->sql, " ON CONFLICT DO NOTHING");
	(void) execute(server, statement);
	if (!read_back(server, table, row, true))
		elog(ERROR, "row of %s is gone after it was inserted", table->name);
}

void
ds_local_insert_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	for (int i = 0; i < nrows; i++)
	{
		if (table->id == DS_SHARE_OBJECTS)
			ds_local_fold_object_name(server, rows[i]);
		insert_row(server, table, rows[i]);
	}
}

void
ds_local_update_row(const DsServer *server, const DsTable *table, const DsRow *old_row,
					DsRow *new_row, const Bitmapset *changed)
{
	Statement  *statement = new_statement("UPDATE deltashare.%s SET ", table);
	const char *comma = "";

	for (int i = -1; (i = bms_next_member(changed, i)) >= 0;)
	{
		appendStringInfo(&statement->sql, "%s%s = ", comma, quote_identifier(table->columns[i].name));
		add_parameter(statement, table, new_row, i);
		comma = ", ";
	}
	add_identity(statement, table, old_row);
	if (execute(server, statement) == 0 || !read_back(server, table, new_row, false))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg_internal("%s", ds_missing_message(table, old_row))));
}

int
ds_local_delete_rows(const DsServer *server, const DsTable *table, DsRow **rows, int nrows)
{
	int			count = 0;

	for (int i = 0; i < nrows; i++)
	{
		Statement  *statement = new_statement("DELETE FROM deltashare.%s", table);

		add_identity(statement, table, rows[i]);
		if (execute(server, statement) > 0)
			count++;
	}
	return count;
}

/* One call of a function of the extension with two parameters. */
static char *
call_function(const DsServer *server, const char *sql, Oid type, Datum first, Datum second)
{
	Oid			types[] = {TEXTOID, type};
	Datum		values[] = {first, second};
	MemoryContext context = CurrentMemoryContext;
	DsIdentity	identity = ds_local_assume(server);
	char	   *result = NULL;

	SPI_connect();
	if (SPI_execute_with_args(sql, 2, types, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not execute \"%s\"", sql);
	if (SPI_processed == 1)
		result = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (result)
		result = MemoryContextStrdup(context, result);
	SPI_finish();
	ds_local_restore(identity);
	return result;
}

void
ds_local_fold_object_name(const DsServer *server, DsRow *row)
{
	const DsTable *table = ds_table(DS_SHARE_OBJECTS);
	const char *name = ds_row_text(table, row, "name");
	const char *type = ds_row_text(table, row, "data_object_type");

	if (name)
		ds_row_set_text(table, row, "name",
						call_function(server, "SELECT deltashare.local_full_name(deltashare.local_parse_object($1, $2))", TEXTOID,
									  CStringGetTextDatum(name),
									  CStringGetTextDatum(type ? type : "TABLE")));
}

void
ds_local_rotate_token(const DsServer *server, const char *recipient,
					  int64 expire_in_seconds, DsRow *result)
{
	const DsTable *table = ds_table(DS_RECIPIENTS);

	(void) call_function(server, "SELECT deltashare.local_rotate_token($1, $2)", INT8OID,
						 CStringGetTextDatum(recipient), Int64GetDatum(expire_in_seconds));
	ds_row_set_text(table, result, "name", recipient);
	if (!read_back(server, table, result, true))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("recipient \"%s\" does not exist", recipient)));
}
