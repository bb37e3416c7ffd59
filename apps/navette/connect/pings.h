/* SPDX-License-Identifier: MIT */
/* pings.h: the pings that somebody asked for, and how long their pongs took. */
#ifndef CONNECT_PINGS_H
#define CONNECT_PINGS_H

#include <navette/base.h>

#define NV_PINGS_MAX 16u

struct nv_pings {
	struct nv_ping {
		uint8_t data[125];
		size_t len;
		uint64_t sent_us;
	} pings[NV_PINGS_MAX]; /* the oldest first */
	size_t count;
};

/* At most 125 bytes. The oldest one is forgotten when there are too many. */
void nv_pings_sent(struct nv_pings *pings, struct nv_bytes data, uint64_t now_us);

/* How long it took, and true when this answers one of them. The older ones will not be answered any
 * more (RFC 6455 5.5.3). */
bool nv_pings_answered(struct nv_pings *pings, struct nv_bytes data, uint64_t now_us,
                       uint64_t *took_us);

#endif
