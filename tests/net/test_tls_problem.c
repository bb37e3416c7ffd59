/* SPDX-License-Identifier: MIT */
/* test_tls_problem.c: what is said of peers that speak something else, of their alerts, and of
 * certificates. That they come up in handshakes, net/tls_context shows. */
#include "net/tls_problem.h"

#include "net/tls_pair.h"

static struct nv_tls_tickets tickets;
static struct nv_tls_context *client;
static struct nv_tls_context *server;

/* --- From the wire --- */

static const char *hear(struct nv_tls_context *context, const char *host, const void *bytes,
                        size_t len, int *error)
{
	SSL *ssl = nv_tls_context_session(context, host);
	BIO *in = BIO_new_mem_buf(bytes, (int)len);
	const char *problem;

	assert_non_null(ssl);
	BIO_set_mem_eof_return(in, 0);
	SSL_set_bio(ssl, in, BIO_new(BIO_s_mem()));
	assert_int_equal(SSL_do_handshake(ssl) == 1, 0);
	problem = nv_tls_problem_of(ssl, error);
	assert_int_equal(ERR_peek_error(), 0);
	SSL_free(ssl);
	return problem;
}

static void assert_heard(bool by_server, const char *bytes, size_t len, const char *problem)
{
	int error = 0;

	assert_string_equal(by_server ? hear(server, NULL, bytes, len, &error)
	                              : hear(client, "localhost", bytes, len, &error),
	                    problem);
	assert_int_equal(error, NV_ERR_TLS);
}

static void what_is_no_tls_is_told_apart(void **state)
{
	static const struct {
		bool by_server;
		const char *bytes;
		const char *problem;
	} table[] = {
		{ true, "GET / HTTP/1.1\r\n\r\n",
		  "the peer speaks plain HTTP, it does not speak TLS" },
		{ true, "POST / HTTP/1.1\r\n\r\n",
		  "the peer speaks plain HTTP, it does not speak TLS" },
		{ true, "CONNECT a:1 HTTP/1.1\r\n\r\n",
		  "the peer speaks plain HTTP, it does not speak TLS" },
		{ true, "SSH-2.0-OpenSSH_9.2\r\n", "the peer does not speak TLS" },
		{ false, "HTTP/1.1 400 Bad Request\r\n\r\n", "the peer does not speak TLS" },
		{ false, "SSH-2.0-OpenSSH_9.2\r\n", "the peer does not speak TLS" },
		{ false, "220 mail.example ESMTP\r\n", "the peer does not speak TLS" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_heard(table[i].by_server, table[i].bytes, strlen(table[i].bytes),
		             table[i].problem);
}

static void an_end_is_told(void **state)
{
	assert_heard(true, "", 0, "the peer ended the connection without a word");
	assert_heard(false, "", 0, "the peer ended the connection without a word");
	assert_heard(true, "\x16\3\1\1\0\1", 6, "the peer ended the connection without a word");
}

static void nonsense_is_told(void **state)
{
	static const char hello[] = "\x16\3\1\0\x09\1\0\0\5\3\3\0\0\0";
	static const char no_hello[] = "\x16\3\3\0\4\x0e\0\0\0";

	assert_heard(true, hello, 14, "the peer does not keep to the rules of TLS");
	assert_heard(true, no_hello, 9, "the peer does not keep to the rules of TLS");
	assert_heard(false, no_hello, 9, "the peer does not keep to the rules of TLS");
}

static void assert_alert_heard(unsigned char number, const char *problem)
{
	const char record[] = { 0x15, 3, 3, 0, 2, 2, (char)number };

	assert_heard(false, record, sizeof record, problem);
}

static void alerts_are_told(void **state)
{
	static const struct {
		unsigned char number;
		const char *problem;
	} table[] = {
		{ 10, "the peer does not understand us: unexpected_message" },
		{ 20, "the peer got a record that was damaged on its way" },
		{ 22, "the peer got a record that was too long" },
		{ 40, "the peer refuses the handshake" },
		{ 42, "the peer does not accept our certificate" },
		{ 43, "the peer does not accept our certificate" },
		{ 44, "our certificate was revoked, says the peer" },
		{ 45, "our certificate has expired, says the peer" },
		{ 46, "the peer does not accept our certificate" },
		{ 47, "the peer does not understand us: illegal_parameter" },
		{ 48, "the peer does not know the authority of our certificate" },
		{ 49, "the peer does not let us in" },
		{ 50, "the peer does not understand us: decode_error" },
		{ 51, "the peer does not understand us: decrypt_error" },
		{ 70, "the peer speaks no TLS version of ours" },
		{ 71, "the peer wants stronger ciphers than ours" },
		{ 80, "the peer has failed: internal_error" },
		{ 112, "the peer has no certificate for this host name" },
		{ 116, "the peer wants a certificate of ours" },
		{ 120, "the peer does not speak http/1.1 (ALPN)" },
		{ 86, "the peer does not keep to the rules of TLS" },
		{ 255, "the peer does not keep to the rules of TLS" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_alert_heard(table[i].number, table[i].problem);
}

/* --- From OpenSSL's queue --- */

static const char *told(SSL *ssl, long verdict, int *error)
{
	SSL_set_verify_result(ssl, verdict);
	ERR_raise(ERR_LIB_X509, X509_R_CERT_ALREADY_IN_HASH_TABLE);
	ERR_raise(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
	ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
	return nv_tls_problem_of(ssl, error);
}

static void certificates_are_told_by_their_fault(void **state)
{
	static const struct {
		long verdict;
		const char *words;
	} table[] = {
		{ X509_V_ERR_CERT_HAS_EXPIRED, "expired" },
		{ X509_V_ERR_CERT_NOT_YET_VALID, "not yet valid" },
		{ X509_V_ERR_HOSTNAME_MISMATCH, "host" },
		{ X509_V_ERR_IP_ADDRESS_MISMATCH, "host" },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "self-signed" },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "authority is not known" },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "authority is not known" },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "authority is not known" },
		{ X509_V_ERR_CERT_REVOKED, "revoked" },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "signature is wrong" },
		{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "too long" },
		{ X509_V_ERR_INVALID_PURPOSE, "not for this use" },
		{ X509_V_ERR_CA_MD_TOO_WEAK, "too weak" },
		{ X509_V_ERR_UNSPECIFIED, "the certificate is not to be trusted" },
		{ X509_V_ERR_PATH_LOOP, "the certificate is not to be trusted" },
	};
	SSL *ssl = nv_tls_context_session(client, "localhost");

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int error = 0;

		assert_non_null(strstr(told(ssl, table[i].verdict, &error), table[i].words));
		assert_int_equal(error, NV_ERR_CERTIFICATE);
		assert_int_equal(ERR_peek_error(), 0);
	}
	SSL_free(ssl);
}

static void assert_said(const char *problem)
{
	SSL *ssl = nv_tls_context_session(client, "localhost");
	int error = 0;

	assert_string_equal(nv_tls_problem_of(ssl, &error), problem);
	assert_int_equal(error, NV_ERR_TLS);
	assert_int_equal(ERR_peek_error(), 0);
	SSL_free(ssl);
}

static void a_verdict_without_a_failure_means_nothing(void **state)
{
	SSL *ssl = nv_tls_context_session(client, "localhost");
	int error = 0;

	SSL_set_verify_result(ssl, X509_V_ERR_CERT_HAS_EXPIRED);
	ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
	assert_string_equal(nv_tls_problem_of(ssl, &error),
	                    "the peer has no cipher in common with us");
	assert_int_equal(error, NV_ERR_TLS);
	SSL_free(ssl);
}

static void numbers_of_other_libraries_are_not_mistaken(void **state)
{
	ERR_raise(ERR_LIB_EVP, SSL_R_HTTP_REQUEST);
	assert_said("the peer does not keep to the rules of TLS");
	ERR_raise(ERR_LIB_EVP, SSL_R_HTTP_REQUEST);
	ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
	assert_said("the peer has no cipher in common with us");
	ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
	ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
	assert_said("out of memory");
}

static int set_up(void **state)
{
	const struct nv_client_tls options = { .insecure = true };

	folder_make();
	nv_tls_tickets_init(&tickets);
	make_files("server", &(struct cert_wish){ .names = "DNS:localhost" });
	client = connect_with(&options);
	server = serve_one("server", &tickets);
	return 0;
}

static int tear_down(void **state)
{
	nv_tls_context_unref(client);
	nv_tls_context_unref(server);
	nv_tls_tickets_deinit(&tickets);
	folder_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_tls_is_told_apart),
		cmocka_unit_test(an_end_is_told),
		cmocka_unit_test(nonsense_is_told),
		cmocka_unit_test(alerts_are_told),
		cmocka_unit_test(certificates_are_told_by_their_fault),
		cmocka_unit_test(a_verdict_without_a_failure_means_nothing),
		cmocka_unit_test(numbers_of_other_libraries_are_not_mistaken),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
