/* SPDX-License-Identifier: MIT */
/* test_deflate_offer.c: what a server makes of offers of permessage-deflate. */
#include "proto/deflate_heads.h"
#include "proto/deflate_offer.h"
#include "proto/extension.h"
#include "proto/sessions.h"
#include "support/failing_alloc.h"

static struct nv_head *parse_request(const char *lines)
{
	static char text[20000];

	snprintf(text, sizeof text, REQUEST_START "%s\r\n", lines);
	return parse_head(NV_REQUEST, text);
}

static const char *answer(const char *lines, const struct nv_compression *compression)
{
	struct nv_head *request = parse_request(lines);
	struct nv_deflate deflate;
	const char *text = answer_of(request, compression, &deflate);

	nv_head_free(request);
	return text;
}

static const char *answer_to_value(const char *value, const struct nv_compression *compression)
{
	char lines[512];

	snprintf(lines, sizeof lines, FIELD "%s\r\n", value);
	return answer(lines, compression);
}

static void expect_declined(const char *const *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *text = answer_to_value(values[i], &takeover);

		if (*text)
			fail_msg("%s was answered: %s", values[i], text);
	}
}

struct pair {
	const char *offer;
	const char *answer;
};

static void expect_answers(const struct nv_compression *compression, const struct pair *pairs,
                           size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(answer_to_value(pairs[i].offer, compression), pairs[i].answer);
}

static void bare_offers(void **state)
{
	assert_string_equal(answer_to_value(PMD, &takeover), PMD);
	assert_string_equal(answer_to_value(PMD, &plain),
	                    PMD "; server_no_context_takeover; client_no_context_takeover");
	for (size_t i = 0; i < COUNT(all_bits); i++) {
		struct nv_compression compression = takeover;

		compression.window_bits = all_bits[i];
		compression.peer_window_bits = all_bits[i];
		assert_string_equal(answer_to_value(PMD, &compression), PMD);
	}
}

static void bare_client_bits(void **state)
{
	for (size_t i = 0; i < COUNT(all_bits); i++) {
		struct nv_compression compression = takeover;
		char expected[64] = PMD;

		compression.peer_window_bits = all_bits[i];
		if (all_bits[i] >= 8 && all_bits[i] < 15)
			snprintf(expected, sizeof expected, PMD "; client_max_window_bits=%d",
			         all_bits[i]);
		assert_string_equal(answer_to_value(PMD "; client_max_window_bits", &compression),
		                    expected);
	}
}

static void client_bits_with_a_value(void **state)
{
	struct nv_compression compression = takeover;

	assert_string_equal(answer_to_value(PMD "; client_max_window_bits=10", &compression), PMD);
	compression.peer_window_bits = 14;
	assert_string_equal(answer_to_value(PMD "; client_max_window_bits=10", &compression),
	                    PMD "; client_max_window_bits=10");
	compression.peer_window_bits = 9;
	assert_string_equal(answer_to_value(PMD "; client_max_window_bits=10", &compression),
	                    PMD "; client_max_window_bits=9");
}

static void server_bits(void **state)
{
	static const struct pair usual[] = {
		{ PMD "; server_max_window_bits=9", PMD "; server_max_window_bits=9" },
		{ PMD "; server_max_window_bits=10", PMD "; server_max_window_bits=10" },
		{ PMD "; server_max_window_bits=12", PMD "; server_max_window_bits=12" },
		{ PMD "; server_max_window_bits=13", PMD "; server_max_window_bits=12" },
		{ PMD "; server_max_window_bits=15", PMD "; server_max_window_bits=12" },
	};
	struct nv_compression compression = takeover;

	expect_answers(&takeover, usual, COUNT(usual));
	compression.window_bits = 15;
	assert_string_equal(answer_to_value(PMD "; server_max_window_bits=15", &compression),
	                    PMD "; server_max_window_bits=15");
	compression.window_bits = 9;
	assert_string_equal(answer_to_value(PMD "; server_max_window_bits=10", &compression),
	                    PMD "; server_max_window_bits=9");
}

static void eight_server_bits_stay_eight(void **state)
{
	for (size_t i = 0; i < COUNT(all_bits); i++) {
		struct nv_compression compression = takeover;

		compression.window_bits = all_bits[i];
		assert_string_equal(answer_to_value(PMD "; server_max_window_bits=8", &compression),
		                    PMD "; server_max_window_bits=8");
	}
}

static void server_bits_need_a_value(void **state)
{
	static const char *const values[] = { PMD "; server_max_window_bits", PMD
		                              "; server_max_window_bits; client_max_window_bits" };

	expect_declined(values, COUNT(values));
}

static void bad_numbers(void **state)
{
	static const char *const numbers[] = { "7",
		                               "16",
		                               "0",
		                               "08",
		                               "010",
		                               "+9",
		                               "-9",
		                               "9.0",
		                               "1e1",
		                               "256",
		                               "4294967304",
		                               "1",
		                               "00",
		                               "80",
		                               "0x9",
		                               "9x",
		                               "1.",
		                               "x9",
		                               "\"16\"",
		                               "\"0\\8\"",
		                               "\"\\+9\"",
		                               "'9'",
		                               "18446744073709551624",
		                               "115",
		                               "100000000000000000000000000000000010" };
	static const char *const names[] = { "server_max_window_bits", "client_max_window_bits" };

	for (size_t i = 0; i < COUNT(numbers) * COUNT(names); i++) {
		char value[128];
		const char *values[] = { value };

		snprintf(value, sizeof value, PMD "; %s=%s", names[i % 2], numbers[i / 2]);
		expect_declined(values, 1);
	}
}

static void malformed_numbers(void **state)
{
	static const char *const values[] = { "\"\"", "\"9", "", "\"9\"x", "\" 9\"", "\"9\\\"" };

	for (size_t i = 0; i < COUNT(values); i++) {
		char lines[128];
		struct nv_deflate deflate;
		struct nv_head *request;

		snprintf(lines, sizeof lines, FIELD PMD "; server_max_window_bits=%s\r\n",
		         values[i]);
		request = parse_request(lines);
		assert_int_equal(nv_handshake_check(request).status, 400);
		assert_false(nv_handshake_deflate(request, &takeover, &deflate));
		assert_false(deflate.agreed);
		nv_head_free(request);
	}
}

static void takeover_flags(void **state)
{
	static const struct pair pairs[] = {
		{ PMD "; server_no_context_takeover", PMD "; server_no_context_takeover" },
		{ PMD "; client_no_context_takeover", PMD "; client_no_context_takeover" },
		{ PMD "; client_no_context_takeover; server_no_context_takeover",
		  PMD "; server_no_context_takeover; client_no_context_takeover" },
	};
	static const char *const declined[] = {
		PMD "; server_no_context_takeover=1",     PMD "; client_no_context_takeover=1",
		PMD "; server_no_context_takeover=\"1\"", PMD "; client_no_context_takeover=true",
		PMD "; server_no_context_takeover=10",
	};

	expect_answers(&takeover, pairs, COUNT(pairs));
	assert_string_equal(answer_to_value(PMD "; server_no_context_takeover", &plain),
	                    PMD "; server_no_context_takeover; client_no_context_takeover");
	expect_declined(declined, COUNT(declined));
}

static void duplicate_and_unknown_parameters(void **state)
{
	static const char *const values[] = {
		PMD "; server_no_context_takeover; server_no_context_takeover",
		PMD "; client_no_context_takeover; client_no_context_takeover",
		PMD "; server_max_window_bits=10; server_max_window_bits=10",
		PMD "; server_max_window_bits=10; server_max_window_bits=11",
		PMD "; client_max_window_bits; client_max_window_bits",
		PMD "; client_max_window_bits=10; client_max_window_bits",
		PMD "; client_max_window_bits; server_max_window_bits=9; client_max_window_bits=10",
		PMD "; unknown",
		PMD "; client_max_window_bits; unknown=1",
		PMD "; unknown; client_max_window_bits",
		PMD "; server_max_window_bit=9",
		PMD "; server_max_window_bitss=9",
		PMD "; Client_Max_Window_Bits",
		PMD "; no_context_takeover",
	};

	expect_declined(values, COUNT(values));
}

static void the_next_offer_is_tried(void **state)
{
	static const struct pair pairs[] = {
		{ PMD "; server_max_window_bits=7, " PMD, PMD },
		{ PMD "; unknown, foo, " PMD "; server_max_window_bits=9",
		  PMD "; server_max_window_bits=9" },
		{ PMD "; server_max_window_bits=9, " PMD, PMD "; server_max_window_bits=9" },
		{ PMD "; server_no_context_takeover=1, " PMD "; client_no_context_takeover, " PMD,
		  PMD "; client_no_context_takeover" },
		{ PMD "; x, " PMD "; y, " PMD "; z", "" },
	};

	expect_answers(&takeover, pairs, COUNT(pairs));
}

/* A session that agreed on nothing takes RSV1 for what it is (RFC 6455 5.2). */
static void declining_keeps_the_client(void **state)
{
	static const uint8_t compressed[] = { 0xc1, 0x87, NO_KEY, 0xf2, 0x48,
		                              0xcd, 0xc9, 0xc9,   0x07, 0x00 };
	struct nv_session *session = open_server(0, 0, 0);
	struct nv_compression off = takeover;
	struct nv_event event;

	off.enabled = false;
	assert_string_equal(answer_to_value(PMD "; unknown", &takeover), "");
	assert_string_equal(answer_to_value(PMD, &off), "");
	assert_int_equal(feed(session, compressed, sizeof compressed, &event), 1);
	assert_int_equal(event.type, NV_EVENT_CLOSE);
	assert_int_equal(event.status, NV_STATUS_PROTOCOL_ERROR);
	nv_session_free(session);
}

/* `count` offers in three lines, of which only the one at `good`, from 1, can be met. */
static struct nv_head *many_offers(size_t count, size_t good)
{
	static char text[20000];
	size_t len = (size_t)snprintf(text, sizeof text, REQUEST_START);

	for (size_t i = 1; i <= count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s" PMD "%s%s",
		                        i % 200 == 1 ? FIELD : "", i == good ? "" : ";x",
		                        i % 200 == 0 || i == count ? "\r\n" : ",");
	snprintf(text + len, sizeof text - len, "\r\n");
	return parse_once(NV_REQUEST, text);
}

/* The bytes of all elements and parameters that a walk over the offers sees, and in *steps how many
 * it takes. No byte may be seen twice, and each step must take some. */
static size_t walk(const struct nv_head *head, size_t *steps)
{
	struct nv_extension extension;
	struct nv_parameter parameter;
	size_t cursor = 0;
	size_t seen = 0;

	*steps = 0;
	while (nv_extension_next(head, &cursor, &extension)) {
		size_t left = extension.parameters.len;

		seen += extension.name.len + left;
		while (nv_parameter_next(&extension.parameters, &parameter)) {
			assert_true(extension.parameters.len < left);
			left = extension.parameters.len;
			++*steps;
		}
		++*steps;
	}
	return seen;
}

static void only_sixteen_offers_are_looked_at(void **state)
{
	for (size_t good = 1; good <= 500; good += good < 20 ? 1 : 60) {
		struct nv_head *request = many_offers(500, good);
		struct nv_deflate deflate;
		size_t steps;

		assert_string_equal(answer_of(request, &takeover, &deflate), good <= 16 ? PMD : "");
		assert_int_equal(walk(request, &steps), 500 * strlen(PMD ";x") - strlen(";x"));
		assert_int_equal(steps, 500 + 499);
		nv_head_free(request);
	}
}

/* Two lines that fill a head, of `piece` again and again. */
static struct nv_head *full_head(const char *piece, size_t line)
{
	static char text[20000];
	size_t len = (size_t)snprintf(text, sizeof text, REQUEST_START);

	for (int i = 0; i < 2; i++) {
		len += (size_t)snprintf(text + len, sizeof text - len, FIELD PMD);
		for (size_t at = 0; at + strlen(piece) <= line; at += strlen(piece))
			len += (size_t)snprintf(text + len, sizeof text - len, "%s", piece);
		len += (size_t)snprintf(text + len, sizeof text - len, "\r\n");
	}
	snprintf(text + len, sizeof text - len, "\r\n");
	return parse_once(NV_REQUEST, text);
}

/* Twice the bytes are twice the steps, and 16 KiB of semicolons are not walked at all. */
static void work_is_linear(void **state)
{
	static const char *const pieces[] = { ";a", ";a=b", " ; a", ",a", ";a=\"\\b\"" };
	struct nv_deflate deflate;
	struct nv_head *request;
	size_t steps, half;

	for (size_t i = 0; i < COUNT(pieces); i++) {
		request = full_head(pieces[i], 3780);
		assert_true(walk(request, &half) <= 2 * (strlen(PMD) + 3780));
		nv_head_free(request);
		request = full_head(pieces[i], 7560);
		assert_true(walk(request, &steps) <= 2 * (strlen(PMD) + 7560));
		assert_int_equal(steps - 2, 2 * (half - 2));
		nv_head_free(request);
	}
	request = full_head(";", 7560);
	assert_int_equal(nv_handshake_check(request).status, 400);
	assert_false(nv_handshake_deflate(request, &takeover, &deflate));
	walk(request, &steps);
	assert_int_equal(steps, 2);
	nv_head_free(request);
}

static void other_extensions_are_skipped(void **state)
{
	static const struct pair pairs[] = {
		{ "x-webkit-deflate-frame", "" },
		{ "x-webkit-deflate-frame, " PMD, PMD },
		{ "x-webkit-deflate-frame; no_context_takeover, foo; a=1, " PMD ", foo", PMD },
		{ "foo; a=1", "" },
		{ "Permessage-Deflate", "" },
		{ PMD "2, x" PMD ", deflate-frame", "" },
	};

	expect_answers(&takeover, pairs, COUNT(pairs));
	assert_string_equal(answer("", &takeover), "");
}

static void quoted_values(void **state)
{
	struct nv_compression compression = takeover;
	static const struct pair pairs[] = {
		{ PMD "; client_max_window_bits=\"10\"", PMD "; client_max_window_bits=10" },
		{ PMD "; client_max_window_bits=10", PMD "; client_max_window_bits=10" },
		{ PMD "; client_max_window_bits=\"1\\0\"", PMD "; client_max_window_bits=10" },
		{ PMD "; client_max_window_bits = \"\\1\\0\" ", PMD "; client_max_window_bits=10" },
		{ PMD ";server_max_window_bits=\"\\9\"", PMD "; server_max_window_bits=9" },
	};

	compression.peer_window_bits = 14;
	expect_answers(&compression, pairs, COUNT(pairs));
}

static void offers_over_two_lines(void **state)
{
	assert_string_equal(answer(FIELD PMD "; x\r\nX: y\r\n" FIELD "foo, " PMD "\r\n", &takeover),
	                    PMD);
	assert_string_equal(
		answer(FIELD PMD "; server_max_window_bits=9\r\n" FIELD PMD "\r\n", &takeover),
		PMD "; server_max_window_bits=9");
}

static void an_answer_that_was_not_agreed_on_is_not_written(void **state)
{
	struct nv_head *request = parse_request(FIELD PMD "\r\n");
	struct nv_deflate deflate = { .server_no_context_takeover = true };
	char out[512], none[512];
	int len = nv_handshake_accept(request, NULL, &deflate, NULL, out, sizeof out);

	assert_true(len > 0);
	assert_int_equal(nv_handshake_accept(request, NULL, NULL, NULL, none, sizeof none), len);
	assert_memory_equal(out, none, (size_t)len);
	nv_head_free(request);
}

static void the_answer_must_fit(void **state)
{
	struct nv_head *request =
		parse_request("Sec-WebSocket-Protocol: b\r\n" FIELD PMD "; client_max_window_bits"
	                      "; server_max_window_bits=15\r\n");
	struct nv_compression compression = { .enabled = true, .peer_window_bits = 14 };
	struct nv_deflate deflate;
	char out[512], exact[512];
	int len;

	assert_true(nv_handshake_deflate(request, &compression, &deflate));
	len = nv_handshake_accept(request, "b", &deflate, "X: y\r\n", out, sizeof out);
	assert_true(len > 0);
	for (size_t size = 0; size < (size_t)len; size++)
		assert_int_equal(
			nv_handshake_accept(request, "b", &deflate, "X: y\r\n", exact, size),
			NV_ERR_TOO_BIG);
	assert_int_equal(
		nv_handshake_accept(request, "b", &deflate, "X: y\r\n", exact, (size_t)len), len);
	assert_memory_equal(out, exact, (size_t)len);
	nv_head_free(request);
}

static void nothing_is_allocated(void **state)
{
	struct nv_head *request;
	struct nv_deflate deflate;
	char out[512];

	failing_alloc_install();
	request = parse_request(FIELD PMD "; client_max_window_bits\r\n");
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_true(nv_handshake_deflate(request, &takeover, &deflate));
	assert_true(nv_handshake_accept(request, NULL, &deflate, NULL, out, sizeof out) > 0);
	assert_int_equal(failing_alloc_count(), 0);
	nv_head_free(request);
	failing_alloc_remove();
}

static void expect_complete(struct nv_compression given, struct nv_compression expected)
{
	nv_compression_complete(&given);
	assert_int_equal(given.enabled, expected.enabled);
	assert_int_equal(given.context_takeover, expected.context_takeover);
	assert_int_equal(given.level, expected.level);
	assert_int_equal(given.memory_level, expected.memory_level);
	assert_int_equal(given.window_bits, expected.window_bits);
	assert_int_equal(given.peer_window_bits, expected.peer_window_bits);
	assert_int_equal(given.threshold, expected.threshold);
}

static void options_are_completed(void **state)
{
	static const struct nv_compression lowest = { false, true, 1, 1, 8, 8, 1 };
	static const struct nv_compression highest = { true, true, 9, 9, 15, 15, NV_OFF - 1 };
	static const struct nv_compression everything = { .threshold = NV_OFF };

	expect_complete((struct nv_compression){ 0 },
	                (struct nv_compression){ false, false, 1, 5, 12, 15, 128 });
	expect_complete((struct nv_compression){ false, true, 1, 1, 7, 7, 1 }, lowest);
	expect_complete((struct nv_compression){ false, true, 1, 1, 1, 1, 1 }, lowest);
	expect_complete(lowest, lowest);
	expect_complete(everything, (struct nv_compression){ false, false, 1, 5, 12, 15, 1 });
	expect_complete((struct nv_compression){ true, true, 10, 10, 16, 16, NV_OFF - 1 }, highest);
	expect_complete((struct nv_compression){ true, true, 255, 99, 99, 255, NV_OFF - 1 },
	                highest);
	expect_complete(highest, highest);
}

/* Numbers that a program got wrong are understood as they are completed. */
static void incomplete_options_will_do(void **state)
{
	struct nv_compression high = { true, true, 99, 99, 99, 99, 0 };
	struct nv_compression low = { true, true, 0, 0, 1, 1, 0 };
	const char *offer = PMD "; server_max_window_bits=15; client_max_window_bits=15";

	assert_string_equal(request_of(&high), PMD "; client_max_window_bits");
	assert_string_equal(request_of(&low),
	                    PMD "; server_max_window_bits=8; client_max_window_bits");
	assert_string_equal(answer_to_value(offer, &high), PMD "; server_max_window_bits=15");
	assert_string_equal(answer_to_value(offer, &low),
	                    PMD "; server_max_window_bits=8; client_max_window_bits=8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("P-01 client_max_window_bits is never answered unasked", bare_offers),
		unit_case("P-02 client_max_window_bits is answered with a value, or not at all",
		          bare_client_bits),
		unit_case("P-03 the answer is at most what client_max_window_bits offered",
		          client_bits_with_a_value),
		unit_case("P-04 the answer is at most what server_max_window_bits offered",
		          server_bits),
		unit_case("P-05 server_max_window_bits=8 is answered with 8",
		          eight_server_bits_stay_eight),
		unit_case("P-06 server_max_window_bits without a value is declined",
		          server_bits_need_a_value),
		unit_case("P-07 numbers that are not 8 to 15 are declined", bad_numbers),
		unit_case("P-07 numbers that are not even tokens are refused", malformed_numbers),
		unit_case("P-08 server_no_context_takeover is granted, and has no value",
		          takeover_flags),
		unit_case("P-09 a parameter twice and an unknown one are declined",
		          duplicate_and_unknown_parameters),
		unit_case("P-10 the next offer is tried", the_next_offer_is_tried),
		unit_case("P-11 a declined client gets a 101 without the extension",
		          declining_keeps_the_client),
		unit_case("P-12 the 17th of 500 offers is not looked at",
		          only_sixteen_offers_are_looked_at),
		unit_case("P-12 work is linear in the bytes of the offers", work_is_linear),
		unit_case("P-13 HS-41 HS-45 other extensions are skipped",
		          other_extensions_are_skipped),
		unit_case("HS-43 a quoted value is the same as the plain one", quoted_values),
		unit_case("HS-44 offers over two lines are one list", offers_over_two_lines),
		cmocka_unit_test(an_answer_that_was_not_agreed_on_is_not_written),
		cmocka_unit_test(the_answer_must_fit),
		cmocka_unit_test(nothing_is_allocated),
		cmocka_unit_test(options_are_completed),
		cmocka_unit_test(incomplete_options_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
