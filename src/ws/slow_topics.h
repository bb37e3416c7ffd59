/* SPDX-License-Identifier: MIT */
/* slow_topics.h: what a program has said about the slow subscribers of some topics. */
#ifndef WS_SLOW_TOPICS_H
#define WS_SLOW_TOPICS_H

#include <navette/navette.h>

#include "base/buf.h"

/* The owner embeds it, zeroed. */
struct nv_slow_topics {
	struct nv_buf rules; /* few, looked through in turn */
};

void nv_slow_topics_deinit(struct nv_slow_topics *topics);

/* For a name, or with a star at its end for all that begin like it. The last word on a name counts.
 * NV_ERR_INVALID, NV_ERR_NOMEM. */
int nv_slow_topics_set(struct nv_slow_topics *topics, struct nv_bytes name, enum nv_slow slow);

/* 1 + the enum nv_slow of the longest rule that stands for the name; 0: nothing was said. */
uint8_t nv_slow_topics_find(const struct nv_slow_topics *topics, struct nv_bytes name);

#endif
