/* SPDX-License-Identifier: MIT */
/* channel.c: plain, it keeps nothing for a client; with TLS, the SSL of each. */
#include "channel.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls.h"

static SSL_CTX *settings; /* NULL: plain */
static SSL *sessions[NV_CHANNEL_MAX_FD];

void nv_channel_secure(const char *chain_file, const char *key_file)
{
	settings = nv_tls_settings(TLS_server_method());
	/* As Navette: all that it takes to resume a session is in the one ticket that a client gets. */
	SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(settings, 1);
	if (SSL_CTX_use_certificate_chain_file(settings, chain_file) <= 0 ||
	    SSL_CTX_use_PrivateKey_file(settings, key_file, SSL_FILETYPE_PEM) <= 0)
		nv_tls_fail("limit: certificate and key");
}

void nv_channel_open(int fd)
{
	SSL *tls;

	if (!settings)
		return;
	tls = SSL_new(settings);
	if (!tls || !SSL_set_fd(tls, fd))
		nv_tls_fail("limit: a session");
	SSL_set_accept_state(tls);
	sessions[fd] = tls;
}

void nv_channel_close(int fd)
{
	if (settings)
		SSL_free(sessions[fd]);
	close(fd);
}

ssize_t nv_channel_receive(int fd, void *data, size_t size)
{
	return settings ? nv_tls_receive(sessions[fd], data, size)
	                : recv(fd, data, size, MSG_DONTWAIT);
}

ssize_t nv_channel_send(int fd, const void *data, size_t len)
{
	return settings ? nv_tls_send(sessions[fd], data, len)
	                : send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}
