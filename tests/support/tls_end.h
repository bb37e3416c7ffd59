/* SPDX-License-Identifier: MIT */
/* tls_end.h: the far end of a TLS connection in a test: OpenSSL over memory. The test carries the bytes.
 *
 * It does nothing that the test does not ask for, and no assertion: what failed is told by `problem`. */
#ifndef SUPPORT_TLS_END_H
#define SUPPORT_TLS_END_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "support/blob.h"

struct tls_end {
	SSL_CTX *context;
	SSL *ssl;
	struct blob plain; /* received, for the test to take from */
	struct blob early; /* written before the handshake was done */
	bool ended;        /* a close_notify came */
	int problem;       /* of SSL_get_error, the first; 0: none */
	int alert;         /* the last that came: 256 * its level + its number; 0: none */
};

/* A client trusts `ca_file`, or anybody if that is NULL; it asks for `host` and verifies it, unless that
 * is NULL. The test may set up `context` and `ssl` further before it takes the first bytes. */
void tls_end_open_client(struct tls_end *end, const char *ca_file, const char *host);
void tls_end_open_server(struct tls_end *end, const char *chain_file, const char *key_file);
void tls_end_free(struct tls_end *end);

/* Goes on as far as it can without more bytes from the wire, which these bring, or {NULL, 0}. */
void tls_end_receive(struct tls_end *end, struct nv_bytes wire);
/* What it has for the wire; appended to `wire`. */
void tls_end_take(struct tls_end *end, struct blob *wire);

/* Encrypted now, or when the handshake is done. */
void tls_end_write(struct tls_end *end, const void *data, size_t len);
void tls_end_finish(struct tls_end *end); /* close_notify */
bool tls_end_is_open(const struct tls_end *end);

#endif
