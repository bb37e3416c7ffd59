/* SPDX-License-Identifier: MIT */
/* handshake_client.c: the client's half of the opening handshake (RFC 6455 4.1).
 *
 * What the program gives is verified before it is written, so that nothing it got from elsewhere
 * can add a line of its own. The answer is believed only when every rule holds. */
#include "base/base64.h"
#include "proto/accept.h"
#include "proto/authority.h"
#include "proto/deflate_offer.h"
#include "proto/extension.h"
#include "proto/field.h"
#include "proto/head.h"
#include "proto/subprotocol.h"
#include "proto/text.h"

static void write_key(const struct nv_handshake_offer *offer, char key[NV_KEY_SIZE])
{
	nv_base64_encode(offer->nonce, sizeof offer->nonce, key);
}

static bool is_target(struct nv_bytes target)
{
	for (size_t i = 0; i < target.len; i++) {
		if (!nv_is_target_char(target.data[i]))
			return false;
	}
	return target.len > 0 && target.data[0] == '/';
}

static bool is_subprotocols(const char *list)
{
	struct nv_subprotocols set = { .count = 0 };

	return !list || (!nv_subprotocols_add(&set, nv_str(list)) && set.count > 0);
}

static bool is_offer(const struct nv_handshake_offer *offer)
{
	struct nv_authority authority;

	return !nv_authority_parse(offer->host, &authority) && is_target(offer->target) &&
	       is_subprotocols(offer->subprotocols) && nv_is_extra_fields(offer->fields);
}

/* Within the limits of a head as they stand in handshake.h, which a server may have as well. */
static bool is_within_limits(const struct nv_handshake_offer *offer, const char *head, size_t len)
{
	const char *end = head + len;
	size_t lines = 0;

	if (len > NV_HEAD_MAX || offer->target.len > NV_HEAD_LINE_MAX)
		return false;
	for (const char *line = head; line < end; lines++) {
		const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;

		if (lines > 0 && (size_t)(next - line) > NV_HEAD_LINE_MAX + strlen("\r\n"))
			return false;
		line = next;
	}
	/* One is the request line, and one is empty. */
	return lines - 2 <= NV_HEAD_FIELDS_MAX;
}

int nv_handshake_request(const struct nv_handshake_offer *offer, char *out, size_t size)
{
	struct nv_text text = { .out = out, .size = size };
	struct nv_deflate deflate;
	char key[NV_KEY_SIZE];
	int len;

	if (!is_offer(offer))
		return NV_ERR_INVALID;
	write_key(offer, key);
	nv_text_str(&text, "GET ");
	nv_text_bytes(&text, offer->target);
	nv_text_str(&text, " HTTP/1.1\r\n");
	nv_text_field(&text, "Host", offer->host);
	nv_text_str(&text, "Upgrade: websocket\r\nConnection: Upgrade\r\n");
	nv_text_field(&text, "Sec-WebSocket-Key",
	              (struct nv_bytes){ (const uint8_t *)key, sizeof key });
	nv_text_str(&text, "Sec-WebSocket-Version: 13\r\n");
	if (offer->subprotocols)
		nv_text_field(&text, "Sec-WebSocket-Protocol", nv_str(offer->subprotocols));
	if (nv_deflate_offer(offer->compression, &deflate))
		nv_deflate_write_offer(&deflate, &text);
	nv_text_str(&text, offer->fields);
	nv_text_str(&text, "\r\n");
	len = nv_text_end(&text);
	return len < 0 || is_within_limits(offer, out, (size_t)len) ? len : NV_ERR_TOO_BIG;
}

static const char *verify_status(const struct nv_head *response)
{
	int status = nv_head_status(response);

	if (status == 101)
		return nv_head_minor(response) == 0 ? "the server answers in HTTP/1.0" : NULL;
	if (status < 200)
		return "the server answers with an interim status";
	if (status < 300)
		return "the server answers as to a plain HTTP request";
	if (status < 400)
		return "the server redirects elsewhere";
	return "the server refuses the connection";
}

/* RFC 6455 4.1: here the field must be "websocket", not only list it. */
static const char *verify_upgrade(const struct nv_head *response)
{
	if (nv_head_count(response, "Upgrade") != 1 ||
	    !nv_bytes_is_caseless(nv_head_field(response, "Upgrade"), "websocket"))
		return "Upgrade is not \"websocket\" in the answer";
	if (!nv_head_lists(response, "Connection", "upgrade"))
		return "Connection does not list \"Upgrade\" in the answer";
	return NULL;
}

static const char *verify_accept(const struct nv_head *response,
                                 const struct nv_handshake_offer *offer)
{
	size_t count = nv_head_count(response, "Sec-WebSocket-Accept");
	char key[NV_KEY_SIZE];
	char accept[NV_ACCEPT_SIZE];

	if (count == 0)
		return "Sec-WebSocket-Accept is missing in the answer";
	if (count > 1)
		return "Sec-WebSocket-Accept stands more than once in the answer";
	write_key(offer, key);
	nv_accept_value((const uint8_t *)key, accept);
	if (!nv_bytes_equal(nv_head_field(response, "Sec-WebSocket-Accept"),
	                    (struct nv_bytes){ (const uint8_t *)accept, sizeof accept }))
		return "the Sec-WebSocket-Accept value does not match the key";
	return NULL;
}

/* Permessage-deflate at most, and once. RFC 6455 4.2.2 allows the field to be cut into lines, which
 * 11.3.2 forbids: they are joined. */
static const char *verify_extensions(const struct nv_head *response,
                                     const struct nv_handshake_offer *offer,
                                     struct nv_deflate *deflate)
{
	struct nv_extension answer;
	struct nv_deflate wanted;
	size_t cursor = 0;
	bool offered = nv_deflate_offer(offer->compression, &wanted);

	if (!nv_extensions_valid(response))
		return "Sec-WebSocket-Extensions is malformed in the answer";
	while (nv_extension_next(response, &cursor, &answer)) {
		const char *problem;

		if (!offered || !nv_bytes_is(answer.name, NV_PERMESSAGE_DEFLATE))
			return "the server chose an extension that was not offered";
		if (deflate->agreed)
			return "the server chose an extension twice";
		problem = nv_deflate_verify(answer.parameters, &wanted, deflate);
		if (problem)
			return problem;
	}
	return NULL;
}

static bool is_offered(const struct nv_handshake_offer *offer, struct nv_bytes name)
{
	struct nv_bytes rest = nv_str(offer->subprotocols);
	struct nv_bytes offered;

	while (nv_element_next(&rest, &offered)) {
		if (nv_bytes_equal(offered, name))
			return true;
	}
	return false;
}

static const char *verify_subprotocol(const struct nv_head *response,
                                      const struct nv_handshake_offer *offer,
                                      struct nv_bytes *subprotocol)
{
	struct nv_bytes name = nv_head_field(response, "Sec-WebSocket-Protocol");
	size_t count = nv_head_count(response, "Sec-WebSocket-Protocol");

	if (count == 0)
		return NULL;
	if (count > 1)
		return "Sec-WebSocket-Protocol stands more than once in the answer";
	if (!is_offered(offer, name))
		return "the server chose a subprotocol that was not offered";
	*subprotocol = name;
	return NULL;
}

struct nv_problem nv_handshake_verify(const struct nv_head *response,
                                      const struct nv_handshake_offer *offer,
                                      struct nv_bytes *subprotocol, struct nv_deflate *deflate)
{
	const char *text = verify_status(response);

	*subprotocol = (struct nv_bytes){ NULL, 0 };
	*deflate = (struct nv_deflate){ 0 };
	if (!text)
		text = verify_upgrade(response);
	if (!text)
		text = verify_accept(response, offer);
	if (!text)
		text = verify_extensions(response, offer, deflate);
	if (!text)
		text = verify_subprotocol(response, offer, subprotocol);
	if (text)
		*deflate = (struct nv_deflate){ 0 };
	return (struct nv_problem){ (uint16_t)nv_head_status(response), text };
}
