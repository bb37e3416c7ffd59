/* SPDX-License-Identifier: MIT */
/* test_session_api.c: a session as its owner sees it: options, what lives how long, stopping at any
 * point, large messages. What a script can say stands in session/. */
#include "proto/session_deflate.h"

#include <stdlib.h>

#include "proto/sessions.h"
#include "support/failing_alloc.h"
#include "support/guard_page.h"
#include "support/unit.h"

static int no_key(void *context, uint8_t key[4])
{
	memset(key, 0, 4);
	return 0;
}

/* --- Beginning --- */

static void test_a_client_needs_masking_keys(void **state)
{
	struct nv_session_options options = { .role = NV_CLIENT };
	struct nv_session *session;

	assert_null(nv_session_new(&options));
	options.masking_key = no_key;
	session = nv_session_new(&options);
	assert_non_null(session);
	nv_session_free(session);
	nv_session_free(NULL);
}

static void test_a_new_session_says_nothing(void **state)
{
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_event event;
	uint8_t nothing;

	assert_false(nv_session_next(session, &event));
	nv_session_feed(session, &nothing, 0);
	assert_false(nv_session_next(session, &event));
	nv_session_feed(session, NULL, 0);
	assert_false(nv_session_next(session, &event));
	assert_int_equal(nv_session_output(session).len, 0);
	nv_session_consume(session, 0);
	assert_false(nv_session_close_sent(session));
	assert_false(nv_session_close_received(session));
	nv_session_free(session);
}

static uint8_t *give_room(void *queue, size_t len)
{
	return queue;
}

static struct nv_session *open_deflate(void)
{
	struct nv_session_options options = {
		.role = NV_SERVER,
		.deflate = { .agreed = true, .server_max_window_bits = 9 },
		.compression = { .context_takeover = true },
	};

	return nv_session_new(&options);
}

static void test_windows_that_do_not_exist(void **state)
{
	static const uint8_t bad[] = { 1, 7, 16, 255 };

	for (size_t i = 0; i < sizeof bad; i++) {
		struct nv_session_options options = { .deflate = { .agreed = true } };

		options.deflate.server_max_window_bits = bad[i];
		assert_null(nv_session_new(&options));
		options.deflate.server_max_window_bits = 0;
		options.deflate.client_max_window_bits = bad[i];
		assert_null(nv_session_new(&options));
	}
}

/* Where there is no compressor, a large message needs no room for its output either. */
static void test_no_compressor_no_scratch(void **state)
{
	const struct nv_deflate agreed = { .agreed = true, .server_no_context_takeover = true };
	struct nv_session_options options = { .role = NV_SERVER };
	struct nv_deflate_pool pool = { .compression = &options.compression };
	struct nv_session session;
	struct nv_bytes large = { calloc(20000, 1), 20000 };
	uint8_t *output = malloc(20014);
	size_t size;

	failing_alloc_install();
	nv_session_options_complete(&options);
	nv_session_init(&session, &options);
	assert_int_equal(nv_session_compress(&session, &agreed, &pool), 0);
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_session_encode(&session,
	                                   &(struct nv_outgoing){ NV_BINARY, large, true, false },
	                                   give_room, output, &size),
	                 0);
	assert_int_equal(size, large.len + 4);
	assert_int_equal(pool.scratch.cap, 0);
	nv_session_deinit(&session);
	nv_deflate_pool_deinit(&pool);
	failing_alloc_remove();
	free((void *)(uintptr_t)large.data);
	free(output);
}

static void test_what_was_agreed(void **state)
{
	struct nv_session *plain = open_server(0, 0, 0);
	struct nv_session *deflate = open_deflate();

	assert_null(nv_session_agreed(plain));
	assert_int_equal(nv_session_agreed(deflate)->server_max_window_bits, 9);
	nv_session_free(plain);
	nv_session_free(deflate);
}

/* zlib counts in 32 bits: that much at once goes uncompressed, which a message that is compressed
 * already can't. */
static void test_more_than_can_be_compressed_at_once(void **state)
{
	struct nv_session *session = open_deflate();
	const struct nv_bytes huge = { (const uint8_t *)"", ((size_t)1 << 30) + 1 };
	size_t output;

	assert_int_equal(nv_session_send_part(session, NV_BINARY, nv_str("a"), false), 0);
	output = nv_session_output(session).len;
	assert_int_equal(nv_session_send_part(session, NV_CONTINUATION, huge, true),
	                 NV_ERR_TOO_BIG);
	assert_int_equal(nv_session_output(session).len, output);
	assert_int_equal(nv_session_send_part(session, NV_CONTINUATION, nv_str("b"), true), 0);
	assert_int_equal(nv_session_send_uncompressed(session, NV_CONTINUATION, nv_str("c")),
	                 NV_ERR_INVALID);
	nv_session_free(session);
}

static void expect_limits(struct nv_session_options options, uint32_t message, uint32_t fragments,
                          uint32_t empty)
{
	nv_session_options_complete(&options);
	assert_int_equal(options.max_message, message);
	assert_int_equal(options.max_fragments, fragments);
	assert_int_equal(options.max_empty, empty);
}

static void test_default_limits(void **state)
{
	expect_limits((struct nv_session_options){ 0 }, 65536, 4096, 64);
	expect_limits((struct nv_session_options){ .max_message = 1 }, 1, 4096, 64);
	expect_limits((struct nv_session_options){ .max_message = 1 << 20 }, 1 << 20, 65536, 64);
	expect_limits((struct nv_session_options){ .max_fragments = 1, .max_empty = 2 }, 65536, 1,
	              2);
	expect_limits((struct nv_session_options){ .max_message = NV_OFF,
	                                           .max_fragments = NV_OFF,
	                                           .max_empty = NV_OFF },
	              NV_OFF, NV_OFF, NV_OFF);
}

/* --- What lives how long --- */

static void test_a_whole_message_is_a_slice_of_the_lent_bytes(void **state)
{
	uint8_t input[] = { 0x82, 0x83, NO_KEY, 'a', 'b', 'c', 0x89, 0x81, NO_KEY, 'x' };
	struct nv_session *session;
	struct nv_event event;
	size_t before;

	failing_alloc_install();
	session = open_server(0, 0, 0);
	before = failing_alloc_count();
	nv_session_feed(session, input, sizeof(input));
	assert_true(nv_session_next(session, &event));
	assert_ptr_equal(event.data.data, input + 6);
	assert_int_equal(event.data.len, 3);
	assert_int_equal(failing_alloc_count(), before);
	assert_true(nv_session_next(session, &event));
	assert_ptr_equal(event.data.data, input + 15);
	nv_session_free(session);
	failing_alloc_remove();
}

static void test_a_message_outlives_calls_that_send(void **state)
{
	uint8_t first[] = { 0x01, 0x82, NO_KEY, 'a', 'b' };
	uint8_t last[] = { 0x80, 0x81, NO_KEY, 'c' };
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_event event;

	nv_session_feed(session, first, sizeof(first));
	assert_false(nv_session_next(session, &event));
	nv_session_feed(session, last, sizeof(last));
	assert_true(nv_session_next(session, &event));
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(nv_session_send(session, NV_TEXT, event.data), 0);
	assert_int_equal(nv_session_output(session).len, 500);
	nv_session_consume(session, 500);
	assert_int_equal(nv_session_close(session, 1000, event.data), 0);
	assert_true(nv_bytes_is(event.data, "abc"));
	assert_false(nv_session_next(session, &event));
	nv_session_free(session);
}

/* What is held for a message, or for a control frame that came in two pieces, goes with it. */
static void test_a_session_between_messages_holds_no_memory(void **state)
{
	static const uint8_t first[] = { 0x02, 0x84, NO_KEY, 1, 2, 3, 4 };
	static const uint8_t last[] = { 0x80, 0x81, NO_KEY, 5 };
	static const uint8_t pong[] = { 0x8a, 0x82, NO_KEY, 1, 2 };
	struct nv_session *session;
	struct nv_event event;
	size_t before;

	failing_alloc_install();
	session = open_server(0, 0, 0);
	before = failing_alloc_live_bytes();
	assert_int_equal(feed(session, first, sizeof(first), &event), 0);
	assert_true(failing_alloc_live_bytes() > before);
	assert_int_equal(feed(session, last, sizeof(last), &event), 1);
	assert_int_equal(failing_alloc_live_bytes(), before);
	assert_int_equal(feed(session, pong, sizeof(pong) - 1, &event), 0);
	assert_int_equal(feed(session, pong + sizeof(pong) - 1, 1, &event), 1);
	assert_int_equal(failing_alloc_live_bytes(), before);
	nv_session_free(session);
	failing_alloc_remove();
}

/* An empty message that came compressed is delivered without any memory of its own. */
static void test_an_empty_message_outlives_calls_that_send(void **state)
{
	uint8_t input[] = { 0xc1, 0x80, NO_KEY, 0x89, 0x80, NO_KEY };
	struct nv_session *session;
	struct nv_event event;

	failing_alloc_install();
	session = open_deflate();
	nv_session_feed(session, input, sizeof(input));
	assert_true(nv_session_next(session, &event));
	assert_int_equal(event.type, NV_EVENT_MESSAGE);
	assert_int_equal(event.data.len, 0);
	assert_int_equal(nv_session_ping(session, nv_str("?")), 0);
	nv_session_consume(session, nv_session_output(session).len);
	assert_true(nv_session_next(session, &event));
	assert_int_equal(event.type, NV_EVENT_PING);
	assert_false(nv_session_next(session, &event));
	nv_session_free(session);
	failing_alloc_remove();
}

static void test_a_message_under_way(void **state)
{
	static const struct {
		uint8_t byte;
		bool in_message;
	} steps[] = {
		{ 0x01, true }, { 0x81, true }, { 0, true },    { 0, true },    { 0, true },
		{ 0, true },    { 'a', true },  { 0x80, true }, { 0x80, true }, { 0, true },
		{ 0, true },    { 0, true },    { 0, false },   { 0x89, true }, { 0x80, true },
		{ 0, true },    { 0, true },    { 0, true },    { 0, false },
	};
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_event event;

	assert_false(nv_session_in_message(session));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		feed(session, &steps[i].byte, 1, &event);
		assert_int_equal(nv_session_in_message(session), steps[i].in_message);
	}
	nv_session_free(session);
}

/* --- Stopping --- */

#define FRAMES 1000u

static const uint8_t one_frame[] = { 0x82, 0x81, NO_KEY, 'k' };

/* A thousand frames at a guard page, pulled until the k-th message. */
static struct nv_session *pull(struct guard_page *page, unsigned k)
{
	static uint8_t frames[FRAMES * sizeof(one_frame)];
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_event event;

	for (size_t i = 0; i < FRAMES; i++)
		memcpy(frames + i * sizeof(one_frame), one_frame, sizeof(one_frame));
	nv_session_feed(session, guard_page_copy(page, frames, sizeof(frames)), sizeof(frames));
	for (; k > 0; k--)
		assert_true(nv_session_next(session, &event));
	return session;
}

static void test_stop_at_the_k_th_message(void **state)
{
	struct guard_page page;
	struct nv_event event;

	guard_page_init(&page, FRAMES * sizeof(one_frame));
	for (unsigned k = 1; k <= FRAMES; k++) {
		struct nv_session *session = pull(&page, k);

		nv_session_free(session);
		session = pull(&page, k);
		assert_int_equal(nv_session_close(session, 1000, nv_str("enough")), 0);
		assert_false(nv_session_next(session, &event));
		assert_int_equal(nv_session_output(session).len, 10);
		nv_session_free(session);
	}
	guard_page_deinit(&page);
}

/* The peer vanishes: after each byte of the longest head, and inside payloads. */
static void test_the_end_at_every_byte(void **state)
{
	static const uint8_t input[] = { 0x01, 0x82, KEY, 'a' ^ 0x37, 'b' ^ 0xfa, 0x89,
		                         0x83, KEY,  'x', 'y',        'z',        0x80,
		                         0xff, 0,    0,   0,          0,          0,
		                         1,    0,    0,   KEY,        'a' ^ 0x37, 'b' ^ 0xfa };

	for (size_t len = 0; len <= sizeof(input); len++) {
		for (size_t cut = 0; cut <= len; cut++) {
			struct nv_session *session;
			struct nv_event event;

			failing_alloc_install();
			session = open_server(NV_OFF, 0, 0);
			feed(session, input, cut, &event);
			feed(session, input + cut, len - cut, &event);
			assert_false(nv_session_close_received(session));
			nv_session_free(session);
			failing_alloc_remove();
		}
	}
}

/* --- Large messages --- */

#define LARGE ((size_t)4 << 20)

static size_t write_head(uint8_t head[14], uint8_t first, size_t len)
{
	size_t size = len < 126 ? 0 : len <= UINT16_MAX ? 2 : 8;

	memset(head, 0, 14);
	head[0] = first;
	head[1] = (uint8_t)(0x80 | (size == 0 ? len : size == 2 ? 126 : 127));
	for (size_t i = 0; i < size; i++)
		head[2 + i] = (uint8_t)((uint64_t)len >> 8 * (size - 1 - i));
	return 2 + size + 4;
}

/* Feeds one fragment but its last byte, with which a message may end. */
static void begin_fragment(struct nv_session *session, uint8_t first, const uint8_t *data,
                           size_t len)
{
	struct nv_event event;
	uint8_t head[14];

	assert_int_equal(feed(session, head, write_head(head, first, len), &event), 0);
	assert_int_equal(feed(session, data, len - 1, &event), 0);
}

static void send_in_pieces(struct nv_session *session, uint8_t *text, size_t len, size_t piece,
                           struct nv_event *event)
{
	static uint8_t last;

	for (size_t at = 0; at < len; at += piece) {
		size_t size = len - at < piece ? len - at : piece;
		bool ends = at + size == len;

		begin_fragment(session, (uint8_t)((at ? 0 : NV_TEXT) | (ends ? 0x80 : 0)),
		               text + at, size);
		last = text[at + size - 1];
		nv_session_feed(session, &last, 1);
		assert_int_equal(nv_session_next(session, event), ends);
	}
}

static void test_a_text_of_4_mib_in_pieces(void **state)
{
	static const size_t pieces[] = { 1, 20, 127, 4096, 65535, 65536, 1 << 20, LARGE };
	uint8_t *text = malloc(LARGE);

	assert_non_null(text);
	for (size_t i = 0; i < LARGE; i++)
		text[i] = (uint8_t)("a\xc3\xa9\xe2\x82\xacz"[i % 7]);
	/* It would end inside a code point. */
	text[LARGE - 1] = 'z';
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct nv_session *session = open_server((uint32_t)LARGE, NV_OFF, 0);
		struct nv_event event;

		send_in_pieces(session, text, LARGE, pieces[i], &event);
		assert_int_equal(event.opcode, NV_TEXT);
		assert_int_equal(event.data.len, LARGE);
		assert_int_equal(memcmp(event.data.data, text, LARGE), 0);
		nv_session_free(session);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_client_needs_masking_keys),
		cmocka_unit_test(test_a_new_session_says_nothing),
		unit_case("F-12 F-25 F-26 the default limits", test_default_limits),
		cmocka_unit_test(test_a_whole_message_is_a_slice_of_the_lent_bytes),
		cmocka_unit_test(test_a_message_outlives_calls_that_send),
		cmocka_unit_test(test_a_session_between_messages_holds_no_memory),
		cmocka_unit_test(test_an_empty_message_outlives_calls_that_send),
		cmocka_unit_test(test_a_message_under_way),
		unit_case("F-27 exactly k of 1,000 messages for who stops at the k-th",
		          test_stop_at_the_k_th_message),
		unit_case("F-34 the end of the stream at every byte", test_the_end_at_every_byte),
		unit_case("F-33 a text of 4 MiB in pieces", test_a_text_of_4_mib_in_pieces),
		unit_case("P-07 windows that do not exist", test_windows_that_do_not_exist),
		unit_case("D-19 no compressor, no scratch", test_no_compressor_no_scratch),
		unit_case("P-04 what was agreed can be asked for", test_what_was_agreed),
		unit_case("D-19 more than can be compressed at once",
		          test_more_than_can_be_compressed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
