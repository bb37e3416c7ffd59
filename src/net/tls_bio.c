/* SPDX-License-Identifier: MIT */
/* tls_bio.c: how OpenSSL reaches the stream below. It reads from the bytes that on_data lends, and
 * copies records to `out`; neither ever waits. */
#include <openssl/crypto.h>

#include "net/tls_openssl.h"

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static int type;
static BIO_METHOD *method; /* of the process, never freed; NULL without memory */

static int read_input(BIO *bio, char *out, size_t size, size_t *len)
{
	struct nv_tls *tls = BIO_get_data(bio);
	size_t part = tls->input.len < size ? tls->input.len : size;

	BIO_clear_retry_flags(bio);
	if (part == 0) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(out, tls->input.data, part);
	tls->input.data += part;
	tls->input.len -= part;
	*len = part;
	return 1;
}

static int write_record(BIO *bio, const char *data, size_t len, size_t *written)
{
	struct nv_tls *tls = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (nv_outq_append(&tls->lower.out, data, len) < 0) {
		tls->starved = true;
		return 0;
	}
	*written = len;
	return 1;
}

static long control(BIO *bio, int command, long number, void *ptr)
{
	(void)bio;
	(void)number;
	(void)ptr;
	return command == BIO_CTRL_FLUSH;
}

static void make_method(void)
{
	BIO_METHOD *made;

	type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;
	made = BIO_meth_new(type, "stream");
	if (!made)
		return;
	BIO_meth_set_read_ex(made, read_input);
	BIO_meth_set_write_ex(made, write_record);
	BIO_meth_set_ctrl(made, control);
	method = made;
}

int nv_tls_bio_attach(struct nv_tls *tls)
{
	BIO *bio = NULL;

	if (CRYPTO_THREAD_run_once(&once, make_method) && method)
		bio = BIO_new(method);
	if (!bio)
		return NV_ERR_NOMEM;
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	return 0;
}

struct nv_tls *nv_tls_of_session(const SSL *ssl)
{
	BIO *bio = SSL_get_rbio(ssl);

	if (!bio || BIO_method_type(bio) != type)
		return NULL;
	return BIO_get_data(bio);
}
