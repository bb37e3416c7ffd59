/* SPDX-License-Identifier: MIT */
/* address.h: an IP address with its port, small enough to stand in every connection. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <navette/base.h>

struct nv_address {
	uint8_t ip[16]; /* network order; IPv4 as ::ffff:a.b.c.d */
	uint16_t port;  /* host order */
	uint16_t scope; /* zone of a link-local address, 0 for none */
};

#define NV_ADDRESS_TEXT 72u

/* "127.0.0.1:8080", "[::1]:8080", "[fe80::1%2]:8080", zero-terminated. */
void nv_address_format(const struct nv_address *address, char text[NV_ADDRESS_TEXT]);

/* From a literal without port or brackets, a zone by its name or number behind a '%'; false when it
 * is none. */
bool nv_address_parse(const char *text, uint16_t port, struct nv_address *address);

bool nv_address_is_v4(const struct nv_address *address);
bool nv_address_is_loopback(const struct nv_address *address);

/* What stands for the one who has the address, since of IPv6 he has a whole network: all of IPv4; of
 * IPv6 the first 64 bits, the rest zero. */
#define NV_ADDRESS_GROUP 16u
void nv_address_group(const struct nv_address *address, uint8_t group[NV_ADDRESS_GROUP]);

#endif
