/* SPDX-License-Identifier: MIT */
/* value_argument.h: the values of options. All return 0, or the exit code after a message that says
 * "--NAME". */
#ifndef CONNECT_VALUE_ARGUMENT_H
#define CONNECT_VALUE_ARGUMENT_H

#include <navette/base.h>

int nv_value_number(uint32_t *number, const char *name, const char *text, uint32_t least);
int nv_value_duration(uint32_t *ms, const char *name, const char *text);
/* Digits with a point among them or none. */
int nv_value_decimal(double *number, const char *name, const char *text, unsigned most);
/* The place of `text` among the words, which NULL ends. */
int nv_value_choice(int *choice, const char *name, const char *text, const char *const *words);

#endif
