/* SPDX-License-Identifier: MIT */
/* report.c: lines on standard error. */
#include "connect/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "text/escape.h"

void nv_report(const char *format, ...)
{
	va_list arguments;

	fputs("navette connect: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static struct nv_bytes without_return(struct nv_bytes line)
{
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

void nv_report_quote(struct nv_bytes text)
{
	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		struct nv_bytes line = { text.data, end ? (size_t)(end - text.data) : text.len };
		size_t taken = line.len + (end != NULL);

		fputs("    ", stderr);
		nv_escape(stderr, without_return(line));
		fputc('\n', stderr);
		text.data += taken;
		text.len -= taken;
	}
}
