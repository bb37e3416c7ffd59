/* SPDX-License-Identifier: MIT */
/* test_deflate_agreement.c: every offer of permessage-deflate to every server, every answer to every
 * client, and both together. */
#include "proto/deflate_heads.h"

/* How a parameter may stand there; no text: not at all. */
struct form {
	const char *text;
	uint8_t meaning;
	bool may_be_offered;
	bool may_be_answered;
};

static const struct form flag_forms[] = {
	{ NULL, 0, true, true },
	{ "", 1, true, true },
	{ "=1", 0, false, false },
};

static const struct form server_forms[] = {
	{ NULL, 0, true, true },    { "=8", 8, true, true },   { "=9", 9, true, true },
	{ "=12", 12, true, true },  { "=13", 13, true, true }, { "=15", 15, true, true },
	{ "=16", 0, false, false }, { "", 0, false, false },
};

static const struct form client_forms[] = {
	{ NULL, 0, true, true },   { "=8", 8, true, true },   { "=9", 9, true, true },
	{ "=12", 12, true, true }, { "=14", 14, true, true }, { "=15", 15, true, true },
	{ "=7", 0, false, false }, { "", 15, true, false },
};

#define FLAGS COUNT(flag_forms)
#define LISTS (FLAGS * FLAGS * COUNT(server_forms) * COUNT(client_forms))

struct list {
	char text[256];
	struct nv_deflate meaning;
	bool may_be_offered;
	bool may_be_answered;
};

static uint8_t add(struct list *list, const char *name, const struct form *form)
{
	if (form->text)
		sprintf(list->text + strlen(list->text), "; %s%s", name, form->text);
	list->may_be_offered &= form->may_be_offered;
	list->may_be_answered &= form->may_be_answered;
	return form->meaning;
}

static struct list list_of(size_t number)
{
	const struct form *server_flag = &flag_forms[number % FLAGS];
	const struct form *client_flag = &flag_forms[number / FLAGS % FLAGS];
	const struct form *server = &server_forms[number / (FLAGS * FLAGS) % COUNT(server_forms)];
	const struct form *client = &client_forms[number / (LISTS / COUNT(client_forms))];
	struct list list = { PMD, { 0 }, true, true };
	struct nv_deflate *meaning = &list.meaning;

	/* The order of the parameters means nothing. */
	if (number % 2)
		meaning->client_max_window_bits = add(&list, "client_max_window_bits", client);
	meaning->server_no_context_takeover =
		add(&list, "server_no_context_takeover", server_flag) != 0;
	meaning->client_no_context_takeover =
		add(&list, "client_no_context_takeover", client_flag) != 0;
	meaning->server_max_window_bits = add(&list, "server_max_window_bits", server);
	if (number % 2 == 0)
		meaning->client_max_window_bits = add(&list, "client_max_window_bits", client);
	return list;
}

static int at_most(int limit, int bits)
{
	return bits > limit ? limit : bits;
}

/* What a server has to answer, in words. */
static void expected_answer(const struct nv_compression *ours, const struct list *offer, char *out)
{
	int window = ours->window_bits ? ours->window_bits : 12;
	int server = at_most(window, offer->meaning.server_max_window_bits);
	int client = at_most(ours->peer_window_bits, offer->meaning.client_max_window_bits);
	bool peer = ours->peer_window_bits >= 8 && ours->peer_window_bits <= 14;

	*out = '\0';
	if (!offer->may_be_offered)
		return;
	out += sprintf(out, PMD);
	if (!ours->context_takeover || offer->meaning.server_no_context_takeover)
		out += sprintf(out, "; server_no_context_takeover");
	if (!ours->context_takeover || offer->meaning.client_no_context_takeover)
		out += sprintf(out, "; client_no_context_takeover");
	if (server)
		out += sprintf(out, "; server_max_window_bits=%d", server);
	if (client && peer)
		sprintf(out, "; client_max_window_bits=%d", client);
}

static struct nv_compression compression_of(size_t number)
{
	return (struct nv_compression){ .enabled = true,
		                        .context_takeover = number % 2,
		                        .window_bits = all_bits[number / 2 % 9],
		                        .peer_window_bits = all_bits[number / 18 % 9] };
}

#define COMPRESSIONS (2u * 9u * 9u)

static void every_offer(void **state)
{
	for (size_t i = 0; i < LISTS; i++) {
		struct list offer = list_of(i);
		char text[512], expected[256];
		struct nv_deflate deflate;
		struct nv_head *request;

		snprintf(text, sizeof text, REQUEST_START FIELD "%s\r\n\r\n", offer.text);
		request = parse_once(NV_REQUEST, text);
		for (size_t j = 0; j < COMPRESSIONS; j++) {
			struct nv_compression ours = compression_of(j);

			expected_answer(&ours, &offer, expected);
			assert_string_equal(answer_of(request, &ours, &deflate), expected);
		}
		nv_head_free(request);
	}
}

/* What a client has to think of an answer, in words. */
static bool opens(const struct nv_compression *ours, const struct list *answer)
{
	const struct nv_deflate *meaning = &answer->meaning;

	if (!answer->may_be_answered)
		return false;
	if (!ours->context_takeover && !meaning->server_no_context_takeover)
		return false;
	if (ours->peer_window_bits == 0 || ours->peer_window_bits == 15)
		return true;
	return meaning->server_max_window_bits != 0 &&
	       meaning->server_max_window_bits <= ours->peer_window_bits;
}

static void expect_terms(struct nv_deflate found, struct nv_deflate expected)
{
	assert_int_equal(found.agreed, expected.agreed);
	assert_int_equal(found.server_no_context_takeover, expected.server_no_context_takeover);
	assert_int_equal(found.client_no_context_takeover, expected.client_no_context_takeover);
	assert_int_equal(found.server_max_window_bits, expected.server_max_window_bits);
	assert_int_equal(found.client_max_window_bits, expected.client_max_window_bits);
}

static void every_answer(void **state)
{
	for (size_t i = 0; i < LISTS; i++) {
		struct list answer = list_of(i);
		char text[512];
		struct nv_head *response;

		snprintf(text, sizeof text, ANSWER_START FIELD "%s\r\n\r\n", answer.text);
		response = parse_once(NV_RESPONSE, text);
		for (size_t j = 0; j < COMPRESSIONS; j++) {
			struct nv_compression ours = compression_of(j);
			struct nv_handshake_offer offer = offer_of(&ours);
			struct nv_deflate expected = answer.meaning;
			struct nv_bytes subprotocol;
			struct nv_deflate deflate;
			struct nv_problem problem =
				nv_handshake_verify(response, &offer, &subprotocol, &deflate);

			expected.agreed = true;
			expected.client_no_context_takeover |= !ours.context_takeover;
			assert_int_equal(!problem.text, opens(&ours, &answer));
			expect_terms(deflate, problem.text ? (struct nv_deflate){ 0 } : expected);
		}
		nv_head_free(response);
	}
}

/* Whatever this client asks for, this server meets, and both mean the same by it. */
static void round_trip(const struct nv_compression *client, const struct nv_compression *server)
{
	struct nv_handshake_offer offer = offer_of(client);
	struct nv_deflate chosen, understood;
	struct nv_bytes subprotocol;
	char out[1024];
	struct nv_head *head;

	out[nv_handshake_request(&offer, out, sizeof out - 1)] = '\0';
	head = parse_once(NV_REQUEST, out);
	assert_int_equal(nv_handshake_check(head).status, 0);
	assert_true(nv_handshake_deflate(head, server, &chosen));
	out[nv_handshake_accept(head, NULL, &chosen, NULL, out, sizeof out - 1)] = '\0';
	nv_head_free(head);
	head = parse_once(NV_RESPONSE, out);
	assert_null(nv_handshake_verify(head, &offer, &subprotocol, &understood).text);
	expect_terms(understood, chosen);
	assert_int_equal(chosen.server_no_context_takeover,
	                 !client->context_takeover || !server->context_takeover);
	assert_int_equal(chosen.client_no_context_takeover, chosen.server_no_context_takeover);
	nv_head_free(head);
}

static void every_client_meets_every_server(void **state)
{
	for (size_t i = 0; i < COMPRESSIONS; i++) {
		struct nv_compression client = compression_of(i);

		for (size_t j = 0; j < COMPRESSIONS; j++) {
			struct nv_compression server = compression_of(j);

			round_trip(&client, &server);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("HS-45 P-01 P-09 every combination of parameters in an offer",
		          every_offer),
		unit_case("P-20 P-28 every combination of parameters in an answer", every_answer),
		cmocka_unit_test(every_client_meets_every_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
