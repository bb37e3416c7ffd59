/* SPDX-License-Identifier: MIT */
/* secure.c: one context for all, made when the first one needs it. */
#include "secure.h"

#include <fcntl.h>
#include <openssl/ssl.h>

#define CIPHER "TLS_AES_256_GCM_SHA384"
#define GROUP "X25519"
#define HOST "localhost"

static SSL_SESSION *kept;

static SSL_CTX *settings(void)
{
	static SSL_CTX *made;

	if (made)
		return made;
	made = nv_tls_settings(TLS_client_method());
	if (!SSL_CTX_set_ciphersuites(made, CIPHER) || !SSL_CTX_set1_groups_list(made, GROUP))
		nv_tls_fail("load: settings");
	return made;
}

SSL *nv_secure_connect(int fd)
{
	SSL *tls = SSL_new(settings());

	if (!tls || !SSL_set_fd(tls, fd) || !SSL_set_tlsext_host_name(tls, HOST) ||
	    (kept && !SSL_set_session(tls, kept)))
		nv_tls_fail("load: a session");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	SSL_set_connect_state(tls);
	return tls;
}

void nv_secure_keep(SSL *tls)
{
	kept = SSL_get1_session(tls);
}

bool nv_secure_is_resumed(const SSL *tls)
{
	return SSL_session_reused(tls);
}

void nv_secure_end(SSL *tls)
{
	/* Without its close_notify a session could not be resumed, as OpenSSL sees it. */
	SSL_set_shutdown(tls, SSL_SENT_SHUTDOWN);
	SSL_free(tls);
}
