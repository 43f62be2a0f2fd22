/*-------------------------------------------------------------------------
 *
 * curl_prelude.h
 *	  libcurl, and what its versions can do.
 *
 * The only file that includes curl's headers.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/curl_prelude.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_CURL_PRELUDE_H
#define DELTASHARE_CURL_PRELUDE_H

#include <curl/curl.h>

StaticAssertDecl(LIBCURL_VERSION_NUM >= 0x074400,
				 "libcurl 7.68 or later is required");

/* 7.77: certificates of authorities from memory */
#if LIBCURL_VERSION_NUM >= 0x074d00
#define DS_CURL_HAS_CAINFO_BLOB 1
#endif

/* 7.80: a callback right before a request is sent over its connection */
#if LIBCURL_VERSION_NUM >= 0x075000
#define DS_CURL_HAS_PREREQ 1
#endif

/* 7.85: allowed protocols by name; the mask is deprecated since then */
#if LIBCURL_VERSION_NUM >= 0x075500
#define DS_CURL_HAS_PROTOCOLS_STR 1
#endif

/* 7.87: a hung name lookup is left behind instead of being waited for */
#if LIBCURL_VERSION_NUM >= 0x075700
#define DS_CURL_HAS_QUICK_EXIT 1
#endif

#endif							/* DELTASHARE_CURL_PRELUDE_H */
