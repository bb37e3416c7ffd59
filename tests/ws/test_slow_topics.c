/* SPDX-License-Identifier: MIT */
/* test_slow_topics.c: which rule stands for a name. */
#include "support/unit.h"

#include "ws/slow_topics.h"

#include "support/failing_alloc.h"

#define CLOSE (1 + NV_SLOW_CLOSE)
#define OLDEST (1 + NV_SLOW_DROP_OLDEST)
#define NEWEST (1 + NV_SLOW_KEEP_NEWEST)

static int setup(void **state)
{
	static struct nv_slow_topics topics;

	failing_alloc_install();
	topics = (struct nv_slow_topics){ .rules = { 0 } };
	*state = &topics;
	return 0;
}

static int teardown(void **state)
{
	nv_slow_topics_deinit(*state);
	failing_alloc_remove();
	return 0;
}

static int set(struct nv_slow_topics *topics, const char *name, enum nv_slow slow)
{
	return nv_slow_topics_set(topics, nv_str(name), slow);
}

static uint8_t find(const struct nv_slow_topics *topics, const char *name)
{
	return nv_slow_topics_find(topics, nv_str(name));
}

static void nothing_was_said(void **state)
{
	assert_int_equal(find(*state, "a"), 0);
	assert_int_equal(set(*state, "news", NV_SLOW_CLOSE), 0);
	assert_int_equal(find(*state, "new"), 0);
	assert_int_equal(find(*state, "newsy"), 0);
	assert_int_equal(find(*state, "News"), 0);
	assert_int_equal(find(*state, "news"), CLOSE);
}

static void the_last_word_counts(void **state)
{
	assert_int_equal(set(*state, "a", NV_SLOW_CLOSE), 0);
	assert_int_equal(set(*state, "b*", NV_SLOW_KEEP_NEWEST), 0);
	assert_int_equal(set(*state, "a", NV_SLOW_DROP_OLDEST), 0);
	assert_int_equal(set(*state, "b*", NV_SLOW_CLOSE), 0);
	assert_int_equal(find(*state, "a"), OLDEST);
	assert_int_equal(find(*state, "b"), CLOSE);
	assert_int_equal(find(*state, "bc"), CLOSE);
}

/* In whatever order they were set. */
static void the_longest_counts(void **state)
{
	static const struct {
		const char *name;
		enum nv_slow slow;
	} rules[] = { { "*", NV_SLOW_DROP_OLDEST },
		      { "a*", NV_SLOW_KEEP_NEWEST },
		      { "ab", NV_SLOW_CLOSE },
		      { "ab*", NV_SLOW_DROP_OLDEST } };

	for (size_t first = 0; first < 4; first++) {
		struct nv_slow_topics topics = { .rules = { 0 } };

		for (size_t i = 0; i < 4; i++)
			assert_int_equal(set(&topics, rules[(first + i) % 4].name,
			                     rules[(first + i) % 4].slow),
			                 0);
		assert_int_equal(find(&topics, "b"), OLDEST);
		assert_int_equal(find(&topics, "a"), NEWEST);
		assert_int_equal(find(&topics, "ac"), NEWEST);
		assert_int_equal(find(&topics, "ab"), CLOSE);
		assert_int_equal(find(&topics, "abc"), OLDEST);
		nv_slow_topics_deinit(&topics);
	}
}

static void bad_rules_are_refused(void **state)
{
	char name[257];

	memset(name, 'n', sizeof name);
	name[256] = '\0';
	assert_int_equal(set(*state, "", NV_SLOW_CLOSE), NV_ERR_INVALID);
	assert_int_equal(set(*state, "a*b", NV_SLOW_CLOSE), NV_ERR_INVALID);
	assert_int_equal(set(*state, "a**", NV_SLOW_CLOSE), NV_ERR_INVALID);
	assert_int_equal(set(*state, name, NV_SLOW_CLOSE), NV_ERR_INVALID);
	assert_int_equal(set(*state, "a", (enum nv_slow)(NV_SLOW_KEEP_NEWEST + 1)), NV_ERR_INVALID);
	assert_int_equal(find(*state, "a"), 0);
}

static void names_may_have_255_bytes(void **state)
{
	char name[256];

	memset(name, 'n', sizeof name);
	name[255] = '\0';
	assert_int_equal(set(*state, name, NV_SLOW_DROP_OLDEST), 0);
	assert_int_equal(find(*state, name), OLDEST);
	name[254] = '*';
	assert_int_equal(set(*state, name, NV_SLOW_KEEP_NEWEST), 0);
	name[254] = 'm';
	assert_int_equal(find(*state, name), NEWEST);
	name[254] = 'n';
	assert_int_equal(find(*state, name), OLDEST);
	name[254] = '\0';
	assert_int_equal(find(*state, name), NEWEST);
	name[253] = '\0';
	assert_int_equal(find(*state, name), 0);
}

/* A rule that has no room changes nothing. */
static void every_allocation_may_fail(void **state)
{
	static const char *const names[] = { "a", "b*", "cccccccccccccccccccccccccccccccccc", "d" };

	for (size_t i = 0; i < 4; i++) {
		bool done = false;

		for (size_t nth = 1; !done; nth++) {
			failing_alloc_fail(nth, FAIL_FOREVER);
			done = set(*state, names[i], NV_SLOW_DROP_OLDEST) == 0;
			assert_int_equal(find(*state, names[i]), done ? OLDEST : 0);
		}
		failing_alloc_fail(1, FAIL_FOREVER);
		assert_int_equal(set(*state, names[i], NV_SLOW_KEEP_NEWEST), 0);
		assert_int_equal(find(*state, names[i]), NEWEST);
		failing_alloc_fail(0, FAIL_ONCE);
	}
}

#define CASE(title, function)                                                                      \
	{                                                                                          \
		(title), (function), setup, teardown, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE("nothing was said", nothing_was_said),
		CASE("the last word counts", the_last_word_counts),
		CASE("the longest counts", the_longest_counts),
		CASE("bad rules are refused", bad_rules_are_refused),
		CASE("names may have 255 bytes", names_may_have_255_bytes),
		CASE("every allocation may fail", every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
