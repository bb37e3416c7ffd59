/* SPDX-License-Identifier: MIT */
/* deflate_heads.h: opening handshakes around an offer or an answer of permessage-deflate. */
#ifndef PROTO_DEFLATE_HEADS_H
#define PROTO_DEFLATE_HEADS_H

#include <stdio.h>

#include "proto/head.h"
#include "proto/heads.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FIELD "Sec-WebSocket-Extensions: "
#define PMD "permessage-deflate"

#define REQUEST_START                                                                              \
	"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"               \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

#define ANSWER_START                                                                               \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"        \
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static const struct nv_compression plain = { .enabled = true };
static const struct nv_compression takeover = { .enabled = true, .context_takeover = true };

static const uint8_t all_bits[] = { 0, 8, 9, 10, 11, 12, 13, 14, 15 };

/* A head that is fed once, for tests that go through thousands of them. */
static inline struct nv_head *parse_once(enum nv_head_kind kind, const char *text)
{
	struct nv_head *head = nv_head_new(kind);
	size_t used;

	assert_non_null(head);
	assert_int_equal(nv_head_feed(head, (const uint8_t *)text, strlen(text), &used), 1);
	return head;
}

/* The value of the one line Sec-WebSocket-Extensions that a head has; "" without one. */
static inline const char *extensions_of(enum nv_head_kind kind, const char *text)
{
	static char value[256];
	struct nv_head *head = parse_once(kind, text);
	struct nv_bytes found = nv_head_field(head, "Sec-WebSocket-Extensions");

	assert_int_equal(nv_head_count(head, "Sec-WebSocket-Extensions"), found.data ? 1 : 0);
	snprintf(value, sizeof value, "%.*s", (int)found.len,
	         found.data ? (const char *)found.data : "");
	nv_head_free(head);
	return value;
}

/* What the 101 to a request that passed the check says, and what it means. */
static inline const char *answer_of(const struct nv_head *request,
                                    const struct nv_compression *compression,
                                    struct nv_deflate *deflate)
{
	static char out[512];
	bool agreed;
	int len;

	assert_int_equal(nv_handshake_check(request).status, 0);
	memset(deflate, 0xff, sizeof *deflate);
	agreed = nv_handshake_deflate(request, compression, deflate);
	assert_int_equal(agreed, deflate->agreed);
	len = nv_handshake_accept(request, NULL, deflate, NULL, out, sizeof out - 1);
	assert_true(len > 0);
	out[len] = '\0';
	return extensions_of(NV_RESPONSE, out);
}

/* --- The client --- */

static struct nv_handshake_offer offer_of(const struct nv_compression *compression)
{
	struct nv_handshake_offer offer = { .host = nv_str("a"),
		                            .target = nv_str("/"),
		                            .nonce = "the sample nonce",
		                            .compression = compression };

	return offer;
}

static inline const char *request_of(const struct nv_compression *compression)
{
	static char out[1024];
	struct nv_handshake_offer offer = offer_of(compression);
	int len = nv_handshake_request(&offer, out, sizeof out - 1);

	assert_true(len > 0);
	out[len] = '\0';
	for (int size = 0; size < len; size++) {
		char less[1024];

		assert_int_equal(nv_handshake_request(&offer, less, (size_t)size), NV_ERR_TOO_BIG);
	}
	return extensions_of(NV_REQUEST, out);
}

#endif
