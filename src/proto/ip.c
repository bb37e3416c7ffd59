/* SPDX-License-Identifier: MIT */
/* ip.c: IP addresses as text. What is taken is what inet_pton takes: four decimal numbers without leading
 * zeros; eight groups of hexadecimal digits, one run of them as "::", the last two as IPv4. */
#include "proto/ip.h"

#include "proto/ascii.h"
#include "proto/slice.h"

static const uint8_t V4_PREFIX[NV_IP_V4_AT] = { [10] = 0xff, [11] = 0xff };

static bool take_char(struct nv_bytes *rest, uint8_t c)
{
	if (rest->len == 0 || rest->data[0] != c)
		return false;
	nv_skip(rest, 1);
	return true;
}

static bool take_decimal(struct nv_bytes *rest, uint8_t *byte)
{
	unsigned value = 0;
	size_t len = 0;

	for (; len < rest->len && len < 3 && nv_is_digit(rest->data[len]); len++)
		value = value * 10 + (unsigned)(rest->data[len] - '0');
	if (len == 0 || value > UINT8_MAX || (len > 1 && rest->data[0] == '0'))
		return false;
	nv_skip(rest, len);
	*byte = (uint8_t)value;
	return true;
}

static bool read_v4(struct nv_bytes text, uint8_t out[4])
{
	for (size_t i = 0; i < 4; i++) {
		if ((i > 0 && !take_char(&text, '.')) || !take_decimal(&text, &out[i]))
			return false;
	}
	return text.len == 0;
}

static bool take_group(struct nv_bytes *rest, uint8_t out[2])
{
	unsigned value = 0;
	size_t len = 0;

	for (; len < rest->len && len < 4 && nv_hex_value(rest->data[len]) >= 0; len++)
		value = value * 16 + (unsigned)nv_hex_value(rest->data[len]);
	nv_skip(rest, len);
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return len > 0;
}

/* Of an IPv6 address that is being read. */
struct groups {
	uint8_t bytes[16];
	size_t len;
	size_t gap; /* where "::" stands among the bytes */
	bool has_gap;
};

/* What stands between two groups: a colon, or two of them once. Something has to follow one. */
static bool take_colons(struct nv_bytes *rest, struct groups *groups)
{
	if (!take_char(rest, ':'))
		return false;
	if (!take_char(rest, ':'))
		return rest->len > 0;
	if (groups->has_gap)
		return false;
	groups->has_gap = true;
	groups->gap = groups->len;
	return true;
}

/* The next group, or the IPv4 address at the end. */
static bool take_part(struct nv_bytes *rest, struct groups *groups)
{
	uint8_t *out = groups->bytes + groups->len;
	size_t room = sizeof groups->bytes - groups->len;

	if (room >= 4 && !memchr(rest->data, ':', rest->len) && read_v4(*rest, out)) {
		groups->len += 4;
		nv_skip(rest, rest->len);
		return true;
	}
	if (room < 2 || !take_group(rest, out))
		return false;
	groups->len += 2;
	return true;
}

/* Moves what stands behind the gap to the end. */
static bool fill_gap(struct groups *groups)
{
	size_t missing = sizeof groups->bytes - groups->len;
	uint8_t *gap = groups->bytes + groups->gap;

	if (!groups->has_gap)
		return missing == 0;
	memmove(gap + missing, gap, groups->len - groups->gap);
	memset(gap, 0, missing);
	return missing > 0;
}

static bool read_v6(struct nv_bytes text, uint8_t out[16])
{
	struct groups groups = { .len = 0 };

	/* A lone colon in front is none, and behind "::" a third one is no group. */
	if (text.len > 0 && text.data[0] == ':' &&
	    (!take_colons(&text, &groups) || !groups.has_gap))
		return false;
	while (text.len > 0) {
		if (!take_part(&text, &groups))
			return false;
		if (text.len > 0 && !take_colons(&text, &groups))
			return false;
	}
	if (!fill_gap(&groups))
		return false;
	memcpy(out, groups.bytes, sizeof groups.bytes);
	return true;
}

bool nv_ip_parse(struct nv_bytes text, struct nv_ip *ip)
{
	memcpy(ip->bytes, V4_PREFIX, sizeof V4_PREFIX);
	ip->dotted = read_v4(text, ip->bytes + NV_IP_V4_AT);
	return ip->dotted || read_v6(text, ip->bytes);
}

bool nv_ip_is_v4(const struct nv_ip *ip)
{
	return memcmp(ip->bytes, V4_PREFIX, sizeof V4_PREFIX) == 0;
}
