/* SPDX-License-Identifier: MIT */
/* tls_openssl.h: what the files of a TLS stream share; nobody else includes it. */
#ifndef NET_TLS_OPENSSL_H
#define NET_TLS_OPENSSL_H

#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_hello_head.h"

/* Of the stream that the owner sees: its `flags`. */
enum {
	NV_TLS_BLOCKED = NV_STREAM_BLOCKED,
	NV_TLS_REACHED = 1u << 1, /* the stream below stands */
	NV_TLS_SHAKES = 1u << 2,  /* hands: the handshake is not done */
	NV_TLS_PARKED = 1u << 3,  /* at the gate, the stream below paused */
	NV_TLS_PAUSED = 1u << 4,  /* by the owner, */
	NV_TLS_AWAITED = 1u << 5, /* when `out` had bytes */
	NV_TLS_ENDS = 1u << 6,    /* the peer has ended its side, */
	NV_TLS_ENDED = 1u << 7,   /* and the owner knows */
	NV_TLS_FINISHES = 1u << 8,
	NV_TLS_FINISHED = 1u << 9,
	NV_TLS_BROKEN = 1u << 10, /* nothing is encrypted or decrypted any more */
	NV_TLS_CLOSING = 1u << 11
};

/* Allocated for each stream; freed after its on_close. */
struct nv_tls {
	struct nv_stream lower;
	struct nv_stream *upper;
	SSL *ssl;
	struct nv_tls_gate *gate; /* NULL: a client's */
	struct nv_hook resume;    /* after a pause that kept something back */
	struct nv_bytes input;    /* what the stream below lends and OpenSSL has not read */
	uint8_t *rest;            /* the same, kept through a pause; or NULL */
	uint32_t rest_len;
	uint32_t chores; /* what the peer made OpenSSL do beside carrying bytes */
	uint64_t received;
	const char *problem;
	struct nv_tls_hello_head hello; /* of a server's client */
	bool starved;                   /* there was no memory for a record */
};

static inline struct nv_tls *nv_tls_of_lower(struct nv_stream *lower)
{
	return nv_container_of(lower, struct nv_tls, lower);
}

static inline bool nv_tls_is(const struct nv_stream *upper, unsigned int flags)
{
	return (upper->flags & flags) != 0;
}

static inline void nv_tls_set(struct nv_stream *upper, unsigned int flags, bool on)
{
	unsigned int kept = upper->flags & ~flags;

	upper->flags = (uint16_t)(on ? kept | flags : kept);
}

/* tls_bio.c: gives the SSL its way to `input`, and to `out` of the stream below. 0 or NV_ERR_NOMEM. */
int nv_tls_bio_attach(struct nv_tls *tls);

/* The stream of an SSL, or NULL when it is not one of ours. */
struct nv_tls *nv_tls_of_session(const SSL *ssl);

/* tls_gate.c: lets it wait for its turn; and what it does when the turn's last flush comes to it. */
void nv_tls_gate_park(struct nv_tls *tls);
void nv_tls_gate_wait_on(struct nv_tls *tls);

/* tls_records.c. OpenSSL tells from its queue of errors, which belongs to the thread, whether a call has
 * failed or only waits; so what is in it has to go before. */
void nv_tls_forget_errors(void);

/* Takes from `out` what may wait in the stream below. False: it has failed. */
bool nv_tls_encrypt(struct nv_tls *tls);

/* All of the input, into NV_LOOP_PLAIN bytes: how many. At the peer's end, and where it fails, ENDS is
 * set. */
size_t nv_tls_decrypt(struct nv_tls *tls, uint8_t *plain);

/* The peer has made OpenSSL do more beside than is usual; watched from nv_tls_watch on. */
void nv_tls_watch(struct nv_tls *tls);
bool nv_tls_is_flooded(const struct nv_tls *tls);

/* tls_openssl.c. Of the call that has just failed: the reason becomes the stream's problem and error, and
 * it is broken; without memory it is closed. What OpenSSL wrote, the alert, leaves yet. */
void nv_tls_fail(struct nv_tls *tls);

/* Goes on with what was kept. */
void nv_tls_resume(struct nv_tls *tls);

#endif
