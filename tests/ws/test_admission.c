/* SPDX-License-Identifier: MIT */
/* test_admission.c: who may connect: the limits on all connections, on those of an address, on their
 * rate and on unfinished requests; and what the others are told. */
#include "ws/fixture.h"

#include <sys/resource.h>

#include "support/prng.h"

#define MANY 5000

static struct sim_peer *peers[MANY];
static size_t lines;      /* of the log */
static char line[1024];   /* the last */
static size_t open_count; /* connections that are open */

static void log_line(void *context, enum nv_level level, const char *text)
{
	(void)context;
	(void)level;
	lines++;
	snprintf(line, sizeof line, "%s", text);
}

static void on_open(struct nv_conn *conn)
{
	(void)conn;
	open_count++;
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)conn;
	(void)close;
	open_count--;
}

/* A server as a program makes it: no limit but its own, and the defaults. */
static void start(struct fixture *f, struct nv_server_options options)
{
	static const struct nv_handlers handlers = { .on_open = on_open, .on_close = on_close };

	*f = (struct fixture){ 0 };
	the_fixture = f;
	lines = 0;
	open_count = 0;
	options.log = log_line;
	options.ping_interval_ms = NV_OFF;
	failing_alloc_install();
	f->server = nv_server_new(&options);
	assert_non_null(f->server);
	f->loop = f->server->workers[0].loop;
	assert_int_equal(nv_server_route(f->server, "/ws", &handlers, f), 0);
	assert_int_equal(nv_server_listen(f->server, "::", PORT), 0);
}

static void stop(struct fixture *f)
{
	fixture_stop(f);
	assert_int_equal(open_count, 0);
}

/* The status that an upgrade from there gets; 0 when it just ends. */
static int ask_from(struct fixture *f, const char *ip, struct sim_peer **kept)
{
	struct sim_peer *peer = sim_connect_from(PORT, ip);
	struct nv_bytes took;

	sim_peer_send_text(peer, UPGRADE("/ws"));
	sim_settle(f->loop);
	if (kept)
		*kept = peer;
	took = sim_peer_take(peer);
	if (took.len == 0)
		assert_true(sim_peer_closed(peer));
	return took.len == 0 ? 0
	                     : (took.data[9] - '0') * 100 + (took.data[10] - '0') * 10 +
	                               (took.data[11] - '0');
}

static void leave(struct fixture *f, struct sim_peer *peer)
{
	sim_peer_eof(peer);
	sim_settle(f->loop);
	assert_true(sim_peer_closed(peer));
}

static void expect_from(struct fixture *f, const char *ip, size_t count, int status)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(ask_from(f, ip, NULL), status);
}

/* --- What the others are told --- */

/* The whole refusal, and that it is the whole: one answer and the end. */
static void assert_refused(struct fixture *f, struct sim_peer *peer, const char *start_line,
                           const char *retry, const char *body)
{
	struct nv_bytes took = sim_peer_take(peer);
	char text[1024], length[64];

	assert_true(took.len < sizeof text);
	memcpy(text, took.data, took.len);
	text[took.len] = '\0';
	snprintf(length, sizeof length, "\r\nContent-Length: %zu\r\n", strlen(body));
	assert_memory_equal(text, start_line, strlen(start_line));
	assert_non_null(strstr(text, length));
	assert_non_null(strstr(text, retry));
	assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
	assert_null(strstr(text + 1, "HTTP/1.1"));
	assert_true(sim_peer_ended(peer));
	leave(f, peer);
	assert_int_equal(sim_peer_take(peer).len, 0);
}

enum moment {
	BEFORE, /* it asks in its first segment */
	AFTER,  /* it has its answer before it asks */
	NEVER,
	FLOOD /* frames and requests without end */
};

static void refuse_one(struct fixture *f, enum moment moment, const char *start_line,
                       const char *retry, const char *body)
{
	static const uint8_t junk[4096];
	struct sim_peer *peer = sim_connect_from(PORT, "192.0.2.1");

	if (moment == BEFORE || moment == FLOOD)
		sim_peer_send_text(peer, UPGRADE("/ws") UPGRADE("/ws"));
	sim_settle(f->loop);
	if (moment == AFTER)
		sim_peer_send_text(peer, UPGRADE("/ws"));
	for (int i = 0; moment == FLOOD && i < 15; i++) {
		sim_peer_send(peer, junk, sizeof junk);
		sim_settle(f->loop);
	}
	sim_settle(f->loop);
	assert_refused(f, peer, start_line, retry, body);
}

static void refuses_above_the_limit(void **state)
{
	struct fixture f;
	struct sim_peer *first;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = 2 });
	assert_int_equal(ask_from(&f, "192.0.2.1", &first), 101);
	assert_int_equal(ask_from(&f, "192.0.2.2", NULL), 101);
	for (enum moment moment = BEFORE; moment <= FLOOD; moment++) {
		lines = 0;
		refuse_one(&f, moment, "HTTP/1.1 503 Service Unavailable\r\n",
		           "\r\nRetry-After: 10\r\n",
		           "503 Service Unavailable: the server has too many connections\n");
		/* One line a second. */
		assert_int_equal(lines, moment == BEFORE);
		assert_memory_equal(line, "192.0.2.1:", 10);
		assert_non_null(
			strstr(line, ": refused with 503, the server has too many connections"));
	}
	leave(&f, first);
	assert_int_equal(ask_from(&f, "192.0.2.3", NULL), 101);
	assert_int_equal(ask_from(&f, "192.0.2.3", NULL), 503);
	assert_int_equal(open_count, 2);
	stop(&f);
}

static void refuses_above_the_limit_of_an_address(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections_per_ip = 2 });
	assert_int_equal(ask_from(&f, "192.0.2.1", &peers[0]), 101);
	assert_int_equal(ask_from(&f, "::ffff:192.0.2.1", NULL), 101);
	lines = 0;
	refuse_one(&f, BEFORE, "HTTP/1.1 503 Service Unavailable\r\n", "\r\nRetry-After: 10\r\n",
	           "503 Service Unavailable: this address has too many connections\n");
	assert_int_equal(lines, 1);
	expect_from(&f, "192.0.2.2", 2, 101);
	expect_from(&f, "192.0.2.2", 1, 503);
	leave(&f, peers[0]);
	expect_from(&f, "192.0.2.1", 1, 101);
	expect_from(&f, "192.0.2.1", 1, 503);
	/* A /64 network is one address. */
	expect_from(&f, "2001:db8::1", 1, 101);
	expect_from(&f, "2001:db8::2", 1, 101);
	expect_from(&f, "2001:db8:0:0:ffff:ffff:ffff:ffff", 1, 503);
	expect_from(&f, "2001:db8:0:1::1", 1, 101);
	/* A limit that is set is for loopback too. */
	expect_from(&f, "127.0.0.1", 2, 101);
	expect_from(&f, "127.0.0.1", 1, 503);
	expect_from(&f, "::1", 2, 101);
	expect_from(&f, "::1", 1, 503);
	stop(&f);
}

static void refuses_above_the_rate(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .handshakes_per_ip_per_s = 5 });
	expect_from(&f, "192.0.2.1", 10, 101);
	lines = 0;
	refuse_one(&f, BEFORE, "HTTP/1.1 429 Too Many Requests\r\n", "\r\nRetry-After: 1\r\n",
	           "429 Too Many Requests: this address connects too often\n");
	assert_int_equal(lines, 1);
	expect_from(&f, "192.0.2.2", 10, 101);
	expect_from(&f, "192.0.2.2", 1, 429);
	sim_advance(f.loop, 199);
	expect_from(&f, "192.0.2.1", 1, 429);
	sim_advance(f.loop, 1);
	expect_from(&f, "192.0.2.1", 1, 101);
	expect_from(&f, "192.0.2.1", 1, 429);
	sim_advance(f.loop, 1000);
	expect_from(&f, "192.0.2.1", 5, 101);
	expect_from(&f, "192.0.2.1", 1, 429);
	sim_advance(f.loop, 60000);
	expect_from(&f, "192.0.2.1", 10, 101);
	expect_from(&f, "192.0.2.1", 1, 429);
	expect_from(&f, "127.0.0.1", 10, 101);
	expect_from(&f, "127.0.0.1", 1, 429);
	stop(&f);
}

/* Who leaves and comes back is the same. */
static void the_rate_outlasts_the_connections(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .handshakes_per_ip_per_s = 1 });
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask_from(&f, "192.0.2.1", &peers[0]), 101);
		leave(&f, peers[0]);
	}
	expect_from(&f, "192.0.2.1", 1, 429);
	sim_advance(f.loop, 999);
	expect_from(&f, "192.0.2.1", 1, 429);
	sim_advance(f.loop, 1);
	expect_from(&f, "192.0.2.1", 1, 101);
	stop(&f);
}

static void has_defaults(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ 0 });
	expect_from(&f, "192.0.2.1", 40, 101);
	expect_from(&f, "192.0.2.1", 1, 429);
	sim_advance(f.loop, 50);
	expect_from(&f, "192.0.2.1", 1, 101);
	expect_from(&f, "192.0.2.1", 1, 429);
	expect_from(&f, "127.0.0.1", 300, 101);
	expect_from(&f, "::1", 300, 101);
	expect_from(&f, "::ffff:127.0.0.2", 300, 101);
	stop(&f);
	start(&f, (struct nv_server_options){ .handshakes_per_ip_per_s = NV_OFF });
	expect_from(&f, "192.0.2.1", 256, 101);
	expect_from(&f, "192.0.2.1", 1, 503);
	stop(&f);
	start(&f, (struct nv_server_options){ .max_connections = NV_OFF,
	                                      .max_connections_per_ip = NV_OFF,
	                                      .handshakes_per_ip_per_s = NV_OFF });
	expect_from(&f, "192.0.2.1", 1000, 101);
	stop(&f);
}

static void set_descriptors(rlim_t soft)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = soft;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void leaves_descriptors_for_the_rest(void **state)
{
	static const struct {
		rlim_t descriptors;
		uint32_t connections;
	} cases[] = { { 1000, 744 }, { 513, 257 }, { 512, 256 }, { 64, 32 } };
	struct rlimit before;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fixture f;

		set_descriptors(cases[i].descriptors);
		start(&f, (struct nv_server_options){ 0 });
		set_descriptors(before.rlim_cur);
		expect_from(&f, "127.0.0.1", cases[i].connections, 101);
		expect_from(&f, "127.0.0.1", 1, 503);
		stop(&f);
	}
}

/* --- Refusing costs little --- */

static void holds_few_that_are_refused(void **state)
{
	struct fixture f;
	size_t told = 0;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = 1 });
	expect_from(&f, "192.0.2.1", 1, 101);
	lines = 0;
	for (size_t i = 0; i < 200; i++)
		told += ask_from(&f, "192.0.2.1", &peers[i]) == 503;
	assert_int_equal(told, 64);
	assert_int_equal(lines, 1);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(sim_peer_closed(peers[i]), i >= 64);
	/* Who leaves makes room at once, the others in two seconds. */
	leave(&f, peers[0]);
	assert_int_equal(ask_from(&f, "192.0.2.1", &peers[0]), 503);
	assert_int_equal(ask_from(&f, "192.0.2.1", NULL), 0);
	sim_advance(f.loop, 2500);
	for (size_t i = 0; i < 64; i++)
		assert_true(sim_peer_closed(peers[i]));
	assert_int_equal(f.server->refusing, 0);
	expect_from(&f, "192.0.2.1", 64, 503);
	assert_int_equal(open_count, 1);
	stop(&f);
}

/* Not even a refusal that nobody reads lasts. */
static void never_hangs(void **state)
{
	static const uint32_t write_timeouts[] = { 0, NV_OFF };
	static const uint32_t limits_ms[] = { 10500, 60500 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_peer *peer;

		start(&f, (struct nv_server_options){ .max_connections = 1,
		                                      .write_timeout_ms = write_timeouts[i] });
		expect_from(&f, "192.0.2.1", 1, 101);
		peer = sim_connect_from(PORT, "192.0.2.1");
		sim_peer_set_window(peer, 0);
		sim_advance(f.loop, limits_ms[i]);
		assert_true(sim_peer_closed(peer));
		stop(&f);
	}
}

static void refused_ones_leave_when_the_server_stops(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = 1 });
	expect_from(&f, "192.0.2.1", 1, 101);
	assert_int_equal(ask_from(&f, "192.0.2.1", &peers[0]), 503);
	nv_server_stop(f.server);
	assert_int_equal(nv_server_run(f.server), 0);
	assert_true(sim_peer_closed(peers[0]));
	stop(&f);
}

static void forgets_addresses(void **state)
{
	struct fixture f;
	size_t before;

	(void)state;
	start(&f, (struct nv_server_options){ .handshakes_per_ip_per_s = 2 });
	expect_from(&f, "127.0.0.1", 1, 101);
	sim_advance(f.loop, 3000);
	before = failing_alloc_live_bytes();
	for (int i = 0; i < 1000; i++) {
		char ip[32];

		snprintf(ip, sizeof ip, "198.51.%d.%d", i / 250, i % 250);
		assert_int_equal(ask_from(&f, ip, &peers[i]), 101);
		leave(&f, peers[i]);
	}
	assert_int_equal(f.server->admission.visitors.idle_count, 1000);
	sim_advance(f.loop, 2500);
	assert_int_equal(f.server->admission.visitors.count, 1);
	assert_true(failing_alloc_live_bytes() <= before + 2048 * sizeof(void *));
	stop(&f);
	/* Also when nobody is there any more. */
	start(&f, (struct nv_server_options){ .handshakes_per_ip_per_s = 2 });
	assert_int_equal(ask_from(&f, "192.0.2.1", &peers[0]), 101);
	leave(&f, peers[0]);
	assert_int_equal(f.server->admission.visitors.count, 1);
	sim_advance(f.loop, 2500);
	assert_int_equal(f.server->admission.visitors.count, 0);
	assert_false(sim_busy(f.loop));
	assert_int_equal(nv_loop_timeout_ms(f.loop), -1);
	stop(&f);
}

/* Who is refused comes back as fast as he can: the log does not. */
static void tells_once_a_second(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = 1 });
	expect_from(&f, "192.0.2.1", 1, 101);
	lines = 0;
	for (size_t i = 0; i < 100; i++)
		ask_from(&f, "192.0.2.2", &peers[i]);
	assert_int_equal(lines, 1);
	sim_advance(f.loop, 999);
	ask_from(&f, "192.0.2.2", &peers[100]);
	assert_int_equal(lines, 1);
	sim_advance(f.loop, 1);
	ask_from(&f, "192.0.2.3", &peers[101]);
	assert_int_equal(lines, 2);
	assert_memory_equal(line, "192.0.2.3:", 10);
	assert_non_null(strstr(line, ": closed instead of 503, the server has too many connections "
	                             "(and 100 before that were not told)"));
	sim_advance(f.loop, 10000);
	ask_from(&f, "192.0.2.3", &peers[102]);
	assert_int_equal(lines, 3);
	assert_null(strstr(line, "not told"));
	stop(&f);
}

/* --- Unfinished requests --- */

static struct sim_peer *begin_from(struct fixture *f, const char *ip)
{
	struct sim_peer *peer = sim_connect_from(PORT, ip);

	sim_peer_send_text(peer, "GET /ws HT");
	sim_settle(f->loop);
	return peer;
}

static void drops_the_oldest_request_of_an_address(void **state)
{
	struct fixture f;
	struct sim_peer *other;

	(void)state;
	start(&f, (struct nv_server_options){ .handshakes_per_ip_per_s = NV_OFF });
	other = begin_from(&f, "192.0.2.2");
	/* Those that are open are no requests any more, nor those that were answered. */
	expect_from(&f, "192.0.2.1", 70, 101);
	for (size_t i = 0; i < 64; i++)
		peers[i] = begin_from(&f, "192.0.2.1");
	lines = 0;
	for (size_t i = 64; i < 70; i++) {
		assert_false(sim_peer_closed(peers[i - 64]));
		peers[i] = begin_from(&f, "192.0.2.1");
		assert_true(sim_peer_closed(peers[i - 64]));
	}
	assert_int_equal(lines, 1);
	assert_non_null(strstr(line, ": dropped, too many requests are unfinished"));
	assert_false(sim_peer_closed(other));
	assert_int_equal(f.server->admission.pending, 65);
	sim_peer_send_text(peers[6], "TP/1.1\r\n" UPGRADE_FIELDS "\r\n");
	sim_settle(f.loop);
	assert_status(peers[6], 101);
	begin_from(&f, "192.0.2.1");
	assert_false(sim_peer_closed(peers[7]));
	/* The deadline is for all that are left. */
	sim_advance(f.loop, 13000);
	assert_int_equal(f.server->admission.pending, 0);
	assert_int_equal(open_count, 71);
	stop(&f);
}

static void does_not_drop_requests_of_loopback(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ 0 });
	for (size_t i = 0; i < 200; i++)
		peers[i] = begin_from(&f, "127.0.0.1");
	for (size_t i = 0; i < 200; i++)
		assert_false(sim_peer_closed(peers[i]));
	stop(&f);
}

static void drops_the_oldest_request_of_all(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = NV_OFF,
	                                      .max_connections_per_ip = NV_OFF,
	                                      .handshakes_per_ip_per_s = NV_OFF });
	for (size_t i = 0; i < 4100; i++) {
		char ip[32] = "127.0.0.1";

		if (i % 2)
			snprintf(ip, sizeof ip, "198.51.%zu.%zu", i / 250, i % 250);
		peers[i] = sim_connect_from(PORT, ip);
	}
	sim_settle(f.loop);
	for (size_t i = 0; i < 4100; i++)
		assert_int_equal(sim_peer_closed(peers[i]), i < 4);
	assert_int_equal(f.server->admission.pending, 4096);
	stop(&f);
}

/* --- Failures --- */

static void counts_right_when_admitting_fails(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = 1, .max_connections_per_ip = 1 });
	sim_fail_adopt(NV_ERR_SYSTEM);
	expect_from(&f, "192.0.2.1", 1, 0);
	assert_non_null(strstr(line, "not admitted: system error"));
	for (size_t nth = 1; nth < 12; nth++) {
		struct sim_peer *peer = sim_connect_from(PORT, "192.0.2.1");

		failing_alloc_fail(nth, FAIL_ONCE);
		sim_settle(f.loop);
		failing_alloc_fail(0, FAIL_ONCE);
		sim_peer_eof(peer);
		sim_settle(f.loop);
		assert_true(sim_peer_closed(peer));
		assert_int_equal(f.server->admission.connections, 0);
	}
	expect_from(&f, "192.0.2.1", 1, 101);
	/* And refusing. */
	sim_fail_adopt(NV_ERR_SYSTEM);
	expect_from(&f, "192.0.2.1", 1, 0);
	for (size_t nth = 1; nth < 12; nth++) {
		struct sim_peer *peer = sim_connect_from(PORT, "192.0.2.1");

		failing_alloc_fail(nth, FAIL_ONCE);
		sim_settle(f.loop);
		failing_alloc_fail(0, FAIL_ONCE);
		sim_advance(f.loop, 2500);
		assert_true(sim_peer_closed(peer));
		assert_int_equal(f.server->refusing, 0);
	}
	expect_from(&f, "192.0.2.1", 1, 503);
	stop(&f);
}

static void no_server_without_random_bytes(void **state)
{
	(void)state;
	failing_alloc_install();
	sim_fail_random(NV_ERR_SYSTEM);
	assert_null(nv_server_new(NULL));
	failing_alloc_remove();
}

/* Many come and go in any order: the counts are those of who is there. */
static void counts_right_in_any_order(void **state)
{
	static const char *const ips[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1", "127.0.0.1" };
	struct prng prng = { 7 };
	struct fixture f;
	size_t here = 0;

	(void)state;
	start(&f, (struct nv_server_options){ .max_connections = 90,
	                                      .max_connections_per_ip = 30,
	                                      .handshakes_per_ip_per_s = 50 });
	for (int i = 0; i < 4000; i++) {
		size_t at = prng_below(&prng, here + 2);

		if (at < here) {
			leave(&f, peers[at]);
			peers[at] = peers[--here];
		} else if (ask_from(&f, ips[prng_below(&prng, 4)], &peers[here]) == 101) {
			here++;
		}
		assert_int_equal(open_count, here);
		assert_int_equal(f.server->admission.connections, here);
		if (i % 3 == 0)
			sim_advance(f.loop, (uint32_t)prng_below(&prng, 300));
	}
	while (here > 0)
		leave(&f, peers[--here]);
	sim_advance(f.loop, 3000);
	assert_int_equal(f.server->admission.visitors.count, 0);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("HS-52 above the connection limit: 503", refuses_above_the_limit),
		unit_case("HS-52 above the connection limit of an address: 503",
		          refuses_above_the_limit_of_an_address),
		unit_case("HS-52 above the rate of an address: 429", refuses_above_the_rate),
		unit_case("HS-52 the rate outlasts the connections",
		          the_rate_outlasts_the_connections),
		unit_case("HS-52 the defaults, and loopback without them", has_defaults),
		unit_case("HS-52 the default leaves descriptors for the rest",
		          leaves_descriptors_for_the_rest),
		unit_case("HS-52 few are refused at a time, the others closed",
		          holds_few_that_are_refused),
		unit_case("HS-52 refusals are told once a second", tells_once_a_second),
		unit_case("HS-52 a refusal never hangs", never_hangs),
		unit_case("HS-52 who is refused leaves when the server stops",
		          refused_ones_leave_when_the_server_stops),
		unit_case("HS-52 addresses are forgotten", forgets_addresses),
		unit_case("HS-52 the oldest of 64 requests of an address is dropped",
		          drops_the_oldest_request_of_an_address),
		unit_case("HS-52 requests of loopback are not dropped",
		          does_not_drop_requests_of_loopback),
		unit_case("HS-52 the oldest of 4,096 requests is dropped",
		          drops_the_oldest_request_of_all),
		unit_case("HS-52 counts are right when admitting fails",
		          counts_right_when_admitting_fails),
		unit_case("HS-52 counts are right in any order", counts_right_in_any_order),
		cmocka_unit_test(no_server_without_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
