/* SPDX-License-Identifier: MIT */
/* color.h: when there are colours, and which. */
#ifndef CONNECT_COLOR_H
#define CONNECT_COLOR_H

#include <stdbool.h>
#include <stdio.h>

enum nv_color {
	NV_COLOR_AUTO, /* on a terminal that is not "dumb", unless NO_COLOR is set and not empty */
	NV_COLOR_ALWAYS,
	NV_COLOR_NEVER
};

bool nv_color_is_wanted(enum nv_color color, bool terminal);

enum nv_paint {
	NV_PAINT_STAMP,
	NV_PAINT_SPEAKER,
	NV_PAINT_KEY,
	NV_PAINT_STRING,
	NV_PAINT_VALUE
};

/* What is written from here to nv_color_end has this colour, if `wanted`. */
void nv_color_begin(FILE *file, bool wanted, enum nv_paint paint);
void nv_color_end(FILE *file, bool wanted);

#endif
