/* SPDX-License-Identifier: MIT */
/* test_session.c: plays the scripts of tests/proto/session in every way, which must make no
 * difference: line by line, whole, byte by byte, cut in two at every place, in five pieces, with the
 * output taken at the end only; and with each allocation failing in turn. */
#include <navette/session.h>

#include <glob.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/dialogue.h"
#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/sanitizer.h"
#include "support/session_run.h"
#include "support/unit.h"

#define FILES "tests/proto/session/*.txt"
#define PONGS_MAX 4u
#define MUCH (1 << 28)

/* Where a sanitizer watches, a longer run of input is cut near its ends only, and at so many places
 * between. */
#define EVERY_CUT (SANITIZED ? 600u : UINT32_MAX)
#define CUTS 500u

/* Of the variant that is played. */
static struct guard_page page; /* for its input */
static bool close_sent;        /* expected at its end */
static bool close_received;

static bool complain(const struct script_case *script, unsigned line, const char *way,
                     const char *problem)
{
	print_error("%s:%u: \"%s\"%s%s as a %s, %s: %s\n", script->file, line, script->title,
	            script->variant ? " with " : "", script->variant ? script->variant : "",
	            script->options.role == NV_CLIENT ? "client" : "server", way, problem);
	return false;
}

/* --- The transcript is the script --- */

static bool same_output(const struct script_entry *expected, const struct script_entry *actual,
                        enum nv_role role)
{
	size_t len = expected->data.len;
	struct nv_bytes rest = { actual->data.data + len, actual->data.len - len };
	struct frame frame;
	bool fails;

	if (actual->data.len < len ||
	    (len > 0 && memcmp(expected->data.data, actual->data.data, len) != 0))
		return false;
	if (!expected->failed)
		return rest.len == 0;
	fails = frame_take(&rest, role, &frame) && rest.len == 0 &&
	        frame_is_failure(&frame, expected->status);
	blob_free(&frame.payload);
	return fails;
}

static bool same_event(const struct script_entry *expected, const struct script_entry *actual)
{
	bool any_reason = expected->failed && expected->data.len == 0;

	return expected->type == actual->type && expected->opcode == actual->opcode &&
	       expected->status == actual->status && expected->failed == actual->failed &&
	       (any_reason || blob_same(&expected->data, &actual->data));
}

static bool same_entry(const struct script_entry *expected, const struct script_entry *actual,
                       enum nv_role role)
{
	if (expected->kind != actual->kind)
		return false;
	switch (expected->kind) {
	case SCRIPT_EVENT:
		return same_event(expected, actual);
	case SCRIPT_OUTPUT:
		return same_output(expected, actual, role);
	case SCRIPT_RESULT:
		return expected->result == actual->result;
	default:
		return expected->line == actual->line;
	}
}

/* The next entry that is no input. */
static const struct script_entry *next_entry(const struct script_case *script, size_t *at,
                                             bool with_input)
{
	while (*at < script->count) {
		const struct script_entry *entry = &script->entries[(*at)++];

		if (with_input || entry->kind != SCRIPT_INPUT)
			return entry;
	}
	return NULL;
}

static void describe(const struct script_entry *entry, char *text, size_t size)
{
	static const char *const kinds[] = { "input", "event", "output", "call", "result" };
	int used;

	if (!entry) {
		snprintf(text, size, "nothing more");
		return;
	}
	used = snprintf(text, size, "%s type %d opcode %d status %u%s result %d, %zu bytes:",
	                kinds[entry->kind], (int)entry->type, (int)entry->opcode, entry->status,
	                entry->failed ? " failed" : "", entry->result, entry->data.len);
	for (size_t i = 0; i < entry->data.len && i < 40 && (size_t)used + 4 < size; i++)
		used += snprintf(text + used, size - (size_t)used, " %02x", entry->data.data[i]);
}

static bool differ(const struct script_case *script, const struct script_entry *expected,
                   const struct script_entry *actual, const char *way)
{
	char wanted[300], got[300], problem[700];

	describe(expected, wanted, sizeof(wanted));
	describe(actual, got, sizeof(got));
	snprintf(problem, sizeof(problem), "\n\texpected %s\n\tgot      %s", wanted, got);
	return complain(script,
	                expected ? expected->line
	                : actual ? actual->line
	                         : script->line,
	                way, problem);
}

static bool check_transcript(const struct script_case *script, const struct session_run *run,
                             bool with_input, const char *way)
{
	size_t at_expected = 0;
	size_t at_actual = 0;

	for (;;) {
		const struct script_entry *expected = next_entry(script, &at_expected, with_input);
		const struct script_entry *actual =
			next_entry(&run->transcript, &at_actual, with_input);

		if (!expected && !actual)
			return true;
		if (!expected || !actual || !same_entry(expected, actual, script->options.role))
			return differ(script, expected, actual, way);
	}
}

/* --- The output is taken at the end only --- */

/* So many pongs wait behind all other output, the newest; our Close drops them. */
static size_t keep_newest_pongs(const struct dialogue *all, const struct said **kept)
{
	const struct said *pongs[PONGS_MAX];
	size_t waiting = 0;
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct said *said = &all->said[i];

		if (!said->answer) {
			kept[count++] = said;
			waiting = said_closes(said) ? 0 : waiting;
			continue;
		}
		if (waiting == PONGS_MAX)
			memmove(pongs, pongs + 1, --waiting * sizeof(pongs[0]));
		pongs[waiting++] = said;
	}
	for (size_t i = 0; i < waiting; i++)
		kept[count++] = pongs[i];
	return count;
}

static bool check_output_at_end(const struct script_case *script, const struct session_run *run,
                                const char *way)
{
	struct dialogue all = dialogue_read(script, script->options.role);
	struct dialogue actual = dialogue_read(&run->transcript, script->options.role);
	const struct said **expected = calloc(all.count + 1, sizeof(*expected));
	bool same;

	assert_non_null(expected);
	same = keep_newest_pongs(&all, expected) == actual.count && !actual.broken;
	for (size_t i = 0; same && i < actual.count; i++)
		same = said_matches(expected[i], &actual.said[i]);
	free(expected);
	dialogue_free(&all);
	dialogue_free(&actual);
	return same || complain(script, script->line, way, "other frames are sent");
}

/* --- Without memory --- */

static const struct script_entry *next_of(const struct script_case *script, size_t *at,
                                          enum script_kind kind)
{
	while (*at < script->count) {
		const struct script_entry *entry = &script->entries[(*at)++];

		if (entry->kind == kind)
			return entry;
	}
	return NULL;
}

static bool is_internal_failure(const struct script_entry *event)
{
	return event->type == NV_EVENT_CLOSE && event->failed &&
	       event->status == NV_STATUS_INTERNAL;
}

/* The events of the script, or the first of them and then the failure. */
static bool check_events(const struct script_case *script, const struct script_case *transcript,
                         bool *failed)
{
	size_t at_expected = 0;
	size_t at_actual = 0;
	const struct script_entry *expected, *actual;

	*failed = false;
	do {
		expected = next_of(script, &at_expected, SCRIPT_EVENT);
		actual = next_of(transcript, &at_actual, SCRIPT_EVENT);
	} while (expected && actual && same_event(expected, actual));
	if (!actual)
		return !expected;
	*failed = is_internal_failure(actual);
	return *failed && !next_of(transcript, &at_actual, SCRIPT_EVENT);
}

/* The results of the script until a call or the session ran out of memory. *refused: a call did;
 * those after it then stand on other ground. */
static bool check_results(const struct script_case *script, const struct script_case *transcript,
                          bool failed, bool *refused)
{
	size_t at_expected = 0;
	size_t at_actual = 0;
	const struct script_entry *expected, *actual;

	do {
		expected = next_of(script, &at_expected, SCRIPT_RESULT);
		actual = next_of(transcript, &at_actual, SCRIPT_RESULT);
	} while (expected && actual && expected->result == actual->result);
	*refused = actual && actual->result == NV_ERR_NOMEM;
	return failed || *refused || (!expected && !actual);
}

/* Some frames of the script in their order, and a Close that tells the failure. */
static bool check_frames(const struct script_case *script, const struct script_case *transcript,
                         bool failed, bool refused)
{
	struct dialogue expected = dialogue_read(script, script->options.role);
	struct dialogue actual = dialogue_read(transcript, script->options.role);
	size_t found = 0;
	bool good;

	for (size_t i = 0; found < actual.count && i < expected.count; i++)
		found += said_matches(&expected.said[i], &actual.said[found]);
	if (found + 1 == actual.count && failed)
		found += frame_is_failure(&actual.said[found].frame, NV_STATUS_INTERNAL);
	good = !actual.broken && (refused || found == actual.count);
	dialogue_free(&expected);
	dialogue_free(&actual);
	return good;
}

static bool check_poor_run(const struct script_case *script, const struct script_case *transcript,
                           const char *way)
{
	bool failed, refused;
	bool events = check_events(script, transcript, &failed);
	bool results = check_results(script, transcript, failed, &refused);

	/* A session whose Close was refused goes on: what it tells then is not in the script. */
	if (!events && !refused)
		return complain(script, script->line, way, "a wrong event");
	if (!results)
		return complain(script, script->line, way, "a wrong result");
	if (!check_frames(script, transcript, failed, refused))
		return complain(script, script->line, way, "a wrong frame");
	return true;
}

/* --- Every way --- */

static bool check_promises(const struct script_case *script, const struct session_run *run,
                           const char *way)
{
	if (run->broken)
		return complain(script, script->line, way, run->broken);
	if (failing_alloc_live_blocks() > 0)
		return complain(script, script->line, way, "memory is not freed");
	return true;
}

/* The two flags, as the script shows them at its end. */
static void expect_flags(const struct script_case *script)
{
	struct dialogue said = dialogue_read(script, script->options.role);

	close_sent = false;
	close_received = false;
	for (size_t i = 0; i < said.count; i++)
		close_sent |= said_closes(&said.said[i]);
	for (size_t i = 0; i < script->count; i++)
		close_received |= script->entries[i].kind == SCRIPT_EVENT &&
		                  !script->entries[i].failed &&
		                  script->entries[i].type == NV_EVENT_CLOSE;
	dialogue_free(&said);
}

static bool check_flags(const struct script_case *script, const struct session_run *run,
                        const char *way)
{
	if (close_sent != run->close_sent || close_received != run->close_received)
		return complain(script, script->line, way, "close_sent or close_received is wrong");
	return true;
}

static bool check_run(const struct script_case *script, const struct session_way *way,
                      const struct session_run *run, const char *name)
{
	bool with_input = way->pieces == PIECES_AS_WRITTEN;

	if (!check_promises(script, run, name) || !check_flags(script, run, name))
		return false;
	if (way->output_at_end)
		return check_output_at_end(script, run, name);
	return check_transcript(script, run, with_input, name);
}

static bool try_way(const struct script_case *script, struct session_way way)
{
	static const char *const names[] = { "line by line", "whole", "byte by byte", "cut in two",
		                             "in five pieces" };
	struct session_run run;
	char name[100];
	bool good;

	snprintf(name, sizeof(name), "%s%s (%zu, %zu, %zu)", names[way.pieces],
	         way.output_at_end ? ", output at the end" : "", way.run, way.at, (size_t)way.seed);
	failing_alloc_install();
	run = session_run(script, &way, &page);
	good = check_run(script, &way, &run, name);
	script_clear(&run.transcript);
	nv_set_allocator(NULL);
	return good;
}

static bool try_cuts(const struct script_case *script)
{
	struct session_way way = { .pieces = PIECES_TWO };
	struct prng prng = { 1 };
	size_t len;

	for (; (len = session_run_input(script, way.run)) > 0; way.run++) {
		for (way.at = 1; way.at < len; way.at++) {
			if (!try_way(script, way))
				return false;
			if (len > EVERY_CUT && way.at >= CUTS && way.at < len - CUTS)
				way.at += prng_below(&prng, 2 * len / CUTS);
		}
	}
	return true;
}

/* One run with one failure. *reached: the failure was met. */
static bool try_failure(const struct script_case *script, struct session_way way, size_t nth,
                        enum failing_mode mode, bool *reached)
{
	struct session_run run;
	char name[100];
	bool good;

	snprintf(name, sizeof(name), "way %d, allocation %zu fails %s", (int)way.pieces, nth,
	         mode == FAIL_ONCE ? "once" : "for ever");
	failing_alloc_install();
	failing_alloc_fail(nth, mode);
	run = session_run(script, &way, &page);
	*reached = failing_alloc_count() >= nth;
	good = check_promises(script, &run, name) &&
	       (run.no_session || check_poor_run(script, &run.transcript, name));
	script_clear(&run.transcript);
	nv_set_allocator(NULL);
	return good;
}

static bool try_failures(const struct script_case *script, struct session_way way)
{
	bool reached = true;

	for (size_t nth = 1; reached; nth++) {
		if (!try_failure(script, way, nth, FAIL_ONCE, &reached) ||
		    !try_failure(script, way, nth, FAIL_FOREVER, &reached))
			return false;
	}
	return true;
}

/* What does not fit into the memory of the first half needs more for the second. */
static struct session_way in_the_middle(const struct script_case *script)
{
	return (struct session_way){ .pieces = PIECES_TWO, .at = session_run_input(script, 0) / 2 };
}

static bool try_every_way(const struct script_case *script)
{
	static const struct session_way ways[] = {
		{ .pieces = PIECES_AS_WRITTEN },      { .pieces = PIECES_WHOLE },
		{ .pieces = PIECES_BYTES },           { .pieces = PIECES_FIVE, .seed = 1 },
		{ .pieces = PIECES_FIVE, .seed = 2 }, { .pieces = PIECES_FIVE, .seed = 3 },
	};
	static const struct session_way at_end[] = {
		{ .pieces = PIECES_WHOLE, .output_at_end = true },
		{ .pieces = PIECES_FIVE, .seed = 1, .output_at_end = true },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!try_way(script, ways[i]))
			return false;
	}
	for (size_t i = 0; !script->hold && i < sizeof(at_end) / sizeof(at_end[0]); i++) {
		if (!try_way(script, at_end[i]))
			return false;
	}
	return try_cuts(script) && try_failures(script, ways[1]) && try_failures(script, ways[3]) &&
	       try_failures(script, in_the_middle(script));
}

static size_t largest_input(const struct script_case *script)
{
	size_t largest = 1;
	size_t len;

	for (size_t run = 0; (len = session_run_input(script, run)) > 0; run++)
		largest = len > largest ? len : largest;
	return largest;
}

/* --- The cases, a test for each --- */

static struct script_list scripts;

/* All variants of the case that `*state` is the first of. */
static void play(void **state)
{
	const struct script_case *first = *state;
	const struct script_case *end = scripts.cases + scripts.count;
	unsigned wrong = 0;

	for (const struct script_case *script = first; script < end; script++) {
		if (script->file != first->file || script->line != first->line)
			break;
		guard_page_init(&page, largest_input(script));
		expect_flags(script);
		wrong += !try_every_way(script);
		guard_page_deinit(&page);
	}
	assert_int_equal(wrong, 0);
}

static size_t list_tests(struct CMUnitTest *tests)
{
	size_t count = 0;

	for (size_t i = 0; i < scripts.count; i++) {
		struct script_case *script = &scripts.cases[i];

		if (i > 0 && script->file == script[-1].file && script->line == script[-1].line)
			continue;
		tests[count++] = (struct CMUnitTest){ .name = script->title,
			                              .test_func = play,
			                              .initial_state = script };
	}
	return count;
}

int main(void)
{
	struct CMUnitTest *tests;
	glob_t files;
	int failed;

	mallopt(M_MMAP_THRESHOLD, MUCH);
	mallopt(M_TRIM_THRESHOLD, MUCH);
	assert_int_equal(glob(FILES, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		script_read(&scripts, files.gl_pathv[i]);
	tests = calloc(scripts.count, sizeof(*tests));
	assert_non_null(tests);
	failed = _cmocka_run_group_tests("session", tests, list_tests(tests), NULL, NULL);
	free(tests);
	script_list_free(&scripts);
	globfree(&files);
	return failed != 0;
}
