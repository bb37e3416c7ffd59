/* SPDX-License-Identifier: MIT */
/* target.c: the target of a request line.
 *
 * The characters were checked by whoever read them. What the target means is not asked here:
 * percent sequences and dots stay. */
#include "proto/target.h"

#include "proto/authority.h"
#include "proto/field.h"

/* How long the scheme with its "://" is; 0 without one that is known. */
static size_t scheme_len(struct nv_bytes target)
{
	static const char *const schemes[] = { "http://", "https://", "ws://", "wss://" };

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t len = strlen(schemes[i]);

		if (target.len >= len &&
		    nv_bytes_is_caseless((struct nv_bytes){ target.data, len }, schemes[i]))
			return len;
	}
	return 0;
}

bool nv_target_relative(uint8_t *text, size_t len, struct nv_bytes *relative)
{
	size_t start = scheme_len((struct nv_bytes){ text, len });
	size_t end = start;
	struct nv_authority authority;

	while (start > 0 && end < len && text[end] != '/' && text[end] != '?')
		end++;
	if (start > 0 &&
	    nv_authority_parse((struct nv_bytes){ text + start, end - start }, &authority))
		return false;
	if (start > 0 && (end == len || text[end] == '?'))
		text[--end] = '/';
	*relative = (struct nv_bytes){ text + end, len - end };
	return end < len && text[end] == '/';
}
