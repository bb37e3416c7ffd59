/* SPDX-License-Identifier: MIT */
/* test_roster.c: the names that are held, as a set and as a list. */
#include "serve/roster.h"

#include <jansson.h>
#include <stdio.h>

#include "support/unit.h"

static int setup(void **state)
{
	*state = nv_roster_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	nv_roster_free(*state);
	return 0;
}

static void assert_presents(struct nv_roster *roster, const char *names)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "{\"type\":\"presents\",\"noms\":[%s]}", names);
	assert_string_equal(nv_roster_presents(roster), expected);
	assert_string_equal(nv_roster_presents(roster), expected);
}

static void keeps_the_order_in_which_they_came(void **state)
{
	struct nv_roster *roster = *state;

	assert_presents(roster, "");
	assert_int_equal(nv_roster_add(roster, "Zoé"), 0);
	assert_presents(roster, "\"Zoé\"");
	assert_int_equal(nv_roster_add(roster, "Bob"), 0);
	assert_int_equal(nv_roster_add(roster, "Alice"), 0);
	assert_presents(roster, "\"Zoé\",\"Bob\",\"Alice\"");
	nv_roster_remove(roster, "Bob");
	assert_presents(roster, "\"Zoé\",\"Alice\"");
	assert_int_equal(nv_roster_add(roster, "Bob"), 0);
	assert_presents(roster, "\"Zoé\",\"Alice\",\"Bob\"");
}

static void is_a_set(void **state)
{
	struct nv_roster *roster = *state;

	assert_false(nv_roster_has(roster, "Bob"));
	assert_int_equal(nv_roster_add(roster, "Bob"), 0);
	assert_true(nv_roster_has(roster, "Bob"));
	assert_false(nv_roster_has(roster, "bob"));
	nv_roster_remove(roster, "Bob");
	assert_false(nv_roster_has(roster, "Bob"));
}

static void escapes_names(void **state)
{
	assert_int_equal(nv_roster_add(*state, "\"\\/<é>"), 0);
	assert_presents(*state, "\"\\\"\\\\/<é>\"");
}

static void numbers_guests(void **state)
{
	struct nv_roster *roster = *state;
	char name[NV_NICKNAME_SIZE];

	nv_roster_guest(roster, name);
	assert_string_equal(name, "invité-1");
	nv_roster_guest(roster, name);
	assert_string_equal(name, "invité-1");
	nv_roster_add(roster, "invité-1");
	nv_roster_add(roster, "invité-3");
	nv_roster_guest(roster, name);
	assert_string_equal(name, "invité-2");
	nv_roster_add(roster, name);
	nv_roster_guest(roster, name);
	assert_string_equal(name, "invité-4");
}

static void lists_many_names(void **state)
{
	struct nv_roster *roster = *state;
	char name[NV_NICKNAME_SIZE];
	json_t *tree;

	for (unsigned i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "name %u", i);
		assert_int_equal(nv_roster_add(roster, name), 0);
		if (i % 100 == 0)
			assert_non_null(nv_roster_presents(roster));
	}
	tree = json_loads(nv_roster_presents(roster), JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_array_size(json_object_get(tree, "noms")), 2000);
	json_decref(tree);
}

static size_t until_failure;

static void *failing_malloc(size_t size)
{
	return until_failure > 0 && until_failure-- > 0 ? malloc(size) : NULL;
}

static void survives_every_failed_allocation(void **state)
{
	int error = NV_ERR_NOMEM;

	assert_int_equal(nv_roster_add(*state, "Alice"), 0);
	json_set_alloc_funcs(failing_malloc, free);
	for (size_t i = 0; error != 0; i++) {
		until_failure = i;
		error = nv_roster_add(*state, "Bob");
		assert_true(error == 0 || error == NV_ERR_NOMEM);
		assert_int_equal(nv_roster_has(*state, "Bob"), error == 0);
	}
	json_set_alloc_funcs(malloc, free);
	assert_presents(*state, "\"Alice\",\"Bob\"");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_the_order_in_which_they_came),
		TEST(is_a_set),
		TEST(escapes_names),
		TEST(numbers_guests),
		TEST(lists_many_names),
		TEST(survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
