/* SPDX-License-Identifier: MIT */
/* options.h: what the load client is told on its command line, as NAME=NUMBER. */
#ifndef NV_LOAD_OPTIONS_H
#define NV_LOAD_OPTIONS_H

#include <stdint.h>

struct nv_load_options {
	uint32_t port;
	uint32_t server; /* process id, to read its clock and its memory */
	uint32_t clients;
	uint32_t senders; /* rounds: how many of the clients send */
	uint32_t size;    /* of a message */
	uint32_t depth;   /* echo: messages in flight per client */
	uint32_t ms;      /* how long to measure */
	uint32_t tls;     /* 1: wss */
	uint32_t resume;  /* 1: handshakes with a ticket */
};

void nv_load_options_read(struct nv_load_options *options, char **arguments);

#endif
