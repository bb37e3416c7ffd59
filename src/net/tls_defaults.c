/* SPDX-License-Identifier: MIT */
/* tls_defaults.c: TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only (RFC 9325). Of TLS
 * 1.3 all ciphers of OpenSSL will do. */
#include "net/tls_defaults.h"

#include <openssl/err.h>

#include <navette/base.h>

#include "net/tls_tickets.h"

#define LEVEL 2        /* keys and signatures as strong as 112 bits: RSA of 2048 */
#define MOST_ISSUERS 4 /* certificates between a peer's and the one that is trusted */

static const char ciphers_of_tls_1_2[] =
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/* OpenSSL 3.5 and later know the first list. The asterisk is a guess that spares a round trip: a client
 * sends a key of this group without being asked. */
static bool set_groups(SSL_CTX *ssl)
{
	bool done = SSL_CTX_set1_groups_list(ssl, "*X25519MLKEM768:*X25519:P-256") == 1 ||
	            SSL_CTX_set1_groups_list(ssl, "X25519:P-256") == 1;

	ERR_clear_error();
	return done;
}

/* Idle connections have no buffers; what is sent is copied into records, wherever it lies. */
static bool set_all(SSL_CTX *ssl)
{
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify_depth(ssl, MOST_ISSUERS);
	if (SSL_CTX_get_security_level(ssl) < LEVEL)
		SSL_CTX_set_security_level(ssl, LEVEL);
	return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(ssl, 0) == 1 &&
	       SSL_CTX_set_cipher_list(ssl, ciphers_of_tls_1_2) == 1 && set_groups(ssl);
}

static SSL_CTX *checked(SSL_CTX *ssl)
{
	if (ssl && set_all(ssl))
		return ssl;
	SSL_CTX_free(ssl);
	return NULL;
}

/* ChaCha20 goes first for those who want it first: they have no AES in hardware. Data in the first
 * flight, which can be replayed, is not taken: OpenSSL's default, which nothing here changes. */
SSL_CTX *nv_tls_defaults_serve(void)
{
	SSL_CTX *ssl = checked(SSL_CTX_new(TLS_server_method()));

	if (!ssl)
		return NULL;
	SSL_CTX_set_options(ssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_timeout(ssl, NV_TLS_TICKET_LIFETIME_S);
	SSL_CTX_set_num_tickets(ssl, 1);
	return ssl;
}

SSL_CTX *nv_tls_defaults_connect(void)
{
	static const unsigned char protocols[] = "\x08http/1.1";
	SSL_CTX *ssl = checked(SSL_CTX_new(TLS_client_method()));

	if (ssl && SSL_CTX_set_alpn_protos(ssl, protocols, sizeof protocols - 1) == 0)
		return ssl;
	SSL_CTX_free(ssl);
	return NULL;
}
