/* SPDX-License-Identifier: MIT */
/* tls_context.h: what the TLS connections of one server or client share: certificates, whom to trust,
 * tickets. It never changes: new files make a new one. References are counted; any thread. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <navette/tls.h>

struct ssl_st;
struct nv_tls_context;
struct nv_tls_tickets; /* tls_tickets.h */

#define NV_TLS_PROBLEM 512 /* bytes of a text that tells what is wrong, and with which file */

/* Reads the files. 0; else an error with a text in `problem`: NV_ERR_TLS, they are no good, NV_ERR_INVALID,
 * none is named, NV_ERR_NOMEM. A server's certificate is no good outside of its dates, at the start as when
 * it is read again; a client's is for the server to judge. `tickets` outlives the context and all its
 * sessions. */
int nv_tls_context_serve(const struct nv_server_tls *options, struct nv_tls_tickets *tickets,
                         struct nv_tls_context **context, char problem[NV_TLS_PROBLEM]);
int nv_tls_context_connect(const struct nv_client_tls *options, struct nv_tls_context **context,
                           char problem[NV_TLS_PROBLEM]);

struct nv_tls_context *nv_tls_context_ref(struct nv_tls_context *context);
void nv_tls_context_unref(struct nv_tls_context *context); /* NULL does nothing */

/* Of a host from a URL: it is an address, or a name that a certificate can have. */
bool nv_tls_context_takes_host(const char *host);

/* A connection's state, which keeps what it needs of the context; it has no BIO yet. NULL without memory,
 * or for a host that nv_tls_context_takes_host refuses. `host` is NULL in a server; in a client it is
 * the name or address of the URL, which the server has to prove. */
struct ssl_st *nv_tls_context_session(struct nv_tls_context *context, const char *host);

/* When the first of its own certificates ends, in seconds since 1970, not counting those that lead to their
 * authorities; INT64_MAX: it has none. */
int64_t nv_tls_context_expiry(const struct nv_tls_context *context);

/* True when the files are not any more those that were read. */
bool nv_tls_context_is_stale(const struct nv_tls_context *context);

#endif
