/* SPDX-License-Identifier: MIT */
/* fuzz_socks.c: a SOCKS5 proxy that says anything, in one piece and in many, which must make no
 * difference. Input: a seed for the pieces, a port, the host, a zero, the user, a zero (no user: none is
 * given), the password, a zero, what the proxy says. */
#include "input.h"
#include "proto/socks.h"

struct talk {
	struct nv_socks socks;
	uint8_t said[2 * NV_SOCKS_ROOM];
	size_t said_len;
	size_t used;
	int result;
};

/* A copy of what is heard, and room for exactly what may be said. */
static void hear(struct talk *talk, struct nv_bytes piece)
{
	uint8_t *data = copy_of(piece);
	uint8_t *out = malloc(NV_SOCKS_ROOM);
	size_t used = piece.len + 1;

	must(out != NULL);
	talk->result = nv_socks_feed(&talk->socks, data, piece.len, &used, out);
	must(used <= piece.len);
	must(used == piece.len || talk->socks.state >= NV_SOCKS_DONE);
	must((talk->result < 0) == (talk->socks.state == NV_SOCKS_FAILED));
	must(talk->result >= 0 || (talk->socks.problem && talk->socks.error == talk->result));
	must(talk->result <= (int)NV_SOCKS_ROOM);
	talk->used += used;
	if (talk->result > 0) {
		memcpy(talk->said + talk->said_len, out, (size_t)talk->result);
		talk->said_len += (size_t)talk->result;
	}
	free(out);
	free(data);
}

static void hear_in_pieces(struct talk *talk, struct nv_bytes bytes, uint32_t seed)
{
	while (bytes.len > 0) {
		size_t len = next_piece(&seed, bytes.len);

		hear(talk, (struct nv_bytes){ bytes.data, len });
		bytes.data += len;
		bytes.len -= len;
	}
}

static void compare(const struct talk *a, const struct talk *b)
{
	must(a->socks.state == b->socks.state);
	must(a->socks.error == b->socks.error && a->socks.problem == b->socks.problem);
	must(a->used == b->used);
	/* Nothing leaves in the call that fails. */
	if (a->socks.state == NV_SOCKS_FAILED)
		return;
	must(a->said_len == b->said_len && memcmp(a->said, b->said, a->said_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint32_t seed = input_byte(&input);
	uint16_t port = input_word(&input);
	char *host = (char *)copy_of(input_until(&input, 0));
	char *user = (char *)copy_of(input_until(&input, 0));
	char *password = (char *)copy_of(input_until(&input, 0));
	struct nv_bytes answers = input_bytes(&input, input.len);
	struct talk whole = { .used = 0 }, pieces;
	uint8_t greeting[NV_SOCKS_ROOM];
	int len =
		nv_socks_start(&whole.socks, host, port, user[0] ? user : NULL, password, greeting);

	must(len == NV_ERR_INVALID || len == 3 || len == 4);
	if (len > 0) {
		pieces = whole;
		hear(&whole, answers);
		hear_in_pieces(&pieces, answers, seed);
		compare(&whole, &pieces);
	}
	free(password);
	free(user);
	free(host);
	return 0;
}
