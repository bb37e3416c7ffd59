/* SPDX-License-Identifier: MIT */
/* test_outbox_threads.c: four threads put and one looks at the account, while the loop's thread gives it all to
 * connections that break. */
#include "ws/post.h"

#include <pthread.h>
#include <stdatomic.h>

#include "support/sanitizer.h"

#define THREADS 4u
#define EACH (SANITIZED ? 2000u : 20000u)

struct putter {
	pthread_t id;
	char name;
	uint32_t taken;
};

static struct post p;
static atomic_uint at_work;

/* Takes no for an answer, and goes on with the next number. */
static void *put_all(void *context)
{
	struct putter *putter = context;
	char text[16];
	bool first;

	for (uint32_t i = 0; i < EACH; i++) {
		snprintf(text, sizeof text, "%c%08u", putter->name, i);
		putter->taken +=
			nv_outbox_put(&p.outbox, NV_TEXT, nv_str(text), &first) == 0 ? 1 : 0;
	}
	atomic_fetch_sub(&at_work, 1);
	return NULL;
}

static bool adds_up(const struct nv_account *account)
{
	return account->taken == account->waiting + account->sent + account->dropped &&
	       account->confirmed + account->uncertain <= account->sent;
}

static void *watch(void *context)
{
	struct nv_account account;
	bool *right = context;

	while (*right && atomic_load(&at_work) > 0) {
		nv_outbox_account(&p.outbox, &account);
		*right = adds_up(&account);
	}
	return NULL;
}

/* What each thread has put comes in the order of its calls; twice only if that was asked for. */
static void read_all(uint32_t next[THREADS])
{
	struct frame frame;

	while (post_read(&p, &frame)) {
		char text[16] = "";

		memcpy(text, frame.payload.data, frame.payload.len < 15 ? frame.payload.len : 15);
		if (frame.opcode == NV_TEXT) {
			uint32_t *number = &next[text[0] - 'a'];

			assert_true(strtoul(text + 1, NULL, 10) >= *number);
			*number = (uint32_t)strtoul(text + 1, NULL, 10) + 1;
		} else if (p.open) {
			post_answer(&p, question_of(&frame));
		}
		blob_free(&frame.payload);
	}
}

/* Every so often the connection breaks, or what it takes is little. */
static void carry(unsigned int turn, uint32_t next[THREADS], bool repeats)
{
	if (!p.conn) {
		post_connect(&p, NULL);
		if (repeats)
			memset(next, 0, THREADS * sizeof *next);
	}
	sim_peer_set_window(p.peer, turn % 7 ? SIZE_MAX : 1000);
	post_feed(&p);
	sim_settle(p.loop);
	sim_advance(p.loop, 50);
	if (turn % 50 == 49) {
		sim_peer_reset(p.peer);
		sim_settle(p.loop);
	}
	read_all(next);
}

static void run(enum nv_delivery delivery, enum nv_overflow overflow)
{
	struct putter putters[THREADS];
	uint32_t next[THREADS] = { 0 };
	bool repeats = delivery == NV_AT_LEAST_ONCE;
	struct nv_account account;
	uint64_t taken = 0;
	bool right = true;
	pthread_t watcher;

	post_start(&p, (struct nv_outbox_options){ .delivery = delivery, .overflow = overflow });
	atomic_store(&at_work, THREADS);
	for (size_t i = 0; i < THREADS; i++) {
		putters[i] = (struct putter){ .name = (char)('a' + i) };
		assert_int_equal(pthread_create(&putters[i].id, NULL, put_all, &putters[i]), 0);
	}
	assert_int_equal(pthread_create(&watcher, NULL, watch, &right), 0);
	for (unsigned int turn = 0; atomic_load(&at_work) > 0; turn++)
		carry(turn, next, repeats);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(putters[i].id, NULL);
		taken += putters[i].taken;
	}
	pthread_join(watcher, NULL);
	assert_true(right);
	for (unsigned int turn = 1; turn < 49; turn++)
		carry(turn, next, repeats);
	nv_outbox_account(&p.outbox, &account);
	assert_true(adds_up(&account));
	assert_int_equal(account.taken, taken);
	assert_int_equal(account.waiting, 0);
	if (overflow == NV_REFUSE)
		assert_int_equal(account.dropped, 0);
	else
		assert_int_equal(taken, THREADS * EACH);
	post_stop(&p);
}

static void puts_from_any_thread(void **state)
{
	static const enum nv_overflow overflows[] = { NV_REFUSE, NV_DROP_OLDEST, NV_DROP_NEWEST };

	(void)state;
	for (size_t i = 0; i < sizeof overflows / sizeof *overflows; i++) {
		run(NV_AT_MOST_ONCE, overflows[i]);
		run(NV_CONFIRMED, overflows[i]);
		run(NV_AT_LEAST_ONCE, overflows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("any thread may put, and the account adds up at any moment",
		          puts_from_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
