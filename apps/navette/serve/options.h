/* SPDX-License-Identifier: MIT */
/* options.h: what the command line of "navette serve" says. */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define NV_SERVE_LOCALHOST "localhost"

struct nv_serve_options {
	const char *address; /* NV_SERVE_LOCALHOST, or what --listen says, without brackets */
	uint32_t port;
	uint32_t max_message;
	uint32_t rate;
	uint32_t ping_interval_s;
	uint32_t threads;
	/* As the library takes them: 0 for its default, NV_OFF for none. */
	uint32_t max_connections;
	uint32_t max_connections_per_ip;
	uint32_t handshakes_per_ip_per_s;
	bool compression;
	bool context_takeover;
	bool echo; /* instead of the chat and everything else */
	bool hub;  /* the same */
	bool log_messages;
};

/* Fills in the options. -1: go on; else the exit code, when all has been said. */
int nv_serve_options_read(struct nv_serve_options *options, int argc, char **argv);

#endif
