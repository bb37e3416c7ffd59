/* SPDX-License-Identifier: MIT */
/* tls_pair.h: a client and a server of ours that shake hands over memory, and the files they need. */
#ifndef TEST_NET_TLS_PAIR_H
#define TEST_NET_TLS_PAIR_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "net/tls_context.h"
#include "net/tls_problem.h"
#include "net/tls_tickets.h"
#include "support/certs.h"
#include "support/folder.h"
#include "support/unit.h"

/* How it went for one side: 0 and NULL, or why it failed. */
struct tls_side {
	SSL *ssl;
	int error;
	const char *problem;
	unsigned long queued; /* the first error of OpenSSL */
	int alert;            /* the last that it sent or got: 256 * level + number */
};

struct tls_pair {
	struct tls_side client;
	struct tls_side server;
};

/* --- Files --- */

/* NAME.pem and NAME.key in the test's folder. */
static inline struct nv_certificate files_of(const char *name)
{
	char file[64];
	struct nv_certificate files = { 0 };

	snprintf(file, sizeof file, "%s.pem", name);
	files.chain_file = folder_path(file);
	snprintf(file, sizeof file, "%s.key", name);
	files.key_file = folder_path(file);
	return files;
}

static inline void write_files(const struct cert *cert, const char *name)
{
	const struct nv_certificate files = files_of(name);

	certs_write_chain(cert, files.chain_file);
	certs_write_key(cert, files.key_file, NULL);
}

static inline void make_files(const char *name, const struct cert_wish *wish)
{
	struct cert *cert = certs_make(wish);

	write_files(cert, name);
	certs_free(cert);
}

/* --- Contexts, which have to be good --- */

static inline struct nv_tls_context *serve_with(const struct nv_server_tls *options,
                                                struct nv_tls_tickets *tickets)
{
	char problem[NV_TLS_PROBLEM] = "";
	struct nv_tls_context *context = NULL;

	if (nv_tls_context_serve(options, tickets, &context, problem) < 0)
		fail_msg("%s", problem);
	assert_int_equal(ERR_peek_error(), 0);
	return context;
}

static inline struct nv_tls_context *serve_one(const char *name, struct nv_tls_tickets *tickets)
{
	const struct nv_certificate certificate = files_of(name);
	const struct nv_server_tls options = { .certificates = &certificate,
		                               .certificate_count = 1 };

	return serve_with(&options, tickets);
}

static inline struct nv_tls_context *connect_with(const struct nv_client_tls *options)
{
	char problem[NV_TLS_PROBLEM] = "";
	struct nv_tls_context *context = NULL;

	if (nv_tls_context_connect(options, &context, problem) < 0)
		fail_msg("%s", problem);
	assert_int_equal(ERR_peek_error(), 0);
	return context;
}

/* --- The handshake --- */

static inline void side_note_alert(const SSL *ssl, int type, int value)
{
	struct tls_side *side = SSL_get_app_data(ssl);

	if (type & SSL_CB_ALERT)
		side->alert = value;
}

static inline struct tls_side side_of(struct nv_tls_context *context, const char *host)
{
	struct tls_side side = { .ssl = nv_tls_context_session(context, host) };

	assert_non_null(side.ssl);
	return side;
}

/* Sessions of both, joined. `host` is whom the client wants. The test may set them up further. */
static inline void pair_open(struct tls_pair *pair, struct nv_tls_context *client,
                             struct nv_tls_context *server, const char *host)
{
	BIO *ends[2];

	pair->client = side_of(client, host);
	pair->server = side_of(server, NULL);
	assert_int_equal(BIO_new_bio_pair(&ends[0], 1 << 17, &ends[1], 1 << 17), 1);
	SSL_set_bio(pair->client.ssl, ends[0], ends[0]);
	SSL_set_bio(pair->server.ssl, ends[1], ends[1]);
	SSL_set_app_data(pair->client.ssl, &pair->client);
	SSL_set_app_data(pair->server.ssl, &pair->server);
	SSL_set_info_callback(pair->client.ssl, side_note_alert);
	SSL_set_info_callback(pair->server.ssl, side_note_alert);
}

static inline void side_judge(struct tls_side *side, int result)
{
	const int kind = SSL_get_error(side->ssl, result);

	if (result > 0 || kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_ZERO_RETURN)
		return;
	side->queued = ERR_peek_error();
	side->problem = nv_tls_problem_of(side->ssl, &side->error);
	assert_int_equal(ERR_peek_error(), 0);
}

/* One step of one side: the handshake, or else what comes after it. */
static inline void side_step(struct tls_side *side)
{
	char byte;

	if (side->problem)
		return;
	ERR_clear_error();
	if (SSL_is_init_finished(side->ssl))
		side_judge(side, SSL_read(side->ssl, &byte, 1));
	else
		side_judge(side, SSL_do_handshake(side->ssl));
}

/* As far as it comes: four flights, and what is told afterwards, tickets and alerts. */
static inline void pair_run(struct tls_pair *pair)
{
	for (int i = 0; i < 6; i++) {
		side_step(&pair->client);
		side_step(&pair->server);
	}
}

static inline bool pair_is_open(const struct tls_pair *pair)
{
	return !pair->client.problem && !pair->server.problem &&
	       SSL_is_init_finished(pair->client.ssl) && SSL_is_init_finished(pair->server.ssl);
}

static inline void assert_open(const struct tls_pair *pair)
{
	if (pair->client.problem || pair->server.problem)
		fail_msg("client: %s; server: %s", pair->client.problem, pair->server.problem);
	assert_true(pair_is_open(pair));
}

/* In order: OpenSSL forgets the session of a connection that only breaks off. */
static inline void pair_close(struct tls_pair *pair)
{
	SSL_set_shutdown(pair->client.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(pair->client.ssl);
	SSL_free(pair->server.ssl);
	ERR_clear_error();
}

#endif
