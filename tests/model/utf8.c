/* SPDX-License-Identifier: MIT */
/* utf8.c: UTF-8 as it is defined. A code point that has begun stands for the range of all that it
 * may become; it is wrong when nothing in the range exists. */
#include "model/utf8.h"

/* RFC 3629 section 3: how many bytes a code point has that starts with this one; 0: none does. */
static size_t point_size(uint8_t lead)
{
	if (lead >> 7 == 0)
		return 1;
	if (lead >> 5 == 6)
		return 2;
	if (lead >> 4 == 14)
		return 3;
	return lead >> 3 == 30 ? 4 : 0;
}

enum model_text model_point(const uint8_t *bytes, size_t len)
{
	/* The least code point that needs so many bytes. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = point_size(bytes[0]);
	uint32_t low, high;

	if (size == 0 || len > size)
		return MODEL_WRONG;
	low = size == 1 ? bytes[0] : bytes[0] & (0x7fu >> size);
	high = low;
	for (size_t i = 1; i < size; i++) {
		if (i < len && (bytes[i] & 0xc0) != 0x80)
			return MODEL_WRONG;
		low = low << 6 | (i < len ? bytes[i] & 0x3fu : 0);
		high = high << 6 | (i < len ? bytes[i] & 0x3fu : 0x3f);
	}
	if (high < least[size] || low > 0x10ffff)
		return MODEL_WRONG;
	if (low >= 0xd800 && high <= 0xdfff)
		return MODEL_WRONG;
	return len == size ? MODEL_WHOLE : MODEL_PARTIAL;
}

enum model_text model_text(const uint8_t *bytes, size_t len)
{
	enum model_text text = MODEL_WHOLE;
	size_t start = 0;

	for (size_t end = 1; end <= len && text != MODEL_WRONG; end++) {
		text = model_point(bytes + start, end - start);
		if (text == MODEL_WHOLE)
			start = end;
	}
	return text;
}
