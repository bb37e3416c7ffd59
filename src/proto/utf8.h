/* SPDX-License-Identifier: MIT */
/* utf8.h: UTF-8 validation while bytes arrive (RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF). The state is one byte, so that a text may be cut anywhere. */
#ifndef PROTO_UTF8_H
#define PROTO_UTF8_H

#include <navette/base.h>

#include "proto/word.h"

enum {
	NV_UTF8_ACCEPT = 0, /* between two code points: where a text starts and must end */
	NV_UTF8_REJECT = 1
};

/* The state after `len` more bytes. NV_UTF8_REJECT as soon as no continuation could be valid, and
 * for ever. */
uint8_t nv_utf8_feed(uint8_t state, const uint8_t *data, size_t len);

/* True for a whole valid text. */
static inline bool nv_utf8_valid(struct nv_bytes text)
{
	return nv_is_ascii(text.data, text.len) ||
	       nv_utf8_feed(NV_UTF8_ACCEPT, text.data, text.len) == NV_UTF8_ACCEPT;
}

#endif
