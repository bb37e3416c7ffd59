/* SPDX-License-Identifier: MIT */
/* test_trim.c: what a thread has freed in small blocks goes back to the system once things are quiet. */
#include "serve/trim.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/sanitizer.h"
#include "support/unit.h"

#define BLOCKS 200000u
#define BLOCK_SIZE 100u
#define QUIET_TICKS 12
#define KEPT_MOST (4u << 20)

static void *blocks[BLOCKS];
static pthread_barrier_t barrier;

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*u %zu", &pages), 1);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The last ones, which lie at the end of the thread's heap, are freed last: the C library keeps the
 * first few in hand. The thread stays, as a loop does. */
static void *fill_and_free(void *context)
{
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = malloc(BLOCK_SIZE);
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	nv_trim_gone();
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void a_quiet_server_gives_back_every_heap(void **state)
{
	pthread_t thread;
	size_t before, full;

	/* A sanitizer's allocator keeps what it likes. */
	if (SANITIZED)
		skip();
	nv_trim_prepare(2);
	/* The array is written to before, and that is not what is looked for. */
	memset(blocks, 1, sizeof blocks);
	before = resident();
	assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, fill_and_free, NULL), 0);
	pthread_barrier_wait(&barrier);
	full = resident();
	for (int i = 0; i < QUIET_TICKS; i++)
		nv_trim_tick();
	assert_true(full > before + KEPT_MOST);
	assert_true(resident() < before + KEPT_MOST);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quiet_server_gives_back_every_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
