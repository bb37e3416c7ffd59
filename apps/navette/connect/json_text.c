/* SPDX-License-Identifier: MIT */
/* json_text.c: moves tokens, after jansson said that they are JSON.
 *
 * What jansson would write is another text: 0.1 becomes 0.10000000000000001, and of two equal keys one
 * is lost. Whoever looks at what a server sends wants to see it. */
#include "connect/json_text.h"

#include <jansson.h>

#include "connect/color.h"
#include "text/escape.h"

#define INDENT 2u
#define DEEPEST 32u /* is indented; an array of arrays of arrays must not fill a disk */

struct layout {
	FILE *file;
	struct nv_bytes text; /* what is not written yet */
	size_t depth;
	bool colored;
};

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void skip_blanks(struct nv_bytes *text)
{
	while (text->len > 0 && is_blank(text->data[0])) {
		text->data++;
		text->len--;
	}
}

bool nv_json_text_is(struct nv_bytes text)
{
	json_t *json;

	skip_blanks(&text);
	if (text.len == 0 || text.len > NV_JSON_TEXT_MAX ||
	    (text.data[0] != '{' && text.data[0] != '['))
		return false;
	/* An integer of any size is a number. */
	json = json_loadb((const char *)text.data, text.len,
	                  JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	json_decref(json);
	return json != NULL;
}

static struct nv_bytes take(struct layout *layout, size_t len)
{
	struct nv_bytes taken = { layout->text.data, len };

	layout->text.data += len;
	layout->text.len -= len;
	skip_blanks(&layout->text);
	return taken;
}

static void break_line(const struct layout *layout)
{
	size_t depth = layout->depth < DEEPEST ? layout->depth : DEEPEST;

	fprintf(layout->file, "\n%*s", (int)(depth * INDENT), "");
}

static void write_colored(const struct layout *layout, struct nv_bytes token, enum nv_paint paint)
{
	nv_color_begin(layout->file, layout->colored, paint);
	nv_escape(layout->file, token);
	nv_color_end(layout->file, layout->colored);
}

static size_t string_len(struct nv_bytes text)
{
	size_t len = 1;

	while (len < text.len && text.data[len] != '"')
		len += text.data[len] == '\\' ? 2 : 1;
	return len < text.len ? len + 1 : text.len;
}

static void write_string(struct layout *layout)
{
	struct nv_bytes token = take(layout, string_len(layout->text));
	bool key = layout->text.len > 0 && layout->text.data[0] == ':';

	write_colored(layout, token, key ? NV_PAINT_KEY : NV_PAINT_STRING);
}

/* A number, true, false or null. */
static void write_value(struct layout *layout)
{
	size_t len = 1;

	while (len < layout->text.len && !is_blank(layout->text.data[len]) &&
	       !strchr(",]}", layout->text.data[len]))
		len++;
	write_colored(layout, take(layout, len), NV_PAINT_VALUE);
}

static void open_bracket(struct layout *layout, uint8_t bracket)
{
	uint8_t closing = bracket == '{' ? '}' : ']';

	take(layout, 1);
	putc(bracket, layout->file);
	if (layout->text.data[0] == closing) {
		take(layout, 1);
		putc(closing, layout->file);
		return;
	}
	layout->depth++;
	break_line(layout);
}

static void close_bracket(struct layout *layout, uint8_t bracket)
{
	take(layout, 1);
	layout->depth--;
	break_line(layout);
	putc(bracket, layout->file);
}

static void write_token(struct layout *layout)
{
	uint8_t byte = layout->text.data[0];

	switch (byte) {
	case '{':
	case '[':
		open_bracket(layout, byte);
		break;
	case '}':
	case ']':
		close_bracket(layout, byte);
		break;
	case ',':
		take(layout, 1);
		putc(',', layout->file);
		break_line(layout);
		break;
	case ':':
		take(layout, 1);
		fputs(": ", layout->file);
		break;
	case '"':
		write_string(layout);
		break;
	default:
		write_value(layout);
	}
}

void nv_json_text_write(FILE *file, struct nv_bytes text, bool colored)
{
	struct layout layout = { .file = file, .text = text, .colored = colored };

	skip_blanks(&layout.text);
	while (layout.text.len > 0)
		write_token(&layout);
}
