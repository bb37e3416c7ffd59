/* SPDX-License-Identifier: MIT */
/* url_argument.h: the URL on the command line, as it goes out, or refused with what to write instead. */
#ifndef CONNECT_URL_ARGUMENT_H
#define CONNECT_URL_ARGUMENT_H

#include <navette/handshake.h>

/* 0, or the exit code after a message, for which a password in `text` is overwritten. `*sent` is the
 * caller's in both cases: an allocated copy in which path and query are percent-encoded where they are not
 * ASCII, of which `url` holds slices; or NULL. */
int nv_url_argument(char *text, char **sent, struct nv_url *url);

/* Overwrites what may be user and password; true when there was one. */
bool nv_url_hide_user(char *text);

/* The URL has a problem that another scheme mends: "...: the URL PROBLEM; try 'SCHEMEREST'" and the exit
 * code. */
int nv_url_suggest(const char *problem, const char *scheme, const char *rest);

#endif
