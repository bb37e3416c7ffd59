/* SPDX-License-Identifier: MIT */
/* identity.h: who a server is to its TLS clients: the certificates that new connections get, and what
 * happens when their files change or their time ends. */
#ifndef WS_IDENTITY_H
#define WS_IDENTITY_H

#include <stdatomic.h>

#include "net/lock.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "net/tls_tickets.h"

/* The server embeds it, zeroed. A connection keeps what it has begun with, so that a reload is a pointer
 * that changes. */
struct nv_identity {
	struct nv_server_tls options; /* copies; without certificates there is no TLS */
	struct nv_tls_tickets tickets;
	struct nv_lock lock;            /* of the next */
	struct nv_tls_context *context; /* of new connections */
	_Atomic(int64_t) ends_s;        /* its first certificate, in seconds since 1970 */
	struct nv_lock reloading;       /* one at a time reads the files, and writes the next */
	char told[NV_TLS_PROBLEM];      /* what the log knows to be wrong with the files, or "" */
	struct nv_timer daily;          /* looks for the end, on the first loop */
};

void nv_identity_init(struct nv_identity *identity);
void nv_identity_stop(struct nv_identity *identity,
                      struct nv_loop *loop);           /* before that is freed */
void nv_identity_deinit(struct nv_identity *identity); /* after the last connection */

/* A reference for the caller. Any thread. */
struct nv_tls_context *nv_identity_context(struct nv_identity *identity);

/* Of nv_stats. Any thread. */
int64_t nv_identity_left_s(const struct nv_identity *identity);

#endif
