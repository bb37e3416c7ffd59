/* SPDX-License-Identifier: MIT */
/* frame.c: the head of one frame, bytes to struct and back. What a head may say at a given moment is
 * the session's business. */
#include "proto/frame.h"

#include <string.h>

static uint64_t read_big_endian(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void write_big_endian(uint8_t *bytes, size_t count, uint64_t value)
{
	for (size_t i = count; i > 0; i--, value >>= 8)
		bytes[i - 1] = (uint8_t)value;
}

size_t nv_frame_length_size(uint8_t second)
{
	switch (second & NV_FRAME_LENGTH) {
	case NV_FRAME_LENGTH_16:
		return 2;
	case NV_FRAME_LENGTH_64:
		return 8;
	default:
		return 0;
	}
}

bool nv_frame_read_length(const uint8_t *head, uint64_t *len)
{
	size_t size = nv_frame_length_size(head[1]);

	if (size == 0) {
		*len = head[1] & NV_FRAME_LENGTH;
		return true;
	}
	*len = read_big_endian(head + 2, size);
	/* RFC 6455 5.2: the minimal number of bytes; the most significant bit is 0. */
	return size == 2 ? *len >= NV_FRAME_LENGTH_16 : *len > UINT16_MAX && *len <= INT64_MAX;
}

size_t nv_frame_write_long(uint8_t *head, uint8_t first, uint8_t mask, uint64_t len)
{
	head[0] = first;
	if (len <= UINT16_MAX) {
		head[1] = mask | NV_FRAME_LENGTH_16;
		write_big_endian(head + 2, 2, len);
		return 4;
	}
	head[1] = mask | NV_FRAME_LENGTH_64;
	write_big_endian(head + 2, 8, len);
	return 10;
}

size_t nv_frame_write(const struct nv_frame *frame, uint8_t head[NV_FRAME_HEAD_MAX])
{
	unsigned fin = frame->fin ? NV_FRAME_FIN : 0;
	uint8_t first = (uint8_t)(fin | (unsigned)frame->rsv << 4 | frame->opcode);
	uint8_t mask = frame->masked ? NV_FRAME_MASK : 0;
	size_t size = nv_frame_write_start(head, first, mask, frame->len);

	if (!frame->masked)
		return size;
	memcpy(head + size, frame->key, sizeof frame->key);
	return size + sizeof frame->key;
}
