/* SPDX-License-Identifier: MIT */
/* unit.h: cmocka, with the headers that it wants before it. */
#ifndef SUPPORT_UNIT_H
#define SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A test whose name is a sentence, which starts with the requirements that it checks: "F-01 ...". */
#define unit_case(title, function)                                                                 \
	{                                                                                          \
		(title), (function), NULL, NULL, NULL                                              \
	}

#endif
