/* SPDX-License-Identifier: MIT */
/* wire.h: real sockets for the tests of the loop, and turning it until something has happened. */
#ifndef TEST_NET_WIRE_H
#define TEST_NET_WIRE_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/loop.h"
#include "support/unit.h"

#define WIRE_PATIENCE_MS 20000u

/* Turns the loop, which waits by itself, until the condition holds; fails when it takes too long. */
#define wire_until(loop, condition)                                                                \
	do {                                                                                       \
		uint64_t end_ = nv_loop_now(loop) + WIRE_PATIENCE_MS;                              \
		while (!(condition)) {                                                             \
			assert_true(nv_loop_now(loop) < end_);                                     \
			assert_int_equal(nv_loop_run_once(loop, 1000), 0);                         \
		}                                                                                  \
	} while (0)

static inline int wire_listen(struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
	return fd;
}

static inline void wire_tcp_pair(int fds[2])
{
	struct sockaddr_in address;
	int listener = wire_listen(&address);

	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fds[0], (struct sockaddr *)&address, sizeof(address)), 0);
	fds[1] = accept(listener, NULL, NULL);
	assert_true(fds[1] >= 0);
	close(listener);
}

static inline void wire_unix_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

static inline void wire_send(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

static inline void wire_send_text(int fd, const char *text)
{
	wire_send(fd, text, strlen(text));
}

/* What is there, without waiting: the number of bytes, 0 at the end, -1 when there is none. */
static inline ssize_t wire_take(int fd, void *data, size_t size)
{
	ssize_t len = recv(fd, data, size, MSG_DONTWAIT);

	assert_true(len >= 0 || errno == EAGAIN);
	return len;
}

/* Waits for exactly these bytes. */
static inline void wire_assert_receives(int fd, const char *text)
{
	char bytes[256] = "";

	assert_true(strlen(text) < sizeof(bytes));
	assert_int_equal(recv(fd, bytes, strlen(text), MSG_WAITALL), strlen(text));
	assert_string_equal(bytes, text);
}

static inline void wire_assert_nothing(int fd)
{
	char byte;

	assert_int_equal(wire_take(fd, &byte, 1), -1);
}

static inline void wire_reset(int fd)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fd);
}

/* The descriptor that the system gives next: the same again when none was leaked. */
static inline int wire_next_descriptor(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* For a test that has registrations fail: libuv registers later, and ends the process when it can't. */
static inline bool wire_has_epoll(void)
{
	return strcmp(NVTEST_LOOP, "epoll") == 0;
}

static inline void wire_needs_epoll(void)
{
	if (!wire_has_epoll())
		skip();
}

/* No socket has anything for the loop. To ask for the timeout makes libuv register what is new. */
static inline bool wire_is_quiet(const struct nv_loop *loop)
{
	struct pollfd fd = { .fd = nv_loop_fd(loop), .events = POLLIN };

	nv_loop_timeout_ms(loop);
	return poll(&fd, 1, 0) == 0;
}

/* The loop has nothing to do before a timer: a turn now would be for nothing. */
static inline bool wire_is_idle(const struct nv_loop *loop)
{
	return wire_is_quiet(loop) && nv_loop_timeout_ms(loop) != 0;
}

/* The loop waits for a timer of so many milliseconds, which was not started before that moment; less
 * is left of it where the machine has paused since. */
static inline void wire_assert_waits(const struct nv_loop *loop, uint64_t since_ms, uint64_t delay_ms)
{
	int timeout = nv_loop_timeout_ms(loop);
	uint64_t passed = nv_loop_now(loop) - since_ms;

	assert_in_range(timeout, passed < delay_ms ? delay_ms - passed : 0, delay_ms);
}

#endif
