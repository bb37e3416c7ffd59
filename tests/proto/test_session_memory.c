/* SPDX-License-Identifier: MIT */
/* test_session_memory.c: what an enemy can make a session hold: nothing for what is promised, and no
 * more than the limits for what is sent. */
#include <navette/session.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
