/* SPDX-License-Identifier: MIT */
/* secure.h: the server of fixture.h, whose TLS is what a test is about. */
#ifndef TESTS_WS_SECURE_H
#define TESTS_WS_SECURE_H

#include "ws/fixture.h"

static inline void secure_start(struct fixture *f, struct nv_server_options options)
{
	fixture_start(f, options);
	fixture_secure(f, "server.pem", "server.key");
}

/* A far end that has sent its ClientHello. */
static inline struct sim_peer *secure_peer(struct tls_end **end)
{
	struct sim_peer *peer = sim_connect(TLS_PORT);

	*end = far_client(peer, paper("ca.pem"), "example.org");
	return peer;
}

/* One whose upgrade has been answered. */
static inline struct sim_peer *secure_connect(struct fixture *f, struct tls_end **end)
{
	struct sim_peer *peer = secure_peer(end);

	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f->loop);
	assert_status(peer, 101);
	assert_seen("open ");
	return peer;
}

/* The name of the certificate that an end was shown. */
static inline void assert_shown(const struct tls_end *end, const char *name)
{
	char text[64] = "";
	X509 *shown = SSL_get1_peer_certificate(end->ssl);

	assert_non_null(shown);
	X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text, sizeof text);
	X509_free(shown);
	assert_string_equal(text, name);
}

#endif
