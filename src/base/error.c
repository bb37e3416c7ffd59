/* SPDX-License-Identifier: MIT */
/* error.c: the text of an error and the version of the library, both constants. */
#include <navette/base.h>

const char *nv_strerror(int error)
{
	switch (error) {
	case 0:
		return "success";
#define NV_ERROR_TEXT(name, value, text)                                                           \
	case name:                                                                                 \
		return text;
		NV_ERRORS(NV_ERROR_TEXT)
#undef NV_ERROR_TEXT
	default:
		return "unknown error";
	}
}

const char *nv_version(void)
{
	return NV_VERSION;
}
