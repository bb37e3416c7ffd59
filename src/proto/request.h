/* SPDX-License-Identifier: MIT */
/* request.h: what a request must satisfy beyond its grammar, whether it is an upgrade or not. */
#ifndef PROTO_REQUEST_H
#define PROTO_REQUEST_H

#include <navette/handshake.h>

/* Of a request that was read to its end: status 0, or 400 for a Host that is missing, repeated or
 * invalid, and for a body whose length two readers could understand differently. */
struct nv_problem nv_request_check(const struct nv_head *request);

#endif
