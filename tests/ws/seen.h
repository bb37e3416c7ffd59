/* SPDX-License-Identifier: MIT */
/* seen.h: what has happened in a test, a word each, in order. */
#ifndef TESTS_WS_SEEN_H
#define TESTS_WS_SEEN_H

#include "support/unit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char seen[8192];

__attribute__((format(printf, 1, 2))) static inline void saw(const char *format, ...)
{
	size_t len = strlen(seen);
	va_list values;

	va_start(values, format);
	vsnprintf(seen + len, sizeof seen - len, format, values);
	va_end(values);
	assert_true(strlen(seen) < sizeof seen - 1);
}

/* What was seen since the last time, and forgets it. */
static inline void assert_seen(const char *expected)
{
	assert_string_equal(seen, expected);
	seen[0] = '\0';
}

#endif
