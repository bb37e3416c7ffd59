/* SPDX-License-Identifier: MIT */
/* test_threads_real.c: servers of several loops over loopback sockets. Senders number what they publish
 * and send, on threads of their own and in handlers; receivers, who share the test's loop, see the
 * numbers of each in their order and all of them, while others come and go. */
#include "support/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include <navette/navette.h>

#include "support/sanitizer.h"

#define RECEIVERS 8u
#define CHURNERS 4u
#define THREADS 2u /* that send, beside the receivers' handlers */
#define SENDERS (THREADS + RECEIVERS)
#define MESSAGES (SANITIZED ? 300u : 2000u)

struct number {
	uint32_t sender;
	uint32_t value;
};

static struct nv_server *server;
static struct nv_loop *loop;
static atomic_bool failed; /* on a server's thread, where nothing may be asserted */

/* --- The server --- */

static _Atomic(uint64_t) ids[RECEIVERS]; /* of receivers */
static atomic_uint opened, closed;
static atomic_bool stops; /* senders give up */

static int send_number(uint32_t sender, uint32_t value, uint32_t receiver)
{
	struct number number = { sender, value };
	struct nv_bytes data = { (const uint8_t *)&number, sizeof number };

	if (value % 3 == 2)
		return nv_server_send(server, atomic_load(&ids[receiver]), NV_BINARY, data);
	return receiver == 0 ? nv_server_publish(server, value % 3 ? "all" : "all.too", NV_BINARY,
	                                         data, 0)
	                     : 0;
}

/* Published, or sent to each; waits while there is no room. */
static bool send_to_all(uint32_t sender, uint32_t value)
{
	for (uint32_t receiver = 0; receiver < RECEIVERS; receiver++) {
		int error = send_number(sender, value, receiver);

		while (error == NV_ERR_FULL && !atomic_load(&stops)) {
			sched_yield();
			error = send_number(sender, value, receiver);
		}
		if (error < 0)
			return false;
	}
	return true;
}

/* "r" and the number of a receiver, or "c". */
static void on_open(struct nv_conn *conn)
{
	struct nv_bytes name = nv_request_query(nv_conn_request(conn));

	atomic_fetch_add(&opened, 1);
	if (nv_conn_subscribe(conn, "all*") < 0)
		atomic_store(&failed, true);
	if (name.len == 2 && name.data[0] == 'r')
		atomic_store(&ids[name.data[1] - '0'], nv_conn_id(conn));
	if (nv_conn_send_text(conn, "welcome") < 0)
		atomic_store(&failed, true);
}

/* A receiver asks for the next number of its handler. */
static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct number number;

	if (message.len != sizeof number)
		return;
	memcpy(&number, message.data, sizeof number);
	if (!send_to_all(number.sender, number.value) && !atomic_load(&stops))
		atomic_store(&failed, true);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	atomic_fetch_add(&closed, 1);
}

/* Plain: the loops log one at a time. */
static uint64_t lines;

static void count_line(void *context, enum nv_level level, const char *line)
{
	lines++;
}

static void start(uint32_t threads, uint32_t max_inbox)
{
	static const struct nv_handlers handlers = {
		.on_open = on_open,
		.on_message = on_message,
		.on_close = on_close,
	};

	atomic_store(&opened, 0);
	atomic_store(&closed, 0);
	atomic_store(&stops, false);
	server = nv_server_new(&(struct nv_server_options){
		.threads = threads,
		.max_queue = NV_OFF,
		.max_inbox = max_inbox,
		.max_connections_per_ip = 1000,
		.handshakes_per_ip_per_s = 1000000,
		.compression = { .enabled = true, .context_takeover = true, .threshold = 1 },
		.log = count_line });
	assert_non_null(server);
	assert_int_equal(nv_server_route(server, "/", &handlers, NULL), 0);
	assert_int_equal(nv_server_listen(server, "127.0.0.1", 0), 0);
	assert_int_equal(nv_server_start(server), 0);
	loop = nv_loop_new();
	assert_non_null(loop);
}

/* --- Threads that send --- */

struct sender {
	pthread_t thread;
	uint32_t number;
	bool complete;
};

static void *send_all(void *context)
{
	struct sender *sender = context;
	uint32_t value = 0;

	while (value < MESSAGES && send_to_all(sender->number, value))
		value++;
	sender->complete = value == MESSAGES;
	return NULL;
}

static void start_senders(struct sender *senders)
{
	for (uint32_t i = 0; i < THREADS; i++) {
		senders[i] = (struct sender){ .number = i };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]),
		                 0);
	}
}

static bool join_senders(struct sender *senders)
{
	bool complete = true;

	for (uint32_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
		complete = complete && senders[i].complete;
	}
	return complete;
}

/* --- Clients, on the test's thread --- */

struct receiver {
	struct nv_client *client;
	uint32_t number;
	bool comes_and_goes;
	bool welcome;
	bool gone;
	uint32_t asked;         /* of its handler */
	uint32_t next[SENDERS]; /* number of each sender */
};

static struct receiver receivers[RECEIVERS], churners[CHURNERS];
static uint32_t handler_messages; /* that each receiver asks for */

static void ask(struct receiver *r, struct nv_conn *conn)
{
	struct number number = { THREADS + r->number, r->asked };

	if (r->comes_and_goes || r->asked >= handler_messages)
		return;
	r->asked++;
	assert_int_equal(nv_conn_send(conn, NV_BINARY,
	                              (struct nv_bytes){ (uint8_t *)&number, sizeof number }),
	                 0);
}

/* Who comes and goes misses what was sent to others alone, and what came before it. */
static void got_number(struct receiver *r, struct number number)
{
	assert_true(number.sender < SENDERS);
	if (r->comes_and_goes)
		assert_true(number.value >= r->next[number.sender]);
	else
		assert_int_equal(number.value, r->next[number.sender]);
	r->next[number.sender] = number.value + 1;
}

static void client_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct receiver *r = nv_conn_user(conn);
	struct number number;

	if (opcode == NV_TEXT) {
		r->welcome = true;
		return;
	}
	assert_int_equal(message.len, sizeof number);
	memcpy(&number, message.data, sizeof number);
	got_number(r, number);
	if (number.sender == THREADS + r->number)
		ask(r, conn);
	if (r->comes_and_goes && number.value % 16 == 15)
		(void)nv_conn_close(conn, 1000, NULL);
	if (r->comes_and_goes && number.value % 16 == 7)
		nv_conn_abort(conn);
}

static void client_close(struct nv_conn *conn, const struct nv_close *close)
{
	struct receiver *r = nv_conn_user(conn);

	r->gone = true;
}

static void client_failed(struct nv_client *client, void *user, const struct nv_failure *failure)
{
	struct receiver *r = user;

	r->gone = true;
}

static void join(struct receiver *r)
{
	static const struct nv_handlers handlers = {
		.on_message = client_message,
		.on_close = client_close,
	};
	struct nv_client_options options = { .max_queue = NV_OFF, .user = r };
	char url[64];

	options.on_fail = client_failed;
	options.compression.enabled = r->number % 2 == 1;
	options.compression.context_takeover = r->number % 4 == 1;
	options.compression.threshold = 1;
	snprintf(url, sizeof url, "ws://127.0.0.1:%u/?%c%u", nv_server_port(server),
	         r->comes_and_goes ? 'c' : 'r', r->number);
	r->gone = false;
	memset(r->next, 0, sizeof r->next);
	r->client = nv_client_new(loop, url, &handlers, &options);
	assert_non_null(r->client);
}

static void turn(void)
{
	assert_int_equal(nv_loop_run_once(loop, 10), 0);
	assert_false(atomic_load(&failed));
}

static bool are_welcome(const struct receiver *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!r[i].welcome)
			return false;
	}
	return true;
}

/* Everybody is there before the first number is. */
static void join_all(void)
{
	for (uint32_t i = 0; i < RECEIVERS; i++) {
		receivers[i] = (struct receiver){ .number = i };
		join(&receivers[i]);
	}
	for (uint32_t i = 0; i < CHURNERS; i++) {
		churners[i] = (struct receiver){ .number = i, .comes_and_goes = true };
		join(&churners[i]);
	}
	while (!are_welcome(receivers, RECEIVERS) || !are_welcome(churners, CHURNERS))
		turn();
	for (uint32_t i = 0; i < RECEIVERS; i++)
		ask(&receivers[i], nv_client_conn(receivers[i].client));
}

/* How often somebody came again. */
static uint32_t churn(void)
{
	uint32_t again = 0;

	for (uint32_t i = 0; i < CHURNERS; i++) {
		if (!churners[i].gone)
			continue;
		nv_client_free(churners[i].client);
		join(&churners[i]);
		again++;
	}
	return again;
}

static bool all_complete(void)
{
	for (uint32_t i = 0; i < RECEIVERS; i++) {
		for (uint32_t sender = 0; sender < SENDERS; sender++) {
			uint32_t total = sender < THREADS ? MESSAGES : handler_messages;

			if (receivers[i].next[sender] < total)
				return false;
		}
	}
	return true;
}

static void free_clients(void)
{
	for (uint32_t i = 0; i < RECEIVERS; i++)
		nv_client_free(receivers[i].client);
	for (uint32_t i = 0; i < CHURNERS; i++)
		nv_client_free(churners[i].client);
	nv_loop_free(loop);
}

/* --- Tests --- */

static void run_to_the_end(uint32_t threads, uint32_t max_inbox)
{
	struct sender senders[THREADS];
	uint32_t churned = 0;
	struct nv_stats stats;

	start(threads, max_inbox);
	join_all();
	start_senders(senders);
	while (!all_complete()) {
		turn();
		nv_server_stats(server, &stats); /* while they count */
		churned += churn();
		for (uint32_t i = 0; i < RECEIVERS; i++)
			assert_false(receivers[i].gone);
	}
	assert_true(join_senders(senders));
	assert_true(churned > 0);
	free_clients();
	nv_server_stats(server, &stats);
	assert_true(stats.opened >= RECEIVERS + CHURNERS);
	assert_int_equal(stats.missed, 0);
	assert_int_equal(stats.closed[NV_CAUSE_SLOW], 0);
	nv_server_free(server);
	assert_int_equal(atomic_load(&opened), atomic_load(&closed));
	assert_true(lines > 0);
}

static void numbers_arrive_in_order_and_complete(void **state)
{
	handler_messages = MESSAGES / 4;
	run_to_the_end(1, 0);
	run_to_the_end(2, 0);
	run_to_the_end(4, 0);
}

/* Senders wait for room, which a handler must not do: only threads send. */
static void a_small_inbox_loses_nothing(void **state)
{
	handler_messages = 0;
	run_to_the_end(2, 4096);
	run_to_the_end(4, 1024);
}

/* Everybody is in full swing when the server stops, or goes. */
static void run_to_the_middle(uint32_t threads, bool stop)
{
	struct sender senders[THREADS];

	start(threads, 0);
	join_all();
	start_senders(senders);
	while (receivers[0].next[0] < MESSAGES / 8) {
		turn();
		churn();
	}
	/* From here on those whom a number is for may have gone. */
	atomic_store(&stops, true);
	if (stop)
		nv_server_stop(server);
	while (stop && !receivers[0].gone)
		turn();
	(void)join_senders(senders);
	free_clients();
	nv_server_free(server);
	assert_int_equal(atomic_load(&opened), atomic_load(&closed));
	assert_false(atomic_load(&failed));
}

static void stops_in_the_middle(void **state)
{
	handler_messages = MESSAGES;
	for (uint32_t threads = 1; threads <= 4; threads *= 2) {
		run_to_the_middle(threads, true);
		run_to_the_middle(threads, false);
	}
}

/* From another thread than any of its loops, and before it runs. */
static atomic_uint runs;

static void count_run(void *context)
{
	atomic_fetch_add(&runs, 1);
}

static void posts_run_at_the_latest_in_the_end(void **state)
{
	for (uint32_t i = 0; i < 50; i++) {
		atomic_store(&runs, 0);
		start(1 + i % 4, 0);
		for (int n = 0; n < 20; n++)
			assert_int_equal(nv_server_post(server, count_run, NULL), 0);
		nv_server_free(server);
		nv_loop_free(loop);
		assert_int_equal(atomic_load(&runs), 20);
	}
}

static void never_runs_at_all(void **state)
{
	server = nv_server_new(&(struct nv_server_options){ .threads = 4 });
	assert_non_null(server);
	atomic_store(&runs, 0);
	assert_int_equal(nv_server_post(server, count_run, NULL), 0);
	assert_int_equal(nv_server_publish(server, "t", NV_TEXT, nv_str("x"), 0), 0);
	nv_server_free(server);
	assert_int_equal(atomic_load(&runs), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_case("numbers arrive in order and complete",
		          numbers_arrive_in_order_and_complete),
		unit_case("a small inbox loses nothing", a_small_inbox_loses_nothing),
		unit_case("stops in the middle", stops_in_the_middle),
		unit_case("posts run at the latest in the end", posts_run_at_the_latest_in_the_end),
		unit_case("never runs at all", never_runs_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
