/* SPDX-License-Identifier: MIT */
/* tls_defaults.h: what every TLS connection of ours is like, whatever OpenSSL and the system's
 * configuration of it would do. */
#ifndef NET_TLS_DEFAULTS_H
#define NET_TLS_DEFAULTS_H

#include <openssl/ssl.h>

/* Contexts with versions, ciphers, groups, security level and modes set; NULL when OpenSSL fails. */
SSL_CTX *nv_tls_defaults_serve(void);
SSL_CTX *nv_tls_defaults_connect(void);

#endif
