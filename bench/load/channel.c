/* SPDX-License-Identifier: MIT */
/* channel.c: plain sockets, from as many loopback addresses as it takes. */
#include "channel.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "fail.h"
#include "secure.h"

#define ADDRESSES 64u
#define PATIENCE_MS 150000

static struct sockaddr_in loopback(uint32_t number, uint32_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK + number) };
}

static void tune(int fd)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void nv_channel_open(struct nv_channel *channel, const struct nv_load_options *options,
                     uint32_t index)
{
	struct sockaddr_in from = loopback(1 + index % ADDRESSES, 0);
	struct sockaddr_in to = loopback(0, options->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		nv_fail("load: socket %" PRIu32, index);
	tune(fd);
	if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		nv_fail("load: cannot connect number %" PRIu32, index);
	*channel = (struct nv_channel){ .fd = fd };
	if (options->tls)
		channel->tls = nv_secure_connect(fd);
}

void nv_channel_close(struct nv_channel *channel)
{
	if (channel->tls)
		nv_secure_end(channel->tls);
	close(channel->fd);
}

void nv_channel_wait(const struct nv_channel *channel)
{
	struct pollfd wanted = { .fd = channel->fd, .events = POLLIN };

	errno = 0;
	if (poll(&wanted, 1, PATIENCE_MS) != 1)
		nv_fail("load: nothing has come for ten seconds");
}
