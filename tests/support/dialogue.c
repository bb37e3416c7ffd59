/* SPDX-License-Identifier: MIT */
/* dialogue.c: what a session said, frame by frame. */
#include "support/dialogue.h"

#include <stdlib.h>

#include "support/unit.h"

static void say(struct dialogue *dialogue, struct said said)
{
	dialogue->said = realloc(dialogue->said, (dialogue->count + 1) * sizeof(said));
	assert_non_null(dialogue->said);
	dialogue->said[dialogue->count++] = said;
}

void dialogue_free(struct dialogue *dialogue)
{
	for (size_t i = 0; i < dialogue->count; i++)
		blob_free(&dialogue->said[i].frame.payload);
	free(dialogue->said);
}

static bool is_answer(const struct script_case *script, size_t place)
{
	return place > 0 && script->entries[place - 1].kind == SCRIPT_EVENT &&
	       script->entries[place - 1].type == NV_EVENT_PING;
}

struct dialogue dialogue_read(const struct script_case *script, enum nv_role role)
{
	struct dialogue dialogue = { 0 };
	struct blob output = { 0 };
	struct nv_bytes rest = { 0 };
	struct said said = { 0 };

	for (size_t i = 0; i < script->count; i++) {
		const struct script_entry *entry = &script->entries[i];
		size_t taken = output.len - rest.len;

		if (entry->kind != SCRIPT_OUTPUT)
			continue;
		blob_append(&output, entry->data.data, entry->data.len);
		rest = blob_bytes(&output);
		if (taken > 0)
			rest = (struct nv_bytes){ output.data + taken, output.len - taken };
		while (rest.len > 0 && frame_take(&rest, role, &said.frame)) {
			said.answer = said.frame.opcode == NV_PONG && is_answer(script, i);
			say(&dialogue, said);
		}
		if (entry->failed)
			say(&dialogue, (struct said){ .failure = entry->status });
	}
	dialogue.broken = rest.len > 0;
	blob_free(&output);
	return dialogue;
}

bool said_closes(const struct said *said)
{
	return said->failure || said->frame.opcode == NV_CLOSE;
}

bool said_matches(const struct said *expected, const struct said *actual)
{
	const struct frame *a = &expected->frame;
	const struct frame *b = &actual->frame;

	if (expected->failure)
		return frame_is_failure(b, expected->failure);
	return a->fin == b->fin && a->opcode == b->opcode && blob_same(&a->payload, &b->payload);
}
