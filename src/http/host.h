/*-------------------------------------------------------------------------
 *
 * host.h
 *	  Which addresses we are willing to speak to.
 *
 * Copyright (c) 2026, the deltashare_fdw authors
 *
 * src/http/host.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef DELTASHARE_HOST_H
#define DELTASHARE_HOST_H

/*
 * "https://host[:port]" from what a user wrote: a missing scheme is https, a
 * trailing slash and the default port go.  On failure NULL, and *problem says
 * what is wrong, as a sentence for a hint.
 */
extern char *ds_host_normalize(const char *text, const char **problem);

/*
 * The host of a link that may be followed: an absolute URL of https or, with
 * "http", of http on a loopback address.  On failure NULL, and *problem is a
 * sentence that holds nothing of the link.
 */
extern char *ds_link_host(const char *link, bool http, const char **problem);

/* Is this a proxy address without credentials in it? */
extern bool ds_proxy_check(const char *text, const char **problem);

#endif							/* DELTASHARE_HOST_H */
