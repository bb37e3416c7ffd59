/* SPDX-License-Identifier: MIT */
/* sock.c: opens, accepts and connects TCP sockets, and speaks the system's language of addresses
 * and errors. It holds no state; each descriptor is its caller's. */
#include "net/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define USER_TIMEOUT_MS 30000

union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage any;
};

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

/* A scope that does not fit is left out: real ones are small interface numbers. */
bool nv_sock_address(const struct sockaddr *from, struct nv_address *address)
{
	union sockaddr_any any = { 0 };

	*address = (struct nv_address){ 0 };
	if (from->sa_family == AF_INET) {
		memcpy(&any.v4, from, sizeof(any.v4));
		address->ip[10] = address->ip[11] = 0xff;
		memcpy(address->ip + 12, &any.v4.sin_addr, 4);
		address->port = ntohs(any.v4.sin_port);
		return true;
	}
	if (from->sa_family != AF_INET6)
		return false;
	memcpy(&any.v6, from, sizeof(any.v6));
	memcpy(address->ip, &any.v6.sin6_addr, 16);
	address->port = ntohs(any.v6.sin6_port);
	if (any.v6.sin6_scope_id <= UINT16_MAX)
		address->scope = (uint16_t)any.v6.sin6_scope_id;
	return true;
}

static socklen_t to_system(const struct nv_address *address, union sockaddr_any *any)
{
	*any = (union sockaddr_any){ 0 };
	if (nv_address_is_v4(address)) {
		any->v4.sin_family = AF_INET;
		any->v4.sin_port = htons(address->port);
		memcpy(&any->v4.sin_addr, address->ip + 12, 4);
		return sizeof(any->v4);
	}
	any->v6.sin6_family = AF_INET6;
	any->v6.sin6_port = htons(address->port);
	any->v6.sin6_scope_id = address->scope;
	memcpy(&any->v6.sin6_addr, address->ip, 16);
	return sizeof(any->v6);
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

void nv_sock_close(int fd)
{
	close(fd);
}

void nv_sock_tune(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#ifdef TCP_USER_TIMEOUT
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
#endif
}

static int open_socket(const union sockaddr_any *any)
{
	int fd = socket(any->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? nv_sock_error_of(errno) : fd;
}

static int bind_and_listen(int fd, const struct nv_address *address, union sockaddr_any *any,
                           socklen_t len)
{
	static const uint8_t everything[16] = { 0 };
	bool both = memcmp(address->ip, everything, sizeof(everything)) == 0;

	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (any->sa.sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1) < 0)
		return nv_sock_error_of(errno);
	if (bind(fd, &any->sa, len) < 0 || listen(fd, SOMAXCONN) < 0 ||
	    getsockname(fd, &any->sa, &len) < 0)
		return nv_sock_error_of(errno);
	return 0;
}

int nv_sock_listen(struct nv_address *address)
{
	union sockaddr_any any;
	socklen_t len = to_system(address, &any);
	int fd = open_socket(&any);
	int error;

	if (fd < 0)
		return fd;
	error = bind_and_listen(fd, address, &any, len);
	if (error) {
		close(fd);
		return error;
	}
	nv_sock_address(&any.sa, address);
	return fd;
}

int nv_sock_inherit(int fd, struct nv_address *address)
{
	union sockaddr_any any = { 0 };
	socklen_t len = sizeof any;
	socklen_t size = sizeof(int);
	int listens = 0;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 ||
	    !listens || getsockname(fd, &any.sa, &len) < 0 || !nv_sock_address(&any.sa, address))
		return NV_ERR_INVALID;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return NV_ERR_INVALID;
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

int nv_sock_accept(int listener, struct nv_address *peer)
{
	union sockaddr_any any = { 0 };
	socklen_t len = sizeof(any);
	int fd = accept4(listener, &any.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return accept_error(errno);
	nv_sock_address(&any.sa, peer);
	return fd;
}

/* Of a connect, EADDRNOTAVAIL means that no local address leads there. */
static int connect_error(int number)
{
	return number == EADDRNOTAVAIL ? NV_ERR_UNREACHABLE : nv_sock_error_of(number);
}

int nv_sock_connect(const struct nv_address *to)
{
	union sockaddr_any any;
	socklen_t len = to_system(to, &any);
	int fd = open_socket(&any);
	int error;

	if (fd < 0)
		return fd;
	nv_sock_tune(fd);
	if (connect(fd, &any.sa, len) == 0 || errno == EINPROGRESS || errno == EINTR)
		return fd;
	error = connect_error(errno);
	close(fd);
	return error;
}

/* Who connects to a port of this machine at which nobody listens may be given that very port, and meet
 * itself (RFC 9293 3.5, simultaneous open). */
static bool is_its_own_peer(int fd)
{
	union sockaddr_any own = { 0 };
	union sockaddr_any peer = { 0 };
	socklen_t own_len = sizeof(own);
	socklen_t peer_len = sizeof(peer);
	struct nv_address from;
	struct nv_address to;

	if (getsockname(fd, &own.sa, &own_len) < 0 || getpeername(fd, &peer.sa, &peer_len) < 0 ||
	    !nv_sock_address(&own.sa, &from) || !nv_sock_address(&peer.sa, &to))
		return false;
	return from.port == to.port && memcmp(from.ip, to.ip, sizeof(from.ip)) == 0;
}

int nv_sock_error(int fd)
{
	int number = 0;
	socklen_t len = sizeof(number);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len) < 0)
		return nv_sock_error_of(errno);
	if (number)
		return connect_error(number);
	return is_its_own_peer(fd) ? NV_ERR_REFUSED : 0;
}
