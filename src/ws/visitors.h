/* SPDX-License-Identifier: MIT */
/* visitors.h: who is connected to a server, or was a moment ago: one entry for each group of
 * addresses (net/address.h), found in constant time whatever addresses somebody picks.
 *
 * A visitor without a connection is idle. Memory is bounded by the connections and by
 * NV_VISITORS_IDLE_MAX. */
#ifndef WS_VISITORS_H
#define WS_VISITORS_H

#include "base/list.h"
#include "base/siphash.h"
#include "net/address.h"

#define NV_VISITORS_IDLE_MAX 65536u

struct nv_visitor {
	struct nv_visitor *next; /* in its slot */
	struct nv_list idle;     /* among those who are, if it is */
	uint64_t idle_ms;        /* since then */
	uint8_t group[NV_ADDRESS_GROUP];
	/* Of who admits it (admission.c). */
	uint32_t connections;
	uint32_t pending_count;
	uint64_t paid_us;
};

struct nv_visitors {
	uint8_t key[NV_SIPHASH_KEY];
	struct nv_visitor **slots; /* none while there are no visitors */
	size_t slot_count;         /* a power of two */
	size_t count;
	struct nv_list idle; /* longest idle first */
	size_t idle_count;
};

/* 0, or NV_ERR_SYSTEM without random bytes. It must not be moved. */
int nv_visitors_init(struct nv_visitors *visitors);
void nv_visitors_deinit(struct nv_visitors *visitors); /* all are idle by then */

/* NULL when there is none. */
struct nv_visitor *nv_visitors_find(const struct nv_visitors *visitors,
                                    const struct nv_address *address);

/* Finds it, or makes one that is idle; NULL without memory. */
struct nv_visitor *nv_visitors_get(struct nv_visitors *visitors, const struct nv_address *address,
                                   uint64_t now_ms);

/* Above the limit, the visitor that is idle longest is forgotten. */
void nv_visitors_set_idle(struct nv_visitors *visitors, struct nv_visitor *visitor,
                          uint64_t now_ms);
void nv_visitors_set_busy(struct nv_visitors *visitors, struct nv_visitor *visitor);

/* Forget one that is idle, and all that have been idle for so long. */
void nv_visitors_forget(struct nv_visitors *visitors, struct nv_visitor *visitor);
void nv_visitors_forget_old(struct nv_visitors *visitors, uint64_t now_ms, uint32_t after_ms);

#endif
