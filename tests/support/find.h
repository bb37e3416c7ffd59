/* SPDX-License-Identifier: MIT */
/* find.h: looks for bytes and words, on every system. */
#ifndef SUPPORT_FIND_H
#define SUPPORT_FIND_H

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Where the first of them begins, or NULL. */
static inline void *find_bytes(const void *in, size_t len, const void *wanted, size_t wanted_len)
{
	const char *at = in;

	for (; len >= wanted_len; at++, len--) {
		if (memcmp(at, wanted, wanted_len) == 0)
			return (void *)(size_t)at;
	}
	return NULL;
}

/* Whatever the case of ASCII. */
static inline const char *find_word(const char *in, const char *wanted)
{
	const size_t len = strlen(wanted);

	for (; *in; in++) {
		if (strncasecmp(in, wanted, len) == 0)
			return in;
	}
	return NULL;
}

#endif
