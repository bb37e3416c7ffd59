/* SPDX-License-Identifier: MIT */
/* head_field.c: finds fields of a head by name, and the elements of list fields.
 *
 * A head has few fields and is read once, so every search simply walks them. */
#include "proto/field.h"
#include "proto/head.h"

bool nv_head_next(const struct nv_head *head, const char *name, size_t *index,
                  struct nv_bytes *value)
{
	while (*index < nv_head_field_count(head)) {
		struct nv_bytes found;

		nv_head_field_at(head, (*index)++, &found, value);
		if (nv_bytes_is_caseless(found, name))
			return true;
	}
	return false;
}

struct nv_bytes nv_head_field(const struct nv_head *head, const char *name)
{
	struct nv_bytes value;
	size_t index = 0;

	if (nv_head_next(head, name, &index, &value))
		return value;
	return (struct nv_bytes){ NULL, 0 };
}

size_t nv_head_count(const struct nv_head *head, const char *name)
{
	struct nv_bytes value;
	size_t index = 0;
	size_t count = 0;

	while (nv_head_next(head, name, &index, &value))
		count++;
	return count;
}

/* A cursor is the index of a line, and in its lower 16 bits how much of the value is read. */
bool nv_head_element(const struct nv_head *head, const char *name, size_t *cursor,
                     struct nv_bytes *element)
{
	size_t index = *cursor >> 16;
	size_t read = *cursor & UINT16_MAX;
	struct nv_bytes value;

	while (nv_head_next(head, name, &index, &value)) {
		struct nv_bytes rest = { value.data + read, value.len - read };

		if (nv_element_next(&rest, element)) {
			*cursor = (index - 1) << 16 | (value.len - rest.len);
			return true;
		}
		read = 0;
	}
	*cursor = nv_head_field_count(head) << 16;
	return false;
}

bool nv_head_lists(const struct nv_head *head, const char *name, const char *token)
{
	struct nv_bytes element;
	size_t cursor = 0;

	while (nv_head_element(head, name, &cursor, &element)) {
		if (nv_bytes_is_caseless(element, token))
			return true;
	}
	return false;
}
