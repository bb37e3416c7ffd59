/* SPDX-License-Identifier: MIT */
/* fuzz_http_req.c: the head of a request, and what a server does with it. Input: a seed for the
 * pieces, then the bytes. */
#include "heads.h"
#include "input.h"

#define ROOM 40000u

/* The answer is one whole head, and nothing of the request has got out of its line. */
static void check_answer(const struct nv_head *request, const char *subprotocol)
{
	char *room = malloc(ROOM);
	int len = nv_handshake_accept(request, subprotocol, NULL, "X-Own: 1\r\n", room, ROOM);
	struct nv_head *answer;

	must(len > 0);
	must(nv_handshake_accept(request, subprotocol, NULL, "X-Own: 1\r\n", room,
	                         (size_t)len - 1) == NV_ERR_TOO_BIG);
	must(nv_handshake_accept(request, subprotocol, NULL, "X-Own: 1\r\n", room, (size_t)len) ==
	     len);
	answer = head_written(NV_RESPONSE, room, len);
	must(nv_head_status(answer) == 101);
	must(nv_head_field_count(answer) == (subprotocol ? 5 : 4));
	if (subprotocol)
		must(nv_bytes_is(nv_head_field(answer, "Sec-WebSocket-Protocol"), subprotocol));
	nv_head_free(answer);
	free(room);
}

static void accept_each_way(const struct nv_head *request)
{
	struct nv_bytes subprotocol;
	size_t cursor = 0;

	check_answer(request, NULL);
	while (nv_handshake_subprotocol(request, &cursor, &subprotocol)) {
		char *text = (char *)copy_of(subprotocol);

		check_answer(request, text);
		free(text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t seed = input_byte(&input);
	struct nv_head *head = head_read(NV_REQUEST, input_bytes(&input, input.len), seed);
	struct nv_problem problem;

	if (!head)
		return 0;
	head_touch(head);
	problem = nv_handshake_check(head);
	must((problem.status != 0) == (problem.text != NULL));
	if (problem.status == 0)
		accept_each_way(head);
	nv_head_free(head);
	return 0;
}
