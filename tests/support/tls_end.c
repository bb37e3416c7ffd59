/* SPDX-License-Identifier: MIT */
/* tls_end.c: the far end of a TLS connection, over two memory BIOs. */
#include "support/tls_end.h"

#include <stdlib.h>

#include <openssl/err.h>

static void note_alert(const SSL *ssl, int where, int value)
{
	struct tls_end *end = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		end->alert = value;
}

static void must(bool done)
{
	if (done)
		return;
	ERR_print_errors_fp(stderr);
	abort();
}

static void open_end(struct tls_end *end, const SSL_METHOD *method)
{
	*end = (struct tls_end){ .context = SSL_CTX_new(method) };
	must(end->context);
}

static void start(struct tls_end *end)
{
	end->ssl = SSL_new(end->context);
	must(end->ssl);
	SSL_set_bio(end->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	must(SSL_get_rbio(end->ssl) && SSL_get_wbio(end->ssl));
	SSL_set_app_data(end->ssl, end);
	SSL_set_info_callback(end->ssl, note_alert);
}

void tls_end_open_client(struct tls_end *end, const char *ca_file, const char *host)
{
	open_end(end, TLS_client_method());
	if (ca_file) {
		must(SSL_CTX_load_verify_file(end->context, ca_file) == 1);
		SSL_CTX_set_verify(end->context, SSL_VERIFY_PEER, NULL);
	}
	start(end);
	SSL_set_connect_state(end->ssl);
	if (host) {
		must(SSL_set_tlsext_host_name(end->ssl, host) == 1);
		must(SSL_set1_host(end->ssl, host) == 1);
	}
}

void tls_end_open_server(struct tls_end *end, const char *chain_file, const char *key_file)
{
	open_end(end, TLS_server_method());
	must(SSL_CTX_use_certificate_chain_file(end->context, chain_file) == 1);
	must(SSL_CTX_use_PrivateKey_file(end->context, key_file, SSL_FILETYPE_PEM) == 1);
	start(end);
	SSL_set_accept_state(end->ssl);
}

void tls_end_free(struct tls_end *end)
{
	SSL_free(end->ssl);
	SSL_CTX_free(end->context);
	blob_free(&end->plain);
	blob_free(&end->early);
	*end = (struct tls_end){ 0 };
}

bool tls_end_is_open(const struct tls_end *end)
{
	return SSL_is_init_finished(end->ssl);
}

/* True when the call is to be looked at no further: it waits for bytes, or has failed. */
static bool note(struct tls_end *end, int result)
{
	int problem = result > 0 ? SSL_ERROR_NONE : SSL_get_error(end->ssl, result);

	if (problem == SSL_ERROR_ZERO_RETURN)
		end->ended = true;
	else if (problem != SSL_ERROR_NONE && problem != SSL_ERROR_WANT_READ && !end->problem)
		end->problem = problem;
	ERR_clear_error();
	return problem != SSL_ERROR_NONE;
}

static void send_early(struct tls_end *end)
{
	struct blob early = end->early;

	end->early = (struct blob){ 0 };
	if (early.len > 0)
		tls_end_write(end, early.data, early.len);
	blob_free(&early);
}

void tls_end_receive(struct tls_end *end, struct nv_bytes wire)
{
	uint8_t room[16384];
	int result;

	if (wire.len > 0)
		must(BIO_write(SSL_get_rbio(end->ssl), wire.data, (int)wire.len) == (int)wire.len);
	if (end->problem || end->ended)
		return;
	if (!tls_end_is_open(end) && note(end, SSL_do_handshake(end->ssl)))
		return;
	send_early(end);
	for (;;) {
		result = SSL_read(end->ssl, room, sizeof room);
		if (note(end, result))
			return;
		blob_append(&end->plain, room, (size_t)result);
	}
}

void tls_end_take(struct tls_end *end, struct blob *wire)
{
	BIO *out = SSL_get_wbio(end->ssl);
	char *data;
	long len = BIO_get_mem_data(out, &data);

	if (len > 0)
		blob_append(wire, data, (size_t)len);
	(void)BIO_reset(out);
}

void tls_end_write(struct tls_end *end, const void *data, size_t len)
{
	if (!tls_end_is_open(end))
		blob_append(&end->early, data, len);
	else if (len > 0 && !end->problem)
		(void)note(end, SSL_write(end->ssl, data, (int)len));
}

void tls_end_finish(struct tls_end *end)
{
	(void)SSL_shutdown(end->ssl);
	ERR_clear_error();
}
