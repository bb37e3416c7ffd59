/* SPDX-License-Identifier: MIT */
/* notify.c: one datagram for each thing that is told, to the socket that NOTIFY_SOCKET names. A
 * manager that does not read is waited for a moment, and then goes without. */
#include "serve/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TEXT_SIZE 256

/* A name that begins with @ is abstract: it has a zero in that place, and none at its end. The length
 * of the address, or 0. */
static socklen_t read_address(struct sockaddr_un *address)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name ? strlen(name) : 0;

	if (len < 2 || len >= sizeof address->sun_path || (name[0] != '/' && name[0] != '@'))
		return 0;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, len);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void tell(const char *text)
{
	const struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_un address;
	socklen_t len = read_address(&address);
	int fd;

	if (len == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, len);
	close(fd);
}

uint64_t nv_notify_watchdog_us(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *interval = getenv("WATCHDOG_USEC");

	if (!interval || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(interval, NULL, 10);
}

void nv_notify_ready(void)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof text, "READY=1\nMAINPID=%ld", (long)getpid());
	tell(text);
}

void nv_notify_reloading(void)
{
	char text[TEXT_SIZE];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	         (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(text);
}

void nv_notify_stopping(void)
{
	tell("STOPPING=1");
}

void nv_notify_alive(void)
{
	tell("WATCHDOG=1");
}

void nv_notify_status(const char *format, ...)
{
	char text[TEXT_SIZE] = "STATUS=";
	size_t len = strlen(text);
	va_list values;

	va_start(values, format);
	vsnprintf(text + len, sizeof text - len, format, values);
	va_end(values);
	tell(text);
}
