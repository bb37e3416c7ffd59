/* SPDX-License-Identifier: MIT */
/* shared_frames.h: the frames of a turn's messages, unmasked as a server sends them, in shared blocks.
 *
 * Every message is there as it is; compressed, for each window that is asked for, from when it is first
 * asked for. Frames of messages that follow each other lie side by side as far as a block goes, so that
 * many are one piece. */
#ifndef WS_SHARED_FRAMES_H
#define WS_SHARED_FRAMES_H

#include "base/buf.h"
#include "base/shared.h"
#include "proto/deflate_pool.h"
#include "proto/session.h"

/* 0: as it is; 1 to 8: compressed for a window of 8 to 15 bits, without context takeover. */
#define NV_ENCODINGS 9

struct nv_encoding {
	struct nv_shared *block;   /* being filled, over turns; or NULL */
	struct nv_buf places;      /* of each message's frame, as far as it was asked for */
	struct nv_buf spans;       /* of frames side by side */
	struct nv_session session; /* compresses as the sessions with this window do */
};

struct nv_shared_frames {
	struct nv_session_options options;
	struct nv_deflate_pool *deflate;
	struct nv_encoding encodings[NV_ENCODINGS];
};

/* Frames side by side, which live as long as somebody has a reference to the block. */
struct nv_piece {
	struct nv_shared *block;
	struct nv_bytes bytes;
	size_t last; /* length of the last frame */
};

/* `options` are a server's and complete, and are copied; `deflate` outlives the frames. */
void nv_shared_frames_init(struct nv_shared_frames *frames,
                           const struct nv_session_options *options,
                           struct nv_deflate_pool *deflate);
void nv_shared_frames_deinit(struct nv_shared_frames *frames);

/* Adds message number `index`, counted from 0 since the last clear. 0, or NV_ERR_NOMEM with nothing
 * added. */
int nv_shared_frames_add(struct nv_shared_frames *frames, uint32_t index, enum nv_opcode opcode,
                         struct nv_bytes message);

/* As many frames from message `first` on and before `end` as lie side by side; the message behind
 * them. What can't be compressed for want of memory is there as it is. */
uint32_t nv_shared_frames_get(struct nv_shared_frames *frames, unsigned encoding, uint32_t first,
                              uint32_t end, struct nv_piece *piece);

/* A message as it was added. Lives until the clear. */
struct nv_bytes nv_shared_frames_message(const struct nv_shared_frames *frames, uint32_t index);

/* Forgets all messages; blocks that somebody has a reference to stay. */
void nv_shared_frames_clear(struct nv_shared_frames *frames);

#endif
