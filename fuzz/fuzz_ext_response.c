/* SPDX-License-Identifier: MIT */
/* fuzz_ext_response.c: the extensions in a server's answer, and whether a client may believe them.
 * Input: what the client wants, as extensions.h reads it, then the values of
 * Sec-WebSocket-Extensions with a newline between them. */
#include "extensions.h"
#include "proto/extension.h"

static const char start[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
			    "Connection: Upgrade\r\n"
			    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/* 0: the client asks for nothing. */
static uint8_t asked_bits(const struct nv_compression *wanted)
{
	uint8_t bits = wanted->peer_window_bits;

	if (bits == 0 || bits >= 15)
		return 0;
	return bits < 8 ? 8 : bits;
}

static bool is_granted(const struct nv_compression *wanted, const struct nv_deflate *answer)
{
	uint8_t asked = asked_bits(wanted);

	if (!wanted->context_takeover && !answer->server_no_context_takeover)
		return false;
	if (asked == 0)
		return true;
	return answer->server_max_window_bits != 0 && answer->server_max_window_bits <= asked;
}

/* Whether the answer is one to this client; `terms` is then what it means. */
static bool is_answer(const struct nv_head *response, const struct nv_compression *wanted,
                      struct nv_deflate *terms)
{
	struct nv_extension extension;
	size_t cursor = 0;

	if (!nv_extensions_valid(response) || !wanted->enabled ||
	    !nv_extension_next(response, &cursor, &extension))
		return false;
	if (!nv_bytes_is(extension.name, "permessage-deflate") ||
	    !terms_read(extension.parameters, false, terms) || !is_granted(wanted, terms))
		return false;
	terms->client_no_context_takeover |= !wanted->context_takeover;
	return !nv_extension_next(response, &cursor, &extension);
}

static void judge(const struct nv_head *response, const struct nv_compression *wanted)
{
	struct nv_handshake_offer offer = { .nonce = "the sample nonce", .compression = wanted };
	struct nv_deflate none = { 0 };
	struct nv_deflate terms = { 0 };
	bool believed = is_answer(response, wanted, &terms);
	struct nv_bytes subprotocol;
	struct nv_deflate deflate;
	struct nv_problem problem = nv_handshake_verify(response, &offer, &subprotocol, &deflate);

	must(problem.status == 101);
	must(!problem.text == believed);
	must_agree(&deflate, believed ? &terms : &none);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct nv_compression wanted = input_compression(&input);
	struct nv_head *response = input_extensions(&input, NV_RESPONSE, start);

	if (response)
		judge(response, &wanted);
	nv_head_free(response);
	return 0;
}
