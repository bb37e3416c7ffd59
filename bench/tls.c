/* SPDX-License-Identifier: MIT */
/* tls.c: no more around OpenSSL than it takes to be read like a socket. */
#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

#include "fail.h"

_Noreturn void nv_tls_fail(const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	errno = 0;
	nv_fail("%s: %s", what, reason ? reason : "TLS failed");
}

SSL_CTX *nv_tls_settings(const SSL_METHOD *method)
{
	SSL_CTX *settings = SSL_CTX_new(method);

	if (!settings || !SSL_CTX_set_min_proto_version(settings, TLS1_3_VERSION))
		nv_tls_fail("no settings for TLS");
	SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS);
	/* One recv for all that has come instead of two for each record. */
	SSL_CTX_set_read_ahead(settings, 1);
	SSL_CTX_set_options(settings, SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* OpenSSL writes without MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	return settings;
}

/* What a call without success means, as recv and send would tell it. */
static ssize_t outcome(SSL *tls)
{
	switch (SSL_get_error(tls, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		return -1;
	default:
		nv_tls_fail("TLS");
	}
}

ssize_t nv_tls_receive(SSL *tls, void *data, size_t size)
{
	size_t received = 0;
	size_t len;

	/* What was read ahead does not make the socket readable again. */
	do {
		if (!SSL_read_ex(tls, (char *)data + received, size - received, &len))
			return received > 0 ? (ssize_t)received : outcome(tls);
		received += len;
	} while (SSL_has_pending(tls) && received < size);
	return (ssize_t)received;
}

ssize_t nv_tls_send(SSL *tls, const void *data, size_t len)
{
	size_t sent;

	return SSL_write_ex(tls, data, len, &sent) ? (ssize_t)sent : outcome(tls);
}
