/* SPDX-License-Identifier: MIT */
/* channel.h: what carries the bytes of a client: its socket, or TLS on it. */
#ifndef NV_LIMIT_CHANNEL_H
#define NV_LIMIT_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

#define NV_CHANNEL_MAX_FD (1 << 17)

/* Every channel that is opened from then on speaks TLS. */
void nv_channel_secure(const char *chain_file, const char *key_file);

/* `fd` has just been accepted, and is closed with its channel. */
void nv_channel_open(int fd);
void nv_channel_close(int fd);

/* As recv and send without a flag. */
ssize_t nv_channel_receive(int fd, void *data, size_t size);
ssize_t nv_channel_send(int fd, const void *data, size_t len);

#endif
