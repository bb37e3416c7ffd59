/* SPDX-License-Identifier: MIT */
/* message.h: the JSON messages of the chat: read what arrives, write what leaves. What is written
 * is the caller's, to be freed with free(); NULL without memory. */
#ifndef SERVE_MESSAGE_H
#define SERVE_MESSAGE_H

#include <navette/base.h>

enum nv_message_kind {
	NV_MESSAGE_NONE, /* no JSON object with a string "type": plain text, from a text client */
	NV_MESSAGE_SAID, /* {"type":"message","contenu":text} */
	NV_MESSAGE_NAME, /* {"type":"pseudo","pseudo":text} */
	NV_MESSAGE_PING, /* {"type":"ping"} */
	NV_MESSAGE_WRONG /* JSON of another type, or one whose text is missing */
};

struct nv_message {
	enum nv_message_kind kind;
	struct nv_bytes text; /* lives until nv_message_deinit */
	char problem[80];     /* of NONE and WRONG: what is wrong, in French */
	void *tree;
};

/* `bytes` is UTF-8. Call nv_message_deinit in any case. */
void nv_message_read(struct nv_message *message, struct nv_bytes bytes);
void nv_message_deinit(struct nv_message *message);

#define NV_MESSAGE_PONG "{\"type\":\"pong\"}"

char *nv_message_said(const char *sender, struct nv_bytes text, const char *stamp);
char *nv_message_system(const char *text);
char *nv_message_error(const char *problem);

#endif
