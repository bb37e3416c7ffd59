/* SPDX-License-Identifier: MIT */
/* slab.h: objects of one size in numbered slots, the lowest free one first, with generations.
 *
 * Slots come in blocks, which are allocated when their first object is and freed with their last one,
 * so that memory goes back when a crowd leaves. A slot's generation changes whenever its object goes;
 * generations stay for as long as the slab does, four bytes for each slot that was ever in use. */
#ifndef WS_SLAB_H
#define WS_SLAB_H

#include <stdatomic.h>

#include <navette/base.h>

#define NV_SLAB_BLOCK 256u      /* slots of a block */
#define NV_SLAB_MAX (1u << 24)  /* slots */
#define NV_SLAB_NONE UINT32_MAX /* no slot */
#define NV_SLAB_GENERATION_ARRAYS 17u

struct nv_slab_block;

/* The owner embeds it. Everything happens on one thread but where any thread is allowed. */
struct nv_slab {
	size_t object_size;
	struct nv_slab_block **blocks; /* NULL where there is none */
	uint32_t block_count;
	uint32_t roomy; /* all blocks below it are full */
	uint32_t count; /* objects */
	/* Each as long as all before it together, so that none ever moves. */
	_Atomic(_Atomic(uint32_t) *) generations[NV_SLAB_GENERATION_ARRAYS];
};

void nv_slab_init(struct nv_slab *slab, size_t object_size);
void nv_slab_deinit(struct nv_slab *slab); /* without objects */

/* A zeroed object and its slot, or NULL: no memory, or 16,777,216 of them. */
void *nv_slab_take(struct nv_slab *slab, uint32_t *slot);
void nv_slab_give(struct nv_slab *slab, uint32_t slot);

/* The object of a slot that is in use. */
void *nv_slab_at(const struct nv_slab *slab, uint32_t slot);
/* The first slot in use from this one on, or NV_SLAB_NONE. */
uint32_t nv_slab_next(const struct nv_slab *slab, uint32_t slot);

bool nv_slab_has(const struct nv_slab *slab, uint32_t slot); /* whether it is in use */

/* Of the object that is in the slot, or else of the next one; never 0 where there ever was one; 0
 * elsewhere. Any thread. */
uint32_t nv_slab_generation(const struct nv_slab *slab, uint32_t slot);
/* The object is still there, but has gone for whoever compares generations. */
void nv_slab_age(struct nv_slab *slab, uint32_t slot);

#endif
