/* SPDX-License-Identifier: MIT */
/* sock.c: opens, accepts and connects TCP sockets, and speaks the system's language of addresses. It holds
 * no state; each descriptor is its caller's. */
#include "net/sock.h"

#include "net/sock_system.h"

#define USER_TIMEOUT_MS 30000

union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage any;
};

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

void nv_sock_tune(int fd)
{
	(void)nv_sock_make_ours(fd);
	(void)nv_sock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)nv_sock_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	nv_sock_set_patience(fd, USER_TIMEOUT_MS);
}

static int bind_and_listen(int fd, const struct nv_address *address, union sockaddr_any *any,
                           socklen_t len)
{
	static const uint8_t everything[16] = { 0 };
	bool both = memcmp(address->ip, everything, sizeof(everything)) == 0;
	int error = 0;

	nv_sock_claim(fd);
	if (any->sa.sa_family == AF_INET6)
		error = nv_sock_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1);
	if (error == 0)
		error = nv_sock_bind(fd, &any->sa, len);
	return error ? error : nv_sock_own_name(fd, &any->sa, &len);
}

int nv_sock_listen(struct nv_address *address)
{
	union sockaddr_any any;
	socklen_t len = to_system(address, &any);
	int fd = nv_sock_open(any.sa.sa_family);
	int error;

	if (fd < 0)
		return fd;
	error = bind_and_listen(fd, address, &any, len);
	if (error) {
		nv_sock_close(fd);
		return error;
	}
	nv_sock_address(&any.sa, address);
	return fd;
}

int nv_sock_inherit(int fd, struct nv_address *address)
{
	union sockaddr_any any = { 0 };
	socklen_t len = sizeof any;
	int listens = 0;

	if (nv_sock_get(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens) < 0 || !listens ||
	    nv_sock_own_name(fd, &any.sa, &len) < 0 || !nv_sock_address(&any.sa, address))
		return NV_ERR_INVALID;
	return nv_sock_make_ours(fd) < 0 ? NV_ERR_INVALID : 0;
}

int nv_sock_accept(int listener, struct nv_address *peer)
{
	union sockaddr_any any = { 0 };
	socklen_t len = sizeof(any);
	int fd = nv_sock_take(listener, &any.sa, &len);

	if (fd >= 0)
		nv_sock_address(&any.sa, peer);
	return fd;
}

/* Of a connect, NV_ERR_ADDRESS means that no local address leads there. */
static int connect_error(int error)
{
	return error == NV_ERR_ADDRESS ? NV_ERR_UNREACHABLE : error;
}

int nv_sock_connect(const struct nv_address *to)
{
	union sockaddr_any any;
	socklen_t len = to_system(to, &any);
	int fd = nv_sock_open(any.sa.sa_family);
	int error;

	if (fd < 0)
		return fd;
	nv_sock_tune(fd);
	error = connect_error(nv_sock_begin(fd, &any.sa, len));
	if (error == 0)
		return fd;
	nv_sock_close(fd);
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

	if (nv_sock_own_name(fd, &own.sa, &own_len) < 0 ||
	    nv_sock_peer_name(fd, &peer.sa, &peer_len) < 0 || !nv_sock_address(&own.sa, &from) ||
	    !nv_sock_address(&peer.sa, &to))
		return false;
	return from.port == to.port && memcmp(from.ip, to.ip, sizeof(from.ip)) == 0;
}

int nv_sock_error(int fd)
{
	int number = 0;
	int error = nv_sock_get(fd, SOL_SOCKET, SO_ERROR, &number);

	if (error)
		return error;
	if (number)
		return connect_error(nv_sock_error_of(number));
	return is_its_own_peer(fd) ? NV_ERR_REFUSED : 0;
}
