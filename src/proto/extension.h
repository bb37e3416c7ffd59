/* SPDX-License-Identifier: MIT */
/* extension.h: the grammar of Sec-WebSocket-Extensions (RFC 6455 9.1), for offers and answers. */
#ifndef PROTO_EXTENSION_H
#define PROTO_EXTENSION_H

#include <navette/handshake.h>

struct nv_extension {
	struct nv_bytes name;
	struct nv_bytes parameters; /* for nv_parameter_next */
};

struct nv_parameter {
	struct nv_bytes name;
	struct nv_bytes value; /* {NULL, 0} without one; without quotes, but backslashes stay */
};

/* True when there is no such field, or when its lines together are a list of well-formed
 * extensions. If not, the connection must fail (RFC 6455 9.1). */
bool nv_extensions_valid(const struct nv_head *head);

/* Walk a valid list: the extensions in their order, and the parameters of one. Start with
 * *cursor = 0 and with a copy of `parameters`. False at the end, and where the list is malformed. */
bool nv_extension_next(const struct nv_head *head, size_t *cursor, struct nv_extension *extension);
bool nv_parameter_next(struct nv_bytes *rest, struct nv_parameter *parameter);

#endif
