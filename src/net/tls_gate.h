/* SPDX-License-Identifier: MIT */
/* tls_gate.h: where handshakes wait for their turn: see struct nv_tls_gate. */
#ifndef NET_TLS_GATE_H
#define NET_TLS_GATE_H

struct ssl_st;

/* The client_hello callback (SSL_CTX_set_client_hello_cb) of every server's context: lets a whole
 * ClientHello through when its turn has come, and what is no stream of ours always. */
int nv_tls_hello(struct ssl_st *ssl, int *alert, void *arg);

#endif
