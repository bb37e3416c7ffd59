/* SPDX-License-Identifier: MIT */
/* test_router.c: patterns against paths. */
#include "support/unit.h"

#include "ws/router.h"

#include "support/failing_alloc.h"

static int add(struct nv_router *router, const char *pattern)
{
	struct nv_route route = { 0 };

	return nv_router_add(router, pattern, &route);
}

static const char *found(const struct nv_router *router, const char *path)
{
	const struct nv_route *route = nv_router_find(router, nv_str(path));

	return route ? route->pattern : "none";
}

static void finds_the_most_exact(void **state)
{
	static const char *const patterns[] = { "/*",  "/rooms/:id",   "/files/*",
		                                "/ws", "/rooms/lobby", "/rooms/:id/members",
		                                "/",   "/:any/lobby",  "/rooms/:id/*" };
	static const struct {
		const char *path, *pattern;
	} cases[] = {
		{ "/ws", "/ws" },
		{ "/", "/" },
		{ "/rooms/7", "/rooms/:id" },
		{ "/rooms/lobby", "/rooms/lobby" },
		{ "/other/lobby", "/:any/lobby" },
		{ "/rooms/7/members", "/rooms/:id/members" },
		{ "/rooms/7/other", "/rooms/:id/*" },
		{ "/rooms/7/a/b", "/rooms/:id/*" },
		{ "/files/a/b.txt", "/files/*" },
		{ "/files/", "/files/*" },
		{ "/files", "/*" },
		{ "/ws/", "/*" },
		{ "/WS", "/*" },
		{ "/rooms/", "/*" },
		{ "/rooms", "/*" },
		{ "*", "none" },
	};
	struct nv_router router = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		assert_int_equal(add(&router, patterns[i]), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(found(&router, cases[i].path), cases[i].pattern);
	nv_router_deinit(&router);
}

static void finds_nothing_without_a_match(void **state)
{
	struct nv_router router = { 0 };

	(void)state;
	assert_int_equal(add(&router, "/rooms/:id"), 0);
	assert_string_equal(found(&router, "/rooms"), "none");
	assert_string_equal(found(&router, "/rooms/"), "none");
	assert_string_equal(found(&router, "/rooms/1/2"), "none");
	assert_string_equal(found(&router, ""), "none");
	nv_router_deinit(&router);
}

static void assert_param(const struct nv_router *router, const char *path, const char *name,
                         const char *value)
{
	const struct nv_route *route = nv_router_find(router, nv_str(path));
	struct nv_bytes param = nv_route_param(route, nv_str(path), name);

	if (value)
		assert_true(nv_bytes_is(param, value));
	else
		assert_null(param.data);
}

static void tells_parameters(void **state)
{
	struct nv_router router = { 0 };

	(void)state;
	add(&router, "/rooms/:room/seats/:seat");
	add(&router, "/files/*");
	assert_param(&router, "/rooms/blue/seats/12", "room", "blue");
	assert_param(&router, "/rooms/blue/seats/12", "seat", "12");
	assert_param(&router, "/rooms/blue/seats/12", "rooms", NULL);
	assert_param(&router, "/rooms/a%20b/seats/1", "room", "a%20b");
	assert_param(&router, "/files/a/b", "*", "a/b");
	assert_param(&router, "/files/", "*", "");
	nv_router_deinit(&router);
}

static void refuses_patterns_that_make_no_sense(void **state)
{
	static const char *const patterns[] = { "", "ws", "*", "/a/*/b", "/:", "/a/:/b", "/ws" };
	struct nv_router router = { 0 };

	(void)state;
	assert_int_equal(add(&router, "/ws"), 0);
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		assert_int_equal(add(&router, patterns[i]), NV_ERR_INVALID);
	assert_int_equal(router.count, 1);
	nv_router_deinit(&router);
}

static void survives_without_memory(void **state)
{
	(void)state;
	for (size_t nth = 1; nth <= 3; nth++) {
		struct nv_router router = { 0 };

		failing_alloc_install();
		failing_alloc_fail(nth, FAIL_FOREVER);
		assert_int_equal(add(&router, "/a"), NV_ERR_NOMEM);
		failing_alloc_fail(0, FAIL_ONCE);
		assert_int_equal(add(&router, "/a"), 0);
		nv_router_deinit(&router);
		failing_alloc_remove();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_most_exact),
		cmocka_unit_test(finds_nothing_without_a_match),
		cmocka_unit_test(tells_parameters),
		cmocka_unit_test(refuses_patterns_that_make_no_sense),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
