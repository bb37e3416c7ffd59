/* SPDX-License-Identifier: MIT */
/* accept.c: Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it.
 *
 * The server computes the value to send it, the client to compare it. */
#include "proto/accept.h"

#include "base/base64.h"
#include "base/sha1.h"

bool nv_is_key(struct nv_bytes text)
{
	return nv_base64_length(text) == 16;
}

void nv_accept_value(const uint8_t *key, char accept[NV_ACCEPT_SIZE])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t joined[NV_KEY_SIZE + sizeof guid - 1];
	uint8_t digest[NV_SHA1_SIZE];

	memcpy(joined, key, NV_KEY_SIZE);
	memcpy(joined + NV_KEY_SIZE, guid, sizeof guid - 1);
	nv_sha1(joined, sizeof joined, digest);
	nv_base64_encode(digest, sizeof digest, accept);
}
