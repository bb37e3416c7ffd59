/* SPDX-License-Identifier: MIT */
/* test_tls_memory.c: OpenSSL runs out of memory, at every few of its allocations, while contexts and
 * sessions are made and shake hands. Either it works all the same or it fails, with a reason, and a
 * sanitizer finds nothing lost. */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "net/tls_pair.h"

/* Allocations of OpenSSL: each so many makes a run. Loading a context takes some 10,000. */
#define STEP_OF_CONTEXTS 997u
#define STEP_OF_SESSIONS 41u

static struct {
	size_t count;
	size_t nth; /* that fails; 0: none */
	bool failed;
} memory;

static bool fails_now(void)
{
	if (++memory.count != memory.nth)
		return false;
	memory.failed = true;
	return true;
}

static void *take(size_t size, const char *file, int line)
{
	return fails_now() ? NULL : malloc(size);
}

static void *take_again(void *block, size_t size, const char *file, int line)
{
	return fails_now() ? NULL : realloc(block, size);
}

static void give(void *block, const char *file, int line)
{
	free(block);
}

static void fail_at(size_t nth)
{
	memory.count = 0;
	memory.nth = nth;
	memory.failed = false;
}

static bool has_failed(void)
{
	memory.nth = 0;
	return memory.failed;
}

static struct nv_tls_tickets tickets;

/* --- Contexts --- */

static void assert_made(int error, const char *problem, const struct nv_tls_context *context)
{
	assert_true(error == 0 || error == NV_ERR_NOMEM || error == NV_ERR_TLS);
	assert_int_equal(context != NULL, error == 0);
	assert_int_equal(problem[0] != '\0', error < 0);
	assert_int_equal(ERR_peek_error(), 0);
}

static struct nv_tls_context *try_to_serve(void)
{
	const struct nv_certificate certificates[] = { files_of("server"), files_of("client") };
	const struct nv_server_tls options = { .certificates = certificates,
		                               .certificate_count = 2,
		                               .client_ca_file = folder_path("root.pem") };
	struct nv_tls_context *made = NULL;
	char problem[NV_TLS_PROBLEM] = "";
	const int error = nv_tls_context_serve(&options, &tickets, &made, problem);

	assert_made(error, problem, made);
	return made;
}

static struct nv_tls_context *try_to_connect(void)
{
	const struct nv_client_tls options = { .ca_file = folder_path("root.pem"),
		                               .certificate = files_of("client") };
	struct nv_tls_context *made = NULL;
	char problem[NV_TLS_PROBLEM] = "";
	const int error = nv_tls_context_connect(&options, &made, problem);

	assert_made(error, problem, made);
	return made;
}

static void assert_fails_somewhere(struct nv_tls_context *(*try)(void))
{
	size_t errors = 0;
	size_t nth = 1;
	bool failed = true;

	for (; failed; nth += STEP_OF_CONTEXTS) {
		struct nv_tls_context *made;

		fail_at(nth);
		made = try();
		failed = has_failed();
		errors += !made;
		nv_tls_context_unref(made);
	}
	assert_true(errors > 0);
}

static void contexts_fail_without_memory(void **state)
{
	assert_fails_somewhere(try_to_serve);
	assert_fails_somewhere(try_to_connect);
}

/* --- Sessions --- */

static bool shake_hands(struct nv_tls_context *server, struct nv_tls_context *client, size_t nth)
{
	struct tls_pair pair;

	pair_open(&pair, client, server, "localhost");
	fail_at(nth);
	pair_run(&pair);
	assert_true(!has_failed() || pair_is_open(&pair) || pair.client.problem ||
	            pair.server.problem);
	assert_true(memory.failed || pair_is_open(&pair));
	pair_close(&pair);
	return memory.failed;
}

static void handshakes_fail_without_memory(void **state)
{
	struct nv_tls_context *server = try_to_serve();
	struct nv_tls_context *client = try_to_connect();
	size_t nth = 1;

	while (shake_hands(server, client, nth))
		nth += STEP_OF_SESSIONS;
	assert_true(nth > 10 * STEP_OF_SESSIONS);
	nv_tls_context_unref(server);
	nv_tls_context_unref(client);
}

static void there_is_no_session_without_memory(void **state)
{
	struct nv_tls_context *contexts[] = { try_to_serve(), try_to_connect() };
	static const char *const hosts[] = { NULL, "localhost" };

	for (size_t i = 0; i < 2; i++) {
		size_t missed = 0;
		bool failed = true;

		for (size_t nth = 1; failed; nth++) {
			SSL *ssl;

			fail_at(nth);
			ssl = nv_tls_context_session(contexts[i], hosts[i]);
			failed = has_failed();
			missed += !ssl;
			SSL_free(ssl);
			assert_int_equal(ERR_peek_error(), 0);
		}
		assert_true(missed > 0);
		nv_tls_context_unref(contexts[i]);
	}
}

static int set_up(void **state)
{
	struct cert *root = certs_make(&(struct cert_wish){ .name = "root", .is_authority = true });

	folder_make();
	nv_tls_tickets_init(&tickets);
	certs_write_one(root, folder_path("root.pem"));
	make_files("server", &(struct cert_wish){ .names = "DNS:localhost", .issuer = root });
	make_files("client", &(struct cert_wish){ .name = "anna", .issuer = root });
	certs_free(root);
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
		cmocka_unit_test(contexts_fail_without_memory),
		cmocka_unit_test(handshakes_fail_without_memory),
		cmocka_unit_test(there_is_no_session_without_memory),
	};

	if (CRYPTO_set_mem_functions(take, take_again, give) != 1)
		abort();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
