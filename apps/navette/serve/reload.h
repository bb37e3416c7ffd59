/* SPDX-License-Identifier: MIT */
/* reload.h: what a SIGHUP changes in a server that runs. Main thread. */
#ifndef SERVE_RELOAD_H
#define SERVE_RELOAD_H

#include <navette/navette.h>

#include "serve/auth.h"
#include "serve/limits.h"
#include "serve/options.h"

struct nv_reload {
	int argc;
	char **argv;
	struct nv_serve_options *options; /* what is changed is changed here as well */
	struct nv_limits *limits;         /* NULL: there are none */
	uint32_t most_message;            /* that the limits can be raised to */
	struct nv_server *server;
	struct nv_auth *auth; /* or NULL */
};

/* Reads the configuration, the certificates and the tokens again, and logs what is new, what needs a restart
 * and what is wrong. A configuration with a problem changes nothing at all. */
void nv_reload(const struct nv_reload *reload);

#endif
