/* SPDX-License-Identifier: MIT */
/* jwt_parts.c: takes a token apart, as strictly as the RFCs allow: what two readers could read in two
 * ways is refused. */
#include "serve/jwt_parts.h"

#include <stdlib.h>

#include "serve/token_file.h"
#include "text/encoding.h"

static bool is_digit(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Takes the digits up to the next '.' or the end off `rest`; false when there are none. */
static bool take_part(struct nv_bytes *rest, struct nv_bytes *part)
{
	*part = (struct nv_bytes){ rest->data, 0 };
	while (part->len < rest->len && is_digit(rest->data[part->len]))
		part->len++;
	rest->data += part->len;
	rest->len -= part->len;
	return part->len > 0 && part->len % 4 != 1;
}

static bool take_dot(struct nv_bytes *rest)
{
	if (rest->len == 0 || *rest->data != '.')
		return false;
	rest->data++;
	rest->len--;
	return true;
}

bool nv_jwt_split(struct nv_bytes token, struct nv_jwt_parts *parts)
{
	return token.len <= NV_TOKEN_MOST && take_part(&token, &parts->header) &&
	       take_dot(&token) && take_part(&token, &parts->claims) && take_dot(&token) &&
	       take_part(&token, &parts->signature) && token.len == 0;
}

/* RFC 4648 5: the alphabet of base64url, put in that of base64. */
static int decode(struct nv_bytes part, uint8_t *out)
{
	for (size_t i = 0; i < part.len; i++) {
		uint8_t c = part.data[i];

		out[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	return nv_base64_decode((struct nv_bytes){ out, part.len }, out);
}

json_t *nv_jwt_part_object(struct nv_bytes part)
{
	uint8_t *text = malloc(part.len + 1);
	int len = text ? decode(part, text) : NV_ERR_NOMEM;
	json_t *object = NULL;

	if (len >= 0)
		object = json_loadb((const char *)text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
	if (object && !json_is_object(object)) {
		json_decref(object);
		object = NULL;
	}
	free(text);
	return object;
}
