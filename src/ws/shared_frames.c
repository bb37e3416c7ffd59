/* SPDX-License-Identifier: MIT */
/* shared_frames.c: a turn's messages, encoded once for many.
 *
 * A place says where the frame of a message lies, a span which frames lie side by side: so a piece is
 * found in one step, however many frames it has. A message that is not worth compressing has its plain
 * frame in the other encodings too. Each span has a reference to its block. */
#include "ws/shared_frames.h"

#include "base/alloc.h"
#include "proto/frame.h"
#include "proto/session_deflate.h"

#define BLOCK 16384u
#define SHARE_MAX (BLOCK / 4) /* bytes; a larger frame has a block of its own */
#define COPY_MAX 512u         /* bytes; a larger plain frame is not repeated */
#define KEPT_MAX 65536u       /* bytes of places, and of spans, from turn to turn */

struct place {
	const uint8_t *data;
	size_t len;
	uint32_t span; /* its number + 1; 0: not asked for yet */
};

struct span {
	struct nv_shared *block;
	uint32_t end; /* the message behind its last frame */
};

static struct place *place_at(const struct nv_encoding *encoding, size_t index)
{
	return (struct place *)(void *)encoding->places.data + index;
}

static size_t place_count(const struct nv_encoding *encoding)
{
	return encoding->places.len / sizeof(struct place);
}

static struct span *span_at(const struct nv_encoding *encoding, size_t index)
{
	return (struct span *)(void *)encoding->spans.data + index;
}

static size_t span_count(const struct nv_encoding *encoding)
{
	return encoding->spans.len / sizeof(struct span);
}

static bool is_placed(const struct nv_encoding *encoding, uint32_t index)
{
	return index < place_count(encoding) && place_at(encoding, index)->span != 0;
}

/* --- Blocks --- */

/* One with that much room, and a reference for the caller. */
static struct nv_shared *block_for(struct nv_encoding *encoding, size_t len)
{
	struct nv_shared *block = encoding->block;

	if (len > SHARE_MAX)
		return nv_shared_new(len);
	if (block && block->refs == 1)
		block->len = 0;
	if (!block || block->cap - block->len < len) {
		block = nv_shared_new(BLOCK);
		if (!block)
			return NULL;
		nv_shared_unref(encoding->block);
		encoding->block = block;
	}
	nv_shared_ref(block);
	return block;
}

/* --- Places and spans --- */

/* Room for the place of a message and one more span; NV_ERR_NOMEM. Messages in between that nobody
 * asked for get a place too, which says so. */
static int reserve(struct nv_encoding *encoding, uint32_t index)
{
	size_t count = place_count(encoding);
	size_t missing = index < count ? 0 : (index + 1 - count) * sizeof(struct place);
	uint8_t *room;

	if (!nv_buf_reserve(&encoding->spans, sizeof(struct span)))
		return NV_ERR_NOMEM;
	if (missing == 0)
		return 0;
	room = nv_buf_reserve(&encoding->places, missing);
	if (!room)
		return NV_ERR_NOMEM;
	memset(room, 0, missing);
	encoding->places.len += missing;
	return 0;
}

/* The last span, if that message's frame is one more of it: a block is filled in the order of the
 * messages, so that frames of neighbours lie side by side when they lie in the same one. */
static struct span *span_before(const struct nv_encoding *encoding, uint32_t index,
                                const struct nv_shared *block)
{
	size_t count = span_count(encoding);
	struct span *span = count > 0 ? span_at(encoding, count - 1) : NULL;

	return span && span->end == index && span->block == block ? span : NULL;
}

/* After reserve(). */
static void put(struct nv_encoding *encoding, uint32_t index, struct nv_shared *block,
                struct nv_bytes frame)
{
	struct span *span = span_before(encoding, index, block);

	if (span) {
		span->end++;
	} else {
		nv_shared_ref(block);
		*span_at(encoding, span_count(encoding)) = (struct span){ block, index + 1 };
		encoding->spans.len += sizeof(struct span);
	}
	*place_at(encoding, index) =
		(struct place){ frame.data, frame.len, (uint32_t)span_count(encoding) };
}

/* What was written at the end of the block is a frame. */
static void commit(struct nv_encoding *encoding, uint32_t index, struct nv_shared *block,
                   size_t len)
{
	put(encoding, index, block, (struct nv_bytes){ block->data + block->len, len });
	block->len += len;
}

/* --- As it is --- */

static size_t write_plain(uint8_t *room, enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_frame frame = { .fin = true, .opcode = (uint8_t)opcode, .len = message.len };
	size_t head = nv_frame_write(&frame, room);

	if (message.len > 0)
		memcpy(room + head, message.data, message.len);
	return head + message.len;
}

int nv_shared_frames_add(struct nv_shared_frames *frames, uint32_t index, enum nv_opcode opcode,
                         struct nv_bytes message)
{
	struct nv_encoding *plain = &frames->encodings[0];
	struct nv_shared *block;

	if (message.len > SIZE_MAX / 2 || reserve(plain, index) < 0)
		return NV_ERR_NOMEM;
	block = block_for(plain, NV_FRAME_HEAD_MAX + message.len);
	if (!block)
		return NV_ERR_NOMEM;
	commit(plain, index, block, write_plain(block->data + block->len, opcode, message));
	nv_shared_unref(block);
	return 0;
}

struct nv_bytes nv_shared_frames_message(const struct nv_shared_frames *frames, uint32_t index)
{
	const struct place *place = place_at(&frames->encodings[0], index);
	size_t head = 2 + nv_frame_length_size(place->data[1]);

	return (struct nv_bytes){ place->data + head, place->len - head };
}

/* --- Compressed --- */

/* The plain frame stands in this encoding too: a small one as a copy where it then lies side by side
 * with what is before it. */
static void put_plain(struct nv_shared_frames *frames, struct nv_encoding *encoding, uint32_t index)
{
	const struct place *place = place_at(&frames->encodings[0], index);
	struct nv_shared *own = encoding->block;
	bool copies = own && place->len <= COPY_MAX && own->cap - own->len >= place->len &&
	              span_before(encoding, index, own);

	if (copies) {
		memcpy(own->data + own->len, place->data, place->len);
		commit(encoding, index, own, place->len);
		return;
	}
	put(encoding, index, span_at(&frames->encodings[0], place->span - 1)->block,
	    (struct nv_bytes){ place->data, place->len });
}

/* The session's room for a frame. */
struct room {
	struct nv_encoding *encoding;
	struct nv_shared *block;
};

static uint8_t *reserve_room(void *queue, size_t len)
{
	struct room *room = queue;

	room->block = block_for(room->encoding, len);
	return room->block ? room->block->data + room->block->len : NULL;
}

static bool has_session(struct nv_shared_frames *frames, struct nv_encoding *encoding)
{
	const struct nv_deflate agreed = {
		.agreed = true,
		.server_no_context_takeover = true,
		.client_no_context_takeover = true,
		.server_max_window_bits =
			(uint8_t)(encoding - frames->encodings + NV_WINDOW_BITS_MIN - 1),
	};

	return nv_session_agreed(&encoding->session) ||
	       nv_session_compress(&encoding->session, &agreed, frames->deflate) == 0;
}

/* False when the message does not get smaller, or can't be compressed. */
static bool put_compressed(struct nv_shared_frames *frames, struct nv_encoding *encoding,
                           uint32_t index)
{
	struct room room = { encoding, NULL };
	struct nv_outgoing message = {
		.opcode = place_at(&frames->encodings[0], index)->data[0] & 0xf,
		.data = nv_shared_frames_message(frames, index),
		.fin = true,
	};
	bool compressed;
	size_t size = 0;

	if (message.data.len < frames->options.compression.threshold ||
	    !has_session(frames, encoding))
		return false;
	compressed =
		nv_session_encode(&encoding->session, &message, reserve_room, &room, &size) == 0 &&
		(room.block->data[room.block->len] & NV_RSV1);
	if (compressed)
		commit(encoding, index, room.block, size);
	nv_shared_unref(room.block);
	return compressed;
}

static const struct nv_encoding *encode(struct nv_shared_frames *frames, unsigned number,
                                        uint32_t index)
{
	struct nv_encoding *encoding = &frames->encodings[number];

	if (is_placed(encoding, index))
		return encoding;
	if (reserve(encoding, index) < 0)
		return &frames->encodings[0];
	if (!put_compressed(frames, encoding, index))
		put_plain(frames, encoding, index);
	return encoding;
}

uint32_t nv_shared_frames_get(struct nv_shared_frames *frames, unsigned encoding, uint32_t first,
                              uint32_t end, struct nv_piece *piece)
{
	const struct nv_encoding *from = encode(frames, encoding, first);
	const struct place *place = place_at(from, first);
	const struct span *span = span_at(from, place->span - 1);
	const struct place *last;

	if (end > span->end)
		end = span->end;
	last = place_at(from, end - 1);
	piece->block = span->block;
	piece->bytes.data = place->data;
	piece->bytes.len = (size_t)(last->data - place->data) + last->len;
	piece->last = last->len;
	return end;
}

/* --- Beginning and end --- */

void nv_shared_frames_init(struct nv_shared_frames *frames,
                           const struct nv_session_options *options,
                           struct nv_deflate_pool *deflate)
{
	*frames = (struct nv_shared_frames){ .options = *options, .deflate = deflate };
	frames->options.unchecked_text = true;
	for (size_t i = 0; i < NV_ENCODINGS; i++)
		nv_session_init(&frames->encodings[i].session, &frames->options);
}

static void drop_spans(struct nv_encoding *encoding)
{
	for (size_t i = 0; i < span_count(encoding); i++)
		nv_shared_unref(span_at(encoding, i)->block);
	encoding->spans.len = 0;
}

void nv_shared_frames_deinit(struct nv_shared_frames *frames)
{
	for (size_t i = 0; i < NV_ENCODINGS; i++) {
		struct nv_encoding *encoding = &frames->encodings[i];

		drop_spans(encoding);
		nv_buf_deinit(&encoding->places);
		nv_buf_deinit(&encoding->spans);
		nv_shared_unref(encoding->block);
		encoding->block = NULL;
		nv_session_deinit(&encoding->session);
	}
}

void nv_shared_frames_clear(struct nv_shared_frames *frames)
{
	for (size_t i = 0; i < NV_ENCODINGS; i++) {
		struct nv_encoding *encoding = &frames->encodings[i];

		drop_spans(encoding);
		nv_buf_reuse(&encoding->places, KEPT_MAX);
		nv_buf_reuse(&encoding->spans, KEPT_MAX);
	}
}
