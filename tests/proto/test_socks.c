/* SPDX-License-Identifier: MIT */
/* test_socks.c: SOCKS5 with a proxy that is told what to answer, in every split of its bytes. */
#include "proto/socks.h"
#include "support/guard_page.h"
#include "support/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define STR(text)                                                                                  \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text) - 1                                          \
	}
#define NO_MATTER 0xffff

static struct guard_page page;

/* What one exchange is about, and what comes of it. */
struct talk {
	const char *host;
	const char *user;
	const char *password;
	struct nv_bytes answers; /* of the proxy, one behind the other */
	struct nv_bytes said;    /* by us */
	enum nv_socks_state state;
	size_t used; /* of the answers */
};

struct run {
	struct nv_socks socks;
	uint8_t said[2 * NV_SOCKS_ROOM];
	size_t said_len;
	size_t used;
	int result; /* of the last call */
};

static void hear(struct run *run, struct nv_bytes piece)
{
	uint8_t out[NV_SOCKS_ROOM];
	size_t used = NO_MATTER;
	const uint8_t *data = guard_page_copy(&page, piece.data, piece.len);

	run->result = nv_socks_feed(&run->socks, data, piece.len, &used, out);
	assert_true(used <= piece.len);
	assert_true(used == piece.len || run->socks.state >= NV_SOCKS_DONE);
	run->used += used;
	if (run->result > 0)
		memcpy(run->said + run->said_len, out, (size_t)run->result);
	run->said_len += run->result > 0 ? (size_t)run->result : 0;
}

static void start(struct run *run, const struct talk *talk)
{
	int len;

	memset(run, 0, sizeof *run);
	len = nv_socks_start(&run->socks, talk->host, 0x1234, talk->user, talk->password,
	                     run->said);
	assert_int_equal(len, talk->user ? 4 : 3);
	run->said_len = (size_t)len;
}

/* What was said before a failure depends on the splits: nothing leaves in the call that fails. */
static void check(const struct run *run, const struct talk *talk)
{
	bool failed = talk->state == NV_SOCKS_FAILED;

	assert_int_equal(run->socks.state, talk->state);
	assert_int_equal(run->used, talk->used);
	assert_int_equal(run->result < 0, failed);
	assert_int_equal(run->socks.problem != NULL, failed);
	if (failed) {
		assert_int_equal(run->result, run->socks.error);
		return;
	}
	assert_int_equal(run->said_len, talk->said.len);
	assert_memory_equal(run->said, talk->said.data, talk->said.len);
}

/* Whole, cut in two at every place, and byte by byte. */
static void play(const struct talk *talk)
{
	struct nv_bytes all = talk->answers;
	struct run run;

	for (size_t cut = 0; cut <= all.len; cut++) {
		start(&run, talk);
		hear(&run, (struct nv_bytes){ all.data, cut });
		hear(&run, (struct nv_bytes){ all.data + cut, all.len - cut });
		check(&run, talk);
	}
	start(&run, talk);
	hear(&run, all);
	check(&run, talk);
	start(&run, talk);
	for (size_t i = 0; i < all.len; i++)
		hear(&run, (struct nv_bytes){ all.data + i, 1 });
	check(&run, talk);
}

/* With each answer cut off somewhere it goes on waiting. */
static void play_cut_off(const struct talk *talk)
{
	for (size_t len = 0; len < talk->used; len++) {
		struct run run;

		start(&run, talk);
		hear(&run, (struct nv_bytes){ talk->answers.data, len });
		assert_true(run.socks.state < NV_SOCKS_DONE);
		assert_true(run.result >= 0);
		assert_int_equal(run.used, len);
	}
}

#define REQUEST_NAME "\5\1\0\3\013example.org\x12\x34"
#define REPLY_V4 "\5\0\0\1\1\2\3\4\5\6"

static void what_is_asked(void **state)
{
	static const struct talk talks[] = {
		{ "example.org", NULL, NULL, STR("\5\0" REPLY_V4), STR("\5\1\0" REQUEST_NAME),
		  NV_SOCKS_DONE, 12 },
		{ "127.0.0.1", NULL, NULL, STR("\5\0" REPLY_V4),
		  STR("\5\1\0\5\1\0\1\x7f\0\0\1\x12\x34"), NV_SOCKS_DONE, 12 },
		{ "2001:db8::1", NULL, NULL, STR("\5\0" REPLY_V4),
		  STR("\5\1\0\5\1\0\4\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x12\x34"), NV_SOCKS_DONE,
		  12 },
		{ "::ffff:1.2.3.4", NULL, NULL, STR("\5\0" REPLY_V4),
		  STR("\5\1\0\5\1\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4\x12\x34"), NV_SOCKS_DONE,
		  12 },
		/* No address as we write it, so the proxy may see what it is. */
		{ "127.1", NULL, NULL, STR("\5\0" REPLY_V4), STR("\5\1\0\5\1\0\3\005127.1\x12\x34"),
		  NV_SOCKS_DONE, 12 },
		/* A user, with and without being asked for him. */
		{ "example.org", "anna", "pw", STR("\5\2\1\0" REPLY_V4),
		  STR("\5\2\0\2\1\4anna\2pw" REQUEST_NAME), NV_SOCKS_DONE, 14 },
		{ "example.org", "anna", "pw", STR("\5\0" REPLY_V4), STR("\5\2\0\2" REQUEST_NAME),
		  NV_SOCKS_DONE, 12 },
		{ "example.org", "anna", NULL, STR("\5\2\1\0" REPLY_V4),
		  STR("\5\2\0\2\1\4anna\0" REQUEST_NAME), NV_SOCKS_DONE, 14 },
	};

	for (size_t i = 0; i < COUNT(talks); i++) {
		play(&talks[i]);
		play_cut_off(&talks[i]);
	}
}

/* What the server says right behind the answer stays there. */
static void the_answer_and_not_one_byte_more(void **state)
{
	static const struct talk talks[] = {
		{ "example.org", NULL, NULL, STR("\5\0\5\0\0\1\1\2\3\4\5\6HTTP/1.1"),
		  STR("\5\1\0" REQUEST_NAME), NV_SOCKS_DONE, 2 + 10 },
		{ "example.org", NULL, NULL,
		  STR("\5\0\5\0\0\4\1\2\3\4\5\6\7\1\1\2\3\4\5\6\7\1\5\6HTTP/1.1"),
		  STR("\5\1\0" REQUEST_NAME), NV_SOCKS_DONE, 2 + 22 },
		{ "example.org", NULL, NULL, STR("\5\0\5\0\0\3\004host\5\6HTTP/1.1"),
		  STR("\5\1\0" REQUEST_NAME), NV_SOCKS_DONE, 2 + 11 },
		{ "example.org", NULL, NULL, STR("\5\0\5\0\0\3\0\5\6HTTP/1.1"),
		  STR("\5\1\0" REQUEST_NAME), NV_SOCKS_DONE, 2 + 7 },
		{ "example.org", NULL, NULL, STR("\5\0\5\0\0\3\001h\5\6\5\0\0\1"),
		  STR("\5\1\0" REQUEST_NAME), NV_SOCKS_DONE, 2 + 8 },
	};

	for (size_t i = 0; i < COUNT(talks); i++) {
		play(&talks[i]);
		play_cut_off(&talks[i]);
	}
}

/* An address that is a name of 255 bytes fits. */
static void the_longest_answer(void **state)
{
	uint8_t answers[2 + 4 + 1 + 255 + 2 + 3] = { 5, 0, 5, 0, 0, 3, 255 };
	struct talk talk = { "example.org",
		             NULL,
		             NULL,
		             { answers, sizeof answers },
		             STR("\5\1\0" REQUEST_NAME),
		             NV_SOCKS_DONE,
		             sizeof answers - 3 };

	memset(answers + 7, 'n', 257);
	play(&talk);
	play_cut_off(&talk);
}

/* What comes of these answers as a whole; a failure comes of them in every split. */
static struct run fail_with(const char *user, struct nv_bytes answers)
{
	struct talk talk = { "example.org", user, "pw", answers, { NULL, 0 }, NV_SOCKS_FAILED, 0 };
	struct run run;

	start(&run, &talk);
	hear(&run, answers);
	talk.used = run.used;
	if (run.socks.state == NV_SOCKS_FAILED)
		play(&talk);
	return run;
}

static void every_reply_code(void **state)
{
	static const struct {
		int error;
		const char *problem;
	} codes[] = {
		{ NV_ERR_UNREACHABLE, "the proxy failed" },
		{ NV_ERR_PERMISSION, "the proxy does not allow this connection" },
		{ NV_ERR_UNREACHABLE, "the proxy can't reach the network" },
		{ NV_ERR_UNREACHABLE, "the proxy can't reach the host" },
		{ NV_ERR_REFUSED, "the host refused the proxy's connection" },
		{ NV_ERR_TIMEOUT,
		  "the proxy's packets did not live long enough to reach the host" },
		{ NV_ERR_UNSUPPORTED, "the proxy does not know the command CONNECT" },
		{ NV_ERR_UNSUPPORTED, "the proxy does not know this type of address" },
	};

	for (unsigned code = 1; code < 256; code++) {
		uint8_t answers[] = { 5, 0, 5, (uint8_t)code, 0, 1, 0, 0, 0, 0, 0, 0 };
		struct run run = fail_with(NULL, (struct nv_bytes){ answers, sizeof answers });
		bool known = code <= COUNT(codes);

		assert_int_equal(run.socks.state, NV_SOCKS_FAILED);
		assert_int_equal(run.result, known ? codes[code - 1].error : NV_ERR_UNREACHABLE);
		assert_string_equal(run.socks.problem,
		                    known ? codes[code - 1].problem
		                          : "the proxy failed for a reason of its own");
		/* Two bytes suffice, for some proxies say no more. */
		assert_int_equal(run.used, 4);
	}
}

static void every_method(void **state)
{
	static const char *const malformed = "the proxy's answer is not one of SOCKS5";

	for (unsigned method = 0; method < 256; method++) {
		uint8_t answers[] = { 5, (uint8_t)method };
		struct nv_bytes bytes = { answers, sizeof answers };
		struct run with = fail_with("anna", bytes);
		struct run without = fail_with(NULL, bytes);

		if (method == 0) {
			assert_int_equal(with.socks.state, NV_SOCKS_REPLY);
			assert_int_equal(without.socks.state, NV_SOCKS_REPLY);
			continue;
		}
		if (method == 2)
			assert_int_equal(with.socks.state, NV_SOCKS_PASSWORD);
		else if (method == 0xff)
			assert_string_equal(with.socks.problem,
			                    "the proxy takes no user and password");
		else
			assert_string_equal(with.socks.problem, malformed);
		assert_int_equal(without.result,
		                 method == 0xff ? NV_ERR_PERMISSION : NV_ERR_PROTOCOL);
		assert_string_equal(without.socks.problem,
		                    method == 0xff ? "the proxy wants a user and a password, or "
		                                     "another proof"
		                                   : malformed);
	}
}

static void every_verdict(void **state)
{
	for (unsigned verdict = 0; verdict < 256; verdict++) {
		uint8_t answers[] = { 5, 2, 1, (uint8_t)verdict };
		struct run run = fail_with("anna", (struct nv_bytes){ answers, sizeof answers });

		if (verdict == 0) {
			assert_int_equal(run.socks.state, NV_SOCKS_REPLY);
			continue;
		}
		assert_int_equal(run.result, NV_ERR_PERMISSION);
		assert_string_equal(run.socks.problem,
		                    "the proxy does not accept this user and password");
	}
}

static void hostile_answers(void **state)
{
	static const struct nv_bytes answers[] = {
		STR("\0\0"),
		STR("\4\0"),
		STR("\6\xff"),
		STR("HTTP/1.1 400 Bad Request\r\n\r\n"),
		STR("\5\2\0\0"),
		STR("\5\2\5\0"),
		STR("\5\2\2\1"),
		STR("\5\0\0\0\0\1\1\1\1\1\1\1"),
		STR("\5\0\4\1\0\1\1\1\1\1\1\1"),
		STR("\5\0\4\x5a\0\0\0\0\0\0"),
		STR("\5\0\5\0\1\1\1\1\1\1\1\1"),
		STR("\5\0\5\0\xff\3\1\1\1\1"),
		STR("\5\0\5\0\0\0\1\1\1\1\1\1"),
		STR("\5\0\5\0\0\2\1\1\1\1\1\1"),
		STR("\5\0\5\0\0\5\1\1\1\1\1\1"),
		STR("\5\0\5\0\0\xff\1\1\1\1\1\1"),
	};

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct run run = fail_with("anna", answers[i]);

		assert_int_equal(run.result, NV_ERR_PROTOCOL);
		assert_string_equal(run.socks.problem, "the proxy's answer is not one of SOCKS5");
	}
}

/* Once it has failed or is done, nothing changes that. */
static void the_end_is_the_end(void **state)
{
	struct talk talk = { .host = "example.org" };
	uint8_t out[NV_SOCKS_ROOM];
	struct run run;
	size_t used = NO_MATTER;

	start(&run, &talk);
	hear(&run, (struct nv_bytes)STR("\5\0\5\5"));
	assert_int_equal(run.result, NV_ERR_REFUSED);
	assert_int_equal(nv_socks_feed(&run.socks, (const uint8_t *)"\0\0", 2, &used, out),
	                 NV_ERR_REFUSED);
	assert_int_equal(used, 0);
	start(&run, &talk);
	hear(&run, (struct nv_bytes)STR("\5\0" REPLY_V4));
	used = NO_MATTER;
	assert_int_equal(nv_socks_feed(&run.socks, (const uint8_t *)"\5\5", 2, &used, out), 0);
	assert_int_equal(used, 0);
	assert_int_equal(run.socks.state, NV_SOCKS_DONE);
}

static int start_with(size_t host, size_t user, size_t password)
{
	static char texts[3][257];
	const size_t lengths[3] = { host, user, password };
	struct nv_socks socks = { .have_len = 0 };
	uint8_t out[NV_SOCKS_ROOM];

	for (size_t i = 0; i < 3; i++) {
		memset(texts[i], 'a', lengths[i]);
		texts[i][lengths[i]] = '\0';
	}
	return nv_socks_start(&socks, texts[0], 80, texts[1], texts[2], out);
}

static void what_can_not_be_carried(void **state)
{
	static const char *const hosts[] = {
		"",      "a:b",    "[::1]",       "::g", "a b", "a\tb",
		"a\x7f", "a\r\nb", "caf\xc3\xa9", "a/b", "a@b", "a#b"
	};

	assert_int_equal(start_with(1, 1, 0), 4);
	assert_int_equal(start_with(255, 255, 255), 4);
	assert_int_equal(start_with(0, 1, 1), NV_ERR_INVALID);
	assert_int_equal(start_with(256, 1, 1), NV_ERR_INVALID);
	assert_int_equal(start_with(1, 0, 1), NV_ERR_INVALID);
	assert_int_equal(start_with(1, 256, 1), NV_ERR_INVALID);
	assert_int_equal(start_with(1, 1, 256), NV_ERR_INVALID);
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct nv_socks socks = { .have_len = 0 };
		uint8_t out[NV_SOCKS_ROOM];

		if (nv_socks_start(&socks, hosts[i], 80, NULL, NULL, out) != NV_ERR_INVALID)
			fail_msg("accepted: %s", hosts[i]);
	}
}

/* User, password and request together, when the proxy does not wait for them. */
static void the_longest_that_is_said(void **state)
{
	struct nv_socks socks = { .have_len = 0 };
	uint8_t room[NV_SOCKS_ROOM] = { 0 };
	char text[256];
	size_t used;
	uint8_t *out;

	memset(text, 'a', 255);
	text[255] = '\0';
	nv_socks_start(&socks, text, 65535, text, text, room);
	out = guard_page_copy(&page, room, sizeof room);
	assert_int_equal(nv_socks_feed(&socks, (const uint8_t *)"\5\2\1\0", 4, &used, out),
	                 3 + 2 * 255 + 4 + 1 + 255 + 2);
	assert_int_equal(out[1], 255);
	assert_int_equal(out[257], 255);
	assert_memory_equal(out + 2, text, 255);
	assert_memory_equal(out + 258, text, 255);
	assert_memory_equal(out + 513, "\5\1\0\3\xff", 5);
	assert_memory_equal(out + 518, text, 255);
	assert_memory_equal(out + 773, "\xff\xff", 2);
}

static int make_page(void **state)
{
	guard_page_init(&page, 4096);
	return 0;
}

static int free_page(void **state)
{
	guard_page_deinit(&page);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("CH-19 what SOCKS5 asks for, in every split", what_is_asked),
		unit_case("CH-19 the bytes behind SOCKS5 are the server's",
		          the_answer_and_not_one_byte_more),
		cmocka_unit_test(the_longest_answer),
		unit_case("CH-19 every reply code of SOCKS5", every_reply_code),
		cmocka_unit_test(every_method),
		cmocka_unit_test(every_verdict),
		unit_case("CH-19 hostile answers of a SOCKS5 proxy", hostile_answers),
		cmocka_unit_test(the_end_is_the_end),
		cmocka_unit_test(what_can_not_be_carried),
		cmocka_unit_test(the_longest_that_is_said),
	};

	return cmocka_run_group_tests(tests, make_page, free_page);
}
