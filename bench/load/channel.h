/* SPDX-License-Identifier: MIT */
/* channel.h: what carries the bytes of a connection: its socket, or TLS on it. Connecting blocks,
 * everything after it does not. */
#ifndef NV_LOAD_CHANNEL_H
#define NV_LOAD_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "options.h"
#include "tls.h"

struct nv_channel {
	int fd;
	struct ssl_st *tls; /* NULL: plain */
};

/* Connects from the loopback address of that `index`, so that ports suffice. */
void nv_channel_open(struct nv_channel *channel, const struct nv_load_options *options,
                     uint32_t index);
void nv_channel_close(struct nv_channel *channel);

/* As recv and send without a flag. The hands of TLS are shaken by the first of them. */
static inline ssize_t nv_channel_receive(const struct nv_channel *channel, void *data, size_t size)
{
	return channel->tls ? nv_tls_receive(channel->tls, data, size)
	                    : recv(channel->fd, data, size, MSG_DONTWAIT);
}

static inline ssize_t nv_channel_send(const struct nv_channel *channel, const void *data,
                                      size_t len)
{
	return channel->tls ? nv_tls_send(channel->tls, data, len)
	                    : send(channel->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Until there is something to receive; ends the program when nothing has come for ten seconds. */
void nv_channel_wait(const struct nv_channel *channel);

#endif
