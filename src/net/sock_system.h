/* SPDX-License-Identifier: MIT */
/* sock_system.h: what sock.c needs of the system: its calls, each with one result on all systems, 0 or an
 * enum nv_error. */
#ifndef NET_SOCK_SYSTEM_H
#define NET_SOCK_SYSTEM_H

#include "net/inet.h"
#include "net/sock.h"

/* A TCP socket that never waits and stays with this process, or an error. */
int nv_sock_open(int family);
/* The same of one that others have opened. */
int nv_sock_make_ours(int fd);

/* Nobody else gets the port while this one has it, but what lingers of connections of before does not
 * count. */
void nv_sock_claim(int fd);
int nv_sock_bind(int fd, const struct sockaddr *address, socklen_t len); /* and listens */
/* accept, but for EAGAIN: NV_ERR_NOT_FOUND, and for what has befallen the one connection: NV_ERR_RESET. */
int nv_sock_take(int listener, struct sockaddr *peer, socklen_t *len);
/* Begins to connect; 0 also when that takes its time. */
int nv_sock_begin(int fd, const struct sockaddr *to, socklen_t len);

int nv_sock_set(int fd, int level, int name, int value);
int nv_sock_get(int fd, int level, int name, int *value);
/* TCP gives up a peer that has acknowledged nothing for so long; the system's own patience otherwise. */
void nv_sock_set_patience(int fd, int timeout_ms);

int nv_sock_own_name(int fd, struct sockaddr *name, socklen_t *len);
int nv_sock_peer_name(int fd, struct sockaddr *name, socklen_t *len);

#endif
