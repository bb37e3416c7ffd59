/* SPDX-License-Identifier: MIT */
/* fuzz_http_resp.c: the head of a response, and what a client does with it. Its key is the one of
 * RFC 6455 1.3, so that the right answer is known. Input: a seed for the pieces, which is odd where
 * compression is offered, then the bytes. */
#include "heads.h"
#include "input.h"

static const struct nv_compression compression = { .enabled = true, .context_takeover = true };

static void check_verdict(const struct nv_head *head, bool compressed)
{
	struct nv_handshake_offer offer = { .host = nv_str("a"),
		                            .target = nv_str("/"),
		                            .subprotocols = "chat, superchat",
		                            .nonce = "the sample nonce",
		                            .compression = compressed ? &compression : NULL };
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;
	struct nv_problem problem = nv_handshake_verify(head, &offer, &subprotocol, &deflate);

	must(problem.status == nv_head_status(head));
	must(!deflate.agreed || (compressed && !problem.text));
	if (problem.text)
		return;
	must(deflate.agreed == (nv_head_field(head, "Sec-WebSocket-Extensions").data != NULL));
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
	check_verdict(head, seed & 1);
	nv_head_free(head);
	return 0;
}
