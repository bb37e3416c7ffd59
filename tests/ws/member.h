/* SPDX-License-Identifier: MIT */
/* member.h: a connection of a server in the simulated world with its far end, which tells what it got a
 * word a message, and that each came whole: nothing stands between the frames of another. */
#ifndef TESTS_WS_MEMBER_H
#define TESTS_WS_MEMBER_H

#include <stdio.h>
#include <stdlib.h>

#include <navette/navette.h>

#include "proto/deflate_peer.h"
#include "sim/sim.h"

#define MEMBER_WORDS 16384

struct member {
	struct sim_peer *peer;
	struct nv_conn *conn; /* from on_open to on_close */
	uint64_t id;
	char seen[MEMBER_WORDS]; /* what its handlers were told, a word each */
	char got[MEMBER_WORDS];  /* what arrived at the far end, a word each */
	struct blob wire;        /* the rest of a frame that is not complete */
	struct blob message;     /* the frames of one that is not complete */
	uint8_t first;           /* byte of that; 0: there is none */
	size_t inflated;         /* messages */
	bool inflates;
	struct deflate_peer inflater;
};

__attribute__((format(printf, 2, 3))) static inline void member_note(char *words,
                                                                     const char *format, ...)
{
	size_t len = strlen(words);
	va_list values;
	int more;

	va_start(values, format);
	more = vsnprintf(words + len, MEMBER_WORDS - len, format, values);
	va_end(values);
	assert_true(len + (size_t)more < MEMBER_WORDS);
}

/* "name" or "name*200": what it is, filled up with dots. */
static inline void member_note_message(struct member *m, struct nv_bytes message)
{
	const char *text = (const char *)message.data;
	size_t name = 0;

	while (name < message.len && text[name] != '.')
		name++;
	for (size_t i = name; i < message.len; i++)
		assert_int_equal(text[i], '.');
	member_note(m->got, "%.*s", (int)name, text);
	if (name < message.len)
		member_note(m->got, "*%zu", message.len);
	member_note(m->got, " ");
}

/* The name and its length, as above, into a buffer of 65,536. */
static inline struct nv_bytes member_payload(const char *word, char *payload)
{
	const char *star = strchr(word, '*');
	size_t name = star ? (size_t)(star - word) : strlen(word);
	size_t len = star ? strtoul(star + 1, NULL, 10) : name;

	assert_true(name <= len && len <= 65536);
	memset(payload, '.', len);
	memcpy(payload, word, name);
	return (struct nv_bytes){ (const uint8_t *)payload, len };
}

static inline void member_end_message(struct member *m)
{
	struct blob text = { 0 };

	if (m->first & RSV1) {
		assert_true(m->inflates);
		m->inflated++;
		text = peer_inflate(&m->inflater, blob_bytes(&m->message));
		member_note_message(m, blob_bytes(&text));
	} else {
		member_note_message(m, blob_bytes(&m->message));
	}
	blob_free(&text);
	blob_free(&m->message);
	m->first = 0;
}

static inline void member_take_data(struct member *m, uint8_t first, struct nv_bytes payload)
{
	/* RFC 6455 5.4: a message in parts goes on before the next begins. */
	if (first & 0xf) {
		assert_int_equal(m->first, 0);
		m->first = first & 0x7f;
	}
	assert_true(m->first != 0);
	blob_append(&m->message, payload.data, payload.len);
	if (first & 0x80)
		member_end_message(m);
}

static inline void member_take_control(struct member *m, uint8_t opcode, struct nv_bytes payload)
{
	if (opcode == NV_PING)
		member_note(m->got, "ping ");
	else if (opcode == NV_PONG)
		member_note(m->got, "pong ");
	else if (payload.len >= 2)
		member_note(m->got, "close:%u ", payload.data[0] << 8 | payload.data[1]);
	else
		member_note(m->got, "close ");
}

/* The head of the frame in front: its size and the payload's; false when it is not all there. */
static inline bool member_head(const struct member *m, size_t *head, size_t *len)
{
	const uint8_t *wire = m->wire.data;
	size_t more = m->wire.len < 2 ? 0 : wire[1] == 126 ? 2 : wire[1] == 127 ? 8 : 0;

	if (m->wire.len < 2 + more)
		return false;
	assert_true(wire[1] < 128);
	*head = 2 + more;
	*len = more ? 0 : wire[1];
	for (size_t i = 0; i < more; i++)
		*len = *len << 8 | wire[2 + i];
	return m->wire.len >= *head + *len;
}

static inline bool member_take_frame(struct member *m)
{
	size_t head, len;
	struct nv_bytes payload;
	uint8_t first;

	if (!member_head(m, &head, &len))
		return false;
	first = m->wire.data[0];
	payload = (struct nv_bytes){ m->wire.data + head, len };
	if ((first & 0xf) >= NV_CLOSE)
		member_take_control(m, first & 0xf, payload);
	else
		member_take_data(m, first, payload);
	m->wire.len -= head + len;
	memmove(m->wire.data, m->wire.data + head + len, m->wire.len);
	return true;
}

/* What has arrived since the last time. */
static inline void member_read(struct member *m)
{
	struct nv_bytes took = sim_peer_take(m->peer);

	blob_append(&m->wire, took.data, took.len);
	while (member_take_frame(m))
		;
}

/* What it got since the last time, and no part of a frame or a message behind it. */
static inline void assert_got(struct member *m, const char *expected)
{
	member_read(m);
	assert_string_equal(m->got, expected);
	assert_int_equal(m->wire.len, 0);
	assert_int_equal(m->first, 0);
	m->got[0] = '\0';
}

/* What its handlers were told since the last time. */
static inline void assert_told(struct member *m, const char *expected)
{
	assert_string_equal(m->seen, expected);
	m->seen[0] = '\0';
}

static inline void member_free(struct member *m)
{
	blob_free(&m->wire);
	blob_free(&m->message);
	if (m->inflates)
		peer_close(&m->inflater);
}

#endif
