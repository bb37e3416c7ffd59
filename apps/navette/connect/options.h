/* SPDX-License-Identifier: MIT */
/* options.h: the command line of navette connect and navette replay, as the flow wants it. */
#ifndef CONNECT_OPTIONS_H
#define CONNECT_OPTIONS_H

#include <navette/handshake.h>
#include <navette/navette.h>

#include "connect/display.h"

/* How lines become messages, and binary messages are printed. */
enum nv_encoding {
	NV_AS_TEXT, /* binary is printed as hex digits */
	NV_AS_BINARY,
	NV_AS_HEX,
	NV_AS_BASE64
};

struct nv_connect_options {
	char *text;        /* the URL as it goes out, owned */
	struct nv_url url; /* its parts, slices of it */

	uint64_t count;   /* it leaves after so many messages; 0: it does not */
	bool waits;       /* it leaves so long after the end of the input: */
	uint32_t wait_ms; /* NV_OFF: never */
	bool null;        /* lines end with a zero, in and out */
	enum nv_encoding encoding;
	bool echo_loop;
	const char *talking; /* one that was given of the options of what is read and printed */
	bool location;
	bool verbose;
	const char *record;    /* the file to write, or NULL */
	const char *recording; /* of replay: the file to read */
	double speed;          /* of replay; 0: at once */
	struct nv_display_options display;
	bool help; /* --help was given; the rest means nothing then */

	/* Owned, as those of `client`, which points into them. */
	char *fields;
	char *subprotocols;
	char *cookie;
	char *credentials;
	char *proxy;
	struct nv_client_options client; /* without its callbacks */
};

enum nv_connect_command {
	NV_COMMAND_CONNECT, /* [OPTION]... URL */
	NV_COMMAND_REPLAY   /* [OPTION]... FILE URL */
};

/* 0, or the exit code after a message on standard error. To be deinitialised in both cases. Secrets in
 * argv are overwritten, for others can read them there. */
int nv_connect_options_parse(struct nv_connect_options *options, enum nv_connect_command command,
                             int argc, char **argv);
void nv_connect_options_deinit(struct nv_connect_options *options);

#endif
