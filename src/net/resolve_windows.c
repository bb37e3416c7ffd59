/* SPDX-License-Identifier: MIT */
/* resolve_windows.c: getaddrinfo with words of our own: those of Windows stand in one buffer for all threads. */
#include "net/resolve_system.h"

#include <stddef.h>

#include "net/sock_windows.h"

static const char *text_of(int error)
{
	switch (error) {
	case WSAHOST_NOT_FOUND:
		return "no such host is known";
	case WSATRY_AGAIN:
		return "the name server did not answer";
	case WSANO_RECOVERY:
		return "the name server failed";
	case WSANO_DATA:
		return "the host has no address";
	case WSA_NOT_ENOUGH_MEMORY:
		return "out of memory";
	default:
		return "the name cannot be looked up";
	}
}

const char *nv_resolve_ask(const char *host, struct addrinfo **found)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	int error;

	nv_winsock_start();
	error = getaddrinfo(host, NULL, &hints, found);
	return error ? text_of(error) : NULL;
}
