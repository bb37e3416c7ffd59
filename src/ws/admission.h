/* SPDX-License-Identifier: MIT */
/* admission.h: who may connect to a server: limits on the connections of all and of one address, on
 * how fast an address comes back, and on the requests that are not answered yet.
 *
 * It counts and decides; refusing, closing and logging are the server's. Any
 * thread, with the time of its loop: a connection comes on the first loop and may leave on another. */
#ifndef WS_ADMISSION_H
#define WS_ADMISSION_H

#include <navette/handshake.h>
#include <navette/navette.h>

#include "net/lock.h"
#include "ws/visitors.h"

#define NV_PENDING_MAX 4096u
#define NV_PENDING_PER_IP_MAX 64u /* not of a loopback address */

struct nv_admission_limits {
	uint32_t connections;
	uint32_t per_s;
	uint32_t pending;
};

struct nv_admission {
	struct nv_lock lock; /* of all that follows but the limits */
	struct nv_visitors visitors;
	uint32_t max_connections;
	uint32_t connections;
	struct nv_admission_limits remote; /* of one address */
	struct nv_admission_limits loopback;
	uint32_t pending; /* requests that are not answered */
};

/* A request that is not answered; its connection embeds it, zeroed. */
struct nv_pending {
	struct nv_list link;        /* among those of its loop; {NULL} when it does not wait */
	struct nv_visitor *visitor; /* NULL when it is not counted by address */
};

/* Takes the limits from options in which zero still means a default. 0, or NV_ERR_SYSTEM. */
int nv_admission_init(struct nv_admission *admission, const struct nv_server_options *options);
void nv_admission_deinit(struct nv_admission *admission); /* after the last connection */

/* Counts a new connection: status 0. Else it is not counted, and that is the answer to it: 503, 429,
 * or 500 without memory. */
struct nv_problem nv_admission_enter(struct nv_admission *admission,
                                     const struct nv_address *address, uint64_t now_ms);
void nv_admission_leave(struct nv_admission *admission, const struct nv_address *address,
                        uint64_t now_ms);

/* The request of a connection that has entered waits from now on, last among those of its loop. NULL,
 * or the oldest of those that are too many then: it no longer waits, and its connection is to be
 * dropped. */
struct nv_pending *nv_admission_wait(struct nv_admission *admission, struct nv_list *waiting,
                                     struct nv_pending *pending, const struct nv_address *address);
/* It waits no longer; again does nothing. */
void nv_admission_answered(struct nv_admission *admission, struct nv_pending *pending);

/* Gives back the memory of addresses that have gone: to be called now and then while it answers
 * that there are some. */
bool nv_admission_forget(struct nv_admission *admission, uint64_t now_ms);

#endif
