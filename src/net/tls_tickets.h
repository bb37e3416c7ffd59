/* SPDX-License-Identifier: MIT */
/* tls_tickets.h: the keys of session tickets (RFC 5077, RFC 8446 4.6.1), shared by all loops of a server
 * and by its contexts of before and after a reload. A key makes tickets for 12 h and reads them for 12
 * more; a ticket lives no longer than that. Servers that ask for certificates use none. Any thread. */
#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include <stdint.h>

#include "net/lock.h"

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;
struct ssl_st;

#define NV_TLS_TICKET_KEYS 2 /* the one in use, and the one before */
#define NV_TLS_TICKET_LIFETIME_S (12u * 3600u)

struct nv_tls_ticket_key {
	uint8_t name[16];
	uint8_t cipher[32];
	uint8_t mac[32];
	uint64_t made_s; /* monotonic seconds; 0: none */
};

/* Embedded, zeroed. */
struct nv_tls_tickets {
	struct nv_lock lock;
	struct nv_tls_ticket_key keys[NV_TLS_TICKET_KEYS]; /* newest first */
};

void nv_tls_tickets_init(struct nv_tls_tickets *tickets);
void nv_tls_tickets_deinit(struct nv_tls_tickets *tickets); /* wipes the keys */

/* For the callback that SSL_CTX_set_tlsext_ticket_key_evp_cb sets, with its arguments and results. */
int nv_tls_tickets_start(struct nv_tls_tickets *tickets, const struct ssl_st *ssl, uint8_t *name,
                         uint8_t *iv, struct evp_cipher_ctx_st *cipher, struct evp_mac_ctx_st *mac,
                         int is_writing);

#endif
