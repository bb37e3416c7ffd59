/* SPDX-License-Identifier: MIT */
/* sock_windows.h: what the files for Windows share about its sockets. */
#ifndef NET_SOCK_WINDOWS_H
#define NET_SOCK_WINDOWS_H

#include "net/inet.h"

/* Has to come before any other call; the first one starts Winsock, for as long as the process lives. */
void nv_winsock_start(void);

static inline SOCKET nv_winsock_of(int fd)
{
	return (SOCKET)fd;
}

#endif
