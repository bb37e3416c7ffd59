/* SPDX-License-Identifier: MIT */
/* test_handshake_server.c: which requests become WebSocket connections, and the answer to them. */
#include <stdio.h>

#include "proto/head.h"
#include "proto/heads.h"
#include "support/failing_alloc.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The lines of a good request; a test replaces one of them, or adds some. */
enum line {
	START,
	HOST,
	UPGRADE,
	CONNECTION,
	KEY,
	VERSION,
	MORE,
	LINES
};

static const char *const good[LINES] = {
	"GET /chat HTTP/1.1\r\n",
	"Host: server.example.com\r\n",
	"Upgrade: websocket\r\n",
	"Connection: Upgrade\r\n",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	"Sec-WebSocket-Version: 13\r\n",
	"",
};

static const char good_accept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/* The good request with other text in place of one line. */
static const char *request_with(enum line line, const char *text)
{
	static char request[40000];
	size_t len = 0;

	for (int i = 0; i < LINES; i++) {
		const char *piece = i == (int)line ? text : good[i];

		assert_true(len + strlen(piece) + 3 < sizeof request);
		memcpy(request + len, piece, strlen(piece));
		len += strlen(piece);
	}
	memcpy(request + len, "\r\n", 3);
	return request;
}

/* 101, or the status that the request is refused with. */
static int verdict(const char *request)
{
	struct outcome outcome = feed_every_way(NV_REQUEST, nv_str(request));
	struct nv_problem problem = nv_head_problem(outcome.head);

	assert_int_not_equal(outcome.result, 0);
	if (outcome.result == 1)
		problem = nv_handshake_check(outcome.head);
	assert_true((problem.text != NULL) == (problem.status != 0));
	nv_head_free(outcome.head);
	return problem.status ? problem.status : 101;
}

static void expect_each(enum line line, const char *const *texts, size_t count, int status)
{
	for (size_t i = 0; i < count; i++) {
		int found = verdict(request_with(line, texts[i]));

		if (found != status)
			fail_msg("%d instead of %d: %s", found, status, texts[i]);
	}
}

#define EXPECT_EACH(line, texts, status) expect_each(line, texts, COUNT(texts), status)

static struct nv_head *parse_with(enum line line, const char *text)
{
	return parse_head(NV_REQUEST, request_with(line, text));
}

static struct nv_head *parse_good(void)
{
	return parse_with(MORE, "");
}

/* The value of `name` in the answer to a request with that line. */
static void expect_accept(enum line line, const char *text, const char *accept)
{
	struct nv_head *request = parse_with(line, text);
	struct nv_head *response;
	char answer[512];
	int len;

	assert_int_equal(nv_handshake_check(request).status, 0);
	len = nv_handshake_accept(request, NULL, NULL, answer, sizeof answer - 1);
	assert_true(len > 0);
	answer[len] = '\0';
	response = parse_head(NV_RESPONSE, answer);
	assert_int_equal(nv_head_count(response, "Sec-WebSocket-Accept"), 1);
	assert_bytes(nv_head_field(response, "Sec-WebSocket-Accept"), accept);
	nv_head_free(response);
	nv_head_free(request);
}

static void good_request_is_accepted(void **state)
{
	static const char expected[] = "HTTP/1.1 101 Switching Protocols\r\n"
				       "Upgrade: websocket\r\n"
				       "Connection: Upgrade\r\n"
				       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
				       "\r\n";
	struct nv_head *request = parse_good();
	char answer[sizeof expected];
	int len;

	assert_true(nv_handshake_wanted(request));
	assert_int_equal(nv_handshake_check(request).status, 0);
	assert_null(nv_handshake_check(request).text);
	len = nv_handshake_accept(request, NULL, NULL, answer, sizeof answer);
	assert_int_equal(len, sizeof expected - 1);
	assert_memory_equal(answer, expected, sizeof expected - 1);
	nv_head_free(request);
}

static void only_get_upgrades(void **state)
{
	static const char *const starts[] = {
		"POST /chat HTTP/1.1\r\n", "HEAD /chat HTTP/1.1\r\n", "PUT /chat HTTP/1.1\r\n",
		"get /chat HTTP/1.1\r\n",  "GETS /chat HTTP/1.1\r\n",
	};

	EXPECT_EACH(START, starts, 405);
}

static void http_versions(void **state)
{
	assert_int_equal(verdict(request_with(START, "GET /chat HTTP/1.2\r\n")), 101);
	assert_int_equal(verdict(request_with(START, "GET /chat HTTP/1.0\r\n")), 426);
	assert_int_equal(verdict(request_with(START, "GET /chat HTTP/0.9\r\n")), 505);
	assert_int_equal(verdict(request_with(START, "GET /chat HTTP/2.0\r\n")), 505);
	assert_int_equal(verdict(request_with(START, "GET /chat http/1.1\r\n")), 400);
	assert_int_equal(verdict(request_with(START, "GET /chat HTTP/1.1x\r\n")), 400);
}

static void host_is_required(void **state)
{
	static const char *const hosts[] = {
		"",
		"Host: a\r\nHost: a\r\n",
		"Host: a b\r\n",
		"Host: u@a\r\n",
		"Host: a\x01\r\n",
		"Host:\r\n",
	};

	EXPECT_EACH(HOST, hosts, 400);
}

static void without_upgrade_it_is_plain_http(void **state)
{
	struct nv_head *request = parse_with(UPGRADE, "");

	assert_false(nv_handshake_wanted(request));
	nv_head_free(request);
	request = parse_with(UPGRADE, "upgrade: h2c\r\n");
	assert_true(nv_handshake_wanted(request));
	nv_head_free(request);
}

static void upgrade_lists_websocket(void **state)
{
	static const char *const accepted[] = {
		"Upgrade: WebSocket\r\n",        "Upgrade: WEBSOCKET\r\n",
		"Upgrade: h2c, websocket\r\n",   "Upgrade: h2c\r\nUpgrade: websocket\r\n",
		"Upgrade: \t websocket ,\t\r\n",
	};
	static const char *const refused[] = {
		"",
		"Upgrade:\r\n",
		"Upgrade: websocketx\r\n",
		"Upgrade: web socket\r\n",
		"Upgrade: xwebsocket\r\n",
		"Upgrade: websocket/13\r\n",
		"Upgrade: \"websocket\"\r\n",
		"X-Upgrade: websocket\r\n",
	};

	EXPECT_EACH(UPGRADE, accepted, 101);
	EXPECT_EACH(UPGRADE, refused, 400);
}

static void connection_lists_upgrade(void **state)
{
	static const char *const accepted[] = {
		"Connection: keep-alive, Upgrade\r\n",
		"Connection: upgrade\r\n",
		"Connection: ,, Upgrade ,\r\n",
		"Connection: keep-alive\r\nConnection: Upgrade\r\n",
		"Connection:\tkeep-alive\t,\tUpgrade\t\r\n",
	};
	static const char *const refused[] = {
		"",
		"Connection: notUpgrade\r\n",
		"Connection: Upgraded\r\n",
		"Connection: keep-alive\r\n",
		"Connection: keep-alive Upgrade\r\n",
		"Connection:\r\n",
	};

	EXPECT_EACH(CONNECTION, accepted, 101);
	EXPECT_EACH(CONNECTION, refused, 400);
}

static void key_is_sixteen_bytes(void **state)
{
	static const char *const refused[] = {
		"",
		"Sec-WebSocket-Key:\r\n",
		"Sec-WebSocket-Key: \t\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQdG\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQd=\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQd0\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n",
		"Sec-WebSocket-Key: -Ghl_HNhbXBsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhb BsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Key: ====\r\n",
		"Sec-WebSocket-Key: ========================\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j====\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBs=SBub25jZQ==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key:\r\n",
		"Sec-WebSocket-Key:\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	};

	EXPECT_EACH(KEY, refused, 400);
}

/* RFC 6455 4.1's own example is not canonical base64. */
static void key_may_have_pad_bits_that_are_not_zero(void **state)
{
	expect_accept(KEY, "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n",
	              "OfS0wDaT5NoxF2gqm7Zj2YtetzM=");
}

static void key_is_trimmed(void **state)
{
	expect_accept(KEY, "Sec-WebSocket-Key:\t dGhlIHNhbXBsZSBub25jZQ== \t\r\n", good_accept);
	expect_accept(KEY, "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n", good_accept);
}

static void websocket_version_is_13(void **state)
{
	static const char *const others[] = {
		"",
		"Sec-WebSocket-Version: 0\r\n",
		"Sec-WebSocket-Version: 7\r\n",
		"Sec-WebSocket-Version: 8\r\n",
		"Sec-WebSocket-Version: 12\r\n",
		"Sec-WebSocket-Version: 14\r\n",
		"Sec-WebSocket-Version: 25\r\n",
		"Sec-WebSocket-Version: 130\r\n",
		"Sec-WebSocket-Version: 255\r\n",
	};
	static const char *const malformed[] = {
		"Sec-WebSocket-Version: 013\r\n",
		"Sec-WebSocket-Version: +13\r\n",
		"Sec-WebSocket-Version: 13.0\r\n",
		"Sec-WebSocket-Version: 0x0d\r\n",
		"Sec-WebSocket-Version: 256\r\n",
		"Sec-WebSocket-Version: 4294967309\r\n",
		"Sec-WebSocket-Version: 13;\r\n",
		"Sec-WebSocket-Version:\r\n",
		"Sec-WebSocket-Version: 13, 8\r\n",
		"Sec-WebSocket-Version: 00\r\n",
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n",
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8\r\n",
	};

	EXPECT_EACH(VERSION, others, 426);
	EXPECT_EACH(VERSION, malformed, 400);
	assert_int_equal(verdict(request_with(VERSION, "Sec-WebSocket-Version: \t13 \r\n")), 101);
}

static void names_in_any_case_and_order(void **state)
{
	assert_int_equal(verdict("GET / HTTP/1.1\r\nSEC-WEBSOCKET-VERSION: 13\r\n"
	                         "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	                         "CONNECTION: Upgrade\r\nUPGRADE: websocket\r\nHOST: a\r\n\r\n"),
	                 101);
	assert_int_equal(verdict("GET / HTTP/1.1\r\nconnection: Upgrade\r\nhost: a\r\n"
	                         "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	                         "upgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n"),
	                 101);
}

static void malformed_heads_never_upgrade(void **state)
{
	static const char *const lines[] = {
		"X : y\r\n", " X: y\r\n", "X: a\rb\r\n", "X(: y\r\n", ": y\r\n", "X: y\n", "X\r\n",
	};

	EXPECT_EACH(MORE, lines, 400);
	assert_int_equal(verdict(request_with(START, "\r\nGET /chat HTTP/1.1\r\n")), 101);
	assert_int_equal(verdict(request_with(START, "\r\n\r\n\r\nGET /chat HTTP/1.1\r\n")), 400);
}

static void absolute_target_upgrades(void **state)
{
	struct nv_head *request =
		parse_with(START, "GET http://server.example.com/chat HTTP/1.1\r\n");

	assert_int_equal(nv_handshake_check(request).status, 0);
	assert_bytes(nv_head_path(request), "/chat");
	nv_head_free(request);
}

/* The limits hold wherever the line stands that makes the request an upgrade. */
static void upgrade_as_the_last_field(void **state)
{
	static char lines[4000];

	for (size_t others = 58; others < 61; others++) {
		int len = 0;

		for (size_t i = 0; i < others; i++)
			len += snprintf(lines + len, sizeof lines - (size_t)len, "X-%zu: y\r\n", i);
		snprintf(lines + len, sizeof lines - (size_t)len, "Upgrade: websocket\r\n");
		assert_int_equal(verdict(request_with(UPGRADE, lines)), others < 60 ? 101 : 431);
	}
}

static void unknown_fields_are_ignored(void **state)
{
	char lines[1000];
	int len = 0;

	for (int i = 0; i < 40; i++)
		len += snprintf(lines + len, sizeof lines - (size_t)len, "X-Field-%d: %d\r\n", i,
		                i);
	assert_int_equal(verdict(request_with(MORE, lines)), 101);
}

static void an_upgrade_has_no_body(void **state)
{
	static const char *const refused[] = {
		"Content-Length: 5\r\n",
		"Content-Length: 00\r\n",
		"Transfer-Encoding: chunked\r\n",
		"Transfer-Encoding:\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length: 0\r\nContent-Length: 5\r\n",
	};

	EXPECT_EACH(MORE, refused, 400);
	assert_int_equal(verdict(request_with(MORE, "Content-Length: 0\r\n")), 101);
}

static void expect_subprotocols(const char *lines, const char *const *names, size_t count)
{
	struct nv_head *request = parse_with(MORE, lines);
	struct nv_bytes name;
	size_t cursor = 0;

	assert_int_equal(nv_handshake_check(request).status, 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(nv_handshake_subprotocol(request, &cursor, &name));
		assert_bytes(name, names[i]);
	}
	assert_false(nv_handshake_subprotocol(request, &cursor, &name));
	nv_head_free(request);
}

static void subprotocols_are_read_in_order(void **state)
{
	static const char *const names[] = { "Chat", "superchat", "v1.x" };

	expect_subprotocols("", NULL, 0);
	expect_subprotocols("Sec-WebSocket-Protocol: Chat, superchat,v1.x\r\n", names, 3);
	expect_subprotocols("Sec-WebSocket-Protocol: Chat\r\n"
	                    "X: y\r\n"
	                    "sec-websocket-protocol: superchat ,\tv1.x\r\n",
	                    names, 3);
	expect_subprotocols("Sec-WebSocket-Protocol: Chat,,superchat\r\n", names, 2);
	expect_subprotocols("Sec-WebSocket-Protocol:\r\nSec-WebSocket-Protocol: Chat\r\n", names,
	                    1);
}

static void bad_subprotocol_lists_are_400(void **state)
{
	static const char *const lists[] = {
		"Sec-WebSocket-Protocol: cha t\r\n",
		"Sec-WebSocket-Protocol: ch\"at\r\n",
		"Sec-WebSocket-Protocol: \"chat\"\r\n",
		"Sec-WebSocket-Protocol: ch\xc3\xa9t\r\n",
		"Sec-WebSocket-Protocol: ,\r\n",
		"Sec-WebSocket-Protocol:\r\n",
		"Sec-WebSocket-Protocol: a, a\r\n",
		"Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c, a\r\n",
		"Sec-WebSocket-Protocol: a;b\r\n",
	};

	EXPECT_EACH(MORE, lists, 400);
	assert_int_equal(verdict(request_with(MORE, "Sec-WebSocket-Protocol: a, A\r\n")), 101);
}

static void too_many_subprotocols_are_400(void **state)
{
	static char list[1000];

	for (int count = 64; count <= 65; count++) {
		int len = snprintf(list, sizeof list, "Sec-WebSocket-Protocol: ");

		for (int i = 0; i < count; i++)
			len += snprintf(list + len, sizeof list - (size_t)len, "p%d,", i);
		snprintf(list + len, sizeof list - (size_t)len, "\r\n");
		assert_int_equal(verdict(request_with(MORE, list)), count > 64 ? 400 : 101);
	}
}

/* Spaces without end inside a list cost no more than any other byte. */
static void spaces_in_lists_are_read_once(void **state)
{
	static char line[40000];
	static const char name[] = "Sec-WebSocket-Protocol: b";
	const size_t lengths[] = { 8000, 32000 };
	const int statuses[] = { 400, 431 };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		memcpy(line, name, sizeof name - 1);
		memset(line + sizeof name - 1, ' ', lengths[i]);
		memcpy(line + sizeof name - 1 + lengths[i], "x\r\n", 4);
		assert_int_equal(verdict(request_with(MORE, line)), statuses[i]);
	}
}

static void extensions_are_checked_but_not_accepted(void **state)
{
	static const char *const malformed[] = {
		"Sec-WebSocket-Extensions: ;\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate;;\r\n",
		"Sec-WebSocket-Extensions: =1\r\n",
		"Sec-WebSocket-Extensions: a=\"\r\n",
		"Sec-WebSocket-Extensions: a; b=\r\n",
		"Sec-WebSocket-Extensions: \"permessage-deflate\"\r\n",
	};

	EXPECT_EACH(MORE, malformed, 400);
	expect_accept(MORE, "Sec-WebSocket-Extensions: foo; a=1\r\n", good_accept);
	expect_accept(
		MORE,
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"10\"\r\n"
		"Sec-WebSocket-Extensions: foo\r\n",
		good_accept);
}

static void answer_never_names_an_extension(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Extensions: foo; a=1\r\n");
	char answer[512] = "";

	assert_true(nv_handshake_accept(request, NULL, NULL, answer, sizeof answer) > 0);
	assert_null(strstr(answer, "Extensions"));
	assert_null(strstr(answer, "foo"));
	nv_head_free(request);
}

static void answer_names_the_chosen_subprotocol_once(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Protocol: chat, superchat\r\n");
	char answer[512] = "";
	int len = nv_handshake_accept(request, "superchat", NULL, answer, sizeof answer);

	assert_true(len > 0);
	assert_string_equal(strstr(answer, "Sec-WebSocket-Protocol"),
	                    "Sec-WebSocket-Protocol: superchat\r\n\r\n");
	memset(answer, 0, sizeof answer);
	assert_true(nv_handshake_accept(request, NULL, NULL, answer, sizeof answer) > 0);
	assert_null(strstr(answer, "Protocol:"));
	nv_head_free(request);
}

static void only_an_offered_subprotocol_can_be_chosen(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Protocol: Chat, b\r\n");
	char answer[512];

	assert_int_equal(nv_handshake_accept(request, "chat", NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_handshake_accept(request, "Chat, b", NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_handshake_accept(request, "", NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	nv_head_free(request);
	request = parse_good();
	assert_int_equal(nv_handshake_accept(request, "chat", NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	nv_head_free(request);
}

static void answer_carries_valid_fields_only(void **state)
{
	static const char *const bad[] = {
		"X: y",
		"X: y\r",
		"X: y\n",
		"X: y\r\nZ",
		"X: a\nSet-Cookie: b\r\n",
		"X: a\rb\r\n",
		"X: a\x01\r\n",
		"X y: z\r\n",
		"X : z\r\n",
		": z\r\n",
		"\r\n",
		"X: y\r\n\r\n",
		" X: y\r\n",
		"X: y\r\n folded\r\n",
		"Upgrade: h2c\r\n",
		"connection: close\r\n",
		"X: y\r\nSec-WebSocket-Accept: z\r\n",
		"sec-websocket-protocol: z\r\n",
		"Sec-WebSocket-Extensions: z\r\n",
		"Content-Length: 0\r\n",
		"Transfer-Encoding: chunked\r\n",
	};
	struct nv_head *request = parse_good();
	char answer[512] = "";

	for (size_t i = 0; i < COUNT(bad); i++) {
		if (nv_handshake_accept(request, NULL, bad[i], answer, sizeof answer) !=
		    NV_ERR_INVALID)
			fail_msg("accepted: %s", bad[i]);
	}
	assert_true(nv_handshake_accept(request, NULL, "Set-Cookie: a=\xc3\xa9\r\nX:\r\n", answer,
	                                sizeof answer) > 0);
	assert_string_equal(strstr(answer, "Set-Cookie"), "Set-Cookie: a=\xc3\xa9\r\nX:\r\n\r\n");
	nv_head_free(request);
}

static void answer_must_fit(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Protocol: b\r\n");
	char answer[512];
	char exact[512];
	int len = nv_handshake_accept(request, "b", "X: y\r\n", answer, sizeof answer);

	assert_true(len > 0);
	for (size_t size = 0; size < (size_t)len; size++) {
		memset(exact, '!', sizeof exact);
		assert_int_equal(nv_handshake_accept(request, "b", "X: y\r\n", exact, size),
		                 NV_ERR_TOO_BIG);
		assert_int_equal(exact[size], '!');
	}
	assert_int_equal(nv_handshake_accept(request, "b", "X: y\r\n", exact, (size_t)len), len);
	assert_memory_equal(answer, exact, (size_t)len);
	nv_head_free(request);
}

static void an_unchecked_request_is_not_accepted(void **state)
{
	static const char *const keys[] = { "", "Sec-WebSocket-Key: short\r\n",
		                            "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBES\r\n" };
	char answer[512];

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct nv_head *request = parse_with(KEY, keys[i]);

		assert_int_equal(nv_handshake_accept(request, NULL, NULL, answer, sizeof answer),
		                 NV_ERR_INVALID);
		nv_head_free(request);
	}
}

static void expect_problem(enum line line, const char *text, const char *problem)
{
	struct nv_head *request = parse_with(line, text);

	assert_string_equal(nv_handshake_check(request).text, problem);
	nv_head_free(request);
}

static void problems_tell_what_is_wrong(void **state)
{
	expect_problem(KEY, "", "Sec-WebSocket-Key is missing");
	expect_problem(VERSION, "", "Sec-WebSocket-Version is missing");
	expect_problem(VERSION, "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version is not 13");
	expect_problem(CONNECTION, "", "Connection does not list \"Upgrade\"");
	expect_problem(MORE, "Sec-WebSocket-Protocol: a, a\r\n",
	               "Sec-WebSocket-Protocol names a subprotocol twice");
}

static void nothing_is_allocated(void **state)
{
	struct nv_head *request;
	char answer[512];

	failing_alloc_install();
	request =
		parse_with(MORE, "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: c\r\n");
	failing_alloc_fail(1, FAIL_FOREVER);
	assert_int_equal(nv_handshake_check(request).status, 0);
	assert_true(nv_handshake_accept(request, "a", NULL, answer, sizeof answer) > 0);
	nv_head_free(request);
	failing_alloc_remove();
}

/* What follows the request, be it frames or the request again, is not the handshake's. */
static void the_rest_is_left_for_the_session(void **state)
{
	static char twice[1000];
	size_t len = strlen(request_with(MORE, ""));
	struct outcome outcome;

	memcpy(twice, request_with(MORE, ""), len);
	memcpy(twice + len, request_with(MORE, ""), len + 1);
	outcome = feed_every_way(NV_REQUEST, nv_str(twice));
	assert_int_equal(outcome.result, 1);
	assert_int_equal(outcome.used, len);
	nv_head_free(outcome.head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_request_is_accepted),
		cmocka_unit_test(only_get_upgrades),
		cmocka_unit_test(http_versions),
		cmocka_unit_test(host_is_required),
		cmocka_unit_test(without_upgrade_it_is_plain_http),
		cmocka_unit_test(upgrade_lists_websocket),
		cmocka_unit_test(connection_lists_upgrade),
		cmocka_unit_test(key_is_sixteen_bytes),
		cmocka_unit_test(key_may_have_pad_bits_that_are_not_zero),
		cmocka_unit_test(key_is_trimmed),
		cmocka_unit_test(websocket_version_is_13),
		cmocka_unit_test(names_in_any_case_and_order),
		cmocka_unit_test(malformed_heads_never_upgrade),
		cmocka_unit_test(absolute_target_upgrades),
		cmocka_unit_test(upgrade_as_the_last_field),
		cmocka_unit_test(unknown_fields_are_ignored),
		cmocka_unit_test(an_upgrade_has_no_body),
		cmocka_unit_test(subprotocols_are_read_in_order),
		cmocka_unit_test(bad_subprotocol_lists_are_400),
		cmocka_unit_test(too_many_subprotocols_are_400),
		cmocka_unit_test(spaces_in_lists_are_read_once),
		cmocka_unit_test(extensions_are_checked_but_not_accepted),
		cmocka_unit_test(answer_never_names_an_extension),
		cmocka_unit_test(answer_names_the_chosen_subprotocol_once),
		cmocka_unit_test(only_an_offered_subprotocol_can_be_chosen),
		cmocka_unit_test(answer_carries_valid_fields_only),
		cmocka_unit_test(answer_must_fit),
		cmocka_unit_test(an_unchecked_request_is_not_accepted),
		cmocka_unit_test(problems_tell_what_is_wrong),
		cmocka_unit_test(nothing_is_allocated),
		cmocka_unit_test(the_rest_is_left_for_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
