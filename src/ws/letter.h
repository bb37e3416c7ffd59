/* SPDX-License-Identifier: MIT */
/* letter.h: one message of an outbox, which is in one list at a time, and what the files of the outbox share.
 * Nobody else includes it. */
#ifndef WS_LETTER_H
#define WS_LETTER_H

#include "base/outq.h"
#include "ws/outbox.h"

#define NV_LETTER_MAX                                                                              \
	(NV_OUTQ_MAX - 1024u) /* with its head, and pongs before it, it fits a queue */

struct nv_letter {
	struct nv_list link;
	uint32_t len;
	uint32_t end; /* on the wire, wrapping: there at the earliest */
	uint8_t opcode;
	bool doubtful; /* a connection that has ended may have carried it to the peer */
	uint8_t data[];
};

static inline struct nv_letter *nv_letter_of(struct nv_list *link)
{
	return nv_container_of(link, struct nv_letter, link);
}

void nv_letters_free(struct nv_list *letters); /* and the list is empty */

/* A copy, of NV_LETTER_MAX bytes at most, in no list; or NULL. */
struct nv_letter *nv_letter_new(enum nv_opcode opcode, struct nv_bytes message);

/* What has left is kept until it is confirmed. */
static inline bool nv_outbox_keeps(const struct nv_outbox *outbox)
{
	return outbox->options.delivery == NV_AT_LEAST_ONCE;
}

/* The oldest that waits, of which there is one, out of the queue; the caller counts where it goes. Under
 * the lock. */
struct nv_letter *nv_outbox_next(struct nv_outbox *outbox);

#endif
