/* SPDX-License-Identifier: MIT */
/* test_deflate_limits.c: what one compressed message can do to a session: messages that are cut off,
 * damaged, too large or far too large, and the want of memory. */
#include "proto/deflate_peer.h"

#include <stdlib.h>
#include <time.h>

#include "support/failing_alloc.h"

static const struct nv_deflate kept = { .agreed = true };
static const struct nv_deflate alone = { .agreed = true,
	                                 .server_no_context_takeover = true,
	                                 .client_no_context_takeover = true };

/* The server's own window needs memory too, which is not the peer's to use. */
static const struct nv_deflate kept_received = { .agreed = true,
	                                         .server_no_context_takeover = true };

/* What a session made of a message: its status, or 0 and the message. */
struct outcome {
	uint16_t status;
	struct blob message;
};

/* Feeds a server one message, in so many frames, and at most `piece` bytes at once. */
static struct outcome receive(struct nv_session *session, enum nv_opcode opcode,
                              struct nv_bytes payload, size_t frames, size_t piece)
{
	const struct deflate_peer peer = { .role = NV_CLIENT };
	struct outcome outcome = { 0 };
	struct blob wire = { 0 };
	struct nv_event event;
	size_t events = 0;

	peer_message(&peer, &wire, opcode, payload, frames);
	for (size_t at = 0; at < wire.len; at += piece) {
		nv_session_feed(session, wire.data + at,
		                wire.len - at < piece ? wire.len - at : piece);
		for (; nv_session_next(session, &event); events++) {
			outcome.status = event.status;
			blob_append(&outcome.message, event.data.data, event.data.len);
		}
	}
	assert_int_equal(events, 1);
	blob_free(&wire);
	return outcome;
}

/* The status that a session of its own gives a message. */
static uint16_t judge(const struct nv_deflate *agreed, uint32_t max_message,
                      struct nv_bytes payload, size_t frames, size_t piece)
{
	struct nv_session *session = open_deflate(NV_SERVER, agreed, max_message);
	struct outcome outcome = receive(session, NV_BINARY, payload, frames, piece);

	blob_free(&outcome.message);
	nv_session_free(session);
	return outcome.status;
}

static struct blob compressed(struct nv_bytes data)
{
	struct deflate_peer peer;
	struct blob payload;

	peer_open(&peer, NV_CLIENT, &kept);
	payload = peer_compress(&peer, data);
	peer_close(&peer);
	return payload;
}

/* --- Cut off and damaged --- */

#define TEXT 4000u

/* zlib's own verdict: all of the message, when it ends with a block and with a byte, as behind a final
 * block of which nothing is left. */
static bool zlib_takes(struct nv_bytes payload, struct blob *data)
{
	uint8_t input[2 * TEXT], room[4096];
	z_stream stream = { 0 };
	int result;
	bool at_end = false;
	bool whole;

	memcpy(input, payload.data, payload.len);
	memcpy(input + payload.len, "\0\0\xff\xff", 4);
	assert_int_equal(inflateInit2(&stream, -15), Z_OK);
	stream.next_in = input;
	stream.avail_in = (uInt)payload.len + 4;
	do {
		stream.next_out = room;
		stream.avail_out = sizeof(room);
		result = inflate(&stream, Z_SYNC_FLUSH);
		blob_append(data, room, sizeof(room) - stream.avail_out);
		at_end = result == Z_STREAM_END || (at_end && result == Z_BUF_ERROR);
		if (result == Z_STREAM_END)
			inflateResetKeep(&stream);
	} while (stream.avail_out == 0 || result == Z_STREAM_END);
	whole = result != Z_DATA_ERROR && stream.avail_in == 0 &&
	        (stream.data_type == 128 || at_end);
	inflateEnd(&stream);
	return whole;
}

static void check_as_zlib(const struct nv_deflate *agreed, struct nv_bytes payload, size_t frames)
{
	struct nv_session *session = open_deflate(NV_SERVER, agreed, 1 << 24);
	struct outcome outcome = receive(session, NV_BINARY, payload, frames, SIZE_MAX);
	struct blob expected = { 0 };

	if (zlib_takes(payload, &expected)) {
		assert_int_equal(outcome.status, 0);
		assert_true(blob_same(&outcome.message, &expected));
	} else {
		assert_int_equal(outcome.status, 1007);
	}
	blob_free(&expected);
	blob_free(&outcome.message);
	nv_session_free(session);
}

static struct blob some_message(void)
{
	struct prng prng = { 12 };
	uint8_t text[TEXT];

	for (size_t i = 0; i < TEXT; i++)
		text[i] = (uint8_t)("{\"type\": 12}"[prng_below(&prng, 12)]);
	return compressed((struct nv_bytes){ text, TEXT });
}

static void test_every_prefix(void **state)
{
	struct blob message = some_message();

	assert_in_range(message.len, 1200, TEXT);
	for (size_t len = 1; len < message.len; len++) {
		struct nv_bytes prefix = { message.data, len };

		check_as_zlib(&kept, prefix, 1);
		check_as_zlib(&alone, prefix, 1);
		check_as_zlib(&alone, prefix, 2);
	}
	blob_free(&message);
}

static void test_every_bit_turned(void **state)
{
	struct blob message = some_message();

	for (size_t bit = 0; bit < 8 * message.len; bit++) {
		message.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		check_as_zlib(&kept, blob_bytes(&message), 1);
		check_as_zlib(&alone, blob_bytes(&message), 1);
		message.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	blob_free(&message);
}

static void test_made_up_data(void **state)
{
	struct prng prng = { 13 };
	uint8_t data[64];

	for (unsigned i = 0; i < 20000; i++) {
		struct nv_bytes payload = { data, 1 + prng_below(&prng, sizeof(data)) };

		prng_fill(&prng, data, sizeof(data));
		check_as_zlib(i % 2 ? &kept : &alone, payload, 1);
	}
}

/* --- To the byte --- */

/* What grows: zeros much, text somewhat, random bytes not at all. */
static void make_data(unsigned kind, uint8_t *data, size_t len)
{
	struct prng prng = { 15 };

	memset(data, 0, len);
	if (kind == 1)
		make_text(&prng, data, len);
	else if (kind == 2)
		prng_fill(&prng, data, len);
}

static void check_limit(const uint8_t *data, size_t limit)
{
	static const struct nv_deflate *const agreed[] = { &kept, &alone };
	static const size_t frames[] = { 1, 3 };

	for (size_t len = limit - 1; len <= limit + 1; len++) {
		struct blob payload = compressed((struct nv_bytes){ data, len });
		uint16_t expected = len > limit ? 1009 : 0;

		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(judge(agreed[i % 2], (uint32_t)limit, blob_bytes(&payload),
			                       frames[i / 2], i == 3 ? 7 : SIZE_MAX),
			                 expected);
		blob_free(&payload);
	}
}

/* Where output is handed on in pieces, the pieces end at powers of two. */
static void test_the_limit_to_the_byte(void **state)
{
	static uint8_t data[(1 << 20) + 2];

	for (unsigned kind = 0; kind < 3; kind++) {
		make_data(kind, data, sizeof(data));
		for (size_t limit = 1; limit <= 300; limit++)
			check_limit(data, limit);
		for (size_t limit = 512; limit <= 1 << 20; limit *= 2) {
			check_limit(data, limit - 1);
			check_limit(data, limit);
			check_limit(data, limit + 1 > sizeof(data) - 2 ? limit : limit + 1);
		}
		check_limit(data, 5000);
		check_limit(data, 100000);
	}
}

/* --- Bombs --- */

/* The most that was allocated at a time; a block that grows counts once. */
static struct {
	size_t live;
	size_t peak;
} meter;

static void *meter_realloc(void *context, void *ptr, size_t size)
{
	size_t *block = ptr ? (size_t *)ptr - 2 : NULL;
	size_t before = block ? block[0] : 0;

	block = realloc(block, size + 2 * sizeof(size_t));
	assert_non_null(block);
	block[0] = size;
	meter.live += size - before;
	meter.peak = meter.live > meter.peak ? meter.live : meter.peak;
	return block + 2;
}

static void meter_free(void *context, void *ptr)
{
	size_t *block = (size_t *)ptr - 2;

	meter.live -= block[0];
	free(block);
}

static struct blob bomb(size_t size)
{
	uint8_t *zeros = calloc(1, size);
	struct deflate_peer peer;
	struct blob payload;

	assert_non_null(zeros);
	peer_open(&peer, NV_CLIENT, &kept);
	assert_int_equal(deflateParams(&peer.deflate, 9, Z_DEFAULT_STRATEGY), Z_OK);
	payload = peer_compress(&peer, (struct nv_bytes){ zeros, size });
	peer_close(&peer);
	free(zeros);
	return payload;
}

static void check_bomb(const struct nv_deflate *agreed, struct nv_bytes payload, size_t frames,
                       size_t limit)
{
	static const struct nv_allocator watch = { meter_realloc, meter_free, NULL };

	meter.live = 0;
	meter.peak = 0;
	nv_set_allocator(&watch);
	assert_int_equal(judge(agreed, (uint32_t)limit, payload, frames, SIZE_MAX), 1009);
	assert_int_equal(meter.live, 0);
	assert_in_range(meter.peak, 0, limit + 65536);
	nv_set_allocator(NULL);
}

static void test_bombs_in_bounded_memory(void **state)
{
	static const size_t limits[] = { 65536, 1 << 18, (1 << 20) - 1 };
	struct blob large = bomb((size_t)64 << 20);
	struct blob small = bomb((size_t)1 << 20);

	assert_in_range(large.len, 65000, 66000);
	assert_in_range(small.len, 1000, 1100);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		check_bomb(&kept_received, blob_bytes(&large), 1, limits[i]);
		check_bomb(&alone, blob_bytes(&large), 1, limits[i]);
		check_bomb(&kept_received, blob_bytes(&large), 100, limits[i]);
		check_bomb(&kept_received, blob_bytes(&small), 1, limits[i]);
		check_bomb(&alone, blob_bytes(&small), 1, limits[i]);
		check_bomb(&kept_received, blob_bytes(&small), small.len, limits[i]);
	}
	blob_free(&large);
	blob_free(&small);
}

/* A message of twice the limit that compresses so little that its frame is large as well. */
static void test_large_frames_in_bounded_memory(void **state)
{
	static uint8_t data[3 << 20];
	struct prng prng = { 16 };

	for (unsigned ratio = 2; ratio <= 8; ratio++) {
		size_t len = (size_t)ratio << 18;
		struct blob payload;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = i % ratio ? 0 : (uint8_t)prng_next(&prng);
		payload = compressed((struct nv_bytes){ data, len });
		check_bomb(&kept_received, blob_bytes(&payload), 1, len / 2);
		check_bomb(&alone, blob_bytes(&payload), 1, len / 2);
		blob_free(&payload);
	}
}

/* The end of the message never comes, and is not waited for. */
static void test_a_bomb_without_end(void **state)
{
	struct blob payload = bomb((size_t)1 << 20);
	const struct deflate_peer peer = { .role = NV_CLIENT };
	struct nv_session *session = open_deflate(NV_SERVER, &kept, 65536);
	struct blob wire = { 0 };
	struct nv_event event;

	peer_frame(&peer, &wire, RSV1 | NV_BINARY, blob_bytes(&payload));
	for (size_t at = 0; at < wire.len; at++) {
		nv_session_feed(session, wire.data + at, 1);
		if (nv_session_next(session, &event))
			break;
		/* 1,032 bytes come out of one at most, and some wait inside zlib. */
		assert_true(at < 16 + (65536 + 16384) / 1032);
	}
	assert_int_equal(event.status, 1009);
	blob_free(&wire);
	blob_free(&payload);
	nv_session_free(session);
}

/* Of several runs the fastest: the machine may do something else in between. */
static double seconds(struct nv_bytes payload, const struct nv_deflate *agreed, uint16_t expected)
{
	double least = 1e9;

	for (unsigned i = 0; i < 30; i++) {
		struct timespec from, to;
		double took;

		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		assert_int_equal(judge(agreed, 1 << 20, payload, 1, SIZE_MAX), expected);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		took = (double)(to.tv_sec - from.tv_sec) +
		       (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		least = took < least ? took : least;
	}
	return least;
}

static void test_a_bomb_costs_as_much_as_an_honest_message(void **state)
{
	struct blob honest = bomb((size_t)1 << 20);
	struct blob large = bomb((size_t)64 << 20);

	assert_true(seconds(blob_bytes(&large), &kept, 1009) <
	            2 * seconds(blob_bytes(&honest), &kept, 0));
	assert_true(seconds(blob_bytes(&large), &alone, 1009) <
	            2 * seconds(blob_bytes(&honest), &alone, 0));
	blob_free(&honest);
	blob_free(&large);
}

/* --- Without memory --- */

/* What was not sent is in no window: zlib understands whatever is. */
static void speak(struct nv_session *session, struct deflate_peer *peer, struct nv_bytes text)
{
	int error = nv_session_send(session, NV_TEXT, text);
	bool was_compressed;
	struct blob read;

	assert_true(error == 0 || error == NV_ERR_NOMEM);
	if (error < 0)
		return;
	read = peer_read(peer, session, &was_compressed);
	assert_int_equal(read.len, text.len);
	assert_memory_equal(read.data, text.data, text.len);
	blob_free(&read);
}

/* False when the session has given up. */
static bool hear(struct nv_session *session, struct deflate_peer *peer, struct nv_bytes text)
{
	struct blob payload = peer_compress(peer, text);
	struct outcome outcome = receive(session, NV_TEXT, blob_bytes(&payload), 2, SIZE_MAX);

	assert_true(outcome.status == 0 || outcome.status == 1011);
	if (outcome.status == 0)
		assert_memory_equal(outcome.message.data, text.data, text.len);
	blob_free(&outcome.message);
	blob_free(&payload);
	return outcome.status == 0;
}

static void talk(struct nv_session *session, const struct nv_deflate *agreed)
{
	static uint8_t text[3000];
	const struct nv_bytes message = { text, sizeof(text) };
	struct deflate_peer peer;
	struct prng prng = { 19 };

	peer_open(&peer, NV_CLIENT, agreed);
	for (unsigned i = 0; i < 3; i++) {
		make_text(&prng, text, sizeof(text));
		speak(session, &peer, message);
		speak(session, &peer, message);
		if (!hear(session, &peer, message))
			break;
	}
	peer_close(&peer);
}

/* True when the failure was met. */
static bool talk_without_memory(const struct nv_deflate *agreed, size_t nth, enum failing_mode mode)
{
	struct nv_session *session;
	bool met;

	failing_alloc_install();
	failing_alloc_fail(nth, mode);
	session = open_deflate(NV_SERVER, agreed, 0);
	if (session)
		talk(session, agreed);
	nv_session_free(session);
	met = failing_alloc_count() >= nth;
	failing_alloc_remove();
	return met;
}

static void test_every_allocation_fails(void **state)
{
	for (unsigned way = 0; way < 4; way++) {
		size_t nth = 1;

		while (talk_without_memory(way & 1 ? &kept : &alone, nth,
		                           way & 2 ? FAIL_ONCE : FAIL_FOREVER))
			nth++;
		/* A session, its part for the extension, and two compressors. */
		assert_true(nth > 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("D-12 every prefix of a message, but those that are one",
		          test_every_prefix),
		unit_case("D-13 D-05 a message with any bit turned is what zlib makes of it",
		          test_every_bit_turned),
		unit_case("D-13 D-05 so are made-up data", test_made_up_data),
		unit_case("D-15 the limit counts what comes out, to the byte",
		          test_the_limit_to_the_byte),
		unit_case("D-16 bombs of 64 MiB and of 1 MiB in bounded memory",
		          test_bombs_in_bounded_memory),
		unit_case("D-16 large frames in bounded memory",
		          test_large_frames_in_bounded_memory),
		unit_case("D-16 a bomb without end", test_a_bomb_without_end),
		unit_case("D-16 a bomb costs as much as an honest message of the largest size",
		          test_a_bomb_costs_as_much_as_an_honest_message),
		unit_case("D-19 every allocation fails, once and for ever",
		          test_every_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
