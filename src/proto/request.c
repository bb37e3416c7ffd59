/* SPDX-License-Identifier: MIT */
/* request.c: what a request must satisfy beyond its grammar.
 *
 * These are the checks that keep a proxy and this library from seeing two different requests in the
 * same bytes. Bodies are not read here. */
#include "proto/request.h"

#include "proto/ascii.h"
#include "proto/authority.h"
#include "proto/head.h"

#define LENGTH_DIGITS_MAX 18u /* fits 64 bits */

/* RFC 9112 3.2: exactly one valid Host; HTTP/1.0 may leave it out. */
static const char *check_host(const struct nv_head *request)
{
	size_t count = nv_head_count(request, "Host");
	struct nv_authority authority;

	if (count == 0)
		return nv_head_minor(request) == 0 ? NULL : "Host is missing";
	if (count > 1)
		return "Host stands more than once";
	if (nv_authority_parse(nv_head_field(request, "Host"), &authority))
		return "Host is not a valid host name";
	return NULL;
}

static bool is_length(struct nv_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!nv_is_digit(text.data[i]))
			return false;
	}
	return text.len > 0 && text.len <= LENGTH_DIGITS_MAX;
}

/* RFC 9112 6.1 and 6.3 */
static const char *check_body(const struct nv_head *request)
{
	size_t lengths = nv_head_count(request, "Content-Length");
	size_t codings = nv_head_count(request, "Transfer-Encoding");

	if (lengths > 1)
		return "Content-Length stands more than once";
	if (lengths == 1 && !is_length(nv_head_field(request, "Content-Length")))
		return "Content-Length is malformed";
	if (lengths > 0 && codings > 0)
		return "Content-Length and Transfer-Encoding contradict each other";
	if (codings > 0 && nv_head_minor(request) == 0)
		return "Transfer-Encoding is not part of HTTP/1.0";
	return NULL;
}

struct nv_problem nv_request_check(const struct nv_head *request)
{
	const char *text = check_host(request);

	if (!text)
		text = check_body(request);
	return (struct nv_problem){ text ? 400 : 0, text };
}
