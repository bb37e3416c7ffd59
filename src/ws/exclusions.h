/* SPDX-License-Identifier: MIT */
/* exclusions.h: which entries of a turn's log are not for whom: a table from ids to their entries. */
#ifndef WS_EXCLUSIONS_H
#define WS_EXCLUSIONS_H

#include "base/buf.h"

#define NV_NO_ENTRY UINT32_MAX

struct nv_excluded;

/* The owner embeds it, zeroed. */
struct nv_exclusions {
	struct nv_buf links;       /* an entry each, and the next of the same id */
	struct nv_excluded *slots; /* ids, by open addressing */
	size_t slot_count;         /* a power of two, at least twice `used` */
	size_t used;
};

void nv_exclusions_deinit(struct nv_exclusions *exclusions);

/* Room for one more; NV_ERR_NOMEM. */
int nv_exclusions_reserve(struct nv_exclusions *exclusions);
/* After nv_exclusions_reserve. Ids are not 0, and the entries of one id come in their order. */
void nv_exclusions_add(struct nv_exclusions *exclusions, uint64_t id, uint32_t entry);

/* The first entry from `from` on that is not for that id, or NV_NO_ENTRY. Entries before `from` are not
 * asked for again with this id. */
uint32_t nv_exclusions_next(struct nv_exclusions *exclusions, uint64_t id, uint32_t from);

/* Forgets all. */
void nv_exclusions_clear(struct nv_exclusions *exclusions);

#endif
