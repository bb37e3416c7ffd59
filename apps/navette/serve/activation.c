/* SPDX-License-Identifier: MIT */
/* activation.c: the three variables of the protocol, which are for one process alone: whoever inherits
 * them beside it is told so by LISTEN_PID. */
#include "serve/activation.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long read_variable(const char *name)
{
	const char *text = getenv(name);
	char *end = NULL;
	long value = text ? strtol(text, &end, 10) : 0;

	return end && *end == '\0' ? value : 0;
}

/* Names stand in the order of the descriptors, with colons between. */
static void read_names(bool *plain, long count)
{
	static const char name[] = "plain";
	const char *next = getenv("LISTEN_FDNAMES");

	for (long i = 0; i < count; i++) {
		size_t len = next ? strcspn(next, ":") : 0;

		plain[i] = len == sizeof name - 1 && memcmp(next, name, len) == 0;
		if (next)
			next = next[len] == ':' ? next + len + 1 : NULL;
	}
}

static int take(bool *plain)
{
	long count = read_variable("LISTEN_FDS");

	if (count <= 0 || read_variable("LISTEN_PID") != getpid())
		return 0;
	if (count > NV_ACTIVATION_MOST)
		return -1;
	for (int i = 0; i < (int)count; i++)
		(void)fcntl(NV_ACTIVATION_FIRST + i, F_SETFD, FD_CLOEXEC);
	read_names(plain, count);
	return (int)count;
}

int nv_activation_take(bool plain[NV_ACTIVATION_MOST])
{
	int count = take(plain);

	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return count;
}
