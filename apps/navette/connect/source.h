/* SPDX-License-Identifier: MIT */
/* source.h: where a talk gets from what it sends: a pipe, a terminal, a recording.
 *
 * A talk polls `fd`, calls read when it says so, and then takes what is offered while there is room
 * for it, one after the other. A source reports its own errors, and sets `lost` for what could not be
 * read. */
#ifndef CONNECT_SOURCE_H
#define CONNECT_SOURCE_H

#include <navette/base.h>

struct nv_talk;
struct nv_source;

enum nv_offer_kind {
	NV_OFFER_LINE, /* to be sent as --binary, --hex and --base64 have it */
	NV_OFFER_TEXT,
	NV_OFFER_BINARY,
	NV_OFFER_QUIT
};

struct nv_offer {
	enum nv_offer_kind kind;
	struct nv_bytes data; /* until it is taken or the source reads */
	uint64_t number;      /* of the line, from 1 */
};

struct nv_source_ops {
	/* Reads once what `fd` has. */
	void (*read)(struct nv_source *source);
	/* What is to be sent next, if anything: the same until it is taken. */
	bool (*offer)(struct nv_source *source, struct nv_offer *offer);
	void (*take)(struct nv_source *source);
	/* The rest may be NULL. The first connection is open. */
	void (*opened)(struct nv_source *source);
	/* It is not open yet, and after a while it is tried again: somebody may type meanwhile. */
	void (*delayed)(struct nv_source *source);
	/* The peer has answered a ping of the source. */
	void (*pong)(struct nv_source *source, struct nv_bytes data);
	/* When something is offered next without a read, as nv_clock_ms; UINT64_MAX: never. */
	uint64_t (*due)(const struct nv_source *source);
	/* Once a turn, before the wait. */
	void (*attend)(struct nv_source *source);
};

struct nv_source {
	const struct nv_source_ops *ops;
	const char *name;     /* of its lines, in reports: "the input" */
	struct nv_talk *talk; /* that it belongs to, for the calls of talk.h */
	bool typed;           /* by a person, who is told what goes on */
	int fd;               /* -1: nothing to poll now; read anew each turn */
	bool eager; /* is read while nothing can be sent, too: somebody types and wants to see it */
	bool ended; /* no read brings anything more; what was read may still be offered */
	bool holds; /* some of it was read, and is not offered yet: a loss when the talk ends now */
	bool lost;  /* some of it could not be read */
};

#endif
