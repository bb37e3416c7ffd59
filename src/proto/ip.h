/* SPDX-License-Identifier: MIT */
/* ip.h: IP addresses as text (RFC 4291 2.2), for a layer that asks no system. */
#ifndef PROTO_IP_H
#define PROTO_IP_H

#include <navette/base.h>

struct nv_ip {
	uint8_t bytes[16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	bool dotted;       /* it was written as IPv4: the last four bytes are it */
};

#define NV_IP_V4_AT 12u /* where IPv4 begins */

/* "127.0.0.1", "::1": no brackets, port, zone or other way of writing. False when it is none. */
bool nv_ip_parse(struct nv_bytes text, struct nv_ip *ip);

/* True for one of IPv4, however it was written. */
bool nv_ip_is_v4(const struct nv_ip *ip);

#endif
