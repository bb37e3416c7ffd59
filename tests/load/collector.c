/* SPDX-License-Identifier: MIT */
/* collector.c: a server that counts how often each numbered message of a sender (sender.c) has come, in a file
 * that is mapped, so that it stands there however this ends. SIGTERM stops it in order.
 *
 * usage: collector FILE [port=NUMBER] [burst=NUMBER]    after so many messages it rests for a millisecond */
#include <navette/navette.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "load/arguments.h"
#include "load/tally.h"

/* Of one connection: the number that each thread's next message has at least. */
struct order {
	uint32_t next[TALLY_THREADS];
};

static struct nv_server *server;
static struct tally *tally;
static uint32_t burst = UINT32_MAX;
static uint32_t received;

static void on_open(struct nv_conn *conn)
{
	struct order *order = calloc(1, sizeof *order);

	if (!order)
		err(1, "calloc");
	nv_conn_set_user(conn, order);
}

static void on_close(struct nv_conn *conn, const struct nv_close *close)
{
	(void)close;
	free(nv_conn_user(conn));
}

static void rest(void)
{
	static const struct timespec breath = { .tv_nsec = 1000000 };

	if (++received % burst == 0)
		nanosleep(&breath, NULL);
}

static void on_message(struct nv_conn *conn, enum nv_opcode opcode, struct nv_bytes message)
{
	struct order *order = nv_conn_user(conn);
	struct tally_number number;

	(void)opcode;
	if (message.len < sizeof number)
		errx(1, "a message without a number");
	memcpy(&number, message.data, sizeof number);
	if (number.thread >= TALLY_THREADS || number.number >= TALLY_NUMBERS)
		errx(1, "a message of another");
	if (number.number < order->next[number.thread])
		tally->disorder++;
	order->next[number.thread] = number.number + 1;
	if (tally->times[number.thread][number.number] < UINT8_MAX)
		tally->times[number.thread][number.number]++;
	rest();
}

static struct tally *map_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *mapped;

	if (fd < 0 || ftruncate(fd, sizeof *tally) < 0)
		err(1, "%s", path);
	mapped = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return mapped;
}

static void on_signal(int number)
{
	(void)number;
	nv_server_stop(server);
}

int main(int argc, char **argv)
{
	const struct nv_handlers handlers = { .on_open = on_open,
		                              .on_message = on_message,
		                              .on_close = on_close };
	uint32_t port = 0;
	const struct load_argument table[] = { { "port", &port }, { "burst", &burst } };
	int error;

	if (argc < 2)
		errx(2, "usage: collector FILE [port=NUMBER]");
	load_arguments_read(table, 2, argv + 2);
	tally = map_file(argv[1]);
	server = nv_server_new(NULL);
	if (!server)
		errx(1, "no server");
	signal(SIGTERM, on_signal);
	error = nv_server_route(server, "/", &handlers, NULL);
	if (error == 0)
		error = nv_server_listen(server, "127.0.0.1", (uint16_t)port);
	if (error < 0)
		errx(1, "cannot start: %s", nv_strerror(error));
	printf("port %u\n", (unsigned)nv_server_port(server));
	fflush(stdout);
	error = nv_server_run(server);
	nv_server_free(server);
	return error < 0;
}
