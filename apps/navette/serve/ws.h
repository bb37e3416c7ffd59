/* SPDX-License-Identifier: MIT */
/* ws.h: the simple server, at /ws: it welcomes, and says which message it got. */
#ifndef SERVE_WS_H
#define SERVE_WS_H

#include <navette/navette.h>

#include "serve/limits.h"

/* The limits outlive the server. */
int nv_ws_route(struct nv_server *server, struct nv_limits *limits);

#endif
