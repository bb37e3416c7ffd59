/* SPDX-License-Identifier: MIT */
/* tls_info.c: what may be asked of a TLS stream. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_hello.h"
#include "net/tls_openssl.h"

#define READING 17000u /* OpenSSL's buffer while a record is not whole */

bool nv_tls_reached(const struct nv_stream *stream)
{
	return nv_tls_is(stream, NV_TLS_REACHED);
}

const char *nv_tls_problem(const struct nv_stream *stream)
{
	return stream->tls->problem;
}

const struct nv_stream *nv_tls_carrier(const struct nv_stream *stream)
{
	return &stream->tls->lower;
}

bool nv_tls_heard(const struct nv_stream *stream)
{
	return stream->tls->received > 0;
}

/* It goes into logs: what cannot be a name is not told, though OpenSSL has it. */
static const char *plain_name(const SSL *ssl)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	return name && nv_tls_hello_is_plain(nv_str(name)) ? name : NULL;
}

bool nv_tls_info(const struct nv_stream *stream, struct nv_tls_info *info)
{
	const SSL *ssl = stream->tls->ssl;

	if (nv_tls_is(stream, NV_TLS_SHAKES))
		return false;
	info->version = SSL_get_version(ssl);
	info->cipher = SSL_get_cipher_name(ssl);
	info->server_name = plain_name(ssl);
	info->resumed = SSL_session_reused(ssl) == 1;
	return true;
}

/* In ASCII: what is beyond it goes as "\C3\BC", each byte of its UTF-8 (RFC 4514 2.4). */
static int print_subject(X509 *certificate, BIO *bio)
{
	const X509_NAME *name = X509_get_subject_name(certificate);

	return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0 ? NV_ERR_INVALID : 0;
}

static int copy_text(BIO *bio, char *out, size_t size)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	if (len < 0 || (size_t)len >= size)
		return NV_ERR_TOO_BIG;
	if (len > 0)
		memcpy(out, text, (size_t)len);
	out[len] = '\0';
	return (int)len;
}

int nv_tls_subject(const struct nv_stream *stream, char *out, size_t size)
{
	const SSL *ssl = stream->tls->ssl;
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	BIO *bio;
	int result;

	if (!certificate || SSL_get_verify_result(ssl) != X509_V_OK)
		return NV_ERR_NOT_FOUND;
	bio = BIO_new(BIO_s_mem());
	if (!bio)
		return NV_ERR_NOMEM;
	result = print_subject(certificate, bio);
	if (!result)
		result = copy_text(bio, out, size);
	BIO_free(bio);
	ERR_clear_error();
	return result;
}

size_t nv_tls_memory(const struct nv_stream *stream)
{
	const struct nv_tls *tls = stream->tls;

	return nv_outq_memory(&tls->lower.out) + (tls->rest ? tls->rest_len : 0) +
	       (SSL_has_pending(tls->ssl) ? READING : 0);
}
