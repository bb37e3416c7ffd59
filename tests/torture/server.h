/* SPDX-License-Identifier: MIT */
/* server.h: the program of the server in all scenarios. */
#ifndef TORTURE_SERVER_H
#define TORTURE_SERVER_H

#include <navette/navette.h>

/* 0 or an error. */
int server_add_routes(struct nv_server *server);

#endif
