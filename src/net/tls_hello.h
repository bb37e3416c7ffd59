/* SPDX-License-Identifier: MIT */
/* tls_hello.h: what a ClientHello asks a server for: a name, and what to speak. */
#ifndef NET_TLS_HELLO_H
#define NET_TLS_HELLO_H

#include <navette/base.h>
#include <openssl/ssl.h>

#define NV_TLS_NAME 255 /* bytes of the longest name (RFC 1035 2.3.4) */

/* The server name (RFC 6066 3) of the hello that is being read; empty: none, or nothing to understand,
 * which OpenSSL will refuse. It dies with OpenSSL's client_hello callback. */
struct nv_bytes nv_tls_hello_name(SSL *ssl);

/* True of letters, digits, '-', '_' and '.': all that a name on the wire is made of. */
bool nv_tls_hello_is_plain(struct nv_bytes name);

/* True when the certificate is for the name: a DNS name in it is the same, or has a "*" for the first
 * label (RFC 6125 6.4); its subject does not matter. What is not plain is nobody's name. */
bool nv_tls_hello_is_for(struct nv_bytes name, X509 *certificate);

/* OpenSSL's callback for the application protocol (RFC 7301): "http/1.1", or the alert. */
int nv_tls_hello_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                          const unsigned char *offered, unsigned int offered_len, void *context);

#endif
