/* SPDX-License-Identifier: MIT */
/* test_tls_defaults.c: which versions and ciphers a server of ours takes from a client that takes anything,
 * and what is switched off; on a system whose configuration of OpenSSL lets everything in. */
#include "net/tls_defaults.h"

#include <stdlib.h>

#include "net/tls_pair.h"

static struct nv_tls_tickets tickets;

static void limit_client(SSL *ssl, int version, const char *ciphers)
{
	SSL_set_security_level(ssl, 0);
	if (version)
		SSL_set_min_proto_version(ssl, version);
	SSL_set_max_proto_version(ssl, version);
	if (ciphers)
		assert_int_equal(SSL_set_cipher_list(ssl, ciphers), 1);
}

static void meet_limited(const char *server_name, int version, const char *ciphers,
                         struct tls_pair *pair)
{
	const struct nv_client_tls options = { .insecure = true };
	struct nv_tls_context *client = connect_with(&options);
	struct nv_tls_context *server = serve_one(server_name, &tickets);

	pair_open(pair, client, server, "localhost");
	limit_client(pair->client.ssl, version, ciphers);
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	pair_run(pair);
}

static void old_versions_are_refused(void **state)
{
	struct tls_pair pair;

	meet_limited("server", TLS1_1_VERSION, "ALL", &pair);
	assert_string_equal(pair.server.problem,
	                    "the peer speaks only TLS versions older than 1.2");
	assert_string_equal(pair.client.problem, "the peer speaks no TLS version of ours");
	pair_close(&pair);
}

static void of_tls_1_2_only_good_ciphers_are_left(void **state)
{
	static const struct {
		const char *certificate;
		const char *cipher;
		bool fits;
	} table[] = {
		{ "server", "ECDHE-ECDSA-AES128-GCM-SHA256", true },
		{ "server", "ECDHE-ECDSA-AES256-GCM-SHA384", true },
		{ "server", "ECDHE-ECDSA-CHACHA20-POLY1305", true },
		{ "rsa", "ECDHE-RSA-AES128-GCM-SHA256", true },
		{ "rsa", "ECDHE-RSA-CHACHA20-POLY1305", true },
		{ "server", "ECDHE-ECDSA-AES128-SHA256", false },
		{ "server", "ECDHE-ECDSA-AES256-SHA", false },
		{ "server", "ECDHE-ECDSA-AES128-CCM", false },
		{ "rsa", "AES128-GCM-SHA256", false },
		{ "rsa", "DHE-RSA-AES128-GCM-SHA256", false },
	};
	struct tls_pair pair;

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		meet_limited(table[i].certificate, TLS1_2_VERSION, table[i].cipher, &pair);
		if (table[i].fits)
			assert_string_equal(SSL_get_cipher(pair.server.ssl), table[i].cipher);
		else
			assert_string_equal(pair.server.problem,
			                    "the peer has no cipher in common with us");
		assert_int_equal(pair_is_open(&pair), table[i].fits);
		pair_close(&pair);
	}
}

static void who_wants_chacha_first_gets_it(void **state)
{
	struct tls_pair pair;

	meet_limited("server", TLS1_2_VERSION,
	             "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256", &pair);
	assert_string_equal(SSL_get_cipher(pair.server.ssl), "ECDHE-ECDSA-CHACHA20-POLY1305");
	pair_close(&pair);
	meet_limited("server", TLS1_2_VERSION,
	             "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
	             "ECDHE-ECDSA-AES128-GCM-SHA256",
	             &pair);
	assert_string_equal(SSL_get_cipher(pair.server.ssl), "ECDHE-ECDSA-AES128-GCM-SHA256");
	pair_close(&pair);
}

static void what_is_not_safe_is_off(void **state)
{
	struct tls_pair pair;

	meet_limited("server", 0, NULL, &pair);
	assert_true(SSL_get_options(pair.server.ssl) & SSL_OP_NO_RENEGOTIATION);
	assert_true(SSL_get_options(pair.client.ssl) & SSL_OP_NO_RENEGOTIATION);
	assert_true(SSL_get_options(pair.server.ssl) & SSL_OP_NO_COMPRESSION);
	assert_int_equal(SSL_get_max_early_data(pair.server.ssl), 0);
	assert_true(SSL_get_mode(pair.server.ssl) & SSL_MODE_RELEASE_BUFFERS);
	assert_true(SSL_get_mode(pair.client.ssl) & SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	pair_close(&pair);
}

static void short_keys_are_refused(void **state)
{
	const struct nv_certificate certificate = files_of("short");
	const struct nv_server_tls options = { .certificates = &certificate,
		                               .certificate_count = 1 };
	char problem[NV_TLS_PROBLEM] = "";
	struct nv_tls_context *context = NULL;

	assert_int_equal(nv_tls_context_serve(&options, &tickets, &context, problem), NV_ERR_TLS);
	assert_non_null(strstr(problem, "a key in it is too short to be safe"));
}

static void the_level_is_ours(void **state)
{
	SSL_CTX *bare = SSL_CTX_new(TLS_method());
	SSL_CTX *made[] = { nv_tls_defaults_serve(), nv_tls_defaults_connect() };

	assert_int_equal(SSL_CTX_get_security_level(bare), 0);
	SSL_CTX_free(bare);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(SSL_CTX_get_security_level(made[i]), 2);
		SSL_CTX_free(made[i]);
	}
}

/* Before OpenSSL's first call, which reads it. */
static void let_everything_in(void)
{
	static const char text[] = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
				   "[c]\nCipherString = ALL@SECLEVEL=0\nMinProtocol = TLSv1\n";
	const char *path = folder_path("openssl.cnf");

	certs_write_bytes(path, text, sizeof text - 1);
	setenv("OPENSSL_CONF", path, 1);
}

static int set_up(void **state)
{
	folder_make();
	let_everything_in();
	nv_tls_tickets_init(&tickets);
	make_files("server", &(struct cert_wish){ .names = "DNS:localhost" });
	make_files("rsa", &(struct cert_wish){ .names = "DNS:localhost", .rsa_bits = 2048 });
	make_files("short", &(struct cert_wish){ .names = "DNS:localhost", .rsa_bits = 1024 });
	return 0;
}

static int tear_down(void **state)
{
	nv_tls_tickets_deinit(&tickets);
	folder_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_versions_are_refused),
		cmocka_unit_test(of_tls_1_2_only_good_ciphers_are_left),
		cmocka_unit_test(who_wants_chacha_first_gets_it),
		cmocka_unit_test(what_is_not_safe_is_off),
		cmocka_unit_test(short_keys_are_refused),
		cmocka_unit_test(the_level_is_ours),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
