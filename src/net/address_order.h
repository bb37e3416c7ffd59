/* SPDX-License-Identifier: MIT */
/* address_order.h: in which order the addresses of a name are tried. */
#ifndef NET_ADDRESS_ORDER_H
#define NET_ADDRESS_ORDER_H

#include "net/address.h"

/* RFC 8305 section 4: the system has sorted them (RFC 6724); the families take turns, that of the first
 * address begins. Each once, and `room` at most: how many. All have the same port. */
size_t nv_address_order(const struct nv_address *from, size_t count, struct nv_address *to,
                        size_t room);

#endif
