/*-------------------------------------------------------------------------
 *
 * modify.c
 *	  INSERT, UPDATE and DELETE on foreign tables.
 *
 * UPDATE and DELETE carry the whole old row along: its key says which thing is
 * meant, and the comparison with the new row says what to send.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/modify.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "optimizer/appendinfo.h"
#include "utils/memutils.h"

#include "fdw/fdw.h"
#include "fdw/write.h"

#define WHOLE_ROW	"wholerow"	/* as the core names it, to share the column */

typedef struct ModifyState
{
	DsServer   *server;
	DsRelation *relation;
	AttrNumber	whole_row;		/* junk attribute, 0 for INSERT */
	TupleDesc	desc;
	MemoryContext context;		/* reset for each row */
} ModifyState;

void
deltashareAddForeignUpdateTargets(DS_UPDATE_TARGETS_ARGS)
{
#if HAVE_ROW_IDENTITY_VAR
	/* the core adds the same to every UPDATE of a foreign table */
	if (root->parse->commandType == CMD_UPDATE)
		return;
	add_row_identity_var(root, makeVar(rtindex, InvalidAttrNumber, RECORDOID, -1, InvalidOid, 0),
						 rtindex, WHOLE_ROW);
#else
	Var		   *var = makeWholeRowVar(target_rte, parsetree->resultRelation, 0, false);

	parsetree->targetList = lappend(parsetree->targetList,
									makeTargetEntry((Expr *) var,
													list_length(parsetree->targetList) + 1,
													pstrdup(WHOLE_ROW), true));
#endif
}

List *
deltasharePlanForeignModify(PlannerInfo *root, ModifyTable *plan,
							Index resultRelation, int subplan_index)
{
	if (plan->onConflictAction != ONCONFLICT_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("ON CONFLICT is not supported on foreign tables of %s", DS_FDW_NAME)));
	return NIL;
}

static ModifyState *
create_state(ResultRelInfo *rinfo, EState *estate)
{
	Relation	rel = rinfo->ri_RelationDesc;
	ModifyState *state = palloc0(sizeof(ModifyState));

	state->server = ds_server_for_table(RelationGetRelid(rel), ds_modify_user(rinfo, estate));
	state->relation = ds_relation_open(rel);
	state->desc = RelationGetDescr(rel);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "deltashare write",
										   ALLOCSET_DEFAULT_SIZES);
	rinfo->ri_FdwState = state;
	return state;
}

/* A row can be changed only if the foreign table has what names it. */
static void
check_identity_columns(const DsRelation *relation, Relation rel)
{
	Bitmapset  *present = NULL;

	for (int i = 0; i < relation->natts; i++)
		if (relation->columns[i] >= 0)
			present = bms_add_member(present, relation->columns[i]);
	for (int i = 0; i < relation->table->ncolumns; i++)
		if ((relation->table->columns[i].flags & DS_COL_IDENTITY) && !bms_is_member(i, present))
			ereport(ERROR,
					(errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
					 errmsg("foreign table \"%s\" lacks the column \"%s\", which names the row to change",
							RelationGetRelationName(rel), relation->table->columns[i].name)));
}

void
deltashareBeginForeignModify(ModifyTableState *mtstate, ResultRelInfo *rinfo,
							 List *fdw_private, int subplan_index, int eflags)
{
	ModifyState *state;

	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	state = create_state(rinfo, mtstate->ps.state);
	if (mtstate->operation == CMD_INSERT)
		return;
	check_identity_columns(state->relation, rinfo->ri_RelationDesc);
	state->whole_row = ExecFindJunkAttributeInTlist(ds_modify_subplan(mtstate, subplan_index)->targetlist,
													WHOLE_ROW);
	if (!AttributeNumberIsValid(state->whole_row))
		elog(ERROR, "could not find junk column \"%s\"", WHOLE_ROW);
}

void
deltashareBeginForeignInsert(ModifyTableState *mtstate, ResultRelInfo *rinfo)
{
	if (rinfo->ri_FdwState != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot route tuples into foreign table to be updated \"%s\"",
						RelationGetRelationName(rinfo->ri_RelationDesc))));
	(void) create_state(rinfo, mtstate->ps.state);
}

/* The row as it was when it was read. */
static DsRow *
get_old_row(const ModifyState *state, TupleTableSlot *plan_slot)
{
	HeapTupleData tuple;
	bool		isnull;
	Datum		whole = ExecGetJunkAttribute(plan_slot, state->whole_row, &isnull);

	if (isnull)
		elog(ERROR, "whole row is NULL");
	tuple.t_data = DatumGetHeapTupleHeader(whole);
	tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	return ds_relation_deform(state->relation, &tuple, state->desc);
}

/*
 * Enter the context of one row.  What the slots hold of the row before was
 * materialized when it was put there.
 */
static MemoryContext
begin_row(ModifyState *state)
{
	MemoryContextReset(state->context);
	return MemoryContextSwitchTo(state->context);
}

static void
store_row(const ModifyState *state, const DsRow *row, TupleTableSlot *slot)
{
	ds_row_to_slot(state->relation, row, state->server->name, slot);
	ExecMaterializeSlot(slot);
}

TupleTableSlot *
deltashareExecForeignInsert(EState *estate, ResultRelInfo *rinfo,
							TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	int			one = 1;

	return *deltashareExecForeignBatchInsert(estate, rinfo, &slot, &planSlot, &one);
}

TupleTableSlot **
deltashareExecForeignBatchInsert(EState *estate, ResultRelInfo *rinfo, TupleTableSlot **slots,
								 TupleTableSlot **planSlots, int *numSlots)
{
	ModifyState *state = rinfo->ri_FdwState;
	MemoryContext old = begin_row(state);
	DsRow	  **rows = palloc(*numSlots * sizeof(DsRow *));

	for (int i = 0; i < *numSlots; i++)
		rows[i] = ds_row_from_slot(state->relation, slots[i]);
	ds_write_insert(state->server, state->relation->table, rows, *numSlots);
	for (int i = 0; i < *numSlots; i++)
		store_row(state, rows[i], slots[i]);
	MemoryContextSwitchTo(old);
	return slots;
}

/*
 * Rows of a batch come back together, which RETURNING and row triggers do not
 * expect.
 */
int
deltashareGetForeignModifyBatchSize(ResultRelInfo *rinfo)
{
	TriggerDesc *triggers = rinfo->ri_TrigDesc;

	if (rinfo->ri_projectReturning != NULL || rinfo->ri_WithCheckOptions != NIL ||
		(triggers && (triggers->trig_insert_before_row || triggers->trig_insert_after_row)))
		return 1;
	return DS_WRITE_BATCH;
}

TupleTableSlot *
deltashareExecForeignUpdate(EState *estate, ResultRelInfo *rinfo,
							TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	ModifyState *state = rinfo->ri_FdwState;
	MemoryContext old = begin_row(state);
	DsRow	   *old_row = get_old_row(state, planSlot);
	DsRow	   *new_row = ds_row_from_slot(state->relation, slot);

	ds_write_update(state->server, state->relation->table, old_row, new_row);
	store_row(state, new_row, slot);
	MemoryContextSwitchTo(old);
	return slot;
}

TupleTableSlot *
deltashareExecForeignDelete(EState *estate, ResultRelInfo *rinfo,
							TupleTableSlot *slot, TupleTableSlot *planSlot)
{
	ModifyState *state = rinfo->ri_FdwState;
	MemoryContext old = begin_row(state);
	DsRow	   *row = get_old_row(state, planSlot);
	bool		found = ds_write_delete(state->server, state->relation->table, &row, 1) > 0;

	if (found)
		store_row(state, row, slot);
	MemoryContextSwitchTo(old);
	return found ? slot : NULL;
}

void
deltashareEndForeignModify(EState *estate, ResultRelInfo *rinfo)
{
	/* memory goes with the query */
}

void
deltashareEndForeignInsert(EState *estate, ResultRelInfo *rinfo)
{
}

/*
 * The views of information_schema ask this of every foreign table, so it must
 * not fail for one that is broken.
 */
int
deltashareIsForeignRelUpdatable(Relation rel)
{
	const DsTable *table = ds_relation_table(rel);
	int			flags = table ? table->flags : 0;

	return ((flags & DS_TABLE_INSERT) ? (1 << CMD_INSERT) : 0) |
		((flags & DS_TABLE_UPDATE) ? (1 << CMD_UPDATE) : 0) |
		((flags & DS_TABLE_DELETE) ? (1 << CMD_DELETE) : 0);
}
