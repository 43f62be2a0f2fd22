/*-------------------------------------------------------------------------
 *
 * result_scan.h
 *	  The innermost loop of reading rows: plain text, eight bytes at a time.
 *
 * The bytes of a word are tested together with ordinary integer arithmetic, as
 * PostgreSQL's port/simd.h does where there are no vector registers; that
 * header exists only since version 16.  In a word tested for "byte < n" by
 * subtraction, a borrow can spoil bytes after a hit, never before it, so the
 * first hit is exact.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/backend/databricks/result_scan.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_RESULT_SCAN_H
#define DELTASHARE_RESULT_SCAN_H

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

/* Bytes behind a text that may be read; they must be zero. */
#define DS_SCAN_MARGIN	16

#define DS_EACH_BYTE(c)	(UINT64CONST(0x0101010101010101) * (c))
#define DS_HIGH_BITS	DS_EACH_BYTE(0x80)

/* Eight bytes, the first of them in the lowest bits. */
static inline uint64
ds_load_word(const char *p)
{
	uint64		word;

	memcpy(&word, p, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	return word;
}

/* The high bit of the first byte that is zero, and maybe of later bytes. */
static inline uint64
ds_zero_bytes(uint64 word)
{
	return (word - DS_EACH_BYTE(1)) & ~word & DS_HIGH_BITS;
}

/* Index of the first byte whose high bit is set. */
static inline int
ds_first_byte(uint64 bits)
{
	return pg_rightmost_one_pos64(bits) / 8;
}

/* From p to the first quote, backslash, control character or byte beyond ASCII. */
static inline char *
ds_scan_plain(char *p)
{
	for (;;)
	{
		uint64		word = ds_load_word(p);
		uint64		stops = (word & DS_HIGH_BITS) |
			((word - DS_EACH_BYTE(0x20)) & ~word & DS_HIGH_BITS) |
			ds_zero_bytes(word ^ DS_EACH_BYTE('"')) |
			ds_zero_bytes(word ^ DS_EACH_BYTE('\\'));

		if (stops)
			return p + ds_first_byte(stops);
		p += sizeof(word);
	}
}

#endif							/* DELTASHARE_RESULT_SCAN_H */
