/* SPDX-License-Identifier: MIT */
/* tls_system_store.h: where the system keeps the authorities that it trusts. Not for several threads. */
#ifndef NET_TLS_SYSTEM_STORE_H
#define NET_TLS_SYSTEM_STORE_H

#include <openssl/sha.h>
#include <openssl/x509.h>

/* What would be read now, and when that was written, as a hash. */
#define NV_TLS_SYSTEM_SOURCE SHA256_DIGEST_LENGTH
void nv_tls_system_source(unsigned char source[NV_TLS_SYSTEM_SOURCE]);

/* The caller's. NULL without memory. */
X509_STORE *nv_tls_system_read(void);

#endif
