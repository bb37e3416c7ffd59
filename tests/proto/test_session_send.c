/* SPDX-License-Identifier: MIT */
/* test_session_send.c: what a session writes: heads in their shortest form, a masking key for each
 * frame, whole frames in the order of the calls however the output is taken. */
#include "proto/session.h"

#include <stdlib.h>

#include "support/failing_alloc.h"
#include "support/frames.h"
#include "support/guard_page.h"
#include "support/prng.h"
#include "support/unit.h"

#define LARGEST 70000u

/* Counts the keys and fails on demand. */
struct keys {
	uint32_t count;
	bool broken;
};

static int count_key(void *context, uint8_t key[4])
{
	struct keys *keys = context;

	if (keys->broken)
		return NV_ERR_SYSTEM;
	keys->count++;
	memcpy(key, &keys->count, 4);
	return 0;
}

static struct nv_session *open_session(enum nv_role role, struct keys *keys)
{
	const struct nv_session_options options = { .role = role,
		                                    .masking_key = count_key,
		                                    .context = keys };
	struct nv_session *session = nv_session_new(&options);

	assert_non_null(session);
	return session;
}

/* All output, taken by the caller's leave. */
static void take(struct nv_session *session, struct blob *wire, size_t most)
{
	struct nv_bytes output = nv_session_output(session);

	output.len = output.len < most ? output.len : most;
	blob_append(wire, output.data, output.len);
	nv_session_consume(session, output.len);
}

static void take_all(struct nv_session *session, struct blob *wire)
{
	while (nv_session_output(session).len > 0)
		take(session, wire, SIZE_MAX);
}

/* The room for one frame, as an owner's queue would give it. */
static uint8_t *give_room(void *queue, size_t len)
{
	return queue;
}

static int encode(struct nv_session *session, enum nv_opcode opcode, struct nv_bytes data, bool fin,
                  uint8_t *room, size_t *size)
{
	const struct nv_outgoing message = { opcode, data, fin, false };

	return nv_session_encode(session, &message, give_room, room, size);
}

/* --- Lengths and keys --- */

struct bench {
	struct nv_session *session;
	enum nv_role role;
	struct guard_page page;
	uint8_t payload[LARGEST + NV_FRAME_HEAD_MAX];
};

static size_t head_size(enum nv_role role, size_t len)
{
	return (len <= 125 ? 2u : len <= 65535 ? 4u : 10u) + (role == NV_CLIENT ? 4u : 0u);
}

/* The room ends at the guard page, even where the head is short. */
static uint8_t *encode_len(struct bench *bench, size_t len)
{
	const struct nv_bytes data = { bench->payload, len };
	size_t expected = head_size(bench->role, len) + len;
	uint8_t *room = guard_page_copy(&bench->page, bench->payload, expected);
	size_t size;

	assert_int_equal(encode(bench->session, NV_BINARY, data, true, room, &size), 0);
	assert_int_equal(size, expected);
	return room;
}

static void expect_head(struct bench *bench, size_t len)
{
	const uint8_t *room = encode_len(bench, len);
	size_t told = room[1] & 0x7f;

	if (told > 125)
		told = (size_t)room[2] << 8 | room[3];
	if (len > UINT16_MAX)
		told = (size_t)room[7] << 16 | (size_t)room[8] << 8 | room[9];
	assert_int_equal(room[0], 0x82);
	assert_int_equal(room[1] >> 7, bench->role == NV_CLIENT);
	assert_int_equal(told, len);
}

static void expect_frame(struct bench *bench, size_t len)
{
	struct nv_bytes wire = { encode_len(bench, len), head_size(bench->role, len) + len };
	struct frame frame;

	assert_true(frame_take(&wire, bench->role, &frame));
	assert_int_equal(wire.len, 0);
	assert_int_equal(frame.head, head_size(bench->role, len));
	assert_int_equal(frame.opcode, NV_BINARY);
	assert_int_equal(frame.payload.len, len);
	assert_memory_equal(frame.payload.data, bench->payload, len);
	blob_free(&frame.payload);
}

static void test_every_length(void **state)
{
	static struct bench bench;
	struct prng prng = { 30 };
	struct keys keys = { 0 };

	prng_fill(&prng, bench.payload, sizeof(bench.payload));
	guard_page_init(&bench.page, LARGEST + NV_FRAME_HEAD_MAX);
	for (bench.role = NV_SERVER; bench.role <= NV_CLIENT; bench.role++) {
		bench.session = open_session(bench.role, &keys);
		for (size_t len = 0; len <= LARGEST; len++) {
			expect_head(&bench, len);
			if (len <= 700 || len % 997 == 0 || (len > 65500 && len < 65600))
				expect_frame(&bench, len);
		}
		nv_session_free(bench.session);
	}
	guard_page_deinit(&bench.page);
}

static void test_a_new_key_for_each_of_a_million_frames(void **state)
{
	struct keys keys = { 0 };
	struct nv_session *session = open_session(NV_CLIENT, &keys);
	uint8_t room[NV_FRAME_HEAD_MAX + 1];
	size_t size;

	for (uint32_t i = 1; i <= 1000000; i++) {
		assert_int_equal(encode(session, NV_BINARY, nv_str("x"), true, room, &size), 0);
		assert_int_equal(keys.count, i);
		assert_memory_equal(room + 2, &i, 4);
		assert_int_equal(room[6], 'x' ^ room[2]);
	}
	nv_session_free(session);
}

static void test_a_server_asks_for_no_key(void **state)
{
	struct keys keys = { 0 };
	struct nv_session *session = open_session(NV_SERVER, &keys);

	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("x")), 0);
	assert_int_equal(nv_session_ping(session, nv_str("x")), 0);
	assert_int_equal(nv_session_close(session, 1000, nv_str("x")), 0);
	assert_int_equal(keys.count, 0);
	nv_session_free(session);
}

static void test_no_key_no_frame(void **state)
{
	struct keys keys = { .broken = true };
	struct nv_session *session = open_session(NV_CLIENT, &keys);

	assert_true(nv_session_send(session, NV_TEXT, nv_str("x")) < 0);
	assert_true(nv_session_send_part(session, NV_TEXT, nv_str("x"), false) < 0);
	assert_true(nv_session_ping(session, nv_str("x")) < 0);
	assert_true(nv_session_pong(session, nv_str("x")) < 0);
	assert_int_equal(nv_session_output(session).len, 0);
	keys.broken = false;
	/* The part that failed has begun nothing. */
	assert_int_equal(nv_session_send_part(session, NV_CONTINUATION, nv_str("x"), true),
	                 NV_ERR_STATE);
	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("x")), 0);
	assert_int_equal(nv_session_output(session).len, 7);
	nv_session_free(session);
}

static void test_no_key_for_an_answer(void **state)
{
	static const uint8_t frames[] = { 0x89, 0x01, 'x', 0x88, 0x00 };
	uint8_t input[sizeof(frames)];
	struct keys keys = { .broken = true };
	struct nv_session *session = open_session(NV_CLIENT, &keys);
	struct nv_event event;

	memcpy(input, frames, sizeof(input));
	nv_session_feed(session, input, sizeof(input));
	assert_true(nv_session_next(session, &event));
	while (event.type != NV_EVENT_CLOSE)
		assert_true(nv_session_next(session, &event));
	assert_false(nv_session_next(session, &event));
	assert_int_equal(nv_session_output(session).len, 0);
	nv_session_free(session);
}

/* --- An encoder's refusals --- */

static void test_encode_refuses_and_stays(void **state)
{
	struct keys keys = { 0 };
	struct nv_session *session = open_session(NV_SERVER, &keys);
	uint8_t room[NV_FRAME_HEAD_MAX + 8];
	size_t size;

	assert_int_equal(encode(session, NV_CONTINUATION, nv_str("a"), true, room, &size),
	                 NV_ERR_STATE);
	assert_int_equal(encode(session, NV_PING, nv_str("a"), true, room, &size), NV_ERR_INVALID);
	assert_int_equal(encode(session, NV_TEXT, nv_str("\xff"), true, room, &size), NV_ERR_UTF8);
	assert_false(nv_session_in_parts(session));
	assert_int_equal(encode(session, NV_TEXT, nv_str("\xc3"), false, room, &size), 0);
	assert_true(nv_session_in_parts(session));
	assert_int_equal(encode(session, NV_BINARY, nv_str("a"), true, room, &size), NV_ERR_STATE);
	assert_int_equal(encode(session, NV_CONTINUATION, nv_str("a"), true, room, &size),
	                 NV_ERR_UTF8);
	assert_int_equal(encode(session, NV_CONTINUATION, nv_str("\xa9"), true, room, &size), 0);
	assert_int_equal(size, 3);
	assert_false(nv_session_in_parts(session));
	assert_int_equal(nv_session_close(session, 1000, nv_str("")), 0);
	assert_int_equal(encode(session, NV_TEXT, nv_str("a"), true, room, &size), NV_ERR_CLOSED);
	nv_session_free(session);
}

static void test_a_refused_message_keeps_no_memory(void **state)
{
	static uint8_t wrong[50000];
	struct keys keys = { 0 };
	struct nv_session *session;
	size_t before;

	memset(wrong, 0xff, sizeof(wrong));
	failing_alloc_install();
	session = open_session(NV_SERVER, &keys);
	before = failing_alloc_live_bytes();
	assert_int_equal(
		nv_session_send(session, NV_TEXT, (struct nv_bytes){ wrong, sizeof(wrong) }),
		NV_ERR_UTF8);
	assert_int_equal(failing_alloc_live_bytes(), before);
	nv_session_free(session);
	failing_alloc_remove();
}

static void test_a_length_that_would_wrap_round(void **state)
{
	static const uint8_t byte;
	struct keys keys = { 0 };
	struct nv_session *session = open_session(NV_SERVER, &keys);

	for (size_t less = 0; less < 20; less++) {
		struct nv_bytes huge = { &byte, SIZE_MAX - less };

		assert_true(nv_session_send(session, NV_BINARY, huge) < 0);
		assert_true(nv_session_ping(session, huge) < 0);
		assert_true(nv_session_close(session, 1000, huge) < 0);
	}
	assert_false(nv_session_close_sent(session));
	assert_int_equal(nv_session_output(session).len, 0);
	nv_session_free(session);
}

/* --- The output --- */

static void test_the_caller_may_change_its_bytes(void **state)
{
	struct keys keys = { 0 };
	struct nv_session *session = open_session(NV_SERVER, &keys);
	uint8_t data[] = "before";

	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str((char *)data)), 0);
	memcpy(data, "after!", 6);
	assert_memory_equal(nv_session_output(session).data,
	                    "\x81\x06"
	                    "before",
	                    8);
	nv_session_free(session);
}

/* One of the calls, chosen by chance; what it says counts up, so that its place can be told. */
static bool say_something(struct nv_session *session, struct prng *prng, uint32_t number,
                          bool *in_parts)
{
	uint8_t text[200];
	const struct nv_bytes data = { text, 4 + prng_below(prng, 100) };
	bool last = prng_below(prng, 2) == 0;

	memset(text, 'x', sizeof(text));
	memcpy(text, &number, sizeof(number));
	if (prng_below(prng, 4) == 0)
		return nv_session_ping(session, data) == 0;
	if (!*in_parts && last)
		return nv_session_send(session, NV_BINARY, data) == 0;
	if (nv_session_send_part(session, *in_parts ? NV_CONTINUATION : NV_BINARY, data, last) < 0)
		return false;
	*in_parts = !last;
	return true;
}

static void get_a_ping(struct nv_session *session, enum nv_role role)
{
	uint8_t masked[] = { 0x89, 0x80, 1, 2, 3, 4 };
	uint8_t plain[] = { 0x89, 0x00 };
	struct nv_event event;

	if (role == NV_SERVER)
		nv_session_feed(session, masked, sizeof(masked));
	else
		nv_session_feed(session, plain, sizeof(plain));
	assert_true(nv_session_next(session, &event));
	assert_false(nv_session_next(session, &event));
}

/* Whole frames; the numbers in the order of the calls; pongs anywhere; a Close at the end. */
static void expect_wire(const struct blob *wire, enum nv_role role, uint32_t said)
{
	struct nv_bytes rest = blob_bytes(wire);
	uint32_t number = 0;
	uint8_t last = 0;
	struct frame frame;

	while (rest.len > 0) {
		assert_true(frame_take(&rest, role, &frame));
		if (frame.opcode != NV_PONG && frame.opcode != NV_CLOSE) {
			assert_memory_equal(frame.payload.data, &number, sizeof(number));
			number++;
		}
		last = frame.opcode;
		blob_free(&frame.payload);
	}
	assert_int_equal(number, said);
	assert_int_equal(last, NV_CLOSE);
}

static void test_frames_are_whole_however_the_output_is_taken(void **state)
{
	for (unsigned seed = 1; seed <= 300; seed++) {
		struct prng prng = { seed };
		struct keys keys = { 0 };
		enum nv_role role = seed % 2 ? NV_SERVER : NV_CLIENT;
		struct nv_session *session = open_session(role, &keys);
		struct blob wire = { 0 };
		bool in_parts = false;
		uint32_t said = 0;

		for (unsigned step = 0; step < 100; step++) {
			if (prng_below(&prng, 2) == 0)
				assert_true(say_something(session, &prng, said++, &in_parts));
			if (prng_below(&prng, 4) == 0)
				get_a_ping(session, role);
			take(session, &wire, prng_below(&prng, 120));
		}
		assert_int_equal(nv_session_close(session, 1000, nv_str("bye")), 0);
		take_all(session, &wire);
		expect_wire(&wire, role, said);
		blob_free(&wire);
		nv_session_free(session);
	}
}

static void test_an_empty_output_holds_no_memory(void **state)
{
	struct keys keys = { 0 };
	struct blob wire = { 0 };
	struct nv_session *session;
	size_t before;

	failing_alloc_install();
	session = open_session(NV_SERVER, &keys);
	before = failing_alloc_live_bytes();
	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("Hello")), 0);
	get_a_ping(session, NV_SERVER);
	assert_true(failing_alloc_live_bytes() > before);
	take_all(session, &wire);
	assert_int_equal(failing_alloc_live_bytes(), before);
	blob_free(&wire);
	nv_session_free(session);
	failing_alloc_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("F-30 every length up to 70,000", test_every_length),
		unit_case("F-29 a new key for each of a million frames",
		          test_a_new_key_for_each_of_a_million_frames),
		unit_case("F-30 a server asks for no key", test_a_server_asks_for_no_key),
		unit_case("F-29 no key, no frame", test_no_key_no_frame),
		unit_case("F-29 no key for an answer", test_no_key_for_an_answer),
		unit_case("F-31 what is refused changes nothing", test_encode_refuses_and_stays),
		unit_case("U-11 F-31 a refused message keeps no memory",
		          test_a_refused_message_keeps_no_memory),
		unit_case("F-31 a length that would wrap round",
		          test_a_length_that_would_wrap_round),
		unit_case("F-32 the caller may change its bytes",
		          test_the_caller_may_change_its_bytes),
		unit_case("F-32 K-16 frames are whole however the output is taken",
		          test_frames_are_whole_however_the_output_is_taken),
		cmocka_unit_test(test_an_empty_output_holds_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
