/* SPDX-License-Identifier: MIT */
/* frame.c: the head of one frame, bytes to struct and back. What a head may say at a given moment is
 * the session's business. */
#include "proto/frame.h"

#include <string.h>

enum {
	FIN = 0x80,
	MASK = 0x80,
	LENGTH_16 = 126,
	LENGTH_64 = 127
};

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
	switch (second & 0x7f) {
	case LENGTH_16:
		return 2;
	case LENGTH_64:
		return 8;
	default:
		return 0;
	}
}

bool nv_frame_read_length(const uint8_t *head, uint64_t *len)
{
	size_t size = nv_frame_length_size(head[1]);

	if (size == 0) {
		*len = head[1] & 0x7f;
		return true;
	}
	*len = read_big_endian(head + 2, size);
	/* RFC 6455 5.2: the minimal number of bytes; the most significant bit is 0. */
	return size == 2 ? *len >= LENGTH_16 : *len > UINT16_MAX && *len <= INT64_MAX;
}

size_t nv_frame_write(const struct nv_frame *frame, uint8_t head[NV_FRAME_HEAD_MAX])
{
	uint8_t mask = frame->masked ? MASK : 0;
	size_t size = 2;

	head[0] = (uint8_t)((frame->fin ? FIN : 0) | frame->rsv << 4 | frame->opcode);
	if (frame->len < LENGTH_16) {
		head[1] = mask | (uint8_t)frame->len;
	} else if (frame->len <= UINT16_MAX) {
		head[1] = mask | LENGTH_16;
		write_big_endian(head + 2, 2, frame->len);
		size += 2;
	} else {
		head[1] = mask | LENGTH_64;
		write_big_endian(head + 2, 8, frame->len);
		size += 8;
	}
	if (!frame->masked)
		return size;
	memcpy(head + size, frame->key, sizeof frame->key);
	return size + sizeof frame->key;
}
