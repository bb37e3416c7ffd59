/* SPDX-License-Identifier: MIT */
/* test_failing.c: whatever makes a connection fail, in both roles: a Close with its status goes out, the
 * program is told, nothing else is delivered, and TCP ends behind it (RFC 6455 7.1.7). */
#include "ws/link.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct fault {
	const char *frame; /* the first byte, and the payload */
	size_t len;
	uint16_t status;
	const char *cause;
};

#define FAULT(frame, status, cause)                                                                \
	{                                                                                          \
		(frame), sizeof(frame) - 1, (status), (cause)                                      \
	}
#define PROTOCOL "protocol error of the peer"
#define LIMIT "a limit was exceeded"
#define LATE "a message did not arrive in time"

/* Messages may have four bytes, and permessage-deflate is in use. */
static const struct fault faults[] = {
	FAULT("\x83", 1002, PROTOCOL),
	FAULT("\x8f", 1002, PROTOCOL),
	FAULT("\xa1", 1002, PROTOCOL),
	FAULT("\x91", 1002, PROTOCOL),
	FAULT("\xc9", 1002, PROTOCOL),
	FAULT("\x09", 1002, PROTOCOL),
	FAULT("\x80", 1002, PROTOCOL),
	FAULT("\x88\x03", 1002, PROTOCOL),
	FAULT("\x88\x03\xed", 1002, PROTOCOL),
	FAULT("\x81\xff", 1007, PROTOCOL),
	FAULT("\x81\xc3", 1007, PROTOCOL),
	FAULT("\x88\x03\xe8\xff", 1007, PROTOCOL),
	FAULT("\xc1\x06", 1007, PROTOCOL),
	FAULT("\xc1\xf2\x48\xcd", 1007, PROTOCOL),
	FAULT("\x82"
	      "12345",
	      1009, LIMIT),
	FAULT("\xc1\xf2\x48\xcd\xc9\xc9\x07\x00", 1009, LIMIT),
};

static const struct nv_server_options strict = { .max_message = 4,
	                                         .compression = { .enabled = true } };

/* A Close goes out, then the server ends; nothing is delivered, and the client does not wait for ever. */
static void assert_failed(struct link *l, uint16_t status, const char *cause)
{
	char expected[100];

	snprintf(expected, sizeof expected, "close:%u,%s ", status, cause);
	assert_seen(expected);
	link_assert_close(l, status);
	assert_int_equal(sim_peer_ended(l->peer), l->role == NV_SERVER);
	assert_false(sim_peer_closed(l->peer));
	sim_advance(l->f.loop, 5000);
	assert_true(sim_peer_closed(l->peer));
	assert_seen("");
}

static void sends_a_close_whatever_fails(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (size_t i = 0; i < COUNT(faults); i++) {
			const struct fault *fault = &faults[i];
			struct link l;

			link_open(&l, role, strict);
			link_send(&l, (uint8_t)fault->frame[0], fault->frame + 1, fault->len - 1);
			link_send(&l, 0x81, "oui", 3);
			sim_settle(l.f.loop);
			assert_failed(&l, fault->status, fault->cause);
			link_free(&l);
		}
	}
}

/* A mask that is there or is not, a length in a longer form than it needs, control frames too long. */
static void sends_a_close_whatever_is_wrong_with_a_head(void **state)
{
	static const uint8_t heads[][4][4] = {
		[NV_SERVER] = { { 0x81, 0x01 },
		                { 0x82, 0xfe, 0, 1 },
		                { 0x89, 0xfe },
		                { 0x88, 0xff } },
		[NV_CLIENT] = { { 0x81, 0x81 },
		                { 0x82, 0x7e, 0, 1 },
		                { 0x89, 0x7e },
		                { 0x88, 0x7f } },
	};

	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		for (size_t i = 0; i < 4; i++) {
			struct link l;

			link_open(&l, role, (struct nv_server_options){ 0 });
			sim_peer_send(l.peer, heads[role][i], 4);
			sim_settle(l.f.loop);
			assert_failed(&l, 1002, PROTOCOL);
			link_free(&l);
		}
	}
}

static void sends_a_close_when_a_limit_is_passed(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		link_send(&l, 0x02, "a", 1);
		for (int i = 0; i < 4096; i++)
			link_send(&l, 0x00, "a", 1);
		sim_settle(l.f.loop);
		assert_failed(&l, 1008, LIMIT);
		link_free(&l);
		link_open(&l, role, (struct nv_server_options){ .message_timeout_ms = 1000 });
		link_send(&l, 0x02, "a", 1);
		sim_advance(l.f.loop, 1500);
		assert_failed(&l, 1008, LATE);
		link_free(&l);
	}
}

static void sends_a_close_without_memory(void **state)
{
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		struct link l;

		link_open(&l, role, (struct nv_server_options){ 0 });
		link_send(&l, 0x02, "a", 1);
		failing_alloc_fail(1, FAIL_ONCE);
		sim_settle(l.f.loop);
		assert_failed(&l, 1011, "out of memory");
		link_free(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("K-13 K-12 sends a Close whatever fails", sends_a_close_whatever_fails),
		unit_case("K-13 sends a Close whatever is wrong with a head",
		          sends_a_close_whatever_is_wrong_with_a_head),
		unit_case("K-13 F-25 sends a Close when a limit is passed",
		          sends_a_close_when_a_limit_is_passed),
		unit_case("K-13 sends a Close without memory", sends_a_close_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
