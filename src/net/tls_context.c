/* SPDX-License-Identifier: MIT */
/* tls_context.c: one SSL_CTX for each certificate; the first one begins every handshake, and the hello
 * chooses. A server's SSL has a reference to the context, which its callbacks need; a client's has all it
 * needs in its SSL_CTX. */
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/alloc.h"
#include "net/inet.h"
#include "net/lock.h"
#include "net/tls_certificate.h"
#include "net/tls_defaults.h"
#include "net/tls_files.h"
#include "net/tls_gate.h"
#include "net/tls_hello.h"
#include "net/tls_system.h"
#include "net/tls_tickets.h"

struct nv_tls_context {
	atomic_size_t references;
	struct nv_tls_files files;
	struct nv_tls_tickets *tickets; /* of a server */
	int64_t expiry;
	bool strict_names;
	bool client_optional;
	size_t count; /* that are made */
	SSL_CTX *list[];
};

/* --- References --- */

struct nv_tls_context *nv_tls_context_ref(struct nv_tls_context *context)
{
	atomic_fetch_add(&context->references, 1);
	return context;
}

void nv_tls_context_unref(struct nv_tls_context *context)
{
	if (!context || atomic_fetch_sub(&context->references, 1) > 1)
		return;
	while (context->count)
		SSL_CTX_free(context->list[--context->count]);
	nv_tls_files_deinit(&context->files);
	nv_free(context);
}

static struct nv_tls_context *context_new(size_t most, char *problem)
{
	struct nv_tls_context *context =
		nv_alloc_zero(sizeof(*context) + most * sizeof(context->list[0]));

	if (!context)
		return NULL;
	atomic_init(&context->references, 1);
	context->expiry = INT64_MAX;
	context->files.problem = problem;
	return context;
}

/* Gives the context to the caller, or what has been made of it back. */
static int finish(struct nv_tls_context *made, int error, struct nv_tls_context **context,
                  char *problem)
{
	if (error == NV_ERR_NOMEM)
		snprintf(problem, NV_TLS_PROBLEM, "out of memory");
	ERR_clear_error();
	if (error < 0) {
		nv_tls_context_unref(made);
		return error;
	}
	made->files.problem = NULL;
	*context = made;
	return 0;
}

static int add(struct nv_tls_context *context, SSL_CTX *ssl)
{
	if (!ssl)
		return nv_tls_files_refuse(&context->files, "OpenSSL",
		                           "it does not work; its configuration may be broken");
	context->list[context->count++] = ssl;
	return 0;
}

static void see_expiry(struct nv_tls_context *context, SSL_CTX *ssl)
{
	const int64_t expiry = nv_tls_certificate_expiry(ssl);

	if (expiry < context->expiry)
		context->expiry = expiry;
}

int64_t nv_tls_context_expiry(const struct nv_tls_context *context)
{
	return context->expiry;
}

bool nv_tls_context_is_stale(const struct nv_tls_context *context)
{
	return nv_tls_files_are_stale(&context->files);
}

/* --- From a server's SSL to its context --- */

static struct nv_once index_once = NV_ONCE_INIT;
static int context_index;

static void drop(void *ssl, void *context, CRYPTO_EX_DATA *data, int index, long number,
                 void *pointer)
{
	(void)ssl;
	(void)data;
	(void)index;
	(void)number;
	(void)pointer;
	nv_tls_context_unref(context);
}

static void make_index(void)
{
	context_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, drop);
}

static bool keep(struct nv_tls_context *context, SSL *ssl)
{
	nv_once_run(&index_once, make_index);
	if (SSL_set_ex_data(ssl, context_index, context) != 1)
		return false;
	nv_tls_context_ref(context);
	return true;
}

static struct nv_tls_context *context_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, context_index);
}

/* --- A server's callbacks --- */

static SSL_CTX *choose(const struct nv_tls_context *context, struct nv_bytes name)
{
	if (context->count == 1 && !context->strict_names)
		return context->list[0];
	for (size_t i = 0; i < context->count; i++) {
		if (nv_tls_hello_is_for(name, SSL_CTX_get0_certificate(context->list[i])))
			return context->list[i];
	}
	return context->strict_names && name.len > 0 ? NULL : context->list[0];
}

/* A session goes on under the name it began with (RFC 6066 3). */
static bool bind_tickets(SSL *ssl, struct nv_bytes name)
{
	uint8_t folded[NV_TLS_NAME];
	uint8_t digest[SHA256_DIGEST_LENGTH];

	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.data[i];

		folded[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	return SHA256(folded, name.len, digest) &&
	       SSL_set_session_id_context(ssl, digest, sizeof digest) == 1;
}

/* Who has to wait comes here again in each turn: nothing is done for him before he may go on. */
static int read_hello(SSL *ssl, int *alert, void *unused)
{
	const int gate = nv_tls_hello(ssl, alert, unused);
	const struct nv_tls_context *context = context_of(ssl);
	struct nv_bytes name;
	SSL_CTX *chosen;

	if (gate != SSL_CLIENT_HELLO_SUCCESS)
		return gate;
	name = nv_tls_hello_name(ssl);
	chosen = choose(context, name);
	*alert = chosen ? SSL_AD_INTERNAL_ERROR : SSL_AD_UNRECOGNIZED_NAME;
	if (!chosen || !SSL_set_SSL_CTX(ssl, chosen) || !bind_tickets(ssl, name))
		return SSL_CLIENT_HELLO_ERROR;
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* OpenSSL keeps the name only where somebody says that it mattered. */
static int accept_name(SSL *ssl, int *alert, void *unused)
{
	(void)alert;
	(void)unused;
	return SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) ? SSL_TLSEXT_ERR_OK
	                                                          : SSL_TLSEXT_ERR_NOACK;
}

static int start_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                        EVP_MAC_CTX *mac, int is_writing)
{
	return nv_tls_tickets_start(context_of(ssl)->tickets, ssl, name, iv, cipher, mac,
	                            is_writing);
}

/* --- Servers --- */

static bool set_callbacks(SSL_CTX *ssl)
{
	SSL_CTX_set_client_hello_cb(ssl, read_hello, NULL);
	SSL_CTX_set_tlsext_servername_callback(ssl, accept_name);
	SSL_CTX_set_alpn_select_cb(ssl, nv_tls_hello_protocol, NULL);
	return SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, start_ticket) == 1;
}

/* And gives them no tickets, nor takes those of before: OpenSSL would not look at a certificate again,
 * nor at those that lead to its authority, for as long as the session goes on. */
static int ask_for_certificates(struct nv_tls_context *context, SSL_CTX *ssl, const char *ca_file)
{
	const int must = context->client_optional ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

	if (!ca_file)
		return 0;
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | must, NULL);
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ssl, 0);
	if (ssl != context->list[0])
		return nv_tls_certificate_trust_alike(ssl, context->list[0]);
	return nv_tls_certificate_trust(ssl, ca_file, &context->files);
}

static int serve_certificate(struct nv_tls_context *context,
                             const struct nv_certificate *certificate, const char *client_ca_file)
{
	SSL_CTX *ssl = nv_tls_defaults_serve();
	int error = add(context, ssl);

	if (error < 0)
		return error;
	if (!set_callbacks(ssl))
		return NV_ERR_NOMEM;
	error = nv_tls_certificate_use(ssl, certificate, &context->files);
	if (error == 0)
		error = nv_tls_certificate_check_dates(ssl, certificate->chain_file,
		                                       &context->files);
	if (error == 0)
		error = ask_for_certificates(context, ssl, client_ca_file);
	if (error == 0)
		see_expiry(context, ssl);
	return error;
}

static int serve_all(struct nv_tls_context *context, const struct nv_server_tls *options)
{
	int error = 0;

	for (size_t i = 0; i < options->certificate_count && error == 0; i++)
		error = serve_certificate(context, &options->certificates[i],
		                          options->client_ca_file);
	return error;
}

static bool are_named(const struct nv_server_tls *options)
{
	for (size_t i = 0; i < options->certificate_count; i++) {
		if (!options->certificates[i].chain_file)
			return false;
	}
	return options->certificate_count > 0;
}

int nv_tls_context_serve(const struct nv_server_tls *options, struct nv_tls_tickets *tickets,
                         struct nv_tls_context **context, char problem[NV_TLS_PROBLEM])
{
	struct nv_tls_context *made;

	if (!are_named(options)) {
		snprintf(problem, NV_TLS_PROBLEM, "no file with a certificate is given");
		return NV_ERR_INVALID;
	}
	made = context_new(options->certificate_count, problem);
	if (!made)
		return finish(made, NV_ERR_NOMEM, context, problem);
	made->tickets = tickets;
	made->strict_names = options->strict_names;
	made->client_optional = options->client_optional;
	return finish(made, serve_all(made, options), context, problem);
}

/* --- Clients --- */

static int trust(struct nv_tls_context *context, SSL_CTX *ssl, const struct nv_client_tls *options)
{
	SSL_CTX_set_verify(ssl, options->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (options->ca_file)
		return nv_tls_certificate_trust(ssl, options->ca_file, &context->files);
	return options->insecure ? 0 : nv_tls_system_trust(ssl);
}

static int connect_as(struct nv_tls_context *context, const struct nv_client_tls *options)
{
	SSL_CTX *ssl = nv_tls_defaults_connect();
	int error = add(context, ssl);

	if (error == 0)
		error = trust(context, ssl, options);
	if (error < 0 || !options->certificate.chain_file)
		return error;
	error = nv_tls_certificate_use(ssl, &options->certificate, &context->files);
	if (error == 0)
		see_expiry(context, ssl);
	return error;
}

int nv_tls_context_connect(const struct nv_client_tls *options, struct nv_tls_context **context,
                           char problem[NV_TLS_PROBLEM])
{
	struct nv_tls_context *made = context_new(1, problem);
	const int error = made ? connect_as(made, options) : NV_ERR_NOMEM;

	return finish(made, error, context, problem);
}

/* --- Hosts --- */

static bool is_address(int family, const char *host)
{
	uint8_t address[sizeof(struct in6_addr)];

	return inet_pton(family, host, address) == 1;
}

/* Without its brackets and its zone. */
static bool take_ipv6(const char *host, char out[NV_TLS_NAME + 1])
{
	const bool in_brackets = *host == '[';
	const char *from = host + in_brackets;
	const char *end = strchr(from, ']');
	const size_t len = strcspn(from, "]%");

	if (len >= INET6_ADDRSTRLEN || (end != NULL) != in_brackets || (end && end[1] != '\0'))
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return is_address(AF_INET6, out);
}

/* Without its last dot. One in front would mean "any name below" to OpenSSL. */
static bool take_name(const char *host, char out[NV_TLS_NAME + 1])
{
	struct nv_bytes name = nv_str(host);

	if (name.len > 0 && host[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > NV_TLS_NAME || *host == '.' || !nv_tls_hello_is_plain(name))
		return false;
	memcpy(out, host, name.len);
	out[name.len] = '\0';
	return true;
}

static bool take_host(const char *host, char out[NV_TLS_NAME + 1])
{
	return take_ipv6(host, out) || take_name(host, out);
}

bool nv_tls_context_takes_host(const char *host)
{
	char plain[NV_TLS_NAME + 1];

	return take_host(host, plain);
}

/* RFC 6125; a name is told to the server, an address is not (RFC 6066 3). */
static bool expect(SSL *ssl, const char *host)
{
	char plain[NV_TLS_NAME + 1];

	if (!take_host(host, plain))
		return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (is_address(AF_INET, plain) || is_address(AF_INET6, plain))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), plain) == 1;
	return SSL_set1_host(ssl, plain) == 1 && SSL_set_tlsext_host_name(ssl, plain) == 1;
}

/* --- Sessions --- */

struct ssl_st *nv_tls_context_session(struct nv_tls_context *context, const char *host)
{
	SSL *ssl = SSL_new(context->list[0]);

	if (!ssl || !(host ? expect(ssl, host) : keep(context, ssl))) {
		SSL_free(ssl);
		ERR_clear_error();
		return NULL;
	}
	if (host)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}
