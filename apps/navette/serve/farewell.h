/* SPDX-License-Identifier: MIT */
/* farewell.h: leaving without haste: every client is closed with 1012 and told when to come back. */
#ifndef SERVE_FAREWELL_H
#define SERVE_FAREWELL_H

#include <navette/server.h>

/* Returns when nobody is left, after `seconds`, or at another signal. Main thread. */
void nv_farewell(struct nv_server *server, uint32_t seconds);

#endif
