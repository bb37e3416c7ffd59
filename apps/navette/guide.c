/* SPDX-License-Identifier: MIT */
/* guide.c: where help is to be found. */
#include "guide.h"

#include <navette/base.h>

#include <stdio.h>

const char *nv_guide_place(enum nv_guide part)
{
	switch (part) {
	case NV_GUIDE_NONE:
		return NULL;
#define NV_GUIDE_PLACE(name, anchor)                                                               \
	case name:                                                                                 \
		return NV_GUIDE_FILE "#" anchor;
		NV_GUIDE_PARTS(NV_GUIDE_PLACE)
#undef NV_GUIDE_PLACE
	}
	return NULL;
}

enum nv_guide nv_guide_of_listening(int error)
{
	if (error == NV_ERR_IN_USE)
		return NV_GUIDE_PORT_IN_USE;
	return error == NV_ERR_PERMISSION ? NV_GUIDE_LOW_PORT : NV_GUIDE_NONE;
}

void nv_guide_point(const char *command, enum nv_guide part)
{
	const char *place = nv_guide_place(part);

	if (place)
		fprintf(stderr, "%s: see %s\n", command, place);
}
