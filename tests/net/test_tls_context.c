/* SPDX-License-Identifier: MIT */
/* test_tls_context.c: which certificate and protocol a server chooses, which clients it lets in, and when
 * its files are not any more what they were. Both sides are ours, over memory. */
#include "net/tls_context.h"

#include <dlfcn.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

#include "net/tls_authorities.h"
#include "net/tls_openssl.h"

#define LOCAL "DNS:localhost,IP:127.0.0.1,IP:::1"
#define EXPIRED .from_s = -30 * CERTS_DAY, .until_s = -1
#define UNKNOWN "the certificate's authority is not known"

/* --- The name that a client asks for --- */

struct name_case {
	const char *host;   /* as in the URL */
	const char *asked;  /* what the server hears */
	const char *chosen; /* CN of the certificate that it shows; NULL: none */
	const char *chosen_strictly;
};

static void subject_of(const X509 *x509, char *out, int size)
{
	X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, out, size);
}

static void assert_asked(const struct tls_pair *pair, const char *name)
{
	const char *heard = SSL_get_servername(pair->server.ssl, TLSEXT_NAMETYPE_host_name);

	if (!name)
		assert_null(heard);
	else
		assert_string_equal(heard, name);
}

static void assert_chosen(const struct tls_pair *pair, const char *chosen)
{
	char subject[64] = "";
	X509 *shown = SSL_get1_peer_certificate(pair->client.ssl);

	assert_open(pair);
	subject_of(shown, subject, sizeof subject);
	assert_string_equal(subject, chosen);
	X509_free(shown);
}

static void assert_name_refused(const struct tls_pair *pair)
{
	assert_int_equal(pair->client.alert, SSL3_AL_FATAL << 8 | 112);
	assert_string_equal(pair->client.problem, "the peer has no certificate for this host name");
	assert_string_equal(pair->server.problem,
	                    "the peer asks for a name that no certificate has");
	assert_int_equal(pair->server.error, NV_ERR_TLS);
}

static struct nv_tls_context *serve_three(bool strict_names)
{
	const struct nv_certificate certificates[] = { files_of("first"), files_of("second"),
		                                       files_of("third") };
	const struct nv_server_tls options = { .certificates = certificates,
		                               .certificate_count = 3,
		                               .strict_names = strict_names };

	return serve_with(&options, &tickets);
}

static void ask_for(const char *host, bool strict_names, int version, struct tls_pair *pair)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_three(strict_names);

	pair_open(pair, client, server, host);
	SSL_set_max_proto_version(pair->client.ssl, version);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
}

static void play_names(const struct name_case *row, int version)
{
	struct tls_pair pair;

	ask_for(row->host, false, version, &pair);
	assert_asked(&pair, row->asked);
	assert_chosen(&pair, row->chosen);
	pair_close(&pair);
	ask_for(row->host, true, version, &pair);
	if (row->chosen_strictly)
		assert_chosen(&pair, row->chosen_strictly);
	else
		assert_name_refused(&pair);
	pair_close(&pair);
}

static void a_name_chooses_the_certificate(void **state)
{
	static const struct name_case table[] = {
		{ "localhost", "localhost", "first", "first" },
		{ "other.example", "other.example", "second", "second" },
		{ "OTHER.Example", "OTHER.Example", "second", "second" },
		{ "other.example.", "other.example", "second", "second" },
		{ "x.a.example", "x.a.example", "second", "second" },
		{ "both.example", "both.example", "second", "second" }, /* the third has it too */
		{ "third.example", "third.example", "third", "third" },
		{ "y.x.a.example", "y.x.a.example", "first", NULL },
		{ "a.example", "a.example", "first", NULL },
		{ "first", "first", "first", NULL }, /* in CN only */
		{ "second", "second", "first", NULL },
		{ "unknown.example", "unknown.example", "first", NULL },
		{ "127.0.0.1", NULL, "first", "first" },
		{ "[::1]", NULL, "first", "first" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		play_names(&table[i], TLS1_3_VERSION);
		play_names(&table[i], TLS1_2_VERSION);
	}
}

/* A stream that has only what may be asked of it. */
static bool info_of(const struct tls_pair *pair, struct nv_tls_info *info)
{
	struct nv_tls tls = { .ssl = pair->server.ssl };
	struct nv_stream stream = { .tls = &tls };

	return nv_tls_info(&stream, info);
}

static void ask_rawly_for(const char *name, bool strict_names, int version, struct tls_pair *pair)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_three(strict_names);

	pair_open(pair, client, server, "localhost");
	SSL_set_tlsext_host_name(pair->client.ssl, name);
	SSL_set_max_proto_version(pair->client.ssl, version);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
}

/* The name goes into logs. */
static void what_cannot_be_a_name_is_nobodys(void **state)
{
	static const char *const names[] = { "x\n.a.example", "\x1b[2J.a.example", "x y.a.example",
		                             "*.a.example",   "b\xc3\xbc.example", "::1" };
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct nv_tls_info info;
	struct tls_pair pair;

	for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) {
		ask_rawly_for(names[i / 2], false, versions[i % 2], &pair);
		assert_chosen(&pair, "first");
		assert_true(info_of(&pair, &info));
		assert_null(info.server_name);
		pair_close(&pair);
		ask_rawly_for(names[i / 2], true, versions[i % 2], &pair);
		assert_name_refused(&pair);
		pair_close(&pair);
	}
	ask_rawly_for(".a.example", false, TLS1_3_VERSION, &pair);
	assert_chosen(&pair, "first");
	assert_true(info_of(&pair, &info));
	assert_string_equal(info.server_name, ".a.example");
	pair_close(&pair);
}

/* --- Who has to wait --- */

static int lookups;

/* In place of OpenSSL's. */
int X509_check_host(X509 *x509, const char *name, size_t len, unsigned int flags, char **found)
{
	int (*real)(X509 *, const char *, size_t, unsigned int, char **);

	*(void **)&real = dlsym(RTLD_NEXT, "X509_check_host");
	lookups++;
	return real(x509, name, len, flags, found);
}

/* Many wait, each is looked at again in every turn. */
static void nothing_is_looked_up_for_who_has_to_wait(void **state)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_three(true);
	struct nv_tls_gate gate = { .used = NV_TLS_HANDSHAKES };
	struct nv_tls tls = { .gate = &gate };
	char hello[4096];
	struct tls_pair pair;

	pair_open(&pair, client, server, "third.example");
	SSL_do_handshake(pair.client.ssl);
	tls.input.len = (size_t)BIO_read(SSL_get_rbio(pair.server.ssl), hello, sizeof hello);
	tls.input.data = (const uint8_t *)hello;
	tls.ssl = pair.server.ssl;
	assert_int_equal(nv_tls_bio_attach(&tls), 0);
	lookups = 0;
	assert_int_equal(SSL_do_handshake(tls.ssl), -1);
	assert_int_equal(SSL_get_error(tls.ssl, -1), SSL_ERROR_WANT_CLIENT_HELLO_CB);
	assert_int_equal(lookups, 0);
	tls.gate = NULL;
	SSL_do_handshake(tls.ssl);
	assert_int_equal(lookups, 3);
	pair_close(&pair);
	nv_outq_deinit(&tls.lower.out);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
}

/* RFC 8446 4.1.4: the server wants another key, and gets a second hello. */
static void a_second_hello_chooses_again(void **state)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_three(true);
	struct tls_pair pair;

	pair_open(&pair, client, server, "other.example");
	assert_int_equal(SSL_set1_groups_list(pair.client.ssl, "P-384:P-256"), 1);
	pair_run(&pair);
	assert_chosen(&pair, "second");
	assert_asked(&pair, "other.example");
	assert_int_equal(SSL_get_negotiated_group(pair.server.ssl), NID_X9_62_prime256v1);
	pair_close(&pair);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
}

/* --- What to speak --- */

static void offer(const char *protocols, unsigned int len, struct tls_pair *pair)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_one("server", &tickets);

	pair_open(pair, client, server, "localhost");
	if (protocols)
		SSL_set_alpn_protos(pair->client.ssl, (const unsigned char *)protocols, len);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
}

static void assert_spoken(const struct tls_pair *pair, const char *protocol)
{
	const unsigned char *chosen;
	unsigned int len;

	assert_open(pair);
	SSL_get0_alpn_selected(pair->client.ssl, &chosen, &len);
	assert_int_equal(len, strlen(protocol));
	assert_true(len == 0 || memcmp(chosen, protocol, len) == 0);
}

static void http_1_1_is_chosen_or_nothing(void **state)
{
	struct tls_pair pair;

	offer(NULL, 0, &pair); /* as a client of ours does */
	assert_spoken(&pair, "http/1.1");
	pair_close(&pair);
	offer("\2h2\x8http/1.1", 12, &pair);
	assert_spoken(&pair, "http/1.1");
	pair_close(&pair);
	offer("", 0, &pair);
	assert_spoken(&pair, "");
	pair_close(&pair);
	offer("\2h2\x8HTTP/1.1", 12, &pair);
	assert_int_equal(pair.client.alert, SSL3_AL_FATAL << 8 | 120);
	assert_string_equal(pair.server.problem, "the peer does not offer http/1.1 (ALPN)");
	assert_string_equal(pair.client.problem, "the peer does not speak http/1.1 (ALPN)");
	pair_close(&pair);
}

/* --- Clients with certificates --- */

enum ask {
	NOT_ASKED,
	MAY,
	MUST
};

struct client_case {
	const char *title;
	struct cert_wish wish;
	bool none;
	const char *asked;   /* what the server says to it when it has to have one; NULL: come in */
	const char *may_ask; /* and when it may have none */
	const char *told;    /* what the client says of that */
	const char *told_1_2; /* and in TLS 1.2, if it has another alert for it */
};

static struct nv_tls_context *serve_clients(enum ask ask)
{
	const struct nv_certificate certificates[] = { files_of("server"), files_of("second") };
	const struct nv_server_tls options = {
		.certificates = certificates,
		.certificate_count = 2,
		.client_ca_file = ask == NOT_ASKED ? NULL : folder_path("ca.pem"),
		.client_optional = ask == MAY,
	};

	return serve_with(&options, &tickets);
}

static struct nv_tls_context *connect_as(const struct client_case *row)
{
	struct nv_client_tls options = { .insecure = true };

	if (!row->none) {
		make_files("client", &row->wish);
		options.certificate = files_of("client");
	}
	return connect_with(&options);
}

static void assert_let_in(const struct client_case *row, const struct tls_pair *pair,
                          const char *problem)
{
	const char *server = pair->server.problem;

	if (!server != !problem || (server && strcmp(server, problem) != 0))
		fail_msg("%s: %s", row->title, server ? server : "let in");
	if (!problem) {
		assert_open(pair);
		return;
	}
	assert_int_equal(pair->server.error, NV_ERR_CERTIFICATE);
	assert_int_equal(pair->client.error, NV_ERR_TLS);
	if (SSL_version(pair->client.ssl) == TLS1_2_VERSION && row->told_1_2)
		assert_string_equal(pair->client.problem, row->told_1_2);
	else
		assert_string_equal(pair->client.problem, row->told);
}

static void play_client(const struct client_case *row, enum ask ask, const char *host, int version)
{
	struct nv_tls_context *server = serve_clients(ask);
	struct nv_tls_context *client = connect_as(row);
	const char *const expected[] = { NULL, row->may_ask, row->asked };
	struct tls_pair pair;

	pair_open(&pair, client, server, host);
	SSL_set_max_proto_version(pair.client.ssl, version);
	pair_run(&pair);
	assert_let_in(row, &pair, expected[ask]);
	if (pair_is_open(&pair))
		assert_int_equal(SSL_get0_peer_certificate(pair.server.ssl) != NULL,
		                 ask != NOT_ASKED && !row->none);
	pair_close(&pair);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
}

static void clients_are_asked_for_certificates(void **state)
{
	const struct client_case table[] = {
		{ .title = "none",
		  .none = true,
		  .asked = "the peer has shown no certificate",
		  .told = "the peer wants a certificate of ours",
		  .told_1_2 = "the peer refuses the handshake" },
		{ .title = "good",
		  .wish = { .name = "anna", .purpose = "clientAuth", .issuer = authority } },
		{ .title = "for anything", .wish = { .name = "anna", .issuer = authority } },
		{ .title = "expired",
		  .wish = { .name = "anna", .issuer = authority, EXPIRED },
		  .asked = "the certificate has expired",
		  .may_ask = "the certificate has expired",
		  .told = "our certificate has expired, says the peer" },
		{ .title = "another authority",
		  .wish = { .name = "anna", .issuer = unknown },
		  .asked = UNKNOWN,
		  .may_ask = UNKNOWN,
		  .told = "the peer does not know the authority of our certificate" },
		{ .title = "self-signed",
		  .wish = { .name = "anna" },
		  .asked = "the certificate is self-signed",
		  .may_ask = "the certificate is self-signed",
		  .told = "the peer does not know the authority of our certificate" },
		{ .title = "for servers",
		  .wish = { .name = "anna", .purpose = "serverAuth", .issuer = authority },
		  .asked = "the certificate is not for this use",
		  .may_ask = "the certificate is not for this use",
		  .told = "the peer does not accept our certificate" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		for (enum ask ask = NOT_ASKED; ask <= MUST; ask++) {
			play_client(&table[i], ask, "localhost", TLS1_3_VERSION);
			play_client(&table[i], ask, "other.example", TLS1_3_VERSION);
			play_client(&table[i], ask, "other.example", TLS1_2_VERSION);
		}
	}
}

struct subject_case {
	int type;
	const char *name;
	int len;
	const char *printed;
};

/* A client's certificate whose CN is that. */
static void make_subject(const struct subject_case *row)
{
	struct cert *cert = certs_make(&(struct cert_wish){ .issuer = authority });
	X509_NAME *name = X509_NAME_new();

	assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, row->type,
	                                            (const unsigned char *)row->name, row->len, -1,
	                                            0),
	                 1);
	assert_int_equal(X509_set_subject_name(cert->x509, name), 1);
	assert_true(X509_sign(cert->x509, authority->key, EVP_sha256()) > 0);
	write_files(cert, "client");
	X509_NAME_free(name);
	certs_free(cert);
}

static void meet_subject(const struct subject_case *row, struct tls_pair *pair)
{
	const struct nv_client_tls options = { .insecure = true,
		                               .certificate = files_of("client") };
	struct nv_tls_context *client;
	struct nv_tls_context *server = serve_clients(MUST);

	make_subject(row);
	client = connect_with(&options);
	pair_open(pair, client, server, "localhost");
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
	assert_open(pair);
}

static int subject_seen(const struct tls_pair *pair, char *out, size_t size)
{
	struct nv_tls tls = { .ssl = pair->server.ssl };
	const struct nv_stream stream = { .tls = &tls };

	return nv_tls_subject(&stream, out, size);
}

static void play_subject(const struct subject_case *row)
{
	const size_t len = strlen(row->printed);
	struct tls_pair pair;
	char text[64];

	meet_subject(row, &pair);
	assert_int_equal(subject_seen(&pair, text, sizeof text), len);
	assert_string_equal(text, row->printed);
	assert_int_equal(subject_seen(&pair, text, len), NV_ERR_TOO_BIG);
	pair_close(&pair);
}

/* RFC 4514 2.4; what is not ASCII could be anything on a terminal. */
static void a_subject_is_plain_text(void **state)
{
	static const struct subject_case rows[] = {
		{ V_ASN1_UTF8STRING, "anna", 4, "CN=anna" },
		{ V_ASN1_UTF8STRING, "a,b+c\"", 6, "CN=a\\,b\\+c\\\"" },
		{ V_ASN1_UTF8STRING, "a\nb\x1b[", 5, "CN=a\\0Ab\\1B[" },
		{ V_ASN1_UTF8STRING, "a\0b", 3, "CN=a\\00b" },
		{ V_ASN1_UTF8STRING, "\xc3\xbc", 2, "CN=\\C3\\BC" },
		{ V_ASN1_UTF8STRING, "a\xc2\x9b", 3, "CN=a\\C2\\9B" },
		{ V_ASN1_UTF8STRING, "\xe2\x80\xae", 3, "CN=\\E2\\80\\AE" },
		{ V_ASN1_BMPSTRING, "\0a\0\xfc", 4, "CN=a\\C3\\BC" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		play_subject(&rows[i]);
}

/* Half a character; OpenSSL reads no such certificate, so that it has to be made here. */
static void a_subject_that_cannot_be_printed_is_none(void **state)
{
	const struct subject_case row = { V_ASN1_UTF8STRING, "anna", 4, NULL };
	struct tls_pair pair;
	X509_NAME *name;
	char text[64];

	meet_subject(&row, &pair);
	name = X509_get_subject_name(SSL_get0_peer_certificate(pair.server.ssl));
	assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, V_ASN1_BMPSTRING,
	                                            (const unsigned char *)"\xd8\0\0a", 4, -1, 0),
	                 1);
	assert_int_equal(subject_seen(&pair, text, sizeof text), NV_ERR_INVALID);
	assert_int_equal(ERR_peek_error(), 0);
	pair_close(&pair);
}

static void clients_are_told_whose_certificates_are_good(void **state)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_clients(MAY);
	static const char *const hosts[] = { "localhost", "other.example" };
	struct tls_pair pair;

	for (size_t i = 0; i < 2; i++) {
		const STACK_OF(X509_NAME) * names;

		pair_open(&pair, client, server, hosts[i]);
		pair_run(&pair);
		assert_open(&pair);
		names = SSL_get0_peer_CA_list(pair.client.ssl);
		assert_int_equal(sk_X509_NAME_num(names), 1);
		assert_int_equal(X509_NAME_cmp(sk_X509_NAME_value(names, 0),
		                               X509_get_subject_name(root->x509)),
		                 0);
		pair_close(&pair);
	}
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
}

/* --- Life --- */

static void sessions_outlive_their_context(void **state)
{
	const struct nv_client_tls options = { .ca_file = folder_path("ca.pem") };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_three(true);
	struct tls_pair pair;

	nv_tls_context_unref(nv_tls_context_ref(server));
	pair_open(&pair, client, server, "other.example");
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(&pair);
	assert_chosen(&pair, "second");
	pair_close(&pair);
	nv_tls_context_unref(NULL);
}

static void expiry_is_that_of_the_first_to_end(void **state)
{
	const struct nv_client_tls plain = { .ca_file = folder_path("ca.pem") };
	const struct nv_client_tls shown = { .certificate = files_of("short"), .insecure = true };
	const struct nv_certificate certificates[] = { files_of("server"), files_of("short"),
		                                       files_of("server") };
	const struct nv_server_tls options = { certificates, 3, false, NULL, false };
	struct nv_tls_context *contexts[] = { connect_with(&plain), connect_with(&shown),
		                              serve_with(&options, &tickets),
		                              serve_one("server", &tickets) };
	const int64_t now = (int64_t)time(NULL);

	assert_true(nv_tls_context_expiry(contexts[0]) == INT64_MAX);
	assert_in_range(nv_tls_context_expiry(contexts[1]) - now, 7 * CERTS_DAY - 600,
	                7 * CERTS_DAY);
	assert_in_range(nv_tls_context_expiry(contexts[2]) - now, 7 * CERTS_DAY - 600,
	                7 * CERTS_DAY);
	assert_in_range(nv_tls_context_expiry(contexts[3]) - now, 365 * CERTS_DAY - 600,
	                365 * CERTS_DAY);
	for (int i = 0; i < 4; i++)
		nv_tls_context_unref(contexts[i]);
}

static void touch(const char *path)
{
	const struct utimbuf times = { 1000000000, 1000000000 };

	assert_int_equal(utime(path, &times), 0);
}

static void every_file_makes_a_context_stale(void **state)
{
	static const char *const names[] = { "stale.pem", "stale.key", "stale.txt",
		                             "stale_ca.pem" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct nv_certificate certificate = { folder_path("stale.pem"),
			                                    folder_path("stale.key"),
			                                    folder_path("stale.txt") };
		const struct nv_server_tls options = { &certificate, 1, false,
			                               folder_path("stale_ca.pem"), false };
		struct nv_tls_context *context = serve_with(&options, &tickets);

		assert_false(nv_tls_context_is_stale(context));
		touch(folder_path(names[i]));
		assert_true(nv_tls_context_is_stale(context));
		nv_tls_context_unref(context);
	}
}

/* --- Set-up --- */

static void make_stale_files(void)
{
	struct cert *cert = certs_make(&(struct cert_wish){ .names = LOCAL, .issuer = root });

	certs_write_chain(cert, folder_path("stale.pem"));
	certs_write_key(cert, folder_path("stale.key"), "secret");
	certs_write_bytes(folder_path("stale.txt"), "secret", 6);
	certs_write_one(root, folder_path("stale_ca.pem"));
	certs_free(cert);
}

static int set_up(void **state)
{
	authorities_make();
	make_files("server", &(struct cert_wish){ .names = LOCAL, .issuer = authority });
	make_files("short", &(struct cert_wish){ .names = LOCAL,
	                                         .issuer = authority,
	                                         .from_s = -60,
	                                         .until_s = 7 * CERTS_DAY });
	make_files("first",
	           &(struct cert_wish){ .name = "first", .names = LOCAL, .issuer = authority });
	make_files("second", &(struct cert_wish){ .name = "second",
	                                          .names = "DNS:other.example,DNS:*.a.example,"
	                                                   "DNS:both.example",
	                                          .issuer = authority });
	make_files("third", &(struct cert_wish){ .name = "third",
	                                         .names = "DNS:both.example,DNS:third.example",
	                                         .issuer = authority });
	make_stale_files();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("HS-50 CH-05 a name chooses the certificate, is told, or is refused",
		          a_name_chooses_the_certificate),
		cmocka_unit_test(what_cannot_be_a_name_is_nobodys),
		cmocka_unit_test(nothing_is_looked_up_for_who_has_to_wait),
		cmocka_unit_test(a_second_hello_chooses_again),
		cmocka_unit_test(http_1_1_is_chosen_or_nothing),
		cmocka_unit_test(clients_are_asked_for_certificates),
		cmocka_unit_test(a_subject_is_plain_text),
		cmocka_unit_test(a_subject_that_cannot_be_printed_is_none),
		cmocka_unit_test(clients_are_told_whose_certificates_are_good),
		cmocka_unit_test(sessions_outlive_their_context),
		cmocka_unit_test(expiry_is_that_of_the_first_to_end),
		cmocka_unit_test(every_file_makes_a_context_stale),
	};

	return cmocka_run_group_tests(tests, set_up, authorities_free);
}
