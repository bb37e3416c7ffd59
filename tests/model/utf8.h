/* SPDX-License-Identifier: MIT */
/* utf8.h: the model's idea of UTF-8: decode a code point, look whether it may exist (RFC 3629). */
#ifndef MODEL_UTF8_H
#define MODEL_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum model_text {
	MODEL_WRONG,   /* no continuation makes it right */
	MODEL_PARTIAL, /* ends inside a code point that may still become right */
	MODEL_WHOLE
};

/* What the first `len` bytes of one code point are; `len` is at least 1. */
enum model_text model_point(const uint8_t *bytes, size_t len);

/* What a text is; an empty one is whole. */
enum model_text model_text(const uint8_t *bytes, size_t len);

#endif
