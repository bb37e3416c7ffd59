/* SPDX-License-Identifier: MIT */
/* test_room.c: who is told what, on connections that the test makes up: how full they are, and what
 * they answer. */
#include "serve/room.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/unit.h"

#define MOST_SENT 64

struct nv_conn {
	struct nv_member member;
	char *sent[MOST_SENT];
	size_t sent_count;
	size_t unsent; /* what it claims */
	int answer;    /* to everything that is sent */
	unsigned pings;
	uint16_t closed;
};

/* --- The connection, as the room sees it --- */

int nv_conn_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	if (conn->closed)
		return NV_ERR_CLOSED;
	if (conn->answer)
		return conn->answer;
	assert_int_equal(opcode, NV_TEXT);
	assert_true(conn->sent_count < MOST_SENT);
	conn->sent[conn->sent_count++] = strndup((const char *)message.data, message.len);
	return 0;
}

int nv_conn_ping(struct nv_conn *conn, struct nv_bytes data)
{
	assert_int_equal(data.len, 0);
	conn->pings++;
	return 0;
}

int nv_conn_close(struct nv_conn *conn, uint16_t status, const char *reason)
{
	assert_true(strlen(reason) <= 123);
	conn->closed = status;
	return 0;
}

void nv_conn_abort(struct nv_conn *conn)
{
	conn->closed = NV_STATUS_ABNORMAL;
}

size_t nv_conn_unsent(const struct nv_conn *conn)
{
	return conn->unsent;
}

static void assert_sent(struct nv_conn *conn, size_t count, const char *const *expected)
{
	assert_int_equal(conn->sent_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(conn->sent[i], expected[i]);
		free(conn->sent[i]);
	}
	conn->sent_count = 0;
}

/* All that `conn` was sent since the last time. */
#define ASSERT_SENT(conn, ...)                                                                     \
	assert_sent(conn, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *),                \
	            (const char *[]){ __VA_ARGS__ })
#define ASSERT_SENT_NOTHING(conn) assert_int_equal((conn)->sent_count, 0)

/* --- A room with a text client, a JSON client, and one more --- */

struct fixture {
	struct nv_room *room;
	struct nv_conn text;
	struct nv_conn json;
	struct nv_conn other;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->room = nv_room_new();
	fixture->json.member.json = true;
	nv_room_enter(fixture->room, &fixture->text.member, &fixture->text);
	nv_room_enter(fixture->room, &fixture->json.member, &fixture->json);
	nv_room_enter(fixture->room, &fixture->other.member, &fixture->other);
	*state = fixture;
	return 0;
}

static void forget(struct nv_conn *conn)
{
	while (conn->sent_count > 0)
		free(conn->sent[--conn->sent_count]);
}

static void leave(struct nv_conn *conn)
{
	nv_room_leave(&conn->member);
	forget(conn);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	leave(&fixture->other);
	leave(&fixture->json);
	leave(&fixture->text);
	nv_room_free(fixture->room);
	free(fixture);
	return 0;
}

static void name(struct nv_conn *conn, const char *text)
{
	assert_null(nv_room_name(&conn->member, nv_str(text)));
}

static void tells_each_in_its_kind(void **state)
{
	struct fixture *f = *state;

	name(&f->other, "Zoé");
	ASSERT_SENT(&f->text, "[SYSTÈME] Zoé a rejoint le chat");
	ASSERT_SENT(&f->other, "[SYSTÈME] Zoé a rejoint le chat");
	ASSERT_SENT(&f->json, "{\"type\":\"systeme\",\"contenu\":\"Zoé a rejoint le chat\"}",
	            "{\"type\":\"presents\",\"noms\":[\"Zoé\"]}");
	nv_room_say(&f->other.member, nv_str("é"));
	ASSERT_SENT(&f->text, "[Zoé] é");
	ASSERT_SENT(&f->other, "[Zoé] é");
	assert_int_equal(f->json.sent_count, 1);
	assert_non_null(strstr(f->json.sent[0], "\"contenu\":\"é\""));
}

static void tells_who_leaves_to_those_who_stay(void **state)
{
	struct fixture *f = *state;
	struct nv_conn guest = { .unsent = 0 };

	nv_room_enter(f->room, &guest.member, &guest);
	assert_null(nv_room_name_guest(&guest.member));
	assert_string_equal(guest.member.name, "invité-1");
	forget(&f->json);
	forget(&f->text);
	leave(&guest);
	ASSERT_SENT(&f->text, "[SYSTÈME] invité-1 a quitté le chat");
	ASSERT_SENT(&f->json, "{\"type\":\"systeme\",\"contenu\":\"invité-1 a quitté le chat\"}",
	            "{\"type\":\"presents\",\"noms\":[]}");
}

static void gives_a_name_once(void **state)
{
	struct fixture *f = *state;

	name(&f->text, "Zoé");
	assert_string_equal(nv_room_name(&f->text.member, nv_str("Zoé")),
	                    "Vous avez déjà un pseudo");
	assert_string_equal(nv_room_name(&f->other.member, nv_str("Zoé")),
	                    "Ce pseudo est déjà pris");
	assert_string_equal(nv_room_name(&f->other.member, nv_str("")), "Le pseudo est vide");
	assert_string_equal(f->other.member.name, "");
	name(&f->other, "Zoë");
}

static void closes_who_does_not_read(void **state)
{
	struct fixture *f = *state;

	f->text.answer = NV_ERR_FULL;
	name(&f->other, "Zoé");
	assert_int_equal(f->text.closed, NV_STATUS_TRY_LATER);
	ASSERT_SENT(&f->other, "[SYSTÈME] Zoé a rejoint le chat");
	f->json.answer = NV_ERR_NOMEM;
	nv_room_say(&f->other.member, nv_str("x"));
	assert_int_equal(f->json.closed, NV_STATUS_INTERNAL);
	ASSERT_SENT(&f->other, "[Zoé] x");
}

static void spares_lists_to_who_is_far_behind(void **state)
{
	struct fixture *f = *state;

	f->json.unsent = 65537;
	name(&f->other, "Zoé");
	name(&f->text, "Bob");
	ASSERT_SENT(&f->json, "{\"type\":\"systeme\",\"contenu\":\"Zoé a rejoint le chat\"}",
	            "{\"type\":\"systeme\",\"contenu\":\"Bob a rejoint le chat\"}");
	assert_int_equal(f->json.pings, 1);
	f->json.unsent = 65536;
	nv_room_catch_up(&f->json.member);
	ASSERT_SENT(&f->json, "{\"type\":\"presents\",\"noms\":[\"Zoé\",\"Bob\"]}");
	nv_room_catch_up(&f->json.member);
	nv_room_catch_up(&f->text.member);
	ASSERT_SENT_NOTHING(&f->json);
}

static void asks_again_while_it_is_behind(void **state)
{
	struct fixture *f = *state;

	f->json.unsent = 70000;
	name(&f->other, "Zoé");
	nv_room_catch_up(&f->json.member);
	assert_int_equal(f->json.pings, 2);
	f->json.unsent = 0;
	/* What is newer comes with the next change; the older list is not sent any more. */
	name(&f->text, "Bob");
	ASSERT_SENT(&f->json, "{\"type\":\"systeme\",\"contenu\":\"Zoé a rejoint le chat\"}",
	            "{\"type\":\"systeme\",\"contenu\":\"Bob a rejoint le chat\"}",
	            "{\"type\":\"presents\",\"noms\":[\"Zoé\",\"Bob\"]}");
	nv_room_catch_up(&f->json.member);
	ASSERT_SENT_NOTHING(&f->json);
}

static void members_leave_in_any_order(void **state)
{
	struct fixture *f = *state;
	struct nv_conn conns[4] = { { .unsent = 0 } };
	const size_t order[] = { 1, 3, 0, 2 };

	for (size_t i = 0; i < 4; i++)
		nv_room_enter(f->room, &conns[i].member, &conns[i]);
	for (size_t i = 0; i < 4; i++)
		leave(&conns[order[i]]);
	name(&f->other, "Zoé");
	ASSERT_SENT(&f->text, "[SYSTÈME] Zoé a rejoint le chat");
	for (size_t i = 0; i < 4; i++)
		ASSERT_SENT_NOTHING(&conns[i]);
}

/* The log is not what is tested here. */
static int silence(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	(void)state;
	return null < 0 || dup2(null, STDOUT_FILENO) < 0 ? -1 : close(null);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tells_each_in_its_kind),
		TEST(tells_who_leaves_to_those_who_stay),
		TEST(gives_a_name_once),
		TEST(closes_who_does_not_read),
		TEST(spares_lists_to_who_is_far_behind),
		TEST(asks_again_while_it_is_behind),
		TEST(members_leave_in_any_order),
	};

	return cmocka_run_group_tests(tests, silence, NULL);
}
