/* SPDX-License-Identifier: MIT */
/* fuzz_handshake.c: both ends of a handshake, with all that programs may put into it. What a client
 * may write, a server understands, and the other way round. Input: host, target, the client's
 * subprotocols and fields, the server's subprotocol and fields, with a zero behind each; then how the
 * client wants to compress, and how the server, as extensions.h reads it. */
#include "extensions.h"
#include "heads.h"

#define ROOM 16000u

static char *next_text(struct input *input)
{
	return (char *)copy_of(input_until(input, 0));
}

static char *text_or_null(char *text)
{
	return *text ? text : NULL;
}

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

struct server {
	const char *subprotocol;
	const char *fields;
	struct nv_compression compression;
};

static void answer(const struct nv_head *request, const struct nv_handshake_offer *offer,
                   const struct server *server)
{
	bool agree = offer->compression->enabled && server->compression.enabled;
	char *room = malloc(ROOM);
	struct nv_bytes chosen;
	struct nv_deflate deflate, understood;
	struct nv_head *response;
	int len;

	must(nv_handshake_deflate(request, &server->compression, &deflate) == agree);
	len = nv_handshake_accept(request, server->subprotocol, &deflate, server->fields, room,
	                          ROOM);
	if (len > 0) {
		response = head_written(NV_RESPONSE, room, len);
		must(!nv_handshake_verify(response, offer, &chosen, &understood).text);
		must(server->subprotocol ? nv_bytes_is(chosen, server->subprotocol) : !chosen.data);
		must_agree(&understood, &deflate);
		nv_head_free(response);
	}
	free(room);
}

static void ask(const struct nv_handshake_offer *offer, const struct server *server)
{
	char *room = malloc(ROOM);
	int len = nv_handshake_request(offer, room, ROOM);
	struct nv_head *request;

	if (len > 0) {
		request = head_written(NV_REQUEST, room, len);
		must(nv_handshake_wanted(request));
		must(nv_handshake_check(request).status == 0);
		answer(request, offer, server);
		nv_head_free(request);
	}
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	char *texts[6];
	struct nv_compression compression;
	struct nv_handshake_offer offer = { .nonce = "the sample nonce",
		                            .compression = &compression };
	struct server server;

	for (int i = 0; i < 6; i++)
		texts[i] = next_text(&input);
	offer.host = nv_str(texts[0]);
	offer.target = nv_str(texts[1]);
	offer.subprotocols = text_or_null(texts[2]);
	offer.fields = text_or_null(texts[3]);
	compression = input_compression(&input);
	server = (struct server){ text_or_null(texts[4]), text_or_null(texts[5]),
		                  input_compression(&input) };
	/* A larger head than any server reads may be written. */
	if (size < 4000 && count_lines(data, size) < NV_HEAD_FIELDS_MAX / 2)
		ask(&offer, &server);
	for (int i = 0; i < 6; i++)
		free(texts[i]);
	return 0;
}
