/* SPDX-License-Identifier: MIT */
/* sock_posix.c: the sockets of Linux, as other Unixes may have them, and its errors. */
#include "net/sock_system.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int nv_sock_error_of(int number)
{
	switch (number) {
	case EADDRINUSE:
		return NV_ERR_IN_USE;
	case EACCES:
	case EPERM:
		return NV_ERR_PERMISSION;
	case EADDRNOTAVAIL:
		return NV_ERR_ADDRESS;
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return NV_ERR_UNSUPPORTED;
	case ECONNREFUSED:
		return NV_ERR_REFUSED;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
		return NV_ERR_UNREACHABLE;
	case ECONNRESET:
	case ECONNABORTED:
	case ENOTCONN:
	case EPIPE:
		return NV_ERR_RESET;
	case ETIMEDOUT:
		return NV_ERR_TIMEOUT;
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case EAGAIN:
		return NV_ERR_LIMIT;
	case ENOMEM:
	case ENOBUFS:
		return NV_ERR_NOMEM;
	default:
		return NV_ERR_SYSTEM;
	}
}

static int result(int returned)
{
	return returned < 0 ? nv_sock_error_of(errno) : returned;
}

int nv_sock_open(int family)
{
	return result(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int nv_sock_make_ours(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return nv_sock_error_of(errno);
	return result(fcntl(fd, F_SETFD, FD_CLOEXEC));
}

void nv_sock_close(int fd)
{
	close(fd);
}

int nv_sock_set(int fd, int level, int name, int value)
{
	return result(setsockopt(fd, level, name, &value, sizeof(value)));
}

int nv_sock_get(int fd, int level, int name, int *value)
{
	socklen_t len = sizeof(*value);

	return result(getsockopt(fd, level, name, value, &len));
}

void nv_sock_set_patience(int fd, int timeout_ms)
{
#ifdef TCP_USER_TIMEOUT
	(void)nv_sock_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout_ms);
#else
	(void)fd;
	(void)timeout_ms;
#endif
}

void nv_sock_claim(int fd)
{
	(void)nv_sock_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

int nv_sock_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	if (bind(fd, address, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return nv_sock_error_of(errno);
	return 0;
}

/* accept(2): errors of the one connection, also those of the network, are passed on by Linux. */
static int accept_error(int number)
{
	switch (number) {
	case EAGAIN:
		return NV_ERR_NOT_FOUND;
	case ECONNABORTED:
	case ECONNRESET:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case EINTR:
	case ENETDOWN:
	case ENETUNREACH:
	case ENOPROTOOPT:
	case EPERM:
	case EPROTO:
	case ETIMEDOUT:
		return NV_ERR_RESET;
	default:
		return nv_sock_error_of(number);
	}
}

int nv_sock_take(int listener, struct sockaddr *peer, socklen_t *len)
{
	int fd = accept4(listener, peer, len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? accept_error(errno) : fd;
}

int nv_sock_begin(int fd, const struct sockaddr *to, socklen_t len)
{
	if (connect(fd, to, len) == 0 || errno == EINPROGRESS || errno == EINTR)
		return 0;
	return nv_sock_error_of(errno);
}

int nv_sock_own_name(int fd, struct sockaddr *name, socklen_t *len)
{
	return result(getsockname(fd, name, len));
}

int nv_sock_peer_name(int fd, struct sockaddr *name, socklen_t *len)
{
	return result(getpeername(fd, name, len));
}
