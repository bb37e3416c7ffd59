/* SPDX-License-Identifier: MIT */
/* test_redirect.c: a client that is sent elsewhere: how far it follows, and whom it tells its secrets. */
#include "ws/caller.h"
#include "ws/far_tls.h"
#include "ws/papers.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct nv_client_options following(uint32_t hops)
{
	return (struct nv_client_options){
		.max_redirects = hops,
		.cookie = "session=secret1",
		.credentials = "anna:secret2",
		.fields = "Authorization: secret3\r\nX-More: 1\r\ncookie: secret4\r\n",
		.tls.ca_file = paper("ca.pem"),
	};
}

static void start(const char *url, struct nv_client_options options)
{
	caller_begin();
	sim_on_resolve("a.example", "192.0.2.1", NULL);
	sim_on_resolve("b.example", "192.0.2.2", NULL);
	sim_on_resolve("example.org", "192.0.2.3", NULL);
	client = caller_new(url, options);
	assert_non_null(client);
	sim_settle(loop);
	assert_seen("connecting ");
}

/* The next server answers with that redirect; what it was asked. */
static const char *redirect(int status, const char *location)
{
	struct sim_peer *peer = sim_next_connect();
	const char *request;
	char answer[512];

	assert_non_null(peer);
	request = caller_said(peer);
	snprintf(answer, sizeof answer,
	         "HTTP/1.1 %d Over there\r\nLocation: %s\r\nContent-Length: 2\r\n\r\nhi", status,
	         location);
	sim_peer_send_text(peer, answer);
	sim_settle(loop);
	assert_true(sim_peer_closed(peer));
	return request;
}

static const char *accept_next(void)
{
	const char *request = caller_accept(sim_next_connect());

	assert_seen("open open ");
	return request;
}

static void assert_tells(const char *request, bool secrets)
{
	assert_int_equal(strstr(request, "secret1") != NULL, secrets);
	assert_int_equal(strstr(request, "YW5uYTpzZWNyZXQy") != NULL, secrets);
	assert_int_equal(strstr(request, "secret3") != NULL, secrets);
	assert_int_equal(strstr(request, "secret4") != NULL, secrets);
	assert_non_null(strstr(request, "\r\nX-More: 1\r\n"));
}

static void does_not_follow_by_itself(void **state)
{
	(void)state;
	start("ws://a.example/", following(0));
	redirect(302, "ws://b.example/");
	assert_seen("fail:handshake,protocol error,302,the server answered 302 Over there ended ");
	assert_null(sim_next_connect());
	caller_stop();
}

static void follows(void **state)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	const char *request;

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		start("ws://a.example/one?x", following(1));
		request = redirect(statuses[i], "http://a.example/two");
		assert_memory_equal(request, "GET /one?x HTTP/1.1\r\n", 21);
		request = accept_next();
		assert_memory_equal(request, "GET /two HTTP/1.1\r\n", 19);
		assert_tells(request, true);
		caller_stop();
	}
	start("ws://a.example/dir/one", following(1));
	redirect(302, "two?y#z");
	assert_memory_equal(accept_next(), "GET /dir/two?y HTTP/1.1\r\n", 25);
	caller_stop();
}

static void follows_so_far(void **state)
{
	(void)state;
	start("ws://a.example/", following(5));
	for (int i = 0; i < 5; i++) {
		redirect(302, "/");
		assert_seen("");
	}
	redirect(302, "/");
	assert_seen("fail:handshake,protocol error,302,the server answered 302 Over there ended ");
	caller_stop();
}

/* Off is no limit for others; but a server that sends a client round and round would never be left. */
static void follows_no_further_than_twenty(void **state)
{
	static const uint32_t most[] = { NV_OFF, 21, 20 };

	(void)state;
	for (size_t i = 0; i < COUNT(most); i++) {
		start("ws://a.example/", following(most[i]));
		for (int hop = 0; hop < 20; hop++) {
			redirect(302, "/");
			assert_seen("");
		}
		redirect(302, "/");
		assert_seen("fail:handshake,protocol error,302,"
		            "the server answered 302 Over there ended ");
		caller_stop();
	}
}

static void tells_no_other_host_its_secrets(void **state)
{
	static const char *const others[] = { "ws://b.example/", "ws://a.example:81/",
		                              "ws://a.example.b.example/" };

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		start("ws://a.example/", following(3));
		sim_on_resolve("a.example.b.example", "192.0.2.9", NULL);
		assert_tells(redirect(302, others[i]), true);
		/* Nor when that one sends it on, or back. */
		assert_tells(redirect(302, "/again"), false);
		assert_tells(redirect(302, "ws://a.example/"), false);
		assert_tells(accept_next(), false);
		caller_stop();
	}
	start("ws://a.example/", following(1));
	assert_tells(redirect(302, "ws://A.Example:80/"), true);
	assert_tells(accept_next(), true);
	caller_stop();
}

/* What was kept from another host is told again where it belongs. */
static void starts_anew_with_the_next_try(void **state)
{
	struct nv_client_options options = following(1);

	(void)state;
	options.reconnect = true;
	start("ws://a.example/one", options);
	redirect(302, "ws://b.example/two");
	caller_end(caller_open_next(), 1001, "");
	assert_seen("open open close:1001 retry:yes,1 waiting ");
	sim_advance(loop, 1000);
	assert_seen("connecting ");
	{
		const char *request = redirect(302, "ws://b.example/two");

		assert_memory_equal(request, "GET /one ", 9);
		assert_tells(request, true);
	}
	assert_tells(accept_next(), false);
	caller_stop();
}

static void goes_from_ws_to_wss(void **state)
{
	struct sim_peer *peer;

	(void)state;
	start("ws://example.org/", following(1));
	redirect(301, "https://example.org/safe");
	peer = sim_next_connect();
	assert_int_equal(sim_peer_address(peer)->port, 443);
	far_server(peer, paper("server.pem"), paper("server.key"));
	sim_settle(loop);
	assert_tells(caller_accept(peer), true);
	assert_seen("open open ");
	caller_stop();
}

static void never_goes_from_wss_to_ws(void **state)
{
	static const char *const others[] = { "ws://example.org/", "http://example.org:443/" };

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		struct sim_peer *peer;
		char answer[128];

		start("wss://example.org/", following(5));
		peer = sim_next_connect();
		far_server(peer, paper("server.pem"), paper("server.key"));
		sim_settle(loop);
		snprintf(answer, sizeof answer, "HTTP/1.1 302 X\r\nLocation: %s\r\n\r\n",
		         others[i]);
		sim_peer_send_text(peer, answer);
		sim_settle(loop);
		assert_memory_equal(seen, "fail:handshake,protocol error,302,", 34);
		assert_null(sim_next_connect());
		caller_stop();
	}
}

static void goes_nowhere_that_is_no_good(void **state)
{
	static const char *const others[] = { "ftp://a.example/", "ws://u:p@b.example/",
		                              "ws://b.example:x/", "mailto:x" };
	struct nv_client_options options = following(5);

	(void)state;
	options.reconnect = true;
	for (size_t i = 0; i < COUNT(others); i++) {
		start("ws://a.example/", options);
		redirect(302, others[i]);
		assert_memory_equal(seen, "fail:handshake,protocol error,302,the server's redirect",
		                    55);
		assert_non_null(strstr(seen, "retry:no,1 ended "));
		assert_null(sim_next_connect());
		caller_stop();
	}
	/* Without a place to go it is a refusal. */
	start("ws://a.example/", following(5));
	sim_peer_send_text(sim_next_connect(), "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n");
	sim_settle(loop);
	assert_seen("fail:handshake,protocol error,302,the server answered 302 X ended ");
	caller_stop();
}

/* A hop that ends at once is not the end of what the one before has used of its time. */
static void each_hop_has_its_time(void **state)
{
	(void)state;
	start("ws://a.example/", following(5));
	for (int i = 0; i < 4; i++) {
		sim_advance(loop, 9900);
		redirect(302, "/");
	}
	assert_seen("");
	sim_advance(loop, 9999);
	assert_seen("");
	sim_advance(loop, 1);
	assert_memory_equal(seen, "fail:handshake,timed out,0,", 27);
	caller_stop();
}

static void note_trace(struct nv_client *watched, void *user, enum nv_trace what,
                       struct nv_bytes text)
{
	(void)user;
	if (what == NV_TRACE_REDIRECT)
		saw("to:%.*s ", (int)text.len, (const char *)text.data);
	if (what == NV_TRACE_REDIRECT && memchr(text.data, '!', text.len)) {
		nv_client_free(watched);
		client = NULL;
	}
}

static void shows_where_it_goes(void **state)
{
	struct nv_client_options options = following(1);

	(void)state;
	options.on_trace = note_trace;
	start("ws://a.example/dir/", options);
	redirect(302, "two");
	assert_seen("to:ws://a.example/dir/two ");
	accept_next();
	caller_stop();
	seen[0] = '\0';
	/* It may be freed then. */
	start("ws://a.example/dir/", options);
	redirect(302, "two!");
	assert_seen("to:ws://a.example/dir/two! ");
	assert_null(sim_next_connect());
	caller_stop();
}

/* Two hops and an open connection, in spite of an allocation that fails. */
static void follow_without_memory(size_t nth)
{
	struct nv_client_options options = following(2);

	caller_begin();
	sim_on_resolve("a.example", "192.0.2.1", NULL);
	sim_on_resolve("b.example", "192.0.2.2", NULL);
	options.reconnect = true;
	failing_alloc_fail(nth, FAIL_ONCE);
	client = caller_new("ws://a.example/", options);
	for (int i = 0; client && i < 12 && nv_client_state_now(client) != NV_CLIENT_OPEN; i++) {
		struct sim_peer *peer;
		const char *request;

		sim_settle(loop);
		peer = sim_next_connect();
		if (!peer || sim_peer_closed(peer)) {
			sim_advance(loop, 1000);
			continue;
		}
		if (sim_peer_address(peer)->ip[15] == 2) {
			caller_accept(peer);
			continue;
		}
		request = caller_said(peer);
		sim_peer_send_text(peer, "HTTP/1.1 302 X\r\nLocation: ws://b.example/\r\n\r\n");
		assert_tells(request, true);
	}
	if (client)
		assert_int_equal(nv_client_state_now(client), NV_CLIENT_OPEN);
}

static void survives_without_memory(void **state)
{
	bool complete = false;
	size_t nth = 0;

	(void)state;
	while (!complete) {
		follow_without_memory(++nth);
		complete = client && failing_alloc_count() < nth;
		failing_alloc_fail(0, FAIL_ONCE);
		caller_stop();
		assert_true(nth < 300);
	}
	assert_true(nth > 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-08 off by itself", does_not_follow_by_itself),
		unit_case("CH-08 follows", follows),
		unit_case("CH-08 so many hops", follows_so_far),
		unit_case("CH-08 twenty hops at most", follows_no_further_than_twenty),
		unit_case("CH-08 secrets are for one host", tells_no_other_host_its_secrets),
		unit_case("CH-08 each try starts anew", starts_anew_with_the_next_try),
		unit_case("CH-08 from ws to wss", goes_from_ws_to_wss),
		unit_case("CH-08 never from wss to ws", never_goes_from_wss_to_ws),
		unit_case("CH-08 redirects that are no good", goes_nowhere_that_is_no_good),
		cmocka_unit_test(each_hop_has_its_time),
		cmocka_unit_test(shows_where_it_goes),
		cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
