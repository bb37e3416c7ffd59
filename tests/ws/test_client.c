/* SPDX-License-Identifier: MIT */
/* test_client.c: a client in virtual time: the ways to an open connection, and those that fail. */
#include "support/unit.h"

#include <stdarg.h>
#include <stdio.h>

#include <navette/navette.h>

#include "base/base64.h"
#include "base/sha1.h"
#include "sim/sim.h"
#include "support/failing_alloc.h"

static struct nv_loop *loop;
static struct nv_client *client;
static char seen[2048];
static bool free_when_told;

__attribute__((format(printf, 1, 2))) static void saw(const char *format, ...)
{
	size_t len = strlen(seen);
	va_list values;

	va_start(values, format);
	vsnprintf(seen + len, sizeof seen - len, format, values);
	va_end(values);
}

static void assert_seen(const char *expected)
{
	assert_string_equal(seen, expected);
	seen[0] = '\0';
}

static void on_open(struct nv_conn *conn)
{
	const char *subprotocol = nv_conn_subprotocol(conn);

	assert_ptr_equal(nv_client_conn(client), conn);
	saw("open:%s,%s ", (const char *)nv_conn_user(conn), subprotocol ? subprotocol : "none");
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	(void)opcode;
	saw("message:%.*s ", (int)message.len, (const char *)message.data);
	if (nv_bytes_is(message, "free"))
		nv_client_free(client);
	else
		assert_int_equal(nv_conn_send_text(conn, "merci"), 0);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	saw("close:%u,%s ", close->status, nv_cause_text(close->cause));
	if (free_when_told)
		nv_client_free(client);
}

static void on_fail(struct nv_client *failed, void *user, const struct nv_failure *failure)
{
	assert_ptr_equal(failed, client);
	saw("fail:%s,%d,%s,%d,%s,%.*s ", (const char *)user, (int)failure->stage,
	    nv_strerror(failure->error), failure->status, failure->text, (int)failure->body.len,
	    (const char *)failure->body.data);
	if (free_when_told)
		nv_client_free(client);
}

static const struct nv_handlers handlers = {
	.on_open = on_open,
	.on_message = on_message,
	.on_close = on_close,
};

static void start(const char *url, struct nv_client_options options)
{
	options.user = "moi";
	options.on_fail = on_fail;
	seen[0] = '\0';
	failing_alloc_install();
	loop = nv_loop_new();
	client = nv_client_new(loop, url, &handlers, &options);
	assert_non_null(client);
	assert_null(nv_client_conn(client));
	sim_settle(loop);
}

static void stop(void)
{
	if (!free_when_told)
		nv_client_free(client);
	nv_loop_free(loop);
	failing_alloc_remove();
	free_when_told = false;
}

/* What the client asked, as a string that lives until the next call. */
static const char *request_of(struct sim_peer *peer)
{
	static char request[20000];
	struct nv_bytes took = sim_peer_take(peer);

	assert_true(took.len < sizeof request);
	memcpy(request, took.data, took.len);
	request[took.len] = '\0';
	return request;
}

static void append_accept(const char *request, char *answer)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	const char *key = strstr(request, "Sec-WebSocket-Key: ") + 19;
	uint8_t digest[NV_SHA1_SIZE];
	char text[24 + sizeof guid], accept[29] = "";

	memcpy(text, key, 24);
	memcpy(text + 24, guid, sizeof guid);
	nv_sha1(text, 24 + sizeof guid - 1, digest);
	nv_base64_encode(digest, sizeof digest, accept);
	sprintf(answer + strlen(answer), "Sec-WebSocket-Accept: %s\r\n", accept);
}

/* A valid 101 with these further lines, and what follows it. */
static void answer_upgrade(struct sim_peer *peer, const char *lines, const char *rest, size_t len)
{
	char answer[1024] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			    "Connection: Upgrade\r\n";

	append_accept(request_of(peer), answer);
	strcat(answer, lines);
	strcat(answer, "\r\n");
	sim_peer_send_text(peer, answer);
	sim_peer_send(peer, rest, len);
	sim_settle(loop);
}

static void opens_and_talks(void **state)
{
	struct sim_peer *peer;
	struct nv_bytes took;

	(void)state;
	start("ws://127.0.0.1:8080/chat?x=1",
	      (struct nv_client_options){ .subprotocols = "a, b", .fields = "Origin: o\r\n" });
	peer = sim_next_connect();
	{
		const char *request = request_of(peer);
		char answer[512] = "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				   "Sec-WebSocket-Protocol: b\r\n";

		assert_memory_equal(request, "GET /chat?x=1 HTTP/1.1\r\n", 24);
		assert_non_null(strstr(request, "\r\nHost: 127.0.0.1:8080\r\n"));
		assert_non_null(strstr(request, "\r\nSec-WebSocket-Protocol: a, b\r\n"));
		assert_non_null(strstr(request, "\r\nOrigin: o\r\n"));
		append_accept(request, answer);
		strcat(answer, "\r\n");
		sim_peer_send_text(peer, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
		sim_peer_send_text(peer, answer);
		sim_peer_send(peer, "\x81\x05salut", 7);
		sim_settle(loop);
	}
	assert_seen("open:moi,b message:salut ");
	took = sim_peer_take(peer);
	assert_int_equal(took.len, 2 + 4 + 5);
	assert_int_equal(took.data[0], 0x81);
	assert_int_equal(took.data[1], 0x85);
	/* The server closes, and then ends the stream first (RFC 6455 7.1.1). */
	sim_peer_send(peer, "\x88\x02\x03\xe8", 4);
	sim_settle(loop);
	assert_seen("close:1000,closing handshake ");
	assert_int_equal(sim_peer_take(peer).len, 8);
	assert_false(sim_peer_ended(peer));
	assert_null(nv_client_conn(client));
	sim_peer_eof(peer);
	sim_settle(loop);
	assert_true(sim_peer_closed(peer));
	stop();
	assert_seen("");
}

static void opens_at_every_split_of_the_answer(void **state)
{
	(void)state;
	for (size_t chunk = 1; chunk < 160; chunk++) {
		struct sim_peer *peer;

		start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
		peer = sim_next_connect();
		sim_chunk(peer, chunk);
		answer_upgrade(peer, "", "\x81\x01x\x88\x00", 5);
		assert_seen("open:moi,none message:x close:1005,closing handshake ");
		stop();
	}
}

static void tries_every_address(void **state)
{
	struct sim_peer *peer;

	(void)state;
	sim_on_resolve("deux.example", "192.0.2.7 192.0.2.8 2001:db8::9", NULL);
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	sim_on_connect(SIM_FAIL, NV_ERR_UNREACHABLE);
	start("ws://deux.example/", (struct nv_client_options){ 0 });
	assert_non_null(sim_next_connect());
	peer = sim_next_connect();
	assert_non_null(peer);
	if (sim_peer_address(peer)->ip[15] != 9)
		peer = sim_next_connect();
	assert_int_equal(sim_peer_address(peer)->ip[15], 9);
	answer_upgrade(peer, "", "", 0);
	assert_seen("open:moi,none ");
	stop();
	assert_seen("close:1006,aborted by this side ");
}

static void tells_why_it_failed(void **state)
{
	(void)state;
	start("http://127.0.0.1/", (struct nv_client_options){ 0 });
	assert_memory_equal(seen, "fail:moi,0,invalid argument,0,", 30);
	stop();
	start("wss://127.0.0.1/", (struct nv_client_options){ 0 });
	assert_memory_equal(seen, "fail:moi,0,not supported here,0,", 32);
	stop();
	start("ws://nowhere.example/", (struct nv_client_options){ 0 });
	assert_memory_equal(seen, "fail:moi,1,the host name has no address,0,", 42);
	stop();
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start("ws://127.0.0.1:81/", (struct nv_client_options){ 0 });
	assert_seen("fail:moi,2,connection refused,0,127.0.0.1:81: connection refused, ");
	stop();
}

static void gives_up_in_time(void **state)
{
	(void)state;
	sim_on_resolve("slow.example", NULL, NULL);
	start("ws://slow.example/", (struct nv_client_options){ 0 });
	sim_advance(loop, 14900);
	assert_seen("");
	sim_advance(loop, 200);
	assert_seen("fail:moi,1,timed out,0,the name server did not answer in time, ");
	stop();
	sim_on_connect(SIM_HANG, 0);
	start("ws://127.0.0.1/", (struct nv_client_options){ .connect_timeout_ms = 500 });
	sim_advance(loop, 600);
	assert_seen("fail:moi,2,timed out,0,127.0.0.1:80: timed out, ");
	stop();
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	sim_advance(loop, 9000);
	assert_seen("");
	sim_advance(loop, 1100);
	assert_seen("fail:moi,3,timed out,0,the server did not answer the handshake in time, ");
	stop();
}

static void shows_what_a_refusal_says(void **state)
{
	static const struct {
		const char *answer;
		bool end;
		const char *seen;
	} cases[] = {
		{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nnon", false,
		  "fail:moi,3,protocol error,403,the server answered 403 Forbidden,non " },
		{ "HTTP/1.1 404 Not\x1b[0m\r\n\r\nperdu", true,
		  "fail:moi,3,protocol error,0,a control character in the head, " },
		{ "HTTP/1.1 404 \r\n\r\nperdu", true,
		  "fail:moi,3,protocol error,404,the server answered 404 ,perdu " },
		{ "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", false,
		  "fail:moi,3,protocol error,204,the server answered 204 No, " },
		{ "", true,
		  "fail:moi,3,the peer closed the connection,0,the server closed the connection "
		  "without an answer, " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sim_peer *peer;

		start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
		peer = sim_next_connect();
		sim_peer_send_text(peer, cases[i].answer);
		if (cases[i].end)
			sim_peer_eof(peer);
		sim_settle(loop);
		if (i == 1) {
			assert_memory_equal(seen, "fail:moi,3,protocol error,", 26);
			seen[0] = '\0';
		} else {
			assert_seen(cases[i].seen);
		}
		assert_true(sim_peer_closed(peer));
		stop();
	}
}

/* The answer counts, whatever comes of the connection then, and at once. */
static void tells_a_refusal_without_waiting(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	sim_peer_send_text(peer, "HTTP/1.1 403 Forbidden\r\nContent-Length: 30\r\n\r\nnon");
	sim_peer_reset(peer);
	sim_settle(loop);
	assert_seen("fail:moi,3,protocol error,403,the server answered 403 Forbidden,non ");
	stop();
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	sim_peer_send_text(peer, "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnon");
	sim_settle(loop);
	assert_seen("fail:moi,3,protocol error,401,the server answered 401 No, ");
	stop();
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	sim_peer_send_text(peer, "HTTP/1.1 503 Busy\r\n\r\nplus tard");
	sim_advance(loop, 900);
	assert_seen("");
	sim_advance(loop, 200);
	assert_seen("fail:moi,3,protocol error,503,the server answered 503 Busy,plus tard ");
	stop();
}

static void leaves_time_for_the_next_address(void **state)
{
	(void)state;
	sim_on_resolve("deux.example", "192.0.2.7 192.0.2.8", NULL);
	sim_on_connect(SIM_HANG, 0);
	start("ws://deux.example/", (struct nv_client_options){ .connect_timeout_ms = 10000 });
	assert_non_null(sim_next_connect());
	sim_advance(loop, 4900);
	assert_null(sim_next_connect());
	sim_advance(loop, 200);
	answer_upgrade(sim_next_connect(), "", "", 0);
	assert_seen("open:moi,none ");
	stop();
}

/* Freed in its last callback, it has still answered the Close. */
static void answers_the_close_although_it_is_freed(void **state)
{
	struct sim_peer *peer;

	(void)state;
	free_when_told = true;
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	answer_upgrade(peer, "", "\x88\x02\x03\xe8", 4);
	assert_seen("open:moi,none close:1000,closing handshake ");
	assert_int_equal(sim_peer_take(peer).len, 8);
	stop();
}

static void refuses_a_wrong_accept(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	sim_peer_send_text(peer,
	                   "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x01x");
	sim_settle(loop);
	assert_memory_equal(seen, "fail:moi,3,protocol error,101,", 30);
	stop();
}

static void may_be_freed_in_every_callback(void **state)
{
	struct sim_peer *peer;

	(void)state;
	free_when_told = true;
	start("http://", (struct nv_client_options){ 0 });
	stop();
	free_when_told = true;
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	stop();
	free_when_told = true;
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	answer_upgrade(sim_next_connect(), "", "\x88\x00", 2);
	stop();
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	answer_upgrade(peer, "",
	               "\x81\x04"
	               "free\x81\x01x",
	               9);
	assert_seen("open:moi,none message:free close:1006,aborted by this side ");
	assert_true(sim_peer_closed(peer));
	free_when_told = true;
	stop();
}

/* Freed at every point of its way without a callback that comes later. */
static void may_be_freed_at_any_time(void **state)
{
	(void)state;
	for (int turns = 0; turns < 6; turns++) {
		failing_alloc_install();
		loop = nv_loop_new();
		seen[0] = '\0';
		client = nv_client_new(
			loop, "ws://127.0.0.1/", &handlers,
			&(struct nv_client_options){ .user = "moi", .on_fail = on_fail });
		for (int i = 0; i < turns; i++)
			sim_turn(loop);
		nv_client_free(client);
		nv_loop_free(loop);
		assert_seen("");
		failing_alloc_remove();
	}
}

static void survives_without_memory(void **state)
{
	size_t nth = 0;
	bool complete = false;

	(void)state;
	while (!complete) {
		struct sim_peer *peer;

		failing_alloc_install();
		loop = nv_loop_new();
		seen[0] = '\0';
		failing_alloc_fail(++nth, FAIL_ONCE);
		client = nv_client_new(loop, "ws://127.0.0.1/", &handlers,
		                       &(struct nv_client_options){ .user = "moi",
		                                                    .on_fail = on_fail,
		                                                    .subprotocols = "a" });
		if (client) {
			sim_settle(loop);
			peer = sim_next_connect();
			if (peer && !sim_peer_closed(peer))
				answer_upgrade(peer, "Sec-WebSocket-Protocol: a\r\n", "\x88\x00",
				               2);
			complete = strcmp(seen, "open:moi,a close:1005,closing handshake ") == 0;
			assert_true(strlen(seen) > 0);
			nv_client_free(client);
		}
		complete = complete && failing_alloc_count() < nth;
		nv_loop_free(loop);
		failing_alloc_remove();
		assert_true(nth < 200);
	}
	assert_true(nth > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_talks),
		cmocka_unit_test(opens_at_every_split_of_the_answer),
		cmocka_unit_test(tries_every_address),
		cmocka_unit_test(tells_why_it_failed),
		cmocka_unit_test(gives_up_in_time),
		cmocka_unit_test(shows_what_a_refusal_says),
		cmocka_unit_test(tells_a_refusal_without_waiting),
		cmocka_unit_test(leaves_time_for_the_next_address),
		cmocka_unit_test(answers_the_close_although_it_is_freed),
		cmocka_unit_test(refuses_a_wrong_accept),
		cmocka_unit_test(may_be_freed_in_every_callback),
		cmocka_unit_test(may_be_freed_at_any_time),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
