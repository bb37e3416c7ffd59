/* SPDX-License-Identifier: MIT */
/* test_verdict.c: what a person is told when there is no connection. Standard error goes to a file. */
#include "connect/verdict.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/unit.h"

static char told[512];

static enum nv_verdict tell(const struct nv_failure *failure)
{
	const struct nv_url url = { .secure = true, .host = nv_str("host.test") };
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);
	enum nv_verdict verdict;

	assert_non_null(file);
	assert_int_equal(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	verdict = nv_verdict_of_failure(&url, failure);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	told[fread(told, 1, sizeof told - 1, file)] = '\0';
	fclose(file);
	return verdict;
}

static void test_host_like_a_problem(void **state)
{
	tell(&(struct nv_failure){ .stage = NV_STAGE_TLS,
	                           .error = NV_ERR_TLS,
	                           .text = "self-signed.test: the peer does not speak TLS" });
	assert_non_null(strstr(told, "self-signed.test: the peer does not speak TLS; try ws://"));
}

static void test_v6_address(void **state)
{
	tell(&(struct nv_failure){ .stage = NV_STAGE_TLS,
	                           .error = NV_ERR_CERTIFICATE,
	                           .text = "::1: the certificate has expired" });
	assert_non_null(strstr(told, "::1: the certificate has expired; it has to be renewed"));
}

static void test_no_host(void **state)
{
	tell(&(struct nv_failure){ .stage = NV_STAGE_TLS,
	                           .error = NV_ERR_TLS,
	                           .text = "the peer does not speak TLS" });
	assert_non_null(strstr(told, "; try ws://"));
}

/* A sentence may say "the proxy", and another one may not. */
static void test_proxy(void **state)
{
	static const struct {
		struct nv_failure failure;
		enum nv_verdict verdict;
	} cases[] = {
		{ { .stage = NV_STAGE_CONNECT, .error = NV_ERR_REFUSED, .text = "the proxy x: no" },
		  NV_VERDICT_TCP },
		{ { .stage = NV_STAGE_CONNECT,
		    .error = NV_ERR_REFUSED,
		    .proxy = true,
		    .text = "x" },
		  NV_VERDICT_PROXY },
		{ { .stage = NV_STAGE_RESOLVE, .error = NV_ERR_NOT_FOUND, .text = "the proxy" },
		  NV_VERDICT_NAME },
		{ { .stage = NV_STAGE_RESOLVE,
		    .error = NV_ERR_NOT_FOUND,
		    .proxy = true,
		    .text = "x" },
		  NV_VERDICT_PROXY },
		{ { .stage = NV_STAGE_PROXY,
		    .error = NV_ERR_PERMISSION,
		    .proxy = true,
		    .text = "x" },
		  NV_VERDICT_PROXY },
		{ { .stage = NV_STAGE_CONNECT, .error = NV_ERR_PERMISSION, .text = "x" },
		  NV_VERDICT_LOCAL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(tell(&cases[i].failure), cases[i].verdict);
}

/* The words of a problem choose the advice and never the exit code. */
static void test_words_in_tls(void **state)
{
	static const char *const texts[] = { "", "a: is not followed", "a: self-signed",
		                             "the proxy", "a: took too long" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(tell(&(struct nv_failure){ .stage = NV_STAGE_TLS,
		                                            .error = NV_ERR_TLS,
		                                            .text = texts[i] }),
		                 NV_VERDICT_TLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("the advice is about the problem, whatever the host is called",
		          test_host_like_a_problem),
		unit_case("the advice for an address with colons", test_v6_address),
		unit_case("the advice where no host is named", test_no_host),
		unit_case("the field tells whether it is the proxy's failure, not the words",
		          test_proxy),
		unit_case("words choose no exit code", test_words_in_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
