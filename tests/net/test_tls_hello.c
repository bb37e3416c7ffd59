/* SPDX-License-Identifier: MIT */
/* test_tls_hello.c: what is read out of a ClientHello, whole or broken, and which certificate has a name. */
#include "net/tls_hello.h"

#include <stdlib.h>

#include "net/tls_pair.h"
#include "support/find.h"

/* --- The name --- */

#define ASKED "a.name.example"

static char heard[NV_TLS_NAME + 1];

static int hear(SSL *ssl, int *alert, void *context)
{
	const struct nv_bytes name = nv_tls_hello_name(ssl);

	memcpy(heard, name.data ? (const char *)name.data : "", name.len);
	heard[name.len] = '\0';
	return SSL_CLIENT_HELLO_ERROR;
}

/* The hello of a client that asks for `name`; its length. */
static size_t make_hello(const char *name, unsigned char *out, size_t size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	BIO *wire = BIO_new(BIO_s_mem());
	int len;

	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), wire);
	SSL_set_connect_state(ssl);
	SSL_set_tlsext_host_name(ssl, name);
	SSL_do_handshake(ssl);
	len = BIO_read(wire, out, (int)size);
	SSL_free(ssl);
	SSL_CTX_free(context);
	ERR_clear_error();
	return (size_t)len;
}

static const char *name_in(const unsigned char *hello, size_t len)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	snprintf(heard, sizeof heard, "(nothing)");
	SSL_CTX_set_client_hello_cb(context, hear, NULL);
	ssl = SSL_new(context);
	SSL_set_bio(ssl, BIO_new_mem_buf(hello, (int)len), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(ssl);
	SSL_do_handshake(ssl);
	SSL_free(ssl);
	SSL_CTX_free(context);
	ERR_clear_error();
	return heard;
}

static void the_name_is_what_the_client_asks_for(void **state)
{
	unsigned char hello[2048];
	char name[NV_TLS_NAME + 1];

	assert_string_equal(name_in(hello, make_hello(NULL, hello, sizeof hello)), "");
	assert_string_equal(name_in(hello, make_hello(ASKED, hello, sizeof hello)), ASKED);
	memset(name, 'a', NV_TLS_NAME);
	name[NV_TLS_NAME] = '\0';
	assert_string_equal(name_in(hello, make_hello(name, hello, sizeof hello)), name);
}

/* Each byte before the name, with each value: length of the extension's list, type, length of the name. */
static void a_broken_name_is_none(void **state)
{
	unsigned char hello[2048];
	const size_t len = make_hello(ASKED, hello, sizeof hello);
	unsigned char *name = find_bytes(hello, len, ASKED, strlen(ASKED));

	assert_non_null(name);
	for (unsigned char *at = name - 5; at < name; at++) {
		const unsigned char right = *at;

		for (unsigned int value = 0; value < 256; value++) {
			*at = (unsigned char)value;
			assert_string_equal(name_in(hello, len), value == right ? ASKED : "");
		}
		*at = right;
	}
	assert_string_equal(name_in(hello, len), ASKED);
}

/* --- The certificate --- */

static void a_certificate_has_its_names(void **state)
{
	static const struct {
		const char *names;
		const char *name;
		size_t len; /* 0: all of it */
		bool fits;
	} table[] = {
		{ "DNS:a.example", "a.example", 0, true },
		{ "DNS:a.example", "A.EXAMPLE", 0, true },
		{ "DNS:b.example,DNS:a.example", "a.example", 0, true },
		{ "DNS:a.example", "b.a.example", 0, false },
		{ "DNS:a.example", "example", 0, false },
		{ "DNS:a.example", "a.example.", 0, false },
		{ "DNS:a.example", ".example", 0, false },
		{ "DNS:a.example", ".", 0, false },
		{ "DNS:a.example", "a.example\0x", 11, false },
		{ "DNS:*.a.example", "b.a.example", 0, true },
		{ "DNS:*.a.example", "c.b.a.example", 0, false },
		{ "DNS:*.a.example", "a.example", 0, false },
		{ "DNS:*.a.example", ".a.example", 0, false },
		{ "DNS:*.a.example", "*.a.example", 0, false },
		{ "DNS:*.a.example", "-B-9.a.example", 0, true },
		{ "DNS:b_c.example", "b_c.example", 0, true },
		{ "DNS:b c.example", "b c.example", 0, false },
		{ "DNS:b\n.example", "b\n.example", 0, false },
		{ "DNS:b\x1b.example", "b\x1b.example", 0, false },
		{ "DNS:b*.a.example", "bc.a.example", 0, false },
		{ "DNS:*c.a.example", "bc.a.example", 0, false },
		{ "DNS:b.*.example", "b.a.example", 0, false },
		{ "IP:127.0.0.1", "127.0.0.1", 0, false },
		{ "email:x@a.example", "a.example", 0, false },
		{ NULL, "subject", 0, false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct cert *cert = certs_make(
			&(struct cert_wish){ .name = "subject", .names = table[i].names });
		struct nv_bytes name = nv_str(table[i].name);

		if (table[i].len)
			name.len = table[i].len;
		if (nv_tls_hello_is_for(name, cert->x509) != table[i].fits)
			fail_msg("%s is for %s", table[i].names, table[i].name);
		assert_false(nv_tls_hello_is_for((struct nv_bytes){ NULL, 0 }, cert->x509));
		certs_free(cert);
	}
	ERR_clear_error();
}

/* --- What to speak --- */

static int chosen_from(const char *offered, size_t len, size_t *at)
{
	/* A block of its own, so that a sanitizer sees every byte too far. */
	unsigned char *list = malloc(len ? len : 1);
	const unsigned char *chosen = NULL;
	unsigned char chosen_len = 0;
	int result;

	memcpy(list, offered, len);
	result = nv_tls_hello_protocol(NULL, &chosen, &chosen_len, list, (unsigned int)len, NULL);
	*at = chosen ? (size_t)(chosen - list) : 0;
	assert_int_equal(chosen_len, chosen ? 8 : 0);
	free(list);
	return result;
}

static void http_1_1_is_found_in_any_place(void **state)
{
	size_t at;

	assert_int_equal(chosen_from("\x8http/1.1", 9, &at), SSL_TLSEXT_ERR_OK);
	assert_int_equal(at, 1);
	assert_int_equal(chosen_from("\2h2\x8http/1.1\2h3", 15, &at), SSL_TLSEXT_ERR_OK);
	assert_int_equal(at, 4);
	assert_int_equal(chosen_from("\2h2\x8http/1.1", 12, &at), SSL_TLSEXT_ERR_OK);
	assert_int_equal(chosen_from("\2h2\x8http/1.0", 12, &at), SSL_TLSEXT_ERR_ALERT_FATAL);
	assert_int_equal(chosen_from("\x7http/1.", 8, &at), SSL_TLSEXT_ERR_ALERT_FATAL);
	assert_int_equal(chosen_from("\x9http/1.1\0", 10, &at), SSL_TLSEXT_ERR_ALERT_FATAL);
	assert_int_equal(chosen_from("", 0, &at), SSL_TLSEXT_ERR_ALERT_FATAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_what_the_client_asks_for),
		cmocka_unit_test(a_broken_name_is_none),
		cmocka_unit_test(a_certificate_has_its_names),
		cmocka_unit_test(http_1_1_is_found_in_any_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
