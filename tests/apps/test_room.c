/* SPDX-License-Identifier: MIT */
/* test_room.c: what is published when somebody comes, speaks and goes, on a server that the test makes
 * up. */
#include "serve/room.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/unit.h"

#define MOST_SAID 64
#define PEER "127.0.0.1:50312"

static const struct nv_visit visit = { .peer = PEER, .cause = "", .detail = "" };

struct nv_server {
	char *said[MOST_SAID]; /* "topic message" */
	size_t count;
	int answer; /* to everything that is published */
};

int nv_server_publish(struct nv_server *server, const char *topic, enum nv_opcode opcode,
                      struct nv_bytes message, uint64_t except)
{
	assert_int_equal(opcode, NV_TEXT);
	assert_int_equal(except, 0);
	if (server->answer)
		return server->answer;
	assert_true(server->count < MOST_SAID);
	assert_true(asprintf(&server->said[server->count++], "%s %.*s", topic, (int)message.len,
	                     (const char *)message.data) > 0);
	return 0;
}

static void forget(struct nv_server *server)
{
	while (server->count > 0)
		free(server->said[--server->count]);
}

static void assert_said(struct nv_server *server, size_t count, const char *const *expected)
{
	assert_int_equal(server->count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(server->said[i], expected[i]);
	forget(server);
}

/* All that was published since the last time. */
#define ASSERT_SAID(server, ...)                                                                   \
	assert_said(server, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *),              \
	            (const char *[]){ __VA_ARGS__ })

struct fixture {
	struct nv_server server;
	struct nv_room *room;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->room = nv_room_new(&fixture->server);
	nv_room_enter(fixture->room, PEER);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	forget(&fixture->server);
	nv_room_free(fixture->room);
	free(fixture);
	return 0;
}

static void tells_each_kind_that_somebody_joins(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->server.count, 0);
	assert_null(nv_room_name(f->room, "Zoé", PEER));
	ASSERT_SAID(&f->server, "chat/text [SYSTÈME] Zoé a rejoint le chat",
	            "chat/json {\"type\":\"systeme\",\"contenu\":\"Zoé a rejoint le chat\"}",
	            "chat/presents {\"type\":\"presents\",\"noms\":[\"Zoé\"]}");
}

static void tells_each_kind_what_is_said(void **state)
{
	struct fixture *f = *state;
	const char *json =
		"chat/json {\"type\":\"message\",\"expediteur\":\"Zoé\",\"contenu\":\"é\","
		"\"timestamp\":\"";

	assert_int_equal(nv_room_say(f->room, "Zoé", nv_str("é")), 0);
	assert_int_equal(f->server.count, 2);
	assert_string_equal(f->server.said[0], "chat/text [Zoé] é");
	assert_memory_equal(f->server.said[1], json, strlen(json));
	assert_int_equal(strlen(f->server.said[1]),
	                 strlen(json) + strlen("2026-11-23 14:05:09\"}"));
}

static void tells_that_somebody_leaves_and_frees_the_name(void **state)
{
	struct fixture *f = *state;

	nv_room_enter(f->room, PEER);
	assert_null(nv_room_name(f->room, "Zoé", PEER));
	assert_null(nv_room_name(f->room, "Bob", PEER));
	forget(&f->server);
	nv_room_leave(f->room, "Zoé", &visit);
	ASSERT_SAID(&f->server, "chat/text [SYSTÈME] Zoé a quitté le chat",
	            "chat/json {\"type\":\"systeme\",\"contenu\":\"Zoé a quitté le chat\"}",
	            "chat/presents {\"type\":\"presents\",\"noms\":[\"Bob\"]}");
	assert_null(nv_room_name(f->room, "Zoé", PEER));
}

static void says_nothing_of_who_leaves_unnamed(void **state)
{
	struct fixture *f = *state;

	nv_room_leave(f->room, "", &visit);
	assert_int_equal(f->server.count, 0);
}

static void gives_a_name_once(void **state)
{
	struct fixture *f = *state;

	assert_null(nv_room_name(f->room, "Zoé", PEER));
	forget(&f->server);
	assert_string_equal(nv_room_name(f->room, "Zoé", PEER), "Ce pseudo est déjà pris");
	assert_int_equal(f->server.count, 0);
	assert_null(nv_room_name(f->room, "Zoë", PEER));
}

static void numbers_guests(void **state)
{
	struct fixture *f = *state;
	char name[NV_NICKNAME_SIZE] = "";

	assert_null(nv_room_name(f->room, "invité-1", PEER));
	forget(&f->server);
	assert_null(nv_room_name_guest(f->room, name, PEER));
	assert_string_equal(name, "invité-2");
	ASSERT_SAID(&f->server, "chat/text [SYSTÈME] invité-2 a rejoint le chat",
	            "chat/json {\"type\":\"systeme\",\"contenu\":\"invité-2 a rejoint le chat\"}",
	            "chat/presents {\"type\":\"presents\",\"noms\":[\"invité-1\",\"invité-2\"]}");
}

static void tells_the_sender_what_could_not_be_said(void **state)
{
	struct fixture *f = *state;

	f->server.answer = NV_ERR_NOMEM;
	assert_int_equal(nv_room_say(f->room, "Zoé", nv_str("x")), NV_ERR_NOMEM);
	/* Who joins has the name even if nobody heard of it. */
	assert_null(nv_room_name(f->room, "Zoé", PEER));
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
		TEST(tells_each_kind_that_somebody_joins),
		TEST(tells_each_kind_what_is_said),
		TEST(tells_that_somebody_leaves_and_frees_the_name),
		TEST(says_nothing_of_who_leaves_unnamed),
		TEST(gives_a_name_once),
		TEST(numbers_guests),
		TEST(tells_the_sender_what_could_not_be_said),
	};

	return cmocka_run_group_tests(tests, silence, NULL);
}
