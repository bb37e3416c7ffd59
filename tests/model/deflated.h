/* SPDX-License-Identifier: MIT */
/* deflated.h: conversations that zlib compressed beforehand, in all the ways it knows: a stream that
 * carries one costs no compression. */
#ifndef MODEL_DEFLATED_H
#define MODEL_DEFLATED_H

#include <navette/base.h>

#define CONVERSATIONS 2000u
#define CONVERSATION_MAX 6u /* messages */
#define DEFLATED_MAX 3000u  /* bytes of a compressed message */

struct deflated_message {
	enum nv_opcode opcode;
	struct nv_bytes payload; /* without the final 00 00 ff ff (RFC 7692 7.2.1) */
};

struct conversation {
	bool takeover; /* each message continues the window of those before it */
	size_t count;
	struct deflated_message messages[CONVERSATION_MAX];
};

/* CONVERSATIONS of them, the same in every run; made at the first call, and kept. */
const struct conversation *deflated_conversations(void);

#endif
