/* SPDX-License-Identifier: MIT */
/* subprotocol.c: the list of subprotocols that a client offers.
 *
 * The server reads it from the request's lines, the client from its own offer. */
#include "proto/subprotocol.h"

#include "proto/field.h"

bool nv_subprotocols_has(const struct nv_subprotocols *set, struct nv_bytes name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (nv_bytes_equal(set->names[i], name))
			return true;
	}
	return false;
}

const char *nv_subprotocols_add(struct nv_subprotocols *set, struct nv_bytes list)
{
	struct nv_bytes name;

	while (nv_element_next(&list, &name)) {
		if (!nv_is_token(name))
			return "Sec-WebSocket-Protocol is malformed";
		if (nv_subprotocols_has(set, name))
			return "Sec-WebSocket-Protocol names a subprotocol twice";
		if (set->count == NV_SUBPROTOCOLS_MAX)
			return "Sec-WebSocket-Protocol names too many subprotocols";
		set->names[set->count++] = name;
	}
	return NULL;
}
