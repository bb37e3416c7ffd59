/* SPDX-License-Identifier: MIT */
/* test_chat.c: the chat over two loops that the test turns: what a client is told when, and what
 * happens to a client that goes while it is spoken for at the first loop. */
#include "serve/chat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/unit.h"

#define QUESTION "Bienvenue ! Quel est votre pseudo ?"
#define MOST 64

/* --- Loops and a server that only remember --- */

struct post {
	void (*run)(void *context);
	void *context;
};

struct nv_loop {
	struct post posts[MOST];
	size_t count;
};

struct nv_server {
	struct nv_loop first;
	struct nv_handlers handlers;
	void *user;
	size_t handlers_size;
};

struct nv_request {
	const char *pseudo; /* of the query; NULL: not there */
	const char *format;
};

struct nv_conn {
	struct nv_server *server;
	struct nv_loop *loop;
	struct nv_request request;
	void *user;
	bool paused;
};

/* All that happened to anybody, in order. */
static char *events[MOST];
static size_t event_count;

__attribute__((format(printf, 1, 2))) static void happens(const char *format, ...)
{
	va_list arguments;

	assert_true(event_count < MOST);
	va_start(arguments, format);
	assert_true(vasprintf(&events[event_count++], format, arguments) >= 0);
	va_end(arguments);
}

static void assert_happened(size_t count, const char *const *expected)
{
	for (size_t i = 0; i < count && i < event_count; i++)
		assert_string_equal(events[i], expected[i]);
	assert_int_equal(event_count, count);
	while (event_count > 0)
		free(events[--event_count]);
}

/* All that happened since the last time. */
#define ASSERT_HAPPENED(...)                                                                       \
	assert_happened(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *),                  \
	                (const char *[]){ __VA_ARGS__ })
#define ASSERT_NOTHING_HAPPENED() assert_int_equal(event_count, 0)

static int post(struct nv_loop *loop, void (*run)(void *context), void *context)
{
	assert_true(loop->count < MOST);
	loop->posts[loop->count++] = (struct post){ run, context };
	return 0;
}

int nv_loop_post(struct nv_loop *loop, void (*run)(void *context), void *context)
{
	return post(loop, run, context);
}

int nv_server_post(struct nv_server *server, void (*run)(void *context), void *context)
{
	return post(&server->first, run, context);
}

int nv_server_publish(struct nv_server *server, const char *topic, enum nv_opcode opcode,
                      struct nv_bytes message, uint64_t except)
{
	/* The lines for JSON clients hold the time; test_room looks at them. */
	if (strcmp(topic, "chat/text") == 0)
		happens("all: %.*s", (int)message.len, (const char *)message.data);
	return 0;
}

int nv_server_topic_slow(struct nv_server *server, const char *topic, enum nv_slow slow)
{
	assert_string_equal(topic, "chat/presents");
	assert_int_equal(slow, NV_SLOW_KEEP_NEWEST);
	return 0;
}

int nv_server_route_sized(struct nv_server *server, const char *pattern,
                          const struct nv_handlers *handlers, size_t size, void *user)
{
	assert_string_equal(pattern, "/chat");
	assert_int_equal(size, sizeof(*handlers));
	server->handlers = *handlers;
	server->user = user;
	return 0;
}

int nv_request_query_value(const struct nv_request *request, const char *name, char *out,
                           size_t size)
{
	const char *value = strcmp(name, "pseudo") == 0 ? request->pseudo : request->format;

	if (!value)
		return NV_ERR_NOT_FOUND;
	return snprintf(out, size, "%s", value);
}

void *nv_conn_user(const struct nv_conn *conn)
{
	return conn->user;
}

void nv_conn_set_user(struct nv_conn *conn, void *user)
{
	conn->user = user;
}

struct nv_request *nv_conn_request(const struct nv_conn *conn)
{
	return (struct nv_request *)(uintptr_t)&conn->request;
}

struct nv_loop *nv_conn_loop(const struct nv_conn *conn)
{
	return conn->loop;
}

char *nv_conn_peer(const struct nv_conn *conn, char *text)
{
	return strcpy(text, "127.0.0.1:50312");
}

int nv_conn_subscribe(struct nv_conn *conn, const char *topic)
{
	happens("+%s", topic);
	return 0;
}

int nv_conn_unsubscribe(struct nv_conn *conn, const char *topic)
{
	happens("-%s", topic);
	return 0;
}

void nv_conn_pause(struct nv_conn *conn, bool paused)
{
	if (conn->paused != paused)
		happens(paused ? "pause" : "resume");
	conn->paused = paused;
}

int nv_conn_send(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	assert_int_equal(opcode, NV_TEXT);
	happens("%.*s", (int)message.len, (const char *)message.data);
	return 0;
}

int nv_conn_close(struct nv_conn *conn, uint16_t status, const char *reason)
{
	happens("close %u", (unsigned)status);
	return 0;
}

/* --- A chat, and clients on another loop --- */

struct fixture {
	struct nv_server server;
	struct nv_loop other;
	struct nv_serve_auth auth; /* none */
	struct nv_entry entry;
	struct nv_chat *chat;
	struct nv_conn alice;
	struct nv_conn bob;
};

static void run_posts(struct nv_loop *loop)
{
	struct nv_loop now = *loop;

	loop->count = 0;
	for (size_t i = 0; i < now.count; i++)
		now.posts[i].run(now.posts[i].context);
}

/* Two turns: in the second the errands go home. */
static void decide(struct fixture *f)
{
	run_posts(&f->server.first);
	run_posts(&f->server.first);
}

static void return_home(struct fixture *f)
{
	run_posts(&f->other);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	static const struct nv_limits limits = { .max_message = 100, .rate = 0 };

	f->entry.auth = nv_auth_new(&f->auth, NULL, 0);
	f->chat = nv_chat_new(&f->server, &limits, &f->entry);
	assert_int_equal(nv_chat_route(f->chat), 0);
	f->alice.server = f->bob.server = &f->server;
	f->alice.loop = f->bob.loop = &f->other;
	*state = f;
	return 0;
}

static void forget_events(void)
{
	while (event_count > 0)
		free(events[--event_count]);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nv_chat_free(f->chat);
	nv_auth_free(f->entry.auth);
	forget_events();
	free(f);
	return 0;
}

static void open_conn(struct nv_conn *conn)
{
	conn->user = conn->server->user;
	conn->server->handlers.on_open(conn);
}

static void receive(struct nv_conn *conn, const char *text)
{
	assert_false(conn->paused);
	conn->server->handlers.on_message(conn, NV_TEXT, nv_str(text));
}

static void close_conn(struct nv_conn *conn)
{
	conn->server->handlers.on_close(conn, &(struct nv_close){ .status = NV_STATUS_ABNORMAL });
}

/* Somebody of that name, whose entry is over. */
static void enter(struct fixture *f, struct nv_conn *conn, const char *name)
{
	conn->request.pseudo = name;
	open_conn(conn);
	decide(f);
	return_home(f);
	decide(f);
	return_home(f);
	assert_false(conn->paused);
	forget_events();
}

static void leave(struct fixture *f, struct nv_conn *conn)
{
	close_conn(conn);
	decide(f);
}

/* --- Coming --- */

static void asks_before_anything_else_is_heard(void **state)
{
	struct fixture *f = *state;

	open_conn(&f->alice);
	decide(f);
	ASSERT_HAPPENED("pause");
	return_home(f);
	ASSERT_HAPPENED("+chat/text", QUESTION, "resume");
	leave(f, &f->alice);
	ASSERT_NOTHING_HAPPENED();
}

static void asks_in_json(void **state)
{
	struct fixture *f = *state;

	f->alice.request.format = "json";
	open_conn(&f->alice);
	decide(f);
	return_home(f);
	ASSERT_HAPPENED("pause", "+chat/json", "+chat/presents",
	                "{\"type\":\"systeme\",\"contenu\":\"" QUESTION "\"}", "resume");
	leave(f, &f->alice);
}

static void joins_by_the_url_once_it_hears(void **state)
{
	struct fixture *f = *state;

	f->alice.request.pseudo = "Alice";
	open_conn(&f->alice);
	decide(f);
	ASSERT_HAPPENED("pause");
	return_home(f);
	ASSERT_HAPPENED("+chat/text");
	decide(f);
	ASSERT_HAPPENED("all: [SYSTÈME] Alice a rejoint le chat");
	return_home(f);
	ASSERT_HAPPENED("resume");
	leave(f, &f->alice);
	ASSERT_HAPPENED("all: [SYSTÈME] Alice a quitté le chat");
}

static void asks_who_has_a_wrong_name_in_the_url(void **state)
{
	struct fixture *f = *state;

	f->alice.request.pseudo = "système";
	open_conn(&f->alice);
	decide(f);
	return_home(f);
	ASSERT_HAPPENED("{\"type\":\"erreur\",\"message\":\"Ce pseudo est réservé\"}", "pause",
	                "+chat/text", QUESTION, "resume");
	leave(f, &f->alice);
}

static void asks_who_has_a_name_of_another_in_the_url(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, "Zoé");
	f->bob.request.pseudo = "Zoé";
	open_conn(&f->bob);
	decide(f);
	return_home(f);
	decide(f);
	ASSERT_HAPPENED("pause", "+chat/text");
	return_home(f);
	ASSERT_HAPPENED("{\"type\":\"erreur\",\"message\":\"Ce pseudo est déjà pris\"}", QUESTION,
	                "resume");
	/* Once is enough. */
	receive(&f->bob, "Zoé");
	decide(f);
	return_home(f);
	ASSERT_HAPPENED("pause", "{\"type\":\"erreur\",\"message\":\"Ce pseudo est déjà pris\"}",
	                "resume");
	leave(f, &f->bob);
	leave(f, &f->alice);
	ASSERT_HAPPENED("all: [SYSTÈME] Zoé a quitté le chat");
}

/* --- Speaking --- */

static void is_not_read_from_until_it_was_heard(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, NULL);
	receive(&f->alice, "Alice");
	ASSERT_HAPPENED("pause");
	decide(f);
	ASSERT_HAPPENED("all: [SYSTÈME] Alice a rejoint le chat");
	return_home(f);
	ASSERT_HAPPENED("resume");
	receive(&f->alice, "");
	decide(f);
	ASSERT_HAPPENED("pause", "all: [Alice] ");
	return_home(f);
	ASSERT_HAPPENED("resume");
	leave(f, &f->alice);
}

static void is_told_at_home_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	char text[102] = "";

	f->alice.request.format = "json";
	enter(f, &f->alice, NULL);
	receive(&f->alice, "{\"type\":\"pseudo\",\"pseudo\":\"système\"}");
	receive(&f->alice, "{\"type\":\"ping\"}");
	receive(&f->alice, "{}");
	f->server.handlers.on_message(&f->alice, NV_BINARY, nv_str("x"));
	memset(text, 'x', 101);
	receive(&f->alice, text);
	ASSERT_HAPPENED(
		"{\"type\":\"erreur\",\"message\":\"Ce pseudo est réservé\"}",
		"{\"type\":\"pong\"}",
		"{\"type\":\"erreur\",\"message\":\"Il manque la chaîne « type »\"}",
		"{\"type\":\"erreur\",\"message\":\"Le chat n'accepte pas de message binaire\"}",
		"{\"type\":\"erreur\",\"message\":\"Message trop grand\"}");
	assert_int_equal(f->server.first.count, 0);
	leave(f, &f->alice);
}

static void changes_to_json_between_two_lines(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, "Alice");
	receive(&f->alice, "{\"type\":\"pseudo\",\"pseudo\":\"Bob\"}");
	ASSERT_HAPPENED("pause");
	decide(f);
	return_home(f);
	ASSERT_HAPPENED("-chat/text", "+chat/json", "+chat/presents",
	                "{\"type\":\"erreur\",\"message\":\"Vous avez déjà un pseudo\"}", "resume");
	receive(&f->alice, "x");
	ASSERT_HAPPENED("{\"type\":\"erreur\",\"message\":\"Le message n'est pas un objet JSON\"}");
	leave(f, &f->alice);
}

static void changes_to_json_and_speaks_at_once(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, NULL);
	receive(&f->alice, "{\"type\":\"message\",\"contenu\":\"x\"}");
	decide(f);
	return_home(f);
	ASSERT_HAPPENED("pause", "-chat/text", "+chat/json", "+chat/presents");
	decide(f);
	ASSERT_HAPPENED("all: [SYSTÈME] invité-1 a rejoint le chat", "all: [invité-1] x");
	return_home(f);
	ASSERT_HAPPENED("resume");
	leave(f, &f->alice);
}

static void goes_while_it_changes(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, "Alice");
	receive(&f->alice, "{\"type\":\"ping\"}");
	close_conn(&f->alice);
	decide(f);
	return_home(f);
	decide(f);
	ASSERT_HAPPENED("pause", "all: [SYSTÈME] Alice a quitté le chat");
}

static void two_want_the_same_name(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, NULL);
	enter(f, &f->bob, NULL);
	receive(&f->bob, "Zoé");
	receive(&f->alice, "Zoé");
	ASSERT_HAPPENED("pause", "pause");
	decide(f);
	ASSERT_HAPPENED("all: [SYSTÈME] Zoé a rejoint le chat");
	return_home(f);
	ASSERT_HAPPENED("{\"type\":\"erreur\",\"message\":\"Ce pseudo est déjà pris\"}", "resume",
	                "resume");
	leave(f, &f->alice);
	ASSERT_NOTHING_HAPPENED();
	leave(f, &f->bob);
}

/* --- Going --- */

static void goes_before_it_was_heard(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, NULL);
	receive(&f->alice, "Alice");
	close_conn(&f->alice);
	forget_events();
	decide(f);
	ASSERT_HAPPENED("all: [SYSTÈME] Alice a rejoint le chat",
	                "all: [SYSTÈME] Alice a quitté le chat");
	/* Its home may not be there any more. */
	assert_int_equal(f->other.count, 0);
	enter(f, &f->bob, "Alice");
	leave(f, &f->bob);
}

static void goes_while_it_comes_home(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, NULL);
	receive(&f->alice, "Zoé");
	decide(f);
	close_conn(&f->alice);
	forget_events();
	decide(f);
	ASSERT_NOTHING_HAPPENED();
	return_home(f);
	decide(f);
	ASSERT_HAPPENED("all: [SYSTÈME] Zoé a quitté le chat");
}

static void goes_before_it_has_entered(void **state)
{
	struct fixture *f = *state;

	f->alice.request.pseudo = "Zoé";
	open_conn(&f->alice);
	decide(f);
	close_conn(&f->alice);
	forget_events();
	assert_int_equal(f->server.first.count, 0);
	return_home(f);
	decide(f);
	ASSERT_NOTHING_HAPPENED();
	enter(f, &f->bob, "Zoé");
	leave(f, &f->bob);
}

/* The sanitizer finds what is lost here. */
static void goes_with_the_server(void **state)
{
	struct fixture *f = *state;

	enter(f, &f->alice, "Alice");
	enter(f, &f->bob, "Bob");
	close_conn(&f->alice);
	receive(&f->bob, "last words");
	close_conn(&f->bob);
}

/* The log is not what is tested here. */
static int silence(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	return null < 0 || dup2(null, STDOUT_FILENO) < 0 ? -1 : close(null);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asks_before_anything_else_is_heard),
		TEST(asks_in_json),
		TEST(joins_by_the_url_once_it_hears),
		TEST(asks_who_has_a_wrong_name_in_the_url),
		TEST(asks_who_has_a_name_of_another_in_the_url),
		TEST(is_not_read_from_until_it_was_heard),
		TEST(is_told_at_home_what_is_wrong),
		TEST(changes_to_json_between_two_lines),
		TEST(changes_to_json_and_speaks_at_once),
		TEST(goes_while_it_changes),
		TEST(two_want_the_same_name),
		TEST(goes_before_it_was_heard),
		TEST(goes_while_it_comes_home),
		TEST(goes_before_it_has_entered),
		TEST(goes_with_the_server),
	};

	return cmocka_run_group_tests(tests, silence, NULL);
}
