/* SPDX-License-Identifier: MIT */
/* test_topic.c: names, who subscribes to them, and who comes and goes while a topic is visited. */
#include "support/unit.h"

#include <stdio.h>

#include "ws/topic.h"

#include "support/failing_alloc.h"
#include "support/prng.h"

static const uint8_t key[NV_SIPHASH_KEY] = "a key of 16 byte";

struct fixture {
	struct nv_topics topics;
	struct nv_subscriber subscribers[4];
};

static int setup(void **state)
{
	static struct fixture fixture;

	failing_alloc_install();
	nv_topics_init(&fixture.topics, key);
	for (size_t i = 0; i < 4; i++)
		nv_subscriber_init(&fixture.subscribers[i], &fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++) {
		nv_topics_leave_all(&f->topics, &f->subscribers[i]);
		assert_int_equal(f->subscribers[i].count, 0);
	}
	assert_int_equal(f->topics.count, 0);
	assert_int_equal(f->topics.starred, 0);
	nv_topics_deinit(&f->topics);
	failing_alloc_remove();
	return 0;
}

static int subscribe(struct fixture *f, size_t who, const char *name)
{
	return nv_topics_subscribe(&f->topics, &f->subscribers[who], nv_str(name));
}

static int unsubscribe(struct fixture *f, size_t who, const char *name)
{
	return nv_topics_unsubscribe(&f->topics, &f->subscribers[who], nv_str(name));
}

static size_t match(const struct fixture *f, struct nv_bytes name,
                    struct nv_topic *found[NV_TOPIC_MATCHES_MAX])
{
	return nv_topics_match(&f->topics, name, nv_topics_hash(&f->topics, name), found);
}

static void add_one(void *context, struct nv_subscriber *subscriber)
{
	++*(size_t *)context;
}

/* How many subscriptions stand for a name. */
static size_t reached(struct fixture *f, const char *name)
{
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];
	size_t topics = match(f, nv_str(name), found);
	size_t count = 0;

	for (size_t i = 0; i < topics; i++)
		nv_topic_visit(&f->topics, found[i], add_one, &count);
	return count;
}

/* --- Names --- */

static void wants_names_of_1_to_255_bytes(void **state)
{
	struct fixture *f = *state;
	char name[258];

	memset(name, 'n', sizeof name);
	name[256] = '\0';
	assert_int_equal(subscribe(f, 0, ""), NV_ERR_INVALID);
	assert_int_equal(subscribe(f, 0, name), NV_ERR_INVALID);
	name[255] = '\0';
	assert_int_equal(subscribe(f, 0, name), 0);
	assert_int_equal(reached(f, name), 1);
	assert_int_equal(nv_topics_subscribe(&f->topics, &f->subscribers[0],
	                                     (struct nv_bytes){ (const uint8_t *)"a\0b", 3 }),
	                 0);
	assert_int_equal(reached(f, "a"), 0);
}

static void wants_a_star_only_at_the_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(subscribe(f, 0, "*a"), NV_ERR_INVALID);
	assert_int_equal(subscribe(f, 0, "a**"), NV_ERR_INVALID);
	assert_int_equal(subscribe(f, 0, "a*b"), NV_ERR_INVALID);
	assert_int_equal(f->topics.count, 0);
	assert_int_equal(subscribe(f, 0, "a*"), 0);
	assert_int_equal(subscribe(f, 0, "*"), 0);
	assert_true(nv_topic_is_name(nv_str("a*"), true));
	assert_false(nv_topic_is_name(nv_str("a*"), false));
	assert_true(nv_topic_is_name(nv_str("a"), false));
}

static void a_star_stands_for_names_that_begin_like_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(subscribe(f, 0, "room.*"), 0);
	assert_int_equal(reached(f, "room.7"), 1);
	assert_int_equal(reached(f, "room."), 1);
	assert_int_equal(reached(f, "room"), 0);
	assert_int_equal(reached(f, "room,7"), 0);
	assert_int_equal(reached(f, "aroom.7"), 0);
	assert_int_equal(subscribe(f, 1, "*"), 0);
	assert_int_equal(subscribe(f, 2, "room.7"), 0);
	assert_int_equal(subscribe(f, 3, "room.7*"), 0);
	assert_int_equal(reached(f, "room.7"), 4);
	assert_int_equal(reached(f, "room"), 1);
	assert_int_equal(unsubscribe(f, 0, "room.*"), 0);
	assert_int_equal(reached(f, "room.70"), 2);
}

static void the_longest_name_matches_every_prefix(void **state)
{
	struct fixture *f = *state;
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];
	char name[NV_TOPIC_NAME_MAX + 1] = { 0 };
	char starred[NV_TOPIC_NAME_MAX + 1] = { 0 };

	memset(name, 'x', NV_TOPIC_NAME_MAX);
	for (size_t len = 1; len <= NV_TOPIC_NAME_MAX; len++) {
		memset(starred, 'x', len);
		starred[len - 1] = '*';
		assert_int_equal(subscribe(f, len % 4, starred), 0);
	}
	assert_int_equal(subscribe(f, 0, name), 0);
	assert_int_equal(match(f, nv_str(name), found), NV_TOPIC_MATCHES_MAX);
	name[254] = '\0';
	assert_int_equal(match(f, nv_str(name), found), 255);
	name[253] = '\0';
	assert_int_equal(match(f, nv_str(name), found), 254);
}

/* --- Subscriptions --- */

static void subscribing_twice_is_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(subscribe(f, 0, "a"), 0);
	assert_int_equal(subscribe(f, 0, "a"), 0);
	assert_int_equal(f->subscribers[0].count, 1);
	assert_int_equal(reached(f, "a"), 1);
	assert_int_equal(unsubscribe(f, 0, "a"), 0);
	assert_int_equal(reached(f, "a"), 0);
	assert_int_equal(unsubscribe(f, 0, "a"), NV_ERR_NOT_FOUND);
}

static void leaving_what_one_is_not_in_is_told(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(unsubscribe(f, 0, "a"), NV_ERR_NOT_FOUND);
	assert_int_equal(subscribe(f, 1, "a"), 0);
	assert_int_equal(unsubscribe(f, 0, "a"), NV_ERR_NOT_FOUND);
	assert_int_equal(unsubscribe(f, 0, ""), NV_ERR_NOT_FOUND);
	assert_int_equal(reached(f, "a"), 1);
}

static void a_topic_goes_with_its_last_subscriber(void **state)
{
	struct fixture *f = *state;
	size_t blocks;

	assert_int_equal(subscribe(f, 0, "a"), 0);
	nv_topics_leave_all(&f->topics, &f->subscribers[0]);
	blocks = failing_alloc_live_blocks();
	assert_int_equal(subscribe(f, 0, "b"), 0);
	assert_int_equal(subscribe(f, 1, "b"), 0);
	assert_int_equal(unsubscribe(f, 0, "b"), 0);
	assert_int_equal(f->topics.count, 1);
	assert_int_equal(unsubscribe(f, 1, "b"), 0);
	assert_int_equal(f->topics.count, 0);
	assert_int_equal(failing_alloc_live_blocks(), blocks);
}

static void takes_128_subscriptions(void **state)
{
	struct fixture *f = *state;
	char name[24];

	for (int i = 0; i < 128; i++) {
		snprintf(name, sizeof name, "topic %d", i);
		assert_int_equal(subscribe(f, 0, name), 0);
	}
	assert_int_equal(subscribe(f, 0, "one more"), NV_ERR_FULL);
	assert_int_equal(f->topics.count, 128);
	assert_int_equal(subscribe(f, 0, "topic 5"), 0);
	assert_int_equal(subscribe(f, 1, "one more"), 0);
	assert_int_equal(unsubscribe(f, 0, "topic 5"), 0);
	assert_int_equal(subscribe(f, 0, "one more"), 0);
	assert_int_equal(reached(f, "topic 77"), 1);
}

/* --- At random, against lists --- */

#define NAMES 40

static void make_name(char *name, size_t number)
{
	/* Every third is a star's. */
	snprintf(name, 16, number % 3 ? "%zu" : "%zu*", number);
}

static bool stands_for(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	return pattern[len - 1] == '*' ? strncmp(pattern, name, len - 1) == 0
	                               : strcmp(pattern, name) == 0;
}

static size_t expected(bool joined[4][NAMES], const char *name)
{
	char pattern[16];
	size_t count = 0;

	for (size_t i = 0; i < 4 * NAMES; i++) {
		make_name(pattern, i % NAMES);
		count += joined[i / NAMES][i % NAMES] && stands_for(pattern, name);
	}
	return count;
}

static void agrees_with_lists(void **state)
{
	struct fixture *f = *state;
	bool joined[4][NAMES] = { 0 };
	struct prng prng = { 3 };
	char name[16];

	for (int step = 0; step < 20000; step++) {
		size_t who = prng_below(&prng, 4);
		size_t which = prng_below(&prng, NAMES);
		bool joins = prng_below(&prng, 2) == 0;

		make_name(name, which);
		assert_int_equal(joins ? subscribe(f, who, name) : unsubscribe(f, who, name),
		                 joins || joined[who][which] ? 0 : NV_ERR_NOT_FOUND);
		joined[who][which] = joins;
		if (prng_below(&prng, 200) == 0) {
			nv_topics_leave_all(&f->topics, &f->subscribers[who]);
			memset(joined[who], 0, sizeof joined[who]);
		}
		snprintf(name, sizeof name, "%zu", prng_below(&prng, 2 * NAMES));
		assert_int_equal(reached(f, name), expected(joined, name));
	}
}

/* --- Coming and going during a visit --- */

struct visit {
	struct fixture *fixture;
	size_t visited[4];
	/* What happens when one of them is visited. */
	size_t at;
	size_t leaver;
	size_t joiner; /* 4: nobody */
};

static void come_and_go(void *context, struct nv_subscriber *subscriber)
{
	struct visit *visit = context;
	struct fixture *f = visit->fixture;
	size_t who = (size_t)(subscriber - f->subscribers);

	visit->visited[who]++;
	if (who != visit->at)
		return;
	nv_topics_leave_all(&f->topics, &f->subscribers[visit->leaver]);
	if (visit->joiner < 4)
		assert_int_equal(subscribe(f, visit->joiner, "a"), 0);
}

static void anybody_may_leave_during_a_visit(void **state)
{
	struct fixture *f = *state;
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];

	for (size_t at = 0; at < 3; at++) {
		for (size_t leaver = 0; leaver < 3; leaver++) {
			struct visit visit = { f, { 0 }, at, leaver, 4 };

			for (size_t i = 0; i < 3; i++)
				assert_int_equal(subscribe(f, i, "a"), 0);
			assert_int_equal(match(f, nv_str("a"), found), 1);
			nv_topic_visit(&f->topics, found[0], come_and_go, &visit);
			for (size_t i = 0; i < 3; i++)
				assert_int_equal(visit.visited[i], i == leaver && i > at ? 0 : 1);
			assert_int_equal(reached(f, "a"), 2);
			for (size_t i = 0; i < 3; i++)
				nv_topics_leave_all(&f->topics, &f->subscribers[i]);
		}
	}
}

static void who_joins_during_a_visit_is_visited(void **state)
{
	struct fixture *f = *state;
	struct visit visit = { f, { 0 }, 1, 0, 3 };
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];

	assert_int_equal(subscribe(f, 0, "a"), 0);
	assert_int_equal(subscribe(f, 1, "a"), 0);
	assert_int_equal(match(f, nv_str("a"), found), 1);
	nv_topic_visit(&f->topics, found[0], come_and_go, &visit);
	assert_int_equal(visit.visited[3], 1);
}

static void leave_first(void *context, struct nv_subscriber *subscriber)
{
	struct visit *visit = context;
	struct fixture *f = visit->fixture;

	visit->visited[subscriber - f->subscribers]++;
	for (size_t i = 0; i < 4; i++)
		nv_topics_leave_all(&f->topics, &f->subscribers[i]);
}

static void a_topic_stays_while_it_is_visited(void **state)
{
	struct fixture *f = *state;
	struct visit visit = { .fixture = f };
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(subscribe(f, i, "a"), 0);
	assert_int_equal(match(f, nv_str("a"), found), 1);
	nv_topic_visit(&f->topics, found[0], leave_first, &visit);
	assert_int_equal(visit.visited[0], 1);
	assert_int_equal(visit.visited[1] + visit.visited[2] + visit.visited[3], 0);
	assert_int_equal(f->topics.count, 0);
}

static void visit_again(void *context, struct nv_subscriber *subscriber)
{
	struct visit *visit = context;
	struct fixture *f = visit->fixture;

	assert_int_equal(reached(f, "a"), 3);
	visit->visited[subscriber - f->subscribers]++;
}

static void a_visit_may_be_made_during_another(void **state)
{
	struct fixture *f = *state;
	struct visit visit = { .fixture = f };
	struct nv_topic *found[NV_TOPIC_MATCHES_MAX];

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(subscribe(f, i, "a"), 0);
	assert_int_equal(match(f, nv_str("a"), found), 1);
	nv_topic_visit(&f->topics, found[0], visit_again, &visit);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(visit.visited[i], 1);
}

/* --- Without memory --- */

static void lives_on_without_memory(void **state)
{
	struct fixture *f = *state;
	char name[16];
	int failed = 0;

	for (int i = 0; i < 100; i++) {
		size_t count = f->topics.count;
		int error = NV_ERR_NOMEM;

		snprintf(name, sizeof name, "%d", i);
		for (size_t nth = 1; error < 0; nth++) {
			failing_alloc_fail(nth, FAIL_ONCE);
			error = subscribe(f, 0, name);
			assert_true(error == 0 || error == NV_ERR_NOMEM);
			failed += error < 0;
			assert_int_equal(f->topics.count, error ? count : count + 1);
			assert_int_equal(reached(f, name), error ? 0 : 1);
		}
	}
	failing_alloc_fail(0, FAIL_ONCE);
	/* Twice for each of the first 16; then what fails first is that the table grows. */
	assert_int_equal(failed, 32);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%d", i);
		assert_int_equal(reached(f, name), 1);
	}
}

#define topic_case(title, function)                                                                \
	{                                                                                          \
		(title), (function), setup, teardown, NULL                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		topic_case("wants names of 1 to 255 bytes", wants_names_of_1_to_255_bytes),
		topic_case("wants a star only at the end", wants_a_star_only_at_the_end),
		topic_case("a star stands for names that begin like it",
		           a_star_stands_for_names_that_begin_like_it),
		topic_case("the longest name matches every prefix",
		           the_longest_name_matches_every_prefix),
		topic_case("subscribing twice is once", subscribing_twice_is_once),
		topic_case("leaving what one is not in is told",
		           leaving_what_one_is_not_in_is_told),
		topic_case("a topic goes with its last subscriber",
		           a_topic_goes_with_its_last_subscriber),
		topic_case("takes 128 subscriptions", takes_128_subscriptions),
		topic_case("agrees with lists", agrees_with_lists),
		topic_case("anybody may leave during a visit", anybody_may_leave_during_a_visit),
		topic_case("who joins during a visit is visited",
		           who_joins_during_a_visit_is_visited),
		topic_case("a topic stays while it is visited", a_topic_stays_while_it_is_visited),
		topic_case("a visit may be made during another",
		           a_visit_may_be_made_during_another),
		topic_case("lives on without memory", lives_on_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
