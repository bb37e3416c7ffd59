/* SPDX-License-Identifier: MIT */
/* tls_certificate.h: certificates and keys from files into what OpenSSL works with. */
#ifndef NET_TLS_CERTIFICATE_H
#define NET_TLS_CERTIFICATE_H

#include <openssl/ssl.h>

#include "net/tls_files.h"

/* The context shows this certificate, with its chain and key. NV_ERR_TLS with a problem, NV_ERR_NOMEM. */
int nv_tls_certificate_use(SSL_CTX *ssl, const struct nv_certificate *certificate,
                           struct nv_tls_files *files);

/* NV_ERR_TLS with a problem for one that has expired, or is not valid yet. */
int nv_tls_certificate_check_dates(SSL_CTX *ssl, const char *path, struct nv_tls_files *files);

/* When it ends, in seconds since 1970; 0: nobody can read when. */
int64_t nv_tls_certificate_expiry(SSL_CTX *ssl);

/* The context trusts those whose certificates are in the file, and nobody else; a server names them to
 * its clients. NV_ERR_TLS with a problem, NV_ERR_NOMEM. */
int nv_tls_certificate_trust(SSL_CTX *ssl, const char *path, struct nv_tls_files *files);

/* The context trusts whom the other one does. 0 or NV_ERR_NOMEM. */
int nv_tls_certificate_trust_alike(SSL_CTX *ssl, SSL_CTX *other);

#endif
