/* SPDX-License-Identifier: MIT */
/* calls_made.c: the calls, each as the system makes it where nothing is to happen to it. */
#include <dlfcn.h>
#include <errno.h>
#include <libdeflate.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "torture/calls_state.h"

/* True when the call fails, with errno set. */
static bool fails(enum call_kind kind)
{
	int error = calls_next(kind);

	if (error)
		errno = error;
	return error != 0;
}

/* --- Time --- */

int clock_gettime(clockid_t id, struct timespec *time)
{
	if (id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, time);
	time->tv_sec = (time_t)(calls.now_ms / 1000);
	time->tv_nsec = (long)(calls.now_ms % 1000) * 1000000;
	return 0;
}

/* --- Descriptors --- */

int close(int fd)
{
	bool told = fails(CALL_CLOSE);
	int error = errno;

	calls.moves++;
	if (syscall(SYS_close, fd) < 0) {
		calls.bad_closes++;
		return -1;
	}
	errno = error;
	return told ? -1 : 0;
}

int eventfd(unsigned int value, int flags)
{
	return fails(CALL_EVENTFD) ? -1 : (int)syscall(SYS_eventfd2, value, flags);
}

ssize_t getrandom(void *data, size_t len, unsigned int flags)
{
	int fault = calls_next(CALL_GETRANDOM);

	if (fault > 0) {
		errno = fault;
		return -1;
	}
	return syscall(SYS_getrandom, data, fault ? 1 : len, flags);
}

struct libdeflate_compressor *libdeflate_alloc_compressor(int level)
{
	struct libdeflate_compressor *(*alloc)(int);

	if (fails(CALL_COMPRESSOR))
		return NULL;
	*(void **)&alloc = dlsym(RTLD_NEXT, "libdeflate_alloc_compressor");
	return alloc(level);
}

/* --- epoll --- */

int epoll_create1(int flags)
{
	return fails(CALL_EPOLL_CREATE) ? -1 : (int)syscall(SYS_epoll_create1, flags);
}

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	enum call_kind kind = CALL_EPOLL_MOD;

	if (operation == EPOLL_CTL_ADD)
		kind = CALL_EPOLL_ADD;
	else if (operation == EPOLL_CTL_DEL)
		kind = CALL_EPOLL_DEL;
	return fails(kind) ? -1 : (int)syscall(SYS_epoll_ctl, epoll_fd, operation, fd, event);
}

static int take_events(int epoll_fd, struct epoll_event *events, int max)
{
	return (int)syscall(SYS_epoll_pwait, epoll_fd, events, max, 0, NULL, (size_t)8);
}

int epoll_wait(int epoll_fd, struct epoll_event *events, int max, int timeout_ms)
{
	int count;

	if (fails(CALL_EPOLL_WAIT)) {
		calls.events++;
		return -1;
	}
	count = take_events(epoll_fd, events, max);
	if (count == 0 && timeout_ms != 0) {
		calls.wait(timeout_ms);
		count = take_events(epoll_fd, events, max);
	}
	if (count > 0)
		calls.events += (size_t)count;
	return count;
}

/* --- Sockets --- */

int socket(int family, int type, int protocol)
{
	return fails(CALL_SOCKET) ? -1 : (int)syscall(SYS_socket, family, type, protocol);
}

int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
	return fails(CALL_BIND) ? -1 : (int)syscall(SYS_bind, fd, address.__sockaddr__, len);
}

int listen(int fd, int backlog)
{
	return fails(CALL_LISTEN) ? -1 : (int)syscall(SYS_listen, fd, backlog);
}

int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *len)
{
	if (fails(CALL_GETSOCKNAME))
		return -1;
	return (int)syscall(SYS_getsockname, fd, address.__sockaddr__, len);
}

/* It fails, and the option is set all the same: Nagle's delays would be of real time. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	bool told = fails(level == IPPROTO_IPV6 ? CALL_SETSOCKOPT_V6 : CALL_SETSOCKOPT);
	int error = errno;
	int result = (int)syscall(SYS_setsockopt, fd, level, name, value, len);

	errno = told ? error : errno;
	return told ? -1 : result;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (fails(CALL_GETSOCKOPT)) {
		*(int *)value = errno;
		return 0;
	}
	return (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

static void drop_connection(int listener)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	long fd = syscall(SYS_accept4, listener, NULL, NULL, 0);

	calls.moves++;
	syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	syscall(SYS_close, fd);
}

int accept4(int fd, __SOCKADDR_ARG address, socklen_t *len, int flags)
{
	int fault = calls_next(CALL_ACCEPT);

	if (fault == ECONNABORTED || fault == ECONNRESET)
		drop_connection(fd);
	if (fault) {
		errno = fault;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, address.__sockaddr__, len, flags);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
	int fault = calls_next(CALL_CONNECT);

	calls.moves++;
	if (fault == EINTR)
		syscall(SYS_connect, fd, address.__sockaddr__, len);
	if (fault) {
		errno = fault;
		return -1;
	}
	return (int)syscall(SYS_connect, fd, address.__sockaddr__, len);
}

int shutdown(int fd, int how)
{
	if (fails(CALL_SHUTDOWN))
		return -1;
	calls.moves++;
	return (int)syscall(SYS_shutdown, fd, how);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	int fault = calls_next(CALL_RECV);

	calls.moves += fault <= 0;
	if (fault > 0) {
		errno = fault;
		return -1;
	}
	return syscall(SYS_recvfrom, fd, data, fault && len > 1 ? 1 : len, flags, NULL, NULL);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	int fault = calls_next(CALL_SEND);

	calls.moves += fault <= 0;
	if (fault > 0) {
		errno = fault;
		return -1;
	}
	return syscall(SYS_sendto, fd, data, fault && len > 1 ? 1 : len, flags, NULL, 0);
}

static ssize_t send_byte(int fd, const struct msghdr *message, int flags)
{
	struct iovec part = *message->msg_iov;
	struct msghdr shorter = { .msg_iov = &part, .msg_iovlen = 1 };

	part.iov_len = 1;
	return syscall(SYS_sendmsg, fd, &shorter, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	int fault = calls_next(CALL_SEND);

	calls.moves += fault <= 0;
	if (fault > 0) {
		errno = fault;
		return -1;
	}
	if (fault)
		return send_byte(fd, message, flags);
	return syscall(SYS_sendmsg, fd, message, flags);
}
