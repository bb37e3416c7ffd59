/* SPDX-License-Identifier: MIT */
/* address_order.c: two walks over the same addresses, one for each family, step by step in turn. */
#include "net/address_order.h"

struct walk {
	const struct nv_address *at;
	const struct nv_address *end;
};

static bool is_known(const struct nv_address *known, size_t count, const struct nv_address *address)
{
	for (size_t i = 0; i < count; i++) {
		if (memcmp(known[i].ip, address->ip, sizeof address->ip) == 0 &&
		    known[i].scope == address->scope)
			return true;
	}
	return false;
}

/* The next one of a family; NULL: there is none. */
static const struct nv_address *step(struct walk *walk, bool v4)
{
	while (walk->at < walk->end) {
		const struct nv_address *address = walk->at++;

		if (nv_address_is_v4(address) == v4)
			return address;
	}
	return NULL;
}

size_t nv_address_order(const struct nv_address *from, size_t count, struct nv_address *to,
                        size_t room)
{
	struct walk walks[2] = { { from, from + count }, { from, from + count } };
	bool v4 = count > 0 && nv_address_is_v4(from);
	size_t taken = 0;

	while (taken < room) {
		const struct nv_address *address = step(&walks[v4], v4);

		if (!address) {
			v4 = !v4;
			address = step(&walks[v4], v4);
		}
		if (!address)
			break;
		if (is_known(to, taken, address))
			continue;
		to[taken++] = *address;
		v4 = !v4;
	}
	return taken;
}
