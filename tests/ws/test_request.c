/* SPDX-License-Identifier: MIT */
/* test_request.c: what a server answers to requests, as plain HTTP and as upgrades. */
#include "ws/fixture.h"

#include <stdlib.h>
#include <strings.h>

#include "ws/ways.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define GET(path) "GET " path " HTTP/1.1\r\nHost: example.org\r\n\r\n"

/* The request of RFC 6455 1.2, in lines of which a test may change one. */
#define B0_HOST "Host: server.example.com\r\n"
#define B0_UPGRADE "Upgrade: websocket\r\n"
#define B0_CONNECTION "Connection: Upgrade\r\n"
#define B0_KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define B0_VERSION "Sec-WebSocket-Version: 13\r\n"
#define B0_FIELDS B0_HOST B0_UPGRADE B0_CONNECTION B0_KEY B0_VERSION
#define B0 "GET /chat HTTP/1.1\r\n" B0_FIELDS "\r\n"

static char answer[8192];

/* The whole answer to one request, on a connection of its own. */
static const char *ask(struct fixture *f, const char *request)
{
	struct sim_peer *peer = sim_connect(PORT);
	struct nv_bytes took;

	sim_peer_send_text(peer, request);
	sim_settle(f->loop);
	took = sim_peer_take(peer);
	assert_true(took.len < sizeof answer);
	memcpy(answer, took.data, took.len);
	answer[took.len] = '\0';
	sim_peer_eof(peer);
	sim_settle(f->loop);
	assert_true(sim_peer_closed(peer) || strncmp(answer, "HTTP/1.1 101", 12) == 0);
	return answer;
}

/* The answer to one request, which arrives that way and is all that comes. */
static void ask_way(struct fixture *f, const struct way *way, struct nv_bytes request)
{
	struct sim_peer *peer = sim_connect(PORT);
	struct nv_bytes took;

	way_send(way, f->loop, peer, request.data, request.len);
	took = sim_peer_take(peer);
	assert_true(took.len < sizeof answer);
	memcpy(answer, took.data, took.len);
	answer[took.len] = '\0';
	assert_int_equal(sim_peer_ended(peer), strncmp(answer, "HTTP/1.1 101", 12) != 0);
	sim_peer_eof(peer);
	sim_settle(f->loop);
	assert_true(sim_peer_closed(peer));
}

static int status_of(const char *text)
{
	assert_memory_equal(text, "HTTP/1.1 ", 9);
	return atoi(text + 9);
}

static const char *body_of(const char *text)
{
	return strstr(text, "\r\n\r\n") + 4;
}

static void forget(struct fixture *f)
{
	f->seen_len = 0;
	f->seen[0] = '\0';
}

/* In whatever pieces it arrives, the request gets that status and a field with that text. */
static void expect_answer(struct fixture *f, const char *request, int status, const char *field)
{
	for (struct way way = { 0 }; way_next(&way, strlen(request));) {
		ask_way(f, &way, nv_str(request));
		if (status_of(answer) != status)
			fail_msg("%d instead of %d: %s", status_of(answer), status, request);
		if (field && !strstr(answer, field))
			fail_msg("no \"%s\" in the answer to %s", field, request);
		assert_null(strstr(answer + 1, "HTTP/1.1"));
		forget(f);
	}
}

static void page(struct nv_request *request)
{
	char name[32] = "?";

	nv_request_query_value(request, "name", name, sizeof name);
	saw("%s page ", (const char *)nv_request_user(request));
	assert_int_equal(nv_request_add_field(request, "X-Name", name), 0);
	assert_int_equal(nv_request_reply(request, 200, "text/plain", nv_str("salut\n")), 0);
	assert_int_equal(nv_request_reply(request, 200, "text/plain", nv_str("twice")),
	                 NV_ERR_STATE);
	assert_int_equal(nv_request_accept(request, NULL), NV_ERR_STATE);
}

static void silent_page(struct nv_request *request)
{
	(void)request;
}

static void strict_page(struct nv_request *request)
{
	assert_int_equal(nv_request_add_field(request, "X: y", "z"), NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "X", "a\r\nB: c"), NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "Content-Length", "7"), NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "Transfer-Encoding", "x"), NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "Upgrade", "x"), NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "Date", "x"), NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "content-type", "x"), NV_ERR_INVALID);
	assert_int_equal(nv_request_reply(request, 200, "a\r\nSet-Cookie: b", nv_str("")),
	                 NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "Cache-Control", "max-age=60"), 0);
	assert_int_equal(nv_request_reply(request, 99, NULL, nv_str("")), NV_ERR_INVALID);
	assert_int_equal(nv_request_reply(request, 204, NULL, nv_str("lost")), 0);
	assert_int_equal(nv_request_add_field(request, "X", "y"), NV_ERR_STATE);
}

static void start(struct fixture *f)
{
	fixture_start(f, (struct nv_server_options){ 0 });
	assert_int_equal(nv_server_http(f->server, "/", page, "first"), 0);
	assert_int_equal(nv_server_http(f->server, "/silent", silent_page, NULL), 0);
	assert_int_equal(nv_server_http(f->server, "/strict", strict_page, NULL), 0);
	assert_int_equal(nv_server_route(f->server, "/chat", &fixture_handlers, f), 0);
}

static void answers_pages(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	ask(&f, GET("/?name=Zo%C3%A9+1"));
	assert_seen("first page ");
	assert_int_equal(status_of(answer), 200);
	assert_string_equal(body_of(answer), "salut\n");
	assert_non_null(strstr(answer, "\r\nX-Name: Zo\xc3\xa9+1\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
	assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(answer, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(strstr(answer, "\r\nContent-Security-Policy: default-src 'none'"));
	assert_non_null(strstr(answer, "\r\nReferrer-Policy: no-referrer\r\n"));
	assert_non_null(strstr(answer, " GMT\r\n"));
	assert_null(strstr(answer, "Server:"));
	ask(&f, "HEAD / HTTP/1.0\r\n\r\n");
	assert_int_equal(status_of(answer), 200);
	assert_string_equal(body_of(answer), "");
	assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
	ask(&f, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
	assert_int_equal(status_of(answer), 200);
	ask(&f, GET("/strict"));
	assert_int_equal(status_of(answer), 204);
	assert_non_null(strstr(answer, "\r\nCache-Control: max-age=60\r\n"));
	assert_null(strstr(answer, "no-store"));
	assert_null(strstr(answer, "Content-Length"));
	assert_string_equal(body_of(answer), "");
	fixture_stop(&f);
}

/* A page and a WebSocket at one path: whoever names another protocol meant the WebSocket. */
static void a_misspelt_upgrade_is_told(void **state)
{
	static const char *const upgrades[] = { "websocketx", "web socket", "xwebsocket",
		                                "websocket/13", "h2c" };
	struct fixture f;
	char request[256];

	start(&f);
	assert_int_equal(nv_server_http(f.server, "/ws", page, "both"), 0);
	for (size_t i = 0; i < sizeof upgrades / sizeof *upgrades; i++) {
		snprintf(request, sizeof request,
		         "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: %s\r\nConnection: Upgrade\r\n"
		         "Sec-WebSocket-Version: 13\r\n"
		         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		         upgrades[i]);
		ask(&f, request);
		assert_int_equal(status_of(answer), 400);
	}
	ask(&f, GET("/ws"));
	assert_int_equal(status_of(answer), 200);
	ask(&f, UPGRADE("/ws"));
	assert_int_equal(status_of(answer), 101);
	fixture_stop(&f);
}

static void refuses_with_the_right_status(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *field;
	} cases[] = {
		{ GET("/nothing"), 404, NULL },
		{ GET("/silent"), 500, NULL },
		{ GET("/ws"), 426,
		  "\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
		  "Sec-WebSocket-Version: 13\r\n" },
		{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
		  "\r\nAllow: GET, HEAD\r\n" },
		{ "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400, NULL },
		{ "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400, NULL },
		{ "GET / HTTP/1.1\r\n\r\n", 400, NULL },
		{ "GET / HTTP/2.0\r\n\r\n", 505, NULL },
		{ "\x16\x03\x01\x02\x00\x01", 400, NULL },
		{ UPGRADE("/nothing"), 404, NULL },
		{ "HEAD /ws HTTP/1.1\r\n" UPGRADE_FIELDS "\r\n", 405, "\r\nAllow: GET\r\n" },
		{ "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 400,
		  NULL },
		{ UPGRADE("/"), 404, NULL },
		{ "POST /ws HTTP/1.1\r\n" UPGRADE_FIELDS "\r\n", 405, "\r\nAllow: GET\r\n" },
		{ "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		  426, "\r\nSec-WebSocket-Version: 13\r\n" },
		{ "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
		  400, NULL },
	};
	struct fixture f;

	(void)state;
	start(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(status_of(ask(&f, cases[i].request)), cases[i].status);
		if (cases[i].field)
			assert_non_null(strstr(answer, cases[i].field));
		assert_non_null(strstr(f.log, "192.0.2.1"));
	}
	fixture_stop(&f);
}

/* --- The answers to upgrades --- */

static void accepts_the_good_request(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	for (struct way way = { 0 }; way_next(&way, strlen(B0));) {
		ask_way(&f, &way, nv_str(B0));
		assert_string_equal(answer, "HTTP/1.1 101 Switching Protocols\r\n"
		                            "Upgrade: websocket\r\n"
		                            "Connection: Upgrade\r\n"
		                            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
		                            "\r\n");
		forget(&f);
	}
	fixture_stop(&f);
}

struct exchange {
	const char *request;
	int status;
	const char *field; /* or NULL */
};

static void expect_answers(const struct exchange *exchanges, size_t count)
{
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < count; i++)
		expect_answer(&f, exchanges[i].request, exchanges[i].status, exchanges[i].field);
	fixture_stop(&f);
}

#define EXPECT_ANSWERS(...)                                                                        \
	do {                                                                                       \
		static const struct exchange exchanges_[] = { __VA_ARGS__ };                       \
		expect_answers(exchanges_, COUNT(exchanges_));                                     \
	} while (0)

/* RFC 9110 15.5.6 */
static void names_the_method(void **state)
{
	(void)state;
	EXPECT_ANSWERS({ "POST /chat HTTP/1.1\r\n" B0_FIELDS "\r\n", 405, "\r\nAllow: GET\r\n" },
	               { "HEAD /chat HTTP/1.1\r\n" B0_FIELDS "\r\n", 405, "\r\nAllow: GET\r\n" },
	               { "PUT /chat HTTP/1.1\r\n" B0_FIELDS "\r\n", 405, "\r\nAllow: GET\r\n" },
	               { "get /chat HTTP/1.1\r\n" B0_FIELDS "\r\n", 405, "\r\nAllow: GET\r\n" });
}

static void answers_other_versions_of_http(void **state)
{
	(void)state;
	EXPECT_ANSWERS(
		{ "GET /chat HTTP/1.0\r\n" B0_FIELDS "\r\n", 426, "\r\nUpgrade: websocket\r\n" },
		{ "GET /chat HTTP/0.9\r\n" B0_FIELDS "\r\n", 505, NULL },
		{ "GET /chat HTTP/2.0\r\n" B0_FIELDS "\r\n", 505, NULL },
		{ "GET /chat http/1.1\r\n" B0_FIELDS "\r\n", 400, NULL },
		{ "GET /chat HTTP/1.1x\r\n" B0_FIELDS "\r\n", 400, NULL },
		{ "GET /chat HTTP/1.2\r\n" B0_FIELDS "\r\n", 101, NULL });
}

static void plain_requests_take_the_normal_route(void **state)
{
	(void)state;
	EXPECT_ANSWERS({ "GET /chat HTTP/1.1\r\n" B0_HOST B0_CONNECTION B0_KEY B0_VERSION "\r\n",
	                 426,
	                 "\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
	                 "Sec-WebSocket-Version: 13\r\n" },
	               { "GET / HTTP/1.1\r\n" B0_HOST B0_CONNECTION B0_KEY B0_VERSION "\r\n", 200,
	                 "\r\n\r\nsalut\n" });
}

/* RFC 6455 4.4, RFC 9110 15.5.22 */
static void names_the_version(void **state)
{
#define WITH(version)                                                                              \
	"GET /chat HTTP/1.1\r\n" B0_HOST B0_UPGRADE B0_CONNECTION B0_KEY version "\r\n"
#define NAMED "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
	(void)state;
	EXPECT_ANSWERS({ WITH(""), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 0\r\n"), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 7\r\n"), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 8\r\n"), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 12\r\n"), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 14\r\n"), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 25\r\n"), 426, NAMED },
	               { WITH("Sec-WebSocket-Version: 255\r\n"), 426, NAMED });
}

static void names_the_version_to_who_can_not_write_it(void **state)
{
#define THIRTEEN "\r\nSec-WebSocket-Version: 13\r\n"
	(void)state;
	EXPECT_ANSWERS({ WITH("Sec-WebSocket-Version: 013\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version: +13\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version: 13.0\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version: 0x0d\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version: 256\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version: 13;\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version:\r\n"), 400, THIRTEEN },
	               { WITH("Sec-WebSocket-Version: 13, 8\r\n"), 400, THIRTEEN },
	               { WITH(B0_VERSION B0_VERSION), 400, THIRTEEN });
#undef THIRTEEN
#undef NAMED
#undef WITH
}

static void nothing_stands_elsewhere(void **state)
{
	(void)state;
	EXPECT_ANSWERS({ "GET /nothing HTTP/1.1\r\n" B0_FIELDS "\r\n", 404, NULL },
	               { "GET /chat/ HTTP/1.1\r\n" B0_FIELDS "\r\n", 404, NULL },
	               { "GET /Chat HTTP/1.1\r\n" B0_FIELDS "\r\n", 404, NULL },
	               { "GET /chat/.. HTTP/1.1\r\n" B0_FIELDS "\r\n", 404, NULL },
	               { "GET / HTTP/1.1\r\n" B0_FIELDS "\r\n", 404, NULL },
	               { "GET /chat?x HTTP/1.1\r\n" B0_FIELDS "\r\n", 101, NULL });
}

/* --- What follows --- */

static void refuse_401(struct nv_request *request)
{
	assert_int_equal(nv_request_reply(request, 401, "text/plain", nv_str("no")), 0);
}

#define TAIL_SIZE 4096u

/* 4 KiB of frames that would be valid, or of requests. */
static void fill_tail(char *tail, bool frames)
{
	static const char frame[] = "\x81\x82\0\0\0\0hi";
	static const char request[] = GET("/") B0;
	const char *unit = frames ? frame : request;
	size_t size = frames ? sizeof frame - 1 : sizeof request - 1;

	for (size_t i = 0; i < TAIL_SIZE; i++)
		tail[i] = unit[i % size];
}

static void expect_end_behind(const char *request, int status, bool frames)
{
	static const struct nv_handlers closed = { .on_upgrade = refuse_401 };
	static char bytes[2 * TAIL_SIZE];
	size_t len = strlen(request) + TAIL_SIZE;

	memcpy(bytes, request, strlen(request));
	fill_tail(bytes + strlen(request), frames);
	for (struct way way = { 0 }; way_next(&way, len);) {
		struct fixture f;

		start(&f);
		assert_int_equal(nv_server_route(f.server, "/closed", &closed, &f), 0);
		ask_way(&f, &way, (struct nv_bytes){ (uint8_t *)bytes, len });
		assert_int_equal(status_of(answer), status);
		assert_null(strstr(answer + 1, "HTTP/1."));
		assert_seen(status == 200 ? "first page " : "");
		fixture_stop(&f);
	}
}

/* What follows an answer is neither a request nor a frame: a proxy may think otherwise. */
static void reads_nothing_behind_an_answer(void **state)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ GET("/"), 200 },
		{ "GET /chat HTTP/1.1\r\n" B0_HOST B0_UPGRADE B0_CONNECTION B0_VERSION "\r\n",
		  400 },
		{ "GET /closed HTTP/1.1\r\n" B0_FIELDS "\r\n", 401 },
		{ "GET /nothing HTTP/1.1\r\n" B0_FIELDS "\r\n", 404 },
		{ "POST /chat HTTP/1.1\r\n" B0_FIELDS "\r\n", 405 },
		{ "GET /chat HTTP/1.1\r\n" B0_HOST B0_UPGRADE B0_CONNECTION B0_KEY
		  "Sec-WebSocket-Version: 8\r\n\r\n",
		  426 },
		{ GET("/silent"), 500 },
		{ "GET /chat HTTP/2.0\r\n", 505 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_end_behind(cases[i].request, cases[i].status, i % 2);
	expect_end_behind(cases[1].request, cases[1].status, false);
	expect_end_behind(cases[2].request, cases[2].status, true);
}

/* --- Programs that refuse --- */

/* A token is good until a second of its own: "good.1700000000". */
static bool token_is_good(struct nv_bytes token, long now_s)
{
	char text[64];

	if (token.len >= sizeof text)
		return false;
	memcpy(text, token.data, token.len);
	text[token.len] = '\0';
	return strncmp(text, "Bearer good.", 12) == 0 && strtol(text + 12, NULL, 10) > now_s;
}

static void require_token(struct nv_request *request)
{
	struct nv_bytes token = nv_request_field(request, "Authorization");

	if (token.data && token_is_good(token, 1700000000))
		return;
	assert_int_equal(nv_request_add_field(request, "WWW-Authenticate", "Bearer"), 0);
	assert_int_equal(nv_request_reply(request, 401, "text/plain", nv_str("no token\n")), 0);
}

static void refuses_by_token_before_the_answer(void **state)
{
	static const struct {
		const char *fields;
		int status;
	} cases[] = {
		{ "", 401 },
		{ "Authorization: Bearer bad.1800000000\r\n", 401 },
		{ "Authorization: Bearer good.1600000000\r\n", 401 },
		{ "Authorization: Bearer good.1800000000\r\n", 101 },
	};
	const struct nv_handlers handlers = { .on_upgrade = require_token,
		                              .on_open = fixture_open };
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(nv_server_route(f.server, "/private", &handlers, &f), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char request[512];

		snprintf(request, sizeof request, "GET /private HTTP/1.1\r\n" B0_FIELDS "%s\r\n",
		         cases[i].fields);
		ask(&f, request);
		assert_seen(cases[i].status == 101 ? "open " : "");
		expect_answer(&f, request, cases[i].status,
		              cases[i].status == 401 ? "\r\nWWW-Authenticate: Bearer\r\n" : NULL);
	}
	fixture_stop(&f);
}

/* The origins that may connect; a port that is the scheme's own is not written. */
static const char *const origins[] = { "https://good.com", "https://xn--bcher-kva.example",
	                               "http://localhost:8080" };

/* Exact but for the letter case of scheme and host, which is all that there is (RFC 6454 4). */
static bool origin_is_listed(struct nv_bytes origin)
{
	for (size_t i = 0; i < COUNT(origins); i++)
		if (origin.len == strlen(origins[i]) &&
		    strncasecmp((const char *)origin.data, origins[i], origin.len) == 0)
			return true;
	return false;
}

static void check_origin(struct nv_request *request)
{
	bool required = nv_bytes_is(nv_request_query(request), "require");
	struct nv_bytes origin, another;
	size_t cursor = 0;

	if (!nv_request_next_field(request, "origin", &cursor, &origin)) {
		if (required)
			assert_int_equal(nv_request_reply(request, 403, NULL, nv_str("")), 0);
		return;
	}
	if (nv_request_next_field(request, "ORIGIN", &cursor, &another) ||
	    !origin_is_listed(origin))
		assert_int_equal(nv_request_reply(request, 403, NULL, nv_str("")), 0);
}

static void expect_origin(const char *target, const char *fields, int status)
{
	const struct nv_handlers handlers = { .on_upgrade = check_origin };
	struct fixture f;
	char request[512];

	start(&f);
	assert_int_equal(nv_server_route(f.server, "/page", &handlers, &f), 0);
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" B0_FIELDS "%s\r\n", target, fields);
	expect_answer(&f, request, status, NULL);
	fixture_stop(&f);
}

static void without_origin_it_is_no_browser(void **state)
{
	(void)state;
	expect_origin("/page", "", 101);
	expect_origin("/page?require", "", 403);
}

static void refuses_other_origins(void **state)
{
	static const char *const fields[] = {
		"Origin: http://good.com\r\n",
		"Origin: https://good.com.evil\r\n",
		"Origin: https://evilgood.com\r\n",
		"Origin: https://good.com:444\r\n",
		"Origin: https://u@good.com\r\n",
		"Origin: https://good.com/\r\n",
		"Origin: null\r\n",
		"Origin:\r\n",
		"Origin: https://good.com\r\nOrigin: https://good.com\r\n",
		"Origin: https://good.com\r\norigin: https://evil.com\r\n",
		"Origin: https://evil.com\r\nX: y\r\nOrigin: https://good.com\r\n",
		"Origin: https://good.com, https://good.com\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++)
		expect_origin("/page", fields[i], 403);
}

static void lets_listed_origins_in(void **state)
{
	static const char *const fields[] = {
		"Origin: https://good.com\r\n",
		"ORIGIN: HTTPS://Good.COM\r\n",
		"origin:\thttps://good.com \r\n",
		"Origin: https://xn--bcher-kva.example\r\n",
		"Origin: https://XN--BCHER-KVA.Example\r\n",
		"Origin: http://LOCALHOST:8080\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++)
		expect_origin("/page", fields[i], 101);
}

/* Takes superchat where it is offered; where it is required and not offered, nobody comes in. */
static void choose_superchat(struct nv_request *request)
{
	struct nv_bytes offered;
	size_t cursor = 0;

	while (nv_request_subprotocol(request, &cursor, &offered)) {
		if (!nv_bytes_is(offered, "superchat"))
			continue;
		assert_int_equal(nv_request_accept(request, "superchat"), 0);
		return;
	}
	if (nv_bytes_is(nv_request_query(request), "require"))
		assert_int_equal(nv_request_reply(request, 400, NULL, nv_str("")), 0);
}

/* Of the answer, without the fields that every 101 has. */
static void expect_subprotocol(const char *target, const char *fields, int status, const char *line)
{
	const struct nv_handlers handlers = { .on_upgrade = choose_superchat };
	struct fixture f;
	char request[512];

	start(&f);
	assert_int_equal(nv_server_route(f.server, "/super", &handlers, &f), 0);
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" B0_FIELDS "%s\r\n", target, fields);
	expect_answer(&f, request, status, line);
	if (line)
		assert_null(strstr(strstr(answer, "Sec-WebSocket-Protocol") + 1,
		                   "Sec-WebSocket-Protocol"));
	else
		assert_null(strstr(answer, "Sec-WebSocket-Protocol"));
	fixture_stop(&f);
}

#define SUPERCHAT "\r\nSec-WebSocket-Protocol: superchat\r\n"

static void answers_with_the_chosen_subprotocol(void **state)
{
	(void)state;
	expect_subprotocol("/super", "Sec-WebSocket-Protocol: chat, superchat\r\n", 101, SUPERCHAT);
	expect_subprotocol("/super", "Sec-WebSocket-Protocol: superchat\r\n", 101, SUPERCHAT);
}

static void answers_without_a_subprotocol(void **state)
{
	(void)state;
	expect_subprotocol("/super", "Sec-WebSocket-Protocol: a, b\r\n", 101, NULL);
	expect_subprotocol("/super", "", 101, NULL);
	expect_subprotocol("/super?require", "Sec-WebSocket-Protocol: a, b\r\n", 400, NULL);
	expect_subprotocol("/super?require", "", 400, NULL);
}

static void joins_subprotocols_over_lines(void **state)
{
	(void)state;
	expect_subprotocol("/super",
	                   "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat\r\n",
	                   101, SUPERCHAT);
}

static void compares_subprotocols_by_case(void **state)
{
	(void)state;
	expect_subprotocol("/super", "Sec-WebSocket-Protocol: SuperChat\r\n", 101, NULL);
	expect_subprotocol("/super?require", "Sec-WebSocket-Protocol: SuperChat\r\n", 400, NULL);
}

static void refuses_malformed_subprotocols(void **state)
{
	(void)state;
#define WITH(list) "GET /chat HTTP/1.1\r\n" B0_FIELDS "Sec-WebSocket-Protocol: " list "\r\n\r\n"
	EXPECT_ANSWERS({ WITH("cha t"), 400, NULL }, { WITH("ch\"at"), 400, NULL },
	               { WITH(","), 400, NULL }, { WITH(""), 400, NULL },
	               { WITH("a, a"), 400, NULL }, { WITH("a,,b"), 101, NULL });
#undef WITH
}

static void upgrade_by_query(struct nv_request *request)
{
	struct nv_bytes offered;
	size_t cursor = 0;

	if (nv_bytes_is(nv_request_query(request), "refuse")) {
		assert_int_equal(nv_request_add_field(request, "WWW-Authenticate", "Bearer"), 0);
		assert_int_equal(nv_request_reply(request, 401, "text/plain", nv_str("no")), 0);
		return;
	}
	if (nv_bytes_is(nv_request_query(request), "ignore"))
		return;
	while (nv_request_subprotocol(request, &cursor, &offered))
		saw("offered:%.*s ", (int)offered.len, (const char *)offered.data);
	assert_int_equal(nv_request_add_field(request, "Set-Cookie", "a=b"), 0);
	assert_int_equal(nv_request_accept(request, "superchat"), 0);
	assert_int_equal(nv_request_accept(request, NULL), NV_ERR_STATE);
	nv_request_set_user(request, "mine");
}

static void opened(struct nv_conn *conn)
{
	const char *subprotocol = nv_conn_subprotocol(conn);
	struct nv_bytes room = nv_request_param(nv_conn_request(conn), "room");

	saw("open:%s,%s,%.*s ", (const char *)nv_conn_user(conn),
	    subprotocol ? subprotocol : "none", (int)room.len, (const char *)room.data);
}

static void lets_the_program_decide_on_upgrades(void **state)
{
	const struct nv_handlers handlers = { .on_upgrade = upgrade_by_query, .on_open = opened };
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(nv_server_route(f.server, "/rooms/:room", &handlers, "route"), 0);
	ask(&f, "GET /rooms/bleu HTTP/1.1\r\n" UPGRADE_FIELDS
	        "Sec-WebSocket-Protocol: chat, superchat\r\n\r\n");
	assert_int_equal(status_of(answer), 101);
	assert_non_null(strstr(answer, "\r\nSec-WebSocket-Protocol: superchat\r\n"));
	assert_non_null(strstr(answer, "\r\nSet-Cookie: a=b\r\n"));
	assert_seen("offered:chat offered:superchat open:mine,superchat,bleu ");
	ask(&f, UPGRADE("/rooms/bleu?refuse"));
	assert_int_equal(status_of(answer), 401);
	assert_non_null(strstr(answer, "\r\nWWW-Authenticate: Bearer\r\n"));
	assert_string_equal(body_of(answer), "no");
	assert_seen("");
	ask(&f, UPGRADE("/rooms/vert?ignore"));
	assert_int_equal(status_of(answer), 101);
	assert_null(strstr(answer, "Sec-WebSocket-Protocol"));
	assert_seen("open:route,none,vert ");
	fixture_stop(&f);
}

/* Neither an upgrade's answer nor a page's takes them, and what was refused leaves nothing. */
static void add_bad_fields(struct nv_request *request)
{
	static const char *const fields[][2] = {
		{ "X", "a\r\nSet-Cookie: b" },
		{ "X", "a\rb" },
		{ "X", "a\nb" },
		{ "X", "\n" },
		{ "X", "a\x01" },
		{ "X", "\x7f" },
		{ "", "a" },
		{ "X Y", "a" },
		{ "X:", "a" },
		{ "X\r\nY", "a" },
		{ "X\n", "a" },
		{ "(X)", "a" },
		{ "\xc3\xa9", "a" },
	};

	for (size_t i = 0; i < COUNT(fields); i++)
		assert_int_equal(nv_request_add_field(request, fields[i][0], fields[i][1]),
		                 NV_ERR_INVALID);
	assert_int_equal(nv_request_add_field(request, "X-Good", "caf\xc3\xa9\t;"), 0);
}

static void page_with_bad_fields(struct nv_request *request)
{
	add_bad_fields(request);
	assert_int_equal(nv_request_reply(request, 200, NULL, nv_str("")), 0);
}

static void refuses_fields_that_are_none(void **state)
{
	const struct nv_handlers handlers = { .on_upgrade = add_bad_fields };
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(nv_server_route(f.server, "/fields", &handlers, NULL), 0);
	assert_int_equal(nv_server_http(f.server, "/page", page_with_bad_fields, NULL), 0);
	ask(&f, UPGRADE("/fields"));
	assert_string_equal(answer, "HTTP/1.1 101 Switching Protocols\r\n"
	                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	                            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	                            "X-Good: caf\xc3\xa9\t;\r\n\r\n");
	ask(&f, GET("/page"));
	assert_int_equal(status_of(answer), 200);
	assert_non_null(strstr(answer, "\r\nX-Good: caf\xc3\xa9\t;\r\n\r\n"));
	assert_null(strstr(answer, "\r\nX:"));
	assert_null(strstr(answer, "Set-Cookie"));
	fixture_stop(&f);
}

static void accept_unoffered(struct nv_request *request)
{
	assert_int_equal(nv_request_accept(request, "other"), NV_ERR_INVALID);
	assert_int_equal(nv_request_accept(request, "ch at"), NV_ERR_INVALID);
}

static void refuses_a_subprotocol_that_was_not_offered(void **state)
{
	const struct nv_handlers handlers = { .on_upgrade = accept_unoffered };
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(nv_server_route(f.server, "/p", &handlers, NULL), 0);
	ask(&f, "GET /p HTTP/1.1\r\n" UPGRADE_FIELDS "Sec-WebSocket-Protocol: chat\r\n\r\n");
	assert_int_equal(status_of(answer), 500);
	fixture_stop(&f);
}

static void accept_at_last(struct nv_request *request)
{
	accept_unoffered(request);
	assert_int_equal(nv_request_accept(request, "chat"), 0);
}

/* What the tries before it took is given back. */
static void accepts_after_a_try_that_failed(void **state)
{
	const struct nv_handlers handlers = { .on_upgrade = accept_at_last };
	struct fixture f;

	(void)state;
	fixture_start(&f, (struct nv_server_options){
				  .compression = { .enabled = true, .context_takeover = true } });
	assert_int_equal(nv_server_route(f.server, "/p", &handlers, NULL), 0);
	ask(&f, "GET /p HTTP/1.1\r\n" UPGRADE_FIELDS "Sec-WebSocket-Protocol: chat\r\n"
	        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
	assert_int_equal(status_of(answer), 101);
	assert_non_null(strstr(answer, "\r\nSec-WebSocket-Protocol: chat\r\n"));
	assert_non_null(strstr(answer, "\r\nSec-WebSocket-Extensions: permessage-deflate"));
	assert_null(strstr(strstr(answer, "101") + 1, "101"));
	fixture_stop(&f);
}

static void reply_badly(struct nv_request *request)
{
	assert_int_equal(nv_request_reply(request, 1401, NULL, nv_str("")), NV_ERR_INVALID);
}

static void reply_once_more(struct nv_request *request)
{
	reply_badly(request);
	assert_int_equal(nv_request_reply(request, 401, NULL, nv_str("")), 0);
}

/* A refusal that failed must not let anybody in. */
static void never_accepts_what_could_not_be_refused(void **state)
{
	const struct nv_handlers bad = { .on_upgrade = reply_badly, .on_open = opened };
	const struct nv_handlers good = { .on_upgrade = reply_once_more, .on_open = opened };
	struct fixture f;

	(void)state;
	start(&f);
	assert_int_equal(nv_server_route(f.server, "/bad", &bad, NULL), 0);
	assert_int_equal(nv_server_route(f.server, "/good", &good, NULL), 0);
	ask(&f, UPGRADE("/bad"));
	assert_int_equal(status_of(answer), 500);
	ask(&f, UPGRADE("/good"));
	assert_int_equal(status_of(answer), 401);
	assert_seen("");
	fixture_stop(&f);
}

static void refuse_all(struct nv_request *request)
{
	(void)nv_request_reply(request, 401, "text/plain", nv_str("no"));
}

static void never_accepts_for_want_of_memory(void **state)
{
	const struct nv_handlers handlers = { .on_upgrade = refuse_all, .on_open = opened };

	(void)state;
	for (size_t nth = 1; nth < 20; nth++) {
		struct fixture f;
		struct sim_peer *peer;
		struct nv_bytes took;

		start(&f);
		assert_int_equal(nv_server_route(f.server, "/closed", &handlers, NULL), 0);
		peer = sim_connect(PORT);
		failing_alloc_fail(nth, FAIL_ONCE);
		sim_peer_send_text(peer, UPGRADE("/closed"));
		sim_settle(f.loop);
		failing_alloc_fail(0, FAIL_ONCE);
		took = sim_peer_take(peer);
		assert_true(took.len == 0 || took.data[9] != '1');
		assert_seen("");
		fixture_stop(&f);
	}
}

/* A peer that leaves at any byte of its request leaves nothing behind. */
static void survives_an_end_at_every_byte(void **state)
{
	static const char request[] = UPGRADE("/ws");
	struct fixture f;

	(void)state;
	start(&f);
	for (size_t len = 0; len < sizeof request - 1; len++) {
		struct sim_peer *peer = sim_connect(PORT);

		sim_peer_send(peer, request, len);
		if (len % 2)
			sim_peer_eof(peer);
		else
			sim_peer_reset(peer);
		sim_settle(f.loop);
		assert_true(sim_peer_closed(peer));
	}
	assert_seen("");
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_pages),
		unit_case("HS-09 a misspelt Upgrade where a page stands too",
		          a_misspelt_upgrade_is_told),
		cmocka_unit_test(refuses_with_the_right_status),
		unit_case("HS-01 the answer to the good request", accepts_the_good_request),
		unit_case("HS-02 405 names the method", names_the_method),
		unit_case("HS-03 HS-04 other versions of HTTP", answers_other_versions_of_http),
		unit_case("HS-06 without Upgrade it takes the normal route, or gets 426",
		          plain_requests_take_the_normal_route),
		unit_case("HS-17 HS-18 426 names the version", names_the_version),
		unit_case("HS-19 400 names the version", names_the_version_to_who_can_not_write_it),
		unit_case("HS-20 what follows an answer is dropped",
		          reads_nothing_behind_an_answer),
		unit_case("HS-30 an unknown path", nothing_stands_elsewhere),
		unit_case("HS-31 on_upgrade refuses by token", refuses_by_token_before_the_answer),
		unit_case("HS-32 no Origin", without_origin_it_is_no_browser),
		unit_case("HS-33 another Origin", refuses_other_origins),
		unit_case("HS-34 a listed Origin", lets_listed_origins_in),
		unit_case("HS-35 the chosen subprotocol", answers_with_the_chosen_subprotocol),
		unit_case("HS-36 no subprotocol in common, or one is required",
		          answers_without_a_subprotocol),
		unit_case("HS-37 subprotocols over two lines", joins_subprotocols_over_lines),
		unit_case("HS-38 a subprotocol in other letters", compares_subprotocols_by_case),
		unit_case("HS-39 malformed lists of subprotocols", refuses_malformed_subprotocols),
		cmocka_unit_test(lets_the_program_decide_on_upgrades),
		cmocka_unit_test(refuses_a_subprotocol_that_was_not_offered),
		cmocka_unit_test(accepts_after_a_try_that_failed),
		unit_case("HS-46 fields of the program that are none",
		          refuses_fields_that_are_none),
		cmocka_unit_test(never_accepts_what_could_not_be_refused),
		cmocka_unit_test(never_accepts_for_want_of_memory),
		cmocka_unit_test(survives_an_end_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
