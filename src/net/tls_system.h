/* SPDX-License-Identifier: MIT */
/* tls_system.h: the authorities that the system trusts, in the places where OpenSSL looks for them, of
 * Windows in its own stores, or in those that SSL_CERT_FILE and SSL_CERT_DIR name. */
#ifndef NET_TLS_SYSTEM_H
#define NET_TLS_SYSTEM_H

#include <openssl/ssl.h>

/* The context trusts them. To read them takes a tenth of a second, so the process does it once, and again
 * when they have changed. 0 or NV_ERR_NOMEM; any thread. */
int nv_tls_system_trust(SSL_CTX *ssl);

#endif
