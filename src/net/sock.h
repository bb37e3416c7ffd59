/* SPDX-License-Identifier: MIT */
/* sock.h: the TCP sockets that the loop works on, the same on all systems.
 *
 * A descriptor is an int here. On Windows it holds a SOCKET: those are handles of the kernel, of which 32
 * bits mean something, and INVALID_SOCKET is -1. */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include "net/address.h"

struct sockaddr;

/* Opens a listening TCP socket for nv_loop_listen (loop.h). Port 0 takes a free one, which
 * `*address` then holds. IPv6 sockets take IPv6 only, but for "::", which takes both. The socket, or
 * an error: NV_ERR_IN_USE, NV_ERR_PERMISSION, NV_ERR_ADDRESS (this machine has no such address),
 * NV_ERR_UNSUPPORTED (it has no such family). */
int nv_sock_listen(struct nv_address *address);
void nv_sock_close(int fd);

/* Makes a TCP socket that listens already, and may have been inherited, fit for nv_loop_listen. 0 and its
 * address, or NV_ERR_INVALID. */
int nv_sock_inherit(int fd, struct nv_address *address);

/* The rest serves the loop. Every socket is nonblocking and closed on exec. */

/* What a listening socket hands to the ones it accepts: no delay, and the death of a silent peer is
 * noticed within 30 s of output that it does not acknowledge. Other sockets are left as they are. */
void nv_sock_tune(int fd);

/* The next connection: its socket, NV_ERR_NOT_FOUND when none waits, NV_ERR_RESET when one was lost
 * before it was taken, or an error that will last. */
int nv_sock_accept(int listener, struct nv_address *peer);

/* A socket whose connect has begun, or an error. It ends when the socket is writable, with
 * nv_sock_error. */
int nv_sock_connect(const struct nv_address *to);
/* 0, or what happened to the socket; asking clears it. NV_ERR_REFUSED for one that met itself: nobody
 * listens there. */
int nv_sock_error(int fd);

/* An errno, or on Windows what WSAGetLastError tells, as enum nv_error. */
int nv_sock_error_of(int number);

/* False for a family that is neither IPv4 nor IPv6; the address is then all zeros. */
bool nv_sock_address(const struct sockaddr *from, struct nv_address *address);

#endif
