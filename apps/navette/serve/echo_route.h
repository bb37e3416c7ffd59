/* SPDX-License-Identifier: MIT */
/* echo_route.h: the plain echo of --echo, at /, and a word to a browser that comes there. */
#ifndef SERVE_ECHO_ROUTE_H
#define SERVE_ECHO_ROUTE_H

#include <navette/navette.h>

int nv_echo_route(struct nv_server *server);

#endif
