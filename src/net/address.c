/* SPDX-License-Identifier: MIT */
/* address.c: addresses to text and back. One 16-byte form holds both families; which sockets they
 * need is sock.c's concern. */
#include "net/address.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/inet.h"

static const uint8_t V4_PREFIX[12] = { [10] = 0xff, [11] = 0xff };

bool nv_address_is_v4(const struct nv_address *address)
{
	return memcmp(address->ip, V4_PREFIX, sizeof(V4_PREFIX)) == 0;
}

bool nv_address_is_loopback(const struct nv_address *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (nv_address_is_v4(address))
		return address->ip[12] == 127;
	return memcmp(address->ip, loopback6, sizeof(loopback6)) == 0;
}

void nv_address_group(const struct nv_address *address, uint8_t group[NV_ADDRESS_GROUP])
{
	memcpy(group, address->ip, NV_ADDRESS_GROUP);
	if (!nv_address_is_v4(address))
		memset(group + NV_ADDRESS_GROUP / 2, 0, NV_ADDRESS_GROUP / 2);
}

void nv_address_format(const struct nv_address *address, char text[NV_ADDRESS_TEXT])
{
	char ip[INET6_ADDRSTRLEN] = "";
	char zone[8] = "";

	if (nv_address_is_v4(address)) {
		inet_ntop(AF_INET, address->ip + sizeof(V4_PREFIX), ip, sizeof(ip));
		snprintf(text, NV_ADDRESS_TEXT, "%s:%u", ip, address->port);
		return;
	}
	inet_ntop(AF_INET6, address->ip, ip, sizeof(ip));
	if (address->scope)
		snprintf(zone, sizeof(zone), "%%%u", address->scope);
	snprintf(text, NV_ADDRESS_TEXT, "[%s%s]:%u", ip, zone, address->port);
}

static bool parse_zone(const char *text, uint16_t *scope)
{
	unsigned long index = if_nametoindex(text);
	char *end;

	if (index == 0 && text[0] >= '0' && text[0] <= '9') {
		index = strtoul(text, &end, 10);
		if (*end != '\0')
			return false;
	}
	if (index == 0 || index > UINT16_MAX)
		return false;
	*scope = (uint16_t)index;
	return true;
}

static bool parse_v6(const char *text, struct nv_address *address)
{
	const char *zone = strchr(text, '%');
	size_t len = zone ? (size_t)(zone - text) : strlen(text);
	char ip[INET6_ADDRSTRLEN];

	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (inet_pton(AF_INET6, ip, address->ip) != 1)
		return false;
	return !zone || parse_zone(zone + 1, &address->scope);
}

bool nv_address_parse(const char *text, uint16_t port, struct nv_address *address)
{
	struct nv_address parsed = { .port = port };

	memcpy(parsed.ip, V4_PREFIX, sizeof(V4_PREFIX));
	if (inet_pton(AF_INET, text, parsed.ip + sizeof(V4_PREFIX)) != 1 &&
	    !parse_v6(text, &parsed))
		return false;
	*address = parsed;
	return true;
}
