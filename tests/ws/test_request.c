/* SPDX-License-Identifier: MIT */
/* test_request.c: what a server answers to requests, as plain HTTP and as upgrades. */
#include "ws/fixture.h"

#include <stdlib.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: example.org\r\n\r\n"

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

static int status_of(const char *text)
{
	assert_memory_equal(text, "HTTP/1.1 ", 9);
	return atoi(text + 9);
}

static const char *body_of(const char *text)
{
	return strstr(text, "\r\n\r\n") + 4;
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

/* What follows a refusal is neither a request nor a frame: a proxy may think otherwise. */
static void reads_nothing_behind_a_refusal(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	ask(&f, GET("/nothing") GET("/"));
	assert_int_equal(status_of(answer), 404);
	assert_null(strstr(answer + 1, "HTTP/1.1"));
	assert_seen("");
	fixture_stop(&f);
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
		cmocka_unit_test(refuses_with_the_right_status),
		cmocka_unit_test(reads_nothing_behind_a_refusal),
		cmocka_unit_test(lets_the_program_decide_on_upgrades),
		cmocka_unit_test(refuses_a_subprotocol_that_was_not_offered),
		cmocka_unit_test(never_accepts_what_could_not_be_refused),
		cmocka_unit_test(never_accepts_for_want_of_memory),
		cmocka_unit_test(survives_an_end_at_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
