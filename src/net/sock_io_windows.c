/* SPDX-License-Identifier: MIT */
/* sock_io_windows.c: recv and WSASend. Windows may take whatever one call offers, however much that is, and
 * keep it in memory of its own; so none offers more than MOST_AT_ONCE. */
#include "net/sock_io.h"

#include <assert.h>
#include <limits.h>

#include "net/sock.h"
#include "net/sock_windows.h"

#define MOST_AT_ONCE (256u << 10)

int64_t nv_sock_receive(int fd, void *to, size_t size)
{
	const int most = size < INT_MAX ? (int)size : INT_MAX;
	const int len = recv(nv_winsock_of(fd), to, most, 0);
	int number;

	if (len >= 0)
		return len;
	number = WSAGetLastError();
	return number == WSAEWOULDBLOCK ? NV_ERR_NOT_FOUND : nv_sock_error_of(number);
}

/* How many parts they make. */
static DWORD fill(WSABUF parts[NV_SOCK_SLICES], const struct nv_bytes *slices, size_t count)
{
	size_t room = MOST_AT_ONCE;
	DWORD filled = 0;

	for (; filled < count && room > 0; filled++) {
		const struct nv_bytes *slice = &slices[filled];
		const size_t len = slice->len < room ? slice->len : room;

		parts[filled] = (WSABUF){ (ULONG)len, (char *)(uintptr_t)slice->data };
		room -= len;
	}
	return filled;
}

int64_t nv_sock_send(int fd, const struct nv_bytes *slices, size_t count)
{
	WSABUF parts[NV_SOCK_SLICES];
	DWORD sent = 0;
	int number;

	assert(count <= NV_SOCK_SLICES);
	if (WSASend(nv_winsock_of(fd), parts, fill(parts, slices, count), &sent, 0, NULL, NULL) ==
	    0)
		return sent;
	number = WSAGetLastError();
	return number == WSAEWOULDBLOCK ? NV_ERR_FULL : nv_sock_error_of(number);
}

int nv_sock_finish(int fd)
{
	if (shutdown(nv_winsock_of(fd), SD_SEND) == 0)
		return 0;
	return nv_sock_error_of(WSAGetLastError());
}
