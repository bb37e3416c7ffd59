/* SPDX-License-Identifier: MIT */
/* router.h: finds the route of a path. Patterns are compared segment by segment: "rooms" stands for
 * itself, ":id" for any one segment that is not empty, a last star for the rest. */
#ifndef WS_ROUTER_H
#define WS_ROUTER_H

#include <navette/navette.h>

struct nv_route {
	char *pattern;
	struct nv_handlers handlers;              /* of a WebSocket route */
	void (*http)(struct nv_request *request); /* of a plain one */
	void *user;
	enum nv_slow slow; /* of a WebSocket route */
};

/* The owner embeds it, zeroed. Routes are sorted, the more exact first, so that the first match wins. */
struct nv_router {
	struct nv_route **routes;
	size_t count;
	size_t cap;
};

void nv_router_deinit(struct nv_router *router);

/* Copies the route and its pattern. NV_ERR_INVALID for a pattern that makes no sense or that is there
 * already; NV_ERR_NOMEM. */
int nv_router_add(struct nv_router *router, const char *pattern, const struct nv_route *route);

/* The one with exactly this pattern, or NULL. */
struct nv_route *nv_router_get(const struct nv_router *router, const char *pattern);

/* NULL when no route matches. Lives as long as the router. */
const struct nv_route *nv_router_find(const struct nv_router *router, struct nv_bytes path);

/* The part of `path` that ":name", or "*", of the pattern that it matches stands for; else {NULL, 0}. */
struct nv_bytes nv_route_param(const struct nv_route *route, struct nv_bytes path,
                               const char *name);

#endif
