/* SPDX-License-Identifier: MIT */
/* test_tls_options.c: which certificate has which files, and what does not go together. */
#include "serve/options.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/unit.h"

#include <navette/base.h>

#define GO_ON (-1)
#define USAGE 2

static struct nv_serve_options options;

static int read_options(size_t count, const char *const *given)
{
	char *arguments[16] = { (char *)"serve" };

	assert_true(count < 15);
	for (size_t i = 0; i < count; i++)
		arguments[i + 1] = (char *)given[i];
	nv_serve_options_free(&options);
	optind = 0;
	return nv_serve_options_read(&options, (int)count + 1, arguments);
}

#define READ(...)                                                                                  \
	read_options(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *),                \
	             (const char *const[]){ __VA_ARGS__ })

static void assert_certificate(size_t number, const char *chain, const char *key,
                               const char *passphrase)
{
	const struct nv_certificate *certificate = &options.tls.certificates[number];

	assert_true(number < options.tls.count);
	assert_string_equal(certificate->chain_file, chain);
	assert_string_equal(certificate->key_file ? certificate->key_file : "", key);
	assert_string_equal(certificate->passphrase_file ? certificate->passphrase_file : "",
	                    passphrase);
}

static void has_no_tls_unless_asked_for(void **state)
{
	assert_int_equal(READ("--port", "1"), GO_ON);
	assert_false(nv_serve_tls_is_on(&options.tls));
	assert_int_equal(options.plain_port, NV_SERVE_NO_PORT);
}

static void pairs_in_the_order_of_the_line(void **state)
{
	assert_int_equal(READ("--cert", "a", "--key", "ak", "--key-passphrase-file", "ap", "--cert",
	                      "b", "--cert", "c", "--key-passphrase-file", "cp", "--key", "ck"),
	                 GO_ON);
	assert_true(nv_serve_tls_is_on(&options.tls));
	assert_int_equal(options.tls.count, 3);
	assert_certificate(0, "a", "ak", "ap");
	assert_certificate(1, "b", "", "");
	assert_certificate(2, "c", "ck", "cp");
}

static void takes_all_the_others(void **state)
{
	assert_int_equal(READ("--client-ca", "ca", "--cert", "a", "--client-optional",
	                      "--strict-names", "--plain-port", "0"),
	                 GO_ON);
	assert_string_equal(options.tls.client_ca_file, "ca");
	assert_true(options.tls.client_optional);
	assert_true(options.tls.strict_names);
	assert_false(options.tls.dev);
	assert_int_equal(options.plain_port, 0);
	assert_int_equal(READ("--dev-tls", "--client-ca", "ca"), GO_ON);
	assert_true(options.tls.dev);
	assert_true(nv_serve_tls_is_on(&options.tls));
}

static void refuses_what_belongs_to_no_certificate(void **state)
{
	assert_int_equal(READ("--key", "k", "--cert", "c"), USAGE);
	assert_int_equal(READ("--key-passphrase-file", "p"), USAGE);
	assert_int_equal(READ("--cert", "c", "--key", "k", "--key", "l"), USAGE);
	assert_int_equal(
		READ("--cert", "c", "--key-passphrase-file", "p", "--key-passphrase-file", "p"),
		USAGE);
	assert_int_equal(READ("--cert", ""), USAGE);
	assert_int_equal(READ("--cert", "c", "--key", ""), USAGE);
	assert_int_equal(READ("--dev-tls", "--key", "k"), USAGE);
}

static void refuses_what_needs_tls(void **state)
{
	assert_int_equal(READ("--client-ca", "ca"), USAGE);
	assert_int_equal(READ("--strict-names"), USAGE);
	assert_int_equal(READ("--client-optional"), USAGE);
	assert_int_equal(READ("--plain-port", "1"), USAGE);
	assert_int_equal(READ("--client-optional", "--cert", "c"), USAGE);
}

static void refuses_what_excludes_each_other(void **state)
{
	assert_int_equal(READ("--dev-tls", "--cert", "c"), USAGE);
	assert_int_equal(READ("--cert", "c", "--plain-port", "8080"), USAGE);
	assert_int_equal(READ("--cert", "c", "--plain-port", "0", "--port", "0"), GO_ON);
}

static void has_room_for_so_many_and_no_more(void **state)
{
	struct nv_serve_tls tls = { .count = 0 };
	const size_t chain = offsetof(struct nv_certificate, chain_file);

	for (size_t i = 0; i < NV_SERVE_CERTIFICATES; i++)
		assert_null(nv_serve_tls_next(&tls, chain, "c"));
	assert_non_null(nv_serve_tls_next(&tls, chain, "c"));
	assert_non_null(nv_serve_tls_row(&tls, chain, NV_SERVE_CERTIFICATES, "c"));
	assert_int_equal(tls.count, NV_SERVE_CERTIFICATES);
}

/* What is said about each is read end to end. */
static int silence(void **state)
{
	static int saved;
	int fd = open("/dev/null", O_WRONLY);

	saved = dup(STDERR_FILENO);
	*state = &saved;
	return fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) < 0;
}

static int speak_again(void **state)
{
	int saved = *(int *)*state;

	return dup2(saved, STDERR_FILENO) < 0 || close(saved) < 0;
}

#define REFUSAL(function) cmocka_unit_test_setup_teardown(function, silence, speak_again)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_no_tls_unless_asked_for),
		cmocka_unit_test(pairs_in_the_order_of_the_line),
		cmocka_unit_test(takes_all_the_others),
		REFUSAL(refuses_what_belongs_to_no_certificate),
		REFUSAL(refuses_what_needs_tls),
		REFUSAL(refuses_what_excludes_each_other),
		cmocka_unit_test(has_room_for_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
