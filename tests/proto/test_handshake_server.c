/* SPDX-License-Identifier: MIT */
/* test_handshake_server.c: which requests become WebSocket connections, and the answer to them. */
#include <stdio.h>
#include <time.h>

#include "proto/extension.h"
#include "proto/field.h"
#include "proto/head.h"
#include "proto/heads.h"
#include "support/failing_alloc.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The lines of a good request, that of RFC 6455 1.2; a test replaces one of them, or adds some. */
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
static int verdict_of_bytes(struct nv_bytes request)
{
	struct outcome outcome = feed_every_way(NV_REQUEST, request);
	struct nv_problem problem = nv_head_problem(outcome.head);

	assert_int_not_equal(outcome.result, 0);
	if (outcome.result == 1)
		problem = nv_handshake_check(outcome.head);
	assert_true((problem.text != NULL) == (problem.status != 0));
	nv_head_free(outcome.head);
	return problem.status ? problem.status : 101;
}

static int verdict(const char *request)
{
	return verdict_of_bytes(nv_str(request));
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
	len = nv_handshake_accept(request, NULL, NULL, NULL, answer, sizeof answer - 1);
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
	len = nv_handshake_accept(request, NULL, NULL, NULL, answer, sizeof answer);
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
		"Host: server.example.com\r\nHost: server.example.com\r\n",
		"Host: server.example.com\r\nhost: other.example.com\r\n",
		"Host: server example.com\r\n",
		"Host: u@server.example.com\r\n",
		"Host: server\x01.example.com\r\n",
		"Host: server\t.example.com\r\n",
		"Host: server\x7f.example.com\r\n",
		"Host:\r\n",
		"Host: \t \r\n",
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

static void upgrade_in_any_case(void **state)
{
	static const char *const accepted[] = { "Upgrade: WebSocket\r\n",
		                                "Upgrade: WEBSOCKET\r\n" };

	EXPECT_EACH(UPGRADE, accepted, 101);
}

static void upgrade_lists_websocket(void **state)
{
	static const char *const accepted[] = {
		"Upgrade: h2c, websocket\r\n",
		"Upgrade: h2c\r\nUpgrade: websocket\r\n",
		"Upgrade: websocket\r\nUpgrade: h2c\r\n",
		"Upgrade: \t websocket ,\t\r\n",
	};

	EXPECT_EACH(UPGRADE, accepted, 101);
}

static void upgrade_to_something_else(void **state)
{
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

	EXPECT_EACH(CONNECTION, accepted, 101);
}

static void connection_without_upgrade(void **state)
{
	static const char *const refused[] = {
		"",
		"Connection: notUpgrade\r\n",
		"Connection: Upgraded\r\n",
		"Connection: keep-alive\r\n",
		"Connection: keep-alive Upgrade\r\n",
		"Connection:\r\n",
	};

	EXPECT_EACH(CONNECTION, refused, 400);
}

static void key_is_there(void **state)
{
	static const char *const refused[] = {
		"",
		"Sec-WebSocket-Key:\r\n",
		"Sec-WebSocket-Key: \t\r\n",
	};

	EXPECT_EACH(KEY, refused, 400);
}

static void key_is_sixteen_bytes(void **state)
{
	static const char *const refused[] = {
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
	};

	EXPECT_EACH(KEY, refused, 400);
}

static void key_stands_once(void **state)
{
	static const char *const refused[] = {
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, AQIDBAUGBwgJCgsMDQ4PEC==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==\r\n",
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

static void websocket_version_is_there(void **state)
{
	assert_int_equal(verdict(request_with(VERSION, "")), 426);
}

static void websocket_version_is_13(void **state)
{
	static const char *const others[] = {
		"Sec-WebSocket-Version: 0\r\n",   "Sec-WebSocket-Version: 7\r\n",
		"Sec-WebSocket-Version: 8\r\n",   "Sec-WebSocket-Version: 12\r\n",
		"Sec-WebSocket-Version: 14\r\n",  "Sec-WebSocket-Version: 25\r\n",
		"Sec-WebSocket-Version: 130\r\n", "Sec-WebSocket-Version: 255\r\n",
	};

	EXPECT_EACH(VERSION, others, 426);
	assert_int_equal(verdict(request_with(VERSION, "Sec-WebSocket-Version: \t13 \r\n")), 101);
}

static void websocket_version_is_a_number(void **state)
{
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
		"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Version: 13\r\n",
	};

	EXPECT_EACH(VERSION, malformed, 400);
}

enum letters {
	AS_THEY_ARE,
	LOWER,
	UPPER
};

/* A field line with its name in other letters. */
static size_t append_line(char *out, const char *line, enum letters letters)
{
	size_t name = (size_t)(strchr(line, ':') - line);

	memcpy(out, line, strlen(line));
	for (size_t i = 0; i < name; i++) {
		if (letters == LOWER && out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + ('a' - 'A'));
		if (letters == UPPER && out[i] >= 'a' && out[i] <= 'z')
			out[i] = (char)(out[i] - ('a' - 'A'));
	}
	return strlen(line);
}

/* The fields of the good request in the order that `number` tells, of the 120 there are. */
static const char *reordered(unsigned number, enum letters letters)
{
	static char request[400];
	const char *left[] = { good[HOST], good[UPGRADE], good[CONNECTION], good[KEY],
		               good[VERSION] };
	size_t len = strlen(good[START]);

	memcpy(request, good[START], len);
	for (unsigned count = COUNT(left); count > 0; count--) {
		unsigned taken = number % count;

		number /= count;
		len += append_line(request + len, left[taken], letters);
		memmove(left + taken, left + taken + 1, (count - 1 - taken) * sizeof *left);
	}
	memcpy(request + len, "\r\n", 3);
	return request;
}

static void names_in_any_case_and_order(void **state)
{
	for (unsigned order = 0; order < 120; order++)
		for (enum letters letters = AS_THEY_ARE; letters <= UPPER; letters++)
			assert_int_equal(verdict(reordered(order, letters)), 101);
}

static void malformed_fields_never_upgrade(void **state)
{
	static const char *const lines[] = {
		"Host : x\r\n", "X : y\r\n", "X\t: y\r\n",        " X: y\r\n", "\tX: y\r\n",
		"X: a\rb\r\n",  "X(: y\r\n", "X(comment): y\r\n", ": y\r\n",   "X\r\n",
	};
	char with_nul[400];
	size_t len;

	EXPECT_EACH(MORE, lines, 400);
	assert_int_equal(verdict(request_with(HOST, "Host : x\r\n")), 400);
	len = strlen(request_with(MORE, "X: a@b\r\n"));
	memcpy(with_nul, request_with(MORE, "X: a@b\r\n"), len);
	*strchr(with_nul, '@') = '\0';
	assert_int_equal(verdict_of_bytes((struct nv_bytes){ (uint8_t *)with_nul, len }), 400);
}

/* Each of its line ends in turn. */
static void line_ends_are_both_characters(void **state)
{
	const char *request = request_with(MORE, "");
	size_t ends = 0;

	for (const char *at = strchr(request, '\r'); at; at = strchr(at + 1, '\r'), ends++) {
		size_t before = (size_t)(at - request);
		char without[400];

		memcpy(without, request, before);
		strcpy(without + before, at + 1);
		assert_int_equal(verdict(without), 400);
		strcpy(without + before, "\r");
		strcpy(without + before + 1, at[2] ? at + 2 : "x");
		assert_int_equal(verdict(without), 400);
	}
	assert_int_equal(ends, 7);
}

static void one_empty_line_may_stand_in_front(void **state)
{
	assert_int_equal(verdict(request_with(START, "\r\nGET /chat HTTP/1.1\r\n")), 101);
	assert_int_equal(verdict(request_with(START, "\r\n\r\nGET /chat HTTP/1.1\r\n")), 400);
	assert_int_equal(verdict(request_with(START, "\r\n\r\n\r\nGET /chat HTTP/1.1\r\n")), 400);
}

static void bad_targets_never_upgrade(void **state)
{
	static const char *const starts[] = {
		"GET /chat#f HTTP/1.1\r\n",
		"GET # HTTP/1.1\r\n",
		"GET /ch\x01at HTTP/1.1\r\n",
		"GET /ch\x7f"
		"at HTTP/1.1\r\n",
		"GET /ch\tat HTTP/1.1\r\n",
		"GET /ch at HTTP/1.1\r\n",
		"GET /ch\x80"
		"at HTTP/1.1\r\n",
		"GET /ch\xc3\xa9t HTTP/1.1\r\n",
		"GET /ch\xff"
		"t HTTP/1.1\r\n",
		"GET * HTTP/1.1\r\n",
		"GET server.example.com:80 HTTP/1.1\r\n",
		"GET chat HTTP/1.1\r\n",
		"GET  HTTP/1.1\r\n",
		"GET HTTP/1.1\r\n",
	};

	EXPECT_EACH(START, starts, 400);
}

static void absolute_target_upgrades(void **state)
{
	struct nv_head *request =
		parse_with(START, "GET http://server.example.com/chat HTTP/1.1\r\n");

	assert_int_equal(nv_handshake_check(request).status, 0);
	assert_bytes(nv_head_path(request), "/chat");
	assert_bytes(nv_head_target(request), "/chat");
	nv_head_free(request);
}

/* before, `count` times `fill`, after */
static const char *filled(const char *before, char fill, size_t count, const char *after)
{
	static char out[40000];
	size_t len = strlen(before);

	assert_true(len + count + strlen(after) < sizeof out);
	memcpy(out, before, len);
	memset(out + len, fill, count);
	strcpy(out + len + count, after);
	return out;
}

static void target_limit(void **state)
{
	const char *end = " HTTP/1.1\r\n";

	assert_int_equal(verdict(request_with(START, filled("GET /", 'a', 8191, end))), 101);
	assert_int_equal(verdict(request_with(START, filled("GET /", 'a', 8192, end))), 414);
}

static void line_limit(void **state)
{
	assert_int_equal(verdict(request_with(MORE, filled("X: ", 'a', 8189, "\r\n"))), 101);
	assert_int_equal(verdict(request_with(MORE, filled("X: ", 'a', 8190, "\r\n"))), 431);
}

/* The good request with two lines of 6,000 bytes and one that fills the head up to `size`. */
static const char *request_of_size(size_t size)
{
	static char lines[20000];
	size_t others = strlen(request_with(MORE, "")) + 12000 + strlen("Z: \r\n");

	strcpy(lines, filled("X: ", 'a', 5995, "\r\n"));
	strcat(lines, filled("Y: ", 'b', 5995, "\r\n"));
	strcat(lines, filled("Z: ", 'c', size - others, "\r\n"));
	return request_with(MORE, lines);
}

static void block_limit(void **state)
{
	assert_int_equal(strlen(request_of_size(16384)), 16384);
	assert_int_equal(verdict(request_of_size(16384)), 101);
	assert_int_equal(verdict(request_of_size(16385)), 431);
}

/* The limits hold wherever the line stands that makes the request an upgrade. */
static void upgrade_as_the_last_field(void **state)
{
	static char lines[4000];

	for (size_t others = 58; others < 62; others++) {
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
}

static void subprotocols_over_lines_are_joined(void **state)
{
	static const char *const names[] = { "Chat", "superchat", "v1.x" };

	expect_subprotocols("Sec-WebSocket-Protocol: Chat\r\n"
	                    "Sec-WebSocket-Protocol: superchat, v1.x\r\n",
	                    names, 3);
	expect_subprotocols("Sec-WebSocket-Protocol: Chat\r\n"
	                    "X: y\r\n"
	                    "sec-websocket-protocol: superchat ,\tv1.x\r\n",
	                    names, 3);
	expect_subprotocols("Sec-WebSocket-Protocol:\r\nSec-WebSocket-Protocol: Chat\r\n", names,
	                    1);
}

static void empty_subprotocols_are_skipped(void **state)
{
	static const char *const names[] = { "a", "b" };

	expect_subprotocols("Sec-WebSocket-Protocol: a,,b\r\n", names, 2);
	expect_subprotocols("Sec-WebSocket-Protocol: a,b\r\n", names, 2);
	expect_subprotocols("Sec-WebSocket-Protocol: ,a , ,b,\r\n", names, 2);
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

/* Of this thread, in microseconds; the shortest of some tries, as others may be in the way. */
static double cost_of_check(const char *request)
{
	double least = 1e9;

	for (int i = 0; i < 20; i++) {
		struct nv_head *head = nv_head_new(NV_REQUEST);
		struct timespec from, to;
		double cost;
		size_t used;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		if (nv_head_feed(head, (const uint8_t *)request, strlen(request), &used) == 1)
			assert_int_equal(nv_handshake_check(head).status, 400);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		cost = (double)(to.tv_sec - from.tv_sec) * 1e6 +
		       (double)(to.tv_nsec - from.tv_nsec) / 1e3;
		least = cost < least ? cost : least;
		nv_head_free(head);
	}
	return least;
}

/* Spaces without end inside a list cost no more than any other byte. */
static void spaces_in_lists_are_read_once(void **state)
{
	static const size_t lengths[] = { 8000, 32000 };
	static const int statuses[] = { 400, 431 };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		const char *request = request_with(
			MORE, filled("Sec-WebSocket-Protocol: b", ' ', lengths[i], "x\r\n"));

		assert_int_equal(verdict(request), statuses[i]);
		assert_true(cost_of_check(request) < (SANITIZED ? 20000 : 1000));
	}
}

/* --- Extensions --- */

static const struct nv_compression deflating = { .enabled = true };

/* The 101 to a request with these lines, from a server that compresses or does not. */
static struct nv_head *answer_to(const char *lines, const struct nv_compression *compression)
{
	struct nv_head *request = parse_with(MORE, lines);
	struct nv_head *response;
	struct nv_deflate deflate;
	char answer[512];
	int len;

	assert_int_equal(nv_handshake_check(request).status, 0);
	(void)nv_handshake_deflate(request, compression, &deflate);
	len = nv_handshake_accept(request, NULL, &deflate, NULL, answer, sizeof answer - 1);
	assert_true(len > 0);
	answer[len] = '\0';
	response = parse_head(NV_RESPONSE, answer);
	assert_int_equal(nv_head_status(response), 101);
	nv_head_free(request);
	return response;
}

static void expect_extensions(const char *lines, const struct nv_compression *compression,
                              const char *expected)
{
	struct nv_head *response = answer_to(lines, compression);

	assert_int_equal(nv_head_count(response, "Sec-WebSocket-Extensions"), expected ? 1 : 0);
	if (expected)
		assert_bytes(nv_head_field(response, "Sec-WebSocket-Extensions"), expected);
	nv_head_free(response);
}

static void unknown_extensions_are_left_out(void **state)
{
	static const struct nv_compression off = { .enabled = false };
	static const char *const lines[] = {
		"Sec-WebSocket-Extensions: foo; a=1\r\n",
		"Sec-WebSocket-Extensions: foo\r\nSec-WebSocket-Extensions: bar; x; y=\"z\"\r\n",
		"Sec-WebSocket-Extensions: permessage-foo; server_no_context_takeover\r\n",
	};

	for (size_t i = 0; i < COUNT(lines); i++) {
		expect_extensions(lines[i], &off, NULL);
		expect_extensions(lines[i], &deflating, NULL);
	}
	expect_extensions("Sec-WebSocket-Extensions: permessage-deflate\r\n", &off, NULL);
}

static void malformed_extensions_are_400(void **state)
{
	static const char *const malformed[] = {
		"Sec-WebSocket-Extensions: ;\r\n",
		"Sec-WebSocket-Extensions: permessage-deflate;;\r\n",
		"Sec-WebSocket-Extensions: =1\r\n",
		"Sec-WebSocket-Extensions: a=\"\r\n",
		"Sec-WebSocket-Extensions: a; b=\r\n",
		"Sec-WebSocket-Extensions: \"permessage-deflate\"\r\n",
		"Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: ;\r\n",
	};

	EXPECT_EACH(MORE, malformed, 400);
}

/* What two requests lead to is the same. */
static void expect_same_extensions(const char *lines, const char *others)
{
	struct nv_head *one = answer_to(lines, &deflating);
	struct nv_head *other = answer_to(others, &deflating);

	assert_non_null(nv_head_field(one, "Sec-WebSocket-Extensions").data);
	assert_true(same_bytes(nv_head_field(one, "Sec-WebSocket-Extensions"),
	                       nv_head_field(other, "Sec-WebSocket-Extensions")));
	nv_head_free(one);
	nv_head_free(other);
}

#define EXTENSIONS(text) "Sec-WebSocket-Extensions: " text "\r\n"

static void quoted_values_are_plain_ones(void **state)
{
	expect_same_extensions(EXTENSIONS("permessage-deflate; client_max_window_bits=\"10\""),
	                       EXTENSIONS("permessage-deflate; client_max_window_bits=10"));
	expect_same_extensions(EXTENSIONS("permessage-deflate; server_max_window_bits=\"9\""),
	                       EXTENSIONS("permessage-deflate; server_max_window_bits=9"));
}

static void extensions_over_lines_are_joined(void **state)
{
	expect_same_extensions(EXTENSIONS("foo") EXTENSIONS("permessage-deflate; "
	                                                    "server_max_window_bits=10"),
	                       EXTENSIONS("foo, permessage-deflate; server_max_window_bits=10"));
	expect_same_extensions(
		EXTENSIONS("permessage-deflate; server_max_window_bits=7, foo") "X: "
										"y\r\n" EXTENSIONS(
											"permessage"
											"-deflate; "
											"server_"
											"max_"
											"window_"
											"bits=9"),
		EXTENSIONS("permessage-deflate; server_max_window_bits=7, foo, "
	                   "permessage-deflate; server_max_window_bits=9"));
}

/* The names in the answer that are not in `offered`, or stand there again. */
static size_t surplus_extensions(const struct nv_head *response, const struct nv_head *offered)
{
	struct nv_extension extensions[8];
	size_t count = 0, surplus = 0;
	size_t cursor = 0;

	assert_true(nv_extensions_valid(response));
	while (nv_extension_next(response, &cursor, &extensions[count])) {
		struct nv_extension offer;
		size_t place = 0;
		bool known = false;

		while (nv_extension_next(offered, &place, &offer))
			known = known || nv_bytes_equal(offer.name, extensions[count].name);
		for (size_t i = 0; i < count; i++)
			known = known &&
			        !nv_bytes_equal(extensions[i].name, extensions[count].name);
		surplus += !known;
		assert_true(++count < COUNT(extensions));
	}
	return surplus;
}

static void answer_lists_only_what_was_offered(void **state)
{
	static const char *const offers[] = {
		"",
		EXTENSIONS("foo"),
		EXTENSIONS("foo, bar") EXTENSIONS("baz; permessage-deflate"),
		EXTENSIONS("permessage-deflate"),
		EXTENSIONS("permessage-deflate, permessage-deflate"),
		EXTENSIONS("permessage-deflate") EXTENSIONS("permessage-deflate"),
		EXTENSIONS("foo, permessage-deflate; client_max_window_bits, bar"),
		EXTENSIONS("permessage-deflate; unknown"),
		EXTENSIONS(
			"x-webkit-deflate-frame, permessage-deflate; server_no_context_takeover"),
	};

	for (size_t i = 0; i < COUNT(offers); i++) {
		struct nv_head *request = parse_with(MORE, offers[i]);
		struct nv_head *response = answer_to(offers[i], &deflating);

		assert_int_equal(surplus_extensions(response, request), 0);
		nv_head_free(request);
		nv_head_free(response);
	}
}

static void answer_names_the_chosen_subprotocol_once(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Protocol: chat, superchat\r\n");
	char answer[512] = "";
	int len = nv_handshake_accept(request, "superchat", NULL, NULL, answer, sizeof answer);

	assert_true(len > 0);
	assert_string_equal(strstr(answer, "Sec-WebSocket-Protocol"),
	                    "Sec-WebSocket-Protocol: superchat\r\n\r\n");
	memset(answer, 0, sizeof answer);
	assert_true(nv_handshake_accept(request, NULL, NULL, NULL, answer, sizeof answer) > 0);
	assert_null(strstr(answer, "Protocol:"));
	nv_head_free(request);
}

static void only_an_offered_subprotocol_can_be_chosen(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Protocol: Chat, b\r\n");
	char answer[512];

	assert_int_equal(nv_handshake_accept(request, "chat", NULL, NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_handshake_accept(request, "Chat, b", NULL, NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_handshake_accept(request, "", NULL, NULL, answer, sizeof answer),
	                 NV_ERR_INVALID);
	nv_head_free(request);
	request = parse_good();
	assert_int_equal(nv_handshake_accept(request, "chat", NULL, NULL, answer, sizeof answer),
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
		if (nv_handshake_accept(request, NULL, NULL, bad[i], answer, sizeof answer) !=
		    NV_ERR_INVALID)
			fail_msg("accepted: %s", bad[i]);
	}
	assert_true(nv_handshake_accept(request, NULL, NULL, "Set-Cookie: a=\xc3\xa9\r\nX:\r\n",
	                                answer, sizeof answer) > 0);
	assert_string_equal(strstr(answer, "Set-Cookie"), "Set-Cookie: a=\xc3\xa9\r\nX:\r\n\r\n");
	nv_head_free(request);
}

static void answer_must_fit(void **state)
{
	struct nv_head *request = parse_with(MORE, "Sec-WebSocket-Protocol: b\r\n");
	char answer[512];
	char exact[512];
	int len = nv_handshake_accept(request, "b", NULL, "X: y\r\n", answer, sizeof answer);

	assert_true(len > 0);
	for (size_t size = 0; size < (size_t)len; size++) {
		memset(exact, '!', sizeof exact);
		assert_int_equal(nv_handshake_accept(request, "b", NULL, "X: y\r\n", exact, size),
		                 NV_ERR_TOO_BIG);
		assert_int_equal(exact[size], '!');
	}
	assert_int_equal(nv_handshake_accept(request, "b", NULL, "X: y\r\n", exact, (size_t)len),
	                 len);
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

		assert_int_equal(
			nv_handshake_accept(request, NULL, NULL, NULL, answer, sizeof answer),
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
	assert_true(nv_handshake_accept(request, "a", NULL, NULL, answer, sizeof answer) > 0);
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
		unit_case("HS-01 the good request", good_request_is_accepted),
		unit_case("HS-02 another method", only_get_upgrades),
		unit_case("HS-03 HS-04 other versions of HTTP", http_versions),
		unit_case("HS-05 no Host, two, or a bad one", host_is_required),
		unit_case("HS-06 without Upgrade it is plain HTTP",
		          without_upgrade_it_is_plain_http),
		unit_case("HS-07 Upgrade in any letter case", upgrade_in_any_case),
		unit_case("HS-08 websocket among other protocols", upgrade_lists_websocket),
		unit_case("HS-09 Upgrade to something else", upgrade_to_something_else),
		unit_case("HS-10 Connection without Upgrade", connection_without_upgrade),
		unit_case("HS-11 Upgrade among the options of Connection",
		          connection_lists_upgrade),
		unit_case("HS-12 no key", key_is_there),
		unit_case("HS-13 a key that is not 16 bytes in base64", key_is_sixteen_bytes),
		unit_case("HS-14 a key with pad bits that are not zero",
		          key_may_have_pad_bits_that_are_not_zero),
		unit_case("HS-15 two keys", key_stands_once),
		unit_case("HS-16 white space around the key", key_is_trimmed),
		unit_case("HS-17 no version", websocket_version_is_there),
		unit_case("HS-18 another version", websocket_version_is_13),
		unit_case("HS-19 a malformed version", websocket_version_is_a_number),
		unit_case("HS-21 names in any letter case, in any order",
		          names_in_any_case_and_order),
		unit_case("HS-22 malformed fields", malformed_fields_never_upgrade),
		unit_case("HS-23 line ends of one character", line_ends_are_both_characters),
		unit_case("HS-24 empty lines before the request",
		          one_empty_line_may_stand_in_front),
		unit_case("HS-25 an absolute target", absolute_target_upgrades),
		unit_case("HS-26 bad targets", bad_targets_never_upgrade),
		unit_case("HS-27 the limit of the target", target_limit),
		unit_case("HS-27 the limit of a line", line_limit),
		unit_case("HS-27 the limit of the head", block_limit),
		unit_case("HS-27 the limit of fields, Upgrade the last one",
		          upgrade_as_the_last_field),
		unit_case("HS-28 an upgrade with a body", an_upgrade_has_no_body),
		unit_case("HS-29 forty unknown fields", unknown_fields_are_ignored),
		unit_case("HS-35 subprotocols are read in their order",
		          subprotocols_are_read_in_order),
		unit_case("HS-35 HS-36 the answer names the chosen subprotocol, or none",
		          answer_names_the_chosen_subprotocol_once),
		unit_case("HS-37 subprotocols over two lines", subprotocols_over_lines_are_joined),
		unit_case("HS-38 a subprotocol in other letters",
		          only_an_offered_subprotocol_can_be_chosen),
		unit_case("HS-39 malformed lists of subprotocols", bad_subprotocol_lists_are_400),
		unit_case("HS-39 empty elements among subprotocols",
		          empty_subprotocols_are_skipped),
		cmocka_unit_test(too_many_subprotocols_are_400),
		unit_case("HS-40 spaces without end in a list", spaces_in_lists_are_read_once),
		unit_case("HS-41 an unknown extension", unknown_extensions_are_left_out),
		unit_case("HS-42 malformed extensions", malformed_extensions_are_400),
		unit_case("HS-43 quoted values of parameters", quoted_values_are_plain_ones),
		unit_case("HS-44 extensions over two lines", extensions_over_lines_are_joined),
		unit_case("HS-45 the answer lists what was offered, once",
		          answer_lists_only_what_was_offered),
		unit_case("HS-46 fields of the program that are none",
		          answer_carries_valid_fields_only),
		cmocka_unit_test(answer_must_fit),
		cmocka_unit_test(an_unchecked_request_is_not_accepted),
		cmocka_unit_test(problems_tell_what_is_wrong),
		cmocka_unit_test(nothing_is_allocated),
		unit_case("HS-48 HS-49 what follows the request is left for the session",
		          the_rest_is_left_for_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
