/* SPDX-License-Identifier: MIT */
/* resolve_system.h: the system's own way from a host name to addresses. */
#ifndef NET_RESOLVE_SYSTEM_H
#define NET_RESOLVE_SYSTEM_H

#include "net/inet.h"

/* Waits for the addresses of both families for TCP; the caller gives them back with freeaddrinfo. NULL, or
 * why there are none, a static text. */
const char *nv_resolve_ask(const char *host, struct addrinfo **found);

#endif
