/* SPDX-License-Identifier: MIT */
/* test_deflate_pool.c: compressors by themselves: what rests and what is freed, the budget, the limits
 * of one call, and large messages through libdeflate. */
#include "proto/session.h"

#include <dlfcn.h>
#include <libdeflate.h>
#include <limits.h>

#include "proto/session_deflate.h"
#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/unit.h"

static const struct nv_compression fast = { true, false, 1, 5, 12, 15, 128 };

/* libdeflate does not allocate as the library does: this stands before its own. */
static bool no_compressor;

struct libdeflate_compressor *libdeflate_alloc_compressor(int level)
{
	struct libdeflate_compressor *(*alloc)(int);

	*(void **)&alloc = dlsym(RTLD_NEXT, "libdeflate_alloc_compressor");
	return no_compressor ? NULL : alloc(level);
}

static int setup(void **state)
{
	failing_alloc_install();
	return 0;
}

static int teardown(void **state)
{
	failing_alloc_remove();
	return 0;
}

static struct nv_bytes of(const char *text)
{
	return (struct nv_bytes){ (const uint8_t *)text, strlen(text) };
}

static void what_rests_is_taken_again(void **state)
{
	struct nv_deflate_pool pool = { .compression = &fast };
	struct nv_deflater *nine = nv_pool_take_deflater(&pool, 9);
	struct nv_deflater *ten = nv_pool_take_deflater(&pool, 10);
	struct nv_inflater *inflater = nv_pool_take_inflater(&pool);

	nv_pool_put_deflater(&pool, nine, 9);
	nv_pool_put_deflater(&pool, ten, 10);
	nv_pool_put_inflater(&pool, inflater);
	assert_ptr_equal(nv_pool_take_deflater(&pool, 10), ten);
	assert_ptr_equal(nv_pool_take_deflater(&pool, 9), nine);
	assert_ptr_equal(nv_pool_take_inflater(&pool), inflater);
	nv_pool_put_deflater(&pool, nine, 9);
	nv_pool_put_deflater(&pool, ten, 10);
	nv_pool_put_inflater(&pool, inflater);
	nv_deflate_pool_deinit(&pool);
	assert_int_equal(failing_alloc_live_blocks(), 0);
}

static void one_of_each_kind_rests(void **state)
{
	struct nv_deflate_pool pool = { .compression = &fast };
	struct nv_deflater *deflaters[2];
	struct nv_inflater *inflaters[2];

	for (int i = 0; i < 2; i++) {
		deflaters[i] = nv_pool_take_deflater(&pool, 15);
		inflaters[i] = nv_pool_take_inflater(&pool);
	}
	assert_true(2 * nv_deflater_memory(15, &fast) + 2 * NV_INFLATER_MEMORY >=
	            failing_alloc_live_bytes());
	for (int i = 0; i < 2; i++) {
		nv_pool_put_deflater(&pool, deflaters[i], 15);
		nv_pool_put_inflater(&pool, inflaters[i]);
	}
	assert_true(nv_deflater_memory(15, &fast) + NV_INFLATER_MEMORY >=
	            failing_alloc_live_bytes());
	nv_pool_put_deflater(&pool, NULL, 15);
	nv_pool_put_inflater(&pool, NULL);
	nv_deflate_pool_deinit(&pool);
	assert_int_equal(failing_alloc_live_blocks(), 0);
}

static void no_more_than_the_budget(void **state)
{
	struct nv_deflate_budget budget = { .max = 100 };

	assert_true(nv_budget_take(&budget, 60));
	assert_false(nv_budget_take(&budget, 41));
	assert_true(nv_budget_take(&budget, 40));
	assert_false(nv_budget_take(&budget, SIZE_MAX));
	nv_budget_give(&budget, 60);
	nv_budget_give(&budget, 40);
	assert_int_equal(budget.used, 0);
}

/* Windows that are kept are charged, whatever is only borrowed is not. */
static void windows_that_are_kept_are_charged(void **state)
{
	struct nv_session_options options = { .compression = { .context_takeover = true } };
	const struct nv_deflate kept = { .agreed = true };
	const struct nv_deflate none = { .agreed = true,
		                         .server_no_context_takeover = true,
		                         .client_no_context_takeover = true };
	struct nv_deflate_budget budget = { .max = SIZE_MAX };
	struct nv_deflate_pool pool = { .compression = &options.compression, .budget = &budget };
	struct nv_session session;
	size_t charge;

	nv_session_options_complete(&options);
	nv_session_init(&session, &options);
	assert_int_equal(nv_session_compress(&session, &none, &pool), 0);
	assert_int_equal(budget.used, 0);
	assert_int_equal(nv_session_compress(&session, &kept, &pool), 0);
	charge = nv_deflater_memory(12, &options.compression) + NV_INFLATER_MEMORY;
	assert_int_equal(budget.used, charge);
	assert_true(charge >= failing_alloc_live_bytes());
	nv_session_uncompress(&session);
	nv_session_uncompress(&session);
	assert_int_equal(budget.used, 0);
	budget.max = charge - 1;
	assert_int_equal(nv_session_compress(&session, &kept, &pool), NV_ERR_NOMEM);
	assert_int_equal(budget.used, 0);
	assert_null(nv_session_agreed(&session));
	nv_session_deinit(&session);
	nv_deflate_pool_deinit(&pool);
}

static void without_memory_there_is_none(void **state)
{
	struct nv_deflate_pool pool = { .compression = &fast };
	struct nv_deflater *deflater = NULL;
	struct nv_inflater *inflater = NULL;
	size_t n;

	for (n = 1; !deflater; n++) {
		failing_alloc_fail(n, FAIL_ONCE);
		deflater = nv_pool_take_deflater(&pool, 15);
		assert_true(deflater || failing_alloc_live_blocks() == 0);
	}
	assert_true(n > 4);
	nv_pool_put_deflater(&pool, deflater, 15);
	nv_deflate_pool_deinit(&pool);
	for (n = 1; !inflater; n++) {
		failing_alloc_fail(n, FAIL_ONCE);
		inflater = nv_pool_take_inflater(&pool);
		assert_true(inflater || failing_alloc_live_blocks() == 0);
	}
	assert_true(n > 2);
	nv_pool_put_inflater(&pool, inflater);
	nv_deflate_pool_deinit(&pool);
	nv_deflater_free(NULL);
	nv_inflater_free(NULL);
	nv_whole_deflater_free(NULL);
}

/* --- One call --- */

static void too_much_at_once_is_refused(void **state)
{
	struct nv_deflater *deflater = nv_deflater_new(15, &fast);
	const struct nv_bytes huge = { (const uint8_t *)"", (size_t)NV_DEFLATER_MAX + 1 };
	uint8_t room[64];

	assert_int_equal(nv_deflater_write(deflater, huge, true, room, sizeof room),
	                 NV_ERR_TOO_BIG);
	assert_int_equal(nv_deflater_write(deflater, of("random text"), true, room, 4),
	                 NV_ERR_TOO_BIG);
	nv_deflater_reset(deflater);
	/* More room than zlib can count is as good as much. */
	assert_true(nv_deflater_write(deflater, of("aaaaaaaaaaaa"), true, room, SIZE_MAX) > 0);
	nv_deflater_free(deflater);
}

/* RFC 7692 7.2.3.6: a last part without anything new is one byte. */
static void an_empty_last_part_is_one_byte(void **state)
{
	struct nv_deflater *deflater = nv_deflater_new(15, &fast);
	uint8_t room[64];

	assert_true(nv_deflater_write(deflater, of("Hello"), false, room, sizeof room) > 4);
	assert_int_equal(nv_deflater_write(deflater, of(""), false, room, sizeof room), 0);
	assert_int_equal(nv_deflater_write(deflater, of(""), true, room, sizeof room), 1);
	assert_int_equal(room[0], 0);
	nv_deflater_free(deflater);
}

static void reading_takes_any_room(void **state)
{
	static const uint8_t hello[] = { 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07,
		                         0x00, 0x00, 0x00, 0xff, 0xff };
	struct nv_inflater *inflater = nv_inflater_new();
	uint8_t room[16];

	nv_inflater_feed(inflater, (struct nv_bytes){ hello, sizeof hello });
	assert_int_equal(nv_inflater_read(inflater, room, (size_t)INT_MAX + 1), 5);
	assert_memory_equal(room, "Hello", 5);
	assert_int_equal(nv_inflater_read(inflater, room, 1), 0);
	nv_inflater_free(inflater);
}

/* --- Whole messages --- */

#define LARGE (300u << 10)

/* Text, numbers, and bytes that no compressor makes smaller, in stretches of some length. */
static void fill(struct prng *prng, uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t end = at + 1 + prng_below(prng, len / 4);
		size_t kinds = 1 + prng_below(prng, 3);

		for (; at < end && at < len; at++)
			data[at] =
				kinds == 1
					? (uint8_t)prng_next(prng)
					: (uint8_t)("{\"type\": 12}"[prng_below(prng, kinds * 4)]);
	}
}

/* Exactly what was compressed comes out, of zlib too, and it stands between two blocks. */
static void expect_round_trip(struct nv_bytes data, const uint8_t *wire, size_t len)
{
	static const uint8_t tail[] = { 0x00, 0x00, 0xff, 0xff };
	static uint8_t back[LARGE + 1];
	struct nv_inflater *inflater = nv_inflater_new();

	nv_inflater_feed(inflater, (struct nv_bytes){ wire, len });
	assert_int_equal(nv_inflater_read(inflater, back, sizeof back), data.len);
	assert_memory_equal(back, data.data, data.len);
	assert_int_equal(nv_inflater_read(inflater, back, sizeof back), 0);
	nv_inflater_feed(inflater, (struct nv_bytes){ tail, sizeof tail });
	assert_int_equal(nv_inflater_read(inflater, back, sizeof back), 0);
	assert_true(nv_inflater_is_complete(inflater));
	nv_inflater_free(inflater);
}

static void whole_messages_end_with_an_open_block(void **state)
{
	static uint8_t data[LARGE], wire[LARGE + 1024];
	struct prng prng = { 7 };
	size_t added = 0;

	for (uint8_t level = 1; level <= 9; level += 4) {
		struct nv_whole_deflater *deflater = nv_whole_deflater_new(level);

		for (size_t i = 0; i < 150; i++) {
			struct nv_bytes message = { data,
				                    1 + prng_below(&prng, i < 100 ? 4096 : LARGE) };
			int len;

			fill(&prng, data, message.len);
			len = nv_whole_deflater_write(deflater, message, wire, sizeof wire);
			assert_true(len > 0);
			added += wire[len - 1] == 0;
			expect_round_trip(message, wire, (size_t)len);
			assert_int_equal(
				nv_whole_deflater_write(deflater, message, wire, (size_t)len - 1),
				NV_ERR_TOO_BIG);
		}
		nv_whole_deflater_free(deflater);
	}
	assert_true(added > 50);
}

static void whole_messages_without_memory(void **state)
{
	static const uint8_t data[4096] = { 1, 2, 3 };
	struct nv_deflate_pool pool = { .compression = &fast };
	struct nv_whole_deflater *deflater;
	uint8_t wire[4096];
	int len;

	no_compressor = true;
	assert_null(nv_pool_whole_deflater(&pool));
	no_compressor = false;
	for (size_t n = 1; n <= 2; n++) {
		failing_alloc_fail(n, FAIL_ONCE);
		assert_null(nv_pool_whole_deflater(&pool));
		assert_int_equal(failing_alloc_live_blocks(), 0);
	}
	failing_alloc_fail(0, FAIL_ONCE);
	deflater = nv_pool_whole_deflater(&pool);
	assert_ptr_equal(nv_pool_whole_deflater(&pool), deflater);
	/* The window of the reader is missing, once. */
	failing_alloc_fail(1, FAIL_ONCE);
	len = nv_whole_deflater_write(deflater, (struct nv_bytes){ data, sizeof data }, wire,
	                              sizeof wire);
	assert_int_equal(len, NV_ERR_NOMEM);
	len = nv_whole_deflater_write(deflater, (struct nv_bytes){ data, sizeof data }, wire,
	                              sizeof wire);
	assert_true(len > 0);
	expect_round_trip((struct nv_bytes){ data, sizeof data }, wire, (size_t)len);
	nv_deflate_pool_deinit(&pool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_rests_is_taken_again),
		TEST(one_of_each_kind_rests),
		TEST(no_more_than_the_budget),
		TEST(without_memory_there_is_none),
		TEST(too_much_at_once_is_refused),
		TEST(an_empty_last_part_is_one_byte),
		TEST(reading_takes_any_room),
		TEST(windows_that_are_kept_are_charged),
		TEST(whole_messages_end_with_an_open_block),
		TEST(whole_messages_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
