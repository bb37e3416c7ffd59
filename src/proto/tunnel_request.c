/* SPDX-License-Identifier: MIT */
/* tunnel_request.c: CONNECT, and Basic credentials.
 *
 * What is secret is written to the caller's room and nowhere else, so that he can wipe all of it. */
#include "proto/tunnel_request.h"

#include "base/base64.h"
#include "proto/ascii.h"
#include "proto/authority.h"
#include "proto/text.h"

static bool has_control(const char *s)
{
	for (; *s; s++) {
		if (nv_is_control((uint8_t)*s))
			return true;
	}
	return false;
}

/* RFC 7617 2: the base64 of what the pieces are together. */
static void write_basic(struct nv_text *text, const char *const *pieces, size_t count)
{
	uint8_t group[3];
	char characters[4];
	size_t len = 0;

	nv_text_str(text, "Basic ");
	for (size_t i = 0; i < count; i++) {
		for (const char *at = pieces[i]; *at; at++) {
			group[len++] = (uint8_t)*at;
			if (len < sizeof group)
				continue;
			nv_base64_encode(group, len, characters);
			nv_text_bytes(text, (struct nv_bytes){ (uint8_t *)characters, 4 });
			len = 0;
		}
	}
	nv_base64_encode(group, len, characters);
	nv_text_bytes(text, (struct nv_bytes){ (uint8_t *)characters, NV_BASE64_SIZE(len) });
}

int nv_basic_credentials(const char *credentials, char *out, size_t size)
{
	struct nv_text text = { .out = out, .size = size };

	if (!strchr(credentials, ':') || has_control(credentials))
		return NV_ERR_INVALID;
	write_basic(&text, &credentials, 1);
	return nv_text_end_zero(&text);
}

static int write_authorization(struct nv_text *text, const char *user, const char *password)
{
	const char *const pieces[] = { user, ":", password ? password : "" };

	if (strchr(user, ':') || has_control(user) || has_control(pieces[2]))
		return NV_ERR_INVALID;
	nv_text_str(text, "Proxy-Authorization: ");
	write_basic(text, pieces, sizeof pieces / sizeof pieces[0]);
	nv_text_str(text, "\r\n");
	return 0;
}

int nv_tunnel_request(const char *authority, const char *user, const char *password, char *out,
                      size_t size)
{
	struct nv_text text = { .out = out, .size = size };
	struct nv_authority parsed;
	int error;

	if (nv_authority_parse(nv_str(authority), &parsed) || parsed.port == 0)
		return NV_ERR_INVALID;
	nv_text_str(&text, "CONNECT ");
	nv_text_str(&text, authority);
	nv_text_str(&text, " HTTP/1.1\r\n");
	nv_text_field(&text, "Host", nv_str(authority));
	error = user ? write_authorization(&text, user, password) : 0;
	if (error < 0)
		return error;
	nv_text_str(&text, "\r\n");
	return nv_text_end(&text);
}
