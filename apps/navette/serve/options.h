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
	bool compression;
	bool context_takeover;
	bool echo; /* instead of the chat and everything else */
};

/* Fills in the options. -1: go on; else the exit code, when all has been said. */
int nv_serve_options_read(struct nv_serve_options *options, int argc, char **argv);

#endif
