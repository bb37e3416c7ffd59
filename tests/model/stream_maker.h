/* SPDX-License-Identifier: MIT */
/* stream_maker.h: makes up what a peer sends: nearly always valid frames of all kinds, in which a few
 * places are then changed. The same random numbers make the same stream. */
#ifndef MODEL_STREAM_MAKER_H
#define MODEL_STREAM_MAKER_H

#include <navette/session.h>

#include "model/deflated.h"
#include "support/prng.h"

#define STREAM_MAX 6144u

struct stream_maker {
	struct prng *prng;
	enum nv_role receiver;                   /* a server gets masked frames */
	const struct conversation *conversation; /* what is said compressed; NULL: nothing */
	size_t said;                             /* of it, up to now */
	size_t len;
	uint8_t bytes[STREAM_MAX];
};

/* `prng`, `receiver` and `conversation` are set. */
void stream_make(struct stream_maker *maker);

#endif
