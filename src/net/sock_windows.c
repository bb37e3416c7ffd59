/* SPDX-License-Identifier: MIT */
/* sock_windows.c: the sockets of Windows and their errors. */
#include "net/sock_windows.h"

#include "net/lock.h"
#include "net/sock_system.h"

/* Seconds. Windows has it in ws2ipdef.h, mingw has not. */
#ifndef TCP_MAXRT
#define TCP_MAXRT 5
#endif

static void start_winsock(void)
{
	WSADATA data;

	(void)WSAStartup(MAKEWORD(2, 2), &data);
}

/* What comes then fails with WSANOTINITIALISED if this has. */
void nv_winsock_start(void)
{
	static struct nv_once once = NV_ONCE_INIT;

	nv_once_run(&once, start_winsock);
}

int nv_sock_error_of(int number)
{
	switch (number) {
	case WSAEADDRINUSE:
		return NV_ERR_IN_USE;
	case WSAEACCES:
		return NV_ERR_PERMISSION;
	case WSAEADDRNOTAVAIL:
		return NV_ERR_ADDRESS;
	case WSAEAFNOSUPPORT:
	case WSAEPROTONOSUPPORT:
		return NV_ERR_UNSUPPORTED;
	case WSAECONNREFUSED:
		return NV_ERR_REFUSED;
	case WSAEHOSTUNREACH:
	case WSAENETUNREACH:
	case WSAEHOSTDOWN:
	case WSAENETDOWN:
		return NV_ERR_UNREACHABLE;
	case WSAECONNRESET:
	case WSAECONNABORTED:
	case WSAENETRESET:
	case WSAENOTCONN:
	case WSAESHUTDOWN:
	case WSAEDISCON:
		return NV_ERR_RESET;
	case WSAETIMEDOUT:
		return NV_ERR_TIMEOUT;
	case WSAEMFILE:
	case WSAEPROCLIM:
		return NV_ERR_LIMIT;
	case WSAENOBUFS:
	case WSA_NOT_ENOUGH_MEMORY:
		return NV_ERR_NOMEM;
	default:
		return NV_ERR_SYSTEM;
	}
}

static int last_error(void)
{
	return nv_sock_error_of(WSAGetLastError());
}

static int result(int returned)
{
	return returned == SOCKET_ERROR ? last_error() : 0;
}

/* A socket that has just been made, or why there is none. */
static int descriptor_of(SOCKET socket)
{
	const int fd = (int)socket;
	int error;

	if (socket == INVALID_SOCKET)
		return last_error();
	error = nv_sock_make_ours(fd);
	if (error == 0)
		return fd;
	nv_sock_close(fd);
	return error;
}

int nv_sock_open(int family)
{
	nv_winsock_start();
	return descriptor_of(WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
	                                WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT));
}

int nv_sock_make_ours(int fd)
{
	u_long on = 1;

	SetHandleInformation((HANDLE)nv_winsock_of(fd), HANDLE_FLAG_INHERIT, 0);
	return result(ioctlsocket(nv_winsock_of(fd), (long)FIONBIO, &on));
}

void nv_sock_close(int fd)
{
	closesocket(nv_winsock_of(fd));
}

int nv_sock_set(int fd, int level, int name, int value)
{
	return result(
		setsockopt(nv_winsock_of(fd), level, name, (const char *)&value, sizeof(value)));
}

int nv_sock_get(int fd, int level, int name, int *value)
{
	int len = sizeof(*value);

	nv_winsock_start();
	return result(getsockopt(nv_winsock_of(fd), level, name, (char *)value, &len));
}

void nv_sock_set_patience(int fd, int timeout_ms)
{
	(void)nv_sock_set(fd, IPPROTO_TCP, TCP_MAXRT, timeout_ms / 1000);
}

/* SO_REUSEADDR would let others take the port away; and what lingers is no obstacle here. */
void nv_sock_claim(int fd)
{
	(void)nv_sock_set(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
}

int nv_sock_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	const int error = result(bind(nv_winsock_of(fd), address, len));

	return error ? error : result(listen(nv_winsock_of(fd), SOMAXCONN));
}

static int accept_error(int number)
{
	switch (number) {
	case WSAEWOULDBLOCK:
		return NV_ERR_NOT_FOUND;
	case WSAECONNRESET:
	case WSAECONNABORTED:
	case WSAEINTR:
		return NV_ERR_RESET;
	default:
		return nv_sock_error_of(number);
	}
}

/* What a listening socket hands on here is not promised. */
int nv_sock_take(int listener, struct sockaddr *peer, socklen_t *len)
{
	const SOCKET taken = accept(nv_winsock_of(listener), peer, len);
	int fd;

	if (taken == INVALID_SOCKET)
		return accept_error(WSAGetLastError());
	fd = descriptor_of(taken);
	if (fd >= 0)
		nv_sock_tune(fd);
	return fd;
}

int nv_sock_begin(int fd, const struct sockaddr *to, socklen_t len)
{
	if (connect(nv_winsock_of(fd), to, len) == 0 || WSAGetLastError() == WSAEWOULDBLOCK)
		return 0;
	return last_error();
}

int nv_sock_own_name(int fd, struct sockaddr *name, socklen_t *len)
{
	return result(getsockname(nv_winsock_of(fd), name, len));
}

int nv_sock_peer_name(int fd, struct sockaddr *name, socklen_t *len)
{
	return result(getpeername(nv_winsock_of(fd), name, len));
}
