/* SPDX-License-Identifier: MIT */
/* test_tunnel.c: a client behind a proxy, in virtual time: CONNECT and SOCKS5, what they refuse, and who gets to
 * know which secret. */
#include <navette/handshake.h>

#include "ws/ways.h"

#include "ws/caller.h"
#include "ws/far_tls.h"
#include "ws/papers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HTTP "http://192.0.2.9:3128"
#define SOCKS "socks5://192.0.2.9"

static void note_trace(struct nv_client *watched, void *user, enum nv_trace what,
                       struct nv_bytes text)
{
	(void)watched;
	(void)user;
	if (what == NV_TRACE_PROXY_REQUEST || what == NV_TRACE_PROXY_ANSWER)
		saw("%s<%.*s> ", what == NV_TRACE_PROXY_REQUEST ? "ask" : "get", (int)text.len,
		    (const char *)text.data);
}

static void start(const char *url, const char *proxy, struct nv_client_options options)
{
	options.proxy = proxy;
	options.tls.ca_file = paper("ca.pem");
	caller_start(url, options);
	assert_memory_equal(seen, "connecting ", 11);
	memmove(seen, seen + 11, strlen(seen + 11) + 1);
}

static struct sim_peer *proxy_peer(uint16_t port)
{
	struct sim_peer *peer = sim_next_connect();

	assert_non_null(peer);
	assert_int_equal(sim_peer_address(peer)->ip[15], 9);
	assert_int_equal(sim_peer_address(peer)->port, port);
	assert_null(sim_next_connect());
	return peer;
}

static void answer(struct sim_peer *peer, const void *data, size_t len)
{
	sim_peer_send(peer, data, len);
	sim_settle(loop);
}

#define ANSWER(peer, literal) answer(peer, literal, sizeof(literal) - 1)

static void assert_said(struct sim_peer *peer, const void *data, size_t len)
{
	struct nv_bytes took = sim_peer_take(peer);

	assert_int_equal(took.len, len);
	assert_memory_equal(took.data, data, len);
}

#define ASSERT_SAID(peer, literal) assert_said(peer, literal, sizeof(literal) - 1)

/* --- CONNECT --- */

static void asks_by_connect(void **state)
{
	static const struct {
		const char *url, *authority;
	} cases[] = {
		{ "ws://example.org/x", "example.org:80" },
		{ "ws://example.org:8080/x", "example.org:8080" },
		{ "ws://[2001:db8::1]/x", "[2001:db8::1]:80" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char expected[256];
		struct sim_peer *peer;

		start(cases[i].url, HTTP, (struct nv_client_options){ 0 });
		peer = proxy_peer(3128);
		snprintf(expected, sizeof expected, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n",
		         cases[i].authority, cases[i].authority);
		assert_string_equal(caller_said(peer), expected);
		/* Nothing is said before the proxy has answered. */
		sim_advance(loop, 1000);
		assert_int_equal(sim_peer_take(peer).len, 0);
		ANSWER(peer, "HTTP/1.0 200 Connection established\r\n\r\n");
		assert_memory_equal(caller_accept(peer), "GET /x HTTP/1.1\r\n", 17);
		assert_seen("open open ");
		caller_stop();
	}
}

/* Interim answers are skipped, and a body that a 2xx announces does not exist. */
static void takes_any_2xx(void **state)
{
	static const char text[] =
		"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 201 Created\r\n"
		"Content-Length: 10\r\n\r\n";

	(void)state;
	for (struct way way = { 0 }; way_next(&way, sizeof text - 1);) {
		struct sim_peer *peer;

		start("ws://example.org/", HTTP, (struct nv_client_options){ 0 });
		peer = proxy_peer(3128);
		(void)caller_said(peer);
		way_send(&way, loop, peer, text, sizeof text - 1);
		caller_accept(peer);
		assert_seen("open open ");
		caller_stop();
	}
}

static void speaks_tls_through_it(void **state)
{
	static const char *const proxies[] = { HTTP, SOCKS };

	(void)state;
	for (size_t i = 0; i < COUNT(proxies); i++) {
		struct sim_peer *peer;
		struct tls_end *end;
		struct nv_timing timing;

		start("wss://example.org/", proxies[i], (struct nv_client_options){ 0 });
		peer = proxy_peer(i == 0 ? 3128 : 1080);
		(void)sim_peer_take(peer);
		if (i == 0) {
			ANSWER(peer, "HTTP/1.1 200 OK\r\n\r\n");
		} else {
			ANSWER(peer, "\x05\x00");
			ASSERT_SAID(peer, "\x05\x01\x00\x03\x0b"
			                  "example.org\x01\xbb");
			ANSWER(peer, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00");
		}
		/* Its certificate is to be the server's, not the proxy's. */
		end = far_server(peer, paper("server.pem"), paper("server.key"));
		sim_settle(loop);
		assert_string_equal(SSL_get_servername(end->ssl, TLSEXT_NAMETYPE_host_name),
		                    "example.org");
		caller_accept(peer);
		assert_seen("open open ");
		nv_client_timing(client, &timing);
		assert_int_equal(timing.handshake_us, 0);
		caller_stop();
	}
}

static void tells_a_refusal(void **state)
{
	static const struct {
		const char *answer, *seen;
		bool again;
	} cases[] = {
		{ "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nnon",
		  "fail:proxy,protocol error,407,the proxy answered 407 Proxy Authentication "
		  "Required ",
		  false },
		{ "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
		  "fail:proxy,protocol error,502,the proxy answered 502 Bad Gateway ", true },
		{ "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n",
		  "fail:proxy,protocol error,101,the proxy answered 101 Switching Protocols ",
		  false },
		{ "HTTP/1.1 302 Found\r\nLocation: ws://evil.example/\r\nContent-Length: 0\r\n\r\n",
		  "fail:proxy,protocol error,302,the proxy answered 302 Found ", false },
		{ "SSH-2.0-OpenSSH_9.2\r\n", "fail:proxy,protocol error,0,", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (struct way way = { 0 }; way_next(&way, strlen(cases[i].answer));) {
			struct sim_peer *peer;

			start("ws://example.org/", HTTP,
			      (struct nv_client_options){ .reconnect = true, .max_redirects = 5 });
			peer = proxy_peer(3128);
			if (strncmp(cases[i].answer, "SSH", 3) == 0) {
				sim_peer_send_text(peer, cases[i].answer);
				sim_settle(loop);
			} else {
				way_send(&way, loop, peer, cases[i].answer,
				         strlen(cases[i].answer));
			}
			assert_memory_equal(seen, cases[i].seen, strlen(cases[i].seen));
			assert_non_null(strstr(seen, cases[i].again ? "retry:yes" : "retry:no"));
			assert_true(sim_peer_closed(peer));
			caller_stop();
		}
	}
}

static struct nv_failure told;
static char told_body[64];
static char told_field[64];

static void note_failure(const char *event, void *about)
{
	struct nv_bytes field;

	if (strcmp(event, "fail") != 0)
		return;
	told = *(struct nv_failure *)about;
	snprintf(told_body, sizeof told_body, "%.*s", (int)told.body.len,
	         (const char *)told.body.data);
	if (!told.head)
		return;
	field = nv_head_field(told.head, "Proxy-Authenticate");
	snprintf(told_field, sizeof told_field, "%.*s", (int)field.len, (const char *)field.data);
}

/* Its head and body are there, be the body cut off, slow or broken. */
static void tells_what_a_refusal_says(void **state)
{
	(void)state;
	for (int ending = 0; ending < 4; ending++) {
		struct sim_peer *peer;

		start("ws://example.org/", HTTP,
		      (struct nv_client_options){ .connect_timeout_ms = ending == 3 ? 500 : 0 });
		on_event = note_failure;
		peer = proxy_peer(3128);
		ANSWER(peer, "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\nwho?");
		assert_seen("");
		if (ending == 0)
			sim_peer_eof(peer);
		else if (ending == 1)
			sim_peer_reset(peer);
		sim_advance(loop, ending == 2 ? 1000 : ending == 3 ? 500 : 0);
		assert_seen("fail:proxy,protocol error,407,the proxy answered 407 No ended ");
		assert_string_equal(told_body, "who?");
		assert_string_equal(told_field, "Basic");
		caller_stop();
	}
}

static void tells_silence_and_breaks(void **state)
{
	static const char *const proxies[] = { HTTP, SOCKS };
	struct sim_peer *peer;

	(void)state;
	for (size_t i = 0; i < COUNT(proxies); i++) {
		start("ws://example.org/", proxies[i], (struct nv_client_options){ 0 });
		sim_advance(loop, 14999);
		assert_seen("");
		sim_advance(loop, 1);
		assert_seen("fail:proxy,timed out,0,the proxy did not answer in time ended ");
		caller_stop();
		start("ws://example.org/", proxies[i], (struct nv_client_options){ 0 });
		sim_peer_eof(sim_next_connect());
		sim_settle(loop);
		assert_seen("fail:proxy,the peer closed the connection,0,"
		            "the proxy closed the connection without an answer ended ");
		caller_stop();
		start("ws://example.org/", proxies[i], (struct nv_client_options){ 0 });
		sim_peer_reset(sim_next_connect());
		sim_settle(loop);
		assert_seen("fail:proxy,connection reset by the peer,0,"
		            "the connection to the proxy broke ended ");
		caller_stop();
	}
	/* TLS has what is left of the time. */
	start("wss://example.org/", HTTP, (struct nv_client_options){ 0 });
	peer = proxy_peer(3128);
	sim_advance(loop, 14000);
	ANSWER(peer, "HTTP/1.1 200 OK\r\n\r\n");
	sim_advance(loop, 999);
	assert_seen("");
	sim_advance(loop, 1);
	assert_seen("fail:tls,timed out,0,example.org: the TLS handshake took too long ended ");
	caller_stop();
}

static void takes_nothing_behind_the_answer(void **state)
{
	(void)state;
	start("ws://example.org/", HTTP, (struct nv_client_options){ 0 });
	ANSWER(sim_next_connect(), "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n");
	assert_seen("fail:proxy,protocol error,0,the proxy sent more than its answer ended ");
	caller_stop();
	start("ws://example.org/", SOCKS, (struct nv_client_options){ 0 });
	ANSWER(sim_next_connect(), "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00H");
	assert_seen("fail:proxy,protocol error,0,the proxy sent more than its answer ended ");
	caller_stop();
}

static void tells_who_is_not_there(void **state)
{
	(void)state;
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	start("ws://example.org/", HTTP, (struct nv_client_options){ 0 });
	sim_settle(loop);
	assert_seen("fail:connect,connection refused,0,"
	            "the proxy 192.0.2.9:3128: connection refused ended ");
	caller_stop();
	caller_start("ws://example.org/",
	             (struct nv_client_options){ .proxy = "http://no.example" });
	assert_memory_equal(seen,
	                    "connecting fail:resolve,the host name has no address,0,the proxy "
	                    "no.example: ",
	                    77);
	caller_stop();
}

/* Who it was is told apart from what is said about it. */
static void assert_blames(const char *proxy, bool blamed, const char *expected)
{
	caller_begin();
	sim_on_resolve("example.org", "192.0.2.7", NULL);
	sim_on_resolve("silent.example", NULL, NULL);
	sim_on_resolve("two.example", "192.0.2.8 192.0.2.9", NULL);
	on_event = note_failure;
	client = caller_new("ws://example.org/", (struct nv_client_options){ .proxy = proxy });
	sim_settle(loop);
	sim_advance(loop, 15000);
	assert_seen(expected);
	assert_int_equal(told.proxy, blamed);
	caller_stop();
}

static void tells_who_is_to_blame(void **state)
{
	(void)state;
	sim_on_connect(SIM_HANG, 0);
	assert_blames(
		"http://192.0.2.9", true,
		"connecting fail:connect,timed out,0,the proxy 192.0.2.9:80: timed out ended ");
	sim_on_connect(SIM_HANG, 0);
	sim_on_connect(SIM_HANG, 0);
	assert_blames("http://two.example", true,
	              "connecting fail:connect,timed out,0,the proxy two.example: "
	              "none of its 2 addresses answered in time ended ");
	assert_blames("http://silent.example", true,
	              "connecting fail:resolve,timed out,0,the proxy silent.example: "
	              "the name server did not answer in time ended ");
	assert_blames("http://192.0.2.9", true,
	              "connecting fail:proxy,timed out,0,the proxy did not answer in time ended ");
	assert_blames("ftp://192.0.2.9", true,
	              "connecting fail:proxy,invalid argument,0,"
	              "a proxy's URL starts with http://, socks5:// or socks5h:// ended ");
	assert_blames("", false,
	              "connecting fail:handshake,timed out,0,"
	              "the server did not answer the handshake in time ended ");
	sim_on_connect(SIM_REFUSE, NV_ERR_REFUSED);
	assert_blames("", false,
	              "connecting fail:connect,connection refused,0,"
	              "192.0.2.7:80: connection refused ended ");
	/* The server's refusal is none of the proxy's. */
	start("ws://example.org/", HTTP, (struct nv_client_options){ 0 });
	on_event = note_failure;
	{
		struct sim_peer *peer = proxy_peer(3128);

		ANSWER(peer, "HTTP/1.1 200 OK\r\n\r\n");
		ANSWER(peer, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
	}
	assert_int_equal(told.status, 403);
	assert_false(told.proxy);
	caller_stop();
}

static void refuses_a_proxy_that_is_none(void **state)
{
	static const char *const proxies[] = { "https://192.0.2.9", "http://", "ftp://a.example",
		                               "http://u:secret@:80", "http://a b/" };

	(void)state;
	for (size_t i = 0; i < COUNT(proxies); i++) {
		caller_start("ws://example.org/",
		             (struct nv_client_options){ .proxy = proxies[i], .reconnect = true });
		assert_memory_equal(seen, "connecting fail:proxy,invalid argument,0,", 41);
		assert_non_null(strstr(seen, "retry:no,1 ended "));
		assert_null(strstr(seen, "secret"));
		assert_null(sim_next_connect());
		caller_stop();
	}
}

/* --- Secrets --- */

#define PROXY_SECRETS "http://anna:s%65cret@192.0.2.9:3128"

static void tells_the_proxy_alone_who_asks(void **state)
{
	const struct nv_client_options options = { .cookie = "c=hidden",
		                                   .credentials = "u:hidden",
		                                   .fields = "X: hidden\r\n" };
	struct sim_peer *peer;
	const char *request;

	(void)state;
	start("ws://example.org/", PROXY_SECRETS, options);
	peer = proxy_peer(3128);
	request = caller_said(peer);
	assert_non_null(strstr(request, "\r\nProxy-Authorization: Basic YW5uYTpzZWNyZXQ=\r\n"));
	assert_null(strstr(request, "hidden"));
	assert_null(strstr(request, "Cookie"));
	assert_null(strstr(request, "\r\nAuthorization"));
	ANSWER(peer, "HTTP/1.1 200 OK\r\n\r\n");
	request = caller_accept(peer);
	assert_null(strstr(request, "Proxy"));
	assert_null(strstr(request, "YW5uYTpzZWNyZXQ="));
	assert_non_null(strstr(request, "hidden"));
	caller_stop();
	/* Nor does anybody read it in a text. */
	start("ws://example.org/", PROXY_SECRETS, options);
	ANSWER(proxy_peer(3128), "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
	assert_null(strstr(seen, "secret"));
	assert_null(strstr(seen, "anna"));
	caller_stop();
	/* A user that Basic can't carry is not asked with. */
	start("ws://example.org/", "http://an%3Ana:x@192.0.2.9:3128", options);
	assert_null(sim_next_connect());
	assert_memory_equal(seen, "fail:proxy,invalid argument,0,", 30);
	caller_stop();
}

/* --- SOCKS5 --- */

static void asks_by_socks(void **state)
{
	struct nv_client_options options = { .on_trace = note_trace };
	struct sim_peer *peer;

	(void)state;
	start("ws://example.org:8080/", SOCKS, options);
	peer = proxy_peer(1080);
	assert_seen("ask<SOCKS5 example.org:8080> ");
	ASSERT_SAID(peer, "\x05\x01\x00");
	ANSWER(peer, "\x05\x00");
	ASSERT_SAID(peer, "\x05\x01\x00\x03\x0b"
	                  "example.org\x1f\x90");
	ANSWER(peer, "\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34");
	caller_accept(peer);
	assert_seen("get<SOCKS5 succeeded> open open ");
	caller_stop();
	/* With a password. */
	start("ws://example.org/", "socks5://anna:secret@192.0.2.9:9",
	      (struct nv_client_options){ 0 });
	peer = proxy_peer(9);
	ASSERT_SAID(peer, "\x05\x02\x00\x02");
	ANSWER(peer, "\x05\x02");
	ASSERT_SAID(peer, "\x01\x04"
	                  "anna\x06"
	                  "secret");
	ANSWER(peer, "\x01\x00");
	(void)sim_peer_take(peer);
	ANSWER(peer, "\x05\x00\x00\x03\x01x\x00\x00");
	assert_null(strstr(caller_accept(peer), "secret"));
	assert_seen("open open ");
	caller_stop();
}

static void socks_in_any_pieces(void **state)
{
	static const char text[] = "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";

	(void)state;
	for (struct way way = { 0 }; way_next(&way, sizeof text - 1);) {
		struct sim_peer *peer;

		start("ws://example.org/", SOCKS, (struct nv_client_options){ 0 });
		peer = proxy_peer(1080);
		way_send(&way, loop, peer, text, sizeof text - 1);
		sim_peer_take(peer);
		if (way.number > 1)
			assert_int_equal(nv_client_state_now(client), NV_CLIENT_CONNECTING);
		caller_stop();
	}
}

static void tells_what_socks_refuses(void **state)
{
	static const struct {
		const char *answer, *seen;
		bool again;
	} cases[] = {
		{ "\x05\xff", "fail:proxy,permission denied,0,", false },
		{ "\x04\x00", "fail:proxy,protocol error,0,", false },
		{ "\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00",
		  "fail:proxy,permission denied,0,", false },
		{ "\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00",
		  "fail:proxy,connection refused,0,", true },
	};
	static const size_t sizes[] = { 2, 2, 12, 12 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		start("ws://example.org/", SOCKS, (struct nv_client_options){ .reconnect = true });
		answer(proxy_peer(1080), cases[i].answer, sizes[i]);
		if (strncmp(seen, cases[i].seen, strlen(cases[i].seen)) != 0)
			fail_msg("%zu: %s", i, seen);
		assert_non_null(strstr(seen, cases[i].again ? "retry:yes" : "retry:no"));
		caller_stop();
	}
}

/* --- One at a time --- */

/* The proxy resolves the name, so it is by the name that one waits for the other. */
static void waits_for_its_turn(void **state)
{
	const struct nv_client_options options = { .proxy = HTTP };
	struct nv_client *second, *third;
	struct sim_peer *peer;

	(void)state;
	caller_begin();
	client = caller_new("ws://example.org/first", options);
	second = caller_new("ws://Example.ORG/second", options);
	third = caller_new("ws://example.org:81/third", options);
	sim_settle(loop);
	peer = sim_next_connect();
	assert_non_null(strstr(caller_said(peer), "example.org:80"));
	assert_non_null(strstr(caller_said(sim_next_connect()), "example.org:81"));
	assert_null(sim_next_connect());
	ANSWER(peer, "HTTP/1.1 200 OK\r\n\r\n");
	assert_null(sim_next_connect());
	sim_advance(loop, 9000);
	caller_accept(peer);
	peer = proxy_peer(3128);
	/* And has all its time then. */
	sim_advance(loop, 14999);
	assert_int_equal(nv_client_state_now(second), NV_CLIENT_CONNECTING);
	nv_client_free(second);
	nv_client_free(third);
	caller_stop();
}

/* --- Endings --- */

static int trace_left;

static void free_in_trace(struct nv_client *watched, void *user, enum nv_trace what,
                          struct nv_bytes text)
{
	(void)user;
	(void)what;
	(void)text;
	if (trace_left-- == 0) {
		nv_client_free(watched);
		client = NULL;
	}
}

static void play(struct sim_peer *peer, bool socks)
{
	if (!peer || sim_peer_closed(peer))
		return;
	if (socks)
		ANSWER(peer, "\x05\x00");
	(void)sim_peer_take(peer);
	if (socks && !sim_peer_closed(peer))
		ANSWER(peer, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00");
	if (!socks)
		ANSWER(peer, "HTTP/1.1 200 OK\r\n\r\n");
}

/* By on_trace, and from outside after so many turns. */
static void may_be_freed_at_any_time(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		struct nv_client_options options = { .proxy = i % 2 ? SOCKS : HTTP,
			                             .on_trace = free_in_trace };

		trace_left = i / 2;
		caller_start("ws://example.org/", options);
		play(sim_next_connect(), i % 2);
		caller_stop();
	}
	for (int i = 0; i < 24; i++) {
		struct nv_client_options options = { .proxy = i % 2 ? SOCKS : HTTP };

		caller_begin();
		client = caller_new("ws://example.org/", options);
		for (int turn = 0; turn < i / 2; turn++) {
			struct sim_peer *peer = turn == 6 ? sim_next_connect() : NULL;

			if (peer)
				sim_peer_send_text(peer, "HTTP/1.1 403 No\r\n\r\nbecause");
			sim_turn(loop);
		}
		caller_stop();
	}
}

static void ask_without_memory(size_t nth, bool socks)
{
	struct nv_client_options options = { .reconnect = true,
		                             .proxy = socks ? SOCKS : PROXY_SECRETS };

	caller_begin();
	failing_alloc_fail(nth, FAIL_ONCE);
	client = caller_new("ws://example.org/", options);
	for (int i = 0; client && i < 5 && nv_client_state_now(client) != NV_CLIENT_OPEN; i++) {
		struct sim_peer *peer;

		sim_settle(loop);
		peer = sim_next_connect();
		play(peer, socks);
		if (peer && !sim_peer_closed(peer))
			caller_accept(peer);
		else
			sim_advance(loop, 1000);
	}
	if (client)
		assert_int_equal(nv_client_state_now(client), NV_CLIENT_OPEN);
}

static void survives_without_memory(void **state)
{
	(void)state;
	for (int socks = 0; socks < 2; socks++) {
		bool complete = false;

		for (size_t nth = 1; !complete; nth++) {
			ask_without_memory(nth, socks);
			complete = client && failing_alloc_count() < nth;
			failing_alloc_fail(0, FAIL_ONCE);
			caller_stop();
			assert_true(nth < 300);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-19 CONNECT", asks_by_connect),
		unit_case("CH-19 any 2xx", takes_any_2xx),
		unit_case("CH-19 TLS through a proxy", speaks_tls_through_it),
		unit_case("CH-19 407, 502 and others", tells_a_refusal),
		unit_case("CH-19 head and body of a refusal", tells_what_a_refusal_says),
		unit_case("CH-19 proxies that hang or break", tells_silence_and_breaks),
		unit_case("CH-19 bytes behind the answer", takes_nothing_behind_the_answer),
		unit_case("CH-19 a proxy that is not there", tells_who_is_not_there),
		unit_case("CH-19 who is to blame", tells_who_is_to_blame),
		unit_case("CH-19 a URL that is no proxy", refuses_a_proxy_that_is_none),
		unit_case("CH-19 secrets of the proxy, and of the server",
		          tells_the_proxy_alone_who_asks),
		unit_case("CH-19 SOCKS5", asks_by_socks),
		unit_case("CH-19 SOCKS5 in any pieces", socks_in_any_pieces),
		unit_case("CH-19 what SOCKS5 refuses", tells_what_socks_refuses),
		unit_case("CH-04 one at a time through a proxy", waits_for_its_turn),
		cmocka_unit_test(may_be_freed_at_any_time),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
