/* SPDX-License-Identifier: MIT */
/* encoding.c: strict where bytes would be guessed: half a byte, a stray character, bits that belong to
 * none. */
#include "text/encoding.h"

#define CHUNK 768u /* bytes; a multiple of three */

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* --- Hex --- */

static int hex_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

int nv_hex_decode(struct nv_bytes text, uint8_t *out)
{
	int count = 0;

	for (size_t i = 0; i < text.len; i++) {
		int high = hex_value(text.data[i]);
		int low = i + 1 < text.len ? hex_value(text.data[i + 1]) : -1;

		if (text.data[i] == ' ')
			continue;
		if (high < 0 || low < 0)
			return NV_ERR_INVALID;
		out[count++] = (uint8_t)(high << 4 | low);
		i++;
	}
	return count;
}

void nv_hex_write(FILE *file, struct nv_bytes bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		putc(digits[bytes.data[i] >> 4], file);
		putc(digits[bytes.data[i] & 15], file);
	}
}

/* --- Base64 --- */

static int base64_value(uint8_t digit)
{
	const char *at = digit ? strchr(base64_digits, digit) : NULL;

	return at ? (int)(at - base64_digits) : -1;
}

/* Padding is there as a whole or not at all. */
static struct nv_bytes without_padding(struct nv_bytes text)
{
	if (text.len == 0 || text.len % 4 != 0)
		return text;
	for (int i = 0; i < 2 && text.data[text.len - 1] == '='; i++)
		text.len--;
	return text;
}

int nv_base64_decode(struct nv_bytes text, uint8_t *out)
{
	uint32_t bits = 0;
	unsigned held = 0;
	int count = 0;

	text = without_padding(text);
	for (size_t i = 0; i < text.len; i++) {
		int value = base64_value(text.data[i]);

		if (value < 0)
			return NV_ERR_INVALID;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		out[count++] = (uint8_t)(bits >> held);
		bits &= (1u << held) - 1;
	}
	return text.len % 4 == 1 || bits != 0 ? NV_ERR_INVALID : count;
}

static void encode_group(const uint8_t *data, size_t len, char *out)
{
	uint32_t bits = (uint32_t)data[0] << 16;

	bits |= len > 1 ? (uint32_t)data[1] << 8 : 0;
	bits |= len > 2 ? data[2] : 0;
	for (unsigned i = 0; i < 4; i++)
		out[i] = i <= len ? base64_digits[bits >> (18 - 6 * i) & 63] : '=';
}

void nv_base64_string(struct nv_bytes bytes, char *out)
{
	for (size_t i = 0; i < bytes.len; i += 3, out += 4)
		encode_group(bytes.data + i, bytes.len - i, out);
}

void nv_base64_write(FILE *file, struct nv_bytes bytes)
{
	while (bytes.len > 0) {
		size_t len = bytes.len < CHUNK ? bytes.len : CHUNK;
		char encoded[NV_BASE64_SIZE(CHUNK)];

		nv_base64_string((struct nv_bytes){ bytes.data, len }, encoded);
		fwrite(encoded, 1, NV_BASE64_SIZE(len), file);
		bytes.data += len;
		bytes.len -= len;
	}
}
