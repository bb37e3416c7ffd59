/* SPDX-License-Identifier: MIT */
/* test_session_diff.c: millions of made-up streams through the session and through the model, which
 * must tell the same events and send the same answers.
 *
 * A difference prints the number of its session; with that number as its argument the program plays
 * this one alone. */
#include <stdio.h>
#include <stdlib.h>

#include "model/comparison.h"
#include "model/stream_maker.h"
#include "model/utf8.h"
#include "proto/utf8.h"
#include "support/unit.h"

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

/* A sanitizer makes it many times slower. */
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer) ||                             \
	defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define SESSIONS 200000u
#else
#define SESSIONS 2000000u
#endif

static uint64_t first_session = 1;
static uint64_t last_session = SESSIONS;

struct splits {
	struct prng *prng;
	size_t most; /* bytes in one piece */
};

static size_t random_piece(void *context, size_t left)
{
	struct splits *splits = context;
	size_t len = 1 + prng_below(splits->prng, splits->most);

	return len < left ? len : left;
}

/* Small limits are met often, large ones let the rest be seen. */
static uint32_t some_limit(struct prng *prng, size_t small)
{
	static const uint32_t large[] = { 100, 300, 65536, NV_OFF };

	return prng_below(prng, 8) ? large[prng_below(prng, 4)]
	                           : (uint32_t)(1 + prng_below(prng, small));
}

static struct model_input some_input(struct prng *prng, struct stream_maker *maker)
{
	struct model_input input = { .close_at = MODEL_NEVER };

	input.role = prng_below(prng, 2) ? NV_SERVER : NV_CLIENT;
	input.max_message = some_limit(prng, 40);
	input.max_fragments = some_limit(prng, 4);
	input.max_empty = some_limit(prng, 2);
	maker->prng = prng;
	maker->receiver = input.role;
	stream_make(maker);
	input.stream = (struct nv_bytes){ maker->bytes, maker->len };
	if (prng_below(prng, 8) == 0)
		input.close_at = prng_below(prng, maker->len + 1);
	return input;
}

static bool play(struct comparison *comparison, uint64_t number)
{
	static const size_t most[] = { 1, 5, 20, 20, 100, 100, STREAM_MAX, STREAM_MAX };
	static struct stream_maker maker;
	/* Not the number itself: the numbers of neighbours would be each other's, one place on. */
	struct prng prng = { prng_next(&(struct prng){ number }) };
	struct model_input input = some_input(&prng, &maker);
	struct splits splits = { &prng, most[prng_below(&prng, 8)] };
	bool same = comparison_run(comparison, &input, random_piece, &splits);

	if (same)
		return true;
	fprintf(stderr, "session %llu: ", (unsigned long long)number);
	comparison_print(comparison, &input, stderr);
	return false;
}

static void the_session_does_what_the_model_does(void **state)
{
	struct comparison comparison = { 0 };
	size_t events[LOGGED_NONSENSE + 1] = { 0 };
	size_t failures = 0;
	size_t differences = 0;
	uint64_t number;

	for (number = first_session; number <= last_session && differences < 3; number++) {
		differences += !play(&comparison, number);
		for (size_t i = 0; i < comparison.expected.count; i++) {
			events[comparison.expected.events[i].kind]++;
			failures += comparison.expected.events[i].failed;
		}
	}
	comparison_free(&comparison);
	printf("%llu sessions: %zu messages, %zu pings, %zu pongs, %zu ends (%zu of them failures), "
	       "%zu differences\n",
	       (unsigned long long)(number - first_session), events[LOGGED_MESSAGE],
	       events[LOGGED_PING], events[LOGGED_PONG], events[LOGGED_CLOSE], failures, differences);
	assert_int_equal(differences, 0);
}

/* The two ideas of UTF-8, on every sequence of up to three bytes. */
static void utf8_is_what_the_model_says(void **state)
{
	for (uint32_t word = 0; word < 1u << 24; word++) {
		uint8_t bytes[] = { (uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word };
		uint8_t found = nv_utf8_feed(NV_UTF8_ACCEPT, bytes, sizeof bytes);
		enum model_text expected = model_text(bytes, sizeof bytes);

		if ((found == NV_UTF8_ACCEPT) != (expected == MODEL_WHOLE) ||
		    (found == NV_UTF8_REJECT) != (expected == MODEL_WRONG))
			fail_msg("%06x: %d, the model says %d", word, found, expected);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_session_does_what_the_model_does),
		cmocka_unit_test(utf8_is_what_the_model_says),
	};

	if (argc > 1)
		first_session = last_session = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
