/* SPDX-License-Identifier: MIT */
/* entry.h: the door of /ws and /chat: who is let in, and what the others are told. */
#ifndef SERVE_ENTRY_H
#define SERVE_ENTRY_H

#include <navette/navette.h>

#include "serve/auth.h"

/* Outlives the server. */
struct nv_entry {
	struct nv_auth *auth;
	bool before_upgrade;
};

/* on_upgrade of both: answers who may not come, or accepts. */
void nv_entry_upgrade(const struct nv_entry *entry, struct nv_request *request);

/* For on_open: false when the client has been told that its token is no good, and its connection is
 * closing; nothing is logged or said to others about it then. */
bool nv_entry_admit(const struct nv_entry *entry, struct nv_conn *conn, struct nv_pass *pass);

#endif
