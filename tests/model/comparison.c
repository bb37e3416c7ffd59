/* SPDX-License-Identifier: MIT */
/* comparison.c: the session's side of a comparison. Each piece lies in memory of its own, which is
 * gone when the session has asked for more, so that a sanitizer sees every byte too many. */
#include "model/comparison.h"

#include <stdlib.h>

#include "proto/session_small.h"

struct player {
	struct nv_session *session;
	enum nv_role role;
	struct event_log *log;
	uint8_t last_key;
};

static int next_key(void *context, uint8_t key[4])
{
	struct player *p = context;

	for (int i = 0; i < 4; i++)
		key[i] = ++p->last_key;
	return 0;
}

/* --- What the session sends: control frames only, RFC 6455 5.5 --- */

static void note_sent(struct player *p, uint8_t first, const uint8_t *payload, size_t len)
{
	struct logged_event event = { .kind = LOGGED_NONSENSE };
	struct nv_bytes data = { payload, 0 };

	if (first == 0x8a) {
		event.kind = LOGGED_PONG_SENT;
		data.len = len;
	} else if (first == 0x88 && len != 1) {
		event.kind = LOGGED_CLOSE_SENT;
		event.status = 1005;
		if (len > 0)
			event.status = (uint16_t)(payload[0] << 8 | payload[1]);
	}
	event_log_add(p->log, event, data);
}

/* The size of the frame in front; 0 when there is no whole one, or none that this role may send. */
static size_t note_frame(struct player *p, struct nv_bytes sent)
{
	size_t masked = p->role == NV_CLIENT ? 1 : 0;
	size_t head = 2 + 4 * masked;
	uint8_t payload[125];
	size_t len;

	if (sent.len < head || sent.data[1] >> 7 != masked)
		return 0;
	len = sent.data[1] & 0x7f;
	if (len > sizeof payload || sent.len < head + len)
		return 0;
	for (size_t i = 0; i < len; i++)
		payload[i] = sent.data[head + i] ^ (masked ? sent.data[2 + i % 4] : 0);
	note_sent(p, sent.data[0], payload, len);
	return head + len;
}

static void take_output(struct player *p)
{
	for (;;) {
		struct nv_bytes sent = nv_session_output(p->session);
		size_t size = sent.len > 0 ? note_frame(p, sent) : 0;

		if (sent.len > 0 && size == 0)
			event_log_add(p->log, (struct logged_event){ .kind = LOGGED_NONSENSE },
			              sent);
		if (size == 0)
			return;
		nv_session_consume(p->session, size);
	}
}

/* --- What it tells --- */

static void note_event(struct player *p, const struct nv_event *event)
{
	static const enum logged kinds[] = {
		[NV_EVENT_MESSAGE] = LOGGED_MESSAGE,
		[NV_EVENT_PING] = LOGGED_PING,
		[NV_EVENT_PONG] = LOGGED_PONG,
		[NV_EVENT_CLOSE] = LOGGED_CLOSE,
	};
	struct logged_event logged = { .kind = kinds[event->type], .status = event->status };
	struct nv_bytes data = event->data;

	if (event->type == NV_EVENT_MESSAGE)
		logged.opcode = (uint8_t)event->opcode;
	/* The words of our own reason are not the model's business. */
	logged.failed = event->error != NULL;
	if (logged.failed)
		data.len = 0;
	event_log_add(p->log, logged, data);
	take_output(p);
}

/* As a server's connections ask. */
static bool next_event(struct nv_session *session, struct nv_event *event)
{
	uint8_t *data = NULL;
	size_t len = 0;
	unsigned int opcode = nv_session_take_small(session, &data, &len);

	if (!opcode)
		return nv_session_next(session, event);
	*event = (struct nv_event){ .type = NV_EVENT_MESSAGE,
		                    .opcode = (enum nv_opcode)opcode,
		                    .data = { data, len } };
	return true;
}

static void feed(struct player *p, const uint8_t *bytes, size_t len)
{
	uint8_t *piece = malloc(len);
	struct nv_event event;

	if (!piece)
		abort();
	memcpy(piece, bytes, len);
	nv_session_feed(p->session, piece, len);
	while (next_event(p->session, &event))
		note_event(p, &event);
	free(piece);
	take_output(p);
}

static void feed_pieces(struct player *p, struct nv_bytes bytes, piece_size *piece, void *context)
{
	size_t fed = 0;

	while (fed < bytes.len) {
		size_t len = piece(context, bytes.len - fed);

		feed(p, bytes.data + fed, len);
		fed += len;
	}
}

static void play(struct player *p, const struct model_input *input, piece_size *piece,
                 void *context)
{
	struct nv_bytes before = input->stream;
	struct nv_bytes after = { NULL, 0 };

	if (input->close_at <= before.len) {
		after.data = before.data + input->close_at;
		after.len = before.len - input->close_at;
		before.len = input->close_at;
	}
	feed_pieces(p, before, piece, context);
	if (input->close_at <= input->stream.len) {
		(void)nv_session_close(p->session, 1000, nv_str(NULL));
		take_output(p);
	}
	feed_pieces(p, after, piece, context);
}

bool comparison_run(struct comparison *comparison, const struct model_input *input,
                    piece_size *piece, void *context)
{
	struct player player = { .role = input->role, .log = &comparison->found };
	const struct nv_session_options options = { .role = input->role,
		                                    .max_message = input->max_message,
		                                    .max_fragments = input->max_fragments,
		                                    .max_empty = input->max_empty,
		                                    .deflate = input->deflate,
		                                    .masking_key = next_key,
		                                    .context = &player };

	event_log_clear(&comparison->expected);
	event_log_clear(&comparison->found);
	model_receive(input, &comparison->expected);
	player.session = nv_session_new(&options);
	if (!player.session)
		abort();
	play(&player, input, piece, context);
	nv_session_free(player.session);
	return event_log_same(&comparison->expected, &comparison->found);
}

void comparison_print(const struct comparison *comparison, const struct model_input *input,
                      FILE *out)
{
	const struct nv_deflate *deflate = &input->deflate;

	fprintf(out, "%s, max_message %u, max_fragments %u, max_empty %u, ",
	        input->role == NV_SERVER ? "server" : "client", input->max_message,
	        input->max_fragments, input->max_empty);
	if (deflate->agreed)
		fprintf(out,
		        "permessage-deflate with%s takeover of servers and with%s of clients, ",
		        deflate->server_no_context_takeover ? "out" : "",
		        deflate->client_no_context_takeover ? "out" : "");
	if (input->close_at == MODEL_NEVER)
		fprintf(out, "no Close of our own\n");
	else
		fprintf(out, "our Close after %zu bytes\n", input->close_at);
	for (size_t i = 0; i < input->stream.len; i++)
		fprintf(out, "%02x%s", input->stream.data[i],
		        i % 32 == 31 || i + 1 == input->stream.len ? "\n" : " ");
	fprintf(out, "the model:\n");
	event_log_print(&comparison->expected, out);
	fprintf(out, "the session:\n");
	event_log_print(&comparison->found, out);
}

void comparison_free(struct comparison *comparison)
{
	event_log_free(&comparison->expected);
	event_log_free(&comparison->found);
}
