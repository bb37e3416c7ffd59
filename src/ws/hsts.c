/* SPDX-License-Identifier: MIT */
/* hsts.c: looks at a Host field. */
#include "ws/hsts.h"

#include "proto/ascii.h"
#include "proto/authority.h"
#include "proto/field.h"

/* As a browser sees it: the last label is a number. */
static bool is_v4(struct nv_bytes host)
{
	size_t digits = 0;

	while (digits < host.len && nv_is_digit(host.data[host.len - 1 - digits]))
		digits++;
	return digits > 0 && (digits == host.len || host.data[host.len - 1 - digits] == '.');
}

/* "localhost" and all below it (RFC 6761 6.3). */
static bool is_localhost(struct nv_bytes host)
{
	const char *name = "localhost";
	size_t len = strlen(name);
	struct nv_bytes end;

	if (host.len < len)
		return false;
	end = (struct nv_bytes){ host.data + host.len - len, len };
	return nv_bytes_is_caseless(end, name) &&
	       (host.len == len || host.data[host.len - len - 1] == '.');
}

bool nv_hsts_is_for(struct nv_bytes host)
{
	struct nv_authority authority;
	struct nv_bytes name;

	if (nv_authority_parse(host, &authority) || authority.literal_v6)
		return false;
	name = authority.host;
	if (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	return !is_v4(name) && !is_localhost(name);
}
