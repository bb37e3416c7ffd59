/* SPDX-License-Identifier: MIT */
/* test_outbox_model.c: numbered messages on connections that stall and break at random, against what must be
 * true whatever happens. The far end notes which messages have left this side as a whole, and reads as
 * many of them as chance will have it. The argument, if any, is the number of the only walk to play. */
#include "ws/post.h"

#include "support/prng.h"
#include "support/sanitizer.h"

#define STEPS 400u
#define MESSAGES 400u
#define LARGEST 80000u

static unsigned long only_walk;

struct walk {
	struct post p;
	struct prng prng;
	struct nv_tls_context *context; /* or NULL */
	struct nv_outbox_options options;
	bool pings; /* of the application, too */
	uint32_t puts;
	bool taken[MESSAGES];
	uint32_t sizes[MESSAGES];
	uint32_t left[MESSAGES]; /* how often it has left as a whole */
	uint32_t read[MESSAGES]; /* how often the far end has read it */
	uint64_t distinct;       /* how many it has read */
	uint32_t before;         /* the last of this connection, and 1 */
	uint32_t highest;        /* the last of all that left, and 1 */
	bool reading;            /* it is still there */
};

static size_t below(struct walk *w, size_t limit)
{
	return prng_below(&w->prng, limit);
}

static struct nv_account account_of(struct walk *w)
{
	struct nv_account account;

	nv_outbox_account(&w->p.outbox, &account);
	return account;
}

/* --- The far end --- */

static uint32_t number_of(const struct frame *frame)
{
	char digits[9] = "";

	assert_true(frame->payload.len >= 8);
	memcpy(digits, frame->payload.data, 8);
	return (uint32_t)strtoul(digits, NULL, 10);
}

static void note_message(struct walk *w, const struct frame *frame)
{
	uint32_t number = number_of(frame);

	assert_true(number < w->puts && w->taken[number]);
	assert_int_equal(frame->payload.len, w->sizes[number]);
	/* In order; with nothing between, if nothing may be dropped. */
	assert_true(number >= w->before);
	if (w->options.overflow == NV_REFUSE && w->before > 0)
		assert_true(number == w->before || !w->taken[w->before]);
	w->before = number + 1;
	w->left[number]++;
	if (w->options.delivery != NV_AT_LEAST_ONCE) {
		assert_int_equal(w->left[number], 1);
		assert_true(number >= w->highest);
	}
	if (w->highest < w->before)
		w->highest = w->before;
	if (w->reading && w->read[number]++ == 0)
		w->distinct++;
}

/* Of pings some are not answered: RFC 6455 5.5.3. */
static void answer(struct walk *w, const struct frame *frame)
{
	uint8_t head[2] = { 0x8a, (uint8_t)frame->payload.len };

	if (!w->reading || !w->p.open || below(w, 8) == 0)
		return;
	sim_peer_send(w->p.peer, head, sizeof head);
	sim_peer_send(w->p.peer, frame->payload.data, frame->payload.len);
}

static void read_some(struct walk *w, size_t count)
{
	struct frame frame;

	while (count-- > 0 && post_read(&w->p, &frame)) {
		if (frame.opcode == NV_PING)
			answer(w, &frame);
		else if (frame.opcode != NV_CLOSE)
			note_message(w, &frame);
		blob_free(&frame.payload);
	}
	sim_settle(w->p.loop);
}

/* What has left and is not read never will be. */
static void lose_the_rest(struct walk *w)
{
	read_some(w, below(w, 2) ? 0 : below(w, 20));
	w->reading = false;
	read_some(w, SIZE_MAX);
}

/* --- Steps --- */

static void check(struct walk *w)
{
	struct nv_account account = account_of(w);
	uint64_t bytes = 0;
	uint64_t waiting = account.waiting;

	assert_int_equal(account.taken, account.waiting + account.sent + account.dropped);
	assert_true(account.confirmed + account.uncertain <= account.sent);
	assert_true(account.confirmed <= w->distinct);
	if (w->options.overflow != NV_REFUSE)
		return;
	assert_int_equal(account.dropped, 0);
	/* The newest are those that wait. */
	for (uint32_t i = w->puts; waiting > 0; i--) {
		bytes += w->taken[i - 1] ? w->sizes[i - 1] : 0;
		waiting -= w->taken[i - 1] ? 1 : 0;
	}
	assert_int_equal(account.waiting_bytes, bytes);
}

static bool is_full(struct walk *w)
{
	struct nv_account account = account_of(w);
	uint64_t count = account.waiting;
	uint64_t bytes = 0;

	if (w->options.delivery == NV_AT_LEAST_ONCE)
		count += account.sent - account.confirmed;
	for (uint64_t i = w->puts, n = count; n > 0; i--) {
		bytes += w->taken[i - 1] ? w->sizes[i - 1] : 0;
		n -= w->taken[i - 1] ? 1 : 0;
	}
	return (w->options.max_waiting != NV_OFF && count >= w->options.max_waiting) ||
	       (w->options.max_bytes != NV_OFF && bytes >= w->options.max_bytes);
}

static void put(struct walk *w)
{
	static char text[LARGEST + 1];
	uint32_t size = 8 + (uint32_t)below(w, below(w, 30) ? 200 : LARGEST - 8);
	bool full, first;
	int error;

	if (w->puts == MESSAGES)
		return;
	memset(text, 'x', size);
	snprintf(text, 9, "%08u", w->puts);
	text[8] = 'x';
	w->sizes[w->puts] = size;
	full = w->options.overflow == NV_REFUSE && is_full(w);
	error = nv_outbox_put(&w->p.outbox, below(w, 2) ? NV_TEXT : NV_BINARY,
	                      (struct nv_bytes){ (const uint8_t *)text, size }, &first);
	assert_int_equal(error, full ? NV_ERR_FULL : 0);
	w->taken[w->puts++] = error == 0;
}

static void connect_again(struct walk *w)
{
	if (w->p.conn)
		return;
	post_connect(&w->p, w->context);
	if (w->context) {
		far_server(w->p.peer, paper("server.pem"), paper("server.key"));
		sim_settle(w->p.loop);
		sim_peer_take(w->p.peer);
	}
	assert_true(w->p.open);
	w->before = 0;
	w->reading = true;
}

/* Our Close, and its answer. */
static void close_in_order(struct walk *w)
{
	assert_int_equal(nv_conn_close(w->p.conn, 1000, NULL), 0);
	sim_peer_set_window(w->p.peer, SIZE_MAX);
	sim_settle(w->p.loop);
	read_some(w, SIZE_MAX);
	sim_peer_send(w->p.peer, "\x88\x02\x03\xe8", 4);
	sim_peer_eof(w->p.peer);
	sim_settle(w->p.loop);
}

/* The peer's Close: what was queued before still leaves. */
static void be_closed(struct walk *w)
{
	sim_peer_send(w->p.peer, "\x88\x02\x03\xe9", 4);
	sim_settle(w->p.loop);
	sim_peer_set_window(w->p.peer, SIZE_MAX);
	sim_settle(w->p.loop);
	lose_the_rest(w);
	sim_peer_eof(w->p.peer);
	sim_settle(w->p.loop);
}

static void break_off(struct walk *w)
{
	size_t how = below(w, 4);

	if (!w->p.open)
		return;
	if (how == 0) {
		close_in_order(w);
	} else if (how == 1) {
		be_closed(w);
	} else if (how == 2) {
		nv_conn_abort(w->p.conn);
	} else {
		sim_peer_reset(w->p.peer);
	}
	sim_settle(w->p.loop);
	assert_null(w->p.conn);
	lose_the_rest(w);
}

static void step(struct walk *w)
{
	static const uint8_t mark[] = { 'm' };

	switch (below(w, 12)) {
	case 0:
		if (below(w, 4) == 0)
			break_off(w);
		else
			connect_again(w);
		break;
	case 1:
		if (w->p.open)
			sim_peer_set_window(w->p.peer, below(w, 3) ? below(w, 3000) : SIZE_MAX);
		break;
	case 2:
		if (w->p.open)
			read_some(w, below(w, 10));
		break;
	case 3:
		sim_advance(w->p.loop, (uint32_t)below(w, 400));
		break;
	case 4:
		if (w->pings && w->p.open)
			(void)nv_conn_ping(w->p.conn, (struct nv_bytes){ mark, 1 });
		break;
	case 5:
	case 6:
		post_feed(&w->p);
		sim_settle(w->p.loop);
		break;
	default:
		put(w);
	}
}

/* --- The end --- */

/* One that reads all. */
static void drain(struct walk *w)
{
	enum nv_feed feed;

	if (w->p.conn && !w->p.open)
		sim_settle(w->p.loop);
	connect_again(w);
	sim_peer_set_window(w->p.peer, SIZE_MAX);
	for (int i = 0; i < 1000; i++) {
		feed = post_run(&w->p);
		read_some(w, SIZE_MAX);
		sim_advance(w->p.loop, 250);
		check(w);
		if (feed == NV_FEED_DONE)
			return;
	}
	fail();
}

/* What TLS adds, and control frames that overtake, hide a few that have not left. */
static void check_all(struct walk *w)
{
	struct nv_account account = account_of(w);
	bool is_exact = !w->pings && !w->context;
	uint64_t missing = 0;

	assert_int_equal(account.waiting, 0);
	for (uint32_t i = 0; i < w->puts; i++) {
		const uint32_t *times = w->options.delivery == NV_AT_LEAST_ONCE ? w->read : w->left;

		missing += w->taken[i] && times[i] == 0;
	}
	if (w->options.delivery == NV_AT_LEAST_ONCE)
		assert_true(missing <= account.dropped);
	else if (w->options.delivery == NV_AT_MOST_ONCE && is_exact)
		assert_int_equal(missing, account.dropped);
	else if (w->options.delivery == NV_AT_MOST_ONCE)
		assert_in_range(missing, account.dropped, account.dropped + MESSAGES / 8);
	if (w->options.delivery != NV_AT_MOST_ONCE)
		assert_int_equal(account.sent, account.confirmed + account.uncertain);
	else
		assert_int_equal(account.confirmed + account.uncertain, 0);
}

static void play(unsigned long number, struct nv_tls_context *context)
{
	struct walk *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->prng.state = number;
	w->context = context;
	w->options.delivery = (enum nv_delivery)below(w, 3);
	w->options.overflow = below(w, 2) ? NV_REFUSE : (enum nv_overflow)below(w, 3);
	w->options.max_waiting = below(w, 3) ? 1 + (uint32_t)below(w, 40) : NV_OFF;
	w->options.max_bytes = below(w, 2) ? 1000 + (uint32_t)below(w, 100000) : NV_OFF;
	w->pings = below(w, 4) == 0;
	post_start(&w->p, w->options);
	for (size_t i = 0; i < STEPS; i++) {
		step(w);
		check(w);
	}
	drain(w);
	check_all(w);
	post_stop(&w->p);
	free(w);
}

static void walks(unsigned long count, struct nv_tls_context *context)
{
	for (unsigned long i = 1; i <= count; i++) {
		if (only_walk && i != only_walk)
			continue;
		print_message("walk %lu\r", i);
		play(i, context);
	}
}

static void walks_in_the_clear(void **state)
{
	(void)state;
	walks(SANITIZED ? 300 : 3000, NULL);
}

static void walks_over_tls(void **state)
{
	const struct nv_client_tls tls = { .ca_file = paper("ca.pem") };
	struct nv_tls_context *context = NULL;
	char problem[NV_TLS_PROBLEM];

	(void)state;
	assert_int_equal(nv_tls_context_connect(&tls, &context, problem), 0);
	walks(SANITIZED ? 20 : 100, context);
	nv_tls_context_unref(context);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		unit_case("whatever happens, the account adds up", walks_in_the_clear),
		unit_case("the same over TLS", walks_over_tls),
	};

	if (argc > 1)
		only_walk = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, papers_make, papers_free);
}
