/* SPDX-License-Identifier: MIT */
/* resolve_posix.c: getaddrinfo, and its own words. */
#include "net/resolve_system.h"

#include <stddef.h>

const char *nv_resolve_ask(const char *host, struct addrinfo **found)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	const int error = getaddrinfo(host, NULL, &hints, found);

	return error ? gai_strerror(error) : NULL;
}
