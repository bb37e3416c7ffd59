/* SPDX-License-Identifier: MIT */
/* test_outq_model.c: random use of an output queue beside a plain list of the pieces that it should
 * hold: the same bytes in the same order after each step, and no piece cut in two by another.
 *
 * The list knows nothing of chunks but what peek shows of the first one: whether its beginning is
 * gone, and where it ends. */
#include "base/outq.h"

#include <stdlib.h>

#include "base/shared.h"
#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/unit.h"

#define MOST_PIECES 4096
#define BLOCK 4096u
#define STEPS 20000

enum kind {
	PLAIN,
	DROPPABLE,
	CONTROL,
	LIMITED
};

struct piece {
	enum kind kind;
	uint32_t id;
	uint32_t len;
	uint32_t gone; /* bytes consumed */
	uint64_t tag;
};

struct model {
	struct prng prng;
	struct nv_outq queue;
	struct nv_shared *block;
	struct piece pieces[MOST_PIECES];
	size_t count;
	uint32_t next_id;
	bool begun;
};

static uint8_t byte_of(uint32_t id, size_t at)
{
	return (uint8_t)((id * 2654435761u >> 16) + at * 7);
}

static void fill(uint8_t *data, const struct piece *piece)
{
	for (size_t i = 0; i < piece->len; i++)
		data[i] = byte_of(piece->id, i);
}

static void put(struct model *m, size_t place, struct piece piece)
{
	assert_true(m->count < MOST_PIECES);
	memmove(m->pieces + place + 1, m->pieces + place, (m->count - place) * sizeof(piece));
	m->pieces[place] = piece;
	m->count++;
}

static void take(struct model *m, size_t place)
{
	m->count--;
	memmove(m->pieces + place, m->pieces + place + 1,
	        (m->count - place) * sizeof(struct piece));
}

static size_t slice_len(const struct nv_outq *queue)
{
	struct nv_bytes slice = { NULL, 0 };

	nv_outq_peek(queue, &slice, 1);
	return slice.len;
}

/* The piece behind those that begin in the first `len` bytes, which end with one. */
static size_t piece_behind(const struct model *m, size_t len)
{
	size_t place = 0;

	while (len > 0) {
		size_t left = m->pieces[place].len - m->pieces[place].gone;

		assert_true(left <= len);
		len -= left;
		place++;
	}
	return place;
}

/* How many pieces nothing comes in front of. */
static size_t held(const struct model *m)
{
	return m->begun ? piece_behind(m, slice_len(&m->queue)) : 0;
}

static bool is_control(const struct piece *piece)
{
	return piece->kind == CONTROL || piece->kind == LIMITED;
}

static bool is_droppable(const struct model *m, size_t place)
{
	return m->pieces[place].kind == DROPPABLE && !(place == 0 && m->begun);
}

static struct piece new_piece(struct model *m, enum kind kind, size_t most)
{
	return (struct piece){ kind, m->next_id++, 1 + (uint32_t)prng_below(&m->prng, most), 0,
		               prng_below(&m->prng, 3) };
}

static void reserve(struct model *m)
{
	struct piece piece = new_piece(m, PLAIN, prng_below(&m->prng, 20) ? 100 : 20000);
	uint8_t *room = nv_outq_reserve(&m->queue, piece.len + prng_below(&m->prng, 10));

	if (!room || prng_below(&m->prng, 10) == 0) {
		nv_outq_commit(&m->queue, 0);
		return;
	}
	fill(room, &piece);
	nv_outq_commit(&m->queue, piece.len);
	put(m, m->count, piece);
}

static struct nv_bytes write_block(struct model *m, const struct piece *piece)
{
	uint8_t *at;

	if (m->block && m->block->len + piece->len > BLOCK) {
		nv_shared_unref(m->block);
		m->block = NULL;
	}
	if (!m->block)
		m->block = nv_shared_new(BLOCK);
	if (!m->block)
		return (struct nv_bytes){ NULL, 0 };
	at = m->block->data + m->block->len;
	fill(at, piece);
	m->block->len += piece->len;
	return (struct nv_bytes){ at, piece->len };
}

static void refer(struct model *m, enum kind kind)
{
	struct piece piece = new_piece(m, kind, 100);
	struct nv_bytes slice = write_block(m, &piece);
	int error;

	if (!slice.data)
		return;
	error = kind == DROPPABLE ? nv_outq_append_droppable(&m->queue, m->block, slice, piece.tag)
	                          : nv_outq_append_shared(&m->queue, m->block, slice);
	if (error == 0)
		put(m, m->count, piece);
}

static void insert(struct model *m, enum kind kind)
{
	struct piece piece = new_piece(m, kind, prng_below(&m->prng, 4) ? 4 : 131);
	size_t place = held(m), oldest = 0, limited = 0;
	uint8_t frame[131];

	for (; place < m->count && is_control(&m->pieces[place]); place++) {
		if (m->pieces[place].kind == LIMITED && limited++ == 0)
			oldest = place;
	}
	fill(frame, &piece);
	if (nv_outq_insert_control(&m->queue, frame, piece.len, kind == LIMITED) < 0)
		return;
	put(m, place, piece);
	if (kind == LIMITED && limited == 4)
		take(m, oldest);
}

static void consume(struct model *m)
{
	size_t all = prng_below(&m->prng, 50) == 0;
	size_t len = all ? m->queue.len : prng_below(&m->prng, slice_len(&m->queue) + 200);
	struct nv_bytes slices[MOST_PIECES];
	size_t count = nv_outq_peek(&m->queue, slices, MOST_PIECES), end = 0, left;

	if (len > m->queue.len)
		len = m->queue.len;
	if (len > 0)
		m->begun = true;
	for (size_t i = 0; i < count && end < len; i++)
		end += slices[i].len;
	if (end == len && len > 0)
		m->begun = false;
	nv_outq_consume(&m->queue, len);
	for (left = len; left > 0;) {
		struct piece *first = &m->pieces[0];

		if (first->len - first->gone > left) {
			first->gone += (uint32_t)left;
			return;
		}
		left -= first->len - first->gone;
		take(m, 0);
	}
}

static void drop_oldest(struct model *m)
{
	size_t place = 0;

	while (place < m->count && !is_droppable(m, place))
		place++;
	assert_int_equal(nv_outq_drop_oldest(&m->queue), place < m->count);
	if (place < m->count)
		take(m, place);
}

static void drop_tagged(struct model *m)
{
	uint64_t tag = prng_below(&m->prng, 4);
	size_t count = 0;

	for (size_t place = m->count; place-- > 0;) {
		if (is_droppable(m, place) && m->pieces[place].tag == tag) {
			take(m, place);
			count++;
		}
	}
	assert_int_equal(nv_outq_drop_tagged(&m->queue, tag), count);
}

static void assert_same(const struct model *m)
{
	struct nv_bytes slices[MOST_PIECES];
	size_t count = nv_outq_peek(&m->queue, slices, MOST_PIECES);
	size_t slice = 0, at = 0, len = 0;

	for (size_t i = 0; i < m->count; i++) {
		for (size_t k = m->pieces[i].gone; k < m->pieces[i].len; k++) {
			assert_true(slice < count);
			assert_int_equal(slices[slice].data[at], byte_of(m->pieces[i].id, k));
			len++;
			if (++at == slices[slice].len) {
				slice++;
				at = 0;
			}
		}
	}
	assert_int_equal(slice, count);
	assert_int_equal(m->queue.len, len);
	assert_int_equal(m->queue.tail == NULL, len == 0);
}

static void step(struct model *m)
{
	size_t what = prng_below(&m->prng, 100);

	/* A queue that only grows, or only shrinks, would be seen in few states. */
	if (m->count > 100 || what < 25)
		consume(m);
	else if (what < 40)
		reserve(m);
	else if (what < 75)
		refer(m, what < 50 ? PLAIN : DROPPABLE);
	else if (what < 85)
		insert(m, what < 80 ? CONTROL : LIMITED);
	else if (what < 97)
		drop_oldest(m);
	else if (what < 99)
		drop_tagged(m);
	else {
		nv_outq_begin(&m->queue);
		m->begun = m->count > 0;
	}
}

static void play(uint64_t seed, bool fails)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->prng.state = seed;
	failing_alloc_install();
	for (int i = 0; i < STEPS; i++) {
		if (fails)
			failing_alloc_fail(prng_below(&m->prng, 4), FAIL_ONCE);
		step(m);
		if (m->count == 0)
			m->begun = false;
		assert_same(m);
	}
	nv_outq_deinit(&m->queue);
	nv_shared_unref(m->block);
	failing_alloc_remove();
	free(m);
}

static void random_use(void **state)
{
	play(1, false);
	play(2, false);
}

static void random_use_with_failing_allocations(void **state)
{
	play(3, true);
	play(4, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("random use", random_use),
		unit_case("random use with failing allocations",
		          random_use_with_failing_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
