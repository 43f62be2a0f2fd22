/*-------------------------------------------------------------------------
 *
 * deferral.h
 *	  What cannot be undone waits for the end of the transaction.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/transaction/deferral.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_DEFERRAL_H
#define DELTASHARE_DEFERRAL_H

/*
 * Makes a deferred change, and arms what is to be said if the transaction
 * fails after all; may raise an error, which ends the transaction.
 */
typedef void (*DsDeferredAction) (void *argument);

/*
 * A change that is made just before COMMIT, after all others that came before
 * it, and never if the current subtransaction or one around it rolls back.
 * "kind" and "name" say what it is about, "change" what it does ("drop share
 * \"x\"").  Texts are copied; "argument" must live in TopTransactionContext.
 */
extern void ds_defer(Oid server_oid, int kind, const char *name, const char *change,
					 DsDeferredAction action, void *argument);

/* Is there a deferred change of this thing?  With a NULL name: of any thing. */
extern bool ds_is_deferred(Oid server_oid, int kind, const char *name);

/* Call "visit" for each deferred change, in the order in which they will be made. */
typedef void (*DsDeferralVisitor) (Oid server_oid, const char *change, void *arg);
extern void ds_deferral_visit(DsDeferralVisitor visit, void *arg);

#endif							/* DELTASHARE_DEFERRAL_H */
