/* SPDX-License-Identifier: MIT */
/* test_visitors.c: the table of addresses: found again, counted by network, forgotten in their order,
 * and never too many. */
#include "support/unit.h"

#include <stdio.h>

#include "support/failing_alloc.h"
#include "ws/visitors.h"

static struct nv_address address_of(const char *text)
{
	struct nv_address address;

	assert_true(nv_address_parse(text, 1, &address));
	return address;
}

/* 2001:db8:0:0::1 and so on, each in a network of its own. */
static struct nv_address address_number(uint32_t number)
{
	struct nv_address address = address_of("2001:db8::1");

	for (int i = 0; i < 4; i++)
		address.ip[4 + i] = (uint8_t)(number >> 8 * (3 - i));
	return address;
}

static struct nv_visitor *get(struct nv_visitors *visitors, uint32_t number, uint64_t now_ms)
{
	struct nv_address address = address_number(number);

	return nv_visitors_get(visitors, &address, now_ms);
}

static struct nv_visitor *find(const struct nv_visitors *visitors, uint32_t number)
{
	struct nv_address address = address_number(number);

	return nv_visitors_find(visitors, &address);
}

static void start(struct nv_visitors *visitors)
{
	failing_alloc_install();
	assert_int_equal(nv_visitors_init(visitors), 0);
}

static void stop(struct nv_visitors *visitors)
{
	nv_visitors_deinit(visitors);
	failing_alloc_remove();
}

static void finds_each_again(void **state)
{
	struct nv_visitors visitors;

	(void)state;
	start(&visitors);
	assert_null(find(&visitors, 1));
	for (uint32_t i = 0; i < 5000; i++)
		get(&visitors, i, 0)->connections = i;
	assert_int_equal(visitors.count, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		assert_int_equal(find(&visitors, i)->connections, i);
		assert_ptr_equal(get(&visitors, i, 9), find(&visitors, i));
	}
	assert_null(find(&visitors, 5000));
	assert_int_equal(visitors.count, 5000);
	assert_true(visitors.slot_count >= 4096);
	stop(&visitors);
}

static void a_network_is_one_visitor(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} cases[] = {
		{ "2001:db8::1", "2001:db8::ffff:1", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nv_address one = address_of(cases[i].one);
		struct nv_address other = address_of(cases[i].other);
		struct nv_visitors visitors;

		start(&visitors);
		assert_non_null(nv_visitors_get(&visitors, &one, 0));
		assert_int_equal(nv_visitors_find(&visitors, &other) != NULL, cases[i].same);
		stop(&visitors);
	}
}

static void forgets_who_is_idle_for_long(void **state)
{
	struct nv_visitors visitors;

	(void)state;
	start(&visitors);
	for (uint32_t i = 0; i < 200; i++)
		get(&visitors, i, 1000 + i);
	nv_visitors_set_busy(&visitors, find(&visitors, 0));
	nv_visitors_forget_old(&visitors, 3099, 2000);
	assert_non_null(find(&visitors, 0));
	assert_null(find(&visitors, 99));
	assert_non_null(find(&visitors, 100));
	nv_visitors_set_idle(&visitors, find(&visitors, 0), 3099);
	nv_visitors_forget_old(&visitors, 5098, 2000);
	/* Nor by a loop whose clock is behind. */
	nv_visitors_forget_old(&visitors, 3000, 2000);
	assert_non_null(find(&visitors, 0));
	assert_int_equal(visitors.count, 1);
	nv_visitors_forget_old(&visitors, 5099, 2000);
	assert_int_equal(visitors.count, 0);
	assert_int_equal(failing_alloc_live_blocks(), 0);
	assert_non_null(get(&visitors, 7, 0));
	stop(&visitors);
}

/* Whatever comes by: who has a connection stays, of the others the last ones. */
static void idle_ones_are_never_too_many(void **state)
{
	struct nv_visitors visitors;
	size_t most;

	(void)state;
	start(&visitors);
	nv_visitors_set_busy(&visitors, get(&visitors, 0, 0));
	for (uint32_t i = 1; i <= NV_VISITORS_IDLE_MAX; i++)
		get(&visitors, i, 0);
	most = failing_alloc_live_bytes();
	assert_int_equal(visitors.idle_count, NV_VISITORS_IDLE_MAX);
	for (uint32_t i = 1; i <= 1000; i++)
		get(&visitors, NV_VISITORS_IDLE_MAX + i, 0);
	assert_int_equal(visitors.idle_count, NV_VISITORS_IDLE_MAX);
	assert_non_null(find(&visitors, 0));
	assert_null(find(&visitors, 1000));
	assert_non_null(find(&visitors, 1001));
	assert_true(failing_alloc_live_bytes() <= most + 2 * NV_VISITORS_IDLE_MAX * sizeof(void *));
	nv_visitors_set_idle(&visitors, find(&visitors, 0), 0);
	stop(&visitors);
}

/* Without a table there are no visitors; without a larger one its chains get longer. */
static void lives_without_memory(void **state)
{
	struct nv_visitors visitors;

	(void)state;
	start(&visitors);
	for (size_t nth = 1; nth <= 2; nth++) {
		failing_alloc_fail(nth, FAIL_ONCE);
		assert_null(get(&visitors, 0, 0));
		assert_null(find(&visitors, 0));
	}
	for (uint32_t i = 0; i < 64; i++)
		assert_non_null(get(&visitors, i, 0));
	for (uint32_t i = 64; i < 200; i++) {
		failing_alloc_fail(1, FAIL_ONCE);
		assert_non_null(get(&visitors, i, 0));
	}
	assert_int_equal(visitors.slot_count, 64);
	failing_alloc_fail(0, FAIL_ONCE);
	assert_non_null(get(&visitors, 200, 0));
	assert_int_equal(visitors.slot_count, 128);
	for (uint32_t i = 0; i <= 200; i++)
		assert_non_null(find(&visitors, i));
	stop(&visitors);
}

/* With another key the same addresses fall into other slots. */
static void the_order_is_secret(void **state)
{
	struct nv_visitors one, other;
	size_t same = 0;

	(void)state;
	start(&one);
	assert_int_equal(nv_visitors_init(&other), 0);
	for (uint32_t i = 0; i < 64; i++) {
		get(&one, i, 0);
		get(&other, i, 0);
	}
	for (size_t i = 0; i < 64; i++)
		same += !one.slots[i] == !other.slots[i];
	assert_true(same < 64);
	nv_visitors_deinit(&other);
	stop(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_again),
		cmocka_unit_test(a_network_is_one_visitor),
		cmocka_unit_test(forgets_who_is_idle_for_long),
		cmocka_unit_test(idle_ones_are_never_too_many),
		cmocka_unit_test(lives_without_memory),
		cmocka_unit_test(the_order_is_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
