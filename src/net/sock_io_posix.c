/* SPDX-License-Identifier: MIT */
/* sock_io_posix.c: recv, send and sendmsg. */
#include "net/sock_io.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/sock.h"

int64_t nv_sock_receive(int fd, void *to, size_t size)
{
	ssize_t len;

	do {
		len = recv(fd, to, size, MSG_DONTWAIT);
	} while (len < 0 && errno == EINTR);
	if (len >= 0)
		return len;
	return errno == EAGAIN ? NV_ERR_NOT_FOUND : nv_sock_error_of(errno);
}

static ssize_t send_many(int fd, const struct nv_bytes *slices, size_t count)
{
	struct iovec parts[NV_SOCK_SLICES];
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };

	for (size_t i = 0; i < count; i++)
		parts[i] = (struct iovec){ (void *)(uintptr_t)slices[i].data, slices[i].len };
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Most often there is one slice, which needs no more than send. */
static ssize_t send_once(int fd, const struct nv_bytes *slices, size_t count)
{
	if (count == 1)
		return send(fd, slices->data, slices->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	return send_many(fd, slices, count);
}

int64_t nv_sock_send(int fd, const struct nv_bytes *slices, size_t count)
{
	ssize_t len;

	assert(count <= NV_SOCK_SLICES);
	do {
		len = send_once(fd, slices, count);
	} while (len < 0 && errno == EINTR);
	if (len >= 0)
		return len;
	return errno == EAGAIN ? NV_ERR_FULL : nv_sock_error_of(errno);
}

int nv_sock_finish(int fd)
{
	return shutdown(fd, SHUT_WR) < 0 ? nv_sock_error_of(errno) : 0;
}
