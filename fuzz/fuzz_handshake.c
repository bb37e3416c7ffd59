/* SPDX-License-Identifier: MIT */
/* fuzz_handshake.c: both ends of a handshake, with all that programs may put into it. What a client
 * may write, a server understands, and the other way round. Input: host, target, the client's
 * subprotocols and fields, the server's subprotocol and fields, with a zero behind each. */
#include "heads.h"
#include "input.h"

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

static void answer(const struct nv_head *request, const struct nv_handshake_offer *offer,
                   const char *subprotocol, const char *fields)
{
	char *room = malloc(ROOM);
	int len = nv_handshake_accept(request, subprotocol, fields, room, ROOM);
	struct nv_bytes chosen;
	struct nv_head *response;

	if (len > 0) {
		response = head_written(NV_RESPONSE, room, len);
		must(!nv_handshake_verify(response, offer, &chosen).text);
		must(subprotocol ? nv_bytes_is(chosen, subprotocol) : !chosen.data);
		nv_head_free(response);
	}
	free(room);
}

static void ask(const struct nv_handshake_offer *offer, const char *subprotocol, const char *fields)
{
	char *room = malloc(ROOM);
	int len = nv_handshake_request(offer, room, ROOM);
	struct nv_head *request;

	if (len > 0) {
		request = head_written(NV_REQUEST, room, len);
		must(nv_handshake_wanted(request));
		must(nv_handshake_check(request).status == 0);
		answer(request, offer, subprotocol, fields);
		nv_head_free(request);
	}
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	char *texts[6];
	struct nv_handshake_offer offer = { .nonce = "the sample nonce" };

	for (int i = 0; i < 6; i++)
		texts[i] = next_text(&input);
	offer.host = nv_str(texts[0]);
	offer.target = nv_str(texts[1]);
	offer.subprotocols = text_or_null(texts[2]);
	offer.fields = text_or_null(texts[3]);
	/* A larger head than any server reads may be written. */
	if (size < 4000 && count_lines(data, size) < NV_HEAD_FIELDS_MAX / 2)
		ask(&offer, text_or_null(texts[4]), text_or_null(texts[5]));
	for (int i = 0; i < 6; i++)
		free(texts[i]);
	return 0;
}
