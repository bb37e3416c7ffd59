/* SPDX-License-Identifier: MIT */
/* json_text.h: JSON laid out for reading. */
#ifndef CONNECT_JSON_TEXT_H
#define CONNECT_JSON_TEXT_H

#include <navette/base.h>

#include <stdio.h>

#define NV_JSON_TEXT_MAX 65536u /* bytes; what is longer stays as it is */

/* An object or an array that jansson reads. */
bool nv_json_text_is(struct nv_bytes text);

/* Writes such a text with a line for each value, escaped as nv_escape does. Only the white space between
 * its tokens is changed: numbers keep their digits, and keys their order, also those that are there
 * twice. */
void nv_json_text_write(FILE *file, struct nv_bytes text, bool colored);

#endif
