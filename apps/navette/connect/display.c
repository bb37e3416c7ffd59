/* SPDX-License-Identifier: MIT */
/* display.c: says when and who speaks, and escapes what a terminal would obey. */
#include "connect/display.h"

#include <time.h>
#include <unistd.h>

#include "connect/json_text.h"
#include "text/encoding.h"
#include "text/escape.h"

/* Of whole groups in base64. */
#define BINARY_MAX 255u
#define STAMP_SIZE 16

bool nv_display_is_wanted(FILE *file, const struct nv_display_options *options)
{
	return options->color == NV_COLOR_ALWAYS || isatty(fileno(file));
}

static bool is_colored(FILE *file, const struct nv_display_options *options)
{
	return nv_color_is_wanted(options->color, isatty(fileno(file)));
}

void nv_display_stamp(FILE *file, const struct nv_display_options *options)
{
	char text[STAMP_SIZE] = "";
	struct timespec now;
	struct tm parts;

	if (!options->timestamps)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &parts))
		strftime(text, sizeof text, "%H:%M:%S", &parts);
	nv_color_begin(file, is_colored(file, options), NV_PAINT_STAMP);
	fprintf(file, "%s.%03ld", text, now.tv_nsec / 1000000);
	nv_color_end(file, is_colored(file, options));
	putc(' ', file);
}

static void write_binary(FILE *file, bool base64, struct nv_bytes message)
{
	struct nv_bytes shown = message;

	fprintf(file, "<binary, %zu byte%s> ", message.len, message.len == 1 ? "" : "s");
	if (shown.len > BINARY_MAX)
		shown.len = BINARY_MAX;
	if (base64)
		nv_base64_write(file, shown);
	else
		nv_hex_write(file, shown);
	if (shown.len < message.len)
		fputs("...", file);
}

void nv_display_message(FILE *file, const struct nv_display_options *options, enum nv_opcode opcode,
                        struct nv_bytes message)
{
	bool colored = is_colored(file, options);

	nv_display_stamp(file, options);
	nv_color_begin(file, colored, NV_PAINT_SPEAKER);
	fputs("Message du serveur : ", file);
	nv_color_end(file, colored);
	if (opcode == NV_BINARY)
		write_binary(file, options->base64, message);
	else if (!options->raw && nv_json_text_is(message))
		nv_json_text_write(file, message, colored);
	else
		nv_escape(file, message);
	putc('\n', file);
}
