/* SPDX-License-Identifier: MIT */
/* color.c: of the eight colours that every terminal has, those that are read well on black and on
 * white. */
#include "connect/color.h"

#include <stdlib.h>
#include <string.h>

bool nv_color_is_wanted(enum nv_color color, bool terminal)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color != NV_COLOR_AUTO)
		return color == NV_COLOR_ALWAYS;
	return terminal && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

void nv_color_begin(FILE *file, bool wanted, enum nv_paint paint)
{
	static const char *const codes[] = {
		[NV_PAINT_STAMP] = "\033[2m",  [NV_PAINT_SPEAKER] = "\033[36m",
		[NV_PAINT_KEY] = "\033[34m",   [NV_PAINT_STRING] = "\033[32m",
		[NV_PAINT_VALUE] = "\033[35m",
	};

	if (wanted)
		fputs(codes[paint], file);
}

void nv_color_end(FILE *file, bool wanted)
{
	if (wanted)
		fputs("\033[0m", file);
}
