/* SPDX-License-Identifier: MIT */
/* churn.c: visitors of a server that come at a steady rate and go, each in its own way. Prints how many
 * came of each kind and how many of them ended as they should; exits with 1 when not all did. Where the
 * machine is too slow for the rate it takes longer.
 *
 * usage: churn port=PORT [rate=A_SECOND] [seconds=SECONDS] */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "load/arguments.h"
#include "load/visitor.h"

#define VISITORS 12000u /* at a time */
#define TICK_NS 20000000u

static uint32_t port, rate = 1000, seconds = 10;
static struct visitor visitors[VISITORS];
static uint32_t place; /* where a free one is looked for */
static uint32_t most;

static struct visitor *free_visitor(void)
{
	for (uint32_t i = 0; i < VISITORS; i++) {
		place = (place + 1) % VISITORS;
		if (visitors[place].fd < 0)
			return &visitors[place];
	}
	errx(1, "more visitors at a time than there should be");
}

/* How many are there. */
static uint32_t tick(uint64_t now)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < VISITORS; i++) {
		visitor_tick(&visitors[i], now);
		count += visitors[i].fd >= 0;
	}
	if (count > most)
		most = count;
	return count;
}

static void wait_and_wake(int epoll_fd)
{
	struct epoll_event events[256];
	int count = epoll_wait(epoll_fd, events, 256, 1);

	for (int i = 0; i < count; i++)
		visitor_wake(events[i].data.ptr, epoll_fd, events[i].events);
}

/* How long it took until the last one had come. */
static uint64_t run(int epoll_fd)
{
	uint64_t start = load_now_ns();
	uint64_t last = start;
	uint64_t ticked = start;
	uint32_t count = rate * seconds;
	uint32_t came = 0;

	while (came < count || tick(load_now_ns()) > 0) {
		uint64_t now = load_now_ns();
		uint64_t due = (now - start) * rate / 1000000000u;

		for (int i = 0; i < 64 && came < count && came < due; i++)
			visitor_come(free_visitor(), epoll_fd, port, came++);
		if (came < count)
			last = now;
		wait_and_wake(epoll_fd);
		if (now - ticked >= TICK_NS) {
			ticked = now;
			tick(now);
		}
	}
	return last - start;
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
	const struct load_argument table[] = { { "port", &port },
		                               { "rate", &rate },
		                               { "seconds", &seconds } };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	uint64_t ns;
	bool well;

	(void)argc;
	load_arguments_read(table, sizeof table / sizeof *table, argv + 1);
	if (epoll_fd < 0 || port == 0)
		errx(2, "cannot begin");
	raise_file_limit();
	for (uint32_t i = 0; i < VISITORS; i++)
		visitors[i].fd = -1;
	ns = run(epoll_fd);
	well = visitor_print_kinds();
	printf("most %u\ncame_in_ms %" PRIu64 "\n", most, ns / 1000000u);
	return well ? 0 : 1;
}
