/* SPDX-License-Identifier: MIT */
/* fuzz_ext_offer.c: the lines of Sec-WebSocket-Extensions, and what a server answers to them. Input:
 * what the server wants, as extensions.h reads it, then the values with a newline between them. */
#include "extensions.h"
#include "heads.h"
#include "proto/extension.h"
#include "proto/field.h"

#define ROOM 20000u
#define OFFERS 16u

static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
			    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
			    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/* How many parameters there are; of a valid list each has a name, and a value that may be empty only
 * where there is none. */
static size_t walk_parameters(struct nv_bytes rest, bool valid)
{
	struct nv_parameter parameter;
	size_t count = 0;

	while (nv_parameter_next(&rest, &parameter)) {
		must(++count < ROOM);
		touch(parameter.name);
		touch(parameter.value);
		must(!valid || nv_is_token(parameter.name));
		must(!valid || !parameter.value.data || parameter.value.len > 0);
	}
	must(!valid || rest.len == 0);
	return count;
}

static void walk(const struct nv_head *head)
{
	bool valid = nv_extensions_valid(head);
	struct nv_extension extension;
	size_t cursor = 0;
	size_t count = 0;

	while (nv_extension_next(head, &cursor, &extension)) {
		must(++count < ROOM);
		must(!valid || nv_is_token(extension.name));
		touch(extension.name);
		walk_parameters(extension.parameters, valid);
	}
	must(!valid || count > 0 || !nv_head_field(head, "Sec-WebSocket-Extensions").data);
}

static uint8_t bits_or(uint8_t bits, uint8_t initial)
{
	if (bits == 0)
		return initial;
	return bits < 8 ? 8 : bits > 15 ? 15 : bits;
}

static uint8_t at_most(uint8_t limit, uint8_t bits)
{
	return bits < limit ? bits : limit;
}

/* The terms of the first offer that is valid become what a server has to answer to it. */
static struct nv_deflate expected_answer(const struct nv_head *head,
                                         const struct nv_compression *wanted)
{
	uint8_t window = bits_or(wanted->window_bits, 12);
	uint8_t peer_window = bits_or(wanted->peer_window_bits, 15);
	struct nv_deflate terms = { 0 };
	struct nv_extension offer;
	size_t cursor = 0;

	for (size_t i = 0; !terms.agreed && i < OFFERS; i++)
		if (nv_extension_next(head, &cursor, &offer) &&
		    nv_bytes_is(offer.name, "permessage-deflate"))
			(void)terms_read(offer.parameters, true, &terms);
	if (!terms.agreed)
		return terms;
	terms.server_no_context_takeover |= !wanted->context_takeover;
	terms.client_no_context_takeover |= !wanted->context_takeover;
	terms.server_max_window_bits = at_most(window, terms.server_max_window_bits);
	terms.client_max_window_bits =
		peer_window == 15 ? 0 : at_most(peer_window, terms.client_max_window_bits);
	return terms;
}

/* The one line of the answer must say what was agreed on. */
static void check_line(const struct nv_head *request, const struct nv_deflate *deflate)
{
	char *room = malloc(ROOM);
	int len = nv_handshake_accept(request, NULL, deflate, NULL, room, ROOM);
	struct nv_head *response;
	struct nv_extension extension;
	struct nv_deflate said = { 0 };
	size_t cursor = 0;

	must(len > 0);
	response = head_written(NV_RESPONSE, room, len);
	must(nv_extensions_valid(response));
	if (nv_extension_next(response, &cursor, &extension)) {
		must(nv_bytes_is(extension.name, "permessage-deflate"));
		must(terms_read(extension.parameters, false, &said));
		must(!nv_extension_next(response, &cursor, &extension));
	}
	must_agree(&said, deflate);
	nv_head_free(response);
	free(room);
}

static void answer(const struct nv_head *request, const struct nv_compression *wanted)
{
	struct nv_deflate none = { 0 };
	struct nv_deflate expected = none;
	struct nv_deflate deflate;

	if (wanted->enabled && nv_extensions_valid(request))
		expected = expected_answer(request, wanted);
	must(nv_handshake_deflate(request, wanted, &deflate) == expected.agreed);
	must_agree(&deflate, &expected);
	check_line(request, &deflate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct nv_compression wanted = input_compression(&input);
	struct nv_head *head = input_extensions(&input, NV_REQUEST, start);

	if (head) {
		walk(head);
		answer(head, &wanted);
	}
	nv_head_free(head);
	return 0;
}
