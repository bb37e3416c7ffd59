/* SPDX-License-Identifier: MIT */
/* test_deflate.c: compressed messages both ways, between a session and zlib, and between two sessions:
 * all parameters, large messages, what is never compressed. What a single message may do to a session
 * stands in session/deflate.txt and test_deflate_limits.c. */
#include "proto/deflate_peer.h"

#include <stdlib.h>

#include "support/sanitizer.h"

#define LARGE ((size_t)1 << 20)

/* Of each kind of connection, each way. */
#define LARGE_MESSAGES (SANITIZED ? 1u : 16u)

/* Numbers of all combinations of parameters: whose window is kept, and bits from 8 to 15. */
#define AGREEMENTS 32u

static struct nv_deflate agreement(unsigned number)
{
	uint8_t bits = (uint8_t)(8 + number / 4);

	return (struct nv_deflate){ .agreed = true,
		                    .server_no_context_takeover = number & 1,
		                    .client_no_context_takeover = number & 2,
		                    .server_max_window_bits = bits,
		                    .client_max_window_bits = (uint8_t)(23 - bits) };
}

/* --- To zlib and from it --- */

struct bench {
	struct nv_session *session;
	struct deflate_peer peer;
	struct prng prng;
	uint8_t *text;
};

static void open_bench(struct bench *bench, enum nv_role role, const struct nv_deflate *agreed)
{
	bench->session = open_deflate(role, agreed, (uint32_t)LARGE);
	assert_non_null(bench->session);
	peer_open(&bench->peer, role == NV_SERVER ? NV_CLIENT : NV_SERVER, agreed);
}

static void close_bench(struct bench *bench)
{
	nv_session_free(bench->session);
	peer_close(&bench->peer);
}

/* The session sends the text. */
static bool check_sent(struct bench *bench, size_t len)
{
	struct nv_bytes text = { bench->text, len };
	bool compressed;
	struct blob read;

	assert_int_equal(nv_session_send(bench->session, NV_TEXT, text), 0);
	read = peer_read(&bench->peer, bench->session, &compressed);
	assert_int_equal(read.len, len);
	assert_int_equal(memcmp(read.data, text.data, len), 0);
	blob_free(&read);
	return compressed;
}

/* ... or receives it, in so many frames. */
static void check_received(struct bench *bench, size_t len, size_t frames)
{
	struct blob payload = peer_compress(&bench->peer, (struct nv_bytes){ bench->text, len });
	struct blob wire = { 0 };
	struct nv_event event;

	peer_message(&bench->peer, &wire, NV_TEXT, blob_bytes(&payload), frames);
	nv_session_feed(bench->session, wire.data, wire.len);
	assert_true(nv_session_next(bench->session, &event));
	assert_int_equal(event.type, NV_EVENT_MESSAGE);
	assert_int_equal(event.data.len, len);
	assert_int_equal(memcmp(event.data.data, bench->text, len), 0);
	assert_false(nv_session_next(bench->session, &event));
	blob_free(&wire);
	blob_free(&payload);
}

static void test_large_messages(void **state)
{
	struct bench bench = { .prng = { 17 }, .text = malloc(LARGE) };

	assert_non_null(bench.text);
	for (unsigned number = 0; number < AGREEMENTS; number++) {
		const struct nv_deflate agreed = agreement(number);

		open_bench(&bench, number & 4 ? NV_CLIENT : NV_SERVER, &agreed);
		make_text(&bench.prng, bench.text, LARGE);
		for (size_t i = 0; i < LARGE_MESSAGES; i++) {
			assert_true(check_sent(&bench, LARGE));
			check_received(&bench, LARGE, 1 + i % 3);
		}
		close_bench(&bench);
	}
	free(bench.text);
}

static void test_windows_are_never_passed(void **state)
{
	struct bench bench = { .prng = { 8 }, .text = malloc(3000) };

	assert_non_null(bench.text);
	for (unsigned number = 0; number < 2 * AGREEMENTS; number++) {
		const struct nv_deflate agreed = agreement(number / 2);

		open_bench(&bench, number & 1 ? NV_CLIENT : NV_SERVER, &agreed);
		for (size_t i = 0; i < 100; i++) {
			size_t len = 1 + prng_below(&bench.prng, 3000);

			make_text(&bench.prng, bench.text, len);
			check_sent(&bench, len);
			check_received(&bench, len, 1 + i % 4);
		}
		close_bench(&bench);
	}
	free(bench.text);
}

/* The peer looks back 32 KiB, whatever was agreed on. */
static void test_our_window_is_large(void **state)
{
	struct nv_deflate agreed = { .agreed = true };
	struct nv_deflate told = { true, false, false, 8, 8 };
	struct bench bench = { .prng = { 18 }, .text = malloc(65000) };

	assert_non_null(bench.text);
	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		open_bench(&bench, role, &agreed);
		nv_session_free(bench.session);
		bench.session = open_deflate(role, &told, 65536);
		prng_fill(&bench.prng, bench.text, 65000);
		for (size_t i = 0; i < 65000; i++)
			bench.text[i] = i < 32500 ? bench.text[i] & 0x7f : bench.text[i - 32500];
		check_received(&bench, 65000, 1);
		check_received(&bench, 32500, 2);
		close_bench(&bench);
	}
	free(bench.text);
}

/* --- Two sessions --- */

/* Moves what `from` has to say, in pieces, and answers with the message that arrives. */
static struct blob pass(struct nv_session *from, struct nv_session *to, size_t piece)
{
	struct blob wire = { 0 };
	struct blob message = { 0 };
	struct nv_event event;
	struct nv_bytes output = nv_session_output(from);

	blob_append(&wire, output.data, output.len);
	nv_session_consume(from, output.len);
	for (size_t at = 0; at < wire.len; at += piece) {
		nv_session_feed(to, wire.data + at, wire.len - at < piece ? wire.len - at : piece);
		while (nv_session_next(to, &event)) {
			assert_int_equal(event.type, NV_EVENT_MESSAGE);
			blob_append(&message, event.data.data, event.data.len);
		}
	}
	blob_free(&wire);
	return message;
}

static void send_in_parts(struct nv_session *session, struct nv_bytes text, size_t part)
{
	for (size_t at = 0; at == 0 || at < text.len; at += part) {
		bool last = text.len - at <= part;
		struct nv_bytes piece = { text.data + at, last ? text.len - at : part };

		assert_int_equal(
			nv_session_send_part(session, at ? NV_CONTINUATION : NV_TEXT, piece, last),
			0);
	}
}

static void check_echo(struct nv_session *client, struct nv_session *server, struct nv_bytes text,
                       size_t part)
{
	struct blob there, back;

	if (part)
		send_in_parts(client, text, part);
	else
		assert_int_equal(nv_session_send(client, NV_TEXT, text), 0);
	there = pass(client, server, 1000);
	assert_int_equal(there.len, text.len);
	assert_int_equal(nv_session_send(server, NV_TEXT, blob_bytes(&there)), 0);
	back = pass(server, client, SIZE_MAX);
	assert_int_equal(back.len, text.len);
	assert_true(text.len == 0 || memcmp(back.data, text.data, text.len) == 0);
	blob_free(&there);
	blob_free(&back);
}

static void test_echoes_of_all_sizes(void **state)
{
	static const size_t sizes[] = { 0,    1,    2,    16,    64,    127,   128,   256,
		                        1024, 4096, 8192, 16384, 32768, 65535, 65536, 131072 };
	static const size_t parts[] = { 0, 256, 1000, 65536 };
	static uint8_t text[131072];
	struct prng prng = { 22 };

	for (unsigned number = 0; number < AGREEMENTS; number++) {
		const struct nv_deflate agreed = agreement(number);
		struct nv_session *client = open_deflate(NV_CLIENT, &agreed, sizeof(text));
		struct nv_session *server = open_deflate(NV_SERVER, &agreed, sizeof(text));

		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct nv_bytes message = { text, sizes[i] };

			make_text(&prng, text, sizes[i]);
			check_echo(client, server, message, parts[(i + number) % 4]);
			check_echo(client, server, message, 0);
		}
		nv_session_free(client);
		nv_session_free(server);
	}
}

/* --- Whose encoding it is --- */

static struct blob encode(struct nv_session *session, const char *text)
{
	struct blob wire = { 0 };
	struct nv_bytes output;

	assert_int_equal(nv_session_send(session, NV_TEXT, nv_str(text)), 0);
	output = nv_session_output(session);
	blob_append(&wire, output.data, output.len);
	nv_session_consume(session, output.len);
	return wire;
}

static const char *const said = "the same to all of them, the same to all of them";

/* How a server says it, for the second time. */
static struct blob encode_again(const struct nv_deflate *agreed)
{
	struct nv_session_options plain = { 0 };
	struct nv_session *session =
		agreed ? open_deflate(NV_SERVER, agreed, 0) : nv_session_new(&plain);
	struct blob wire = encode(session, said);

	blob_free(&wire);
	wire = encode(session, said);
	nv_session_free(session);
	return wire;
}

static void test_encodings_follow_the_parameters(void **state)
{
	const struct nv_deflate alone = { .agreed = true, .server_no_context_takeover = true };
	const struct nv_deflate kept = { .agreed = true };
	struct blob plain = encode_again(NULL);
	struct blob one = encode_again(&alone);
	struct blob other = encode_again(&alone);
	struct blob third = encode_again(&kept);

	assert_int_equal(plain.data[0], 0x81);
	assert_int_equal(one.data[0], 0xc1);
	assert_true(blob_same(&one, &other));
	assert_true(one.len < plain.len);
	assert_true(third.len < one.len);
	blob_free(&plain);
	blob_free(&one);
	blob_free(&other);
	blob_free(&third);
}

/* --- Never compressed --- */

static const char *const secret = "a token of 48 characters that nobody must guess!";

static void test_a_secret_is_not_in_the_window(void **state)
{
	const struct nv_deflate agreed = { .agreed = true };
	struct bench bench = { .text = (uint8_t *)secret };
	struct blob read, before, after;
	bool compressed;

	for (enum nv_role role = NV_SERVER; role <= NV_CLIENT; role++) {
		open_bench(&bench, role, &agreed);
		before = encode(bench.session, secret);
		close_bench(&bench);
		open_bench(&bench, role, &agreed);
		assert_int_equal(
			nv_session_send_uncompressed(bench.session, NV_TEXT, nv_str(secret)), 0);
		read = peer_read(&bench.peer, bench.session, &compressed);
		assert_false(compressed);
		assert_int_equal(read.len, strlen(secret));
		assert_memory_equal(read.data, secret, read.len);
		/* Its length tells nothing about the secret before it. */
		after = encode(bench.session, secret);
		assert_int_equal(after.len, before.len);
		assert_int_equal(nv_session_send_part(bench.session, NV_TEXT, nv_str("a"), false),
		                 0);
		assert_int_equal(nv_session_send_uncompressed(bench.session, NV_TEXT, nv_str("b")),
		                 NV_ERR_STATE);
		assert_int_equal(
			nv_session_send_uncompressed(bench.session, NV_CONTINUATION, nv_str("b")),
			NV_ERR_INVALID);
		blob_free(&read);
		blob_free(&before);
		blob_free(&after);
		close_bench(&bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("D-17 P-04 P-05 P-08 P-29 1,000 messages of 1 MiB, all parameters",
		          test_large_messages),
		unit_case("P-04 P-05 P-08 P-29 no window is passed, from message to message",
		          test_windows_are_never_passed),
		unit_case("D-18 P-03 a peer may look back 32 KiB", test_our_window_is_large),
		unit_case("D-22 D-03 echoes of all sizes, with all parameters, in parts and whole",
		          test_echoes_of_all_sizes),
		unit_case("D-20 an encoding is the same where parameters are the same",
		          test_encodings_follow_the_parameters),
		unit_case("D-21 a message that is sent uncompressed leaves no trace in the window",
		          test_a_secret_is_not_in_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
