/* SPDX-License-Identifier: MIT */
/* test_session_small.c: who takes small messages first hears the same as who only asks for the next
 * event, whatever arrives and however it is cut. */
#include "proto/session_small.h"

#include <stdio.h>

#include "proto/sessions.h"
#include "support/blob.h"

static struct blob heard;
static size_t taken;

static void note(enum nv_event_type type, unsigned int opcode, uint16_t status,
                 struct nv_bytes data)
{
	char head[64];
	int len = snprintf(head, sizeof head, "%d,%u,%u,%zu:", (int)type, opcode, status, data.len);

	blob_append(&heard, head, (size_t)len);
	if (data.len > 0)
		blob_append(&heard, data.data, data.len);
}

static bool take(struct nv_session *session)
{
	uint8_t *data;
	size_t len;
	unsigned int opcode = nv_session_take_small(session, &data, &len);

	if (!opcode)
		return false;
	taken++;
	note(NV_EVENT_MESSAGE, opcode, 0, (struct nv_bytes){ data, len });
	return true;
}

static void hear(struct nv_session *session, const uint8_t *bytes, size_t len, bool small)
{
	uint8_t *copy = malloc(len + 1);
	struct nv_event event;
	bool through;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	nv_session_feed(session, copy, len);
	for (;;) {
		if (small && take(session))
			continue;
		through = nv_session_is_through(session);
		if (!nv_session_next(session, &event))
			break;
		assert_false(through);
		note(event.type, event.opcode, event.status, event.data);
	}
	free(copy);
}

/* All that a session hears and answers, in two pieces. */
static struct blob run(const struct nv_session_options *options, const struct blob *stream,
                       size_t cut, bool small)
{
	struct nv_session *session = nv_session_new(options);
	struct nv_bytes output;

	assert_non_null(session);
	heard = (struct blob){ 0 };
	hear(session, stream->data, cut, small);
	hear(session, stream->data + cut, stream->len - cut, small);
	output = nv_session_output(session);
	note(0, 0, 0, output);
	nv_session_free(session);
	return heard;
}

static void assert_same(const struct nv_session_options *options, const struct blob *stream)
{
	for (size_t cut = 0; cut <= stream->len; cut++) {
		struct blob plain = run(options, stream, cut, false);
		struct blob small = run(options, stream, cut, true);

		assert_int_equal(small.len, plain.len);
		assert_memory_equal(small.data, plain.data, plain.len);
		blob_free(&plain);
		blob_free(&small);
	}
}

static void add_frame(struct blob *stream, uint8_t first, const void *data, size_t len)
{
	static const uint8_t key[] = { KEY };
	const uint8_t *bytes = data;
	uint8_t head[8] = { first, (uint8_t)(0x80 | len) };
	size_t size = 2;

	if (len > 125) {
		head[1] = 0x80 | 126;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		size = 4;
	}
	memcpy(head + size, key, sizeof key);
	blob_append(stream, head, size + sizeof key);
	for (size_t i = 0; i < len; i++)
		blob_append(stream, (const uint8_t[]){ bytes[i] ^ key[i % 4] }, 1);
}

static void add_text(struct blob *stream, const char *text)
{
	add_frame(stream, 0x80 | NV_TEXT, text, strlen(text));
}

static void check(const struct nv_session_options *options, struct blob *stream, bool takes)
{
	taken = 0;
	assert_same(options, stream);
	assert_int_equal(taken > 0, takes);
	blob_free(stream);
	*stream = (struct blob){ 0 };
}

static void messages_of_every_length(void **state)
{
	const struct nv_session_options options = { .role = NV_SERVER };
	uint8_t data[130];
	struct blob stream = { 0 };

	memset(data, 'x', sizeof data);
	for (size_t len = 0; len <= sizeof data; len++) {
		add_frame(&stream, 0x80 | NV_TEXT, data, len);
		add_frame(&stream, 0x80 | NV_BINARY, data, len);
		check(&options, &stream, len <= 125);
	}
}

static void text_and_what_is_none(void **state)
{
	static const char *const texts[] = { "h\xc3\xa9", "\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3",
		                             "abcdefgh\xff", "ok\xed\xa0\x80" };
	const struct nv_session_options options = { .role = NV_SERVER };
	struct blob stream = { 0 };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		add_text(&stream, "before");
		add_text(&stream, texts[i]);
		add_text(&stream, "behind");
		check(&options, &stream, true);
		add_frame(&stream, 0x80 | NV_BINARY, texts[i], strlen(texts[i]));
		check(&options, &stream, true);
	}
}

static void all_other_frames(void **state)
{
	static const uint8_t firsts[] = { NV_TEXT,        0x80,     0x80 | NV_PING, 0x80 | NV_PONG,
		                          0xc0 | NV_TEXT, 0x80 | 3, 0x80 | NV_CLOSE };
	const struct nv_session_options options = { .role = NV_SERVER };
	struct blob stream = { 0 };

	for (size_t i = 0; i < sizeof firsts; i++) {
		add_frame(&stream, firsts[i], "\x03\xe8", 2);
		add_text(&stream, "a");
		check(&options, &stream,
		      firsts[i] == (0x80 | NV_PING) || firsts[i] == (0x80 | NV_PONG));
	}
	add_frame(&stream, NV_TEXT, "a", 1);
	add_frame(&stream, 0x80 | NV_PING, "", 0);
	add_frame(&stream, 0x80, "b", 1);
	add_text(&stream, "c");
	check(&options, &stream, true);
	blob_append(&stream, "\x81\x01x", 3);
	check(&options, &stream, false);
}

static void a_limit_holds(void **state)
{
	static const uint32_t limits[] = { 1, 5, 124, 125, 126 };
	struct nv_session_options options = { .role = NV_SERVER };
	uint8_t data[127];
	struct blob stream = { 0 };

	memset(data, 'x', sizeof data);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		options.max_message = limits[i];
		add_frame(&stream, 0x80 | NV_TEXT, data, limits[i]);
		add_text(&stream, "1");
		add_frame(&stream, 0x80 | NV_TEXT, data, limits[i] + 1);
		add_text(&stream, "1");
		check(&options, &stream, limits[i] >= NV_SMALL_MAX);
	}
}

static int next_key(void *context, uint8_t key[4])
{
	memset(key, 7, 4);
	return 0;
}

static void a_client_takes_none(void **state)
{
	const struct nv_session_options options = { .role = NV_CLIENT, .masking_key = next_key };
	struct blob stream = { 0 };

	blob_append(&stream, "\x81\x05hello\x82\x01x", 10);
	check(&options, &stream, false);
	add_text(&stream, "masked");
	check(&options, &stream, false);
}

static void nothing_is_taken_behind_our_close(void **state)
{
	struct nv_session *session = open_server(0, 0, 0);
	struct blob stream = { 0 };
	uint8_t *data;
	size_t len;

	add_text(&stream, "a");
	nv_session_feed(session, stream.data, stream.len);
	assert_int_equal(nv_session_close(session, 1000, nv_str("")), 0);
	assert_int_equal(nv_session_take_small(session, &data, &len), 0);
	nv_session_free(session);
	blob_free(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_every_length),
		cmocka_unit_test(text_and_what_is_none),
		cmocka_unit_test(all_other_frames),
		cmocka_unit_test(a_limit_holds),
		cmocka_unit_test(a_client_takes_none),
		cmocka_unit_test(nothing_is_taken_behind_our_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
