/*-------------------------------------------------------------------------
 *
 * statement_scan.c
 *	  Executing a statement on a server's engine.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/statement_scan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"

#include "fdw/pushdown.h"
#include "fdw/routing.h"

typedef struct DsResultColumn
{
	DsValueKind kind;
	int			attribute;		/* of the scan tuple */
	Oid			type;
	int			first_field;
} DsResultColumn;

typedef struct DsStatementScan
{
	DsServer   *server;
	const char *text;
	List	   *forms;
	List	   *values;			/* ExprStates of the parameters */
	int			ncolumns;
	DsResultColumn *columns;
	bool		small;
	DsStatementSpec spec;
	DsField    *fields;
	MemoryContext context;		/* of one (re)scan; owns the statement */
	MemoryContext row_context;
	DsStatement *statement;		/* NULL: not begun */
	DsScanStats stats;			/* of statements that have ended */
	TupleDesc	desc;
	const DsResultColumn *current;	/* column that is read, for errors */
} DsStatementScan;

static List *
statement_private(const ForeignScanState *node)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	return linitial(plan->fdw_private);
}

bool
ds_is_statement_scan(const ForeignScanState *node)
{
	return list_length(((ForeignScan *) node->ss.ps.plan)->fdw_private) == 1;
}

static void
read_columns(DsStatementScan *scan, List *kinds, List *attributes)
{
	int			field = 0;
	ListCell   *lc;

	scan->ncolumns = list_length(kinds);
	scan->columns = palloc(Max(scan->ncolumns, 1) * sizeof(DsResultColumn));
	foreach(lc, kinds)
	{
		DsResultColumn *column = &scan->columns[foreach_current_index(lc)];

		column->kind = lfirst_int(lc);
		column->attribute = list_nth_int(attributes, foreach_current_index(lc));
		column->type = TupleDescAttr(scan->desc, column->attribute - 1)->atttypid;
		column->first_field = field;
		field += ds_value_fields(column->kind);
	}

	/* a statement without columns selects a constant */
	scan->spec.ncolumns = Max(field, 1);
	scan->fields = palloc(scan->spec.ncolumns * sizeof(DsField));
}

void
ds_statement_begin(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	EState	   *estate = node->ss.ps.state;
	List	   *private = statement_private(node);
	DsStatementScan *scan = palloc0(sizeof(DsStatementScan));

	node->fdw_state = scan;
	scan->server = ds_server_get(linitial_oid(list_nth(private, DS_STATEMENT_SERVER)),
								 ds_scan_user(plan, estate));
	scan->text = strVal(list_nth(private, DS_STATEMENT_TEXT));
	scan->forms = list_nth(private, DS_STATEMENT_FORMS);
	scan->small = intVal(list_nth(private, DS_STATEMENT_SMALL)) != 0;
	scan->desc = node->ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	read_columns(scan, list_nth(private, DS_STATEMENT_KINDS), list_nth(private, DS_STATEMENT_ATTRIBUTES));
	scan->values = ExecInitExprList(plan->fdw_exprs, (PlanState *) node);
	scan->context = AllocSetContextCreate(estate->es_query_cxt, "deltashare statement", ALLOCSET_DEFAULT_SIZES);
	scan->row_context = AllocSetContextCreate(estate->es_query_cxt, "deltashare row", ALLOCSET_DEFAULT_SIZES);
}

static void
evaluate_parameters(ForeignScanState *node, DsStatementScan *scan)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	int			n = list_length(scan->forms);
	DsParameter *parameters = palloc(Max(n, 1) * sizeof(DsParameter));
	int			sent = 0;

	for (int i = 0; i < n; i++)
	{
		DsParameterForm form = list_nth_int(scan->forms, i);
		ExprState  *expr = list_nth(scan->values, i);
		bool		isnull;
		Datum		value;

		if (form == DS_FORM_SERVER)
		{
			ds_route_check(scan->server->oid, scan->server->user_id, expr, node->ss.ps.ps_ExprContext);
			continue;
		}
		if (form == DS_FORM_UNUSED)
			continue;
		value = ExecEvalExpr(expr, node->ss.ps.ps_ExprContext, &isnull);
		parameters[sent] = ds_remote_describe_parameter(i + 1, form);
		parameters[sent++].value = ds_remote_parameter_value(form, exprType(list_nth(plan->fdw_exprs, i)), value, isnull);
	}
	scan->spec.parameters = parameters;
	scan->spec.nparameters = sent;
}

static void
start_statement(ForeignScanState *node, DsStatementScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(scan->context);

	scan->spec.text = scan->text;
	scan->spec.small = scan->small;
	evaluate_parameters(node, scan);
	scan->statement = scan->server->backend->begin_statement(scan->server, &scan->spec);
	MemoryContextSwitchTo(old);
}

static void
add_column_context(void *arg)
{
	const DsStatementScan *scan = arg;

	if (scan->current)
		errcontext("column \"%s\" of the result of a statement on server \"%s\"",
				   NameStr(TupleDescAttr(scan->desc, scan->current->attribute - 1)->attname), scan->server->name);
}

static void
read_row(DsStatementScan *scan, TupleTableSlot *slot)
{
	ErrorContextCallback callback = {error_context_stack, add_column_context, scan};

	error_context_stack = &callback;
	for (int i = 0; i < scan->ncolumns; i++)
	{
		const DsResultColumn *column = scan->current = &scan->columns[i];

		slot->tts_values[column->attribute - 1] =
			ds_value_read(column->kind, column->type, &scan->fields[column->first_field],
						  &slot->tts_isnull[column->attribute - 1]);
	}
	scan->current = NULL;
	error_context_stack = callback.previous;
}

TupleTableSlot *
ds_statement_iterate(ForeignScanState *node)
{
	DsStatementScan *scan = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	MemoryContext old;
	bool		found;

	if (scan->statement == NULL)
		start_statement(node, scan);
	ExecClearTuple(slot);
	old = MemoryContextSwitchTo(scan->context);
	found = scan->server->backend->next_fields(scan->statement, scan->fields);
	MemoryContextSwitchTo(old);
	if (!found)
		return slot;

	MemoryContextReset(scan->row_context);
	old = MemoryContextSwitchTo(scan->row_context);
	memset(slot->tts_isnull, true, scan->desc->natts * sizeof(bool));
	read_row(scan, slot);
	MemoryContextSwitchTo(old);
	return ExecStoreVirtualTuple(slot);
}

static void
add_stats(DsScanStats *total, const DsStatementScan *scan)
{
	DsScanStats running = {0};

	if (scan->statement)
		scan->server->backend->statement_stats(scan->statement, &running);
	total->requests = scan->stats.requests + running.requests;
	total->retries = scan->stats.retries + running.retries;
	total->bytes_received = scan->stats.bytes_received + running.bytes_received;
}

static void
stop_statement(DsStatementScan *scan)
{
	if (scan->statement == NULL)
		return;
	add_stats(&scan->stats, scan);
	scan->server->backend->end_statement(scan->statement);
	scan->statement = NULL;
}

void
ds_statement_rescan(ForeignScanState *node)
{
	DsStatementScan *scan = node->fdw_state;

	stop_statement(scan);
	MemoryContextReset(scan->context);
}

void
ds_statement_finish(ForeignScanState *node)
{
	if (node->fdw_state)
		stop_statement(node->fdw_state);
}

/* "p1 BIGINT = (now() - '7 days'::interval)" */
static List *
describe_parameters(ForeignScanState *node, DsStatementScan *scan, ExplainState *es)
{
	List	   *exprs = ((ForeignScan *) node->ss.ps.plan)->fdw_exprs;
	List	   *names = set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan, NIL);
	List	   *lines = NIL;
	ListCell   *lc;

	foreach(lc, exprs)
	{
		int			i = foreach_current_index(lc);
		DsParameter parameter = ds_remote_describe_parameter(i + 1, list_nth_int(scan->forms, i));

		if (list_nth_int(scan->forms, i) == DS_FORM_SERVER || list_nth_int(scan->forms, i) == DS_FORM_UNUSED)
			continue;
		lines = lappend(lines, psprintf("%s %s = %s", parameter.name, parameter.type,
										deparse_expression(lfirst(lc), names, false, false)));
	}
	return lines;
}

void
ds_statement_explain(ForeignScanState *node, ExplainState *es)
{
	DsStatementScan *scan = node->fdw_state;
	List	   *lines;

	if (es->verbose)
	{
		ExplainPropertyText("Remote SQL", scan->text, es);
		lines = describe_parameters(node, scan, es);
		if (lines != NIL)
			ExplainPropertyList("Parameters", lines, es);
	}
	if (es->analyze)
	{
		DsScanStats stats;

		add_stats(&stats, scan);
		ds_explain_stats(&stats, es);
	}
}
