/* SPDX-License-Identifier: MIT */
/* visitors.c: a table of visitors: slots of chains, by a keyed hash of their group. It doubles when
 * there are more visitors than slots; without memory for that its chains get longer. */
#include "ws/visitors.h"

#include "base/alloc.h"
#include "net/random.h"

#define FIRST_SLOTS 64u

static struct nv_visitor **slot_of(const struct nv_visitors *visitors, const uint8_t *group)
{
	uint64_t hash = nv_siphash(visitors->key, group, NV_ADDRESS_GROUP);

	return &visitors->slots[hash & (visitors->slot_count - 1)];
}

static void insert(struct nv_visitors *visitors, struct nv_visitor *visitor)
{
	struct nv_visitor **slot = slot_of(visitors, visitor->group);

	visitor->next = *slot;
	*slot = visitor;
}

static void move_chain(struct nv_visitors *visitors, struct nv_visitor *visitor)
{
	while (visitor) {
		struct nv_visitor *next = visitor->next;

		insert(visitors, visitor);
		visitor = next;
	}
}

static void grow(struct nv_visitors *visitors)
{
	struct nv_visitor **before = visitors->slots;
	size_t before_count = visitors->slot_count;
	size_t count = before ? 2 * before_count : FIRST_SLOTS;
	struct nv_visitor **slots = nv_alloc_zero(count * sizeof *slots);

	if (!slots)
		return;
	visitors->slots = slots;
	visitors->slot_count = count;
	for (size_t i = 0; before && i < before_count; i++)
		move_chain(visitors, before[i]);
	nv_free(before);
}

void nv_visitors_forget(struct nv_visitors *visitors, struct nv_visitor *visitor)
{
	struct nv_visitor **at = slot_of(visitors, visitor->group);

	while (*at != visitor)
		at = &(*at)->next;
	*at = visitor->next;
	nv_list_remove(&visitor->idle);
	nv_free(visitor);
	visitors->idle_count--;
	if (--visitors->count > 0)
		return;
	nv_free(visitors->slots);
	visitors->slots = NULL;
	visitors->slot_count = 0;
}

static struct nv_visitor *longest_idle(const struct nv_visitors *visitors)
{
	return nv_container_of(visitors->idle.next, struct nv_visitor, idle);
}

int nv_visitors_init(struct nv_visitors *visitors)
{
	*visitors = (struct nv_visitors){ .count = 0 };
	nv_list_init(&visitors->idle);
	return nv_random(visitors->key, sizeof visitors->key);
}

/* Its connections are gone, so every visitor is idle. */
void nv_visitors_deinit(struct nv_visitors *visitors)
{
	while (visitors->idle_count > 0)
		nv_visitors_forget(visitors, longest_idle(visitors));
	nv_free(visitors->slots);
	visitors->slots = NULL;
}

static struct nv_visitor *find(const struct nv_visitors *visitors, const uint8_t *group)
{
	struct nv_visitor *visitor = visitors->slots ? *slot_of(visitors, group) : NULL;

	while (visitor && memcmp(visitor->group, group, NV_ADDRESS_GROUP) != 0)
		visitor = visitor->next;
	return visitor;
}

struct nv_visitor *nv_visitors_find(const struct nv_visitors *visitors,
                                    const struct nv_address *address)
{
	uint8_t group[NV_ADDRESS_GROUP];

	nv_address_group(address, group);
	return find(visitors, group);
}

void nv_visitors_set_idle(struct nv_visitors *visitors, struct nv_visitor *visitor, uint64_t now_ms)
{
	visitor->idle_ms = now_ms;
	nv_list_push(&visitors->idle, &visitor->idle);
	if (++visitors->idle_count > NV_VISITORS_IDLE_MAX)
		nv_visitors_forget(visitors, longest_idle(visitors));
}

void nv_visitors_set_busy(struct nv_visitors *visitors, struct nv_visitor *visitor)
{
	nv_list_remove(&visitor->idle);
	visitors->idle_count--;
}

struct nv_visitor *nv_visitors_get(struct nv_visitors *visitors, const struct nv_address *address,
                                   uint64_t now_ms)
{
	uint8_t group[NV_ADDRESS_GROUP];
	struct nv_visitor *visitor;

	nv_address_group(address, group);
	visitor = find(visitors, group);
	if (visitor)
		return visitor;
	if (visitors->count >= visitors->slot_count)
		grow(visitors);
	visitor = visitors->slots ? nv_alloc_zero(sizeof *visitor) : NULL;
	if (!visitor)
		return NULL;
	memcpy(visitor->group, group, sizeof group);
	insert(visitors, visitor);
	visitors->count++;
	nv_visitors_set_idle(visitors, visitor, now_ms);
	return visitor;
}

void nv_visitors_forget_old(struct nv_visitors *visitors, uint64_t now_ms, uint32_t after_ms)
{
	/* Another loop may have set it whose clock is a moment ahead. */
	while (visitors->idle_count > 0 && now_ms >= longest_idle(visitors)->idle_ms + after_ms)
		nv_visitors_forget(visitors, longest_idle(visitors));
}
