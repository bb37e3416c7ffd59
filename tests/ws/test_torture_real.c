/* SPDX-License-Identifier: MIT */
/* test_torture_real.c: each scenario of a real server and its peers, once undisturbed, and then with
 * every allocation and every system call failing in turn.
 *
 * Whatever fails, the scenario comes to its end, each on_open has its on_close, nobody sees what
 * was not said, and a connection made afterwards works, after which no memory and no descriptor is
 * left. One failure costs one connection at most; what is harmless costs nothing, and nobody
 * notices. The argument, if any, is a pattern for the names of the tests to run. */
#include "support/unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/failing_alloc.h"
#include "support/prng.h"
#include "torture/calls.h"
#include "torture/disturbance.h"
#include "torture/scenario.h"
#include "torture/world.h"

/* How much there is to go wrong, of an undisturbed run. */
struct extent {
	size_t allocations;
	size_t calls;
	size_t blocks; /* alive after the second connection */
};

static const struct scenario *scenario;
static struct disturbance disturbance;
static bool shows_runs;
static size_t missed; /* calls that were to fail, and did not come */

/* --- Checks --- */

#define must_be(condition, ...)                                                                    \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			print_error("%s, failing %s:\n", scenario->title,                          \
			            disturbance_name(&disturbance));                               \
			print_error(__VA_ARGS__);                                                  \
			print_error("\n");                                                         \
			fail();                                                                    \
		}                                                                                  \
	} while (0)

static size_t open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static bool saw_all(const struct witness *witness, const char *expected)
{
	return expected && strcmp(witness->seen, expected) == 0;
}

/* How much of it was seen before the end, whatever that was. */
static size_t seen_before_end(const struct witness *witness)
{
	size_t len = witness->len;

	if (witness->failed + witness->closed == 0 || len == 0)
		return len;
	for (len--; len > 0 && witness->seen[len - 1] != '\n'; len--)
		continue;
	return len;
}

/* A stream may get another answer, that the server can't give the right one. */
static bool saw_nothing_else(const struct witness *witness, const char *expected)
{
	static const char excuse[] = "HTTP/1.1 50";

	if (strncmp(witness->seen, excuse, sizeof(excuse) - 1) == 0)
		return true;
	return strncmp(witness->seen, expected, seen_before_end(witness)) == 0;
}

static void check_witness(const char *who, const struct witness *witness, const char *expected)
{
	must_be(!witness->confused, "%s: events out of order:\n%s", who, witness->seen);
	must_be(witness->opened <= 1 && witness->closed <= 1 && witness->failed <= 1,
	        "%s: %u opened, %u closed, %u failed", who, witness->opened, witness->closed,
	        witness->failed);
	must_be(expected && saw_nothing_else(witness, expected), "%s has seen:\n%s", who,
	        witness->seen);
}

static void check_end(void)
{
	const struct world *world = &the_world;

	must_be(!world->stuck, "%s", world->stuck);
	for (size_t i = 0; i < world->peer_count; i++) {
		const struct witness *witness = &world->peers[i].witness;

		check_witness("a peer", witness, world->scenario->peer_sees);
		must_be(world->scenario->bytes || witness->opened == witness->closed,
		        "a peer is open");
	}
	for (size_t i = 0; i < world->conn_count; i++) {
		const struct witness *witness = &world->witnesses[i];

		check_witness("the server", witness, world->scenario->server_sees);
		must_be(witness->opened == witness->closed, "the server's end is open");
	}
}

static bool compresses(const struct witness *witness, const struct scenario *played)
{
	return witness->deflates == (played->compression.enabled && witness->opened) &&
	       witness->keeps_window == (played->compression.context_takeover && witness->opened);
}

static size_t undisturbed_peers(void)
{
	const struct scenario *played = the_world.scenario;
	size_t count = 0;

	for (size_t i = 0; i < the_world.peer_count; i++) {
		const struct witness *witness = &the_world.peers[i].witness;

		count += saw_all(witness, played->peer_sees) && compresses(witness, played) &&
		         witness->pongs == played->pongs;
	}
	return count;
}

/* Who frees a client at once cuts off a last word that could not leave at once. */
static bool was_told_all(const struct witness *witness, const struct scenario *played)
{
	if (played->frees_at_once && disturbance.what != NOTHING)
		return saw_nothing_else(witness, played->server_sees);
	return saw_all(witness, played->server_sees);
}

static size_t undisturbed_conns(void)
{
	const struct scenario *played = the_world.scenario;
	size_t count = 0;

	for (size_t i = 0; i < the_world.conn_count; i++) {
		const struct witness *witness = &the_world.witnesses[i];

		count += was_told_all(witness, played) && compresses(witness, played) &&
		         (witness->drains > 0 || !played->drains);
	}
	return count;
}

/* All but so many have noticed nothing. */
static void check_undisturbed(size_t but)
{
	const struct world *world = &the_world;
	size_t peers = world->scenario->peers ? world->scenario->peers : 1;
	size_t conns = world->scenario->server_sees ? peers : 0;

	must_be(undisturbed_peers() + but >= peers,
	        "only %zu of %zu peers saw all; the first, with %u pongs:\n%s", undisturbed_peers(),
	        peers, world->peers[0].witness.pongs, world->peers[0].witness.seen);
	must_be(undisturbed_conns() + but >= conns && world->conn_count <= conns,
	        "only %zu of %zu connections of the server saw all; the first:\n%s",
	        undisturbed_conns(), conns, world->witnesses[0].seen);
}

/* --- A run --- */

static void play_disturbed(struct extent *extent)
{
	if (!scenario->sets_up)
		world_set_up(scenario);
	disturbance_start(&disturbance);
	if (scenario->sets_up)
		world_set_up(scenario);
	world_play(scenario);
	extent->allocations = failing_alloc_count();
	extent->calls = calls_count();
	disturbance_stop();
	missed += disturbance.what == CALL && !calls_failed();
}

static struct extent run(void)
{
	size_t descriptors = open_descriptors();
	size_t bad_closes = calls_bad_closes();
	struct extent extent;

	if (shows_runs)
		print_message("%s\n", disturbance_name(&disturbance));
	world_begin();
	play_disturbed(&extent);
	if (disturbance.lasting)
		world_settle();
	check_end();
	if (disturbance.harmless)
		check_undisturbed(0);
	else if (!disturbance.lasting && the_world.peer_count > 1)
		check_undisturbed(1);
	world_set_up(scenario);
	world_play(&scenario_clean);
	check_end();
	check_undisturbed(0);
	extent.blocks = failing_alloc_live_blocks();
	world_end();
	must_be(open_descriptors() == descriptors, "%zu descriptors are open, not %zu",
	        open_descriptors(), descriptors);
	must_be(calls_bad_closes() == bad_closes, "a descriptor was closed twice");
	return extent;
}

static struct extent run_with(struct disturbance d)
{
	disturbance = d;
	return run();
}

static struct extent run_undisturbed(void)
{
	return run_with((struct disturbance){ .what = NOTHING, .harmless = true });
}

/* --- The tests --- */

static void fail_each_allocation(bool lasting)
{
	struct extent whole = run_undisturbed();

	for (size_t nth = 1; nth <= whole.allocations; nth++) {
		struct extent left = run_with(
			(struct disturbance){ .what = ALLOCATION, .nth = nth, .lasting = lasting });

		must_be(left.blocks <= whole.blocks, "%zu blocks are alive, not %zu", left.blocks,
		        whole.blocks);
	}
}

static void each_allocation_fails_once(void **state)
{
	scenario = *state;
	fail_each_allocation(false);
}

static void each_allocation_fails_for_ever(void **state)
{
	scenario = *state;
	fail_each_allocation(true);
}

static bool fail_call_in_one_way(size_t nth, size_t way)
{
	struct disturbance d = { .what = CALL };

	if (!calls_fault(nth, way, &d.fault))
		return false;
	d.harmless = d.fault.harmless;
	run_with(d);
	return true;
}

/* The connections of a crowd are alike: each of its calls fails in one way, chosen by chance. */
static void fail_call_in_a_crowd(size_t nth)
{
	struct prng prng = { nth };
	struct calls_fault fault;
	size_t ways = 0;

	while (calls_fault(nth, ways, &fault))
		ways++;
	if (ways > 0)
		fail_call_in_one_way(nth, prng_below(&prng, ways));
}

static void each_call_fails(void **state)
{
	size_t count;

	scenario = *state;
	missed = 0;
	count = run_undisturbed().calls;
	calls_plan();
	for (size_t nth = 1; nth <= count; nth++) {
		if (scenario->peers)
			fail_call_in_a_crowd(nth);
		for (size_t way = 0; !scenario->peers && fail_call_in_one_way(nth, way); way++)
			continue;
	}
	assert_true(missed <= count);
}

/* These pass: no system goes on with them for ever. */
static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR || error == CALLS_SHORT;
}

static void fail_for_good(size_t nth)
{
	struct disturbance d = { .what = CALL, .lasting = true };

	for (size_t way = 0; calls_fault(nth, way, &d.fault); way++) {
		d.fault.lasting = true;
		if (!is_passing(d.fault.error))
			run_with(d);
	}
}

/* Each kind of call, from the first one on. */
static void calls_fail_for_good(void **state)
{
	uint64_t kinds = 0;
	size_t count;

	scenario = *state;
	count = run_undisturbed().calls;
	calls_plan();
	for (size_t nth = 1; nth <= count; nth++) {
		struct calls_fault fault;
		uint64_t kind = calls_fault(nth, 0, &fault) ? UINT64_C(1) << fault.kind : 0;

		if (!(kinds & kind))
			fail_for_good(nth);
		kinds |= kind;
	}
}

static void many_calls_fail(void **state)
{
	static const int errors[] = { EAGAIN, EINTR, ENOBUFS, CALLS_SHORT, 0 };

	scenario = *state;
	for (size_t i = 0; i < 5 * sizeof(errors) / sizeof(*errors); i++)
		run_with((struct disturbance){ .what = MANY_CALLS,
		                               .nth = i + 1,
		                               .fault.error = errors[i % 5],
		                               .harmless = true });
}

static void anything_fails(void **state)
{
	scenario = *state;
	for (size_t seed = 1; seed <= 30; seed++)
		run_with((struct disturbance){ .what = MANY_CALLS,
		                               .nth = seed,
		                               .fault.error = CALLS_ANYTHING,
		                               .lasting = true });
}

static void bytes_move_one_by_one(void **state)
{
	scenario = *state;
	run_with((struct disturbance){ .what = SINGLE_BYTES, .harmless = true });
}

static const struct {
	const char *title;
	void (*function)(void **state);
} tortures[] = {
	{ "each allocation fails once", each_allocation_fails_once },
	{ "each allocation fails for ever", each_allocation_fails_for_ever },
	{ "each call fails", each_call_fails },
	{ "calls fail for good", calls_fail_for_good },
	{ "many calls fail", many_calls_fail },
	{ "anything fails", anything_fails },
	{ "bytes move one by one", bytes_move_one_by_one },
};

#define TORTURES (sizeof(tortures) / sizeof(*tortures))

int main(int argc, char **argv)
{
	size_t count = scenario_count * TORTURES;
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	char(*names)[160] = calloc(count, sizeof(*names));
	int failed;

	assert_non_null(tests);
	assert_non_null(names);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "%s: %s", scenarios[i / TORTURES].title,
		         tortures[i % TORTURES].title);
		tests[i].name = names[i];
		tests[i].test_func = tortures[i % TORTURES].function;
		tests[i].initial_state = (void *)(uintptr_t)&scenarios[i / TORTURES];
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	shows_runs = argc > 2;
	failed = _cmocka_run_group_tests("torture", tests, count, NULL, NULL);
	free(names);
	free(tests);
	return failed;
}
