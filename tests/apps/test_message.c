/* SPDX-License-Identifier: MIT */
/* test_message.c: the JSON messages of the chat, read and written, with and without memory. */
#include "serve/message.h"

#include <jansson.h>

#include "support/unit.h"

#define NO_OBJECT "Le message n'est pas un objet JSON"
#define TOO_DEEP "JSON trop imbriqué (32 niveaux au plus)"
#define TWICE "JSON invalide : une clé y est deux fois"
#define BROKEN "JSON invalide vers l'octet "

static void assert_read(const char *text, enum nv_message_kind kind, const char *expected)
{
	struct nv_message message;

	nv_message_read(&message, nv_str(text));
	assert_int_equal(message.kind, kind);
	if (kind == NV_MESSAGE_NONE || kind == NV_MESSAGE_WRONG)
		assert_memory_equal(message.problem, expected, strlen(expected));
	else if (expected)
		assert_true(nv_bytes_is(message.text, expected));
	nv_message_deinit(&message);
}

static void reads_the_three_types(void **state)
{
	assert_read("{\"type\":\"message\",\"contenu\":\"é\"}", NV_MESSAGE_SAID, "é");
	assert_read("{\"contenu\":\"\",\"type\":\"message\"}", NV_MESSAGE_SAID, "");
	assert_read("{\"type\":\"pseudo\",\"pseudo\":\"Zoé\"}", NV_MESSAGE_NAME, "Zoé");
	assert_read(" \t\r\n{ \"type\" : \"ping\" , \"x\" : [ 1.5, true ] } ", NV_MESSAGE_PING,
	            NULL);
	assert_read("{\"type\":\"message\",\"contenu\":\"\\u00e9\\ud83d\\ude00\"}", NV_MESSAGE_SAID,
	            "é\U0001F600");
}

static void reads_zero_bytes(void **state)
{
	struct nv_message message;

	nv_message_read(&message, nv_str("{\"type\":\"message\",\"contenu\":\"a\\u0000b\"}"));
	assert_int_equal(message.kind, NV_MESSAGE_SAID);
	assert_int_equal(message.text.len, 3);
	assert_memory_equal(message.text.data, "a\0b", 3);
	nv_message_deinit(&message);
}

static void takes_other_text_for_none(void **state)
{
	assert_read("", NV_MESSAGE_NONE, NO_OBJECT);
	assert_read("bonjour", NV_MESSAGE_NONE, NO_OBJECT);
	assert_read("[{}]", NV_MESSAGE_NONE, NO_OBJECT);
	assert_read("\uFEFF{\"type\":\"ping\"}", NV_MESSAGE_NONE, NO_OBJECT);
	assert_read("{}", NV_MESSAGE_NONE, "Il manque la chaîne « type »");
	assert_read("{\"type\":1}", NV_MESSAGE_NONE, "Il manque la chaîne « type »");
	assert_read("{\"type\":\"ping\"", NV_MESSAGE_NONE, BROKEN);
	assert_read("{\"type\":\"ping\"} x", NV_MESSAGE_NONE, BROKEN);
	assert_read("{\"type\":\"\\ud800\"}", NV_MESSAGE_NONE, BROKEN);
	assert_read("{\"type\":\"ping\",\"n\":1e999999}", NV_MESSAGE_NONE, BROKEN);
	assert_read("{\"type\":\"ping\",\"type\":\"ping\"}", NV_MESSAGE_NONE, TWICE);
	assert_read("{\"type\":\"ping\",\"x\":{\"a\":1,\"a\":1}}", NV_MESSAGE_NONE, TWICE);
}

static void says_what_is_wrong(void **state)
{
	assert_read("{\"type\":\"\"}", NV_MESSAGE_WRONG, "Type de message inconnu");
	assert_read("{\"type\":\"Ping\"}", NV_MESSAGE_WRONG, "Type de message inconnu");
	assert_read("{\"type\":\"ping\\u0000\"}", NV_MESSAGE_WRONG, "Type de message inconnu");
	assert_read("{\"type\":\"message\"}", NV_MESSAGE_WRONG, "Il manque la chaîne « contenu »");
	assert_read("{\"type\":\"message\",\"contenu\":[\"x\"]}", NV_MESSAGE_WRONG,
	            "Il manque la chaîne « contenu »");
	assert_read("{\"type\":\"pseudo\",\"contenu\":\"x\"}", NV_MESSAGE_WRONG,
	            "Il manque la chaîne « pseudo »");
}

/* `levels` in all, the outermost object among them. */
static void assert_nested(size_t levels, enum nv_message_kind kind)
{
	char text[512] = "{\"type\":\"ping\",\"x\":";
	size_t len = strlen(text);

	memset(text + len, '[', levels - 1);
	memset(text + len + levels - 1, ']', levels - 1);
	strcpy(text + len + 2 * (levels - 1), "}");
	assert_read(text, kind, kind == NV_MESSAGE_NONE ? TOO_DEEP : NULL);
}

static void counts_levels(void **state)
{
	assert_nested(32, NV_MESSAGE_PING);
	assert_nested(33, NV_MESSAGE_NONE);
	assert_read("{\"type\":\"ping\",\"x\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{\\\\\"}",
	            NV_MESSAGE_PING, NULL);
	assert_read(
		"{\"type\":\"ping\",\"x\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
		"[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}",
		NV_MESSAGE_PING, NULL);
}

static void assert_written(char *text, const char *expected)
{
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void writes_in_the_order_of_the_wire(void **state)
{
	assert_written(
		nv_message_said("Zoé", nv_str("a\"\\\n/é"), "2026-11-23 14:05:09"),
		"{\"type\":\"message\",\"expediteur\":\"Zoé\",\"contenu\":\"a\\\"\\\\\\n/é\","
		"\"timestamp\":\"2026-11-23 14:05:09\"}");
	assert_written(nv_message_said("a", (struct nv_bytes){ (const uint8_t *)"\0", 1 }, ""),
	               "{\"type\":\"message\",\"expediteur\":\"a\",\"contenu\":\"\\u0000\","
	               "\"timestamp\":\"\"}");
	assert_written(nv_message_said("a", (struct nv_bytes){ NULL, 0 }, ""),
	               "{\"type\":\"message\",\"expediteur\":\"a\",\"contenu\":\"\","
	               "\"timestamp\":\"\"}");
	assert_written(nv_message_system("Zoé a rejoint le chat"),
	               "{\"type\":\"systeme\",\"contenu\":\"Zoé a rejoint le chat\"}");
	assert_written(nv_message_error("Message trop grand"),
	               "{\"type\":\"erreur\",\"message\":\"Message trop grand\"}");
}

/* --- Without memory --- */

static size_t until_failure;

static void *failing_malloc(size_t size)
{
	return until_failure > 0 && until_failure-- > 0 ? malloc(size) : NULL;
}

/* Reading gives a message of this type, or none; never another. */
static void survives_every_failed_allocation(void **state)
{
	struct nv_message message;
	char *text = NULL;

	json_set_alloc_funcs(failing_malloc, free);
	for (size_t i = 0; !text; i++) {
		until_failure = i;
		text = nv_message_said("a", nv_str("b"), "c");
	}
	free(text);
	message.kind = NV_MESSAGE_NONE;
	for (size_t i = 0; message.kind != NV_MESSAGE_SAID; i++) {
		until_failure = i;
		nv_message_read(&message, nv_str("{\"type\":\"message\",\"contenu\":\"x\"}"));
		assert_true(message.kind == NV_MESSAGE_NONE || message.kind == NV_MESSAGE_SAID);
		nv_message_deinit(&message);
	}
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_three_types),
		cmocka_unit_test(reads_zero_bytes),
		cmocka_unit_test(takes_other_text_for_none),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(counts_levels),
		cmocka_unit_test(writes_in_the_order_of_the_wire),
		cmocka_unit_test(survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
