/* SPDX-License-Identifier: MIT */
/* frames.c: reads what a session wrote, strictly. */
#include "support/frames.h"

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 8 | *bytes++;
	return value;
}

/* The length that a head tells, and the size of the head before the masking key; 0: broken. */
static size_t read_length(struct nv_bytes bytes, uint64_t *len)
{
	static const uint64_t least[] = { 0, 126, 65536 };
	static const size_t sizes[] = { 0, 2, 8 };
	unsigned form;

	if (bytes.len < 2)
		return 0;
	*len = bytes.data[1] & 0x7f;
	form = *len == 127 ? 2 : *len == 126 ? 1 : 0;
	if (bytes.len < 2 + sizes[form])
		return 0;
	if (form > 0)
		*len = big_endian(bytes.data + 2, sizes[form]);
	return *len < least[form] || *len > INT64_MAX ? 0 : 2 + sizes[form];
}

static bool opcode_is_right(const struct frame *frame)
{
	return frame->opcode <= NV_BINARY ||
	       (frame->opcode >= NV_CLOSE && frame->opcode <= NV_PONG && frame->fin);
}

bool frame_take(struct nv_bytes *bytes, enum nv_role sender, struct frame *frame)
{
	uint64_t len;
	size_t head = read_length(*bytes, &len);

	*frame = (struct frame){ 0 };
	if (head == 0 || (bytes->data[1] & 0x80) != (sender == NV_CLIENT ? 0x80 : 0))
		return false;
	if (sender == NV_CLIENT) {
		if (bytes->len < head + 4)
			return false;
		memcpy(frame->key, bytes->data + head, 4);
		head += 4;
	}
	frame->fin = (bytes->data[0] & 0x80) != 0;
	frame->opcode = bytes->data[0] & 0x0f;
	frame->head = head;
	if (len > bytes->len - head || (bytes->data[0] & 0x70) || !opcode_is_right(frame) ||
	    (frame->opcode >= NV_CLOSE && len > 125))
		return false;
	blob_append(&frame->payload, bytes->data + head, (size_t)len);
	for (size_t i = 0; i < len; i++)
		frame->payload.data[i] ^= frame->key[i % 4];
	bytes->data += head + (size_t)len;
	bytes->len -= head + (size_t)len;
	return true;
}

bool frame_is_failure(const struct frame *frame, uint16_t status)
{
	const struct blob *payload = &frame->payload;

	if (frame->opcode != NV_CLOSE || payload->len < 3)
		return false;
	for (size_t i = 2; i < payload->len; i++) {
		if (payload->data[i] < 0x20 || payload->data[i] > 0x7e)
			return false;
	}
	return big_endian(payload->data, 2) == status;
}
