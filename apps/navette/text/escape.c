/* SPDX-License-Identifier: MIT */
/* escape.c: shows what a terminal would obey.
 *
 * A terminal in UTF-8 also takes U+0080 to U+009F for controls, so it is code points that are
 * looked at, not bytes. */
#include "text/escape.h"

#include "text/point.h"

static int write_escape(uint32_t point, char out[NV_ESCAPE_SIZE])
{
	static const char letters[] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r' };

	if (point < sizeof letters && letters[point])
		return snprintf(out, NV_ESCAPE_SIZE, "\\%c", letters[point]);
	return snprintf(out, NV_ESCAPE_SIZE, point < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)point);
}

size_t nv_escape_next(struct nv_bytes *text, char out[NV_ESCAPE_SIZE])
{
	uint32_t point = 0;
	size_t size = nv_point_next(*text, &point);
	size_t written = size;

	if (size == 0)
		written = (size_t)snprintf(out, NV_ESCAPE_SIZE, "\\x%02x", (unsigned)text->data[0]);
	else if (nv_point_is_control(point))
		written = (size_t)write_escape(point, out);
	else
		memcpy(out, text->data, size);
	size += size == 0;
	text->data += size;
	text->len -= size;
	return written;
}

void nv_escape(FILE *file, struct nv_bytes text)
{
	while (text.len > 0) {
		char shown[NV_ESCAPE_SIZE];
		bool tab = text.data[0] == '\t';
		size_t len = nv_escape_next(&text, shown);

		if (tab)
			putc('\t', file);
		else
			fwrite(shown, 1, len, file);
	}
}
