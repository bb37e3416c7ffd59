/* SPDX-License-Identifier: MIT */
/* frame.h: the head of one frame (RFC 6455 5.2). */
#ifndef PROTO_FRAME_H
#define PROTO_FRAME_H

#include <navette/base.h>

#define NV_FRAME_HEAD_MAX 14u
#define NV_FRAME_KEY_SIZE 4u
#define NV_CONTROL_MAX 125u /* RFC 6455 5.5 */
#define NV_FRAME_RSV1 4u

/* The first byte of a head, and the second. */
#define NV_FRAME_FIN 0x80u
#define NV_FRAME_RSV 0x70u
#define NV_FRAME_OPCODE 0x0fu
#define NV_FRAME_MASK 0x80u
#define NV_FRAME_LENGTH 0x7fu
#define NV_FRAME_LENGTH_16 126u
#define NV_FRAME_LENGTH_64 127u

struct nv_frame {
	bool fin;
	uint8_t rsv; /* RSV1 is 4, RSV2 is 2, RSV3 is 1 */
	uint8_t opcode;
	bool masked;
	uint8_t key[4];
	uint64_t len;
};

static inline bool nv_opcode_is_control(uint8_t opcode)
{
	return (opcode & 0x8) != 0;
}

/* How many bytes of extended length follow the second byte of a head: 0, 2 or 8. */
size_t nv_frame_length_size(uint8_t second);

/* The payload length of a head that holds its extended length. False when it is not in its shortest
 * form or has its highest bit set. */
bool nv_frame_read_length(const uint8_t *head, uint64_t *len);

/* Writes the head up to the key, the length in its shortest form; how long it is. `mask` is
 * NV_FRAME_MASK or 0. */
size_t nv_frame_write_long(uint8_t *head, uint8_t first, uint8_t mask, uint64_t len);

static inline size_t nv_frame_write_start(uint8_t *head, uint8_t first, uint8_t mask, uint64_t len)
{
	if (len >= NV_FRAME_LENGTH_16)
		return nv_frame_write_long(head, first, mask, len);
	head[0] = first;
	head[1] = mask | (uint8_t)len;
	return 2;
}

/* Writes the whole head. */
size_t nv_frame_write(const struct nv_frame *frame, uint8_t head[NV_FRAME_HEAD_MAX]);

#endif
