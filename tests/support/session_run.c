/* SPDX-License-Identifier: MIT */
/* session_run.c: plays a case of a script on a session and writes down what it did. Whether that is
 * right is for the caller to say. */
#include "support/session_run.h"

#include <sys/mman.h>
#include <unistd.h>

#include "support/failing_alloc.h"
#include "support/prng.h"
#include "support/script_bytes.h"
#include "support/unit.h"

struct player {
	const struct script_case *script;
	const struct session_way *way;
	struct guard_page *page;
	struct session_run *run;
	struct nv_session *session;
	struct prng prng;
	unsigned line; /* of the entry that is played */
};

static void note(struct player *p, struct script_entry entry)
{
	entry.line = p->line;
	script_append(&p->run->transcript, entry);
}

static void broken(struct player *p, const char *promise)
{
	if (!p->run->broken)
		p->run->broken = promise;
}

static int next_key(void *context, uint8_t key[4])
{
	script_next_key(context, key);
	return 0;
}

/* --- What comes out --- */

static bool take_output(struct player *p, size_t most)
{
	struct script_entry entry = { .kind = SCRIPT_OUTPUT };
	struct nv_bytes output = nv_session_output(p->session);
	size_t len = output.len < most ? output.len : most;

	if (len == 0)
		return false;
	blob_append(&entry.data, output.data, len);
	nv_session_consume(p->session, len);
	note(p, entry);
	return true;
}

/* Pongs may wait behind what is taken. */
static void take_everything(struct player *p)
{
	while (take_output(p, SIZE_MAX))
		;
}

static void take_after_event(struct player *p)
{
	if (!p->script->hold && !p->way->output_at_end)
		take_everything(p);
}

static bool error_is_reason(const struct nv_event *event)
{
	return nv_bytes_is(event->data, event->error) && event->data.len > 0 &&
	       event->data.len <= 123;
}

static void check_event(struct player *p, const struct nv_event *event)
{
	static const enum nv_opcode opcodes[] = { 0, NV_PING, NV_PONG, NV_CLOSE };

	if (event->type == NV_EVENT_MESSAGE) {
		if (event->opcode != NV_TEXT && event->opcode != NV_BINARY)
			broken(p, "a message is text or binary");
	} else if (event->opcode != opcodes[event->type]) {
		broken(p, "the opcode is that of the event");
	}
	if ((event->status != 0) != (event->type == NV_EVENT_CLOSE))
		broken(p, "a close has a status, no other event has");
	if (event->error && (event->type != NV_EVENT_CLOSE || !error_is_reason(event)))
		broken(p, "an error is the reason of a close");
}

/* The payload is looked at last: taking the output does not end its life. */
static void note_event(struct player *p, const struct nv_event *event)
{
	size_t place = p->run->transcript.count;
	struct script_entry entry = { .kind = SCRIPT_EVENT,
		                      .type = event->type,
		                      .status = event->status,
		                      .failed = event->error != NULL };

	check_event(p, event);
	if (event->type == NV_EVENT_MESSAGE)
		entry.opcode = event->opcode;
	note(p, entry);
	take_after_event(p);
	blob_append(&p->run->transcript.entries[place].data, event->data.data, event->data.len);
}

/* --- What goes in --- */

/* The pages that a piece of `len` bytes lies in. */
static void set_access(struct guard_page *page, size_t len, int access)
{
	size_t unit = (size_t)sysconf(_SC_PAGESIZE);
	size_t used = (len + unit - 1) / unit * unit;

	assert_int_equal(mprotect(page->map + page->size - used, used, access), 0);
}

/* A single byte is overwritten only, which is cheaper by far. */
static void take_back(struct guard_page *page, uint8_t *piece, size_t len)
{
	memset(piece, 0xdd, len);
	if (len > 1)
		set_access(page, len, PROT_NONE);
}

static void feed(struct player *p, struct nv_bytes piece)
{
	struct nv_event event;
	uint8_t *copy = guard_page_copy(p->page, piece.data, piece.len);

	nv_session_feed(p->session, copy, piece.len);
	while (nv_session_next(p->session, &event))
		note_event(p, &event);
	take_back(p->page, copy, piece.len);
	if (nv_session_next(p->session, &event))
		broken(p, "no event without input");
	take_after_event(p);
	if (piece.len > 1)
		set_access(p->page, piece.len, PROT_READ | PROT_WRITE);
}

static size_t piece_size(struct player *p, size_t run, size_t fed, size_t pieces, size_t len)
{
	switch (p->way->pieces) {
	case PIECES_BYTES:
		return 1;
	case PIECES_TWO:
		return run == p->way->run && pieces == 0 ? p->way->at : len - fed;
	case PIECES_FIVE:
		return pieces < 4 ? prng_below(&p->prng, len - fed + 1) : len - fed;
	default:
		return len - fed;
	}
}

static void feed_run(struct player *p, size_t run, struct nv_bytes input)
{
	size_t fed = 0;

	for (size_t pieces = 0; fed < input.len; pieces++) {
		size_t len = piece_size(p, run, fed, pieces, input.len);

		feed(p, (struct nv_bytes){ input.data + fed, len });
		fed += len;
	}
}

/* All input up to the next call. */
static struct blob collect_run(const struct script_case *script, size_t from)
{
	struct blob run = { 0 };

	for (; from < script->count && script->entries[from].kind != SCRIPT_CALL; from++) {
		if (script->entries[from].kind == SCRIPT_INPUT)
			blob_append(&run, script->entries[from].data.data,
			            script->entries[from].data.len);
	}
	return run;
}

static void play_run(struct player *p, size_t run, size_t from)
{
	struct blob input = collect_run(p->script, from);

	feed_run(p, run, blob_bytes(&input));
	blob_free(&input);
}

static void play_line(struct player *p, const struct script_entry *entry)
{
	note(p, (struct script_entry){ .kind = SCRIPT_INPUT });
	feed(p, blob_bytes(&entry->data));
}

/* --- Calls --- */

static int call(struct nv_session *session, const struct script_entry *entry)
{
	struct nv_bytes data = blob_bytes(&entry->data);

	switch (entry->call) {
	case SCRIPT_SEND:
		return entry->uncompressed
		               ? nv_session_send_uncompressed(session, entry->opcode, data)
		               : nv_session_send(session, entry->opcode, data);
	case SCRIPT_PART:
		return nv_session_send_part(session, entry->opcode, data, entry->fin);
	case SCRIPT_PING:
		return nv_session_ping(session, data);
	case SCRIPT_PONG:
		return nv_session_pong(session, data);
	default:
		return nv_session_close(session, entry->status, data);
	}
}

static void play_call(struct player *p, const struct script_entry *entry)
{
	size_t memory = failing_alloc_live_bytes();
	int result;

	note(p, (struct script_entry){ .kind = SCRIPT_CALL, .call = entry->call });
	if (entry->call == SCRIPT_TAKE) {
		take_output(p, (size_t)entry->result);
		return;
	}
	result = call(p->session, entry);
	note(p, (struct script_entry){ .kind = SCRIPT_RESULT, .result = result });
	if (result != 0 && failing_alloc_live_bytes() > memory)
		broken(p, "a refused call keeps no memory");
	take_after_event(p);
}

/* --- The case --- */

static void play(struct player *p)
{
	bool whole = p->way->pieces != PIECES_AS_WRITTEN;
	bool fed = false; /* the input up to the next call */
	size_t run = 0;

	for (size_t i = 0; i < p->script->count; i++) {
		const struct script_entry *entry = &p->script->entries[i];

		p->line = entry->line;
		if (entry->kind == SCRIPT_CALL) {
			play_call(p, entry);
			fed = false;
		} else if (entry->kind == SCRIPT_INPUT && !whole) {
			play_line(p, entry);
		} else if (entry->kind == SCRIPT_INPUT && !fed) {
			play_run(p, run++, i);
			fed = true;
		}
	}
}

size_t session_run_input(const struct script_case *script, size_t run)
{
	bool counted = false;

	for (size_t i = 0; i < script->count; i++) {
		struct blob input;
		size_t len;

		if (script->entries[i].kind == SCRIPT_CALL)
			counted = false;
		if (script->entries[i].kind != SCRIPT_INPUT || counted)
			continue;
		counted = true;
		if (run-- > 0)
			continue;
		input = collect_run(script, i);
		len = input.len;
		blob_free(&input);
		return len;
	}
	return 0;
}

struct session_run session_run(const struct script_case *script, const struct session_way *way,
                               struct guard_page *page)
{
	struct session_run run = { 0 };
	struct player player = { script, way, page, &run, NULL, { way->seed }, 0 };
	struct nv_session_options options = script->options;
	uint8_t keys = 0;

	options.context = &keys;
	if (options.role == NV_CLIENT)
		options.masking_key = next_key;
	player.session = nv_session_new(&options);
	/* The session has a copy of its own. */
	memset(&options, 0xff, sizeof(options));
	run.no_session = !player.session;
	if (run.no_session)
		return run;
	play(&player);
	if (way->output_at_end)
		take_everything(&player);
	run.close_sent = nv_session_close_sent(player.session);
	run.close_received = nv_session_close_received(player.session);
	nv_session_free(player.session);
	return run;
}
