/* SPDX-License-Identifier: MIT */
/* handshake_server.c: the server's half of the opening handshake (RFC 6455 4.2).
 *
 * A request is checked rule by rule, in the order in which a person would want to hear of what is
 * wrong with it. Whether the path exists or the origin may come in is decided above. */
#include "proto/accept.h"
#include "proto/ascii.h"
#include "proto/deflate_offer.h"
#include "proto/extension.h"
#include "proto/field.h"
#include "proto/head.h"
#include "proto/subprotocol.h"
#include "proto/text.h"

/* Of one request. A client has no use for more, and the work they make is bounded. */
#define OFFERS_MAX 16u

static const struct nv_problem none;

static struct nv_problem bad_request(const char *text)
{
	return (struct nv_problem){ 400, text };
}

static struct nv_problem check_method(const struct nv_head *request)
{
	if (!nv_bytes_is(nv_head_method(request), "GET"))
		return (struct nv_problem){ 405, "a WebSocket connection starts with GET" };
	return none;
}

static struct nv_problem check_http_version(const struct nv_head *request)
{
	if (nv_head_minor(request) == 0)
		return (struct nv_problem){ 426, "HTTP/1.0 cannot be upgraded to WebSocket" };
	return none;
}

static struct nv_problem check_upgrade(const struct nv_head *request)
{
	if (!nv_head_lists(request, "Upgrade", "websocket"))
		return bad_request("Upgrade does not list \"websocket\"");
	if (!nv_head_lists(request, "Connection", "upgrade"))
		return bad_request("Connection does not list \"Upgrade\"");
	return none;
}

static struct nv_problem check_key(const struct nv_head *request)
{
	struct nv_bytes key = nv_head_field(request, "Sec-WebSocket-Key");

	if (key.len == 0)
		return bad_request("Sec-WebSocket-Key is missing");
	if (nv_head_count(request, "Sec-WebSocket-Key") > 1)
		return bad_request("Sec-WebSocket-Key stands more than once");
	if (!nv_is_key(key))
		return bad_request("Sec-WebSocket-Key is not the base64 of 16 bytes");
	return none;
}

/* RFC 6455 4.3: a plain decimal from 0 to 255, without leading zeros. */
static bool is_version(struct nv_bytes text)
{
	uint32_t value = 0;

	if (text.len == 0 || text.len > 3 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!nv_is_digit(text.data[i]))
			return false;
		value = value * 10 + (uint32_t)(text.data[i] - '0');
	}
	return value <= 255;
}

static struct nv_problem check_version(const struct nv_head *request)
{
	struct nv_bytes version = nv_head_field(request, "Sec-WebSocket-Version");
	size_t count = nv_head_count(request, "Sec-WebSocket-Version");

	if (count == 0)
		return (struct nv_problem){ 426, "Sec-WebSocket-Version is missing" };
	if (count > 1)
		return bad_request("Sec-WebSocket-Version stands more than once");
	if (!is_version(version))
		return bad_request("Sec-WebSocket-Version is malformed");
	if (!nv_bytes_is(version, "13"))
		return (struct nv_problem){ 426, "Sec-WebSocket-Version is not 13" };
	return none;
}

/* What follows the head must be frames, so a body has no place. */
static struct nv_problem check_body(const struct nv_head *request)
{
	struct nv_bytes length = nv_head_field(request, "Content-Length");

	if (nv_head_count(request, "Transfer-Encoding") > 0)
		return bad_request(
			"an upgrade request has no body: Transfer-Encoding is not accepted");
	if (length.data && !nv_bytes_is(length, "0"))
		return bad_request("an upgrade request has no body: Content-Length must be 0");
	return none;
}

static struct nv_problem check_subprotocols(const struct nv_head *request)
{
	struct nv_subprotocols set = { .count = 0 };
	struct nv_bytes line;
	size_t index = 0;

	if (nv_head_count(request, "Sec-WebSocket-Protocol") == 0)
		return none;
	while (nv_head_next(request, "Sec-WebSocket-Protocol", &index, &line)) {
		const char *text = nv_subprotocols_add(&set, line);

		if (text)
			return bad_request(text);
	}
	return set.count == 0 ? bad_request("Sec-WebSocket-Protocol is empty") : none;
}

static struct nv_problem check_extensions(const struct nv_head *request)
{
	if (!nv_extensions_valid(request))
		return bad_request("Sec-WebSocket-Extensions is malformed");
	return none;
}

bool nv_handshake_wanted(const struct nv_head *request)
{
	return nv_head_count(request, "Upgrade") > 0;
}

/* Host was checked when the head was read. */
struct nv_problem nv_handshake_check(const struct nv_head *request)
{
	static struct nv_problem (*const checks[])(const struct nv_head *) = {
		check_method,  check_http_version, check_upgrade,      check_key,
		check_version, check_body,         check_subprotocols, check_extensions,
	};

	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		struct nv_problem problem = checks[i](request);

		if (problem.status)
			return problem;
	}
	return none;
}

bool nv_handshake_subprotocol(const struct nv_head *request, size_t *cursor,
                              struct nv_bytes *subprotocol)
{
	return nv_head_element(request, "Sec-WebSocket-Protocol", cursor, subprotocol);
}

static bool is_offered(const struct nv_head *request, const char *subprotocol)
{
	struct nv_bytes offered;
	size_t cursor = 0;

	while (nv_handshake_subprotocol(request, &cursor, &offered)) {
		if (nv_bytes_is(offered, subprotocol))
			return true;
	}
	return false;
}

bool nv_handshake_deflate(const struct nv_head *request, const struct nv_compression *compression,
                          struct nv_deflate *deflate)
{
	struct nv_extension offer;
	size_t cursor = 0;

	*deflate = (struct nv_deflate){ 0 };
	if (!compression->enabled || !nv_extensions_valid(request))
		return false;
	for (size_t i = 0; i < OFFERS_MAX && nv_extension_next(request, &cursor, &offer); i++) {
		if (nv_bytes_is(offer.name, NV_PERMESSAGE_DEFLATE) &&
		    nv_deflate_meet(offer.parameters, compression, deflate))
			return true;
	}
	return false;
}

int nv_handshake_accept(const struct nv_head *request, const char *subprotocol,
                        const struct nv_deflate *deflate, const char *fields, char *out,
                        size_t size)
{
	struct nv_bytes key = nv_head_field(request, "Sec-WebSocket-Key");
	struct nv_text text = { .out = out, .size = size };
	char accept[NV_ACCEPT_SIZE];

	if (!nv_is_key(key) || !nv_is_extra_fields(fields))
		return NV_ERR_INVALID;
	if (subprotocol && !is_offered(request, subprotocol))
		return NV_ERR_INVALID;
	nv_accept_value(key.data, accept);
	nv_text_str(&text, "HTTP/1.1 101 Switching Protocols\r\n");
	nv_text_str(&text, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
	nv_text_field(&text, "Sec-WebSocket-Accept",
	              (struct nv_bytes){ (const uint8_t *)accept, sizeof accept });
	if (subprotocol)
		nv_text_field(&text, "Sec-WebSocket-Protocol", nv_str(subprotocol));
	if (deflate && deflate->agreed)
		nv_deflate_write_answer(deflate, &text);
	nv_text_str(&text, fields);
	nv_text_str(&text, "\r\n");
	return nv_text_end(&text);
}
