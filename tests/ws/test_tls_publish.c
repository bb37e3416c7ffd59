/* SPDX-License-Identifier: MIT */
/* test_tls_publish.c: subscribers with and without TLS on one server get the same, and who reads slowly
 * through TLS is treated by its policy like all others. */
#include "ws/crowd.h"

#define OFFER "Sec-WebSocket-Extensions: permessage-deflate\r\n"
#define TOPIC "t"

static void start(struct nv_server_options options)
{
	struct fixture f = { 0 };

	crowd_make(options);
	f.server = crowd.server;
	fixture_secure(&f, "server.pem", "server.key");
}

static struct member *join(bool tls, const char *fields)
{
	struct member *m;

	fixture_speaks_tls = tls;
	m = crowd_join_with(fields);
	fixture_speaks_tls = false;
	crowd_do(m, "sub " TOPIC);
	return m;
}

static void all_get_the_same(void **state)
{
	for (uint32_t threads = 1; threads <= 3; threads++) {
		struct member *m[8];

		start((struct nv_server_options){
			.threads = threads, .compression = { .enabled = true, .threshold = 1 } });
		for (size_t i = 0; i < 8; i++)
			m[i] = join(i % 2, i < 4 ? "" : OFFER);
		crowd_do(m[1], "pub t one*300;send two*300;pub t three*300");
		crowd_elsewhere("pub t four*300");
		crowd_settle();
		for (size_t i = 0; i < 8; i++) {
			assert_got(m[i], i == 1 ? "one*300 two*300 three*300 four*300 "
			                        : "one*300 three*300 four*300 ");
			assert_int_equal(m[i]->inflated > 0, i >= 4);
		}
		crowd_free();
	}
}

/* Ten large messages to one who does not read. */
static struct member *overfill(enum nv_slow slow)
{
	struct member *m;
	char act[32];

	start((struct nv_server_options){ .max_queue = 200000 });
	assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", slow), 0);
	m = join(true, "");
	sim_peer_set_window(m->peer, 0);
	for (int i = 0; i < 10; i++) {
		snprintf(act, sizeof act, "pub t %d*60000", i);
		crowd_elsewhere(act);
		crowd_settle();
	}
	return m;
}

/* Opens the window: it gets some, the newest last, and is told how many it missed. */
static void assert_all_accounted_for(struct member *m, unsigned int most)
{
	const char *last = "9*60000 ";
	unsigned int missed = 0, got;

	sim_peer_set_window(m->peer, SIZE_MAX);
	crowd_settle();
	assert_int_equal(sscanf(m->seen, "missed:%u drain ", &missed), 1);
	member_read(m);
	got = (unsigned int)(strlen(m->got) / strlen(last));
	assert_int_equal(got + missed, 10);
	assert_in_range(got, 2, most);
	assert_string_equal(m->got + strlen(m->got) - strlen(last), last);
}

static void the_slow_are_closed(void **state)
{
	struct member *m = overfill(NV_SLOW_CLOSE);

	assert_told(m, "close:1013,the peer did not read ");
	crowd_free();
}

static void the_oldest_are_dropped(void **state)
{
	assert_all_accounted_for(overfill(NV_SLOW_DROP_OLDEST), 6);
	crowd_free();
}

static void the_newest_waits(void **state)
{
	assert_all_accounted_for(overfill(NV_SLOW_KEEP_NEWEST), 3);
	crowd_free();
}

/* What waits in records counts for max_memory. */
static void records_weigh(void **state)
{
	struct member *m;

	start((struct nv_server_options){ .max_memory = 30000, .ping_interval_ms = NV_OFF });
	m = join(true, "");
	sim_peer_set_window(m->peer, 0);
	crowd_do(m, "send big*40000");
	assert_int_equal(nv_conn_unsent(m->conn), 0);
	assert_told(m, "");
	crowd_advance(1250);
	assert_told(m, "close:1006,the peer did not read ");
	crowd_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_get_the_same),       cmocka_unit_test(the_slow_are_closed),
		cmocka_unit_test(the_oldest_are_dropped), cmocka_unit_test(the_newest_waits),
		cmocka_unit_test(records_weigh),
	};

	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
