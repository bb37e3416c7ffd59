/* SPDX-License-Identifier: MIT */
/* test_tls_link.c: a server whose certificate is a link, as those that are renewed often are. */
#include <unistd.h>

#include "ws/secure.h"

static void point(const char *link, const char *target)
{
	unlink(paper(link));
	assert_int_equal(symlink(target, paper(link)), 0);
}

/* A link that points elsewhere for a while. */
static void says_that_the_files_are_those_in_use(void **state)
{
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	point("link.pem", "server.pem");
	fixture_secure(&f, "link.pem", "server.key");
	point("link.pem", "ended.pem");
	assert_true(nv_server_reload_tls(f.server, false) < 0);
	f.log[0] = '\0';
	point("link.pem", "server.pem");
	assert_int_equal(nv_server_reload_tls(f.server, false), 0);
	assert_string_equal(f.log, "TLS: the files are again those in use");
	f.log[0] = '\0';
	assert_int_equal(nv_server_reload_tls(f.server, false), 0);
	assert_string_equal(f.log, "");
	fixture_stop(&f);
}

/* And what has gone for a while. */
static void tells_each_time_that_they_are_gone(void **state)
{
	struct fixture f;

	fixture_start(&f, (struct nv_server_options){ 0 });
	point("link.pem", "server.pem");
	fixture_secure(&f, "link.pem", "server.key");
	for (int i = 0; i < 2; i++) {
		f.log[0] = '\0';
		unlink(paper("link.pem"));
		assert_true(nv_server_reload_tls(f.server, false) < 0);
		assert_string_not_equal(f.log, "");
		point("link.pem", "server.pem");
		assert_int_equal(nv_server_reload_tls(f.server, false), 0);
	}
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_that_the_files_are_those_in_use),
		cmocka_unit_test(tells_each_time_that_they_are_gone),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
