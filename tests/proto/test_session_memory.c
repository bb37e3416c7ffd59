/* SPDX-License-Identifier: MIT */
/* test_session_memory.c: what an enemy can make a session hold: nothing for what is promised, and no
 * more than the limits for what is sent. */
#include "proto/session.h"

#include <stdlib.h>

#include "proto/sessions.h"
#include "support/failing_alloc.h"
#include "support/unit.h"

/* A head that tells `len`, in every step of its arrival. */
static void expect_refused_at_the_head(uint64_t len, uint32_t max_message, bool in_message)
{
	uint8_t head[14] = { in_message ? 0x80 : 0x82, 0xff };
	struct nv_session *session = open_server(max_message, 0, 0);
	struct nv_event event = { .type = NV_EVENT_PONG };
	size_t events = 0;
	size_t before;

	for (unsigned i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)(len >> 8 * (7 - i));
	if (in_message)
		assert_int_equal(
			feed(session, (const uint8_t[]){ 0x02, 0x81, NO_KEY, 1 }, 7, &event), 0);
	before = failing_alloc_live_bytes();
	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(events, 0);
		events += feed(session, head + i, 1, &event);
		assert_true(failing_alloc_live_bytes() < before + 4096);
	}
	assert_int_equal(events, 1);
	assert_int_equal(event.type, NV_EVENT_CLOSE);
	assert_int_equal(event.status, 1009);
	nv_session_free(session);
}

static void test_a_huge_length_costs_nothing(void **state)
{
	static const uint64_t lengths[] = {
		INT32_MAX,         (uint64_t)1 << 31,        UINT32_MAX - 1,    UINT32_MAX,
		(uint64_t)1 << 32, ((uint64_t)1 << 32) + 5,  (uint64_t)1 << 62, 65537,
		(uint64_t)1 << 40, ((uint64_t)1 << 32) * 16,
	};

	failing_alloc_install();
	for (unsigned in_message = 0; in_message < 2; in_message++) {
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
			expect_refused_at_the_head(lengths[i], 0, in_message);
		for (uint64_t less = 0; less <= 15; less++) {
			expect_refused_at_the_head((uint64_t)INT64_MAX - less, 0, in_message);
			expect_refused_at_the_head((uint64_t)INT64_MAX - less, NV_OFF, in_message);
		}
		expect_refused_at_the_head((uint64_t)1 << 32, NV_OFF, in_message);
		expect_refused_at_the_head(((uint64_t)1 << 32) + 5, NV_OFF, in_message);
	}
	failing_alloc_remove();
}

static void test_an_unknown_opcode_costs_nothing(void **state)
{
	static const uint8_t head[] = { 0x83, 0xff, 0x7f, 0xff, 0xff, 0xff,
		                        0xff, 0xff, 0xff, 0xff, KEY };
	struct nv_session *session;
	struct nv_event event;
	size_t before;

	failing_alloc_install();
	session = open_server(NV_OFF, 0, 0);
	before = failing_alloc_live_bytes();
	assert_int_equal(feed(session, head, 1, &event), 1);
	assert_int_equal(event.status, 1002);
	assert_int_equal(feed(session, head + 1, sizeof(head) - 1, &event), 0);
	assert_true(failing_alloc_live_bytes() < before + 4096);
	nv_session_free(session);
	failing_alloc_remove();
}

/* A length within the limit: memory comes with the payload, not with the promise. */
static void test_a_promised_length_costs_nothing(void **state)
{
	static const uint8_t head[] = { 0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, KEY, 'a' };
	struct nv_session *session;
	struct nv_event event;
	size_t before;

	failing_alloc_install();
	session = open_server(NV_OFF, 0, 0);
	before = failing_alloc_live_bytes();
	assert_int_equal(feed(session, head, sizeof(head), &event), 0);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(feed(session, (const uint8_t[]){ 'b' }, 1, &event), 0);
	assert_true(failing_alloc_live_bytes() < before + 4096);
	nv_session_free(session);
	failing_alloc_remove();
}

static void test_a_million_pings_and_nobody_reads(void **state)
{
	static const uint8_t ping[] = { 0x89, 0x84, NO_KEY, 'p', 'i', 'n', 'g' };
	struct nv_session *session;
	struct nv_event event;
	size_t flat;

	failing_alloc_install();
	session = open_server(0, 0, 0);
	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("slow")), 0);
	assert_int_equal(feed(session, ping, sizeof(ping), &event), 1);
	flat = failing_alloc_live_bytes();
	for (unsigned i = 1; i < 1000000; i++) {
		uint8_t input[sizeof(ping)];

		memcpy(input, ping, sizeof(ping));
		nv_session_feed(session, input, sizeof(input));
		assert_true(nv_session_next(session, &event));
		assert_false(nv_session_next(session, &event));
	}
	assert_int_equal(failing_alloc_live_bytes(), flat);
	nv_session_consume(session, nv_session_output(session).len);
	assert_int_equal(nv_session_output(session).len, 4 * 6);
	nv_session_free(session);
	failing_alloc_remove();
}

/* Feeds up to `count` fragments; how many before the session failed. */
static unsigned feed_fragments(struct nv_session *session, const uint8_t *fragment, size_t len,
                               unsigned count, struct nv_event *event)
{
	uint8_t first[16];

	memcpy(first, fragment, len);
	first[0] = NV_BINARY;
	event->status = 0;
	assert_int_equal(feed(session, first, len, event), 0);
	for (unsigned i = 1; i < count; i++) {
		if (feed(session, fragment, len, event) > 0)
			return i;
	}
	return count;
}

static void test_fragments_without_end(void **state)
{
	static const uint8_t fragment[] = { 0x00, 0x81, NO_KEY, 'a' };
	struct nv_session *session;
	struct nv_event event;
	size_t before;

	failing_alloc_install();
	session = open_server(0, 0, 0);
	before = failing_alloc_live_bytes();
	assert_int_equal(feed_fragments(session, fragment, sizeof(fragment), 4096, &event), 4096);
	assert_in_range(failing_alloc_live_bytes() - before, 4096, 4096 + 4096);
	assert_int_equal(feed(session, fragment, sizeof(fragment), &event), 1);
	assert_int_equal(event.status, 1008);
	nv_session_consume(session, nv_session_output(session).len);
	/* Nothing is held, and nothing grows, after the failure. */
	for (unsigned i = 4097; i < 131000; i++)
		assert_int_equal(feed(session, fragment, sizeof(fragment), &event), 0);
	assert_int_equal(failing_alloc_live_bytes(), before);
	nv_session_free(session);
	failing_alloc_remove();
}

static void test_fragments_up_to_the_size(void **state)
{
	static const uint8_t fragment[] = { 0x00, 0x81, NO_KEY, 'a' };
	struct nv_session *session;
	struct nv_event event;
	size_t before;

	failing_alloc_install();
	session = open_server(0, NV_OFF, 0);
	before = failing_alloc_live_bytes();
	assert_int_equal(feed_fragments(session, fragment, sizeof(fragment), 65536, &event), 65536);
	assert_in_range(failing_alloc_live_bytes() - before, 65536, 65536 + 4096);
	assert_int_equal(feed(session, fragment, sizeof(fragment), &event), 1);
	assert_int_equal(event.status, 1009);
	nv_session_free(session);
	failing_alloc_remove();
}

/* A sixteenth of the bytes. */
static void test_more_fragments_for_larger_messages(void **state)
{
	static const uint8_t fragment[] = { 0x00, 0x81, NO_KEY, 'a' };
	struct nv_session *session = open_server(100000, 0, 0);
	struct nv_event event;

	assert_int_equal(feed_fragments(session, fragment, sizeof(fragment), 7000, &event), 6250);
	assert_int_equal(event.status, 1008);
	nv_session_free(session);
}

static void test_empty_fragments_without_end(void **state)
{
	static const uint8_t fragment[] = { 0x00, 0x80, KEY };
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_event event;

	assert_int_equal(feed_fragments(session, fragment, sizeof(fragment), 100000, &event), 64);
	assert_int_equal(event.status, 1008);
	nv_session_free(session);

	session = open_server(0, NV_OFF, NV_OFF);
	assert_int_equal(feed_fragments(session, fragment, sizeof(fragment), 100000, &event),
	                 100000);
	nv_session_free(session);
}

/* Every connection of a server has one, and most of them are idle. */
static void test_an_idle_session_is_small(void **state)
{
	assert_true(sizeof(struct nv_session) <= 5 * sizeof(void *) + 8);
}

/* Frames that are here as a whole, of every length that has a head of its own. */
static void test_whole_messages_need_no_memory(void **state)
{
	static const size_t lengths[] = { 0, 1, 20, 125, 126, 1000, 65535 };
	static uint8_t input[65535 + 8];
	struct nv_session *session;
	struct nv_event event;

	failing_alloc_install();
	session = open_server(0, 0, 0);
	failing_alloc_fail(1, FAIL_FOREVER);
	for (size_t i = 0; i < 2 * sizeof(lengths) / sizeof(lengths[0]); i++) {
		size_t len = lengths[i / 2];
		size_t head = len < 126 ? 2 : 4;

		memset(input, 'a', sizeof(input));
		memset(input + head, 0, 4);
		input[0] = i % 2 ? 0x81 : 0x82;
		input[1] = (uint8_t)(0x80 | (len < 126 ? len : 126));
		if (len >= 126) {
			input[2] = (uint8_t)(len >> 8);
			input[3] = (uint8_t)len;
		}
		nv_session_feed(session, input, head + 4 + len);
		assert_true(nv_session_next(session, &event));
		assert_int_equal(event.type, NV_EVENT_MESSAGE);
		assert_int_equal(event.opcode, i % 2 ? NV_TEXT : NV_BINARY);
		assert_ptr_equal(event.data.data, input + head + 4);
		assert_int_equal(event.data.len, len);
		assert_false(nv_session_next(session, &event));
	}
	assert_int_equal(failing_alloc_count(), 0);
	nv_session_free(session);
	failing_alloc_remove();
}

/* A long message is not held while the next ones are handled. */
static void test_what_was_delivered_goes_at_once(void **state)
{
	uint8_t input[] = { 0x02, 0x81, NO_KEY, 'a', 0x80, 0x81, NO_KEY, 'b',
		            0x82, 0x81, NO_KEY, 'c', 0x82, 0x81, NO_KEY, 'd' };
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_event event;

	nv_session_feed(session, input, sizeof(input));
	assert_true(nv_session_next(session, &event));
	assert_int_equal(event.data.len, 2);
	assert_true(nv_session_memory(session) > 0);
	assert_true(nv_session_next(session, &event));
	assert_int_equal(event.data.len, 1);
	assert_int_equal(nv_session_memory(session), 0);
	assert_true(nv_session_next(session, &event));
	assert_ptr_equal(event.data.data, input + sizeof(input) - 1);
	assert_false(nv_session_next(session, &event));
	nv_session_free(session);
}

static void test_a_whole_message_over_the_limit(void **state)
{
	static const uint8_t input[] = { 0x81, 0x83, NO_KEY, 'a', 'b', 'c', 0x81, 0x80, NO_KEY };
	struct nv_session *session;
	struct nv_event event;

	session = open_server(3, 0, 0);
	assert_int_equal(feed(session, input, sizeof(input), &event), 2);
	nv_session_free(session);
	session = open_server(2, 0, 0);
	assert_int_equal(feed(session, input, sizeof(input), &event), 1);
	assert_int_equal(event.type, NV_EVENT_CLOSE);
	assert_int_equal(event.status, 1009);
	nv_session_free(session);
}

/* What arrives in pieces needs memory: without it the session ends, and says so if it can. */
static void test_a_piece_without_memory_is_the_end(void **state)
{
	static const uint8_t piece[] = { 0x81 };

	for (unsigned forever = 0; forever < 2; forever++) {
		struct nv_session *session;
		struct nv_event event;

		failing_alloc_install();
		session = open_server(0, 0, 0);
		failing_alloc_fail(1, forever ? FAIL_FOREVER : FAIL_ONCE);
		assert_int_equal(feed(session, piece, sizeof(piece), &event), 1);
		assert_int_equal(event.type, NV_EVENT_CLOSE);
		assert_int_equal(event.status, 1011);
		assert_non_null(event.error);
		assert_true(nv_session_close_sent(session));
		assert_int_equal(nv_session_output(session).len > 4, !forever);
		assert_int_equal(feed(session, piece, sizeof(piece), &event), 0);
		nv_session_free(session);
		failing_alloc_remove();
	}
}

/* Whatever was sent, taken, refused or lost, nothing stays. */
static void test_calls_that_send_leave_nothing_behind(void **state)
{
	struct nv_session *session;
	size_t before;

	failing_alloc_install();
	session = open_server(0, 0, 0);
	before = failing_alloc_live_bytes();
	assert_int_equal(nv_session_unsent(session), 0);
	assert_int_equal(nv_session_memory(session), 0);
	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("Hello")), 0);
	assert_int_equal(nv_session_unsent(session), 7);
	assert_true(nv_session_memory(session) >= 7);
	nv_session_consume(session, 7);
	assert_int_equal(failing_alloc_live_bytes(), before);
	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("\xff")), NV_ERR_UTF8);
	assert_int_equal(nv_session_ping(session, (struct nv_bytes){ NULL, 126 }), NV_ERR_TOO_BIG);
	for (size_t nth = 1; nth <= 2; nth++) {
		failing_alloc_fail(nth, FAIL_ONCE);
		assert_int_equal(nv_session_send(session, NV_TEXT, nv_str("Hello")), NV_ERR_NOMEM);
		failing_alloc_fail(nth, FAIL_ONCE);
		assert_int_equal(nv_session_ping(session, nv_str("?")), NV_ERR_NOMEM);
		failing_alloc_fail(nth, FAIL_ONCE);
		assert_int_equal(nv_session_close(session, 1000, nv_str("")), NV_ERR_NOMEM);
		assert_int_equal(failing_alloc_live_bytes(), before);
	}
	assert_int_equal(nv_session_close(session, 1000, nv_str("")), 0);
	nv_session_consume(session, nv_session_output(session).len);
	assert_int_equal(failing_alloc_live_bytes(), before);
	nv_session_free(session);
	failing_alloc_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_idle_session_is_small),
		cmocka_unit_test(test_whole_messages_need_no_memory),
		cmocka_unit_test(test_what_was_delivered_goes_at_once),
		unit_case("F-12 a whole message over the limit",
		          test_a_whole_message_over_the_limit),
		cmocka_unit_test(test_a_piece_without_memory_is_the_end),
		cmocka_unit_test(test_calls_that_send_leave_nothing_behind),
		unit_case("F-11 a huge length costs nothing", test_a_huge_length_costs_nothing),
		unit_case("F-11 a promised length costs nothing",
		          test_a_promised_length_costs_nothing),
		unit_case("F-07 an unknown opcode with a huge length costs nothing",
		          test_an_unknown_opcode_costs_nothing),
		unit_case("F-19 a million pings, and nobody reads",
		          test_a_million_pings_and_nobody_reads),
		unit_case("F-25 131,000 fragments without end", test_fragments_without_end),
		unit_case("F-25 fragments up to the size", test_fragments_up_to_the_size),
		unit_case("F-25 more fragments for larger messages",
		          test_more_fragments_for_larger_messages),
		unit_case("F-26 100,000 empty fragments without end",
		          test_empty_fragments_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
