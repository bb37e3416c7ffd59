/* SPDX-License-Identifier: MIT */
/* publisher.c: a server whose clients all subscribe to one topic, and that sends back their texts. It is
 * told on standard input what to do, and answers each line with one of its own:
 *
 *     publish COUNT RATE SIZE    from this thread, which is none of the server's; RATE a second
 *     stats                      what nv_server_stats says and what is allocated, as JSON
 *
 * usage: publisher [NAME=NUMBER]...    options of the server, and slow= as in enum nv_slow */
#include <navette/navette.h>

#include <err.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "load/arguments.h"
#include "load/counting_alloc.h"
#include "load/wire.h"

#define TOPIC "news"
#define SIZE_MAX_PUBLISHED 65536u
#define SECOND_NS 1000000000u

static struct nv_server *server;
static uint64_t published; /* also the number of the next message */
static atomic_uint_fast64_t told_missed;

/* --- What happens to a client --- */

static void give_up(struct nv_conn *conn, int error)
{
	uint16_t status = error == NV_ERR_FULL ? NV_STATUS_TRY_LATER : NV_STATUS_INTERNAL;

	if (nv_conn_close(conn, status, nv_strerror(error)) == NV_ERR_NOMEM)
		nv_conn_abort(conn);
}

static void on_open(struct nv_conn *conn)
{
	int error = nv_conn_subscribe(conn, TOPIC);

	if (error < 0)
		give_up(conn, error);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	int error = nv_conn_send(conn, opcode, message);

	if (error < 0)
		give_up(conn, error);
}

static void on_missed(struct nv_conn *conn, uint64_t count)
{
	(void)conn;
	atomic_fetch_add(&told_missed, count);
}

/* --- Commands --- */

/* A message begins with its number and the moment in which it is published. */
static void publish_one(size_t size)
{
	static uint8_t message[SIZE_MAX_PUBLISHED];
	uint64_t start[2] = { published++, load_now_ns() };
	int error;

	memcpy(message, start, sizeof start);
	error = nv_server_publish(server, TOPIC, NV_BINARY, (struct nv_bytes){ message, size }, 0);
	if (error < 0)
		errx(1, "publish: %s", nv_strerror(error));
}

static void sleep_until(uint64_t ns)
{
	const struct timespec until = { .tv_sec = (time_t)(ns / SECOND_NS),
		                        .tv_nsec = (long)(ns % SECOND_NS) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void publish(const char *numbers)
{
	char *next;
	unsigned long count = strtoul(numbers, &next, 10);
	unsigned long rate = strtoul(next, &next, 10);
	unsigned long size = strtoul(next, &next, 10);
	uint64_t start = load_now_ns();

	if (*next != '\n' || rate == 0 || size < LOAD_PREFIX || size > SIZE_MAX_PUBLISHED)
		errx(1, "publish takes COUNT RATE SIZE, not %s", numbers);
	for (uint64_t i = 0; i < count; i++) {
		sleep_until(start + i * SECOND_NS / rate);
		publish_one(size);
	}
	printf("published %" PRIu64 "\n", published);
}

static void print_number(const char *name, uint64_t number)
{
	printf("\"%s\": %" PRIu64 ", ", name, number);
}

static void print_stats(void)
{
	size_t live = counting_alloc_live();
	struct nv_stats stats;

	nv_server_stats(server, &stats);
	printf("{");
	print_number("connections", stats.connections);
	print_number("opened", stats.opened);
	print_number("published", stats.published);
	print_number("missed", stats.missed);
	print_number("told_missed", atomic_load(&told_missed));
	print_number("peak", counting_alloc_peak());
	for (int cause = 0; cause < NV_CAUSE_COUNT; cause++)
		print_number(nv_cause_text((enum nv_cause)cause), stats.closed[cause]);
	printf("\"live\": %zu}\n", live);
}

static void obey(void)
{
	char line[128];

	while (fgets(line, sizeof line, stdin)) {
		if (strcmp(line, "stats\n") == 0)
			print_stats();
		else if (strncmp(line, "publish ", 8) == 0)
			publish(line + 8);
		else
			errx(1, "not understood: %s", line);
		fflush(stdout);
	}
}

/* --- The server --- */

static uint32_t slow = NV_SLOW_CLOSE;

static struct nv_server *new_server(char **arguments)
{
	struct nv_server_options options = { .ping_interval_ms = 0 };
	const struct load_argument table[] = {
		{ "slow", &slow },
		{ "threads", &options.threads },
		{ "max_queue", &options.max_queue },
		{ "handshake_timeout_ms", &options.handshake_timeout_ms },
		{ "ping_interval_ms", &options.ping_interval_ms },
		{ "pong_timeout_ms", &options.pong_timeout_ms },
		{ "write_timeout_ms", &options.write_timeout_ms },
		{ "close_timeout_ms", &options.close_timeout_ms },
	};

	load_arguments_read(table, sizeof table / sizeof *table, arguments);
	return nv_server_new(&options);
}

static int start(void)
{
	const struct nv_handlers handlers = { .on_open = on_open,
		                              .on_message = on_message,
		                              .on_missed = on_missed };
	int error = nv_server_route(server, "/", &handlers, NULL);

	if (error == 0)
		error = nv_server_topic_slow(server, TOPIC, (enum nv_slow)slow);
	if (error == 0)
		error = nv_server_listen(server, "127.0.0.1", 0);
	return error ? error : nv_server_start(server);
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	int error;

	(void)argc;
	counting_alloc_install();
	raise_file_limit();
	server = new_server(argv + 1);
	error = server ? start() : NV_ERR_NOMEM;
	if (error < 0)
		errx(1, "cannot start: %s", nv_strerror(error));
	printf("port %u\n", (unsigned)nv_server_port(server));
	fflush(stdout);
	obey();
	nv_server_free(server);
	if (counting_alloc_live() != 0)
		errx(1, "%zu bytes were not freed", counting_alloc_live());
	return 0;
}
