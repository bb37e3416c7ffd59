/* SPDX-License-Identifier: MIT */
/* letter.c: one message of an outbox: header and copy in one block. */
#include "ws/letter.h"

#include "base/alloc.h"

struct nv_letter *nv_letter_new(enum nv_opcode opcode, struct nv_bytes message)
{
	struct nv_letter *letter = nv_alloc(sizeof *letter + message.len);

	if (!letter)
		return NULL;
	nv_list_init(&letter->link);
	letter->len = (uint32_t)message.len;
	letter->end = 0;
	letter->opcode = (uint8_t)opcode;
	letter->doubtful = false;
	if (message.len > 0)
		memcpy(letter->data, message.data, message.len);
	return letter;
}

void nv_letters_free(struct nv_list *letters)
{
	while (!nv_list_empty(letters)) {
		struct nv_letter *letter = nv_letter_of(letters->next);

		nv_list_remove(&letter->link);
		nv_free(letter);
	}
}
