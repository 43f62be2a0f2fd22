/*-------------------------------------------------------------------------
 *
 * partition_filter.h
 *	  Checks of the two jsonb columns that have a structure.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/tables/partition_filter.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_PARTITION_FILTER_H
#define DELTASHARE_PARTITION_FILTER_H

/*
 * A partition filter is [{"values": [{"name", "op", "value" |
 * "recipient_property_key"}, ...]}, ...]; anything else is an error.
 */
extern void ds_check_partition_filter(Datum jsonb);

/* Keys with this prefix belong to the platform. */
#define DS_RESERVED_PROPERTY	"databricks."

/*
 * Properties are one object of texts.  Reserved keys are refused unless the
 * map was read from the server and is on its way back.
 */
extern void ds_check_properties(Datum jsonb, bool allow_reserved);

#endif							/* DELTASHARE_PARTITION_FILTER_H */
