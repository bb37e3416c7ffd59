/* SPDX-License-Identifier: MIT */
/* point.c: one code point at a time. */
#include "text/point.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct range {
	uint32_t first;
	uint32_t last;
};

static const struct range controls[] = {
	{ 0x00, 0x1F },
	{ 0x7F, 0x9F },
	{ 0x2028, 0x202E },
	{ 0x2066, 0x2069 },
};

static const struct range blanks[] = {
	{ 0x09, 0x0D },     { 0x20, 0x20 },     { 0x85, 0x85 },     { 0xA0, 0xA0 },
	{ 0xAD, 0xAD },     { 0x1680, 0x1680 }, { 0x180E, 0x180E }, { 0x2000, 0x200F },
	{ 0x2028, 0x202F }, { 0x205F, 0x2064 }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 },
	{ 0x3164, 0x3164 }, { 0xFE00, 0xFE0F }, { 0xFEFF, 0xFEFF },
};

static bool is_among(uint32_t point, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

bool nv_point_is_control(uint32_t point)
{
	return is_among(point, controls, COUNT(controls));
}

bool nv_point_is_blank(uint32_t point)
{
	return is_among(point, blanks, COUNT(blanks));
}

/* 0: no sequence starts with this byte. */
static size_t sequence_size(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static bool is_scalar(uint32_t point, size_t size)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return point >= least[size] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
}

size_t nv_point_next(struct nv_bytes text, uint32_t *point)
{
	size_t size = text.len > 0 ? sequence_size(text.data[0]) : 0;

	if (size == 0 || size > text.len)
		return 0;
	*point = size == 1 ? text.data[0] : text.data[0] & (0x7Fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((text.data[i] & 0xC0u) != 0x80)
			return 0;
		*point = *point << 6 | (text.data[i] & 0x3Fu);
	}
	return is_scalar(*point, size) ? size : 0;
}
