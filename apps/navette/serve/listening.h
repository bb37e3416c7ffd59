/* SPDX-License-Identifier: MIT */
/* listening.h: where the server of "navette serve" listens: at the sockets that a manager of services
 * has opened, or else where the options say. Main thread. */
#ifndef SERVE_LISTENING_H
#define SERVE_LISTENING_H

#include <navette/server.h>

#include "serve/options.h"

#define NV_LISTENING_ADDRESS 64

struct nv_listening {
	unsigned port;
	unsigned plain_port;                /* without TLS, beside the other one */
	char address[NV_LISTENING_ADDRESS]; /* of an inherited socket */
};

/* 0, or a negative error when standard error says why. With inherited sockets the options tell
 * afterwards what they are; its address is in `listening`. Before the start. */
int nv_listening_open(struct nv_listening *listening, struct nv_server *server,
                      struct nv_serve_options *options);

#endif
