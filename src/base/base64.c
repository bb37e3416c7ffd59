/* SPDX-License-Identifier: MIT */
/* base64.c: what the opening handshake needs of base64 (RFC 4648 section 4).
 *
 * The text is public (a nonce and a digest), so nothing here runs in constant time. Nothing is
 * decoded: of a Sec-WebSocket-Key only the length counts (RFC 6455 4.2.1). */
#include "base/base64.h"

#include <limits.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(uint32_t bits, char out[4])
{
	out[0] = alphabet[bits >> 18 & 63];
	out[1] = alphabet[bits >> 12 & 63];
	out[2] = alphabet[bits >> 6 & 63];
	out[3] = alphabet[bits & 63];
}

void nv_base64_encode(const uint8_t *data, size_t len, char *out)
{
	for (; len >= 3; data += 3, len -= 3, out += 4)
		encode_group((uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2], out);
	if (len == 0)
		return;
	encode_group((uint32_t)data[0] << 16 | (len == 2 ? (uint32_t)data[1] << 8 : 0), out);
	out[3] = '=';
	if (len == 1)
		out[2] = '=';
}

static size_t padding_length(struct nv_bytes text)
{
	if (text.len == 0 || text.data[text.len - 1] != '=')
		return 0;
	return text.data[text.len - 2] == '=' ? 2 : 1;
}

int nv_base64_length(struct nv_bytes text)
{
	size_t padding, i;

	if (text.len % 4 != 0 || text.len / 4 > INT_MAX / 3)
		return NV_ERR_INVALID;
	padding = padding_length(text);
	for (i = 0; i < text.len - padding; i++) {
		if (!memchr(alphabet, text.data[i], sizeof(alphabet) - 1))
			return NV_ERR_INVALID;
	}
	return (int)(text.len / 4 * 3 - padding);
}
