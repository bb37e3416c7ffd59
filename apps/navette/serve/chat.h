/* SPDX-License-Identifier: MIT */
/* chat.h: the chat, at /chat, in text or JSON. */
#ifndef SERVE_CHAT_H
#define SERVE_CHAT_H

#include <navette/navette.h>

#include "serve/limits.h"

struct nv_chat;

/* NULL without memory. The limits are copied. */
struct nv_chat *nv_chat_new(struct nv_server *server, const struct nv_limits *limits);
void nv_chat_free(struct nv_chat *chat); /* after the server; NULL does nothing */

int nv_chat_route(struct nv_chat *chat);

#endif
