/* SPDX-License-Identifier: MIT */
/* chat.h: the chat, at /chat, in text or JSON. */
#ifndef SERVE_CHAT_H
#define SERVE_CHAT_H

#include <navette/navette.h>

#include "serve/entry.h"
#include "serve/limits.h"

struct nv_chat;

/* NULL without memory. The entry is copied, the limits outlive it. */
struct nv_chat *nv_chat_new(struct nv_server *server, const struct nv_limits *limits,
                            const struct nv_entry *entry);
void nv_chat_free(struct nv_chat *chat); /* after the server; NULL does nothing */

int nv_chat_route(struct nv_chat *chat);

#endif
