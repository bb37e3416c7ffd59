/* SPDX-License-Identifier: MIT */
/* far_tls.h: far ends of the simulated world that speak TLS by themselves: the test sends and takes plain
 * bytes, as without TLS. What they do wrong is told by `problem` of their tls_end. */
#ifndef TESTS_WS_FAR_TLS_H
#define TESTS_WS_FAR_TLS_H

#include <stdlib.h>

#include "sim/sim.h"
#include "support/tls_end.h"
#include "support/unit.h"

/* What the end has to say, to the test and to the wire. */
static inline void far_move(struct sim_peer *peer, struct tls_end *end)
{
	struct blob wire = { 0 };

	sim_peer_hear(peer, blob_bytes(&end->plain));
	end->plain.len = 0;
	tls_end_take(end, &wire);
	sim_peer_put(peer, blob_bytes(&wire));
	blob_free(&wire);
}

static inline void far_read(struct sim_peer *peer, void *context, struct nv_bytes wire)
{
	tls_end_receive(context, wire);
	far_move(peer, context);
}

static inline void far_write(struct sim_peer *peer, void *context, struct nv_bytes plain)
{
	tls_end_write(context, plain.data, plain.len);
	far_move(peer, context);
}

static inline void far_release(void *context)
{
	tls_end_free(context);
	free(context);
}

static const struct sim_speech far_speech = {
	.read = far_read,
	.write = far_write,
	.release = far_release,
};

static inline struct tls_end *far_end_new(void)
{
	struct tls_end *end = calloc(1, sizeof *end);

	assert_non_null(end);
	return end;
}

/* Starts the handshake of an end that is set up. The end lives as long as the peer. */
static inline struct tls_end *far_start(struct sim_peer *peer, struct tls_end *end)
{
	sim_peer_speak(peer, &far_speech, end);
	return end;
}

static inline struct tls_end *far_client(struct sim_peer *peer, const char *ca_file,
                                         const char *host)
{
	struct tls_end *end = far_end_new();

	tls_end_open_client(end, ca_file, host);
	return far_start(peer, end);
}

static inline struct tls_end *far_server(struct sim_peer *peer, const char *chain_file,
                                         const char *key_file)
{
	struct tls_end *end = far_end_new();

	tls_end_open_server(end, chain_file, key_file);
	return far_start(peer, end);
}

/* close_notify. */
static inline void far_finish(struct sim_peer *peer, struct tls_end *end)
{
	tls_end_finish(end);
	far_move(peer, end);
}

#endif
