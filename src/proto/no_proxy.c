/* SPDX-License-Identifier: MIT */
/* no_proxy.c: the list of hosts that are reached without a proxy, as the environment holds it.
 *
 * No standard says how it is read. This is what the readers in use have in common, and where they differ
 * the exception is the wider one; an entry that means nothing excepts nothing. No name is resolved, so
 * that a network never means a name. */
#include "proto/ascii.h"
#include "proto/field.h"
#include "proto/ip.h"
#include "proto/proxy_url.h"
#include "proto/slice.h"

/* Who is asked for. */
struct goal {
	struct nv_bytes name; /* without a dot at the end */
	uint16_t port;
	bool is_ip;
	struct nv_ip ip;
};

static bool ends_entry(uint8_t c)
{
	return c == ',' || c == ' ' || nv_is_control(c);
}

/* Entries end with a comma or white space; empty ones are skipped. */
static bool take_entry(struct nv_bytes *rest, struct nv_bytes *entry)
{
	size_t len = 0;

	while (rest->len > 0 && ends_entry(rest->data[0]))
		nv_skip(rest, 1);
	while (len < rest->len && !ends_entry(rest->data[len]))
		len++;
	*entry = (struct nv_bytes){ rest->data, len };
	nv_skip(rest, len);
	return len > 0;
}

/* A decimal number of at most `max`; negative for anything else. */
static long read_number(struct nv_bytes text, long max)
{
	long value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (!nv_is_digit(text.data[i]))
			return -1;
		value = value * 10 + (text.data[i] - '0');
		if (value > max)
			return -1;
	}
	return text.len > 0 ? value : -1;
}

/* Cuts at the last `mark`: true, and what stands behind it. */
static bool cut_at_last(struct nv_bytes *text, uint8_t mark, struct nv_bytes *behind)
{
	size_t len = text->len;

	while (len > 0 && text->data[len - 1] != mark)
		len--;
	if (len == 0)
		return false;
	*behind = (struct nv_bytes){ text->data + len, text->len - len };
	text->len = len - 1;
	return true;
}

static void drop_brackets(struct nv_bytes *text)
{
	if (text->len < 2 || text->data[0] != '[' || text->data[text->len - 1] != ']')
		return;
	nv_skip(text, 1);
	text->len--;
}

/* Compares the first `bits`. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

/* "10.0.0.1", "10.0.0.0/8", "fd00::/8", "[::1]". True when it is one, and then whether it holds the goal. */
static bool read_network(struct nv_bytes entry, const struct goal *goal, bool *holds)
{
	struct nv_bytes length = { NULL, 0 };
	bool has_length = cut_at_last(&entry, '/', &length);
	struct nv_ip ip;
	long all, bits;

	drop_brackets(&entry);
	if (!nv_ip_parse(entry, &ip))
		return false;
	all = ip.dotted ? 32 : 128;
	bits = has_length ? read_number(length, all) : all;
	if (bits < 0)
		return false;
	bits += 128 - all;
	/* ::/0 is all of IPv6, and not IPv4, though that lies within it as ::ffff:0:0/96. */
	*holds = goal->is_ip && (bits >= (long)NV_IP_V4_AT * 8 || !nv_ip_is_v4(&goal->ip)) &&
	         same_bits(ip.bytes, goal->ip.bytes, (unsigned)bits);
	return true;
}

static bool same_caseless(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (nv_lower(a[i]) != nv_lower(b[i]))
			return false;
	}
	return true;
}

static struct nv_bytes without_end_dot(struct nv_bytes name)
{
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	return name;
}

/* "example.org", ".example.org", "*.example.org": the domain and all below it. */
static bool is_within(const struct goal *goal, struct nv_bytes domain)
{
	struct nv_bytes name = goal->name;
	size_t above;

	if (domain.len > 1 && domain.data[0] == '*' && domain.data[1] == '.')
		nv_skip(&domain, 1);
	if (domain.len > 0 && domain.data[0] == '.')
		nv_skip(&domain, 1);
	domain = without_end_dot(domain);
	if (goal->is_ip || domain.len == 0 || domain.len > name.len)
		return false;
	above = name.len - domain.len;
	return (above == 0 || name.data[above - 1] == '.') &&
	       same_caseless(name.data + above, domain.data, domain.len);
}

static bool is_meant(struct nv_bytes entry, const struct goal *goal)
{
	struct nv_bytes port;
	bool holds;

	if (read_network(entry, goal, &holds))
		return holds;
	if (cut_at_last(&entry, ':', &port) && read_number(port, UINT16_MAX) != goal->port)
		return false;
	if (read_network(entry, goal, &holds))
		return holds;
	return nv_bytes_is(entry, "*") || is_within(goal, entry);
}

bool nv_proxy_is_excepted(const char *list, struct nv_bytes host, uint16_t port)
{
	struct goal goal = { .name = without_end_dot(host), .port = port };
	struct nv_bytes rest = nv_str(list ? list : "");
	struct nv_bytes entry;

	goal.is_ip = nv_ip_parse(goal.name, &goal.ip);
	while (take_entry(&rest, &entry)) {
		if (is_meant(entry, &goal))
			return true;
	}
	return false;
}
