/* SPDX-License-Identifier: MIT */
/* exclusions.c: a table from ids to chains of entries.
 *
 * Who published among hundreds of messages finds its own without looking at the others'. */
#include "ws/exclusions.h"

#include "base/alloc.h"

#define FIRST_SLOTS 16u
#define KEPT_MAX 65536u /* bytes, from turn to turn */

/* The chain of an id. */
struct nv_excluded {
	uint64_t id; /* 0: a free slot */
	uint32_t first;
	uint32_t last;
};

struct link {
	uint32_t entry;
	uint32_t next;
};

static struct link *link_at(const struct nv_exclusions *exclusions, uint32_t index)
{
	return (struct link *)(void *)exclusions->links.data + index;
}

/* The slot of an id, or the free one where it would stand. */
static struct nv_excluded *slot_of(const struct nv_exclusions *exclusions, uint64_t id)
{
	size_t mask = exclusions->slot_count - 1;
	/* Ids differ in their low and in their middle bits: the product's high ones depend on all. */
	size_t place = (size_t)((id * 0x9e3779b97f4a7c15u) >> 32) & mask;

	while (exclusions->slots[place].id != 0 && exclusions->slots[place].id != id)
		place = (place + 1) & mask;
	return &exclusions->slots[place];
}

static int grow(struct nv_exclusions *exclusions)
{
	size_t old_count = exclusions->slot_count;
	struct nv_excluded *old = exclusions->slots;
	size_t count = old_count ? old_count * 2 : FIRST_SLOTS;
	struct nv_excluded *slots = nv_alloc_zero(count * sizeof *slots);

	if (!slots)
		return NV_ERR_NOMEM;
	exclusions->slots = slots;
	exclusions->slot_count = count;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].id != 0)
			*slot_of(exclusions, old[i].id) = old[i];
	}
	nv_free(old);
	return 0;
}

static void free_slots(struct nv_exclusions *exclusions)
{
	nv_free(exclusions->slots);
	exclusions->slots = NULL;
	exclusions->slot_count = 0;
}

void nv_exclusions_deinit(struct nv_exclusions *exclusions)
{
	nv_buf_deinit(&exclusions->links);
	free_slots(exclusions);
}

int nv_exclusions_reserve(struct nv_exclusions *exclusions)
{
	if (!nv_buf_reserve(&exclusions->links, sizeof(struct link)))
		return NV_ERR_NOMEM;
	return exclusions->used * 2 < exclusions->slot_count ? 0 : grow(exclusions);
}

void nv_exclusions_add(struct nv_exclusions *exclusions, uint64_t id, uint32_t entry)
{
	struct nv_excluded *slot = slot_of(exclusions, id);
	uint32_t index = (uint32_t)(exclusions->links.len / sizeof(struct link));

	*link_at(exclusions, index) = (struct link){ entry, NV_NO_ENTRY };
	exclusions->links.len += sizeof(struct link);
	if (slot->id == 0) {
		exclusions->used++;
		*slot = (struct nv_excluded){ id, NV_NO_ENTRY, NV_NO_ENTRY };
	}
	if (slot->first == NV_NO_ENTRY)
		slot->first = index;
	else
		link_at(exclusions, slot->last)->next = index;
	slot->last = index;
}

uint32_t nv_exclusions_next(struct nv_exclusions *exclusions, uint64_t id, uint32_t from)
{
	struct nv_excluded *slot = exclusions->used > 0 ? slot_of(exclusions, id) : NULL;

	if (!slot || slot->id == 0)
		return NV_NO_ENTRY;
	while (slot->first != NV_NO_ENTRY && link_at(exclusions, slot->first)->entry < from)
		slot->first = link_at(exclusions, slot->first)->next;
	return slot->first == NV_NO_ENTRY ? NV_NO_ENTRY : link_at(exclusions, slot->first)->entry;
}

void nv_exclusions_clear(struct nv_exclusions *exclusions)
{
	size_t size = exclusions->slot_count * sizeof *exclusions->slots;

	nv_buf_reuse(&exclusions->links, KEPT_MAX);
	if (size > KEPT_MAX)
		free_slots(exclusions);
	else if (exclusions->used > 0)
		memset(exclusions->slots, 0, size);
	exclusions->used = 0;
}
