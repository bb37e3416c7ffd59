/* SPDX-License-Identifier: MIT */
/* text.c: writes text into a room of fixed size.
 *
 * Writers add piece after piece without looking and ask once at the end. After the first piece
 * that did not fit nothing is written any more. */
#include "proto/text.h"

#include <limits.h>

void nv_text_bytes(struct nv_text *text, struct nv_bytes bytes)
{
	if (text->overflow || bytes.len > text->size - text->len) {
		text->overflow = true;
		return;
	}
	if (bytes.len > 0)
		memcpy(text->out + text->len, bytes.data, bytes.len);
	text->len += bytes.len;
}

void nv_text_str(struct nv_text *text, const char *s)
{
	nv_text_bytes(text, nv_str(s));
}

void nv_text_number(struct nv_text *text, uint32_t number)
{
	uint8_t digits[10];
	size_t at = sizeof digits;

	do {
		digits[--at] = (uint8_t)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	nv_text_bytes(text, (struct nv_bytes){ digits + at, sizeof digits - at });
}

void nv_text_field(struct nv_text *text, const char *name, struct nv_bytes value)
{
	nv_text_str(text, name);
	nv_text_str(text, ": ");
	nv_text_bytes(text, value);
	nv_text_str(text, "\r\n");
}

int nv_text_end(const struct nv_text *text)
{
	if (text->overflow || text->len > INT_MAX)
		return NV_ERR_TOO_BIG;
	return (int)text->len;
}

int nv_text_end_zero(struct nv_text *text)
{
	int len;

	nv_text_bytes(text, (struct nv_bytes){ (const uint8_t *)"", 1 });
	len = nv_text_end(text);
	return len < 0 ? len : len - 1;
}
