/* SPDX-License-Identifier: MIT */
/* options.h: the command line of navette connect, as the flow wants it. */
#ifndef CONNECT_OPTIONS_H
#define CONNECT_OPTIONS_H

#include <navette/handshake.h>
#include <navette/navette.h>

struct nv_connect_options {
	const char *text;  /* the URL, of argv */
	struct nv_url url; /* its parts, slices of it */
	bool once;
	bool echo_loop;
	bool help;                       /* --help was given; the rest means nothing then */
	char *fields;                    /* owned, as those of `client` */
	char *subprotocols;              /* owned */
	struct nv_client_options client; /* without its callbacks; points into the two above */
};

/* 0, or the exit code after a message on standard error. To be deinitialised in both cases. */
int nv_connect_options_parse(struct nv_connect_options *options, int argc, char **argv);
void nv_connect_options_deinit(struct nv_connect_options *options);

#endif
