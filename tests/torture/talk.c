/* SPDX-License-Identifier: MIT */
/* talk.c: sends or gives up, and makes up long messages, the same in every run. */
#include "torture/talk.h"

#include "support/prng.h"
#include "torture/calls.h"

/* --- Saying it --- */

static void must(struct nv_conn *conn, int error)
{
	if (error < 0)
		nv_conn_abort(conn);
}

void say(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	must(conn, nv_conn_send(conn, opcode, message));
}

void say_part(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes part, bool fin)
{
	must(conn, nv_conn_send_part(conn, opcode, part, fin));
}

void hang_up(struct nv_conn *conn, uint16_t status, const char *reason)
{
	must(conn, nv_conn_close(conn, status, reason));
}

static struct nv_bytes part_of(struct nv_bytes message, size_t third)
{
	size_t len = message.len / 3;

	message.data += third * len;
	message.len = third < 2 ? len : message.len - 2 * len;
	return message;
}

void say_in_parts(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	say_part(conn, opcode, part_of(message, 0), false);
	say_part(conn, NV_CONTINUATION, part_of(message, 1), false);
	say_part(conn, NV_CONTINUATION, part_of(message, 2), true);
}

/* --- Long messages --- */

static uint8_t noise_bytes[TALK_MAX];
static uint8_t letter_bytes[TALK_MAX];
static uint8_t prose_bytes[TALK_MAX];

static void make_messages(void)
{
	static const char sentence[] = "La navette va et vient entre les fils de la chaîne. ";
	struct prng prng = { 7692 };

	if (prose_bytes[0])
		return;
	prng_fill(&prng, noise_bytes, sizeof(noise_bytes));
	for (size_t i = 0; i < TALK_MAX; i++) {
		letter_bytes[i] = (uint8_t)('a' + noise_bytes[i] % 16);
		prose_bytes[i] = (uint8_t)sentence[i % (sizeof(sentence) - 1)];
	}
}

struct nv_bytes noise(size_t len)
{
	make_messages();
	return (struct nv_bytes){ noise_bytes, len };
}

struct nv_bytes letters(size_t len)
{
	make_messages();
	return (struct nv_bytes){ letter_bytes, len };
}

struct nv_bytes prose(size_t len)
{
	make_messages();
	return (struct nv_bytes){ prose_bytes, len };
}

bool is_talk(struct nv_bytes message)
{
	return message.len <= TALK_MAX && (memcmp(message.data, noise_bytes, message.len) == 0 ||
	                                   memcmp(message.data, letter_bytes, message.len) == 0 ||
	                                   memcmp(message.data, prose_bytes, message.len) == 0);
}

/* Where bytes move one by one a few are enough. */
struct nv_bytes flood(void)
{
	return noise(calls_trickles() ? 20001 : TALK_MAX);
}
