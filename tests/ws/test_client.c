/* SPDX-License-Identifier: MIT */
/* test_client.c: a client in virtual time: the ways to an open connection, and those that fail. */
#include <navette/navette.h>

#include "base/base64.h"
#include "base/sha1.h"
#include "sim/sim.h"
#include "support/failing_alloc.h"
#include "support/find.h"
#include "ws/seen.h"
#include "ws/ways.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct nv_loop *loop;
static struct nv_client *client;
static bool free_when_told;

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

/* What comes before and after the accept value in a good answer. */
#define ANSWER_START                                                                               \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define ANSWER_END "\r\n"

/* Connects, and gets this answer that way: what stands before the accept value, and behind it. */
static struct sim_peer *start_answered(const struct way *way, const char *before,
                                       const char *behind, size_t behind_len)
{
	struct sim_peer *peer;
	char answer[8192];
	size_t len;

	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	strcpy(answer, before);
	append_accept(request_of(peer), answer);
	len = strlen(answer);
	assert_true(len + behind_len < sizeof answer);
	memcpy(answer + len, behind, behind_len);
	way_send(way, loop, peer, answer, len + behind_len);
	return peer;
}

/* What is seen of such an answer, in whatever pieces it arrives. */
static void expect_seen(const char *before, const char *behind, size_t behind_len,
                        const char *expected)
{
	size_t len = strlen(before) + strlen("Sec-WebSocket-Accept: \r\n") + 28 + behind_len;

	for (struct way way = { 0 }; way_next(&way, len);) {
		start_answered(&way, before, behind, behind_len);
		assert_seen(expected);
		stop();
		seen[0] = '\0';
	}
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

/* No frame is lost, however the segment with the answer is cut. */
static void takes_frames_behind_the_answer(void **state)
{
	static const char behind[] =
		ANSWER_END "\x81\x01x\x01\x01y\x89\x01p\x80\x01z\x88\x02\x0f\xa0";

	(void)state;
	expect_seen(ANSWER_START, behind, sizeof behind - 1,
	            "open:moi,none message:x message:yz close:4000,closing handshake ");
}

static void skips_interim_answers(void **state)
{
	static const char behind[] = ANSWER_END "\x81\x01x";
	struct sim_peer *peer;

	(void)state;
	expect_seen("HTTP/1.1 100 Continue\r\n\r\n"
	            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n" ANSWER_START,
	            behind, sizeof behind - 1, "open:moi,none message:x ");
	/* Their number does not matter, but the deadline does. */
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	for (int i = 0; i < 99; i++) {
		sim_peer_send_text(peer, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
		sim_advance(loop, 100);
	}
	assert_seen("");
	sim_advance(loop, 200);
	assert_seen("fail:moi,5,timed out,0,the server did not answer the handshake in time, ");
	stop();
}

static void refuses_http_1_0(void **state)
{
	(void)state;
	expect_seen("HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	            "Connection: Upgrade\r\n",
	            ANSWER_END "\x81\x01x", 5,
	            "fail:moi,5,protocol error,101,the server answers in HTTP/1.0, ");
}

static void ignores_a_body_of_the_answer(void **state)
{
	(void)state;
	expect_seen(ANSWER_START "Content-Length: 3\r\n", ANSWER_END "\x81\x01x", 5,
	            "open:moi,none message:x ");
	expect_seen(ANSWER_START "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
	            ANSWER_END "\x81\x01x", 5, "open:moi,none message:x ");
}

/* --- The request --- */

/* How many lines of the request have that name. */
static size_t count_fields(const char *request, const char *name)
{
	char start_of_line[64];
	size_t count = 0;

	snprintf(start_of_line, sizeof start_of_line, "\r\n%s: ", name);
	for (const char *at = request; (at = find_word(at, start_of_line)); at++)
		count++;
	return count;
}

static void asks_as_the_url_says(void **state)
{
	static const struct {
		const char *url, *line, *host;
	} cases[] = {
		{ "ws://127.0.0.1", "GET / HTTP/1.1\r\n", "127.0.0.1" },
		{ "ws://127.0.0.1:80/", "GET / HTTP/1.1\r\n", "127.0.0.1" },
		{ "ws://127.0.0.1:8080/chat?x=1&y", "GET /chat?x=1&y HTTP/1.1\r\n",
		  "127.0.0.1:8080" },
		{ "ws://127.0.0.1:443?x", "GET /?x HTTP/1.1\r\n", "127.0.0.1:443" },
		{ "ws://[::1]/", "GET / HTTP/1.1\r\n", "[::1]" },
		{ "ws://[::1]:81/", "GET / HTTP/1.1\r\n", "[::1]:81" },
		{ "ws://LocalHost:81/", "GET / HTTP/1.1\r\n", "LocalHost:81" },
	};
	static const char *const once[] = { "Host", "Upgrade", "Connection", "Sec-WebSocket-Key",
		                            "Sec-WebSocket-Version" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char host[64];
		const char *request;

		start(cases[i].url, (struct nv_client_options){ 0 });
		request = request_of(sim_next_connect());
		assert_memory_equal(request, cases[i].line, strlen(cases[i].line));
		snprintf(host, sizeof host, "\r\nHost: %s\r\n", cases[i].host);
		assert_non_null(strstr(request, host));
		assert_non_null(strstr(request, "\r\nUpgrade: websocket\r\n"));
		assert_non_null(strstr(request, "\r\nConnection: Upgrade\r\n"));
		assert_non_null(strstr(request, "\r\nSec-WebSocket-Version: 13\r\n"));
		for (size_t j = 0; j < COUNT(once); j++)
			assert_int_equal(count_fields(request, once[j]), 1);
		stop();
	}
}

/* Keys are what the source of random bytes gives, 16 of them for each connection. */
static void asks_with_a_new_key_each_time(void **state)
{
	static char keys[300][24];

	(void)state;
	failing_alloc_install();
	loop = nv_loop_new();
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *key;

		client = nv_client_new(loop, "ws://127.0.0.1/", &handlers, NULL);
		sim_settle(loop);
		key = strstr(request_of(sim_next_connect()), "Sec-WebSocket-Key: ") + 19;
		assert_memory_equal(key + 22, "==\r\n", 4);
		memcpy(keys[i], key, sizeof keys[i]);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(keys[i], keys[j], sizeof keys[i]);
		nv_client_free(client);
	}
	nv_loop_free(loop);
	failing_alloc_remove();
}

static void does_not_ask_without_random_bytes(void **state)
{
	(void)state;
	failing_alloc_install();
	loop = nv_loop_new();
	seen[0] = '\0';
	client = nv_client_new(loop, "ws://127.0.0.1/", &handlers,
	                       &(struct nv_client_options){ .user = "moi", .on_fail = on_fail });
	sim_fail_random(NV_ERR_SYSTEM);
	sim_settle(loop);
	assert_int_equal(sim_peer_take(sim_next_connect()).len, 0);
	assert_memory_equal(seen, "fail:moi,5,system error,0,", 26);
	stop();
}

/* Nothing is sent between the request and the answer, whatever part of that has come. */
static void sends_nothing_before_the_answer(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start("ws://127.0.0.1/",
	      (struct nv_client_options){ .ping_interval_ms = 1000, .pong_timeout_ms = 1000 });
	peer = sim_next_connect();
	assert_memory_equal(request_of(peer), "GET / HTTP/1.1\r\n", 16);
	sim_peer_send_text(peer, "HTTP/1.1 103 Early Hints\r\n\r\n");
	sim_peer_send_text(peer, ANSWER_START "Sec-WebSocket-Accept: ");
	sim_advance(loop, 9900);
	assert_int_equal(sim_peer_take(peer).len, 0);
	assert_int_equal(sim_peer_writes(peer), 1);
	assert_false(sim_peer_ended(peer));
	assert_null(nv_client_conn(client));
	sim_advance(loop, 200);
	assert_memory_equal(seen, "fail:moi,5,timed out,", 21);
	assert_int_equal(sim_peer_take(peer).len, 0);
	stop();
}

/* No packet leaves, and what the URL keeps secret is told to nobody. */
static void refuses_bad_urls_before_any_packet(void **state)
{
	static const char *const urls[] = {
		"ws://127.0.0.1/#secret",
		"ws://127.0.0.1#secret",
		"ws://127.0.0.1:0/",
		"ws://127.0.0.1:65536/",
		"ws://127.0.0.1:8x/",
		"ws://secret@127.0.0.1/",
		"ws://u:secret@127.0.0.1/",
		"ws://127.0.0.1/a b",
		" ws://127.0.0.1/",
		"ws://127.0.0.1/\r\nX: y",
		"http://127.0.0.1/",
		"ws://",
		"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		start(urls[i], (struct nv_client_options){ 0 });
		assert_null(sim_next_connect());
		assert_memory_equal(seen, "fail:moi,0,invalid argument,0,", 30);
		assert_null(strstr(seen, "secret"));
		sim_advance(loop, 20000);
		assert_null(sim_next_connect());
		stop();
	}
}

/* Families take turns (RFC 8305 4); who refuses gives way at once. */
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
	if (sim_peer_address(peer)->ip[15] != 8)
		peer = sim_next_connect();
	assert_int_equal(sim_peer_address(peer)->ip[15], 8);
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
	start("ws://nowhere.example/", (struct nv_client_options){ 0 });
	assert_memory_equal(seen,
	                    "fail:moi,1,the host name has no address,0,nowhere.example: ", 59);
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
	assert_seen("fail:moi,1,timed out,0,"
	            "slow.example: the name server did not answer in time, ");
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
	assert_seen("fail:moi,5,timed out,0,the server did not answer the handshake in time, ");
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
		  "fail:moi,5,protocol error,403,the server answered 403 Forbidden,non " },
		{ "HTTP/1.1 404 Not\x1b[0m\r\n\r\nperdu", true,
		  "fail:moi,5,protocol error,0,a control character in the head, " },
		{ "HTTP/1.1 404 \r\n\r\nperdu", true,
		  "fail:moi,5,protocol error,404,the server answered 404 ,perdu " },
		{ "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", false,
		  "fail:moi,5,protocol error,204,the server answered 204 No, " },
		{ "", true,
		  "fail:moi,5,the peer closed the connection,0,the server closed the connection "
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
			assert_memory_equal(seen, "fail:moi,5,protocol error,", 26);
			seen[0] = '\0';
		} else {
			assert_seen(cases[i].seen);
		}
		assert_true(sim_peer_closed(peer));
		stop();
	}
}

static const char *const refusals[] = { "200 OK",
	                                "400 Bad Request",
	                                "401 Unauthorized",
	                                "403 Forbidden",
	                                "404 Not Found",
	                                "426 Upgrade Required",
	                                "500 Internal Server Error",
	                                "503 Service Unavailable" };

/* One answer, and the body that is told of it. */
static void expect_refusal(const char *status, const struct way *way, const char *answer,
                           size_t len, const char *body)
{
	char expected[8192];
	struct sim_peer *peer;

	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	way_send(way, loop, peer, answer, len);
	sim_advance(loop, 1100);
	snprintf(expected, sizeof expected,
	         "fail:moi,5,protocol error,%.3s,the server answered %s,%s ", status, status, body);
	assert_seen(expected);
	assert_true(sim_peer_closed(peer));
	assert_null(nv_client_conn(client));
	stop();
}

/* It does not open, whatever else the answer says, and its body is told in whatever pieces. */
static void tells_every_refusal(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		char answer[1024];
		int len = snprintf(answer, sizeof answer,
		                   "HTTP/1.1 %s\r\nUpgrade: websocket\r\n"
		                   "Connection: Upgrade\r\n"
		                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
		                   "Content-Length: 8\r\n\r\npourquoi\x81\x01x",
		                   refusals[i]);

		for (struct way way = { 0 }; way_next(&way, (size_t)len);)
			expect_refusal(refusals[i], &way, answer, (size_t)len, "pourquoi");
	}
}

/* At most 4 KiB of the body are read, of what length it may be. */
static void tells_four_kibibytes_of_a_body(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 60000 };
	static char body[60001];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		static char answer[61000];
		char told[4097] = "";
		struct way way = { 0 };
		int head =
			snprintf(answer, sizeof answer,
		                 "HTTP/1.1 403 Forbidden\r\nContent-Length: %zu\r\n\r\n", sizes[i]);

		memset(body, 'b', sizeof body);
		memcpy(answer + head, body, sizes[i]);
		memset(told, 'b', sizes[i] < 4096 ? sizes[i] : 4096);
		assert_true(way_next(&way, 1));
		expect_refusal("403 Forbidden", &way, answer, (size_t)head + sizes[i], told);
		/* The same without a length, which ends with the connection. */
		head = snprintf(answer, sizeof answer, "HTTP/1.1 403 Forbidden\r\n\r\n");
		memcpy(answer + head, body, sizes[i]);
		expect_refusal("403 Forbidden", &way, answer, (size_t)head + sizes[i], told);
	}
}

static void may_require_a_subprotocol(void **state)
{
	(void)state;
	for (int required = 0; required < 2; required++) {
		start("ws://127.0.0.1/",
		      (struct nv_client_options){ .subprotocols = "a, b",
		                                  .require_subprotocol = required });
		answer_upgrade(sim_next_connect(), "", "", 0);
		if (required)
			assert_seen("fail:moi,5,protocol error,101,"
			            "the server chose none of the subprotocols offered, ");
		else
			assert_seen("open:moi,none ");
		stop();
		start("ws://127.0.0.1/",
		      (struct nv_client_options){ .subprotocols = "a, b",
		                                  .require_subprotocol = required });
		answer_upgrade(sim_next_connect(), "Sec-WebSocket-Protocol: b\r\n", "", 0);
		assert_seen("open:moi,b ");
		stop();
	}
}

/* --- Answers without end --- */

/* Sends the same line again until the client has had enough; the memory it takes meanwhile. */
static size_t send_without_end(const char *line)
{
	struct sim_peer *peer;
	size_t before, most = 0;

	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	before = failing_alloc_live_bytes();
	sim_peer_send_text(peer, "HTTP/1.1 101 S\r\n");
	for (int i = 0; i < 100000 && !sim_peer_closed(peer); i++) {
		sim_peer_send_text(peer, line);
		sim_settle(loop);
		if (failing_alloc_live_bytes() > most)
			most = failing_alloc_live_bytes();
	}
	assert_true(sim_peer_closed(peer));
	assert_memory_equal(seen, "fail:moi,5,protocol error,", 26);
	stop();
	return most - before;
}

static void limits_the_answer(void **state)
{
	(void)state;
	assert_true(send_without_end("X: y\r\n") < 40000);
	assert_true(send_without_end("x") < 40000);
	assert_true(send_without_end(
			    "X-Long-Name-Of-A-Field: and a long value, more than it needs to be, "
			    "so that the block is full before the fields are too many; and "
			    "it is not even interesting, but for its length, which is what "
			    "counts here and nowhere else in this world of short lines\r\n") <
	            40000);
}

/* Its bytes buy no time. */
static void limits_how_long_the_answer_takes(void **state)
{
	static const char answer[] =
		ANSWER_START "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

	(void)state;
	for (size_t len = 0; len < sizeof answer; len += 7) {
		struct sim_peer *peer;

		start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
		peer = sim_next_connect();
		sim_peer_send(peer, answer, len);
		sim_advance(loop, 9900);
		assert_seen("");
		sim_advance(loop, 200);
		assert_memory_equal(seen, "fail:moi,5,timed out,", 21);
		assert_true(sim_peer_closed(peer));
		stop();
		start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
		peer = sim_next_connect();
		for (size_t i = 0; i < 99; i++) {
			sim_peer_send(peer, answer + i, 1);
			sim_advance(loop, 100);
		}
		assert_seen("");
		sim_advance(loop, 200);
		assert_memory_equal(seen, "fail:moi,5,timed out,", 21);
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
	assert_seen("fail:moi,5,protocol error,403,the server answered 403 Forbidden,non ");
	stop();
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	sim_peer_send_text(peer, "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnon");
	sim_settle(loop);
	assert_seen("fail:moi,5,protocol error,401,the server answered 401 No, ");
	stop();
	start("ws://127.0.0.1/", (struct nv_client_options){ 0 });
	peer = sim_next_connect();
	sim_peer_send_text(peer, "HTTP/1.1 503 Busy\r\n\r\nplus tard");
	sim_advance(loop, 900);
	assert_seen("");
	sim_advance(loop, 200);
	assert_seen("fail:moi,5,protocol error,503,the server answered 503 Busy,plus tard ");
	stop();
}

/* An address that says nothing is not waited for (RFC 8305 5). */
static void tries_the_next_when_one_is_dead(void **state)
{
	(void)state;
	sim_on_resolve("deux.example", "192.0.2.7 192.0.2.8", NULL);
	sim_on_connect(SIM_HANG, 0);
	start("ws://deux.example/", (struct nv_client_options){ 0 });
	assert_non_null(sim_next_connect());
	sim_advance(loop, 249);
	assert_null(sim_next_connect());
	sim_advance(loop, 1);
	answer_upgrade(sim_next_connect(), "", "", 0);
	assert_seen("open:moi,none ");
	stop();
}

static void gives_up_on_all_addresses_together(void **state)
{
	(void)state;
	sim_on_resolve("trois.example", "192.0.2.7 192.0.2.8 192.0.2.9", NULL);
	for (int i = 0; i < 3; i++)
		sim_on_connect(SIM_HANG, 0);
	start("ws://trois.example/", (struct nv_client_options){ 0 });
	sim_advance(loop, 14999);
	assert_seen("");
	sim_advance(loop, 1);
	assert_seen("fail:moi,2,timed out,0,"
	            "trois.example: none of its 3 addresses answered in time, ");
	for (int i = 0; i < 3; i++)
		assert_true(sim_peer_closed(sim_next_connect()));
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
	assert_memory_equal(seen, "fail:moi,5,protocol error,101,", 30);
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
		unit_case("CH-15 frames in the segment of the answer",
		          takes_frames_behind_the_answer),
		unit_case("CH-16 interim answers", skips_interim_answers),
		unit_case("CH-17 101 in HTTP/1.0", refuses_http_1_0),
		unit_case("CH-17 101 with the fields of a body", ignores_a_body_of_the_answer),
		unit_case("CH-01 the request of a URL", asks_as_the_url_says),
		unit_case("CH-02 each connection has a key of its own",
		          asks_with_a_new_key_each_time),
		unit_case("CH-02 no request without random bytes",
		          does_not_ask_without_random_bytes),
		unit_case("CH-06 no data before the answer", sends_nothing_before_the_answer),
		unit_case("CH-03 bad URLs fail before any packet",
		          refuses_bad_urls_before_any_packet),
		unit_case("CH-22 the next address when one refuses", tries_every_address),
		cmocka_unit_test(tells_why_it_failed),
		cmocka_unit_test(gives_up_in_time),
		cmocka_unit_test(shows_what_a_refusal_says),
		unit_case("CH-07 other statuses, and their bodies", tells_every_refusal),
		unit_case("CH-07 4 KiB of a body", tells_four_kibibytes_of_a_body),
		unit_case("CH-12 a subprotocol may be required", may_require_a_subprotocol),
		unit_case("CH-18 an answer without end", limits_the_answer),
		unit_case("CH-18 an answer that takes too long", limits_how_long_the_answer_takes),
		cmocka_unit_test(tells_a_refusal_without_waiting),
		unit_case("CH-22 the next address when one is dead",
		          tries_the_next_when_one_is_dead),
		unit_case("CH-22 15 seconds for all addresses", gives_up_on_all_addresses_together),
		cmocka_unit_test(answers_the_close_although_it_is_freed),
		cmocka_unit_test(refuses_a_wrong_accept),
		cmocka_unit_test(may_be_freed_in_every_callback),
		cmocka_unit_test(may_be_freed_at_any_time),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
