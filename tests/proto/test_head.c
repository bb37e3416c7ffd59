/* SPDX-License-Identifier: MIT */
/* test_head.c: HTTP/1.1 heads: what is read, what is refused, when, and at what cost. */
#include <stdio.h>

#include "proto/head.h"
#include "proto/heads.h"
#include "support/failing_alloc.h"
#include "support/prng.h"

#define GET "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

#define FEW_CUTS 300u

/* The status of the refusal; 0 for a complete head, -1 when more is needed. */
static int status_of_outcome(struct outcome outcome)
{
	struct nv_problem problem = nv_head_problem(outcome.head);

	assert_true((outcome.result < 0) == (problem.status != 0));
	assert_true((problem.text != NULL) == (problem.status != 0));
	nv_head_free(outcome.head);
	if (outcome.result == 0)
		return -1;
	return problem.status;
}

static int status_of_bytes(enum nv_head_kind kind, struct nv_bytes input)
{
	return status_of_outcome(feed_ways(kind, input, FEW_CUTS));
}

static int status_of(const char *request)
{
	return status_of_bytes(NV_REQUEST, nv_str(request));
}

static int status_of_response(const char *response)
{
	return status_of_bytes(NV_RESPONSE, nv_str(response));
}

static void expect_refused(const char *const *requests, size_t count, int status)
{
	for (size_t i = 0; i < count; i++) {
		int found = status_of(requests[i]);

		if (found != status)
			fail_msg("%d instead of %d: %s", found, status, requests[i]);
	}
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void request_is_read(void **state)
{
	struct nv_head *head = parse_head(NV_REQUEST, "GET /chat?x=1&y HTTP/1.1\r\n"
	                                              "Host: example.org:8080\r\n"
	                                              "X-Empty:\r\n"
	                                              "x-padded: \t two words\t \r\n\r\n");
	struct nv_bytes name, value;

	assert_bytes(nv_head_method(head), "GET");
	assert_bytes(nv_head_target(head), "/chat?x=1&y");
	assert_bytes(nv_head_path(head), "/chat");
	assert_bytes(nv_head_query(head), "x=1&y");
	assert_int_equal(nv_head_minor(head), 1);
	assert_int_equal(nv_head_field_count(head), 3);
	assert_bytes(nv_head_field(head, "HOST"), "example.org:8080");
	assert_bytes(nv_head_field(head, "x-empty"), "");
	assert_bytes(nv_head_field(head, "X-Padded"), "two words");
	assert_absent(nv_head_field(head, "X-Pad"));
	assert_absent(nv_head_field(head, "X-Padded2"));
	nv_head_field_at(head, 2, &name, &value);
	assert_bytes(name, "x-padded");
	assert_bytes(value, "two words");
	nv_head_field_at(head, 3, &name, &value);
	assert_absent(name);
	assert_absent(value);
	nv_head_free(head);
}

static void query_may_be_absent_or_empty(void **state)
{
	struct nv_head *head = parse_head(NV_REQUEST, "GET /a HTTP/1.1\r\n" HOST "\r\n");

	assert_bytes(nv_head_path(head), "/a");
	assert_absent(nv_head_query(head));
	nv_head_free(head);
	head = parse_head(NV_REQUEST, "GET /a? HTTP/1.1\r\n" HOST "\r\n");
	assert_bytes(nv_head_path(head), "/a");
	assert_bytes(nv_head_query(head), "");
	nv_head_free(head);
	head = parse_head(NV_REQUEST, "GET /?a?b HTTP/1.1\r\n" HOST "\r\n");
	assert_bytes(nv_head_path(head), "/");
	assert_bytes(nv_head_query(head), "a?b");
	nv_head_free(head);
}

static void absolute_target_becomes_a_path(void **state)
{
	static const char *const cases[][3] = {
		{ "http://server.example.com/chat", "/chat", NULL },
		{ "HTTPS://a:1/chat?x=http://b/", "/chat", "x=http://b/" },
		{ "ws://[::1]:80", "/", NULL },
		{ "wss://a", "/", NULL },
		{ "ws://a?", "/", "" },
		{ "http://host?x=1/2", "/", "x=1/2" },
		{ "/http://a", "/http://a", NULL },
		{ "//a/b", "//a/b", NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		struct nv_head *head;

		snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
		         cases[i][0]);
		head = parse_head(NV_REQUEST, text);
		assert_bytes(nv_head_path(head), cases[i][1]);
		assert_int_equal(nv_head_target(head).data[0], '/');
		if (cases[i][2])
			assert_bytes(nv_head_query(head), cases[i][2]);
		else
			assert_absent(nv_head_query(head));
		assert_bytes(nv_head_field(head, "Host"), "elsewhere");
		nv_head_free(head);
	}
}

static void bad_targets_are_400(void **state)
{
	static const char *const targets[] = {
		"",           "*",           "a",         "example.org:80", "/a#f",
		"#",          "/\x80",       "/\xc3\xa9", "/\x7f",          "/\x01",
		"/a\tb",      "/a b",        "ftp://a/",  "http:/a",        "http://",
		"http:///a",  "http://u@h/", "ws://a b",  "http://[::1/",   "http://a:0/",
		"http://a:x", "mailto:a@b",  "?x",        "ws://?x",        "http",
	};

	for (size_t i = 0; i < COUNT(targets); i++) {
		char text[128];

		snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", targets[i]);
		if (status_of(text) != 400)
			fail_msg("accepted: %s", text);
	}
}

static void http_versions(void **state)
{
	static const char *const unsupported[] = {
		"GET / HTTP/2.0\r\n\r\n",
		"GET / HTTP/0.9\r\n\r\n",
		"GET / HTTP/3.1\r\n\r\n",
	};
	static const char *const malformed[] = {
		"GET /\r\n\r\n",           "GET / \r\n\r\n",          "GET / http/1.1\r\n\r\n",
		"GET / HTTP/1.1x\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n", "GET / HTTP/1\r\n\r\n",
		"GET / HTTP/1.\r\n\r\n",   "GET / HTTP/11\r\n\r\n",   "GET / HTTP/1.10\r\n\r\n",
		"GET / HTTP/01.1\r\n\r\n", "GET / HTTP/x.1\r\n\r\n",  "GET  / HTTP/1.1\r\n\r\n",
		"GET /  HTTP/1.1\r\n\r\n", "GET\t/ HTTP/1.1\r\n\r\n", " GET / HTTP/1.1\r\n\r\n",
	};
	struct nv_head *head = parse_head(NV_REQUEST, "GET / HTTP/1.2\r\n" HOST "\r\n");

	assert_int_equal(nv_head_minor(head), 2);
	nv_head_free(head);
	head = parse_head(NV_REQUEST, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(nv_head_minor(head), 0);
	nv_head_free(head);
	expect_refused(unsupported, COUNT(unsupported), 505);
	expect_refused(malformed, COUNT(malformed), 400);
}

static void methods(void **state)
{
	struct nv_head *head;

	head = parse_head(NV_REQUEST, "M-SEARCH / HTTP/1.1\r\n" HOST "\r\n");
	assert_bytes(nv_head_method(head), "M-SEARCH");
	nv_head_free(head);
	assert_int_equal(status_of("12345678901234567890123456789012 / HTTP/1.1\r\n" HOST "\r\n"),
	                 0);
	assert_int_equal(status_of("123456789012345678901234567890123 / HTTP/1.1\r\n" HOST "\r\n"),
	                 400);
	assert_int_equal(status_of("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400);
	assert_int_equal(status_of("GET\r\n" HOST "\r\n"), 400);
}

static void one_empty_line_before_the_request_is_skipped(void **state)
{
	assert_int_equal(status_of("\r\n" GET HOST "\r\n"), 0);
	assert_int_equal(status_of("\r\n\r\n" GET HOST "\r\n"), 400);
	assert_int_equal(status_of("\r\n\r\n\r\n" GET HOST "\r\n"), 400);
	assert_int_equal(status_of_response("\r\nHTTP/1.1 101 x\r\n\r\n"), 400);
}

static void bare_line_ends_are_400(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\n" HOST "\r\n",  GET "Host: a\n\r\n",      GET HOST "\n",
		"GET / HTTP/1.1\r" HOST "\r\n",  GET "Host: a\rb\r\n\r\n", GET HOST "\rX",
		GET "Host: a\r\r\n\r\n",         "\n" GET HOST "\r\n",     "\r" GET HOST "\r\n",
		GET HOST "X: a\r\rb: c\r\n\r\n",
	};

	expect_refused(requests, COUNT(requests), 400);
}

static void malformed_fields_are_400(void **state)
{
	static const char *const requests[] = {
		GET "Host : x\r\n\r\n",      GET "Host\t: x\r\n\r\n",
		GET HOST " folded\r\n\r\n",  GET HOST "\tfolded\r\n\r\n",
		GET " Host: a\r\n\r\n",      GET HOST "X(: a\r\n\r\n",
		GET HOST ": a\r\n\r\n",      GET HOST "X\r\n\r\n",
		GET HOST "X y: a\r\n\r\n",   GET HOST "X: a\x01z\r\n\r\n",
		GET HOST "X: a\x7f\r\n\r\n", GET HOST "X\xc3\xa9: a\r\n\r\n",
		GET HOST "\"X\": a\r\n\r\n",
	};
	static const char with_zero[] = GET HOST "X: a\0b\r\n\r\n";

	expect_refused(requests, COUNT(requests), 400);
	assert_int_equal(status_of_bytes(NV_REQUEST, (struct nv_bytes){ (const uint8_t *)with_zero,
	                                                                sizeof with_zero - 1 }),
	                 400);
}

static void values_may_hold_tabs_and_bytes_above_ascii(void **state)
{
	struct nv_head *head = parse_head(NV_REQUEST, GET HOST "X: a\tb \xc3\xa9\xff\r\n\r\n");

	assert_bytes(nv_head_field(head, "X"), "a\tb \xc3\xa9\xff");
	nv_head_free(head);
}

static void host_must_stand_once_and_be_valid(void **state)
{
	static const char *const bad[] = {
		GET "\r\n",
		GET HOST HOST "\r\n",
		GET HOST "host: b\r\n\r\n",
		GET "Host:\r\n\r\n",
		GET "Host: \t\r\n\r\n",
		GET "Host: a b\r\n\r\n",
		GET "Host: u@a\r\n\r\n",
		GET "Host: a/b\r\n\r\n",
		GET "Host: a:b\r\n\r\n",
		GET "Host: a:80:80\r\n\r\n",
		GET "Host: a:65536\r\n\r\n",
		GET "Host: a:99999999999999999999\r\n\r\n",
		GET "Host: :80\r\n\r\n",
		GET "Host: [::1\r\n\r\n",
		GET "Host: [::1]x\r\n\r\n",
		GET "Host: [1]\r\n\r\n",
		GET "Host: [1:2]\r\n\r\n",
		GET "Host: []\r\n\r\n",
		GET "Host: [::g]\r\n\r\n",
		GET "Host: ::1\r\n\r\n",
		GET "Host: a%2\r\n\r\n",
		GET "Host: a%\r\n41: x\r\n\r\n",
		GET "Host: a%4\r\n1: x\r\n\r\n",
		GET "Host: a%zz\r\n\r\n",
		GET "Host: \xc3\xa9\r\n\r\n",
		GET "Host: a\\b\r\n\r\n",
		"GET / HTTP/1.0\r\n" HOST HOST "\r\n",
		"GET / HTTP/1.0\r\nHost: a b\r\n\r\n",
		"POST /plain HTTP/1.1\r\n\r\n",
	};
	static const char *const good[] = {
		GET "Host: a:8080\r\n\r\n",
		GET "Host: a:\r\n\r\n",
		GET "Host: 127.0.0.1\r\n\r\n",
		GET "Host: [::1]\r\n\r\n",
		GET "Host: [::1]:80\r\n\r\n",
		GET "Host: a_b.example.\r\n\r\n",
		GET "Host: xn--caf-dma.example\r\n\r\n",
		GET "Host: [::ffff:1.2.3.4]:1\r\n\r\n",
		GET "Host: a%2D\r\n\r\n",
	};

	expect_refused(bad, COUNT(bad), 400);
	expect_refused(good, COUNT(good), 0);
}

static void ambiguous_bodies_are_400(void **state)
{
	static const char *const bad[] = {
		GET HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
		GET HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
		GET HOST "Content-Length: 5, 5\r\n\r\n",
		GET HOST "Content-Length: +5\r\n\r\n",
		GET HOST "Content-Length: -1\r\n\r\n",
		GET HOST "Content-Length: 0x5\r\n\r\n",
		GET HOST "Content-Length:\r\n\r\n",
		GET HOST "Content-Length: 9999999999999999999\r\n\r\n",
		GET HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		GET HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
		"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
	};

	expect_refused(bad, COUNT(bad), 400);
	assert_int_equal(status_of(GET HOST "Content-Length: 5\r\n\r\n"), 0);
	assert_int_equal(status_of(GET HOST "Content-Length: 999999999999999999\r\n\r\n"), 0);
	assert_int_equal(status_of(GET HOST "Transfer-Encoding: chunked\r\n\r\n"), 0);
}

static void response_is_read(void **state)
{
	struct nv_head *head = parse_head(NV_RESPONSE, "HTTP/1.1 101 Switching Protocols\r\n"
	                                               "Upgrade: websocket\r\n\r\n");

	assert_int_equal(nv_head_status(head), 101);
	assert_bytes(nv_head_reason(head), "Switching Protocols");
	assert_int_equal(nv_head_minor(head), 1);
	assert_bytes(nv_head_field(head, "upgrade"), "websocket");
	nv_head_free(head);
	head = parse_head(NV_RESPONSE, "HTTP/1.0 404 \r\n\r\n");
	assert_int_equal(nv_head_status(head), 404);
	assert_bytes(nv_head_reason(head), "");
	assert_int_equal(nv_head_minor(head), 0);
	nv_head_free(head);
	head = parse_head(NV_RESPONSE, "HTTP/1.1 999\r\n\r\n");
	assert_int_equal(nv_head_status(head), 999);
	assert_absent(nv_head_reason(head));
	nv_head_free(head);
}

/* A response needs no Host, and its body is the affair of who reads it. */
static void response_has_no_rules_of_requests(void **state)
{
	assert_int_equal(status_of_response("HTTP/1.1 101 x\r\nHost: a b\r\nContent-Length: 5\r\n"
	                                    "Transfer-Encoding: chunked\r\n\r\n"),
	                 0);
}

static void malformed_responses_are_refused(void **state)
{
	static const char *const responses[] = {
		"\r\n",
		"HTTP/1.1\r\n",
		"HTTP/1.1 \r\n",
		"HTTP/1.1 10\r\n",
		"HTTP/1.1 10 x\r\n",
		"HTTP/1.1 1010 x\r\n",
		"HTTP/1.1 099 x\r\n",
		"HTTP/1.1 1x1 x\r\n",
		"HTTP/1.1  101 x\r\n",
		"HTTP/1.1\t101 x\r\n",
		"HTTP/1.x 101 x\r\n",
		"HTTP 101 x\r\n",
		"http/1.1 101 x\r\n",
		" HTTP/1.1 101 x\r\n",
		"ICY 200 OK\r\n",
		"HTTP/1.1 101 a\x01z\r\n",
	};

	for (size_t i = 0; i < COUNT(responses); i++) {
		if (status_of_response(responses[i]) != 400)
			fail_msg("accepted: %s", responses[i]);
	}
	assert_int_equal(status_of_response("HTTP/2.0 101 x\r\n\r\n"), 505);
}

/* The refusal comes with the first byte that no head can have, not at the end of a line. */
static void hopeless_input_fails_at_its_first_wrong_byte(void **state)
{
	static const struct {
		enum nv_head_kind kind;
		const char *text;
		size_t used;
	} cases[] = {
		{ NV_REQUEST, "\x16\x03\x01", 1 }, { NV_REQUEST, "{\"a\"", 1 },
		{ NV_REQUEST, "\x81\x85", 1 },     { NV_REQUEST, "GE\"", 3 },
		{ NV_REQUEST, "GET x x", 6 },      { NV_REQUEST, "GET /\x80", 6 },
		{ NV_REQUEST, "GET / HTTQ", 10 },  { NV_REQUEST, "GET / HTTP/1.1 x", 15 },
		{ NV_REQUEST, GET "Host :", 21 },  { NV_REQUEST, GET "A: b\x02", 21 },
		{ NV_RESPONSE, "<html>", 1 },      { NV_RESPONSE, "HTTP/1.1 0", 10 },
		{ NV_RESPONSE, "HTTP/2.0 ", 9 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome = feed_every_way(cases[i].kind, nv_str(cases[i].text));

		assert_int_equal(outcome.result, NV_ERR_PROTOCOL);
		assert_int_equal(outcome.used, cases[i].used);
		nv_head_free(outcome.head);
	}
}

static void expect_problem(const char *request, const char *text)
{
	struct outcome outcome = feed_every_way(NV_REQUEST, nv_str(request));

	assert_true(outcome.result < 0);
	assert_string_equal(nv_head_problem(outcome.head).text, text);
	nv_head_free(outcome.head);
}

static void problems_tell_what_is_wrong(void **state)
{
	expect_problem("GET / HTTP/1.1\n", "a line feed without a carriage return");
	expect_problem("GET / HTTP/1.1\r\r", "a carriage return without a line feed");
	expect_problem("\x16\x03\x01", "a control character");
	expect_problem("GET /\r\n", "the HTTP version is missing");
	expect_problem("GET / HTTP/2.0\r\n", "the HTTP version is not 1.x");
	expect_problem(GET "\r\n", "Host is missing");
	expect_problem(GET "Host : a", "a space before the colon of a field is not accepted");
	expect_problem(GET HOST " X: y", "a folded header line (obs-fold) is not accepted");
	expect_problem(GET "Host\r\n", "a header line has no colon");
}

static void prefixes_need_more(void **state)
{
	static const char request[] = "\r\n" GET HOST "X: y\r\n\r\n";
	static const char response[] = "HTTP/1.1 101 x\r\nA: b\r\n\r\n";

	for (size_t len = 0; len < sizeof request - 1; len++)
		assert_int_equal(
			status_of_bytes(NV_REQUEST,
		                        (struct nv_bytes){ (const uint8_t *)request, len }),
			-1);
	for (size_t len = 0; len < sizeof response - 1; len++)
		assert_int_equal(
			status_of_bytes(NV_RESPONSE,
		                        (struct nv_bytes){ (const uint8_t *)response, len }),
			-1);
}

static void what_follows_the_head_is_left(void **state)
{
	static const char text[] = GET HOST "\r\n\x81\x80"
					    "GET / HTTP/1.1\r\n";
	struct outcome outcome = feed_every_way(NV_REQUEST, nv_str(text));

	assert_int_equal(outcome.result, 1);
	assert_int_equal(outcome.used, strlen(GET HOST "\r\n"));
	nv_head_free(outcome.head);
}

static void an_answer_is_final(void **state)
{
	static const char *const texts[] = { GET HOST "\r\n", "nonsense\x01",
		                             "GET / HTTP/2.0\r\n" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct nv_head *head = nv_head_new(NV_REQUEST);
		struct nv_problem problem;
		size_t used;
		int result = nv_head_feed(head, (const uint8_t *)texts[i], strlen(texts[i]), &used);

		problem = nv_head_problem(head);
		assert_int_equal(nv_head_feed(head, (const uint8_t *)GET, strlen(GET), &used),
		                 result);
		assert_int_equal(used, 0);
		assert_ptr_equal(nv_head_problem(head).text, problem.text);
		nv_head_free(head);
	}
}

static void an_unread_head_is_empty(void **state)
{
	struct nv_head *head = nv_head_new(NV_REQUEST);

	assert_int_equal(nv_head_method(head).len, 0);
	assert_absent(nv_head_target(head));
	assert_absent(nv_head_path(head));
	assert_absent(nv_head_query(head));
	assert_absent(nv_head_reason(head));
	assert_absent(nv_head_field(head, "Host"));
	assert_int_equal(nv_head_field_count(head), 0);
	assert_int_equal(nv_head_problem(head).status, 0);
	nv_head_free(head);
	nv_head_free(NULL);
}

/* before, `count` times `fill`, after */
static struct nv_bytes filled(char *out, const char *before, char fill, size_t count,
                              const char *after)
{
	size_t len = strlen(before);

	memcpy(out, before, len);
	memset(out + len, fill, count);
	memcpy(out + len + count, after, strlen(after));
	return (struct nv_bytes){ (const uint8_t *)out, len + count + strlen(after) };
}

static int status_filled(enum nv_head_kind kind, const char *before, char fill, size_t count,
                         const char *after)
{
	static char out[40000];

	return status_of_bytes(kind, filled(out, before, fill, count, after));
}

static void target_limit(void **state)
{
	const char *end = " HTTP/1.1\r\n" HOST "\r\n";

	assert_int_equal(status_filled(NV_REQUEST, "GET /", 'a', NV_HEAD_LINE_MAX - 1, end), 0);
	assert_int_equal(status_filled(NV_REQUEST, "GET /", 'a', NV_HEAD_LINE_MAX, end), 414);
	assert_int_equal(status_filled(NV_REQUEST, "GET /", 'a', NV_HEAD_LINE_MAX, ""), 414);
	assert_int_equal(status_filled(NV_REQUEST, "GET http://a/", 'a', NV_HEAD_LINE_MAX - 9, end),
	                 0);
}

static void line_limit(void **state)
{
	const char *start = GET HOST "X:";

	assert_int_equal(status_filled(NV_REQUEST, start, 'a', NV_HEAD_LINE_MAX - 2, "\r\n\r\n"),
	                 0);
	assert_int_equal(status_filled(NV_REQUEST, start, 'a', NV_HEAD_LINE_MAX - 1, "\r\n\r\n"),
	                 431);
	assert_int_equal(status_filled(NV_REQUEST, start, ' ', NV_HEAD_LINE_MAX - 1, "\r\n\r\n"),
	                 431);
	assert_int_equal(
		status_filled(NV_REQUEST, GET HOST, 'a', NV_HEAD_LINE_MAX - 1, ":\r\n\r\n"), 0);
	assert_int_equal(status_filled(NV_REQUEST, GET HOST, 'a', NV_HEAD_LINE_MAX, ":\r\n\r\n"),
	                 431);
	assert_int_equal(
		status_filled(NV_RESPONSE, "HTTP/1.1 101 ", 'a', NV_HEAD_LINE_MAX - 13, "\r\n\r\n"),
		0);
	assert_int_equal(
		status_filled(NV_RESPONSE, "HTTP/1.1 101 ", 'a', NV_HEAD_LINE_MAX - 12, "\r\n\r\n"),
		431);
}

/* Two lines of 8,000 bytes, and one that fills the head up to `size`. */
static struct nv_bytes head_of_size(char *out, size_t size)
{
	struct nv_bytes head = filled(out, GET HOST "A:", 'a', 7998, "\r\nB:");

	head.len += filled(out + head.len, "", 'b', 7998, "\r\nC:").len;
	head.len += filled(out + head.len, "", 'c', size - head.len - 4, "\r\n\r\n").len;
	return head;
}

static void whole_limit(void **state)
{
	static char out[20000];

	assert_int_equal(status_of_bytes(NV_REQUEST, head_of_size(out, NV_HEAD_MAX)), 0);
	assert_int_equal(status_of_bytes(NV_REQUEST, head_of_size(out, NV_HEAD_MAX + 1)), 431);
	assert_int_equal(status_filled(NV_REQUEST, GET HOST "X:", ' ', 32000, "x\r\n\r\n"), 431);
}

static void field_limit(void **state)
{
	static char out[4000];

	for (size_t more = 0; more < 3; more++) {
		int len = snprintf(out, sizeof out, GET HOST);

		for (size_t i = 1; i < NV_HEAD_FIELDS_MAX + more; i++)
			len += snprintf(out + len, sizeof out - (size_t)len, "F%zu: %zu\r\n", i, i);
		snprintf(out + len, sizeof out - (size_t)len, "\r\n");
		assert_int_equal(status_of(out), more ? 431 : 0);
	}
}

/* What a server may answer is as limited as what it may be asked. */
static void responses_are_limited(void **state)
{
	static char out[20000];
	const char *start = "HTTP/1.1 101 x\r\n";

	for (size_t size = NV_HEAD_MAX; size <= NV_HEAD_MAX + 1; size++) {
		struct nv_bytes head = filled(out, start, 'A', 1, ":");

		for (char name = 'B'; name <= 'C'; name++) {
			memset(out + head.len, 'x', 6000);
			head.len += 6000 + (size_t)sprintf(out + head.len + 6000, "\r\n%c:", name);
		}
		memset(out + head.len, 'x', size - head.len - 4);
		memcpy(out + size - 4, "\r\n\r\n", 4);
		head.len = size;
		assert_int_equal(status_of_outcome(feed_every_way(NV_RESPONSE, head)),
		                 size > NV_HEAD_MAX ? 431 : 0);
	}
	for (size_t fields = NV_HEAD_FIELDS_MAX; fields <= NV_HEAD_FIELDS_MAX + 1; fields++) {
		int len = snprintf(out, sizeof out, "%s", start);

		for (size_t i = 0; i < fields; i++)
			len += snprintf(out + len, sizeof out - (size_t)len, "F%zu: %zu\r\n", i, i);
		snprintf(out + len, sizeof out - (size_t)len, "\r\n");
		assert_int_equal(status_of_outcome(feed_every_way(NV_RESPONSE, nv_str(out))),
		                 fields > NV_HEAD_FIELDS_MAX ? 431 : 0);
	}
}

static void lists_are_joined_over_lines(void **state)
{
	struct nv_head *head = parse_head(NV_REQUEST, GET HOST "L: ,, a ,\tB,\r\n"
	                                                       "M: x\r\n"
	                                                       "l:\r\n"
	                                                       "L: c d,,e\r\n\r\n");
	static const char *const expected[] = { "a", "B", "c d", "e" };
	struct nv_bytes element;
	size_t cursor = 0;

	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_true(nv_head_element(head, "L", &cursor, &element));
		assert_bytes(element, expected[i]);
	}
	assert_false(nv_head_element(head, "L", &cursor, &element));
	assert_false(nv_head_element(head, "L", &cursor, &element));
	assert_true(nv_head_lists(head, "l", "A"));
	assert_true(nv_head_lists(head, "l", "E"));
	assert_false(nv_head_lists(head, "l", "c"));
	assert_false(nv_head_lists(head, "l", ""));
	assert_false(nv_head_lists(head, "none", "a"));
	assert_int_equal(nv_head_count(head, "L"), 3);
	assert_int_equal(nv_head_count(head, "none"), 0);
	nv_head_free(head);
}

static void lines_of_one_name(void **state)
{
	struct nv_head *head = parse_head(NV_REQUEST, GET HOST "a: 1\r\nb: 2\r\nA: 3\r\n\r\n");
	struct nv_bytes value;
	size_t index = 0;

	assert_true(nv_head_next(head, "a", &index, &value));
	assert_bytes(value, "1");
	assert_true(nv_head_next(head, "a", &index, &value));
	assert_bytes(value, "3");
	assert_false(nv_head_next(head, "a", &index, &value));
	nv_head_free(head);
}

static int feed_once(const char *text)
{
	struct nv_head *head = nv_head_new(NV_REQUEST);
	size_t used;
	int result;

	if (!head)
		return NV_ERR_NOMEM;
	result = nv_head_feed(head, (const uint8_t *)text, strlen(text), &used);
	if (result < 0)
		assert_int_equal(nv_head_problem(head).status, 500);
	nv_head_free(head);
	return result;
}

static void failing_allocations(void **state)
{
	static char text[2000];
	int result = 0;
	size_t nth;

	filled(text, GET HOST "X: ", 'a', 1500, "\r\n\r\n");
	failing_alloc_install();
	for (nth = 1; result != 1; nth++) {
		failing_alloc_fail(nth, FAIL_ONCE);
		result = feed_once(text);
		assert_true(result == 1 || result == NV_ERR_NOMEM);
		assert_int_equal(failing_alloc_live_blocks(), 0);
	}
	assert_true(nth > 3);
	failing_alloc_remove();
}

/* Every byte is looked at once and stored once, so the few reallocations of a growing buffer are
 * all that happens however small the pieces are. */
static void one_byte_at_a_time_costs_no_more(void **state)
{
	static char out[40000];
	struct nv_bytes input = filled(out, "GET /", 'a', 8000, " HTTP/1.1\r\nHost: a\r\nX: ");
	struct nv_head *head;
	size_t used;
	size_t fed = 0;

	memset(out + input.len, ' ', 30000 - input.len);
	failing_alloc_install();
	head = nv_head_new(NV_REQUEST);
	while (nv_head_feed(head, (const uint8_t *)out + fed, 1, &used) == 0)
		fed += used;
	assert_int_equal(nv_head_problem(head).status, 431);
	assert_true(fed <= NV_HEAD_MAX);
	assert_true(failing_alloc_count() <= 12);
	assert_true(failing_alloc_live_bytes() <= NV_HEAD_MAX + 1024);
	nv_head_free(head);
	failing_alloc_remove();
}

static void memory_grows_with_what_arrived(void **state)
{
	struct nv_head *head;
	size_t used;

	failing_alloc_install();
	head = nv_head_new(NV_REQUEST);
	assert_int_equal(nv_head_feed(head, (const uint8_t *)"GET /", 5, &used), 0);
	assert_true(failing_alloc_live_bytes() < 1024);
	nv_head_free(head);
	failing_alloc_remove();
}

static void damaged_heads_are_judged_alike_in_all_pieces(void **state)
{
	static const char base[] = "GET /chat?x=1 HTTP/1.1\r\nHost: server.example.com\r\n"
				   "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n";
	static const char spice[] = "\r\n\t :,?#/%@[]\0\x7f\x80Hh1";
	struct prng prng = { 7 };

	for (int round = 0; round < 300; round++) {
		char text[sizeof base];
		size_t changes = 1 + prng_below(&prng, 3);

		memcpy(text, base, sizeof base);
		while (changes-- > 0)
			text[prng_below(&prng, sizeof base - 1)] =
				spice[prng_below(&prng, sizeof spice - 1)];
		status_of_bytes(round % 2 ? NV_REQUEST : NV_RESPONSE,
		                (struct nv_bytes){ (const uint8_t *)text, sizeof base - 1 });
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_read),
		cmocka_unit_test(query_may_be_absent_or_empty),
		cmocka_unit_test(absolute_target_becomes_a_path),
		cmocka_unit_test(bad_targets_are_400),
		cmocka_unit_test(http_versions),
		cmocka_unit_test(methods),
		cmocka_unit_test(one_empty_line_before_the_request_is_skipped),
		cmocka_unit_test(bare_line_ends_are_400),
		cmocka_unit_test(malformed_fields_are_400),
		cmocka_unit_test(values_may_hold_tabs_and_bytes_above_ascii),
		cmocka_unit_test(host_must_stand_once_and_be_valid),
		cmocka_unit_test(ambiguous_bodies_are_400),
		cmocka_unit_test(response_is_read),
		cmocka_unit_test(response_has_no_rules_of_requests),
		cmocka_unit_test(malformed_responses_are_refused),
		cmocka_unit_test(hopeless_input_fails_at_its_first_wrong_byte),
		cmocka_unit_test(problems_tell_what_is_wrong),
		cmocka_unit_test(prefixes_need_more),
		cmocka_unit_test(what_follows_the_head_is_left),
		cmocka_unit_test(an_answer_is_final),
		cmocka_unit_test(an_unread_head_is_empty),
		cmocka_unit_test(target_limit),
		cmocka_unit_test(line_limit),
		cmocka_unit_test(whole_limit),
		cmocka_unit_test(field_limit),
		unit_case("CH-18 the head of a response is limited", responses_are_limited),
		cmocka_unit_test(lists_are_joined_over_lines),
		cmocka_unit_test(lines_of_one_name),
		cmocka_unit_test(failing_allocations),
		cmocka_unit_test(one_byte_at_a_time_costs_no_more),
		cmocka_unit_test(memory_grows_with_what_arrived),
		cmocka_unit_test(damaged_heads_are_judged_alike_in_all_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
