/* SPDX-License-Identifier: MIT */
/* test_session_diff.c: millions of made-up streams through the session and through the model, which
 * must tell the same events and send the same answers.
 *
 * A difference prints the number of its session; with that number as its argument the program plays
 * this one alone. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "model/comparison.h"
#include "support/sanitizer.h"
#include "model/stream_maker.h"
#include "model/utf8.h"
#include "proto/utf8.h"
#include "support/unit.h"

#define SESSIONS (SANITIZED ? 200000u : 2000000u)

static uint64_t first_session = 1;
static uint64_t last_session = SESSIONS;

struct splits {
	struct prng *prng;
	size_t most; /* bytes in one piece; 0: no matter how many */
};

static size_t random_piece(void *context, size_t left)
{
	struct splits *splits = context;
	size_t len = 1 + prng_below(splits->prng, splits->most);

	return splits->most > 0 && len < left ? len : left;
}

/* Small limits are met often, large ones let the rest be seen. */
static uint32_t some_limit(struct prng *prng, size_t small)
{
	static const uint32_t large[] = { 100, 300, 1000, 16384, 65536, NV_OFF };

	return prng_below(prng, 8) ? large[prng_below(prng, 6)]
	                           : (uint32_t)(1 + prng_below(prng, small));
}

/* What the receiver of this conversation agreed on, and at times of another one. */
static struct nv_deflate some_deflate(struct prng *prng, enum nv_role receiver,
                                      const struct conversation *conversation)
{
	bool without = conversation->takeover == (prng_below(prng, 16) == 0);
	bool other = prng_below(prng, 2);
	bool server = receiver == NV_SERVER;
	struct nv_deflate deflate = { .agreed = true };

	deflate.server_no_context_takeover = server ? other : without;
	deflate.client_no_context_takeover = server ? without : other;
	deflate.server_max_window_bits = (uint8_t)(8 + prng_below(prng, 8));
	deflate.client_max_window_bits = prng_below(prng, 2) ? 15 : 0;
	return deflate;
}

static void let_compress(struct prng *prng, struct stream_maker *maker, struct model_input *input)
{
	maker->conversation = NULL;
	if (prng_below(prng, 4) > 0)
		return;
	maker->conversation = &deflated_conversations()[prng_below(prng, CONVERSATIONS)];
	input->deflate = some_deflate(prng, input->role, maker->conversation);
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
	let_compress(prng, maker, &input);
	stream_make(maker);
	input.stream = (struct nv_bytes){ maker->bytes, maker->len };
	if (prng_below(prng, 8) == 0)
		input.close_at = prng_below(prng, maker->len + 1);
	return input;
}

static bool play(struct comparison *comparison, uint64_t number)
{
	static const size_t most[] = { 1, 5, 20, 20, 100, 100, STREAM_MAX, 0, 0 };
	static struct stream_maker maker;
	/* Not the number itself: the numbers of neighbours would be each other's, one place on. */
	struct prng prng = { prng_next(&(struct prng){ number }) };
	struct model_input input = some_input(&prng, &maker);
	struct splits splits = { &prng, most[prng_below(&prng, 9)] };
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
	printf("%llu sessions: %zu messages, %zu pings, %zu pongs, %zu ends (%zu of them "
	       "failures), %zu differences\n",
	       (unsigned long long)(number - first_session), events[LOGGED_MESSAGE],
	       events[LOGGED_PING], events[LOGGED_PONG], events[LOGGED_CLOSE], failures,
	       differences);
	assert_int_equal(differences, 0);
}

/* --- Messages that are cut off, D-12 --- */

#define CUT_MAX 60000u

static size_t whole(void *context, size_t left)
{
	return left;
}

/* The payload in one frame, to a client. */
static void play_payload(struct comparison *comparison, struct nv_bytes payload)
{
	static uint8_t stream[CUT_MAX + 4];
	struct model_input input = { .role = NV_CLIENT,
		                     .max_message = NV_OFF,
		                     .max_fragments = NV_OFF,
		                     .max_empty = NV_OFF,
		                     .deflate = { .agreed = true,
		                                  .server_no_context_takeover = true },
		                     .stream = { stream, 4 + payload.len },
		                     .close_at = MODEL_NEVER };

	assert_in_range(payload.len, 126, CUT_MAX);
	memcpy(stream, (uint8_t[]){ 0xc2, 126, (uint8_t)(payload.len >> 8), (uint8_t)payload.len },
	       4);
	memcpy(stream + 4, payload.data, payload.len);
	if (comparison_run(comparison, &input, whole, NULL))
		return;
	comparison_print(comparison, &input, stderr);
	fail_msg("a payload of %zu bytes", payload.len);
}

static void play_cuts(struct comparison *comparison, struct nv_bytes payload, size_t cuts)
{
	for (size_t cut = 0; cut < cuts; cut++)
		play_payload(comparison, (struct nv_bytes){ payload.data, payload.len - cut });
}

static void a_large_message_that_is_cut_off_is_refused(void **state)
{
	struct comparison comparison = { 0 };
	size_t played = 0;

	for (size_t i = 0; i < CONVERSATIONS; i++) {
		const struct conversation *conversation = &deflated_conversations()[i];

		for (size_t n = 0; !conversation->takeover && n < conversation->count; n++) {
			struct nv_bytes payload = conversation->messages[n].payload;

			if (payload.len < 1100)
				continue;
			play_cuts(&comparison, payload, 20);
			played++;
		}
	}
	comparison_free(&comparison);
	assert_true(played > 100);
}

/* Copies from afar: their distances have 13 extra bits, in which what is added behind a message can
 * disappear. */
static size_t make_far_copies(struct prng *prng, uint8_t *out, size_t len)
{
	size_t near = 18000;

	for (size_t i = 0; i < near; i++)
		out[i] = (uint8_t) "ab\n"[prng_below(prng, 3)];
	for (size_t i = near; i < len;) {
		size_t back = 16400 + prng_below(prng, 1500);

		for (size_t n = 3 + prng_below(prng, 30); n > 0 && i < len; n--, i++)
			out[i] = out[i - back];
	}
	return len;
}

static void a_last_block_that_is_cut_off_is_refused(void **state)
{
	static uint8_t plain[30000], payload[CUT_MAX];
	struct comparison comparison = { 0 };
	struct prng prng = { 1 };
	z_stream zlib = { 0 };

	for (int i = 0; i < 5; i++) {
		zlib.next_in = plain;
		zlib.avail_in = (uInt)make_far_copies(&prng, plain, sizeof plain);
		zlib.next_out = payload;
		zlib.avail_out = sizeof payload;
		assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, -15, 8, Z_FIXED), Z_OK);
		assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
		deflateEnd(&zlib);
		play_cuts(&comparison,
		          (struct nv_bytes){ payload, sizeof payload - zlib.avail_out }, 80);
	}
	comparison_free(&comparison);
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
		unit_case("D-12 a large message that is cut off is refused",
		          a_large_message_that_is_cut_off_is_refused),
		unit_case("D-12 a last block that is cut off is refused",
		          a_last_block_that_is_cut_off_is_refused),
		cmocka_unit_test(utf8_is_what_the_model_says),
	};

	if (argc > 1)
		first_session = last_session = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
