/* SPDX-License-Identifier: MIT */
/* wire.c: frames as RFC 6455 5.2 draws them, for one length and one masking key. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

#define FINAL_TEXT 0x81u
#define MASKED 0x80u
#define MAX_HEAD 8u

static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

static size_t put_head(uint8_t *head, size_t size, unsigned masked)
{
	head[0] = FINAL_TEXT;
	if (size < 126) {
		head[1] = (uint8_t)(masked | size);
		return 2;
	}
	head[1] = (uint8_t)(masked | 126u);
	head[2] = (uint8_t)(size >> 8);
	head[3] = (uint8_t)size;
	return 4;
}

static size_t put_frame(uint8_t *frame, size_t size, unsigned masked)
{
	size_t head = put_head(frame, size, masked);
	uint8_t *payload;

	if (masked) {
		memcpy(frame + head, mask, sizeof mask);
		head += sizeof mask;
	}
	payload = frame + head;
	for (size_t i = 0; i < size; i++) {
		payload[i] = (uint8_t)('a' + i % 26);
		if (masked)
			payload[i] ^= mask[i % 4];
	}
	return head + size;
}

static struct nv_wire make(size_t size, size_t count, unsigned masked)
{
	struct nv_wire wire = { .count = count };

	if (size > UINT16_MAX)
		nv_fail("a message of %zu bytes is too long", size);
	wire.bytes = malloc(count * (size + MAX_HEAD));
	if (!wire.bytes)
		nv_fail("no memory for %zu frames", count);
	wire.frame = put_frame(wire.bytes, size, masked);
	for (size_t i = 1; i < count; i++)
		memcpy(wire.bytes + i * wire.frame, wire.bytes, wire.frame);
	return wire;
}

struct nv_wire nv_wire_from_client(size_t size, size_t count)
{
	return make(size, count, MASKED);
}

struct nv_wire nv_wire_from_server(size_t size, size_t count)
{
	return make(size, count, 0);
}

size_t nv_wire_reach(size_t size, size_t bytes)
{
	return bytes / (size + 2) + 2;
}
