/* SPDX-License-Identifier: MIT */
/* fuzz_http_resp.c: the head of a response, and what a client does with it. Its key is the one of
 * RFC 6455 1.3, so that the right answer is known. Input: a seed for the pieces, then the bytes. */
#include "heads.h"
#include "input.h"

static const struct nv_handshake_offer offer = {
	.host = { (const uint8_t *)"a", 1 },
	.target = { (const uint8_t *)"/", 1 },
	.subprotocols = "chat, superchat",
	.nonce = "the sample nonce",
};

static void check_verdict(const struct nv_head *head)
{
	struct nv_bytes subprotocol;
	struct nv_problem problem = nv_handshake_verify(head, &offer, &subprotocol);

	must(problem.status == nv_head_status(head));
	if (problem.text)
		return;
	must(nv_head_status(head) == 101);
	must(nv_bytes_is(nv_head_field(head, "Sec-WebSocket-Accept"),
	                 "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	must(!subprotocol.data || nv_bytes_is(subprotocol, "chat") ||
	     nv_bytes_is(subprotocol, "superchat"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t seed = input_byte(&input);
	struct nv_head *head = head_read(NV_RESPONSE, input_bytes(&input, input.len), seed);

	if (!head)
		return 0;
	head_touch(head);
	check_verdict(head);
	nv_head_free(head);
	return 0;
}
