/* SPDX-License-Identifier: MIT */
/* problems.c: one problem, made safe for a terminal. What is too long is cut. */
#include "serve/problems.h"

#include <navette/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/escape.h"

#define LINE_SIZE 1024

static void escape(struct nv_bytes text, char line[LINE_SIZE])
{
	size_t len = 0;

	while (text.len > 0 && len + NV_ESCAPE_SIZE < LINE_SIZE)
		len += nv_escape_next(&text, line + len);
	line[len] = '\0';
}

int nv_problem(struct nv_problems *problems, const char *value, const char *format, ...)
{
	char plain[LINE_SIZE];
	char line[LINE_SIZE];
	va_list arguments;
	size_t len;

	va_start(arguments, format);
	vsnprintf(plain, sizeof plain, format, arguments);
	va_end(arguments);
	len = strlen(plain);
	if (value)
		snprintf(plain + len, sizeof plain - len, " '%s'", value);
	escape(nv_str(plain), line);
	problems->count++;
	problems->tell(line);
	return NV_ERR_INVALID;
}
