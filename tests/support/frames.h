/* SPDX-License-Identifier: MIT */
/* frames.h: reads what a session wrote, strictly: whole frames, lengths in their shortest form,
 * masked by a client and not by a server. Written without the library. */
#ifndef SUPPORT_FRAMES_H
#define SUPPORT_FRAMES_H

#include <navette/session.h>

#include "support/blob.h"

struct frame {
	bool fin;
	uint8_t opcode;
	uint8_t key[4]; /* of a client's frame */
	size_t head;    /* bytes in front of the payload */
	struct blob payload;
};

/* Takes one frame from the front of `*bytes`; false when there is none or it breaks a rule. The
 * caller frees the payload. */
bool frame_take(struct nv_bytes *bytes, enum nv_role sender, struct frame *frame);

/* True for a Close that says `status` and gives a reason in printable ASCII. */
bool frame_is_failure(const struct frame *frame, uint16_t status);

#endif
