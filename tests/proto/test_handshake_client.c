/* SPDX-License-Identifier: MIT */
/* test_handshake_client.c: the client's request, and which answers open the connection. */
#include <stdio.h>

#include "proto/head.h"
#include "proto/heads.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define CHOSEN_MAX 64u

#define GOOD_START "HTTP/1.1 101 Switching Protocols\r\n"
#define GOOD_UPGRADE "Upgrade: websocket\r\n"
#define GOOD_CONNECTION "Connection: Upgrade\r\n"
#define GOOD_ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

/* "the sample nonce" of RFC 6455 1.3 */
static struct nv_handshake_offer sample_offer(void)
{
	struct nv_handshake_offer offer = { .host = nv_str("example.org"),
		                            .target = nv_str("/chat?x=1") };

	memcpy(offer.nonce, "the sample nonce", sizeof offer.nonce);
	return offer;
}

static void request_is_written(void **state)
{
	static const char expected[] = "GET /chat?x=1 HTTP/1.1\r\n"
				       "Host: example.org\r\n"
				       "Upgrade: websocket\r\n"
				       "Connection: Upgrade\r\n"
				       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				       "Sec-WebSocket-Version: 13\r\n"
				       "\r\n";
	struct nv_handshake_offer offer = sample_offer();
	char out[sizeof expected];

	assert_int_equal(nv_handshake_request(&offer, out, sizeof out), sizeof expected - 1);
	assert_memory_equal(out, expected, sizeof expected - 1);
}

static void request_passes_our_own_server(void **state)
{
	struct nv_handshake_offer offer = sample_offer();
	struct nv_head *request;
	char out[512];
	int len;

	offer.host = nv_str("[::1]:8080");
	offer.subprotocols = "chat, superchat";
	offer.fields = "Origin: http://example.org\r\nCookie: a=b\r\n";
	len = nv_handshake_request(&offer, out, sizeof out - 1);
	assert_true(len > 0);
	out[len] = '\0';
	request = parse_head(NV_REQUEST, out);
	assert_int_equal(nv_handshake_check(request).status, 0);
	assert_bytes(nv_head_field(request, "Host"), "[::1]:8080");
	assert_bytes(nv_head_field(request, "Origin"), "http://example.org");
	assert_bytes(nv_head_field(request, "Sec-WebSocket-Protocol"), "chat, superchat");
	for (size_t i = 0; i < nv_head_field_count(request); i++) {
		struct nv_bytes name, value;
		char text[64];

		nv_head_field_at(request, i, &name, &value);
		snprintf(text, sizeof text, "%.*s", (int)name.len, (const char *)name.data);
		assert_int_equal(nv_head_count(request, text), 1);
	}
	nv_head_free(request);
}

/* What is written is what our own server reads, up to its limits and not beyond. */
static void expect_limits_of_a_head(struct nv_handshake_offer offer)
{
	static char out[40000];
	struct nv_head *request = nv_head_new(NV_REQUEST);
	int len = nv_handshake_request(&offer, out, sizeof out);
	size_t used;

	assert_true(len > 0 || len == NV_ERR_TOO_BIG);
	if (len > 0)
		assert_int_equal(nv_head_feed(request, (uint8_t *)out, (size_t)len, &used), 1);
	nv_head_free(request);
}

static bool is_too_big(struct nv_handshake_offer offer)
{
	static char out[40000];

	expect_limits_of_a_head(offer);
	return nv_handshake_request(&offer, out, sizeof out) == NV_ERR_TOO_BIG;
}

static void request_keeps_the_limits_of_a_head(void **state)
{
	struct nv_handshake_offer offer = sample_offer();
	static char fields[30000], target[8200];

	for (size_t count = 1; count <= 70; count++) {
		memcpy(fields + (count - 1) * 6, "A: b\r\n", 7);
		offer.fields = fields;
		/* Five are our own. */
		assert_int_equal(is_too_big(offer), count + 5 > 64);
	}
	for (size_t len = 8180; len < 8200; len++) {
		memset(fields, 'a', len);
		memcpy(fields, "A: ", 3);
		memcpy(fields + len, "\r\n", 3);
		assert_int_equal(is_too_big(offer), len > 8192);
		offer.fields = NULL;
		memset(target, 'a', len);
		target[0] = '/';
		offer.target = (struct nv_bytes){ (uint8_t *)target, len };
		assert_int_equal(is_too_big(offer), len > 8192);
		offer = sample_offer();
		offer.fields = fields;
	}
	for (size_t len = 0; len < 400; len++) {
		size_t size = 8100;

		memset(fields, 'a', sizeof fields);
		memcpy(fields, "A: ", 3);
		memcpy(fields + size, "\r\nB: ", 5);
		memcpy(fields + size + 8000 + len, "\r\n", 3);
		expect_limits_of_a_head(offer);
	}
	assert_true(is_too_big(offer));
}

static void request_must_fit(void **state)
{
	struct nv_handshake_offer offer = sample_offer();
	char out[512];
	int len = nv_handshake_request(&offer, out, sizeof out);

	for (size_t size = 0; size < (size_t)len; size++)
		assert_int_equal(nv_handshake_request(&offer, out, size), NV_ERR_TOO_BIG);
	assert_int_equal(nv_handshake_request(&offer, out, (size_t)len), len);
}

static void expect_invalid(const struct nv_handshake_offer *offer)
{
	char out[512];

	assert_int_equal(nv_handshake_request(offer, out, sizeof out), NV_ERR_INVALID);
}

static void bad_targets_and_hosts_are_not_written(void **state)
{
	static const char *const targets[] = { "",          "chat",       "*",
		                               "/a b",      "/a\r\nX: y", "/#f",
		                               "/\xc3\xa9", "/\x7f",      "http://a/" };
	static const char *const hosts[] = { "", "a b", "a\r\nX: y", "u@a", "a/b", "[::1", "a:b" };

	for (size_t i = 0; i < COUNT(targets); i++) {
		struct nv_handshake_offer offer = sample_offer();

		offer.target = nv_str(targets[i]);
		expect_invalid(&offer);
	}
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct nv_handshake_offer offer = sample_offer();

		offer.host = nv_str(hosts[i]);
		expect_invalid(&offer);
	}
}

static void bad_subprotocols_and_fields_are_not_written(void **state)
{
	static const char *const lists[] = { "", ",", "a b", "a, a", "a\r\nX: y", "\"a\"" };
	static const char *const fields[] = {
		"X: y",
		"X: y\n",
		"X y: z\r\n",
		"X: y\r\n\r\n",
		"Host: evil\r\n",
		"X: y\r\nUpgrade: h2c\r\n",
		"connection: close\r\n",
		"Sec-WebSocket-Key: x\r\n",
		"sec-websocket-version: 8\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate\r\n",
		"Content-Length: 5\r\n",
		"Transfer-Encoding: chunked\r\n",
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		struct nv_handshake_offer offer = sample_offer();

		offer.subprotocols = lists[i];
		expect_invalid(&offer);
	}
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct nv_handshake_offer offer = sample_offer();

		offer.fields = fields[i];
		expect_invalid(&offer);
	}
}

/* True when the response opens the connection; `chosen` (may be NULL) is the subprotocol. */
static bool opens(const char *offered, const char *response, char *chosen)
{
	struct nv_handshake_offer offer = sample_offer();
	struct nv_head *head = parse_head(NV_RESPONSE, response);
	struct nv_bytes subprotocol = nv_str("unset");
	struct nv_deflate deflate;
	struct nv_problem problem;

	offer.subprotocols = offered;
	problem = nv_handshake_verify(head, &offer, &subprotocol, &deflate);
	assert_int_equal(problem.status, nv_head_status(head));
	if (problem.text)
		assert_absent(subprotocol);
	if (chosen)
		snprintf(chosen, CHOSEN_MAX, "%.*s", (int)subprotocol.len,
		         (const char *)subprotocol.data);
	nv_head_free(head);
	return !problem.text;
}

static void good_answer_opens(void **state)
{
	assert_true(opens(NULL, GOOD_START GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "\r\n", NULL));
	assert_true(opens(NULL, "HTTP/1.1 101\r\n" GOOD_ACCEPT GOOD_CONNECTION GOOD_UPGRADE "\r\n",
	                  NULL));
	assert_true(opens(
		NULL, GOOD_START "UPGRADE: WebSocket\r\nconnection: upgrade\r\n" GOOD_ACCEPT "\r\n",
		NULL));
	assert_true(opens(
		NULL, "HTTP/1.2 101 x\r\n" GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "\r\n", NULL));
}

static void other_statuses_do_not_open(void **state)
{
	static const char *const statuses[] = { "100", "102", "103", "200", "204", "301", "302",
		                                "400", "401", "403", "404", "426", "500", "503" };

	for (size_t i = 0; i < COUNT(statuses); i++) {
		char text[256];

		snprintf(text, sizeof text,
		         "HTTP/1.1 %s x\r\n" GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "\r\n",
		         statuses[i]);
		assert_false(opens(NULL, text, NULL));
	}
}

static void http_1_0_does_not_open(void **state)
{
	assert_false(opens(
		NULL, "HTTP/1.0 101 x\r\n" GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "\r\n", NULL));
}

static void upgrade_is_websocket(void **state)
{
	static const char *const bad[] = {
		GOOD_START GOOD_CONNECTION GOOD_ACCEPT "\r\n",
		GOOD_START "Upgrade:\r\n" GOOD_CONNECTION GOOD_ACCEPT "\r\n",
		GOOD_START "Upgrade: websockets\r\n" GOOD_CONNECTION GOOD_ACCEPT "\r\n",
		GOOD_START "Upgrade: h2c, websocket\r\n" GOOD_CONNECTION GOOD_ACCEPT "\r\n",
		GOOD_START GOOD_UPGRADE GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "\r\n",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(opens(NULL, bad[i], NULL));
}

static void connection_lists_upgrade(void **state)
{
	static const char *const bad[] = {
		GOOD_START GOOD_UPGRADE GOOD_ACCEPT "\r\n",
		GOOD_START GOOD_UPGRADE "Connection:\r\n" GOOD_ACCEPT "\r\n",
		GOOD_START GOOD_UPGRADE "Connection: keep-alive\r\n" GOOD_ACCEPT "\r\n",
		GOOD_START GOOD_UPGRADE "Connection: Upgraded\r\n" GOOD_ACCEPT "\r\n",
	};
	static const char *const good[] = {
		GOOD_START GOOD_UPGRADE "Connection: keep-alive, Upgrade\r\n" GOOD_ACCEPT "\r\n",
		GOOD_START GOOD_UPGRADE "Connection: keep-alive\r\n" GOOD_CONNECTION GOOD_ACCEPT
					"\r\n",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(opens(NULL, bad[i], NULL));
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(opens(NULL, good[i], NULL));
}

static bool opens_with_accept(const char *lines)
{
	char text[512];

	snprintf(text, sizeof text, GOOD_START GOOD_UPGRADE GOOD_CONNECTION "%s\r\n", lines);
	return opens(NULL, text, NULL);
}

static void accept_must_match(void **state)
{
	assert_true(opens_with_accept(GOOD_ACCEPT));
	assert_true(
		opens_with_accept("Sec-WebSocket-Accept: \t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t\r\n"));
	assert_false(opens_with_accept(""));
	assert_false(opens_with_accept("Sec-WebSocket-Accept:\r\n"));
	for (size_t i = 0; i < 28; i++) {
		char line[] = GOOD_ACCEPT;
		char *changed = line + strlen("Sec-WebSocket-Accept: ") + i;

		*changed = *changed == 'A' ? 'B' : 'A';
		assert_false(opens_with_accept(line));
	}
	assert_false(opens_with_accept("Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
	assert_false(opens_with_accept("Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"));
	assert_false(opens_with_accept("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n"));
	assert_false(opens_with_accept("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo==\r\n"));
	assert_false(opens_with_accept(GOOD_ACCEPT GOOD_ACCEPT));
	assert_false(opens_with_accept(GOOD_ACCEPT
	                               "Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
}

static bool opens_with(const char *offered, const char *lines, char *chosen)
{
	char text[512];

	snprintf(text, sizeof text, GOOD_START GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "%s\r\n",
	         lines);
	return opens(offered, text, chosen);
}

static void subprotocol_must_be_one_that_was_offered(void **state)
{
	char chosen[CHOSEN_MAX];

	assert_true(opens_with("chat, superchat", "Sec-WebSocket-Protocol: superchat\r\n", chosen));
	assert_string_equal(chosen, "superchat");
	assert_true(opens_with("chat,superchat", "Sec-WebSocket-Protocol: \tchat \r\n", chosen));
	assert_string_equal(chosen, "chat");
	assert_true(opens_with("chat, superchat", "", chosen));
	assert_string_equal(chosen, "");
	assert_false(opens_with("chat", "Sec-WebSocket-Protocol: Chat\r\n", NULL));
	assert_false(opens_with("chat", "Sec-WebSocket-Protocol: other\r\n", NULL));
	assert_false(opens_with(NULL, "Sec-WebSocket-Protocol: chat\r\n", NULL));
	assert_false(opens_with("chat", "Sec-WebSocket-Protocol:\r\n", NULL));
	assert_false(opens_with("a, b", "Sec-WebSocket-Protocol: a, b\r\n", NULL));
	assert_false(opens_with(
		"a, b", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n", NULL));
	assert_false(opens_with("a", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n",
	                        NULL));
}

static void no_extension_was_offered(void **state)
{
	assert_false(opens_with(NULL, "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL));
	assert_false(opens_with(NULL, "Sec-WebSocket-Extensions: foo\r\n", NULL));
	assert_false(opens_with(
		NULL, "Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\n", NULL));
	assert_false(opens_with(NULL, "Sec-WebSocket-Extensions: a;;\r\n", NULL));
	assert_false(opens_with(NULL, "Sec-WebSocket-Extensions:\r\n", NULL));
}

/* With permessage-deflate offered, whether that opens and agrees on it. */
static bool opens_deflating(const char *lines, bool *agreed)
{
	static const struct nv_compression compression = { .enabled = true,
		                                           .context_takeover = true };
	struct nv_handshake_offer offer = sample_offer();
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;
	struct nv_problem problem;
	struct nv_head *head;
	char text[512];

	snprintf(text, sizeof text, GOOD_START GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT "%s\r\n",
	         lines);
	head = parse_head(NV_RESPONSE, text);
	offer.compression = &compression;
	problem = nv_handshake_verify(head, &offer, &subprotocol, &deflate);
	*agreed = deflate.agreed;
	nv_head_free(head);
	return !problem.text;
}

/* RFC 6455 4.2.2 allows what 11.3.2 forbids. */
static void extensions_over_lines_are_joined(void **state)
{
#define LINE(text) "Sec-WebSocket-Extensions: " text "\r\n"
	static const struct {
		const char *lines;
		bool opens, agreed;
	} cases[] = {
		{ "", true, false },
		{ LINE("permessage-deflate"), true, true },
		{ LINE(",") LINE("permessage-deflate"), true, true },
		{ LINE("") LINE("permessage-deflate"), true, true },
		{ LINE("permessage-deflate") "X: y\r\n" LINE(""), true, true },
		{ LINE("permessage-deflate") LINE("permessage-deflate"), false, false },
		{ LINE("permessage-deflate, permessage-deflate"), false, false },
		{ LINE("permessage-deflate") LINE("foo"), false, false },
		{ LINE("foo") LINE("permessage-deflate"), false, false },
		{ LINE("permessage-deflate") LINE(";"), false, false },
	};
#undef LINE

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool agreed;

		if (opens_deflating(cases[i].lines, &agreed) != cases[i].opens)
			fail_msg("%s", cases[i].lines);
		assert_int_equal(agreed, cases[i].agreed);
	}
}

static void body_fields_of_a_101_are_ignored(void **state)
{
	assert_true(opens_with(NULL, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", NULL));
}

static void expect_problem(const char *response, int status, const char *text)
{
	struct nv_handshake_offer offer = sample_offer();
	struct nv_head *head = parse_head(NV_RESPONSE, response);
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;
	struct nv_problem problem = nv_handshake_verify(head, &offer, &subprotocol, &deflate);

	assert_int_equal(problem.status, status);
	assert_string_equal(problem.text, text);
	nv_head_free(head);
}

static void problems_tell_what_is_wrong(void **state)
{
	expect_problem("HTTP/1.1 403 Forbidden\r\n\r\n", 403, "the server refuses the connection");
	expect_problem("HTTP/1.1 302 Found\r\n\r\n", 302, "the server redirects elsewhere");
	expect_problem(GOOD_START GOOD_UPGRADE GOOD_CONNECTION "Sec-WebSocket-Accept: x\r\n\r\n",
	               101, "the Sec-WebSocket-Accept value does not match the key");
	expect_problem(GOOD_START GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT
	               "Sec-WebSocket-Extensions: a;\r\n\r\n",
	               101, "Sec-WebSocket-Extensions is malformed in the answer");
	expect_problem(GOOD_START GOOD_UPGRADE GOOD_CONNECTION GOOD_ACCEPT
	               "Sec-WebSocket-Extensions: a\r\n\r\n",
	               101, "the server chose an extension that was not offered");
}

/* Interim answers are heads of their own; frames behind the last head stay. */
static void interim_answers_are_skipped_head_by_head(void **state)
{
	static const char stream[] =
		"HTTP/1.1 100 Continue\r\n\r\n"
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" GOOD_START GOOD_UPGRADE
			GOOD_CONNECTION GOOD_ACCEPT "\r\n\x81\x02hi";
	static const int statuses[] = { 100, 103, 101 };
	struct nv_handshake_offer offer = sample_offer();
	struct nv_bytes rest = nv_str(stream);
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct outcome outcome = feed_every_way(NV_RESPONSE, rest);

		assert_int_equal(outcome.result, 1);
		assert_int_equal(nv_head_status(outcome.head), statuses[i]);
		assert_int_equal(
			!nv_handshake_verify(outcome.head, &offer, &subprotocol, &deflate).text,
			statuses[i] == 101);
		rest.data += outcome.used;
		rest.len -= outcome.used;
		nv_head_free(outcome.head);
	}
	assert_true(nv_bytes_is(rest, "\x81\x02hi"));
}

/* What our server answers, our client believes. */
static void both_halves_agree(void **state)
{
	struct nv_handshake_offer offer = sample_offer();
	char out[512];
	struct nv_head *request;
	char chosen[CHOSEN_MAX];

	for (int first = 0; first < 256; first++) {
		offer.nonce[0] = (uint8_t)first;
		offer.subprotocols = "a, b";
		out[nv_handshake_request(&offer, out, sizeof out - 1)] = '\0';
		request = parse_head(NV_REQUEST, out);
		assert_int_equal(nv_handshake_check(request).status, 0);
		out[nv_handshake_accept(request, "b", NULL, NULL, out, sizeof out - 1)] = '\0';
		nv_head_free(request);
		if (first == 't')
			assert_true(opens("a, b", out, chosen));
		else
			assert_false(opens("a, b", out, NULL));
	}
	assert_string_equal(chosen, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-01 the request", request_is_written),
		unit_case("CH-01 our server accepts it, and each field stands once",
		          request_passes_our_own_server),
		cmocka_unit_test(request_must_fit),
		unit_case("CH-01 no more than a head may hold", request_keeps_the_limits_of_a_head),
		unit_case("CH-03 bad targets and hosts are not written",
		          bad_targets_and_hosts_are_not_written),
		cmocka_unit_test(bad_subprotocols_and_fields_are_not_written),
		cmocka_unit_test(good_answer_opens),
		unit_case("CH-07 other statuses do not open", other_statuses_do_not_open),
		unit_case("CH-09 Upgrade is websocket", upgrade_is_websocket),
		unit_case("CH-10 Connection lists Upgrade", connection_lists_upgrade),
		unit_case("CH-11 the accept value", accept_must_match),
		unit_case("CH-12 the subprotocol is one that was offered, or none",
		          subprotocol_must_be_one_that_was_offered),
		unit_case("CH-13 an extension that was not offered", no_extension_was_offered),
		unit_case("CH-14 extensions over two lines", extensions_over_lines_are_joined),
		unit_case("CH-16 interim answers are skipped head by head",
		          interim_answers_are_skipped_head_by_head),
		unit_case("CH-17 HTTP/1.0 does not open", http_1_0_does_not_open),
		unit_case("CH-17 fields of a body are ignored", body_fields_of_a_101_are_ignored),
		cmocka_unit_test(problems_tell_what_is_wrong),
		cmocka_unit_test(both_halves_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
