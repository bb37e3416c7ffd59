/* SPDX-License-Identifier: MIT */
/* fuzz_pmd_session.c: two sessions with permessage-deflate talk to each other, in whatever order, and
 * an allocation or a masking key fails: what is delivered is what was sent, and nothing leaks.
 *
 * Input: the allocation and the masking key that fail, an agreement, a seed for the pieces; then acts:
 * a byte (its highest bit: of which side; its lowest four: which) and what it needs. */
#include <navette/session.h>

#include "agreement.h"
#include "heap.h"

#define MESSAGES_MAX 256u

struct message {
	enum nv_opcode opcode;
	uint8_t *data;
	size_t len;
};

/* One of the two, and what it has sent that the other has not got. */
struct side {
	struct nv_session *session;
	struct message sent[MESSAGES_MAX];
	size_t count;
	size_t got;
	struct message part; /* of a message that leaves in parts */
	bool ended;          /* its last event was told */
};

struct talk {
	struct side sides[2];
	struct input input;
	uint32_t seed;
	uint8_t keys_until_failure; /* 0: none fails */
	uint8_t last_key;
	bool fails; /* something may */
};

static int next_key(void *context, uint8_t key[4])
{
	struct talk *t = context;

	if (t->keys_until_failure > 0 && --t->keys_until_failure == 0)
		return NV_ERR_SYSTEM;
	for (int i = 0; i < 4; i++)
		key[i] = ++t->last_key;
	return 0;
}

/* --- Sending --- */

static void append(struct message *message, struct nv_bytes data)
{
	message->data = realloc(message->data, message->len + data.len + 1);
	must(message->data != NULL);
	if (data.len > 0)
		memcpy(message->data + message->len, data.data, data.len);
	message->len += data.len;
}

static void note_part(struct side *side, enum nv_opcode opcode, struct nv_bytes data, bool fin)
{
	if (opcode != NV_CONTINUATION)
		side->part.opcode = opcode;
	append(&side->part, data);
	if (!fin)
		return;
	side->sent[side->count++] = side->part;
	side->part = (struct message){ 0 };
}

/* What an act sends: `times` times the bytes. */
static struct nv_bytes read_data(struct talk *t, uint8_t **room)
{
	size_t times = input_byte(&t->input);
	struct nv_bytes piece = input_bytes(&t->input, input_byte(&t->input));
	struct message message = { 0 };

	append(&message, piece);
	for (times %= 32; times > 1; times--)
		append(&message, piece);
	*room = message.data;
	return (struct nv_bytes){ message.data, message.len };
}

static void send_message(struct talk *t, struct side *side, uint8_t act)
{
	static const enum nv_opcode opcodes[] = { NV_CONTINUATION, NV_TEXT, NV_BINARY, NV_BINARY };
	enum nv_opcode opcode = opcodes[act >> 4 & 3];
	bool fin = (act & 15) != 1 || act & 64;
	uint8_t *room;
	struct nv_bytes data = read_data(t, &room);
	int error = NV_ERR_STATE;

	if (side->count < MESSAGES_MAX && (act & 15) == 2)
		error = nv_session_send_uncompressed(side->session, opcode, data);
	else if (side->count < MESSAGES_MAX)
		error = nv_session_send_part(side->session, opcode, data, fin);
	if (error == 0)
		note_part(side, opcode, data, fin);
	free(room);
}

/* --- Receiving --- */

static void see_message(struct side *from, const struct nv_event *event)
{
	struct message *sent = &from->sent[from->got];

	must(from->got < from->count);
	must(event->opcode == sent->opcode && event->data.len == sent->len);
	must(sent->len == 0 || memcmp(event->data.data, sent->data, sent->len) == 0);
	free(sent->data);
	from->got++;
}

static void see(struct talk *t, struct side *from, struct side *to, const struct nv_event *event)
{
	must(!to->ended);
	to->ended = event->type == NV_EVENT_CLOSE;
	must(!event->error || (t->fails && event->status == NV_STATUS_INTERNAL));
	if (event->type == NV_EVENT_MESSAGE)
		see_message(from, event);
	else
		touch(event->data);
}

static void feed(struct talk *t, struct side *from, struct side *to, struct nv_bytes bytes)
{
	uint8_t *piece = copy_of(bytes);
	struct nv_event event;

	nv_session_feed(to->session, piece, bytes.len);
	while (nv_session_next(to->session, &event))
		see(t, from, to, &event);
	free(piece);
}

/* Carries up to `most` bytes of what has been sent. */
static void carry(struct talk *t, struct side *from, struct side *to, size_t most)
{
	struct nv_bytes output = nv_session_output(from->session);
	size_t left = output.len < most ? output.len : most;

	while (left > 0) {
		size_t len = next_piece(&t->seed, left);

		output = nv_session_output(from->session);
		feed(t, from, to, (struct nv_bytes){ output.data, len });
		nv_session_consume(from->session, len);
		left -= len;
	}
}

/* --- Acts --- */

static void act(struct talk *t)
{
	uint8_t act = input_byte(&t->input);
	struct side *side = &t->sides[act >> 7];
	struct side *other = &t->sides[!(act >> 7)];
	struct nv_bytes data;

	switch (act & 15) {
	case 0:
	case 1:
	case 2:
		send_message(t, side, act);
		break;
	case 3:
		data = input_bytes(&t->input, input_byte(&t->input) & 127);
		(void)nv_session_ping(side->session, data);
		break;
	case 4:
		(void)nv_session_close(side->session, 1000, nv_str(NULL));
		break;
	case 5:
		carry(t, side, other, input_byte(&t->input));
		break;
	default:
		carry(t, side, other, SIZE_MAX);
	}
}

static void open_sides(struct talk *t, const struct agreement *agreement)
{
	struct nv_session_options options = { .max_message = NV_OFF,
		                              .max_fragments = NV_OFF,
		                              .max_empty = NV_OFF,
		                              .deflate = agreement->deflate,
		                              .compression = agreement->compression,
		                              .masking_key = next_key,
		                              .context = t };

	for (int i = 0; i < 2; i++) {
		options.role = i ? NV_CLIENT : NV_SERVER;
		t->sides[i].session = nv_session_new(&options);
	}
}

static void close_side(struct side *side)
{
	nv_session_free(side->session);
	free(side->part.data);
	for (; side->got < side->count; side->got++)
		free(side->sent[side->got].data);
}

/* Nothing is lost on the way, unless something failed or was closed. */
static void check_all_came(struct talk *t)
{
	for (int i = 0; i < 4; i++)
		carry(t, &t->sides[i & 1], &t->sides[!(i & 1)], SIZE_MAX);
	for (int i = 0; i < 2; i++)
		must(t->sides[i].got == t->sides[i].count || t->sides[!i].ended ||
		     nv_session_close_sent(t->sides[!i].session));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct talk talk;
	uint8_t failing;
	struct agreement agreement;

	talk = (struct talk){ .input = { data, size } };
	failing = input_byte(&talk.input);
	talk.keys_until_failure = input_byte(&talk.input);
	talk.fails = failing > 0 || talk.keys_until_failure > 0;
	agreement = input_agreement(&talk.input);
	talk.seed = input_byte(&talk.input);
	heap_start(failing);
	open_sides(&talk, &agreement);
	if (talk.sides[0].session && talk.sides[1].session) {
		while (talk.input.len > 0)
			act(&talk);
		check_all_came(&talk);
	}
	close_side(&talk.sides[0]);
	close_side(&talk.sides[1]);
	heap_end();
	return 0;
}
