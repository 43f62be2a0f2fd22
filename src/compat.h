/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  Every difference between PostgreSQL 13 and 18 that the code meets.
 *
 * No other file tests PG_VERSION_NUM.  A name follows the newest API.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/compat.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_COMPAT_H
#define DELTASHARE_COMPAT_H

#if PG_VERSION_NUM < 130000 || PG_VERSION_NUM >= 190000
#error "deltashare_fdw needs PostgreSQL 13 to 18"
#endif

#include "funcapi.h"
#include "miscadmin.h"
#include "optimizer/pathnode.h"
#include "utils/acl.h"

/* 16 made PGDLLEXPORT say "visible"; we build with hidden visibility */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

/* ... and only since then does PG_FUNCTION_INFO_V1 export the function itself */
#define DS_FUNCTION_INFO(name) \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name)

/* 18 changed pg_attribute_noreturn() to this */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* 18 split commands/explain.h */
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* 14 added batched inserts */
#define HAVE_FDW_BATCH_INSERT (PG_VERSION_NUM >= 140000)

/* 14 changed how junk columns of UPDATE and DELETE are added */
#define HAVE_ROW_IDENTITY_VAR (PG_VERSION_NUM >= 140000)
#if PG_VERSION_NUM >= 140000
#define ds_modify_subplan(mtstate, i)	(outerPlanState(mtstate)->plan)
#define DS_UPDATE_TARGETS_ARGS \
	PlannerInfo *root, Index rtindex, RangeTblEntry *target_rte, Relation target_relation
#else
#define ds_modify_subplan(mtstate, i)	((mtstate)->mt_plans[i]->plan)
#define DS_UPDATE_TARGETS_ARGS \
	Query *parsetree, RangeTblEntry *target_rte, Relation target_relation
#endif

/* 14 added readOnlyTree to ProcessUtility */
#if PG_VERSION_NUM >= 140000
#define DS_PROCESS_UTILITY_ARGS \
	PlannedStmt *pstmt, const char *queryString, bool readOnlyTree, \
	ProcessUtilityContext context, ParamListInfo params, \
	QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc
#define DS_PROCESS_UTILITY_PASS \
	pstmt, queryString, readOnlyTree, context, params, queryEnv, dest, qc
#else
#define DS_PROCESS_UTILITY_ARGS \
	PlannedStmt *pstmt, const char *queryString, \
	ProcessUtilityContext context, ParamListInfo params, \
	QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc
#define DS_PROCESS_UTILITY_PASS \
	pstmt, queryString, context, params, queryEnv, dest, qc
#endif

/* 14 has barriers that a backend must absorb, 15 uses them */
#if PG_VERSION_NUM >= 140000
#include "storage/procsignal.h"
#define ds_process_barrier() \
	do { if (ProcSignalBarrierPending) ProcessProcSignalBarrier(); } while (0)
#else
#define ds_process_barrier()	((void) 0)
#endif

/* 18 made the source of pg_b64_encode unsigned bytes */
#if PG_VERSION_NUM >= 180000
#define pg_b64_encode_compat(src, len, dst, dstlen) \
	pg_b64_encode((const uint8 *) (src), len, dst, dstlen)
#else
#define pg_b64_encode_compat(src, len, dst, dstlen) \
	pg_b64_encode(src, len, dst, dstlen)
#endif

/*
 * parser/scanner.h promises the order of the lexer's first tokens, from 258 on;
 * the header that names them is not installed
 */
#define DS_TOKEN_SCONST		261

/* 15 reserves a prefix */
#define HAVE_MARK_GUC_PREFIX_RESERVED (PG_VERSION_NUM >= 150000)

/* 16 has one function for the rights on any object */
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_foreign_server.h"
#define ds_server_aclcheck(oid, role, mode) \
	object_aclcheck(ForeignServerRelationId, oid, role, mode)
#else
#define ds_server_aclcheck(oid, role, mode) \
	pg_foreign_server_aclcheck(oid, role, mode)
#endif

/* 16 moved checkAsUser from the range table entry */
#if PG_VERSION_NUM >= 160000
#define ds_plan_user(root, rel) \
	(OidIsValid((rel)->userid) ? (rel)->userid : GetUserId())
#define ds_scan_user(plan, estate) \
	(OidIsValid((plan)->checkAsUser) ? (plan)->checkAsUser : GetUserId())
#define ds_modify_user(rinfo, estate) \
	ExecGetResultRelCheckAsUser(rinfo, estate)
#else
#define ds_rte_user(rte) \
	(OidIsValid((rte)->checkAsUser) ? (rte)->checkAsUser : GetUserId())
#define ds_plan_user(root, rel) \
	ds_rte_user(planner_rt_fetch((rel)->relid, root))
/* the planner has put fs_relids into the numbers of the whole query */
#define ds_scan_user(plan, estate) \
	ds_rte_user(exec_rt_fetch(bms_next_member((plan)->fs_relids, -1), estate))
/* a partition that rows are routed to has no entry of its own */
#define ds_modify_user(rinfo, estate) \
	((rinfo)->ri_RangeTableIndex == 0 ? GetUserId() : \
	 ds_rte_user(exec_rt_fetch((rinfo)->ri_RangeTableIndex, estate)))
#endif

/* 17 added fdw_restrictinfo, 18 disabled_nodes */
#if PG_VERSION_NUM >= 180000
#define create_foreignscan_path_compat(root, rel, rows, startup, total, outer) \
	create_foreignscan_path(root, rel, NULL, rows, 0, startup, total, NIL, outer, NULL, NIL, NIL)
#elif PG_VERSION_NUM >= 170000
#define create_foreignscan_path_compat(root, rel, rows, startup, total, outer) \
	create_foreignscan_path(root, rel, NULL, rows, startup, total, NIL, outer, NULL, NIL, NIL)
#else
#define create_foreignscan_path_compat(root, rel, rows, startup, total, outer) \
	create_foreignscan_path(root, rel, NULL, rows, startup, total, NIL, outer, NULL, NIL)
#endif

#if PG_VERSION_NUM >= 180000
#define create_foreign_join_path_compat(root, rel, rows, startup, total, outer, clauses) \
	create_foreign_join_path(root, rel, NULL, rows, 0, startup, total, NIL, outer, NULL, clauses, NIL)
#define create_foreign_upper_path_compat(root, rel, target, rows, startup, total, keys, private) \
	create_foreign_upper_path(root, rel, target, rows, 0, startup, total, keys, NULL, NIL, private)
#elif PG_VERSION_NUM >= 170000
#define create_foreign_join_path_compat(root, rel, rows, startup, total, outer, clauses) \
	create_foreign_join_path(root, rel, NULL, rows, startup, total, NIL, outer, NULL, clauses, NIL)
#define create_foreign_upper_path_compat(root, rel, target, rows, startup, total, keys, private) \
	create_foreign_upper_path(root, rel, target, rows, startup, total, keys, NULL, NIL, private)
#else
#define create_foreign_join_path_compat(root, rel, rows, startup, total, outer, clauses) \
	create_foreign_join_path(root, rel, NULL, rows, startup, total, NIL, outer, NULL, NIL)
#define create_foreign_upper_path_compat(root, rel, target, rows, startup, total, keys, private) \
	create_foreign_upper_path(root, rel, target, rows, startup, total, keys, NULL, private)
#endif

/* ... which a path of ours takes over from the path below it */
#if PG_VERSION_NUM >= 180000
#define ds_inherit_disabled_nodes(path, from) \
	((path)->disabled_nodes = (from)->disabled_nodes)
#else
#define ds_inherit_disabled_nodes(path, from) ((void) 0)
#endif

/* 14 gave estimate_num_groups an EstimationInfo.  Needs utils/selfuncs.h. */
#if PG_VERSION_NUM >= 140000
#define estimate_num_groups_compat(root, exprs, rows) \
	estimate_num_groups(root, exprs, rows, NULL, NULL)
#else
#define estimate_num_groups_compat(root, exprs, rows) \
	estimate_num_groups(root, exprs, rows, NULL)
#endif

/* 15 wants a CustomPath that projects to say so */
#include "nodes/extensible.h"
#ifndef CUSTOMPATH_SUPPORT_PROJECTION
#define CUSTOMPATH_SUPPORT_PROJECTION 0
#endif

/* 14 gave pull_varnos a root */
#if PG_VERSION_NUM >= 140000
#define pull_varnos_compat(root, node)	pull_varnos(root, node)
#else
#define pull_varnos_compat(root, node)	pull_varnos(node)
#endif

/*
 * Does a collation compare bytes?  18 asks the locale itself, and the header
 * of locales wants those of ICU; so only the collation that is called so
 * is known there.
 */
#if PG_VERSION_NUM >= 180000
#include "catalog/pg_collation.h"
#define ds_collation_is_c(collation)	((collation) == C_COLLATION_OID)
#else
extern bool lc_collate_is_c(Oid collation);
#define ds_collation_is_c(collation)	lc_collate_is_c(collation)
#endif

/* 18 calls strategies by what they compare */
#if PG_VERSION_NUM >= 180000
#include "access/cmptype.h"
#define DsSortStrategy	CompareType
#define DS_SORT_DESCENDING	COMPARE_GT
#else
#include "access/stratnum.h"
#define DsSortStrategy	int16
#define DS_SORT_DESCENDING	BTGreaterStrategyNumber
#endif

/* 15 has InitMaterializedSRF */
#define HAVE_MATERIALIZED_SRF (PG_VERSION_NUM >= 150000)
#if HAVE_MATERIALIZED_SRF
#define ds_init_materialized_srf(fcinfo)	InitMaterializedSRF(fcinfo, 0)
#else
extern void ds_init_materialized_srf(FunctionCallInfo fcinfo);
#endif

/*
 * 17: a wait event set belongs to a resource owner or, like ours, to the
 * session.  Needs storage/latch.h and utils/memutils.h.
 */
#if PG_VERSION_NUM >= 170000
#define CreateWaitEventSet_compat(nevents)	CreateWaitEventSet(NULL, nevents)
#else
#define CreateWaitEventSet_compat(nevents)	CreateWaitEventSet(TopMemoryContext, nevents)
#endif

/*
 * 17: extensions name their wait events; before, all are called
 * "Extension".  Needs pgstat.h.
 */
#if PG_VERSION_NUM >= 170000
#define WaitEventExtensionNew_compat(name)	WaitEventExtensionNew(name)
#else
#define WaitEventExtensionNew_compat(name)	PG_WAIT_EXTENSION
#endif

#endif							/* DELTASHARE_COMPAT_H */
