/* SPDX-License-Identifier: MIT */
/* test_acts.c: any handler may ask for anything of anybody: each callback times each act that has to do
 * with topics and ids, of a member that goes through all callbacks. The others go on, and what they get
 * is whole. */
#include "ws/crowd.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FREE_ACTS 9 /* that need no connection, and so may be done in on_upgrade */

/* Member 2 acts; 0 and 1 are the others, each on its loop. */
static const char *const acts[] = {
	"pub t x",
	"pub t x*400;pub u y;pub t z",
	"to 0 x;to 1 y;to 2 z =?",
	"kick 2 =?",
	"kick 2 =?;pub t x;to 2 y =?;kick 2 =?",
	"kick 0 =?",
	"kick 1 =?;to 1 x =?",
	"kick 0 =?;kick 1 =?;kick 2 =?;pub t x",
	"stop;pub t x;to 1 y",
	"others t x;pub t y",
	"sub t =?",
	"unsub t =?;pub t x",
	"pub t 1;unsub t =?;pub t 2;sub t =?;pub t 3;sub * =?;pub t 4",
	"sub u =?;pub u x*400;unsub u =?;pub u y",
	"first x =?;pub t y;to 2 z =?",
	"first x =?;pub t y;last z =?;pub t w",
	"pub t x;close =?;sub u =?;pub t y",
	"pub t x;abort;sub u =?;unsub t =?;pub t y;to 2 z =?;kick 2 =?",
	"sub t =?;abort;kick 0 =?",
	"pause;pub t x;resume;sub u =?",
	"pub t x*400;pub t y*400;pub t z*400;send w =?",
};

static bool kicks(const char *act, size_t member)
{
	char word[8];

	snprintf(word, sizeof word, "kick %zu", member);
	return strstr(act, word) != NULL;
}

/* All callbacks happen, if nothing ends it earlier. */
static void live(struct member *m, size_t chunk)
{
	m->peer = crowd_ask("");
	sim_chunk(m->peer, chunk);
	sim_peer_set_window(m->peer, 150);
	crowd_ask_for(m, "sub t =?;pub t a;send b*100 =?");
	crowd_settle();
	sim_peer_set_window(m->peer, 0);
	crowd_ask_for(m, "last c =?;pub t d;send e*200 =?");
	crowd_settle();
	for (int i = 0; i < 6; i++)
		crowd_elsewhere("pub t f*300");
	crowd_settle();
	sim_peer_set_window(m->peer, SIZE_MAX);
	crowd_settle();
	crowd_ask_for(m, "last g =?;pub t h");
	send_frame(m->peer, 0x88, "\x03\xe8", 2);
	sim_peer_eof(m->peer);
	crowd_settle();
	crowd_advance(6000);
	assert_true(sim_peer_closed(m->peer));
}

static void assert_opened_and_closed_once(const struct member *m)
{
	const char *close = strstr(m->seen, "close:");

	assert_memory_equal(m->seen, "open ", 5);
	assert_null(strstr(m->seen + 5, "open "));
	assert_non_null(close);
	assert_null(strstr(close + 1, "close:"));
	assert_null(strstr(close, "drain"));
	assert_null(strstr(close, "missed"));
}

static void assert_goes_on(struct member *m, const char *act, size_t number)
{
	if (kicks(act, number))
		return;
	assert_non_null(m->conn);
	assert_null(strstr(m->seen, "close:"));
	member_read(m);
	m->got[0] = '\0';
}

static void act_at(enum crowd_callback callback, const char *act, uint32_t threads, size_t chunk)
{
	crowd_make((struct nv_server_options){
		.threads = threads, .ping_interval_ms = NV_OFF, .max_queue = 800 });
	assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", NV_SLOW_DROP_OLDEST), 0);
	crowd_do(crowd_join(), "sub t");
	crowd_do(crowd_join(), "sub t");
	crowd.acts[callback] = act;
	crowd.acting = 2;
	live(&crowd.members[2], chunk);
	crowd.acts[callback] = NULL;
	assert_int_equal(crowd.count, 3);
	assert_opened_and_closed_once(&crowd.members[2]);
	for (size_t i = 0; i < 2; i++)
		assert_goes_on(&crowd.members[i], act, i);
	crowd_elsewhere("pub t end;to 0 e0 =?;to 1 e1 =?");
	crowd_settle();
	for (size_t i = 0; i < 2; i++) {
		if (!kicks(act, i))
			assert_got(&crowd.members[i], i == 0 ? "end e0 " : "end e1 ");
	}
	crowd_free();
}

static void every_callback_may_ask_for_everything(void **state)
{
	for (enum crowd_callback callback = 0; callback < CROWD_CALLBACKS; callback++) {
		size_t count = callback == CROWD_UPGRADE ? FREE_ACTS : COUNT(acts);

		for (size_t i = 0; i < count; i++) {
			for (uint32_t threads = 1; threads <= 2; threads++) {
				act_at(callback, acts[i], threads, 65536);
				act_at(callback, acts[i], threads, 1);
			}
		}
	}
}

/* Without any act all of them are called, or the test above would show nothing. */
static void all_callbacks_are_called(void **state)
{
	struct member *m = &crowd.members[0];

	crowd_make((struct nv_server_options){ .ping_interval_ms = NV_OFF, .max_queue = 800 });
	assert_int_equal(nv_server_route_slow(crowd.server, "/crowd", NV_SLOW_DROP_OLDEST), 0);
	live(m, 65536);
	assert_non_null(strstr(m->seen, "open "));
	assert_non_null(strstr(m->seen, "missed:"));
	assert_non_null(strstr(m->seen, "drain "));
	assert_non_null(strstr(m->seen, "close:1000,closing handshake "));
	crowd_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("all callbacks are called", all_callbacks_are_called),
		unit_case("every callback may ask for everything",
		          every_callback_may_ask_for_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
