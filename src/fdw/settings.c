/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The deltashare.* configuration parameters.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/fdw/settings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/plancache.h"

#include "fdw/fdw.h"

char	   *ds_setting_server = NULL;
bool		ds_setting_enable_batched_join = true;
bool		ds_setting_enable_pushdown = true;

/* read by SQL of the local backend, with current_setting() */
static char *setting_endpoint = NULL;
static char *setting_recipient = NULL;

/* Queries on tables that stand for any server were planned for one. */
static void
forget_plans(const char *new_value, void *extra)
{
	ResetPlanCache();
}

static void
forget_plans_of_pushdown(bool new_value, void *extra)
{
	ResetPlanCache();
}

void
ds_settings_init(void)
{
	DefineCustomStringVariable("deltashare.server",
							   "Foreign server that the functions work on when none is named.",
							   NULL, &ds_setting_server, "",
							   PGC_USERSET, 0, NULL, forget_plans, NULL);
	DefineCustomStringVariable("deltashare.endpoint",
							   "Address of the sharing server, as local activation links show it.",
							   NULL, &setting_endpoint, "https://localhost/delta-sharing",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("deltashare.recipient",
							   "Local recipient that views with current_recipient() show their rows to.",
							   NULL, &setting_recipient, "",
							   PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("deltashare.enable_batched_join",
							 "Enables the planner's use of joins that ask for many keys at a time.",
							 NULL, &ds_setting_enable_batched_join, true,
							 PGC_USERSET, GUC_EXPLAIN, NULL, NULL, NULL);
	DefineCustomBoolVariable("deltashare.enable_pushdown",
							 "Enables the planner to have conditions, aggregates and so on computed by a server's engine.",
							 NULL, &ds_setting_enable_pushdown, true,
							 PGC_USERSET, GUC_EXPLAIN, NULL, forget_plans_of_pushdown, NULL);
#if HAVE_MARK_GUC_PREFIX_RESERVED
	MarkGUCPrefixReserved("deltashare");
#else
	EmitWarningsOnPlaceholders("deltashare");
#endif
}
