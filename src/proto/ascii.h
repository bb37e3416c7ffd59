/* SPDX-License-Identifier: MIT */
/* ascii.h: classes of ASCII characters, the same in every locale, which <ctype.h> is not. */
#ifndef PROTO_ASCII_H
#define PROTO_ASCII_H

#include <stdbool.h>
#include <stdint.h>

static inline uint8_t nv_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static inline bool nv_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool nv_is_alnum(uint8_t c)
{
	return nv_is_digit(c) || (nv_lower(c) >= 'a' && nv_lower(c) <= 'z');
}

static inline bool nv_is_control(uint8_t c)
{
	return c < ' ' || c == 0x7f;
}

/* 0 to 15; negative for what is no hexadecimal digit. */
static inline int nv_hex_value(uint8_t c)
{
	if (nv_is_digit(c))
		return c - '0';
	if (nv_lower(c) >= 'a' && nv_lower(c) <= 'f')
		return nv_lower(c) - 'a' + 10;
	return -1;
}

#endif
