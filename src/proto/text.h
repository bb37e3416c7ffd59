/* SPDX-License-Identifier: MIT */
/* text.h: writes text into a room of fixed size; what does not fit is noticed at the end. */
#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include <navette/base.h>

/* The owner sets `out` and `size`, the rest zero. */
struct nv_text {
	char *out;
	size_t size;
	size_t len;
	bool overflow;
};

void nv_text_bytes(struct nv_text *text, struct nv_bytes bytes);
void nv_text_str(struct nv_text *text, const char *s); /* NULL writes nothing */
void nv_text_number(struct nv_text *text, uint32_t number);

/* "name: value\r\n" */
void nv_text_field(struct nv_text *text, const char *name, struct nv_bytes value);

/* The length written, or NV_ERR_TOO_BIG. */
int nv_text_end(const struct nv_text *text);

/* The same after a terminating zero, which is not counted. */
int nv_text_end_zero(struct nv_text *text);

#endif
