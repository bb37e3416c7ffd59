/* SPDX-License-Identifier: MIT */
/* test_deflate_answer.c: how a client offers permessage-deflate, and which answers it accepts. */
#include "proto/deflate_heads.h"
#include "proto/deflate_offer.h"

static void offers_are_written(void **state)
{
	struct nv_compression compression = takeover;

	assert_string_equal(request_of(NULL), "");
	assert_string_equal(request_of(&takeover), PMD "; client_max_window_bits");
	assert_string_equal(request_of(&plain), PMD "; server_no_context_takeover"
	                                            "; client_no_context_takeover"
	                                            "; client_max_window_bits");
	for (uint8_t bits = 8; bits <= 14; bits++) {
		char expected[128];

		compression.peer_window_bits = bits;
		snprintf(expected, sizeof expected,
		         PMD "; server_max_window_bits=%d; client_max_window_bits", bits);
		assert_string_equal(request_of(&compression), expected);
	}
	compression.peer_window_bits = 15;
	compression.window_bits = 9;
	assert_string_equal(request_of(&compression), PMD "; client_max_window_bits");
	compression.enabled = false;
	assert_string_equal(request_of(&compression), "");
}

/* Why an answer with these lines does not open the connection; NULL when it does. */
static const char *verify(const struct nv_compression *compression, const char *lines,
                          struct nv_deflate *deflate)
{
	char text[1024];
	struct nv_handshake_offer offer = offer_of(compression);
	struct nv_bytes subprotocol;
	struct nv_problem problem;
	struct nv_head *response;

	snprintf(text, sizeof text, ANSWER_START "%s\r\n", lines);
	response = parse_head(NV_RESPONSE, text);
	memset(deflate, 0xff, sizeof *deflate);
	problem = nv_handshake_verify(response, &offer, &subprotocol, deflate);
	assert_int_equal(problem.status, 101);
	if (problem.text)
		assert_false(deflate->agreed);
	nv_head_free(response);
	return problem.text;
}

static struct nv_deflate expect_open(const struct nv_compression *compression, const char *value)
{
	struct nv_deflate deflate;
	char lines[512];
	const char *problem;

	snprintf(lines, sizeof lines, FIELD "%s\r\n", value);
	problem = verify(compression, lines, &deflate);
	if (problem)
		fail_msg("%s: %s", value, problem);
	assert_true(deflate.agreed);
	return deflate;
}

static void expect_failure(const struct nv_compression *compression, const char *value,
                           const char *problem)
{
	struct nv_deflate deflate;
	char lines[512];
	const char *found;

	snprintf(lines, sizeof lines, FIELD "%s\r\n", value);
	found = verify(compression, lines, &deflate);
	if (!found)
		fail_msg("%s opens", value);
	assert_string_equal(found, problem);
}

static void unknown_parameter(void **state)
{
	static const char problem[] = "permessage-deflate has an unknown parameter in the answer";

	expect_failure(&takeover, PMD "; unknown", problem);
	expect_failure(&takeover, PMD "; unknown=1", problem);
	expect_failure(&takeover, PMD "; server_no_context_takeover; constructor", problem);
	expect_failure(&takeover, PMD "; Server_No_Context_Takeover", problem);
}

static void bad_bits(void **state)
{
	static const char *const numbers[] = { "7",   "16",     "99",        "1000", "0",
		                               "08",  "+9",     "-9",        "9x",   "1.",
		                               "1e1", "\"99\"", "4294967304" };

	for (size_t i = 0; i < COUNT(numbers); i++) {
		char value[128];

		snprintf(value, sizeof value, PMD "; server_max_window_bits=%s", numbers[i]);
		expect_failure(&takeover, value,
		               "a number of window bits is not 8 to 15 in the answer");
		snprintf(value, sizeof value, PMD "; client_max_window_bits=%s", numbers[i]);
		expect_failure(&takeover, value,
		               "a number of window bits is not 8 to 15 in the answer");
	}
	expect_failure(&takeover, PMD "; server_max_window_bits=\"\"",
	               "Sec-WebSocket-Extensions is malformed in the answer");
}

static void client_bits_that_were_not_offered(void **state)
{
	struct nv_deflate offer = { 0 };
	struct nv_deflate deflate = { 0 };
	struct nv_bytes named = nv_str("; client_max_window_bits=10");

	assert_string_equal(nv_deflate_verify(named, &offer, &deflate),
	                    "the server chose client_max_window_bits, which was not offered");
	assert_false(deflate.agreed);
	offer.client_max_window_bits = 15;
	assert_null(nv_deflate_verify(named, &offer, &deflate));
	assert_true(deflate.agreed);
	expect_failure(NULL, PMD "; client_max_window_bits=10",
	               "the server chose an extension that was not offered");
}

static void bits_without_a_value(void **state)
{
	expect_failure(&takeover, PMD "; client_max_window_bits",
	               "a number of window bits is missing in the answer");
	expect_failure(&takeover, PMD "; server_max_window_bits",
	               "a number of window bits is missing in the answer");
}

static void flags_with_a_value(void **state)
{
	static const char problem[] = "a context takeover parameter has a value in the answer";

	expect_failure(&takeover, PMD "; server_no_context_takeover=1", problem);
	expect_failure(&takeover, PMD "; client_no_context_takeover=true", problem);
	expect_failure(&plain, PMD "; server_no_context_takeover=\"1\"", problem);
}

static void parameters_twice(void **state)
{
	static const char *const twice[] = {
		PMD "; server_no_context_takeover; server_no_context_takeover",
		PMD "; client_no_context_takeover; client_no_context_takeover",
		PMD "; server_max_window_bits=9; server_max_window_bits=9",
		PMD
		"; client_max_window_bits=9; server_max_window_bits=9; client_max_window_bits=8",
	};

	for (size_t i = 0; i < COUNT(twice); i++)
		expect_failure(&takeover, twice[i],
		               "permessage-deflate has a parameter twice in the answer");
	expect_failure(&takeover, PMD ", " PMD, "the server chose an extension twice");
}

static void server_bits_as_asked(void **state)
{
	for (uint8_t asked = 8; asked <= 14; asked++) {
		struct nv_compression compression = takeover;

		compression.peer_window_bits = asked;
		expect_failure(&compression, PMD,
		               "the server does not grant server_max_window_bits");
		for (uint8_t bits = 8; bits <= 15; bits++) {
			char value[64];

			snprintf(value, sizeof value, PMD "; server_max_window_bits=%d", bits);
			if (bits > asked)
				expect_failure(&compression, value,
				               "the server chose a larger server_max_window_bits "
				               "than was offered");
			else
				assert_int_equal(
					expect_open(&compression, value).server_max_window_bits,
					bits);
		}
	}
	assert_int_equal(
		expect_open(&takeover, PMD "; server_max_window_bits=15").server_max_window_bits,
		15);
}

static void extensions_that_were_not_offered(void **state)
{
	static const char problem[] = "the server chose an extension that was not offered";
	struct nv_compression off = takeover;

	off.enabled = false;
	expect_failure(NULL, PMD, problem);
	expect_failure(&off, PMD, problem);
	expect_failure(&off, "foo", problem);
	expect_failure(&takeover, "foo", problem);
	expect_failure(&takeover, PMD ", foo", problem);
	expect_failure(&takeover, "foo, " PMD, problem);
	expect_failure(&takeover, "Permessage-Deflate", problem);
	expect_failure(&takeover, "x-webkit-deflate-frame", problem);
}

static void takeover_that_was_not_granted(void **state)
{
	expect_failure(&plain, PMD, "the server does not grant server_no_context_takeover");
	expect_failure(&plain, PMD "; client_no_context_takeover",
	               "the server does not grant server_no_context_takeover");
	/* RFC 7692 7.1.1.2: the client keeps what it promised, even if the server did not answer. */
	assert_true(
		expect_open(&plain, PMD "; server_no_context_takeover").client_no_context_takeover);
}

static void client_bits_are_kept(void **state)
{
	for (uint8_t bits = 8; bits <= 15; bits++) {
		char value[64];

		snprintf(value, sizeof value, PMD "; client_max_window_bits=%d", bits);
		assert_int_equal(expect_open(&takeover, value).client_max_window_bits, bits);
	}
}

static void answers_over_two_lines(void **state)
{
	struct nv_deflate deflate;

	assert_null(verify(&takeover, FIELD "\r\n" FIELD PMD "\r\n", &deflate));
	assert_true(deflate.agreed);
	assert_null(verify(&takeover, FIELD PMD ",\r\nX: y\r\n" FIELD ",\r\n", &deflate));
	assert_true(deflate.agreed);
	assert_string_equal(verify(&takeover, FIELD PMD "\r\n" FIELD PMD "\r\n", &deflate),
	                    "the server chose an extension twice");
	assert_string_equal(verify(&takeover,
	                           FIELD PMD "\r\n" FIELD "; client_max_window_bits=9\r\n",
	                           &deflate),
	                    "Sec-WebSocket-Extensions is malformed in the answer");
	assert_null(verify(&takeover, "", &deflate));
	assert_false(deflate.agreed);
}

/* A later fault takes back what stood before it. */
static void nothing_is_agreed_on_in_a_failed_handshake(void **state)
{
	struct nv_deflate deflate;

	assert_string_equal(
		verify(&takeover, FIELD PMD "\r\nSec-WebSocket-Protocol: x\r\n", &deflate),
		"the server chose a subprotocol that was not offered");
	assert_false(deflate.agreed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_are_written),
		unit_case("P-20 an answer with an unknown parameter", unknown_parameter),
		unit_case("P-21 an answer with window bits that are not 8 to 15", bad_bits),
		unit_case("P-22 an answer with client_max_window_bits unasked",
		          client_bits_that_were_not_offered),
		unit_case("P-23 an answer with window bits without a value", bits_without_a_value),
		unit_case("P-24 an answer whose takeover flag has a value", flags_with_a_value),
		unit_case("P-25 an answer with a parameter twice", parameters_twice),
		unit_case("P-26 an answer with more server_max_window_bits than ours",
		          server_bits_as_asked),
		unit_case("P-27 CH-13 an answer with an extension that was not offered",
		          extensions_that_were_not_offered),
		unit_case("P-28 an answer without our server_no_context_takeover",
		          takeover_that_was_not_granted),
		unit_case("P-29 client_max_window_bits=8 is agreed on as 8", client_bits_are_kept),
		unit_case("CH-14 answers over two lines are one list", answers_over_two_lines),
		cmocka_unit_test(nothing_is_agreed_on_in_a_failed_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
