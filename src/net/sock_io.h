/* SPDX-License-Identifier: MIT */
/* sock_io.h: bytes into and out of a connected socket. Nothing here waits. */
#ifndef NET_SOCK_IO_H
#define NET_SOCK_IO_H

#include <navette/base.h>

/* At most `size` bytes of what has come: how many, 0 at the peer's end; NV_ERR_NOT_FOUND when nothing has
 * come yet, or what has befallen the socket. */
int64_t nv_sock_receive(int fd, void *to, size_t size);

/* As many of these bytes as the socket takes, of at most NV_SOCK_SLICES slices: how many; NV_ERR_FULL when
 * it takes none now, NV_ERR_NOMEM when the system has no memory for them now, or what has befallen it. That
 * some were left does not mean that it is full. */
#define NV_SOCK_SLICES 64u
int64_t nv_sock_send(int fd, const struct nv_bytes *slices, size_t count);

/* The peer reads an end behind what was sent. 0 or an error. */
int nv_sock_finish(int fd);

#endif
