/* SPDX-License-Identifier: MIT */
/* head.h: how the layers above walk the fields of a head, beyond what handshake.h offers. */
#ifndef PROTO_HEAD_H
#define PROTO_HEAD_H

#include <navette/handshake.h>

/* The next line of that name, trimmed; start with *index = 0. False at the end. */
bool nv_head_next(const struct nv_head *head, const char *name, size_t *index,
                  struct nv_bytes *value);

/* How many lines have that name. */
size_t nv_head_count(const struct nv_head *head, const char *name);

/* The next element of a list field, over all its lines as if they were one (RFC 9110 5.3), trimmed;
 * start with *cursor = 0. False at the end. */
bool nv_head_element(const struct nv_head *head, const char *name, size_t *cursor,
                     struct nv_bytes *element);

#endif
