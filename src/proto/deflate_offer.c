/* SPDX-License-Identifier: MIT */
/* deflate_offer.c: how both sides come to terms about permessage-deflate.
 *
 * The parameters of an offer and of an answer are read by the same rules into a struct nv_deflate;
 * the one difference is that an offer may name client_max_window_bits without a value. Nothing is
 * kept here, and nothing is compressed. */
#include "proto/deflate_offer.h"

#include "proto/ascii.h"
#include "proto/extension.h"

static uint8_t complete(uint8_t value, uint8_t initial, uint8_t min, uint8_t max)
{
	if (value == 0)
		return initial;
	if (value < min)
		return min;
	return value > max ? max : value;
}

void nv_compression_complete(struct nv_compression *compression)
{
	compression->level = complete(compression->level, 1, 1, 9);
	compression->memory_level = complete(compression->memory_level, 5, 1, 9);
	compression->window_bits =
		complete(compression->window_bits, 12, NV_WINDOW_BITS_MIN, NV_WINDOW_BITS_MAX);
	compression->peer_window_bits = complete(compression->peer_window_bits, NV_WINDOW_BITS_MAX,
	                                         NV_WINDOW_BITS_MIN, NV_WINDOW_BITS_MAX);
	if (compression->threshold == 0)
		compression->threshold = 128;
	else if (compression->threshold == NV_OFF)
		compression->threshold = 1;
}

static const char *read_flag(const struct nv_parameter *parameter, bool *flag)
{
	if (*flag)
		return "permessage-deflate has a parameter twice in the answer";
	if (parameter->value.data)
		return "a context takeover parameter has a value in the answer";
	*flag = true;
	return NULL;
}

/* RFC 7692 7.1.2: a decimal from 8 to 15 without leading zeros; 0 for anything else. A backslash is
 * what remains of quoting. */
static uint8_t parse_bits(struct nv_bytes value)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];

		if (c == '\\')
			continue;
		if (!nv_is_digit(c) || (bits == 0 && c == '0'))
			return 0;
		bits = (uint8_t)(bits * 10 + (c - '0'));
		if (bits > NV_WINDOW_BITS_MAX)
			return 0;
	}
	return bits < NV_WINDOW_BITS_MIN ? 0 : bits;
}

/* `implied` is what the parameter means without a value; 0: it must have one. */
static const char *read_bits(const struct nv_parameter *parameter, uint8_t implied, uint8_t *bits)
{
	if (*bits)
		return "permessage-deflate has a parameter twice in the answer";
	*bits = parameter->value.data ? parse_bits(parameter->value) : implied;
	if (*bits)
		return NULL;
	return parameter->value.data ? "a number of window bits is not 8 to 15 in the answer"
	                             : "a number of window bits is missing in the answer";
}

static const char *read_parameter(const struct nv_parameter *parameter, uint8_t implied_client_bits,
                                  struct nv_deflate *terms)
{
	struct nv_bytes name = parameter->name;

	if (nv_bytes_is(name, "server_no_context_takeover"))
		return read_flag(parameter, &terms->server_no_context_takeover);
	if (nv_bytes_is(name, "client_no_context_takeover"))
		return read_flag(parameter, &terms->client_no_context_takeover);
	if (nv_bytes_is(name, "server_max_window_bits"))
		return read_bits(parameter, 0, &terms->server_max_window_bits);
	if (nv_bytes_is(name, "client_max_window_bits"))
		return read_bits(parameter, implied_client_bits, &terms->client_max_window_bits);
	return "permessage-deflate has an unknown parameter in the answer";
}

/* NULL, or what is wrong with them, in the words for an answer: nobody hears of a bad offer. */
static const char *read_parameters(struct nv_bytes rest, uint8_t implied_client_bits,
                                   struct nv_deflate *terms)
{
	struct nv_parameter parameter;
	const char *problem = NULL;

	*terms = (struct nv_deflate){ 0 };
	while (!problem && nv_parameter_next(&rest, &parameter))
		problem = read_parameter(&parameter, implied_client_bits, terms);
	return problem;
}

static uint8_t smaller(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

bool nv_deflate_meet(struct nv_bytes parameters, const struct nv_compression *compression,
                     struct nv_deflate *deflate)
{
	struct nv_compression wanted = *compression;
	struct nv_deflate offer;

	if (read_parameters(parameters, NV_WINDOW_BITS_MAX, &offer))
		return false;
	nv_compression_complete(&wanted);
	*deflate = (struct nv_deflate){ .agreed = true };
	deflate->server_no_context_takeover =
		offer.server_no_context_takeover || !wanted.context_takeover;
	deflate->client_no_context_takeover =
		offer.client_no_context_takeover || !wanted.context_takeover;
	/* Zero stays zero: what the client did not name is not answered. RFC 7692 7.1.2.2 forbids it
	 * for client_max_window_bits. */
	deflate->server_max_window_bits = smaller(offer.server_max_window_bits, wanted.window_bits);
	if (wanted.peer_window_bits < NV_WINDOW_BITS_MAX)
		deflate->client_max_window_bits =
			smaller(offer.client_max_window_bits, wanted.peer_window_bits);
	return true;
}

bool nv_deflate_offer(const struct nv_compression *compression, struct nv_deflate *offer)
{
	struct nv_compression wanted;

	*offer = (struct nv_deflate){ 0 };
	if (!compression || !compression->enabled)
		return false;
	wanted = *compression;
	nv_compression_complete(&wanted);
	offer->server_no_context_takeover = !wanted.context_takeover;
	offer->client_no_context_takeover = !wanted.context_takeover;
	if (wanted.peer_window_bits < NV_WINDOW_BITS_MAX)
		offer->server_max_window_bits = wanted.peer_window_bits;
	offer->client_max_window_bits = NV_WINDOW_BITS_MAX;
	return true;
}

/* RFC 7692 7.1.1.1, 7.1.2.1, 7.1.2.2 */
static const char *compare(const struct nv_deflate *offer, const struct nv_deflate *answer)
{
	if (offer->server_no_context_takeover && !answer->server_no_context_takeover)
		return "the server does not grant server_no_context_takeover";
	if (offer->server_max_window_bits && !answer->server_max_window_bits)
		return "the server does not grant server_max_window_bits";
	if (offer->server_max_window_bits &&
	    answer->server_max_window_bits > offer->server_max_window_bits)
		return "the server chose a larger server_max_window_bits than was offered";
	if (answer->client_max_window_bits && !offer->client_max_window_bits)
		return "the server chose client_max_window_bits, which was not offered";
	return NULL;
}

const char *nv_deflate_verify(struct nv_bytes parameters, const struct nv_deflate *offer,
                              struct nv_deflate *deflate)
{
	struct nv_deflate answer;
	const char *problem = read_parameters(parameters, 0, &answer);

	if (!problem)
		problem = compare(offer, &answer);
	if (problem)
		return problem;
	answer.agreed = true;
	/* RFC 7692 7.1.1.2: an offer of it is a promise, whether the answer repeats it or not. */
	if (offer->client_no_context_takeover)
		answer.client_no_context_takeover = true;
	*deflate = answer;
	return NULL;
}

static void write_bits(const char *name, uint8_t bits, struct nv_text *text)
{
	if (bits == 0)
		return;
	nv_text_str(text, name);
	nv_text_number(text, bits);
}

static void write_start(const struct nv_deflate *deflate, struct nv_text *text)
{
	nv_text_str(text, "Sec-WebSocket-Extensions: " NV_PERMESSAGE_DEFLATE);
	if (deflate->server_no_context_takeover)
		nv_text_str(text, "; server_no_context_takeover");
	if (deflate->client_no_context_takeover)
		nv_text_str(text, "; client_no_context_takeover");
	write_bits("; server_max_window_bits=", deflate->server_max_window_bits, text);
}

void nv_deflate_write_offer(const struct nv_deflate *offer, struct nv_text *text)
{
	write_start(offer, text);
	nv_text_str(text, "; client_max_window_bits\r\n");
}

void nv_deflate_write_answer(const struct nv_deflate *deflate, struct nv_text *text)
{
	write_start(deflate, text);
	write_bits("; client_max_window_bits=", deflate->client_max_window_bits, text);
	nv_text_str(text, "\r\n");
}
