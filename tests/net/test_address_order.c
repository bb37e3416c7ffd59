/* SPDX-License-Identifier: MIT */
/* test_address_order.c: families take turns, nobody is tried twice, and the room is kept. */
#include "net/address_order.h"

#include <stdio.h>

#include "support/unit.h"

#define MOST 32u

static size_t parse(const char *list, struct nv_address addresses[MOST])
{
	char text[64];
	size_t count = 0;
	int used;

	for (; sscanf(list, "%63s%n", text, &used) == 1; list += used)
		assert_true(nv_address_parse(text, 80, &addresses[count++]));
	return count;
}

static void assert_order(const char *list, size_t room, const char *expected)
{
	struct nv_address from[MOST], wanted[MOST], to[MOST];
	size_t count = nv_address_order(from, parse(list, from), to, room);

	assert_int_equal(count, parse(expected, wanted));
	assert_memory_equal(to, wanted, count * sizeof *to);
}

static void families_take_turns(void **state)
{
	assert_order("::1 ::2 ::3 10.0.0.1 10.0.0.2", MOST, "::1 10.0.0.1 ::2 10.0.0.2 ::3");
	assert_order("10.0.0.2 10.0.0.1 ::9", MOST, "10.0.0.2 ::9 10.0.0.1");
	assert_order("::1 10.0.0.1 10.0.0.2 10.0.0.3", MOST, "::1 10.0.0.1 10.0.0.2 10.0.0.3");
	assert_order("10.0.0.1 ::1 10.0.0.2 ::2", MOST, "10.0.0.1 ::1 10.0.0.2 ::2");
}

static void one_family_stays_as_it_is(void **state)
{
	assert_order("10.0.0.3 10.0.0.1 10.0.0.2", MOST, "10.0.0.3 10.0.0.1 10.0.0.2");
	assert_order("::3 ::1 ::2", MOST, "::3 ::1 ::2");
	assert_order("::1", MOST, "::1");
	assert_order("", MOST, "");
}

/* One that is left out takes nobody's turn. */
static void each_comes_once(void **state)
{
	assert_order("10.0.0.1 10.0.0.1 ::1 10.0.0.1 10.0.0.2 ::1", MOST, "10.0.0.1 ::1 10.0.0.2");
	assert_order("10.0.0.1 10.0.0.1", MOST, "10.0.0.1");
	assert_order("10.0.0.1 10.0.0.1 10.0.0.2 ::1 ::1 ::2", MOST, "10.0.0.1 ::1 10.0.0.2 ::2");
	assert_order("10.0.0.1 ::ffff:10.0.0.1", MOST, "10.0.0.1");
	assert_order("fe80::1%2 fe80::1%3", MOST, "fe80::1%2 fe80::1%3");
}

/* The family that comes last has its turns, too. */
static void the_room_is_kept(void **state)
{
	assert_order("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 ::1", 3, "10.0.0.1 ::1 10.0.0.2");
	assert_order("10.0.0.1 ::1", 2, "10.0.0.1 ::1");
	assert_order("10.0.0.1 ::1", 1, "10.0.0.1");
	assert_order("10.0.0.1", 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-22 families take turns", families_take_turns),
		unit_case("one family stays as it is", one_family_stays_as_it_is),
		unit_case("each comes once", each_comes_once),
		unit_case("the room is kept", the_room_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
