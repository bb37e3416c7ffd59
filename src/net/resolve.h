/* SPDX-License-Identifier: MIT */
/* resolve.h: host names become addresses, off the loop's thread. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "net/loop.h"

struct nv_resolve;

struct nv_resolved {
	const struct nv_address *addresses;
	size_t count;
	int error;
	const char *text; /* of the error, NULL without one */
};

/* Looks a host name up without blocking the loop. `done` runs on the loop's thread, never from
 * inside nv_resolve_start, with error 0 and at least one address, in the system's order, or with
 * NV_ERR_ADDRESS (or the lack of memory or threads) and a text that says why; the addresses die
 * when it returns. Literals and "localhost" (127.0.0.1 and ::1) need no thread. NULL without
 * memory. */
struct nv_resolve *nv_resolve_start(struct nv_loop *loop, const char *host, uint16_t port,
                                    void (*done)(void *context, const struct nv_resolved *result),
                                    void *context);

/* `done` will not run; not after it ran. Whoever frees the loop cancels before. */
void nv_resolve_cancel(struct nv_resolve *resolve);

#endif
