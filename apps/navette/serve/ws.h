/* SPDX-License-Identifier: MIT */
/* ws.h: the simple server, at /ws: it welcomes, and says which message it got. */
#ifndef SERVE_WS_H
#define SERVE_WS_H

#include <navette/navette.h>

#include "serve/entry.h"
#include "serve/limits.h"

struct nv_ws {
	const struct nv_limits *limits;
	struct nv_entry entry;
};

/* `ws` and the limits outlive the server. */
int nv_ws_route(struct nv_server *server, struct nv_ws *ws);

#endif
