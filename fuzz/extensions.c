/* SPDX-License-Identifier: MIT */
/* extensions.c: offers and answers of permessage-deflate as input, and a second opinion on them. */
#include "extensions.h"

#include "proto/extension.h"

enum term {
	SERVER_NO_CONTEXT_TAKEOVER,
	CLIENT_NO_CONTEXT_TAKEOVER,
	SERVER_MAX_WINDOW_BITS,
	CLIENT_MAX_WINDOW_BITS,
	TERMS
};

static const char *const names[TERMS] = { "server_no_context_takeover",
	                                  "client_no_context_takeover", "server_max_window_bits",
	                                  "client_max_window_bits" };

static uint8_t input_digit(struct input *input)
{
	return input->len ? (uint8_t)(input_byte(input) - '0') : 0;
}

struct nv_compression input_compression(struct input *input)
{
	uint8_t flags = input_digit(input);
	struct nv_compression compression = { .enabled = flags & 2, .context_takeover = flags & 1 };

	compression.window_bits = input_digit(input);
	compression.peer_window_bits = input_digit(input);
	return compression;
}

static int feed(struct nv_head *head, struct nv_bytes bytes)
{
	uint8_t *copy = copy_of(bytes);
	size_t used;
	int result = nv_head_feed(head, copy, bytes.len, &used);

	free(copy);
	return result;
}

struct nv_head *input_extensions(struct input *input, enum nv_head_kind kind, const char *start)
{
	struct nv_head *head = nv_head_new(kind);
	int result;

	must(head != NULL);
	must(feed(head, nv_str(start)) == 0);
	do {
		(void)feed(head, nv_str("Sec-WebSocket-Extensions: "));
		(void)feed(head, input_until(input, '\n'));
		result = feed(head, nv_str("\r\n"));
	} while (input->len > 0 && result == 0);
	if (result == 0)
		result = feed(head, nv_str("\r\n"));
	if (result == 1)
		return head;
	nv_head_free(head);
	return NULL;
}

static enum term term_of(struct nv_bytes name)
{
	int term = 0;

	while (term < TERMS && !nv_bytes_is(name, names[term]))
		term++;
	return (enum term)term;
}

/* 0: not one that is allowed. */
static uint8_t bits_of(struct nv_bytes value)
{
	static const char *const numbers[] = { "8", "9", "10", "11", "12", "13", "14", "15" };
	char *text = (char *)copy_of(value);
	size_t len = 0;
	uint8_t bits = 0;

	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] != '\\')
			text[len++] = (char)value.data[i];
	text[len] = '\0';
	for (uint8_t i = 0; i < 8; i++)
		if (strcmp(text, numbers[i]) == 0)
			bits = (uint8_t)(8 + i);
	free(text);
	return bits;
}

/* How often each term stands there, and its value; the value is 15 where there is none. */
struct count {
	size_t times[TERMS + 1];
	bool valued[TERMS + 1];
	uint8_t bits[TERMS + 1];
};

static struct count count_terms(struct nv_bytes rest)
{
	struct count count = { 0 };
	struct nv_parameter parameter;

	while (nv_parameter_next(&rest, &parameter)) {
		enum term term = term_of(parameter.name);

		count.times[term]++;
		count.valued[term] = parameter.value.data != NULL;
		count.bits[term] = parameter.value.data ? bits_of(parameter.value) : 15;
	}
	return count;
}

bool terms_read(struct nv_bytes parameters, bool offered, struct nv_deflate *terms)
{
	struct count count = count_terms(parameters);

	for (int term = 0; term < TERMS; term++)
		if (count.times[term] > 1)
			return false;
	if (count.times[TERMS] > 0)
		return false;
	if (count.valued[SERVER_NO_CONTEXT_TAKEOVER] || count.valued[CLIENT_NO_CONTEXT_TAKEOVER])
		return false;
	if (count.times[SERVER_MAX_WINDOW_BITS] && !count.valued[SERVER_MAX_WINDOW_BITS])
		return false;
	if (count.times[CLIENT_MAX_WINDOW_BITS] && !count.valued[CLIENT_MAX_WINDOW_BITS] &&
	    !offered)
		return false;
	if (count.times[SERVER_MAX_WINDOW_BITS] && !count.bits[SERVER_MAX_WINDOW_BITS])
		return false;
	if (count.times[CLIENT_MAX_WINDOW_BITS] && !count.bits[CLIENT_MAX_WINDOW_BITS])
		return false;
	terms->agreed = true;
	terms->server_no_context_takeover = count.times[SERVER_NO_CONTEXT_TAKEOVER] > 0;
	terms->client_no_context_takeover = count.times[CLIENT_NO_CONTEXT_TAKEOVER] > 0;
	terms->server_max_window_bits = count.bits[SERVER_MAX_WINDOW_BITS];
	terms->client_max_window_bits = count.bits[CLIENT_MAX_WINDOW_BITS];
	return true;
}

void must_agree(const struct nv_deflate *a, const struct nv_deflate *b)
{
	must(a->agreed == b->agreed);
	must(a->server_no_context_takeover == b->server_no_context_takeover);
	must(a->client_no_context_takeover == b->client_no_context_takeover);
	must(a->server_max_window_bits == b->server_max_window_bits);
	must(a->client_max_window_bits == b->client_max_window_bits);
}
