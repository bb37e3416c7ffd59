/* SPDX-License-Identifier: MIT */
/* mixed_session.c: feeds and calls a session in the order of the input. Whatever it does, what it
 * sends must be right for a session of the other role, and it keeps no memory. */
#include "mixed_session.h"

#include "agreement.h"
#include "heap.h"
#include "proto/session.h"

struct mixed {
	struct nv_session *session;
	struct input input;
	uint32_t seed;
	uint8_t keys_until_failure; /* 0: none fails */
	uint8_t last_key;
	bool ended;    /* its last event was told */
	uint8_t *sent; /* all of it */
	size_t sent_len;
};

static int next_key(void *context, uint8_t key[4])
{
	struct mixed *m = context;

	if (m->keys_until_failure > 0 && --m->keys_until_failure == 0)
		return NV_ERR_SYSTEM;
	for (int i = 0; i < 4; i++)
		key[i] = ++m->last_key;
	return 0;
}

static void take(struct mixed *m, size_t most)
{
	struct nv_bytes output = nv_session_output(m->session);
	size_t len = output.len < most ? output.len : most;

	if (len == 0)
		return;
	m->sent = realloc(m->sent, m->sent_len + len);
	must(m->sent != NULL);
	memcpy(m->sent + m->sent_len, output.data, len);
	m->sent_len += len;
	nv_session_consume(m->session, len);
}

static void see(struct mixed *m, const struct nv_event *event)
{
	must(!m->ended);
	m->ended = event->type == NV_EVENT_CLOSE;
	must((event->status != 0) == m->ended);
	must(!event->error || m->ended);
	touch(event->data);
}

static void feed(struct mixed *m, struct nv_bytes bytes)
{
	struct nv_event event;
	size_t fed = 0;

	while (fed < bytes.len) {
		size_t len = next_piece(&m->seed, bytes.len - fed);
		uint8_t *piece = copy_of((struct nv_bytes){ bytes.data + fed, len });

		nv_session_feed(m->session, piece, len);
		while (nv_session_next(m->session, &event))
			see(m, &event);
		free(piece);
		fed += len;
	}
	must(!nv_session_next(m->session, &event));
	must(!m->ended || !nv_session_in_message(m->session));
}

static void send_part(struct mixed *m, uint8_t act, struct nv_bytes data)
{
	static const enum nv_opcode opcodes[] = { NV_CONTINUATION, NV_TEXT, NV_BINARY, NV_PING };

	(void)nv_session_send_part(m->session, opcodes[act >> 4 & 3], data, act >> 6 & 1);
}

static void act(struct mixed *m)
{
	uint8_t act = input_byte(&m->input);
	uint16_t status = (act & 15) == 7 ? input_word(&m->input) : 0;
	struct nv_bytes data;

	if ((act & 15) > 9) {
		feed(m, input_bytes(&m->input, input_byte(&m->input)));
		return;
	}
	if ((act & 15) == 8) {
		take(m, input_byte(&m->input));
		return;
	}
	data = input_bytes(&m->input, input_byte(&m->input) & 127);
	switch (act & 15) {
	case 0:
	case 1:
	case 2:
		(void)nv_session_send(m->session, (enum nv_opcode)(act & 15), data);
		break;
	case 3:
	case 4:
		send_part(m, act, data);
		break;
	case 5:
		(void)nv_session_ping(m->session, data);
		break;
	case 6:
		(void)nv_session_pong(m->session, data);
		break;
	case 9:
		(void)nv_session_send_uncompressed(m->session, (enum nv_opcode)(act >> 4 & 3),
		                                   data);
		break;
	default:
		(void)nv_session_close(m->session, status, data);
	}
}

static int zero_key(void *context, uint8_t key[4])
{
	(void)context;
	memset(key, 0, 4);
	return 0;
}

/* RFC 6455 5: whatever was asked for, only right frames leave. */
static void check_sent(enum nv_role role, const struct nv_deflate *deflate, struct mixed *m)
{
	const struct nv_session_options options = { .role = role == NV_SERVER ? NV_CLIENT
		                                                              : NV_SERVER,
		                                    .deflate = *deflate,
		                                    .max_message = NV_OFF,
		                                    .max_fragments = NV_OFF,
		                                    .max_empty = NV_OFF,
		                                    .masking_key = zero_key };
	struct nv_session *peer = nv_session_new(&options);
	struct nv_event event;

	must(peer != NULL);
	nv_session_feed(peer, m->sent, m->sent_len);
	while (nv_session_next(peer, &event))
		must(!event.error);
	nv_session_free(peer);
}

void mixed_session(enum nv_role role, const uint8_t *data, size_t size)
{
	struct mixed mixed = { .input = { data, size } };
	struct nv_session_options options = { .role = role, .masking_key = next_key };
	struct agreement agreement;

	heap_start(input_byte(&mixed.input));
	mixed.keys_until_failure = input_byte(&mixed.input);
	options.max_message = input_byte(&mixed.input);
	options.max_fragments = input_byte(&mixed.input);
	options.max_empty = input_byte(&mixed.input);
	options.context = &mixed;
	mixed.seed = input_byte(&mixed.input);
	agreement = input_agreement(&mixed.input);
	options.deflate = agreement.deflate;
	options.compression = agreement.compression;
	mixed.session = nv_session_new(&options);
	while (mixed.session && mixed.input.len > 0)
		act(&mixed);
	for (int i = 0; mixed.session && i < 3; i++)
		take(&mixed, SIZE_MAX);
	nv_session_free(mixed.session);
	heap_end();
	check_sent(role, &agreement.deflate, &mixed);
	free(mixed.sent);
}
