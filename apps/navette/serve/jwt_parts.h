/* SPDX-License-Identifier: MIT */
/* jwt_parts.h: what a JSON Web Token says of itself, whoever made it: nothing here looks at the
 * signature. */
#ifndef SERVE_JWT_PARTS_H
#define SERVE_JWT_PARTS_H

#include <jansson.h>
#include <navette/base.h>

/* Three parts in base64url without padding (RFC 7515 7.1), the first two not decoded yet. */
struct nv_jwt_parts {
	struct nv_bytes header;
	struct nv_bytes claims;
	struct nv_bytes signature;
};

/* False when it is no token of that form, or of more than NV_TOKEN_MOST bytes. Slices of `token`. */
bool nv_jwt_split(struct nv_bytes token, struct nv_jwt_parts *parts);

/* The JSON object in a part; NULL when it is none, or names a member twice, or holds a zero byte, or
 * there is no memory. The caller's (json_decref). */
json_t *nv_jwt_part_object(struct nv_bytes part);

#endif
