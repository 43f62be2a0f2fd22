/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  A foreign table against its declaration.
 *
 * A foreign table may have any of the declared columns in any order, so that
 * one made by an older version, or by hand, keeps working.  A column that is
 * not declared, or has another type, is an error rather than NULLs.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/relation.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/defrem.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "foreign/foreign.h"
#include "utils/builtins.h"

#include "fdw/fdw.h"
#include "fdw/routing.h"

const DsTable *
ds_relation_table(Relation rel)
{
	const char *name = RelationGetRelationName(rel);
	List	   *options = NIL;
	ListCell   *lc;

	if (rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		options = GetForeignTable(RelationGetRelid(rel))->options;
	foreach(lc, options)
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "table_name") == 0)
			name = defGetString(def);
	}
	return ds_table_by_name(name);
}

static void
refuse_column(Relation rel, const DsTable *table, const char *name)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < table->ncolumns; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", table->columns[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
			 errmsg("column \"%s\" of foreign table \"%s\" is not a column of \"%s\"",
					name, RelationGetRelationName(rel), table->name),
			 errhint("The columns are: %s.", names.data)));
}

static int
find_declared_column(Relation rel, const DsTable *table, Form_pg_attribute att)
{
	int			column = ds_column_index(table, NameStr(att->attname));
	DsColumnType type;

	if (column < 0)
		refuse_column(rel, table, NameStr(att->attname));
	type = table->columns[column].type;
	if (att->atttypid != ds_column_type_oid(type))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				 errmsg("column \"%s\" of foreign table \"%s\" has the wrong type",
						NameStr(att->attname), RelationGetRelationName(rel)),
				 errhint("The type must be %s.", ds_column_type_name(type))));
	return column;
}

/*
 * A foreign table shows nothing but declared columns.  The tables of the local
 * backend have some of their own, which are left alone.
 */
static int
map_column(Relation rel, const DsTable *table, Form_pg_attribute att)
{
	int			column;

	if (att->attisdropped)
		return -1;
	if (strcmp(NameStr(att->attname), "server") == 0 && att->atttypid == TEXTOID && ds_is_routed(rel))
		return DS_SERVER_COLUMN;
	if (rel->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		return find_declared_column(rel, table, att);
	column = ds_column_index(table, NameStr(att->attname));
	if (column >= 0 && att->atttypid != ds_column_type_oid(table->columns[column].type))
		return -1;
	return column;
}

DsRelation *
ds_relation_open(Relation rel)
{
	DsRelation *relation = palloc(sizeof(DsRelation));
	TupleDesc	desc = RelationGetDescr(rel);

	relation->table = ds_relation_table(rel);
	if (relation->table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_TABLE_NOT_FOUND),
				 errmsg("foreign table \"%s\" names no table of %s",
						RelationGetRelationName(rel), DS_FDW_NAME),
				 errhint("Set the option \"table_name\", or use IMPORT FOREIGN SCHEMA deltashare.")));
	relation->natts = desc->natts;
	relation->columns = palloc(desc->natts * sizeof(int));
	for (int i = 0; i < desc->natts; i++)
		relation->columns[i] = map_column(rel, relation->table, TupleDescAttr(desc, i));
	return relation;
}

/* Has the table every declared column? */
static bool
is_whole(const DsRelation *relation)
{
	Bitmapset  *columns = NULL;

	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i] >= 0)
			columns = bms_add_member(columns, relation->columns[i]);
	return bms_num_members(columns) == relation->table->ncolumns;
}

DsRow *
ds_relation_deform(const DsRelation *relation, HeapTuple tuple, TupleDesc desc)
{
	DsRow	   *row = ds_row_create(relation->table);
	Datum	   *values = palloc(relation->natts * sizeof(Datum));
	bool	   *nulls = palloc(relation->natts * sizeof(bool));

	row->whole = is_whole(relation);
	heap_deform_tuple(tuple, desc, values, nulls);
	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i] >= 0)
		{
			row->values[relation->columns[i]] = values[i];
			row->nulls[relation->columns[i]] = nulls[i];
		}
	return row;
}

/* The tuple with the declared columns as the row has them. */
HeapTuple
ds_relation_modify(const DsRelation *relation, HeapTuple tuple, const DsRow *row, TupleDesc desc)
{
	Datum	   *values = palloc0(relation->natts * sizeof(Datum));
	bool	   *nulls = palloc0(relation->natts * sizeof(bool));
	bool	   *replace = palloc0(relation->natts * sizeof(bool));

	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i] >= 0)
		{
			values[i] = row->values[relation->columns[i]];
			nulls[i] = row->nulls[relation->columns[i]];
			replace[i] = true;
		}
	return heap_modify_tuple(tuple, desc, values, nulls, replace);
}

void
ds_row_to_slot(const DsRelation *relation, const DsRow *row, const char *server_name,
			   TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	for (int i = 0; i < relation->natts; i++)
	{
		int			column = relation->columns[i];

		if (column == DS_SERVER_COLUMN)
		{
			slot->tts_isnull[i] = false;
			slot->tts_values[i] = CStringGetTextDatum(server_name);
			continue;
		}
		slot->tts_isnull[i] = column < 0 || row->nulls[column];
		slot->tts_values[i] = slot->tts_isnull[i] ? (Datum) 0 : row->values[column];
	}
	ExecStoreVirtualTuple(slot);
}

DsRow *
ds_row_from_slot(const DsRelation *relation, TupleTableSlot *slot)
{
	DsRow	   *row = ds_row_create(relation->table);

	slot_getallattrs(slot);
	for (int i = 0; i < relation->natts; i++)
	{
		int			column = relation->columns[i];

		if (column < 0)
			continue;
		row->nulls[column] = slot->tts_isnull[i];
		row->values[column] = slot->tts_values[i];
	}

	/* the slot may be filled again from the row */
	ds_row_detach(relation->table, row);
	return row;
}
