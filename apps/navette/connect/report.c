/* SPDX-License-Identifier: MIT */
/* report.c: lines on standard error. */
#include "connect/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "connect/guard.h"
#include "text/escape.h"

static const char *speaker = "navette connect";

void nv_report_as(const char *command)
{
	speaker = command;
}

const char *nv_report_command(void)
{
	return speaker;
}

void nv_report(const char *format, ...)
{
	va_list arguments;

	nv_guard_hide();
	fprintf(stderr, "%s: ", speaker);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void nv_report_plain(const char *format, ...)
{
	va_list arguments;

	nv_guard_hide();
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

void nv_report_lines(const char *prefix, struct nv_bytes text)
{
	nv_guard_hide();
	while (text.len > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.len);
		struct nv_bytes line = { text.data, end ? (size_t)(end - text.data) : text.len };
		size_t taken = line.len + (end != NULL);

		fputs(prefix, stderr);
		nv_escape(stderr, without_return(line));
		fputc('\n', stderr);
		text.data += taken;
		text.len -= taken;
	}
}

void nv_report_quote(struct nv_bytes text)
{
	nv_report_lines("    ", text);
}
