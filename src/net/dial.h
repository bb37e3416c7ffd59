/* SPDX-License-Identifier: MIT */
/* dial.h: a TCP connection to a host name, by whichever of its addresses answers first.
 *
 * The addresses, 16 at most, are tried in the order of RFC 8305 section 4, families taking turns, one more
 * whenever one fails or 250 ms have passed; the first that answers is kept and the others are closed.
 * Unless it is `simultaneous`, no address is tried while another dial of this process, on any thread, holds
 * the same address and port (RFC 6455 4.1): a dial holds those it tries, and then the one that answered
 * until it is freed. It has no deadline of its own. Everything happens on the loop's thread. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/loop.h"

struct nv_dial;
struct nv_tls_context; /* tls_context.h */

struct nv_dial_events {
	void *context;
	/* The name's addresses in the order of the tries; may be NULL. They die when it returns. It may free
	 * the dial. */
	void (*resolved)(void *context, const struct nv_address *addresses, size_t count);
	/* Once, and never from inside nv_dial_start. error 0: `peer` answered, and nv_dial_take is due, now
	 * or later. NV_ERR_ADDRESS and a text that says why: no such name (or no memory, no threads). Else
	 * `text` is NULL and `peer` is who failed last, but whom there is no way to from here only when that
	 * is so of all. It may free the dial. */
	void (*done)(void *context, int error, const struct nv_address *peer, const char *text);
};

/* NULL without memory. The events and the host are copied. */
struct nv_dial *nv_dial_start(struct nv_loop *loop, const char *host, uint16_t port,
                              bool simultaneous, const struct nv_dial_events *events);

/* Its connection carries `to` from now on: nv_loop_move, or with a context nv_tls_move, where `host`
 * may be another than the one dialled. Once, and after `done` without an error. 0 or an error. */
int nv_dial_take(struct nv_dial *dial, struct nv_stream *to, struct nv_tls_context *context,
                 const char *host);

/* Milliseconds in which all it did was to wait for other dials. */
uint32_t nv_dial_waited_ms(const struct nv_dial *dial);

/* How long the name took, and from then on the answer, such waits included. 0 until it is there. */
uint64_t nv_dial_resolve_us(const struct nv_dial *dial);
uint64_t nv_dial_connect_us(const struct nv_dial *dial);

/* True once the name is resolved. */
bool nv_dial_has_name(const struct nv_dial *dial);

/* Closes what has not been taken; nothing of it is called any more. At any time; NULL does nothing. */
void nv_dial_free(struct nv_dial *dial);

#endif
