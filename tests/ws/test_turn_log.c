/* SPDX-License-Identifier: MIT */
/* test_turn_log.c: what subscribers take from a turn's log, against a model that writes each message to
 * each of them when it is published. */
#include "support/unit.h"

#include "ws/turn_log.h"

#include <stdio.h>

#include "base/alloc.h"

#include "support/blob.h"
#include "support/failing_alloc.h"
#include "support/prng.h"

#define MEMBERS 6
#define PATTERNS 7
#define NAMES 7
#define LOREM_SIZE 80000u

static const uint8_t key[NV_SIPHASH_KEY] = "a key of 16 byte";
static const char *const patterns[PATTERNS] = { "a", "b", "room.1", "room.2", "*", "a*", "room.*" };
static const char *const names[NAMES] = { "a", "a", "b", "room.1", "room.2", "room.3", "nobody's" };

/* What a connection may have agreed on, and the encoding that is right for it. */
static const struct agreement {
	struct nv_deflate deflate;
	uint8_t encoding;
} agreements[] = {
	{ { .agreed = false }, 0 },
	{ { .agreed = true, .server_no_context_takeover = true }, 8 },
	{ { .agreed = true, .server_no_context_takeover = true, .server_max_window_bits = 15 }, 8 },
	{ { .agreed = true, .server_no_context_takeover = true, .server_max_window_bits = 10 }, 3 },
	{ { .agreed = true, .server_no_context_takeover = true, .server_max_window_bits = 8 }, 1 },
	{ { .agreed = true, .server_max_window_bits = 11 }, NV_ENCODING_OWN },
};
#define AGREEMENTS (sizeof agreements / sizeof *agreements)

/* A connection: its session sends, its twin's sends the same to the model. */
struct member {
	uint64_t id;
	struct nv_subscriber *subscriber;
	struct nv_outq out;
	struct nv_session session;
	struct nv_session twin;
	struct blob expected;
	bool subscribed[PATTERNS];
	bool visited;
	bool failed;
};

struct world {
	struct nv_session_options options;
	struct nv_deflate_pool pool;
	struct nv_deflate_pool twins_pool;
	struct nv_topics topics;
	struct nv_turn_log log;
	struct member members[MEMBERS];
	struct prng prng;
	uint8_t lorem[LOREM_SIZE]; /* what messages are made of */
	bool large;                /* and some are */
	bool plain;                /* nobody compresses */
	size_t depth;              /* of visits in which something happens */
};

/* --- The world --- */

static void open_session(struct world *w, struct nv_session *session, struct nv_deflate_pool *pool,
                         const struct nv_deflate *agreed)
{
	nv_session_init(session, &w->options);
	if (agreed->agreed)
		assert_int_equal(nv_session_compress(session, agreed, pool), 0);
}

static void open_member(struct world *w, struct member *member, const struct nv_deflate *agreed)
{
	open_session(w, &member->session, &w->pool, agreed);
	open_session(w, &member->twin, &w->twins_pool, agreed);
}

static void close_member(struct world *w, struct member *member)
{
	if (member->subscriber)
		nv_topics_leave_all(&w->topics, member->subscriber);
	nv_free(member->subscriber);
	nv_outq_deinit(&member->out);
	nv_session_deinit(&member->session);
	nv_session_deinit(&member->twin);
	blob_free(&member->expected);
	*member = (struct member){ .id = member->id };
}

/* Half words that repeat, half noise, so that some of it gets smaller. */
static void make_lorem(struct world *w)
{
	for (size_t i = 0; i < LOREM_SIZE; i++)
		w->lorem[i] = i / 3000 % 2 || i < 200 ? (uint8_t)prng_next(&w->prng)
		                                      : (uint8_t)("abcdefgh"[i * i / 7 % 8]);
}

static void open_world(struct world *w, uint64_t seed)
{
	*w = (struct world){ .prng = { seed } };
	w->options.compression = (struct nv_compression){ .enabled = true,
		                                          .context_takeover = true,
		                                          .window_bits = 12 };
	nv_session_options_complete(&w->options);
	w->options.unchecked_text = true;
	w->pool.compression = &w->options.compression;
	w->twins_pool.compression = &w->options.compression;
	nv_topics_init(&w->topics, key);
	nv_turn_log_init(&w->log, &w->topics, &w->options, &w->pool);
	for (size_t i = 0; i < MEMBERS; i++)
		w->members[i].id = (uint64_t)1 << 56 | (uint64_t)i << 32 | 1;
	make_lorem(w);
}

static void close_world(struct world *w)
{
	nv_turn_log_deinit(&w->log);
	for (size_t i = 0; i < MEMBERS; i++)
		close_member(w, &w->members[i]);
	nv_topics_deinit(&w->topics);
	nv_deflate_pool_deinit(&w->pool);
	nv_deflate_pool_deinit(&w->twins_pool);
}

static struct world *world_new(uint64_t seed)
{
	struct world *w = test_malloc(sizeof *w);

	failing_alloc_install();
	open_world(w, seed);
	for (size_t i = 0; i < MEMBERS; i++)
		open_member(w, &w->members[i], &agreements[0].deflate);
	return w;
}

static void world_free(struct world *w)
{
	close_world(w);
	test_free(w);
	failing_alloc_remove();
}

/* --- What connections do --- */

static int send_own(void *context, enum nv_opcode opcode, struct nv_bytes message)
{
	struct member *member = context;
	struct nv_bytes output;
	int error = nv_session_send(&member->session, opcode, message);

	if (error < 0)
		return error;
	output = nv_session_output(&member->session);
	error = nv_outq_append(&member->out, output.data, output.len);
	nv_session_consume(&member->session, output.len);
	return error;
}

static struct nv_taker taker_of(struct member *member)
{
	return (struct nv_taker){
		.id = member->id,
		.out = &member->out,
		.max_queue = SIZE_MAX,
		.encoding = nv_encoding_of(&member->session),
		.send = send_own,
		.context = member,
	};
}

static int take(struct world *w, struct member *member)
{
	struct nv_taker taker = taker_of(member);
	int error = member->subscriber ? nv_turn_log_take(&w->log, member->subscriber, &taker) : 0;

	assert_int_equal(taker.missed, 0);
	return error;
}

static int subscribe(struct world *w, struct member *member, const char *pattern)
{
	if (!member->subscriber) {
		member->subscriber = nv_alloc(sizeof *member->subscriber);
		assert_non_null(member->subscriber);
		nv_subscriber_init(member->subscriber, member);
	}
	assert_int_equal(take(w, member), 0);
	return nv_topics_subscribe(&w->topics, member->subscriber, nv_str(pattern));
}

static void leave_all(struct world *w, struct member *member)
{
	if (!member->subscriber)
		return;
	assert_int_equal(take(w, member), 0);
	nv_topics_leave_all(&w->topics, member->subscriber);
	nv_free(member->subscriber);
	member->subscriber = NULL;
	memset(member->subscribed, 0, sizeof member->subscribed);
}

/* --- The model --- */

static bool stands_for(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	return pattern[len - 1] == '*' ? strncmp(pattern, name, len - 1) == 0
	                               : strcmp(pattern, name) == 0;
}

static bool is_for(const struct member *member, const char *name, uint64_t excluded)
{
	for (size_t i = 0; i < PATTERNS; i++) {
		if (member->subscribed[i] && stands_for(patterns[i], name))
			return member->id != excluded;
	}
	return false;
}

/* RFC 6455 5.2, by hand. */
static void expect_plain(struct member *member, enum nv_opcode opcode, struct nv_bytes message)
{
	size_t size = message.len < 126 ? 0 : message.len < 65536 ? 2 : 8;
	uint8_t head[10] = { (uint8_t)(0x80u | opcode) };

	head[1] = (uint8_t)(size == 0 ? message.len : size == 2 ? 126 : 127);
	for (size_t i = 0; i < size; i++)
		head[2 + i] = (uint8_t)((uint64_t)message.len >> 8 * (size - 1 - i));
	blob_append(&member->expected, head, 2 + size);
	blob_append(&member->expected, message.data, message.len);
}

static void expect(struct member *member, enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_bytes output;

	if (nv_encoding_of(&member->session) == 0) {
		expect_plain(member, opcode, message);
		return;
	}
	assert_int_equal(nv_session_send(&member->twin, opcode, message), 0);
	output = nv_session_output(&member->twin);
	blob_append(&member->expected, output.data, output.len);
	nv_session_consume(&member->twin, output.len);
}

static struct blob queued(const struct nv_outq *out)
{
	struct nv_bytes slices[1024];
	struct blob bytes = { 0 };
	size_t count = nv_outq_peek(out, slices, 1024);

	assert_true(count < 1024);
	for (size_t i = 0; i < count; i++)
		blob_append(&bytes, slices[i].data, slices[i].len);
	return bytes;
}

static void assert_as_expected(const struct member *member)
{
	struct blob bytes = queued(&member->out);

	assert_int_equal(bytes.len, member->expected.len);
	assert_true(blob_same(&bytes, &member->expected));
	blob_free(&bytes);
}

/* Some of it leaves. */
static void drain(struct member *member, size_t len)
{
	nv_outq_consume(&member->out, len);
	member->expected.len -= len;
	if (member->expected.len > 0)
		memmove(member->expected.data, member->expected.data + len, member->expected.len);
}

/* --- What may happen at random --- */

static struct nv_bytes some_message(struct world *w)
{
	size_t sizes[] = { 20, 20, 20, 126, 200, 3000 };
	size_t len = prng_below(&w->prng, sizes[prng_below(&w->prng, 6)]);

	if (w->large && prng_below(&w->prng, 8) == 0)
		len = prng_below(&w->prng, 70000);
	return (struct nv_bytes){ w->lorem + prng_below(&w->prng, LOREM_SIZE - len), len };
}

static void publish_some(struct world *w, struct member *member)
{
	const char *name = names[prng_below(&w->prng, NAMES)];
	struct nv_publication publication = {
		.name = nv_str(name),
		.opcode = prng_below(&w->prng, 2) ? NV_TEXT : NV_BINARY,
		.message = some_message(w),
		.excluded = prng_below(&w->prng, 3) ? 0 : member->id,
	};
	bool any = false;

	for (size_t i = 0; i < MEMBERS; i++) {
		any |= is_for(&w->members[i], name, 0);
		if (is_for(&w->members[i], name, publication.excluded))
			expect(&w->members[i], publication.opcode, publication.message);
	}
	assert_int_equal(nv_turn_log_publish(&w->log, &publication), any);
}

static void send_some(struct world *w, struct member *member)
{
	struct nv_bytes message = some_message(w);

	assert_int_equal(take(w, member), 0);
	assert_int_equal(send_own(member, NV_BINARY, message), 0);
	expect(member, NV_BINARY, message);
	assert_as_expected(member);
}

static void subscribe_some(struct world *w, struct member *member)
{
	size_t which = prng_below(&w->prng, PATTERNS);

	assert_int_equal(subscribe(w, member, patterns[which]), 0);
	member->subscribed[which] = true;
}

static void unsubscribe_some(struct world *w, struct member *member)
{
	size_t which = prng_below(&w->prng, PATTERNS);

	if (!member->subscriber)
		return;
	assert_int_equal(take(w, member), 0);
	assert_int_equal(
		nv_topics_unsubscribe(&w->topics, member->subscriber, nv_str(patterns[which])),
		member->subscribed[which] ? 0 : NV_ERR_NOT_FOUND);
	member->subscribed[which] = false;
}

static void take_some(struct world *w, struct member *member)
{
	assert_int_equal(take(w, member), 0);
	assert_as_expected(member);
	drain(member, prng_below(&w->prng, member->expected.len + 1));
}

static void do_something(struct world *w)
{
	struct member *member = &w->members[prng_below(&w->prng, MEMBERS)];
	size_t what = prng_below(&w->prng, 20);

	if (what < 9)
		publish_some(w, member);
	else if (what < 12)
		send_some(w, member);
	else if (what < 15)
		subscribe_some(w, member);
	else if (what < 17)
		unsubscribe_some(w, member);
	else if (what < 19)
		take_some(w, member);
	else
		leave_all(w, member);
}

static void take_at_end(void *context, struct nv_subscriber *subscriber)
{
	struct world *w = context;
	struct member *member = subscriber->owner;
	uint32_t count = w->log.count;

	assert_true(!member->visited);
	assert_int_equal(take(w, member), 0);
	member->visited = true;
	for (; w->depth > 0 && prng_below(&w->prng, 3) == 0; w->depth--)
		do_something(w);
	/* What is published now makes another visit necessary. */
	for (size_t i = 0; w->log.count > count && i < MEMBERS; i++)
		w->members[i].visited = false;
}

static void end_turn(struct world *w)
{
	w->depth = prng_below(&w->prng, 3) ? 0 : 4;
	for (size_t i = 0; i < MEMBERS; i++)
		w->members[i].visited = false;
	nv_turn_log_each(&w->log, take_at_end, w);
	nv_turn_log_clear(&w->log);
	for (size_t i = 0; i < MEMBERS; i++) {
		assert_as_expected(&w->members[i]);
		drain(&w->members[i], prng_below(&w->prng, w->members[i].expected.len + 1));
		if (prng_below(&w->prng, 2))
			drain(&w->members[i], w->members[i].expected.len);
	}
}

static void play_script(struct world *w)
{
	size_t turns = 1 + prng_below(&w->prng, 3);

	for (size_t i = 0; i < MEMBERS; i++) {
		size_t agreed = w->plain ? 0 : prng_below(&w->prng, AGREEMENTS);

		close_member(w, &w->members[i]);
		open_member(w, &w->members[i], &agreements[agreed].deflate);
		assert_int_equal(nv_encoding_of(&w->members[i].session),
		                 agreements[agreed].encoding);
		for (size_t k = prng_below(&w->prng, 3); k > 0; k--)
			subscribe_some(w, &w->members[i]);
	}
	for (; turns > 0; turns--) {
		for (size_t steps = prng_below(&w->prng, 20); steps > 0; steps--)
			do_something(w);
		end_turn(w);
	}
}

static void play_scripts(uint64_t seed, size_t count, bool plain, bool large)
{
	struct world *w = world_new(seed);

	w->plain = plain;
	w->large = large;
	for (size_t i = 0; i < count; i++)
		play_script(w);
	world_free(w);
}

static void everybody_gets_what_is_his(void **state)
{
	play_scripts(1, 20000, true, false);
}

static void large_messages_and_small_ones_keep_their_order(void **state)
{
	play_scripts(2, 300, true, true);
}

static void compressed_is_as_a_session_sends_it(void **state)
{
	play_scripts(3, 400, false, false);
	play_scripts(4, 30, false, true);
}

/* --- What it costs --- */

static void publish(struct world *w, const char *name, const char *text, uint64_t excluded)
{
	struct nv_publication publication = {
		.name = nv_str(name),
		.opcode = NV_TEXT,
		.message = nv_str(text),
		.excluded = excluded,
	};

	assert_int_equal(nv_turn_log_publish(&w->log, &publication), 1);
}

/* How many slices wait, and how many allocations it took to get them. */
static size_t slices_of_take(struct world *w, struct member *member, size_t *allocations)
{
	struct nv_bytes slices[256];

	failing_alloc_fail(0, FAIL_ONCE);
	assert_int_equal(take(w, member), 0);
	*allocations = failing_alloc_count();
	return nv_outq_peek(&member->out, slices, 256);
}

static void one_topic_is_one_slice(void **state)
{
	struct world *w = world_new(1);
	size_t allocations, runs;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(subscribe(w, &w->members[i], i < 2 ? "a" : "a*"), 0);
	publish(w, "a", "twenty bytes of text", 0);
	runs = w->log.runs.len;
	for (size_t i = 1; i < 500; i++)
		publish(w, "a", "twenty bytes of text", 0);
	/* The work is in the number of runs, and of what shared_frames finds side by side. */
	assert_int_equal(w->log.runs.len, runs);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(slices_of_take(w, &w->members[i], &allocations), 1);
		assert_int_equal(allocations, 1);
		assert_int_equal(w->members[i].out.len, 500 * 22);
	}
	world_free(w);
}

static void other_topics_make_one_slice_per_run(void **state)
{
	struct world *w = world_new(1);
	size_t allocations;

	assert_int_equal(subscribe(w, &w->members[0], "a"), 0);
	assert_int_equal(subscribe(w, &w->members[1], "a"), 0);
	assert_int_equal(subscribe(w, &w->members[1], "b"), 0);
	for (size_t i = 0; i < 60; i++)
		publish(w, i / 10 % 2 ? "b" : "a", "text", 0);
	assert_int_equal(slices_of_take(w, &w->members[0], &allocations), 3);
	assert_int_equal(slices_of_take(w, &w->members[1], &allocations), 1);
	world_free(w);
}

static void the_publisher_of_one_takes_what_is_around_it(void **state)
{
	struct world *w = world_new(1);
	size_t allocations;

	assert_int_equal(subscribe(w, &w->members[0], "a"), 0);
	for (uint64_t i = 1; i <= 500; i++)
		publish(w, "a", "text", i == 250 ? w->members[0].id : i);
	assert_int_equal(slices_of_take(w, &w->members[0], &allocations), 2);
	assert_int_equal(allocations, 2);
	assert_int_equal(w->members[0].out.len, 499 * 6);
	world_free(w);
}

static void turns_go_on_in_one_slice(void **state)
{
	struct world *w = world_new(1);
	size_t allocations;

	assert_int_equal(subscribe(w, &w->members[0], "a"), 0);
	for (size_t i = 0; i < 100; i++) {
		publish(w, "a", "text", 0);
		assert_int_equal(slices_of_take(w, &w->members[0], &allocations), 1);
		nv_turn_log_clear(&w->log);
	}
	world_free(w);
}

static void a_window_is_compressed_for_once(void **state)
{
	struct world *w = world_new(1);
	struct nv_bytes slices[2][4];
	size_t allocations;

	for (size_t i = 0; i < 2; i++) {
		close_member(w, &w->members[i]);
		open_member(w, &w->members[i], &agreements[3].deflate);
		assert_int_equal(subscribe(w, &w->members[i], "a"), 0);
	}
	for (size_t i = 0; i < 20; i++) {
		struct nv_publication publication = {
			nv_str("a"), NV_BINARY, { w->lorem + 200, i % 3 ? 300 : 20 }, 0, 0
		};

		assert_int_equal(nv_turn_log_publish(&w->log, &publication), 1);
	}
	assert_true(slices_of_take(w, &w->members[0], &allocations) <= 2);
	assert_true(slices_of_take(w, &w->members[1], &allocations) <= 2);
	assert_int_equal(allocations, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(nv_outq_peek(&w->members[i].out, slices[i], 4), 2);
	assert_memory_equal(slices[0], slices[1], 2 * sizeof slices[0][0]);
	world_free(w);
}

static void nothing_is_kept_of_a_large_turn(void **state)
{
	struct world *w = world_new(1);
	size_t before;

	assert_int_equal(subscribe(w, &w->members[0], "a"), 0);
	assert_int_equal(subscribe(w, &w->members[0], "b"), 0);
	publish(w, "a", "text", 9);
	nv_turn_log_clear(&w->log);
	before = failing_alloc_live_bytes();
	for (uint64_t i = 1; i < 20000; i++)
		publish(w, i % 2 ? "a" : "b", "twenty bytes of text", i);
	assert_true(failing_alloc_live_bytes() > before + 1000000);
	nv_turn_log_clear(&w->log);
	assert_true(failing_alloc_live_bytes() < before + 1000);
	publish(w, "a", "text", 9);
	nv_turn_log_clear(&w->log);
	assert_true(failing_alloc_live_bytes() < before + 1000);
	world_free(w);
}

/* --- Joining, leaving and names --- */

static void publishing_wants_a_name_without_a_star(void **state)
{
	struct world *w = world_new(1);
	const char *bad[] = { "", "*", "a*" };

	assert_int_equal(subscribe(w, &w->members[0], "*"), 0);
	for (size_t i = 0; i < 3; i++) {
		struct nv_publication publication = { .name = nv_str(bad[i]), .opcode = NV_TEXT };

		assert_int_equal(nv_turn_log_publish(&w->log, &publication), NV_ERR_INVALID);
	}
	assert_int_equal(w->log.count, 0);
	world_free(w);
}

static void a_newcomer_gets_what_comes_after_it(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];

	assert_int_equal(subscribe(w, &w->members[1], "*"), 0);
	publish(w, "a", "1", 0);
	publish(w, "b", "2", 0);
	assert_int_equal(subscribe(w, member, "a"), 0);
	publish(w, "a", "3", 0);
	publish(w, "b", "4", 0);
	assert_int_equal(subscribe(w, member, "b"), 0);
	publish(w, "b", "5", 0);
	leave_all(w, member);
	publish(w, "b", "6", 0);
	assert_int_equal(subscribe(w, member, "b"), 0);
	blob_append(&member->expected,
	            "\x81\x01"
	            "3"
	            "\x81\x01"
	            "5",
	            6);
	assert_int_equal(take(w, member), 0);
	assert_as_expected(member);
	world_free(w);
}

/* --- Slow subscribers, against a list of what waits --- */

struct item {
	size_t len;
	uint64_t tag; /* 0: not droppable */
	bool begun;
};

struct slow_model {
	struct item items[2000];
	size_t count;
	size_t len;
	size_t max_queue;
	uint64_t missed;
	enum nv_slow slow;
	bool blocked;
	int result;
};

static void drop_item(struct slow_model *m, size_t index)
{
	m->len -= m->items[index].len;
	m->count--;
	memmove(&m->items[index], &m->items[index + 1], (m->count - index) * sizeof *m->items);
}

static bool drop_first(struct slow_model *m, uint64_t tag)
{
	for (size_t i = 0; i < m->count; i++) {
		struct item *item = &m->items[i];

		if (item->tag == 0 || item->begun || (tag != 0 && item->tag != tag))
			continue;
		drop_item(m, i);
		m->missed++;
		return true;
	}
	return false;
}

static void add_item(struct slow_model *m, size_t len, uint64_t tag)
{
	m->items[m->count++] = (struct item){ len, tag, false };
	m->len += len;
}

static void model_message(struct slow_model *m, size_t len, uint64_t tag, uint8_t slow)
{
	enum nv_slow policy = slow ? (enum nv_slow)(slow - 1) : m->slow;

	bool thinned = policy == NV_SLOW_KEEP_NEWEST && (m->blocked || m->len >= m->max_queue);

	if (m->result < 0)
		return;
	while (thinned && drop_first(m, tag))
		continue;
	while (policy == NV_SLOW_DROP_OLDEST && m->len >= m->max_queue && drop_first(m, 0))
		continue;
	if (m->len < m->max_queue)
		add_item(m, len, policy == NV_SLOW_CLOSE ? 0 : tag);
	else if (policy == NV_SLOW_CLOSE)
		m->result = NV_ERR_FULL;
	else
		m->missed++;
}

static void model_leaves(struct slow_model *m, size_t len)
{
	m->len -= len;
	while (len > 0 && m->items[0].len <= len) {
		len -= m->items[0].len;
		m->len += m->items[0].len;
		drop_item(m, 0);
	}
	if (len > 0) {
		m->items[0].len -= len;
		m->items[0].begun = true;
	}
}

struct waiting {
	size_t name;
	size_t len;
	uint8_t slow;
};

static void publish_sized(struct world *w, const struct waiting *message)
{
	struct nv_publication publication = {
		.name = nv_str(names[message->name]),
		.opcode = NV_BINARY,
		.message = { w->lorem, message->len },
		.slow = message->slow,
	};

	assert_int_equal(nv_turn_log_publish(&w->log, &publication), 1);
}

/* The taker's queue is never empty and it is blocked or not; then each message is for itself. */
static void play_slow_turn(struct world *w, struct slow_model *m)
{
	struct member *member = &w->members[0];
	struct nv_taker taker = taker_of(member);
	size_t count = prng_below(&w->prng, 12);

	if (m->len == 0) {
		assert_int_equal(nv_outq_append(&member->out, w->lorem, 10), 0);
		add_item(m, 10, 0);
	}
	m->blocked = prng_below(&w->prng, 3) > 0;
	for (size_t i = 0; i < count; i++) {
		struct waiting message = { prng_below(&w->prng, 6), prng_below(&w->prng, 100),
			                   (uint8_t)prng_below(&w->prng, 4) };

		/* Its closing is rare, or little else would be seen. */
		if (message.slow == 1 + NV_SLOW_CLOSE && prng_below(&w->prng, 8) > 0)
			message.slow = 0;
		publish_sized(w, &message);
		model_message(m, message.len + 2, 1 + message.name + (message.name == 0),
		              message.slow);
	}
	taker.max_queue = m->max_queue;
	taker.blocked = m->blocked;
	taker.slow = m->slow;
	assert_int_equal(nv_turn_log_take(&w->log, member->subscriber, &taker), m->result);
	assert_int_equal(taker.missed, m->missed);
	assert_int_equal(member->out.len, m->len);
	nv_turn_log_clear(&w->log);
	m->missed = 0;
}

static void assert_items(const struct member *member, const struct slow_model *m)
{
	struct blob bytes = queued(&member->out);
	size_t at = 0;

	/* Each message that is whole begins where the list says, with its own length. */
	for (size_t i = 0; i < m->count; i++) {
		if (m->items[i].tag && !m->items[i].begun) {
			assert_int_equal(bytes.data[at], 0x82);
			assert_int_equal(bytes.data[at + 1], m->items[i].len - 2);
		}
		at += m->items[i].len;
	}
	assert_int_equal(at, bytes.len);
	blob_free(&bytes);
}

static void play_slow(struct world *w, enum nv_slow slow)
{
	struct member *member = &w->members[0];
	struct slow_model *m = test_calloc(1, sizeof *m);
	size_t left;

	m->slow = slow;
	m->max_queue = 1 + prng_below(&w->prng, 500);
	for (size_t turns = prng_below(&w->prng, 30); turns > 0 && m->result == 0; turns--) {
		play_slow_turn(w, m);
		assert_items(member, m);
		left = prng_below(&w->prng, 2) ? 0 : prng_below(&w->prng, m->len + 1);
		nv_outq_consume(&member->out, left);
		model_leaves(m, left);
	}
	nv_outq_deinit(&member->out);
	test_free(m);
}

static void policies_miss_what_the_list_says(void **state)
{
	struct world *w = world_new(7);

	assert_int_equal(subscribe(w, &w->members[0], "*"), 0);
	for (int i = 0; i < 3000; i++)
		play_slow(w, (enum nv_slow)(i % 3));
	world_free(w);
}

/* Publishes `count` messages of 100 bytes and takes them. */
static int take_hundreds(struct world *w, struct nv_taker *taker, size_t count)
{
	struct waiting message = { .name = 0, .len = 98 };

	for (size_t i = 0; i < count; i++)
		publish_sized(w, &message);
	return nv_turn_log_take(&w->log, w->members[0].subscriber, taker);
}

static void a_message_is_taken_while_the_queue_is_below_its_limit(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];

	assert_int_equal(subscribe(w, member, "a"), 0);
	for (size_t limit = 250; limit <= 350; limit += 10) {
		struct nv_taker taker = taker_of(member);
		size_t taken = (limit + 99) / 100;

		taker.max_queue = limit;
		assert_int_equal(take_hundreds(w, &taker, taken), 0);
		assert_int_equal(member->out.len, taken * 100);
		nv_outq_deinit(&member->out);
		assert_int_equal(take_hundreds(w, &taker, taken + 1), NV_ERR_FULL);
		assert_int_equal(member->out.len, taken * 100);
		nv_outq_deinit(&member->out);
		assert_int_equal(taker.missed, 0);
		nv_turn_log_clear(&w->log);
	}
	world_free(w);
}

static void a_turn_beyond_the_limit_is_thinned(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_taker taker;

	assert_int_equal(subscribe(w, member, "a"), 0);
	for (int slow = NV_SLOW_DROP_OLDEST; slow <= NV_SLOW_KEEP_NEWEST; slow++) {
		taker = taker_of(member);
		taker.max_queue = 300;
		taker.slow = (enum nv_slow)slow;
		assert_int_equal(take_hundreds(w, &taker, 10), 0);
		assert_int_equal(member->out.len, slow == NV_SLOW_DROP_OLDEST ? 300 : 100);
		assert_int_equal(taker.missed, slow == NV_SLOW_DROP_OLDEST ? 7 : 9);
		nv_outq_deinit(&member->out);
		nv_turn_log_clear(&w->log);
	}
	world_free(w);
}

/* Of any more names, those that wait longest go. */
static void the_newest_of_256_names_wait(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_taker taker = taker_of(member);

	assert_int_equal(subscribe(w, member, "*"), 0);
	for (int i = 0; i < 300; i++) {
		char name[16];
		struct nv_publication publication = { .opcode = NV_BINARY };

		snprintf(name, sizeof name, "n%d", i);
		publication.name = nv_str(name);
		assert_int_equal(nv_turn_log_publish(&w->log, &publication), 1);
	}
	taker.blocked = true;
	taker.slow = NV_SLOW_KEEP_NEWEST;
	assert_int_equal(nv_turn_log_take(&w->log, member->subscriber, &taker), 0);
	assert_int_equal(taker.missed, 300 - 256);
	assert_int_equal(member->out.droppables, 256);
	world_free(w);
}

static void the_newest_of_a_long_turn_remain(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_taker taker = taker_of(member);
	uint8_t message[996] = { 0 };
	struct blob bytes;

	assert_int_equal(subscribe(w, member, "a"), 0);
	for (; message[0] < 50; message[0]++) {
		struct nv_publication publication = {
			nv_str("a"), NV_BINARY, { message, sizeof message }, 0, 0
		};

		assert_int_equal(nv_turn_log_publish(&w->log, &publication), 1);
	}
	taker.max_queue = 20000;
	taker.slow = NV_SLOW_DROP_OLDEST;
	assert_int_equal(nv_turn_log_take(&w->log, member->subscriber, &taker), 0);
	assert_int_equal(taker.missed, 30);
	bytes = queued(&member->out);
	assert_int_equal(bytes.len, 20000);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(bytes.data[i * 1000 + 4], 30 + i);
	blob_free(&bytes);
	world_free(w);
}

static void who_reads_gets_one_slice_under_any_policy(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_bytes slices[4];

	assert_int_equal(subscribe(w, member, "a"), 0);
	for (int slow = NV_SLOW_CLOSE; slow <= NV_SLOW_KEEP_NEWEST; slow++) {
		struct nv_taker taker = taker_of(member);

		taker.slow = (enum nv_slow)slow;
		/* Reached only by the last, where nothing is ever dropped. */
		taker.max_queue = slow == NV_SLOW_CLOSE ? 9901 : 22500;
		assert_int_equal(take_hundreds(w, &taker, 100), 0);
		assert_int_equal(member->out.len, 10000);
		assert_int_equal(nv_outq_peek(&member->out, slices, 4), 1);
		nv_outq_deinit(&member->out);
		nv_turn_log_clear(&w->log);
	}
	world_free(w);
}

static void only_the_newest_waits_for_who_does_not_read(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_taker taker = taker_of(member);

	taker.blocked = true;
	taker.slow = NV_SLOW_KEEP_NEWEST;
	assert_int_equal(subscribe(w, member, "a"), 0);
	assert_int_equal(take_hundreds(w, &taker, 10), 0);
	assert_int_equal(taker.missed, 9);
	assert_int_equal(member->out.len, 100);
	world_free(w);
}

static void closing_needs_no_message_alone(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_taker taker = taker_of(member);
	struct nv_bytes slices[4];

	taker.blocked = true;
	assert_int_equal(subscribe(w, member, "a"), 0);
	assert_int_equal(nv_outq_append(&member->out, "waits", 5), 0);
	assert_int_equal(take_hundreds(w, &taker, 100), 0);
	assert_int_equal(nv_outq_peek(&member->out, slices, 4), 2);
	world_free(w);
}

/* Its later messages refer to the ones before, so that nothing can be dropped any more. */
static void a_kept_window_misses_what_does_not_fit(void **state)
{
	struct world *w = world_new(1);
	struct member *member = &w->members[0];
	struct nv_taker taker;

	close_member(w, member);
	open_member(w, member, &agreements[5].deflate);
	assert_int_equal(subscribe(w, member, "a"), 0);
	taker = taker_of(member);
	taker.blocked = true;
	taker.max_queue = 300;
	for (int slow = NV_SLOW_DROP_OLDEST; slow <= NV_SLOW_KEEP_NEWEST; slow++) {
		taker.slow = (enum nv_slow)slow;
		taker.missed = 0;
		assert_int_equal(take_hundreds(w, &taker, 10), 0);
		assert_true(member->out.len >= 300 && member->out.len < 400);
		assert_int_equal(taker.missed, slow == NV_SLOW_DROP_OLDEST ? 7 : 10);
		nv_turn_log_clear(&w->log);
	}
	taker.slow = NV_SLOW_CLOSE;
	assert_int_equal(take_hundreds(w, &taker, 1), NV_ERR_FULL);
	world_free(w);
}

/* --- Without memory --- */

static void try_publish(struct world *w, const char *name, size_t len, uint64_t excluded)
{
	struct nv_publication publication = {
		nv_str(name), NV_BINARY, { w->lorem, len }, excluded, 0
	};
	uint32_t count = w->log.count;
	int result = nv_turn_log_publish(&w->log, &publication);

	/* 0 when all who would get it have failed. */
	assert_in_range(result - NV_ERR_NOMEM, 0, 1 - NV_ERR_NOMEM);
	assert_int_equal(w->log.count, count + (result == 1));
	for (size_t i = 0; result == 1 && i < MEMBERS; i++) {
		if (is_for(&w->members[i], name, excluded))
			expect_plain(&w->members[i], NV_BINARY, publication.message);
	}
}

static void take_or_fail(void *context, struct nv_subscriber *subscriber)
{
	struct world *w = context;
	struct member *member = subscriber->owner;

	if (take(w, member) == 0)
		return;
	member->failed = true;
	leave_all(w, member);
}

static void play_without_memory(struct world *w)
{
	for (size_t turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < 40; i++)
			try_publish(w, names[i % 5], i % 20 == 7 ? 9000 : 300 - 9 * i,
			            i % 3 ? 0 : w->members[i % MEMBERS].id);
		nv_turn_log_each(&w->log, take_or_fail, w);
		nv_turn_log_clear(&w->log);
	}
}

static struct world *world_without_memory(const struct nv_deflate *agreed)
{
	struct world *w = world_new(11);

	for (size_t i = 0; i < MEMBERS; i++) {
		struct member *member = &w->members[i];

		close_member(w, member);
		open_member(w, member, agreed);
		for (size_t k = i; k < PATTERNS; k += 2) {
			assert_int_equal(subscribe(w, member, patterns[k]), 0);
			member->subscribed[k] = true;
		}
	}
	return w;
}

/* What a client makes of the queue, written as plain frames. */
static struct blob received(struct world *w, const struct member *member)
{
	struct nv_session_options options = { .role = NV_CLIENT };
	struct nv_deflate agreed = { .agreed = true,
		                     .server_no_context_takeover = true,
		                     .client_no_context_takeover = true };
	struct member mirror = { 0 };
	struct blob bytes = queued(&member->out);
	struct nv_session session;
	struct nv_event event;

	nv_session_options_complete(&options);
	nv_session_init(&session, &options);
	assert_int_equal(nv_session_compress(&session, &agreed, &w->twins_pool), 0);
	nv_session_feed(&session, bytes.data, bytes.len);
	while (nv_session_next(&session, &event)) {
		assert_int_equal(event.type, NV_EVENT_MESSAGE);
		expect_plain(&mirror, event.opcode, event.data);
	}
	nv_session_deinit(&session);
	blob_free(&bytes);
	return mirror.expected;
}

/* True when a member got all; one that failed got the beginning of it. */
static bool is_served(struct world *w, const struct member *member)
{
	struct blob bytes = received(w, member);
	bool same = blob_same(&bytes, &member->expected);

	assert_true(same != member->failed);
	assert_true(bytes.len <= member->expected.len);
	assert_true(bytes.len == 0 || memcmp(bytes.data, member->expected.data, bytes.len) == 0);
	blob_free(&bytes);
	return same;
}

/* How many members failed; `*done` when the allocation that was to fail was not asked for. */
static size_t fail_one(const struct nv_deflate *agreed, size_t nth, enum failing_mode mode,
                       bool *done)
{
	struct world *w = world_without_memory(agreed);
	size_t failed = 0;

	failing_alloc_fail(nth, mode);
	play_without_memory(w);
	*done = failing_alloc_count() < nth;
	failing_alloc_fail(0, FAIL_ONCE);
	for (size_t i = 0; i < MEMBERS; i++)
		failed += !is_served(w, &w->members[i]);
	assert_true(failed == 0 || !*done);
	world_free(w);
	return failed;
}

static size_t fail_each(const struct nv_deflate *agreed)
{
	size_t failed = 0, one = 0;
	bool done = false;

	for (size_t nth = 1; !done; nth++) {
		one = fail_one(agreed, nth, FAIL_ONCE, &done);
		assert_true(one <= 1);
		failed += one;
		fail_one(agreed, nth, FAIL_FOREVER, &done);
	}
	return failed;
}

static void a_failed_allocation_costs_one_message_or_one_taker(void **state)
{
	assert_true(fail_each(&agreements[0].deflate) > 20);
}

static void what_can_not_be_compressed_is_sent_as_it_is(void **state)
{
	assert_true(fail_each(&agreements[3].deflate) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("everybody gets what is his", everybody_gets_what_is_his),
		unit_case("large messages and small ones keep their order",
		          large_messages_and_small_ones_keep_their_order),
		unit_case("compressed is as a session sends it",
		          compressed_is_as_a_session_sends_it),
		unit_case("one topic is one slice", one_topic_is_one_slice),
		unit_case("other topics make one slice per run",
		          other_topics_make_one_slice_per_run),
		unit_case("the publisher of one takes what is around it",
		          the_publisher_of_one_takes_what_is_around_it),
		unit_case("turns go on in one slice", turns_go_on_in_one_slice),
		unit_case("a window is compressed for once", a_window_is_compressed_for_once),
		unit_case("nothing is kept of a large turn", nothing_is_kept_of_a_large_turn),
		unit_case("publishing wants a name without a star",
		          publishing_wants_a_name_without_a_star),
		unit_case("a newcomer gets what comes after it",
		          a_newcomer_gets_what_comes_after_it),
		unit_case("policies miss what the list says", policies_miss_what_the_list_says),
		unit_case("a message is taken while the queue is below its limit",
		          a_message_is_taken_while_the_queue_is_below_its_limit),
		unit_case("a turn beyond the limit is thinned", a_turn_beyond_the_limit_is_thinned),
		unit_case("the newest of 256 names wait", the_newest_of_256_names_wait),
		unit_case("the newest of a long turn remain", the_newest_of_a_long_turn_remain),
		unit_case("who reads gets one slice under any policy",
		          who_reads_gets_one_slice_under_any_policy),
		unit_case("only the newest waits for who does not read",
		          only_the_newest_waits_for_who_does_not_read),
		unit_case("closing needs no message alone", closing_needs_no_message_alone),
		unit_case("a kept window misses what does not fit",
		          a_kept_window_misses_what_does_not_fit),
		unit_case("a failed allocation costs one message or one taker",
		          a_failed_allocation_costs_one_message_or_one_taker),
		unit_case("what can not be compressed is sent as it is",
		          what_can_not_be_compressed_is_sent_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
