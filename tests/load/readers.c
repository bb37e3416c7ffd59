/* SPDX-License-Identifier: MIT */
/* readers.c: subscribers of publisher.c. All but the first `others` of them are looked at: each has to get
 * every message, in order, and how long that took is counted. The others read as well, or with
 * `stall=1` not before they are told so, each into a small receive buffer, or the kernel would read for
 * them.
 *
 * Prints "ready", then what it has counted, NAME NUMBER on a line, and "read". With the next line on
 * standard input those that stall read what there is for them; how that ended is counted too.
 *
 * usage: readers port=PORT messages=COUNT [clients=COUNT] [others=COUNT] [stall=1] */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "load/arguments.h"
#include "load/wire.h"

#define PATIENCE_S 150
#define SMALL_BUFFER 4096u

struct reader {
	int fd;
	struct load_frames frames;
	uint64_t next; /* number of the message that may come next */
	uint64_t received;
	unsigned status; /* of the server's Close */
	bool looked_at;
};

static uint32_t port, messages, clients = 1000, others, stall;
static struct reader *readers;
static uint64_t *latencies;
static size_t latency_count;

/* --- Receiving --- */

/* Numbers may be left out only by those who stall. */
static void take_message(struct reader *reader)
{
	size_t len;
	uint64_t start[2];

	memcpy(start, load_payload(&reader->frames, &len), sizeof start);
	if (len != sizeof start || start[0] < reader->next ||
	    (start[0] > reader->next && (reader->looked_at || !stall)))
		errx(1, "message %" PRIu64 " instead of %" PRIu64, start[0], reader->next);
	reader->next = start[0] + 1;
	reader->received++;
	if (reader->looked_at)
		latencies[latency_count++] = load_now_ns() - start[1];
}

static void answer_ping(const struct reader *reader)
{
	uint8_t pong[LOAD_FRAME_HEAD];
	size_t size = load_frame(pong, LOAD_PONG, NULL, 0);

	if (send(reader->fd, pong, size, MSG_NOSIGNAL) != (ssize_t)size)
		warn("pong");
}

static void take_frame(struct reader *reader)
{
	uint8_t first = load_first(&reader->frames);

	if (first == LOAD_BINARY && reader->next < messages)
		take_message(reader);
	else if (first == LOAD_CLOSE)
		reader->status = load_close_status(&reader->frames);
	else if (first == LOAD_PING)
		answer_ping(reader);
	else
		errx(1, "a frame that nobody sent: %02x", first);
}

static void take_frames(struct reader *reader, struct load_input input)
{
	while (load_frames_next(&reader->frames, &input))
		take_frame(reader);
}

/* What recv() says. */
static ssize_t receive(struct reader *reader, int flags)
{
	static uint8_t buffer[65536];
	ssize_t len = recv(reader->fd, buffer, sizeof buffer, flags);

	if (len > 0)
		take_frames(reader, (struct load_input){ buffer, (size_t)len });
	return len;
}

/* What is there within that time: how many messages. */
static uint64_t read_some(int epoll_fd, int timeout_ms)
{
	struct epoll_event events[256];
	int count = epoll_wait(epoll_fd, events, 256, timeout_ms);
	uint64_t received = 0;

	for (int i = 0; i < count; i++) {
		struct reader *reader = events[i].data.ptr;
		uint64_t before = reader->received;

		if (receive(reader, MSG_DONTWAIT) == 0 || reader->status != 0)
			errx(1, "client %td was closed with %u after %" PRIu64 " messages",
			     reader - readers, reader->status, reader->received);
		received += reader->received - before;
	}
	return received;
}

/* --- Opening --- */

static void upgrade(struct reader *reader)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	const size_t size = sizeof LOAD_REQUEST - 1;
	struct load_answer answer = { .have = 0 };
	char byte;
	struct load_input input = { NULL, 0 };

	setsockopt(reader->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (send(reader->fd, LOAD_REQUEST, size, MSG_NOSIGNAL) != (ssize_t)size)
		err(1, "request");
	do {
		if (recv(reader->fd, &byte, 1, 0) != 1)
			err(1, "no answer");
		input = (struct load_input){ (uint8_t *)&byte, 1 };
	} while (!load_answer_take(&answer, &input));
	if (load_answer_status(&answer) != 101)
		errx(1, "answered with %d", load_answer_status(&answer));
}

static void watch(int epoll_fd, struct reader *reader)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = reader };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, reader->fd, &event) < 0)
		err(1, "epoll_ctl");
}

/* Those that are open may be pinged meanwhile. */
static void open_all(int epoll_fd)
{
	for (uint32_t i = 0; i < clients; i++) {
		struct reader *reader = &readers[i];
		bool stalls = i < others && stall;

		reader->looked_at = i >= others;
		reader->fd = load_connect(port, i, stalls ? SMALL_BUFFER : 0, 0);
		upgrade(reader);
		if (!stalls)
			watch(epoll_fd, reader);
		read_some(epoll_fd, 0);
	}
}

/* --- The run --- */

/* How many messages all who read together still have to get. */
static uint64_t missing(void)
{
	uint64_t received = 0;
	uint32_t reading = stall ? clients - others : clients;

	for (uint32_t i = clients - reading; i < clients; i++)
		received += readers[i].received;
	return (uint64_t)reading * messages - received;
}

static void read_all(int epoll_fd)
{
	uint64_t left = missing();
	uint64_t moved = load_now_ns();

	while (left > 0) {
		uint64_t received = read_some(epoll_fd, 1000);

		left -= received;
		if (received > 0)
			moved = load_now_ns();
		else if (load_now_ns() - moved > PATIENCE_S * UINT64_C(1000000000))
			errx(1, "%" PRIu64 " messages did not come", left);
	}
}

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one;
	uint64_t b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

static void print_latencies(void)
{
	qsort(latencies, latency_count, sizeof *latencies, compare);
	printf("messages %zu\n", latency_count);
	printf("p50_us %" PRIu64 "\n", latencies[latency_count / 2] / 1000);
	printf("p99_us %" PRIu64 "\n", latencies[latency_count / 100 * 99] / 1000);
	printf("max_us %" PRIu64 "\n", latencies[latency_count - 1] / 1000);
}

/* Until the last message or the end. */
static void catch_up(struct reader *reader)
{
	ssize_t len = 1;

	while (reader->next < messages && reader->status == 0 && len > 0)
		len = receive(reader, 0);
	if (len < 0 && errno != ECONNRESET)
		err(1, "%" PRIu64 " was the last", reader->next);
}

static void read_stalled(void)
{
	uint64_t received = 0, missed = 0, closed = 0, complete = 0;

	for (uint32_t i = 0; i < others && stall; i++) {
		struct reader *reader = &readers[i];

		catch_up(reader);
		received += reader->received;
		missed += reader->next - reader->received;
		closed += reader->status == 1013;
		complete += reader->next == messages;
	}
	printf("stalled_received %" PRIu64 "\nstalled_missed %" PRIu64 "\n", received, missed);
	printf("stalled_closed %" PRIu64 "\nstalled_complete %" PRIu64 "\n", closed, complete);
}

int main(int argc, char **argv)
{
	const struct load_argument table[] = {
		{ "port", &port },     { "messages", &messages }, { "clients", &clients },
		{ "others", &others }, { "stall", &stall },
	};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	load_arguments_read(table, sizeof table / sizeof *table, argv + 1);
	if (others >= clients || messages == 0)
		errx(2, "there is nothing to look at");
	readers = calloc(clients, sizeof *readers);
	latencies = calloc((size_t)clients * messages, sizeof *latencies);
	if (!readers || !latencies || epoll_fd < 0)
		err(1, "cannot begin");
	open_all(epoll_fd);
	puts("ready");
	read_all(epoll_fd);
	print_latencies();
	puts("read");
	if (getchar() != EOF)
		read_stalled();
	return 0;
}
