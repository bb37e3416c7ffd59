/* SPDX-License-Identifier: MIT */
/* main.c: the limit: what a server costs that does the socket work and nothing else.
 *
 * It answers any request with the same 101 and then only counts: so many bytes are so many frames.
 * "echo" sends as many back; "hub" reads all that is ready and then sends everything to everyone, by
 * one send for each. Nothing is parsed, and nothing waits: a send that is cut ends the program. With a
 * certificate and its key it does the same over TLS. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "channel.h"
#include "fail.h"
#include "wire.h"

#define MAX_FD NV_CHANNEL_MAX_FD
#define BATCH 1024
#define BUFFER (64u << 10)
#define LARGEST_SEND (1u << 20)

struct peer {
	uint32_t rest;  /* bytes of a frame that has not arrived as a whole */
	uint32_t place; /* in `members`, counted from 1; 0 before the upgrade */
};

struct limit {
	bool is_hub;
	size_t frame; /* as clients send it */
	struct nv_wire out;
	size_t pending; /* frames that the hub has read in this turn */
	int epoll_fd;
	int listener;
	size_t member_count;
};

static struct peer peers[MAX_FD];
static int members[MAX_FD];
static char buffer[BUFFER];

static const char upgraded[] = "HTTP/1.1 101 Switching Protocols\r\n"
			       "Upgrade: websocket\r\n"
			       "Connection: Upgrade\r\n"
			       "Sec-WebSocket-Accept: " NV_WIRE_ACCEPT "\r\n"
			       "\r\n";

static void send_all(int fd, const void *data, size_t len)
{
	ssize_t sent = nv_channel_send(fd, data, len);

	if (sent >= 0 && (size_t)sent != len)
		nv_fail("limit: sent %zd bytes of %zu", sent, len);
	if (sent < 0 && errno != EPIPE && errno != ECONNRESET)
		nv_fail("limit: cannot send");
}

static void send_frames(const struct limit *limit, int fd, size_t count)
{
	for (size_t n; count > 0; count -= n) {
		n = count < limit->out.count ? count : limit->out.count;
		send_all(fd, limit->out.bytes, n * limit->out.frame);
	}
}

static void watch(const struct limit *limit, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(limit->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		nv_fail("limit: epoll_ctl");
}

/* --- Members --- */

static void join(struct limit *limit, int fd)
{
	members[limit->member_count++] = fd;
	peers[fd] = (struct peer){ .place = (uint32_t)limit->member_count };
}

static void leave(struct limit *limit, int fd)
{
	uint32_t place = peers[fd].place;
	int last;

	nv_channel_close(fd);
	if (place == 0)
		return;
	last = members[--limit->member_count];
	members[place - 1] = last;
	peers[last].place = place;
	peers[fd].place = 0;
}

/* --- Events --- */

static void accept_all(const struct limit *limit)
{
	const int on = 1;
	int fd;

	while ((fd = accept4(limit->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (fd >= MAX_FD)
			nv_fail("limit: too many connections");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		peers[fd] = (struct peer){ .place = 0 };
		nv_channel_open(fd);
		watch(limit, fd);
	}
	if (errno != EAGAIN && errno != ECONNABORTED)
		nv_fail("limit: accept");
}

static void upgrade(struct limit *limit, int fd, size_t len)
{
	if (len < 4 || memcmp(buffer + len - 4, "\r\n\r\n", 4) != 0)
		return;
	send_all(fd, upgraded, sizeof upgraded - 1);
	join(limit, fd);
}

static void count(struct limit *limit, int fd, size_t len)
{
	size_t bytes = peers[fd].rest + len;

	peers[fd].rest = (uint32_t)(bytes % limit->frame);
	if (limit->is_hub)
		limit->pending += bytes / limit->frame;
	else
		send_frames(limit, fd, bytes / limit->frame);
}

static void receive(struct limit *limit, int fd)
{
	ssize_t len = nv_channel_receive(fd, buffer, sizeof buffer);

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0)
		leave(limit, fd);
	else if (peers[fd].place == 0)
		upgrade(limit, fd, (size_t)len);
	else
		count(limit, fd, (size_t)len);
}

static void publish(struct limit *limit)
{
	for (size_t i = 0; limit->pending > 0 && i < limit->member_count; i++)
		send_frames(limit, members[i], limit->pending);
	limit->pending = 0;
}

static void turn(struct limit *limit)
{
	static struct epoll_event events[BATCH];
	int ready = epoll_wait(limit->epoll_fd, events, BATCH, -1);

	for (int i = 0; i < ready; i++) {
		if (events[i].data.fd == limit->listener)
			accept_all(limit);
		else
			receive(limit, events[i].data.fd);
	}
	publish(limit);
}

/* --- The whole --- */

static void start(struct limit *limit)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	limit->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	limit->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (limit->epoll_fd < 0 || limit->listener < 0 ||
	    bind(limit->listener, (struct sockaddr *)&address, len) < 0 ||
	    listen(limit->listener, SOMAXCONN) < 0 ||
	    getsockname(limit->listener, (struct sockaddr *)&address, &len) < 0)
		nv_fail("limit: cannot listen");
	watch(limit, limit->listener);
	printf("limit: port %u\n", (unsigned)ntohs(address.sin_port));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	bool is_complete = argc == 3 || argc == 5;
	struct limit limit = { .is_hub = is_complete && strcmp(argv[1], "hub") == 0 };
	size_t size = is_complete ? strtoul(argv[2], NULL, 10) : 0;

	if (size == 0 || (!limit.is_hub && strcmp(argv[1], "echo") != 0)) {
		fputs("usage: limit echo|hub SIZE [CERTIFICATE KEY]\n", stderr);
		return 2;
	}
	if (argc == 5)
		nv_channel_secure(argv[3], argv[4]);
	limit.out = nv_wire_from_server(size, LARGEST_SEND / size);
	limit.frame = nv_wire_from_client(size, 1).frame;
	start(&limit);
	for (;;)
		turn(&limit);
}
