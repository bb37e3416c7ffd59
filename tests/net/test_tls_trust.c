/* SPDX-License-Identifier: MIT */
/* test_tls_trust.c: which servers a client trusts: whose certificates, for which hosts, at which time.
 * Both sides are ours, over memory. */
#include "net/tls_context.h"

#include <stdlib.h>

#include "net/tls_authorities.h"

#define LOCAL "DNS:localhost,IP:127.0.0.1,IP:::1"
#define EXPIRED .from_s = -30 * CERTS_DAY, .until_s = -1
#define FUTURE .from_s = 3600, .until_s = 30 * CERTS_DAY

/* --- Certificates --- */

struct trust_case {
	const char *title;
	struct cert_wish wish;
	const char *host;
	const char *problem; /* NULL: all is well */
};

static void assert_verdict(const struct trust_case *row, const struct tls_pair *pair)
{
	const char *problem = pair->client.problem;

	if (!problem != !row->problem || (problem && strcmp(problem, row->problem) != 0))
		fail_msg("%s: %s", row->title, problem ? problem : "trusted");
	if (!problem)
		assert_open(pair);
	else
		assert_int_equal(pair->client.error, NV_ERR_CERTIFICATE);
}

/* Most of these are none that a server of ours would show. */
static void replace_certificate(SSL *ssl, const struct cert *cert)
{
	assert_int_equal(SSL_use_certificate(ssl, cert->x509), 1);
	assert_int_equal(SSL_use_PrivateKey(ssl, cert->key), 1);
	if (cert->issuer && cert->issuer->issuer)
		assert_int_equal(SSL_add1_chain_cert(ssl, cert->issuer->x509), 1);
}

static int shown_cert(SSL *ssl, void *cert)
{
	replace_certificate(ssl, cert);
	return 1;
}

static void play_trust(const struct trust_case *row, struct nv_tls_context *client,
                       struct nv_tls_context *server)
{
	struct cert *cert = certs_make(&row->wish);
	struct tls_pair pair;

	pair_open(&pair, client, server, row->host);
	SSL_set_security_level(pair.server.ssl, 0);
	SSL_certs_clear(pair.server.ssl);
	SSL_set_cert_cb(pair.server.ssl, shown_cert, cert);
	pair_run(&pair);
	assert_verdict(row, &pair);
	pair_close(&pair);
	certs_free(cert);
}

#define OTHER_HOST "the certificate is for another host name"
#define OTHER_ADDRESS "the certificate is for another host, not this address"
#define UNKNOWN "the certificate's authority is not known"

static void a_client_trusts_whom_it_should(void **state)
{
	const struct trust_case table[] = {
		{ "the right name", { .names = LOCAL, .issuer = authority }, "localhost", NULL },
		{ "any case",
		  { .names = "DNS:LocalHost", .issuer = authority },
		  "LOCALhost",
		  NULL },
		{ "a dot at the end", { .names = LOCAL, .issuer = authority }, "localhost.", NULL },
		{ "another name",
		  { .names = "DNS:elsewhere.example", .issuer = authority },
		  "localhost",
		  OTHER_HOST },
		{ "a name within",
		  { .names = LOCAL, .issuer = authority },
		  "a.localhost",
		  OTHER_HOST },
		{ "no names", { .issuer = authority }, "localhost", OTHER_HOST },
		{ "the name in CN only",
		  { .name = "localhost", .issuer = authority },
		  "localhost",
		  OTHER_HOST },
		{ "the address in CN only",
		  { .name = "127.0.0.1", .issuer = authority },
		  "127.0.0.1",
		  OTHER_ADDRESS },
		{ "*", { .names = "DNS:*.a.b", .issuer = authority }, "x.a.b", NULL },
		{ "* deep", { .names = "DNS:*.a.b", .issuer = authority }, "y.x.a.b", OTHER_HOST },
		{ "* for nothing",
		  { .names = "DNS:*.a.b", .issuer = authority },
		  "a.b",
		  OTHER_HOST },
		{ "* in the middle",
		  { .names = "DNS:x.*.b", .issuer = authority },
		  "x.a.b",
		  OTHER_HOST },
		{ "* as a part",
		  { .names = "DNS:x*.a.b", .issuer = authority },
		  "xy.a.b",
		  OTHER_HOST },
		{ "IPv4", { .names = LOCAL, .issuer = authority }, "127.0.0.1", NULL },
		{ "IPv6", { .names = LOCAL, .issuer = authority }, "::1", NULL },
		{ "[IPv6]", { .names = LOCAL, .issuer = authority }, "[::1]", NULL },
		{ "IPv6 in long",
		  { .names = LOCAL, .issuer = authority },
		  "[0:0:0:0:0:0:0:1]",
		  NULL },
		{ "another IPv4",
		  { .names = LOCAL, .issuer = authority },
		  "127.0.0.2",
		  OTHER_ADDRESS },
		{ "another IPv6", { .names = LOCAL, .issuer = authority }, "[::2]", OTHER_ADDRESS },
		{ "an address as a DNS name",
		  { .names = "DNS:127.0.0.1", .issuer = authority },
		  "127.0.0.1",
		  OTHER_ADDRESS },
		{ "expired",
		  { .names = LOCAL, .issuer = authority, EXPIRED },
		  "localhost",
		  "the certificate has expired" },
		{ "not yet",
		  { .names = LOCAL, .issuer = authority, FUTURE },
		  "localhost",
		  "the certificate is not yet valid" },
		{ "self-signed",
		  { .name = "x", .names = LOCAL },
		  "localhost",
		  "the certificate is self-signed" },
		{ "unknown authority",
		  { .names = LOCAL, .issuer = unknown },
		  "localhost",
		  UNKNOWN },
		{ "for clients",
		  { .names = LOCAL, .purpose = "clientAuth", .issuer = authority },
		  "localhost",
		  "the certificate is not for this use" },
		{ "RSA",
		  { .names = LOCAL, .issuer = authority, .rsa_bits = 2048 },
		  "localhost",
		  NULL },
		{ "short RSA",
		  { .names = LOCAL, .issuer = authority, .rsa_bits = 1024 },
		  "localhost",
		  "the certificate's key is too short to be safe" },
	};
	const struct nv_client_tls options = { .ca_file = folder_path("ca.pem") };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_one("server", &tickets);

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		play_trust(&table[i], client, server);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
}

/* --- Authorities --- */

static void meet(const struct nv_client_tls *options, const char *host, struct tls_pair *pair)
{
	struct nv_tls_context *client = connect_with(options);
	struct nv_tls_context *server = serve_one("server", &tickets);

	pair_open(pair, client, server, host);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
}

static void an_insecure_client_trusts_anybody(void **state)
{
	const struct nv_client_tls options = { .insecure = true };
	struct tls_pair pair;

	meet(&options, "nowhere.example", &pair);
	assert_open(&pair);
	pair_close(&pair);
}

static void meet_as_system(const char *variable, const char *path, const char *problem)
{
	const struct nv_client_tls options = { .ca_file = NULL };
	struct tls_pair pair;

	setenv("SSL_CERT_FILE", "/nonexistent", 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
	setenv(variable, path, 1);
	meet(&options, "localhost", &pair);
	if (problem)
		assert_string_equal(pair.client.problem, problem);
	else
		assert_open(&pair);
	pair_close(&pair);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
}

static void without_authorities_of_its_own_a_client_trusts_the_systems(void **state)
{
	char hashed[32];

	snprintf(hashed, sizeof hashed, "%08lx.0", X509_subject_name_hash(root->x509));
	certs_write_one(root, folder_path(hashed));
	meet_as_system("SSL_CERT_FILE", folder_path("ca.pem"), NULL);
	meet_as_system("SSL_CERT_DIR", folder_path(""), NULL);
	meet_as_system("SSL_CERT_FILE", folder_path("unknown.pem"), UNKNOWN);
}

static void the_systems_authorities_are_read_again_when_they_change(void **state)
{
	const char *bundle = folder_path("bundle.pem");

	certs_write_one(root, bundle);
	meet_as_system("SSL_CERT_FILE", bundle, NULL);
	meet_as_system("SSL_CERT_FILE", bundle, NULL);
	certs_write_one(unknown, bundle);
	meet_as_system("SSL_CERT_FILE", bundle, UNKNOWN);
	remove(bundle);
	meet_as_system("SSL_CERT_FILE", bundle, UNKNOWN);
	certs_write_one(root, bundle);
	meet_as_system("SSL_CERT_FILE", bundle, NULL);
}

static void ca_file_stands_in_place_of_the_systems(void **state)
{
	const struct nv_client_tls options = { .ca_file = folder_path("unknown.pem") };
	struct tls_pair pair;

	setenv("SSL_CERT_FILE", folder_path("ca.pem"), 1);
	meet(&options, "localhost", &pair);
	assert_string_equal(pair.client.problem, UNKNOWN);
	assert_int_equal(pair.server.error, NV_ERR_TLS);
	assert_string_equal(pair.server.problem,
	                    "the peer does not know the authority of our certificate");
	pair_close(&pair);
	unsetenv("SSL_CERT_FILE");
}

static void an_authority_below_the_root_can_be_trusted_alone(void **state)
{
	const struct nv_client_tls options = { .ca_file = folder_path("authority.pem") };
	struct tls_pair pair;

	meet(&options, "localhost", &pair);
	assert_open(&pair);
	pair_close(&pair);
}

#define MOST_ISSUERS 4 /* between the server's certificate and the trusted one */

static void serve_chain(size_t issuers)
{
	struct cert *chain[MOST_ISSUERS + 1];
	const struct cert *issuer = root;

	for (size_t i = 0; i < issuers; i++) {
		chain[i] = certs_make(&(struct cert_wish){
			.name = "a link", .is_authority = true, .issuer = issuer });
		issuer = chain[i];
	}
	make_files("chain", &(struct cert_wish){ .names = LOCAL, .issuer = issuer });
	while (issuers)
		certs_free(chain[--issuers]);
}

static void meet_chain(size_t issuers, struct tls_pair *pair)
{
	const struct nv_client_tls options = { .ca_file = folder_path("ca.pem") };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server;

	serve_chain(issuers);
	server = serve_one("chain", &tickets);
	pair_open(pair, client, server, "localhost");
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
}

static void a_chain_has_a_longest(void **state)
{
	struct tls_pair pair;

	meet_chain(MOST_ISSUERS, &pair);
	assert_open(&pair);
	pair_close(&pair);
	meet_chain(MOST_ISSUERS + 1, &pair);
	assert_string_equal(pair.client.problem,
	                    "the chain to the certificate's authority is too long");
	pair_close(&pair);
}

static void a_host_that_is_none_has_no_session(void **state)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	char long_name[NV_TLS_PROBLEM];
	const char *const none[] = { "",
		                     ".",
		                     "[]",
		                     ".example", /* OpenSSL would take any name below */
		                     "[localhost]",
		                     "[::1",
		                     "::1]",
		                     "[::1]x",
		                     "[127.0.0.1]",
		                     "localhost%lo", /* no zone, and not "localhost" */
		                     "127.0.0.1%lo",
		                     "a:b",
		                     "a b",
		                     "a\n",
		                     "*.example",
		                     "b\xc3\xbc",
		                     long_name };

	memset(long_name, 'a', sizeof long_name);
	long_name[256] = '\0';
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_false(nv_tls_context_takes_host(none[i]));
		assert_null(nv_tls_context_session(client, none[i]));
	}
	assert_int_equal(ERR_peek_error(), 0);
	nv_tls_context_unref(client);
}

static void a_host_is_a_name_or_an_address(void **state)
{
	static const char *const hosts[] = { "localhost",  "localhost.",   "a_b.C-9.example",
		                             "127.0.0.1",  "::1",          "[::1]",
		                             "fe80::1%lo", "[fe80::1%lo]", "[fe80::1%25lo]" };

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		assert_true(nv_tls_context_takes_host(hosts[i]));
}

static int set_up(void **state)
{
	authorities_make();
	certs_write_one(unknown, folder_path("unknown.pem"));
	certs_write_one(authority, folder_path("authority.pem"));
	make_files("server", &(struct cert_wish){ .names = LOCAL, .issuer = authority });
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-05 a client trusts whom it should", a_client_trusts_whom_it_should),
		cmocka_unit_test(an_insecure_client_trusts_anybody),
		cmocka_unit_test(without_authorities_of_its_own_a_client_trusts_the_systems),
		cmocka_unit_test(the_systems_authorities_are_read_again_when_they_change),
		cmocka_unit_test(ca_file_stands_in_place_of_the_systems),
		cmocka_unit_test(an_authority_below_the_root_can_be_trusted_alone),
		cmocka_unit_test(a_chain_has_a_longest),
		cmocka_unit_test(a_host_that_is_none_has_no_session),
		cmocka_unit_test(a_host_is_a_name_or_an_address),
	};

	return cmocka_run_group_tests(tests, set_up, authorities_free);
}
