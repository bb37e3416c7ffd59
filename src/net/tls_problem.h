/* SPDX-License-Identifier: MIT */
/* tls_problem.h: why TLS failed, in words for those who have to mend it. */
#ifndef NET_TLS_PROBLEM_H
#define NET_TLS_PROBLEM_H

struct ssl_st;

/* Of the call on `ssl` that has failed just now, on this thread, whose error queue it empties; with an
 * empty queue, of a peer that went away. A constant text, never NULL; `*error` becomes
 * NV_ERR_CERTIFICATE when the peer's certificate, or the lack of one, is the reason, else NV_ERR_TLS. */
const char *nv_tls_problem_of(const struct ssl_st *ssl, int *error);

/* The same of a connection whose handshake is done: its peer does speak TLS. The error is NV_ERR_TLS. */
const char *nv_tls_problem_later(const struct ssl_st *ssl);

#endif
