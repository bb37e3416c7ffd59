/* SPDX-License-Identifier: MIT */
/* tls.h: plain SSL_read and SSL_write on a non-blocking socket, with the meaning of recv and send. The
 * handshake is done by the first of them. Anything that breaks TLS ends the program. */
#ifndef NV_BENCH_TLS_H
#define NV_BENCH_TLS_H

#include <stddef.h>
#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_method_st;

/* Settings with what both sides of a benchmark have in common. They live until the program ends. */
struct ssl_ctx_st *nv_tls_settings(const struct ssl_method_st *method);

/* As recv and send: -1 with EAGAIN, also while hands are being shaken. A receive takes all that has
 * come, and no bytes mean that the other side has ended, with or without saying so. */
ssize_t nv_tls_receive(struct ssl_st *tls, void *data, size_t size);
ssize_t nv_tls_send(struct ssl_st *tls, const void *data, size_t len);

/* Ends the program with OpenSSL's own reason. */
_Noreturn void nv_tls_fail(const char *what);

#endif
