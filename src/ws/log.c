/* SPDX-License-Identifier: MIT */
/* log.c: formats the lines of the log hook. */
#include "ws/log.h"

#include <stdarg.h>
#include <stdio.h>

void nv_log_init(struct nv_log *log, const struct nv_server_options *options)
{
	log->hook = options->log;
	log->context = options->log_context;
	nv_lock_init(&log->lock);
}

void nv_log_deinit(struct nv_log *log)
{
	nv_lock_deinit(&log->lock);
}

void nv_log_write(struct nv_log *log, enum nv_level level, const char *format, ...)
{
	char line[1024];
	va_list values;

	if (!log->hook)
		return;
	va_start(values, format);
	vsnprintf(line, sizeof line, format, values);
	va_end(values);
	nv_lock_take(&log->lock);
	log->hook(log->context, level, line);
	nv_lock_give(&log->lock);
}

char *nv_log_escape(struct nv_bytes bytes, char *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (size_t i = 0; i < bytes.len && used + 4 < size; i++) {
		uint8_t c = bytes.data[i];

		if (c >= ' ' && c < 0x7f && c != '\\') {
			out[used++] = (char)c;
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = digits[c >> 4];
		out[used++] = digits[c & 15];
	}
	out[used] = '\0';
	return out;
}
