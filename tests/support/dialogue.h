/* SPDX-License-Identifier: MIT */
/* dialogue.h: what a session said, frame by frame, read from the output of a script or transcript. */
#ifndef SUPPORT_DIALOGUE_H
#define SUPPORT_DIALOGUE_H

#include "support/frames.h"
#include "support/script.h"

struct said {
	struct frame frame;
	uint16_t failure; /* a Close with this status and any reason */
	bool answer;      /* the session's own pong */
};

struct dialogue {
	struct said *said;
	size_t count;
	bool broken; /* what is left is no frame */
};

/* The caller frees it. */
struct dialogue dialogue_read(const struct script_case *script, enum nv_role role);
void dialogue_free(struct dialogue *dialogue);

/* True when `actual` is what `expected` asks for; whatever the masking key. */
bool said_matches(const struct said *expected, const struct said *actual);

/* True for the Close of our side. */
bool said_closes(const struct said *said);

#endif
