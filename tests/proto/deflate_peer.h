/* SPDX-License-Identifier: MIT */
/* deflate_peer.h: the far end of a session that agreed on permessage-deflate: zlib, used as RFC 7692
 * 7.2 says, and frames by hand. */
#ifndef PROTO_DEFLATE_PEER_H
#define PROTO_DEFLATE_PEER_H

#define ZLIB_CONST
#include <zlib.h>

#include <navette/session.h>

#include "support/blob.h"
#include "support/frames.h"
#include "support/prng.h"
#include "support/unit.h"

#define RSV1 0x40u

struct deflate_peer {
	enum nv_role role; /* its own */
	z_stream deflate;
	z_stream inflate;
	bool keeps_sent; /* its window from message to message */
	bool keeps_received;
};

/* Its windows have exactly the agreed bits, which hides no mistake of the session. */
static inline void peer_open(struct deflate_peer *peer, enum nv_role role,
                             const struct nv_deflate *agreed)
{
	bool client = role == NV_CLIENT;
	int server_bits = agreed->server_max_window_bits ? agreed->server_max_window_bits : 15;
	int client_bits = agreed->client_max_window_bits ? agreed->client_max_window_bits : 15;
	int bits = client ? client_bits : server_bits;

	*peer = (struct deflate_peer){ .role = role };
	peer->keeps_sent =
		client ? !agreed->client_no_context_takeover : !agreed->server_no_context_takeover;
	peer->keeps_received =
		client ? !agreed->server_no_context_takeover : !agreed->client_no_context_takeover;
	/* zlib does not compress with 8 bits; with 9 it stays within them. */
	assert_int_equal(deflateInit2(&peer->deflate, 1, Z_DEFLATED, bits == 8 ? -9 : -bits, 8, 0),
	                 Z_OK);
	assert_int_equal(inflateInit2(&peer->inflate, client ? -server_bits : -client_bits), Z_OK);
}

static inline void peer_close(struct deflate_peer *peer)
{
	deflateEnd(&peer->deflate);
	inflateEnd(&peer->inflate);
}

/* RFC 7692 7.2.1: flushed to a byte, less the 00 00 ff ff at the end. */
static inline struct blob peer_compress(struct deflate_peer *peer, struct nv_bytes data)
{
	struct blob payload = { 0 };
	uint8_t room[4096];

	peer->deflate.next_in = data.data;
	peer->deflate.avail_in = (uInt)data.len;
	do {
		peer->deflate.next_out = room;
		peer->deflate.avail_out = sizeof(room);
		deflate(&peer->deflate, Z_SYNC_FLUSH);
		blob_append(&payload, room, sizeof(room) - peer->deflate.avail_out);
	} while (peer->deflate.avail_out == 0);
	/* Nothing to flush leaves nothing: the empty message of RFC 7692 7.2.3.6. */
	if (payload.len < 4)
		blob_append(&payload, "\0\0\0\xff\xff", 5);
	payload.len -= 4;
	if (!peer->keeps_sent)
		deflateReset(&peer->deflate);
	return payload;
}

/* RFC 7692 7.2.2, in pieces of 256 bytes: with larger ones zlib takes what lies further back than
 * its window from the output. */
static inline struct blob peer_inflate(struct deflate_peer *peer, struct nv_bytes payload)
{
	struct blob input = { 0 };
	struct blob data = { 0 };
	uint8_t room[256];
	int result;

	blob_append(&input, payload.data, payload.len);
	blob_append(&input, "\0\0\xff\xff", 4);
	peer->inflate.next_in = input.data;
	peer->inflate.avail_in = (uInt)input.len;
	do {
		peer->inflate.next_out = room;
		peer->inflate.avail_out = sizeof(room);
		result = inflate(&peer->inflate, Z_SYNC_FLUSH);
		assert_true(result == Z_OK || result == Z_BUF_ERROR);
		blob_append(&data, room, sizeof(room) - peer->inflate.avail_out);
	} while (peer->inflate.avail_out == 0);
	assert_int_equal(peer->inflate.avail_in, 0);
	if (!peer->keeps_received)
		inflateReset(&peer->inflate);
	blob_free(&input);
	return data;
}

/* A frame of the peer; a client's key is zero. */
static inline void peer_frame(const struct deflate_peer *peer, struct blob *wire, uint8_t first,
                              struct nv_bytes payload)
{
	uint8_t head[14] = { first };
	size_t size = payload.len < 126 ? 0 : payload.len < 65536 ? 2 : 8;

	head[1] = (uint8_t)(size == 0 ? payload.len : size == 2 ? 126 : 127);
	for (size_t i = 0; i < size; i++)
		head[2 + i] = (uint8_t)((uint64_t)payload.len >> 8 * (size - 1 - i));
	if (peer->role == NV_CLIENT)
		head[1] |= 0x80;
	blob_append(wire, head, 2 + size + (peer->role == NV_CLIENT ? 4 : 0));
	blob_append(wire, payload.data, payload.len);
}

/* A compressed message in so many frames. */
static inline void peer_message(const struct deflate_peer *peer, struct blob *wire,
                                enum nv_opcode opcode, struct nv_bytes payload, size_t frames)
{
	size_t part = payload.len / frames;

	for (size_t i = 0; i < frames; i++) {
		bool last = i + 1 == frames;
		struct nv_bytes piece = { payload.data + i * part,
			                  last ? payload.len - i * part : part };

		peer_frame(peer, wire,
		           (uint8_t)((last ? 0x80u : 0) | (i == 0 ? RSV1 | opcode : 0u)), piece);
	}
}

/* The session's next message as the peer reads it: one frame, compressed or not. */
static inline struct blob peer_read(struct deflate_peer *peer, struct nv_session *session,
                                    bool *compressed)
{
	struct nv_bytes output = nv_session_output(session);
	struct blob wire = { 0 };
	struct nv_bytes rest;
	struct frame frame;
	struct blob data;

	blob_append(&wire, output.data, output.len);
	nv_session_consume(session, output.len);
	assert_true(wire.len > 0);
	*compressed = (wire.data[0] & RSV1) != 0;
	wire.data[0] &= (uint8_t)~RSV1;
	rest = blob_bytes(&wire);
	assert_true(frame_take(&rest, peer->role == NV_CLIENT ? NV_SERVER : NV_CLIENT, &frame));
	assert_int_equal(rest.len, 0);
	assert_true(frame.fin);
	blob_free(&wire);
	if (!*compressed)
		return frame.payload;
	data = peer_inflate(peer, blob_bytes(&frame.payload));
	blob_free(&frame.payload);
	return data;
}

/* --- Sessions --- */

static inline int peer_key(void *context, uint8_t key[4])
{
	memcpy(key, "\x37\xfa\x21\x3d", 4);
	return 0;
}

static inline struct nv_session *open_deflate(enum nv_role role, const struct nv_deflate *agreed,
                                              uint32_t max_message)
{
	struct nv_session_options options = { .role = role,
		                              .max_message = max_message,
		                              .masking_key = peer_key,
		                              .deflate = *agreed };

	options.deflate.agreed = true;
	options.compression = (struct nv_compression){
		.enabled = true, .context_takeover = true, .window_bits = 15, .threshold = 1
	};
	return nv_session_new(&options);
}

/* --- What is compressed --- */

/* Text in ASCII that repeats itself at all distances, and does not repeat for a while now and then. */
static inline void make_text(struct prng *prng, uint8_t *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t run = 1 + prng_below(prng, 2000);
		size_t back = 1 + prng_below(prng, (size_t)1 << (1 + prng_below(prng, 16)));
		bool fresh = back > at || prng_below(prng, 16) == 0;

		for (; run > 0 && at < len; run--, at++)
			text[at] = fresh ? (uint8_t)(' ' + prng_below(prng, 90)) : text[at - back];
	}
}

#endif
