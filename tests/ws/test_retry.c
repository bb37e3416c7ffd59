/* SPDX-License-Identifier: MIT */
/* test_retry.c: whether clients try again, and when. */
#include <navette/handshake.h>
#include <stdio.h>

#include "proto/retry_after.h"
#include "support/prng.h"
#include "support/unit.h"
#include "ws/retry.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MIN_MS 1000u
#define MAX_MS 30000u

/* --- Whether --- */

static void expect_failure(enum nv_stage stage, int error, int status, bool again)
{
	struct nv_failure failure = { .stage = stage, .error = error, .status = status };

	if (nv_retry_mends_failure(&failure) != again)
		fail_msg("stage %d, error %d, status %d", stage, error, status);
}

/* Of a server that refuses, or of a proxy. */
static void every_status(void)
{
	for (int status = 100; status < 600; status++) {
		bool again = status == 408 || status == 425 || status == 429 ||
		             (status >= 500 && status != 501 && status != 505);

		if (status == 101)
			continue;
		expect_failure(NV_STAGE_HANDSHAKE, NV_ERR_PROTOCOL, status, again);
		expect_failure(NV_STAGE_PROXY, NV_ERR_PROTOCOL, status, again);
		expect_failure(NV_STAGE_PROXY, NV_ERR_PERMISSION, status, again);
	}
}

static void every_failure(void)
{
	static const struct {
		enum nv_stage stage;
		int error;
		bool again;
	} cases[] = {
		{ NV_STAGE_URL, NV_ERR_INVALID, false },
		{ NV_STAGE_URL, NV_ERR_TOO_BIG, false },
		{ NV_STAGE_URL, NV_ERR_NOT_FOUND, false },
		{ NV_STAGE_RESOLVE, NV_ERR_ADDRESS, true },
		{ NV_STAGE_RESOLVE, NV_ERR_TIMEOUT, true },
		{ NV_STAGE_RESOLVE, NV_ERR_SYSTEM, true },
		{ NV_STAGE_CONNECT, NV_ERR_REFUSED, true },
		{ NV_STAGE_CONNECT, NV_ERR_UNREACHABLE, true },
		{ NV_STAGE_CONNECT, NV_ERR_TIMEOUT, true },
		{ NV_STAGE_CONNECT, NV_ERR_RESET, true },
		{ NV_STAGE_CONNECT, NV_ERR_LIMIT, true },
		{ NV_STAGE_CONNECT, NV_ERR_NOMEM, true },
		{ NV_STAGE_CONNECT, NV_ERR_PERMISSION, true },  /* a firewall of ours */
		{ NV_STAGE_CONNECT, NV_ERR_UNSUPPORTED, true }, /* no IPv6, now */
		{ NV_STAGE_PROXY, NV_ERR_INVALID, false },
		{ NV_STAGE_PROXY, NV_ERR_PERMISSION, false }, /* of SOCKS5 */
		{ NV_STAGE_PROXY, NV_ERR_PROTOCOL, false },
		{ NV_STAGE_PROXY, NV_ERR_UNSUPPORTED, false },
		{ NV_STAGE_PROXY, NV_ERR_REFUSED, true },
		{ NV_STAGE_PROXY, NV_ERR_UNREACHABLE, true },
		{ NV_STAGE_PROXY, NV_ERR_TIMEOUT, true },
		{ NV_STAGE_PROXY, NV_ERR_EOF, true },
		{ NV_STAGE_PROXY, NV_ERR_RESET, true },
		{ NV_STAGE_TLS, NV_ERR_CERTIFICATE, false },
		{ NV_STAGE_TLS, NV_ERR_INVALID, false }, /* our own files */
		{ NV_STAGE_TLS, NV_ERR_TLS, true },
		{ NV_STAGE_TLS, NV_ERR_TIMEOUT, true },
		{ NV_STAGE_TLS, NV_ERR_RESET, true },
		{ NV_STAGE_TLS, NV_ERR_EOF, true },
		{ NV_STAGE_HANDSHAKE, NV_ERR_PROTOCOL, false }, /* no HTTP */
		{ NV_STAGE_HANDSHAKE, NV_ERR_INVALID, false },  /* our own fields */
		{ NV_STAGE_HANDSHAKE, NV_ERR_TOO_BIG, false },
		{ NV_STAGE_HANDSHAKE, NV_ERR_EOF, true },
		{ NV_STAGE_HANDSHAKE, NV_ERR_RESET, true },
		{ NV_STAGE_HANDSHAKE, NV_ERR_TIMEOUT, true },
		{ NV_STAGE_HANDSHAKE, NV_ERR_TLS, true },
		{ NV_STAGE_HANDSHAKE, NV_ERR_NOMEM, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect_failure(cases[i].stage, cases[i].error, 0, cases[i].again);
	/* What came with 101 was not WebSocket's, or we had no memory for it. */
	expect_failure(NV_STAGE_HANDSHAKE, NV_ERR_PROTOCOL, 101, false);
	expect_failure(NV_STAGE_HANDSHAKE, NV_ERR_NOMEM, 101, true);
}

static void every_close(void)
{
	static const uint16_t ends[] = { 1000, 1002, 1003, 1005, 1007, 1008, 1009, 1010 };

	for (unsigned status = 1000; status < 5000; status++) {
		struct nv_close close = { .status = (uint16_t)status };
		bool again = true;

		for (size_t i = 0; i < COUNT(ends); i++)
			again = again && status != ends[i];
		if (nv_retry_mends_close(&close) != again)
			fail_msg("Close %u", status);
		close.cause = NV_CAUSE_MESSAGE_TIMEOUT;
		assert_true(nv_retry_mends_close(&close));
	}
}

static void what_is_tried_again(void **state)
{
	every_status();
	every_failure();
	every_close();
}

/* --- When --- */

static struct nv_head *answer(const char *fields)
{
	struct nv_head *head = nv_head_new(NV_RESPONSE);
	char text[256];
	size_t used;

	assert_non_null(head);
	snprintf(text, sizeof text, "HTTP/1.1 503 Service Unavailable\r\n%s\r\n", fields);
	assert_int_equal(nv_head_feed(head, (const uint8_t *)text, strlen(text), &used), 1);
	return head;
}

static void expect_wish(const char *fields, uint32_t ms)
{
	struct nv_head *head = answer(fields);
	struct nv_failure failure = { .stage = NV_STAGE_HANDSHAKE, .status = 503, .head = head };

	assert_int_equal(nv_retry_wish(&failure, NULL, 784111777), ms);
	nv_head_free(head);
}

static void wishes(void **state)
{
	struct nv_close close = { .status = 1013, .reason = nv_str("retry_after=2.500") };
	struct nv_failure failure = { .stage = NV_STAGE_CONNECT, .error = NV_ERR_REFUSED };

	expect_wish("Retry-After: 120\r\n", 120000);
	expect_wish("retry-after: Sun, 06 Nov 1994 08:50:00 GMT\r\n", 23000);
	expect_wish("Retry-After: 86400\r\n", NV_RETRY_AFTER_MAX_MS);
	expect_wish("Retry-After: soon\r\n", 0);
	expect_wish("A: b\r\n", 0);
	assert_int_equal(nv_retry_wish(&failure, NULL, 0), 0);
	assert_int_equal(nv_retry_wish(NULL, &close, 0), 2500);
	close.reason = (struct nv_bytes){ NULL, 0 };
	assert_int_equal(nv_retry_wish(NULL, &close, 0), 0);
	assert_int_equal(nv_retry_wish(NULL, NULL, 0), 0);
}

/* The largest time before try `n`. */
static uint32_t longest(uint32_t n)
{
	return n < 5 ? MIN_MS << n : MAX_MS;
}

static void times_grow_to_their_limit(void **state)
{
	static const uint32_t many[] = { 5, 6, 20, 31, 32, 33, 63, 64, 65, 1000, UINT32_MAX };

	for (uint32_t n = 0; n < 6; n++) {
		assert_int_equal(nv_retry_delay(n, MIN_MS, MAX_MS, 0, 0), longest(n) / 2);
		assert_int_equal(nv_retry_delay(n, MIN_MS, MAX_MS, 0, UINT32_MAX), longest(n));
	}
	for (size_t i = 0; i < COUNT(many); i++) {
		assert_int_equal(nv_retry_delay(many[i], MIN_MS, MAX_MS, 0, 0), MAX_MS / 2);
		assert_int_equal(nv_retry_delay(many[i], MIN_MS, MAX_MS, 0, UINT32_MAX), MAX_MS);
		assert_int_equal(nv_retry_delay(many[i], 1, UINT32_MAX, 0, UINT32_MAX),
		                 many[i] < 32 ? 1u << many[i] : UINT32_MAX);
		assert_int_equal(nv_retry_delay(many[i], UINT32_MAX, UINT32_MAX, 0, UINT32_MAX),
		                 UINT32_MAX);
	}
	assert_int_equal(nv_retry_delay(0, 60000, 30000, 0, UINT32_MAX), 30000);
	assert_int_equal(nv_retry_delay(0, 1, 30000, 0, 0), 1);
	assert_int_equal(nv_retry_delay(0, 3, 30000, 0, 0), 2);
	assert_int_equal(nv_retry_delay(0, 3, 30000, 0, UINT32_MAX), 3);
	assert_int_equal(nv_retry_delay(9, 0, 30000, 0, UINT32_MAX), 0);
}

static void a_wish_is_kept(void **state)
{
	assert_int_equal(nv_retry_delay(0, MIN_MS, MAX_MS, 5000, 0), 5000);
	assert_int_equal(nv_retry_delay(0, MIN_MS, MAX_MS, 5000, UINT32_MAX), 5500);
	assert_int_equal(nv_retry_delay(9, MIN_MS, MAX_MS, 5000, 0), 5000);
	assert_int_equal(nv_retry_delay(9, MIN_MS, MAX_MS, 5000, UINT32_MAX), 20000);
	assert_int_equal(nv_retry_delay(9, MIN_MS, MAX_MS, 3600000, UINT32_MAX), 3615000);
	assert_int_equal(nv_retry_delay(9, MIN_MS, MAX_MS, 1, 0), 1);
	assert_int_equal(nv_retry_delay(UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX),
	                 UINT32_MAX);
}

/* Each tenth of the range gets its tenth, give or take what chance does to so many. */
static void expect_uniform(uint32_t n, uint32_t wish, uint32_t low, uint32_t high)
{
	enum {
		DRAWS = 100000,
		PARTS = 10
	};
	struct prng prng = { 17 + n };
	unsigned counts[PARTS] = { 0 };

	for (unsigned i = 0; i < DRAWS; i++) {
		uint32_t delay =
			nv_retry_delay(n, MIN_MS, MAX_MS, wish, (uint32_t)prng_next(&prng));

		assert_in_range(delay, low, high);
		counts[(uint64_t)(delay - low) * PARTS / (high - low + 1)]++;
	}
	for (unsigned part = 0; part < PARTS; part++)
		assert_in_range(counts[part], DRAWS / PARTS * 95 / 100, DRAWS / PARTS * 105 / 100);
}

static void times_are_drawn_evenly(void **state)
{
	for (uint32_t n = 0; n < 8; n++) {
		expect_uniform(n, 0, longest(n) / 2, longest(n));
		expect_uniform(n, 7000, 7000, 7000 + longest(n) / 2);
	}
}

/* --- Many of them --- */

enum {
	CLIENTS = 10000,
	OUTAGE_MS = 120000,
	AFTER_S = 30
};

/* When the client is back that lost its connection at `now`. */
static uint64_t come_back(uint64_t now, struct prng *prng)
{
	for (uint32_t n = 0;; n++) {
		now += nv_retry_delay(n, MIN_MS, MAX_MS, 0, (uint32_t)prng_next(prng));
		if (now >= OUTAGE_MS)
			return now;
	}
}

/* All lose their connections within `spread_ms` of the beginning of the outage. */
static void expect_no_stampede(uint64_t seed, uint32_t spread_ms)
{
	struct prng prng = { seed };
	unsigned tries[AFTER_S + 1] = { 0 };
	unsigned sum = 0;

	for (unsigned i = 0; i < CLIENTS; i++) {
		uint64_t back = come_back(prng_below(&prng, spread_ms + 1), &prng);
		uint64_t second = (back - OUTAGE_MS) / 1000;

		assert_true(second <= AFTER_S);
		tries[second]++;
	}
	for (unsigned second = 0; second < AFTER_S; second++)
		sum += tries[second];
	assert_true(sum >= CLIENTS - CLIENTS / 1000);
	for (unsigned second = 0; second < AFTER_S; second++) {
		if (tries[second] * AFTER_S * 10 > sum * 18)
			fail_msg("%u of %u in second %u, seed %u", tries[second], sum, second,
			         (unsigned)seed);
	}
}

static void no_stampede_after_an_outage(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		expect_no_stampede(seed, 0);
		expect_no_stampede(seed, 5000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-21 what is tried again", what_is_tried_again),
		unit_case("CH-21 what servers ask for", wishes),
		unit_case("CH-20 times grow to their limit", times_grow_to_their_limit),
		unit_case("CH-21 a wish is kept", a_wish_is_kept),
		unit_case("CH-20 times are drawn evenly", times_are_drawn_evenly),
		unit_case("CH-20 no stampede of 10,000 clients after two minutes",
		          no_stampede_after_an_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
